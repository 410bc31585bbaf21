"""The example of docs/geography.md, from a CSV to the gap report: classes, borders, what hangs on them."""

import json
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from pyproj import Geod

from monitor.cli import cli
from tests.docs.blocks import blocks
from tests.feeds.invented_towns import TOWNS, geojson
from tests.presets import CONFIG

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config" / "geography" / "invented-towns.geojson"
SOURCE = """
[source]
mission = "id"
[source.fields]
district = { constant = "sor-ost" }
urgent = { constant = true }
status = { constant = "closed" }
ringing_at = "rung"
on_scene_at = "there"
"""
OSLO = ZoneInfo("Europe/Oslo")
GEOD = Geod(ellps="WGS84")
(KONGSBERG,) = (town for town in TOWNS if town.name == "Kongsberg")
RADIUS = 1_780.0
"""Metres of Kongsberg's disc: the root of 20,000 inhabitants by 2,009 to the km², by pi."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The documented feed file, the layer beside it."""
    shown = [block.text for block in blocks() if (block.file, block.info) == ("docs/geography.md", "toml geography")]
    (example,) = shown
    assert tomllib.loads(example)["geography"]
    (tmp_path / "feed.toml").write_text(SOURCE + example, encoding="utf-8")
    (tmp_path / SHIPPED.name).write_bytes(SHIPPED.read_bytes())
    return tmp_path


def convert(folder: Path, rows: list[tuple[float, int]], *options: str) -> str:
    """What is told of missions so many metres east of Kongsberg's middle, that took so many minutes."""
    lines = ["id,lon,lat,rung,there"]
    for number, (metres, minutes) in enumerate(rows):
        longitude, latitude, _ = GEOD.fwd(KONGSBERG.longitude, KONGSBERG.latitude, 90, metres)
        lines.append(f"m-{number},{longitude},{latitude},2024-05-01 12:00:00,2024-05-01 12:{minutes:02}:00")
    (folder / "calls.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        "--config",
        str(CONFIG),
        "convert",
        "--feed",
        str(folder / "feed.toml"),
        *options,
        str(folder / "calls.csv"),
    ]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_shipped_layer_is_what_its_script_makes() -> None:
    """Made by nobody's hand."""
    assert SHIPPED.read_text(encoding="utf-8") == geojson()


def test_a_place_is_of_the_class_that_the_layer_says_and_its_coordinates_are_gone(folder: Path) -> None:
    """Inside the town of 20,000, and outside of all."""
    out = convert(folder, [(RADIUS - 500, 10), (RADIUS + 500, 10)])
    assert ['"settlement":"urban"' in line for line in out.splitlines()] == [True, False]
    assert ['"settlement":"rural"' in line for line in out.splitlines()] == [False, True]
    assert "9.6" not in out
    assert "59.6" not in out


def test_the_gap_report_says_how_many_lie_near_a_border_and_what_hangs_on_them(folder: Path) -> None:
    """Four of five in time are just enough: one of those at the border gone, and the requirement is missed."""
    rows = [(0.0, 5)] * 3 + [(RADIUS - 50, 5), (0.0, 59)] + [(RADIUS + 50, 5), (RADIUS + 5_000, 5)]
    out = convert(folder, rows, "--dry-run")
    assert "2 of 7 missions lie near a border" in out
    assert "2024 sor-ost urban requirement: met by 5 missions; 1 of 2 on the other side would turn it" in out
    assert "national rural" not in out.partition("hang on it")[2]


def test_the_gap_report_says_so_where_every_verdict_stands(folder: Path) -> None:
    """As it mostly is."""
    out = convert(folder, [(0.0, 5)] * 30 + [(RADIUS - 50, 5)], "--dry-run")
    assert "1 of 31 missions lie near a border" in out
    assert "would be another one, wherever they lie" in out


def test_the_gap_report_holds_no_coordinate_of_what_was_refused(folder: Path) -> None:
    """The places of refused records are lines of the file."""
    csv = "id,lon,lat,rung,there\nm-1,59.6789,9.6543,2024-05-01 12:00:00,2024-05-01 12:05:00\n"
    (folder / "calls.csv").write_text(csv, encoding="utf-8")
    command = [
        "--config",
        str(CONFIG),
        "convert",
        "--feed",
        str(folder / "feed.toml"),
        "--dry-run",
        str(folder / "calls.csv"),
    ]
    done = CliRunner().invoke(cli, command)
    assert "coordinates_swapped" in done.output
    assert "6789" not in done.output
    assert "6543" not in done.output


def test_the_shipped_example_shows_what_a_map_does_in_one_command() -> None:
    """A city, its border, another city, two places in none, one without coordinates, which is refused and named."""
    shown = SHIPPED.parent
    command = [
        "--config", str(CONFIG), "convert", "--feed", str(shown / "feed.toml"), str(shown / "example.csv"),
    ]  # fmt: skip
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["settlement"] for one in events] == ["urban", "urban", "urban", "rural", "rural"]
    assert not any(word in done.stdout for word in ("10.75", "59.91", "lon", "lat"))
    told = CliRunner().invoke(cli, [*command[:-1], "--dry-run", command[-1]], catch_exceptions=False).stdout
    assert "1 absent settlement, first at line 7" in told
    assert "1 of 5 missions lie near a border" in told

"""Inputs as systems export them, in shapes that differ: the figures were worked out by hand beside each.

Every case is a folder of `shapes`: the files, a feed file as a user writes it from docs/feeds.md, and `expected.json`
with the reasoning. The command runs as a user would run it, with the files in every order.
"""

import json
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.settings import load
from tests.feeds.records import figures_of, report_of

SHAPES = Path(__file__).parent / "shapes"
CASES = sorted(path.parent.name for path in SHAPES.glob("*/expected.json"))


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SHAPES / name / "expected.json").read_text(encoding="utf-8"))
    return found


def convert(name: str, *arguments: str) -> str:
    """What the command writes of a case."""
    folder = SHAPES / name
    head = ["--config", str(SHAPES / "monitor.toml"), "convert", "--feed", str(folder / "feed.toml")]
    done = CliRunner().invoke(cli, [*head, *[str(folder / one) if "." in one else one for one in arguments]])
    assert done.exit_code == 0, done.output
    return done.stdout


def compare(name: str, events: list[dict[str, Any]]) -> None:
    """Every cell of every year is as it was worked out, and nothing else was measured."""
    configuration = load(SHAPES / "monitor.toml")
    for year, cells in expected(name)["years"].items():
        rows = report_of(configuration, events, year)
        for cell_name, cell in cells.items():
            area, _, category = cell_name.partition("/")
            assert figures_of(rows[area, category], cell) == cell, f"{year} {cell_name}"
        for figure in ("measured", "unmeasured", "excluded"):
            wanted = sum(cell[figure] for cell in cells.values())
            assert figures_of(rows["county", "any"], {figure: 0})[figure] == wanted, f"{year} {figure}"


@pytest.mark.parametrize("name", CASES)
def test_files_in_every_order_become_the_figures_worked_out_by_hand(name: str) -> None:
    """`monitor convert`, then the report of its events."""
    for files in permutations(expected(name)["files"]):
        compare(name, [json.loads(line) for line in convert(name, *files).splitlines()])


@pytest.mark.parametrize("name", [name for name in CASES if expected(name).get("any order")])
def test_records_in_any_order_become_the_same_figures(name: str) -> None:
    """Where each record has a row of its own, or says which is the newer."""
    events = [json.loads(line) for line in convert(name, *expected(name)["files"]).splitlines()]
    compare(name, events[::-1])
    for seed in range(4):
        shuffled = list(events)
        random.Random(seed).shuffle(shuffled)  # noqa: S311 - any order will do
        compare(name, shuffled)


@pytest.mark.parametrize("name", CASES)
def test_the_gap_report_tells_what_a_case_is_about(name: str) -> None:
    """Lines that a person must find there before anything is counted."""
    told = convert(name, "--dry-run", *expected(name)["files"])
    for line in expected(name).get("told", []):
        assert line in told, told


@pytest.mark.parametrize("name", CASES)
def test_a_feed_file_of_25_lines_is_enough(name: str) -> None:
    """Good defaults: what every source has in common need not be said."""
    assert len((SHAPES / name / "feed.toml").read_text(encoding="utf-8").splitlines()) <= 25

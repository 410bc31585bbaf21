"""The report: judged by hand for a tiny file, the same however its lines arrive, honest about what it refused."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.core.windows import parse_period
from monitor.replay import key_of
from monitor.report.document import Report, draw_up
from monitor.report.formats import FORMATS
from monitor.report.sources import Refused, from_lines, from_store
from monitor.settings import Configuration, load
from monitor.store.memory import MemoryStore
from monitor.wiring import empty_history, partition_policy
from tests.report.partitions import stored_in

HERE = Path(__file__).parent
CONFIG = HERE / "config" / "monitor.toml"
MISSIONS = HERE / "missions.jsonl"
LATER = 1_800_000_000.0
"""Epoch seconds, long after every mission here."""


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    """Two districts and hand-made targets."""
    return load(CONFIG)


@pytest.fixture
def lines() -> list[bytes]:
    """The tiny file; lines 7, 10 and 11 are no valid events."""
    return MISSIONS.read_bytes().splitlines()


def report_of(
    configuration: Configuration, lines: list[bytes], period: str = "2024"
) -> tuple[Report, dict[str, Refused]]:
    history = empty_history(configuration)
    refused = from_lines(history, partition_policy(configuration, sealing=False), lines, now=LATER)
    drawn_up = draw_up(history, parse_period(period), now=LATER, abandoned_after_seconds=86_400)
    return drawn_up, refused


def counts(report: Report, area: str, settlement: str) -> tuple[int, int, int]:
    row = next(row for row in report.rows if (row.area, row.settlement) == (area, settlement))
    return row.missions, row.unmeasured, row.excluded


def run(*arguments: str, lines: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["--config", str(CONFIG), "report", *arguments], input=lines)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_report_of_a_known_file_is_the_known_report(name: str) -> None:
    """Every format prints the figures worked out by hand, byte for byte."""
    result = run("--period", "2024", "--events", str(MISSIONS), "--format", name)
    assert result.exit_code == 0
    assert result.stdout == (HERE / "golden" / f"2024.{name}").read_text(encoding="utf-8")


def test_standard_input_and_file_give_the_same_report() -> None:
    """`--events -` reads the same lines from a pipe."""
    from_file = run("--period", "2024", "--events", str(MISSIONS), "--format", "json")
    from_pipe = run("--period", "2024", "--events", "-", "--format", "json", lines=MISSIONS.read_bytes())
    assert from_pipe.stdout == from_file.stdout


@pytest.mark.parametrize("seed", range(5))
def test_order_and_repetition_do_not_matter_where_revisions_tell(
    configuration: Configuration, lines: list[bytes], seed: int
) -> None:
    """Snapshots that carry revisions may come in any order and any number of times: equal reports, equal bytes."""
    expected = FORMATS["json"](report_of(configuration, lines)[0])
    shuffled = lines * 2
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    assert FORMATS["json"](report_of(configuration, shuffled)[0]) == expected


def test_a_correction_restates_a_closed_period(configuration: Configuration, lines: list[bytes]) -> None:
    """A later snapshot moves a mission of a period long over to where it belongs."""
    moved = json.loads(lines[4]) | {"revision": 2, "settlement": "rural", "ringing_at": "2024-09-01T10:00:00+02:00"}
    moved["on_scene_at"] = "2024-09-01T10:30:00+02:00"
    corrected = [*lines, json.dumps(moved).encode()]
    assert counts(report_of(configuration, lines, "2024-T2")[0], "oslo", "urban") == (2, 0, 0)
    assert counts(report_of(configuration, corrected, "2024-T2")[0], "oslo", "urban") == (1, 0, 0)
    assert counts(report_of(configuration, corrected, "2024-T3")[0], "oslo", "rural") == (1, 0, 0)


def test_periods_begin_and_end_at_local_midnight(configuration: Configuration, lines: list[bytes]) -> None:
    """A call at 23:30 UTC on New Year's Eve belongs to the new year in Norway."""
    assert counts(report_of(configuration, lines, "2023")[0], "troms", "rural") == (0, 0, 0)
    assert counts(report_of(configuration, lines, "2024-01")[0], "troms", "rural") == (1, 0, 0)
    assert counts(report_of(configuration, lines, "2025-01")[0], "troms", "rural") == (1, 0, 0)


def test_the_parts_of_a_year_add_up_to_it(configuration: Configuration, lines: list[bytes]) -> None:
    """Tertials and months each count every mission of the year once."""
    for parts in ([f"2024-T{number}" for number in (1, 2, 3)], [f"2024-{month:02}" for month in range(1, 13)]):
        reports = [report_of(configuration, lines, part)[0] for part in parts]
        total = [sum(row.missions for report in reports for row in report.rows)]
        assert total == [sum(row.missions for row in report_of(configuration, lines)[0].rows)]


def test_what_is_not_counted_is_named(configuration: Configuration, lines: list[bytes]) -> None:
    """Refused lines come back by reason with their line numbers."""
    _, refused = report_of(configuration, lines)
    assert {reason: (one.count, one.lines) for reason, one in refused.items()} == {
        "malformed_json": (1, [7]),
        "time_without_offset": (1, [10]),
        "unknown_district": (1, [11]),
    }


def test_refused_lines_are_told_on_standard_error_only() -> None:
    """The person sees what was not counted, the program reading the report does not."""
    result = run("--period", "2024", "--events", "-", "--format", "json", lines=b"{\n" * 9)
    assert "9 malformed_json, line 1, 2, 3, 4, 5, …" in result.stderr
    assert "not a single mission is known in 2024" in result.stderr
    assert json.loads(result.stdout)["rows"][0]["missions"] == 0


async def test_the_store_gives_the_same_report_as_the_file(configuration: Configuration, lines: list[bytes]) -> None:
    """Partitions by mission, checkpointed bit by bit and read back, equal the file read at once: equal bytes."""
    parts: list[list[bytes]] = [[], [], []]
    for line in lines:
        parts[sum(key_of(line) or b"") % len(parts)].append(line)
    store = MemoryStore()
    for partition, part in enumerate(parts):
        await stored_in(store, partition, partition_policy(configuration), part, now=LATER)
    history = empty_history(configuration)
    assert await from_store(history, store) == sum(bool(part) for part in parts) == 3
    read_back = draw_up(history, parse_period("2024"), now=LATER, abandoned_after_seconds=86_400)
    assert FORMATS["json"](read_back) == FORMATS["json"](report_of(configuration, lines)[0])


@pytest.mark.parametrize("period", ["2024-T4", "2024-13", "last year", "24", ""])
def test_a_period_that_is_none_is_a_usage_error(period: str) -> None:
    """The message shows how to write one."""
    result = run("--period", period, "--events", str(MISSIONS))
    assert result.exit_code == 2
    assert "2024-T1" in result.stderr or "1900" in result.stderr


def test_json_carries_the_agreed_fields_in_the_agreed_order(configuration: Configuration, lines: list[bytes]) -> None:
    """The document is the one of docs/design.md; times are local midnights with their offset."""
    document: dict[str, Any] = json.loads(FORMATS["json"](report_of(configuration, lines, "2024-T2")[0]))
    assert list(document) == ["period", "from", "to", "rows"]
    assert (document["from"], document["to"]) == ("2024-05-01T00:00:00+02:00", "2024-09-01T00:00:00+02:00")
    assert list(document["rows"][0]) == [
        "area", "settlement", "missions", "unmeasured", "excluded", "p50_minutes", "p80_minutes",
        "goal_p50_minutes", "requirement_p80_minutes", "within_goal", "within_requirement", "goal", "requirement",
    ]  # fmt: skip
    assert [row["area"] for row in document["rows"]] == ["national"] * 3 + ["oslo"] * 3 + ["troms"] * 3

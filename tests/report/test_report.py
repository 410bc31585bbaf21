"""The report: judged by hand for a tiny file, the same however its lines arrive, honest about what it refused."""

import csv
import gzip
import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from monitor.cli import cli
from monitor.core.calendar import Calendar
from monitor.core.history import History
from monitor.core.plain_text import unseen
from monitor.core.verdict import State
from monitor.replay import key_of
from monitor.report.document import Report, Status
from monitor.report.drawing_up import draw_up
from monitor.report.formats import BINARY, FORMATS
from monitor.report.sources import Refused, from_lines, from_store
from monitor.settings import Configuration, load
from monitor.store.memory import MemoryStore
from monitor.wiring import empty_history, partition_policy
from monitor.words.catalogue import LANGUAGES
from tests.report.partitions import stored_in
from tests.report.renaming import renamed

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


def drawn_up(history: History, period: str, *, now: float = LATER) -> Report:
    """The report of a period, as the command draws it up."""
    return draw_up(
        history, Calendar().period(period), now=now, abandoned_after_seconds=86_400, silent_after_seconds=21_600
    )


def report_of(
    configuration: Configuration, lines: list[bytes], period: str = "2024"
) -> tuple[Report, dict[str, Refused]]:
    history = empty_history(configuration)
    refused = from_lines(history, partition_policy(configuration, sealing=False), lines, now=LATER)
    return drawn_up(history, period), refused


def counts(report: Report, area: str, settlement: str) -> tuple[int, int, int]:
    row = next(row for row in report.rows if (row.area, row.category) == (area, settlement))
    return row.clock("response").measured, row.clock("response").unmeasured_total, row.excluded


def run(*arguments: str, lines: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["--config", str(CONFIG), "report", *arguments], input=lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"html", *BINARY}))
def test_a_report_of_a_known_file_is_the_known_report(name: str, language: str) -> None:
    """Every format prints the figures worked out by hand, byte for byte; those for programs know no languages."""
    result = run("--period", "2024", "--events", str(MISSIONS), "--format", name, "--lang", language)
    assert result.exit_code == 0
    mark = f".{language}" if name in ("table", "markdown") else ""
    assert result.stdout == (HERE / "golden" / f"2024{mark}.{name}").read_text(encoding="utf-8")


def test_standard_input_and_file_give_the_same_report() -> None:
    """`--events -` reads the same lines from a pipe."""
    from_file = run("--period", "2024", "--events", str(MISSIONS), "--format", "json")
    from_pipe = run("--period", "2024", "--events", "-", "--format", "json", lines=MISSIONS.read_bytes())
    assert from_pipe.stdout == from_file.stdout


def test_all_files_are_counted_and_each_line_is_named_by_its_file(tmp_path: Path) -> None:
    """Given twice, `--events` reads both, in their order: as if they were one file."""
    lines = MISSIONS.read_bytes().splitlines(keepends=True)
    (tmp_path / "a").write_bytes(b"".join(lines[:8]).rstrip(b"\n"))
    (tmp_path / "b").write_bytes(b"".join(lines[8:]))
    whole = run("--period", "2024", "--events", str(MISSIONS), "--format", "json")
    parts = ["--events", str(tmp_path / "a"), "--events", str(tmp_path / "b")]
    result = run("--period", "2024", "--format", "json", *parts)
    assert (result.exit_code, result.stdout) == (0, whole.stdout)
    assert f"malformed_json, line {tmp_path}/a:7:" in result.stderr
    assert f"unknown_district, line {tmp_path}/b:3:" in result.stderr
    piped = run("--period", "2024", "--format", "json", *parts[:2], "--events", "-", lines=b"".join(lines[8:]))
    assert piped.stdout == whole.stdout
    assert "unknown_district, line standard input:3:" in piped.stderr
    twice = run("--period", "2024", "--events", "-", "--events", "-", lines=lines[0])
    assert (twice.exit_code, "can be given once" in twice.stderr) == (2, True)


@pytest.mark.parametrize("written", ["gzip", "marked", "CR LF", "all"])
@pytest.mark.parametrize("piped", [False, True])
def test_however_a_file_is_written_it_is_the_same_report(tmp_path: Path, written: str, piped: bool) -> None:
    """Packed, with a byte-order mark, with the line ends of another system; known by its bytes, not by its name."""
    content = MISSIONS.read_bytes()
    if written in {"CR LF", "all"}:
        content = content.replace(b"\n", b"\r\n")
    if written in {"marked", "all"}:
        content = b"\xef\xbb\xbf" + content
    if written in {"gzip", "all"}:
        content = gzip.compress(content)
    (tmp_path / "events").write_bytes(content)
    place = "-" if piped else str(tmp_path / "events")
    result = run("--period", "2024", "--events", place, "--format", "json", lines=content if piped else None)
    whole = run("--period", "2024", "--events", str(MISSIONS), "--format", "json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, whole.stdout, whole.stderr)


@pytest.mark.parametrize(("refused", "code"), [(0, 0), (5, 0), (6, 1), (50, 1)])
def test_a_report_of_less_than_half_the_events_is_no_success(refused: int, code: int) -> None:
    """It is printed, and the shell learns that it is not what the source told."""
    counted = MISSIONS.read_bytes().splitlines(keepends=True)[:5]
    result = run("--period", "2024", "--events", "-", "--format", "csv", lines=b"".join(counted) + b"{}\n" * refused)
    assert result.exit_code == code
    assert result.stdout.startswith("period,")
    assert ("error" in result.stderr.lower()) == bool(code)


@pytest.mark.parametrize("content", [b"", gzip.compress(b""), b"\xef\xbb\xbf"], ids=["empty", "gzip", "mark"])
def test_no_events_are_no_report(tmp_path: Path, content: bytes) -> None:
    """An export that failed left an empty file: no table of zeros comes of it."""
    (tmp_path / "events").write_bytes(content)
    result = run("--period", "2024", "--events", str(tmp_path / "events"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"not a single event in {tmp_path}/events" in result.stderr


def test_what_is_no_file_of_lines_is_wrong_usage(tmp_path: Path) -> None:
    """A folder, a file that is not there, and an array: named, before anything is printed."""
    (tmp_path / "array").write_bytes(b"[\n  {}\n]\n")
    for name, told in (("", "Is a directory"), ("nowhere", "No such file"), ("array", "jq -c '.[]' FILE")):
        result = run("--period", "2024", "--events", str(tmp_path / name))
        assert (result.exit_code, result.stdout) == (2, "")
        assert told in result.stderr


@pytest.mark.parametrize("seed", range(5))
def test_order_and_repetition_do_not_matter_where_revisions_tell(
    configuration: Configuration, lines: list[bytes], seed: int
) -> None:
    """Snapshots that carry revisions may come in any order and any number of times: equal reports, equal bytes."""
    expected = FORMATS["json"](report_of(configuration, lines)[0], "en")
    shuffled = lines * 2
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    assert FORMATS["json"](report_of(configuration, shuffled)[0], "en") == expected


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
        total = sum(row.clock("response").measured for report in reports for row in report.rows)
        assert total == sum(row.clock("response").measured for row in report_of(configuration, lines)[0].rows)


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
    assert result.exit_code == 1
    assert "9 of 9 events were not counted" in result.stderr
    assert "9 malformed_json, line 1, 2, 3, 4, 5, …" in result.stderr
    assert "not a single mission is known in 2024" in result.stderr
    assert json.loads(result.stdout)["rows"][0]["clocks"]["response"]["measured"] == 0


def test_what_else_was_found_under_one_reason_is_told_beside_the_first() -> None:
    """Two fields without an offset are two things to mend: the second does not hide behind the first."""
    event = {
        "district": "oslo", "settlement": "urban", "urgent": True, "status": "closed",
        "ringing_at": "2024-03-01T10:00:00Z", "on_scene_at": "2024-03-01T10:09:00Z",
    }  # fmt: skip
    wrong = [*["on_scene_at"] * 2, *["ringing_at"] * 3]
    lines = [
        json.dumps(event | {"mission_id": f"m{number}", name: "2024-03-01T10:00:00"})
        for number, name in enumerate(wrong)
    ]
    result = run("--period", "2024", "--events", "-", lines="\n".join(lines).encode())
    found = result.stderr.splitlines()
    [first] = [line for line in found if "5 time_without_offset, line 1, 2, 3, 4, 5:" in line]
    assert "on_scene_at" in first
    assert "    3 of them, first in line 3: " in found[found.index(first) + 1]
    assert "ringing_at" in found[found.index(first) + 1]


def test_of_what_else_was_found_few_are_kept() -> None:
    """However many things are wrong: the first, and as many beside it as lines are named."""
    one = Refused(detail="first")
    for number, detail in enumerate(["first", *[f"another {n}" for n in range(50)], "another 3"]):
        one.note(detail, number)
    assert (one.count, one.lines) == (52, [0, 1, 2, 3, 4])
    assert one.others == {f"another {n}": (2 if n == 3 else 1, n + 1) for n in range(5)}


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
    assert FORMATS["json"](drawn_up(history, "2024"), "en") == FORMATS["json"](
        report_of(configuration, lines)[0], "en"
    )


@pytest.mark.parametrize("period", ["2024-T4", "2024-13", "last year", "24", ""])
def test_a_period_that_is_none_is_a_usage_error(period: str) -> None:
    """The message shows how to write one."""
    result = run("--period", period, "--events", str(MISSIONS))
    assert result.exit_code == 2
    assert "2024-T1" in result.stderr or "1900" in result.stderr


@pytest.mark.parametrize(("period", "missions"), [("2023", 2), ("2024", 3), ("2024-Q1", 2), ("2024-W24", 1)])
def test_a_year_may_begin_in_april(period: str, missions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oslo's five urban missions of 2024 then lie two in 2023 and three in 2024; weeks do not mind."""
    monkeypatch.setenv("MONITOR_WINDOWS__YEAR_STARTS", "4")
    shown = run("--period", period, "--events", str(MISSIONS), "--format", "json")
    rows = {(row["area"], row["category"]): row for row in json.loads(shown.stdout)["rows"]}
    assert rows["oslo", "urban"]["clocks"]["response"]["measured"] == missions


def test_json_carries_the_agreed_fields_in_the_agreed_order(configuration: Configuration, lines: list[bytes]) -> None:
    """The document is the one of docs/design.md; times are local midnights with their offset."""
    document: dict[str, Any] = json.loads(FORMATS["json"](report_of(configuration, lines, "2024-T2")[0], "en"))
    assert list(document) == ["service", "period", "from", "to", "status", "as_of", "previous_period", "rows"]
    assert (document["from"], document["to"]) == ("2024-05-01T00:00:00+02:00", "2024-09-01T00:00:00+02:00")
    row = document["rows"][0]
    assert list(row) == ["area", "category", "excluded", "clocks", "objectives", "previous"]
    assert list(row["clocks"]) == ["response"]
    assert list(row["clocks"]["response"]) == ["measured", "unmeasured", "unmeasured_by_cause"]
    assert list(row["objectives"]) == ["goal", "requirement"]
    for objective in row["objectives"].values():
        assert list(objective) == [
            "clock", "statistic", "percentile", "value_seconds", "lower_seconds", "upper_seconds", "target_seconds",
            "judged", "within", "state", "evidence", "late_budget", "exact", "rounding", "unmeasured",
        ]  # fmt: skip
    year = json.loads(FORMATS["json"](report_of(configuration, lines, "2024-02")[0], "en"))
    compared = next(row for row in year["rows"] if row["previous"] is not None)
    assert list(compared["previous"]) == ["area", "category", "excluded", "clocks", "objectives"]
    assert compared["previous"].keys() | {"previous"} == compared.keys()
    assert [row["area"] for row in document["rows"]] == ["national"] * 3 + ["oslo"] * 3 + ["troms"] * 3


@pytest.mark.parametrize(
    ("period", "before"),
    [("2024", "2023"), ("2024-T1", "2023-T3"), ("2024-T3", "2024-T2"), ("2024-01", "2023-12"), ("2024-11", "2024-10"),
     ("1900", None), ("1900-01", None)],
)  # fmt: skip
def test_a_period_is_compared_with_the_one_before_of_its_kind(period: str, before: str | None) -> None:
    """A year with a year, a tertial with a tertial, a month with a month; before 1900 there is nothing."""
    found = Calendar().previous(Calendar().period(period))
    assert (found and found.name) == before


def test_what_was_not_measured_before_is_no_data_and_never_zero(
    configuration: Configuration, lines: list[bytes]
) -> None:
    """January has a mission in Oslo and December before it has none: nothing is compared; February is, with it."""
    for period, before, change in (("2024-01", None, None), ("2024-02", 300.0, 60.0)):
        row = report_of(configuration, lines, period)[0].row("oslo", "urban")
        assert row.clock("response").measured == 1
        previous = row.previous("requirement")
        assert (previous and previous.seconds, row.change_seconds("requirement")) == (before, change)
    shown = run("--period", "2024-01", "--events", str(MISSIONS), "--format", "json")
    rows = json.loads(shown.stdout)["rows"]
    assert next(row for row in rows if (row["area"], row["category"]) == ("oslo", "urban"))["previous"] is None


def test_a_report_says_whether_it_is_final(configuration: Configuration, lines: list[bytes]) -> None:
    """Running until its end; then incomplete unless the missions reach that end; then final."""
    history = empty_history(configuration)
    from_lines(history, partition_policy(configuration, sealing=False), lines, now=LATER)
    newest = drawn_up(history, "2024").as_of
    assert newest is not None
    month = f"{newest:%Y-%m}"
    within = newest.timestamp() + 60
    assert drawn_up(history, month, now=within).status is Status.RUNNING
    assert drawn_up(history, month).status is Status.INCOMPLETE
    assert drawn_up(history, "2024-T1").status is Status.FINAL
    assert drawn_up(empty_history(configuration), "2024").status is Status.INCOMPLETE


def test_the_whole_minutes_and_the_decimals_are_both_judged(configuration: Configuration, lines: list[bytes]) -> None:
    """The decimals decide; what the rounded minutes would say is told beside them."""
    slower = json.loads(lines[4]) | {"revision": 9, "on_scene_at": "2024-06-10T08:10:20Z"}
    report, _ = report_of(configuration, [*lines, json.dumps(slower).encode()])
    judged = report.row("oslo", "urban").judged("requirement")
    assert judged.seconds == 620.0
    assert (judged.state, judged.state_by_whole_minutes) == (State.MISSED, State.MET)


def test_markdown_shows_names_as_text(configuration: Configuration, lines: list[bytes]) -> None:
    """A name with markup or a column's bar in it stays a name."""
    report, _ = report_of(configuration, lines)
    shown = FORMATS["markdown"](renamed(report, "oslo", "<b>|Oslo|</b>"), "en")
    assert r"&lt;b&gt;\|Oslo\|&lt;/b&gt;" in shown


@pytest.mark.parametrize(
    "name",
    [
        "[Oslo](https://evil.example)", "https://evil.example", "www.evil.example", "a@evil.example", "![x](//e)",
        "Oslo\n\n# Heading", "a | b", "*a* _b_ `c` ~~d~~", "\\| x", "\x1b[2J", "\u202eolsO",
    ],
)  # fmt: skip
def test_a_name_makes_no_link_no_row_and_no_escape(
    configuration: Configuration, lines: list[bytes], name: str
) -> None:
    """In the formats for people a name is a name; those for programs hold none."""
    report, _ = report_of(configuration, lines)
    plain, named = renamed(report, "oslo", "Oslo"), replace(renamed(report, "oslo", name), source=name)
    for one in ("table", "markdown"):
        shown = FORMATS[one](named, "en")
        assert len(shown.splitlines()) == len(FORMATS[one](plain, "en").splitlines())
        assert all(unseen(line) is None for line in shown.splitlines())
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(shown)
    kinds = {token.type for block in page for token in [block, *(block.children or [])]}
    assert not kinds & {"link_open", "image", "em_open", "strong_open", "s_open", "code_inline", "html_inline"}
    assert not re.search(r"://|www[.]|@", shown), "made a link without being asked, by GitHub's markdown"
    rows = [row for row in shown.splitlines() if row.startswith("|")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {12}
    for one in ("csv", "json"):
        assert FORMATS[one](named, "en") == FORMATS[one](plain, "en")


def test_no_cell_of_the_csv_begins_a_formula(configuration: Configuration, lines: list[bytes]) -> None:
    """A spreadsheet takes what begins with = + - or @ for a formula: here only numbers do."""
    report, _ = report_of(configuration, lines)
    for row in csv.reader(FORMATS["csv"](report, "en").splitlines()):
        assert not [cell for cell in row if re.match(r"[=+@\t]|-(?![0-9])", cell)]

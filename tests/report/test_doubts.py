"""What a report must not pass over: silence, time that has not come, years that changed, districts that are gone."""

import io
import json
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from monitor import clock
from monitor.cli import cli
from monitor.core.batch import Batch
from monitor.core.calendar import Calendar
from monitor.core.history import History
from monitor.core.partition import Partition
from monitor.core.stored import read_head
from monitor.core.verdict import State
from monitor.report.document import Report, Status
from monitor.report.drawing_up import draw_up
from monitor.report.formats import FORMATS
from monitor.report.sources import Line, from_lines
from monitor.report.words import STATUSES, notices
from monitor.settings import Configuration, load
from monitor.wiring import empty_history, partition_policy
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from tests.presets import without

CONFIG = Path(__file__).parent / "config" / "monitor.toml"
OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2024, 6, 12, 12, 0, tzinfo=OSLO).timestamp()
HOUR, DAY = 3600.0, 86_400.0
TOLD = sorted(FORMATS.keys() - {"csv", "pdf"})
"""A csv has no place for sentences, and a PDF is the page, printed."""


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    """Two districts and hand-made targets."""
    return load(CONFIG)


def line(mission: str, at: float, *, minutes: float = 5.0, **changes: object) -> bytes:
    """A mission of Oslo's cities that rang at `at` and was reached in time."""
    return json.dumps(
        {
            "mission_id": mission, "district": "oslo", "settlement": "urban", "urgent": True, "status": "closed",
            "ringing_at": datetime.fromtimestamp(at, OSLO).isoformat(),
            "on_scene_at": datetime.fromtimestamp(at + 60.0 * minutes, OSLO).isoformat(),
            **changes,
        }
    ).encode()  # fmt: skip


def shown_as(name: str, report: Report, language: Language) -> str:
    """What a reader of that format reads; of a workbook the text of all cells."""
    shown = FORMATS[name](report, language)
    if isinstance(shown, str):
        return shown
    sheets = load_workbook(io.BytesIO(shown)).worksheets
    return "\n".join(
        str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell
    )


def missions(newest: float, count: int = 20) -> list[bytes]:
    """So many, one an hour, up to `newest`."""
    return [line(f"m{number}", newest - HOUR * number) for number in range(count)]


def of_file(configuration: Configuration, lines: list[bytes], *, now: float = NOW) -> History:
    """A file of events, read at `now`."""
    history = empty_history(configuration)
    from_lines(history, partition_policy(configuration, sealing=False), lines, now=now)
    return history


def of_topic(configuration: Configuration, records: list[tuple[float, bytes]], *, now: float = NOW) -> History:
    """(stamp, value) as they came from Kafka; all of them arrived at `now`."""
    partition = Partition.start(partition_policy(configuration))
    lines = [Line(number, value, int(stamp * 1000)) for number, (stamp, value) in enumerate(records)]
    partition.apply(Batch(0, len(lines), lines), now)
    changes = partition.checkpoint()
    history = empty_history(configuration)
    history.put(0, read_head(changes.head), {day: [blob] for day, blob in changes.append.items()})
    return history


def report_of(history: History, period: str, *, now: float = NOW) -> Report:
    return draw_up(
        history, Calendar().period(period), now=now, abandoned_after_seconds=DAY, silent_after_seconds=6 * HOUR
    )


def run(*arguments: str, lines: list[bytes]) -> Result:
    return CliRunner().invoke(
        cli, ["--config", str(CONFIG), "report", "--events", "-", *arguments], input=b"\n".join(lines)
    )


def states(report: Report) -> tuple[State, Status]:
    return report.row("oslo", "urban").judged("requirement").state, report.status


@pytest.mark.parametrize("period", ["2024", "2024-T2", "2024-06"])
@pytest.mark.parametrize(
    ("hours", "expected"), [(6.0, (State.MET, Status.RUNNING)), (6.1, (State.NO_DATA, Status.INCOMPLETE))]
)
def test_a_running_period_of_a_silent_feed_is_no_data(
    configuration: Configuration, period: str, hours: float, expected: tuple[State, Status]
) -> None:
    """As on the board: the figures stay, no verdict is given; from a file as from the store.

    ●●●●●●●●● newest        ┤ 6 h: as before   ┤ a little longer: no data
    """
    events = missions(NOW - HOUR * hours)
    for history in (
        of_file(configuration, events),
        of_topic(configuration, [(NOW - HOUR * hours, one) for one in events]),
    ):
        report = report_of(history, period)
        assert states(report) == expected
        assert report.row("oslo", "urban").clock("response").measured == 20
        assert report.row("oslo", "urban").judged("requirement").seconds == 300.0


def test_a_month_that_is_over_is_judged_within_a_running_year(configuration: Configuration) -> None:
    """Silence says nothing against what lies behind, nor does the period compared with."""
    may = datetime(2024, 5, 30, tzinfo=OSLO).timestamp()
    history = of_file(configuration, missions(may) + missions(NOW - DAY, 3))
    by_month = {
        month.first.month: month.judged("requirement").state for month in report_of(history, "2024").months["urban"]
    }
    assert (by_month[5], by_month[6]) == (State.MET, State.NO_DATA)
    june = report_of(history, "2024-06").row("oslo", "urban")
    before = june.previous("requirement")
    assert (june.judged("requirement").state, before and before.state) == (State.NO_DATA, State.MET)


@pytest.mark.parametrize("lie", [line("z", NOW + 365 * DAY), line("z", NOW + 40 * DAY), b"{"])
def test_an_event_of_the_future_does_not_keep_a_running_period_judged(
    configuration: Configuration, lie: bytes
) -> None:
    """One wrong date, or one refused record stamped ahead, among events of last week: silent all the same."""
    events = missions(NOW - 7 * DAY)
    for history in (
        of_file(configuration, [*events, lie]),
        of_topic(configuration, [*((NOW - 7 * DAY, one) for one in events), (NOW + 365 * DAY, b"{")]),
    ):
        assert states(report_of(history, "2024")) == (State.NO_DATA, Status.INCOMPLETE)


def test_an_event_of_the_future_does_not_make_a_period_final(configuration: Configuration) -> None:
    """The year ended with nothing heard for weeks: a mission that is not yet over covers none of it."""
    after = datetime(2025, 1, 5, tzinfo=OSLO).timestamp()
    history = of_file(configuration, [*missions(NOW), line("z", after + 300 * DAY)], now=after)
    report = report_of(history, "2024", now=after)
    assert report.status is Status.INCOMPLETE
    assert report.as_of == datetime.fromtimestamp(NOW, OSLO)


def test_a_stored_head_of_an_earlier_program_cannot_lie_either(configuration: Configuration) -> None:
    """Version 1 believed a refused record: newest record and watermark a year ahead, missions of last week."""
    history = of_file(configuration, missions(NOW - 7 * DAY))
    head = history.heads[0]
    head.last_record_at = head.watermark = NOW + 365 * DAY
    assert states(report_of(history, "2024")) == (State.NO_DATA, Status.INCOMPLETE)
    assert states(report_of(history, "2024-05"))[1] is Status.FINAL


@pytest.mark.parametrize("name", TOLD)
def test_a_period_that_has_not_begun_says_so(configuration: Configuration, name: str) -> None:
    """Also where a mission of it is known, for that is a wrong date and no result."""
    history = of_file(configuration, [*missions(NOW), line("z", NOW + 40 * DAY)])
    report = report_of(history, "2024-07")
    assert states(report) == (State.NO_DATA, Status.NOT_BEGUN)
    for language in LANGUAGES:
        said = "not_begun" if name == "json" else speaker(language)(STATUSES[Status.NOT_BEGUN])
        assert said in shown_as(name, report, language)


def test_what_makes_figures_doubtful_is_told_to_those_who_read_them_by_program() -> None:
    """A csv has no place for sentences: standard error has."""
    year = datetime.fromtimestamp(clock.now(), OSLO).year
    stale = missions(clock.now() - 3 * DAY)
    shown = run("--period", str(year), "--format", "csv", lines=stale)
    assert "the feed is silent" in shown.stderr
    assert ",met," not in shown.stdout
    shown = run("--period", str(year + 1), "--format", "csv", lines=stale)
    assert f"begins on 1 January {year + 1}" in shown.stderr
    assert shown.exit_code == 0


def test_a_running_period_that_is_heard_is_judged() -> None:
    """A moment ago: met."""
    heard = missions(clock.now() - 60.0)
    period = f"{datetime.fromtimestamp(clock.now() - 60.0, OSLO):%Y-%m}"
    shown = run("--period", period, "--format", "csv", lines=heard)
    assert ",met," in shown.stdout
    assert "silent" not in shown.stderr


CLOSED = datetime(2024, 3, 1, 10, 0, tzinfo=OSLO).timestamp()
NEXT = datetime(2025, 3, 1, 10, 0, tzinfo=OSLO).timestamp()
LATER = datetime(2026, 6, 1, tzinfo=OSLO).timestamp()


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("period", ["2024", "2025", "2024-T1", "2025-03"])
def test_an_id_used_again_next_year_is_on_the_report_of_both_years(
    configuration: Configuration, name: str, period: str
) -> None:
    """The mission of the closed year is gone, and nobody has to find that out by comparing."""
    history = of_file(configuration, [line("000001", CLOSED), line("000001", NEXT)], now=LATER)
    report = report_of(history, period, now=LATER)
    assert report.moves == [(2024, 2025, 1)]
    for language in LANGUAGES:
        shown = shown_as(name, report, language)
        if name == "json":
            assert json.loads(shown)["moved"] == [{"from": 2024, "to": 2025, "missions": 1}]
        else:
            assert re.search(r"2024 (to|till?) 2025: 1\.", shown)
    assert report_of(history, "2026", now=LATER).moves == []


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("period", ["2024", "2025"])
def test_an_id_used_again_under_one_revision_is_a_conflict_on_the_report_of_both_years(
    configuration: Configuration, name: str, period: str
) -> None:
    """The second year has no mission: its report says that one was refused, and why."""
    events = [line("000001", CLOSED, revision=1), line("000001", NEXT, revision=1)]
    report = report_of(of_file(configuration, events, now=LATER), period, now=LATER)
    assert (report.moves, report.conflicts) == ([], [(2024, 2025, 1)])
    for language in LANGUAGES:
        shown = shown_as(name, report, language)
        if name == "json":
            assert json.loads(shown)["conflicts"] == [{"of": 2024, "told": 2025, "events": 1}]
        else:
            assert re.search(
                r"2025 (refused as conflicts|avvist som konflikt|som avvisats som konflikter): 1\.", shown
            )


def test_every_doubt_is_a_sentence_with_its_figures(configuration: Configuration) -> None:
    """Withdrawn, entered, of one year, of two: none is told as another, in any language."""
    report = replace(
        report_of(empty_history(configuration), "2024", now=LATER),
        moves=[(0, 2024, 11), (2024, 0, 12), (2023, 2024, 13)], conflicts=[(2024, 2024, 14), (2023, 2024, 15)],
        left_out={"vest": 1600}, records_ahead=17,
    )  # fmt: skip
    for language in LANGUAGES:
        told = notices(speaker(language), report)
        figures = [re.findall(r"\b1[1-7]\b|1\u202f600", sentence) for sentence in told]
        assert figures == [["11"], ["12"], ["13"], ["14"], ["15"], ["1\u202f600"] * 2, ["17"]]
        assert len({sentence[:12] for sentence in told}) >= 4
        assert all(one != other for one, other in pairwise(told))


def test_the_command_warns_of_them_whatever_the_format() -> None:
    """The case as it was found: csv, two lines, one id."""
    for period in ("2024", "2025"):
        shown = run("--period", period, "--format", "csv", lines=[line("000001", CLOSED), line("000001", NEXT)])
        assert "warning: Missions that corrections took from 2024 to 2025: 1." in shown.stderr


@pytest.mark.parametrize("name", TOLD)
def test_stored_districts_that_are_not_configured_are_told(configuration: Configuration, name: str) -> None:
    """Their missions are in no figure, the nation's included: how many of this period, and whose.

    2024: 20 of oslo, 3 of troms      troms leaves the configuration: national 20, and "troms: 3"
    """
    events = [*missions(NOW), *(line(f"t{number}", NOW - DAY, district="troms") for number in range(3))]
    assert report_of(of_file(configuration, events, now=LATER), "2024", now=LATER).left_out == {}
    gone = empty_history(replace(configuration, service=without(configuration.service, "troms")))
    from_lines(gone, partition_policy(configuration, sealing=False), events, now=LATER)
    report = report_of(gone, "2024", now=LATER)
    assert report.left_out == {"troms": 3}
    assert report_of(gone, "2025", now=LATER).left_out == {}
    for language in LANGUAGES:
        shown = shown_as(name, report, language)
        assert json.loads(shown)["left_out"] == {"troms": 3} if name == "json" else "troms: 3" in shown

"""The list behind a figure is as long as the figure is large, whoever asks, and tells each mission as it is."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from monitor.cli import cli
from monitor.core.calendar import Calendar
from monitor.core.listing import Asked, Question, Roll
from monitor.core.mission import Cause, Kind
from monitor.core.snapshot import over_period
from monitor.core.stored import DamagedState, Head, StoredDay, write_aggregates, write_entries
from monitor.core.windows import span_of
from monitor.missions.command import summary
from monitor.settings import load
from tests.core.test_any_reading import ABANDONED, NOW
from tests.core.worlds import BEGIN, GRID, Told, World, history_of, stored_of, worlds
from tests.exporter.invented import SHAPES

PERIODS = ("2024", "2024-03", "2024-04", "2024-W13")
CONFIG = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
MISSIONS = CONFIG.parents[1] / "missions.jsonl"


def put(roll: Roll, head: Head, days: Mapping[tuple[int, int], StoredDay], *, lost: int = 0) -> None:
    """The partitions as the store gives them, whose heads count some missions more than there are."""
    for partition in range(2):
        own = {day: stored for (number, day), stored in days.items() if number == partition}
        counted = msgspec.structs.replace(
            head,
            missions=sum(len(stored.entries) for stored in own.values()) + lost,
            sealed=sum(part.missions for stored in own.values() for part in stored.aggregates),
        )
        blobs = {
            day: [write_entries([*stored.entries.values()]), write_aggregates([*stored.aggregates])]
            for day, stored in own.items()
        }
        roll.put(partition, counted, blobs)


def figure(world: World, asked: Asked, period: str, *, rolled_up: bool) -> int:
    """What the report says of every area and category asked for, together."""
    history = history_of(world, rolled_up=rolled_up)
    chosen = Calendar().period(period)
    service, objective = world.service, asked.objective
    total = 0
    for row in over_period(history, chosen, now=NOW, abandoned_after_seconds=ABANDONED):
        wanted = row.area == asked.area if asked.area else row.area in service.leaf_areas
        wanted &= row.category == asked.category if asked.category else row.category in service.leaf_categories
        if not wanted:
            continue
        clock, count = row.figures.clocks[objective.clock], row.figures.counts[objective.slug]
        match asked.question:
            case Question.LATE:
                total += count.judged - count.within
            case Question.UNMEASURED:
                total += clock.unmeasured_total
            case Question.STUCK:
                total += clock.unmeasured.get(Cause.ABANDONED, 0)
            case Question.OPEN:
                timeline = history.timeline(row.area, row.category)
                total += timeline.in_progress(
                    NOW, None, abandoned_before=NOW - ABANDONED, span=asked.span, clock=objective.clock
                ).open
    return total


@pytest.mark.slow
@given(world=worlds(), period=st.sampled_from(PERIODS), rolled_up=st.booleans(), data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_list_is_as_long_as_the_figure_of_the_report(
    world: World, period: str, rolled_up: bool, data: st.DataObject
) -> None:
    """For any service, objective and question, of any area and category or of all: listed and sealed together."""
    service = world.service
    area = data.draw(st.sampled_from([None, *service.judged_areas]))
    if area is None:  # where a reform cuts an area in two, its figure is that of the parts as well: no sum of both
        assume(not {one.within for one in service.areas} & {*service.leaf_areas})
    category = data.draw(st.sampled_from([None, *service.judged_categories]))
    for objective in service.objectives:
        for question in Question:
            span = span_of(Calendar().period(period), GRID)
            asked = Asked(question, objective, span, NOW - ABANDONED, area=area, category=category)
            roll = Roll(service, world.targets, GRID, asked)
            put(roll, *stored_of(world, rolled_up=rolled_up))
            assert len(roll.listed) + roll.sealed == figure(world, asked, period, rolled_up=rolled_up)
            assert len({one.mission_id for one in roll.listed}) == len(roll.listed)
            for one in roll.listed:
                told = world.missions[int(one.mission_id)]
                assert (told.series, told.at, told.sealed) == ((one.area, one.category), one.placed_at, False)


@given(world=worlds())
@settings(max_examples=10, deadline=None)
def test_a_store_that_contradicts_itself_gives_no_list(world: World) -> None:
    """As it gives no figures: a list that is too short would be believed."""
    asked = Asked(Question.OPEN, world.service.objectives[0], span_of(Calendar().period("2024"), GRID), 0.0)
    with pytest.raises(DamagedState):
        put(Roll(world.service, world.targets, GRID, asked), *stored_of(world), lost=1)


def listed(*arguments: str) -> Result:
    """The command over the tiny file of the report's tests."""
    command = ["--config", str(CONFIG), "missions", "--period", "2024", "--events", str(MISSIONS), *arguments]
    return CliRunner().invoke(cli, command)


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (("--late",), ["a5", "c3"]),
        (("--late", "--objective", "goal"), ["a5", "b1", "a4", "c3"]),
        (("--late", "--objective", "goal", "--area", "oslo"), ["a5", "b1", "a4"]),
        (("--late", "--area", "national"), ["a5"]),
        (("--unmeasured",), ["c7", "b2"]),
        (("--unmeasured", "--category", "town"), ["b2"]),
        (("--open",), []),
        (("--stuck",), []),
    ],
)
def test_missions_of_a_file_are_listed_by_hand(arguments: tuple[str, ...], ids: list[str]) -> None:
    """Late by the area's own threshold, or by the country's where that is asked; worst first, else by time."""
    result = listed(*arguments, "--format", "csv")
    assert result.exit_code == 0, result.stderr
    assert [row["mission_id"] for row in csv.DictReader(io.StringIO(result.stdout))] == ids
    assert f"{len(ids)} missions of 2024: {arguments[0].removeprefix('--')}" in result.stderr


def test_a_row_tells_clocks_threshold_and_cause() -> None:
    """Seconds and slugs for programs; a mission without a value says why."""
    late, *_ = csv.DictReader(io.StringIO(listed("--late", "--format", "csv").stdout))
    assert late == {
        "mission_id": "a5", "area": "oslo", "category": "urban", "placed_at": "2024-11-10T10:00:00+01:00",
        "response_seconds": "720.5", "response_state": "measured", "objective": "requirement",
        "threshold_seconds": "600.0", "cause": "",
    }  # fmt: skip
    lacking, *_ = csv.DictReader(io.StringIO(listed("--unmeasured", "--format", "csv").stdout))
    assert (lacking["response_seconds"], lacking["response_state"], lacking["cause"]) == ("", "no_begin", "no_begin")


def test_people_read_it_in_their_language() -> None:
    """The table and the workbook say area, cause and unit in words; times of missions in the service's zone."""
    told = listed("--unmeasured", "--lang", "nb").stdout.splitlines()
    assert re.split(r"\s{2,}", told[0])[:4] == ["Oppdrag", "Område", "Kategori", "Begynte"]
    assert "c7" in told[2]
    book = load_workbook(io.BytesIO(listed("--late", "--format", "xlsx").stdout_bytes))
    heads, late, *_ = book.active.iter_rows(values_only=True)
    assert heads[:4] == ("Mission", "Area", "Category", "Began")
    assert late[:6] == ("a5", "Oslo", "urban", datetime(2024, 11, 10, 10), 720.5, 600)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Ask one thing: --late, --unmeasured, --open, --stuck"),
        (("--late", "--open"), "Ask one thing"),
        (("--late", "--area", "bergen"), "'bergen' is none of"),
        (("--late", "--category", "city"), "'city' is none of"),
        (("--late", "--objective", "krav"), "'krav' is none of goal, requirement"),
        (("--late", "--period", "soon"), "period"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_what_does(arguments: tuple[str, ...], told: str) -> None:
    """Before anything is read."""
    command = ["--config", str(CONFIG), "missions", *arguments]
    if "--period" not in arguments:
        command += ["--period", "2024"]
    result = CliRunner().invoke(cli, command)
    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr


def test_what_is_sealed_is_counted_and_said() -> None:
    """The list is shorter than the figure then, and says by how many."""
    declared, period = load(CONFIG), Calendar().period("2024")
    asked = Asked(Question.LATE, declared.service.objective("goal"), span_of(period, declared.grid), 0.0)
    roll = Roll(declared.service, declared.targets, declared.grid, asked, sealed=3)
    assert summary(roll, period) == (
        "0 missions of 2024: late, goal; 3 more are in the figure, and sealed: which they were is known no more"
    )


@pytest.mark.parametrize("sealed", [False, True])
def test_where_only_a_pool_has_a_threshold_it_is_named(sealed: bool) -> None:
    """An empty list would read as if nobody had been late; asked as the pool, the same missions are listed."""
    service, at = SHAPES["4x2"], BEGIN + 3600.0
    pool = (service.root, "all")
    leaf = (service.leaf_areas[0], service.leaf_categories[0])
    took = [Told(leaf, at, (seconds,), sealed=sealed) for seconds in (300.0, 601.0, 900.0)]
    world = World(
        service, {date(2020, 1, 1): {(*pool, "p90"): 600.0}}, [*took, Told(leaf, at, (Kind.OPEN,), sealed=False)]
    )
    period = Calendar().period("2024")
    asked = Asked(Question.LATE, service.objective("p90"), span_of(period, GRID), 0.0)
    each = Roll(service, world.targets, GRID, asked)
    whole = Roll(service, world.targets, GRID, replace(asked, area=pool[0], category=pool[1]))
    for roll in (each, whole):
        put(roll, *stored_of(world))
    assert (len(each.listed), each.sealed, each.aimless, each.aimed) == (0, 0, 3, {pool})
    assert summary(each, period) == (
        "0 missions of 2024: late, p90; 3 more have no threshold where they were asked about, so none of them is "
        "late; there is one for --area england --category all"
    )
    assert (len(whole.listed), whole.sealed, whole.aimless) == ((0, 2, 0) if sealed else (2, 0, 0))


def test_ids_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    """They are what was asked for, and stand in the answer alone."""
    result = listed("--late", "--format", "csv")
    assert "a5" in result.stdout
    assert "a5" not in result.stderr + caplog.text

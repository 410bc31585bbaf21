"""Whatever a service declares: what is shown and decided equals counting its missions one by one.

The expectation is written from the contract in plain words, with fractions and lists, by nothing of the core.
"""

from datetime import date, datetime
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import Period
from monitor.core.mission import CAUSES, Kind
from monitor.core.service import Objective, Service
from monitor.core.snapshot import Row, Terms, over_period, take
from monitor.core.verdict import Verdict
from monitor.core.windows import parse_window
from tests.core.services import REFORM, services
from tests.core.worlds import BEGIN, DAYS, FIRST, GRID, HOUR, ZONE, Told, World, history_of, worlds

NOW = BEGIN + (DAYS * 24 - 1) * HOUR + 60.0
ABANDONED = 2 * 24 * HOUR
SPANS = {
    "24h": (BEGIN + (DAYS * 24 - 25) * HOUR, BEGIN + DAYS * 24 * HOUR),
    "37h": (BEGIN + (DAYS * 24 - 38) * HOUR, BEGIN + DAYS * 24 * HOUR),
    "3d": (BEGIN + (DAYS * 24 - 73) * HOUR, BEGIN + DAYS * 24 * HOUR),
    "month": (datetime(2024, 4, 1, tzinfo=ZONE).timestamp(), BEGIN + DAYS * 24 * HOUR),
    "year": (datetime(2024, 1, 1, tzinfo=ZONE).timestamp(), BEGIN + DAYS * 24 * HOUR),
}
TERMS = Terms(
    windows=[parse_window(name) for name in (*SPANS, "last5")],
    stale_after_seconds=1e9,
    abandoned_after_seconds=ABANDONED,
)


def day_of(at: float) -> date:
    return datetime.fromtimestamp(at, ZONE).date()


def lies_within(service: Service, told: Told, area: str, category: str) -> bool:
    """Whether on the mission's day its area, or what that lies within, is the area asked for; and so its category."""
    areas, step = [], told.series[0]
    while step is not None:
        places = [one for one in service.areas if one.slug == step and one.since <= day_of(told.at) < one.until]
        if not places:
            return False
        areas.append(step)
        step = places[0].within
    categories, pool = [], told.series[1]
    while pool is not None:
        known = [one for one in service.categories if one.slug == pool]
        if not known:
            return False
        categories.append(pool)
        pool = known[0].within
    return area in areas and category in categories


def threshold(world: World, row: Row, objective: Objective, on: date) -> Fraction | None:
    """The one in force on a day."""
    since = max(one for one in world.tables if one <= on)
    seconds = world.tables[since].get((row.area, row.category, objective.slug))
    return None if seconds is None else Fraction(seconds)


def agrees(world: World, row: Row, inside: list[Told], shown_on: date) -> None:
    """Every figure and verdict of a row, worked out again from its missions."""
    service = world.service
    assert row.figures.excluded == sum(told.states[0] is Kind.EXCLUDED for told in inside)
    for number, clock in enumerate(service.clocks):
        causes: dict[str, int] = {}
        for told in inside:
            state = told.states[number]
            if not isinstance(state, Kind):
                continue
            if state in CAUSES:
                cause = CAUSES[state].value
            elif state in (Kind.OPEN, Kind.UNTIMED) and (told.sealed or told.at < NOW - ABANDONED):
                cause = "abandoned"
            else:
                continue
            causes[cause] = causes.get(cause, 0) + 1
        figures = row.figures.clocks[clock.slug]
        assert figures.measured == len(measured_of(inside, number))
        assert {cause.value: n for cause, n in figures.unmeasured.items()} == causes
    for objective in service.objectives:
        number = next(n for n, clock in enumerate(service.clocks) if clock.slug == objective.clock)
        measured = measured_of(inside, number)
        target = threshold(world, row, objective, shown_on)
        decides(world, row, objective, measured, target)
        lacking = [
            limit
            for told in inside
            if is_unmeasured(told, number)
            and (limit := threshold(world, row, objective, day_of(told.at))) is not None
        ]
        hangs_on(row.verdicts[objective.slug], lacking)


def is_unmeasured(told: Told, number: int) -> bool:
    """Whether a clock will never have a value of it."""
    state = told.states[number]
    if state in (Kind.OPEN, Kind.UNTIMED) and isinstance(state, Kind):
        return told.sealed or told.at < NOW - ABANDONED
    return isinstance(state, Kind) and state in CAUSES


def hangs_on(verdict: Verdict, lacking: list[Fraction]) -> None:
    """What those without a value can make of a verdict, tried one by one."""
    without = verdict.unmeasured
    if not verdict.decided:
        assert without is None
        return
    assert without is not None
    assert without.missions == len(lacking)
    if verdict.objective.percentile is None:
        left = Fraction(verdict.spare_seconds or 0.0) + sum(lacking)
        assert without.most_seconds == (pytest.approx(float(left / len(lacking))) if lacking else None)
        assert (without.bounds, without.widened, without.needed) == (None, None, None)
        return
    share, within = Fraction(verdict.objective.percentile) / 100, verdict.within or 0
    everything = verdict.judged + len(lacking)
    met = [within + kept >= share * everything for kept in range(len(lacking) + 1)]
    assert without.settled == (len(set(met)) == 1)
    if not without.settled:
        assert without.needed == met.index(True)
        assert (without.tipping_percent or 0) * len(lacking) >= 100 * met.index(True)
    assert without.bounds is not None
    assert (without.bounds.lower, without.bounds.upper) == (within / everything, (within + len(lacking)) / everything)
    assert without.widened is not None
    assert without.widened.lower <= without.bounds.lower <= without.bounds.upper <= without.widened.upper


def measured_of(inside: list[Told], number: int) -> list[tuple[float, Fraction]]:
    """When and how long, of those that a clock has measured."""
    return [(told.at, Fraction(state)) for told in inside if not isinstance(state := told.states[number], Kind)]


def decides(
    world: World, row: Row, objective: Objective, measured: list[tuple[float, Fraction]], target: Fraction | None
) -> None:
    values = sorted(seconds for _, seconds in measured)
    limits = [(seconds, threshold(world, row, objective, day_of(at))) for at, seconds in measured]
    judged = [(seconds, limit) for seconds, limit in limits if limit is not None]
    within = sum(seconds <= limit for seconds, limit in judged)
    verdict, value = row.verdicts[objective.slug], row.figures.values[objective.slug]
    assert row.figures.exact[objective.slug]
    assert (verdict.judged, verdict.target_seconds) == (len(judged), target)
    if objective.percentile is None:
        allowed, took = sum(limit for _, limit in judged), sum(seconds for seconds, _ in judged)
        kept = took <= allowed
        assert value == (pytest.approx(float(sum(values) / len(values))) if values else None)
        assert (verdict.within, verdict.share, verdict.bounds, verdict.late_budget) == (None, None, None, None)
        expected = float(allowed - took) if judged else None
        assert verdict.spare_seconds == (pytest.approx(expected) if verdict.decided else None)
    else:
        share = Fraction(objective.percentile) / 100
        rank = next((k for k in range(1, len(values) + 1) if Fraction(k, len(values)) >= share), None)
        assert value == (None if rank is None else float(values[rank - 1]))
        kept = within >= share * len(judged)
        budget = floor((1 - share) * len(judged)) - (len(judged) - within)
        assert (verdict.within, verdict.spare_seconds) == (within, None)
        assert verdict.late_budget == (budget if verdict.decided else None)
    if judged:
        assert verdict.state == ("met" if kept else "missed")
    else:
        assert verdict.state == ("no_data" if target is not None and not measured else "no_target")


def bounded(world: World, row: Row, objective: Objective, inside: list[Told]) -> None:
    """What missions in progress can make of the share, where the clock says since when they wait."""
    clocks = world.service.clocks
    number = next(n for n, clock in enumerate(clocks) if clock.slug == objective.clock)
    known = clocks[number].begin == clocks[0].begin
    target = threshold(world, row, objective, day_of(NOW))
    waiting = [
        one for one in inside
        if not one.sealed and one.at >= NOW - ABANDONED and one.states[number] in (Kind.OPEN, Kind.UNTIMED)
        and isinstance(one.states[number], Kind)
    ]  # fmt: skip
    overdue = [
        one for one in waiting
        if known and one.states[number] is Kind.OPEN and target is not None and NOW - one.at > target
    ]  # fmt: skip
    verdict = row.verdicts[objective.slug]
    total = verdict.judged + len(waiting)
    if objective.percentile is None or not total:
        assert verdict.bounds is None
        return
    within = verdict.within or 0
    assert verdict.bounds is not None
    assert verdict.bounds.lower == within / total
    assert verdict.bounds.upper == (within + len(waiting) - len(overdue)) / total


def rows_expected(world: World, first: date, last: date) -> set[tuple[str, str]]:
    """The areas that exist on any of the days, with every category."""
    days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    areas = {one.slug for one in world.service.areas if any(one.since <= day < one.until for day in days)}
    return {(area, one.slug) for area in areas for one in world.service.categories}


@pytest.mark.slow
@settings(max_examples=150)
@given(worlds(), st.booleans())
def test_every_window_of_any_service_is_what_its_missions_say(world: World, rolled_up: bool) -> None:
    """Areas and their pools, categories and theirs, clocks, percentiles, means, reforms, sealed or not."""
    taken = take(history_of(world, rolled_up=rolled_up), TERMS, NOW)
    assert not taken.stale
    for row in taken.rows:
        mine = [told for told in world.missions if lies_within(world.service, told, row.area, row.category)]
        if row.span is None or (rolled_up and row.window == "37h"):
            continue  # rolled up to days, it lies where its day begins
        begin, end = SPANS[row.window]
        assert (row.span.start, row.span.end) == (begin, end)
        inside = [told for told in mine if begin <= told.at < end]
        agrees(world, row, inside, day_of(NOW))
        for objective in world.service.objectives:
            bounded(world, row, objective, inside)
    for window, (begin, end) in SPANS.items():
        shown = {(row.area, row.category) for row in taken.rows if row.window == window}
        assert shown == rows_expected(world, day_of(begin), day_of(end - 1))
    standing = [(one.area, one.category) for one in taken.standings]
    assert {(row.area, row.category) for row in taken.rows} <= set(standing)
    assert len(set(standing)) == len(standing)


@pytest.mark.slow
@settings(max_examples=60)
@given(worlds())
def test_a_window_by_count_has_the_newest_that_each_clock_measured(world: World) -> None:
    """Of those known one by one, however old, up to the slice that holds now; unmeasured ones have no place."""
    until = GRID.floor(NOW) + GRID.seconds
    for row in take(history_of(world), TERMS, NOW).rows:
        if row.span is not None:
            continue
        mine = [one for one in world.missions if lies_within(world.service, one, row.area, row.category)]
        for number, clock in enumerate(world.service.clocks):
            known = [
                one for one in mine if one.at < until and not one.sealed and not isinstance(one.states[number], Kind)
            ]
            assert row.figures.clocks[clock.slug].measured == min(5, len(known))
            assert not row.figures.clocks[clock.slug].unmeasured
            for objective in world.service.objectives:
                if objective.clock == clock.slug:
                    newest = sorted(known, key=lambda one: (one.at, [*map(_order, one.states)]))[-5:]
                    assert row.verdicts[objective.slug].unmeasured is None
                    decides(
                        world, row, objective, measured_of(newest, number),
                        threshold(world, row, objective, day_of(NOW)),
                    )  # fmt: skip


def _order(state: float | Kind) -> float:
    return -float(state) if isinstance(state, Kind) else state


@pytest.mark.slow
@settings(max_examples=60)
@given(worlds())
def test_a_period_that_ends_with_a_reform_knows_nothing_of_it(world: World) -> None:
    """Its areas, its pools and its figures are those of the tree before; the next period's are those after."""
    history = history_of(world)
    for first, after in ((FIRST, REFORM), (REFORM, date(2024, 4, 30))):
        rows = over_period(history, Period("any", "month", first, after), now=NOW, abandoned_after_seconds=ABANDONED)
        last = date.fromordinal(after.toordinal() - 1)
        assert {(row.area, row.category) for row in rows} == rows_expected(world, first, last)
        for row in rows:
            mine = [one for one in world.missions if lies_within(world.service, one, row.area, row.category)]
            agrees(world, row, [one for one in mine if first <= day_of(one.at) < after], last)


@settings(max_examples=60)
@given(worlds())
def test_what_lies_nowhere_is_told_of(world: World) -> None:
    """Missions of areas that are not declared for their day, or of such categories, are in no figure but counted."""
    expected: dict[str, int] = {}
    for told in world.missions:
        pools = (one.slug for one in world.service.areas)
        inside = any(
            lies_within(world.service, told, area, category.slug)
            for area in pools
            for category in world.service.categories
        )
        if not inside:
            expected[told.series[0]] = expected.get(told.series[0], 0) + 1
    assert history_of(world).left_out() == expected


@settings(max_examples=40)
@given(services())
def test_a_service_without_a_mission_is_shown(service: Service) -> None:
    """Nothing is met, nothing is missed, and nothing fails, whatever its objectives ask of people."""
    world = World(service, {date(2020, 1, 1): {}}, [])
    taken = take(history_of(world), TERMS, NOW)
    assert {verdict.state.value for row in taken.rows for verdict in row.verdicts.values()} <= {"no_target"}
    watched = {one.slug for one in service.objectives if one.duty == "page" and one.percentile == 80}
    assert all({*standing.alarms} == watched for standing in taken.standings)

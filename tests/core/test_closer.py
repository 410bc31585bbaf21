"""What lies behind a verdict: stages, hours and crowding equal counting mission by mission."""

from dataclasses import replace
from datetime import UTC, datetime
from statistics import median_low

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.closer import closer_of
from monitor.core.crowding import BOUNDS, Waiting, crowding_of
from monitor.core.hours import BLOCK_HOURS, LEAST, hours_of
from monitor.core.judged import Judged, judged_of
from monitor.core.mission import Kind
from monitor.core.service import Clock, Moment, Objective, Service, Statistic
from monitor.core.stages import Stages, chain_of, stages_of
from monitor.core.tail import tail_of
from monitor.core.windows import Span
from tests.core.figures import GRID, HOUR, SUPERSEDED, Call, history_of
from tests.core.police import GOAL, REQUIREMENT, SERVICE
from tests.core.test_tail import EVER, PLACE, SPANS
from tests.core.worlds import GRID as WORLD_GRID
from tests.core.worlds import World, worlds
from tests.core.worlds import history_of as history_of_world

CLOCKS = st.permutations(["response", "travel", "door-to-door"])


def clock(slug: str, begin: str, end: str, plus: float = 0.0) -> Clock:
    return Clock(slug, (Moment(begin, plus),), (Moment(end),))


WHOLE = clock("response", "called", "arrived")


@pytest.mark.parametrize(
    ("clocks", "stages"),
    [
        ([], None),
        ([clock("travel", "rolling", "arrived")], (None, "travel")),
        ([clock("handling", "called", "rolling")], None),  # so is a second engine's, that runs beside the whole
        ([clock("travel", "rolling", "arrived"), clock("handling", "called", "rolling")], ("handling", "travel")),
        (
            [clock("turnout", "alarmed", "rolling"), clock("travel", "rolling", "arrived")],
            (None, "turnout", "travel"),
        ),
        (
            [clock("handling", "called", "alarmed"), clock("travel", "rolling", "arrived")],
            ("handling", None, "travel"),
        ),
        (
            [
                clock("handling", "called", "alarmed"), clock("turnout", "alarmed", "rolling"),
                clock("travel", "rolling", "arrived"), clock("both", "called", "rolling"),
            ],
            ("handling", "turnout", "travel"),
        ),
        ([clock("capped", "called", "arrived", 30.0)], None),
        ([clock("to hospital", "arrived", "delivered")], None),
        ([clock("backwards", "arrived", "called")], None),
        ([clock("round", "rolling", "rolling")], None),
    ],
    ids=lambda case: None if case is None or isinstance(case, tuple) else "+".join(one.slug for one in case) or "one",
)  # fmt: skip
def test_stages_are_clocks_that_follow_each_other_within_the_whole(
    clocks: list[Clock], stages: tuple[str | None, ...] | None
) -> None:
    """What no clock tells is the rest, one gap at most; a cap beside the same instant is none."""
    chain = chain_of(Service("x", (), (), (WHOLE, *clocks), ()))
    assert (chain and chain.stages) == stages


def with_stages(world: World, order: list[str], *, gap: bool) -> World:
    """The world with three clocks, of which the other two make up the first, or leave a gap in it."""
    begins = {"response": "called", "travel": "called", "door-to-door": "left" if gap else "coded"}
    ends = {"response": "arrived", "travel": "coded", "door-to-door": "arrived"}
    first, *others = order
    renamed = dict(zip((first, *others), ("response", "travel", "door-to-door"), strict=True))
    clocks = tuple(clock(slug, begins[role], ends[role]) for slug, role in renamed.items())
    objectives = tuple(replace(one, clock=first) for one in world.service.objectives)
    service = replace(world.service, clocks=clocks, objectives=objectives)
    missions = [
        replace(told, states=_consistent((*told.states, *told.states, *told.states)[:3], gap=gap))
        for told in world.missions
    ]
    return replace(world, service=service, missions=missions)


def _consistent(states: tuple[float | Kind, ...], *, gap: bool) -> tuple[float | Kind, ...]:
    """Where both parts are measured, the whole is their sum, and half as long as they are together with a gap."""
    first, second, third = states
    if Kind.EXCLUDED in states:
        return (Kind.EXCLUDED,) * 3
    if isinstance(second, Kind) or isinstance(third, Kind) or isinstance(first, Kind):
        return states
    return (first if gap else second + third, second, third)


@pytest.mark.slow
@settings(max_examples=60)
@given(worlds(), CLOCKS, st.booleans(), SPANS, st.data())
def test_stages_are_summed_over_the_missions_that_have_them_all(
    drawn: World, order: list[str], gap: bool, span: Span, data: st.DataObject
) -> None:
    """Of what is known one by one: exact sums; what lacks a stage, or has less than none left, is left out."""
    world = with_stages(drawn, order, gap=gap)
    chain = chain_of(world.service)
    assert chain is not None
    assert chain.stages == ((order[1], None, order[2]) if gap else (order[1], order[2]))
    area, category = data.draw(st.sampled_from(world.service.judged_series))
    measured, sums = 0, []
    for at, states in missions_in(world, area, category, span):
        whole, *parts = states
        measured += not isinstance(whole, Kind)
        if not any(isinstance(one, Kind) for one in states):
            first, second = (round(float(one) * 1e6) for one in parts)
            rest = round(float(whole) * 1e6) - first - second
            if rest >= 0:
                sums.append((first, rest, second) if gap else (first, second))
        assert span.start <= at < span.end
    found = stages_of(history_of_world(world), area, category, chain, span)
    took = {slug: sum(one[n] for one in sums) for n, slug in enumerate(chain.stages)}
    assert found == Stages(len(sums), measured, took)
    if found.total:
        assert sum(found.share(slug) or 0.0 for slug in chain.stages) == pytest.approx(1.0)


def missions_in(world: World, area: str, category: str, span: Span) -> list[tuple[float, tuple[float | Kind, ...]]]:
    """Those of a series in a span that are known one by one."""
    found = []
    for told in world.missions:
        on = datetime.fromtimestamp(told.at, WORLD_GRID.zone).date()
        pools = world.service.pools(told.series[0], on)
        inside = area in pools and category in world.service.category_pools.get(told.series[1], ())
        if inside and not told.sealed and span.start <= told.at < span.end:
            found.append((told.at, told.states))
    return found


def test_nothing_is_shared_where_nothing_was_measured() -> None:
    """No share and no mean of no missions: never a zero."""
    nothing = Stages(0, 0, {"travel": 0})
    assert (nothing.share("travel"), nothing.mean("travel")) == (None, None)


@settings(max_examples=60)
@given(worlds(), SPANS, st.data())
def test_hours_count_by_local_time(world: World, span: Span, data: st.DataObject) -> None:
    """Across the night in which summer time begins; what is sealed is in no cell and is counted."""
    history = history_of_world(world)
    area, category = data.draw(st.sampled_from(world.service.judged_series))
    for objective in percentiles(world.service):
        judged = judged_of(history, area, category, objective, span)
        found = hours_of(judged, WORLD_GRID)
        counted: dict[tuple[int, int], list[bool]] = {}
        for at, late in zip(judged.at.tolist(), judged.late.tolist(), strict=True):
            local = datetime.fromtimestamp(at, UTC).astimezone(WORLD_GRID.zone)
            counted.setdefault((local.weekday(), local.hour // BLOCK_HOURS), []).append(late)
        for day, row in enumerate(found.cells):
            for block, cell in enumerate(row):
                held = counted.get((day, block), [])
                assert (cell.missions, cell.late) == (len(held), sum(held))
                assert (cell.estimate is None) == (len(held) < LEAST)
        assert [(one.missions, one.late) for one in found.days] == [
            (sum(cell.missions for cell in row), sum(cell.late for cell in row)) for row in found.cells
        ]
        assert [one.missions for one in found.blocks] == [
            sum(row[block].missions for row in found.cells) for block in range(24 // BLOCK_HOURS)
        ]
        tail = tail_of(history, area, category, objective, span)
        assert (found.missions + found.sealed, found.sealed) == (tail.judged, tail.sealed)


def test_hours_with_few_missions_have_no_share() -> None:
    """Five, all of them late, are told as five; six have a share."""
    made = [Call(PLACE, SUPERSEDED + n, Kind.MEASURED, 5000.0) for n in range(LEAST - 1)]
    made += [Call(PLACE, SUPERSEDED + 3 * HOUR + n, Kind.MEASURED, 60.0) for n in range(LEAST)]
    few, enough, *_ = hours_of(judged_of(history_of(made), *PLACE, REQUIREMENT, EVER), GRID).blocks
    assert (few.missions, few.late, few.estimate, few.stands_out) == (5, 5, None, 0)
    assert enough.estimate is not None


def percentiles(service: Service) -> list[Objective]:
    return [one for one in service.objectives if one.statistic is Statistic.PERCENTILE]


def test_nights_that_are_late_stand_out_and_quiet_ones_do_not() -> None:
    """Twenty weeks: from midnight to three every other mission is late, in all other hours one in ten."""
    made = []
    for hour in range(20 * 7 * 24):
        at = SUPERSEDED + hour * HOUR
        night = datetime.fromtimestamp(at, GRID.zone).hour < 3
        made.extend(
            Call(PLACE, at + n, Kind.MEASURED, 5000.0 if (hour + n) % (2 if night else 10) == 0 else 60.0)
            for n in range(2)
        )
    found = hours_of(judged_of(history_of(made), *PLACE, REQUIREMENT, EVER), GRID)
    assert [cell.stands_out for cell in found.blocks] == [1, *[-1] * 7]
    assert [cell.stands_out for cell in found.days] == [0] * 7
    assert all(row[0].stands_out == 1 for row in found.cells)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15), st.sampled_from(["urban", "rural"])), max_size=40),
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_crowding_equals_asking_each_mission_of_each_other(
    told: list[tuple[int, int, str]], edges: tuple[int, int]
) -> None:
    """Minutes of begin and of waiting; some begin at one moment, some wait no time at all, all classes count."""
    span = Span(SUPERSEDED + 60.0 * edges[0], SUPERSEDED + 60.0 * (edges[0] + edges[1]))
    made = [
        Call(("oslo", category), SUPERSEDED + 60.0 * at, Kind.MEASURED, 100.0 * waits) for at, waits, category in told
    ]
    history = history_of(made)
    judged = judged_of(history, *PLACE, REQUIREMENT, span)
    waiting = Waiting.of(history, "oslo", span)
    asked = [
        (number, one) for number, one in enumerate(made) if one.series == PLACE and span.start <= one.at < span.end
    ]
    others = {
        number: sum(
            other.at <= one.at < other.at + (other.response or 0.0)
            for place, other in enumerate(made)
            if place != number
        )
        for number, one in asked
    }
    assert sorted(waiting.beside(judged).tolist()) == sorted(others.values())
    found = crowding_of(judged, waiting)
    late = {number for number, one in asked if (one.response or 0.0) > 600.0}
    assert found.median == (median_low(others.values()) if others else None)
    assert found.late_median == (median_low([others[number] for number in late]) if late else None)
    assert (found.missions, found.late) == (len(asked), len(late))
    for least, one in zip(BOUNDS, found.classes, strict=True):
        inside = [n for n, many in others.items() if least <= many and (one.most is None or many <= one.most)]
        assert (one.least, one.missions, one.late) == (least, len(inside), len(late.intersection(inside)))


def test_a_mission_of_another_district_is_none_of_this_ones() -> None:
    """Two at one moment in two districts: alone in each, two in the nation."""
    made = [Call((area, "urban"), SUPERSEDED + n, Kind.MEASURED, 900.0) for n, area in enumerate(("oslo", "vest"))]
    history = history_of(made)
    for area, others in (("oslo", [0]), ("national", [0, 1])):
        judged = judged_of(history, area, "urban", REQUIREMENT, EVER)
        assert Waiting.of(history, area, EVER).beside(judged).tolist() == others


def test_who_rang_before_the_span_may_still_wait_in_it() -> None:
    """The span begins while a mission waits: it is not asked about, and is one of the others."""
    made = [Call(PLACE, SUPERSEDED + n * 60.0, Kind.MEASURED, 900.0) for n in range(2)]
    history, span = history_of(made), Span(SUPERSEDED + 30.0, SUPERSEDED + 90.0)
    judged = judged_of(history, *PLACE, REQUIREMENT, span)
    assert Waiting.of(history, "oslo", span).beside(judged).tolist() == [1]


def test_a_closer_look_takes_the_gravest_percentile_that_judges_anybody() -> None:
    """The requirement where it judges, else the goal; of a category without a threshold there are no hours."""
    span = Span(SUPERSEDED, SUPERSEDED + 48 * HOUR)
    made = [Call(("oslo", "urban"), SUPERSEDED + n * 60.0, Kind.MEASURED, 900.0) for n in range(3)]
    made += [Call(("oslo", "rural"), SUPERSEDED + n * 60.0 + 1.0, Kind.MEASURED, 900.0) for n in range(3)]
    found = closer_of(history_of(made), "oslo", {"2d": span}, longest=span)
    assert found["urban"].objective == REQUIREMENT
    assert (found["urban"].hours is not None, found["urban"].crowding is not None) == (True, True)
    assert {slug: tail["2d"].judged for slug, tail in found["urban"].tails.items()} == {"goal": 3, "requirement": 3}
    assert (found["rural"].objective, found["rural"].hours, found["rural"].tails) == (None, None, {})
    assert found["urban"].chain is None


def test_a_pools_judgement_is_its_own() -> None:
    """The nation's goal is another than the district's: late by one, in time by the other."""
    made = [Call(("vest", "urban"), SUPERSEDED - 100.0 * n - 60.0, Kind.MEASURED, 650.0) for n in range(4)]
    history = history_of(made)
    assert judged_of(history, "national", "urban", GOAL, EVER).late.all()
    assert not judged_of(history, "vest", "urban", GOAL, EVER).late.any()


def test_judged_missions_may_be_none() -> None:
    """An area without missions."""
    judged = judged_of(history_of([]), *PLACE, REQUIREMENT, EVER)
    assert (len(judged.at), judged.sealed) == (0, 0)
    assert hours_of(judged, GRID).share is None
    assert crowding_of(judged, Waiting(np.empty(0), np.empty(0))).median is None
    assert isinstance(judged, Judged)
    assert SERVICE.foremost == (REQUIREMENT,)

"""The tail of any span equals counting its missions one by one, and says what it cannot count."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core import digest
from monitor.core.history import History
from monitor.core.mission import Kind, Mission
from monitor.core.service import Objective, Statistic
from monitor.core.stored import StoredDay
from monitor.core.tail import LONGEST, TIMES, Tail, Wait, tail_of
from monitor.core.targets import Targets, TargetSet
from monitor.core.windows import Span
from tests.core.figures import GRID, HOUR, SERIES, SUPERSEDED, Call, head, history_of
from tests.core.police import REQUIREMENT, SERVICE
from tests.core.stretches import stretch
from tests.core.worlds import BEGIN, DAYS, World, worlds
from tests.core.worlds import GRID as WORLD_GRID
from tests.core.worlds import history_of as history_of_world

EVER = Span(0.0, 1e11)
PLACE = ("oslo", "urban")
SPANS = st.tuples(st.integers(-10, DAYS * 24), st.integers(0, DAYS * 24)).map(
    lambda hours: Span(BEGIN + HOUR * hours[0], BEGIN + HOUR * (hours[0] + hours[1]))
)


def threshold(world: World, area: str, category: str, objective: Objective, at: float) -> float | None:
    """What was in force, by the world's tables."""
    day = date.fromordinal(WORLD_GRID.day_of(at))
    table = world.tables[max(since for since in world.tables if since <= day)]
    return table.get((area, category, objective.slug))


def slow(world: World, area: str, category: str, objective: Objective, span: Span) -> Tail:
    """Mission by mission. Sealed ones lie where their slice begins."""
    clock = world.service.clock_slugs.index(objective.clock)
    judged = []
    for told in world.missions:
        at = WORLD_GRID.floor(told.at) if told.sealed else told.at
        on = date.fromordinal(WORLD_GRID.day_of(told.at))
        inside = area in world.service.pools(told.series[0], on)
        inside &= category in world.service.category_pools.get(told.series[1], ())
        seconds, limit = told.states[clock], threshold(world, area, category, objective, told.at)
        if inside and span.start <= at < span.end and not isinstance(seconds, Kind) and limit is not None:
            judged.append((Wait(seconds, at, told.sealed), limit))
    waits = sorted((wait for wait, _ in judged), key=lambda wait: (wait.seconds, wait.at), reverse=True)
    return Tail(
        objective,
        judged=len(judged),
        beyond={times: sum(wait.seconds > times * limit for wait, limit in judged) for times in TIMES},
        longest=tuple(waits[:LONGEST]),
        sealed=sum(wait.dated for wait in waits),
        estimated=0,
        unclear=0,
    )


@pytest.mark.slow
@settings(max_examples=80)
@given(worlds(), SPANS, st.data())
def test_the_tail_of_any_span_equals_counting_one_by_one(world: World, span: Span, data: st.DataObject) -> None:
    """Of any service, area, category, percentile and clock; some missions are sealed hour by hour."""
    objectives = [one for one in world.service.objectives if one.statistic is Statistic.PERCENTILE]
    history = history_of_world(world)
    for objective in objectives:
        area, category = data.draw(st.sampled_from(world.service.judged_series))
        assert tail_of(history, area, category, objective, span) == slow(world, area, category, objective, span)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_days_that_were_rolled_up_count_the_same(world: World, data: st.DataObject) -> None:
    """Only the hour of a sealed wait is gone: the day remains."""
    objectives = [one for one in world.service.objectives if one.statistic is Statistic.PERCENTILE]
    history = history_of_world(world, rolled_up=True)
    for objective in objectives:
        area, category = data.draw(st.sampled_from(world.service.judged_series))
        found, known = tail_of(history, area, category, objective, EVER), slow(world, area, category, objective, EVER)
        assert [(one.seconds, one.dated) for one in found.longest] == [
            (one.seconds, one.dated) for one in sorted(known.longest, key=lambda one: one.seconds, reverse=True)
        ]
        days = {(one.seconds, WORLD_GRID.day_of(one.at)) for one in found.longest}
        if known.judged <= LONGEST:
            assert days == {(one.seconds, WORLD_GRID.day_of(one.at)) for one in known.longest}
        assert replace(found, longest=()) == replace(known, longest=())


def test_the_tail_counts_as_the_verdict_does() -> None:
    """The late are the judged that are not within: the two integers of the window."""
    made = [Call(PLACE, SUPERSEDED + n, Kind.MEASURED, 100.0 * n, sealed=n % 2 == 0) for n in range(20)]
    history = history_of(made)
    count = history.timeline(*PLACE).within_span(EVER, abandoned_before=0.0).counts["requirement"]
    found = tail_of(history, *PLACE, REQUIREMENT, EVER)
    assert (found.judged, found.beyond[1.0]) == (count.judged, count.judged - count.within)


@pytest.mark.parametrize("sealed", [False, True])
def test_exactly_half_as_long_again_is_not_beyond_it(*, sealed: bool) -> None:
    """A threshold of 321.3 s: 481.95 s is 1.5 times that, and one microsecond more is beyond, whatever floats say."""
    targets = Targets([TargetSet(date(2024, 1, 1), "test", {PLACE: {"requirement": 321.3}})])
    history, day = History(GRID, targets, SERVICE), GRID.day_of(SUPERSEDED)
    times = [321.3, 321.300001, 481.95, 481.950001, 642.6, 642.600001]
    place = SERIES.index(PLACE)
    if sealed:
        number = head().measures.index((*PLACE, "requirement"))
        aims = (*[None] * number, 321.3)
        part = stretch(responses=times, series=place, start=SUPERSEDED, end=SUPERSEDED + HOUR, targets=aims)
        history.put_day(0, head(), day, StoredDay({}, [part]))
    else:
        known = {str(n): Mission(str(n), 1, place, SUPERSEDED, Kind.MEASURED, one) for n, one in enumerate(times)}
        history.put_day(0, head(), day, StoredDay(known))
    assert tail_of(history, *PLACE, REQUIREMENT, EVER).beyond == {1.0: 5, 1.5: 3, 2.0: 1}


def crowded(seconds: list[float], limit: float, declared: float | None, backend: digest.Backend) -> Tail:
    """One stretch, sealed when the threshold was `limit`; today `declared` is."""
    targets = Targets([TargetSet(date(2024, 1, 1), "test", {PLACE: {"requirement": declared} if declared else {}})])
    history = History(GRID, targets, SERVICE, backend=backend)
    number = head().measures.index((*PLACE, "requirement"))
    aims = (*[None] * number, limit)
    part = stretch(
        responses=seconds, series=SERIES.index(PLACE), start=SUPERSEDED, end=SUPERSEDED + HOUR, targets=aims,
        backend=backend,
    )  # fmt: skip
    history.put_day(0, head(), GRID.day_of(SUPERSEDED), StoredDay({}, [part]))
    return tail_of(history, *PLACE, REQUIREMENT, EVER)


@pytest.mark.parametrize("backend", ["fastdigest", "tdigest"])
@pytest.mark.parametrize("limit", [400.0, 600.0, 900.0])
def test_a_sketch_that_merged_values_estimates_and_says_so(limit: float, backend: digest.Backend) -> None:
    """Late is exact, further classes within half a per cent, and every wait that is told is one of the longest."""
    seconds = np.random.default_rng(2024).lognormal(6.0, 0.7, 3 * digest.CENTROIDS).round(6).tolist()
    found = crowded(seconds, limit, limit, backend)
    assert (found.judged, found.sealed, found.estimated, found.unclear) == (len(seconds),) * 3 + (0,)
    assert found.beyond[1.0] == sum(one > limit for one in seconds)
    for times in (1.5, 2.0):
        assert abs(found.beyond[times] - sum(one > times * limit for one in seconds)) <= 0.005 * len(seconds)
    longest = sorted(seconds, reverse=True)[:LONGEST]
    assert found.longest
    assert [one.seconds for one in found.longest] == longest[: len(found.longest)]


@pytest.mark.parametrize("backend", ["fastdigest", "tdigest"])
@pytest.mark.parametrize("many", [8, 3 * digest.CENTROIDS])
@pytest.mark.parametrize("declared", [300.0, None])
def test_missions_judged_by_another_threshold_than_today_are_only_late(
    declared: float | None, many: int, backend: digest.Backend
) -> None:
    """Sealed at 600 s, 300 s now: how many took twice as long as *their* threshold is not known, and not guessed."""
    seconds = [1400.0 * n / many for n in range(many)]
    found = crowded(seconds, 600.0, declared, backend)
    late = sum(one > 600.0 for one in seconds)
    assert found.beyond == {1.0: late, 1.5: 0, 2.0: 0}
    assert (found.judged, found.unclear) == (many, many)


def test_a_mean_has_no_late_missions() -> None:
    """Refused, and not answered with a number that means nothing."""
    with pytest.raises(ValueError, match="is a mean"):
        tail_of(history_of([]), *PLACE, replace(REQUIREMENT, percentile=None), EVER)


def test_of_nothing_there_is_no_share() -> None:
    """None, never a zero that looks like met."""
    found = tail_of(history_of([]), *PLACE, REQUIREMENT, EVER)
    assert (found.judged, found.share(2.0), found.longest) == (0, None, ())

"""What any window of a series shows equals counting its missions one by one."""

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from monitor.core import digest
from monitor.core.figures import Count, Figures, InProgress
from monitor.core.history import History
from monitor.core.mission import Kind
from monitor.core.service import Objective
from monitor.core.stats import kaplan_meier
from monitor.core.stored import StoredDay
from monitor.core.targets import Targets, TargetSet
from monitor.core.timeline import EVER, Kept
from monitor.core.verdict import State, verdicts_of
from monitor.core.windows import Span
from tests.core.figures import (
    GRID,
    HOUR,
    SERIES,
    SUPERSEDED,
    UNMEASURED,
    Call,
    calls,
    head,
    history_of,
    nearest_rank,
    of_area,
    product_limit,
    target,
)
from tests.core.police import BY_PERCENT, OBJECTIVES, REQUIREMENT, SERVICE
from tests.core.stretches import stretch

AREAS = st.sampled_from([*SERIES, ("national", "urban"), ("national", "rural")])
SPANS = st.tuples(st.integers(-40, 40), st.integers(0, 80)).map(
    lambda hours: Span(SUPERSEDED + HOUR * hours[0], SUPERSEDED + HOUR * (hours[0] + hours[1]))
)
MOMENTS = st.integers(-40 * 60, 40 * 60).map(lambda minutes: SUPERSEDED + 60.0 * minutes)


def figures_agree(
    shown: Figures, area: tuple[str, str], inside: list[Call], abandoned_before: float, *, by_count: bool = False
) -> None:
    """Every figure, counted again; by count, nobody can say which missions without a value lie between."""
    measured = [one for one in inside if one.kind == Kind.MEASURED]
    assert shown.first.measured == len(measured)
    assert shown.excluded == sum(one.kind == Kind.EXCLUDED for one in inside)
    without = [
        one
        for one in inside
        if one.kind in UNMEASURED
        or (one.kind in (Kind.OPEN, Kind.UNTIMED) and (one.sealed or one.at < abandoned_before))
    ]
    assert shown.first.unmeasured_total == len(without)
    for one in OBJECTIVES:
        judged = [(call.response or 0.0, limit) for call in measured if (limit := target(*area, one, call.at))]
        within = sum(response <= limit for response, limit in judged)
        unmeasured = None if by_count else sum(target(*area, one, call.at) is not None for call in without)
        assert shown.counts[one.slug] == Count(len(judged), within, unmeasured=unmeasured)
        assert shown.values[one.slug] == nearest_rank([call.response or 0.0 for call in measured], one.percentile)
    assert all(shown.exact.values())


@settings(max_examples=200)
@given(calls(), AREAS, SPANS, MOMENTS)
def test_a_windows_figures_equal_counting_by_hand(
    made: list[Call], area: tuple[str, str], span: Span, abandoned_before: float
) -> None:
    """Any missions of any partitions, any window: counts, percentiles and verdict counts by the targets of the day.

    30 May          31 May          1 June          2 June
    ├───────────────┼───────────────┃───────────────┤
           old targets in force     ┃ new targets in force
    """
    shown = history_of(made).timeline(*area).within_span(span, abandoned_before=abandoned_before)
    inside = [one for one in of_area(made, *area) if span.start <= one.at < span.end]
    figures_agree(shown, area, inside, abandoned_before)
    last = [one.at for one in inside if one.kind == Kind.MEASURED]
    assert shown.last_rang_at == (last[-1] if last else None)


@settings(max_examples=200)
@given(calls(sealing=True), AREAS, SPANS)
def test_sealed_missions_count_the_same(made: list[Call], area: tuple[str, str], span: Span) -> None:
    """What lies behind the seal line keeps exact counts, and exact percentiles while the digest holds every value."""
    shown = history_of(made).timeline(*area).within_span(span, abandoned_before=0.0)
    figures_agree(shown, area, [one for one in of_area(made, *area) if span.start <= one.at < span.end], 0.0)


def test_a_sealed_slice_belongs_to_the_window_that_holds_its_start() -> None:
    """Three slices in a row; the window covers the one in the middle.

    ├─ 1 ─┃─ 2 ─┃─ 4 ─┤   missions
          ┃ ◄─► ┃ window
    """
    made = [
        Call(("oslo", "urban"), SUPERSEDED + hour * HOUR + n, Kind.MEASURED, 60.0, sealed=True)
        for hour, count in enumerate((1, 2, 4))
        for n in range(count)
    ]
    middle = Span(SUPERSEDED + HOUR, SUPERSEDED + 2 * HOUR)
    shown = history_of(made).timeline("oslo", "urban").within_span(middle, abandoned_before=0.0)
    assert (shown.first.measured, shown.last_rang_at) == (2, SUPERSEDED + HOUR)


def test_beyond_the_digests_limit_counts_stay_exact_and_percentiles_say_that_they_are_not() -> None:
    """More missions sealed in an hour than a sketch keeps: P80 within 1 %, `exact` false, every count as before."""
    made = [
        Call(("oslo", "urban"), SUPERSEDED + 0.5 * n, Kind.MEASURED, 300.0 + (n * 617 % 1000), sealed=n % 3 > 0)
        for n in range(2 * digest.CENTROIDS)
    ]
    span = Span(SUPERSEDED, SUPERSEDED + 48 * HOUR)
    shown = history_of(made).timeline("oslo", "urban").within_span(span, abandoned_before=0.0)
    assert (shown.first.measured, shown.exact["requirement"]) == (len(made), False)
    assert shown.counts["requirement"] == Count(
        len(made), sum((one.response or 0) <= 600.0 for one in made), unmeasured=0
    )
    assert shown.values["requirement"] == pytest.approx(
        nearest_rank([one.response or 0 for one in made], 80), rel=0.01
    )


@given(calls(), AREAS, st.integers(1, 50))
def test_a_window_by_count_shows_the_newest_measured_missions(
    made: list[Call], area: tuple[str, str], count: int
) -> None:
    """However old they are; missions without a response have no place in it."""
    newest = [one for one in of_area(made, *area) if one.kind == Kind.MEASURED][-count:]
    figures_agree(history_of(made).timeline(*area).newest(count), area, newest, 0.0, by_count=True)


@settings(max_examples=200)
@given(calls(), AREAS, SPANS, st.tuples(MOMENTS, MOMENTS), st.none() | st.sampled_from([0.0, 600.0, 1200.0]))
def test_missions_in_progress_are_open_until_abandoned_and_overdue_past_the_target(
    made: list[Call], area: tuple[str, str], span: Span, moments: tuple[float, float], limit: float | None
) -> None:
    """A mission whose ringing time is unknown is in progress, but nobody can say since when: never overdue."""
    now, abandoned_before = moments
    line = history_of(made).timeline(*area)
    waiting = [
        one for one in of_area(made, *area)
        if one.kind in (Kind.OPEN, Kind.UNTIMED) and span.start <= one.at < span.end and one.at >= abandoned_before
    ]  # fmt: skip
    overdue = [one for one in waiting if one.kind == Kind.OPEN and limit is not None and now - one.at > limit]
    shown = line.in_progress(now, limit, abandoned_before=abandoned_before, span=span)
    assert shown == InProgress(len(waiting), len(overdue))


@settings(max_examples=200)
@given(calls(), AREAS, MOMENTS)
def test_a_mission_is_in_progress_or_abandoned_never_both(
    made: list[Call], area: tuple[str, str], abandoned_before: float
) -> None:
    """Wherever the line falls, each open mission is either still awaited or counted as unmeasured."""
    line = history_of(made).timeline(*area)
    ever = Span(0.0, 1e11)
    unmeasured = line.within_span(ever, abandoned_before=abandoned_before).first.unmeasured_total
    awaited = line.in_progress(SUPERSEDED, None, abandoned_before=abandoned_before, span=ever).open
    kinds = (*UNMEASURED, Kind.OPEN, Kind.UNTIMED)
    assert unmeasured + awaited == sum(one.kind in kinds for one in of_area(made, *area))


@settings(max_examples=100)
@given(calls(), AREAS, SPANS)
def test_percentiles_with_open_missions_are_kaplan_and_meiers(
    made: list[Call], area: tuple[str, str], span: Span
) -> None:
    """Open missions count as longer than so far; without any, it is the nearest-rank percentile."""
    now = span.end
    inside = [one for one in of_area(made, *area) if span.start <= one.at < span.end]
    responses = [one.response or 0.0 for one in inside if one.kind == Kind.MEASURED]
    waited = [now - one.at for one in inside if one.kind == Kind.OPEN]
    line = history_of(made).timeline(*area)
    shown = line.with_open(now, span, abandoned_before=0.0)
    assert shown == {one.slug: product_limit(responses, waited, one.percentile) for one in OBJECTIVES}
    if not waited:
        assert shown == line.within_span(span, abandoned_before=0.0).values


def test_open_missions_can_only_make_it_longer() -> None:
    """Four arrivals and two that have waited longer than all of them: P50 rises, P80 is not known yet."""
    now = SUPERSEDED + 2 * HOUR
    arrived = [Call(("oslo", "urban"), SUPERSEDED + n, Kind.MEASURED, 100.0 * n) for n in (1, 2, 3, 4)]
    waiting = [Call(("oslo", "urban"), now - 450.0 - n, Kind.OPEN, None) for n in (1, 2)]
    span = Span(SUPERSEDED, now)
    before = history_of(arrived).timeline("oslo", "urban").with_open(now, span, abandoned_before=0.0)
    after = history_of(arrived + waiting).timeline("oslo", "urban").with_open(now, span, abandoned_before=0.0)
    assert (before, after) == ({"goal": 200.0, "requirement": 400.0}, {"goal": 300.0, "requirement": None})


@pytest.mark.parametrize("sealed", [False, True])
def test_how_many_arrivals_are_never_registered_the_years_own_missions_tell(sealed: bool) -> None:
    """Of 90 missions of last week 18 ended so: three that have been open for hours are no three long responses.

    ├─ 72 arrivals, 18 never registered ─┤     ┃ window: ten arrivals, three open for longer than any took
    """
    now = SUPERSEDED + 9 * 24 * HOUR
    kinds = [Kind.MEASURED] * 4 + [Kind.NO_END]
    past = [
        Call(("oslo", "urban"), SUPERSEDED + 60.0 * n, kinds[n % 5], 600.0 if n % 5 < 4 else None, sealed=sealed)
        for n in range(90)
    ]
    window = [Call(("oslo", "urban"), now - 20_000.0 + n, Kind.MEASURED, 60.0 * n) for n in range(1, 11)]
    window += [Call(("oslo", "urban"), now - 20_000.0 - n, Kind.OPEN, None) for n in range(1, 4)]
    span, line = Span(now - 24 * HOUR, now), history_of(past + window).timeline("oslo", "urban")
    told = line.with_open(now, span, abandoned_before=now - 2 * 24 * HOUR)["requirement"]
    unknown = history_of(window).timeline("oslo", "urban").with_open(now, span, abandoned_before=0.0)
    responses, waited = [60.0 * n for n in range(1, 11)], [20_000.0 + n for n in range(1, 4)]
    expected = kaplan_meier.percentile(responses, waited, 80, kaplan_meier.Unregistered(18 / 100, 0))
    assert (told, unknown["requirement"]) == (expected, None)
    assert told is not None


@pytest.mark.parametrize(
    ("arrived", "waited", "percent", "shown"),
    [(4, [4.5], 80, 4.0), (5, [0.5], 80, 4.0), (9, [9.5], 80, 8.0), (10, [0.5, 0.5], 80, 8.0)],
)
def test_a_share_that_is_reached_exactly_is_reached(
    arrived: int, waited: list[float], percent: int, shown: float
) -> None:
    """S is a product of fractions: 1/5 comes out a hair above 1 - 0.8, and four of five are P80 all the same.

    arrived 1 2 3 4, open 4.5    S(4) = 4/5 · 3/4 · 2/3 · 1/2 = 1/5    P80 is 4, not "not known yet"
    """
    now = SUPERSEDED + HOUR
    made = [Call(("oslo", "urban"), now - 60.0 - n, Kind.MEASURED, n + 1.0) for n in range(arrived)]
    made += [Call(("oslo", "urban"), now - since, Kind.OPEN, None) for since in waited]
    line = history_of(made).timeline("oslo", "urban")
    assert line.with_open(now, Span(SUPERSEDED, now), abandoned_before=0.0)[BY_PERCENT[percent].slug] == shown


@given(calls(), AREAS, SPANS)
def test_late_missions_come_in_the_order_they_rang(made: list[Call], area: tuple[str, str], span: Span) -> None:
    """One answer per exact mission that had a target: the material of the tests that depend on order."""
    line = history_of(made).timeline(*area)
    for one in OBJECTIVES:
        assert line.lates(one, span).tolist() == [
            (call.response or 0.0) > limit
            for call in of_area(made, *area)
            if call.kind == Kind.MEASURED and span.start <= call.at < span.end
            if (limit := target(*area, one, call.at)) is not None
        ]


def test_a_mission_is_judged_by_the_targets_in_force_when_it_rang() -> None:
    """700 seconds are in time for the old requirement of 1000 s, and late for the new one of 600 s.

    23:59:59 ────┃──── 00:00:00, 1 June
     in time     ┃      late
    """
    old, new = (Call(("oslo", "urban"), at, Kind.MEASURED, 700.0) for at in (SUPERSEDED - 1.0, SUPERSEDED))
    line = history_of([old, new]).timeline("oslo", "urban")
    ever = Span(0.0, 1e11)
    assert line.lates(REQUIREMENT, ever).tolist() == [False, True]
    assert line.within_span(ever, abandoned_before=0.0).counts["requirement"] == Count(2, 1, unmeasured=0)


@settings(max_examples=200)
@given(calls(sealing=True), AREAS, SPANS, MOMENTS)
def test_how_many_there_are_and_which_is_the_newest_equals_looking_by_hand(
    made: list[Call], area: tuple[str, str], span: Span, until: float
) -> None:
    """Whatever a mission counts as, as long as it counts; a sealed one lies where its slice begins."""
    line = history_of(made).timeline(*area)
    places = [
        one.at // HOUR * HOUR if one.sealed else one.at
        for one in of_area(made, *area)
        if one.sealed or one.kind != Kind.NOTHING
    ]
    counted = [
        one
        for one in of_area(made, *area)
        if one.kind != Kind.NOTHING and span.start <= (one.at // HOUR * HOUR if one.sealed else one.at) < span.end
    ]
    assert line.size(span) == len(counted)
    assert line.newest_at(until) == max((at for at in places if at <= until), default=None)


def test_an_empty_series_shows_nothing_rather_than_failing() -> None:
    """No missions: zeros, None and exact."""
    empty = history_of([]).timeline("oslo", "urban")
    shown = empty.within_span(Span(0.0, 1e11), abandoned_before=0.0)
    assert (shown.first.measured, shown.first.unmeasured_total, shown.excluded, all(shown.exact.values())) == (
        0,
        0,
        0,
        True,
    )
    assert (shown.values, shown.last_rang_at) == ({"goal": None, "requirement": None}, None)
    assert replace(empty.newest(100), counts=shown.counts) == shown
    assert {one.unmeasured for one in empty.newest(100).counts.values()} == {None}
    assert empty.in_progress(0.0, 60.0, abandoned_before=0.0) == InProgress(0, 0)


@pytest.mark.parametrize("known", [True, False])
def test_a_mean_of_sealed_missions_decides_only_by_a_sum_that_was_kept(known: bool) -> None:
    """Version 1 kept no sums: where its sketch has merged missions, a mean is shown from it, not exact, no answer."""
    mean, start = Objective("mean", None), SUPERSEDED + 24 * HOUR
    service = replace(SERVICE, objectives=(mean,))
    responses = [300.0 + 500.0 * n / digest.CENTROIDS for n in range(digest.CENTROIDS + 500)]
    part = stretch(responses=responses, start=start, end=start + HOUR, targets=[600.0])
    if not known:
        (tally,) = part.clocks
        part = structs.replace(part, clocks=(structs.replace(tally, total=None),))
    history = History(
        GRID, Targets([TargetSet(date(2024, 1, 1), "test", {("oslo", "urban"): {"mean": 600.0}})]), service
    )
    told = structs.replace(head(), measures=[("oslo", "urban", "mean")])
    history.put_day(0, told, GRID.day_of(start), StoredDay({}, [part]))
    figures = history.timeline("oslo", "urban").within_span(EVER, abandoned_before=0.0)
    assert figures.values["mean"] == pytest.approx(sum(responses) / len(responses))
    assert figures.exact == {"mean": known}
    verdict = verdicts_of(service.objectives, figures, {"mean": 600.0}, {}, stale=False)["mean"]
    assert (verdict.state, verdict.judged) == (State.MET if known else State.NO_DATA, len(responses))
    assert (figures.intervals["mean"].upper is not None) is known


def test_a_span_that_ends_before_it_begins_is_empty() -> None:
    """Never a negative count."""
    made = [Call(("oslo", "urban"), SUPERSEDED + n, kind, 60.0) for n, kind in enumerate(Kind) if kind != Kind.MOVED]
    shown = history_of(made).timeline("oslo", "urban").within_span(
        Span(SUPERSEDED + 10, SUPERSEDED - 10), abandoned_before=SUPERSEDED + 99
    )  # fmt: skip
    assert (shown.first.measured, shown.first.unmeasured_total, shown.excluded) == (0, 0, 0)


def test_what_is_derived_is_computed_once_per_key() -> None:
    """Costly statistics are kept with the timeline, which a change replaces."""
    line, kept, asked = history_of([]).timeline("oslo", "urban"), Kept[str](), []

    def compute(key: str) -> str:
        asked.append(key)
        return key

    for key in ("a", "a", "b"):
        for part in (1, 2):
            assert line.derived(kept, key, partial(compute, key), part=part) == key
    assert asked == ["a", "a", "b", "b"]

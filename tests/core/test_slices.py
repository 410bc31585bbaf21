"""Days of 23 and 25 hours, slices that may not cut midnight, and what rolling up must keep."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from monitor.core.mission import Cause, Kind, Mission
from monitor.core.sealing import roll_up, seal
from monitor.core.slices import Aggregate, Grid
from tests.core.stretches import stretch

OSLO = ZoneInfo("Europe/Oslo")
GRID = Grid(OSLO)
HOUR = 3600.0


def epoch(*utc: int) -> float:
    """Epoch seconds of a UTC time."""
    return datetime(*utc, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2024, 3, 30), 1_711_753_200.0, 24),
        (date(2024, 3, 31), 1_711_839_600.0, 23),
        (date(2024, 4, 1), 1_711_922_400.0, 24),
        (date(2024, 10, 26), 1_729_893_600.0, 24),
        (date(2024, 10, 27), 1_729_980_000.0, 25),
        (date(2024, 10, 28), 1_730_070_000.0, 24),
        (date(2024, 12, 31), 1_735_599_600.0, 24),
        (date(2025, 1, 1), 1_735_686_000.0, 24),
    ],
)
def test_a_day_begins_at_local_midnight_and_has_the_hours_that_the_clocks_give_it(
    day: date, begins: float, hours: int
) -> None:
    """23 hours when the clocks go forward, 25 when they go back; every slice of it says so."""
    number = day.toordinal()
    assert GRID.midnight(number) == begins
    assert GRID.midnight(number + 1) == begins + hours * HOUR
    assert {GRID.day_of(begins + hour * HOUR) for hour in range(hours)} == {number}
    assert GRID.day_of(begins - 0.001) == number - 1
    assert GRID.day_of(begins + hours * HOUR - 0.001) == number


INSTANTS = st.integers(int(epoch(1950, 1, 1)) * 1000, int(epoch(2060, 1, 1)) * 1000).map(lambda ms: ms / 1000)


@given(INSTANTS, st.sampled_from([3600, 1800, 900, 60]))
def test_an_instant_lies_in_its_slice_and_the_slice_in_its_day(at: float, seconds: int) -> None:
    """The floor is the start of the slice, at most one length before; both ends of a slice share the local day."""
    grid = Grid(OSLO, seconds)
    start = grid.floor(at)
    assert start <= at < start + seconds
    assert grid.day_of(at) == datetime.fromtimestamp(at, OSLO).toordinal()
    assert grid.day_of(start) == grid.day_of(start + seconds - 0.001) == grid.day_of(at)
    assert grid.midnight(grid.day_of(at)) <= start
    assert start + seconds <= grid.midnight(grid.day_of(at) + 1)


@pytest.mark.parametrize(
    ("zone", "refused", "accepted"),
    [
        ("Asia/Kolkata", 3600, 1800),
        ("Asia/Kathmandu", 1800, 900),
        ("America/St_Johns", 3600, 1800),
        ("Australia/Lord_Howe", 3600, 1800),  # summer time is half an hour there
        ("America/Caracas", 3600, 1800),  # half an hour off from 2007 to 2016
    ],
)
def test_slices_that_would_cut_local_midnight_are_refused(zone: str, refused: int, accepted: int) -> None:
    """Calendar periods begin at local midnight, in summer as in winter, so no slice may lie across it."""
    with pytest.raises(ValueError, match=f"slice of {refused} s straddles midnight in {zone}"):
        Grid(ZoneInfo(zone), refused)
    grid = Grid(ZoneInfo(zone), accepted)
    for days in range(0, 365 * 20, 7):
        midnight = grid.midnight(date(2005, 1, 1).toordinal() + days)
        assert grid.floor(midnight) == midnight


@pytest.mark.parametrize("seconds", [0, -3600, 7, 3599, 7200, 86_400])
def test_a_slice_must_divide_the_hour(seconds: int) -> None:
    """Longer ones and odd ones would not fit into days of 23 hours."""
    with pytest.raises(ValueError, match="must divide one hour"):
        Grid(OSLO, seconds)


RESPONSES = st.lists(st.integers(0, 3000).map(float), max_size=20)
TARGETS = (600.0, 1200.0, None, 900.0)


def part(responses: list[float], hour: int = 0, unmeasured: int = 0, excluded: int = 0, series: int = 0) -> Aggregate:
    """One sealed slice of an hour."""
    start = epoch(2024, 6, 1) + hour * HOUR
    return stretch(
        series=series, start=start, end=start + HOUR, responses=responses, unmeasured=unmeasured, excluded=excluded,
        targets=TARGETS,
    )  # fmt: skip


PARTS = st.lists(st.tuples(RESPONSES, st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8).map(
    lambda all_of: [part(*one[:1], hour, *one[1:]) for hour, one in enumerate(all_of)]
)


@given(RESPONSES)
@example([599.9, 600.0, 600.1, 900.0, 1200.0, 1200.1])
def test_sealing_counts_exactly(responses: list[float]) -> None:
    """A response of exactly the target is within it; without a target nothing is."""
    sealed = part(responses, unmeasured=2, excluded=1)
    [tally] = sealed.clocks
    assert (tally.measured, dict(zip(Cause, tally.unmeasured, strict=True))["no_end"]) == (len(responses), 2)
    assert (sum(tally.unmeasured), sealed.excluded, sealed.missions) == (2, 1, len(responses) + 3)
    assert sealed.judged == tuple(
        (place, target, len([one for one in responses if one <= target]))
        for place, target in enumerate(TARGETS)
        if target is not None
    )
    assert (tally.total, tally.squares) == (1_000_000 * sum(responses), sum(one * one for one in responses))
    assert tally.digest().weight == len(responses)


def counts(aggregate: Aggregate) -> tuple[object, ...]:
    """All of an aggregate that is exact at any size."""
    [tally] = aggregate.clocks
    return (
        aggregate.series, aggregate.start, aggregate.end, tally.measured, tally.unmeasured, tally.total,
        aggregate.excluded, aggregate.judged, tally.digest().weight,
    )  # fmt: skip


@pytest.mark.slow
@given(PARTS, st.data())
def test_rolling_up_in_any_order_and_grouping_gives_the_same(parts: list[Aggregate], data: st.DataObject) -> None:
    """Counts add up whatever is rolled up first; few enough values keep the same sketch, too."""
    [whole] = roll_up(parts)
    cut = data.draw(st.integers(1, len(parts)))
    shuffled = data.draw(st.permutations(parts))
    [steps] = roll_up([*roll_up(shuffled[:cut]), *shuffled[cut:]])
    assert counts(steps) == counts(whole)
    assert steps.clocks[0].sketch[:2] == whole.clocks[0].sketch[:2]
    assert whole.clocks[0].measured == sum(one.clocks[0].measured for one in parts)
    assert (whole.start, whole.end) == (parts[0].start, parts[-1].end)


@given(PARTS)
def test_rolling_up_equals_sealing_everything_at_once(parts: list[Aggregate]) -> None:
    """A day rolled up knows what it would know had it been sealed whole."""
    [whole] = roll_up(parts)
    once = stretch(
        start=whole.start, end=whole.end, responses=[one for held in parts for one in held.clocks[0].sketch[0]],
        unmeasured=sum(whole.clocks[0].unmeasured), excluded=whole.excluded, targets=TARGETS,
    )  # fmt: skip
    assert counts(whole) == counts(once)


@pytest.mark.parametrize(
    "other",
    [
        part([60.0], 1, series=1),
        stretch(responses=[60.0]),
    ],
)
def test_what_could_not_be_told_apart_afterwards_stays_apart(other: Aggregate) -> None:
    """Other series, and other targets of the same series, are rolled up beside each other."""
    one = part([60.0])
    assert roll_up([one, other]) == [one, other]
    assert [whole.clocks[0].measured for whole in roll_up([one, other, one])] == [2, 1]


def test_two_new_years_apart_by_a_leap_day() -> None:
    """2024 has 366 local days, 2025 has 365."""
    days = [GRID.midnight(date(year, 1, 1).toordinal()) for year in (2024, 2025, 2026)]
    assert [later - earlier for earlier, later in pairwise(days)] == [
        timedelta(days=366).total_seconds(),
        timedelta(days=365).total_seconds(),
    ]


STATES = st.one_of(
    st.tuples(st.just(Kind.MEASURED), st.integers(0, 86_400_000_000).map(lambda microseconds: microseconds / 1e6)),
    st.tuples(st.sampled_from([*{*Kind} - {Kind.NOTHING, Kind.MEASURED, Kind.MOVED}]), st.none()),
)


@given(st.lists(STATES, min_size=2, max_size=6), st.integers(0, 2))
def test_missions_sealed_one_by_one_add_up_to_what_they_are_sealed_together(
    states: list[tuple[Kind, float | None]], empty: int
) -> None:
    """Most slices hold one or none: the short way says the same as the long one, threshold for threshold."""
    missions = [Mission(f"m{n}", 1, 0, 0.0, kind, value) for n, (kind, value) in enumerate(states)]
    thresholds = [(3, states[0][1] or 0.0, 0), (5, 600.0, 0)]
    together = seal(missions, series=2, start=0.0, end=3600.0, thresholds=thresholds)
    apart = [
        seal(some, series=2, start=0.0, end=3600.0, thresholds=thresholds)
        for some in [*[[one] for one in missions], *[[]] * empty]
    ]
    (summed,) = roll_up(apart)
    assert repr(structs.replace(summed.clocks[0], squares=0.0)) == repr(
        structs.replace(together.clocks[0], squares=0.0)
    )
    assert summed.clocks[0].squares == pytest.approx(together.clocks[0].squares)
    assert (summed.judged, summed.excluded, summed.series) == (together.judged, together.excluded, 2)
    assert summed.sound

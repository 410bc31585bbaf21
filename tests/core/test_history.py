"""The read side's memory: what a change replaces, what it leaves alone, and what the nation is."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from monitor.core.history import History
from monitor.core.mission import Kind, Mission
from monitor.core.stored import DamagedState, Head, StoredDay, StoredStateError, write_aggregates, write_entries
from monitor.core.windows import Span
from tests.core.figures import GRID, HOUR, MEASURES, SERIES, SUPERSEDED, Call, calls, days_of, head, history_of
from tests.core.stretches import stretch

EVER = Span(0.0, 1e11)
DAY = 24 * HOUR
AREAS = [(area, settlement) for area in ("national", "oslo", "vest") for settlement in ("urban", "rural")]


def all_figures(history: History) -> dict[tuple[str, str], object]:
    """Everything that the series show."""
    return {area: history.timeline(*area).within_span(EVER, abandoned_before=0.0) for area in AREAS}


def test_the_nation_is_the_pool_of_its_districts_not_an_average() -> None:
    """Ninety quick missions in Oslo and ten slow ones in Vest: the national P80 is quick, by the national target."""
    made = [Call(("oslo", "urban"), SUPERSEDED + n, Kind.MEASURED, 610.0) for n in range(90)]
    made += [Call(("vest", "urban"), SUPERSEDED + 100 + n, Kind.MEASURED, 3000.0) for n in range(10)]
    history = history_of(made)
    shown = history.timeline("national", "urban").within_span(EVER, abandoned_before=0.0)
    assert shown.values == {"goal": 610.0, "requirement": 610.0}
    assert shown.counts["requirement"].within == 90
    assert history.timeline("oslo", "urban").within_span(EVER, abandoned_before=0.0).counts["requirement"].within == 0


def test_areas_begin_with_the_nation() -> None:
    """Then the districts in their configured order."""
    assert history_of([]).service.judged_areas == ("national", "oslo", "vest")


@settings(max_examples=80)
@given(calls(sealing=True), calls(sealing=True), st.randoms(use_true_random=False))
def test_days_put_in_any_order_and_again_give_what_they_give_at_once(
    before: list[Call], after: list[Call], mix: Random
) -> None:
    """Whatever was known of a day is gone when the day is put again; a timeline asked for in between is rebuilt."""
    history = history_of(before)
    all_figures(history)
    changed = days_of(after)
    places = {(p, d) for days in (days_of(before), changed) for p, held in days.items() for d in held}
    for partition, day in mix.sample(sorted(places), len(places)):
        history.put_day(partition, head(), day, changed.get(partition, {}).get(day, StoredDay()))
    assert all_figures(history) == all_figures(history_of(after))


def test_a_changed_day_outdates_only_its_own_series_and_the_nation() -> None:
    """A mission in urban Oslo leaves Vest and the countryside as they were, to the very object."""
    history = history_of([Call(one, SUPERSEDED + n, Kind.MEASURED, 60.0) for n, one in enumerate(SERIES)])
    before = {area: history.timeline(*area) for area in AREAS}
    more = Mission("more", 1, SERIES.index(("oslo", "urban")), SUPERSEDED + 48 * HOUR, Kind.MEASURED, 60.0)
    history.put_day(0, head(), GRID.day_of(more.placed_at), StoredDay({"more": more}))
    assert {area for area in AREAS if history.timeline(*area) is not before[area]} == {
        ("oslo", "urban"), ("national", "urban"),
    }  # fmt: skip


def test_the_same_day_of_another_partition_is_another_day() -> None:
    """Two partitions hold different missions of one day."""
    made = [Call(("oslo", "urban"), SUPERSEDED + n, Kind.MEASURED, 60.0, partition=n) for n in range(3)]
    history = history_of(made)
    history.put_day(1, head(), GRID.day_of(SUPERSEDED), StoredDay())
    assert history.timeline("oslo", "urban").within_span(EVER, abandoned_before=0.0).first.measured == 2


def test_a_mission_corrected_to_another_series_leaves_the_first() -> None:
    """The series that the day no longer speaks of is emptied, not forgotten about."""
    moved = Mission("a", 2, SERIES.index(("vest", "rural")), SUPERSEDED, Kind.MEASURED, 60.0)
    history = history_of([Call(("oslo", "urban"), SUPERSEDED, Kind.MEASURED, 60.0)])
    assert history.timeline("oslo", "urban").rang_at.size == 1
    history.put_day(0, head(), GRID.day_of(SUPERSEDED), StoredDay({"a": moved}))
    assert [history.timeline(*one).rang_at.size for one in SERIES] == [0, 0, 0, 1]


@settings(max_examples=50)
@given(calls(sealing=True), st.integers(0, 2))
def test_a_dropped_partition_leaves_no_trace(made: list[Call], dropped: int) -> None:
    """The others show what they would show had it never been."""
    history = history_of(made)
    all_figures(history)
    history.drop(dropped)
    history.drop(99)
    assert all_figures(history) == all_figures(history_of([one for one in made if one.partition != dropped]))
    assert dropped not in history.heads


def test_changed_days_arrive_as_bytes() -> None:
    """What a store hands over, head and all; an emptied day comes as no blobs."""
    history, day = history_of([]), GRID.day_of(SUPERSEDED)
    told = structs.replace(head(7), missions=1)
    history.put(0, told, {day: [write_entries([Mission("a", 1, 0, SUPERSEDED, Kind.MEASURED, 60.0)])]})
    assert (history.heads[0].next_offset, history.timeline("oslo", "urban").rang_at.size) == (7, 1)
    history.put(0, head(8), {day: []})
    assert (history.heads[0].next_offset, history.timeline("oslo", "urban").rang_at.size) == (8, 0)


@pytest.mark.parametrize(("seconds", "zone"), [(1800, "Europe/Oslo"), (3600, "Europe/Helsinki")])
def test_state_cut_otherwise_is_refused(seconds: int, zone: str) -> None:
    """Days and slices of another grid would be put together wrongly."""
    with pytest.raises(StoredStateError, match=f"slices of {seconds} s in {zone}, the configuration says 3600 s"):
        history_of([]).put(0, Head(next_offset=0, slice_seconds=seconds, zone=zone, series=[]), {})


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("fault", ["sealed against unknown thresholds", "head and days that do not agree"])
def test_what_is_refused_leaves_everything_as_it_was(fault: str, *, whole: bool) -> None:
    """Of five days the last one is refused: none is taken, none is dropped, and the head of before stands."""
    history, first = history_of([]), GRID.day_of(SUPERSEDED)
    days = {
        first + n: [write_entries([Mission(f"m{n}", 1, 0, SUPERSEDED + n * DAY, Kind.MEASURED, 60.0)])]
        for n in range(5)
    }
    history.put(0, structs.replace(head(5), missions=5), days, whole=True)
    before = all_figures(history)
    start = SUPERSEDED + 4 * DAY
    targets = (60.0,) * (len(MEASURES) + 1 if fault.startswith("sealed") else 4)
    part = stretch(start=start, end=start + HOUR, responses=[70.0], targets=targets)
    news = {day: [write_entries([])] for day in days} | {first + 4: [write_aggregates([part])]}
    sealed = 1 if fault.startswith("sealed") else 2
    with pytest.raises(StoredStateError) as refused:
        history.put(0, structs.replace(head(6), missions=0, sealed=sealed), news, whole=whole)
    assert isinstance(refused.value, DamagedState)
    assert all_figures(history) == before
    assert history.heads[0].next_offset == 5
    history.put(0, structs.replace(head(7), missions=4), {first: []})
    assert history.heads[0].next_offset == 7

"""A head and its days are taken together or not at all: whatever is missing of either shows in the counts."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.agreement import Tally
from monitor.core.mission import Kind, Mission, pack
from monitor.core.partition import Partition
from monitor.core.sealing import seal
from monitor.core.service import DAY_SECONDS
from monitor.core.slices import Aggregate
from monitor.core.stored import DamagedState, Head, StoredDay, read_day, read_head
from tests.core.events import BASE, GRID, SERIES, Shelf, Snap, batches, policy, records, snaps
from tests.core.stretches import stretch

LATER = BASE.timestamp() + 40 * DAY_SECONDS


def shelf_of(events: list[Snap], cuts: list[int], *, horizon_days: int = 1) -> Shelf:
    """What a partition has stored of these events, the older ones sealed."""
    partition, shelf = Partition.start(policy(horizon_seconds=horizon_days * DAY_SECONDS)), Shelf()
    for batch in batches(records(events), cuts):
        partition.apply(batch, LATER)
        shelf.put(partition.checkpoint())
    return shelf


@given(st.lists(snaps(minutes=8000), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_what_a_partition_stores_always_agrees(events: list[Snap], cuts: list[int]) -> None:
    """Also read change by change, as a reader does: corrections, moves between days, sealing and rolling up."""
    partition, tally = Partition.start(policy(horizon_seconds=DAY_SECONDS)), Tally(GRID)
    shelf = Shelf()
    for batch in batches(records(events), cuts):
        partition.apply(batch, LATER)
        changes = partition.checkpoint()
        shelf.put(changes)
        days = {day: read_day(shelf.days.get(day, ())) for day in changes.days}
        tally = tally.after(read_head(changes.head), days)
    head, stored = shelf.read()
    whole = Tally(GRID).after(head, stored)
    assert (tally.missions, tally.sealed) == (whole.missions, whole.sealed)
    assert whole.missions == len(partition.missions)
    assert head.sealed == whole.sealed


@given(st.lists(snaps(minutes=8000), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=6), st.data())
def test_a_missing_day_is_noticed(events: list[Snap], cuts: list[int], data: st.DataObject) -> None:
    """Any day that holds something for the figures: its key was deleted, or never written."""
    head, days = shelf_of(events, cuts).read()
    filled = [day for day, stored in days.items() if stored.entries or any(p.missions for p in stored.aggregates)]
    assume(filled)
    lost = data.draw(st.sampled_from(filled))
    with pytest.raises(DamagedState, match="head and days do not agree: the head counts"):
        Partition(policy(), head, {day: stored for day, stored in days.items() if day != lost})


def test_a_head_without_days_and_days_of_another_head_are_refused() -> None:
    """What the offset says was read must be there, no more and no less."""
    events = [Snap(f"m{n}", 1, "oslo", "urban", True, "closed", n, 300, False, n) for n in range(5)]
    head, days = shelf_of(events, [], horizon_days=400).read()
    with pytest.raises(DamagedState, match="counts 5 missions, its days hold 0"):
        Partition(policy(), head, {})
    with pytest.raises(DamagedState, match="counts 4 missions, its days hold 5"):
        Partition(policy(), msgspec.structs.replace(head, missions=4), days)


def test_a_day_that_holds_another_days_missions_is_refused() -> None:
    """Copied to another key, a day would count twice or at the wrong time."""
    events = [Snap("m", 1, "oslo", "urban", True, "closed", 0, 300, False, 0)]
    head, days = shelf_of(events, [], horizon_days=400).read()
    ((day, stored),) = days.items()
    for wrong in (day + 1, day - 1):
        with pytest.raises(DamagedState, match="holds a mission of another day"):
            Tally(GRID).after(head, {wrong: stored})
    for absurd in (0, 10**15):
        with pytest.raises(DamagedState, match="which no calendar has"):
            Tally(GRID).after(head, {absurd: stored})


def test_a_series_that_the_head_does_not_name_is_refused() -> None:
    """It would be an index out of range, much later."""
    head = Head(
        next_offset=1, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=["response"], missions=1
    )
    day = GRID.day_of(BASE.timestamp())
    stray = Mission("m", 1, len(SERIES), BASE.timestamp(), Kind.MEASURED, 60.0)
    with pytest.raises(DamagedState, match=r"series 4, unknown"):
        Tally(GRID).after(head, {day: StoredDay({"m": stray})})
    known = Mission("m", 1, 0, BASE.timestamp(), Kind.MEASURED, 60.0)
    assert Tally(GRID).after(head, {day: replace(StoredDay(), entries={"m": known})}).missions == 1


@pytest.mark.parametrize("clocks", [1, 2, 3])
def test_what_has_other_clocks_than_the_head_names_is_refused(clocks: int) -> None:
    """A state too many, or too few, would be taken for another clock's."""
    names = ["response", "travel", "door"]
    head = Head(next_offset=1, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=names[:clocks])
    start = GRID.floor(BASE.timestamp())
    day = GRID.day_of(start)
    for held in (1, 2, 3):
        entry, part = of_clocks(held, start)
        one = msgspec.structs.replace(head, missions=1)
        other = msgspec.structs.replace(head, sealed=1)
        if held == clocks:
            assert Tally(GRID).after(one, {day: StoredDay({"m": entry})}).missions == 1
            assert Tally(GRID).after(other, {day: StoredDay({}, [part])}).sealed == 1
            continue
        with pytest.raises(DamagedState, match="a mission of other clocks than the head"):
            Tally(GRID).after(one, {day: StoredDay({"m": entry})})
        with pytest.raises(DamagedState, match="an aggregate of other clocks"):
            Tally(GRID).after(other, {day: StoredDay({}, [part])})


def test_what_was_held_against_thresholds_that_the_head_does_not_list_is_refused() -> None:
    """Nobody could say whose they were."""
    start = GRID.floor(BASE.timestamp())
    head = Head(
        next_offset=1, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=["response"], sealed=1,
        measures=[("oslo", "urban", "goal")],
    )  # fmt: skip
    for targets in ((600.0,), (600.0, 1200.0), (None, 1200.0)):
        stored = StoredDay({}, [stretch(responses=[60.0], start=start, end=start + 3600.0, targets=targets)])
        if len(targets) == 1:
            assert Tally(GRID).after(head, {GRID.day_of(start): stored}).sealed == 1
            continue
        with pytest.raises(DamagedState, match="thresholds than the head has"):
            Tally(GRID).after(head, {GRID.day_of(start): stored})


def of_clocks(count: int, at: float) -> tuple[Mission, Aggregate]:
    """A mission measured on so many clocks, and a stretch of it."""
    times = 60.0 if count == 1 else pack([(Kind.MEASURED, 60.0)] * count)
    mission = Mission("m", 1, 0, at, Kind.MEASURED, times)
    return mission, seal([mission], series=0, start=at, end=at + 3600.0, thresholds=(), clocks=count)


def test_a_head_from_before_sealed_missions_were_counted_is_taken_as_it_is() -> None:
    """The next checkpoint knows the number, from what was read."""
    events = [Snap(f"m{n}", 1, "oslo", "urban", True, "closed", n * 600, 300, False, n * 600) for n in range(500)]
    head, days = shelf_of(events, []).read()
    assert head.sealed
    old = msgspec.structs.replace(head, sealed=None)
    resumed = Partition(policy(), old, days)
    assert read_head(resumed.checkpoint().head).sealed == head.sealed

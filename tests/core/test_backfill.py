"""History in any order counts, each mission once, as its newest event says: newest first, area by area, years later.

Held against two accounts that know no ledger: of what each mission's events amount to (`newest`), and of when what is
sealed (`tests.core.events.Account`).
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core import partition as partitions
from monitor.core.batch import Batch
from monitor.core.history import History
from monitor.core.mission import Reason
from monitor.core.partition import Partition, Policy
from monitor.core.sealing import roll_up
from monitor.core.service import DAY_SECONDS
from monitor.core.stored import read_head, write_aggregates
from monitor.core.windows import Span
from tests.core.events import BASE, GRID, SERIES, TARGETS, Account, Shelf, Snap, batches, policy, records
from tests.core.police import SERVICE

DAY = 1440
"""Minutes, as all places here: before `BASE` where they are negative."""
NOW = (BASE + timedelta(days=30)).timestamp()
EVER = Span(0.0, 1e11)
CUTS = st.lists(st.integers(0, 60), max_size=6)
RULES = policy(horizon_seconds=400 * DAY_SECONDS)

Tally = dict[tuple[str, str], tuple[int, int, int]]
"""Measured, unmeasured and excluded by series; what is open counts as unmeasured."""


def mission(number: int, day: int, **changes: object) -> Snap:
    """One that rang on a day (before `BASE` where negative), measured."""
    told = Snap(f"m{number}", 1, "oslo", "urban", True, "closed", day * DAY, 300 + number, False, day * DAY)
    return replace(told, **changes)  # type: ignore[arg-type]


@st.composite
def tellings(draw: st.DrawFn) -> list[list[Snap]]:
    """Missions of five years, each told in one to three events, one right after the other."""
    told = []
    for number in range(draw(st.integers(1, 20))):
        rang = draw(st.integers(-5 * 365 * 24, 0)) * 60
        told.append(
            [
                Snap(
                    f"m{number}", draw(st.sampled_from([None, revision])), draw(st.sampled_from(["oslo", "vest"])),
                    draw(st.sampled_from(["urban", "rural"])), draw(st.sampled_from([True, True, True, False])),
                    draw(st.sampled_from(["open", "closed", "closed", "cancelled"])),
                    rang + draw(st.sampled_from([0, 0, 0, 90, -30 * DAY])), draw(st.none() | st.integers(0, 3000)),
                    draw(st.sampled_from([False, False, True])), rang,
                )
                for revision in range(draw(st.integers(1, 3)))
            ]
        )  # fmt: skip
    return told


def in_some_order(told: list[list[Snap]], order: str) -> list[list[Snap]]:
    """As exports have them; an area's history may come long after the others'."""
    match order:
        case "newest first":
            return sorted(told, key=lambda events: -events[0].recorded)
        case "area by area":
            return sorted(told, key=lambda events: (events[0].district, events[0].recorded))
        case "area by area, newest first":
            return sorted(told, key=lambda events: (events[0].district, -events[0].recorded))
        case _:
            return told


def newest(told: list[list[Snap]]) -> Tally:
    """What the last event of each mission says of it."""
    found: dict[tuple[str, str], list[int]] = {}
    for events in told:
        series, place = None, {"measured": 0, "unmeasured": 1, "open": 1, "excluded": 2}
        last = events[-1]
        series = (last.district, last.settlement)
        if last.counts_as in place:
            found.setdefault(series, [0, 0, 0])[place[last.counts_as]] += 1
    return {series: (row[0], row[1], row[2]) for series, row in found.items()}


class Follower:
    """A reader that takes over each checkpoint, as the exporter does."""

    def __init__(self) -> None:
        self.history = History(GRID, TARGETS, SERVICE)
        self.shelf = Shelf()

    def put(self, partition: Partition) -> None:
        """Store what the partition has to store, and read what changed; it agrees with all that is stored."""
        changes = partition.checkpoint()
        self.shelf.put(changes)
        self.history.put(0, read_head(changes.head), {day: self.shelf.days.get(day, []) for day in changes.days})
        anew = History(GRID, TARGETS, SERVICE)
        anew.put(0, read_head(changes.head), self.shelf.days, whole=True)
        assert tally(self.history) == tally(anew)


def tally(history: History) -> Tally:
    """What a reader shows."""
    found = {}
    for series in SERIES:
        shown = history.timeline(*series).within_span(EVER, abandoned_before=1e11)
        row = (shown.first.measured, shown.first.unmeasured_total, shown.excluded)
        if any(row):
            found[series] = row
    return found


def told_to(rules: Policy, events: list[Snap], cuts: list[int], restarts: bool = True) -> tuple[Follower, Partition]:
    """A partition after these events, stored after each batch, and made anew from there."""
    reader, partition = Follower(), Partition.start(rules)
    for batch in batches(records(events), cuts):
        partition.apply(batch, NOW)
        reader.put(partition)
        if restarts:
            partition = Partition(rules, *reader.shelf.read())
    return reader, partition


ORDERS = st.sampled_from(["newest first", "area by area", "area by area, newest first", "any"])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(tellings(), ORDERS, CUTS, st.booleans())
def test_a_history_in_any_order_counts_as_its_newest_events_say(
    told: list[list[Snap]], order: str, cuts: list[int], restarts: bool
) -> None:
    """Nothing is refused, whatever lies years behind the newest, and a reader in between shows no mission twice."""
    told = in_some_order(told, order)
    reader, partition = told_to(RULES, [event for events in told for event in events], cuts, restarts)
    assert tally(reader.history) == newest(told)
    assert not partition.head.dead_letters.get("late")


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(tellings(), st.data(), CUTS, st.booleans())
def test_events_in_any_order_count_unless_their_mission_was_sealed_before(
    told: list[list[Snap]], data: st.DataObject, cuts: list[int], restarts: bool
) -> None:
    """Shuffled, so that events of a mission may come after it was sealed: those are refused, one by one."""
    events = data.draw(st.permutations([event for events in told for event in events]))
    reader, partition = told_to(RULES, events, cuts, restarts)
    account = Account(RULES.horizon_seconds)
    for event in events:
        account.take(event)
    shown = {series: (row[0], row[1] + row[3], row[2]) for series, row in account.tally().items()}
    assert tally(reader.history) == shown
    assert partition.head.dead_letters.get("late", 0) == account.late
    assert len(partition.missions) == len(account.current)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(tellings(), ORDERS, st.integers(2, 6), CUTS, st.booleans())
def test_whoever_is_told_again_after_years_was_sealed_counts_once(
    told: list[list[Snap]], order: str, days: int, cuts: list[int], restarts: bool
) -> None:
    """Once nothing was told for a day, the history is sealed; the same again, in another order, is refused whole."""
    told = in_some_order(told, order)
    events = [event for events in told for event in events]
    later = [mission(1000 + day, 2 + day) for day in range(days)]
    reader, partition = told_to(RULES, [*events, *later], cuts, restarts)
    line = partition.head.sealed_before
    assert line is not None
    assert all(entry.placed_at >= line for entry in partition.missions.values()), "all behind the line is sealed"
    before, counts = tally(reader.history), Counter(partition.head.dead_letters)
    again = [event for events in reversed(told) for event in events]
    offset = len(events) + len(later)
    held = set(partition.missions)
    # Whoever moved to this side of the line with a later event was sealed there as well, and is a stranger again.
    again = [one for one in again if one.placed < line or one.mission in held]
    effects = partition.apply(Batch(offset, offset + len(again), records(again, offset)), NOW)
    refused = Counter(letter.reason for letter in effects.dead_letters)
    sealed = [one for one in again if one.mission not in held and one.placed < line]
    assert refused["late"] == len(sealed)
    reader.put(partition)
    if not held & {one.mission for one in again}:
        assert tally(reader.history) == before
    assert counts["late"] == 0


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(tellings(), st.data(), CUTS, CUTS, st.booleans())
def test_the_same_records_in_any_split_of_batches_are_the_same_state(
    told: list[list[Snap]], data: st.DataObject, one: list[int], other: list[int], restarts: bool
) -> None:
    """Head, missions, and what is sealed of each day; however often the worker ended."""
    events = data.draw(st.permutations([event for events in told for event in events]))
    horizon = data.draw(st.sampled_from([0.25, 20.0, 400.0])) * DAY_SECONDS
    capacity = data.draw(st.sampled_from([3, 10, 1000]))
    rules = policy(horizon_seconds=horizon, capacity=capacity)
    (mine, left), (yours, right) = told_to(rules, events, one), told_to(rules, events, other, restarts)
    assert dict(left.missions) == dict(right.missions)
    assert mine.shelf.read()[0] == yours.shelf.read()[0]
    assert sealed_of(mine.shelf) == sealed_of(yours.shelf)
    assert tally(mine.history) == tally(yours.history)


def sealed_of(shelf: Shelf) -> dict[int, object]:
    """By day: who is sealed, and exact counts and sums, however many aggregates they lie in."""
    found: dict[int, object] = {}
    for day, stored in shelf.read()[1].items():
        parts = roll_up(stored.aggregates)
        sums = sorted(
            (
                part.series,
                part.excluded,
                part.judged,
                [(one.measured, one.unmeasured, one.total) for one in part.clocks],
            )
            for part in parts
        )
        ids = sorted(stored.sealed_ids[at : at + 8] for at in range(0, len(stored.sealed_ids), 8))
        if sums:
            found[day] = sums, ids
    return found


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(tellings(), ORDERS, st.integers(2, 8), CUTS)
def test_a_full_ledger_loses_nothing_of_a_history_that_tells_mission_by_mission(
    told: list[list[Snap]], order: str, capacity: int, cuts: list[int]
) -> None:
    """What is being told is never sealed for want of room, so a mission's next event finds it; memory is bounded."""
    told = in_some_order(told, order)
    rules = policy(horizon_seconds=400 * DAY_SECONDS, capacity=capacity)
    reader, partition = told_to(rules, [event for events in told for event in events], cuts)
    assert len(partition.missions) <= 2 * capacity
    refused = partition.head.dead_letters
    if not refused.get("ledger_full") and not any(_wanders(events) for events in told):
        assert not refused.get("late")
        assert tally(reader.history) == newest(told)


def _wanders(events: list[Snap]) -> bool:
    return len({event.rang for event in events}) > 1


def take(reader: Follower, partition: Partition, *told: Snap) -> list[tuple[str, str]]:
    """Give a partition events one checkpoint long; reasons and details of those refused."""
    offset = partition.next_offset
    effects = partition.apply(Batch(offset, offset + len(told), records([*told], offset)), NOW)
    reader.put(partition)
    return [(letter.reason, letter.detail) for letter in effects.dead_letters]


def measured(reader: Follower) -> int:
    return reader.history.timeline("oslo", "urban").within_span(EVER, abandoned_before=1e11).first.measured


LATE = ("late", "the mission is sealed: it is counted, and nothing can change it any more")
UNNOTED = ("late", "an earlier program has sealed missions of its day, and nobody knows whether it was one of them")


def test_a_day_that_was_forgotten_is_added_to_and_written_anew_after_a_restart() -> None:
    """A district's history, years after the others' was sealed and let go of: both are there, and each is sealed.

    told      m1 (north)          ... m2 (south), same day ...
    stored    [m1]                [m1][+ m2][+ left: m2, sealed] ── restart ──► [m1 m2]
    """
    reader, partition = Follower(), Partition.start(RULES)
    take(reader, partition, mission(1, -1000), mission(9, -2))
    day = GRID.day_of(mission(1, -1000).placed)
    assert day not in partition.days, "it was rolled up and forgotten"
    assert take(reader, partition, mission(2, -1000), mission(1, -1000)) == [LATE]
    assert take(reader, partition, mission(2, -1000, revision=2, response=60)) == []
    assert (measured(reader), [blob[:2] for blob in reader.shelf.days[day]]) == (3, [b"\x03D", b"\x02E", b"\x02E"])
    take(reader, partition, mission(10, -1))
    assert day not in partition.days, "a day of event time later it was sealed and forgotten once more"
    assert take(reader, partition, mission(2, -1000, revision=3)) == [LATE]
    assert [blob[:2] for blob in reader.shelf.days[day]] == [b"\x03D", b"\x02E", b"\x02E", b"\x03D"]
    partition = Partition(RULES, *reader.shelf.read())
    take(reader, partition, mission(11, 0))
    (blob,) = reader.shelf.days[day]
    stored = reader.shelf.read()[1][day]
    assert [part.clocks[0].sketch[0] for part in stored.aggregates] == [[60.0, 301.0]]
    assert (blob[:2], stored.logged, len(stored.sealed_ids)) == (b"\x03D", 0, 16)
    assert (measured(reader), take(reader, partition, mission(2, -1000))) == (5, [LATE])


def test_a_mission_that_moves_out_of_a_forgotten_day_leaves_it_as_it_was() -> None:
    """A marker says so, and another that it came back."""
    reader, partition = Follower(), Partition.start(RULES)
    take(reader, partition, mission(1, -1000), mission(9, -2))
    take(reader, partition, mission(2, -1000))
    for number, day in enumerate((-900, -1000, -3, -1000)):
        assert take(reader, partition, mission(2, day, revision=2 + number)) == []
        assert measured(reader) == 3
    partition = Partition(RULES, *reader.shelf.read())
    take(reader, partition, mission(10, 0))
    assert (measured(reader), set(partition.missions)) == (4, {"m9", "m10"})


@pytest.mark.parametrize("status", ["open", "closed"])
def test_a_sealed_mission_that_is_told_again_without_its_begin_is_not_counted_twice(status: str) -> None:
    """It lies where its record does then, this side of the line."""
    again = mission(1, -800, revision=2, status=status, rang=None, response=None, recorded=0)
    told = records([mission(1, -800), mission(2, 0), again])
    partition = Partition.start(RULES)
    dead = partition.apply(Batch(0, 3, told), NOW).dead_letters
    assert [(letter.record.offset, letter.reason) for letter in dead] == [(2, Reason.LATE)]
    assert [*partition.missions] == ["m2"]


def test_of_a_day_that_an_earlier_program_sealed_every_stranger_is_refused_and_of_others_none() -> None:
    """Which missions it had sealed was noted nowhere. Also once this program has sealed a part of the day itself."""
    reader, partition = Follower(), Partition.start(RULES)
    take(reader, partition, mission(1, -1000), mission(9, -2))
    before = GRID.day_of(mission(1, -1000).placed)
    (part,) = reader.shelf.read()[1][before].aggregates
    reader.shelf.days[before] = [write_aggregates([part])]
    for _ in range(2):
        partition = Partition(RULES, *reader.shelf.read())
        assert take(reader, partition, mission(1, -1000), mission(2, -1000)) == [UNNOTED, UNNOTED]
    assert take(reader, partition, mission(3, -999), mission(4, -999)) == []
    assert take(reader, partition, mission(4, -1000, revision=2)) == [], "it is known, so it was not sealed"
    take(reader, partition, mission(10, 0))
    assert take(reader, partition, mission(4, -1000, revision=3), mission(3, -999)) == [UNNOTED, LATE]
    partition = Partition(RULES, *reader.shelf.read())
    take(reader, partition, mission(11, 1))
    assert [blob[:2] for blob in reader.shelf.days[before]] == [b"\x02A", b"\x03D"], "written anew, and still known"
    partition = Partition(RULES, *reader.shelf.read())
    assert take(reader, partition, mission(5, -1000), mission(6, -999)) == [UNNOTED]
    assert measured(reader) == 7


@pytest.mark.parametrize("restarts", [False, True])
def test_a_whole_history_is_sealed_in_portions(monkeypatch: pytest.MonkeyPatch, *, restarts: bool) -> None:
    """Years of missions in one go would hold up everything else: the oldest first, some with each hour."""
    monkeypatch.setattr(partitions, "_SEALED_AT_ONCE", 20)
    monkeypatch.setattr(partitions, "_ROLLED_UP_AT_ONCE", 15)
    reader, partition = Follower(), Partition.start(RULES)
    take(reader, partition, *(mission(number, -number) for number in range(1, 500)))
    behind = []
    for hour in range(22, 31):
        take(reader, partition, mission(1000 + hour, -1, rang=hour * 60 - DAY))
        line = partition.head.sealed_before or 0.0
        behind.append(sum(entry.placed_at < line for entry in partition.missions.values()))
        assert measured(reader) == 500 + hour - 22
        if restarts:
            partition = Partition(RULES, *reader.shelf.read())
    assert behind == [98, 98, 78, 58, 38, 18, 0, 0, 0]
    assert partition.head.sealed == 499 - len(partition.missions) + len(behind)


def test_a_forgotten_day_that_is_sealed_bit_by_bit_is_added_to_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored of it is not held any more: the next checkpoint must not add it again."""
    monkeypatch.setattr(partitions, "_SEALED_AT_ONCE", 1)
    reader, partition = Follower(), Partition.start(RULES)
    take(reader, partition, mission(1, -1000), mission(9, -2))
    take(reader, partition, *(mission(2 + n, -1000, rang=-1000 * DAY + 60 * n) for n in range(3)))
    sealed = []
    for hour in range(24, 29):
        take(reader, partition, mission(100 + hour, -2, rang=-2 * DAY + 60 * hour))
        sealed.append(partition.head.sealed)
        assert measured(reader) == 2 + 3 + hour - 23
    assert sealed == [2, 3, 4, 4, 4]

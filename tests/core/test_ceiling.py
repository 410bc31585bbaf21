"""The most missions that a partition holds, whoever invents them: held against an account that knows no ledger."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.batch import Batch
from monitor.core.partition import MOST_DAYS, Partition
from tests.core.events import BASE, Rec, Shelf, Snap, batches, policy, records

HOUR, DAY = 3600.0, 86_400.0
NOW = (BASE + timedelta(days=30)).timestamp()


def told(mission: int, minute: int, seconds: int = 300) -> Snap:
    """A measured mission; without a revision, so that what comes later counts."""
    return Snap(str(mission), None, "oslo", "urban", True, "closed", minute, seconds, False, 0)


@dataclass
class Room:
    """What becomes of one snapshot after the other, by the contract in plain words."""

    capacity: int
    now: float
    held: dict[str, Snap] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)
    line: float = float("-inf")
    watermark: float = float("-inf")
    refused: list[tuple[int, str]] = field(default_factory=list)
    """(offset, reason)."""

    def take(self, offset: int, snap: Snap) -> None:
        if snap.mission not in self.held:
            if snap.placed < self.line and snap.mission in self.sealed:
                self.refused.append((offset, "late"))
                return
            if len(self.held) >= 2 * self.capacity:
                self._make_room(max(self.watermark, snap.placed), snap.placed)
            if len(self.held) >= 2 * self.capacity:
                self.refused.append((offset, "ledger_full"))
                return
        self.held[snap.mission] = snap
        self.watermark = max(self.watermark, snap.placed)
        if len(self.held) > self.capacity:
            self._make_room(self.watermark, snap.placed)

    def _make_room(self, time: float, told: float) -> None:
        """Whole hours, none of the last day, nor of the day around what is told, until a fiftieth of the capacity is
        free: first those behind the line, the farthest first, then the oldest.
        """  # noqa: D205 - one sentence
        told, youngest = told // HOUR * HOUR, (min(time, self.now) - DAY) // HOUR * HOUR
        hours = sorted({snap.placed // HOUR * HOUR for snap in self.held.values()})
        behind = sorted((hour for hour in hours if hour < self.line), key=lambda hour: -abs(hour - told))
        for hour in behind:
            if self._is_roomy or abs(hour - told) <= DAY:
                break
            self._seal(hour)
        spared = [hour for hour in hours if hour >= self.line]
        for hour in spared:
            if self._is_roomy or hour >= youngest:
                break
            if abs(hour - told) > DAY:
                self.line = hour + HOUR
                self._seal(hour)

    @property
    def _is_roomy(self) -> bool:
        return len(self.held) <= self.capacity * 49 // 50

    def _seal(self, hour: float) -> None:
        gone = {name for name, snap in self.held.items() if snap.placed // HOUR * HOUR == hour}
        self.sealed |= gone
        self.held = {name: snap for name, snap in self.held.items() if name not in gone}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.builds(told, st.integers(0, 40), st.integers(0, 5000), st.integers(300, 301)), max_size=80),
    st.integers(1, 12),
    st.sampled_from([NOW, (BASE + timedelta(days=1)).timestamp()]),
    st.lists(st.integers(0, 80), max_size=4),
)
def test_what_is_refused_for_want_of_room_is_the_same_however_batches_and_restarts_fall(
    events: list[Snap], capacity: int, now: float, cuts: list[int]
) -> None:
    """The same records, letter by letter, as the account says; and never more than twice the capacity is held."""
    rules, room = policy(capacity=capacity), Room(capacity, now)
    for offset, snap in enumerate(events):
        room.take(offset, snap)
    partition, shelf = Partition.start(rules), Shelf()
    refused = []
    for batch in batches(records(events), cuts):
        refused += [(one.record.offset, str(one.reason)) for one in partition.apply(batch, now).dead_letters]
        assert len(partition.missions) <= 2 * capacity
        shelf.put(partition.checkpoint())
        partition = Partition(rules, *shelf.read())  # a crash: what was stored goes on
    assert refused == room.refused
    assert set(partition.missions) == set(room.held)
    assert partition.head.dead_letters == {
        reason: sum(one == reason for _, one in refused) for reason in sorted({one for _, one in refused})
    }


def test_corrections_of_what_is_known_go_on_while_strangers_are_refused() -> None:
    """A day of inventions harms nobody who was there before it."""
    partition = Partition.start(policy(capacity=50))
    invented = [told(number, 10) for number in range(150)]
    effects = partition.apply(Batch(0, 150, records(invented)), NOW)
    assert [letter.reason for letter in effects.dead_letters] == ["ledger_full"] * 50
    corrected = [told(number, 11, 400) for number in range(100)]
    assert not partition.apply(Batch(150, 250, records(corrected, 150)), NOW).dead_letters
    assert partition.head.outcomes == {"new": 100, "ledger_full": 50, "correction": 100}


def test_the_next_day_s_first_mission_makes_the_room_that_it_takes() -> None:
    """No event is accepted that could move the time on, so the refused one's own time must count."""
    partition = Partition.start(policy(capacity=50))
    partition.apply(Batch(0, 100, records([told(number, 10) for number in range(100)])), NOW)
    later = [told(1000, 23 * 60), told(1001, 26 * 60)]
    effects = partition.apply(Batch(100, 102, records(later, 100)), NOW)
    assert [(letter.record.offset, letter.reason) for letter in effects.dead_letters] == [(100, "ledger_full")]
    assert set(partition.missions) == {"1001"}
    assert partition.head.sealed_early == 100  # what was invented stays counted


def test_a_time_that_the_clock_has_not_reached_makes_no_room() -> None:
    """A source whose clock runs ahead does not seal the missions in progress for the sake of strangers."""
    now = BASE.timestamp() + HOUR
    partition = Partition.start(policy(capacity=50))
    partition.apply(Batch(0, 100, records([told(number, 10) for number in range(100)])), now)
    stamp = int((BASE + timedelta(days=900)).timestamp() * 1000)
    ahead = Rec(100, stamp, told(1000, 60 * 24 * 800).encode())
    assert [letter.reason for letter in partition.apply(Batch(100, 101, [ahead]), now).dead_letters] == [
        "ledger_full"
    ]
    assert len(partition.missions) == 100


def test_a_lower_capacity_over_stored_state_refuses_strangers_until_there_is_room() -> None:
    """What is held already stays: it is only that nothing more is taken up."""
    rich, shelf = Partition.start(policy(capacity=100)), Shelf()
    rich.apply(Batch(0, 100, records([told(number, 10) for number in range(100)])), NOW)
    shelf.put(rich.checkpoint())
    poor = Partition(policy(capacity=10), *shelf.read())
    effects = poor.apply(Batch(100, 102, records([told(500, 11), told(5, 11)], 100)), NOW)
    assert [(letter.record.offset, letter.reason) for letter in effects.dead_letters] == [(100, "ledger_full")]
    assert len(poor.missions) == 100


@pytest.mark.slow
def test_times_that_lie_ahead_open_only_so_many_days() -> None:
    """A source invents a day of the future for each event: 100,000 of them are more than any reader takes.

    One mission moved from day to day, or a mission for each: what is known stays where it is, and today goes on.
    """
    now, days = BASE.timestamp() + HOUR, MOST_DAYS + 500
    stamp = int((BASE + timedelta(days=365 * 100)).timestamp() * 1000)
    for name in (lambda _: 0, lambda day: day):
        partition, shelf = Partition.start(policy(capacity=50_000)), Shelf()
        ahead = [Rec(day, stamp, told(name(day), 60 * 24 * (day + 2)).encode()) for day in range(days)]
        refused = partition.apply(Batch(0, days, ahead), now).dead_letters
        assert {(letter.reason, letter.detail) for letter in refused} == {
            ("ledger_full", f"of a day to come, and {MOST_DAYS} days are known: is its year right?")
        }
        assert [letter.record.offset for letter in refused] == list(range(MOST_DAYS, days))
        assert len(partition.days) == MOST_DAYS
        today = [told(100_000, 30), told(name(0), 60 * 24 * 2 + 5)]
        assert not partition.apply(Batch(days, days + 2, records(today, days)), now).dead_letters
        shelf.put(partition.checkpoint())
        assert len(Partition(policy(capacity=50_000), *shelf.read()).days) == MOST_DAYS + 1

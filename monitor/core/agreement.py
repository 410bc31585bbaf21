"""Holds a partition's head against its days: what the head counts must be there, and nothing else.

The store writes both as one, so they agree unless something is missing: a key that was deleted, a list cut short,
half of a write by an older program. Then nothing of the partition is shown, and its owner makes it anew from Kafka.
Looks into what has changed; of the rest, two numbers a day are added up. Refuses to know bytes.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple, NoReturn

from monitor.core.mission import Mission
from monitor.core.service import Service
from monitor.core.slices import Aggregate, Grid
from monitor.core.stored import DamagedState, Head, StoredDay, StoredStateError

DAYS: Final = range(date(1899, 12, 30).toordinal(), date.max.toordinal())
"""Local days that a mission may lie in."""


def require_alike(head: Head, grid: Grid, service: Service) -> None:
    """Raises StoredStateError where what is stored is another service's, or was cut or timed in another way."""
    if head.service not in (None, service.slug):
        raise StoredStateError(
            f"stored state is that of the service {head.service}, not of {service.slug}: give each service its own "
            "kafka.topic, kafka.group and redis.namespace, or clear the store to rebuild from Kafka"
        )
    if (head.slice_seconds, head.zone) != (grid.seconds, grid.zone.key):
        raise StoredStateError(
            f"stored state has slices of {head.slice_seconds} s in {head.zone}, the configuration says "
            f"{grid.seconds} s in {grid.zone.key}: change it back, or clear the store to rebuild from Kafka"
        )
    if (*head.clocks,) != service.clock_slugs:
        raise StoredStateError(
            f"stored state has the clocks {' '.join(head.clocks)}, the service declares "
            f"{' '.join(service.clock_slugs)}: declare those of before, in their order, or clear the store to rebuild"
            " from Kafka"
        )


class Held(NamedTuple):
    """How many missions there are: with an entry, and inside aggregates."""

    missions: int = 0
    sealed: int = 0


class Tally:
    """What the days of one partition hold, as far as it was read; never changed, only followed by another."""

    __slots__ = ("_days", "_grid", "missions", "sealed")

    def __init__(self, grid: Grid, days: Mapping[int, Held] | None = None) -> None:
        self._grid = grid
        self._days = {} if days is None else days
        self.missions = sum([held.missions for held in self._days.values()])
        self.sealed = sum([held.sealed for held in self._days.values()])

    def after(self, head: Head, days: Mapping[int, StoredDay]) -> "Tally":
        """The tally once these days stand in place of what was known of them. Raises DamagedState.

        `head` is of the same moment. With all days changed since the reading before, it must agree with the sum.
        """
        return self.followed(head, {day: self.held(head, day, stored) for day, stored in days.items()})

    def followed(self, head: Head, changed: Mapping[int, Held]) -> "Tally":
        """The same, of what was `held` by each of the days. Raises DamagedState."""
        following = Tally(self._grid, {day: held for day, held in ({**self._days, **changed}).items() if any(held)})
        if following.missions != head.missions:
            _disagree(f"the head counts {head.missions} missions, its days hold {following.missions}")
        if head.sealed is not None and following.sealed != head.sealed:
            _disagree(f"the head counts {head.sealed} sealed missions, its days hold {following.sealed}")
        return following

    def held(self, head: Head, day: int, stored: StoredDay) -> Held:
        """What a day holds. Raises DamagedState where the head knows no such day, or nothing of what is in it."""
        if not stored.entries and not stored.aggregates:
            return Held()
        if day not in DAYS:
            _disagree(f"it holds missions of day {day}, which no calendar has")
        begins, ends = self._grid.midnight(day), self._grid.midnight(day + 1)
        series, clocks, measures = len(head.series), len(head.clocks), len(head.measures)
        for entry in stored.entries.values():
            if not (begins <= entry.placed_at < ends and entry.series < series):
                _stray(day, entry)
            if not entry.fits(clocks):
                _disagree(f"day {date.fromordinal(day)} holds a mission of other clocks than the head names")
        for part in stored.aggregates:
            if not (begins <= part.start and part.end <= ends and part.series < series):
                _stray(day, part)
            if len(part.clocks) != clocks or any(place >= measures for place, _, _ in part.judged):
                _disagree(
                    f"day {date.fromordinal(day)} holds an aggregate of other clocks or thresholds than the head has"
                )
        return Held(len(stored.entries), sum([part.missions for part in stored.aggregates]))


def _stray(day: int, stored: Mission | Aggregate) -> NoReturn:
    what = "a mission" if isinstance(stored, Mission) else "an aggregate"
    _disagree(f"day {date.fromordinal(day)} holds {what} of another day, or of series {stored.series}, unknown")


def _disagree(what: str) -> NoReturn:
    raise DamagedState(f"head and days do not agree: {what}; rebuild the partition from Kafka")

"""The correctable ledger of one partition: which missions are known, and what each contributes now.

Decides the outcome of every event from a literal table (`RULES`). A newer snapshot replaces the contribution of
the one before it exactly, across series, slices and days. Slices older than the seal line hold no missions any
more: an event that would change one is refused as late, never merged silently (it could be a duplicate).
Refuses to know bytes, offsets and storage; it only keeps track of which missions changed in which day.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

import msgspec

from monitor.core.digest import Backend
from monitor.core.mission import Mission
from monitor.core.slices import Aggregate, Grid, roll_up


class Kind(IntEnum):
    """What a mission contributes. The values are stored: never renumber."""

    NOTHING = 0
    MEASURED = 1
    UNMEASURED = 2
    OPEN = 3
    UNTIMED = 4
    """Open, and the moment the call rang is not known (yet)."""
    EXCLUDED = 5
    MOVED = 6
    """Marker in the stored day that a mission left: it belongs to another day now."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One mission as it counts now; also its stored form. `placed_at` in epoch seconds, `response` in seconds."""

    mission_id: str
    revision: int | None
    series: int
    placed_at: float
    kind: int
    response: float | None


class Outcome(StrEnum):
    """What became of an event; the value is the metric label."""

    NEW = "new"
    UNCOUNTED = "uncounted"
    CORRECTION = "correction"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    LATE = "late"


class Seen(StrEnum):
    """How the event's revision compares with what the ledger knows."""

    FIRST = "unknown mission"
    NEWER = "newer"
    SAME = "same revision"
    OLDER = "older"


class Change(StrEnum):
    """How the contribution would change."""

    NONE = "the same"
    COUNTS = "counts, in a new way"
    CEASES = "counts no longer"


class Home(StrEnum):
    """Whether the slice that the event belongs to can still be changed."""

    OPEN = "open"
    SEALED = "sealed"


class Case(NamedTuple):
    """One row's condition in `RULES`."""

    seen: Seen
    change: Change
    home: Home


RULES: Final[dict[Case, Outcome]] = {
    Case(Seen.FIRST, Change.COUNTS, Home.OPEN): Outcome.NEW,
    Case(Seen.FIRST, Change.NONE, Home.OPEN): Outcome.UNCOUNTED,
    Case(Seen.FIRST, Change.COUNTS, Home.SEALED): Outcome.LATE,
    Case(Seen.FIRST, Change.NONE, Home.SEALED): Outcome.LATE,
    Case(Seen.NEWER, Change.NONE, Home.OPEN): Outcome.UNCHANGED,
    Case(Seen.NEWER, Change.NONE, Home.SEALED): Outcome.UNCHANGED,
    Case(Seen.NEWER, Change.COUNTS, Home.OPEN): Outcome.CORRECTION,
    Case(Seen.NEWER, Change.COUNTS, Home.SEALED): Outcome.LATE,
    Case(Seen.NEWER, Change.CEASES, Home.OPEN): Outcome.WITHDRAWN,
    Case(Seen.NEWER, Change.CEASES, Home.SEALED): Outcome.WITHDRAWN,
    Case(Seen.SAME, Change.NONE, Home.OPEN): Outcome.DUPLICATE,
    Case(Seen.SAME, Change.NONE, Home.SEALED): Outcome.DUPLICATE,
    Case(Seen.SAME, Change.COUNTS, Home.OPEN): Outcome.CONFLICT,
    Case(Seen.SAME, Change.COUNTS, Home.SEALED): Outcome.CONFLICT,
    Case(Seen.SAME, Change.CEASES, Home.OPEN): Outcome.CONFLICT,
    Case(Seen.SAME, Change.CEASES, Home.SEALED): Outcome.CONFLICT,
    Case(Seen.OLDER, Change.NONE, Home.OPEN): Outcome.STALE,
    Case(Seen.OLDER, Change.NONE, Home.SEALED): Outcome.STALE,
    Case(Seen.OLDER, Change.COUNTS, Home.OPEN): Outcome.STALE,
    Case(Seen.OLDER, Change.COUNTS, Home.SEALED): Outcome.STALE,
    Case(Seen.OLDER, Change.CEASES, Home.OPEN): Outcome.STALE,
    Case(Seen.OLDER, Change.CEASES, Home.SEALED): Outcome.STALE,
}
"""The whole of the ledger's judgement. docs/design.md prints this table; a test keeps the two equal."""

STORES: Final = frozenset({Outcome.NEW, Outcome.UNCOUNTED, Outcome.CORRECTION, Outcome.WITHDRAWN, Outcome.UNCHANGED})
"""Outcomes after which the ledger holds the event's entry in place of the one before."""

REFUSED: Final = frozenset({Outcome.CONFLICT, Outcome.LATE})
"""Outcomes that send the event to the dead letters: a person must look."""


def contribution(mission: Mission) -> Kind:
    """What a snapshot contributes: the first row that holds (docs/design.md, "What a mission contributes")."""
    if not mission.urgent or mission.status == "cancelled":
        return Kind.NOTHING
    if mission.excluded:
        return Kind.EXCLUDED
    if mission.response_seconds is not None:
        return Kind.MEASURED
    if mission.status == "closed":
        return Kind.UNMEASURED
    return Kind.OPEN if mission.timed else Kind.UNTIMED


class Day:
    """One local day of one partition: the missions placed in it, and the aggregates of its sealed slices."""

    __slots__ = ("aggregates", "changed", "logged", "missions", "rewrite", "whole")

    def __init__(self) -> None:
        self.missions: set[str] = set()
        self.aggregates: list[Aggregate] = []
        self.changed: set[str] = set()
        """Missions to store at the next checkpoint, incl. those that left."""
        self.logged = 0
        """Entries in the stored log of this day, superseded ones included."""
        self.rewrite = False
        """Whether the stored day must be written whole (after sealing)."""
        self.whole = False
        """Whether the day is sealed from midnight to midnight and rolled up: nothing can change it any more."""


Sealer = Callable[[list[Entry], int, float, float], Aggregate]
"""Makes the aggregate of the entries of (series, start, end)."""


class Ledger:
    """The missions of one partition. `apply` is the only way in; `seal_before` the only way out."""

    __slots__ = ("days", "grid", "missions", "sealed_before")

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.missions: dict[str, Entry] = {}
        self.days: dict[int, Day] = {}
        self.sealed_before = float("-inf")
        """Seal line, epoch seconds, the start of a slice: no slice that starts before it holds missions."""

    def apply(self, mission: Mission) -> Outcome:
        """Take one snapshot into account and say what became of it."""
        kind = contribution(mission)
        mission_id = mission.mission_id
        placed_at = mission.placed_at
        known = self.missions.get(mission_id)
        if known is None:
            if placed_at < self.sealed_before:
                return Outcome.LATE
            entry = Entry(
                mission_id, mission.revision, mission.series, placed_at, kind,
                mission.response_seconds if kind is Kind.MEASURED else None,
            )  # fmt: skip
            self.missions[mission_id] = entry
            day = self._day(placed_at)
            day.missions.add(mission_id)
            day.changed.add(mission_id)
            return Outcome.NEW if kind else Outcome.UNCOUNTED
        return self._revise(known, mission, kind)

    def _revise(self, known: Entry, mission: Mission, kind: Kind) -> Outcome:
        response = mission.response_seconds if kind is Kind.MEASURED else None
        if kind is Kind.NOTHING:
            # A mission that counts for nothing has no place of its own: it stays where it is remembered.
            change = Change.NONE if known.kind == Kind.NOTHING else Change.CEASES
            series, placed_at = known.series, known.placed_at
        else:
            series, placed_at = mission.series, mission.placed_at
            same = (known.kind, known.series, known.placed_at, known.response) == (
                kind, series, placed_at, response,
            )  # fmt: skip
            change = Change.NONE if same else Change.COUNTS
        home = Home.SEALED if placed_at < self.sealed_before else Home.OPEN
        outcome = RULES[Case(_compare(known, mission, change), change, home)]
        if outcome in STORES:
            revision = known.revision if mission.revision is None else mission.revision
            self._replace(known, Entry(known.mission_id, revision, series, placed_at, kind, response))
        return outcome

    def _replace(self, known: Entry, entry: Entry) -> None:
        mission_id = entry.mission_id
        self.missions[mission_id] = entry
        day = self._day(entry.placed_at)
        day.changed.add(mission_id)
        before = self._day(known.placed_at)
        if before is not day:
            before.missions.discard(mission_id)
            before.changed.add(mission_id)
            day.missions.add(mission_id)

    def _day(self, placed_at: float) -> Day:
        number = self.grid.day_of(placed_at)
        day = self.days.get(number)
        if day is None:
            day = self.days[number] = Day()
        return day

    def seal_before(self, line: float, aggregate: Sealer) -> int:
        """Seal every slice that starts before `line` (epoch seconds); the number of missions let go.

        The line is moved down to the start of a slice and never goes back.
        """
        line = self.grid.floor(line)
        if line <= self.sealed_before:
            return 0
        self.sealed_before = line
        last = self.grid.day_of(line)
        due = sorted(number for number, day in self.days.items() if number <= last and day.missions)
        return sum(self._seal_day(number, line, aggregate) for number in due)

    def _seal_day(self, number: int, line: float, aggregate: Sealer) -> int:
        day = self.days[number]
        parts: dict[tuple[int, int], list[Entry]] = {}
        sealed = [
            self.missions[mission_id] for mission_id in day.missions if self.missions[mission_id].placed_at < line
        ]
        for entry in sealed:
            parts.setdefault((entry.series, self.grid.slice_of(entry.placed_at)), []).append(entry)
            del self.missions[entry.mission_id]
            day.missions.discard(entry.mission_id)
            day.changed.discard(entry.mission_id)
        for (series, slice_number), entries in sorted(parts.items()):
            start = self.grid.start_of(slice_number)
            day.aggregates.append(aggregate(entries, series, start, start + self.grid.seconds))
        if sealed:
            day.rewrite = True
        return len(sealed)

    def roll_up_before(self, day_number: int, *, backend: Backend) -> None:
        """Merge the slices of each wholly sealed day before `day_number` into one aggregate per series."""
        for number, day in self.days.items():
            if number >= day_number or day.missions or day.whole:
                continue
            alike: dict[tuple[int, tuple[float | None, ...]], list[Aggregate]] = {}
            for part in day.aggregates:
                alike.setdefault((part.series, part.targets), []).append(part)
            day.rewrite = day.rewrite or len(alike) < len(day.aggregates)
            day.aggregates = [roll_up(parts, backend=backend) for parts in alike.values()]
            day.whole = self.grid.midnight(number + 1) <= self.sealed_before

    def forget(self, number: int) -> None:
        """Drop a stored day that can never change again (`Day.whole`), so that memory does not grow with history."""
        del self.days[number]

    def oldest_slices(self) -> Iterator[tuple[float, int]]:
        """Starts (epoch seconds) of the slices that hold missions, oldest first, with the number held."""
        for number in sorted(self.days):
            counts: dict[int, int] = {}
            for mission_id in self.days[number].missions:
                slice_number = self.grid.slice_of(self.missions[mission_id].placed_at)
                counts[slice_number] = counts.get(slice_number, 0) + 1
            for slice_number in sorted(counts):
                yield self.grid.start_of(slice_number), counts[slice_number]


def _compare(known: Entry, mission: Mission, change: Change) -> Seen:
    if mission.revision is None:
        # Without a version the order in the partition decides, and the same again is a duplicate.
        return Seen.SAME if change is Change.NONE else Seen.NEWER
    if known.revision is None or mission.revision > known.revision:
        return Seen.NEWER
    return Seen.SAME if mission.revision == known.revision else Seen.OLDER

"""The correctable ledger of one partition: which missions are known, and what each contributes now.

Decides the outcome of every event by a literal table (`core.outcomes`). A newer snapshot replaces the contribution of
the one before it exactly, across series, slices and days. A sealed mission cannot be changed any more: whatever comes
of it is refused as late, never merged silently. The seal line is no barrier: a mission behind it that was not sealed
is taken up, in a slice that stays open behind the line until `seal_behind`.
Refuses to know bytes, offsets and storage; it only keeps track of which missions changed in which day.

Every event passes here, so `apply` is written for speed: missions are held by slice, and slices and days stand in
order, so that sealing costs what it seals and a checkpoint what has changed, however much is held.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, groupby, product
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from monitor.core.digest import Backend
from monitor.core.mission import Kind, Mission
from monitor.core.outcomes import RULES, STORES, Case, Change, Outcome, Seen
from monitor.core.rows import Row
from monitor.core.sealed_ids import SealedIds, hashed
from monitor.core.sealing import roll_up
from monitor.core.slices import Aggregate, Grid
from monitor.core.stored import StoredDay

NO_CEILING: Final = 2**62
"""More missions than any memory holds."""

# The same table by number, for `Ledger.apply`: naming a Case for every event costs more than all the rest of it.
# An unknown mission needs no look-up. Both seen and change add their number.
_NEWER, _SAME, _OLDER = 0, 3, 6
_NONE, _COUNTS, _CEASES = 0, 1, 2
_VERDICTS: Final = tuple(RULES[Case(*case)] for case in product((Seen.NEWER, Seen.SAME, Seen.OLDER), Change))
_STORED: Final = tuple(outcome in STORES for outcome in _VERDICTS)

_MAY_CROSS: Final = tuple(
    outcome in (Outcome.CORRECTION, Outcome.WITHDRAWN, Outcome.CONFLICT) for outcome in _VERDICTS
)

_UNMEASURED: Final = int(Kind.UNMEASURED)
_SAID_LESS: Final = (int(Kind.NO_BEGIN), int(Kind.NO_END))
"""What version 1 of stored state calls unmeasured: the same snapshot, read again, tells nothing else."""

_NOT_BEGUN: Final = (int(Kind.UNTIMED), int(Kind.NO_BEGIN))
"""Of missions that lie where somebody wrote of them: on which side of the seal line they began is not known."""

# Members by a name of the module: looking them up in their class takes several times as long.
_hold = msgspec.structs.force_setattr
_NEW, _UNCOUNTED, _LATE, _FULL = Outcome.NEW, Outcome.UNCOUNTED, Outcome.LATE, Outcome.LEDGER_FULL


class Crossing(NamedTuple):
    """A correction (or one refused for conflict) that may have taken a mission into another calendar year."""

    outcome: Outcome
    known: Mission
    told: Mission


class Day:
    """One local day of one partition: the missions placed in it, and the aggregates of its sealed slices."""

    __slots__ = ("aggregates", "changed", "logged", "noted", "number", "partial", "rewrite", "sealed_ids", "slices",
                 "whole")  # fmt: skip

    def __init__(self, number: int, *, partial: bool = False) -> None:
        self.number = number
        self.slices: list[OpenSlice] = []
        """Its slices that are not sealed, in no order."""
        self.aggregates: list[Aggregate] = []
        self.sealed_ids: list[bytes] = []
        """Of the missions in them (`core.sealed_ids`)."""
        self.noted = True
        """Whether these are all: an earlier program sealed without noting them."""
        self.partial = partial
        """Whether more is stored of it than is held here: it was forgotten, and told of again. It can only be added
        to, and what was sealed is held until it is stored."""
        self.changed: dict[str, Mission] = {}
        """What to store at the next checkpoint: missions as they are now, markers for those that left. Its slices
        share this very dict."""
        self.logged = 0
        """Entries in the stored log of this day, superseded ones included."""
        self.rewrite = False
        """Whether the stored day must be written whole (after sealing)."""
        self.whole = False
        """Whether the day is sealed from midnight to midnight and rolled up: nothing can change it any more."""

    @property
    def missions(self) -> set[str]:
        """The missions placed in this day, gathered anew."""
        return set().union(*(held.missions for held in self.slices))

    @property
    def held(self) -> int:
        """How many `missions` there are."""
        return sum(len(held.missions) for held in self.slices)


class OpenSlice:
    """The missions of one slice that is not sealed. It stays until it is, also without missions."""

    __slots__ = ("changed", "day", "missions")

    def __init__(self, day: Day) -> None:
        self.day = day
        self.missions: set[str] = set()
        self.changed = day.changed


class Vicinity(NamedTuple):
    """Slices (by their start, epoch seconds) within `seconds` of the one that starts at `middle`."""

    middle: float
    seconds: float

    def holds(self, start: float) -> bool:
        return abs(start - self.middle) <= self.seconds


Seal = Callable[[Mapping[int, list[Mission]], float, float], Iterable[Aggregate]]
"""Makes the aggregates of a slice: of its missions that count, for each series that it has any mission of, its start
and its end (epoch seconds)."""


class Ledger:
    """The missions of one partition. `apply` is the only way in; sealing the only way out."""

    __slots__ = (
        "_behind",
        "_forgotten",
        "_let_go",
        "_not_whole",
        "_order",
        "_sealed_ids",
        "_seconds",
        "_slices",
        "_unnoted",
        "ceiling",
        "crossed",
        "days",
        "grid",
        "missions",
        "row_count",
        "rows",
        "sealed_before",
        "touched",
    )

    def __init__(self, grid: Grid, *, ceiling: int = NO_CEILING) -> None:
        """`ceiling`: where so many missions are known, no other is taken up."""
        self.grid = grid
        self.ceiling = ceiling
        self.missions: dict[str, Mission] = {}
        self.rows: dict[str, tuple[Row, ...]] = {}
        """What stands of those missions that are told in rows (`core.row_ledger`)."""
        self.row_count = 0
        self.days: dict[int, Day] = {}
        self.touched: set[int] = set()
        """Days that the next checkpoint must look at: no other has changed since the one before."""
        self.sealed_before = float("-inf")
        """Seal line, epoch seconds, the start of a slice. What has passed it was sealed; what came behind it since
        lies in slices of its own."""
        self._sealed_ids = SealedIds()
        self._let_go: list[OpenSlice] = []
        """Sealed, and not noted there yet."""
        self._unnoted: set[int] = set()
        """Days of which an earlier program has sealed missions, and nobody knows which."""
        self.crossed: list[Crossing] = []
        """What `core.restated` has to look at since it was last emptied."""
        self._seconds = float(grid.seconds)
        """Of a slice. A float: to divide by an int takes half as long again."""
        self._slices: dict[float, OpenSlice] = {}
        """By number. A float: what `//` gives; the step to an int would be taken for every event."""
        self._order: list[float] = []
        """The keys of `_slices` from the seal line on, sorted."""
        self._behind: list[float] = []
        """Those behind it, sorted."""
        self._not_whole: list[int] = []
        """The keys of `days` that are to be rolled up once the line has passed them, sorted."""
        self._forgotten: set[int] = set()

    def restore(self, number: int, stored: StoredDay) -> None:
        """Take up a stored day as it is, at the beginning."""
        self._sealed_ids.add(stored.sealed_ids)
        if not stored.noted:
            self._unnoted.add(number)
        if self._has_passed(number) and _is_whole(stored):
            self._forgotten.add(number)
            return
        day = self._new_day(number)
        day.aggregates, day.logged, day.noted = list(stored.aggregates), stored.logged, stored.noted
        day.sealed_ids = [stored.sealed_ids]
        for entry in stored.entries.values():
            self.missions[entry.mission_id] = entry
            self._slice(entry.placed_at).missions.add(entry.mission_id)
        self.rows.update(stored.rows)
        self.row_count += sum(map(len, stored.rows.values()))

    def apply(self, mission: Mission) -> Outcome:
        """Take one snapshot into account and say what became of it."""
        known = self.missions.get(mission.mission_id)
        if known is None:
            return self._take_up(mission)
        kind, times = mission.kind, mission.times
        if kind == 0:
            # A mission that counts for nothing has no place of its own: it stays where it is remembered.
            change = _NONE if known.kind == 0 else _CEASES
            series, placed_at = known.series, known.placed_at
        else:
            series, placed_at = mission.series, mission.placed_at
            change = (
                _NONE
                if (known.kind == kind or (known.kind == _UNMEASURED and kind in _SAID_LESS))
                and known.placed_at == placed_at
                and known.times == times
                and known.series == series
                else _COUNTS
            )
        held, revision = known.revision, mission.revision
        if revision is None:
            # Without a version the order in the partition decides, and the same again is a duplicate.
            seen, revision = _SAME if change == _NONE else _NEWER, held
        elif held is None or revision > held:
            seen = _NEWER
        else:
            seen = _SAME if revision == held else _OLDER
        row = seen + change
        number = known.placed_at // self._seconds
        if (
            change
            and _MAY_CROSS[row]
            and (kind == 0 or known.kind == 0 or placed_at // self._seconds != number or not _STORED[row])
        ):
            self.crossed.append(Crossing(_VERDICTS[row], known, mission))
        if _STORED[row]:
            # Under the identity that is held: a second copy of the text would take as much room as all the rest.
            mission_id = known.mission_id
            if kind and revision is mission.revision:
                _hold(mission, "mission_id", mission_id)
            else:
                mission = Mission(mission_id, revision, series, placed_at, kind, times)
            self.missions[mission_id] = mission
            place = self._slices[number]
            if placed_at != known.placed_at:
                place = self._moved(mission, place)
            changed = place.changed
            if not changed:
                self.touched.add(place.day.number)
            changed[mission_id] = mission
        return _VERDICTS[row]

    def touch(self, mission_id: str) -> None:
        """Have a known mission stored at the next checkpoint, though it counts as before: its rows have changed."""
        mission = self.missions[mission_id]
        day = self._slices[mission.placed_at // self._seconds].day
        self.touched.add(day.number)
        day.changed[mission_id] = mission

    def _take_up(self, mission: Mission) -> Outcome:
        mission_id, placed_at, missions = mission.mission_id, mission.placed_at, self.missions
        asked = placed_at < self.sealed_before or mission.kind in _NOT_BEGUN
        if asked and self._may_be_sealed(mission_id, placed_at):
            return _LATE
        if len(missions) >= self.ceiling:
            return _FULL
        missions[mission_id] = mission
        place = self._slices.get(placed_at // self._seconds) or self._slice(placed_at)
        place.missions.add(mission_id)
        changed = place.changed
        if not changed:
            self.touched.add(place.day.number)
        changed[mission_id] = mission
        return _NEW if mission.kind else _UNCOUNTED

    def _may_be_sealed(self, mission_id: str, placed_at: float) -> bool:
        return self.was_sealed(mission_id) or (placed_at < self.sealed_before and self.is_unnoted(placed_at))

    def was_sealed(self, mission_id: str) -> bool:
        """Whether a mission of that identity was sealed, as far as anybody noted."""
        if self._let_go:
            self.note_sealed()
        return mission_id in self._sealed_ids

    def is_unnoted(self, placed_at: float) -> bool:
        """Whether an earlier program has sealed missions of that day."""
        return bool(self._unnoted) and self.grid.day_of(placed_at) in self._unnoted

    def _moved(self, mission: Mission, left: OpenSlice) -> OpenSlice:
        """The slice that the mission lies in now, which may be the one it lay in; marks the day that it left."""
        mission_id = mission.mission_id
        place = self._slice(mission.placed_at)
        if place is not left:
            left.missions.discard(mission_id)
            place.missions.add(mission_id)
            if place.day is not left.day:
                self.touched.add(left.day.number)
                left.changed[mission_id] = _left(mission_id)
        return place

    def _slice(self, placed_at: float) -> OpenSlice:
        number = placed_at // self._seconds
        place = self._slices.get(number)
        if place is None:
            day_number = self.grid.day_of(placed_at)
            day = self.days.get(day_number) or self._new_day(day_number)
            place = self._slices[number] = OpenSlice(day)
            day.slices.append(place)
            day.whole = False
            insort(self._order if placed_at >= self.sealed_before else self._behind, number)
        return place

    def _new_day(self, number: int) -> Day:
        day = self.days[number] = Day(number, partial=number in self._forgotten)
        insort(self._not_whole, number)
        return day

    def seal_before(self, line: float, seal: Seal, *, but: Vicinity | None = None) -> int:
        """Seal every slice from the line so far to `line` (epoch seconds); the number of missions let go.

        The line is moved down to the start of a slice and never goes back. Slices in `but` stay open behind it.
        """
        line = self.grid.floor(line)
        if line <= self.sealed_before:
            return 0
        self.sealed_before = line
        due = bisect_left(self._order, line // self._seconds)
        numbers = self._order[:due]
        del self._order[:due]
        if but is not None:
            kept = [number for number in numbers if but.holds(number * self._seconds)]
            self._behind.extend(kept)  # younger than all that lie there
            numbers = [number for number in numbers if number not in kept]
        return sum([self._seal_slice(number, seal) for number in numbers])

    def seal_behind(self, seal: Seal, *, missions: int) -> int:
        """Seal what lies behind the line, the oldest first, until so many missions are let go; how many were."""
        let_go = due = 0
        while due < len(self._behind) and let_go < missions:
            let_go += self._seal_slice(self._behind[due], seal)
            due += 1
        del self._behind[:due]
        return let_go

    def seal_farthest(self, seal: Seal, *, missions: int, but: Vicinity) -> int:
        """The same, what lies farthest from the middle of `but` first, and nothing that lies in it."""
        behind, seconds = self._behind, self._seconds
        let_go, first, last = 0, 0, len(behind)
        while first < last and let_go < missions:
            older = but.middle - behind[first] * seconds >= behind[last - 1] * seconds - but.middle
            number = behind[first if older else last - 1]
            if but.holds(number * seconds):
                break
            let_go += self._seal_slice(number, seal)
            first, last = (first + 1, last) if older else (first, last - 1)
        self._behind = behind[first:last]
        return let_go

    @property
    def open_behind(self) -> bool:
        """Whether any slice behind the line is open."""
        return bool(self._behind)

    def _seal_slice(self, number: float, seal: Seal) -> int:
        """Turn a slice's missions into one aggregate per series; the number of missions let go."""
        place = self._slices.pop(number)
        day = place.day
        day.slices.remove(place)
        if not day.slices:
            self._to_roll_up(day.number)
        if not place.missions:
            return 0
        counting: dict[int, list[Mission]] = {}
        missions, rows = self.missions, self.rows
        for mission_id in place.missions:
            mission = missions.pop(mission_id)
            if rows:
                self.row_count -= len(rows.pop(mission_id, ()))
            some = counting.get(mission.series)
            if some is None:
                some = counting[mission.series] = []
            if mission.kind:
                some.append(mission)
        for mission_id in place.missions if day.partial else ():
            day.changed[mission_id] = _left(mission_id)
        for mission_id in place.missions if day.changed and not day.partial else ():
            day.changed.pop(mission_id, None)
        start = number * self._seconds
        day.aggregates.extend(seal(counting, start, start + self._seconds))
        self._let_go.append(place)
        day.rewrite = True
        self.touched.add(day.number)
        return len(place.missions)

    def note_sealed(self) -> None:
        """Take down who was sealed since this was done last: day by day, for a slice holds one or two."""
        noted = []
        for day, places in groupby(self._let_go, key=attrgetter("day")):
            ids = hashed(chain.from_iterable([place.missions for place in places]))
            day.sealed_ids.append(ids)
            noted.append(ids)
        self._sealed_ids.add(b"".join(noted))
        self._let_go.clear()

    def _to_roll_up(self, number: int) -> None:
        place = bisect_left(self._not_whole, number)
        if self._not_whole[place : place + 1] != [number]:
            self._not_whole.insert(place, number)

    def roll_up_before(self, day_number: int, *, backend: Backend, most: int = NO_CEILING) -> None:
        """Merge the slices of each wholly sealed day before `day_number` into one aggregate per series.

        Of at most so many days.
        """
        due = 0
        for number in self._not_whole:
            # In order, so the first that is not sealed up to its end ends it: a later one is not either.
            if number >= day_number or due >= most or not self._has_passed(number):
                break
            due += 1
            day = self.days[number]
            if day.slices:
                continue  # told of behind the line: it comes back when they are sealed
            whole = roll_up(day.aggregates, backend=backend)
            day.rewrite = day.rewrite or len(whole) < len(day.aggregates) or day.logged > 0
            day.aggregates = whole
            day.whole = True
            self.touched.add(number)
        del self._not_whole[:due]

    def _has_passed(self, number: int) -> bool:
        """Whether the seal line lies behind the end of a day."""
        return self.grid.midnight(number + 1) <= self.sealed_before

    def forget(self, number: int) -> None:
        """Drop a stored day that is whole (`Day.whole`), so that memory does not grow with history."""
        del self.days[number]
        self._forgotten.add(number)

    def oldest_slices(self) -> Iterator[tuple[float, int]]:
        """Starts (epoch seconds) of the slices from the line on that hold missions, oldest first, with the number."""
        for number in self._order:
            if held := len(self._slices[number].missions):
                yield number * self._seconds, held


def _left(mission_id: str) -> Mission:
    """The marker of a mission that a day holds no more."""
    return Mission(mission_id, None, 0, 0.0, Kind.MOVED, None)


def _is_whole(stored: StoredDay) -> bool:
    """Whether nothing would be made shorter by writing it anew."""
    alike = {part.alike for part in stored.aggregates}
    return not stored.entries and not stored.logged and len(alike) == len(stored.aggregates)

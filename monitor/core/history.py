"""Everything that is stored, as the read side holds it: days of all partitions, and a timeline per series.

Takes changed days in, gives timelines out, and rebuilds only those that a change touches. Whatever lies within an
area and a category on a day is part of theirs, judged by their targets; percentiles are never averaged. A reform of
the tree changes nothing before its day. Refuses to know where days come from and what time it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import accumulate
from operator import itemgetter
from typing import Final

import numpy as np

from monitor.core.agreement import Held, Tally, require_alike
from monitor.core.columns import Columns, Groups
from monitor.core.digest import Backend, Floats
from monitor.core.mission import Cause, Kind, Mission, times_of
from monitor.core.sealed import Sealed
from monitor.core.service import Measure, Objective, Series, Service
from monitor.core.slices import Aggregate, Grid
from monitor.core.stored import Head, StoredDay, StoredStateError, read_day
from monitor.core.targets import Targets
from monitor.core.timeline import EVER, Block, Timeline
from monitor.core.track import size
from monitor.core.windows import Span

BLOCK_DAYS: Final = 32
"""Local days that are pooled once and kept: a change of one day costs its block, not the history."""

Place = tuple[int, int]
"""(partition, local day)."""
Stretch = tuple[int, int]
"""Days that are pooled at once: `BLOCK_DAYS` by their number, or those of them on one side of a reform."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one stored day of one partition says of one series.

    Its missions are the columns `first` to `last` (excluded) of an array that all series of the day share: where they
    are thousands, most have one or two missions, and an array for each would be most of the memory.
    """

    day: Floats
    first: int
    last: int
    sealed: Sealed | None = None
    """None where nothing is: most days of most series."""

    @property
    def missions(self) -> Floats:
        """As in `Block`, in any order."""
        return self.day[:, self.first : self.last]

    def size(self, span: Span) -> int:
        """How many missions that count for anything rang in `span`."""
        known = size(np.sort(self.missions[0]), span)
        if self.sealed is None:
            return known
        begins = self.sealed.start
        held = (span.start <= begins) & (begins < span.end)
        return known + int(self.sealed.counts[held, : 2 + len(Cause)].sum())


class History:
    """The read side's memory. `put` changes in; ask for `timeline`s."""

    def __init__(
        self,
        grid: Grid,
        targets: Targets,
        service: Service,
        *,
        backend: Backend = "fastdigest",
    ) -> None:
        self.grid = grid
        self.targets = targets
        self.service = service
        self.heads: dict[int, Head] = {}
        self.columns = Columns.of(service)
        self._tallies: dict[int, Tally] = {}
        """What was taken over of each partition, to hold its next head against."""
        self.backend: Backend = backend
        self._groups: dict[tuple[Series, int], Groups] = {}
        self._facts: dict[Series, dict[Stretch, dict[Place, Facts]]] = {}
        self._strays: dict[Series, dict[Place, Facts]] = {}
        """Of series that the service does not declare, or not for that day: they are in no figure."""
        self._parts: dict[Series, dict[Stretch, set[Series]]] = {}
        """Which series are part of whatever has figures."""
        self._blocks: dict[Series, dict[Stretch, Block]] = {}
        """A series' own days, with all that judges them; whatever changes is dropped, as from the next two."""
        self._pools: dict[Series, dict[Stretch, Block]] = {}
        self._timelines: dict[Series, Timeline] = {}

    def put(self, partition: int, head: Head, days: Mapping[int, Sequence[bytes]], *, whole: bool = False) -> None:
        """Take over the present head and the present content of changed days; `whole`: in place of all that is known.

        All of it, or nothing. Raises StoredStateError; DamagedState where head and days do not agree.
        """
        require_alike(head, self.grid, self.service)
        known = (None if whole else self._tallies.get(partition)) or Tally(self.grid)
        held: dict[int, Held] = {}
        facts: dict[int, dict[Series, Facts]] = {}
        for day, blobs in days.items():  # one at a time: a year taken apart is several times what is kept of it
            stored = read_day(blobs)
            held[day] = known.held(head, day, stored)
            facts[day] = self._facts_of(partition, head, day, stored)
        tally = known.followed(head, held)
        # Nothing is refused from here on.
        if whole:
            self.drop(partition)
        self.heads[partition], self._tallies[partition] = head, tally
        for day, present in facts.items():
            self._place(partition, day, present)

    def put_day(self, partition: int, head: Head, day: int, stored: StoredDay) -> None:
        """Take over one day alone, made by hand: nothing is held against the head. Raises StoredStateError."""
        self._place(partition, day, self._facts_of(partition, head, day, stored))

    def _facts_of(self, partition: int, head: Head, day: int, stored: StoredDay) -> dict[Series, Facts]:
        entries: dict[int, list[Mission]] = {}
        for entry in stored.entries.values():
            entries.setdefault(entry.series, []).append(entry)
        aggregates: dict[int, list[Aggregate]] = {}
        for part in stored.aggregates:
            aggregates.setdefault(part.series, []).append(part)
        try:
            counting = {
                number: [one for one in some if Kind(one.kind) not in (Kind.NOTHING, Kind.MOVED)]
                for number, some in entries.items()
            }
            missions = [one for some in counting.values() for one in some]
            states = times_of(missions, len(self.service.clocks))
            whole = np.vstack([[one.placed_at for one in missions], states])
            ends = dict(zip(counting, accumulate(map(len, counting.values())), strict=True))
            return {
                head.series[number]: Facts(
                    whole,
                    ends.get(number, 0) - len(counting.get(number, ())),
                    ends.get(number, 0),
                    self._sealed(head.series[number], day, aggregates.get(number), head.measures),
                )
                for number in entries.keys() | aggregates.keys()
            }
        except (IndexError, ValueError) as fault:
            raise StoredStateError(
                f"partition {partition}, day {date.fromordinal(day)}: unknown series, threshold or kind ({fault}); "
                "rebuild the partition from Kafka"
            ) from fault

    def _sealed(
        self, series: Series, day: int, aggregates: Sequence[Aggregate] | None, measures: Sequence[Measure]
    ) -> Sealed | None:
        """As arrays: a sketch as stored takes four times the memory, and would be taken apart for each block."""
        return Sealed.of(aggregates, self.columns, self._judges(series, day), measures) if aggregates else None

    def _judges(self, series: Series, day: int) -> Groups:
        """What judges a series on a day: nothing, where it is not declared."""
        on = date.fromordinal(day)
        key = (series, self.service.era(on))
        groups = self._groups.get(key)
        if groups is None:
            areas, categories = self.service.pools(series[0], on), self.service.category_pools.get(series[1], ())
            groups = self._groups[key] = Groups(areas, categories, self.service.objectives)
        return groups

    def _stretch(self, day: int) -> Stretch:
        return day // BLOCK_DAYS, self.service.era(date.fromordinal(day))

    def _place(self, partition: int, day: int, present: Mapping[Series, Facts]) -> None:
        """In place of what was known of the day."""
        place, stretch = (partition, day), self._stretch(day)
        for series, known in self._facts.items():
            if place in known.get(stretch, ()) and series not in present:
                self._remove(series, place)
        for strays in self._strays.values():
            strays.pop(place, None)
        for series, facts in present.items():
            judges = self._judges(series, day)
            if not judges:
                self._strays.setdefault(series, {})[place] = facts
                continue
            self._facts.setdefault(series, {}).setdefault(stretch, {})[place] = facts
            for pool in judges:
                self._parts.setdefault(pool, {}).setdefault(stretch, set()).add(series)
            self._outdate(series, day)

    def drop(self, partition: int) -> None:
        """Forget a partition whose stored state was emptied."""
        self.heads.pop(partition, None)
        self._tallies.pop(partition, None)
        for series, stretches in self._facts.items():
            for place in [place for known in stretches.values() for place in known if place[0] == partition]:
                self._remove(series, place)
        for strays in self._strays.values():
            for place in [place for place in strays if place[0] == partition]:
                del strays[place]

    def timeline(self, area: str, category: str) -> Timeline:
        """The series in time order; empty where nothing is known of it."""
        timeline = self._timelines.get((area, category))
        if timeline is None:
            timeline = self._timelines[area, category] = Timeline(
                self.blocks(area, category),
                self.service,
                self.columns,
                judge=partial(self.targets_at, area, category),
            )
        return timeline

    def judged_by(self, targets: Targets) -> "History":
        """The same missions by other targets, as far as they are known one by one; for as long as nothing is put.

        Of sealed missions only the thresholds of their day were counted.
        """
        other = copy(self)
        other.targets, other._timelines = targets, {}  # noqa: SLF001 - of its own kind
        return other

    def whole(self) -> list[Timeline]:
        """Those that hold every mission, each in one of them: the root's, by category."""
        return [self.timeline(self.service.root, category) for category in self.service.leaf_categories]

    def blocks(self, area: str, category: str) -> list[Block]:
        """What the timeline of a series is made of, in time order: the missions, not yet taken apart by clock."""
        return [self._pool((area, category), stretch) for stretch in sorted(self._parts.get((area, category), ()))]

    def parts(self, area: str, category: str) -> Iterator[tuple[Series, Block]]:
        """The same series by series, each as the pool of `area` and `category` judges it."""
        for stretch in sorted(self._parts.get((area, category), ())):
            yield from self._parts_of((area, category), stretch)

    def left_out(self, span: Span = EVER) -> dict[str, int]:
        """Missions of `span` that are in no figure, by area: it or the category is not declared (any more) then."""
        found: dict[str, int] = {}
        for (area, _), known in sorted(self._strays.items()):
            if missions := sum([facts.size(span) for facts in known.values()]):
                found[area] = found.get(area, 0) + missions
        return found

    def _pool(self, pool: Series, stretch: Stretch) -> Block:
        """What lies within an area and a category, judged by their targets."""
        pools = self._pools.setdefault(pool, {})
        block = pools.get(stretch)
        if block is None:
            # Sorted: floats are then added up in one order, however the days came.
            parts = [part for _, part in self._parts_of(pool, stretch)]
            block = pools[stretch] = parts[0] if len(parts) == 1 else _joined(parts)
        return block

    def _parts_of(self, pool: Series, stretch: Stretch) -> Iterator[tuple[Series, Block]]:
        for series in sorted(self._parts[pool][stretch]):
            block = self._block(series, stretch)
            if block.sealed is not None:
                group = self._groups[series, stretch[1]].number(pool)
                block = Block(block.missions, block.sealed.judged_by(group, self.columns))
            yield series, block

    def _block(self, series: Series, stretch: Stretch) -> Block:
        blocks = self._blocks.setdefault(series, {})
        block = blocks.get(stretch)
        if block is None:
            block = blocks[stretch] = _joined(
                [facts for _, facts in sorted(self._facts[series][stretch].items(), key=itemgetter(0))]
            )
        return block

    def _remove(self, series: Series, place: Place) -> None:
        stretch = self._stretch(place[1])
        known = self._facts[series]
        del known[stretch][place]
        self._outdate(series, place[1])
        if not known[stretch]:
            del known[stretch]
            for pool in self._judges(series, place[1]):
                parts = self._parts[pool]
                parts[stretch].discard(series)
                if not parts[stretch]:
                    del parts[stretch]

    def _outdate(self, series: Series, day: int) -> None:
        stretch = self._stretch(day)
        self._blocks.get(series, {}).pop(stretch, None)
        for pool in self._judges(series, day):
            self._timelines.pop(pool, None)
            self._pools.get(pool, {}).pop(stretch, None)

    def targets_at(self, area: str, category: str, objective: Objective, instants: Floats) -> Floats:
        """The target (seconds, NaN where none) in force at each of the ascending `instants`."""
        found = np.full(len(instants), np.nan)
        for target_set in self.targets.sets:
            target = self.targets.target(area, category, target_set.valid_from).get(objective.slug)
            since = np.searchsorted(instants, self.grid.midnight(target_set.valid_from.toordinal()))
            found[since:] = np.nan if target is None else target
        return found


def _joined(parts: Sequence[Facts | Block]) -> Block:
    """One block of several, in time order."""
    missions = np.concatenate([one.missions for one in parts], axis=1)
    # What rang at one moment is ordered as well: the newest hundred are the same, however days came.
    return Block(
        missions[:, np.lexsort(missions[::-1])], Sealed.pool([one.sealed for one in parts if one.sealed is not None])
    )

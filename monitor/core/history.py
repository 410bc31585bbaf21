"""Everything that is stored, as the read side holds it: days of all partitions, and a timeline per series.

Takes changed days in, gives timelines out, and rebuilds only those that a change touches. The series of the root are
the pool of all areas' missions, judged by targets of its own; percentiles are never averaged. Refuses to know where
days come from and what time it is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from monitor.core.agreement import Tally, require_alike
from monitor.core.digest import Backend, Floats
from monitor.core.mission import Mission
from monitor.core.service import Measure, Objective, Series, Service
from monitor.core.slices import Aggregate, Grid
from monitor.core.stored import Head, StoredDay, StoredStateError, read_day
from monitor.core.targets import Targets
from monitor.core.timeline import EVER, Block, Facts, Timeline, block_of, facts_of, pool
from monitor.core.windows import Span

BLOCK_DAYS: Final = 32
"""Local days that are pooled once and kept: a change of one day costs its block, not the history."""


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
        self._configured = frozenset(service.told_series)
        self.heads: dict[int, Head] = {}
        self._tallies: dict[int, Tally] = {}
        """What was taken over of each partition, to hold its next head against."""
        self._backend: Backend = backend
        self._facts: dict[Series, dict[tuple[int, int], Facts]] = {}
        self._places: dict[Series, dict[int, set[tuple[int, int]]]] = {}
        """Which (partition, day) of a series lie in which block."""
        self._blocks: dict[Series, dict[int, Block]] = {}
        """Pooled already, the nation's as well; whatever changes is dropped."""
        self._timelines: dict[Series, Timeline] = {}

    def put(self, partition: int, head: Head, days: Mapping[int, Sequence[bytes]], *, whole: bool = False) -> None:
        """Take over the present head and the present content of changed days; `whole`: in place of all that is known.

        All of it, or nothing. Raises StoredStateError; DamagedState where head and days do not agree.
        """
        require_alike(head, self.grid, self.service.clock_slugs)
        stored = {day: read_day(blobs) for day, blobs in days.items()}
        known = None if whole else self._tallies.get(partition)
        tally = (known or Tally(self.grid)).after(head, stored)
        facts = {day: self._facts_of(partition, head, day, content) for day, content in stored.items()}
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
        slugs = [one.slug for one in self.service.objectives]
        columns = {
            place: slugs.index(objective) + len(slugs) * (area == self.service.root)
            for place, (area, _, objective) in enumerate(head.measures)
            if objective in slugs
        }
        for part in stored.aggregates:
            aggregates.setdefault(part.series, []).append(part)
        try:
            return {
                head.series[number]: facts_of(
                    entries.get(number, ()), aggregates.get(number, ()), columns, 2 * len(slugs)
                )
                for number in entries.keys() | aggregates.keys()
            }
        except (IndexError, KeyError) as fault:
            raise StoredStateError(
                f"partition {partition}, day {date.fromordinal(day)}: unknown series or kind ({fault}); "
                "rebuild the partition from Kafka"
            ) from fault

    def _place(self, partition: int, day: int, present: Mapping[Series, Facts]) -> None:
        """In place of what was known of the day."""
        place = (partition, day)
        for series, known in self._facts.items():
            if place in known and series not in present:
                self._remove(series, known, place)
        for series, facts in present.items():
            self._facts.setdefault(series, {})[place] = facts
            self._places.setdefault(series, {}).setdefault(day // BLOCK_DAYS, set()).add(place)
            self._outdate(series, day)

    def drop(self, partition: int) -> None:
        """Forget a partition whose stored state was emptied."""
        self.heads.pop(partition, None)
        self._tallies.pop(partition, None)
        for series, known in self._facts.items():
            for place in [place for place in known if place[0] == partition]:
                self._remove(series, known, place)

    def timeline(self, area: str, category: str) -> Timeline:
        """The series in time order; empty where nothing is known of it."""
        timeline = self._timelines.get((area, category))
        if timeline is None:
            objectives = self.service.objectives
            timeline = self._timelines[area, category] = Timeline(
                [self._block((area, category), number) for number in self._numbers(area, category)],
                objectives,
                judge=partial(self._targets_at, area, category),
                pooled=area == self.service.root,
                backend=self._backend,
            )
        return timeline

    def left_out(self, span: Span = EVER) -> dict[str, int]:
        """Missions of `span` in stored series that are not configured (any more), by district; only where any are."""
        found: dict[str, int] = {}
        for area, category in sorted(self._facts.keys() - self._configured):
            if missions := self.timeline(area, category).size(span):
                found[area] = found.get(area, 0) + missions
        return found

    def _numbers(self, area: str, category: str) -> list[int]:
        areas = self.service.leaf_areas if area == self.service.root else (area,)
        return sorted({number for name in areas for number in self._places.get((name, category), ())})

    def _block(self, series: Series, number: int) -> Block:
        blocks = self._blocks.setdefault(series, {})
        block = blocks.get(number)
        if block is None:
            area, category = series
            block = blocks[number] = (
                pool(
                    [
                        self._block((leaf, category), number)
                        for leaf in self.service.leaf_areas
                        if number in self._places.get((leaf, category), ())
                    ]
                )
                if area == self.service.root
                # Sorted: floats are then added up in one order, however the days came.
                else block_of([self._facts[series][place] for place in sorted(self._places[series][number])])
            )
        return block

    def _remove(self, series: Series, known: dict[tuple[int, int], Facts], place: tuple[int, int]) -> None:
        number = place[1] // BLOCK_DAYS
        del known[place]
        places = self._places[series]
        places[number].discard(place)
        if not places[number]:
            del places[number]
        self._outdate(series, place[1])

    def _outdate(self, series: Series, day: int) -> None:
        for whose in (series, (self.service.root, series[1])):
            self._timelines.pop(whose, None)
            self._blocks.get(whose, {}).pop(day // BLOCK_DAYS, None)

    def _targets_at(self, area: str, category: str, objective: Objective, instants: Floats) -> Floats:
        """The target (seconds, NaN where none) in force at each of the ascending `instants`."""
        found = np.full(len(instants), np.nan)
        for target_set in self.targets.sets:
            target = target_set.of(area, category).get(objective.slug)
            since = np.searchsorted(instants, self.grid.midnight(target_set.valid_from.toordinal()))
            found[since:] = np.nan if target is None else target
        return found


def seal_targets(
    targets: Targets, grid: Grid, service: Service, series: Series, at: float
) -> list[tuple[Measure, float]]:
    """Whose thresholds a slice that starts at `at` (epoch seconds) is held against, and what they are (seconds)."""
    day = date.fromordinal(grid.day_of(at))
    return [
        (measure, seconds)
        for measure in service.measures(series, day)
        if (seconds := targets.target(measure[0], measure[1], day).get(measure[2])) is not None
    ]

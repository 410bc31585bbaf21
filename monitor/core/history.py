"""Everything that is stored, as the read side holds it: days of all partitions, and a timeline per series.

Takes changed days in, gives timelines out, and rebuilds only those that a change touches. National series are the
pool of the districts' missions, judged by the national targets; percentiles are never averaged. Refuses to know
where days come from and what time it is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from itertools import product
from typing import Final

import numpy as np

from monitor.core.digest import Backend, Floats
from monitor.core.mission import Mission
from monitor.core.slices import TARGET_ORDER, Aggregate, Grid
from monitor.core.stored import Head, StoredDay, StoredStateError, read_day
from monitor.core.targets import NATIONAL, Target, Targets
from monitor.core.timeline import EVER, Block, Facts, Timeline, block_of, facts_of, pool
from monitor.core.windows import Span

Series = tuple[str, str]
"""(area, settlement); the area is a district's slug, or `national`."""

BLOCK_DAYS: Final = 32
"""Local days that are pooled once and kept: a change of one day costs its block, not the history."""


class History:
    """The read side's memory. `put` changes in; ask for `timeline`s."""

    def __init__(
        self,
        grid: Grid,
        targets: Targets,
        *,
        districts: Sequence[str],
        settlements: Sequence[str],
        backend: Backend = "fastdigest",
    ) -> None:
        self.grid = grid
        self.targets = targets
        self.districts = tuple(districts)
        self.settlements = tuple(settlements)
        self._configured = frozenset(product(self.districts, self.settlements))
        self.heads: dict[int, Head] = {}
        self._backend: Backend = backend
        self._facts: dict[Series, dict[tuple[int, int], Facts]] = {}
        self._places: dict[Series, dict[int, set[tuple[int, int]]]] = {}
        """Which (partition, day) of a series lie in which block."""
        self._blocks: dict[Series, dict[int, Block]] = {}
        """Pooled already, the nation's as well; whatever changes is dropped."""
        self._timelines: dict[Series, Timeline] = {}

    @property
    def areas(self) -> tuple[str, ...]:
        """National first, then the districts in their configured order."""
        return (NATIONAL, *self.districts)

    def put(self, partition: int, head: Head, days: Mapping[int, Sequence[bytes]]) -> None:
        """Take over the present head and the present content of changed days. Raises StoredStateError."""
        if (head.slice_seconds, head.zone) != (self.grid.seconds, self.grid.zone.key):
            raise StoredStateError(
                f"partition {partition} is stored in slices of {head.slice_seconds} s in {head.zone}, the "
                f"configuration says {self.grid.seconds} s in {self.grid.zone.key}"
            )
        self.heads[partition] = head
        for day, blobs in days.items():
            self.put_day(partition, head, day, read_day(blobs))

    def put_day(self, partition: int, head: Head, day: int, stored: StoredDay) -> None:
        """Take over one day of one partition, in place of what was known of it."""
        entries: dict[int, list[Mission]] = {}
        for entry in stored.entries.values():
            entries.setdefault(entry.series, []).append(entry)
        aggregates: dict[int, list[Aggregate]] = {}
        for part in stored.aggregates:
            aggregates.setdefault(part.series, []).append(part)
        try:
            present = {
                head.series[number]: facts_of(entries.get(number, ()), aggregates.get(number, ()))
                for number in entries.keys() | aggregates.keys()
            }
        except (IndexError, KeyError) as fault:
            raise StoredStateError(
                f"partition {partition}, day {date.fromordinal(day)}: unknown series or kind ({fault}); "
                "rebuild the partition from Kafka"
            ) from fault
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
        for series, known in self._facts.items():
            for place in [place for place in known if place[0] == partition]:
                self._remove(series, known, place)

    def timeline(self, area: str, settlement: str) -> Timeline:
        """The series in time order; empty where nothing is known of it."""
        timeline = self._timelines.get((area, settlement))
        if timeline is None:
            timeline = self._timelines[area, settlement] = Timeline(
                [self._block((area, settlement), number) for number in self._numbers(area, settlement)],
                judge=partial(self._targets_at, area, settlement),
                area="national" if area == NATIONAL else "own",
                backend=self._backend,
            )
        return timeline

    def left_out(self, span: Span = EVER) -> dict[str, int]:
        """Missions of `span` in stored series that are not configured (any more), by district; only where any are."""
        found: dict[str, int] = {}
        for area, settlement in sorted(self._facts.keys() - self._configured):
            if missions := self.timeline(area, settlement).size(span):
                found[area] = found.get(area, 0) + missions
        return found

    def _numbers(self, area: str, settlement: str) -> list[int]:
        areas = self.districts if area == NATIONAL else (area,)
        return sorted({number for name in areas for number in self._places.get((name, settlement), ())})

    def _block(self, series: Series, number: int) -> Block:
        blocks = self._blocks.setdefault(series, {})
        block = blocks.get(number)
        if block is None:
            area, settlement = series
            block = blocks[number] = (
                pool(
                    [
                        self._block((district, settlement), number)
                        for district in self.districts
                        if number in self._places.get((district, settlement), ())
                    ]
                )
                if area == NATIONAL
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
        for whose in (series, (NATIONAL, series[1])):
            self._timelines.pop(whose, None)
            self._blocks.get(whose, {}).pop(day // BLOCK_DAYS, None)

    def _targets_at(self, area: str, settlement: str, percent: int, instants: Floats) -> Floats:
        """The target (seconds, NaN where none) in force at each of the ascending `instants`."""
        found = np.full(len(instants), np.nan)
        for target_set in self.targets.sets:
            target = seconds(target_set.targets.get((area, settlement)), percent)
            since = np.searchsorted(instants, self.grid.midnight(target_set.valid_from.toordinal()))
            found[since:] = np.nan if target is None else target
        return found


def seconds(target: Target | None, percent: int) -> float | None:
    """The goal (50) or the requirement (80) in seconds, None where there is none."""
    if target is None:
        return None
    return target.goal_p50_seconds if percent == 50 else target.requirement_p80_seconds


def seal_targets(targets: Targets, grid: Grid, series: Series, at: float) -> tuple[float | None, ...]:
    """The four targets (seconds) that a slice starting at `at` is counted against, in `TARGET_ORDER`."""
    in_force = targets.in_force(date.fromordinal(grid.day_of(at)))
    known = {} if in_force is None else in_force.targets
    district, settlement = series
    of = {"own": known.get((district, settlement)), "national": known.get((NATIONAL, settlement))}
    return tuple([seconds(of[whose], percent) for whose, percent in TARGET_ORDER])

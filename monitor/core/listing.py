"""The missions behind a figure, one by one: those that an objective found late, unmeasured, open or stuck.

The same questions as a report's figures, asked of each mission by itself, so a list is as long as its figure is
large. What is sealed has no missions any more: it is counted, and never listed. Refuses to know periods by their
names, words, and where missions come from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import product

from monitor.core.agreement import Tally, require_alike
from monitor.core.mission import CAUSES, UNFINISHED, Cause, Kind, Mission, times_of
from monitor.core.service import Measure, Objective, Series, Service
from monitor.core.slices import Aggregate, Grid
from monitor.core.stored import Head, StoredDay, read_day
from monitor.core.targets import Targets
from monitor.core.windows import Span


class Question(StrEnum):
    """Which missions of those that count are asked for, on the clock of an objective."""

    LATE = "late"
    """Measured, and beyond the threshold in force when they were placed."""
    UNMEASURED = "unmeasured"
    """Without a value, whatever the cause."""
    OPEN = "open"
    """In progress, and can still be measured."""
    STUCK = "stuck"
    """Open for so long that nobody can register their end any more: they count as unmeasured."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: of which span, objective, area and category.

    Without an area every area that holds no others is asked, each by its own thresholds; so with categories. An
    inner node is asked as the pool that it is, by the pool's thresholds. Missions that are open, and began before
    `abandoned_before` (epoch seconds), are stuck.
    """

    question: Question
    objective: Objective
    span: Span
    abandoned_before: float
    area: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One mission of the answer. `area` and `category` are its own, `states` by clock as `core.mission.times_of`.

    `threshold` (seconds) is that of the objective for the area and category asked about, None where it has none;
    `cause` says why it has no value on the objective's clock.
    """

    mission_id: str
    area: str
    category: str
    placed_at: float
    states: Sequence[float]
    threshold: float | None
    cause: Cause | None

    def seconds(self, clock: int) -> float | None:
        """What a clock measured, by its place in the service's order."""
        return self.states[clock] if self.states[clock] >= 0 else None


@dataclass(slots=True)
class Roll:
    """Takes partitions as they are stored, and keeps what was asked for. `sealed`: of how many only sums are left.

    `aimless`: how many measured missions cannot be late, for where they were asked about the objective has no
    threshold; `aimed`: the pools of theirs that have one.
    """

    service: Service
    targets: Targets
    grid: Grid
    asked: Asked
    listed: list[Listed] = field(default_factory=list)
    sealed: int = 0
    aimless: int = 0
    aimed: set[Series] = field(default_factory=set)

    def put(self, partition: int, head: Head, days: Mapping[int, Sequence[bytes]]) -> None:
        """Take a whole partition. Raises StoredStateError, as `History.put` does."""
        del partition
        require_alike(head, self.grid, self.service)
        stored = {day: read_day(blobs) for day, blobs in days.items()}
        Tally(self.grid).after(head, stored)
        span = self.asked.span
        for day, content in stored.items():
            if self.grid.midnight(day) < span.end and span.start < self.grid.midnight(day + 1):
                self.listed.extend(self._of_day(head, date.fromordinal(day), content))
                self.sealed += sum(self._sealed(head, date.fromordinal(day), part) for part in content.aggregates)

    def _of_day(self, head: Head, day: date, content: StoredDay) -> Iterator[Listed]:
        counting = [one for one in content.entries.values() if Kind(one.kind) not in (Kind.NOTHING, Kind.MOVED)]
        span, clock = self.asked.span, self.service.clock_slugs.index(self.asked.objective.clock)
        columns = times_of(counting, len(self.service.clocks)).T.tolist()
        for one, states in zip(counting, columns, strict=True):
            judged_as = self._judged_as(head.series[one.series], day)
            if judged_as is None or not span.start <= one.placed_at < span.end:
                continue
            threshold = self.targets.target(*judged_as, day).get(self.asked.objective.slug)
            if self.asked.question is Question.LATE and threshold is None and states[clock] >= 0:
                self.aimless += 1
                self.aimed |= self._pools_with_aim(head.series[one.series], day)
            cause = self._cause(one, states[clock])
            if self._wanted(states[clock], threshold, cause):
                yield Listed(one.mission_id, *head.series[one.series], one.placed_at, states, threshold, cause)

    def _judged_as(self, series: Series, day: date) -> Series | None:
        """The area and category whose figure holds a series on a day, of those asked for; None where none does."""
        if self.asked.area is None and not self.service.is_leaf(series[0], day):
            return None
        if self.asked.category is None and series[1] not in self.service.leaf_categories:
            return None
        areas, categories = self.service.pools(series[0], day), self.service.category_pools.get(series[1], ())
        area, category = self.asked.area or series[0], self.asked.category or series[1]
        return (area, category) if area in areas and category in categories else None

    def _pools_with_aim(self, series: Series, day: date) -> set[Series]:
        """The pools of a series for which the objective has a threshold on a day."""
        slug = self.asked.objective.slug
        pools = product(
            (series[0], *self.service.pools(series[0], day)), self.service.category_pools.get(series[1], (series[1],))
        )
        return {pool for pool in pools if self.targets.target(*pool, day).get(slug) is not None}

    def _cause(self, one: Mission, state: float) -> Cause | None:
        kind = Kind.MEASURED if state >= 0 else Kind(int(-state))
        if kind in UNFINISHED:
            return Cause.ABANDONED if one.placed_at < self.asked.abandoned_before else None
        return CAUSES.get(kind)

    def _wanted(self, state: float, threshold: float | None, cause: Cause | None) -> bool:
        match self.asked.question:
            case Question.LATE:
                longest = self.asked.objective.longest_within(threshold)
                return longest is not None and state > longest
            case Question.UNMEASURED:
                return cause is not None
            case Question.STUCK:
                return cause is Cause.ABANDONED
            case Question.OPEN:
                return state < 0 and Kind(int(-state)) in UNFINISHED and cause is None

    def _sealed(self, head: Head, day: date, part: Aggregate) -> int:
        """How many of a sealed stretch are meant; nothing that was open then is open still."""
        span, judged_as = self.asked.span, self._judged_as(head.series[part.series], day)
        if judged_as is None or not span.start <= part.start < span.end:
            return 0
        tally = part.clocks[self.service.clock_slugs.index(self.asked.objective.clock)]
        match self.asked.question:
            case Question.LATE:
                measure: Measure = (*judged_as, self.asked.objective.slug)
                late = [
                    tally.measured - within for place, _, within in part.judged if head.measures[place] == measure
                ]
                if not late and tally.measured:
                    self.aimless += tally.measured
                    self.aimed |= self._pools_with_aim(head.series[part.series], day)
                return sum(late)
            case Question.UNMEASURED:
                return sum(tally.unmeasured)
            case Question.STUCK:
                return tally.unmeasured[[*Cause].index(Cause.ABANDONED)]
            case Question.OPEN:
                return 0

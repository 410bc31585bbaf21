"""A period's report as values: one row per area and category, ready for any format.

Decides what a report says, and in which order. Refuses to know how it is printed, how it came about (`drawing_up`)
and where missions come from. Seconds, unrounded; None where there is nothing.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from monitor.core.change import Change
from monitor.core.compared import Gap
from monitor.core.figures import ClockFigures, Figures
from monitor.core.forecast import Forecast, Forecasts
from monitor.core.service import Objective, Series, Service, Words
from monitor.core.snapshot import Row
from monitor.core.stats.binomial import Evidence
from monitor.core.stored import YearCount
from monitor.core.tail import Tail
from monitor.core.targets import TargetSet
from monitor.core.verdict import State, Verdict
from monitor.core.years import Year

MINUTE: Final = 60


class Status(StrEnum):
    """How far the figures of a period can be relied on to stay."""

    FINAL = "final"
    """The period is over and the events reach its end; only corrections change it."""
    RUNNING = "running"
    INCOMPLETE = "incomplete"
    """Over, but the newest known mission rang well before its end; or running, but its feed is silent."""
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Judged:
    """One objective of one area and category against its threshold."""

    figures: Figures
    verdict: Verdict

    @property
    def objective(self) -> Objective:
        """Which one."""
        return self.verdict.objective

    @property
    def seconds(self) -> float | None:
        """The statistic."""
        return self.figures.values[self.objective.slug]

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Where the 95 % interval of the statistic begins and ends; None where it has no bound."""
        around = self.figures.intervals[self.objective.slug]
        return around.lower, around.upper

    @property
    def exact(self) -> bool:
        """Whether the statistic is of every mission, or read from a sketch."""
        return self.figures.exact[self.objective.slug]

    @property
    def measured(self) -> int:
        """Missions with a value on the objective's clock."""
        return self.figures.of(self.objective).measured

    @property
    def threshold(self) -> float | None:
        """The threshold in force at the period's end."""
        return self.verdict.target_seconds

    @property
    def state(self) -> State:
        """The official answer, decided on exact times."""
        return self.verdict.state

    @property
    def evidence(self) -> Evidence | None:
        """How much the official answer means; None where there is none."""
        return self.verdict.evidence if self.state in (State.MET, State.MISSED) else None

    @property
    def state_by_whole_minutes(self) -> State:
        """What a reader of the rounded minutes would think: it may differ from `state`, which decides."""
        if self.seconds is None or self.threshold is None or self.evidence is None:
            return self.state
        return State.MET if whole_minutes(self.seconds) <= self.threshold / MINUTE else State.MISSED

    @property
    def late(self) -> int:
        """How many of the judged missions were late."""
        return self.verdict.judged - (self.verdict.within or 0)

    @property
    def allowed(self) -> int | None:
        """How many of them may be; None of a mean."""
        left = self.verdict.late_budget
        return None if left is None else left + self.late


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One area and category: this period's figures, and the previous one's where anything was measured in it."""

    row: Row
    before: Row | None
    applicable: bool
    """False where the targets say that there is no such category in this area."""

    @property
    def area(self) -> str:
        return self.row.area

    @property
    def category(self) -> str:
        return self.row.category

    @property
    def excluded(self) -> int:
        return self.row.figures.excluded

    def clock(self, slug: str) -> ClockFigures:
        """Measured and unmeasured missions of one clock."""
        return self.row.figures.clocks[slug]

    def judged(self, slug: str) -> Judged:
        """One objective."""
        return Judged(self.row.figures, self.row.verdicts[slug])

    def previous(self, slug: str) -> Judged | None:
        """The same objective in the period before; None where nothing was measured for it then."""
        before = None if self.before is None else Judged(self.before.figures, self.before.verdicts[slug])
        return before if before is not None and before.measured else None

    def change_seconds(self, slug: str) -> float | None:
        """How much longer the statistic is than in the period before; None where either has no missions."""
        now, before = self.judged(slug).seconds, self.previous(slug)
        return None if now is None or before is None or before.seconds is None else now - before.seconds


@dataclass(frozen=True, slots=True)
class Month:
    """The root area, one category, in one month of the period."""

    first: date
    row: Row

    def judged(self, slug: str) -> Judged:
        """One objective."""
        return Judged(self.row.figures, self.row.verdicts[slug])


@dataclass(frozen=True, kw_only=True)
class About:
    """What a service says of itself: what it is held to, what its sources did not settle, what cannot be declared."""

    description: Words = field(default_factory=dict)
    unverified: Sequence[str] = ()
    cannot_say: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """A judged period. `start` (included) and `end` (excluded) are local midnights."""

    service: Service
    period: str
    start: datetime
    end: datetime
    rows: Sequence[ReportRow]
    areas: Mapping[str, int]
    """The areas that there are in the period, each behind what it lies within, with how deep that is: the root 0."""
    previous: str | None
    """The period compared with: of the same kind."""
    status: Status
    as_of: datetime | None
    """When the newest mission rang that is known; None where none is."""
    open: int
    """Missions of the period that are still in progress."""
    months: Mapping[str, Sequence[Month]]
    """By category; empty for a report on a single month."""
    source: str
    """Where the targets come from."""
    errata: Sequence[str]
    """What is known to be wrong in that source."""
    over: bool
    """Whether the period has ended."""
    moves: Sequence[YearCount] = ()
    """Missions that corrections took out of a calendar year of the period, or into it, once it was closed."""
    conflicts: Sequence[YearCount] = ()
    """Events refused because they contradict what stands: of the year, or against a mission of it."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Stored missions of the period whose area or category is not declared: they are in no figure."""
    about: About = About()
    tails: Mapping[tuple[str, str, str], Tail] = field(default_factory=dict)
    """By area, category and objective: percentiles that judged any mission of the period."""
    forecasts: Forecasts = field(default_factory=dict)
    """Of a period that runs."""
    years: Sequence[Year] = ()
    """Up to the one that the period ends in, the oldest first."""
    in_force: TargetSet | None = None
    """What judges at the period's end."""
    why: Sequence[tuple[Objective, Change | Gap]] = ()
    """Why the root's late share changed from the period before; empty where there is none, or this has not begun."""
    records_ahead: int = 0
    """Events that claimed a moment in the future when they arrived; told only of a period that is not over."""

    def row(self, area: str, category: str) -> ReportRow:
        """The row of an area and category. Raises KeyError."""
        return self._by_series[area, category]

    def shown(self) -> list[ReportRow]:
        """The rows of the areas that there are in the period, each area behind what it lies within."""
        return [self.row(area, category) for area in self.areas for category in self.service.judged_categories]

    def forecast(self, row: ReportRow, slug: str) -> Forecast | None:
        """Whether an objective will be met at the period's end; None of a period that does not run."""
        return self.forecasts.get((row.area, row.category), {}).get(slug)

    def concerns(self, objective: Objective, category: str) -> bool:
        """Whether an objective is told of a category: some area has a threshold there, or none has any at all."""
        return category in (self._wanted[objective.slug] or self.service.judged_categories)

    @cached_property
    def _wanted(self) -> Mapping[str, Collection[str]]:
        return {
            one.slug: {
                row.category
                for row in self.rows
                if row.judged(one.slug).threshold is not None or row.judged(one.slug).verdict.judged
            }
            for one in self.service.objectives
        }

    @property
    def compared_areas(self) -> list[str]:
        """The areas beside each other: those that hold no others."""
        return [area for area in self.areas if area in self.service.leaf_areas and area != self.service.root]

    def leaves(self, area: str) -> list[ReportRow]:
        """The rows of an area that hold each of its missions once."""
        return [self.row(area, category) for category in self.service.leaf_categories]

    @cached_property
    def _by_series(self) -> Mapping[Series, ReportRow]:
        return {(row.area, row.category): row for row in self.rows}

    @property
    def known(self) -> bool:
        """Whether a single mission of the period is known."""
        return any(
            row.excluded or any(clock.measured or clock.unmeasured for clock in row.row.figures.clocks.values())
            for row in self.rows
        )

    @property
    def exact(self) -> bool:
        """Whether every statistic is of every mission."""
        return all(all(row.row.figures.exact.values()) for row in self.rows)


def unmeasured_ratio(figures: ClockFigures) -> float | None:
    """Share (0 to 1) of the missions that count without a value on a clock; None where none counts."""
    total = figures.measured + figures.unmeasured_total
    return figures.unmeasured_total / total if total else None


def whole_minutes(seconds: float) -> int:
    """Whole minutes as official tables print them: half a minute counts up."""
    return math.floor(seconds / MINUTE + 0.5)

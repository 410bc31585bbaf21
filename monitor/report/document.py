"""A period's report as values: one row per area and class, in minutes, ready for any format.

Decides what a report says and in which order. Refuses to know how it is printed and where missions come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.history import History
from monitor.core.snapshot import Row, over_period
from monitor.core.verdict import State
from monitor.core.windows import Period

GOAL = 50
REQUIREMENT = 80


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One area and class. Minutes are unrounded; None where there is nothing to show."""

    area: str
    settlement: str
    missions: int
    """Measured missions: those that are judged."""
    unmeasured: int
    excluded: int
    p50_minutes: float | None
    p80_minutes: float | None
    goal_p50_minutes: float | None
    requirement_p80_minutes: float | None
    within_goal: int
    within_requirement: int
    goal: State
    requirement: State
    late_budget: int | None
    """Late missions that the requirement still allows; negative: overdrawn."""
    exact: bool

    @property
    def unmeasured_ratio(self) -> float | None:
        """Share (0 to 1) of urgent, closed missions that lack a time."""
        total = self.missions + self.unmeasured
        return self.unmeasured / total if total else None


@dataclass(frozen=True, slots=True)
class Report:
    """A judged period. `start` (included) and `end` (excluded) are local midnights."""

    period: str
    start: datetime
    end: datetime
    rows: Sequence[ReportRow]
    names: dict[str, str]
    """What people call the areas."""
    source: str
    """Where the targets come from."""


def draw_up(history: History, period: Period, *, now: float, abandoned_after_seconds: float) -> Report:
    """Judge the period on what is known now (epoch seconds)."""
    span, zone = period.span(history.grid), history.grid.zone
    rows = over_period(history, period, now=now, abandoned_after_seconds=abandoned_after_seconds)
    in_force = history.targets.in_force(period.after - timedelta(days=1))
    return Report(
        period.name,
        datetime.fromtimestamp(span.start, zone),
        datetime.fromtimestamp(span.end, zone),
        [_row(row) for row in rows],
        dict(in_force.area_names) if in_force else {},
        in_force.source if in_force else "none in force",
    )


def _row(row: Row) -> ReportRow:
    figures, goal, requirement = row.figures, row.verdicts[GOAL], row.verdicts[REQUIREMENT]
    return ReportRow(
        area=row.area,
        settlement=row.settlement,
        missions=figures.measured,
        unmeasured=figures.unmeasured,
        excluded=figures.excluded,
        p50_minutes=_minutes(figures.percentiles[GOAL]),
        p80_minutes=_minutes(figures.percentiles[REQUIREMENT]),
        goal_p50_minutes=_minutes(goal.target_seconds),
        requirement_p80_minutes=_minutes(requirement.target_seconds),
        within_goal=goal.within,
        within_requirement=requirement.within,
        goal=goal.state,
        requirement=requirement.state,
        late_budget=requirement.late_budget,
        exact=figures.exact,
    )


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0

"""What a span of missions shows and what decides about it, as plain numbers: counts, statistics, intervals.

The words between the read side, the verdict and whoever shows them. Refuses to compute.
"""

from dataclasses import dataclass
from typing import Final

from monitor.core.mission import Cause
from monitor.core.percent import Percent
from monitor.core.service import Objective
from monitor.core.stats.interval import Interval

MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Count:
    """Missions measured against one objective's target: `judged` had one when they rang, `within` kept it.

    Of a mean also, in whole microseconds, what these missions took together (`total`), and what they may take: the
    sum of the target of each (`allowed`). None where it is not known (sealed by a version that did not keep it), and
    of percentiles. `squares`, `cubes`: sums of those powers of what each took beyond its target (seconds).

    `unmeasured`: how many more had a target when they rang, and no value; None where it is not known how many lie
    between the others (windows by count). `unmeasured_allowed`: the sum of their targets, of a mean.
    """

    judged: int
    within: int
    total: int | None = None
    allowed: int | None = None
    squares: float = 0.0
    cubes: float = 0.0
    unmeasured: int | None = None
    unmeasured_allowed: int = 0

    @property
    def total_seconds(self) -> float | None:
        """What the judged missions took together."""
        return None if self.total is None else self.total / MICROSECONDS


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """Missions that count, on one clock; `unmeasured` by the causes that occur, in their declared order."""

    measured: int
    unmeasured: dict[Cause, int]

    @property
    def unmeasured_total(self) -> int:
        """Whatever the cause."""
        return sum(self.unmeasured.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """What a span (or a count) of one series shows. Seconds; None where there is nothing to show.

    `clocks` by slug. By objective: `values` are the statistics, each of its own clock, `intervals` their 95 %
    intervals, `counts` what decides them; `exact` says whether a percentile is nearest-rank over every mission, or
    interpolated in a sketch, and whether a mean is a sum of every mission divided, or told from a sketch.
    """

    excluded: int
    clocks: dict[str, ClockFigures]
    values: dict[str, float | None]
    intervals: dict[str, Interval]
    exact: dict[str, bool]
    counts: dict[str, Count]
    last_rang_at: float | None

    @property
    def first(self) -> ClockFigures:
        """Of the clock that places missions in time: what is shown where only one number fits."""
        return next(iter(self.clocks.values()))

    def of(self, objective: Objective) -> ClockFigures:
        """Of an objective's clock."""
        return self.clocks[objective.clock]


@dataclass(frozen=True, slots=True)
class InProgress:
    """Open missions now: `overdue` are past the target asked about, so already known to be late.

    `presumed` of these are open for longer than is plausible: probably reached, and nobody registered it.
    """

    open: int
    overdue: int
    presumed: int = 0


def percent_of(objective: Objective) -> Percent:
    """Of an objective that is none of a mean. Raises ValueError."""
    if objective.percentile is None:
        raise ValueError(f"objective {objective.slug} is a mean")
    return objective.percentile

"""Missions that count on a clock and have no value there: how many of them each objective would have judged.

A mission that had no target when it rang is nobody's, measured or not. Judged once, on building, as `core.track` does
with those that have a value. Refuses to know why they have none, and when an open one is given up.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.figures import MICROSECONDS
from monitor.core.service import Objective, Statistic
from monitor.core.windows import Span

Judge = Callable[[Objective, Floats], Floats]
"""For an objective and instants (epoch seconds): the target in force at each (seconds, NaN where none)."""
Lack = tuple[int, int]
"""How many, and the sum of their targets (microseconds), of a mean."""
NONE: Lack = (0, 0)


class Lacking:
    """Of one clock, in time order. Immutable once built."""

    def __init__(self, at: Floats, objectives: Sequence[Objective], judge: Judge) -> None:
        """`at` ascends: when each was placed (epoch seconds)."""
        self._at = at
        self._sums = [_running(judge(one, at), one) for one in objectives]
        self._nothing = (NONE,) * len(objectives)

    def within(self, span: Span) -> Sequence[Lack]:
        """Those that rang in `span`, by objective."""
        first, last = self._at.searchsorted((span.start, span.end)).tolist() if len(self._at) else (0, 0)
        if first >= last:
            return self._nothing
        return tuple([(_of(judged, first, last), _of(allowed, first, last)) for judged, allowed in self._sums])


def _running(targets: Floats, objective: Objective) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Running counts, and running sums of a mean, so that a difference of two is that of a run."""
    judged = ~np.isnan(targets)
    if objective.statistic is not Statistic.MEAN:
        return _summed(judged), np.empty(0, np.int64)
    return _summed(judged), _summed(np.where(judged, np.rint(targets * MICROSECONDS), 0.0))


def _summed(numbers: Floats | NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(numbers, dtype=np.int64)))


def _of(running: NDArray[np.int64], first: int, last: int) -> int:
    return int(running[last] - running[first]) if len(running) else 0

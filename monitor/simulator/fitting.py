"""How long the missions of a cell have to take so that its objectives are all reached, or all missed.

The answer is one scale for all clocks. It leaves a margin, in time and in missions: what was asked for also holds
while a few of the missions are told wrong, elsewhere, or not yet. Refuses to know where thresholds come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from monitor.core.service import Objective
from monitor.simulator.columns import Columns, Floats, last_that_holds

_MARGIN: Final = 0.05  # of the threshold
_DOUBTED: Final = 0.03  # of the missions
_FASTEST, _SLOWEST = 1e-4, 1e4
_WORTH_IT: Final = 1.5
"""Scales are near 1, for instants are laid out by the thresholds: nothing is drawn out only because it may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An objective of the clock at this place of the service's, with its threshold in seconds."""

    clock: int
    objective: Objective
    threshold: float


def is_reached(values: Floats, asked: Asked) -> bool:
    """Whether the ascending values reach the objective whichever of the doubted ones are taken away."""
    left, near = len(values) - _doubted(values), asked.threshold * (1 - _MARGIN)
    if asked.objective.percentile is None:
        return float(values[-left:].mean()) <= near
    within = int(np.searchsorted(values, near, side="right"))
    return (within - _doubted(values)) * 100 >= asked.objective.percentile * left


def is_missed(values: Floats, asked: Asked) -> bool:
    """Whether the ascending values miss the objective whichever of the doubted ones are taken away."""
    left, near = len(values) - _doubted(values), asked.threshold * (1 + _MARGIN)
    if asked.objective.percentile is None:
        return float(values[:left].mean()) > near
    return int(np.searchsorted(values, near, side="right")) * 100 < asked.objective.percentile * left


def scale_of(columns: Columns, asked: Sequence[Asked], *, reach: bool, leeway: float) -> float:
    """The scale at which everything asked is reached, or missed; 1 where nothing is asked, or can be.

    What no scale brings about is left out: no plausible time is beyond a threshold above the longest. `leeway`, 0 to
    1, says how far beyond the margin.
    """
    judge = is_reached if reach else is_missed

    def holding(scale: float) -> set[Asked]:
        clocks = [np.sort(seconds[~np.isnan(seconds)]) for seconds in columns.clock_seconds(scale)]
        return {one for one in asked if len(clocks[one.clock]) and judge(clocks[one.clock], one)}

    possible = holding(_FASTEST if reach else _SLOWEST)
    if not possible:
        return 1.0
    edge = float(last_that_holds(lambda scale: (possible <= holding(float(scale[0]))) is reach)[0])
    if reach:
        return min(edge, _WORTH_IT) * (1 - 0.15 * leeway)
    return max(edge, 1 / _WORTH_IT) * (1.001 + 0.2 * leeway)


def _doubted(values: Floats) -> int:
    return min(ceil(_DOUBTED * len(values)), len(values) - 1)

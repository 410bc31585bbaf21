"""The level that a series will have over the time ahead, from its months so far: a state-space model.

Definition: z is by how much a mission is better than its target asks, in standard deviations of one mission:
(within - p)/√(s(1 - s)); 0 is just on target, and n missions tell their mean with a variance of 1/n. The mean of a
month is level + wander + season: the level walks at random (`drift`, standard deviation by √month), the wander is
forgotten in `MEMORY_MONTHS`, the season is a sine wave of a year.
Formula: a Kalman filter over the months, for each of a grid of drifts, wanders and seasons; these weigh by their
likelihood. So a drift is believed as far as the months show one, and with few missions all of them stay possible.
The level of a series begins at its `Prior`: drawn from the whole (a nation) as widely as the parts of it scatter
(`between`), and its season from the whole's.
Assumes missions independent given the level of their month; a share has the spread of its year in each month.
Source: Kalman, J. Basic Eng. 82 (1960) 35-45; Harvey, "Forecasting, Structural Time Series Models and the Kalman
Filter" (1989), chapters 3-4; between parts: DerSimonian & Laird, Controlled Clinical Trials 7 (1986) 177-188.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MONTHS_A_YEAR: Final = 12
MEMORY_MONTHS: Final = 2.0
"""After so long a wander has forgotten all but 1/e of where it stood."""
_TURN: Final = 2.0 * math.pi / MONTHS_A_YEAR

DRIFTS: Final = (0.03, 0.05)
"""By √month. Of a share of 80 % a unit is 40 points: 0.015 moves it by two points in a year."""
WANDERS: Final = (0.03, 0.10)
SEASONS: Final = (0.01, 0.10)
"""Standard deviations of the two waves that make up a season, about those of the whole."""
TRENDS: Final = (0.004, 0.014)
"""Standard deviations of a slope that goes on, by month."""
_GRID: Final = np.array([*product(DRIFTS, WANDERS, SEASONS, TRENDS)])
_EVEN: Final = -math.log(len(_GRID))

WIDE: Final = 1.0
"""Variance of a level that nothing is known of: such a prior counts as one mission."""
_LEAST_BETWEEN: Final = 0.01
_FEW: Final = 3
"""Fewer parts say nothing of how widely parts scatter."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of a series before its own months are seen."""

    level: float = 0.0
    variance: float = WIDE
    season: tuple[float, float] = (0.0, 0.0)


UNKNOWN: Final = Prior()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The mean level over the time ahead, and its variance; `level` and `season` are what others are drawn to."""

    mean: float
    variance: float
    level: float
    season: tuple[float, float]


def outlook(values: Floats, missions: Floats, ahead: float, prior: Prior = UNKNOWN) -> Outlook:
    """Of a series whose months are given, the oldest first, the last one ending now: mean z and number of missions.

    `ahead`: how far to look, in months. Months without missions have any value.

    >>> steady = outlook(np.full(12, 0.1), np.full(12, 50.0), 6.0)
    >>> round(steady.mean, 2), 0.03 < steady.variance ** 0.5 < 0.12
    (0.1, True)
    """
    walk, wander, season, trend = _GRID.T
    state = np.tile([prior.level, 0.0, *prior.season, 0.0], (len(_GRID), 1))
    spread = np.zeros((len(_GRID), 5, 5))
    spread[:, 0, 0], spread[:, 1, 1] = prior.variance, wander**2
    spread[:, 2, 2] = spread[:, 3, 3] = season**2
    spread[:, 4, 4] = trend**2
    likelihood = np.full(len(_GRID), _EVEN)
    kept = math.exp(-1.0 / MEMORY_MONTHS)
    onward = np.diag([1.0, kept, 1.0, 1.0, 1.0])
    onward[0, 4] = 1.0
    for back, value, n in zip(range(len(values), 0, -1), values.tolist(), missions.tolist(), strict=True):
        state = state @ onward.T
        spread = onward @ spread @ onward.T
        spread[:, 0, 0] += walk**2
        spread[:, 1, 1] += wander**2 * (1.0 - kept**2)
        if not n:
            continue
        angle = _TURN * (0.5 - back)
        seen = np.array([1.0, 1.0, math.cos(angle), math.sin(angle), 0.0])
        towards = spread @ seen
        variance = towards @ seen + 1.0 / n
        missed = value - state @ seen
        gain = towards / variance[:, None]
        state += gain * missed[:, None]
        spread -= gain[:, :, None] * towards[:, None, :]
        likelihood -= 0.5 * (np.log(variance) + missed**2 / variance)
    weights = np.exp(likelihood - likelihood.max())
    weights /= weights.sum()
    looked, later = _ahead(ahead, walk, wander)
    means = state @ looked
    variances = spread @ looked @ looked + later
    mean = float(weights @ means)
    return Outlook(
        mean=mean,
        variance=float(weights @ (variances + (means - mean) ** 2)),
        level=float(weights @ state[:, 0]),
        season=(float(weights @ state[:, 2]), float(weights @ state[:, 3])),
    )


def _ahead(months: float, walk: Floats, wander: Floats) -> tuple[Floats, Floats]:
    """How the present state bears on the mean over the months ahead, and the variance of what is still to happen."""
    months = max(months, 1e-6)
    turned, faded = _TURN * months, math.exp(-months / MEMORY_MONTHS)
    memory = MEMORY_MONTHS / months
    looked = np.array(
        [1.0, memory * (1.0 - faded), math.sin(turned) / turned, (1.0 - math.cos(turned)) / turned, months / 2.0]
    )
    # Of a mean over an Ornstein-Uhlenbeck process and over a Brownian motion that begin where they are now.
    wandered = max(0.0, memory**2 * (2.0 / memory - 3.0 + 4.0 * faded - faded**2))
    return looked, wander**2 * wandered + walk**2 * months / 3.0


def between(parts: Sequence[tuple[float, float]]) -> float:
    """The variance of the true levels of parts; `parts`: of each its mean z, and of how many missions.

    >>> round(between([(0.3, 100.0), (-0.3, 100.0), (0.0, 100.0)]), 2), between([(0.1, 5.0)])
    (0.08, 1.0)
    """
    some = [(value, n) for value, n in parts if n]
    if len(some) < _FEW:
        return WIDE
    total = sum(n for _, n in some)
    mean = sum(value * n for value, n in some) / total
    scatter = sum(n * (value - mean) ** 2 for value, n in some) - (len(some) - 1)
    room = total - sum(n * n for _, n in some) / total
    return min(WIDE, max(_LEAST_BETWEEN, scatter / room))

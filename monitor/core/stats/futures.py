"""The chance that a target will be met at a period's end, as things stand: what is judged, and all that may come.

Definition: P(within + X >= p (n + N)), N missions to come (`volume`) and X of them within, beta-binomial about
the level ahead (`level`), whose variance the Beta distribution has. Missions in progress come besides, each within,
late, or never measured. Every future (so many within, so many late) is told for up to `volume.FEW` missions; beyond,
X/N is taken as continuous, with the same mean and variance.
Decided by whole numbers as the verdict is. Never 0 or 1: what the model does not know is worth `LEAST`.
Source: Skellam, J. R. Statist. Soc. B 10 (1948) 257-261.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln

from monitor.core.percent import Percent, share
from monitor.core.stats.volume import Volume

Floats = NDArray[np.float64]

LEAST: Final = 0.01
_SURE_SHARE: Final = 1e-4
"""No level is thought nearer to 0 or 1."""
_TOLD_OPEN: Final = 16
"""So many missions in progress are told one by one; what more there are, by what is expected of them."""


@dataclass(frozen=True, slots=True)
class Open:
    """What may become of a mission in progress: the rest of 1 is that it is never measured."""

    within: float
    late: float


@dataclass(frozen=True, slots=True)
class Level:
    """Mean and variance of the share within that is ahead."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class SoFar:
    """A period until now: `within` of `judged` missions, and those in progress."""

    within: int
    judged: int
    in_progress: Sequence[Open] = ()


def chance_of_share(so_far: SoFar, percent: Percent, level: Level, volume: Volume) -> float:
    """That the share within reaches a percentage.

    Eight of ten are within, and one more comes for certain: met at 80 % if that one is within.

    >>> round(chance_of_share(SoFar(8, 10), 80, Level(0.7, 0.01), Volume(0.0, 1.0, late=1, comes=1.0)), 3)
    0.7
    """
    a, b = _beta(level)
    chances = volume.chances()
    if chances is not None:
        return bounded(_told(so_far, percent, (a, b), chances))
    numbers = volume.quantiles()
    more = sum(one.within for one in so_far.in_progress)
    judged = so_far.judged + more + sum(one.late for one in so_far.in_progress)
    needed = share(percent) * (judged + numbers) - so_far.within - more
    return bounded(float(_at_least(needed, numbers, a, b).mean()))


def bounded(chance: float) -> float:
    """Never certain."""
    return min(1.0 - LEAST, max(LEAST, chance))


def _beta(level: Level) -> tuple[float, float]:
    mean = min(1.0 - _SURE_SHARE, max(_SURE_SHARE, level.mean))
    spread = mean * (1.0 - mean)
    weight = spread / min(max(level.variance, 1e-9), 0.5 * spread) - 1.0
    return mean * weight, (1.0 - mean) * weight


def _told(so_far: SoFar, percent: Percent, beta: tuple[float, float], chances: Floats) -> float:
    """Every future: rows are so many more within, columns so many more late, added up along the row."""
    (a, b), most = beta, len(chances)
    count = np.arange(most)
    logs = gammaln(count + 1.0) - gammaln(a + b + count) + gammaln(a + b) - gammaln(a) - gammaln(b)
    good, bad = gammaln(a + count) - gammaln(count + 1.0), gammaln(b + count) - gammaln(count + 1.0)
    whole = count[:, None] + count
    with np.errstate(divide="ignore"):
        so_many = np.where(whole < most, (logs + np.log(chances))[np.minimum(whole, most - 1)], -np.inf)
    up_to = np.cumsum(np.exp(good[:, None] + bad + so_many), axis=1)
    (more_within, more_late), opened = _of_open(so_far.in_progress)
    within, late = so_far.within + more_within, so_far.judged - so_far.within + more_late
    begun, belated = np.indices(opened.shape)
    over, under = percent.as_integer_ratio()
    rows = count[:, None, None]
    # Met while (100 under - over) within >= over late: the most that may come late beside so many within.
    allowed = (100 * under - over) * (within + begun + rows) // over - late - belated
    # Where nothing at all comes to be judged no target is met.
    nothing = 0.0 if within + late else float(up_to[0, 0] * opened[0, 0])
    reached = np.where(allowed >= 0, up_to[rows, np.clip(allowed, 0, most - 1)], 0.0)
    return float((reached * opened).sum()) - nothing


def _of_open(in_progress: Sequence[Open]) -> tuple[tuple[int, int], Floats]:
    """How many of those beyond the first are within and late, by what is expected; and the chances for the first."""
    told, more = in_progress[:_TOLD_OPEN], in_progress[_TOLD_OPEN:]
    chances = np.ones((1, 1))
    for one in told:
        grown = np.zeros((chances.shape[0] + 1, chances.shape[1] + 1))
        grown[:-1, :-1] += (1.0 - one.within - one.late) * chances
        grown[1:, :-1] += one.within * chances
        grown[:-1, 1:] += one.late * chances
        chances = grown
    return (round(sum(one.within for one in more)), round(sum(one.late for one in more))), chances


def _at_least(needed: Floats, numbers: Floats, a: float, b: float) -> Floats:
    """P(X >= needed) of so many, as a Beta distribution with the mean and variance of the beta-binomial share."""
    mean, alike = a / (a + b), 1.0 / (a + b + 1.0)
    numbers = np.maximum(numbers, 1.0)
    weight = numbers / (1.0 + (numbers - 1.0) * alike) - 1.0
    weight = np.maximum(weight, 1e-3)
    found: Floats = 1.0 - betainc(mean * weight, (1.0 - mean) * weight, np.clip(needed / numbers, 0.0, 1.0))
    return found

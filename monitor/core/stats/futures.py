"""The chance that a target will be met at a period's end, as things stand: what is judged, and all that may come.

Definition, of a percentile: P(within + X >= p (n + N)), N missions to come (`volume`) and X of them within,
beta-binomial about the level ahead (`level`), whose variance the Beta distribution has. Missions in progress come
besides, each within, late, or never measured. Every future (so many within, so many late) is told for up to
`volume.FEW` missions; beyond, X/N is taken as continuous, with the same mean and variance.
Of a mean: P(S <= spare), S the sum of N values as those of the past year, shifted to the level ahead: a compound
negative binomial, by its characteristic function on a grid.
Decided by whole numbers as the verdict is. Never 0 or 1: what the model does not know is worth `LEAST`.
Source: Skellam, J. R. Statist. Soc. B 10 (1948) 257-261; compound sums by FFT: Embrechts & Frei, Math. Methods Oper.
Res. 69 (2009) 497-508.
"""

import math
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
_POINTS: Final = 8_192
_BEYOND: Final = 9.0
"""Standard deviations of the sum that the grid has room for, on either side."""
_LEVELS: Final = np.polynomial.hermite_e.hermegauss(9)


@dataclass(frozen=True, slots=True)
class Open:
    """What may become of a mission in progress: the rest of 1 is that it is never measured."""

    within: float
    late: float


@dataclass(frozen=True, slots=True)
class Level:
    """Mean (a share, or seconds beyond the target) and variance of the level ahead."""

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


def chance_of_mean(
    beyond: float,
    level: Level,
    volume: Volume,
    past: Floats,
    in_progress: Sequence[tuple[float, float]] = (),
) -> float:
    """Of missions that took `beyond` seconds more, together, than they may; `past`: by how much each of a year did.

    `in_progress`: of each mission by how much it is beyond its target already, and the chance that it is measured.
    """
    centred = past - past.mean()
    spread = float(centred.std())
    count, rough = volume.expected, volume.mean**2 / volume.shape + volume.expected
    opened = [(past[past > least], least, chance) for least, chance in in_progress[:_TOLD_OPEN]]
    waits = [(some if len(some) else np.array([least]), chance) for some, least, chance in opened]
    beyond += sum(chance * max(least, level.mean) for least, chance in in_progress[_TOLD_OPEN:])
    shift = count * level.mean + sum(chance * float(some.mean()) for some, chance in waits)
    variance = (
        count * spread**2 + rough * level.mean**2 + (count**2 + rough) * level.variance
        + sum(chance * float((some**2).mean()) for some, chance in waits)
    )  # fmt: skip
    if variance <= 0.0:
        return bounded(float(beyond + shift <= 0.0))
    step = (2.0 * _BEYOND * math.sqrt(variance) + 2.0 * float(np.abs(past).max(initial=0.0))) / _POINTS
    turns = 2.0 * np.pi * np.fft.rfftfreq(_POINTS)
    besides = np.ones(len(turns), dtype=np.complex128)
    for some, chance in waits:
        besides = besides * (1.0 - chance + chance * np.fft.rfft(_on_grid(some, step)))
    found, middle = 0.0, round(shift / step)  # the grid is turned so that its middle is the mean of all
    for place, weight in zip(*_LEVELS, strict=True):
        each = np.fft.rfft(_on_grid(centred + level.mean + place * math.sqrt(level.variance), step))
        total = besides * _compound(each, volume)
        density = np.fft.irfft(total * np.exp(1j * turns * (middle - _POINTS // 2)), _POINTS)
        up_to = (-beyond) / step - middle + _POINTS // 2
        found += float(weight) * _below(density, up_to)
    return bounded(found / float(_LEVELS[1].sum()))


def _compound(each: NDArray[np.complex128], volume: Volume) -> NDArray[np.complex128]:
    """Of a sum over the number of missions, by the generating function of that number."""
    late = (1.0 - volume.comes + volume.comes * each) ** volume.late
    found: NDArray[np.complex128] = late * (1.0 + volume.mean / volume.shape * (1.0 - each)) ** -volume.shape
    return found


def _on_grid(values: Floats, step: float) -> Floats:
    """Shares by step; a value between two steps is split so that its mean is kept."""
    places = values / step
    lower = np.floor(places)
    rest, at = places - lower, lower.astype(np.int64)
    found = np.bincount(at % _POINTS, 1.0 - rest, _POINTS) + np.bincount((at + 1) % _POINTS, rest, _POINTS)
    shares: Floats = found / len(values)
    return shares


def _below(density: Floats, place: float) -> float:
    """The part of it up to a place."""
    if place < 0:
        return 0.0
    whole = min(int(place + 1e-9), len(density) - 1)
    return float(density[: whole + 1].sum())

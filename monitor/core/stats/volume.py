"""How many missions are still to come until a period ends: negative binomial, from last year and this year's ratio.

Definition: the missions of the same days a year ago, drawn to the rate of that whole year (which counts as `STEADY`
missions), times the ratio of this year to last, drawn to 1 (which counts as `ALIKE` missions). Given the true rate
the number is Poisson's; the rate is known as a Gamma distribution, and so the number is negative binomial.
Formula: mean m = (STEADY + remainder)/(STEADY/even + 1) · (ALIKE + now)/(ALIKE + then), shape k with
1/k = 1/(STEADY + remainder) + 1/(ALIKE + now) + 1/(ALIKE + then).
Assumes that this year's busy days are about last year's. Source: Greenwood & Yule, J. R. Statist. Soc. 83 (1920)
255-279.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, gammaincinv, gammaln

Floats = NDArray[np.float64]

STEADY: Final = 4.0
ALIKE: Final = 20.0
FEW: Final = 200
"""Up to so many missions every number is told; beyond, as many quantiles as `NODES`."""
NODES: Final = 64
_SURE: Final = 7.0
"""Standard deviations beyond which no number is expected."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A mean number of missions, and the shape of its Gamma distribution: variance = mean + mean²/shape.

    Beside them `late` missions have begun and are not registered yet, each of which will be with a chance of `comes`.
    """

    mean: float
    shape: float
    late: int = 0
    comes: float = 0.0

    @property
    def expected(self) -> float:
        """All that are to come."""
        return self.mean + self.late * self.comes

    def chances(self) -> Floats | None:
        """Of 0, 1, 2 … missions; None where more than `FEW` may come."""
        most = self.expected + _SURE * math.sqrt(self._variance) + _SURE**2
        if most > FEW:
            return None
        numbers = np.arange(int(most) + 1, dtype=np.float64)
        found = np.convolve(self._new(numbers), _binomial(self.late, self.comes))[: len(numbers)]
        chances: Floats = found / found.sum()
        return chances

    def quantiles(self) -> Floats:
        """Numbers of missions, as likely as each other: of a Gamma distribution, where many are to come."""
        shape = self.expected**2 / self._variance
        places = (np.arange(NODES) + 0.5) / NODES
        numbers: Floats = gammaincinv(shape, places) * self.expected / shape
        return numbers

    @property
    def _variance(self) -> float:
        return self.mean + self.mean**2 / self.shape + self.late * self.comes * (1.0 - self.comes)

    def _new(self, numbers: Floats) -> Floats:
        if self.mean <= 0.0:
            none: Floats = (numbers == 0.0).astype(np.float64)
            return none
        k, share = self.shape, self.mean / (self.mean + self.shape)
        logs = gammaln(k + numbers) - gammaln(k) - gammaln(numbers + 1.0) + k * np.log1p(-share)
        found: Floats = np.exp(logs + numbers * np.log(share))
        return found


def _binomial(n: int, chance: float) -> Floats:
    below = bdtr(np.arange(n + 1), n, chance)
    chances: Floats = np.diff(below, prepend=0.0)
    return chances


def volume(remainder: int, year: int, part: float, *, now: int, then: int) -> Volume:
    """What the rest of a period brings: a year ago `remainder` missions, in a `part` (0 to 1) of a `year` of so many.

    `now`, `then`: missions of the same days of this year and of last; both 0 where last year's are not known.

    >>> told = volume(100, 1200, 1 / 12, now=1000, then=800)
    >>> round(told.mean), 30 < told.shape < 100
    (124, True)
    """
    if part <= 0.0:
        return Volume(0.0, 1.0)
    even = max(0.5, year) * part
    mean = (STEADY + remainder) / (STEADY / even + 1.0) * (ALIKE + now) / (ALIKE + then)
    return Volume(mean, 1.0 / (1.0 / (STEADY + remainder) + 1.0 / (ALIKE + now) + 1.0 / (ALIKE + then)))


def registering(recent: tuple[int, int], settled: tuple[int, int]) -> float:
    """The chance that a recent mission without a value comes to have one, as older ones have.

    Each (without a value, of how many). Recent ones that lack it no more often than older ones do, never will.

    >>> registering((10, 50), (50, 1000)), registering((2, 50), (50, 1000)), registering((3, 3), (0, 0))
    (0.75, 0.0, 0.0)
    """
    (lacking, some), (lack, all_) = recent, settled
    if not lacking or not all_:
        return 0.0
    return max(0.0, 1.0 - (lack / all_) / (lacking / some))

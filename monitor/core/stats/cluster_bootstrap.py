"""How far a figure may lie from the truth when missions hang together: clusters of them are drawn anew.

Missions of one half-day share its weather and its shift, so half-days are drawn with replacement and not missions;
those before noon and those after it apart, for there are as many of each in every period. The variance of what is so
drawn, and Student's distribution for few clusters, give the interval.
Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 6 and 13; Cameron, Gelbach & Miller,
"Bootstrap-based improvements for inference with clustered errors", Rev. Econ. Statist. 90 (2008) 414-427.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import stdtrit

CONFIDENCE: Final = 0.95
TIMES: Final = 200
"""So often clusters are drawn: a standard error is then known to 5 %."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and what it lies between at 95 %. `stands_out`: 1 above 0, -1 below, 0 that cannot be said."""

    value: float
    lower: float
    upper: float
    stands_out: int


def draws(strata: Counts, rng: Generator, times: int = TIMES) -> Floats:
    """How often each cluster is drawn, one row for each time; the first row has each of them once.

    `strata`: to which stratum each cluster belongs.
    """
    drawn = np.ones((1 + times, len(strata)))
    for stratum in np.unique(strata):
        held = np.flatnonzero(strata == stratum)
        drawn[1:, held] = rng.multinomial(len(held), np.full(len(held), 1.0 / len(held)), size=times)
    return drawn


def summed(drawn: Floats, clusters: Counts, cells: Counts, numbers: Counts, size: int) -> Floats:
    """What lies in each of `size` cells, for each row of `drawn`; `numbers` are counted in a cluster and a cell."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - no process should wait for it at its start

    matrix = csr_array((numbers.astype(np.float64), (clusters, cells)), shape=(drawn.shape[1], size))
    found: Floats = np.asarray(drawn @ matrix)
    return found


def product_variance(drawn: Floats, alone: Sequence[Floats]) -> Floats:
    """Of a figure that is a product of uncertain ones; each a row for each draw: all drawn together, and each alone.

    A product of two figures that are both uncertain scatters by chance as much as the product of their errors. Where
    both are drawn anew around figures that have erred already, that is counted three times; where one is drawn and
    the others stay, twice. The first is taken off twice the second.
    """
    variances = [one.var(axis=0, ddof=1) for one in alone]
    found: Floats = np.maximum(
        2.0 * np.sum(variances, axis=0) - drawn.var(axis=0, ddof=1), np.max(variances, axis=0) / 2.0
    )
    return found


def estimates(values: Floats, variances: Floats, clusters: int, *, family: int = 1) -> list[Estimate]:
    """Of each of the figures with its variance over the draws. `clusters`: of the period that has fewer.

    Of a `family` of figures that are looked at together any stands out by chance in 5 %: each of them has to lie
    farther from 0 than its interval does (Bonferroni). NaN has no interval.
    """
    freedom = max(clusters - 1, 1)
    errors = np.sqrt(variances * (freedom + 1) / freedom)
    reach = float(stdtrit(freedom, (1.0 + CONFIDENCE) / 2.0))
    apart = float(stdtrit(freedom, 1.0 - (1.0 - CONFIDENCE) / 2.0 / family))
    return [
        Estimate(value, value - reach * error, value + reach * error, _side(value, apart * error))
        for value, error in zip(values.tolist(), errors.tolist(), strict=True)
    ]


def _side(value: float, bound: float) -> int:
    return int(value > bound) - int(value < -bound)

"""Interval of a mean of skewed times, and the evidence that it keeps, or exceeds, its target.

Definition: a t statistic whose skewness is taken off by a cubic transformation before it is compared with Student's
distribution. Response times have a long right tail, and few of them mostly miss it: then mean and spread both look
small. With the true mean just on target and ten missions of a usual spread, the plain t test has 2.5 % or less for
"met" in 10 % of samples, this one in 6 %; with fifty missions 6.6 % and 3.8 %.
Formula: m, s, g the mean, standard deviation and skewness of n values; T = √n (m - μ) / s; with a = g / √n,
H(T) = T + a T²/3 + a² T³/27 + a/6, compared with t of n - 1 degrees of freedom; it rises with T, so it is inverted
for the interval: T(q) = 3/a ((1 + a (q - a/6))^(1/3) - 1).
Assumes independent missions; looked at once. What holds at small n, by simulation (`benchmarks/coverage.py`,
docs/statistics.md): "surely missed" is right at every n, but very few equal-looking values prove nothing; "surely
met" is claimed too often while the tail is unseen. Hence one minimum per side, and no bound on that side below it.
Source: Johnson, "Modified t tests and confidence intervals for asymmetrical populations", JASA 73 (1978) 536-544;
Hall, "On the removal of skewness by transformation", J. R. Statist. Soc. B 54 (1992) 221-228; Zhou & Gao,
"One-sided confidence intervals for means of positively skewed distributions", Amer. Statist. 54 (2000) 100-104.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scipy.special import stdtr, stdtrit

from monitor.core.stats.binomial import STRONG, WEAK, Evidence
from monitor.core.stats.interval import UNBOUNDED, Interval

LEAST_MISSED: Final = 10
"""Fewer missions are no evidence of a missed mean."""
LEAST_MET: Final = 50
"""Fewer missions are no evidence of one that is met: they may not have seen the tail."""
LEAST_VARIANCE: Final = 1e-3
"""In square seconds: of values that are all alike nothing can be said beyond them."""


@dataclass(frozen=True, slots=True)
class Moments:
    """`n` values by their sums: of themselves, of their squares and of their cubes (seconds)."""

    n: int
    total: float
    squares: float
    cubes: float


def interval(moments: Moments, confidence: float = 0.95) -> Interval:
    """Where the true mean lies; None where there are too few values to bound it on that side.

    >>> found = interval(Moments(100, 60_000.0, 45_000_000.0, 43_000_000_000.0))
    >>> round(found.lower), round(found.upper)
    (547, 671)
    """
    shape = _shape(moments)
    if shape is None:
        return UNBOUNDED
    step, quantile = shape.deviation / math.sqrt(moments.n), _quantile(moments.n, (1 + confidence) / 2)
    return Interval(
        shape.mean - step * _inverse(quantile, shape.a) if moments.n >= LEAST_MISSED else None,
        shape.mean - step * _inverse(-quantile, shape.a) if moments.n >= LEAST_MET else None,
    )


def breach_p_value(beyond: Moments) -> float | None:
    """Chance of so large a mean if the true one were just on target. None where nothing can be said.

    `beyond`: by how much each value exceeds its target.
    """
    score = _score(beyond)
    return None if score is None else float(stdtr(beyond.n - 1, -score))


def evidence(beyond: Moments, *, met: bool) -> Evidence:
    """How strongly the values speak for the answer that they give: as for shares, none below that side's minimum."""
    score = _score(beyond)
    if score is None or beyond.n < (LEAST_MET if met else LEAST_MISSED):
        return Evidence.NONE
    p_value = float(stdtr(beyond.n - 1, score if met else -score))
    if p_value <= STRONG:
        return Evidence.STRONG
    return Evidence.WEAK if p_value <= WEAK else Evidence.NONE


@dataclass(frozen=True, slots=True)
class _Shape:
    mean: float
    deviation: float
    a: float
    """Skewness by the root of n."""


def _shape(moments: Moments) -> _Shape | None:
    n = moments.n
    if n < 2:
        return None
    mean, square = moments.total / n, moments.squares / n
    variance = square - mean * mean
    if variance < LEAST_VARIANCE:
        return None
    third = moments.cubes / n - 3 * mean * square + 2 * mean**3
    return _Shape(mean, math.sqrt(variance * n / (n - 1)), third / variance**1.5 / math.sqrt(n))


def _score(beyond: Moments) -> float | None:
    shape = _shape(beyond)
    if shape is None:
        return None
    t, a = math.sqrt(beyond.n) * shape.mean / shape.deviation, shape.a
    return t + a * t * t / 3 + a * a * t**3 / 27 + a / 6


def _inverse(quantile: float, a: float) -> float:
    if abs(a) < 1e-6:
        return quantile - a / 6
    return 3 / a * (math.cbrt(1 + a * (quantile - a / 6)) - 1)


@lru_cache(maxsize=32_768)
def _quantile(n: int, share: float) -> float:
    return float(stdtrit(n - 1, share))

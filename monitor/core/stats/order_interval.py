"""Interval of a percentile from order statistics: which response times could be the true one.

Definition: [X(l), X(u)], the l-th and u-th smallest of n values. The number of values up to the true percentile
is Binomial(n, p) whatever the distribution, so P(X(l) <= percentile <= X(u)) >= P(l <= B <= u - 1).
Formula: l = largest rank with P(B <= l - 1) <= (1 - confidence) / 2; u = smallest with P(B >= u) <= the same.
Assumes independent missions from one (any) distribution; looked at once. Never below its level; above it on few
values, because ranks are whole. Of sketches a rank is interpolated between centroids (`core.selection`), so the
sketches' own error is added.
Source: David & Nagaraja, "Order Statistics", 3rd ed. (2003), section 7.1; Hahn & Meeker, "Statistical Intervals"
(1991), section 5.2.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import bdtr, bdtrik

from monitor.core.percent import Percent, share
from monitor.core.stats.interval import Interval

REMEMBERED = 32_768


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks (1 to n) that enclose a percentile; None where n is too small to bound it on that side."""

    lower: int | None
    upper: int | None


@lru_cache(maxsize=REMEMBERED)
def ranks(n: int, percent: Percent, confidence: float = 0.95) -> Ranks:
    """Which of n ordered values enclose the percentile.

    >>> ranks(84, 80)
    Ranks(lower=60, upper=75)
    >>> ranks(16, 80), ranks(17, 80)
    (Ranks(lower=9, upper=None), Ranks(lower=10, upper=17))
    """
    if not n:
        return Ranks(None, None)
    tail = (1 - confidence) / 2
    lower, most = (_count(n, quantile, share(percent)) for quantile in (tail, 1 - tail))
    return Ranks(lower if lower >= 1 else None, most + 1 if most < n else None)


def _count(n: int, quantile: float, share: float) -> int:
    """The smallest k with P(B <= k) >= quantile; scipy's inverse is of the function drawn out between the counts."""
    count: int = math.ceil(bdtrik(quantile, n, share))
    return count - 1 if count and bdtr(count - 1, n, share) >= quantile else count


def of_values(ordered: Sequence[float], percent: Percent, confidence: float = 0.95) -> Interval:
    """The interval from exact values, smallest first (a list or an array).

    >>> of_values([3.0, 4.0, 6.0, 7.0, 9.0, 14.0, 20.0], 50)
    Interval(lower=3.0, upper=20.0)
    """
    return of_ranks(lambda rank: float(ordered[rank - 1]), len(ordered), percent, confidence)


def of_ranks(value: Callable[[int], float], n: int, percent: Percent, confidence: float = 0.95) -> Interval:
    """The interval of n values of which `value` tells what has a rank (1 to n)."""
    found = ranks(n, percent, confidence)
    return Interval(
        None if found.lower is None else value(found.lower),
        None if found.upper is None else value(found.upper),
    )


def ends(n: int, percents: Sequence[Percent], confidence: float = 0.95) -> list[int]:
    """Every rank that `of_ranks` will ask for: all of them can then be answered in one go.

    >>> ends(84, [80])
    [60, 75]
    """
    found = (ranks(n, percent, confidence) for percent in percents)
    return [rank for one in found for rank in (one.lower, one.upper) if rank is not None]

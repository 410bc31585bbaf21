"""What is known of a share when some of the missions were never measured.

Definition: of `judged` measured missions `within` kept the target, and of `unmeasured` nobody knows. The share of all
lies between within/(judged + unmeasured), every unmeasured one late, and (within + unmeasured)/(judged + unmeasured),
every one in time: no assumption, and no chance. Chance widens that at both ends, but the true share lies at one end
at most: so each end is moved by C standard errors, Φ(C + width √N / σ) - Φ(-C) = confidence with N missions in all
and σ the greater of the ends' √(q (1 - q)): from 1.96 where all are measured down to 1.64 where the bounds are wide.
Assumes independent missions; how the unmeasured differ from the others may be anything.
The ends are moved as Clopper and Pearson's exact interval does for that level, not by C times the estimated standard
error: of 20 missions near 100 % that holds the truth in 64 % of the samples instead of 95 % (benchmarks/bounds.py).
Source: Manski, "Partial Identification of Probability Distributions" (2003), chapter 1; Imbens & Manski, "Confidence
intervals for partially identified parameters", Econometrica 72 (2004) 1845-1857; Clopper & Pearson, Biometrika 26
(1934) 404-413.
"""

from functools import lru_cache
from math import sqrt

from scipy import special

from monitor.core.percent import Percent, least
from monitor.core.stats.bounds import ShareBounds, share_bounds
from monitor.core.stats.wilson import REMEMBERED, ShareInterval


def bounds(within: int, judged: int, unmeasured: int) -> ShareBounds | None:
    """Between what, for certain, the share of all these missions lies; None where there is none.

    >>> bounds(60, 84, 16)
    ShareBounds(lower=0.6, upper=0.76)
    """
    return share_bounds(within, judged, unmeasured, overdue=0)


@lru_cache(maxsize=REMEMBERED)
def widened(within: int, judged: int, unmeasured: int, confidence: float = 0.95) -> ShareInterval:
    """The interval of the true share of all, measured or not; everything from 0 to 1 where there are no missions.

    >>> interval = widened(60, 84, 16)
    >>> round(interval.lower, 3), round(interval.upper, 3)
    (0.513, 0.829)
    """
    n, most = judged + unmeasured, within + unmeasured
    if not n:
        return ShareInterval(0.0, 1.0)
    level = special.ndtr(-_errors(within / n, most / n, n, confidence))
    return ShareInterval(
        float(special.betaincinv(within, n - within + 1, level)) if within else 0.0,
        float(special.betaincinv(most + 1, n - most, 1 - level)) if most < n else 1.0,
    )


def needed(within: int, judged: int, unmeasured: int, percent: Percent) -> int:
    """How many of the unmeasured must have kept the target for `percent` % of all: the tipping point.

    0 or less: all of them may have been late. More than there are: the target is missed whatever they were.

    >>> needed(60, 84, 16, 80), needed(60, 84, 40, 80), needed(84, 84, 16, 80)
    (20, 40, -4)
    """
    return least(judged + unmeasured, percent) - within


def _errors(lower: float, upper: float, n: int, confidence: float) -> float:
    """C: how many standard errors to move each end."""
    narrow, wide = float(-special.ndtri((1 - confidence) / 2)), float(-special.ndtri(1 - confidence))
    spread = sqrt(max(lower * (1 - lower), upper * (1 - upper)))
    if upper == lower:
        return narrow
    if not spread:  # nothing was measured: 0 and 1, which no chance can widen
        return wide
    width = (upper - lower) * sqrt(n) / spread

    from scipy import optimize  # noqa: PLC0415 - a quarter of the time that a process needs to start

    def beyond(errors: float) -> float:
        return float(special.ndtr(errors + width) - special.ndtr(-errors) - confidence)

    return float(optimize.brentq(beyond, wide, narrow)) if beyond(wide) < 0 else wide

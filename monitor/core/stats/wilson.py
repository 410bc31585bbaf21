"""Wilson score interval of a share: which true shares are compatible with `within` of `n` missions.

Definition: all q whose score test does not reject, i.e. |within/n - q| <= z sqrt(q (1 - q) / n), z the normal
quantile of (1 + confidence) / 2.
Formula: (m + z²/2 ± z sqrt(m (n - m) / n + z²/4)) / (n + z²) for m = within, without continuity correction.
Assumes independent missions with one true share; looked at once, not after every mission.
Holds its level on average over the shares, also for small n and shares near 1, where the textbook ("Wald")
interval fails.
Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212;
Brown, Cai & DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001) 101-133.
"""

from dataclasses import dataclass
from functools import lru_cache

from scipy import stats

REMEMBERED = 32_768
"""Answers kept: some forty snapshots of 39 series, 9 windows and 2 percentiles. Most of a snapshot repeats."""


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """A share (0 to 1) lies between the two."""

    lower: float
    upper: float


@lru_cache(maxsize=REMEMBERED)
def share_interval(within: int, n: int, confidence: float = 0.95) -> ShareInterval:
    """The interval of the true share within target; everything from 0 to 1 where nothing was measured.

    >>> interval = share_interval(60, 84)
    >>> round(interval.lower, 4), round(interval.upper, 4)
    (0.61, 0.7998)
    >>> share_interval(0, 0)
    ShareInterval(lower=0.0, upper=1.0)
    """
    if not n:
        return ShareInterval(0.0, 1.0)
    # The tested share does not enter the interval; the observed one spares the search for a p-value.
    found = stats.binomtest(within, n, within / n).proportion_ci(confidence_level=confidence, method="wilson")
    return ShareInterval(float(found.low), float(found.high))

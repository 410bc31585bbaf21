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

import math
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import ndtri  # scipy.stats alone would double the time that each process needs to start

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
    z = float(ndtri((1 + confidence) / 2))
    middle = (within + z * z / 2) / (n + z * z)
    half = z * math.sqrt(within * (n - within) / n + z * z / 4) / (n + z * z)
    return ShareInterval(middle - half if within else 0.0, middle + half if within < n else 1.0)

"""How often something happens that was seen so many times: an interval for a rate.

Definition: the exact 95 % interval of the mean of a Poisson count k is all means under which neither k or more nor k
or fewer would be rarer than 2.5 %.
Formula: from G(k; 0.025) to G(k + 1; 0.975), G the quantile of a gamma distribution of that shape; from 0 where
nothing was seen.
Assumes that events come independently of each other, at one rate.
Source: Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936) 437-442.
"""

from typing import Final

from scipy.special import gammaincinv

_TAIL: Final = 0.025


def rate_interval(count: int, exposure: float) -> tuple[float, float]:
    """The 95 % interval of a rate, `count` having been seen in an `exposure` (years, say).

    >>> [round(end, 2) for end in rate_interval(10, 5)], rate_interval(0, 10)[0]
    ([0.96, 3.68], 0.0)
    """
    lower = float(gammaincinv(count, _TAIL)) if count else 0.0
    return lower / exposure, float(gammaincinv(count + 1, 1 - _TAIL)) / exposure

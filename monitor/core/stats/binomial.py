"""Exact one-sided binomial tests of a share against its target, and the evidence they make.

Definition: `breach_p_value` is the chance of at most `within` of n missions within target if the true share were
exactly p (the worst case of "at least p": any higher share makes it smaller); `compliance_p_value` is the mirror
image, the chance of at least `within`.
Formula: P(W <= within) and P(W >= within), W ~ Binomial(n, p), through the incomplete beta function.
Assumes independent missions; looked at once, not after every mission (for that: `beta_mixture`).
Source: Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934) 404-413, section 2.
"""

import math
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc

from monitor.core.percent import Percent, complement, reached, share

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

STRONG: Final = 0.025
"""One-sided: the two-sided 95 % interval excludes the target."""

WEAK: Final = 0.10


class Evidence(StrEnum):
    """How well the counts carry the official answer (met or missed); the value is the metric label."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


def breach_p_values(within: Counts, n: Counts, percent: Percent) -> Floats:
    """`breach_p_value` of each of several."""
    found: Floats = np.where(n > 0, bdtr(within, np.maximum(n, 1), share(percent)), 1.0)
    return found


def breach_p_value(within: int, n: int, percent: Percent) -> float:
    """Chance of so few missions within target if the target were truly (just) met. 1 where nothing is measured.

    Five of ten within, and 80 % wanted:

    >>> round(breach_p_value(5, 10, 80), 4)
    0.0328
    """
    return float(bdtr(within, n, share(percent))) if n else 1.0


def compliance_p_value(within: int, n: int, percent: Percent) -> float:
    """Chance of so many missions within target if the target were truly just met. 1 where nothing is measured.

    >>> round(compliance_p_value(17, 17, 80), 4)
    0.0225
    """
    return float(bdtrc(within - 1, n, share(percent))) if within else 1.0


def minimum_n(percent: Percent, *, met: bool) -> int:
    """The fewest missions that can be strong evidence of a target met, or (`met` False) of one missed.

    Below it even a perfect, or a hopeless, record proves nothing: p^n, or (1 - p)^n, is above `STRONG`. The two are
    far apart: seventeen of seventeen within speak for 80 %, and none of three already speaks against it.

    >>> minimum_n(80, met=True), minimum_n(80, met=False), minimum_n(50, met=True)
    (17, 3, 6)
    """
    return math.ceil(math.log(STRONG) / math.log(share(percent) if met else complement(percent)))


def evidence(within: int, n: int, percent: Percent) -> Evidence:
    """How strongly the counts speak for the answer that they give by themselves (within/n >= p or not).

    With the one-sided exact p-value of that side: strong up to 0.025 (two-sided 95 %), weak up to 0.10, else none.
    None below that side's `minimum_n`, where it could never be strong.

    >>> evidence(60, 84, 80).value, evidence(58, 84, 80).value, evidence(66, 84, 80).value
    ('weak', 'strong', 'none')
    >>> evidence(16, 16, 80).value, evidence(0, 16, 80).value, evidence(0, 2, 80).value
    ('none', 'strong', 'none')
    """
    met = reached(within, n, percent)
    if n < minimum_n(percent, met=met):
        return Evidence.NONE
    p_value = compliance_p_value(within, n, percent) if met else breach_p_value(within, n, percent)
    if p_value <= STRONG:
        return Evidence.STRONG
    return Evidence.WEAK if p_value <= WEAK else Evidence.NONE

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

from scipy.special import bdtr, bdtrc

STRONG: Final = 0.025
"""One-sided: the two-sided 95 % interval excludes the target."""

WEAK: Final = 0.10


class Evidence(StrEnum):
    """How well the counts carry the official answer (met or missed); the value is the metric label."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


def breach_p_value(within: int, n: int, percent: int) -> float:
    """Chance of so few missions within target if the target were truly (just) met. 1 where nothing is measured.

    Five of ten within, and 80 % wanted:

    >>> round(breach_p_value(5, 10, 80), 4)
    0.0328
    """
    return float(bdtr(within, n, percent / 100)) if n else 1.0


def compliance_p_value(within: int, n: int, percent: int) -> float:
    """Chance of so many missions within target if the target were truly just met. 1 where nothing is measured.

    >>> round(compliance_p_value(17, 17, 80), 4)
    0.0225
    """
    return float(bdtrc(within - 1, n, percent / 100)) if within else 1.0


def minimum_n(percent: int, confidence: float = 0.95) -> int:
    """The fewest missions that allow a strong conclusion either way, two-sided at `confidence`.

    Below it even a perfect record (or, for a target under 50 %, a hopeless one) proves nothing:
    max(p, 1 - p)^n <= (1 - confidence) / 2.

    >>> minimum_n(80), minimum_n(50)
    (17, 6)
    """
    likely = max(percent, 100 - percent) / 100
    return math.ceil(math.log((1 - confidence) / 2) / math.log(likely))


def evidence(within: int, n: int, percent: int) -> Evidence:
    """How strongly the counts speak for the answer that they give by themselves (within/n >= p or not).

    With the one-sided exact p-value of that side: strong up to 0.025 (two-sided 95 %), weak up to 0.10, else none.
    None below `minimum_n`, where one of the two answers could never be strong.

    >>> evidence(60, 84, 80).value, evidence(58, 84, 80).value, evidence(66, 84, 80).value
    ('weak', 'strong', 'none')
    >>> evidence(0, 16, 80).value
    'none'
    """
    if n < minimum_n(percent):
        return Evidence.NONE
    met = 100 * within >= percent * n
    p_value = compliance_p_value(within, n, percent) if met else breach_p_value(within, n, percent)
    if p_value <= STRONG:
        return Evidence.STRONG
    return Evidence.WEAK if p_value <= WEAK else Evidence.NONE

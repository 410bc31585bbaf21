"""How long a mission may plausibly still be on its way, and how many may be late at once before that is no accident.

A mission in progress past its target is late, whatever comes; and yet most of those that are open for very long have
been reached, and nobody registered it. Both follow from the series' own past. **Plausible** is what all but one in a
hundred of its missions took, and never less than twice the target: who is open for longer is presumed reached, and is
no reason to wake anybody. **Usual** is how many are past their target at once, and plausibly on their way, on an
average day: each mission that was late stood among them for as long as it was late, and each whose arrival was never
registered for all of that time (worst case: it stays open).

Missions become late like arrivals of a Poisson process and stay for a while, so the number that are late at once has
a Poisson distribution (M/G/∞), and k or more begin so many times a year: those that become late a year, times the
chance of k - 1 already there. The **limit** is the least k, three or more, that begins no more often than allowed.
Source: Takács, *Introduction to the Theory of Queues* (1962), chapter 3; arrivals see time averages: Wolff, Oper.
Res. 30 (1982) 223-231. Refuses to know the clock on the wall, areas and categories.
"""

from dataclasses import dataclass
from math import inf, log
from typing import Final

import numpy as np

from monitor.core.digest import Floats
from monitor.core.percent import rank

LEAST: Final = 3
"""Several: one or two patrols that are held up are nobody's emergency."""
PAGES_A_YEAR: Final = 1.0
"""Of the whole service, in the worst case: that what was not registered stays open. As missions are closed in life, a
tenth of that (`benchmarks/false_pages.py`)."""
PLAUSIBLE_PERCENT: Final = 99
PLAUSIBLE_TARGETS: Final = 2.0
KNOWN_MISSIONS: Final = 20
"""Of fewer nobody knows what is plausible: all of them are believed."""
DAY: Final = 86_400.0
YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True)
class Usual:
    """What a series' past says. `plausible_seconds`: on its way for longer than that is presumed reached.

    `at_once`: missions past their target and plausibly on their way, on average; `a_year`: that become so.
    """

    plausible_seconds: float
    at_once: float
    a_year: float


NOTHING: Final = Usual(inf, 0.0, 0.0)


def usual(took: Floats, unregistered: int, days: float, target: float) -> Usual:
    """From what the missions of so many `days` took (seconds), and those whose end was never registered."""
    if len(took) < KNOWN_MISSIONS:
        return NOTHING
    place = rank(len(took), PLAUSIBLE_PERCENT) - 1
    plausible = max(float(np.partition(took, place)[place]), PLAUSIBLE_TARGETS * target)
    late = np.clip(took, target, plausible) - target
    stood = float(late.sum()) + unregistered * (plausible - target)
    became = int(np.count_nonzero(took > target)) + unregistered
    return Usual(plausible, stood / (days * DAY), became / days * YEAR_DAYS)


def limit(at_once: float, a_year: float, pages_a_year: float) -> int:
    """So many late at once begin less often than `pages_a_year` where nothing is wrong.

    Five hundred a year become late, and one of them is there during a hundredth of the time:

    >>> limit(0.01, 500.0, 0.01)
    4
    """
    if not at_once or not a_year:
        return LEAST
    k, logarithm = 1, log(a_year) - log(pages_a_year) - at_once
    while k < LEAST or k <= at_once or logarithm > 0:
        logarithm += log(at_once) - log(k)
        k += 1
    return k

"""Whether something has changed in one series of missions, and whether it has become worse since: what may page.

A share of late missions that is too high is a ticket, however long it lasts; only its rise is news. News is a drift
against the *worse* of two levels: what the objective allows, and what the series surely showed already in the year
before (a series that has always been late too often pages nobody for staying so). Once it is told, the next step is a
drift against the level that the first one was tuned to find: told a second time, and no more.

Decides from missions in the order they rang, by the CUSUM whose run lengths are known. Refuses to know
days and spans.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.percent import Percent
from monitor.core.stats import binomial, cusum
from monitor.core.stats.cusum import Shift

SURE_P_VALUE: Final = 0.025
"""Two-sided 95 %, as of strong evidence: by chance, one series on target in forty counts as known to be late."""


class Change(StrEnum):
    """What is new; each step holds the one before it."""

    NONE = "none"
    CHANGED = "changed"
    WORSE = "worse"


def known_late(before: NDArray[np.bool_], percent: Percent) -> bool:
    """Whether a series was surely late too often already: `before` are its missions of the year that went before."""
    return binomial.breach_p_value(int(len(before) - before.sum()), len(before), percent) <= SURE_P_VALUE


def change_of(
    ever: NDArray[np.bool_],
    recent: NDArray[np.bool_],
    before: NDArray[np.bool_],
    *,
    percent: Percent,
    shift: Shift,
    threshold: float,
) -> Change:
    """What is new at the end of `ever` (True = late), whose last are `recent`, and `before` those before them.

    `shift` is the one from what the objective allows; `threshold` is the CUSUM's, for all steps.
    """
    missions = ever
    if known_late(before, percent):
        missions, shift = recent, cusum.from_level(max(shift.normal, float(before.mean())))
    on = cusum.trace(missions, shift, threshold).alarm
    if not len(on) or not on[-1]:
        return Change.NONE
    calm = np.flatnonzero(~on)
    since = missions[int(calm[-1]) + 2 if len(calm) else 1 :]
    return Change.WORSE if cusum.watch(since, cusum.from_level(shift.degraded), threshold).alarm else Change.CHANGED

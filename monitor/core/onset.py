"""Whether missions of a series have begun to be late more often, and more often still since: what may page.

A share of late missions that is too high is a ticket, however long it lasts; only its rise is news. News is a drift
against the *worse* of two levels: what the objective allows, and what the series surely showed already in the year
before (a series that has always been late too often pages nobody for staying so). Once it is told, the next step is a
drift against the level that the first one was tuned to find: told a second time, and no more.

Each day is held against the level that it had, which never changes any more. Refuses to know who is told.
"""

from enum import StrEnum
from typing import Final

import numpy as np

from monitor.core.day_counts import Counts, DayCounts
from monitor.core.digest import Floats
from monitor.core.drift import LEVELS, Chart, own_level
from monitor.core.percent import Percent, complement
from monitor.core.stats import binomial, cusum

SURE_P_VALUE: Final = binomial.STRONG
"""By chance, one series on target in forty counts as known to be late."""


class Onset(StrEnum):
    """What is new; each step holds the one before it."""

    NONE = "none"
    CHANGED = "changed"
    WORSE = "worse"


def known_late(judged: Counts, late: Counts, percent: Percent) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether so many late ones are surely too many, of a series in each of some years."""
    return binomial.breach_p_values(judged - late, judged, percent) <= SURE_P_VALUE


def level_of(days: DayCounts, percent: Percent, *, lag_days: int, length_days: int) -> Floats:
    """For each day the share that may be late without being news: what the `length_days` showed that end `lag_days`
    before it, where these were surely too many, else what the objective allows.
    """  # noqa: D205 - one sentence
    allowed = complement(percent)
    judged, late = days.before(lag_days, length=length_days)
    level: Floats = np.where(known_late(judged, late, percent), np.maximum(allowed, own_level(judged, late)), allowed)
    return level


def onset_of(
    days: DayCounts, chart: Chart, percent: Percent, *, threshold: float, lag_days: int, length_days: int
) -> Onset:
    """What is new at the end of the days; `threshold` is the CUSUM's, for both steps."""
    level = level_of(days, percent, lag_days=lag_days, length_days=length_days)
    on = cusum.trace(chart.against(days, level), threshold).alarm
    if not len(on) or not on[-1]:
        return Onset.NONE
    calm = np.flatnonzero(~on)
    since = int(calm[-1]) + 2 if len(calm) else 1
    _, degraded = chart.around(level)
    again = cusum.watch(chart.against(days, np.minimum(degraded, LEVELS[1]))[since:], threshold)
    return Onset.WORSE if again.alarm else Onset.CHANGED

"""The parameters that alerts judge by, chosen by simulation: `benchmarks/alert_quality.py`, docs/statistics.md.

Pages (somebody is woken) come from continuous statistics only; fixed-time tests give tickets. All numbers were chosen
for objectives of `PERCENT` and simulated for all `PERCENTILES`; others have no alarm. Change one only together with
the tables in docs/statistics.md.
"""

from typing import Final

from monitor.core.percent import Percent
from monitor.core.stats.cusum import Shift

PERCENT: Final = 80
"""What the numbers are told for: an objective that at least so many per cent are within target."""

PERCENTILES: Final = (50, 95)
"""The least and the greatest of which it is known how often they page for nothing."""

DRIFT: Final = Shift(normal=0.25, degraded=0.40)
"""The change that must be found fast: twice as many late missions as are allowed; somewhat more are tolerated."""

DAY_CORRELATION: Final = 0.05
"""Of two missions of the same day: what is usual, and what the alarms reckon with."""

MOST_DAY_CORRELATION: Final = 0.10
"""The greatest for which it is known how often they page for nothing."""

DRIFT_PAGE_THRESHOLD: Final = 3.93
DRIFT_TICKET_THRESHOLD: Final = 2.8

USUAL_VOLUME: Final = 500
"""Judged missions a year at which the thresholds hold as they stand."""

DRIFT_PER_VOLUME: Final = 0.15
"""Share of the threshold that a series needs more (fewer) for every e-fold of missions above (below) the usual."""

PERIOD_PAGE_ALPHA: Final = 0.01
"""Tertial- and year-to-date: page when the e-value has reached 1/alpha."""

PERIOD_TICKET_ALPHA: Final = 0.05

WINDOW_TICKET_P_VALUE: Final = 0.001
"""28 days, exact one-sided test."""


def simulated(percentile: Percent | None) -> bool:
    """Whether such an objective was simulated; None is a mean. Others cannot page: nobody knows how often they would
    for nothing.
    """  # noqa: D205 - one sentence
    return percentile is not None and PERCENTILES[0] <= percentile <= PERCENTILES[1]

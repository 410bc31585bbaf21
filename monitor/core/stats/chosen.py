"""The parameters that alerts judge by, chosen by simulation: `benchmarks/alert_quality.py`, docs/statistics.md.

Pages (somebody is woken) come from the two continuous statistics only; fixed-time tests give tickets. All numbers
are for objectives of `PERCENT`; for others none were simulated, so these have no alarm. Change one only together with
the table in docs/statistics.md.
"""

from typing import Final

from monitor.core.percent import Percent
from monitor.core.stats.cusum import Shift

PERCENT: Final = 80
"""What was simulated: an objective that at least so many per cent are within target."""

DRIFT: Final = Shift(normal=0.20, degraded=0.40)
"""The change that must be found fast: from exactly on target to twice as many late missions."""

DRIFT_PAGE_THRESHOLD: Final = 6.4
DRIFT_TICKET_THRESHOLD: Final = 4.5

PERIOD_PAGE_ALPHA: Final = 0.01
"""Tertial- and year-to-date: page when the e-value has reached 1/alpha."""

PERIOD_TICKET_ALPHA: Final = 0.05

WINDOW_TICKET_P_VALUE: Final = 0.001
"""28 days, exact one-sided test."""


def simulated(percentile: Percent | None) -> bool:
    """Whether the parameters were chosen for such an objective; None is a mean. Others cannot page: nobody knows how
    often they would for nothing.
    """  # noqa: D205 - one sentence
    return percentile == PERCENT

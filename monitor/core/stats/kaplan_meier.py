"""Percentile of the response time with missions still in progress counted for what they already show.

Definition: the smallest time t with an estimated chance of more than t of at most 1 - p. An open mission has waited
for some time and counts as "longer than that" (right-censored) instead of being left out.
Formula: S(t) = ∏_{t_i <= t} (1 - arrivals at t_i / missions not yet over at t_i).
Assumes that how long a mission has been open says nothing else about it (open missions are censored by the clock).
Without open missions it is the nearest-rank percentile.
Source: Kaplan & Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958) 457-481.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from monitor.core.percent import Percent, share

ROUNDING = 1e-9
"""S is a product of fractions: 1 - 0.8 must be found although it is not exact in floats."""

Values = Sequence[float] | NDArray[np.float64]


def percentile(responses: Values, open_for: Values, percent: Percent) -> float | None:
    """The percentile, in the unit of the values; None where so many are open that it is not known yet.

    Four arrivals, and one mission that has been open for 9 minutes:

    >>> percentile([4.0, 6.0, 7.0, 12.0], [], 50), percentile([4.0, 6.0, 7.0, 12.0], [9.0], 50)
    (6.0, 7.0)
    >>> percentile([4.0, 6.0], [9.0, 9.0], 80) is None
    True
    """
    if not len(responses):
        return None
    found = stats.ecdf(stats.CensoredData(np.asarray(responses), right=np.asarray(open_for))).sf
    reached = np.flatnonzero(found.probabilities <= 1 - share(percent) + ROUNDING)
    return float(found.quantiles[reached[0]]) if reached.size else None

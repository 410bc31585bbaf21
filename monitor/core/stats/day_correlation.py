"""How far missions of the same day hang together in a whole service: one intraclass correlation of many series.

Definition: over all pairs of missions of one series and one day, the mean of (x - p)(y - p) / (p (1 - p)), where x is
1 for a late mission, else 0, and p the late share of the series. Days are independent, so what they scatter about the
mean gives its standard error. What is measured is drawn to what is usual by how much a service may differ from that
(`SPREAD`), as a normal prior does: a series of 300 missions a year has some 120 pairs, and says little for itself.
Assumes that the level of a series stays: seasons and slow drifts are counted in, with some thousandths.
Source: Ridout, Demetrio & Firth, Biometrics 55 (1999) 137-148 (pairs); Zeger & Liang, Biometrics 42 (1986) 121-130
(the standard error).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.core.day_counts import DayCounts
from monitor.core.stats.interval import Interval

SPREAD: Final = 0.05
"""By how much services differ (standard deviation): as much as 400 pairs tell."""
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class DayCorrelation:
    """As measured, with its 95 % interval, of so many `pairs`; and `drawn` to what is usual, never below 0."""

    measured: float
    interval: Interval
    drawn: float
    pairs: int


def day_correlation(series: Iterable[DayCounts], *, usual: float) -> DayCorrelation | None:
    """Of all of them together; None where no two missions of a day can be compared."""
    products, pairs = [np.zeros(0)], [np.zeros(0)]
    for one in series:
        judged, late = one.judged.astype(np.float64), one.late.astype(np.float64)
        share = late.sum() / max(judged.sum(), 1.0)
        if not 0.0 < share < 1.0:
            continue
        squares = late * (1 - share) ** 2 + (judged - late) * share**2
        products.append(((late - judged * share) ** 2 - squares) / (2 * share * (1 - share)))
        pairs.append(judged * (judged - 1) / 2)
    product, pair = np.concatenate(products), np.concatenate(pairs)
    if not pair.sum():
        return None
    measured = float(product.sum() / pair.sum())
    # Few pairs may scatter less than chance by chance alone: independent missions scatter by one for each pair.
    variance = max(float(((product - measured * pair) ** 2).sum()), float(pair.sum())) / float(pair.sum()) ** 2
    kept = SPREAD**2 / (SPREAD**2 + variance)
    reach = _Z * variance**0.5
    return DayCorrelation(
        measured=measured,
        interval=Interval(measured - reach, measured + reach),
        drawn=max(0.0, kept * measured + (1 - kept) * usual),
        pairs=int(pair.sum()),
    )

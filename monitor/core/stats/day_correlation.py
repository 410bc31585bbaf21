"""How far missions of the same day hang together in a whole service: one intraclass correlation of many series.

Definition: over all pairs of missions of one series and one day, the sum of (x - p)(y - p) over that of p (1 - p),
where x is 1 for a late mission, else 0, and p the late share of the series. As p is taken from the n missions
themselves, two of them agree less than they should by p (1 - p) / (n - 1), and vary less by the factor (n - 1) / n:
both are made good, or a service of a thousand small series would show nothing. Days are independent, so what they
scatter about the ratio gives its standard error. What is measured is drawn to what is usual by how much a service may
differ from that (`SPREAD`), as a normal prior does: a series of 300 missions a year has some 120 pairs, and says
little for itself. Assumes that the level of a series stays: seasons and slow drifts are counted in, with some
thousandths.
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
    together, apart, pairs = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    for one in series:
        judged, late = one.judged.astype(np.float64), one.late.astype(np.float64)
        count = judged.sum()
        if count < 2:
            continue
        share = late.sum() / count
        squares = late * (1 - share) ** 2 + (judged - late) * share**2
        pair, varied = judged * (judged - 1) / 2, share * (1 - share) / (count - 1)
        together.append(((late - judged * share) ** 2 - squares) / 2 + pair * varied)
        apart.append(pair * varied * count)
        pairs.append(pair)
    products, varied_by = np.concatenate(together), np.concatenate(apart)
    number, whole = float(np.concatenate(pairs).sum()), float(varied_by.sum())
    if not whole:
        return None
    measured = float(products.sum() / whole)
    # Few pairs may scatter less than chance by chance alone: independent missions scatter by one for each pair.
    variance = max(float(((products - measured * varied_by) ** 2).sum()) / whole**2, 1.0 / number)
    kept = SPREAD**2 / (SPREAD**2 + variance)
    reach = _Z * variance**0.5
    return DayCorrelation(
        measured=measured,
        interval=Interval(measured - reach, measured + reach),
        drawn=max(0.0, kept * measured + (1 - kept) * usual),
        pairs=int(number),
    )

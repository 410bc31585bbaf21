"""Percentile of the response time with missions still in progress counted for what they already show.

Definition: the smallest time t with an estimated chance of more than t of at most 1 - p. An open mission has waited
for some time and counts as "longer than that" (right-censored) instead of being left out. But some arrivals are never
registered: such a mission stays open although somebody is there, and ends without a value. So an open mission counts
as waiting only by its chance of being one that will be registered.
Formula: S(t) = ∏_{t_i <= t} (1 - arrivals at t_i / missions not yet over at t_i), where an open one counts 1 - w.
With the share π of missions that are never registered, g of which are still open, a mission that has been open for a
is one of them with chance w = π g / (π g + (1 - π) S(a)), and g = Σ w / (Σ w + ended without a value). Repeated from
w = 0 until nothing changes (expectation-maximisation). π = 0 is Kaplan's and Meier's estimate; and without open
missions it is the nearest-rank percentile.
Assumes that how long a mission has been open says nothing else about it (open missions are censored by the clock),
that missions are registered or not whatever they take, and that π is what it was.
Source: Kaplan & Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958) 457-481; mixture with
a share that never ends: Boag, J. R. Statist. Soc. B 11 (1949) 15-53, Kuk & Chen, Biometrika 79 (1992) 531-541.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.percent import Percent, share

ROUNDING: Final = 1e-9
"""S is a product of fractions: 1 - 0.8 must be found although it is not exact in floats."""
_STEPS: Final = 100
_STILL: Final = 1e-5
"""Chances that change by less do not change any percentile that anybody could see."""

Floats = NDArray[np.float64]
Values = Sequence[float] | Floats


@dataclass(frozen=True, slots=True)
class Unregistered:
    """The share (0 to 1) of missions whose arrival nobody ever registers, and how many of those at hand ended so.

    Without any of it, every open mission is believed to be waiting.
    """

    ratio: float = 0.0
    ended: int = 0


NONE: Final = Unregistered()


def percentile(
    responses: Values, open_for: Values, percent: Percent, unregistered: Unregistered = NONE
) -> float | None:
    """The percentile, in the unit of the values; None where so many are open that it is not known yet.

    Four arrivals, and one mission that has been open for 9 minutes:

    >>> percentile([4.0, 6.0, 7.0, 12.0], [], 50), percentile([4.0, 6.0, 7.0, 12.0], [9.0], 50)
    (6.0, 7.0)
    >>> percentile([4.0, 6.0], [9.0, 9.0], 80) is None
    True

    If a fifth is never registered, those that have been open for very long are likely of that kind:

    >>> percentile([*range(1, 11)], [99.0] * 2, 75), percentile([*range(1, 11)], [99.0] * 2, 75, Unregistered(0.2))
    (9.0, 8.0)
    """
    (found,) = percentiles(responses, open_for, [percent], unregistered)
    return found


def percentiles(
    responses: Values, open_for: Values, percents: Sequence[Percent], unregistered: Unregistered = NONE
) -> list[float | None]:
    """Several of the same missions."""
    if not len(responses):
        return [None] * len(percents)
    arrivals = _Arrivals(np.asarray(responses, dtype=np.float64), np.sort(np.asarray(open_for, dtype=np.float64)))
    longer = arrivals.longer(unregistered)
    reached = [np.flatnonzero(longer <= 1 - share(percent) + ROUNDING) for percent in percents]
    return [float(arrivals.times[places[0]]) if places.size else None for places in reached]


class _Arrivals:
    """Distinct times of arrivals, and how many were not over at each; `open_for` ascends."""

    def __init__(self, responses: Floats, open_for: Floats) -> None:
        self.times, self._arrived = np.unique(responses, return_counts=True)
        self._known = np.cumsum(self._arrived[::-1])[::-1]
        self._at_risk_from = np.searchsorted(open_for, self.times, "left")
        self._arrived_by = np.searchsorted(self.times, open_for, "right")
        self._open = len(open_for)

    def longer(self, unregistered: Unregistered) -> Floats:
        """S at each of the times."""
        never, left, ratio = np.zeros(self._open), 1.0, unregistered.ratio
        found = self._longer(never)
        for _ in range(_STEPS if ratio and self._open else 0):
            odds = ratio * left
            likely = odds / (odds + (1 - ratio) * np.concatenate(([1.0], found))[self._arrived_by])
            left = float(likely.sum()) / (float(likely.sum()) + unregistered.ended)
            moved, never = float(np.abs(likely - never).max()), likely
            found = self._longer(never)
            if moved < _STILL:
                break
        return found

    def _longer(self, never: Floats) -> Floats:
        waiting = np.concatenate((np.cumsum((1 - never)[::-1])[::-1], [0.0]))
        left = self._arrived / (self._known + waiting[self._at_risk_from])
        return np.cumprod(1 - left, dtype=np.float64)

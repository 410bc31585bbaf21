"""The chance that a running period ends within its target, from its months, last year's volume and what is open.

Puts three statistics together: how good the series will be (`level`), how many missions are still to come (`volume`),
and what these make of the counts so far (`futures`).
Calibrated by simulation: `benchmarks/forecast.py`, docs/statistics.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.percent import Percent, share
from monitor.core.stats.futures import Level
from monitor.core.stats.level import UNKNOWN, Outlook, Prior, between, outlook

Floats = NDArray[np.float64]

MONTHS: Final = 36
"""As far as is looked back."""
_DOUBT: Final = 2.0
"""As many missions just on target are thought of beside a year's when the spread of a share is estimated."""


@dataclass(frozen=True, slots=True)
class Months:
    """A series by month, the oldest first, the last one ending now.

    `missions` of each, and their `excess`: by how much all of them together are better than their target asks, a
    mission within by 1 - p, a late one by -p. `unit` is the standard deviation of one mission.
    """

    missions: Floats
    excess: Floats
    unit: float

    @classmethod
    def of_share(cls, within: Floats, missions: Floats, percent: Percent) -> "Months":
        """By counts."""
        p = share(percent)
        s = (float(within[-12:].sum()) + _DOUBT * p) / (float(missions[-12:].sum()) + _DOUBT)
        # Where hardly any was late, that is no proof of how seldom they are: never surer than just on target.
        return cls(missions, within - p * missions, math.sqrt(max(s * (1.0 - s), p * (1.0 - p))))

    @property
    def values(self) -> Floats:
        """The mean of each month, as `level` has it."""
        found: Floats = self.excess / np.maximum(self.missions, 1.0) / self.unit
        return found

    @property
    def year(self) -> tuple[float, float]:
        """The mean of the last year, and of how many missions."""
        n = float(self.missions[-12:].sum())
        return float(self.excess[-12:].sum()) / max(n, 1.0) / self.unit, n

    def outlook(self, ahead: float, prior: Prior = UNKNOWN) -> Outlook:
        """The level over the months ahead."""
        return outlook(self.values, self.missions, ahead, prior)

    def level_of_share(self, told: Outlook, percent: Percent) -> Level:
        """... as a share within; nearer to none, or all, than so many missions can show it is never thought."""
        edge = 0.5 / (float(self.missions.sum()) + 1.0)
        mean = min(1.0 - edge, max(edge, share(percent) + self.unit * told.mean))
        return Level(mean, self.unit**2 * told.variance)


def drawn_to(whole: Outlook, parts: Sequence[Months]) -> Prior:
    """What is thought of a part of a whole before its own months are seen."""
    return Prior(whole.level, between([one.year for one in parts]), whole.season)

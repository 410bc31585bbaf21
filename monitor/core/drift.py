"""What each day of a series says for drift: from the target, and from the level that the series had a year before.

Decides what is a change (`stats.cusum` adds up the evidence): a level somewhat worse than the target, or the own
level, is tolerated, for seasons and slow ups and downs are no change; twice as many late is one. A busy series must
show more than a quiet one, or it would page for nothing in proportion to its missions. Refuses to know thresholds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.core.day_counts import Counts, DayCounts
from monitor.core.digest import Floats
from monitor.core.percent import Percent, complement
from monitor.core.stats import chosen, cusum
from monitor.core.stats.cusum import Share, Shift

LEVELS: Final = (0.02, 0.90)
"""Own levels are kept within: beyond, a shift cannot be told."""
LEAST_SCALE: Final = 0.5
"""However quiet a series is, it must show half as much as a usual one."""


def own_level(judged: Counts, late: Counts) -> Floats:
    """The share of late ones that a past tells. One late and one in time are added: none is certain to be none."""
    level: Floats = np.clip((late + 1) / (judged + 2), *LEVELS)
    return level


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What evidence is. `shift`: of an objective of `chosen.PERCENT` per cent; of another as large in odds."""

    shift: Shift = chosen.DRIFT
    correlation: float = chosen.DAY_CORRELATION
    per_volume: float = chosen.DRIFT_PER_VOLUME

    def around(self, level: Share) -> tuple[Share, Share]:
        """The shares normal and degraded where so many (share) may be late."""
        origin = complement(chosen.PERCENT)
        normal, degraded = (cusum.moved(share, origin, level) for share in (self.shift.normal, self.shift.degraded))
        return normal, degraded

    def scale(self, volume: Floats) -> Floats:
        """How many times as much a series of so many missions a year must show as the usual one."""
        told = np.log(np.maximum(volume, 1.0) / chosen.USUAL_VOLUME)
        scale: Floats = np.maximum(LEAST_SCALE, 1.0 + self.per_volume * told)
        return scale

    def over_target(self, days: DayCounts, percent: Percent) -> Floats:
        """The evidence of each day that more are late than the objective allows."""
        return self.against(days, complement(percent))

    def over_own_level(self, days: DayCounts, *, lag_days: int, length_days: int, least: int) -> Floats:
        """The evidence of each day that more are late than were in the `length_days` that end `lag_days` before it.

        NaN where that level rests on fewer than `least` missions. What a day is held against never changes any more,
        so that the score needs no beginning that slides along.
        """
        judged, late = days.before(lag_days, length=length_days)
        return np.where(judged >= least, self.against(days, own_level(judged, late)), np.nan)

    def against(self, days: DayCounts, level: Share) -> Floats:
        """The evidence of each day that more are late than such a share (of all days, or of each)."""
        found = cusum.evidence(days.judged, days.late, *self.around(level), self.correlation)
        return found / self.scale(days.volume(usual=chosen.USUAL_VOLUME))

"""What missions that were never measured can make of a verdict, which is decided by those that were.

Of a percentile: between what the share of all lies, and how many of the unmeasured must have been within the target
for it to be met. Of a mean: what they may have taken. Whole numbers decide, as they decide the verdict. Refuses to
guess how the unmeasured truly were.
"""

from dataclasses import dataclass
from typing import Self

from monitor.core.figures import MICROSECONDS, Count
from monitor.core.percent import Percent
from monitor.core.stats import missing
from monitor.core.stats.bounds import ShareBounds
from monitor.core.stats.wilson import ShareInterval


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """`missions` that an objective would have judged, had they a value.

    Of a percentile, the share of all, these included, lies within `bounds`; `widened` for chance, at 95 %. The target
    is met if at least `needed` of these missions were within it: 0 or less where it is met whatever they were, more
    than there are where it is missed whatever they were. Of a mean, it is met if they took at most `most_seconds`
    each, in the mean; negative where it is missed whatever they took, None where all were measured.
    """

    missions: int
    bounds: ShareBounds | None = None
    widened: ShareInterval | None = None
    needed: int | None = None
    most_seconds: float | None = None

    @classmethod
    def of_share(cls, count: Count, percent: Percent) -> Self | None:
        """Of a percentile; None where it is not known how many there are."""
        if count.unmeasured is None:
            return None
        counts = count.within, count.judged, count.unmeasured
        return cls(
            count.unmeasured, missing.bounds(*counts), missing.widened(*counts), missing.needed(*counts, percent)
        )

    @classmethod
    def of_mean(cls, count: Count) -> Self | None:
        """Of a mean whose sums are known; None where it is not known how many there are."""
        if count.unmeasured is None or count.total is None or count.allowed is None:
            return None
        left = count.allowed + count.unmeasured_allowed - count.total
        return cls(
            count.unmeasured,
            most_seconds=left / count.unmeasured / MICROSECONDS if count.unmeasured else None,
        )

    @property
    def settled(self) -> bool:
        """Whether the verdict is the same whatever they were."""
        if self.needed is not None:
            return self.needed <= 0 or self.needed > self.missions
        return self.most_seconds is None or self.most_seconds < 0

    @property
    def tipping_ratio(self) -> float | None:
        """The share (0 to 1) of them that must have been within; None where the verdict does not hang on them."""
        return None if self.settled or self.needed is None else self.needed / self.missions

    @property
    def tipping_percent(self) -> int | None:
        """So many of every hundred of them, rounded up: that many are enough."""
        return None if self.settled or self.needed is None else -(-100 * self.needed // self.missions)

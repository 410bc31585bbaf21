"""What missions in progress can still make of the share within target.

Definition: with `judged` missions measured, `within` of them in time, and `open` in progress of which `overdue` are
past the target already, the share will end between within/(judged + open), all of them late, and
(within + open - overdue)/(judged + open), all that still can in time.
Assumes that every open mission will be measured. Arithmetic, no chance involved.
Source: worst-case bounds for missing outcomes: Manski, "Partial Identification of Probability Distributions"
(2003), chapter 1.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShareBounds:
    """The share (0 to 1) ends between the two."""

    lower: float
    upper: float


def share_bounds(within: int, judged: int, open_missions: int, overdue: int) -> ShareBounds | None:
    """The bounds; None where there is neither a measured nor an open mission.

    >>> share_bounds(16, 20, 5, 2)
    ShareBounds(lower=0.64, upper=0.76)
    """
    total = judged + open_missions
    if not total:
        return None
    return ShareBounds(within / total, (within + open_missions - overdue) / total)

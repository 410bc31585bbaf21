"""Whether a verdict depends on which side of a border its missions lie: the fewest that would have to change sides.

A mission weighs on its verdict by a whole number, which is its slack: the target is met where the weights of the
judged missions add up to zero or more. Of a percentile (p = over/under per cent) one within its target weighs
100·under - over, and one beyond it -over; the sum is 100·under·within - over·judged, which is what decides. Of a mean
the weight is the target less the time taken, in microseconds. Moving a mission out takes its weight away, moving one
in adds it: so the worst is to move what helps most first, and no search is needed. Refuses to know where borders are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.percent import Percent


def weight(within: bool, percent: Percent) -> int:
    """What a judged mission weighs on the verdict of a percentile.

    >>> weight(True, 80), weight(False, 80)
    (20, -80)
    """
    over, under = percent.as_integer_ratio()
    return (100 * under if within else 0) - over


@dataclass(frozen=True, slots=True)
class Swing:
    """How a verdict hangs on its border: `leaving` missions of it and `coming` ones of others lie near one.

    `fewest`: the least number of them that turn the verdict by changing sides (into the other one, or into none
    because nothing is left); None where it stands whatever they do.
    """

    judged: int
    leaving: int
    coming: int
    fewest: int | None

    @property
    def stands(self) -> bool:
        """Whether the verdict is the same wherever the missions near its borders lie."""
        return self.fewest is None


def swing(staying: Sequence[int], leaving: Sequence[int], coming: Sequence[int]) -> Swing:
    """The verdict on missions of these weights: surely in the series, near its border, and near it on the other side.

    >>> swing([20, 20, 20], [20, -80], [-80]).fewest  # 4 of 5 within 80 % is just met
    1
    """
    judged = len(staying) + len(leaving)
    total = sum(staying) + sum(leaving)
    return Swing(judged, len(leaving), len(coming), _fewest(total, judged, leaving, coming) if judged else None)


def _fewest(total: int, judged: int, leaving: Sequence[int], coming: Sequence[int]) -> int | None:
    met = total >= 0
    changes = sorted([-one for one in leaving] + list(coming), reverse=not met)
    for moves, change in enumerate(changes, 1):
        total += change
        if (total >= 0) != met:
            return moves
    # Nobody left is no verdict, whatever the sum says; what comes in only keeps it.
    return judged if len(leaving) == judged else None

"""Shares of several parts of a whole, each drawn towards the whole's by as much as chance explains.

The parts (the hours of a week) are thought to have true shares that follow a Beta distribution about the whole's
share, and counts that are binomial given theirs. How widely the true shares scatter is estimated by the method of
moments, from how much more the observed ones scatter than counts of that size must: a part with few missions is then
told almost by the whole's share, and one with many almost by its own. Where they scatter no more than by chance,
every part is told by the whole's.
Sources: Kleinman, "Proportions with extraneous variance", JASA 68 (1973) 46-54; shrinkage of shares: Efron & Morris,
JASA 70 (1975) 311-319.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import betaincinv

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A part's true share, and what it lies between at 95 %."""

    share: float
    lower: float
    upper: float


def strength(counts: Sequence[tuple[int, int]]) -> float:
    """As how many missions the whole's share counts beside a part's own; `counts`: of each part, how many of n.

    One at least, and infinity where the parts scatter no more than by chance.

    >>> strength([(2, 10), (2, 10), (2, 10)]), round(strength([(1, 10), (2, 10), (6, 10)]), 2)
    (inf, 2.86)
    """
    some = [(count, n) for count, n in counts if n]
    total = sum(n for _, n in some)
    share = sum(count for count, _ in some) / total if total else 0.0
    spread = share * (1.0 - share)
    by_chance = len(some) - 1
    room = total - sum(n * n for _, n in some) / total - by_chance if total else 0.0
    if spread <= 0.0 or room <= 0.0:
        return math.inf
    scatter = sum(n * (count / n - share) ** 2 for count, n in some) / spread
    beyond = (scatter - by_chance) / room
    return math.inf if beyond <= 0.0 else max(1.0, 1.0 / beyond - 1.0)


def shrunk(count: int, n: int, *, whole: float, strength: float, of: int) -> Estimate:
    """The share of a part with `count` of `n`, where that of the `whole` (0 to 1) counts as `strength` missions.

    The whole's share is known from `of` missions, and no part is known better than it: where all are told by the
    whole's, each has the whole's interval.

    >>> shrunk(3, 4, whole=0.25, strength=12.0, of=100).share
    0.375
    """
    share = whole if math.isinf(strength) else (count + strength * whole) / (n + strength)
    size, tail = min(n + strength, float(of)), (1.0 - CONFIDENCE) / 2.0
    alpha, beta = share * size, (1.0 - share) * size
    lower = float(betaincinv(alpha, beta + (beta == 0.0), tail)) if alpha > 0.0 else 0.0
    upper = float(betaincinv(alpha + (alpha == 0.0), beta, 1.0 - tail)) if beta > 0.0 else 1.0
    return Estimate(share, lower, upper)

"""Values of given ranks in a pool of sorted or unsorted pieces, which are never merged and never lie in one heap.

A piece is means and weights: values by themselves (weight 1), or centroids that stand for several. Merging centroids
again and again is what costs accuracy, so nothing is merged here: a sample says between which values a rank must lie,
the pieces are counted up to there, and only what lies between is sorted. While every weight is 1 the answer is the
very value, however many there are; a centroid of weight w holds w ranks, its mean in their middle, and what lies
between two such middles is interpolated. What is found depends on the values alone, not on pieces or their order.
Source: Floyd & Rivest, "Expected Time Bounds for Selection", CACM 18 (1975) 165-172, for the sample.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from monitor.core.digest import Floats

Centroids = tuple[Floats, Floats]
"""Means and weights, in any order."""

SORTED_AT_ONCE: Final = 1 << 16
"""So many are simply sorted, and of more so many at a time are looked at: a few milliseconds and half a megabyte."""
SAMPLED: Final = 1 << 14
MARGIN: Final = 0.01
"""Shares around a rank that are sorted at first: four standard errors of a share near a half of such a sample are
0.016, near nine tenths 0.009. A rank that lies elsewhere is found with more room."""
_WIDER: Final = 4.0


@dataclass(frozen=True, slots=True)
class Pool:
    """All of some pieces."""

    pieces: Sequence[Centroids]

    @property
    def exact(self) -> bool:
        """Whether every value is known by itself, so that what is told of a rank is the value that has it."""
        return all(bool((weights == 1.0).all()) for _, weights in self.pieces)

    @property
    def weight(self) -> int:
        """How many values there are."""
        return round(sum(float(weights.sum()) for _, weights in self.pieces))

    def values(
        self, ranks: Iterable[int], *, at_once: int = SORTED_AT_ONCE, sampled: int = SAMPLED
    ) -> dict[int, float]:
        """The value of each rank (1 to `weight`), by interpolation where it lies within what was merged.

        `at_once`, `sampled`: the law does not depend on them. Raises ValueError where there is nothing.
        """
        wanted = sorted({*ranks})
        size = sum(len(means) for means, _ in self.pieces)
        if not size:
            raise ValueError("no value has a rank where there are none")
        if size <= at_once:
            return _Stretch.of(self.pieces, 0.0).values(wanted)
        sample = _Stretch.of(_sample(self.pieces, -(-size // sampled)), 0.0)
        weight, margin = self.weight, MARGIN
        found: dict[int, float] = {}
        while wanted:
            bounds = _bounds(sample, [rank / weight for rank in wanted], margin)
            for stretch in _between(self.pieces, bounds, at_once):
                found |= stretch.values([rank for rank in wanted if stretch.holds(rank)])
            wanted = [rank for rank in wanted if rank not in found]
            margin *= _WIDER
        return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Centroids by ascending mean, and at which rank the middle of each lies; `open`: nothing is below or above."""

    means: Floats
    middles: Floats
    open: tuple[bool, bool] = (True, True)

    @classmethod
    def of(cls, pieces: Sequence[Centroids], below: float, opened: tuple[bool, bool] = (True, True)) -> "_Stretch":
        """`below`: how many values lie lower."""
        means = np.concatenate([np.empty(0), *(means for means, _ in pieces)])
        weights = np.concatenate([np.empty(0), *(weights for _, weights in pieces)])
        order = np.lexsort((weights, means))
        means, weights = means[order], weights[order]
        return cls(means, below + np.cumsum(weights) - (weights - 1.0) / 2.0, opened)

    def holds(self, rank: int) -> bool:
        """Whether no value outside has a part in what is told of a rank."""
        if not len(self.means):
            return False
        return (self.open[0] or self.middles[0] <= rank) and (self.open[1] or rank <= self.middles[-1])

    def values(self, ranks: Sequence[int]) -> dict[int, float]:
        if not ranks:
            return {}
        return dict(zip(ranks, np.interp(ranks, self.middles, self.means).tolist(), strict=True))


def _sample(pieces: Sequence[Centroids], step: int) -> list[Centroids]:
    """Every `step`-th, counted through all pieces: of pieces that are sorted it is a sample of each."""
    taken, seen = [], 0
    for means, weights in pieces:
        first = -seen % step
        if first < len(means):
            taken.append((means[first::step], weights[first::step]))
        seen += len(means)
    return taken


def _bounds(sample: _Stretch, shares: Sequence[float], margin: float) -> list[tuple[float, float]]:
    """Between which values shares (ascending) of the whole lie, by the sample: those that overlap are one."""
    whole = float(sample.middles[-1])
    found: list[tuple[float, float]] = []
    for share in shares:
        lowest, highest = (share - margin) * whole, (share + margin) * whole
        low = float(np.interp(lowest, sample.middles, sample.means)) if lowest > 1.0 else -np.inf
        high = float(np.interp(highest, sample.middles, sample.means)) if highest < whole else np.inf
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _between(pieces: Sequence[Centroids], bounds: Sequence[tuple[float, float]], at_once: int) -> Iterator[_Stretch]:
    """What lies between each pair of values, both included."""
    below = [0.0] * len(bounds)
    held: list[list[Centroids]] = [[] for _ in bounds]
    for means, weights in _heaps(pieces, at_once):
        for number, (low, high) in enumerate(bounds):
            lower = means < low
            below[number] += float(weights[lower].sum())
            inner = ~lower & (means <= high)
            held[number].append((means[inner], weights[inner]))
    for (low, high), lower_weight, some in zip(bounds, below, held, strict=True):
        yield _Stretch.of(some, lower_weight, (low == -np.inf, high == np.inf))


def _heaps(pieces: Sequence[Centroids], at_once: int) -> Iterator[Centroids]:
    """The pieces, small ones put together: most hold a day of one series."""
    edges, size = [0], 0
    for number, (means, _) in enumerate(pieces, 1):
        size += len(means)
        if size >= at_once:
            edges.append(number)
            size = 0
    for first, last in pairwise([*edges, len(pieces)]):
        if first < last:
            some = pieces[first:last]
            yield np.concatenate([means for means, _ in some]), np.concatenate([weights for _, weights in some])

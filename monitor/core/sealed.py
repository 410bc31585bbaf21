"""Sealed stretches of one series side by side, so that any run of them is counted and pooled without a loop.

Counts are running sums: a span costs two look-ups. Sketches lie behind each other as means and weights; a run of
them that is asked for whole again and again (a month of history) is merged once, to four times the centroids that
the answer keeps, so that merging in two steps costs no accuracy that anybody could see. Refuses to know windows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from monitor.core import digest
from monitor.core.digest import Backend, Floats
from monitor.core.slices import Aggregate

Counts = NDArray[np.int64]

MERGED_CENTROIDS: Final = 4 * digest.CENTROIDS
"""What a merged run keeps: the last merge, to `digest.CENTROIDS`, is then as good as from the parts."""

_PLAIN: Final = 3


@dataclass(frozen=True, slots=True)
class Sealed:
    """Aggregates of one series by `start` (epoch seconds). Build with `of` or `pool`, never by hand.

    `counts`, one row each: measured, unmeasured, excluded, then per column of `of` the missions that had a target,
    then those within it. `ends[i]`: where the i-th sketch ends in `means` and `weights`.
    """

    start: Floats
    counts: Counts
    ends: Counts
    means: Floats
    weights: Floats
    lowest: Floats
    highest: Floats
    _merged: dict[Backend, tuple[Floats, Floats]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, aggregates: Sequence[Aggregate], columns: Mapping[int, int], width: int) -> Self:
        """In time order, of their first clock. `columns`: which of `width` a place of `Aggregate.judged` counts."""
        ordered = sorted(aggregates, key=lambda part: part.start)
        counts = [_row(part, columns, width) for part in ordered]
        return cls(
            start=np.array([part.start for part in ordered], dtype=np.float64),
            counts=np.array(counts, dtype=np.int64).reshape(len(ordered), len(counts[0]) if counts else _PLAIN),
            ends=np.cumsum([len(part.clocks[0].sketch[0]) for part in ordered], dtype=np.int64),
            means=np.fromiter(chain.from_iterable(part.clocks[0].sketch[0] for part in ordered), dtype=np.float64),
            weights=np.fromiter(chain.from_iterable(part.clocks[0].sketch[1] for part in ordered), dtype=np.float64),
            lowest=np.array([part.clocks[0].sketch[2] for part in ordered], dtype=np.float64),
            highest=np.array([part.clocks[0].sketch[3] for part in ordered], dtype=np.float64),
        )

    @classmethod
    def pool(cls, parts: Sequence["Sealed"]) -> Self:
        """All of several, in time order."""
        parts = [part for part in parts if len(part.start)]
        if not parts:
            return cls.of((), {}, 0)
        start = np.concatenate([part.start for part in parts])
        order = np.argsort(start, kind="stable")
        ends = np.concatenate([part.ends for part in parts])
        sizes = np.diff(ends, prepend=0)
        firsts = np.cumsum([0, *(len(part.start) for part in parts[:-1])])
        sizes[firsts] = ends[firsts]
        places = _places(np.cumsum(sizes) - sizes, sizes, order)
        return cls(
            start=start[order],
            counts=np.concatenate([part.counts for part in parts])[order],
            ends=np.cumsum(sizes[order]),
            means=np.concatenate([part.means for part in parts])[places],
            weights=np.concatenate([part.weights for part in parts])[places],
            lowest=np.concatenate([part.lowest for part in parts])[order],
            highest=np.concatenate([part.highest for part in parts])[order],
        )

    def centroids(self, first: int, last: int, backend: Backend) -> tuple[Floats, Floats]:
        """Means and weights of the run `first` to `last` (excluded); of all of them, merged where they are many."""
        if first == 0 and last == len(self.start) and len(self.means) > MERGED_CENTROIDS:
            if backend not in self._merged:
                self._merged[backend] = digest.compress(self.means, self.weights, MERGED_CENTROIDS, backend=backend)
            return self._merged[backend]
        begin = int(self.ends[first - 1]) if first else 0
        end = int(self.ends[last - 1]) if last else 0
        return self.means[begin:end], self.weights[begin:end]


def _row(part: Aggregate, columns: Mapping[int, int], width: int) -> list[int]:
    tally = part.clocks[0]
    judged, within = [0] * width, [0] * width
    for place, _, counted in part.judged:
        if (column := columns.get(place)) is not None:
            judged[column], within[column] = tally.measured, counted
    return [tally.measured, sum(tally.unmeasured), part.excluded, *judged, *within]


def _places(begins: Counts, sizes: Counts, order: NDArray[np.intp]) -> Counts:
    """Where the elements of each run lie when the runs are put in another order."""
    moved = sizes[order]
    total = int(moved.sum())
    shift = begins[order] - (np.cumsum(moved) - moved)
    places: Counts = np.arange(total, dtype=np.int64) + np.repeat(shift, moved)
    return places


class Shelf:
    """Sealed blocks behind each other, disjoint and in time order: whatever a window needs of them."""

    def __init__(self, blocks: Sequence[Sealed], places: int, backend: Backend) -> None:
        """`places`: how many targets each aggregate was counted against."""
        self._blocks = [block for block in blocks if len(block.start)]
        self._backend: Backend = backend
        self._begins = np.cumsum([0, *(len(block.start) for block in self._blocks)]).tolist()
        self._places = places
        columns = _PLAIN + 2 * places
        self.start = np.concatenate([np.empty(0), *(block.start for block in self._blocks)])
        counts = np.concatenate([np.zeros((1, columns), np.int64), *(block.counts for block in self._blocks)])
        self._counts = np.cumsum(counts, axis=0)

    def counts(self, first: int, last: int) -> "Tally":
        """Sums over a run."""
        measured, unmeasured, excluded, *rest = (self._counts[last] - self._counts[first]).tolist()
        return Tally(measured, unmeasured, excluded, rest[: self._places], rest[self._places :])

    def last_measured_at(self, first: int, last: int) -> float:
        """Start of the newest stretch of a run that has measured missions; the run must have one."""
        place = int(np.searchsorted(self._counts[: last + 1, 0], self._counts[last, 0]))
        return float(self.start[max(first, place - 1)])

    def pooled(self, first: int, last: int, values: Floats) -> digest.Digest:
        """The digest of a run together with plain values."""
        means, weights = [values], [np.ones(len(values))]
        lowest, highest = [values], [values]
        for block, begin, end in zip(self._blocks, self._begins, self._begins[1:], strict=False):
            if begin < last and end > first:
                inner, outer = max(first, begin) - begin, min(last, end) - begin
                some, heavy = block.centroids(inner, outer, self._backend)
                means.append(some)
                weights.append(heavy)
                lowest.append(block.lowest[inner:outer])
                highest.append(block.highest[inner:outer])
        return digest.of_centroids(
            np.concatenate(means),
            np.concatenate(weights),
            float(np.nanmin(np.concatenate(lowest))),
            float(np.nanmax(np.concatenate(highest))),
            backend=self._backend,
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Exact counts of a run; `judged` and `within` by column of `Sealed.of`."""

    measured: int
    unmeasured: int
    excluded: int
    judged: Sequence[int]
    within: Sequence[int]

"""Sealed stretches of one series side by side, so that any run of them is counted and pooled without a loop.

Counts and sums are running: a span costs two look-ups. Sketches lie behind each other as means and weights; a run of
them that is asked for whole again and again (a month of history) is merged once, to four times the centroids that
the answer keeps, so that merging in two steps costs no accuracy that anybody could see. Refuses to know windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.core import digest
from monitor.core.columns import CAUSES, Columns, Groups
from monitor.core.digest import Backend, Fields, Floats
from monitor.core.service import Measure, Objective
from monitor.core.slices import Aggregate

Counts = NDArray[np.int64]
Array = TypeVar("Array", Counts, Floats)

MERGED_CENTROIDS: Final = 4 * digest.CENTROIDS
"""What a merged run keeps: the last merge, to `digest.CENTROIDS`, is then as good as from the parts."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of one clock behind each other: `ends[i]` is where the i-th ends in `means` and `weights`."""

    ends: Counts
    means: Floats
    weights: Floats
    lowest: Floats
    highest: Floats
    _merged: dict[Backend, tuple[Floats, Floats]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, sketches: Sequence[Fields]) -> Self:
        """In the order given."""
        return cls(
            ends=np.cumsum([len(means) for means, _, _, _ in sketches], dtype=np.int64),
            means=np.fromiter(chain.from_iterable(means for means, _, _, _ in sketches), dtype=np.float64),
            weights=np.fromiter(chain.from_iterable(weights for _, weights, _, _ in sketches), dtype=np.float64),
            lowest=np.array([lowest for _, _, lowest, _ in sketches], dtype=np.float64),
            highest=np.array([highest for _, _, _, highest in sketches], dtype=np.float64),
        )

    @classmethod
    def pool(cls, parts: Sequence["Sketches"], order: NDArray[np.intp]) -> Self:
        """All of several; `order`: which comes first, second, ..."""
        ends = np.concatenate([part.ends for part in parts])
        sizes = np.diff(ends, prepend=0)
        firsts = np.cumsum([0, *(len(part.ends) for part in parts[:-1])])
        sizes[firsts] = ends[firsts]
        places = _places(np.cumsum(sizes) - sizes, sizes, order)
        return cls(
            ends=np.cumsum(sizes[order]),
            means=np.concatenate([part.means for part in parts])[places],
            weights=np.concatenate([part.weights for part in parts])[places],
            lowest=np.concatenate([part.lowest for part in parts])[order],
            highest=np.concatenate([part.highest for part in parts])[order],
        )

    def centroids(self, first: int, last: int, backend: Backend) -> tuple[Floats, Floats]:
        """Means and weights of the run `first` to `last` (excluded); of all of them, merged where they are many."""
        if first == 0 and last == len(self.ends) and len(self.means) > MERGED_CENTROIDS:
            if backend not in self._merged:
                self._merged[backend] = digest.compress(self.means, self.weights, MERGED_CENTROIDS, backend=backend)
            return self._merged[backend]
        begin = int(self.ends[first - 1]) if first else 0
        end = int(self.ends[last - 1]) if last else 0
        return self.means[begin:end], self.weights[begin:end]


def _places(begins: Counts, sizes: Counts, order: NDArray[np.intp]) -> Counts:
    """Where the elements of each run lie when the runs are put in another order."""
    moved = sizes[order]
    total = int(moved.sum())
    shift = begins[order] - (np.cumsum(moved) - moved)
    places: Counts = np.arange(total, dtype=np.int64) + np.repeat(shift, moved)
    return places


@dataclass(frozen=True, slots=True)
class Sealed:
    """Aggregates of one series by `start` (epoch seconds). Build with `of` or `pool`, never by hand.

    `counts` and `powers`, one row each, as in `core.columns`; `sketches` by clock.
    """

    start: Floats
    counts: Counts
    powers: Floats
    sketches: tuple[Sketches, ...]

    @classmethod
    def of(
        cls, aggregates: Sequence[Aggregate], columns: Columns, groups: Groups, measures: Sequence[Measure]
    ) -> Self:
        """In time order. `groups` judge the series; `measures` as in `core.stored.Head`."""
        ordered = sorted(aggregates, key=lambda part: part.start)
        filled = [columns.fill(part, groups.judged(part, measures), len(groups)) for part in ordered]
        return cls(
            start=np.array([part.start for part in ordered], dtype=np.float64),
            counts=np.array([whole for whole, _ in filled], dtype=np.int64),
            powers=np.array([powers for _, powers in filled], dtype=np.float64),
            sketches=tuple(
                Sketches.of([part.clocks[clock].sketch for part in ordered]) for clock in range(len(columns.clocks))
            ),
        )

    @classmethod
    def pool(cls, parts: Sequence["Sealed"]) -> Self | None:
        """All of several, in time order; None of none. Each has the same columns."""
        if len(parts) < 2:
            return parts[0] if parts else None  # type: ignore[return-value]
        start = np.concatenate([part.start for part in parts])
        order = np.argsort(start, kind="stable")
        return cls(
            start=start[order],
            counts=np.concatenate([part.counts for part in parts])[order],
            powers=np.concatenate([part.powers for part in parts])[order],
            sketches=tuple(
                Sketches.pool(sketches, order) for sketches in zip(*[part.sketches for part in parts], strict=True)
            ),
        )

    def judged_by(self, group: int, columns: Columns) -> "Sealed":
        """The same with that group of columns only."""
        return Sealed(
            self.start,
            _grouped(self.counts, columns.plain, columns.group, group),
            _grouped(self.powers, columns.plain_powers, columns.group_powers, group),
            self.sketches,
        )


def _grouped(numbers: Array, plain: int, width: int, group: int) -> Array:
    if group == 0:
        return numbers[:, : plain + width]
    begin = plain + group * width
    return np.hstack([numbers[:, :plain], numbers[:, begin : begin + width]])


class Shelf:
    """Sealed blocks behind each other, disjoint and in time order: whatever a window needs of them."""

    def __init__(self, blocks: Sequence[Sealed], columns: Columns, backend: Backend) -> None:
        """Each block has one group of columns."""
        self._blocks = blocks
        self._columns = columns
        self._backend: Backend = backend
        self._begins = np.cumsum([0, *(len(block.start) for block in blocks)]).tolist()
        self.start = np.concatenate([np.empty(0), *(block.start for block in blocks)])
        none = np.zeros((1, columns.width(1)), np.int64), np.zeros((1, columns.plain_powers + columns.group_powers))
        self._counts = np.cumsum(np.concatenate([none[0], *(block.counts for block in blocks)]), axis=0)
        self._powers = np.cumsum(np.concatenate([none[1], *(block.powers for block in blocks)]), axis=0)

    def sums(self, first: int, last: int) -> "Sums":
        """Of a run."""
        return Sums(
            self._columns,
            (self._counts[last] - self._counts[first]).tolist(),
            (self._powers[last] - self._powers[first]).tolist(),
        )

    def last_measured_at(self, first: int, last: int) -> float:
        """Start of the newest stretch of a run that its first clock measured in; there must be one."""
        measured = self._counts[: last + 1, self._columns.clock_at[self._columns.clocks[0]]]
        place = int(np.searchsorted(measured, measured[last]))
        return float(self.start[max(first, place - 1)])

    def pooled(self, clock: int, first: int, last: int, values: Floats) -> digest.Digest:
        """The digest of a run of one clock together with plain values."""
        means, weights = [values], [np.ones(len(values))]
        lowest, highest = [values], [values]
        for block, begin, end in zip(self._blocks, self._begins, self._begins[1:], strict=False):
            if begin < last and end > first:
                sketches = block.sketches[clock]
                inner, outer = max(first, begin) - begin, min(last, end) - begin
                some, heavy = sketches.centroids(inner, outer, self._backend)
                means.append(some)
                weights.append(heavy)
                lowest.append(sketches.lowest[inner:outer])
                highest.append(sketches.highest[inner:outer])
        return digest.of_centroids(
            np.concatenate(means),
            np.concatenate(weights),
            float(np.nanmin(np.concatenate(lowest))),
            float(np.nanmax(np.concatenate(highest))),
            backend=self._backend,
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact sums of a run, by `core.columns`."""

    columns: Columns
    counts: Sequence[int]
    powers: Sequence[float]

    @property
    def excluded(self) -> int:
        return self.counts[0]

    @property
    def missions(self) -> int:
        """All that count for anything: every clock has each of them, or has it excluded."""
        return sum(self.counts[: 2 + CAUSES])

    def measured(self, clock: str) -> int:
        return self.counts[self.columns.clock_at[clock]]

    def unmeasured(self, clock: str) -> Sequence[int]:
        """By cause."""
        at = self.columns.clock_at[clock] + 1
        return self.counts[at : at + CAUSES]

    def took(self, clock: str) -> tuple[Sequence[int], Sequence[float]]:
        """Of a clock whose mean is an objective: microseconds together, how many of a sketch; squares, cubes."""
        at, place = self.columns.clock_at[clock] + 1 + CAUSES, 2 * self.columns.summed.index(clock)
        return self.counts[at : at + 2], self.powers[place : place + 2]

    def judged(self, objective: Objective) -> Sequence[int]:
        """Judged, within; of a mean also what they took, may take (microseconds), and how many of a sketch."""
        at = self.columns.plain + self.columns.objective_at[objective.slug]
        return self.counts[at : at + (5 if objective.percentile is None else 2)]

    def beyond(self, objective: Objective) -> Sequence[float]:
        """Squares and cubes of what each took beyond its target, of a mean."""
        at = self.columns.plain_powers + 2 * self.columns.means.index(objective)
        return self.powers[at : at + 2]

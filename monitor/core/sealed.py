"""Sealed stretches of one series side by side, so that any run of them is counted and pooled without a loop.

Counts and sums of blocks are added up once: a span costs a few additions and its edges. Sketches lie behind each
other as means and weights, once for all pools that hold them; they are never merged, for that is what costs accuracy
(`core.selection`). Refuses to know windows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Final, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.core.columns import CAUSES, Columns, Groups
from monitor.core.digest import Fields, Floats
from monitor.core.selection import Centroids, Pool
from monitor.core.service import Measure, Objective
from monitor.core.slices import Aggregate

Counts = NDArray[np.int64]
Array = TypeVar("Array", Counts, Floats)

Run = tuple[int, int]

KEPT_TOGETHER: Final = 4096
"""Runs of at most so many are laid side by side once and kept: what has one mission a day would else be collected
day by day for each figure. Of larger ones the days themselves are large, and a copy of them for each pool is not."""
_ALONE: Final = np.ones(1)


class Pooled(Protocol):
    """Sketches of one clock in time order: those of days as they were stored, or what lies in several such."""

    @property
    def lowest(self) -> Floats: ...
    @property
    def highest(self) -> Floats:
        """The least and the greatest value of each; NaN where it has none."""

    def pieces(self, first: int, last: int) -> Sequence[Centroids]:
        """All of the run `first` to `last` (excluded), however they are divided."""

    def apart(self, first: int, last: int) -> Sequence[Centroids]:
        """Those of each of the run by itself, never merged."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of one clock behind each other: `ends[i]` is where the i-th ends in `means` and `weights`."""

    ends: Counts
    means: Floats
    weights: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def of(cls, sketches: Sequence[Fields]) -> Self:
        """In the order given."""
        weights = np.fromiter(chain.from_iterable(weights for _, weights, _, _ in sketches), dtype=np.float64)
        return cls(
            ends=np.cumsum([len(means) for means, _, _, _ in sketches], dtype=np.int64),
            means=np.fromiter(chain.from_iterable(means for means, _, _, _ in sketches), dtype=np.float64),
            # Of most days every value is a centroid of its own: one 1 then stands for all of them.
            weights=np.broadcast_to(_ALONE, len(weights)) if (weights == 1.0).all() else weights,
            lowest=np.array([lowest for _, _, lowest, _ in sketches], dtype=np.float64),
            highest=np.array([highest for _, _, _, highest in sketches], dtype=np.float64),
        )

    def pieces(self, first: int, last: int) -> Sequence[Centroids]:
        """A run, as it was stored."""
        begin = int(self.ends[first - 1]) if first else 0
        end = int(self.ends[last - 1]) if last else 0
        return [(self.means[begin:end], self.weights[begin:end])]

    def apart(self, first: int, last: int) -> Sequence[Centroids]:
        """As they were stored."""
        edges = np.concatenate(([0], self.ends))[first : last + 1].tolist()
        return [(self.means[begin:end], self.weights[begin:end]) for begin, end in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Several of the same clock, none of them copied: every value of a year would else be held once a pool.

    `places[i]`: in which part the i-th lies, `rows[i]`: where there. The rows of a part keep their order.
    """

    parts: Sequence[Pooled]
    places: Counts
    rows: Counts
    lowest: Floats
    highest: Floats
    _together: dict[bool, tuple[Run, Sequence[Centroids]]] = field(default_factory=dict, repr=False, compare=False)
    """All of them, and the run that was asked for last besides: a window's edge lies in one day for an hour."""

    @classmethod
    def of(cls, parts: Sequence[Pooled], order: NDArray[np.intp]) -> Self:
        """All of several; `order`: which comes first, second, ..."""
        sizes = [len(part.lowest) for part in parts]
        return cls(
            parts=parts,
            places=np.repeat(np.arange(len(parts)), sizes)[order],
            rows=np.concatenate([np.arange(size) for size in sizes])[order],
            lowest=np.concatenate([part.lowest for part in parts])[order],
            highest=np.concatenate([part.highest for part in parts])[order],
        )

    def pieces(self, first: int, last: int) -> Sequence[Centroids]:
        """Of a run; as one where they are few."""
        whole = first == 0 and last == len(self.rows)
        known = self._together.get(whole)
        if known is not None and known[0] == (first, last):
            return known[1]
        found = self._collected(first, last, whole=whole)
        if sum(len(means) for means, _ in found) <= KEPT_TOGETHER:
            found = [_side_by_side(found)]
            self._together[whole] = (first, last), found
        return found

    def _collected(self, first: int, last: int, *, whole: bool) -> list[Centroids]:
        if whole:
            return [piece for part in self.parts for piece in part.pieces(0, len(part.lowest))]
        places, rows = self.places[first:last], self.rows[first:last]
        found: list[Centroids] = []
        for place in np.unique(places).tolist():
            held = rows[places == place]
            found += self.parts[place].pieces(int(held[0]), int(held[-1]) + 1)
        return found

    def apart(self, first: int, last: int) -> Sequence[Centroids]:
        """From where they lie, in this order."""
        places, rows = self.places[first:last], self.rows[first:last]
        found: dict[int, Centroids] = {}
        for place in np.unique(places).tolist():
            held = np.flatnonzero(places == place)
            own = self.parts[place].apart(int(rows[held[0]]), int(rows[held[-1]]) + 1)
            found.update(zip(held.tolist(), own, strict=True))
        return [found[row] for row in range(len(rows))]


def _side_by_side(pieces: Sequence[Centroids]) -> Centroids:
    means = np.concatenate([np.empty(0), *(means for means, _ in pieces)])
    weights = np.concatenate([np.empty(0), *(weights for _, weights in pieces)])
    return means, np.broadcast_to(_ALONE, len(weights)) if (weights == 1.0).all() else weights


@dataclass(frozen=True, slots=True)
class Sealed:
    """Aggregates of one series by `start` (epoch seconds). Build with `of` or `pool`, never by hand.

    `counts` and `powers`, one row each, as in `core.columns`; `sketches` by clock.
    """

    start: Floats
    counts: Counts
    powers: Floats
    sketches: tuple[Pooled, ...]

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
                Sheaf.of(sketches, order) for sketches in zip(*[part.sketches for part in parts], strict=True)
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

    def __init__(self, blocks: Sequence[Sealed], columns: Columns) -> None:
        """Each block has one group of columns."""
        self._blocks = blocks
        self._columns = columns
        self._begins = np.cumsum([0, *(len(block.start) for block in blocks)]).tolist()
        self.start = np.concatenate([np.empty(0), *(block.start for block in blocks)])
        self._totals = [(block.counts.sum(axis=0), block.powers.sum(axis=0)) for block in blocks]

    def sums(self, first: int, last: int) -> "Sums":
        """Of a run: whole blocks were added up once, those at its edges are now."""
        width, power_width = self._columns.width(1), self._columns.plain_powers + self._columns.group_powers
        if first == last:  # nothing is sealed there
            return Sums(self._columns, [0] * width, [0.0] * power_width)
        counts, powers = np.zeros(width, np.int64), np.zeros(power_width)
        for number, inner, outer in self._held(first, last):
            block = self._blocks[number]
            if (inner, outer) == (0, len(block.start)):
                some, more = self._totals[number]
            else:
                some, more = block.counts[inner:outer].sum(axis=0), block.powers[inner:outer].sum(axis=0)
            counts += some
            powers += more
        return Sums(self._columns, counts.tolist(), powers.tolist())

    def judged(self, objective: Objective) -> Counts:
        """What each stretch counts for an objective, a row each, as in `Sums.judged`."""
        at = self._columns.plain + self._columns.objective_at[objective.slug]
        width = self._columns.width_of(objective)
        return np.concatenate(
            [np.empty((0, width), np.int64), *(one.counts[:, at : at + width] for one in self._blocks)]
        )

    def _held(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """The blocks that a run has part in, and from where to where."""
        for number, (begin, end) in enumerate(pairwise(self._begins)):
            if begin < last and end > first:
                yield number, max(first, begin) - begin, min(last, end) - begin

    def last_measured_at(self, first: int, last: int) -> float:
        """Start of the newest stretch of a run that its first clock measured in; there must be one."""
        place = self._columns.clock_at[self._columns.clocks[0]]
        for number, inner, outer in reversed([*self._held(first, last)]):
            measured = np.flatnonzero(self._blocks[number].counts[inner:outer, place])
            if len(measured):
                return float(self._blocks[number].start[inner + measured[-1]])
        raise ValueError(f"nothing was measured from {first} to {last}")

    def pooled(self, clock: int, first: int, last: int, values: Floats) -> Pool:
        """A run of one clock together with plain values."""
        pieces = [(values, np.broadcast_to(_ALONE, len(values)))]
        for number, inner, outer in self._held(first, last):
            pieces += self._blocks[number].sketches[clock].pieces(inner, outer)
        return Pool(pieces)


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
        """Judged, within, unmeasured; of a mean more, as in `Columns`."""
        at = self.columns.plain + self.columns.objective_at[objective.slug]
        return self.counts[at : at + self.columns.width_of(objective)]

    def beyond(self, objective: Objective) -> Sequence[float]:
        """Squares and cubes of what each took beyond its target, of a mean."""
        at = self.columns.plain_powers + 2 * self.columns.means.index(objective)
        return self.powers[at : at + 2]

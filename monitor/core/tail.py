"""The tail of a span: how many judged missions took far longer than their threshold, and the longest waits.

A percentile is blind to whatever lies beyond it: where 80 % have to come in time, nobody sees whether the others
took a minute longer or an hour. How many were late at all is told by the two integers that decide the verdict. Of
missions known one by one all is exact. Of sealed ones it is counted in the sketches that were stored of each stretch:
exactly while a sketch holds every value by itself, as nearly all do, else interpolated, and it is said of how many.
Refuses to know periods, words, and who the missions were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.core.digest import Backend, Digest, Floats
from monitor.core.figures import MICROSECONDS, percent_of
from monitor.core.history import History
from monitor.core.judged import Judged, judged_of
from monitor.core.rounding import Rounding
from monitor.core.sealed import Counts, Sealed
from monitor.core.selection import Centroids
from monitor.core.service import Objective
from monitor.core.track import cut
from monitor.core.windows import Span

TIMES: Final = (1.0, 1.5, 2.0)
"""Beyond so many times their threshold missions are counted."""
LONGEST: Final = 10
"""Waits that are told one by one, at most."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What one mission took (seconds), exactly, and when it was placed (epoch seconds).

    `dated`: it was sealed, so only its local day is known; `at` is the start of its stretch.
    """

    seconds: float
    at: float
    dated: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """`beyond`: by times the threshold how many of `judged` missions took longer; at 1.0 always exact.

    `longest`: the longest waits of the judged, the longest first; never one that might not be among them, so there
    are fewer where a sketch does not tell. Of the judged, `sealed` are told by sketches, and `estimated` of these by
    such as do not hold every value. `unclear` were judged by another threshold than is declared for them now: they
    are counted at 1.0 and nowhere else. That shows only where the other threshold made another count of late ones.
    """

    objective: Objective
    judged: int
    beyond: dict[float, int]
    longest: tuple[Wait, ...]
    sealed: int
    estimated: int
    unclear: int

    def share(self, times: float) -> float | None:
        """Of the judged; None where there are none."""
        return self.beyond[times] / self.judged if self.judged else None


def tail_of(history: History, area: str, category: str, objective: Objective, span: Span) -> Tail:
    """The tail of the missions that rang in `span`. Raises ValueError of a mean, which has no late missions."""
    percent_of(objective)
    clock = history.service.clock_slugs.index(objective.clock)
    column = history.columns.plain + history.columns.objective_at[objective.slug]
    parts = [_known(judged_of(history, area, category, objective, span))]
    for block in history.blocks(area, category):
        if block.sealed is not None:
            stretches = _Stretches.of(block.sealed, clock, column, span)
            thresholds = history.targets_at(area, category, objective, stretches.start)
            parts.append(stretches.part(thresholds, history.backend, objective.rounding))
    return Tail(
        objective,
        judged=sum(part.judged for part in parts),
        beyond={times: round(sum(part.beyond[number] for part in parts)) for number, times in enumerate(TIMES)},
        longest=_longest(parts),
        sealed=sum(part.sealed for part in parts),
        estimated=sum(part.estimated for part in parts),
        unclear=sum(part.unclear for part in parts),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What some missions add. `hidden`: no mission of which the sketch tells no value took longer (seconds)."""

    judged: int
    beyond: Sequence[float]
    seconds: Floats
    at: Floats
    sealed: int = 0
    estimated: int = 0
    unclear: int = 0
    hidden: float = 0.0


def _known(judged: Judged) -> _Part:
    """Of missions known one by one."""
    further = [int(_is_beyond(judged.read, judged.thresholds, times).sum()) for times in TIMES[1:]]
    return _Part(len(judged.at), (int(judged.late.sum()), *further), judged.seconds, judged.at)


def _is_beyond(seconds: Floats, thresholds: Floats, times: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """In whole microseconds, so that what took exactly 1.5 times as long is not beyond it."""
    return np.rint(seconds * MICROSECONDS) > times * np.rint(thresholds * MICROSECONDS)


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Sealed stretches of one series, as one clock and one objective see them."""

    start: Floats
    judged: Counts
    within: Counts
    each: Sequence[Centroids]
    lowest: Floats
    highest: Floats

    @classmethod
    def of(cls, sealed: Sealed, clock: int, column: int, span: Span) -> "_Stretches":
        """Those that begin in `span`. `column`: of the judged, which those within follow."""
        first, last = cut(sealed.start, span)
        sketches = sealed.sketches[clock]
        return cls(
            sealed.start[first:last],
            sealed.counts[first:last, column],
            sealed.counts[first:last, column + 1],
            sketches.apart(first, last),
            sketches.lowest[first:last],
            sketches.highest[first:last],
        )

    def part(self, thresholds: Floats, backend: Backend, rounding: Rounding) -> _Part:
        """What they add; `thresholds` are those that are declared now, `rounding` is how times are read."""
        means = np.concatenate([np.empty(0), *(some for some, _ in self.each)])
        weights = np.concatenate([np.empty(0), *(some for _, some in self.each)])
        owner = np.repeat(np.arange(len(self.start)), [len(some) for some, _ in self.each])
        whole = np.bincount(owner[weights != 1.0], minlength=len(self.start)) == 0
        judged = self.judged > 0
        late = self.judged - self.within
        clear = judged & ~np.isnan(thresholds)
        compressed = np.flatnonzero(judged & ~whole).tolist()
        slack = np.zeros(len(self.start))
        slack[compressed] = [_slack(self.each[place]) for place in compressed]
        beyond = [late.astype(np.float64)]
        centroids = judged[owner] & whole[owner]
        for times in TIMES:
            past = centroids & _is_beyond(rounding.each_read(means), thresholds[owner], times)
            found = np.bincount(owner[past], minlength=len(self.start)).astype(np.float64)
            for place in np.flatnonzero(clear & ~whole).tolist():
                longest = rounding.longest_within(times * thresholds[place])
                found[place] = self._interpolated(place, longest, backend)
            if times == 1.0:
                clear &= np.abs(found - late) <= slack
            else:
                beyond.append(np.minimum(np.where(clear, found, 0.0), beyond[-1]))
        singles, hidden = [means[centroids]], 0.0
        starts = [self.start[owner[centroids]]]
        for place in compressed:
            told = self._told(place)
            singles.append(told)
            starts.append(np.full(len(told), self.start[place]))
            hidden = max(hidden, float(told.min()))
        return _Part(
            judged=int(self.judged.sum()),
            beyond=[float(one.sum()) for one in beyond],
            seconds=np.concatenate(singles),
            at=np.concatenate(starts),
            sealed=int(self.judged.sum()),
            estimated=int(self.judged[~whole].sum()),
            unclear=int(self.judged[judged & ~clear].sum()),
            hidden=hidden,
        )

    def _interpolated(self, place: int, seconds: float, backend: Backend) -> float:
        """How many missions of a compressed stretch took longer."""
        means, weights = (tuple(some.tolist()) for some in self.each[place])
        sketch = Digest(means, weights, float(self.lowest[place]), float(self.highest[place]), backend)
        return sketch.weight * (1.0 - sketch.cdf(seconds))

    def _told(self, place: int) -> Floats:
        """The longest of a compressed stretch that are known, each: those above all that were merged."""
        means, weights = self.each[place]
        told: Floats = means[np.flatnonzero(weights != 1.0)[-1] + 1 :]
        return told if len(told) else self.highest[place : place + 1]


def _slack(centroids: Centroids) -> float:
    """How far a sketch's count may lie from the exact one by interpolating alone: about the centroids around."""
    return 2.0 * float(centroids[1].max())


def _longest(parts: Sequence[_Part]) -> tuple[Wait, ...]:
    """The first of all, newest first where they are equal."""
    hidden = max((part.hidden for part in parts), default=0.0)
    waits = sorted(_waits(parts), key=lambda wait: (wait.seconds, wait.at), reverse=True)
    return tuple(wait for wait in waits[:LONGEST] if wait.seconds >= hidden)


def _waits(parts: Sequence[_Part]) -> Iterator[Wait]:
    """The longest of each part."""
    for part in parts:
        order = np.lexsort((part.at, part.seconds))[-LONGEST:]
        for seconds, at in zip(part.seconds[order].tolist(), part.at[order].tolist(), strict=True):
            yield Wait(seconds, at, dated=part.sealed > 0)

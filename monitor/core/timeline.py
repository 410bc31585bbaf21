"""One series over time: its missions in the order they rang, ready to be cut by any window.

Built from the stored days of all partitions; rebuilt when one of them changes. Missions that are known one by one
stand in a `Track` per clock, sealed stretches on a shelf: exact values give nearest-rank percentiles, and sealed ones
join as digests; means are sums of both. Refuses to know windows, verdicts and the clock.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Final, Generic, TypeVar, cast

import numpy as np

from monitor.core.columns import Columns
from monitor.core.day_counts import DayCounts
from monitor.core.digest import Floats
from monitor.core.figures import MICROSECONDS, ClockFigures, Count, Figures, InProgress, percent_of
from monitor.core.lacking import Judge, Lack
from monitor.core.mission import Cause, Kind
from monitor.core.percent import rank
from monitor.core.sealed import Counts, Sealed, Shelf, Sums
from monitor.core.selection import Pool
from monitor.core.service import Objective, Service
from monitor.core.slices import Grid
from monitor.core.stats import mean, order_interval
from monitor.core.stats.interval import UNBOUNDED, Interval
from monitor.core.stats.mean import Moments
from monitor.core.track import Run, Track, cut, exact, never_registered, size
from monitor.core.windows import Span

REMEMBERED: Final = 64
"""Figures kept of one timeline: a few hours of its windows."""
YEAR: Final = 365 * 86_400.0
EVER: Final = Span(float("-inf"), float("inf"))

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of whole local days of one series, of all partitions.

    `missions`, one column each, in time order: when it is placed (epoch seconds), then its state by clock as in
    `core.mission.times_of`. One array and not many: there are thousands of these. `sealed`: None where nothing is.
    """

    missions: Floats
    sealed: Sealed | None


class Kept(Generic[T]):
    """What somebody makes of timelines, kept by each as long as it is asked for with the same key."""


class Timeline:
    """A series in time order. Immutable once built."""

    def __init__(self, blocks: Sequence[Block], service: Service, columns: Columns, *, judge: Judge) -> None:
        """`blocks` in time order, disjoint; of those judged by several pools, what this one says."""
        clocks = service.clocks
        at = _row(blocks, 0)
        self.objectives = service.objectives
        self._tracks = {
            clock.slug: Track(
                at,
                _row(blocks, number),
                [one for one in self.objectives if one.clock == clock.slug],
                judge,
                begins_there=clock.begin == clocks[0].begin,
            )
            for number, clock in enumerate(clocks, 1)
        }
        self._first = self._tracks[clocks[0].slug]
        self._numbers = {clock.slug: number for number, clock in enumerate(clocks)}
        self.placed_at = at
        self.excluded_at = at[_row(blocks, 1) == -Kind.EXCLUDED]
        self._shelf = Shelf([one.sealed for one in blocks if one.sealed is not None], columns)
        self._derived: dict[Hashable, tuple[object, object]] = {}
        self._known: dict[Hashable, Figures] = {}

    @property
    def rang_at(self) -> Floats:
        """When those rang (epoch seconds) that the first clock has measured and that are known one by one."""
        return self._first.rang_at

    @property
    def response(self) -> Floats:
        """What the first clock says of them (seconds)."""
        return self._first.seconds

    def derived(self, kept: Kept[T], key: object, compute: Callable[[], T], *, part: Hashable = None) -> T:
        """What `compute` makes of this timeline: one value per `part`, until asked for with another `key`."""
        known = self._derived.get((kept, part))
        if known is None or known[0] != key:
            known = self._derived[kept, part] = (key, compute())
        return cast("T", known[1])

    def within_span(self, span: Span, *, abandoned_before: float) -> Figures:
        """Figures of the missions that rang in `span`.

        Missions still open that rang before `abandoned_before` (epoch seconds) can no longer be measured: an end so
        late would be refused. They count as unmeasured.
        """
        runs = tuple([track.cut(span) for track in self._tracks.values()])
        sealed = cut(self._shelf.start, span)
        unmeasured = tuple([track.unmeasured(span, abandoned_before) for track in self._tracks.values()])
        lacking = tuple([track.lacking(span, abandoned_before) for track in self._tracks.values()])
        excluded = size(self.excluded_at, span)
        # The same missions have the same figures: the clock alone changes nothing before a window's edge does.
        key = (runs, sealed, unmeasured, lacking, excluded)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._figures(runs, sealed, unmeasured, lacking, excluded)
        return known

    def newest(self, count: int, *, until: float = float("inf")) -> Figures:
        """Figures of the newest `count` before `until` that each clock has measured and that are known one by one.

        Unmeasured ones have no place.
        """
        sizes = [track.cut(Span(EVER.start, until))[1] for track in self._tracks.values()]
        runs = [(max(0, number - count), number) for number in sizes]
        return self._figures(runs, (0, 0), [(0,) * len(Cause)] * len(runs), [None] * len(runs), 0)

    def size(self, span: Span) -> int:
        """How many missions that count for anything rang in `span`."""
        return self._sums(span).missions + size(self.placed_at, span)

    def newest_at(self, until: float) -> float | None:
        """Place of the newest mission up to `until` (epoch seconds); of a sealed one, the start of its stretch."""
        known = (
            times[count - 1]
            for times in (self.placed_at, self._shelf.start)
            if (count := int(times.searchsorted(until, side="right")))
        )
        return max(map(float, known), default=None)

    def oldest(self) -> float | None:
        """Place of the oldest mission; of a sealed one, the start of its stretch."""
        return min([float(times[0]) for times in (self.placed_at, self._shelf.start) if len(times)], default=None)

    def newest_sealed_at(self, until: float) -> float | None:
        """Start of the newest sealed stretch up to `until` (epoch seconds)."""
        count = int(self._shelf.start.searchsorted(until, side="right"))
        return float(self._shelf.start[count - 1]) if count else None

    def last_rang_at(self, until: float) -> float | None:
        """When the newest one before `until` rang that the first clock has measured and that is known by itself."""
        count = self._first.cut(Span(EVER.start, until))[1]
        return float(self.rang_at[count - 1]) if count else None

    def in_progress(
        self,
        now: float,
        target: float | None,
        *,
        abandoned_before: float,
        span: Span = EVER,
        clock: str | None = None,
    ) -> InProgress:
        """Missions that a clock (the first, by default) has open at `now` and that rang in `span`.

        `target` in seconds, None where there is none: nothing is overdue then, nor where it is not known since when
        they wait.
        """
        track = self._first if clock is None else self._tracks[clock]
        return track.in_progress(now, target, abandoned_before, span)

    def habit(self, clock: str, span: Span, *, abandoned_before: float) -> tuple[Floats, int]:
        """Of the missions of `span` known one by one: what they took (seconds); how many ends were not registered."""
        return self._tracks[clock].habit(span, abandoned_before)

    def moved(
        self, now: float, targets: dict[str, float | None], *, abandoned_before: float
    ) -> tuple[tuple[int | None, ...], ...]:
        """How far `now` lies along the open missions of each clock (`Track.moved`); () where nothing is open."""
        moved = tuple([track.moved(now, targets, abandoned_before) for track in self._tracks.values()])
        return moved if any(moved) else ()

    def with_open(self, now: float, span: Span, *, abandoned_before: float) -> dict[str, float | None]:
        """The percentiles of the exact missions in `span`, those in progress counted as "longer than so far".

        How many of those will never be registered, the year before those that can still be tells.
        """
        told: dict[str, float | None] = dict.fromkeys([one.slug for one in self.objectives])
        year = Span(now - YEAR, abandoned_before)
        for clock, track in self._tracks.items():
            told |= track.with_open(now, span, abandoned_before, partial(self._never_registered, clock, year))
        return told

    def track(self, clock: str) -> Track:
        """The missions of a clock that are known one by one."""
        return self._tracks[clock]

    def count(self, objective: Objective, span: Span) -> Count:
        """What decides about the missions of `span`."""
        track = self._tracks[objective.clock]
        return _count(track.count(objective, track.cut(span)), objective, self._sums(span), None)

    def tally(self, clock: str, span: Span, *, abandoned_before: float) -> tuple[int, int]:
        """Missions of `span` that a clock has measured, and those that it has not; open ones are neither."""
        measured, unmeasured = self._by_cause(clock, span, abandoned_before)
        return measured, sum(unmeasured)

    def sealed(self, objective: Objective) -> tuple[Floats, Counts]:
        """When each sealed stretch starts (epoch seconds), and what it counts for an objective (`Sums.judged`)."""
        return self._shelf.start, self._shelf.judged(objective)

    def _sums(self, span: Span) -> Sums:
        return self._shelf.sums(*cut(self._shelf.start, span))

    def _never_registered(self, clock: str, span: Span) -> float:
        """The share of the missions of a clock."""
        return never_registered(*self._by_cause(clock, span, span.end))

    def _by_cause(self, clock: str, span: Span, abandoned_before: float) -> tuple[int, Sequence[int]]:
        """Missions of `span` that a clock has measured, and by cause those that it has not."""
        track, sums = self._tracks[clock], self._sums(span)
        first, last = track.cut(span)
        unmeasured = [*map(int.__add__, track.unmeasured(span, abandoned_before), sums.unmeasured(clock))]
        return last - first + sums.measured(clock), unmeasured

    def lates(self, objective: Objective, span: Span) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Whether each exact mission of `span` that had a target was late, in the order they rang."""
        return self._tracks[objective.clock].judged(objective, span)[1]

    def known_until(self, until: float) -> tuple[int, int]:
        """How many missions, and sealed stretches, begin before `until`: while no more do, `days` are the same."""
        return int(self.placed_at.searchsorted(until)), int(self._shelf.start.searchsorted(until))

    def days(self, objective: Objective, until: float, grid: Grid) -> DayCounts:
        """Judged and late by local day, of all that rang before `until` (epoch seconds), sealed or not."""
        at, late = self._tracks[objective.clock].judged(objective, Span(EVER.start, until))
        sealed = int(self._shelf.start.searchsorted(until))
        judged, within = self._shelf.judged(objective)[:sealed, :2].T
        return DayCounts.of(
            np.concatenate([self._shelf.start[:sealed], at]),
            np.concatenate([judged, np.ones(len(at), np.int64)]),
            np.concatenate([judged - within, late]),
            grid,
        )

    def _figures(
        self,
        runs: Sequence[Run],
        sealed: Run,
        unmeasured: Sequence[Sequence[int]],
        lacking: Sequence[Sequence[Lack] | None],
        excluded: int,
    ) -> Figures:
        """Figures of a run of each clock's exact missions, and a run of sealed stretches.

        `unmeasured` and `lacking` by clock, the latter None where nobody can know it.
        """
        sums = self._shelf.sums(*sealed)
        told = Figures(excluded + sums.excluded, {}, {}, {}, {}, {}, self._last_rang_at(runs[0], sealed, sums))
        statistics: dict[str, _Statistic] = {}
        without: dict[str, Lack | None] = {}
        for (clock, track), run, uncounted, lacks in zip(
            self._tracks.items(), runs, unmeasured, lacking, strict=True
        ):
            without |= zip([one.slug for one in track.objectives], lacks or repeat(None), strict=False)
            measured = run[1] - run[0] + sums.measured(clock)
            causes = map(int.__add__, uncounted, sums.unmeasured(clock))
            told.clocks[clock] = ClockFigures(
                measured, {cause: n for cause, n in zip(Cause, causes, strict=True) if n}
            )
            pooled = self._pooled(clock, sealed, track.seconds[run[0] : run[1]]) if sums.measured(clock) else None
            statistics |= _percentiles(track, run, pooled, measured)
            statistics |= _means(clock, track, run, measured, sums)
        for one in self.objectives:
            told.values[one.slug], told.intervals[one.slug], told.exact[one.slug] = statistics[one.slug]
            known = self._tracks[one.clock].count(one, runs[self._numbers[one.clock]])
            told.counts[one.slug] = _count(known, one, sums, without[one.slug])
        return told

    def _last_rang_at(self, run: Run, sealed: Run, sums: Sums) -> float | None:
        if run[1] > run[0]:
            return float(self._first.rang_at[run[1] - 1])
        return self._shelf.last_measured_at(*sealed) if sums.counts[1] else None

    def _pooled(self, clock: str, sealed: Run, values: Floats) -> Pool:
        return self._shelf.pooled(self._numbers[clock], *sealed, values)


def _row(blocks: Sequence[Block], number: int) -> Floats:
    """One row of the blocks' missions: when they are placed, or their states on a clock."""
    return np.concatenate([np.empty(0), *(one.missions[number] for one in blocks)])


_Statistic = tuple[float | None, Interval, bool]
"""Value, interval, whether it is exact."""


def _percentiles(track: Track, run: Run, pooled: Pool | None, measured: int) -> dict[str, _Statistic]:
    """Of exact missions, or of a pool where some are sealed."""
    if pooled is None:
        shown, intervals = exact(track.seconds[run[0] : run[1]], track.percentiles)
        return {slug: (value, intervals[slug], True) for slug, value in shown.items()}
    percents = {one.slug: percent_of(one) for one in track.percentiles}
    ranks = {slug: rank(measured, percent) for slug, percent in percents.items()}
    value = pooled.values([*ranks.values(), *order_interval.ends(measured, [*percents.values()])]).__getitem__
    interval = {slug: order_interval.of_ranks(value, measured, percent) for slug, percent in percents.items()}
    very = pooled.exact
    return {slug: (value(ranks[slug]), interval[slug], very) for slug in percents}


def _means(clock: str, track: Track, run: Run, measured: int, sums: Sums) -> dict[str, _Statistic]:
    if not track.means:
        return {}
    total, squares, cubes = track.moments(run)
    (more, guessed), (more_squares, more_cubes) = sums.took(clock)
    if not measured:
        return {one.slug: (None, UNBOUNDED, True) for one in track.means}
    seconds = (total + more) / MICROSECONDS
    moments = Moments(measured, seconds, squares + more_squares, cubes + more_cubes)
    interval = UNBOUNDED if guessed else mean.interval(moments)
    return {one.slug: (seconds / measured, interval, not guessed) for one in track.means}


def _count(known: Count, objective: Objective, sums: Sums, without: Lack | None) -> Count:
    """Of missions known one by one and of sealed ones; `without` a value, of the former."""
    judged, within, unmeasured, *mean_of = sums.judged(objective)
    lacking = None if without is None else without[0] + unmeasured
    if known.total is None or known.allowed is None:
        return Count(known.judged + judged, known.within + within, unmeasured=lacking)
    total, allowed, guessed, unmeasured_allowed = mean_of
    if guessed:
        return Count(known.judged + judged, known.within + within, unmeasured=lacking)
    squares, cubes = sums.beyond(objective)
    return Count(
        known.judged + judged, known.within + within, known.total + total, known.allowed + allowed,
        known.squares + squares, known.cubes + cubes, lacking, unmeasured_allowed + (without[1] if without else 0),
    )  # fmt: skip

"""One series over time: its missions in the order they rang, ready to be cut by any window.

Built from the stored days of all partitions; rebuilt when one of them changes. Judged once, on building: each
mission by the targets in force when it rang, so a window costs two look-ups and one selection. Exact values give
nearest-rank percentiles; sealed stretches join as digests. Refuses to know windows, verdicts and the clock.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Backend, Floats
from monitor.core.mission import Cause, Kind, Mission
from monitor.core.percent import Percent, rank
from monitor.core.sealed import Sealed, Shelf, Tally
from monitor.core.service import Objective
from monitor.core.slices import Aggregate
from monitor.core.stats import kaplan_meier, order_interval
from monitor.core.stats.interval import UNBOUNDED, Interval
from monitor.core.windows import Span

REMEMBERED: Final = 64
"""Figures kept of one timeline: a few hours of its windows."""
MICROSECONDS: Final = 1_000_000
KINDS: Final = frozenset(int(kind) for kind in Kind)

T = TypeVar("T")
Judge = Callable[[Objective, Floats], Floats]
"""For an objective and instants (epoch seconds): the target in force at each (seconds, NaN where none)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one stored day of one partition says of one series.

    `missions`, one column each, in any order: when it is placed (epoch seconds), the response (seconds, NaN unless
    measured), and what it contributes (as in `Kind`). One array and not three: there are ten thousands of these.
    """

    missions: Floats
    sealed: Sealed | None = None
    """None where nothing is: most days of most series."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of whole local days of one series, of all partitions; `missions` as in `Facts`, in time order."""

    missions: Floats
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Count:
    """Missions measured against one objective's target: `judged` had one when they rang, `within` kept it.

    Of a mean also, in whole microseconds, what these missions took together, and what they may take: the sum of the
    target of each. None where it is not known (sealed by a version that did not keep it), and of percentiles.
    """

    judged: int
    within: int
    total: int | None = None
    allowed: int | None = None

    @property
    def total_seconds(self) -> float | None:
        """What the judged missions took together."""
        return None if self.total is None else self.total / MICROSECONDS


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """Missions that count, on one clock; `unmeasured` by the causes that occur, in their declared order."""

    measured: int
    unmeasured: dict[Cause, int]

    @property
    def unmeasured_total(self) -> int:
        """Whatever the cause."""
        return sum(self.unmeasured.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """What a span (or a count) of one series shows. Seconds; None where there is nothing to show.

    `clocks` by slug. By objective: `values` are the statistics, each of its own clock, `intervals` their 95 %
    intervals, `counts` what decides them; `exact` says whether a percentile is nearest-rank over every mission, or
    interpolated in a sketch, and whether a mean is a sum of every mission divided, or told from a sketch.
    """

    excluded: int
    clocks: dict[str, ClockFigures]
    values: dict[str, float | None]
    intervals: dict[str, Interval]
    exact: dict[str, bool]
    counts: dict[str, Count]
    last_rang_at: float | None

    @property
    def first(self) -> ClockFigures:
        """Of the clock that places missions in time: what is shown where only one number fits."""
        return next(iter(self.clocks.values()))

    def of(self, objective: Objective) -> ClockFigures:
        """Of an objective's clock."""
        return self.clocks[objective.clock]


@dataclass(frozen=True, slots=True)
class InProgress:
    """Open missions now: `overdue` are past the target asked about, so already known to be late."""

    open: int
    overdue: int


EVER: Final = Span(float("-inf"), float("inf"))


class Timeline:
    """A series in time order. Immutable once built."""

    def __init__(
        self,
        blocks: Sequence[Block],
        objectives: Sequence[Objective],
        *,
        judge: Judge,
        pooled: bool,
        backend: Backend = "fastdigest",
    ) -> None:
        """`blocks` in time order, disjoint. `pooled`: the sealed counts against the pool's targets apply."""
        at, response, kind = _joined([one.missions for one in blocks])
        measured = kind == Kind.MEASURED
        self.rang_at = at[measured]
        self.response = response[measured]
        self.unmeasured_at = at[kind == Kind.UNMEASURED]
        self.excluded_at = at[kind == Kind.EXCLUDED]
        self.open_at = at[kind == Kind.OPEN]
        self.untimed_at = at[kind == Kind.UNTIMED]
        self.objectives = tuple(objectives)
        self.pooled = pooled
        count = len(self.objectives)
        self._sealed = Shelf([one.sealed for one in blocks], 2 * count, backend)
        self._first_place = count if pooled else 0
        """Where `Service.measures` has the targets that apply."""
        self._judged: dict[str, NDArray[np.int64]] = {}
        self._within: dict[str, NDArray[np.int64]] = {}
        self._targets: dict[str, Floats] = {}
        self._derived: dict[Hashable, tuple[object, object]] = {}
        self._known: dict[Hashable, Figures] = {}
        for objective in self.objectives:
            targets = self._targets[objective.slug] = judge(objective, self.rang_at)
            self._judged[objective.slug] = _running(~np.isnan(targets))
            self._within[objective.slug] = _running(self.response <= targets)

    def derived(self, kind: Hashable, key: object, compute: Callable[[], T]) -> T:
        """What `compute` makes of this timeline: kept, one value per `kind`, until asked for with another `key`."""
        known = self._derived.get(kind)
        if known is None or known[0] != key:
            known = self._derived[kind] = (key, compute())
        return cast("T", known[1])

    def within_span(self, span: Span, *, abandoned_before: float) -> Figures:
        """Figures of the missions that rang in `span`.

        Missions still open that rang before `abandoned_before` (epoch seconds) can no longer be measured: a
        response that long would be refused. They count as unmeasured.
        """
        first, last = _cut(self.rang_at, span)
        sealed = _cut(self._sealed.start, span)
        tally = self._sealed.counts(*sealed)
        unmeasured = tally.unmeasured + _size(self.unmeasured_at, span)
        forgotten = Span(span.start, min(span.end, abandoned_before))
        unmeasured += _size(self.open_at, forgotten) + _size(self.untimed_at, forgotten)
        excluded = tally.excluded + _size(self.excluded_at, span)
        return self._remembered((first, last), sealed, tally, unmeasured, excluded)

    def size(self, span: Span) -> int:
        """How many missions that count for anything rang in `span`."""
        tally = self._sealed.counts(*_cut(self._sealed.start, span))
        exact = (self.rang_at, self.unmeasured_at, self.excluded_at, self.open_at, self.untimed_at)
        return tally.measured + tally.unmeasured + tally.excluded + sum(_size(times, span) for times in exact)

    def newest_at(self, until: float) -> float | None:
        """Place of the newest mission up to `until` (epoch seconds); of a sealed one, the start of its stretch."""
        exact = (self.rang_at, self.unmeasured_at, self.excluded_at, self.open_at, self.untimed_at)
        known = (times[count - 1] for times in (*exact, self._sealed.start) if (count := _until(times, until)))
        return max(map(float, known), default=None)

    def newest(self, count: int) -> Figures:
        """Figures of the newest `count` measured missions that are still exact; unmeasured ones have no place."""
        size = len(self.rang_at)
        return self._figures((max(0, size - count), size), (0, 0), self._sealed.counts(0, 0), 0, 0)

    def in_progress(
        self, now: float, target: float | None, *, abandoned_before: float, span: Span = EVER
    ) -> InProgress:
        """Open missions at `now` that rang in `span`; `target` in seconds, None where there is none."""
        waiting = self._waiting(span, abandoned_before)
        untimed = _size(self.untimed_at, Span(max(span.start, abandoned_before), span.end))
        overdue = 0 if target is None else int(np.count_nonzero(now - waiting > target))
        return InProgress(open=len(waiting) + untimed, overdue=overdue)

    def moved(
        self, now: float, targets: Sequence[float | None], *, abandoned_before: float
    ) -> tuple[int | None, ...]:
        """How far `now` lies along the open missions: how many are given up, and how many past each target.

        While this stays the same, so does every count of the missions in progress in a given span: the clock
        passes them in the order they rang.
        """
        if not len(self.open_at) and not len(self.untimed_at):
            return ()
        waited = now - self.open_at
        return (
            int(self.open_at.searchsorted(abandoned_before)),
            int(self.untimed_at.searchsorted(abandoned_before)),
            *(None if target is None else int(np.count_nonzero(waited > target)) for target in targets),
        )

    def with_open(self, now: float, span: Span, *, abandoned_before: float) -> dict[str, float | None]:
        """The objectives' percentiles of the exact missions in `span`, those in progress "longer than so far"."""
        first, last = _cut(self.rang_at, span)
        waited = now - self._waiting(span, abandoned_before)
        waited = waited[waited > 0]
        if not len(waited):  # then it is the nearest-rank percentile
            return _exact(self.response[first:last], self.objectives)[0]
        return {
            one.slug: kaplan_meier.percentile(self.response[first:last], waited, percent_of(one))
            for one in self.objectives
        }

    def lates(self, objective: Objective, span: Span) -> NDArray[np.bool_]:
        """Whether each exact mission of `span` that had a target was late, in the order they rang."""
        first, last = _cut(self.rang_at, span)
        targets = self._targets[objective.slug][first:last]
        judged = ~np.isnan(targets)
        late: NDArray[np.bool_] = self.response[first:last][judged] > targets[judged]
        return late

    def _waiting(self, span: Span, abandoned_before: float) -> Floats:
        first, last = _cut(self.open_at, Span(max(span.start, abandoned_before), span.end))
        waiting: Floats = self.open_at[first:last]
        return waiting

    def _remembered(
        self, run: tuple[int, int], sealed: tuple[int, int], tally: Tally, unmeasured: int, excluded: int
    ) -> Figures:
        """The same missions have the same figures: the clock alone changes nothing before a window's edge does."""
        key = (run, sealed, unmeasured, excluded)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._figures(run, sealed, tally, unmeasured, excluded)
        return known

    def _figures(
        self, run: tuple[int, int], sealed: tuple[int, int], tally: Tally, unmeasured: int, excluded: int
    ) -> Figures:
        """Figures of a run of exact missions and a run of sealed stretches."""
        first, last = run
        values = self.response[first:last]
        measured = len(values) + tally.measured
        counts = {}
        for place, objective in enumerate(self.objectives, self._first_place):
            judged, within = self._judged[objective.slug], self._within[objective.slug]
            counts[objective.slug] = Count(
                int(judged[last] - judged[first]) + tally.judged[place],
                int(within[last] - within[first]) + tally.within[place],
            )
        last_rang_at = float(self.rang_at[last - 1]) if last > first else None
        if not tally.measured:
            shown, intervals = _exact(values, self.objectives)
            return self._told(measured, unmeasured, excluded, shown, intervals, True, counts, last_rang_at)
        if last_rang_at is None:
            last_rang_at = self._sealed.last_measured_at(*sealed)
        pool = self._sealed.pooled(*sealed, values)
        slugs = [one.slug for one in self.objectives]
        percents = [percent_of(one) for one in self.objectives]
        shown = dict(zip(slugs, pool.percentiles(percents), strict=True))
        shares = order_interval.shares(measured, percents)
        known = dict(zip(shares, pool.quantiles(shares), strict=True))
        intervals = {
            slug: order_interval.of_quantiles(known.__getitem__, measured, percent)
            for slug, percent in zip(slugs, percents, strict=True)
        }
        return self._told(measured, unmeasured, excluded, shown, intervals, pool.exact, counts, last_rang_at)

    def _told(  # noqa: PLR0917 - for one commit
        self,
        measured: int,
        unmeasured: int,
        excluded: int,
        values: dict[str, float | None],
        intervals: dict[str, Interval],
        exact: bool,
        counts: dict[str, Count],
        last_rang_at: float | None,
    ) -> Figures:
        return Figures(
            excluded=excluded,
            clocks={
                one.clock: ClockFigures(measured, {Cause.UNKNOWN: unmeasured} if unmeasured else {})
                for one in self.objectives
            },
            values=values,
            intervals=intervals,
            exact={one.slug: exact for one in self.objectives},
            counts=counts,
            last_rang_at=last_rang_at,
        )


def percent_of(objective: Objective) -> Percent:
    """Of an objective that is none of a mean. Raises ValueError."""
    if objective.percentile is None:
        raise ValueError(f"objective {objective.slug} is a mean")
    return objective.percentile


def facts_of(entries: Sequence[Mission], aggregates: Sequence[Aggregate]) -> Facts:
    """The facts of one series from its entries and sealed stretches. Raises KeyError on a kind that is unknown."""
    for entry in entries:
        if entry.kind not in KINDS:
            raise KeyError(entry.kind)
    missions = [(entry.placed_at, entry.response, entry.kind) for entry in entries]
    return Facts(
        np.array(missions, dtype=np.float64).reshape(len(missions), 3).T,
        # As arrays: a sketch as stored takes four times the memory, and would be taken apart for every block anew.
        sealed=Sealed.of(aggregates) if aggregates else None,
    )


def block_of(facts: Sequence[Facts]) -> Block:
    """One block of the days of all partitions."""
    return _block([one.missions for one in facts], [one.sealed for one in facts if one.sealed is not None])


def pool(blocks: Sequence[Block]) -> Block:
    """One block of the same days of several series."""
    return _block([one.missions for one in blocks], [one.sealed for one in blocks])


def _block(parts: Sequence[Floats], sealed: Sequence[Sealed]) -> Block:
    missions = _joined(parts)
    at, response, _ = missions
    # What rang at the same moment is ordered as well: the newest hundred are the same, in whatever order days came.
    return Block(missions[:, np.lexsort((response, at))], Sealed.pool(sealed))


def _exact(values: Floats, objectives: Sequence[Objective]) -> tuple[dict[str, float | None], dict[str, Interval]]:
    """Nearest-rank percentiles and their intervals, by one selection instead of a sort."""
    n = len(values)
    slugs = [one.slug for one in objectives]
    if not n:
        return dict.fromkeys(slugs), dict.fromkeys(slugs, UNBOUNDED)
    wanted = {one.slug: (rank(n, percent_of(one)), order_interval.ranks(n, percent_of(one))) for one in objectives}
    ranks = {
        place
        for middle, around in wanted.values()
        for place in (middle, around.lower, around.upper)
        if place is not None
    }
    selected = np.partition(values, [place - 1 for place in ranks])

    def at(place: int | None) -> float | None:
        return None if place is None else float(selected[place - 1])

    shown = {slug: at(middle) for slug, (middle, _) in wanted.items()}
    intervals = {slug: Interval(at(around.lower), at(around.upper)) for slug, (_, around) in wanted.items()}
    return shown, intervals


def _joined(missions: Sequence[Floats]) -> Floats:
    return np.concatenate(missions, axis=1) if missions else np.empty((3, 0))


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Counts of true flags before each place, so that a difference of two is the count of a stretch."""
    return np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))


def _cut(times: Floats, span: Span) -> tuple[int, int]:
    if not len(times):
        return 0, 0
    first, last = times.searchsorted((span.start, span.end)).tolist()  # the method: half the cost of the function
    return first, max(first, last)


def _until(times: Floats, until: float) -> int:
    return int(times.searchsorted(until, side="right"))


def _size(times: Floats, span: Span) -> int:
    first, last = _cut(times, span)
    return last - first

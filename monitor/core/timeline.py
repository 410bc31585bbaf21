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

from monitor.core import digest
from monitor.core.digest import Backend, Digest, nearest_rank
from monitor.core.ledger import Entry, Kind
from monitor.core.slices import TARGET_ORDER, Aggregate
from monitor.core.stats import kaplan_meier, order_interval
from monitor.core.stats.order_interval import PercentileInterval
from monitor.core.windows import Span

PERCENTS: Final = (50, 80)
"""The goal's percentile and the requirement's."""

T = TypeVar("T")
Floats = NDArray[np.float64]
Judge = Callable[[int, Floats], Floats]
"""For a percentile and instants (epoch seconds): the target in force at each (seconds, NaN where none)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one stored day of one partition says of one series. Times in epoch seconds, in any order."""

    rang_at: Floats
    response: Floats
    unmeasured_at: Floats
    excluded_at: Floats
    open_at: Floats
    untimed_at: Floats
    aggregates: Sequence[Aggregate] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Missions measured against one percentile's target: `judged` had a target when they rang."""

    judged: int
    within: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a span (or a count) of one series shows. Seconds; None where there is nothing to show.

    `exact` says whether the percentiles are nearest-rank over every mission, or interpolated in a sketch.
    `intervals` are the order-statistic 95 % intervals of the percentiles.
    """

    measured: int
    unmeasured: int
    excluded: int
    percentiles: dict[int, float | None]
    intervals: dict[int, PercentileInterval]
    exact: bool
    counts: dict[int, Count]
    last_rang_at: float | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """Open missions now: `overdue` are past the target asked about, so already known to be late."""

    open: int
    overdue: int


EVER: Final = Span(float("-inf"), float("inf"))


class Timeline:
    """A series in time order. Immutable once built."""

    def __init__(self, facts: Sequence[Facts], *, judge: Judge, area: str, backend: Backend = "fastdigest") -> None:
        """`area` is "own" for a district's series and "national" for the pool: whose sealed counts apply."""
        rang_at = _pool([one.rang_at for one in facts])
        order = np.argsort(rang_at, kind="stable")
        self.rang_at = rang_at[order]
        self.response = _pool([one.response for one in facts])[order]
        self.unmeasured_at = np.sort(_pool([one.unmeasured_at for one in facts]))
        self.excluded_at = np.sort(_pool([one.excluded_at for one in facts]))
        self.open_at = np.sort(_pool([one.open_at for one in facts]))
        self.untimed_at = np.sort(_pool([one.untimed_at for one in facts]))
        self.aggregates = sorted((part for one in facts for part in one.aggregates), key=lambda part: part.start)
        self._backend: Backend = backend
        self._places = {percent: TARGET_ORDER.index((area, percent)) for percent in PERCENTS}
        self._judged: dict[int, NDArray[np.int64]] = {}
        self._within: dict[int, NDArray[np.int64]] = {}
        self._targets: dict[int, Floats] = {}
        self._derived: dict[str, tuple[Hashable, object]] = {}
        for percent in PERCENTS:
            targets = self._targets[percent] = judge(percent, self.rang_at)
            self._judged[percent] = _running(~np.isnan(targets))
            self._within[percent] = _running(self.response <= targets)

    def derived(self, kind: str, key: Hashable, compute: Callable[[], T]) -> T:
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
        sealed = [part for part in self.aggregates if span.start <= part.start < span.end]
        unmeasured = sum(part.unmeasured for part in sealed) + _size(self.unmeasured_at, span)
        forgotten = Span(span.start, min(span.end, abandoned_before))
        unmeasured += _size(self.open_at, forgotten) + _size(self.untimed_at, forgotten)
        excluded = sum(part.excluded for part in sealed) + _size(self.excluded_at, span)
        return self._figures(first, last, sealed, unmeasured, excluded)

    def newest(self, count: int) -> Figures:
        """Figures of the newest `count` measured missions that are still exact; unmeasured ones have no place."""
        size = len(self.rang_at)
        return self._figures(max(0, size - count), size, [], 0, 0)

    def in_progress(
        self, now: float, target: float | None, *, abandoned_before: float, span: Span = EVER
    ) -> InProgress:
        """Open missions at `now` that rang in `span`; `target` in seconds, None where there is none."""
        waiting = self._waiting(span, abandoned_before)
        untimed = _size(self.untimed_at, Span(max(span.start, abandoned_before), span.end))
        overdue = 0 if target is None else int(np.count_nonzero(now - waiting > target))
        return InProgress(open=len(waiting) + untimed, overdue=overdue)

    def with_open(self, now: float, span: Span, *, abandoned_before: float) -> dict[int, float | None]:
        """Percentiles of the exact missions in `span`, those in progress counted as "longer than so far"."""
        first, last = _cut(self.rang_at, span)
        waited = now - self._waiting(span, abandoned_before)
        return {
            percent: kaplan_meier.percentile(self.response[first:last], waited[waited > 0], percent)
            for percent in PERCENTS
        }

    def lates(self, percent: int, span: Span) -> NDArray[np.bool_]:
        """Whether each exact mission of `span` that had a target was late, in the order they rang."""
        first, last = _cut(self.rang_at, span)
        targets = self._targets[percent][first:last]
        judged = ~np.isnan(targets)
        late: NDArray[np.bool_] = self.response[first:last][judged] > targets[judged]
        return late

    def _waiting(self, span: Span, abandoned_before: float) -> Floats:
        first, last = _cut(self.open_at, Span(max(span.start, abandoned_before), span.end))
        return self.open_at[first:last]

    def _figures(self, first: int, last: int, sealed: Sequence[Aggregate], unmeasured: int, excluded: int) -> Figures:
        values = self.response[first:last]
        measured = len(values) + sum(part.measured for part in sealed)
        counts = {}
        for percent in PERCENTS:
            place = self._places[percent]
            judged = int(self._judged[percent][last] - self._judged[percent][first])
            within = int(self._within[percent][last] - self._within[percent][first])
            for part in sealed:
                if part.targets[place] is not None:
                    judged += part.measured
                    within += part.within[place]
            counts[percent] = Count(judged, within)
        last_rang_at = float(self.rang_at[last - 1]) if last > first else None
        if last_rang_at is None and any(part.measured for part in sealed):
            last_rang_at = max(part.start for part in sealed if part.measured)
        if not any(part.measured for part in sealed):
            shown, intervals = _exact(values)
            return Figures(measured, unmeasured, excluded, shown, intervals, True, counts, last_rang_at)
        pool = self._pooled(values, sealed)
        shown = {percent: pool.percentile(percent) for percent in PERCENTS}
        intervals = {percent: order_interval.of_quantiles(pool.quantile, measured, percent) for percent in PERCENTS}
        return Figures(measured, unmeasured, excluded, shown, intervals, pool.exact, counts, last_rang_at)

    def _pooled(self, values: Floats, sealed: Sequence[Aggregate]) -> Digest:
        parts = [digest.of(values.tolist(), backend=self._backend)]
        parts += [part.digest(self._backend) for part in sealed]
        return digest.merge(parts, backend=self._backend)


def facts_of(entries: Sequence[Entry], aggregates: Sequence[Aggregate]) -> Facts:
    """The facts of one series from its entries and sealed stretches."""
    by_kind: dict[int, list[float]] = {kind: [] for kind in Kind}
    responses: list[float] = []
    for entry in entries:
        by_kind[entry.kind].append(entry.placed_at)
        if entry.kind == Kind.MEASURED and entry.response is not None:
            responses.append(entry.response)
    return Facts(
        rang_at=np.array(by_kind[Kind.MEASURED], dtype=np.float64),
        response=np.array(responses, dtype=np.float64),
        unmeasured_at=np.array(by_kind[Kind.UNMEASURED], dtype=np.float64),
        excluded_at=np.array(by_kind[Kind.EXCLUDED], dtype=np.float64),
        open_at=np.array(by_kind[Kind.OPEN], dtype=np.float64),
        untimed_at=np.array(by_kind[Kind.UNTIMED], dtype=np.float64),
        aggregates=aggregates,
    )


def _exact(values: Floats) -> tuple[dict[int, float | None], dict[int, PercentileInterval]]:
    """Nearest-rank percentiles and their intervals, by one selection instead of a sort."""
    n = len(values)
    if not n:
        return dict.fromkeys(PERCENTS), dict.fromkeys(PERCENTS, PercentileInterval(None, None))
    wanted = {percent: (nearest_rank(n, percent), order_interval.ranks(n, percent)) for percent in PERCENTS}
    ranks = {
        rank
        for middle, around in wanted.values()
        for rank in (middle, around.lower, around.upper)
        if rank is not None
    }
    selected = np.partition(values, [rank - 1 for rank in ranks])

    def at(rank: int | None) -> float | None:
        return None if rank is None else float(selected[rank - 1])

    shown = {percent: at(middle) for percent, (middle, _) in wanted.items()}
    intervals = {
        percent: PercentileInterval(at(around.lower), at(around.upper)) for percent, (_, around) in wanted.items()
    }
    return shown, intervals


def _pool(arrays: Sequence[Floats]) -> Floats:
    """One array of all. Most are empty (a day of a partition has few kinds), and joining those costs as much."""
    filled = [array for array in arrays if array.size]
    return np.concatenate(filled) if filled else np.empty(0)


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Counts of true flags before each place, so that a difference of two is the count of a stretch."""
    return np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))


def _cut(times: Floats, span: Span) -> tuple[int, int]:
    first, last = np.searchsorted(times, (span.start, span.end))
    return int(first), max(int(first), int(last))


def _size(times: Floats, span: Span) -> int:
    first, last = _cut(times, span)
    return last - first

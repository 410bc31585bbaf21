"""One clock of a series: its missions that are still known one by one, in the order they rang.

Judged once, on building: each mission by the target in force when it rang, so that a run of them costs two look-ups
and one selection. Refuses to know sealed stretches, windows and the clock on the wall.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.figures import MICROSECONDS, Count, InProgress, percent_of
from monitor.core.lacking import Judge, Lack, Lacking
from monitor.core.mission import CAUSES, Cause, Kind
from monitor.core.percent import rank
from monitor.core.service import Objective, Statistic
from monitor.core.stats import kaplan_meier, order_interval
from monitor.core.stats.interval import UNBOUNDED, Interval
from monitor.core.stats.kaplan_meier import Unregistered
from monitor.core.windows import Span

Run = tuple[int, int]
"""The measured missions from one place to another (excluded)."""
_PLACES: Final = {cause: number for number, cause in enumerate(Cause)}
_UNREGISTERED: Final = tuple(_PLACES[cause] for cause in (Cause.NO_END, Cause.ABANDONED, Cause.UNKNOWN))
"""Of these the end came, as far as anybody knows, and was never registered."""
_DOUBTED: Final = 10
"""As if so many more missions had all been registered: a few that were not are no rule yet."""
_NONE: Final = (0,) * len(Cause)


class Track:
    """The missions of one clock. Immutable once built."""

    def __init__(
        self, at: Floats, states: Floats, objectives: Sequence[Objective], judge: Judge, *, begins_there: bool
    ) -> None:
        """`at` ascends; `states` as in `core.mission.times_of`. `objectives` of this clock.

        `begins_there`: the clock begins where missions are placed, so it is known how long open ones have waited.
        """
        measured = states >= 0
        others, kinds = at[~measured], -states[~measured]
        self.rang_at = at[measured]
        self.seconds = states[measured]
        self.objectives = objectives
        self.percentiles = [one for one in objectives if one.statistic is Statistic.PERCENTILE]
        self.means = [one for one in objectives if one.statistic is Statistic.MEAN]
        by_cause = {cause: others[kinds == kind] for kind, cause in CAUSES.items()}
        self._unmeasured = {_PLACES[cause]: times for cause, times in by_cause.items() if len(times)}
        self._open = others[kinds == Kind.OPEN]
        self._untimed = others[kinds == Kind.UNTIMED]
        self._ended = Lacking(others[np.isin(kinds, [*CAUSES])], objectives, judge)
        self._unfinished = Lacking(np.sort(np.concatenate([self._open, self._untimed])), objectives, judge)
        if not begins_there:
            self._open, self._untimed = self._open[:0], np.sort(np.concatenate([self._open, self._untimed]))
        self._begins_there = begins_there
        self._targets = {
            one.slug: _shared(one.rounding.each_longest_within(judge(one, self.rang_at))) for one in objectives
        }
        self._counts = {one.slug: _Running(self.seconds, self._targets[one.slug], one) for one in objectives}

    def cut(self, span: Span) -> Run:
        """The run of the measured missions that rang in `span`."""
        return cut(self.rang_at, span)

    def unmeasured(self, span: Span, abandoned_before: float) -> Sequence[int]:
        """By cause, in the order of `Cause`."""
        if not (self._unmeasured or len(self._open) or len(self._untimed)):
            return _NONE
        counted = [0] * len(Cause)
        for place, times in self._unmeasured.items():
            counted[place] = size(times, span)
        forgotten = Span(span.start, min(span.end, abandoned_before))
        counted[_PLACES[Cause.ABANDONED]] += size(self._open, forgotten) + size(self._untimed, forgotten)
        return tuple(counted)

    def lacking(self, span: Span, abandoned_before: float) -> Sequence[Lack]:
        """Those that are unmeasured, by objective of this clock: how many had a target (`core.lacking`)."""
        forgotten = Span(span.start, min(span.end, abandoned_before))
        pairs = zip(self._ended.within(span), self._unfinished.within(forgotten), strict=True)
        return tuple([(ended[0] + given_up[0], ended[1] + given_up[1]) for ended, given_up in pairs])

    def count(self, objective: Objective, run: Run) -> Count:
        """What decides about a run."""
        return self._counts[objective.slug].count(run)

    def moments(self, run: Run) -> tuple[int, float, float]:
        """Sums of the measured times of a run: microseconds, squares, cubes."""
        seconds = self.seconds[run[0] : run[1]]
        return int(_whole(seconds).sum()), float((seconds**2).sum()), float((seconds**3).sum())

    def judged(self, objective: Objective, span: Span) -> tuple[Floats, NDArray[np.bool_]]:
        """When those of `span` rang (epoch seconds) that had a target, and whether each was late; in that order."""
        first, last = self.cut(span)
        targets = self._targets[objective.slug][first:last]
        judged = ~np.isnan(targets)
        late: NDArray[np.bool_] = self.seconds[first:last][judged] > targets[judged]
        return self.rang_at[first:last][judged], late

    def in_progress(self, now: float, target: float | None, abandoned_before: float, span: Span) -> InProgress:
        """Missions at `now` that rang in `span` and can still be measured; `target` in seconds."""
        if not len(self._open) and not len(self._untimed):  # most series, at most times
            return InProgress(0, 0)
        waiting = self._waiting(span, abandoned_before)
        untimed = size(self._untimed, Span(max(span.start, abandoned_before), span.end))
        overdue = 0 if target is None else int(np.count_nonzero(now - waiting > target))
        return InProgress(open=len(waiting) + untimed, overdue=overdue)

    def waits(self, now: float, span: Span, abandoned_before: float) -> Floats:
        """How long each mission of `span` has been in progress at `now` (seconds); 0 where that is not known."""
        untimed = size(self._untimed, Span(max(span.start, abandoned_before), span.end))
        return np.concatenate((np.maximum(now - self._waiting(span, abandoned_before), 0.0), np.zeros(untimed)))

    def habit(self, span: Span, abandoned_before: float) -> tuple[Floats, int]:
        """What the measured missions of a span took (seconds), and how many ended without their end being known."""
        first, last = self.cut(span)
        counted = self.unmeasured(span, abandoned_before)
        return self.seconds[first:last], sum(counted[place] for place in _UNREGISTERED)

    def moved(
        self, now: float, targets: Mapping[str, float | None], abandoned_before: float
    ) -> tuple[int | None, ...]:
        """How far `now` lies along the open missions: how many are given up, and how many past each target.

        While this stays the same, so does every count of the missions in progress in a given span: the clock
        passes them in the order they rang.
        """
        if not len(self._open) and not len(self._untimed):
            return ()
        waited = now - self._open
        limits = [targets[one.slug] for one in self.objectives]
        return (
            int(self._open.searchsorted(abandoned_before)),
            int(self._untimed.searchsorted(abandoned_before)),
            *(None if limit is None else int(np.count_nonzero(waited > limit)) for limit in limits),
        )

    def with_open(
        self, now: float, span: Span, abandoned_before: float, never: Callable[[], float]
    ) -> dict[str, float | None]:
        """The percentiles of the missions in `span`, those in progress counted as "longer than so far".

        `never`: the share of missions (0 to 1) whose end nobody ever registers. None where it is not known since when
        they wait; a mean is never told so.
        """
        told: dict[str, float | None] = dict.fromkeys([one.slug for one in self.objectives])
        if not self._begins_there and size(self._untimed, Span(max(span.start, abandoned_before), span.end)):
            return told
        first, last = self.cut(span)
        waited = now - self._waiting(span, abandoned_before)
        waited = waited[waited > 0]
        if not len(waited):  # then it is the nearest-rank percentile
            return told | exact(self.seconds[first:last], self.percentiles)[0]
        ended = sum(self.unmeasured(span, -inf)[place] for place in _UNREGISTERED)
        unregistered = Unregistered(never(), ended)
        percents = [percent_of(one) for one in self.percentiles]
        found = kaplan_meier.percentiles(self.seconds[first:last], waited, percents, unregistered)
        return told | dict(zip([one.slug for one in self.percentiles], found, strict=True))

    def _waiting(self, span: Span, abandoned_before: float) -> Floats:
        first, last = cut(self._open, Span(max(span.start, abandoned_before), span.end))
        waiting: Floats = self._open[first:last]
        return waiting


class _Running:
    """Running counts of one objective, so that a difference of two is the count of a run; none without any target."""

    def __init__(self, seconds: Floats, targets: Floats, objective: Objective) -> None:
        judged = ~np.isnan(targets)
        is_mean = objective.statistic is Statistic.MEAN
        self._none = Count(0, 0, 0, 0, 0.0, 0.0) if is_mean else Count(0, 0)
        self._judged = self._within = None
        if not judged.any():  # as in most series of a service that has thresholds of one kind for one category
            return
        self._judged, self._within = _running(judged), _running(seconds <= targets)
        self._mean_of = (seconds, targets) if is_mean else None

    def count(self, run: Run) -> Count:
        if self._judged is None or self._within is None:
            return self._none
        first, last = run
        judged, within = int(self._judged[last] - self._judged[first]), int(self._within[last] - self._within[first])
        if self._mean_of is None:
            return Count(judged, within)
        took, allowed = (numbers[first:last] for numbers in self._mean_of)
        if judged < last - first:
            took, allowed = took[~np.isnan(allowed)], allowed[~np.isnan(allowed)]
        beyond = took - allowed
        total, most = int(_whole(took).sum()), int(_whole(allowed).sum())
        return Count(judged, within, total, most, float((beyond**2).sum()), float((beyond**3).sum()))


def never_registered(measured: int, unmeasured: Sequence[int]) -> float:
    """The share (0 to 1) of missions that end without anybody registering it; `unmeasured` by cause."""
    never = sum(unmeasured[place] for place in _UNREGISTERED)
    return never / (measured + never + _DOUBTED)


def exact(values: Floats, objectives: Sequence[Objective]) -> tuple[dict[str, float | None], dict[str, Interval]]:
    """Nearest-rank percentiles and their intervals, by one selection instead of a sort."""
    n = len(values)
    slugs = [one.slug for one in objectives]
    if not n or not slugs:
        return dict.fromkeys(slugs), dict.fromkeys(slugs, UNBOUNDED)
    wanted = {one.slug: (rank(n, percent_of(one)), order_interval.ranks(n, percent_of(one))) for one in objectives}
    places = {
        place
        for middle, around in wanted.values()
        for place in (middle, around.lower, around.upper)
        if place is not None
    }
    selected = np.partition(values, [place - 1 for place in places])

    def at(place: int | None) -> float | None:
        return None if place is None else float(selected[place - 1])

    shown = {slug: at(middle) for slug, (middle, _) in wanted.items()}
    intervals = {slug: Interval(at(around.lower), at(around.upper)) for slug, (_, around) in wanted.items()}
    return shown, intervals


def cut(times: Floats, span: Span) -> Run:
    """The run of ascending `times` in `span`."""
    if not len(times):
        return 0, 0
    first, last = times.searchsorted((span.start, span.end)).tolist()  # the method: half the cost of the function
    return first, max(first, last)


def size(times: Floats, span: Span) -> int:
    """How many of ascending `times` lie in `span`."""
    first, last = cut(times, span)
    return last - first


def _whole(seconds: Floats) -> NDArray[np.int64]:
    return np.rint(seconds * MICROSECONDS).astype(np.int64)


def _shared(targets: Floats) -> Floats:
    """The same, in a word of memory where one holds for all, or none."""
    if len(targets) and np.array_equal(targets, np.broadcast_to(targets[0], len(targets)), equal_nan=True):
        return np.broadcast_to(targets[:1].copy(), len(targets))
    return targets


def _running(counted: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.concatenate((np.zeros(1, np.int32), np.cumsum(counted, dtype=np.int32)))

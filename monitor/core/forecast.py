"""Will it be made? The chance that a running period ends with its target met, of every objective of a series.

Gathers what the history holds of a series (months so far, the same days a year ago, what is in progress and what is
not registered yet) and hands it to `stats.forecast`. All past missions that are known one by one are held against
the target in force at the period's end; sealed ones count where that was theirs. Says nothing where there is too
little, nor of objectives of which no forecast has proved itself. Computed when somebody asks; refuses to know words.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.calendar import Period
from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.percent import Percent
from monitor.core.service import DAY_SECONDS, Objective, Series
from monitor.core.stats.forecast import MONTHS, Months, drawn_to
from monitor.core.stats.futures import Open, SoFar, chance_of_share
from monitor.core.stats.level import Outlook, Prior
from monitor.core.stats.volume import Volume, registering, volume
from monitor.core.windows import Span, span_of

PROVEN: Final = (50, 90)
"""The percentiles, from and to, whose forecasts came true as often as they said (docs/statistics.md)."""
LEAST_MISSIONS: Final = 10
"""Of the last year: with fewer nothing is said."""
YEAR_SECONDS: Final = 365 * DAY_SECONDS
MONTH_SECONDS: Final = YEAR_SECONDS / 12
COMPARED_SECONDS: Final = YEAR_SECONDS / 2
"""This year's volume is held against last year's over so long."""
REGISTERED_SECONDS: Final = 7 * DAY_SECONDS
"""Who registers an arrival late does so within this time."""
_PARTS: Final = 200
"""So many areas say widely enough how areas scatter."""


class Unsaid(StrEnum):
    """Why there is no forecast; the value is what the API says."""

    NO_TARGET = "no_target"
    UNPROVEN = "unproven"
    """A mean, or a percentile beyond `PROVEN`: forecasts of such objectives did not keep their word."""
    NO_DATA = "no_data"
    """The feed is silent: nobody knows how things stand."""
    NEW = "new"
    """The series is known for less than a year."""
    FEW = "few"
    """It had fewer than `LEAST_MISSIONS` in the last year."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Either the `chance` (0 to 1, neither of them) that the period ends with its target met, or why it is `unsaid`.

    `to_come`: how many more missions are expected to be measured, besides those in progress.
    """

    chance: float | None = None
    to_come: float | None = None
    unsaid: Unsaid | None = None


Forecasts = Mapping[Series, Mapping[str, Forecast]]
"""By series and objective."""


def foretold(objective: Objective) -> bool:
    """Whether forecasts of such objectives have kept their word."""
    return objective.percentile is not None and PROVEN[0] <= objective.percentile <= PROVEN[1]


def forecasts_of(
    history: History,
    period: Period,
    series: Iterable[Series],
    *,
    now: float,
    abandoned_after_seconds: float,
    silent: bool = False,
) -> Forecasts:
    """By series and objective, of a period that runs at `now` (epoch seconds); of one that does not, nothing.

    `silent`: the feed is not heard.
    """
    span = span_of(period, history.grid)
    if not span.start <= now < span.end:
        return {}
    look = _Look(history, period, now=now, abandoned_before=now - abandoned_after_seconds, silent=silent)
    return {one: {objective.slug: look.forecast(one, objective) for objective in history.service.objectives}
            for one in series}  # fmt: skip


class _Look:
    """One period at one moment."""

    def __init__(
        self, history: History, period: Period, *, now: float, abandoned_before: float, silent: bool
    ) -> None:
        span = span_of(period, history.grid)
        self._history, self._span, self._now, self._silent = history, span, now, silent
        self._last_day = date.fromordinal(period.after.toordinal() - 1)
        self._abandoned_before = abandoned_before
        self._ahead = (span.end - now) / MONTH_SECONDS
        self._priors: dict[tuple[str, str], Prior] = {}

    def forecast(self, series: Series, objective: Objective) -> Forecast:
        target = self._history.targets.target(*series, self._last_day).get(objective.slug)
        if target is None:
            return Forecast(unsaid=Unsaid.NO_TARGET)
        percent = objective.percentile
        if percent is None or not foretold(objective):
            return Forecast(unsaid=Unsaid.UNPROVEN)
        if self._silent:
            return Forecast(unsaid=Unsaid.NO_DATA)
        timeline = self._history.timeline(*series)
        oldest, before = timeline.oldest(), self._now - YEAR_SECONDS
        if oldest is None or oldest > before:
            return Forecast(unsaid=Unsaid.NEW)
        past = _Past(self._history, series, objective, target, now=self._now)
        months = past.months(percent)
        if months.year[1] < LEAST_MISSIONS:
            return Forecast(unsaid=Unsaid.FEW)
        root = series[0] == self._history.service.root
        prior = Prior() if root else self._prior(series[1], objective, percent)
        level = months.level_of_share(months.outlook(self._ahead, prior), percent)
        counted = timeline.count(objective, Span(self._span.start, self._now + 1.0))
        so_far = SoFar(counted.within, counted.judged, [*past.waiting(self._span, self._abandoned_before)])
        coming = self._volume(past, oldest)
        return Forecast(chance_of_share(so_far, percent, level, coming), coming.expected)

    def _volume(self, past: "_Past", oldest: float) -> Volume:
        now, before = self._now, self._now - YEAR_SECONDS
        compared = min(COMPARED_SECONDS, before - oldest)
        settled = now - REGISTERED_SECONDS
        recent = past.tally(Span(max(self._span.start, settled), now + 1.0), self._abandoned_before)
        found = volume(
            past.tally(Span(before, self._span.end - YEAR_SECONDS))[0],
            past.tally(Span(before, now))[0],
            (self._span.end - now) / YEAR_SECONDS,
            now=past.tally(Span(now - compared, now))[0],
            then=past.tally(Span(before - compared, before))[0],
        )
        comes = registering(_lacking(recent), _lacking(past.tally(Span(settled - YEAR_SECONDS, settled))))
        return Volume(found.mean, found.shape, recent[1], comes)

    def _prior(self, category: str, objective: Objective, percent: Percent) -> Prior:
        """What parts of the whole are drawn to."""
        known = self._priors.get((category, objective.slug))
        if known is None:
            known = self._priors[category, objective.slug] = self._of_whole(category, objective, percent)
        return known

    def _of_whole(self, category: str, objective: Objective, percent: Percent) -> Prior:
        history, root = self._history, (self._history.service.root, category)
        target = history.targets.target(*root, self._last_day).get(objective.slug)
        if target is None:  # then its parts say where such parts lie, and nothing says of which season
            whole = Outlook(0.0, 0.0, 0.0, (0.0, 0.0))
        else:
            past = _Past(history, root, objective, target, now=self._now)
            whole = past.months(percent).outlook(self._ahead)
        areas = [area for area in history.service.leaf_areas if area != history.service.root]
        parts = [self._year(area, category, objective, percent) for area in areas[:: 1 + len(areas) // _PARTS]]
        return drawn_to(whole, [one for one in parts if one is not None])

    def _year(self, area: str, category: str, objective: Objective, percent: Percent) -> Months | None:
        """The last year of a part, as it was judged."""
        count = self._history.timeline(area, category).count(objective, Span(self._now - YEAR_SECONDS, self._now))
        if not count.judged:
            return None
        return Months.of_share(np.array([count.within]), np.array([count.judged]), percent)


class _Past:
    """A series up to `now`, held against one target (seconds), as its objective reads times."""

    def __init__(self, history: History, series: Series, objective: Objective, target: float, *, now: float) -> None:
        self._history, self._series, self._objective, self._now = history, series, objective, now
        self._target, self._longest = target, objective.rounding.longest_within(target)
        self._timeline = history.timeline(*series)
        self._track = self._timeline.track(objective.clock)

    def tally(self, span: Span, abandoned_before: float = float("-inf")) -> tuple[int, int]:
        """Missions measured and unmeasured."""
        return self._timeline.tally(self._objective.clock, span, abandoned_before=abandoned_before)

    def months(self, percent: Percent) -> Months:
        """How many missions, and how many of them within."""
        edges: Floats = self._now - MONTH_SECONDS * np.arange(MONTHS, -1.0, -1.0)
        runs = self._track.rang_at.searchsorted(edges)
        within = (self._track.seconds <= self._longest).astype(np.float64)
        sealed, sealed_within = self._sealed(edges)
        return Months.of_share(_by_run(within, runs) + sealed_within, np.diff(runs) + sealed, percent)

    def _sealed(self, edges: Floats) -> tuple[Floats, Floats]:
        """Of sealed missions that had this target: by month how many, and how many within."""
        starts, counts = self._timeline.sealed(self._objective)
        empty = np.zeros(len(edges) - 1)
        if not len(starts):
            return empty, empty
        alike = self._history.targets_at(*self._series, self._objective, starts) == self._target
        missions, within = counts[:, :2].T.astype(np.float64)
        runs = starts.searchsorted(edges)
        return _by_run(missions * alike, runs), _by_run(within * alike, runs)

    def waiting(self, span: Span, abandoned_before: float) -> Iterator[Open]:
        """What may become of the missions in progress, by those of the last year that took longer than they have."""
        measured, unmeasured = self.tally(Span(self._now - YEAR_SECONDS, self._now - REGISTERED_SECONDS))
        first, last = self._track.cut(Span(self._now - YEAR_SECONDS, self._now))
        ordered = np.sort(self._track.seconds[first:last])
        lacking = unmeasured / max(1, measured) * len(ordered)
        waited = self._track.waits(self._now, span, abandoned_before)
        longer = len(ordered) - ordered.searchsorted(waited, side="right")
        late = np.minimum(longer, len(ordered) - ordered.searchsorted(self._longest, side="right"))
        of = longer + lacking + 1.0  # one more that is late: who has waited longest is no surprise
        for within, beyond in zip((longer - late) / of, (late + 1.0) / of, strict=True):
            yield Open(float(within), float(beyond))


def _by_run(values: Floats, runs: NDArray[np.intp]) -> Floats:
    """Sums from each place to the next."""
    summed: Floats = np.diff(np.concatenate(([0.0], np.cumsum(values)))[runs])
    return summed


def _lacking(tally: tuple[int, int]) -> tuple[int, int]:
    measured, unmeasured = tally
    return unmeasured, measured + unmeasured

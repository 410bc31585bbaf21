"""Will it be made? The chance that a running period ends with its target met, of every objective of a series.

Gathers what the history holds of a series (months so far, the same days a year ago, what is in progress and what is
not registered yet) and hands it to `stats.forecast`. All past missions that are known one by one are held against
the target in force at the period's end; sealed ones count where that was theirs. Says nothing where there is too
little. Computed when somebody asks; refuses to know words.
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
from monitor.core.figures import MICROSECONDS
from monitor.core.history import History
from monitor.core.service import DAY_SECONDS, Objective, Series
from monitor.core.stats.forecast import MONTHS, Months, drawn_to
from monitor.core.stats.futures import Open, SoFar, chance_of_mean, chance_of_share
from monitor.core.stats.level import Outlook, Prior
from monitor.core.stats.volume import Volume, registering, volume
from monitor.core.windows import Span, span_of

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
        if self._silent:
            return Forecast(unsaid=Unsaid.NO_DATA)
        timeline = self._history.timeline(*series)
        oldest, before = timeline.oldest(), self._now - YEAR_SECONDS
        if oldest is None or oldest > before:
            return Forecast(unsaid=Unsaid.NEW)
        past = _Past(self._history, series, objective, target, now=self._now)
        months = past.months()
        if months is None or months.year[1] < LEAST_MISSIONS:
            return Forecast(unsaid=Unsaid.FEW)
        prior = Prior() if series[0] == self._history.service.root else self._prior(series[1], objective)
        told = months.outlook(self._ahead, prior)
        coming = self._volume(past, oldest)
        chance = self._chance(past, months, told, coming)
        return Forecast(chance, coming.expected)

    def _chance(self, past: "_Past", months: Months, told: Outlook, coming: Volume) -> float:
        objective, target = past.objective, past.target
        so_far = past.timeline.count(objective, Span(self._span.start, self._now + 1.0))
        waiting = [*past.waiting(self._span, self._abandoned_before)]
        if objective.percentile is not None:
            known = SoFar(so_far.within, so_far.judged, [Open(one.within, one.late) for one in waiting])
            level = months.level_of_share(told, objective.percentile)
            return chance_of_share(known, objective.percentile, level, coming)
        beyond = ((so_far.total or 0) - (so_far.allowed or 0)) / MICROSECONDS
        open_now = [(one.seconds - target, one.within + one.late) for one in waiting]
        return chance_of_mean(beyond, months.level_of_mean(told), coming, past.seconds - target, open_now)

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

    def _prior(self, category: str, objective: Objective) -> Prior:
        """What parts of the whole are drawn to."""
        known = self._priors.get((category, objective.slug))
        if known is None:
            known = self._priors[category, objective.slug] = self._of_whole(category, objective)
        return known

    def _of_whole(self, category: str, objective: Objective) -> Prior:
        history, root = self._history, (self._history.service.root, category)
        target = history.targets.target(*root, self._last_day).get(objective.slug)
        if target is None:  # then its parts say where such parts lie, and nothing says of which season
            whole = Outlook(0.0, 0.0, 0.0, (0.0, 0.0))
        else:
            past = _Past(history, root, objective, target, now=self._now)
            months = past.months()
            whole = Outlook(0.0, 0.0, 0.0, (0.0, 0.0)) if months is None else months.outlook(self._ahead)
        areas = [area for area in history.service.leaf_areas if area != history.service.root]
        parts = [self._year(area, category, objective) for area in areas[:: 1 + len(areas) // _PARTS]]
        return drawn_to(whole, [one for one in parts if one is not None])

    def _year(self, area: str, category: str, objective: Objective) -> Months | None:
        """The last year of a part, as it was judged."""
        count = self._history.timeline(area, category).count(objective, Span(self._now - YEAR_SECONDS, self._now))
        if not count.judged:
            return None
        if objective.percentile is not None:
            return Months.of_share(np.array([count.within]), np.array([count.judged]), objective.percentile)
        if count.total is None or count.allowed is None:
            return None
        spared = (count.allowed - count.total) / MICROSECONDS
        unit = max(1e-3, count.squares / count.judged - (spared / count.judged) ** 2) ** 0.5
        return Months(np.array([float(count.judged)]), np.array([spared]), unit)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mission in progress: how long so far (seconds), and the chances that it ends within and late."""

    seconds: float
    within: float
    late: float


class _Past:
    """A series up to `now`, held against one target (seconds)."""

    def __init__(self, history: History, series: Series, objective: Objective, target: float, *, now: float) -> None:
        self._history, self._series, self._now = history, series, now
        self.timeline, self.objective, self.target = history.timeline(*series), objective, target
        self._track = self.timeline.track(objective.clock)
        first, last = self._track.cut(Span(now - YEAR_SECONDS, now))
        self.seconds: Floats = self._track.seconds[first:last]
        """What the missions of the last year took that are known one by one."""

    def tally(self, span: Span, abandoned_before: float = float("-inf")) -> tuple[int, int]:
        """Missions measured and unmeasured."""
        return self.timeline.tally(self.objective.clock, span, abandoned_before=abandoned_before)

    def months(self) -> Months | None:
        """None of a mean whose missions are not known one by one."""
        edges: Floats = self._now - MONTH_SECONDS * np.arange(MONTHS, -1.0, -1.0)
        runs, seconds = self._track.rang_at.searchsorted(edges), self._track.seconds
        percent = self.objective.percentile
        sealed, good = self._sealed(edges)
        missions = np.diff(runs) + sealed
        if percent is not None:
            within = (seconds <= self.target).astype(np.float64)
            return Months.of_share(_by_run(within, runs) + good, missions, percent)
        if len(self.seconds) < LEAST_MISSIONS:
            return None
        spread = max(1e-3, float(self.seconds.std()))
        return Months(missions, _by_run(self.target - seconds, runs) + good, spread)

    def _sealed(self, edges: Floats) -> tuple[Floats, Floats]:
        """Of sealed missions that had this target: by month how many, and how many within or what they spared."""
        starts, counts = self.timeline.sealed(self.objective)
        empty = np.zeros(len(edges) - 1)
        if not len(starts):
            return empty, empty
        alike = self._history.targets_at(*self._series, self.objective, starts) == self.target
        missions, good = counts[:, :2].T.astype(np.float64)
        if self.objective.percentile is None:
            good, alike = (counts[:, 3] - counts[:, 2]) / MICROSECONDS, alike & (counts[:, 4] == 0)
        runs = starts.searchsorted(edges)
        return _by_run(missions * alike, runs), _by_run(good * alike, runs)

    def waiting(self, span: Span, abandoned_before: float) -> Iterator[_Waiting]:
        """What may become of the missions in progress, by those of the last year that took longer than they have."""
        measured, unmeasured = self.tally(Span(self._now - YEAR_SECONDS, self._now - REGISTERED_SECONDS))
        lacking = unmeasured / max(1, measured) * len(self.seconds)
        ordered = np.sort(self.seconds)
        waited = self._track.waits(self._now, span, abandoned_before)
        longer = len(ordered) - ordered.searchsorted(waited, side="right")
        late = np.minimum(longer, len(ordered) - ordered.searchsorted(self.target, side="right"))
        of = longer + lacking + 1.0  # one more that is late: who has waited longest is no surprise
        for seconds, within, beyond in zip(waited, (longer - late) / of, (late + 1.0) / of, strict=True):
            yield _Waiting(float(seconds), float(within), float(beyond))


def _by_run(values: Floats, runs: NDArray[np.intp]) -> Floats:
    """Sums from each place to the next."""
    summed: Floats = np.diff(np.concatenate(([0.0], np.cumsum(values)))[runs])
    return summed


def _lacking(tally: tuple[int, int]) -> tuple[int, int]:
    measured, unmeasured = tally
    return unmeasured, measured + unmeasured

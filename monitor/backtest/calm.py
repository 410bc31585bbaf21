"""Years in which nothing happened, made of a service's own: how often somebody would be paged for nothing in them.

A calm year is the period again, its half-days drawn anew with replacement (block bootstrap): what happens together
within a half-day of an area stays together, at the hours and volumes that it had. Where a series was late more often
than its objective allows, so many of its late missions are taken to be in time that on average it is exactly met: so
every page is false. A fall makes a series late more often from a moment on; it is looked at until the page. Refuses
to know how alarms are decided (`core.alarm`), and where missions come from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Final

import numpy as np

from monitor.alerts.rule import Severity
from monitor.backtest.episodes import Seen, episodes, seen_at
from monitor.backtest.firing import RULES, Fires
from monitor.core.alarm import DAY, Rules, watched
from monitor.core.digest import Floats
from monitor.core.hindsight import Hindsight, changes
from monitor.core.percent import share
from monitor.core.service import Objective
from monitor.core.windows import Span

HALF_DAY: Final = 43_200.0
_STRIDE: Final = 16
"""Missions between two looks at a series that has fallen."""
_JUST_LATE: Final = 1.0
"""Seconds over a threshold: that a mission is late matters here, not by how much."""

Look = Callable[[Hindsight, Rules, float], Seen]
"""What fires of a series at a moment."""


@dataclass(frozen=True, slots=True)
class Calm:
    """Pages that were told in each calm year, in all series together; of how many series."""

    pages: Sequence[int]
    series: int

    @property
    def a_year(self) -> float:
        """On average."""
        return sum(self.pages) / len(self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A series whose share within fell to `within` (0 to 1), so many times: `missions` and `days` until the page.

    Of those times only that were found before the year was over; `tries` are all.
    """

    area: str
    category: str
    objective: str
    within: float
    tries: int
    missions: Sequence[int]
    days: Sequence[float]

    @property
    def median_missions(self) -> float | None:
        """None where at most half were found."""
        return _median(self.missions, self.tries)

    @property
    def median_days(self) -> float | None:
        """None where at most half were found."""
        return _median(self.days, self.tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Calm years like `span` of the series that can page. `seen` is called with each series that was looked at."""

    past: Sequence[Hindsight]
    rules: Rules
    span: Span
    look: Look
    seed: int
    seen: Callable[[], None] = lambda: None

    def calm_years(self, years: int) -> Calm:
        """Pages that are told in so many of them, as of the past itself (`episodes`); looked at as each day ends.

        What comes and goes within one day is not seen.
        """
        moments = np.arange(self.span.start + DAY, self.span.end, DAY).tolist()
        counted = []
        for year in range(years):
            told = 0
            for number, one in enumerate(self.past):
                calm, _ = self._calm(one, year, number)
                found = episodes(one.area, one.category, seen_at(moments, self._looking(calm)))
                told += sum(each.severity is Severity.PAGE and each.told_at is not None for each in found)
                self.seen()
            counted.append(told)
        return Calm(counted, len(self.past))

    def falls(self, points: float, tries: int) -> list[Fall]:
        """Each series fallen by `points` (0 to 1) below what its objective asks for, so many times.

        From a random moment in the first half of a calm year on.
        """
        found = []
        for number, one in enumerate(self.past):
            for objective, percent in watched(one.service.objectives):
                if not len(one.whole().lates(objective, self.span)):
                    continue
                within = max(0.0, share(percent) - points)
                missions, days = [], []
                for chance in range(tries):
                    calm, rng = self._calm(one, chance, number)
                    begin = float(rng.uniform(self.span.start, (self.span.start + self.span.end) / 2))
                    fallen = worsened(calm, objective, 1 - within, begin, rng)
                    if (at := self._paged(fallen, objective, begin)) is not None:
                        missions.append(len(fallen.known(at).lates(objective, Span(begin, at))))
                        days.append((at - begin) / DAY)
                found.append(
                    Fall(
                        area=one.area, category=one.category, objective=objective.slug, within=within, tries=tries,
                        missions=missions, days=days,
                    )
                )  # fmt: skip
            self.seen()
        return found

    def _calm(self, one: Hindsight, year: int, number: int) -> tuple[Hindsight, np.random.Generator]:
        """A series in one of the years; what hits several categories of its area at once does so there, too."""
        rng = np.random.default_rng([self.seed, year, number])
        return calmed(one, self.span, drawn(self.span, self.seed, year, one.area), rng), rng

    def _paged(self, fallen: Hindsight, objective: Objective, begin: float) -> float | None:
        """When the first page of the objective that was not on before begins; None where none does."""
        moments = [begin, *fallen.moments(Span(begin, self.span.end))]
        look = self._looking(fallen)
        stride = max(1, min(_STRIDE, len(moments) // _STRIDE))
        before = None
        for at, now in changes(moments, lambda at: _pages(look(at), objective), stride=stride):
            if before is not None and now - before:
                return at
            before = now
        return None

    def _looking(self, one: Hindsight) -> Callable[[float], Seen]:
        return lambda at: self.look(one, self.rules, at)


def _pages(seen: Seen, objective: Objective) -> frozenset[Fires]:
    """Those of an objective that fire."""
    paging = (one for one in seen.fires if RULES[one.alert].severity is Severity.PAGE)
    return frozenset(one for one in paging if one.objective == objective.slug)


def drawn(span: Span, seed: int, year: int, area: str) -> tuple[int, ...]:
    """Which half-day of the span each of its half-days is drawn as: the same for all categories of an area."""
    count = int(np.ceil((span.end - span.start) / HALF_DAY))
    rng = np.random.default_rng([seed, year, *area.encode()])
    # Nights as nights and days as days: their volumes differ.
    halves = [2 * int(rng.integers((count + 1) // 2)) if not n % 2 else 2 * int(rng.integers(count // 2)) + 1
              for n in range(count)]  # fmt: skip
    return tuple(halves)


def calmed(one: Hindsight, span: Span, halves: Sequence[int], rng: np.random.Generator) -> Hindsight:
    """The series in a calm year: its half-days as drawn, and late no more often than it may be."""
    placed = one.missions[0]
    parts, whence = [np.empty((len(one.missions), 0))], [np.empty(0)]
    for place, half in enumerate(halves):
        begin = span.start + half * HALF_DAY
        first, last = placed.searchsorted((begin, begin + HALF_DAY)).tolist()
        part = one.missions[:, first:last].copy()
        part[0] += span.start + place * HALF_DAY - begin
        parts.append(part)
        whence.append(placed[first:last])
    missions, came_from = np.concatenate(parts, axis=1), np.concatenate(whence)
    missions, came_from = missions[:, missions[0] < span.end], came_from[missions[0] < span.end]
    order = np.lexsort(missions[::-1])
    missions, came_from = missions[:, order], came_from[order]
    for objective, percent in watched(one.service.objectives):
        seconds = missions[_row_of(one, objective)]
        late = seconds > one.longest(objective, came_from)
        late &= rng.random(len(late)) >= _too_many(one, objective, 1 - share(percent), span)
        _put(seconds, late, one.longest(objective, missions[0]))
    return one.with_missions(missions)


def _too_many(one: Hindsight, objective: Objective, allowed: float, span: Span) -> float:
    """Of the late missions of a series, the share (0 to 1) that is more than it may have."""
    lates = one.whole().lates(objective, span)
    late = float(lates.mean()) if len(lates) else 0.0
    return 1 - allowed / late if late > allowed else 0.0


def worsened(
    one: Hindsight, objective: Objective, late: float, begin: float, rng: np.random.Generator
) -> Hindsight:  # fmt: skip
    """The series with a share of `late` missions of that objective from a moment on."""
    missions = one.missions.copy()
    seconds = missions[_row_of(one, objective)]
    after = missions[0] >= begin
    targets = one.longest(objective, missions[0])
    chosen = np.where(after, rng.random(len(after)) < late, seconds > targets)
    _put(seconds, chosen, targets)
    return one.with_missions(missions)


def _put(seconds: Floats, late: "np.ndarray[tuple[int], np.dtype[np.bool_]]", targets: Floats) -> None:
    """Make measured missions late, or in time, by as little as it takes."""
    judged = (seconds >= 0) & ~np.isnan(targets)
    over, under = judged & late & (seconds <= targets), judged & ~late & (seconds > targets)
    seconds[over] = targets[over] + _JUST_LATE
    seconds[under] = targets[under]


def _row_of(one: Hindsight, objective: Objective) -> int:
    return 1 + one.service.clock_slugs.index(objective.clock)


def _median(values: Sequence[float], tries: int) -> float | None:
    """Of all tries, those that were not found being later than any that was."""
    found = median([*values, *[inf] * (tries - len(values))]) if tries else inf
    return found if found < inf else None

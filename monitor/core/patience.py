"""How long a feed may be silent before that is no accident: from the service's own missions, by hour of the day.

A mission is at least one sign of life, so silence is implausible once so many missions should have begun since that
hardly any year sees them all stay away. Every mission begins a silence, and the chance that none begins where m are
expected is (1 + m/k)^-k: the negative binomial's, of a rate that is known from c missions only and differs from day
to day, 1/k = 1/c + v/d. Here v is how much the days of the past scatter beyond chance (the squared coefficient of
variation of their rates, by moments), and d the days that the silence spans, over which that averages out. Patience
is the shortest silence that N missions a year see less than `PAGES_A_YEAR` times; the hours of the day make it
shorter in the afternoon than at four.

Of a service that tells little or nothing yet, little can be said: the longest patience. `benchmarks/false_pages.py`
has the false pages of days, weeks and seasons that differ. Negative binomial as a Poisson of uncertain rate: Gelman
et al., *Bayesian Data Analysis* (2013), section 2.6. Refuses to know what was heard (`core.feed`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.core.day_counts import local_days
from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.slices import HOUR, Grid

DAY: Final = 86_400.0
YEAR_DAYS: Final = 365.25
HOURS: Final = 24
LOOKED_BACK_DAYS: Final = 91
"""A quarter: seasons come and go within the year, and a small service needs every mission there is."""
PAGES_A_YEAR: Final = 0.2
"""Silences a year that would pass for a dead feed by chance."""
KNOWN_DAYS: Final = 28
UNKNOWN_SCATTER: Final = 0.1
"""Of a service that is younger: days differ by a third."""
LEAST_SECONDS: Final = 3600.0
"""However many missions there are: restarts, releases and failovers of a source are no page."""
MOST_SECONDS: Final = 28 * DAY
"""However few there are: what is older is in none of the windows that alerts look at."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Missions seen in so many `days` (a fraction, too), by the hour of the local day that they began in.

    `scatter`: squared coefficient of variation of how busy days are, beyond what chance makes of their missions.
    """

    hours: tuple[int, ...]
    days: float
    scatter: float = UNKNOWN_SCATTER

    @property
    def missions(self) -> int:
        """Seen altogether."""
        return sum(self.hours)

    @property
    def a_year(self) -> float:
        """Missions a year at this pace."""
        return self.missions / self.days * YEAR_DAYS if self.missions else 0.0

    def expected(self, hour: float, seconds: float) -> float:
        """Missions that begin within `seconds` from an hour of the day (0 to 24, with its fraction)."""
        days, rest = divmod(seconds, DAY)
        cumulated = np.concatenate(([0.0], np.cumsum(self.hours + self.hours)))
        begins, ends = np.interp([hour, hour + rest / HOUR], np.arange(2 * HOURS + 1), cumulated)
        return float(days * self.missions + ends - begins) / self.days

    def chance(self, hour: float, seconds: float) -> float:
        """That no mission begins within `seconds` from an hour of the day; 1 where none was ever seen."""
        if not self.missions:
            return 1.0
        shape = 1 / (1 / self.missions + self.scatter / max(1.0, seconds / DAY))
        return float((1 + self.expected(hour, seconds) / shape) ** -shape)

    def busier(self, hour: float) -> float:
        """How much busier an hour of the day is than the average one; 1 where it is not."""
        return max(1.0, self.hours[int(hour)] * HOURS / self.missions) if self.missions else 1.0


def pace_of(placed: Floats, until: float, grid: Grid) -> Pace:
    """The pace of the quarter before `until` (epoch seconds), or of what there is of it; `placed` in any order."""
    seen = placed[(placed > until - LOOKED_BACK_DAYS * DAY) & (placed <= until)]
    if not len(seen):
        return Pace((0,) * HOURS, float(LOOKED_BACK_DAYS))
    oldest = float(seen.min())
    whole = float(placed.min()) < oldest
    days = float(LOOKED_BACK_DAYS) if whole else max((until - oldest) / DAY, 1.0)
    counted = np.bincount(_hours(seen, grid).astype(np.int64), minlength=HOURS)
    return Pace(tuple(counted.tolist()), days, _scatter(seen, until, int(days)))


def patience(pace: Pace, hour: float) -> float:
    """How many seconds of silence are plausible that begins at an hour of the day (0 to 24, with its fraction)."""
    if pace.a_year * pace.chance(hour, MOST_SECONDS) >= PAGES_A_YEAR or not pace.missions:
        return MOST_SECONDS
    low, high = 0.0, MOST_SECONDS
    while high - low > 1:
        middle = (low + high) / 2
        low, high = (middle, high) if pace.a_year * pace.chance(hour, middle) >= PAGES_A_YEAR else (low, middle)
    return max(LEAST_SECONDS, high)


def pages_a_year(pace: Pace, seconds: float) -> float:
    """How often a year a silence of so many seconds comes by chance, whatever hour it begins at."""
    return sum(
        missions / pace.days * YEAR_DAYS * pace.chance(hour + 0.5, seconds)
        for hour, missions in enumerate(pace.hours)
        if missions
    )


def plausible_silence(history: History, since: float, declared: float | None) -> float:
    """How many seconds after `since` (epoch seconds) silence is plausible: as `declared`, else by the pace."""
    return plausible(pace_until(history, since), hour_of(since, history.grid), declared)


def plausible(pace: Pace, hour: float, declared: float | None) -> float:
    """The same of a silence that begins at an hour of the day, where the pace is known already."""
    return patience(pace, hour) if declared is None else declared


def pace_until(history: History, until: float) -> Pace:
    """The pace of all missions, whatever area and category."""
    parts = []
    for one in history.whole():
        first, last = one.placed_at.searchsorted((until - LOOKED_BACK_DAYS * DAY, until), side="right").tolist()
        parts.append(one.placed_at[max(0, first - 1) : last])  # one more says that there was something before
    return pace_of(np.concatenate(parts), until, history.grid)


def hour_of(at: float, grid: Grid) -> float:
    """The hour of the local day (0 to 24, with its fraction) of an instant (epoch seconds)."""
    return float(_hours(np.array([at]), grid)[0])


def _scatter(seen: Floats, until: float, days: int) -> float:
    """From the missions of each whole day (of 24 hours) before `until`."""
    if days < KNOWN_DAYS:
        return UNKNOWN_SCATTER
    counts = np.bincount(((until - seen) // DAY).astype(np.int64), minlength=days)[:days]
    mean = float(counts.mean())
    return max(0.0, float(counts.var(ddof=1)) - mean) / mean**2 if mean else UNKNOWN_SCATTER


def _hours(placed: Floats, grid: Grid) -> Floats:
    """Of each the hour of its local day; of a day of 25 hours the last one is the 24th."""
    _, begun = local_days(placed, grid)
    hours: Floats = np.minimum((placed - begun) / HOUR, HOURS - 1e-9)
    return hours

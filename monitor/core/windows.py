"""The windows and periods that figures are given for, as spans of time.

Rolling windows move with the clock and resolve to a slice: they begin at the start of the slice that holds
`now - length`, so they cover at least their length. Calendar windows begin at local midnight of the month, the
tertial (four months) or the year. A window by count has no span: it is the newest missions, however old. Periods
are closed: `2024`, `2024-T2`, `2024-11`. Refuses to know missions; `now` is an argument.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from monitor.core.slices import Grid

Unit = Literal["month", "tertial", "year"]
UNITS: Final[tuple[Unit, ...]] = ("month", "tertial", "year")
ALERTED: Final = ("28d", "tertial")
"""Windows that the conditions of alert rules test: without them a rule could never fire."""
SHOWN: Final = ("28d", "last100", "month", "tertial", "year")
"""Windows that texts of alerts and panels of dashboards name."""
MONTHS: Final[dict[Unit, int]] = {"month": 1, "tertial": 4, "year": 12}
DEFAULT: Final = ("24h", "7d", "28d", "90d", "365d", "last100", "month", "tertial", "year")


@dataclass(frozen=True, slots=True)
class Span:
    """The instants `start` (included) to `end` (excluded), epoch seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Window:
    """One window by its label; exactly one of `seconds`, `count` and `unit` is set."""

    name: str
    seconds: int | None = None
    count: int | None = None
    unit: Unit | None = None

    @property
    def calendar(self) -> bool:
        """Whether this is an official period to date, whose verdict is always shown."""
        return self.unit is not None

    def span(self, now: float, grid: Grid) -> Span | None:
        """The span at `now` (epoch seconds); None for a window by count.

        It ends with the slice that holds `now`, so that a source whose clock is a little ahead is not cut off.
        """
        end = grid.floor(now) + grid.seconds
        if self.seconds is not None:
            return Span(grid.floor(now - self.seconds), end)
        if self.unit is not None:
            return Span(grid.midnight(_first_day(self.unit, grid.day_of(now)).toordinal()), end)
        return None


@dataclass(frozen=True, slots=True)
class Period:
    """A closed calendar period: local days `first` (included) to `after` (excluded)."""

    name: str
    first: date
    after: date

    def span(self, grid: Grid) -> Span:
        """From local midnight to local midnight."""
        return Span(grid.midnight(self.first.toordinal()), grid.midnight(self.after.toordinal()))


def parse_window(name: str) -> Window:
    """The window a label names: `24h`, `7d`, `last100`, `month`, `tertial`, `year`. Raises ValueError."""
    for unit in UNITS:
        if name == unit:
            return Window(name, unit=unit)
    if found := re.fullmatch(r"([1-9][0-9]{0,4})([hd])", name):
        return Window(name, seconds=int(found[1]) * (3600 if found[2] == "h" else 86_400))
    if found := re.fullmatch(r"last([1-9][0-9]{0,5})", name):
        return Window(name, count=int(found[1]))
    raise ValueError(f"window {name!r}: say hours (24h), days (28d), a count (last100), month, tertial or year")


def parse_period(name: str) -> Period:
    """The period a name stands for: `2024`, `2024-T2`, `2024-11`. Raises ValueError."""
    if found := re.fullmatch(r"([0-9]{4})(?:-(?:T([123])|(0[1-9]|1[0-2])))?", name):
        year = int(found[1])
        if not 1900 <= year < 9999:
            raise ValueError(f"period {name!r}: the year must be one from 1900 to 9998")
        if found[2]:
            return _period(name, year, 4 * int(found[2]) - 3, 4)
        if found[3]:
            return _period(name, year, int(found[3]), 1)
        return _period(name, year, 1, 12)
    raise ValueError(f"period {name!r}: say a year (2024), a tertial (2024-T1 to 2024-T3) or a month (2024-11)")


def _period(name: str, year: int, month: int, months: int) -> Period:
    beyond = month - 1 + months
    return Period(name, date(year, month, 1), date(year + beyond // 12, beyond % 12 + 1, 1))


def _first_day(unit: Unit, day: int) -> date:
    today = date.fromordinal(day)
    months = MONTHS[unit]
    return today.replace(month=(today.month - 1) // months * months + 1, day=1)

"""The windows that figures are given for, as spans of time.

Rolling windows move with the clock and resolve to a slice: they begin at the start of the slice that holds
`now - length`, so they cover at least their length. Calendar windows begin at local midnight of the period that
holds `now` (`core.calendar`). A window by count has no span: it is the newest missions, however old. Refuses to
know missions; `now` is an argument.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, get_args

from monitor.core.calendar import Period, Unit
from monitor.core.slices import Grid

PARTS: Final[tuple[Unit, ...]] = ("quarter", "tertial", "half_year")
"""Official parts of a year. A rule tests whichever a service has: with none it could never fire."""
ALERTED: Final = ("28d",)
"""Windows that the conditions of alert rules test: without them a rule could never fire."""
NAMED: Final = ("28d", "last100", "year")
"""Windows that texts of alerts and panels of dashboards name."""
SHOWN: Final = ("28d", "last100", "month", *PARTS, "year")
"""Windows that programs are told by default, those of them that are judged: dashboards show each official period."""
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
            period = grid.calendar.holding(self.unit, date.fromordinal(grid.day_of(now)))
            return Span(grid.midnight(period.first.toordinal()), end)
        return None


def span_of(period: Period, grid: Grid) -> Span:
    """A period's instants, from local midnight to local midnight."""
    return Span(grid.midnight(period.first.toordinal()), grid.midnight(period.after.toordinal()))


def parse_window(name: str) -> Window:
    """The window a label names: `24h`, `7d`, `last100`, or a unit of the calendar. Raises ValueError."""
    units: tuple[Unit, ...] = get_args(Unit)
    for unit in units:
        if name == unit:
            return Window(name, unit=unit)
    if found := re.fullmatch(r"([1-9][0-9]{0,4})([hd])", name):
        return Window(name, seconds=int(found[1]) * (3600 if found[2] == "h" else 86_400))
    if found := re.fullmatch(r"last([1-9][0-9]{0,5})", name):
        return Window(name, count=int(found[1]))
    raise ValueError(f"window {name!r}: say hours (24h), days (28d), a count (last100) or one of {', '.join(units)}")

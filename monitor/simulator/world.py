"""What missions are invented of: places with their volumes, and what happens on a mission that begins there.

A world is cut into eras: within one, areas and thresholds stay the same. Refuses to know where its figures come from
(`calibration`, `declared`) and how a mission is told (`story`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from monitor.core.calendar import Calendar
from monitor.core.service import Fields
from monitor.simulator.rhythm import HOUR_MS, midnight

LONGEST_UNPLACED_MS: Final = 5 * HOUR_MS
"""A mission that no instant places in time is told within this time of its first record."""


class Fate(StrEnum):
    """What the last snapshot of a mission says about it."""

    MEASURED = "measured"
    NO_ARRIVAL = "no arrival"
    UNPLACED = "no instant that places it"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class Course:
    """What happens on one mission, in milliseconds since it began."""

    instants: tuple[tuple[str, int], ...]
    """What is known in the end, in order."""
    whole_ms: int
    """Until help was there, whether or not that is known in the end."""
    placed_ms: int = 0
    between: tuple[str, ...] = ()
    """Told, too, at moments that the story chooses: no clock reads them."""


class Cell(Protocol):
    """One area and category, in one era."""

    @property
    def area(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def code(self) -> str:
        """Stands in the ids of its missions."""

    @property
    def missions(self) -> float:
        """Measured missions in a year."""

    def courses(self, drawn: Sequence[tuple[Fate, float]], rng: Random) -> list[Course]:
        """The missions of an era: each with its fate, and the share of missions that take no longer than it."""

    def course(self, fate: Fate, share: float, rng: Random, slowdown: float = 1.0) -> Course:
        """One mission among many that nobody counts beforehand."""


@dataclass(frozen=True, slots=True)
class Era:
    """A piece `[start_ms, stop_ms)` of a span in which the cells have been the same since, and stay it until."""

    start_ms: int
    stop_ms: int
    cells: Sequence[Cell]
    since_ms: int | None = None
    until_ms: int | None = None

    def holds(self, began_ms: int, course: Course) -> bool:
        """Whether nothing told of a mission until it is closed could be placed where its cell is none."""
        after_since = self.since_ms is None or began_ms >= self.since_ms
        return after_since and (self.until_ms is None or began_ms < self.until_ms - _longest_told_ms(course))

    def begin(self, placed_ms: int, course: Course) -> int:
        """When a mission begins that is to be placed about then, and that the era has to hold."""
        began_ms = placed_ms - course.placed_ms
        if self.until_ms is not None:
            began_ms = min(began_ms, self.until_ms - _longest_told_ms(course) - 1)
        return max(began_ms, self.start_ms)

    def other_areas(self, cell: Cell) -> list[Cell]:
        """Where a mission of the cell may be taken for happening."""
        return [other for other in self.cells if other.category == cell.category and other.area != cell.area]

    def other_categories(self, cell: Cell) -> list[Cell]:
        """What a mission of the cell may be taken for."""
        return [other for other in self.cells if other.area == cell.area and other.category != cell.category]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`instants` are those that every event tells, null while unknown; `days` is what a cell's missions are of."""

    fields: Fields
    instants: tuple[str, ...]
    zone: ZoneInfo
    calendar: Calendar
    days: int
    share_unmeasured: float
    cells_on: Callable[[date], Sequence[Cell]]
    storm_area: str | None = None
    turns: tuple[date, ...] = ()
    """Days, ascending, on which the cells are others than the day before."""

    def year(self, year: int) -> tuple[int, int]:
        """First millisecond of a year of the calendar, and of the next."""
        period = self.calendar.period(str(year))
        return midnight(period.first, self.zone), midnight(period.after, self.zone)

    def stormy(self, moment: datetime) -> str:
        """The area that a storm comes over unless somebody names another: a busy one."""
        if self.storm_area is not None:
            return self.storm_area
        volumes = Counter[str]()
        for cell in self.cells_on(moment.astimezone(self.zone).date()):
            volumes[cell.area] += round(cell.missions)
        return max(volumes, key=lambda area: volumes[area], default="")

    def eras(self, start_ms: int, stop_ms: int) -> Iterator[Era]:
        """The span `[start_ms, stop_ms)`, cut where the cells change."""
        day = datetime.fromtimestamp(start_ms / 1000, self.zone).date()
        passed = bisect_right(self.turns, day)
        edges = [None, *(midnight(turn, self.zone) for turn in self.turns), None]
        for number, (since_ms, until_ms) in enumerate(pairwise(edges[passed:]), passed):
            first_ms = start_ms if since_ms is None else max(start_ms, since_ms)
            if first_ms >= stop_ms:
                return
            last_ms = stop_ms if until_ms is None else min(stop_ms, until_ms)
            cells = self.cells_on(self.turns[number - 1] if number else day)
            yield Era(first_ms, last_ms, cells, since_ms, until_ms)


def _longest_told_ms(course: Course) -> int:
    """About how long after its beginning a mission may be closed, whatever goes wrong."""
    return 3 * course.whole_ms + 2 * HOUR_MS

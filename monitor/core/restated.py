"""Closed years that corrections change: which missions left one calendar year for another, counted by years.

An identity used again (numbers that begin anew each January) is to the ledger a correction of the mission that had it
before: the old year loses a mission, and nothing else would say so. Counted are

- every correction that takes a mission from one calendar year to another, whatever the year;
- a mission withdrawn from, or counted only now in, a year that was closed. A year is closed once the partition has
  seen an event of a time at which no mission of that year can still be in progress: event time, not the clock, so a
  replay of the same records counts the same;
- every event refused as a conflict, by the year of the mission that stands and the year that the event names.

Refuses to know what became of the event (`core.ledger`) and how it is shown.
"""

from collections.abc import Iterable
from datetime import MAXYEAR, date, timedelta
from typing import Final

from monitor.core.calendar import Period
from monitor.core.ledger import Crossing
from monitor.core.mission import Kind, Mission
from monitor.core.outcomes import Outcome
from monitor.core.slices import Grid
from monitor.core.stored import Head, YearCount

NOWHERE: Final = 0
"""In place of a year: counted in none."""
MOST: Final = 64
"""Pairs of years kept apart by one partition; the rest of what a source can invent is counted without its years."""
ELSEWHERE: Final = (NOWHERE, NOWHERE)


def note(head: Head, crossing: Crossing, grid: Grid, closed_before: float) -> None:
    """Count a crossing in the head. Years that end at or before `closed_before` (epoch seconds) are closed."""
    outcome, known, told = crossing
    if outcome is Outcome.CONFLICT:
        _count(head.conflicts, _year(known, grid), _year(told, grid))
        return
    counting = [one for one in (known, told) if one.kind != Kind.NOTHING]
    if len(counting) == 1 and counting[0].placed_at > closed_before:
        return  # of a year that is not over: most of what is withdrawn is of today
    left = _year(known, grid) if known.kind != Kind.NOTHING else NOWHERE
    entered = _year(told, grid) if told.kind != Kind.NOTHING else NOWHERE
    if left == entered:
        return
    if (left and entered) or _ended(max(left, entered), grid, closed_before):
        _count(head.moves, left, entered)


def total(counts: Iterable[YearCount]) -> int:
    """How often, whatever the years."""
    return sum(times for _, _, times in counts)


def of_period(parts: Iterable[Iterable[YearCount]], period: Period) -> list[YearCount]:
    """What concerns the calendar years that a period touches, of all partitions, in order."""
    years = range(period.first.year, (period.after - timedelta(days=1)).year + 1)
    found: dict[tuple[int, int], int] = {}
    for counts in parts:
        for left, entered, times in counts:
            if left in years or entered in years:
                found[left, entered] = found.get((left, entered), 0) + times
    return [(left, entered, times) for (left, entered), times in sorted(found.items())]


def _year(mission: Mission, grid: Grid) -> int:
    return date.fromordinal(grid.day_of(mission.placed_at)).year


def _ended(year: int, grid: Grid, closed_before: float) -> bool:
    return year < MAXYEAR and grid.midnight(date(year + 1, 1, 1).toordinal()) <= closed_before


def _count(counts: list[YearCount], left: int, entered: int) -> None:
    for place, (one, other, times) in enumerate(counts):
        if (one, other) == (left, entered):
            counts[place] = (left, entered, times + 1)
            return
    if len(counts) < MOST:
        counts.append((left, entered, 1))
        return
    *_, (one, other, times) = counts
    if (one, other) == ELSEWHERE:
        counts[-1] = (*ELSEWHERE, times + 1)
    else:
        counts.append((*ELSEWHERE, 1))

"""How many missions of each local day were judged and late: what the CUSUM needs of a series, however long it is.

A sealed stretch keeps both counts for good and a local day is what it is rolled up to, so that a series remembers
all of its days, whether their missions are known one by one or not. Refuses to know what follows from them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.slices import Grid

Counts = NDArray[np.int64]
YEAR_DAYS: Final = 365
_EPOCH: Final = date(1970, 1, 1).toordinal()


def local_days(at: Floats, grid: Grid) -> tuple[Counts, Floats]:
    """Of each moment (epoch seconds, in any order, at least one) the local day that holds it, and when that began."""
    days = range(grid.day_of(float(at.min())), grid.day_of(float(at.max())) + 1)
    midnights = np.array([grid.midnight(day) for day in days])
    places = np.searchsorted(midnights, at, side="right") - 1
    return days.start + places, midnights[places]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One element for each local day (`date.toordinal`) that has missions, ascending: judged, and of them late."""

    day: Counts
    judged: Counts
    late: Counts

    @classmethod
    def of(cls, at: Floats, judged: Counts, late: Counts, grid: Grid) -> "DayCounts":
        """Counts of moments (epoch seconds, in any order) by the local day that holds each."""
        some = judged > 0
        if not some.any():
            return NO_DAYS
        at, judged, late = at[some], judged[some], late[some]
        days, _ = local_days(at, grid)
        first = int(days.min())
        totals, lates = (np.bincount(days - first, weights=numbers).astype(np.int64) for numbers in (judged, late))
        held = np.flatnonzero(totals)
        return cls(held + first, totals[held], lates[held])

    def before(self, days: int, *, length: int) -> tuple[Counts, Counts]:
        """For each day: judged and late of the `length` days that end `days` before it (0: with the day itself)."""
        ends = np.searchsorted(self.day, self.day - days, side="right")
        begins = np.searchsorted(self.day, self.day - days - length, side="right")
        judged, late = (np.concatenate([[0], np.cumsum(numbers)]) for numbers in (self.judged, self.late))
        return judged[ends] - judged[begins], late[ends] - late[begins]

    def volume(self, *, usual: float) -> Floats:
        """For each day, the missions of the year that ends with it; what is not known of it has `usual` a year."""
        if not self.day.size:
            return np.zeros(0)
        judged, _ = self.before(0, length=YEAR_DAYS)
        unknown = np.maximum(0, YEAR_DAYS - (self.day - self.day[0] + 1)) / YEAR_DAYS
        volume: Floats = judged + usual * unknown
        return volume

    def by_month(self) -> tuple[Counts, Counts]:
        """Judged and late of each calendar month that has missions."""
        if not self.day.size:
            return self.judged, self.late
        months = (self.day - _EPOCH).astype("datetime64[D]").astype("datetime64[M]")
        begins = np.flatnonzero(np.concatenate([[True], months[1:] != months[:-1]]))
        return np.add.reduceat(self.judged, begins), np.add.reduceat(self.late, begins)


NO_DAYS: Final = DayCounts(*np.zeros((3, 0), np.int64))

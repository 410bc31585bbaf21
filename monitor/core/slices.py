"""Time cut into slices, slices gathered into local days, and what a sealed slice still knows.

A slice is one hour (configurable) of one series. Slices of one local day form a bucket: the unit that is stored,
read and rolled up, so that calendar periods, which begin at local midnight, never cut one. A sealed slice is an
`Aggregate`: per clock exact counts, an exact sum and a t-digest, no missions. Refuses to know what time it is and how
one is made (`core.sealing`).
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from math import fsum
from operator import le
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from monitor.core import digest
from monitor.core.bounded import MOST, Count, Instant, Microseconds, Place, Seconds, Squares, Weight
from monitor.core.calendar import Calendar
from monitor.core.digest import Backend, Digest
from monitor.core.mission import Cause

HOUR: Final = 3600


YEARS: Final = range(2000, 2038)
"""Where a zone's offsets are looked at: summer time may shift by half an hour, and governments change their minds."""


def _offsets(zone: ZoneInfo) -> list[int]:
    """Every offset (seconds) that begins a month in `YEARS`, the first met first."""
    found = (datetime(year, month, 1, tzinfo=zone).utcoffset() for year in YEARS for month in range(1, 13))
    return list(dict.fromkeys(int(offset.total_seconds()) for offset in found if offset is not None))


@dataclass(frozen=True, slots=True)
class Grid:
    """How time is cut: `seconds` per slice, aligned to the epoch; days are those of `zone`, periods of `calendar`.

    Raises ValueError where a slice would straddle local midnight.
    """

    zone: ZoneInfo
    seconds: int = HOUR
    calendar: Calendar = field(default_factory=Calendar)
    _days: dict[float, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _midnights: dict[int, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seconds <= 0 or HOUR % self.seconds:
            raise ValueError(f"slice of {self.seconds} s: must divide one hour (3600 s)")
        for offset in _offsets(self.zone):
            if offset % self.seconds:
                raise ValueError(
                    f"slice of {self.seconds} s straddles midnight in {self.zone.key}: choose one that divides its "
                    f"offset of {offset} s"
                )

    def floor(self, at: float) -> float:
        """Start of the slice that holds `at`."""
        return at // self.seconds * self.seconds

    def day_of(self, at: float) -> int:
        """Local day (proleptic ordinal, as `date.toordinal`) that holds the instant `at`; remembered by its slice."""
        start = at // self.seconds * self.seconds
        day = self._days.get(start)
        if day is None:
            # Mostly the slice after one that was asked for: two comparisons, where a zone takes as long as a mission.
            day = self._days.get(start - self.seconds)
            if day is None or start >= self.midnight(day + 1):
                day = datetime.fromtimestamp(start, self.zone).toordinal()
            self._days[start] = day
        return day

    def midnight(self, day: int) -> float:
        """First instant (epoch seconds) of a local day: 23, 24 or 25 hours before the next one; remembered."""
        midnight = self._midnights.get(day)
        if midnight is None:
            midnight = datetime.combine(date.fromordinal(day), time(), self.zone).timestamp()
            self._midnights[day] = midnight
        return midnight


class ClockTally(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a sealed stretch knows of one clock: exact counts and sums, and the sketch that only shows percentiles.

    `unmeasured`: missions by `Cause`, in its order. `total`: the sum of the measured times in microseconds; None
    where version 1 sealed more of them than a sketch keeps by themselves. `squares`: the sum of theirs, in seconds.
    """

    measured: Count
    unmeasured: Annotated[tuple[Count, ...], Meta(min_length=len(Cause), max_length=len(Cause))]
    total: Microseconds | None
    squares: Squares
    sketch: tuple[list[Seconds], list[Weight], float, float]

    @property
    def missions(self) -> int:
        """All that count, measured or not."""
        return self.measured + sum(self.unmeasured)

    @property
    def sound(self) -> bool:
        """Whether the parts fit each other, as they do unless the stored bytes were damaged."""
        means, weights, minimum, maximum = self.sketch
        return (
            len(means) == len(weights)
            and abs(fsum(weights) - self.measured) < 0.5
            and all(map(le, means, islice(means, 1, None)))
            and (not means or 0.0 <= minimum <= maximum <= MOST)
            and (self.total is None or self._lies_between(self.total / 1e6, 1))
            and self._lies_between(self.squares, 2)
        )

    def digest(self, backend: Backend = "fastdigest") -> Digest:
        """The measured times (seconds) as a digest."""
        return digest.from_fields(self.sketch, backend=backend)

    def _lies_between(self, moment: float, power: int) -> bool:
        """Whether a sum of the values' powers is one of values from the least to the greatest."""
        if not self.measured:
            return moment == 0.0
        _, _, minimum, maximum = self.sketch
        slack = 1.0 + 1e-6
        least, most = self.measured * minimum**power, self.measured * maximum**power
        return least <= moment * slack + 1e-6 * self.measured and moment <= most * slack + 1e-6 * self.measured


class Aggregate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A sealed stretch of one series: exact counts of each clock, in the service's order, and what was judged.

    `start`, `end`: epoch seconds; one slice, or one local day once rolled up. `judged`: for each threshold that was
    in force its place in `core.stored.Head.measures`, its seconds, and how many of those measured took at most that.
    """

    series: Place
    start: Instant
    end: Instant
    excluded: Count
    clocks: Annotated[tuple[ClockTally, ...], Meta(min_length=1)]
    judged: tuple[tuple[Place, Seconds, Count], ...]

    @property
    def missions(self) -> int:
        """Those that count for anything."""
        return self.clocks[0].missions + self.excluded

    @property
    def sound(self) -> bool:
        """Whether the parts fit each other, as they do unless the stored bytes were damaged."""
        return (
            self.start < self.end
            and all(tally.sound and tally.missions == self.clocks[0].missions for tally in self.clocks)
            and max([within for _, _, within in self.judged], default=0)
            <= max([tally.measured for tally in self.clocks])
        )

    @property
    def alike(self) -> tuple[int, tuple[tuple[int, float], ...]]:
        """What two stretches must have in common to be one: the series, and what they were held against."""
        judged = self.judged
        return self.series, tuple([(place, seconds) for place, seconds, _ in judged]) if judged else ()

"""Time cut into slices, slices gathered into local days, and what a sealed slice still knows.

A slice is one hour (configurable) of one series. Slices of one local day form a bucket: the unit that is stored,
read and rolled up, so that calendar periods, which begin at local midnight, never cut one. A sealed slice is an
`Aggregate`: exact counts and a t-digest, no missions. Refuses to know what time it is and who counts missions.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from math import fsum
from operator import le
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.core import digest
from monitor.core.bounded import MOST, Count, Instant, Place, Seconds, Weight
from monitor.core.calendar import Calendar
from monitor.core.digest import Backend, Digest

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
    _days: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)
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

    def slice_of(self, at: float) -> int:
        """Number of the slice that holds the instant `at` (epoch seconds)."""
        return int(at // self.seconds)

    def start_of(self, number: int) -> float:
        """First instant (epoch seconds) of a slice."""
        return float(number * self.seconds)

    def floor(self, at: float) -> float:
        """Start of the slice that holds `at`."""
        return at // self.seconds * self.seconds

    def day_of_slice(self, number: int) -> int:
        """Local day (proleptic ordinal, as `date.toordinal`) that holds a slice; remembered, it is asked often."""
        day = self._days.get(number)
        if day is None:
            day = datetime.fromtimestamp(number * self.seconds, self.zone).toordinal()
            self._days[number] = day
        return day

    def day_of(self, at: float) -> int:
        """Local day that holds the instant `at`."""
        return self.day_of_slice(int(at // self.seconds))

    def midnight(self, day: int) -> float:
        """First instant (epoch seconds) of a local day: 23, 24 or 25 hours before the next one; remembered."""
        midnight = self._midnights.get(day)
        if midnight is None:
            midnight = datetime.combine(date.fromordinal(day), time(), self.zone).timestamp()
            self._midnights[day] = midnight
        return midnight


class Aggregate(msgspec.Struct, frozen=True, array_like=True):
    """A sealed stretch of one series: exact counts, and the sketch that only has to show a percentile.

    `start`, `end`: epoch seconds; one slice, or one local day once rolled up.
    `targets`, `within`: the targets in force (seconds, None where there is none) for each of `Service.measures`, and
    how many of the `measured` missions took at most that long.
    """

    series: Place
    start: Instant
    end: Instant
    measured: Count
    unmeasured: Count
    excluded: Count
    targets: tuple[Seconds | None, ...]
    within: tuple[Count, ...]
    sketch: tuple[list[Seconds], list[Weight], float, float]

    @property
    def missions(self) -> int:
        """Those that count for anything."""
        return self.measured + self.unmeasured + self.excluded

    @property
    def sound(self) -> bool:
        """Whether the parts fit each other, as they do unless the stored bytes were damaged."""
        means, weights, minimum, maximum = self.sketch
        return (
            self.start < self.end
            and len(self.within) == len(self.targets)
            and max(self.within, default=0) <= self.measured
            and len(means) == len(weights)
            and abs(fsum(weights) - self.measured) < 0.5
            and all(map(le, means, islice(means, 1, None)))
            and (not means or 0.0 <= minimum <= maximum <= MOST)
        )

    def digest(self, backend: Backend = "fastdigest") -> Digest:
        """The response times (seconds) as a digest."""
        return digest.from_fields(self.sketch, backend=backend)


def seal(
    *,
    series: int,
    start: float,
    end: float,
    responses: Sequence[float],
    unmeasured: int,
    excluded: int,
    targets: tuple[float | None, ...],
    backend: Backend = "fastdigest",
) -> Aggregate:
    """Aggregate of one closed stretch; `responses` are its measured response times (seconds)."""
    ordered = sorted(responses)
    within = tuple([0 if target is None else bisect_right(ordered, target) for target in targets])
    sketch = digest.fields_of(ordered, backend=backend)
    # By place, for there is one of these for most slices of each series.
    return Aggregate(series, start, end, len(ordered), unmeasured, excluded, targets, within, sketch)


def roll_up(parts: Iterable[Aggregate], *, backend: Backend = "fastdigest") -> list[Aggregate]:
    """One aggregate per series and set of targets, each spanning all of its parts; of different ones, none."""
    alike: dict[tuple[int, tuple[float | None, ...]], list[Aggregate]] = {}
    for part in parts:
        alike.setdefault((part.series, part.targets), []).append(part)
    return [some[0] if len(some) == 1 else _sum_of(some, backend) for some in alike.values()]


def _sum_of(parts: list[Aggregate], backend: Backend) -> Aggregate:
    first = parts[0]
    return Aggregate(
        series=first.series,
        start=min([part.start for part in parts]),
        end=max([part.end for part in parts]),
        measured=sum([part.measured for part in parts]),
        unmeasured=sum([part.unmeasured for part in parts]),
        excluded=sum([part.excluded for part in parts]),
        targets=first.targets,
        within=tuple(map(sum, zip(*[part.within for part in parts], strict=True))),
        sketch=digest.merge_fields([part.sketch for part in parts], backend=backend),
    )

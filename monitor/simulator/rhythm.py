"""When calls ring: busier in the evening and in weekend nights, a little busier in summer.

Hours are walked in UTC and weighed by their local hour of the week, so a day of 23 or 25 hours is
simply one with an hour less or more. Times are whole milliseconds since 1970.
Refuses to know what the calls are about.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time
from itertools import accumulate, pairwise
from math import cos, pi
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

#                 0    1    2    3    4    5    6    7    8    9   10   11
_HOURS: Final = (70,  55,  45,  38,  30,  28,  32,  45,  58,  66,  74,  82,
                 88,  92,  98, 106, 112, 116, 118, 120, 122, 120, 108,  90)  # fmt: skip
_NIGHT_OUT: Final = 1.9  # hours 23-05 of the nights before Saturday and Sunday
_WEEKEND: Final = 1.12
_SUMMER: Final = 0.10  # amplitude of the season, highest in mid-July


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware time."""
    return round(moment.timestamp() * 1000)


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first millisecond of a local day."""
    return milliseconds(datetime.combine(day, time.min, zone))


class Rhythm:
    """Draws times from the pattern of a span ``[start_ms, stop_ms)``, by the local hours of a zone."""

    __slots__ = ("_cumulated", "_edges")

    def __init__(self, start_ms: int, stop_ms: int, zone: ZoneInfo) -> None:
        if start_ms >= stop_ms:
            raise ValueError(f"an empty span: {start_ms} to {stop_ms}; let it end after its start")
        first_full = (start_ms // HOUR_MS + 1) * HOUR_MS
        self._edges: list[int] = [start_ms, *range(first_full, stop_ms, HOUR_MS), stop_ms]
        self._cumulated = list(
            accumulate(_weight(left, zone) * (right - left) / HOUR_MS for left, right in pairwise(self._edges))
        )

    def draw(self, rng: Random) -> int:
        """One time of the span."""
        slot = bisect_right(self._cumulated, rng.random() * self._cumulated[-1])
        slot = min(slot, len(self._cumulated) - 1)
        left, right = self._edges[slot], self._edges[slot + 1]
        return int(left + rng.random() * (right - left))


def _weight(moment_ms: int, zone: ZoneInfo) -> float:
    local = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone)
    weight = float(_HOURS[local.hour])
    day = local.isoweekday()
    if (day in {5, 6} and local.hour == 23) or (day in {6, 7} and local.hour < 5):
        weight *= _NIGHT_OUT
    if day >= 6:
        weight *= _WEEKEND
    return weight * (1 + _SUMMER * cos(2 * pi * (local.timetuple().tm_yday - 196) / 365))

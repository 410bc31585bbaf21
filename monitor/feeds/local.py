"""What a local time means in UTC: one moment, two in the hour that occurs twice, none in the hour that never is.

Equal to asking the zone (PEP 495), which is only done on days on which the clocks change. Refuses to know records.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

_DAY: Final = timedelta(days=1)
_EARLIEST: Final = date(1, 1, 3)
_LATEST: Final = date(9999, 12, 28)


def meanings(local: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """The moments in UTC at which the clocks of a zone showed a local time, the earlier first.

    >>> from zoneinfo import ZoneInfo
    >>> [str(at) for at in meanings(datetime(2024, 11, 3, 1, 30), ZoneInfo("America/New_York"))]
    ['2024-11-03 05:30:00+00:00', '2024-11-03 06:30:00+00:00']
    >>> meanings(datetime(2024, 3, 10, 2, 30), ZoneInfo("America/New_York"))
    ()
    """
    offset = _offset(local.date(), zone)
    if offset is not None:
        return ((local - offset).replace(tzinfo=UTC),)
    if not _EARLIEST <= local.date() <= _LATEST:
        return ()
    first = local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    second = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    if first < second:
        return ()
    return tuple(dict.fromkeys((local - offset).replace(tzinfo=UTC, fold=0) for offset in (first, second)))


@lru_cache(10_000)
def _offset(day: date, zone: tzinfo) -> timedelta | None:
    """The offset of a day and of those beside it; None where it changes, or at the ends of all calendars."""
    if not _EARLIEST <= day <= _LATEST:
        return None
    around = [datetime.combine(one, datetime.min.time(), zone) for one in (day, day + _DAY)]
    hours = {(at + timedelta(hours=step)).utcoffset() for at in around[:1] for step in range(24)}
    offsets = {around[0].replace(fold=1).utcoffset(), around[1].utcoffset(), *hours}
    return offsets.pop() if len(offsets) == 1 else None


def wall_clock(at: datetime, zone: tzinfo) -> datetime:
    """What the clocks of a zone showed at a moment; at the ends of all calendars what the moment itself says."""
    try:
        return at.astimezone(zone).replace(tzinfo=None, fold=0)
    except (OverflowError, ValueError):
        return at.replace(tzinfo=None)

"""How long something took, where a source tells that in place of when it ended: 309 seconds after the call.

Decides what a length of time looks like. After which instant it counts is said by the field (`since`), and reckoned
in `moments`. Refuses to know records.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from monitor.feeds.directives import directives
from monitor.feeds.times import number_of
from monitor.feeds.values import plain

UNITS: Final[Mapping[str, int]] = {"seconds": 1_000_000, "minutes": 60_000_000}
"""Numbers, and how many microseconds one of them is."""
_CLOCK: Final = {"H", "M", "S", "f"}
ReadLength = Callable[[object], timedelta | None]


def is_length_alone(written: str) -> bool:
    """Whether a format reads lengths and no times: one of the units, or what a stopwatch shows, `%M:%S`."""
    letters = set(directives(written))
    return written in UNITS or (bool(letters) and letters <= _CLOCK - {"H"})


def length_problems(formats: Sequence[str]) -> Iterator[str]:
    """What is wrong with formats of lengths, each for itself and together."""
    parts: set[int] = set()
    for written in formats:
        letters = directives(written)
        if written not in UNITS and not (letters and set(letters) <= _CLOCK):
            yield f"{written!r} reads no length: write {', '.join(UNITS)}, or what a stopwatch shows, %M:%S"
        elif len(letters) in parts:
            yield f"{written!r} and another read the same text differently: keep one"
        parts.add(len(letters))


def length_reader(formats: Sequence[str]) -> ReadLength:
    """Reads what the first fitting of some formats says; None where none fits."""
    readers = [_reader(one) for one in formats]

    def read(value: object) -> timedelta | None:
        if isinstance(value, timedelta):  # a workbook's own
            return value
        if isinstance(value, time):
            return _of_clock(value)
        for one in readers:
            if (length := one(value)) is not None:
                return length
        return None

    return read


def _reader(written: str) -> ReadLength:
    if written in UNITS:
        scale = Decimal(UNITS[written])
        return lambda value: None if isinstance(value, bool) else _scaled(value, scale)

    def read(value: object) -> timedelta | None:
        try:
            return _of_clock(datetime.strptime(plain(value), written).time())  # noqa: DTZ007 - a stopwatch
        except ValueError:
            return None

    return read


def _scaled(value: object, scale: Decimal) -> timedelta | None:
    try:
        return timedelta(microseconds=int(number_of(plain(value)) * scale))
    except (ArithmeticError, ValueError):
        return None


def _of_clock(told: time) -> timedelta:
    return timedelta(hours=told.hour, minutes=told.minute, seconds=told.second, microseconds=told.microsecond)

"""How long something took, where a source tells that in place of when it ended: 309 seconds after the call.

Decides what a length of time looks like. After which instant it counts is said by the field (`since`), and reckoned
in `moments`. Refuses to know records.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Final

from monitor.feeds.directives import directives, is_compact, tokens, whole_number
from monitor.feeds.times import number_of
from monitor.feeds.values import plain

UNITS: Final[Mapping[str, int]] = {"seconds": 1_000_000, "minutes": 60_000_000}
"""Numbers, and how many microseconds one of them is."""
_PARTS: Final = {"H": 3_600_000_000, "M": 60_000_000, "S": 1_000_000}
_CLOCK: Final = {*_PARTS, "f"}
_LONGEST_PART: Final = 9
"""Digits of the first part, which has no bound of its own."""
_LONGEST: Final = timedelta(days=36_525)
"""A hundred years: a number that says more is something else, an identity or a moment."""
_HOUR: Final = timedelta(hours=1)
_SAMPLE: Final = datetime(2001, 2, 3, 16, 5, 6, 789000)  # noqa: DTZ001 - a stopwatch
ReadLength = Callable[[object], timedelta | None]


def is_length_alone(written: str) -> bool:
    """Whether a format reads lengths and no times: one of the units, or what a stopwatch shows, `%M:%S`."""
    letters = set(directives(written))
    return written in UNITS or (bool(letters) and letters <= _CLOCK - {"H"})


def length_problems(formats: Sequence[str]) -> Iterator[str]:
    """What is wrong with formats of lengths, each for itself and together."""
    usable = []
    for written in dict.fromkeys(formats):
        letters = directives(written)
        if written in UNITS or (letters and set(letters) <= _CLOCK):
            usable.append(written)
        else:
            yield f"{written!r} reads no length: write {', '.join(UNITS)}, or what a stopwatch shows, %M:%S"
    for one, other in combinations(usable, 2):
        if _disagree(one, other):
            yield f"{one!r} and {other!r} read the same text differently: keep one"


def _disagree(one: str, other: str) -> bool:
    """Whether some text is a length by both, and not the same."""
    for writer in (one, other):
        text = "7" if writer in UNITS else _SAMPLE.strftime(writer)
        first, second = _reader(one)(text), _reader(other)(text)
        if first is not None and second is not None and first != second:
            return True
    return False


def length_reader(formats: Sequence[str]) -> ReadLength:
    """Reads what the first fitting of some formats says; None where none fits."""
    readers = [_reader(one) for one in formats]

    def read(value: object) -> timedelta | None:
        if (cell := _of_cell(value)) is not None:
            return None if _says_hours(cell, formats) else cell
        lengths = (one(value) for one in readers)
        length = next((one for one in lengths if one is not None), None)
        return None if length is None or abs(length) > _LONGEST else length

    return read


def _reader(written: str) -> ReadLength:
    if written in UNITS:
        scale = Decimal(UNITS[written])
        return lambda value: None if isinstance(value, bool) else _scaled(value, scale)

    return _Stopwatch(written)


class _Stopwatch:
    """What a stopwatch shows: its first part counts on past sixty, and the whole may be less than nothing."""

    __slots__ = ("_compact", "_fits", "_letters", "_width")

    def __init__(self, written: str) -> None:
        shape, before = "", ""
        self._letters = directives(written)
        for part in tokens(written):
            letter = part[1:] if part[0] == "%" else ""
            if letter == "f":
                shape += "([0-9]{1,6})"
            elif letter in _PARTS and not before:
                shape += f"([0-9]{{1,{_LONGEST_PART}}})"
            elif letter in _PARTS:  # 4.3 was perhaps 4.30: a point, or nothing, wants both digits
                shape += "([0-5]?[0-9])" if before[0] != "%" and before not in {".", ","} else "([0-5][0-9])"
            else:
                shape += re.escape("%" if part == "%%" else part)
            before = part if letter in _CLOCK or before else ""
        self._fits = re.compile(rf"([-+\u2212]?)\s*{shape}", re.IGNORECASE).fullmatch
        self._compact = len(self._letters) > 1 and is_compact(written)
        self._width = 2 * len(self._letters)

    def __call__(self, value: object) -> timedelta | None:
        text = plain(value)
        if self._compact and (digits := whole_number(text)):
            text = digits.zfill(self._width)
        found = self._fits(text)
        if found is None:
            return None
        sign, *parts = found.groups()
        micros = sum(
            int(part.ljust(6, "0")) if letter == "f" else int(part) * _PARTS[letter]
            for letter, part in zip(self._letters, parts, strict=True)
        )
        return timedelta(microseconds=-micros if sign in {"-", "\u2212"} else micros)


def _scaled(value: object, scale: Decimal) -> timedelta | None:
    try:
        return timedelta(microseconds=int(number_of(plain(value)) * scale))
    except (ArithmeticError, ValueError):
        return None


def _of_cell(value: object) -> timedelta | None:
    """What a workbook has as a length of its own."""
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return value if isinstance(value, timedelta) else None


def _says_hours(cell: timedelta, formats: Sequence[str]) -> bool:
    """Whether a cell has hours that no format knows: whoever types 7:05 into a workbook gets 7 hours, 5 minutes."""
    return abs(cell) >= _HOUR and not any("H" in directives(one) for one in formats)


def why_no_length(value: object, formats: Sequence[str]) -> str:
    """What is wrong with a value that is no length, for people."""
    cell = _of_cell(value)
    if cell is not None and _says_hours(cell, formats):
        return "the cell says hours, as 7:05 typed into a workbook does: if it means them, name a format with %H"
    return f"no length in {' or '.join(formats)}"

"""Times as sources write them: a moment with an offset, a local one, a day, or a time of day.

Decides what a text, a number or a cell says, by the formats that the feed declares. What local times mean when they
stand together in a record is told in `moments`. Refuses to know records.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from monitor.core.notation import plain_time
from monitor.feeds.directives import directives, parser, tokens
from monitor.feeds.rows import LONGEST_EXAMPLE, Days1904
from monitor.feeds.values import plain

Told = datetime | date | time
"""A datetime with or without an offset; a day alone; a time of day alone."""
Read = Callable[[object], Told | None]

ISO: Final = "iso"
EPOCHS: Final = {
    "epoch_s": Decimal(1_000_000), "epoch_ms": Decimal(1_000), "epoch_us": Decimal(1), "epoch_ns": Decimal("0.001"),
}  # fmt: skip
"""Numbers since 1970 UTC, and how many microseconds one of them is."""
OF_DAY: Final = {"day_ms": Decimal(1_000), "day_us": Decimal(1)}
"""Numbers since midnight, local: what change events tell of a column that is a time of day."""
DAYS: Final = "epoch_days"
"""Days since 1970, local: what they tell of one that is a date."""
SERIAL: Final = "serial"
"""Days of a spreadsheet, local: 45717.4375; less than one is a time of day."""
NUMBERS: Final = (*EPOCHS, *OF_DAY, DAYS, SERIAL)
_DAY_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - local
_DAYS_TO_1904: Final = 1_462
"""From there to where the days of some workbooks begin."""
_DAY_MILLISECONDS: Final = 86_400_000
_DAY_MICROSECONDS: Final = Decimal(86_400_000_000)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAMPLE: Final = datetime(2001, 2, 3, 16, 5, 6, 789000, UTC)
"""A moment of which no two parts are alike, so that formats show what they read."""
_DATES: Final = {"Y", "y", "m", "b", "B", "d", "j", "x", "c", "D", "F", "G", "V", "u"}
_CLOCKS: Final = {"H", "I", "M", "S", "f", "p", "X", "c", "z", "Z", "T", "R"}
_UTC_NAMES: Final = ("UTC", "GMT")
"""Names of a zone that mean one thing everywhere: EST is an hour in America and another in Australia."""
_NAMED: Final = """
WET WEST CET CEST MET MEST EET EEST MSK MSD BST IST MEZ MESZ OEZ OESZ TRT
NST NDT AST ADT EST EDT CST CDT MST MDT PST PDT AKST AKDT HST BRT BRST ART CLT CLST
CAT EAT SAST WAT GST PKT NPT ICT WIB WITA WIT SGT MYT HKT PHT JST KST AWST ACST ACDT AEST AEDT NZST NZDT
"""
_ZONES: Final = frozenset(_NAMED.split())
"""Names of zones that a format may have as plain text, in capitals, for some are words: each says an offset."""
_ANYWHERE: Final = ("Z", "ZULU", *_UTC_NAMES)
_WORDS: Final = re.compile(r"[^\W\d_]+|[-+\u2212]\d[\d:.]*")
"""Words of a text, and offsets."""
_ZONE_ALONE: Final = re.compile(r"Z|[-+]\d\d(?::?\d\d)?", re.IGNORECASE | re.ASCII)
MOST_TIMES: Final = 200
"""In one cell or list; nobody picks a later one."""
_LONGEST: Final = 100
"""Characters of a time; more are not looked at."""


def format_problems(written: Sequence[str]) -> Iterator[str]:
    """What is wrong with the formats of a source, each for itself and together."""
    usable = []
    for one in dict.fromkeys(written):
        problem = _problem(one)
        if problem:
            yield f"{one!r} {problem}"
        elif one not in NUMBERS:
            usable.append(one)
    if len(found := [one for one in written if one in NUMBERS and one != DAYS]) > 1:
        yield f"{' and '.join(found)} read the same numbers differently: keep one, or give each field its own"
    for number, one in enumerate(usable):
        for other in usable[number + 1 :]:
            if _disagree(one, other):
                yield f"{one!r} and {other!r} read the same text differently: keep one, or give each field its own"


def _problem(written: str) -> str | None:
    if written == ISO or written in NUMBERS:
        return None
    letters = set(directives(written))
    wrong = {
        f"is no format: write one of strptime's, like %d.%m.%Y %H:%M, or {ISO}, {', '.join(NUMBERS)}": not letters,
        "reads by the machine's language (%c, %x or %X): write it out": bool(letters & {"c", "x", "X"}),
        "has a clock of 12 hours (%I) and no %p: nobody could tell morning from evening": "I" in letters
        and "p" not in letters,
        "has AM and PM (%p) beside a clock of 24 hours: write %I in place of %H": "p" in letters
        and "I" not in letters,
        "has minutes and no hour: give %H, or %I with %p": "M" in letters and not {"H", "I"} & letters,
        "is no whole date: give year, month and day": bool(letters & _DATES) and not _whole_date(letters),
    }
    found = next((message for message, holds in wrong.items() if holds), None)
    if found is None:
        try:
            datetime.strptime(_SAMPLE.strftime(written), written)  # noqa: DTZ007 - the text says what it says
        except (ValueError, IndexError) as fault:
            found = f"is no format that can be read: {fault}"
    return found


def offset_problems(formats: Sequence[str]) -> Iterator[str]:
    """What is wrong with formats that have an offset in their plain text, unless the feed says that it lies."""
    for written in dict.fromkeys(formats):
        if (said := _offset_in_text(written)) is not None:
            yield (
                f"{written!r} says its offset as plain text ({said}), and would be read as local: write %z for Z and "
                '+00, %Z for UTC and GMT; if the times are those of the zone all the same, say offset = "ignore"'
            )


def _offset_in_text(written: str) -> str | None:
    """What the plain text of a format says of an offset, beside a clock whose offset no directive reads.

    >>> _offset_in_text("%Y-%m-%dT%H:%M:%S.000Z"), _offset_in_text("%d.%m.%Y %H:%M (UTC)"), _offset_in_text("%HT%M")
    ('Z', 'UTC', None)
    >>> _offset_in_text("%H:%M:%S GMT%z"), _offset_in_text("%H:%M+01"), _offset_in_text("%d.%m.%Y kl. %H-%M")
    (None, '+01', None)
    """
    letters = set(directives(written))
    if not letters & _CLOCKS or letters & {"z", "Z"}:
        return None
    words = [word for part in tokens(written) if part[0] != "%" for word in _WORDS.findall(part)]
    return next((one for one in words if not one.isalpha() or one in _ZONES or one.upper() in _ANYWHERE), None)


def _whole_date(letters: set[str]) -> bool:
    months = {"m", "b", "B"}
    return bool({"Y", "y"} & letters and ("j" in letters or ("d" in letters and letters & months)))


def _disagree(one: str, other: str) -> bool:
    """Whether some text is read by both, and not as the same."""
    for writer in (one, other):
        if writer == ISO:
            continue
        text = _SAMPLE.strftime(writer)
        first, second = _reader(one)(text), _reader(other)(text)
        if first is not None and second is not None and _bare(first) != _bare(second):
            return True
    return False


def _bare(told: Told) -> Told:
    return told.replace(second=0, microsecond=0, tzinfo=None) if isinstance(told, datetime) else told


def of_days(formats: Sequence[str]) -> Sequence[str]:
    """The formats that read the date which stands beside a time of day: as numbers days alone, if those are named."""
    return [one for one in formats if one not in NUMBERS or one == DAYS] if DAYS in formats else formats


def of_times(formats: Sequence[str]) -> Sequence[str]:
    """Those that read the time itself."""
    return [one for one in formats if one != DAYS] or formats


def reader(formats: Sequence[str]) -> Read:
    """Reads what the first fitting of some formats says; None where none fits."""
    readers = [_reader(one) for one in formats]
    numeric = any(one in NUMBERS for one in formats)
    if len(readers) == 1:
        only = readers[0]

        def read_one(value: object) -> Told | None:
            return only(value) if type(value) is str else _of_cell(value, only, numeric=numeric)

        return read_one

    def first(value: object) -> Told | None:
        for read in readers:
            if (told := read(value)) is not None:
                return told
        return None

    def read(value: object) -> Told | None:
        return first(value) if type(value) is str else _of_cell(value, first, numeric=numeric)

    return read


def _of_cell(value: object, read: Read, *, numeric: bool) -> Told | None:
    """What is no text: workbooks have moments of their own, JSON numbers."""
    if isinstance(value, date | time):
        return value
    if isinstance(value, timedelta):  # a workbook's time of day, where its column is a duration
        return (_EPOCH + value).time() if timedelta() <= value < timedelta(days=1) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return read(value if numeric else plain(value))


@lru_cache(256)
def _reader(written: str) -> Read:
    if written == ISO:
        return _iso
    if written in NUMBERS:
        return _numbers(written)
    letters = set(directives(written))
    has_date, has_clock = bool(letters & _DATES), bool(letters & _CLOCKS)
    head, gap, tail = written.partition(" ")
    lies = _offset_in_text(written) is not None
    if gap and not lies and _apart(head, tail):
        return _Apart(head, tail)

    parse, names_zone, says_offset = parser(written), "Z" in letters, written.endswith("%z")

    def read(value: object) -> Told | None:
        text = _meridiem(str(value)[:_LONGEST])
        if says_offset and text[-3:-2] in {"+", "-"}:
            text += "00"  # hours alone, as maps' portals and PostgreSQL write them
        try:
            at = parse(text)
        except ValueError:
            return None
        if names_zone:  # strptime forgets which, and knows those of this machine besides
            if not any(name in text.upper() for name in _UTC_NAMES):
                return None
            at = at.replace(tzinfo=UTC)
        if lies:  # the feed says so: it is set aside as those are that were read, and counted
            at = at.replace(tzinfo=UTC)
        return at if has_date and has_clock else at.date() if has_date else at.timetz()

    return read


def _meridiem(text: str) -> str:
    """`p.m.` and `p. m.` as strptime reads them.

    >>> _meridiem("1:05:09 p. m."), _meridiem("13.05.")
    ('1:05:09 pm', '13.05.')
    """
    if text[-2:].lower() != "m.":
        return text
    head = text[:-2].rstrip().rstrip(".")
    return f"{head}m" if head[-1:].lower() in {"a", "p"} else text


def _numbers(written: str) -> Read:
    if written in EPOCHS:
        return lambda value: _epoch(value, EPOCHS[written])
    if written in OF_DAY:
        return lambda value: _since_midnight(value, OF_DAY[written])
    if written == DAYS:
        return lambda value: None if (at := _epoch(value, _DAY_MICROSECONDS)) is None else at.date()
    return _serial


def _apart(head: str, tail: str) -> bool:
    """Whether a format has its date before the first space, and its time of day after it."""
    first, second = set(directives(head)), set(directives(tail))
    return first <= _DATES and second <= _CLOCKS - {"z", "Z"} and bool(first) and bool(second) and " " not in head


class _Apart:
    """A date and a time of day, each read once: there are few of both, and `strptime` is slow."""

    __slots__ = ("_clock", "_day")

    def __init__(self, head: str, tail: str) -> None:
        parse_day, parse_clock = parser(head), parser(tail.strip(), padded=False)
        self._day = lru_cache(20_000)(lambda text: parse_day(text).date())
        self._clock = lru_cache(100_000)(lambda text: parse_clock(_meridiem(text)).time())

    def __call__(self, value: object) -> Told | None:
        head, gap, tail = str(value)[:_LONGEST].partition(" ")
        if not gap:
            return None
        try:
            return datetime.combine(self._day(head), self._clock(tail.strip()))
        except ValueError:
            return None


def _iso(value: object) -> Told | None:
    """ISO 8601 in its long form, so that no number is taken for a time."""
    text = str(value)[:_LONGEST]
    try:
        if text[4:5] == "-":
            # xs:date may say a zone: its offset is no time of day.
            alone = len(text) <= 10 or _ZONE_ALONE.fullmatch(text, 10)
            return date.fromisoformat(text[:10]) if alone else _moment(text)
        return time.fromisoformat(text.upper()) if text[2:3] == ":" else None
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(plain_time(text.upper()))


def _since_midnight(value: object, scale: Decimal) -> time | None:
    at = _epoch(value, scale)
    return at.time() if at is not None and at.date() == _EPOCH.date() else None


def _epoch(value: object, scale: Decimal) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=int(number_of(str(value)) * scale))
    except (ArithmeticError, ValueError):
        return None


def number_of(text: str) -> Decimal:
    """A number that some time may be. Raises ArithmeticError: to make 1e999999 an int takes half a minute."""
    if not text.isascii() or "_" in text:
        raise ArithmeticError("other scripts' digits, or a program's")
    number = Decimal(text[:_LONGEST])
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        raise ArithmeticError("no time")
    return number


def _serial(value: object) -> Told | None:
    """To the millisecond, as days are kept in floats: 10:06 would be 10:05:59.999997."""
    text = str(value)[:_LONGEST].replace(",", ".", 1)
    try:
        days = number_of(text)
        if days >= 1 and isinstance(value, Days1904):
            days += _DAYS_TO_1904
        at = _DAY_ZERO + timedelta(milliseconds=round(days * _DAY_MILLISECONDS))
    except (ArithmeticError, ValueError):
        return None
    return None if days < 0 else at.time() if days < 1 else at


def example(value: object) -> str:
    """A source's own words, as they may be repeated."""
    return str(value)[:LONGEST_EXAMPLE]

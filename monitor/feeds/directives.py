"""What a format of strptime is made of, and how it reads digits with nothing between them.

strptime tells such digits apart by a guess: 112 of `%H%M` is 11:02 to it, and 202503011112 of `%Y%m%d%H%M%S` has a
minute of one digit. Here each has its width, and text of other widths is not read. Refuses to know what times mean.
"""

import re
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Final

Parse = Callable[[str], datetime]
"""Reads a text; raises ValueError where the format does not fit."""
WIDTHS: Final = {"Y": 4, "G": 4, "j": 3, "f": 6, "w": 1, "u": 1, **dict.fromkeys("ymdHIMSUWV", 2)}
"""Directives that read digits, and how many; `%f` reads as few as one."""
_YEARS: Final = {"Y", "G"}
_TOKENS: Final = re.compile("%.?|[^%]+", re.DOTALL)
_BLANK: Final = re.compile(r"(\s+)")
_DIGITS: Final = re.compile("[0-9]+")
_WHOLE: Final = re.compile(r"([0-9]+)(?:\.0+)?")
_OFFSET: Final = "(?:Z|[+-][0-9:.]+)"
_NAME: Final = r"[^\W\d_]+\.?"
"""Of a month, a day, a zone, a half of the day."""


def tokens(written: str) -> list[str]:
    """Directives, and the plain text between them.

    >>> tokens("%d.%m %H%M Uhr")
    ['%d', '.', '%m', ' ', '%H', '%M', ' Uhr']
    """
    return _TOKENS.findall(written)


def directives(written: str) -> list[str]:
    """The letters of a format.

    >>> directives("%d.%m.%y %H:%M")
    ['d', 'm', 'y', 'H', 'M']
    """
    return [one[1:] for one in tokens(written) if one[0] == "%" and one != "%%"]


def is_compact(written: str) -> bool:
    """Whether a format reads a whole number: digits of known width, with nothing between them.

    >>> is_compact("%H%M"), is_compact("%Y%m%d %H%M"), is_compact("%S%f"), is_compact("iso")
    (True, False, False, False)
    """
    return all(_width(one) for one in tokens(written)) and "f" not in directives(written)


def whole_number(text: str) -> str | None:
    """The digits of a whole number; pandas makes 930.0 of 930 in a column that has gaps. None of anything else."""
    found = _WHOLE.fullmatch(text)
    return None if found is None else found[1]


def parser(written: str, *, padded: bool = True) -> Parse:
    """What reads a format as strptime does, but digits that stand together by their widths alone.

    Where the format begins with them, and not with a year, zeros that the text lost in front are put back (`padded`):
    they were a number on the way.

    >>> str(parser("%H%M")("112").time()), str(parser("%d%m%Y %H:%M")("1032025 10:00"))
    ('01:12:00', '2025-03-01 10:00:00')
    """
    parts = [(numbers, list(some)) for numbers, some in groupby(tokens(written), lambda one: bool(_width(one)))]
    # 9.30 that was a number on the way is 9.3, and no three minutes past.
    decimal = [numbers for numbers, _ in parts] == [True, False, True] and parts[1][1] in ([","], ["."])
    if not decimal and not any(numbers and len(some) > 1 for numbers, some in parts):
        return lambda text: datetime.strptime(text, written)  # noqa: DTZ007 - the feed says the zone
    shape, spread, seams, groups = "", "", list[int](), 0
    for at, (numbers, some) in enumerate(parts):
        if not numbers or (len(some) == 1 and not (decimal and at)):
            shape += "".join(map(_shape, some))
            spread += "".join(some)
            continue
        shape += "".join(f"([0-9]{{{'1,6' if one == '%f' else _width(one)}}})" for one in some)
        spread += ":".join(some)
        seams += range(groups + 2, groups + len(some) + 1)
        groups += len(some)
    fits = re.compile(shape, re.IGNORECASE).fullmatch
    compact, first = is_compact(written), parts[0][1] if parts[0][0] and len(parts[0][1]) > 1 else ["%Y"]
    padded = padded and first[0][1:] not in _YEARS and "%f" not in first
    width = sum(map(_width, first)) if padded else 0

    def parse(text: str) -> datetime:
        if compact:
            text = whole_number(text) or text
        if width and (digits := _DIGITS.match(text)):
            text = digits[0].zfill(width) + text[digits.end() :]
        found = fits(text)
        if found is None:
            raise ValueError(f"{written} reads digits of other widths")
        for seam in reversed(seams):
            begin = found.start(seam)
            text = f"{text[:begin]}:{text[begin:]}"
        return datetime.strptime(text, spread)  # noqa: DTZ007 - the feed says the zone

    return parse


def _width(part: str) -> int:
    """How many digits a directive reads; 0 of anything else."""
    return WIDTHS.get(part[1:], 0) if part[0] == "%" else 0


def _shape(part: str) -> str:
    """What a directive or a text may look like, if not which: that is for strptime to judge."""
    if width := _width(part):
        return f" ?[0-9]{{1,{width}}}"
    if part[0] == "%":
        return {"%%": "%", "%z": _OFFSET}.get(part, _NAME)
    return "".join(r"\s+" if one.isspace() else re.escape(one) for one in _BLANK.split(part) if one)

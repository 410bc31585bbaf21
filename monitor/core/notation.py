"""Ways of writing a time or a number that the event's contract takes and the fast decoder does not, or not exactly.

Decides what each means: second 60, digits beyond the microsecond, `3.0` where a whole number is wanted. The pattern
of a time is for other programs (config/schema/): what it matches is what is read. Refuses to know fields.
"""

import re
from decimal import Decimal
from typing import Final

LARGEST: Final = 2**63 - 1
"""The largest whole number that is kept exactly wherever it goes."""
_YEAR: Final = "([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_FOURTH: Final = "(0[48]|[2468][048]|[13579][26])"
_DAY_OF_YEAR: Final = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_DATE: Final = f"({_YEAR}-{_DAY_OF_YEAR}|([0-9]{{2}}{_FOURTH}|{_FOURTH}00)-02-29)"
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?"
TIME_PATTERN: Final = f"^{_DATE}[Tt ]{_CLOCK}([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])$"
"""Every time that is read, for JSON Schema: without look-around, or classes that differ from engine to engine.

RFC 3339, with the space that it allows for, an offset without colon (`strftime("%z")`), second 60 in any minute.
"""
_UNUSUAL: Final = re.compile(
    r"(?P<minute>.{10}[Tt ][0-9]{2}:[0-9]{2}:)(?P<second>[0-9]{2})(?:\.(?P<digits>[0-9]+))?"
    r"(?P<offset>[Zz]|[+-][0-9:]+)"
)
_DIGITS: Final = 6
beyond_microseconds: Final = re.compile(rb"\.[0-9]{7}").search
"""Whether bytes hold more digits after a point than a microsecond has."""


def plain_time(text: str) -> str:
    """The same time in digits that every decoder reads alike: at most six after the point, and no second 60.

    What lies beyond the microsecond is cut off, so that nothing moves into the next second, day or year. Second 60 is
    the last microsecond of the minute it belongs to: it stays in its day, and no two times change their order. What
    is no time comes back as it is.

    >>> plain_time("2024-12-31T23:59:59.9999999+01:00")
    '2024-12-31T23:59:59.999999+01:00'
    >>> plain_time("2016-12-31T23:59:60Z")
    '2016-12-31T23:59:59.999999Z'
    """
    parts = _UNUSUAL.fullmatch(text)
    if parts is None:
        return text
    minute, second, digits, offset = parts.group("minute", "second", "digits", "offset")
    if second == "60":
        second, digits = "59", "9" * _DIGITS
    return f"{minute}{second}{'.' + digits[:_DIGITS] if digits else ''}{offset}"


def plain_number(text: str) -> int | float:
    """A JSON number with point or exponent; an int where it is whole (as JSON Schema has it) and of 0 to `LARGEST`.

    >>> plain_number("3.0"), plain_number("9223372036854775807.0"), plain_number("1.5"), plain_number("1e400")
    (3, 9223372036854775807, 1.5, inf)
    """
    try:
        number = Decimal(text)
        # Compared first: 1e999999999 is no int to make.
        if 0 <= number <= LARGEST and number == (whole := int(number)):
            return whole
    except ArithmeticError:
        pass
    return float(text)

"""A length of time as people write it, in seconds that are exact to the microsecond.

4.1 minutes are 246 s. Multiplied as floats they are 245.99999999999997 s, and a patrol that took 246 s, which is
within, would be late. So numbers are read as the decimals that were written, and divided once, as the response times
of missions are (`timedelta.total_seconds`): equal lengths are equal floats.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

MINUTE: Final = 60
_LONGEST: Final = 1_000_000_000
"""Minutes; numbers beyond it, and NaN, are no lengths of time."""
_LONGEST_LENGTH: Final = 28 * 86_400
_MICROSECONDS: Final = 1_000_000
_CLOCK: Final = re.compile(r"(?:([0-9]{1,4}):([0-5][0-9])|([0-9]{1,4})):([0-5][0-9])", re.ASCII)
_UNITS: Final = {"s": Decimal(1), "min": Decimal(MINUTE), "h": Decimal(MINUTE * MINUTE)}
_WITH_UNIT: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(s|min|h)", re.ASCII)
FORM: Final = 'minutes as a number (4.1), or "5:20" (minutes and seconds), "1:05:00" or "80 s" in quotes'


def seconds_of_minutes(value: object) -> float:
    """Seconds from a number of minutes, or from a text like `5:20`, `1:05:00` or `80 s`. Raises ValueError otherwise.

    >>> seconds_of_minutes(4.1), seconds_of_minutes("5:20"), seconds_of_minutes("1:05:00"), seconds_of_minutes("80 s")
    (246.0, 320.0, 3900.0, 80.0)
    """
    if isinstance(value, str) and (read := _CLOCK.fullmatch(value)):
        hours, minutes, minutes_alone, seconds = (int(part or 0) for part in read.groups())
        return float((hours * MINUTE + minutes + minutes_alone) * MINUTE + seconds)
    if isinstance(value, str) and (written := _WITH_UNIT.fullmatch(value)):
        return _exact(Decimal(written[1]) * _UNITS[written[2]])
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LONGEST:
        raise ValueError(f"must be {FORM}")
    return _exact(Decimal(repr(value)) * MINUTE)  # repr gives the digits that were written


def minutes_of(seconds: float) -> float:
    """A length of time in minutes, as it would be written: the nearest float to its microseconds over a minute's.

    >>> minutes_of(246.0), minutes_of(7.2), 7.2 / 60
    (4.1, 0.12, 0.12000000000000001)
    """
    return round(seconds * _MICROSECONDS) / (MINUTE * _MICROSECONDS)


def seconds_of_length(value: object) -> float:
    """The same for a length from 0 to four weeks. Raises ValueError."""
    seconds = seconds_of_minutes(value)
    if not 0 <= seconds <= _LONGEST_LENGTH:
        raise ValueError(f"{value} cannot be right: give 0 or more, at most four weeks, as {FORM}")
    return seconds


def _exact(seconds: Decimal) -> float:
    return int((seconds * _MICROSECONDS).to_integral_value(ROUND_HALF_EVEN)) / _MICROSECONDS

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
_MICROSECONDS: Final = 1_000_000
_CLOCK: Final = re.compile(r"(?:([0-9]{1,4}):([0-5][0-9])|([0-9]{1,4})):([0-5][0-9])", re.ASCII)
FORM: Final = 'minutes as a number (4.1), or "5:20" (minutes and seconds) or "1:05:00" in quotes'


def seconds_of_minutes(value: object) -> float:
    """Seconds from a number of minutes, or from a text like `5:20` or `1:05:00`. Raises ValueError for anything else.

    >>> seconds_of_minutes(4.1), seconds_of_minutes("5:20"), seconds_of_minutes("1:05:00")
    (246.0, 320.0, 3900.0)
    """
    if isinstance(value, str) and (read := _CLOCK.fullmatch(value)):
        hours, minutes, minutes_alone, seconds = (int(part or 0) for part in read.groups())
        return float((hours * MINUTE + minutes + minutes_alone) * MINUTE + seconds)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LONGEST:
        raise ValueError(f"must be {FORM}")
    written = Decimal(repr(value)) * MINUTE * _MICROSECONDS  # repr gives the digits that were written
    return int(written.to_integral_value(ROUND_HALF_EVEN)) / _MICROSECONDS

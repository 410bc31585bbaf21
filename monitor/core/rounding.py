"""How a measured time is read before it is held against its threshold: to the microsecond, or to a tenth of a minute.

"By minute and decimal" can be said of exact times, or of times that are rounded to their first decimal: 10:02 is more
than ten minutes, and 10.0. A service declares which one its rule means; whatever it is, whole microseconds decide.
Refuses to know which objectives there are.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

MICROSECONDS: Final = 1_000_000
_TENTH: Final = 6 * MICROSECONDS
"""Of a minute."""


class Rounding(StrEnum):
    """The value is what a service writes."""

    EXACT = "exact"
    TENTH_OF_MINUTE = "tenth_of_minute"
    """To the nearest tenth of a minute, half of one upwards: 10:02.999999 is 10.0, 10:03 is 10.1."""

    def read(self, seconds: float) -> float:
        """What a time counts as (seconds).

        >>> [Rounding.TENTH_OF_MINUTE.read(one) for one in (601.8, 602.999999, 603.0)], Rounding.EXACT.read(601.8)
        ([600.0, 600.0, 606.0], 601.8)
        """
        if self is Rounding.EXACT:
            return seconds
        return (round(seconds * MICROSECONDS) + _TENTH // 2) // _TENTH * _TENTH / MICROSECONDS

    def longest_within(self, threshold: float) -> float:
        """The longest time that is read as at most `threshold` (seconds).

        >>> Rounding.TENTH_OF_MINUTE.longest_within(600.0), Rounding.EXACT.longest_within(600.0)
        (602.999999, 600.0)
        """
        if self is Rounding.EXACT:
            return threshold
        return (round(threshold * MICROSECONDS) // _TENTH * _TENTH + _TENTH // 2 - 1) / MICROSECONDS

    def each_read(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of many times."""
        if self is Rounding.EXACT:
            return seconds
        return (np.rint(seconds * MICROSECONDS) + _TENTH // 2) // _TENTH * _TENTH / MICROSECONDS

    def each_longest_within(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of many thresholds; NaN where there is none."""
        if self is Rounding.EXACT:
            return thresholds
        return (np.rint(thresholds * MICROSECONDS) // _TENTH * _TENTH + _TENTH // 2 - 1) / MICROSECONDS

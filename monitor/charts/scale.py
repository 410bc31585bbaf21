"""From values to places, and the round values that an axis names."""

import math
from collections.abc import Callable, Sequence
from typing import Final

Scale = Callable[[float], float]
TIMES: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
"""Between ticks of an axis of seconds that is read as minutes and seconds, or hours."""


def scale(low: float, high: float, begin: float, end: float) -> Scale:
    """Where a value lies between `begin` and `end`; what lies beyond them is drawn at the edge."""
    return lambda value: round(begin + (end - begin) * (min(max(value, low), high) - low) / (high - low), 1)


def ticks(low: float, high: float, *, most: int, steps: Sequence[float] = ()) -> list[float]:
    """At most so many round values within, always the same distance apart: one of `steps`, else 1, 2 or 5 tens."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    possible = (*steps, *(power * number * ten for ten in (1, 10) for number in (1, 2, 5)), high - low)
    step = next(one for one in possible if (high - low) / one <= most)
    return [round(step * number, 6) for number in range(math.ceil(low / step), math.floor(high / step) + 1)][:most]

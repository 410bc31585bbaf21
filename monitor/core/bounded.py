"""Bounds of the numbers in stored state, as types: the decoder refuses whatever lies beyond.

A count of 2^62 or a time that is no number was written by nobody. Refused while it is decoded, it cannot overflow,
divide or be drawn later on. The bounds are wide: whatever the monitor writes lies inside, by far.
"""

from datetime import MAXYEAR
from typing import Annotated, Final

from msgspec import Meta

MOST: Final = 10**12
"""Missions or events; also seconds, of a response or a target."""
EXACT: Final = 2**53
"""Up to here a float, which is what metrics and Lua count in, holds every integer."""

Count = Annotated[int, Meta(ge=0, le=MOST)]
Offset = Annotated[int, Meta(ge=0, le=EXACT)]
Instant = Annotated[float, Meta(ge=-3e9, le=3e11)]
"""Epoch seconds from before 1900 to after 9999; NaN and the infinities lie outside."""
Seconds = Annotated[float, Meta(ge=0.0, le=float(MOST))]
"""A length of time."""
Microseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""An exact sum of lengths of time."""
Squares = Annotated[float, Meta(ge=0.0, le=float(MOST) ** 3)]
"""A sum of squares of lengths of time, in seconds."""
Weight = Annotated[float, Meta(gt=0.0, le=float(MOST))]
"""Missions in one centroid of a sketch."""
Year = Annotated[int, Meta(ge=0, le=MAXYEAR)]
"""Of the calendar; 0 stands for none of them."""
Place = Annotated[int, Meta(ge=0, le=2**31)]
"""A place in a list: of a series in the head's."""

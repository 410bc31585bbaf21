"""What an interval is, whatever it is of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """What is sought lies between the two (the unit of the values); None: not bounded on that side."""

    lower: float | None
    upper: float | None


UNBOUNDED = Interval(None, None)

"""The events of the golden partitions: whatever a partition of version 1 may hold, told in a fixed order.

`v1/partition.bin` was written by the program of commit 74fc7a4 from `EVENTS[:STORED]`, checkpointed at `CUTS`, under
the policy of `HORIZON_SECONDS` and `ROLL_UP_SECONDS`; `v2/partition.bin` by the first program of version 2.
"""

from typing import Final

from tests.core.events import Snap

HORIZON_SECONDS: Final = 10 * 86_400.0
ROLL_UP_SECONDS: Final = 12 * 86_400.0
CUTS: Final = (150, 300, 450, 560)
STORED: Final = 560


def _event(number: int) -> Snap:
    """One mission an hour over 25 days; every seventh never arrived, every eleventh is still open, and so on."""
    arrived = number % 7 != 3
    return Snap(
        mission=f"m{number}",
        revision=1,
        district="oslo" if number % 2 else "vest",
        settlement="rural" if number % 3 == 0 else "urban",
        urgent=number % 13 != 5,
        status="open" if number % 11 == 4 else "closed",
        rang=None if number % 17 == 6 else number * 60,
        response=300 + 7 * number % 1200 if arrived else None,
        excluded=number % 19 == 8,
        recorded=number * 60 + 10,
    )


def _corrected(number: int) -> Snap:
    """Eight hours later, another response, another class, or another day."""
    first = _event(number)
    return Snap(
        first.mission, 2, first.district, "urban" if number % 5 else "rural", first.urgent,
        "cancelled" if number % 50 == 7 else "closed", number * 60 - (600 if number % 4 == 1 else 0), 100 + number,
        False, first.recorded + 480,
    )  # fmt: skip


def _told() -> list[Snap]:
    events: list[Snap] = []
    for number in range(600):
        events.append(_event(number))
        if number >= 8 and number % 10 == 7:
            events.append(_corrected(number - 8))
        if number % 30 == 29:
            events.append(_event(number - 1))  # the same again
    return events


EVENTS: Final = _told()

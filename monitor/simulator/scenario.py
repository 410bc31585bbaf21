"""What is going on in the country while live missions ring: nothing special, or a storm.

A storm slows one district down and gives it more to do; the other districts notice nothing.
Refuses to know when it begins: that is an argument of the live run.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scenario:
    """One state of affairs; ``district`` is None where no district is singled out."""

    name: str
    district: str | None = None
    slowdown: float = 1.0
    """Factor on the district's response times."""
    least_share: float = 0.0
    """The district gets at least this share of the flow; the country's total stays what it is."""


NORMAL: Final = Scenario("normal")
STORM_DISTRICT: Final = "vest"
NAMES: Final = ("normal", "storm")


def storm(district: str = STORM_DISTRICT) -> Scenario:
    """A storm over one district: responses take 2.2 times as long, a third of all missions are there."""
    return Scenario("storm", district, slowdown=2.2, least_share=1 / 3)

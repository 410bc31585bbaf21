"""What is going on while live missions ring: nothing special, or a storm.

A storm slows one area down and gives it more to do; the other areas notice nothing.
Refuses to know when it begins: that is an argument of the live run.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scenario:
    """One state of affairs; ``area`` is None where no area is singled out."""

    name: str
    area: str | None = None
    slowdown: float = 1.0
    """Factor on how long things take there."""
    least_share: float = 0.0
    """The area gets at least this share of the flow; the total stays what it is."""


NORMAL: Final = Scenario("normal")
NAMES: Final = ("normal", "storm")


def storm(area: str) -> Scenario:
    """A storm over one area: everything there takes 2.2 times as long, a third of all missions are there."""
    return Scenario("storm", area, slowdown=2.2, least_share=1 / 3)

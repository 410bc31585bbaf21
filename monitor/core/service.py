"""What is true of one responding organisation: the areas and categories its missions fall into, and its objectives.

An objective is addressed by its name everywhere: in the core, in stored state, and in whatever is shown. Pure data;
refuses to know where it was declared, thresholds (`core.targets`) and missions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

Series = tuple[str, str]
"""(area, category)."""


class Duty(StrEnum):
    """What an objective that is not reached may ask of people."""

    PAGE = "page"
    TICKET = "ticket"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class Objective:
    """A statistic of the response time with a threshold: `percentile` % of the missions are to take at most that."""

    slug: str
    percentile: int
    duty: Duty = Duty.SHOW


@dataclass(frozen=True, slots=True)
class Service:
    """`slug` tells it from other services. `root` pools all `areas`: it has thresholds of its own, no event names it.

    `objectives` in the order in which stored state counts them: what is sealed has a place for each.
    """

    slug: str
    root: str
    areas: tuple[str, ...]
    categories: tuple[str, ...]
    objectives: tuple[Objective, ...]

    @property
    def judged_areas(self) -> tuple[str, ...]:
        """The pool first, then the areas in their order."""
        return (self.root, *self.areas)

    @property
    def told_series(self) -> tuple[Series, ...]:
        """Every series that an event may name."""
        return tuple(product(self.areas, self.categories))

    def measures(self, area: str) -> Iterator[tuple[str, Objective]]:
        """Whose thresholds a sealed mission of an area is counted against, as stored: its own, then the pool's."""
        yield from product((area, self.root), self.objectives)


def paging(objectives: Iterable[Objective]) -> Objective:
    """The objective whose breach and drift are watched after every mission. Raises ValueError where none is."""
    for objective in objectives:
        if objective.duty is Duty.PAGE:
            return objective
    raise ValueError("no objective has the duty to page")

"""Which thresholds judge a mission: the set in force when it was placed, and what that says of a series.

A set is a year's tables, read by `target_reading`. It is in force from its `valid_from` until a later set supersedes
it. Refuses to know where the tables come from, whether they can be right (`target_rules`), and what day it is.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from monitor.core.service import Series

Target = Mapping[str, float]
"""What one series is judged by: seconds by objective. An objective that is not in it has no threshold there."""

NO_TARGET: Final[Target] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TargetSet:
    """One set of tables: the target of every series that has one, with the words that explain them."""

    valid_from: date
    source: str
    targets: Mapping[Series, Target]
    not_applicable: frozenset[Series] = frozenset()
    area_names: Mapping[str, str] = field(default_factory=dict)
    """The names that the tables print."""
    errata: tuple[str, ...] = ()
    name: str = ""
    origin: str = ""
    verified: bool = True
    """Whether the source says these numbers, as far as anybody has looked."""

    def of(self, area: str, category: str) -> Target:
        """The target of a series; ``NO_TARGET`` where none is set."""
        return self.targets.get((area, category), NO_TARGET)


_NO_TABLES: Final = TargetSet(date.min, "", {})


@dataclass(frozen=True, slots=True, init=False)
class Targets:
    """All sets, ordered by the day they came into force."""

    sets: tuple[TargetSet, ...]

    def __init__(self, sets: Iterable[TargetSet] = ()) -> None:
        object.__setattr__(self, "sets", tuple(sorted(sets, key=lambda one: one.valid_from)))

    def in_force(self, on: date) -> TargetSet | None:
        """The set that judges a mission placed on this local day."""
        position = bisect_right(self.sets, on, key=lambda one: one.valid_from)
        return self.sets[position - 1] if position else None

    def shown(self, on: date) -> TargetSet:
        """The set to tell of on a local day: in force, or else the first; empty without any."""
        return self.in_force(on) or next(iter(self.sets), _NO_TABLES)

    def target(self, area: str, category: str, on: date) -> Target:
        """The target of a series on a local day; ``NO_TARGET`` where none is set."""
        in_force = self.in_force(on)
        return NO_TARGET if in_force is None else in_force.of(area, category)

"""Where the numbers of a sealed stretch stand side by side, so that sums of any of them are one subtraction.

Beside what is counted once, there is one group of columns for each pool that judges the stretch: what lies in an area
and a category is held against their thresholds, and those of whatever they lie within. Refuses to know sketches.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import fsum
from typing import Final

from monitor.core.mission import Cause
from monitor.core.service import Measure, Objective, Series, Service, Statistic
from monitor.core.slices import Aggregate, ClockTally

CAUSES: Final = len(Cause)
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Columns:
    """The columns of a service's stretches: whole numbers (times in microseconds), and sums of powers (seconds).

    Whole: the excluded; by clock the measured, the unmeasured by cause and, where its mean is an objective, what the
    measured took and how many of them that is only known of from a sketch. Then the groups, by objective: the judged,
    those within, the unmeasured that had a target and, of a mean, what the judged took, may have taken, how many of
    them are not known exactly, and what the unmeasured may have taken.
    Powers: squares and cubes of what is measured by such a clock; then, by group, of what each took beyond a mean's
    target.
    """

    clocks: tuple[str, ...]
    objectives: tuple[Objective, ...]

    @classmethod
    def of(cls, service: Service) -> "Columns":
        """Those of a service."""
        return cls(service.clock_slugs, service.objectives)

    @cached_property
    def means(self) -> tuple[Objective, ...]:
        """The objectives that are means."""
        return tuple(one for one in self.objectives if one.statistic is Statistic.MEAN)

    @cached_property
    def summed(self) -> tuple[str, ...]:
        """The clocks whose mean is an objective."""
        return tuple(clock for clock in self.clocks if any(one.clock == clock for one in self.means))

    @cached_property
    def clock_at(self) -> Mapping[str, int]:
        """Where a clock's whole numbers begin."""
        widths = [1 + CAUSES + 2 * (clock in self.summed) for clock in self.clocks]
        return {clock: 1 + sum(widths[:number]) for number, clock in enumerate(self.clocks)}

    @cached_property
    def plain(self) -> int:
        """Whole numbers before the first group."""
        return 1 + (1 + CAUSES) * len(self.clocks) + 2 * len(self.summed)

    @cached_property
    def objective_at(self) -> Mapping[str, int]:
        """Where an objective's whole numbers begin within a group."""
        widths = [self.width_of(one) for one in self.objectives]
        return {one.slug: sum(widths[:number]) for number, one in enumerate(self.objectives)}

    @cached_property
    def group(self) -> int:
        """Whole numbers of a group."""
        return sum(map(self.width_of, self.objectives))

    @staticmethod
    def width_of(objective: Objective) -> int:
        """Whole numbers of an objective."""
        return 7 if objective.statistic is Statistic.MEAN else 3

    @cached_property
    def plain_powers(self) -> int:
        """Powers before the first group."""
        return 2 * len(self.summed)

    @cached_property
    def group_powers(self) -> int:
        """Powers of a group."""
        return 2 * len(self.means)

    def width(self, groups: int) -> int:
        """How many whole numbers a stretch has that so many pools judge."""
        return self.plain + groups * self.group

    def fill(self, part: Aggregate, judged: Sequence[tuple[int, Objective, float, int]], groups: int) -> "Filled":
        """A stretch's numbers. `judged`: by which group and objective, its threshold (seconds), how many within."""
        whole, powers = [0] * self.width(groups), [0.0] * (self.plain_powers + groups * self.group_powers)
        whole[0] = part.excluded
        tallies = dict(zip(self.clocks, part.clocks, strict=True))
        for clock, tally in tallies.items():
            at = self.clock_at[clock]
            whole[at] = tally.measured
            whole[at + 1 : at + 1 + CAUSES] = tally.unmeasured
            if clock in self.summed:
                place = 2 * self.summed.index(clock)
                whole[at + 1 + CAUSES : at + 3 + CAUSES] = _took(tally)
                powers[place : place + 2] = tally.squares, _cubes(tally)
        for group, objective, seconds, within in judged:
            tally = tallies[objective.clock]
            at = self.plain + group * self.group + self.objective_at[objective.slug]
            unmeasured = sum(tally.unmeasured)
            whole[at : at + 3] = tally.measured, within, unmeasured
            if objective.statistic is Statistic.MEAN:
                total, guessed = _took(tally)
                each = round(seconds * MICROSECONDS)
                whole[at + 3 : at + 7] = total, tally.measured * each, guessed, unmeasured * each
                place = self.plain_powers + group * self.group_powers + 2 * self.means.index(objective)
                powers[place : place + 2] = _beyond(tally, total / MICROSECONDS, seconds)
        return whole, powers


Filled = tuple[list[int], list[float]]


class Groups:
    """Which pools judge a series, in their order: the group 0 is that of the series itself."""

    def __init__(self, areas: Sequence[str], categories: Sequence[str], objectives: Iterable[Objective]) -> None:
        """`areas`, `categories`: those of the series and whatever they lie within."""
        self._places = {pool: number for number, pool in enumerate(product(areas, categories))}
        self._objectives = {one.slug: one for one in objectives}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Series]:
        return iter(self._places)

    def number(self, pool: Series) -> int:
        """Of a pool. Raises KeyError."""
        return self._places[pool]

    def judged(self, part: Aggregate, measures: Sequence[Measure]) -> list[tuple[int, Objective, float, int]]:
        """What `Columns.fill` wants of a stretch; left out is what judged it then and is not declared any more."""
        found = []
        for place, seconds, within in part.judged:
            area, category, slug = measures[place]
            group, objective = self._places.get((area, category)), self._objectives.get(slug)
            if group is not None and objective is not None:
                found.append((group, objective, seconds, within))
        return found


def _took(tally: ClockTally) -> tuple[int, int]:
    """What the measured took together (microseconds), and of how many of them that is only told from a sketch."""
    if tally.total is not None:
        return tally.total, 0
    means, weights, _, _ = tally.sketch
    return round(fsum(map(_product, means, weights)) * MICROSECONDS), tally.measured


def _cubes(tally: ClockTally) -> float:
    means, weights, _, _ = tally.sketch
    return sum([weight * mean**3 for mean, weight in zip(means, weights, strict=True)])


def _beyond(tally: ClockTally, total: float, target: float) -> tuple[float, float]:
    """Squares and cubes of what each took beyond its target."""
    n, squares = tally.measured, tally.squares
    return (
        squares - 2 * target * total + n * target**2,
        _cubes(tally) - 3 * target * squares + 3 * target**2 * total - n * target**3,
    )


def _product(mean: float, weight: float) -> float:
    return mean * weight

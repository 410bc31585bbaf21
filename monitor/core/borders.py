"""Whether a verdict depends on which side of a border its missions lie: the fewest that would have to change sides.

A mission weighs on its verdict by a whole number, which is its slack: the target is met where the weights of the
judged missions add up to zero or more. Of a percentile (p = over/under per cent) one within its target weighs
100·under - over, and one beyond it -over; the sum is 100·under·within - over·judged, which is what decides. Of a mean
the weight is the target less the time taken, in microseconds. Moving a mission out takes its weight away, moving one
in adds it: so the worst is to move what helps most first, and no search is needed. Refuses to know where borders are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from monitor.core.figures import MICROSECONDS
from monitor.core.percent import Percent
from monitor.core.service import Measure, Objective, Series, Service
from monitor.core.targets import Targets


def weight(within: bool, percent: Percent) -> int:
    """What a judged mission weighs on the verdict of a percentile.

    >>> weight(True, 80), weight(False, 80)
    (20, -80)
    """
    over, under = percent.as_integer_ratio()
    return (100 * under if within else 0) - over


@dataclass(frozen=True, slots=True)
class Swing:
    """How a verdict hangs on its borders: of `judged` missions, `leaving` lie near one, and `coming` ones of others.

    `met` is the verdict as it is, None where nothing is judged. `fewest`: the least number of missions that turn it
    by changing sides (into the other one, or into none as nothing is left); None where it stands whatever they do.
    """

    judged: int
    leaving: int
    coming: int
    met: bool | None
    fewest: int | None

    @property
    def stands(self) -> bool:
        """Whether the verdict is the same wherever the missions near its borders lie."""
        return self.fewest is None


def swing(judged: int, total: int, leaving: Sequence[int], coming: Sequence[int]) -> Swing:
    """The verdict on `judged` missions that weigh `total`, and what those near a border can make of it.

    `leaving` are the weights of those of them that may belong elsewhere, `coming` of others that may belong here.

    >>> swing(5, 0, [20, -80], [-80]).fewest  # 4 of 5 within 80 % is just met
    1
    """
    met = total >= 0 if judged else None
    fewest = None if met is None else _fewest(judged, total, leaving, coming)
    return Swing(judged, len(leaving), len(coming), met, fewest)


def _fewest(judged: int, total: int, leaving: Sequence[int], coming: Sequence[int]) -> int | None:
    met = total >= 0
    # Nobody left is no verdict, whatever the sum says.
    emptied = judged if len(leaving) == judged else None
    changes = sorted([-one for one in leaving] + list(coming), reverse=not met)
    for moves, change in enumerate(changes[:emptied], 1):
        total += change
        if (total >= 0) != met:
            return moves
    return emptied


@dataclass(slots=True)
class _Weighed:
    judged: int = 0
    total: int = 0
    leaving: list[int] = field(default_factory=list)
    coming: list[int] = field(default_factory=list)


class BorderVerdicts:
    """Every verdict of a period on missions that come one by one, with what those near a border can make of it.

    Keeps sums, and a number for each mission near a border: never where it lies.
    """

    def __init__(self, service: Service, targets: Targets) -> None:
        self._service, self._targets = service, targets
        self._objectives = {objective.slug: objective for objective in service.objectives}
        self._known: dict[tuple[Series, date], frozenset[Measure]] = {}
        self._weighed: dict[tuple[str, Measure], _Weighed] = {}

    def add(
        self, period: str, day: date, series: Series, neighbours: Sequence[Series], seconds: Mapping[str, float]
    ) -> None:
        """A mission: its period and local day, the other series that it may be of, its measured seconds by clock."""
        own = self._measures(series, day)
        others = [self._measures(one, day) for one in neighbours]
        for measure in sorted(own.union(*others)):
            told = self._weight(measure, day, seconds)
            if told is None:
                continue
            weighed = self._weighed.setdefault((period, measure), _Weighed())
            if measure not in own:
                weighed.coming.append(told)
                continue
            weighed.judged += 1
            weighed.total += told
            if any(measure not in other for other in others):
                weighed.leaving.append(told)

    def _measures(self, series: Series, day: date) -> frozenset[Measure]:
        found = self._known.get((series, day))
        if found is None:
            found = self._known[series, day] = frozenset(self._service.measures(series, day))
        return found

    def _weight(self, measure: Measure, day: date, seconds: Mapping[str, float]) -> int | None:
        area, category, slug = measure
        objective: Objective = self._objectives[slug]
        threshold = self._targets.target(area, category, day).get(slug)
        taken = seconds.get(objective.clock)
        if threshold is None or taken is None:
            return None
        if objective.percentile is None:
            return round(threshold * MICROSECONDS) - round(taken * MICROSECONDS)
        return weight(taken <= objective.rounding.longest_within(threshold), objective.percentile)

    def swings(self) -> Iterator[tuple[str, Measure, Swing]]:
        """Each verdict, by period and measure; those that nothing was judged for are none."""
        for (period, measure), one in sorted(self._weighed.items()):
            if one.judged:
                yield period, measure, swing(one.judged, one.total, one.leaving, one.coming)

"""Missions near the border of their area or category: how many there are, and which verdicts hang on them.

The missions are those that the gap report counts, rows folded; what each could be is what its place said. Verdicts
are those of whole years, on what these files hold. Refuses to know coordinates: no place comes this far.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from monitor.core.borders import BorderVerdicts, Swing
from monitor.core.mission import Kind, Mission, columns_of
from monitor.core.partition import Policy
from monitor.core.service import Fields, Measure, Series


@dataclass(frozen=True, slots=True)
class BorderCounts:
    """Of all missions that count, those near a border; of all verdicts of a year, those that these can turn."""

    missions: int = 0
    near: int = 0
    verdicts: int = 0
    turning: Sequence[tuple[str, Measure, Swing]] = field(default_factory=tuple)
    """Period, (area, category, objective) and how: those that do not stand, the most easily turned first."""


def border_counts(
    policy: Policy, missions: Iterable[Mission], near: Mapping[str, Mapping[str, Sequence[str]]]
) -> BorderCounts:
    """What missions near a border can do to the verdicts on all: `near`, by id, what each field could be as well."""
    service, grid = policy.service, policy.grid
    counting = [one for one in missions if one.kind not in {Kind.NOTHING, Kind.EXCLUDED, Kind.MOVED}]
    if not near:
        return BorderCounts(len(counting))
    verdicts = BorderVerdicts(service, policy.targets)
    columns = columns_of(counting, len(service.clocks))
    close = 0
    for mission, times in zip(counting, zip(*columns, strict=True), strict=True):
        series = service.told_series[mission.series]
        neighbours = _neighbours(series, near.get(mission.mission_id, {}), service.fields)
        close += bool(neighbours)
        day = datetime.fromtimestamp(mission.placed_at, grid.zone).date()
        year = grid.calendar.holding("year", day).name
        seconds = {slug: taken for slug, taken in zip(service.clock_slugs, times, strict=True) if taken >= 0.0}
        verdicts.add(year, day, series, neighbours, seconds)
    every = [*verdicts.swings()]
    turning = [one for one in every if not one[2].stands]
    turning.sort(key=lambda one: (one[2].fewest or 0, one[:2]))
    return BorderCounts(len(counting), close, len(every), turning)


def _neighbours(series: Series, others: Mapping[str, Sequence[str]], fields: Fields) -> Sequence[Series]:
    """The other series that a mission of this series could belong to; areas and categories vary apart."""
    area, category = series
    every = product((area, *others.get(fields.area, ())), (category, *others.get(fields.category, ())))
    return [one for one in dict.fromkeys(every) if one != series]

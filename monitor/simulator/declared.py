"""A world out of what a service declares: its areas on each day, its categories, clocks and thresholds.

Volumes are invented, and the same for any seed; how long things take follows from the thresholds. A given share of
the series, area by category, reaches every threshold that it has, the others none. A series without a threshold of
its own is held against that of the nearest pool. Refuses to know any service.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import exp
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from monitor.core.calendar import Calendar
from monitor.core.service import Clock, Series, Service, instants_of
from monitor.core.take import Take
from monitor.core.targets import Targets
from monitor.simulator.columns import Columns, draw
from monitor.simulator.fitting import Asked, scale_of
from monitor.simulator.layout import lay_out
from monitor.simulator.lengths import A_MOMENT, Lengths, lengths, middles, one_after_another, spread_of
from monitor.simulator.world import Course, Fate, World

MEETING_SHARE: Final = 0.8
_DAYS: Final = 365
_SHARE_UNMEASURED: Final = 0.06
_MISSIONS_PER_CELL: Final = 400
_MOST_MISSIONS: Final = 60_000
_REFERENCE_MISSIONS: Final = 500


@dataclass(frozen=True, eq=False)
class DeclaredCell:
    """One area and category, in one era; `reach` says whether its missions reach their thresholds, or miss them.

    `elsewhere`: how long clocks take in the other series of the era. `fold`: which instants are the k-th of another.
    """

    area: str
    category: str
    missions: float
    clocks: tuple[Clock, ...]
    between: tuple[str, ...]
    asked: tuple[Asked, ...]
    reach: bool
    leeway: float
    elsewhere: Sequence[Lengths] = ()
    fold: Sequence[tuple[str, Take]] = ()

    @property
    def code(self) -> str:
        """Stands in the ids of its missions."""
        return self.area.upper()[:24]

    def courses(self, drawn: Sequence[tuple[Fate, float]], rng: Random) -> list[Course]:
        """The missions of an era, which come out as asked for."""
        columns = self._drawn(drawn, rng)
        return columns.courses(self._scale(columns), between=self.between)

    def course(self, fate: Fate, share: float, rng: Random, slowdown: float = 1.0) -> Course:
        """One mission among many that nobody counts beforehand."""
        return self._drawn([(fate, share)], rng).courses(self._usual_scale * slowdown, between=self.between)[0]

    def _drawn(self, drawn: Sequence[tuple[Fate, float]], rng: Random) -> Columns:
        return draw(self.clocks, self._layout, drawn, spread=self._spread, rng=rng)

    def _scale(self, columns: Columns) -> float:
        return scale_of(columns, self.asked, reach=self.reach, leeway=self.leeway)

    @cached_property
    def _usual_scale(self) -> float:
        shares = [(Fate.MEASURED, (i + 0.5) / _REFERENCE_MISSIONS) for i in range(_REFERENCE_MISSIONS)]
        rng = Random(f"{self.area} {self.category}")  # noqa: S311 - a simulation has to be repeatable
        return self._scale(self._drawn(shares, rng))

    @cached_property
    def _layout(self) -> Mapping[str, float]:
        """Instants lie as far apart as their clocks may take."""
        took = lengths(self.clocks, middles(self.asked), self.elsewhere)
        in_turn = one_after_another(self.clocks, self.fold)
        return lay_out((*self.clocks, *in_turn), took | {one.slug: A_MOMENT for one in in_turn})

    @cached_property
    def _spread(self) -> float:
        return spread_of(self.asked)


def declared(
    service: Service,
    targets: Targets,
    *,
    zone: ZoneInfo,
    calendar: Calendar,
    meets: float = MEETING_SHARE,
    missions: float | None = None,
) -> World:
    """The world of a service; `meets` is a share of its series, `missions` how many a year are measured in all."""
    reach = _reaching(service, meets)
    volumes = _volumes(service, missions)
    read = instants_of(service.clocks)

    def cells_on(day: date) -> list[DeclaredCell]:
        asked = {
            (area, category): tuple(_asked(service, targets, (area, category), day))
            for area in service.leaf_areas
            if service.is_leaf(area, day)
            for category in service.leaf_categories
        }
        elsewhere = [middles(one) for one in dict.fromkeys(asked.values())]
        return [
            DeclaredCell(
                area=series[0],
                category=series[1],
                missions=volumes[series],
                clocks=service.clocks,
                between=tuple(name for name in service.fields.instants if name not in read),
                asked=found,
                reach=series in reach,
                leeway=_chance(service, "leeway", *series).random(),
                elsewhere=elsewhere,
                fold=service.fields.fold,
            )
            for series, found in asked.items()
        ]

    return World(
        fields=service.fields,
        instants=read,
        zone=zone,
        calendar=calendar,
        days=_DAYS,
        share_unmeasured=_SHARE_UNMEASURED,
        cells_on=cells_on,
        turns=tuple(sorted({*service.reforms, *(one.valid_from for one in targets.sets)})),
    )


def _asked(service: Service, targets: Targets, series: Series, day: date) -> Iterator[Asked]:
    """The thresholds that a series is held against, or the nearest pool where it has none of its own."""
    judging = targets.shown(day)
    found: dict[str, float] = {}
    for area, category, slug in service.measures(series, day):
        seconds = judging.of(area, category).get(slug)
        if seconds is not None:
            found.setdefault(slug, seconds)
    places = {clock.slug: number for number, clock in enumerate(service.clocks)}
    for objective in service.objectives:
        if objective.slug in found:
            yield Asked(places[objective.clock], objective, found[objective.slug])


def _reaching(service: Service, share: float) -> set[Series]:
    """Which series reach their thresholds: so large a share of all, the same for any seed."""
    series = list(service.told_series)
    _chance(service, "reach").shuffle(series)
    return {*series[: round(share * len(series))]}


def _volumes(service: Service, missions: float | None) -> dict[Series, float]:
    """Measured missions a year: some areas have more than others, and some categories."""
    sizes = {
        name: exp(_chance(service, "size", name).gauss(0.0, 0.6))
        for name in (*service.leaf_areas, *service.leaf_categories)
    }
    weights = {(area, category): sizes[area] * sizes[category] for area, category in service.told_series}
    total = min(_MISSIONS_PER_CELL * len(weights), _MOST_MISSIONS) if missions is None else missions
    whole = sum(weights.values())
    return {series: total * weight / whole for series, weight in weights.items()}


def _chance(service: Service, *what: str) -> Random:
    return Random(" ".join((service.slug, *what)))  # noqa: S311 - a simulation has to be repeatable

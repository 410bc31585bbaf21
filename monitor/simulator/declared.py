"""A world out of what a service declares: its areas on each day, its categories, clocks and thresholds.

Volumes are invented, and the same for any seed; how long things take follows from the thresholds. A given share of
the series, area by category, reaches every threshold that it has, the others none. A series without a threshold of
its own is held against that of the nearest pool. Refuses to know any service.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import exp, log
from random import Random
from statistics import NormalDist, fmean
from typing import Final
from zoneinfo import ZoneInfo

from monitor.core.calendar import Calendar
from monitor.core.service import Clock, Objective, Series, Service, instants_of
from monitor.core.targets import Targets
from monitor.simulator.columns import Columns, draw
from monitor.simulator.fitting import Asked, scale_of
from monitor.simulator.layout import lay_out
from monitor.simulator.world import Course, Fate, World

MEETING_SHARE: Final = 0.8
_DAYS: Final = 365
_SHARE_UNMEASURED: Final = 0.06
_MISSIONS_PER_CELL: Final = 400
_MOST_MISSIONS: Final = 60_000
_NORMAL: Final = NormalDist()
_SPREADS: Final = (0.25, 0.8)
_USUAL_SPREAD: Final = 0.45
_USUAL_SECONDS: Final = 600.0
_REFERENCE_MISSIONS: Final = 500


@dataclass(frozen=True, eq=False)
class DeclaredCell:
    """One area and category, in one era; `reach` says whether its missions reach their thresholds, or miss them."""

    area: str
    category: str
    missions: float
    clocks: tuple[Clock, ...]
    between: tuple[str, ...]
    asked: tuple[Asked, ...]
    reach: bool
    leeway: float

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
        middles: dict[int, float] = {}
        for one in self.asked:
            middle = one.threshold / exp(self._spread * _place(one.objective))
            middles[one.clock] = min(middle, middles.get(one.clock, middle))
        usual = min(middles.values(), default=4 * _USUAL_SECONDS) / 4
        return lay_out(
            self.clocks,
            {
                clock.slug: max(
                    min(middles.get(number, usual), clock.longest_seconds / 4), clock.shortest_seconds, 1.0
                )
                for number, clock in enumerate(self.clocks)
            },
        )

    @cached_property
    def _spread(self) -> float:
        """The standard deviation of the logarithms: as wide as the thresholds of a clock lie apart."""
        found = []
        for number in range(len(self.clocks)):
            points = sorted((_place(one.objective), one.threshold) for one in self.asked if one.clock == number)
            if points and points[-1][0] > points[0][0]:
                (low, shorter), (high, longer) = points[0], points[-1]
                found.append(log(longer / shorter) / (high - low))
        least, most = _SPREADS
        return min(max(fmean(found), least), most) if found else _USUAL_SPREAD


def _place(objective: Objective) -> float:
    """Where in a distribution a statistic lies, in standard deviations; about, for a mean."""
    if objective.percentile is None:
        return _USUAL_SPREAD / 2
    return _NORMAL.inv_cdf(float(objective.percentile) / 100)


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
        return [
            DeclaredCell(
                area=area,
                category=category,
                missions=volumes[area, category],
                clocks=service.clocks,
                between=tuple(name for name in service.fields.instants if name not in read),
                asked=tuple(_asked(service, targets, (area, category), day)),
                reach=(area, category) in reach,
                leeway=_chance(service, "leeway", area, category).random(),
            )
            for area in service.leaf_areas
            if service.is_leaf(area, day)
            for category in service.leaf_categories
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

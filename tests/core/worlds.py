"""Services of any make with missions of theirs, and the state that a worker would have stored of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.core.history import History
from monitor.core.mission import CAUSES, Kind, Mission, pack
from monitor.core.sealing import roll_up, seal, thresholds_on
from monitor.core.service import Duty, Series, Service
from monitor.core.slices import Grid
from monitor.core.stored import Head, StoredDay
from monitor.core.targets import Targets, TargetSet
from tests.core.services import services

ZONE = ZoneInfo("Europe/Oslo")
GRID = Grid(ZONE)
HOUR = 3600.0
FIRST = date(2024, 3, 28)
"""Three days before summer time begins, and the reform."""
DAYS = 8
BEGIN = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZONE).astimezone(UTC).timestamp()
LIMITS = (60.0, 300.5, 600.0)
STATES = (*CAUSES, Kind.OPEN, Kind.UNTIMED)


@dataclass(frozen=True)
class Told:
    """A mission: by clock what it took (seconds), or the kind that says why there is no such time."""

    series: Series
    at: float
    states: tuple[float | Kind, ...]
    sealed: bool = False


@dataclass(frozen=True)
class World:
    """A service, its thresholds from their days on, and its missions."""

    service: Service
    tables: Mapping[date, Mapping[tuple[str, str, str], float]]
    missions: Sequence[Told]

    @property
    def targets(self) -> Targets:
        """The same, as the core has them."""
        sets = []
        for since, table in self.tables.items():
            by_series: dict[Series, dict[str, float]] = {}
            for (area, category, objective), seconds in table.items():
                by_series.setdefault((area, category), {})[objective] = seconds
            sets.append(TargetSet(valid_from=since, source="test", targets=by_series))
        return Targets(sets)


@st.composite
def worlds(draw: st.DrawFn, *, sealing: bool = True) -> World:
    """Some missions are stored of areas that did not exist on their day, or of categories that nobody declared."""
    service = draw(services())
    duties = [draw(st.sampled_from(Duty)) for _ in service.objectives]
    service = replace(
        service, objectives=tuple(map(lambda one, duty: replace(one, duty=duty), service.objectives, duties))
    )
    measures = [(*series, one.slug) for series in service.judged_series for one in service.objectives]
    sinces = (date(2020, 1, 1), FIRST + timedelta(days=draw(st.integers(1, DAYS - 1))))
    tables = {
        since: draw(st.dictionaries(st.sampled_from(measures), st.sampled_from(LIMITS), max_size=2 * len(measures)))
        for since in sinces
    }
    state = st.integers(0, 700 * 2).map(lambda halves: halves / 2) | st.sampled_from(STATES)
    measured = st.integers(0, 700 * 2).map(lambda halves: halves / 2)
    seal_line = BEGIN + draw(st.integers(0, DAYS * 24)) * HOUR if sealing else BEGIN
    areas = [*service.judged_areas, "gone"]
    categories = [*service.leaf_categories, "forgotten"]
    missions = []
    for _ in range(draw(st.integers(0, 30))):
        series = (draw(st.sampled_from(areas)), draw(st.sampled_from(categories)))
        at = BEGIN + draw(st.integers(0, DAYS * 24 * 4)) * HOUR / 4
        excluded = draw(st.integers(0, 9)) == 0
        states = tuple(Kind.EXCLUDED if excluded else draw(measured | state) for _ in service.clocks)
        missions.append(Told(series, at, states, sealed=at < seal_line))
    return World(service, tables, missions)


def history_of(world: World, *, rolled_up: bool = False) -> History:
    """The read side's memory of a world, as two partitions have stored it."""
    history = History(GRID, world.targets, world.service)
    head, days = stored_of(world, rolled_up=rolled_up)
    for partition in range(2):
        history.heads[partition] = head
    for (partition, day), stored in days.items():
        history.put_day(partition, head, day, stored)
    return history


def stored_of(world: World, *, rolled_up: bool = False) -> tuple[Head, dict[tuple[int, int], StoredDay]]:
    """What two partitions have stored of a world: a head, which counts nothing, and the days of each."""
    service, targets = world.service, world.targets
    series = sorted({told.series for told in world.missions})
    measures = [(*one, aim.slug) for one in service.judged_series for aim in service.objectives][::-1]
    head = Head(
        next_offset=1, slice_seconds=GRID.seconds, zone=ZONE.key, series=series, clocks=[*service.clock_slugs],
        measures=measures, last_record_at=BEGIN + DAYS * 24 * HOUR,
    )  # fmt: skip
    clocks = {one.slug: service.clock_slugs.index(one.clock) for one in service.objectives}
    days: dict[tuple[int, int], dict[str, Mission]] = {}
    slices: dict[tuple[int, int], list[Mission]] = {}
    for number, told in enumerate(world.missions):
        mission = _mission(str(number), series.index(told.series), told)
        days.setdefault((number % 2, GRID.day_of(told.at)), {})
        if told.sealed:
            slices.setdefault((mission.series, GRID.slice_of(told.at)), []).append(mission)
        else:
            days[number % 2, GRID.day_of(told.at)][mission.mission_id] = mission
    sealed: dict[tuple[int, int], list[object]] = {}
    for (place, number), missions in slices.items():
        start = GRID.start_of(number)
        thresholds = [
            (measures.index(measure), seconds, clocks[measure[2]])
            for measure, seconds in thresholds_on(targets, service, series[place], GRID.day_of(start))
        ]
        part = seal(
            missions, series=place, start=start, end=start + GRID.seconds, thresholds=thresholds,
            clocks=len(service.clocks),
        )  # fmt: skip
        sealed.setdefault((number % 2, GRID.day_of(start)), []).append(part)
    stored = {}
    for place in days.keys() | sealed.keys():
        parts = sealed.get(place, [])
        aggregates = roll_up(parts) if rolled_up else parts  # type: ignore[arg-type]
        stored[place] = StoredDay(days.get(place, {}), aggregates)  # type: ignore[arg-type]
    return head, stored


def _mission(name: str, series: int, told: Told) -> Mission:
    first = told.states[0]
    kind = first if isinstance(first, Kind) else Kind.MEASURED
    states = [(one, None) if isinstance(one, Kind) else (Kind.MEASURED, one) for one in told.states]
    times: float | bytes | None = pack(states) if len(states) > 1 and kind != Kind.EXCLUDED else states[0][1]
    return Mission(name, 1, series, told.at, kind, times)

"""A world out of what a service declares: its verdicts come out as asked, and its reader takes every event."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitor.core.calendar import Calendar
from monitor.core.mission import times_of
from monitor.core.reader import EventReader
from monitor.core.service import Area, Category, Clock, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.take import INSTANT, take_of
from monitor.core.targets import Targets, TargetSet
from monitor.settings import load
from monitor.simulator import NORMAL, Emission, World, history, live, storm, year
from monitor.simulator.declared import DeclaredCell, declared
from tests.simulator.services import (
    REFORM,
    Declared,
    clock_seconds,
    declared_services,
    final_states,
    moment_of,
    placed_day,
    reaches,
    values,
)

ZONE = ZoneInfo("UTC")
slow = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.shrink],  # of a year of events it takes too long
)  # fmt: skip


def world(one: Declared, *, meets: float = 0.5, per_cell: float = 60) -> World:
    return declared(
        one.service, one.targets, zone=ZONE, calendar=Calendar(), meets=meets,
        missions=per_cell * len(one.service.told_series),
    )  # fmt: skip


def reader(service: Service) -> EventReader:
    return EventReader(service, Grid(ZONE, 3600.0, Calendar()))


def decoded(emissions: list[Emission]) -> list[bytes]:
    return [one.value for one in emissions]


@slow
@given(one=declared_services(), meets=st.sampled_from([0.0, 0.5, 1.0]), seed=st.integers(0, 2**32))
def test_every_series_reaches_its_thresholds_or_misses_them_as_asked(one: Declared, meets: float, seed: int) -> None:
    """Recounted from the final states: of so large a share all objectives are met, of the others none."""
    made = world(one, meets=meets)
    measured = values(
        one.service, final_states(one.service, decoded(list(year(2024, seed=seed, world=made))), json.loads)
    )
    for day in (date(2024, 1, 1), REFORM):
        for cell in made.cells_on(day):
            assert isinstance(cell, DeclaredCell)
            for slug, threshold in one.targets.target(cell.area, cell.category, day).items():
                objective = one.service.objective(slug)
                found = measured.get((cell.area, cell.category, objective.clock))
                assert found
                assert reaches(found, objective, threshold) is cell.reach, (cell.area, cell.category, slug)
    reaching = {
        (cell.area, cell.category) for day in (date(2024, 1, 1), REFORM) for cell in made.cells_on(day) if cell.reach
    }
    assert meets != 1.0 or reaching == {*one.service.told_series}
    assert meets != 0.0 or not reaching


@slow
@given(one=declared_services(), seed=st.integers(0, 2**32))
def test_the_services_reader_takes_every_event(one: Declared, seed: int) -> None:
    """No dead letter on either side of a reform, and each mission is read as a recount has it."""
    read = reader(one.service)
    emissions = list(year(2024, seed=seed, world=world(one, per_cell=15)))
    newest = {}
    for emission in emissions:
        mission = read.read(emission.value, emission.at.timestamp())
        known = newest.get(mission.mission_id)
        if known is None or (mission.revision or 0) > (known.revision or 0):
            newest[mission.mission_id] = mission
    for event in final_states(one.service, decoded(emissions), json.loads):
        columns = times_of([newest[event["mission_id"]]], len(one.service.clocks))
        assert [None if row[0] < 0 else row[0] for row in columns.tolist()] == pytest.approx(
            [clock_seconds(clock, event) for clock in one.service.clocks]
        )
        area = event[one.service.fields.area]
        assert one.service.is_leaf(area, placed_day(one.service, event))
        assert placed_day(one.service, event).year == 2024
    assert all(left.at <= right.at for left, right in pairwise(emissions))
    assert list(year(2024, seed=seed, world=world(one, per_cell=15))) == emissions


@slow
@given(one=declared_services(), seed=st.integers(0, 2**32), stormy=st.booleans())
def test_live_events_are_the_services_too(one: Declared, seed: int, stormy: bool) -> None:
    """The reader takes every live event, over a reform and in a storm, and most of them are measured at once."""
    read, made = reader(one.service), world(one)
    start = datetime(2024, REFORM.month, REFORM.day, tzinfo=UTC) - timedelta(hours=2)
    scenario = storm(made.stormy(start)) if stormy else NORMAL
    emissions = list(islice(live(start=start, rate_per_minute=2, scenario=scenario, seed=seed, world=made), 600))
    for emission in emissions:
        read.read(emission.value, emission.at.timestamp())
    final = final_states(one.service, decoded(emissions), json.loads)
    assert sum(clock_seconds(one.service.clocks[0], event) is not None for event in final) > 0.6 * len(final)


AMBULANCE = Service(
    "ambulance",
    areas=(Area("england"), Area("east", "england"), Area("west", "england")),
    categories=(Category("c1"), Category("c2")),
    clocks=(
        Clock(
            "response",
            (Moment("coded_at"), Moment("sent_at"), Moment("connected_at", 240.0)),
            (Moment("on_scene_at"),),
        ),
        Clock("answer", (Moment("rang_at"),), (Moment("connected_at"),)),
        Clock("handover", (Moment("hospital_at"),), (Moment("handed_over_at"),)),
    ),
    objectives=(
        Objective("mean", None, clock="response"),
        Objective("p90", 90, clock="response"),
        Objective("answered", 95, clock="answer"),
        Objective("handed-over", 65, clock="handover"),
    ),
)
TABLE = {
    (area, category): {"mean": mean, "p90": p90, "answered": 10.0, "handed-over": 900.0}
    for area in ("east", "west")
    for category, mean, p90 in (("c1", 420.0, 900.0), ("c2", 1080.0, 2400.0))
}
ENGLAND = Declared(AMBULANCE, Targets([TargetSet(date(2020, 1, 1), "a standard", TABLE)]))


def test_instants_come_in_a_plausible_order_over_all_clocks() -> None:
    """A call rings, is answered, coded, help is sent and arrives; then comes the hospital, and the handing over."""
    order = ["rang_at", "connected_at", "coded_at", "sent_at", "on_scene_at", "hospital_at", "handed_over_at"]
    for event in final_states(AMBULANCE, decoded(list(year(2024, seed=1, world=world(ENGLAND)))), json.loads):
        told = [datetime.fromisoformat(event[name]) for name in order if event[name] is not None]
        assert told == sorted(told)


def test_caps_are_reached_and_instants_lack() -> None:
    """Of the instants of which the earliest counts each decides for some missions, the capped one too; some lack."""
    final = final_states(AMBULANCE, decoded(list(year(2024, seed=1, world=world(ENGLAND)))), json.loads)
    decides = set()
    for event in final:
        begin = moment_of(AMBULANCE.clocks[0].begin, event)
        decides |= {one.field for one in AMBULANCE.clocks[0].begin if begin and moment_of([one], event) == begin}
    assert decides == {"coded_at", "sent_at", "connected_at"}
    assert {name for event in final for name in event if name.endswith("_at") and event[name] is None} >= {
        "coded_at", "sent_at", "on_scene_at", "handed_over_at"
    }  # fmt: skip


@pytest.mark.parametrize("meets", [0.0, 0.5, 1.0])
def test_a_history_keeps_its_verdicts_although_its_end_is_not_told_yet(meets: float) -> None:
    """Missions under way and mistakes not yet corrected do not turn what was asked for."""
    made = world(ENGLAND, meets=meets, per_cell=700)
    emissions = list(history(end=datetime(2025, 3, 1, tzinfo=UTC), days=120, seed=5, world=made))
    measured = values(AMBULANCE, final_states(AMBULANCE, decoded(emissions), json.loads))
    for cell in made.cells_on(date(2025, 1, 1)):
        assert isinstance(cell, DeclaredCell)
        for slug, threshold in TABLE[cell.area, cell.category].items():
            objective = AMBULANCE.objective(slug)
            found = measured[cell.area, cell.category, objective.clock]
            assert reaches(found, objective, threshold) is cell.reach


def test_volumes_belong_to_the_service_and_not_to_the_seed() -> None:
    """As many missions as asked for, in the same places for any seed; other areas have other volumes."""
    made = world(ENGLAND, per_cell=100)
    cells = made.cells_on(date(2024, 1, 1))
    assert sum(cell.missions for cell in cells) == pytest.approx(400)
    assert len({round(cell.missions) for cell in cells}) == 4
    counts = [
        {key: len(found) for key, found in values(AMBULANCE, final_states(
            AMBULANCE, decoded(list(year(2024, seed=seed, world=made))), json.loads)).items() if key[2] == "answer"}
        for seed in (1, 2)
    ]  # fmt: skip
    assert counts[0].keys() == counts[1].keys()
    assert all(counts[0][key] == pytest.approx(counts[1][key], abs=6) for key in counts[0])


ENGINES = Service(
    "engines",
    areas=(Area("city"), Area("north", "city"), Area("south", "city")),
    categories=(Category("one"), Category("two")),
    clocks=tuple(Clock(name, (Moment("sent_at"),), (Moment(f"{name}_at"),)) for name in ("first", "second", "third")),
    objectives=(
        Objective("first-mean", None, clock="first"),
        Objective("second-mean", None, clock="second"),
        Objective("third-p90", 90, clock="third"),
    ),
    fields=Fields(fold=(("second_at", take_of("nth(2) of first_at", INSTANT)),)),
)


def in_turn(service: Service, targets: Targets, order: list[str]) -> None:
    """Of each mission, what is told of these instants is told of later ones later, or at once."""
    made = world(Declared(service, targets), per_cell=40)
    told = 0
    for event in final_states(service, decoded(list(year(2024, seed=3, world=made))), json.loads):
        found = [datetime.fromisoformat(event[name]) for name in order if event.get(name) is not None]
        assert found == sorted(found), event
        told += len(found) == len(order)
    assert told


def test_what_is_judged_in_one_category_comes_no_sooner_in_the_others() -> None:
    """The second and third engine are late where they are judged: where they are not, they do not come first."""
    one = {(area, "one"): {"first-mean": 360.0} for area in ("north", "south")}
    two = {(area, "two"): {"first-mean": 360.0, "second-mean": 480.0, "third-p90": 900.0} for area in ("north",)}
    in_turn(
        ENGINES,
        Targets([TargetSet(date(2020, 1, 1), "", one | two)]),
        ["sent_at", "first_at", "second_at", "third_at"],
    )


def test_the_second_of_an_instant_comes_after_the_first_whatever_the_thresholds_say() -> None:
    """A threshold for the second engine that is shorter than that of the first one, in a service that folds rows."""
    table = {series: {"first-mean": 600.0, "second-mean": 200.0} for series in ENGINES.told_series}
    in_turn(ENGINES, Targets([TargetSet(date(2020, 1, 1), "", table)]), ["sent_at", "first_at", "second_at"])


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("london-fire", ["mobilised_at", "first_at", "second_at"]),
        ("nfpa-1710", ["ringing_at", "answered_at", "alerted_at", "enroute_at", "on_scene_at", "full_alarm_at"]),
    ],
)
def test_stages_of_a_preset_come_in_the_order_of_the_work(name: str, order: list[str]) -> None:
    """In every category, also in those in which a later stage has no threshold."""
    conf = load(service=name)
    in_turn(conf.service, conf.targets, order)

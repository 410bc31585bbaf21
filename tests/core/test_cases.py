"""Two standards that are not the police's, declared by hand: from their events to the verdicts that are wanted."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Period
from monitor.core.history import History
from monitor.core.mission import Mission
from monitor.core.reader import EventReader
from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.snapshot import Row, over_period
from monitor.core.stored import Head, StoredDay
from monitor.core.targets import Targets, TargetSet

CASES = Path(__file__).parents[1] / "cases"
YEAR = Period("2024", "year", date(2024, 1, 1), date(2025, 1, 1))
CLOSED = 1.8e9
"""Some years later (epoch seconds)."""


def clock(slug: str, begin: str, end: str) -> Clock:
    return Clock(slug, (Moment(begin),), (Moment(end),))


NHS = Service(
    "nhs",
    areas=(Area("england"), Area("london", "england"), Area("north-east", "england")),
    categories=(*(Category(f"c{number}", "all") for number in range(1, 5)), Category("all")),
    clocks=(clock("response", "ringing_at", "on_scene_at"),),
    objectives=(Objective("mean", None), Objective("p90", 90, Duty.PAGE)),
    fields=Fields(area="district", category="settlement", eligible="urgent"),
)
NHS_SECONDS = {
    "c1": {"mean": 420.0, "p90": 900.0},
    "c2": {"mean": 1080.0, "p90": 2400.0},
    "c3": {"p90": 7200.0},
    "c4": {"p90": 10800.0},
}
NFPA = Service(
    "nfpa",
    areas=(Area("city"),),
    categories=(Category("all"), *(Category(f"p{number}", "all") for number in range(1, 4))),
    clocks=(
        clock("total", "called_at", "on_scene_at"),
        clock("call_handling", "called_at", "dispatched_at"),
        clock("turnout", "dispatched_at", "enroute_at"),
        clock("travel", "enroute_at", "on_scene_at"),
    ),
    objectives=tuple(Objective(slug, 90, clock=slug) for slug in ("call_handling", "turnout", "travel", "total")),
    fields=Fields(category="priority"),
)
NFPA_SECONDS = {"all": {"call_handling": 60.0, "turnout": 60.0, "travel": 240.0}}


def year_of(
    case: str, service: Service, seconds: Mapping[str, Mapping[str, float]], zone: str
) -> tuple[dict[tuple[str, str], Row], dict[str, dict[str, object]]]:
    """The rows of 2024, and what is wanted of them."""
    grid = Grid(ZoneInfo(zone))
    targets = {(area, category): table for area in service.judged_areas for category, table in seconds.items()}
    history = History(grid, Targets([TargetSet(date(2020, 1, 1), "case", targets)]), service)
    reader, days = EventReader(service, grid), dict[int, dict[str, Mission]]()
    for line in (CASES / case / "events.jsonl").read_bytes().splitlines():
        mission = reader.read(line, None)
        days.setdefault(grid.day_of(mission.placed_at), {})[mission.mission_id] = mission
    head = Head(
        next_offset=1, slice_seconds=grid.seconds, zone=zone, series=[*service.told_series],
        clocks=[*service.clock_slugs],
    )  # fmt: skip
    for day, missions in days.items():
        history.put_day(0, head, day, StoredDay(missions))
    rows = over_period(history, YEAR, now=CLOSED, abandoned_after_seconds=86_400.0)
    expected = json.loads((CASES / case / "expected.json").read_text())
    return {(row.area, row.category): row for row in rows}, expected


def test_the_ambulances_of_england_are_judged_by_a_mean_and_a_centile() -> None:
    """Category 1 and 2 by both, 3 and 4 by the 90th centile alone, which has no threshold where none is set."""
    rows, expected = year_of("nhs-categories-mean-90", NHS, NHS_SECONDS, "Europe/London")
    for category, wanted in expected["wanted"].items():
        row = rows["england", category]
        assert row.figures.values["mean"] == pytest.approx(wanted["mean_seconds"], abs=0.001)
        assert row.figures.values["p90"] == wanted["p90_seconds"]
        told = {slug: verdict.state.value for slug, verdict in row.verdicts.items()}
        assert told == {"mean": wanted.get("mean", "no_target"), "p90": wanted["p90"]}
    for cell, figures in expected["cells"].items():
        area, category = cell.split("/")
        row = rows["england" if area == "*" else area, "all" if category == "*" else category]
        assert row.figures.first.measured == figures["measured"]
        assert row.figures.values["p90"] == figures["p90_seconds"]
        assert row.figures.values["mean"] == pytest.approx(figures["mean_seconds"], abs=0.001)
    spare = rows["england", "c1"].verdicts["mean"].spare_seconds
    assert spare == 10 * 420 - 4503


def test_the_stages_of_a_call_are_each_judged_by_their_own_clock() -> None:
    """A call without an arrival has its handling judged all the same; each stage knows what it lacks."""
    rows, expected = year_of("stages-nfpa-1710", NFPA, NFPA_SECONDS, "America/New_York")
    row = rows["city", "all"]
    for stage, wanted in expected["wanted"].items():
        assert row.figures.clocks[stage].measured == wanted["measured"]
        assert row.figures.clocks[stage].unmeasured_total == wanted["unmeasured"]
        assert row.figures.values[stage] == wanted["p90_seconds"]
        verdict = row.verdicts[stage]
        if "limit" in wanted:
            assert (verdict.within, verdict.state) == (wanted["within"], wanted["verdict at 90 %"])
        else:
            assert verdict.state == "no_target"

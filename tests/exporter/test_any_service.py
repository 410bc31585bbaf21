"""A service of another kind, from its events to metrics, board and API: two clocks, a mean, pools in both trees."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
import pytest

from monitor.core.calendar import Calendar
from monitor.core.service import Area, Category, Clock, Duty, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.targets import Targets, TargetSet
from monitor.exporter.compliance import Answer
from monitor.report.drawing_up import draw_up
from monitor.report.formats import as_json
from monitor.settings import Configuration, ExporterSettings, Settings
from tests.eventually import wait_until
from tests.exporter.serving import served, status_is
from tests.exporter.world import DAY, NOW, World, missions

BRIGADE = Service(
    "brigade",
    areas=(Area("all"), Area("north", "all"), Area("one", "north"), Area("two", "north"), Area("south", "all")),
    categories=(Category("any"), Category("fire", "any"), Category("rescue", "any")),
    clocks=(
        Clock("response", (Moment("called_at"),), (Moment("there_at"),), 7200.0),
        Clock("answer", (Moment("called_at"),), (Moment("answered_at"),), 600.0),
    ),
    objectives=(
        Objective("mean", None, Duty.TICKET),
        Objective("ninety", 90, Duty.PAGE),
        Objective("answered", 95, Duty.SHOW, "answer"),
    ),
    fields=Fields(area="station", category="reason"),
)


def configuration() -> Configuration:
    """Mean 10 and P90 15 minutes, answered within 20 s; the pool of the north is judged by the mean alone."""
    limits = {"mean": 600.0, "ninety": 900.0, "answered": 20.0}
    targets = {series: limits for series in BRIGADE.judged_series if series[0] != "north"}
    targets |= {("north", category): {"mean": 480.0} for category in BRIGADE.judged_categories}
    one = TargetSet(valid_from=date(2020, 1, 1), source="test", targets=targets)
    settings = Settings(exporter=ExporterSettings(refresh_seconds=600.0))
    return Configuration(settings, Targets([one]), Grid(ZoneInfo("Europe/London")), BRIGADE)


def events() -> Iterator[dict[str, object]]:
    """Ten fires at `one`, 8 min each, one 20; five rescues at `two`, none answered, one ends before it begins."""

    def moment(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat()

    for number in range(10):
        called = NOW - 3600.0 - number * 1800.0
        took = 1200.0 if number == 0 else 480.0
        yield {
            "mission_id": f"f-{number}", "station": "one", "reason": "fire", "status": "closed",
            "called_at": moment(called), "answered_at": moment(called + 10.0), "there_at": moment(called + took),
        }  # fmt: skip
    for number in range(5):
        called = NOW - 5000.0 - number * DAY
        yield {
            "mission_id": f"r-{number}", "station": "two", "reason": "rescue", "status": "closed",
            "called_at": moment(called), "there_at": moment(called + (300.0 if number else -60.0)),
        }  # fmt: skip


@pytest.fixture
async def world() -> World:
    """The brigade's missions as a worker has stored them."""
    world = World()
    world.configuration = configuration()
    await world.tell(list(events()))
    return world


async def test_clocks_causes_and_pools_are_told(world: World) -> None:
    """By clock and cause, in the leaf, in the pools of both trees and in the root; each judged by its own targets."""
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        found = msgspec.json.decode((await get("/api/v1/compliance"))[1], type=Answer)
        _, metrics, _ = await get("/metrics")
        _, board, _ = await get("/")
        _, page, _ = await get("/area/north")
    rows = {(row.area, row.category): row for row in found.rows or () if row.window == "28d"}
    fire, rescue, north, whole = (
        rows[series] for series in (("one", "fire"), ("two", "rescue"), ("north", "any"), ("all", "any"))
    )
    assert (fire.clocks["response"].measured, fire.clocks["answer"].measured) == (10, 10)
    assert rescue.clocks["response"].unmeasured_by_cause == {"negative": 1}
    assert rescue.clocks["answer"].unmeasured_by_cause == {"no_end": 5}
    mean, ninety, answered = (fire.objectives[slug] for slug in ("mean", "ninety", "answered"))
    assert (mean.value_seconds, mean.state, mean.spare_seconds) == (552.0, "met", 480.0)
    assert (ninety.value_seconds, ninety.state, ninety.within) == (480.0, "met", 9)
    assert (answered.value_seconds, answered.state, answered.judged) == (10.0, "met", 10)
    for pool in (north, whole):
        assert (pool.clocks["response"].measured, pool.clocks["answer"].measured) == (14, 10)
        assert pool.objectives["mean"].value_seconds == (10 * 552.0 + 4 * 300.0) / 14
    assert (north.objectives["mean"].state, north.objectives["ninety"].state) == ("met", "no_target")
    assert whole.objectives["ninety"].state == "met"
    assert [row.objectives["ninety"].state for row in found.rows or () if row.area == "south"] == ["no_data"] * 27
    labels = 'area="one",category="fire",objective="mean",service="brigade",window="month"'
    assert f"response_spare_seconds{{{labels}}} 480.0\n" in metrics
    labels = 'area="two",category="rescue",cause="negative",clock="response",service="brigade",window="28d"'
    assert f"response_missions_unmeasured_by_cause{{{labels}}} 1.0\n" in metrics
    assert 'response_area_info{area="one",kind="leaf",name="one",service="brigade",within="north"} 1.0\n' in metrics
    objective = 'clock="response",duty="ticket",objective="mean",percentile="",service="brigade",statistic="mean"'
    assert f"response_objective_info{{{objective}}} 1.0\n" in metrics
    assert 'id="c-one-fire"' in board
    assert 'id="w-any_mean-28d"' in page
    assert "end before begin 1" in page


@pytest.mark.parametrize("period", ["2024", "2024-06", "2024-T1"])
@pytest.mark.parametrize("kind", ["police", "brigade"])
async def test_rows_of_a_period_are_those_of_the_report(kind: str, period: str, world: World) -> None:
    """Figure by figure, the period before included: one form, whoever tells it."""
    if kind == "police":
        world = World(refresh_seconds=600.0)
        await world.tell([*missions(9, late=2), *missions(4, late=4, name="old", rang=NOW - 30 * DAY)])
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        found = json.loads((await get(f"/api/v1/periods/{period}"))[1])
    refresh = world.refresh()
    await refresh._read()
    report = await refresh.ask(
        partial(
            draw_up, period=Calendar().period(period), now=NOW,
            abandoned_after_seconds=world.configuration.service.longest_seconds, silent_after_seconds=21_600.0,
        )
    )  # fmt: skip
    refresh.close()
    told = json.loads(as_json(report))
    assert found["rows"] == told["rows"]
    assert found["previous_period"] == told["previous_period"]

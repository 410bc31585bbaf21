"""Live missions: the asked rate, figures that move at once, and a storm that stays where it is."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Calendar
from monitor.core.reader import EventReader
from monitor.core.slices import Grid
from monitor.simulator import NORMAL, Emission, Scenario, history, live, paced, storm
from monitor.simulator.calibration import PublishedCell, published
from tests.presets import police
from tests.simulator import recount

START = datetime(2025, 5, 2, 18, 0, tzinfo=UTC)
FOREVER = START + timedelta(days=365)
MEDIANS = {
    (cell.area, cell.category): cell.p50
    for cell in published().cells_on(START.date())
    if isinstance(cell, PublishedCell)
}


def run(
    hours: float, *, scenario: Scenario = NORMAL, rate: float = 100.0, storm_after: timedelta | None = None
) -> list[Emission]:
    stream = live(start=START, rate_per_minute=rate, scenario=scenario, seed=3, storm_after=storm_after)
    return list(takewhile(lambda one: one.at < START + timedelta(hours=hours), stream))


def slowness(emissions: list[Emission], *, since: datetime = START, until: datetime = FOREVER) -> dict[str, float]:
    """Per district: the median of response time over its cell's median, of missions first heard of in a span."""
    first: dict[str, datetime] = {}
    for one in emissions:
        first.setdefault(one.key, one.at)
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for one in recount.final_states(recount.read(emissions)).values():
        if recount.is_measured(one) and since <= first[one["mission_id"]] < until:
            place = one["district"], one["settlement"]
            ratios[one["district"]].append(recount.response_minutes(one) / MEDIANS[place])
    return {district: recount.nearest_rank(values, 50) for district, values in ratios.items()}


def test_urgent_missions_come_at_the_asked_rate() -> None:
    """The rate counts new urgent missions of the whole country, routine ones come on top."""
    final = recount.final_states(recount.read(run(2))).values()
    urgent = sum(one["urgent"] for one in final)
    assert urgent == pytest.approx(100 * 120, rel=0.04)
    assert sum(not one["urgent"] for one in final) > 1_000


def test_most_missions_are_measured_within_seconds() -> None:
    """A viewer need not wait for a response time: it lies in the past when the mission appears."""
    emissions = run(0.05)
    measured = sum(recount.is_measured(one) for one in recount.final_states(recount.read(emissions)).values())
    assert measured > 100 * 3 * 0.7


def test_a_few_missions_are_really_in_progress() -> None:
    """Some ring as they appear and take their whole time, so that the open ones can be watched."""
    emissions = run(1)
    first = {one.key: (one.at, snapshot) for one, snapshot in
             reversed(list(zip(emissions, recount.read(emissions), strict=True)))}  # fmt: skip
    fresh = [
        at - datetime.fromisoformat(one["ringing_at"]) < timedelta(seconds=30)
        for at, one in first.values()
        if one["urgent"] and one["status"] == "open" and one["ringing_at"]
    ]
    assert 0.005 < sum(fresh) / len(fresh) < 0.06


def test_live_events_keep_the_contract_and_the_order() -> None:
    """The core reads every live event, none from the future, and delivery times never go back."""
    reader = EventReader(police(), Grid(ZoneInfo("Europe/Oslo"), 3600.0, Calendar()))
    emissions = run(1, scenario=storm("vest"))
    for one in emissions:
        reader.read(one.value, one.at.timestamp())
    for one, event in zip(emissions, recount.read(emissions), strict=True):
        times = (event.get(name) for name in ("ringing_at", "dispatched_at", "on_scene_at", "recorded_at"))
        assert all(datetime.fromisoformat(text) <= one.at for text in times if text)
    assert all(left.at <= right.at for left, right in pairwise(emissions))


def test_the_figures_of_normal_days_are_the_calibrated_ones() -> None:
    """Without a storm each district's median is its calibrated one, within chance."""
    ratios = slowness(run(3))
    assert len(ratios) == 12
    assert all(ratio == pytest.approx(1.0, abs=0.15) for ratio in ratios.values())


@pytest.mark.parametrize("district", ["vest", "finnmark"])
def test_a_storm_slows_only_its_district(district: str) -> None:
    """The district's response times double and more; all others stay as they were."""
    ratios = slowness(run(3, scenario=storm(district)))
    assert ratios.pop(district) == pytest.approx(2.2, rel=0.1)
    assert len(ratios) == 11
    assert all(ratio == pytest.approx(1.0, abs=0.2) for ratio in ratios.values())


def test_a_storm_begins_when_told() -> None:
    """Before storm_after the district is as fast as ever, and slow from then on."""
    emissions = run(4, scenario=storm("vest"), storm_after=timedelta(hours=2))
    turn = START + timedelta(hours=2)
    assert slowness(emissions, until=turn)["vest"] == pytest.approx(1.0, abs=0.15)
    assert slowness(emissions, since=turn + timedelta(minutes=1))["vest"] == pytest.approx(2.2, rel=0.1)


@pytest.mark.parametrize(("scenario", "low", "high"), [(NORMAL, 0.10, 0.17), (storm("vest"), 0.25, 0.40)])
def test_a_storm_brings_its_district_more_missions(scenario: Scenario, low: float, high: float) -> None:
    """In a storm at least a quarter of the country's missions are in the district, normally a seventh."""
    final = [one for one in recount.final_states(recount.read(run(1, scenario=scenario))).values() if one["urgent"]]
    assert low < sum(one["district"] == "vest" for one in final) / len(final) < high


def test_a_live_run_is_repeatable_and_has_its_own_ids() -> None:
    """The same arguments give the same bytes; a later start gives ids of its own."""
    arguments = {"rate_per_minute": 5.0, "scenario": NORMAL, "seed": 1}
    once, again, later = (
        list(islice(live(start=start, **arguments), 500)) for start in (START, START, START + timedelta(seconds=1))
    )
    assert once == again
    past = history(end=START, days=3, seed=1)
    assert not {one.key for one in once} & {one.key for one in [*later, *past]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_per_minute": 0.0}, "rate above 0"),
        ({"rate_per_minute": float("nan")}, "rate above 0"),
        ({"scenario": storm("atlantis")}, "atlantis.*use one of.*vest"),
        ({"start": datetime(2025, 1, 1)}, "time zone"),  # noqa: DTZ001 - the mistake under test
    ],
)
def test_impossible_live_runs_are_refused_at_once(change: dict[str, object], message: str) -> None:
    """The mistake is named before the first event, not somewhere in the stream."""
    arguments = {"start": START, "rate_per_minute": 1.0, "scenario": NORMAL, "seed": 1} | change
    with pytest.raises(ValueError, match=message):
        live(**arguments)


async def test_paced_emissions_wait_for_their_time() -> None:
    """Each comes when it is due, past ones at once, and none after the end."""
    now, waits = START, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(seconds)
        now += timedelta(seconds=seconds)

    due = [Emission(START + timedelta(seconds=s), str(s), b"") for s in (-5, 0, 2, 2, 7, 30, 31)]
    seen = [
        (one.key, now) async for one in paced(due, now=lambda: now, until=START + timedelta(seconds=10), sleep=sleep)
    ]
    assert [key for key, _ in seen] == ["-5", "0", "2", "2", "7"]
    assert waits == [0, 0, 2, 0, 5, 3]
    assert now == START + timedelta(seconds=10)

"""`monitor history` says of a moment what an exporter said then, of what is known of the past, and nothing else."""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from math import inf

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from monitor import metrics
from monitor.core.history import History
from monitor.core.past import HOURLY_DAYS, Past
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.past.command import retold
from monitor.past.volumes import BLOCK_SECONDS, MOMENTS, Volume
from monitor.report.sources import from_lines
from monitor.settings import Configuration
from monitor.settings.sections import EventSettings
from monitor.wiring import empty_history, partition_policy, snapshot_terms
from tests.eventually import wait_until
from tests.exporter.serving import served, status_is
from tests.exporter.world import DAY, HOUR, World, event
from tests.grafana.services import FIRE, fire

NOW = World().clock.now
BEGINS = NOW - 60 * DAY
SILENCE = (NOW - 21 * DAY, NOW - 19 * DAY)
"""The feed stood still: nothing began."""
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def invented(number: int = 700) -> list[dict[str, object]]:
    """Missions of a sixty days, measured, late, unmeasured, excluded and open, the last a while ago."""
    chance = random.Random(5)  # noqa: S311 - invented missions
    made = []
    for place in range(number):
        rang = BEGINS + (NOW + 2 * HOUR - BEGINS) * place / number + chance.random() * HOUR
        if SILENCE[0] <= rang < SILENCE[1]:
            continue
        area, category = chance.choice(FIRE.told_series)
        kind = chance.random()
        changes: dict[str, object] = {"minutes": chance.choice((6.0, 9.5, 14.0, 19.0, 31.0))}
        if kind < 0.08:
            changes = {"minutes": None, "status": "closed"}
        elif kind < 0.12:
            changes = {"minutes": None}
        elif kind < 0.15:
            changes |= {"excluded": "exercise"}
        made.append(event(f"m-{place}", district=area, settlement=category, rang=rang, **changes))
    return made


EVENTS = invented()


def hurried() -> Configuration:
    """The fire service with six hours of silence declared: at so few missions they would be nothing."""
    found = fire()
    events = EventSettings(stale_after_seconds=21_600.0)
    return replace(found, settings=found.settings.model_copy(update={"events": events}))


@pytest.fixture(scope="module")
def configured() -> Configuration:
    return hurried()


@pytest.fixture(scope="module")
def volumes(configured: Configuration) -> list[Volume]:
    """The whole past, from the events as they are known at the end."""
    return list(retold(configured, known(configured, EVENTS), since=-inf, now=NOW))


def known(configured: Configuration, events: list[dict[str, object]]) -> History:
    history = empty_history(configured)
    refused = from_lines(
        history,
        partition_policy(configured, sealing=False),
        as_lines(events),
        now=NOW + DAY,
    )
    assert not refused
    return history


def as_lines(events: list[dict[str, object]]) -> list[bytes]:
    return [json.dumps(one).encode() for one in events]


def at(volumes: list[Volume], moment: float) -> Samples:
    """What is written of a moment."""
    (volume,) = [one for one in volumes if moment in moments([one])]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in openmetrics("".join(volume.lines()))
        for sample in family.samples
        if float(sample.timestamp) == moment
    }


def moments(volumes: list[Volume]) -> list[float]:
    """Those of the volumes: each of them has the same series."""
    objectives = metrics.RESPONSE_OBJECTIVE_INFO.name
    return [
        float(point.rpartition(" ")[2])
        for volume in volumes
        for point in next(iter(volume.points[objectives].values()))
    ]


async def scraped(moment: float) -> Samples:
    """What an exporter says whose clock stands at the moment, and which has heard of what had begun by then."""
    world = World(configured=hurried())
    world.clock.now = moment
    began = {one["mission_id"]: rang(one) for one in EVENTS}
    events = [one for one in EVENTS if began[one["mission_id"]] <= moment]
    await world.tell(events, at=max(began[one["mission_id"]] for one in events))
    async with served(world) as ask:
        await wait_until(lambda: status_is(ask, "/readyz", 200), "readiness")
        _, text, _ = await ask("/metrics")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in plain_text(text)
        for sample in family.samples
    }


def rang(one: dict[str, object]) -> float:
    return datetime.fromisoformat(str(one["ringing_at"])).timestamp()


@pytest.mark.parametrize("days", [0.0, 0.3, 8.0, 20.0, 40.0], ids=lambda days: f"{days:g} days ago")
async def test_history_is_what_an_exporter_said_then(days: float, volumes: list[Volume]) -> None:
    """Every series that tells of the past, with its value, and no other: of hours, days, and while the feed stood."""
    moment = max(one for one in moments(volumes) if one <= NOW - days * DAY)
    told, said = at(volumes, moment), await scraped(moment)
    past = {metric.name for metric in metrics.PAST}
    expected = {series: value for series, value in said.items() if series[0] in past}
    assert told.keys() == expected.keys()
    different = {
        series: (told[series], value)
        for series, value in expected.items()
        if told[series] != value and not (math.isnan(told[series]) and math.isnan(value))
    }
    assert different == {}
    verdicts = {value for (name, _), value in told.items() if name == metrics.RESPONSE_VERDICT.name}
    none = {float(metrics.VERDICTS[one, Evidence.NONE]) for one in (State.NO_DATA, State.NO_TARGET)}
    assert verdicts <= none if days == 20.0 else verdicts - none, "a silent feed has no verdict, any other has some"


def test_the_past_is_told_daily_and_its_last_week_hourly(volumes: list[Volume], configured: Configuration) -> None:
    """The last second of each local day since the first mission, then of each hour; nothing twice or to come."""
    told, grid = moments(volumes), configured.grid
    hourly = [one for one in told if one > NOW - HOURLY_DAYS * DAY]
    daily = told[: -len(hourly)]
    assert hourly == [NOW - 1 - HOUR * number for number in reversed(range(24 * HOURLY_DAYS))]
    assert daily == [grid.midnight(grid.day_of(one) + 1) - 1 for one in daily]
    first = grid.day_of(min(map(rang, EVENTS)))
    assert [grid.day_of(one) for one in daily] == list(range(first, first + len(daily)))
    assert hourly[0] - daily[-1] <= DAY


def test_what_is_known_no_more_is_left_out(volumes: list[Volume]) -> None:
    """What was in progress then has ended since, and the pipeline's own metrics are of the present alone."""
    told = {name for volume in volumes for name in volume.points}
    assert told == {metric.name for metric in metrics.PAST}
    assert not told & {"response_missions_open", "response_missions_overdue"}
    assert not [name for name in told if name.startswith("monitor_")]


def test_a_volume_is_bounded_and_shares_no_block_with_another(volumes: list[Volume]) -> None:
    """So that the memory needed does not grow with the past, and no block that is made overlaps another."""
    assert len(volumes) > 24 * HOURLY_DAYS // MOMENTS
    for volume in volumes:
        times = moments([volume])
        assert len(times) == volume.moments <= MOMENTS
        assert times[0] // BLOCK_SECONDS == times[-1] // BLOCK_SECONDS
    spans = [moments([volume]) for volume in volumes]
    assert all(one[-1] < other[0] for one, other in pairwise(spans))


def test_a_volume_is_openmetrics_by_itself(volumes: list[Volume]) -> None:
    """One place for each metric, points of a series together and in order, an end: the strict reader takes it."""
    volume = volumes[-1]
    text = "".join(volume.lines())
    families = list(openmetrics(text))
    assert text.endswith("# EOF\n")
    assert len({family.name for family in families}) == len(families)
    assert sum(len(family.samples) for family in families) == volume.samples


def test_a_mission_of_a_wrong_year_is_not_told_until_today(configured: Configuration) -> None:
    """It costs a year of days, and not all that lie between it and the others."""
    stray = event("stray", rang=NOW - 20 * 365 * DAY, district="hills", settlement="forest")
    told = Past(known(configured, [stray, *EVENTS[-5:]]), snapshot_terms(configured)).moments(NOW)
    assert 365 <= len([one for one in told if one < NOW - 8 * DAY]) <= 367


def test_sealed_days_are_judged_at_their_ends_as_if_each_mission_were_known(configured: Configuration) -> None:
    """Of days of which only sums are left: every count and verdict of periods, and a feed that is taken to live."""
    policy = replace(partition_policy(configured), horizon_seconds=20 * DAY, roll_up_seconds=22 * DAY)
    sealed = empty_history(configured)
    from_lines(sealed, policy, as_lines(EVENTS), now=NOW + DAY)
    assert sealed.timeline("county", "any").newest_sealed_at(NOW) is not None
    terms = snapshot_terms(configured)
    terms = replace(terms, windows=[one for one in terms.windows if one.calendar])
    exact, sums = Past(known(configured, EVENTS), terms), Past(sealed, terms)
    grid = configured.grid
    for days in (55, 41, 30, 25):
        moment = grid.midnight(grid.day_of(NOW) - days) - 1
        ours, theirs = sums.at(moment), exact.at(moment)
        assert not ours.stale
        for one, other in zip(ours.rows, theirs.rows, strict=True):
            assert one.figures.counts == other.figures.counts
            assert {slug: verdict.state for slug, verdict in one.verdicts.items()} == {
                slug: verdict.state for slug, verdict in other.verdicts.items()
            }


def test_nothing_is_told_of_nothing(configured: Configuration) -> None:
    """Without a mission there is no past."""
    assert list(retold(configured, empty_history(configured), since=-inf, now=NOW)) == []

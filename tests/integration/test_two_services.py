"""Two services on one broker and one Redis: neither sees, stops or counts anything of the other's.

The police and England's ambulances: other fields in their events, other areas, categories, clocks and objectives.
Each has a topic, a dead-letter topic, a group and a place in the store of its own, as docs/operations.md says.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from monitor import metrics
from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from tests.eventually import wait_until
from tests.integration.station import Broker, Record, Station, event
from tests.integration.test_exporter_follows import Samples, read_samples

POLICE = "norwegian-police"
AMBULANCES = "england-ambulance"

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: where it stands, and where its exporter answers."""

    service: str
    station: Station
    port: int

    def begin(self) -> None:
        """Start its worker and exporter."""
        self.station.worker()
        self.station.start("exporter", "--port", str(self.port), name="exporter")

    async def counts(self, missions: int) -> None:
        """Wait until its exporter tells of so many missions, and no others."""

        async def told() -> bool:
            return counted(await read_samples(self.port)) == missions

        await wait_until(told, f"{missions} missions\n{self.station.logs()}", timeout_seconds=90)

    async def rows(self) -> list[dict[str, Any]]:
        """Its report of 2024."""
        rows: list[dict[str, Any]] = json.loads(await self.station.report("2024"))["rows"]
        return rows


def counted(samples: Samples) -> float:
    """Missions that were new, whatever the service."""
    new = ("outcome", "new")
    return sum(value for (name, labels), value in samples.items() if name == metrics.EVENTS.name and new in labels)


def ambulance(mission: str, **changes: object) -> Record:
    """A category 2 call in London, reached after twelve minutes."""
    snapshot: dict[str, object] = {
        "mission_id": mission,
        "revision": 1,
        "trust": "london",
        "category": "c2",
        "status": "closed",
        "connected_at": "2024-05-01T12:00:00+01:00",
        "coded_at": "2024-05-01T12:01:00+01:00",
        "on_scene_at": "2024-05-01T12:13:00+01:00",
    }
    return mission.encode(), json.dumps(snapshot | changes).encode()


@pytest.fixture
async def sides(
    embedded_broker: Broker, redis_7: EmbeddedRedis, topic: str, tmp_path: Path
) -> AsyncIterator[tuple[Side, Side]]:
    """Both, on the same servers; nothing runs yet."""
    made = []
    for service in (POLICE, AMBULANCES):
        folder = tmp_path / service
        folder.mkdir()
        station = Station(embedded_broker, redis_7.url, f"{topic}-{service}", folder, SERVICE=service)
        made.append(Side(service, await station.open(), free_port()))
    yield made[0], made[1]
    for side in made:
        await side.station.close()


async def stored_keys(server: EmbeddedRedis) -> set[str]:
    """Every key of a station's store; other tests leave theirs."""
    async with Redis.from_url(server.url) as redis:
        return {key.decode() async for key in redis.scan_iter(match="*station*")}


async def test_neither_service_sees_the_missions_of_the_other(
    sides: tuple[Side, Side], redis_7: EmbeddedRedis
) -> None:
    """Figures, metrics, dead letters and stored keys are of one service each; one that ends stops nothing there."""
    police, ambulances = sides
    left_by_others = await stored_keys(redis_7)
    for side in sides:
        side.begin()
    # The same ids in both: an identity is a service's own.
    await police.station.produce([*(event(f"m-{number}") for number in range(5)), (b"bad", b"no JSON")])
    await ambulances.station.produce([*(ambulance(f"m-{number}") for number in range(3)), event("m-9")])
    await asyncio.gather(police.counts(5), ambulances.counts(3))

    for side in sides:
        samples = await read_samples(side.port)
        assert {value for _, labels in samples for name, value in labels if name == "service"} == {side.service}
    areas = {side.service: {row["area"] for row in await side.rows()} for side in sides}
    assert areas[POLICE].isdisjoint(areas[AMBULANCES])
    told = {
        side.service: sum(
            next(iter(row["clocks"].values()))["measured"] for row in await side.rows() if row["area"] == area
        )
        for side, area in ((police, "oslo"), (ambulances, "london"))
    }
    assert told[POLICE] == 5
    assert told[AMBULANCES] == 3 * 2, "in its category, and in the pool of all categories"

    letters = {side.service: [one["reason"] for one in await side.station.dead_letters()] for side in sides}
    assert letters[POLICE] == ["malformed_json"]
    assert len(letters[AMBULANCES]) == 1, "an event of the police is none of an ambulance"

    keys = await stored_keys(redis_7) - left_by_others
    for side in sides:
        own = {key for key in keys if f"station:{side.station.topic}" in key}
        assert own
        keys -= own
    assert keys == set(), "what belongs to neither"

    worker, _ = police.station.children
    assert await worker.stopped() == 0
    await police.station.produce([event("late")])
    await ambulances.station.produce([ambulance("another")])
    await ambulances.counts(4)
    assert counted(await read_samples(police.port)) == 5

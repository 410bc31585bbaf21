"""A service that has nothing in common with the police, through Kafka, workers, Redis and exporter."""

import asyncio
import json
import signal
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from monitor.settings import load
from monitor.simulator import world_of, year
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Record, Station
from tests.presets import CONFIG
from tests.servers.kafka import ApacheKafka

SERVICE = Path(__file__).parent / "services" / "coast-rescue"

pytestmark = pytest.mark.integration


@pytest.fixture
async def coast(
    apache_kafka: ApacheKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path
) -> AsyncIterator[Station]:
    """A station that counts for this service."""
    station = await Station(apache_kafka, redis_7.url, topic, tmp_path, SERVICE=str(SERVICE)).open()
    yield station
    await station.close()


@pytest.fixture(scope="module")
def events() -> list[Record]:
    """Its year, which begins in July and has a reform in December."""
    return events_of(missions=4000)


def events_of(*, missions: int) -> list[Record]:
    """A year of so many missions."""
    world = world_of(load(CONFIG, service=str(SERVICE)), meets=0.5, missions=missions)
    return [(one.key.encode(), one.value) for one in year(2024, seed=3, world=world)]


async def test_the_streamed_year_equals_the_year_from_the_file(
    coast: Station, events: list[Record], tmp_path: Path
) -> None:
    """Two workers, one killed half way: the same bytes, the same rows from the exporter, and no dead letter."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join((value or b"") + b"\n" for _, value in events))
    serving = free_port()
    first, second = coast.worker("first"), coast.worker("second")
    coast.start("exporter", "--port", str(serving), name="exporter")
    await coast.owning(first, second)
    half = len(events) // 2
    await coast.produce(events[:half])
    await coast.all_stored(half)
    first.signal(signal.SIGKILL)
    await coast.produce(events[half:])
    coast.worker("again")
    await coast.all_stored(len(events))

    from_file = await coast.report("2024", "--events", str(file))
    assert await coast.report("2024") == from_file
    assert await coast.dead_letters() == []
    told = json.loads(from_file)
    require_everything_declared(told["rows"])

    async def served() -> dict[str, Any]:
        return await asyncio.to_thread(_read, f"http://127.0.0.1:{serving}/api/v1/periods/2024")

    async def caught_up() -> bool:
        return bool((await served())["rows"] == told["rows"])

    await wait_until(caught_up, "the exporter to tell the report's rows", timeout_seconds=READY_SECONDS)
    assert (await served())["service"] == "coast-rescue"


async def test_what_decides_survives_sealing(coast: Station, tmp_path: Path) -> None:
    """With three months kept as missions, the year is mostly sealed sums and sketches: everything told of it stays.

    No day of a partition and series has more values than its sketch holds one by one, so percentiles are exact, too.
    """
    events = events_of(missions=16_000)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join((value or b"") + b"\n" for _, value in events))
    exact = json.loads(await coast.report("2024", "--events", str(file)))["rows"]
    coast.settings["MONITOR_LEDGER__HORIZON_DAYS"] = "90"
    await coast.owning(coast.worker())
    await coast.produce(events)
    await coast.all_stored(len(events))
    sealed = json.loads(await coast.report("2024"))["rows"]
    assert [decided(row) for row in sealed] == [decided(row) for row in exact]
    assert await coast.dead_letters() == []
    by_statistic = {(one["statistic"], one["exact"]) for row in sealed for one in row["objectives"].values()}
    assert by_statistic == {("mean", True), ("percentile", True)}


def decided(row: dict[str, Any]) -> object:
    """What a row counts, what decides its verdicts, and the values that are held against the targets."""
    objectives = {
        slug: [one[name] for name in ("judged", "within", "state", "late_budget", "target_seconds", "value_seconds")]
        for slug, one in row["objectives"].items()
    }
    return row["area"], row["category"], row["excluded"], row["clocks"], objectives


def require_everything_declared(rows: list[dict[str, Any]]) -> None:
    """Every area and category in the service's order, each clock and objective, and verdicts of all kinds."""
    service = load(CONFIG, service=str(SERVICE)).service
    assert [(row["area"], row["category"]) for row in rows] == list(service.judged_series)
    for row in rows:
        assert list(row["clocks"]) == ["turnout", "answer", "at-sea"]
        assert list(row["objectives"]) == ["answered", "off", "mean-at-sea"]
        assert row["objectives"]["answered"]["percentile"] == 97.5
        assert row["objectives"]["mean-at-sea"]["statistic"] == "mean"
    pooled = {(row["area"], row["category"]): row["clocks"]["answer"]["measured"] for row in rows}
    assert pooled["coast", "any"] == sum(
        pooled[area, category]
        for area in ("cape", "bay", "inner-bay", "outer-bay")
        for category in ("grave", "light")
    )
    assert pooled["bay", "grave"] > 0
    assert pooled["outer-bay", "grave"] > 0
    states = {one["state"] for row in rows for one in row["objectives"].values()}
    assert states == {"met", "missed", "no_target"}


def _read(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a loopback address
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {"rows": None}

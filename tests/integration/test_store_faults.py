"""The store goes away, comes back, or comes back empty, while events flow: the worker waits and goes on by itself."""

import asyncio
import signal
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from monitor.metrics import SERVICE
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Record, Station, event, measured_of

EVENTS = 20_000

pytestmark = pytest.mark.integration


@pytest.fixture
def events(events_of_2024: list[Record], tmp_path: Path) -> list[Record]:
    """Part of the year, also as the file `events`."""
    part = events_of_2024[:EVENTS]
    (tmp_path / "events").write_bytes(b"\n".join(value or b"" for _, value in part))
    return part


def samples(port: int) -> dict[tuple[str, ...], float]:
    """The worker's own metrics: (name, label values but the service …) → value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *(one for label, one in sample.labels.items() if label != SERVICE)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def equal_to_the_file(station: Station) -> None:
    """The store's report is that of the file."""
    straight = await station.report("2024", "--events", str(station.directory / "events"))
    assert await station.report("2024") == straight


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_a_worker_waits_for_the_store_and_goes_on_without_loss(
    durable_station: Station, durable_redis: EmbeddedRedis, events: list[Record], how: str
) -> None:
    """Killed and started again, or frozen and thawed, in the midst of events: same process, same figures."""
    redis, station = durable_redis, durable_station
    worker = station.worker()
    await station.owning(worker)
    sending = asyncio.create_task(station.produce(events, rate=8_000))

    async def some() -> bool:
        return await station.stored() > EVENTS / 5

    await wait_until(some, "the first events to be stored", timeout_seconds=READY_SECONDS)
    assert redis.child is not None
    redis.child.signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
    await wait_until(
        lambda: "checkpoint waits" in station.log("worker"), "the worker to notice", timeout_seconds=READY_SECONDS
    )
    sent = await sending
    if how == "killed":
        redis.kill()
        await redis.start()
    else:
        redis.child.signal(signal.SIGCONT)
    await station.all_stored(sent)
    await equal_to_the_file(station)
    assert worker.exit_code is None
    assert await worker.stopped() == 0
    assert "Traceback" not in station.log("worker")


async def test_an_emptied_store_is_rebuilt_from_the_topic(
    durable_station: Station, durable_redis: EmbeddedRedis, events: list[Record]
) -> None:
    """FLUSHALL, once in the midst of events and once in silence: all is read again, and counted as rewinds."""
    station, port = durable_station, free_port()
    worker = station.worker(WORKER__METRICS_PORT=str(port))
    await station.owning(worker)
    sent = await station.produce(events[: EVENTS // 2])
    await station.all_stored(sent)
    assert samples(port)["monitor_partitions_assigned",] == 4
    await wait_until(station.committed, "Kafka to know what is stored", timeout_seconds=READY_SECONDS)
    sending = asyncio.create_task(station.produce(events[EVENTS // 2 :], rate=8_000))
    await asyncio.sleep(0.3)  # in the midst, wherever that is
    await flush(durable_redis)
    sent += await sending
    await station.all_stored(sent)
    await equal_to_the_file(station)
    assert samples(port)["monitor_rewinds_total",] == 4
    await flush(durable_redis)
    await wait_until(
        lambda: samples(port)["monitor_rewinds_total",] == 8, "the second rewind", timeout_seconds=READY_SECONDS
    )
    await station.all_stored(sent)
    await equal_to_the_file(station)
    assert worker.exit_code is None


async def test_a_store_that_is_away_does_not_hold_up_the_end(
    durable_station: Station, durable_redis: EmbeddedRedis
) -> None:
    """SIGTERM with the store frozen: the grace period is used, not exceeded, and Kafka keeps what was not stored."""
    station = durable_station
    worker = station.worker("first", REDIS__TIMEOUT_SECONDS="30", WORKER__STOP_SECONDS="1")
    await station.owning(worker)
    assert durable_redis.child is not None
    durable_redis.child.signal(signal.SIGSTOP)
    sent = await station.produce([event(f"m{number}") for number in range(50)])
    await asyncio.sleep(2)  # everything that waits for the store does so by now
    began = asyncio.get_running_loop().time()
    assert await worker.stopped() == 0
    assert asyncio.get_running_loop().time() - began < 5
    durable_redis.child.signal(signal.SIGCONT)
    station.worker("second")
    await station.all_stored(sent)
    assert measured_of(await station.report("2024"), "oslo", "urban") == 50


async def flush(redis: EmbeddedRedis) -> None:
    """Empty the server."""
    async with Redis.from_url(redis.url) as client:
        await client.flushall()

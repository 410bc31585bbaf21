"""Faust's transport by batch, on real brokers, in this process: no record is skipped without being noticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from faust.types import TP

from monitor.core.batch import Batch
from monitor.demo.servers import EmbeddedBroker
from monitor.kafka.clients import reading
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings
from monitor.worker import transport
from monitor.worker.app import WorkerApp
from monitor.worker.log_end import read_end
from monitor.worker.work import LogBounds
from tests.core.events import Snap
from tests.core.police import SERVICE
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka
from tests.worker.desk import Desk, figures_of

Broker = ApacheKafka | EmbeddedBroker
JOIN_SECONDS = 30.0

pytestmark = pytest.mark.integration


def settings_for(broker: Broker, topic: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap=broker.bootstrap, topic=topic, group=f"group-{topic}", **seconds_for(broker)
    )  # fmt: skip


def seconds_for(broker: Broker) -> dict[str, float]:
    """As quick as the broker allows: Tansu waits for a member that has left, Kafka wants six seconds."""
    if isinstance(broker, EmbeddedBroker):
        return {"session_timeout_seconds": 3, "rebalance_timeout_seconds": 4, "heartbeat_seconds": 0.5}
    return {"session_timeout_seconds": 6, "rebalance_timeout_seconds": 6, "heartbeat_seconds": 0.5}


def event(number: int) -> bytes:
    return Snap(f"m{number}", 1, "oslo", "urban", True, "closed", 10, 300, False, 20).encode()


@asynccontextmanager
async def working(kafka: KafkaSettings, desk: Desk) -> AsyncIterator[None]:
    """A worker of the group in this process, its figures on the desk; ended in order."""
    stop = asyncio.Event()
    running = asyncio.create_task(WorkerApp(kafka, desk.keeper, desk.instruments).run(stop))
    ticking = asyncio.create_task(tick(desk))
    try:
        yield
    finally:
        stop.set()
        await running
        ticking.cancel()


def sampled(desk: Desk, name: str, **labels: str) -> float | None:
    """One sample of the worker's own, None where it is not exposed."""
    return desk.instruments.registry.get_sample_value(name, {"service": SERVICE.slug, **labels})


async def tick(desk: Desk) -> None:
    """The desk's clock follows the loop's."""
    while True:
        await asyncio.sleep(0.02)
        desk.clock.seconds = asyncio.get_running_loop().time()


def stored(desk: Desk, partition: int = 0) -> int:
    kept = desk.backing.kept.get(partition)
    return (kept.next_offset or 0) if kept is not None else 0


async def send(producer: AIOKafkaProducer, topic: str, numbers: range) -> None:
    """One batch of records."""
    batch = producer.create_batch()
    for number in numbers:
        batch.append(timestamp=None, key=b"k", value=event(number), headers=[])
    await (await producer.send_batch(batch, topic, partition=0))


@asynccontextmanager
async def sending(broker: Broker, **options: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def test_a_batch_that_gets_lost_on_the_way_is_fetched_again(broker: Broker, topic: str) -> None:
    """Faust may drop what it fetched; the next batch then claims too late a start, and the consumer seeks back."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    desk = Desk()
    handle = desk.keeper.handle
    batches: list[tuple[int, int, bool]] = []

    async def lose_the_second(number: int, batch: Batch) -> bool:
        lost = len(batches) == 1
        batches.append((batch.start, batch.next_offset, lost))
        return lost or await handle(number, batch)

    desk.keeper.handle = lose_the_second  # type: ignore[method-assign]
    async with sending(broker) as producer, working(settings_for(broker, topic), desk):
        for step in range(3):
            await send(producer, topic, range(10 * step, 10 * step + 10))
            await wait_until(lambda: batches and batches[-1][1] >= 10 * step + 10, "the batch",  # noqa: B023 - awaited here
                             timeout_seconds=JOIN_SECONDS)  # fmt: skip
        await wait_until(lambda: stored(desk) == 30, "all to be stored")
    assert batches[:3] == [(0, 10, False), (10, 20, True), (20, 30, False)]
    assert batches[3][0] == 10
    head = desk.keeper.kept
    assert not head
    assert desk.counted("monitor_redelivered_records_total") == 0


async def test_what_was_taken_out_and_came_to_nobody_is_claimed_by_no_later_batch(broker: Broker, topic: str) -> None:
    """A rebalance stops waiting for a fetch that the consumer's thread then takes out all the same."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    place = TopicPartition(topic, 0)
    async with sending(broker) as producer, reading(settings_for(broker, topic)) as consumer:
        consumer.assign([place])
        consumer.seek(place, 0)
        covered = []
        for step in range(2):
            await send(producer, topic, range(10 * step, 10 * step + 10))
            found: Any = {}
            while not found:
                found = await consumer.getmany(place, timeout_ms=1_000)
            covered.append((found[place].start, found[place].after))
        assert covered == [(0, 10), (10, 20)]
        consumer.seek(place, 5)
        again: Any = await consumer.getmany(place, timeout_ms=5_000)
        assert (again[place].start, again[place].after) == (5, 20)


async def test_a_fetch_that_nobody_waited_for_is_fetched_again(broker: Broker, topic: str) -> None:
    """Taken out behind the worker's back, right after it was told where to go on: nothing is missing in the end.

    sought: 0   taken out for nobody: 0 ... 9   next fetch: 10 ... 19, a gap: sought again
    """
    await ensure_topics(broker.bootstrap, {topic: 1})
    desk = Desk()
    stolen: list[int] = []
    fetch = transport.ConsumerThread._fetch_records

    async def steal_the_first(thread: transport.ConsumerThread, *args: Any, **kwargs: Any) -> Any:
        found = await fetch(thread, *args, **kwargs)
        if found and not stolen:
            stolen.append(len(found))
            return {}
        return found

    async with sending(broker) as producer:
        await send(producer, topic, range(10))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transport.ConsumerThread, "_fetch_records", steal_the_first)
            async with working(settings_for(broker, topic), desk):
                await wait_until(lambda: stolen, "a fetch to be stolen", timeout_seconds=JOIN_SECONDS)
                await send(producer, topic, range(10, 20))
                await wait_until(lambda: stored(desk) >= 20, "all to be stored", timeout_seconds=JOIN_SECONDS)
    assert (await figures_of(desk.backing))["oslo", "urban"][0] == 20


async def test_offsets_without_a_record_are_no_gap(apache_kafka: ApacheKafka, topic: str) -> None:
    """Markers of transactions take offsets of their own, between batches and at the end."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    async with (
        sending(apache_kafka, transactional_id=topic) as producer,
        working(settings_for(apache_kafka, topic), desk),
    ):
        for step in range(3):
            async with producer.transaction():
                await producer.send(topic, event(step), partition=0)
            await wait_until(lambda: stored(desk) > 2 * step, "the record to be stored",  # noqa: B023 - awaited here
                             timeout_seconds=JOIN_SECONDS)  # fmt: skip
    again = Desk(desk.backing)
    async with working(settings_for(apache_kafka, topic), again):
        await wait_until(lambda: 0 in again.keeper.kept, "the partition", timeout_seconds=JOIN_SECONDS)
        assert again.keeper.kept[0].partition.next_offset in (5, 6)  # with the last marker, or before it
        assert len(again.keeper.kept[0].partition.missions) == 3


async def test_a_restart_goes_on_where_the_store_stands(broker: Broker, topic: str) -> None:
    """Also where the broker names an end that lies behind, as Tansu does for a batch of several records."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    desk = Desk()
    async with sending(broker) as producer:
        await send(producer, topic, range(10))
        async with working(settings_for(broker, topic), desk):
            await wait_until(lambda: stored(desk) == 10, "all to be stored", timeout_seconds=JOIN_SECONDS)
        again = Desk(desk.backing)
        async with working(settings_for(broker, topic), again):
            await wait_until(lambda: 0 in again.keeper.kept, "the partition", timeout_seconds=JOIN_SECONDS)
            await send(producer, topic, range(10, 20))
            await wait_until(lambda: stored(again) == 20, "the rest to be stored")
    assert again.counted("monitor_redelivered_records_total") == 0
    assert again.counted("monitor_rewinds_total") == 0


async def test_a_topic_made_anew_is_left_alone_and_told(
    broker: Broker, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """State from another log would skip the records of this one: nothing is taken until a person decides."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    desk = Desk()
    await desk.take()
    await desk.keeper.handle(0, Batch(0, 500, []))
    await desk.keeper.checkpoint(0)
    again = Desk(desk.backing)
    async with sending(broker) as producer, working(settings_for(broker, topic), again):
        await send(producer, topic, range(10))
        await wait_until(lambda: "emptied or made anew" in caplog.text, "the warning", timeout_seconds=JOIN_SECONDS)
        assert not again.keeper.kept
        named = {1.0, 10.0} if isinstance(broker, EmbeddedBroker) else {10.0}  # Tansu's end lies behind by a batch
        # All of it lags, so that an alert finds it: a partition of which nothing is told looks like one without work.
        await wait_until(
            lambda: sampled(again, "monitor_consumer_lag_records", partition="0") in named,
            "the lag of what is left alone",
            timeout_seconds=JOIN_SECONDS,
        )
    assert stored(again) == 500


class HalfAway:
    """A consumer whose broker leads partition 0; of the others nobody tells anything."""

    async def beginning_offsets(self, places: list[TP]) -> dict[TP, int]:
        if places != [TP("missions", 0)]:
            await asyncio.Event().wait()
        return {places[0]: 3}

    async def end_offsets(self, places: list[TP]) -> dict[TP, int]:
        return {places[0]: 9}

    async def committed(self, place: TP) -> int | None:
        del place
        return None


async def test_a_partition_without_a_leader_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is asked on its own, and only for so long."""
    monkeypatch.setattr(transport, "BOUNDS_SECONDS", 0.05)
    places = [TP("missions", number) for number in range(3)]
    found = await asyncio.wait_for(transport.bounds_of(cast("Any", HalfAway()), places), timeout=10)
    assert found.pop(places[0]) == LogBounds(3, 9, None)
    assert [type(why) for why in found.values()] == [TimeoutError, TimeoutError]


@pytest.mark.parametrize("records", [0, 1, 25])
async def test_the_end_of_a_log_is_read_not_believed(broker: Broker, topic: str, records: int) -> None:
    """Whatever end the broker names, reading finds the true one."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    async with sending(broker) as producer:
        if records:
            await send(producer, topic, range(records))
    assert await read_end(settings_for(broker, topic), TopicPartition(topic, 0), named=min(records, 1)) == records

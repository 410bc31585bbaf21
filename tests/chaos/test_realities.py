"""What real sources and real topics do, on Apache Kafka: each case, and what becomes of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings
from monitor.worker.app import WorkerApp
from monitor.worker.failure import WorkerFailed
from monitor.worker.refusal import InvalidFlood
from tests.core.events import BASE
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka
from tests.worker.desk import Desk, figures_of

PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.integration


def event(mission: str, **changes: object) -> bytes:
    said = {
        "mission_id": mission, "revision": 1, "district": "oslo", "settlement": "urban", "urgent": True,
        "status": "closed", "ringing_at": BASE.isoformat(), "on_scene_at": (BASE + timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    return json.dumps(said | changes).encode()


@asynccontextmanager
async def working(kafka: ApacheKafka, topic: str, desk: Desk) -> AsyncIterator[None]:
    """A worker in this process whose state lies on the desk."""
    settings = KafkaSettings(
        bootstrap=kafka.bootstrap, topic=topic, group=f"group-{topic}",
        session_timeout_seconds=6, rebalance_timeout_seconds=6, heartbeat_seconds=0.5,
    )  # fmt: skip
    stop = asyncio.Event()

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.02)
            desk.clock.seconds = asyncio.get_running_loop().time()

    ticking = asyncio.create_task(tick())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(WorkerApp(settings, desk.keeper, desk.instruments).run(stop))
            yield
            stop.set()
    except* WorkerFailed as failures:
        raise failures.exceptions[0] from None
    finally:
        stop.set()
        ticking.cancel()


@asynccontextmanager
async def producing(kafka: ApacheKafka, **options: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def stored(desk: Desk, partition: int = 0) -> int:
    kept = desk.backing.kept.get(partition)
    return (kept.next_offset or 0) if kept is not None else 0


async def until_stored(desk: Desk, ends: Mapping[int, int]) -> None:
    await wait_until(
        lambda: all(stored(desk, number) >= end for number, end in ends.items()),
        f"offsets {ends} to be stored",
        timeout_seconds=PATIENCE_SECONDS,
    )


async def test_what_a_source_aborts_is_never_counted(apache_kafka: ApacheKafka, topic: str) -> None:
    """Transactions: committed missions count, aborted ones do not, also between two that are committed."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    async with (
        producing(apache_kafka, transactional_id=topic) as producer,
        working(apache_kafka, topic, desk),
    ):
        for mission, commits in (("a", True), ("b", False), ("c", False), ("d", True)):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, event(mission), partition=0)
            await (producer.commit_transaction() if commits else producer.abort_transaction())
        await until_stored(desk, {0: 7})
    assert await figures_of(desk.backing) == {("oslo", "urban"): (2, 0, 0, 0)}


async def test_compressed_batches_headers_and_records_without_a_key_count_like_others(
    apache_kafka: ApacheKafka, topic: str
) -> None:
    """The value alone says which mission it is, whatever codec its batch was written with."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    codecs = ("gzip", "lz4", "snappy", "zstd")
    async with working(apache_kafka, topic, desk):
        for codec in codecs:
            async with producing(apache_kafka, compression_type=codec) as producer:
                for number in range(50):
                    await producer.send(
                        topic,
                        event(f"{codec}-{number % 40}"),
                        partition=0,
                        headers=[("trace", b"\x00\xff"), ("", b"")],
                    )
                await producer.flush()
        await until_stored(desk, {0: 50 * len(codecs)})
    assert await figures_of(desk.backing) == {("oslo", "urban"): (40 * len(codecs), 0, 0, 0)}


async def test_a_compacted_topic_counts_every_mission_as_last_told(apache_kafka: ApacheKafka, topic: str) -> None:
    """Where compaction has removed all but the newest snapshot of a mission, the holes are no gap and no loss."""
    missions, rounds = 10, 20
    compacted = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001"}
    await ensure_topics(apache_kafka.bootstrap, {topic: 1}, config=compacted)
    desk = Desk()
    async with producing(apache_kafka) as producer:
        end = 0
        while await _records_left(apache_kafka, topic, upto=missions * rounds) >= missions * rounds // 2:
            for _ in range(rounds if not end else 1):  # later ones only close the segment, so that it is cleaned
                for number in range(missions):
                    said = event(f"m{number}", revision=end, ringing_at=BASE.isoformat())
                    end = (
                        await producer.send_and_wait(topic, said, key=f"m{number}".encode(), partition=0)
                    ).offset + 1
            await asyncio.sleep(0.5)  # a segment's age is what closes it
    async with working(apache_kafka, topic, desk):
        await until_stored(desk, {0: end})
    assert await figures_of(desk.backing) == {("oslo", "urban"): (missions, 0, 0, 0)}
    assert desk.backing.kept[0].next_offset == end


async def _records_left(kafka: ApacheKafka, topic: str, *, upto: int) -> int:
    """Records with offsets below `upto` that a reader still meets; `upto` as long as they are not all there."""
    async with reading(kafka, topic) as consumer:
        place = TopicPartition(topic, 0)
        (last,) = (await consumer.end_offsets([place])).values()
        if last < upto:
            return upto
        left = 0
        await consumer.seek_to_beginning(place)
        while await consumer.position(place) < last:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                left += sum(record.offset < upto for record in records)
        return left


@asynccontextmanager
async def reading(kafka: ApacheKafka, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        yield consumer
    finally:
        await consumer.stop()


async def test_a_mission_without_times_is_placed_by_the_time_the_log_appended_it(
    apache_kafka: ApacheKafka, topic: str
) -> None:
    """message.timestamp.type=LogAppendTime: the broker's clock, not what the producer claims."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1}, config={"message.timestamp.type": "LogAppendTime"})
    desk = Desk()
    async with producing(apache_kafka) as producer, working(apache_kafka, topic, desk):
        sent = await producer.send_and_wait(
            topic, event("m", ringing_at=None, on_scene_at=None), partition=0, timestamp_ms=1_000
        )
        await until_stored(desk, {0: 1})
        (entry,) = desk.keeper.kept[0].partition.missions.values()
    assert entry.placed_at == sent.timestamp / 1000 > 1_700_000_000
    assert await figures_of(desk.backing) == {("oslo", "urban"): (0, 1, 0, 0)}


async def test_a_mission_told_in_two_partitions_counts_in_both(apache_kafka: ApacheKafka, topic: str) -> None:
    """After partitions were added: they know nothing of each other, so correct a mission where it was told first."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 2})
    desk = Desk()
    async with producing(apache_kafka) as producer, working(apache_kafka, topic, desk):
        await producer.send_and_wait(topic, event("m"), partition=0)
        await producer.send_and_wait(topic, event("m", revision=2), partition=1)
        await until_stored(desk, {0: 1, 1: 1})
        assert await figures_of(desk.backing) == {("oslo", "urban"): (2, 0, 0, 0)}
        await producer.send_and_wait(topic, event("m", revision=3, status="cancelled"), partition=0)
        await until_stored(desk, {0: 2})
    assert await figures_of(desk.backing) == {("oslo", "urban"): (1, 0, 0, 0)}


async def test_what_retention_removed_before_it_was_read_is_counted_and_the_rest_is_read(
    apache_kafka: ApacheKafka, topic: str
) -> None:
    """The gap stands in the stored head, for the metric that alerts; no record behind it is lost."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    async with producing(apache_kafka) as producer:
        for number in range(10):
            await producer.send_and_wait(topic, event(f"m{number}"), partition=0)
        async with working(apache_kafka, topic, desk):
            await until_stored(desk, {0: 10})
        for number in range(10, 30):
            await producer.send_and_wait(topic, event(f"m{number}"), partition=0)
        await delete_before(apache_kafka, topic, 25)
        again = Desk(desk.backing)
        async with working(apache_kafka, topic, again):
            await until_stored(again, {0: 30})
            assert again.keeper.kept[0].partition.head.lost_offsets == 15
    assert await figures_of(desk.backing) == {("oslo", "urban"): (15, 0, 0, 0)}


async def test_a_topic_made_anew_under_a_running_worker_is_left_alone_and_told(
    apache_kafka: ApacheKafka, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its records lie below the stored offset and would all be skipped in silence: a person must decide."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    desk = Desk()
    async with producing(apache_kafka) as producer, working(apache_kafka, topic, desk):
        for number in range(10):
            await producer.send_and_wait(topic, event(f"m{number}"), partition=0)
        await until_stored(desk, {0: 10})
        await remake(apache_kafka, topic)
        async with producing(apache_kafka) as another:
            await another.send_and_wait(topic, event("other"), partition=0)
        await wait_until(lambda: "emptied or made anew" in caplog.text, "the error", timeout_seconds=PATIENCE_SECONDS)
        assert not desk.keeper.kept
    assert stored(desk) == 10


async def test_a_worker_stops_before_the_topic_drains_into_the_dead_letters(
    apache_kafka: ApacheKafka, topic: str
) -> None:
    """A bad deploy: nothing of the batch that breaks the cap is stored, so another start stops at the same place."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1})
    async with producing(apache_kafka) as producer:
        for number in range(3_000):
            await producer.send(topic, event(f"m{number}", district="nowhere"), partition=0)
        await producer.flush()
    desk = Desk()
    for _ in range(2):
        desk.keeper._flood = InvalidFlood(most=0.5, window=1_000, per_second=50.0, stop=True)
        with pytest.raises(WorkerFailed, match=r"records are invalid.*unknown_district.*requeue"):
            async with working(apache_kafka, topic, desk):
                await asyncio.sleep(PATIENCE_SECONDS)
        assert stored(desk) < 1_000
        assert len(desk.box.put_letters) < 1_000


async def delete_before(kafka: ApacheKafka, topic: str, offset: int) -> None:
    """What retention does, at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def remake(kafka: ApacheKafka, topic: str) -> None:
    """Delete the topic and create it again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await wait_until(gone, "the topic to be gone", timeout_seconds=PATIENCE_SECONDS)
    finally:
        await admin.close()
    await ensure_topics(kafka.bootstrap, {topic: 1})

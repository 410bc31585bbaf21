"""Replay on real brokers: every line, in its mission's order, in the partition that any Kafka client would choose."""

import asyncio
import gzip
import json
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.demo.servers import EmbeddedBroker
from monitor.event_lines import read_chunks
from monitor.kafka.clients import producing, reading
from monitor.kafka.sending import Outbox
from monitor.kafka.topics import describe_topic, ensure_topics
from monitor.replay import chunks, key_of, send_lines
from monitor.settings import KafkaSettings
from tests.servers.kafka import ApacheKafka

Broker = ApacheKafka | EmbeddedBroker
CONFIG = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
PARTITIONS = 3

pytestmark = pytest.mark.integration


async def everything(bootstrap: str, topic: str, partitions: int) -> dict[int, list[ConsumerRecord]]:
    """All records of the topic by partition, read without the monitor's own reader."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=16 * 1024 * 1024
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place, begin in (await consumer.beginning_offsets(places)).items():
            consumer.seek(place, begin)
        found: dict[int, list[ConsumerRecord]] = {number: [] for number in range(partitions)}
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                found[place.partition] += records
        return found
    finally:
        await consumer.stop()


async def replay(broker: Broker, topic: str, file: Path, *options: str) -> Result:
    environment = {"MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap, "MONITOR_KAFKA__TOPIC": topic}
    return await asyncio.to_thread(
        CliRunner().invoke, cli, ["--config", str(CONFIG), "replay", str(file), *options], env=environment
    )


def snapshot(mission: int, revision: int, padding: int = 0) -> bytes:
    return json.dumps({"mission_id": f"m{mission}", "revision": revision, "note": "x" * padding}).encode()


async def test_every_mission_stays_in_order_in_the_partition_kafka_would_choose(
    broker: Broker, topic: str, tmp_path: Path
) -> None:
    """Thousands of interleaved snapshots: the bytes are those of the file, keys are ids, revisions ascend."""
    lines = [snapshot(mission, revision, 200) for revision in range(8) for mission in range(700)]
    (tmp_path / "events").write_bytes(b"\n".join(lines))
    result = await replay(broker, topic, tmp_path / "events", "--create", "--partitions", str(PARTITIONS))
    assert result.exit_code == 0, result.output
    assert f"sent {len(lines)} events to {topic} (3 partitions)" in result.stderr
    found = await everything(broker.bootstrap, topic, PARTITIONS)
    assert sorted(record.value for records in found.values() for record in records) == sorted(lines)
    seen: dict[bytes, list[int]] = defaultdict(list)
    homes: dict[bytes, set[int]] = defaultdict(set)
    for partition, records in found.items():
        for record in records:
            event = json.loads(record.value)
            assert record.key == event["mission_id"].encode()
            seen[record.key].append(event["revision"])
            homes[record.key].add(partition)
    assert all(revisions == list(range(8)) for revisions in seen.values())
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        for key in list(seen)[:20]:
            sent = await producer.send_and_wait(topic, b"", key=key)
            assert homes[key] == {sent.partition}
    finally:
        await producer.stop()


async def test_lines_that_are_no_events_are_sent_as_they_are(broker: Broker, topic: str, tmp_path: Path) -> None:
    """Judging them is the worker's job: malformed, empty, five megabytes, without an id."""
    large = snapshot(1, 1, 5_000_000)
    lines = [b"{", b"", b'{"mission_id": 7}', b"\xff\xfe", large, snapshot(2, 1)]
    (tmp_path / "events").write_bytes(b"\n".join(lines) + b"\n")
    result = await replay(broker, topic, tmp_path / "events", "--create", "--partitions", "1")
    assert result.exit_code == 1, result.output
    assert "sent 6 events" in result.stderr
    assert "4 of 6 lines have no mission id: they were sent, and will be dead letters" in result.stderr
    (records,) = (await everything(broker.bootstrap, topic, 1)).values()
    assert [(record.key, record.value) for record in records] == [(key_of(line), line) for line in lines]


async def test_a_packed_file_is_sent_as_its_lines_and_an_array_not_at_all(
    broker: Broker, topic: str, tmp_path: Path
) -> None:
    """What the file turns out to be is known before anything is sent; a damaged one is told."""
    lines = [snapshot(number, 1) for number in range(50)]
    packed = gzip.compress(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    (tmp_path / "events").write_bytes(packed)
    result = await replay(broker, topic, tmp_path / "events", "--create", "--partitions", "1")
    assert result.exit_code == 0, result.output
    (tmp_path / "events").write_bytes(b"[" + b",".join(lines) + b"]")
    result = await replay(broker, topic, tmp_path / "events")
    assert (result.exit_code, "jq -c '.[]' FILE" in result.stderr) == (2, True), result.output
    (records,) = (await everything(broker.bootstrap, topic, 1)).values()
    assert [record.value for record in records] == lines
    (tmp_path / "events").write_bytes(packed[:-9])
    result = await replay(broker, topic, tmp_path / "events")
    assert (result.exit_code, "ends too early" in result.stderr) == (1, True), result.output
    (tmp_path / "events").write_bytes(b"")
    result = await replay(broker, topic, tmp_path / "events")
    assert (result.exit_code, "not a single event" in result.stderr) == (1, True), result.output


async def test_a_line_too_large_for_the_topic_is_named_and_the_rest_is_sent(
    apache_kafka: ApacheKafka, topic: str, tmp_path: Path
) -> None:
    """The broker's refusal costs that line alone, and the exit code tells."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1}, config={"max.message.bytes": "1000000"})
    lines = [snapshot(1, 1), snapshot(2, 1, 2_000_000), snapshot(3, 1)]
    (tmp_path / "events").write_bytes(b"\n".join(lines) + b"\n")
    result = await replay(apache_kafka, topic, tmp_path / "events")
    assert result.exit_code == 1
    assert f"line 2 ({len(lines[1]) + 2} bytes)" in result.stderr
    (records,) = (await everything(apache_kafka.bootstrap, topic, 1)).values()
    assert [record.value for record in records] == [lines[0], lines[2]]


async def test_a_missing_topic_is_told_and_not_created(broker: Broker, topic: str, tmp_path: Path) -> None:
    """Looking for a topic must not make one; the message says how to."""
    (tmp_path / "events").write_bytes(snapshot(1, 1))
    result = await replay(broker, topic, tmp_path / "events")
    assert result.exit_code == 1
    assert f"There is no topic '{topic}'" in result.stderr
    assert "--create" in result.stderr
    assert await describe_topic(broker.bootstrap, topic) is None


async def test_lines_from_a_quiet_pipe_do_not_wait_for_more(embedded_broker: EmbeddedBroker, topic: str) -> None:
    """A live source's event is in the topic while the pipe is still open."""
    kafka = KafkaSettings(bootstrap=embedded_broker.bootstrap, topic=topic)
    await ensure_topics(kafka.bootstrap, {topic: 1})
    reading_end, writing_end = os.pipe()
    try:
        async with producing(kafka) as producers, reading(kafka) as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            sending = asyncio.create_task(
                send_lines(
                    Outbox(producers, topic, partitions=1), chunks(lambda: read_chunks(partial(os.read, reading_end)))
                )
            )
            os.write(writing_end, snapshot(1, 1) + b"\n")
            async with asyncio.timeout(20):
                assert (await consumer.getone()).value == snapshot(1, 1)
            assert not sending.done()
            os.close(writing_end)
            writing_end = -1
            assert await sending == (1, 0)
    finally:
        os.close(reading_end)
        if writing_end >= 0:
            os.close(writing_end)


async def test_a_rate_is_kept(embedded_broker: EmbeddedBroker, topic: str) -> None:
    """Sixty lines at a hundred a second take more than half a second."""
    kafka = KafkaSettings(bootstrap=embedded_broker.bootstrap, topic=topic)
    await ensure_topics(kafka.bootstrap, {topic: 1})

    async def given(pieces: Sequence[bytes]) -> AsyncIterator[bytes | None]:
        for piece in pieces:
            yield piece

    async with producing(kafka) as producers:
        outbox = Outbox(producers, topic, partitions=1)
        began = time.monotonic()
        await send_lines(outbox, given([snapshot(number, 1) + b"\n" for number in range(60)]), rate=100)
        assert time.monotonic() - began >= 0.55
    assert outbox.confirmed == 60

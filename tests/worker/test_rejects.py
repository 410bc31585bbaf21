"""The dead-letter box on real brokers: what was refused arrives byte for byte, with its reason and origin."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from monitor.core.batch import DeadLetter
from monitor.core.mission import Reason
from monitor.demo.servers import EmbeddedBroker
from monitor.kafka.clients import Producers, producing
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings
from monitor.worker.rejects import DeadLettersUnavailable, KafkaDeadLetters
from tests.core.events import Rec
from tests.servers.kafka import ApacheKafka

Broker = ApacheKafka | EmbeddedBroker
READ_SECONDS = 20.0
LARGE = b"x" * 5_000_000

pytestmark = pytest.mark.integration


@pytest.fixture
async def producers(broker: Broker) -> AsyncIterator[Producers]:
    """As the worker gets them."""
    async with producing(KafkaSettings(bootstrap=broker.bootstrap)) as producers:
        yield producers


async def read(broker: Broker, topic: str, count: int) -> list[ConsumerRecord]:
    """The first `count` records of a topic with one partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=16 * 1024 * 1024
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        async with asyncio.timeout(READ_SECONDS):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


def letter(offset: int, value: bytes | None, key: bytes | None = b"k", timestamp: int | None = 1234) -> DeadLetter:
    return DeadLetter(Rec(offset, timestamp, value, key), Reason.MALFORMED_JSON, f"letter {offset} – æøå")


async def test_the_record_is_unchanged_and_the_headers_tell_why_and_from_where(
    broker: Broker, producers: Producers, topic: str
) -> None:
    """Original key and value, tombstones and empty values told apart, five megabytes included."""
    await ensure_topics(broker.bootstrap, {topic: 1}, config={"max.message.bytes": str(16 * 1024 * 1024)})
    box = KafkaDeadLetters(producers.plain, topic=topic, source="mission-events")
    sent = [letter(7, b"{"), letter(8, None), letter(9, b""), letter(10, LARGE), letter(11, b"after", None, None)]
    await box.put(3, sent)
    found = {dict(record.headers)["monitor-offset"]: record for record in await read(broker, topic, len(sent))}
    for one in sent:
        record = found[str(one.record.offset).encode()]
        assert (record.key, record.value) == (one.record.key, one.record.value)
        stamp = {} if one.record.timestamp is None else {"monitor-timestamp": b"1234"}
        assert dict(record.headers) == stamp | {
            "monitor-reason": b"malformed_json",
            "monitor-detail": one.detail.encode(),
            "monitor-topic": b"mission-events",
            "monitor-partition": b"3",
            "monitor-offset": str(one.record.offset).encode(),
        }


async def test_a_record_without_key_and_value_is_a_dead_letter_too(
    broker: Broker, producers: Producers, topic: str
) -> None:
    """No client may send such a record, so it gets an empty key; its headers say where it came from."""
    await ensure_topics(broker.bootstrap, {topic: 1})
    await KafkaDeadLetters(producers.plain, topic=topic, source="s").put(0, [letter(5, None, None)])
    (record,) = await read(broker, topic, 1)
    assert (record.key, record.value, dict(record.headers)["monitor-offset"]) == (b"", None, b"5")


async def test_what_the_topic_refuses_goes_without_its_value_and_alone(apache_kafka: ApacheKafka, topic: str) -> None:
    """A record beyond the topic's limit is marked as truncated; those sent with it stay whole."""
    await ensure_topics(apache_kafka.bootstrap, {topic: 1}, config={"max.message.bytes": "100000"})
    async with producing(KafkaSettings(bootstrap=apache_kafka.bootstrap)) as producers:
        box = KafkaDeadLetters(producers.plain, topic=topic, source="s")
        await box.put(0, [letter(1, b"before"), letter(2, b"y" * 150_000), letter(3, b"after")])
        await box.put(0, [letter(4, b"next")])
    found = {dict(record.headers)["monitor-offset"]: record for record in await read(apache_kafka, topic, 4)}
    assert {number: (one.value, "monitor-truncated" in dict(one.headers)) for number, one in found.items()} == {
        b"1": (b"before", False), b"2": (None, True), b"3": (b"after", False), b"4": (b"next", False),
    }  # fmt: skip
    assert found[b"2"].key == b"k"


async def test_what_no_client_could_carry_goes_without_its_value(embedded_broker: EmbeddedBroker, topic: str) -> None:
    """Larger than any request: never sent, never in the way."""
    await ensure_topics(embedded_broker.bootstrap, {topic: 1})
    async with producing(KafkaSettings(bootstrap=embedded_broker.bootstrap)) as producers:
        await KafkaDeadLetters(producers.plain, topic=topic, source="s").put(
            0, [letter(1, b"z" * (17 * 1024 * 1024), b"k" * 5000), letter(2, b"small")]
        )
    records = await read(embedded_broker, topic, 2)
    truncated = next(record for record in records if record.value is None)
    assert truncated.key == b"k" * 1024
    assert dict(truncated.headers)["monitor-truncated"] == b"1"


async def test_a_broker_that_is_gone_is_told_as_such() -> None:
    """The keeper waits for exactly this exception, and the message says what to check."""
    async with EmbeddedBroker() as broker:
        await ensure_topics(broker.bootstrap, {"dead": 1})
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=1000)
        await producer.start()
        try:
            box = KafkaDeadLetters(producer, topic="dead", source="s")
            await box.put(0, [letter(1, b"x")])
            broker.kill()
            with pytest.raises(DeadLettersUnavailable, match="topic dead does not take records"):
                await box.put(0, [letter(2, b"x")])
        finally:
            await producer.stop()

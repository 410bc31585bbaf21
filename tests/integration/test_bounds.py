"""What one peer can send, on real brokers: it costs the sender a dead letter, and nobody else anything."""

from collections import Counter

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from tests.integration.station import PARTITIONS, Station, event, measured_of
from tests.integration.test_replay import everything

MIB = 1024 * 1024
ZEROS = bytes(8 * MIB)
CODECS = ("gzip", "snappy", "lz4", "zstd")
MORE_MIB = 120
"""What a worker may take more than before: a bound, and what its libraries keep."""

pytestmark = pytest.mark.integration


async def send_batch(
    station: Station, values: list[bytes], *, codec: str, topic: str | None = None, partition: int = 0
) -> None:
    """All values in one batch, whatever it unpacks to."""
    producer = AIOKafkaProducer(
        bootstrap_servers=station.broker.bootstrap, compression_type=codec, max_batch_size=1 << 30,
        max_request_size=16 * MIB,
    )  # fmt: skip
    await producer.start()
    try:
        batch = producer.create_batch()
        for number, value in enumerate(values):
            assert batch.append(timestamp=1_700_000_000_000 + number, key=None, value=value) is not None
        await (await producer.send_batch(batch, topic or station.topic, partition=partition))
    finally:
        await producer.stop()


def resident_mib(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / MIB


async def letters(station: Station) -> list[ConsumerRecord]:
    """The dead-letter topic as it lies there."""
    (raw,) = (await everything(station.broker.bootstrap, station.dead_letter_topic, 1)).values()
    return raw


async def test_a_batch_that_unpacks_to_any_size_is_one_dead_letter_and_the_stream_goes_on(station: Station) -> None:
    """Each codec, between good events; the worker does not grow; killed and started again, all is counted once."""
    worker = station.worker("before")
    sent = await station.produce([event("a")])
    await station.all_stored(sent)
    before = resident_mib(worker.pid)
    for codec in CODECS:
        await send_batch(station, [ZEROS] * 3, codec=codec)
    sent += 3 * len(CODECS) + await station.produce([event("b")])
    await station.all_stored(sent)
    assert resident_mib(worker.pid) - before < MORE_MIB, station.logs()
    worker.kill()
    station.worker("after")
    sent += await station.produce([event("c")])
    await station.all_stored(sent)

    heads = (await station.heads()).values()
    assert sum((Counter(head.dead_letters) for head in heads), Counter()) == {"batch_too_large": len(CODECS)}
    assert measured_of(await station.report("2024"), "oslo", "urban") == 3
    found = await letters(station)
    assert {one.value for one in found} == {None}
    told = [dict(one.headers) for one in found]
    offsets = {(int(one["monitor-first-offset"]), int(one["monitor-offset"])) for one in told}
    assert len(offsets) == len(CODECS)
    assert all(last - first == 2 for first, last in offsets)
    listed = await station.dead_letters()
    assert [(one["reason"], one["truncated"], one["value_bytes"]) for one in listed] == [
        ("batch_too_large", True, None)
    ] * len(CODECS)
    assert "more than 8388608 (kafka.max_batch_bytes)" in listed[0]["detail"]
    assert "refused as batch_too_large" in station.log("before")
    refused = await station.run("dead-letters", "requeue", "--all")
    assert (refused.exit_code, f"{len(CODECS)} refused" in refused.stdout) == (1, True), refused.output


async def test_bad_records_become_small_letters(station: Station) -> None:
    """Refused values of megabytes, out of a few kilobytes, are not written again; where they lie is told."""
    station.worker()
    await send_batch(station, [bytes(MIB)] * 7, codec="zstd")
    await send_batch(station, [b"{"] * 500, codec="zstd")
    await station.all_stored(507)
    found = await letters(station)
    assert Counter(dict(one.headers)["monitor-reason"] for one in found) == {
        b"too_large": 7, b"malformed_json": 500,
    }  # fmt: skip
    assert max(len(one.value or b"") for one in found) == 1
    assert {one.value for one in found if dict(one.headers)["monitor-reason"] == b"too_large"} == {None}


async def test_whoever_writes_to_the_dead_letters_cannot_keep_them_from_being_read(station: Station) -> None:
    """A batch without end among them is passed over, and said."""
    sent = await station.produce([(b"x", b"{")])
    station.worker()
    await station.all_stored(sent)
    await send_batch(station, [ZEROS] * 3, codec="zstd", topic=station.dead_letter_topic)
    result = await station.run("dead-letters", "list", "--format", "json")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    assert "1 batches in the topic are larger than kafka.max_batch_bytes" in result.stderr


async def test_invented_missions_are_refused_and_known_ones_go_on(kafka_station: Station) -> None:
    """Beyond twice the capacity of each partition; corrections of those that were there first are taken."""
    kafka_station.worker(LEDGER__CAPACITY="5", WORKER__CHECKPOINT_MISSIONS="5")
    invented = [event(f"m{number}") for number in range(200)]
    sent = await kafka_station.produce(invented)
    await kafka_station.all_stored(sent)
    heads = (await kafka_station.heads()).values()
    assert sum(head.missions for head in heads) == PARTITIONS * 10
    refused = 200 - PARTITIONS * 10
    assert sum((Counter(head.dead_letters) for head in heads), Counter()) == {"ledger_full": refused}
    assert "refused as ledger_full" in kafka_station.log("worker")
    known = {one.key for one in await letters(kafka_station)}
    again = [
        event(f"m{number}", revision=2, on_scene_at="2024-05-01T12:09:00+02:00")
        for number in range(200)
        if f"m{number}".encode() not in known
    ]
    await kafka_station.all_stored(sent + await kafka_station.produce(again))
    heads = (await kafka_station.heads()).values()
    assert sum((Counter(head.outcomes) for head in heads), Counter())["correction"] == PARTITIONS * 10

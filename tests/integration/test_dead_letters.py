"""Dead letters on real brokers: shown once, sent back unchanged and once, refused where the value is gone."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.core.plain_text import unseen
from monitor.demo.servers import EmbeddedBroker
from monitor.kafka.topics import ensure_topics
from tests.integration.test_replay import everything
from tests.servers.kafka import ApacheKafka

Broker = ApacheKafka | EmbeddedBroker
CONFIG = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
PARTITIONS = 2

pytestmark = pytest.mark.integration


def headers(topic: str, partition: int, offset: int, reason: str) -> list[tuple[str, bytes]]:
    """As the worker writes them."""
    return [
        ("monitor-reason", reason.encode()),
        ("monitor-detail", b"what was found"),
        ("monitor-topic", topic.encode()),
        ("monitor-partition", str(partition).encode()),
        ("monitor-offset", str(offset).encode()),
        ("monitor-timestamp", b"1700000000123"),
    ]


@pytest.fixture
async def letters(broker: Broker, topic: str) -> str:
    """The name of a source topic whose dead letters hold one of each kind, one of them twice."""
    dead = f"{topic}.dead"
    await ensure_topics(broker.bootstrap, {topic: PARTITIONS, dead: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        for _ in range(2):
            await producer.send_and_wait(
                dead, b'{"district": "atlantis"}', key=b"m1", headers=headers(topic, 0, 5, "unknown_district")
            )
        await producer.send_and_wait(dead, b"\xff{", key=None, headers=headers(topic, 1, 6, "malformed_json"))
        await producer.send_and_wait(dead, None, key=b"m3", headers=headers(topic, 1, 7, "tombstone"))
        await producer.send_and_wait(
            dead, None, key=b"m4", headers=[*headers(topic, 0, 8, "too_large"), ("monitor-truncated", b"1")]
        )
        await producer.send_and_wait(dead, b"v", key=b"m5", headers=headers("elsewhere", 0, 9, "malformed_json"))
        await producer.send_and_wait(dead, b"somebody else's")
    finally:
        await producer.stop()
    return topic


async def dead_letters(broker: Broker, topic: str, *arguments: str) -> Result:
    environment = {
        "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
        "MONITOR_KAFKA__TOPIC": topic,
        "MONITOR_KAFKA__DEAD_LETTER_TOPIC": f"{topic}.dead",
    }
    return await asyncio.to_thread(
        CliRunner().invoke, cli, ["--config", str(CONFIG), "dead-letters", *arguments], env=environment
    )


async def test_each_source_record_is_listed_once_without_what_may_point_at_people(
    broker: Broker, letters: str
) -> None:
    """At-least-once dead letters show as one; key and value only on request; strangers are counted."""
    result = await dead_letters(broker, letters, "list", "--format", "json")
    assert result.exit_code == 0, result.output
    shown = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["partition"], one["offset"], one["reason"]) for one in shown] == [
        (0, 5, "unknown_district"),
        (1, 6, "malformed_json"),
        (1, 7, "tombstone"),
        (0, 8, "too_large"),
        (0, 9, "malformed_json"),
    ]
    assert shown[0]["timestamp"] == "2023-11-14T22:13:20.123+00:00"
    assert not {"key", "value"} & shown[0].keys()
    assert "atlantis" not in result.output
    assert "1 records in the topic are not the monitor's" in result.stderr
    table = await dead_letters(broker, letters, "list", "--reason", "malformed_json", "--show-value", "--limit", "2")
    assert [line.split()[0] for line in table.stdout.splitlines()] == ["Offset", "1:6", "0:9"]
    assert r"\xff{" in table.stdout


async def test_what_is_requeued_comes_back_unchanged_and_only_once(broker: Broker, letters: str) -> None:
    """Original key and bytes, marked as sent back, with the place it had; a second run sends nothing."""
    first = await dead_letters(broker, letters, "requeue", "--reason", "unknown_district", "--offset", "1:6",
                               "--offset", "1:7")  # fmt: skip
    assert first.exit_code == 0, first.output
    assert "3 sent back" in first.stdout
    second = await dead_letters(broker, letters, "requeue", "--reason", "unknown_district", "--offset", "1:6")
    assert "0 sent back" in second.stdout
    assert "2 sent back before" in second.stdout
    found = await everything(broker.bootstrap, letters, PARTITIONS)
    records = [record for partition in found.values() for record in partition]
    assert {(record.key, record.value) for record in records} == {
        (b"m1", b'{"district": "atlantis"}'), (None, b"\xff{"), (b"m3", None),
    }  # fmt: skip
    assert len(records) == 3
    assert all(record.headers[0] == ("monitor-requeued", b"1") for record in records)
    assert all(dict(record.headers).keys() >= {"monitor-requeued", "monitor-offset"} for record in records)
    assert any(record.key is None for record in found[1])
    listed = await dead_letters(broker, letters, "list", "--format", "json")
    assert [json.loads(line)["requeued"] for line in listed.stdout.splitlines()] == [True, True, True, False, False]


async def test_a_dry_run_sends_nothing(broker: Broker, letters: str) -> None:
    """It counts what would be sent, and neither events nor markers are written."""
    result = await dead_letters(broker, letters, "requeue", "--all", "--dry-run")
    assert "3 would be sent back" in result.stdout
    assert not any((await everything(broker.bootstrap, letters, PARTITIONS)).values())
    again = await dead_letters(broker, letters, "requeue", "--all", "--dry-run")
    assert again.stdout == result.stdout


async def test_what_cannot_be_sent_back_is_refused_by_name(broker: Broker, letters: str) -> None:
    """A truncated one points at its source, one from another topic and one that is not there are told."""
    result = await dead_letters(broker, letters, "requeue", "--reason", "too_large", "--offset", "0:9",
                                "--offset", "7:7")  # fmt: skip
    assert result.exit_code == 1
    assert f"0:8 was too large to be kept among the dead letters; its value lies in topic {letters}" in result.stderr
    assert "0:9 came from topic elsewhere" in result.stderr
    assert "no dead letter from 7:7" in result.stderr
    assert not any((await everything(broker.bootstrap, letters, PARTITIONS)).values())


ATTACK = "late\n0:1  2024  late  no\x1b]0;owned\x07\u202e"


async def test_what_a_stranger_wrote_is_shown_as_text(broker: Broker, topic: str) -> None:
    """Headers of any size and content: no crash, no line of their own, no word to the terminal."""
    dead = f"{topic}.dead"
    await ensure_topics(broker.bootstrap, {topic: PARTITIONS, dead: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        for offset, changed in enumerate(
            [
                {"monitor-timestamp": str(2**62).encode()},
                {"monitor-timestamp": b"9" * 5_000},
                {"monitor-reason": ATTACK.encode(), "monitor-detail": ATTACK.encode()},
                {"monitor-topic": ATTACK.encode()},
                {"monitor-partition": b"9" * 5_000},
            ]
        ):
            written = dict(headers(topic, 0, offset, "late")) | changed
            await producer.send_and_wait(dead, b"\x1b[2J{", key=b"\x1b", headers=list(written.items()))
    finally:
        await producer.stop()
    for arguments, code, lines in (
        (["list", "--show-value"], 0, 5),
        (["list", "--format", "json", "--show-value"], 0, 4),
        (["requeue", "--all"], 1, 1),
    ):
        result = await dead_letters(broker, topic, *arguments)
        assert (result.exit_code, len(result.stdout.splitlines())) == (code, lines), result.output
        assert not [one for one in result.output if one != "\n" and unseen(one)]
        assert "1 records in the topic are not the monitor's" in result.stderr


async def test_an_empty_topic_is_no_failure(embedded_broker: EmbeddedBroker, topic: str) -> None:
    """Nothing refused is good news."""
    await ensure_topics(embedded_broker.bootstrap, {topic: 1, f"{topic}.dead": 2})
    result = await dead_letters(embedded_broker, topic, "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 dead letters" in result.stderr

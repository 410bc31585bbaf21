"""Missions that a source tells in records of its own, and a feed turns into rows: the same figures, whoever dies.

How the source writes a row, what the feed file says of that, and what became of all records in the end. The rows
themselves, with their revisions, are invented in `tests.chaos.feed`.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

SOURCE = "dispatch-rows"
SOURCE_LETTERS = f"{SOURCE}.dead-letter"
SOURCE_PARTITIONS = 3
GROUP = "chaos-feed"
FEED_FILE = f"""
[source]
topic = "{SOURCE}"
mission = "call"
row = "part"
revision = "rev"

[source.fields]
district = "zone"
settlement = "class"
urgent = "urgent"
status = {{ path = "state", map = {{ OPEN = "open", CLEARED = "closed", CANCELLED = "cancelled" }} }}
ringing_at = "rang"
on_scene_at = {{ path = "arrived", formats = "epoch_ms" }}
recorded_at = "logged"
excluded = "reason"
"""
_STATES = {"open": "OPEN", "closed": "CLEARED", "cancelled": "CANCELLED"}
Part = tuple[str, str, int]
"""Mission, row and revision."""


@dataclass
class Carried:
    """What a feed was given, and must have made of it."""

    parts: set[Part] = field(default_factory=set)
    missions: set[bytes] = field(default_factory=set)
    nonsense: set[bytes] = field(default_factory=set)

    def give(self, key: bytes, value: bytes, means: bytes | None) -> None:
        """A record more; `means`: the event that it becomes, None where it is none."""
        if means is None:
            self.nonsense.add(value)
            return
        self.missions.add(key)
        self.parts.add(part_of(json.loads(means)))

    def pairs(
        self, log: Iterable[ConsumerRecord], letters: Iterable[ConsumerRecord]
    ) -> list[tuple[str, object, object]]:
        """What was found beside what was given: every row arrived, and what is none lies in the dead letters."""
        return [
            ("rows that the feed told", {part_of(json.loads(one.value)) for one in log}, self.parts),
            ("records that the feed refused", {one.value for one in letters}, self.nonsense),
        ]


def part_of(event: dict[str, Any]) -> Part:
    """Which row an event tells, and how new it is."""
    return event["mission_id"], event["row"], event["revision"]


def as_record(event: dict[str, Any]) -> bytes:
    """A row as the source writes it: names, words and times of its own."""
    arrived = event.get("on_scene_at")
    told = {
        "call": event["mission_id"],
        "part": event["row"],
        "rev": event["revision"],
        "zone": event["district"].upper() if "district" in event else None,
        "class": event["settlement"].upper() if "settlement" in event else None,
        "urgent": ("N", "Y")[event["urgent"]] if "urgent" in event else None,
        "state": _STATES[event["status"]] if "status" in event else None,
        "rang": event.get("ringing_at"),
        "arrived": arrived and round(datetime.fromisoformat(arrived).timestamp() * 1000),
        "logged": event.get("recorded_at"),
        "reason": event.get("excluded"),
    }
    return json.dumps(told).encode()


def nonsense(value: bytes, *, cut: int | None) -> bytes:
    """A record that is none: cut off, or with a word that nobody knows."""
    return value[:cut] if cut is not None else value.replace(b'"state": "', b'"state": "IN')


async def behind(bootstrap: str) -> int:
    """Records of the source that the feed's group has not committed."""
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await asyncio.gather(admin.start(), consumer.start())
    try:
        places = [TopicPartition(SOURCE, number) for number in range(SOURCE_PARTITIONS)]
        offsets, ends = await admin.list_consumer_group_offsets(GROUP), await consumer.end_offsets(places)
        return sum(ends[place] - max(0, offsets[place].offset if place in offsets else 0) for place in places)
    finally:
        await asyncio.gather(admin.close(), consumer.stop())


async def ends_of(bootstrap: str, topic: str, partitions: int) -> dict[int, int]:
    """The end of each partition of a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        return {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}
    finally:
        await consumer.stop()

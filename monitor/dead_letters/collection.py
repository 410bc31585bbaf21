"""Dead letters as read back from their topic: which source records are there, and which were sent back already.

Decides how a dead letter is recognised and that it is one however often it was produced: its identity is the
record it was made from (topic, partition, offset). A record that was sent back is remembered by a marker in the
same topic, because nothing in Kafka can be crossed out. Refuses to judge events.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from monitor.core.batch import RefusedBatch
from monitor.core.mission import EPOCH
from monitor.progress import Advance
from monitor.worker.rejects import (
    HEADER_DETAIL,
    HEADER_OFFSET,
    HEADER_PARTITION,
    HEADER_REASON,
    HEADER_REQUEUED,
    HEADER_TIMESTAMP,
    HEADER_TOPIC,
    HEADER_TRUNCATED,
    LAST_MILLISECOND,
    LAST_OFFSET,
    header_number,
)

FETCH_MS: Final = 500
_LAST_PARTITION: Final = 2**31 - 1
MARKER_VALUE: Final = b"requeued"


class Source(NamedTuple):
    """The record a dead letter was made from: its identity."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One source record among the dead letters. `timestamp_ms`: the source record's, where it had one."""

    source: Source
    reason: str
    detail: str
    timestamp_ms: int | None
    """None also where the header is no time of the calendar."""
    key: bytes | None
    value: bytes | None
    truncated: bool

    @property
    def timestamp(self) -> str | None:
        """The source record's time, RFC 3339."""
        if self.timestamp_ms is None:
            return None
        return (EPOCH + timedelta(milliseconds=self.timestamp_ms)).isoformat(timespec="milliseconds")


@dataclass(slots=True)
class Collection:
    """What a reading of the topic found. `letters` by source, in the order first met."""

    letters: dict[Source, DeadLetter] = field(default_factory=dict)
    requeued: set[Source] = field(default_factory=set)
    repeated: int = 0
    """Dead letters of a source record already known: they are produced at least once."""
    foreign: int = 0
    """Records without the monitor's headers."""
    refused: int = 0
    """Batches that were not, or cannot be, unpacked: whoever may write to the topic can put them there."""

    def take(self, record: "Record | RefusedBatch") -> None:
        """Take one record of the topic into account."""
        if isinstance(record, RefusedBatch):
            self.refused += 1
            return
        headers = {name: value for name, value in record.headers if value is not None}
        source = _source(headers)
        if source is None:
            self.foreign += 1
        elif HEADER_REQUEUED in headers:
            self.requeued.add(source)
        elif HEADER_REASON not in headers:
            self.foreign += 1
        elif source in self.letters:
            self.repeated += 1
        else:
            self.letters[source] = _letter(source, headers, record)


class Record(Protocol):
    """What is read of a Kafka record."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


def marker(source: Source) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Key and headers of the record that remembers that `source` was sent back."""
    key = f"requeued {source.topic}:{source.partition}:{source.offset}".encode()
    return key, [
        (HEADER_REQUEUED, b"1"),
        (HEADER_TOPIC, source.topic.encode()),
        (HEADER_PARTITION, str(source.partition).encode()),
        (HEADER_OFFSET, str(source.offset).encode()),
    ]


def sent_back(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Headers of the record that is sent back: whoever needs its place among its source's records finds it there."""
    headers = [(HEADER_REQUEUED, b"1"), (HEADER_OFFSET, str(letter.source.offset).encode())]
    if letter.timestamp_ms is not None:
        headers.append((HEADER_TIMESTAMP, str(letter.timestamp_ms).encode()))
    return headers


async def collect(consumer: AIOKafkaConsumer, topic: str, partitions: int, *, seen: Advance) -> Collection:
    """Read the topic from its beginning to where it ends now."""
    collection = Collection()
    async for done, records in _to_the_end(consumer, [TopicPartition(topic, number) for number in range(partitions)]):
        for record in records:
            collection.take(record)
        seen(done, len(collection.letters))
    return collection


async def _to_the_end(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[tuple[int, Iterable[Any]]]:
    """Records in batches, with the number of offsets passed so far.

    The batch that reaches the end is taken whole: Tansu names the offset after the last batch's first record as the
    end, and what lies beyond the end is a dead letter all the same.
    """
    consumer.assign(partitions)
    begins: Mapping[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, begins[partition])
    while behind := [one for one in partitions if await consumer.position(one) < ends[one]]:
        found = await consumer.getmany(*behind, timeout_ms=FETCH_MS)
        # Positions, not records, say how far it is: compaction and transactions leave offsets without a record.
        done = sum([await consumer.position(one) - begins[one] for one in partitions])
        yield done, [record for records in found.values() for record in records]


def _source(headers: Mapping[str, bytes]) -> Source | None:
    partition = header_number(headers.get(HEADER_PARTITION), _LAST_PARTITION)
    offset = header_number(headers.get(HEADER_OFFSET), LAST_OFFSET)
    try:
        topic = headers[HEADER_TOPIC].decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return None if partition is None or offset is None else Source(topic, partition, offset)


def _letter(source: Source, headers: Mapping[str, bytes], record: Record) -> DeadLetter:
    return DeadLetter(
        source=source,
        reason=headers[HEADER_REASON].decode("utf-8", "replace"),
        detail=headers.get(HEADER_DETAIL, b"").decode("utf-8", "replace"),
        timestamp_ms=header_number(headers.get(HEADER_TIMESTAMP), LAST_MILLISECOND),
        key=record.key,
        value=record.value,
        truncated=HEADER_TRUNCATED in headers,
    )

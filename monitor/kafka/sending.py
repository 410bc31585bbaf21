"""Records to a topic in large batches: by key, in order, counted when the broker has confirmed them.

The partition of a key is that of Kafka's own clients (murmur2), so that it does not matter who sends a mission.
Within a partition one batch follows the other, so a mission's snapshots stay in the order given. Refuses to know
what the records mean and where they come from.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import RecordMetadata

from monitor.kafka.clients import LARGEST_RECORD_BYTES, Producers

ALONE_BYTES: Final = 64 * 1024
"""Larger records travel alone: what the topic refuses for its size must not take others with it."""

Headers = list[tuple[str, bytes]]
_NO_HEADERS: Final[Headers] = []
_partition_of_key = DefaultPartitioner()


class SendingFailed(ConnectionError):  # noqa: N818 - named for what happened
    """The broker stopped taking records."""


class BatchBuilder(Protocol):
    """aiokafka's batch under construction."""

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Headers) -> object:
        """None when the batch is full."""

    def record_count(self) -> int:
        """Records in it."""


class BatchProducer(Protocol):
    """What is needed of an aiokafka producer."""

    def create_batch(self) -> BatchBuilder:
        """An empty batch."""

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Awaitable[RecordMetadata]:
        """Queue it; the result is what the broker confirms."""


@dataclass(frozen=True, slots=True)
class Oversized:
    """A record that the topic refused for its size. `tag` is the sender's own name for it."""

    tag: int
    size_bytes: int


class Outbox:
    """Records on their way to one topic. `put` them, then `settle`; `flush` now and then when they come slowly."""

    def __init__(self, producers: Producers, topic: str, *, partitions: int) -> None:
        self.confirmed = 0
        """Records that the broker has confirmed."""
        self.oversized: list[Oversized] = []
        self._producer: BatchProducer = producers.safe
        self._lone_producer: BatchProducer = producers.plain
        self._topic = topic
        self._partitions = list(range(partitions))
        self._keyless = 0
        """Partition of the next record without a key: another one for each batch."""
        self._open: dict[int, BatchBuilder] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._partition_of = lru_cache(maxsize=65_536)(self._hashed)

    async def put(
        self,
        key: bytes | None,
        value: bytes | None,
        *,
        tag: int = 0,
        headers: Headers = _NO_HEADERS,
        partition: int | None = None,
    ) -> None:
        """Queue a record; `partition` only where it must not follow from the key. Raises SendingFailed."""
        if partition is None:
            partition = self._partitions[self._keyless] if key is None else self._partition_of(key)
        size = len(value or b"") + len(key or b"")
        if size > LARGEST_RECORD_BYTES:
            self.oversized.append(Oversized(tag, size))
            return
        if size > ALONE_BYTES:
            await self._put_alone(partition, key, value, headers=headers, alone=Oversized(tag, size))
            return
        batch = self._open.get(partition)
        if batch is None:
            batch = self._open[partition] = self._producer.create_batch()
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await self._submit(partition)
            batch = self._open[partition] = self._producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def flush(self) -> None:
        """Send what is queued, full batch or not. Raises SendingFailed."""
        for partition in list(self._open):
            await self._submit(partition)

    async def settle(self) -> None:
        """Send everything and wait until the broker has confirmed it. Raises SendingFailed."""
        await self.flush()
        while self._waiting:
            await asyncio.wait(self._waiting)
        self._raise_failure()

    def _hashed(self, key: bytes) -> int:
        chosen: int = _partition_of_key(key, self._partitions, self._partitions)
        return chosen

    async def _put_alone(
        self, partition: int, key: bytes | None, value: bytes | None, *, headers: Headers, alone: Oversized
    ) -> None:
        """Confirmed, or noted as refused, before anything else moves: two producers know no common order."""
        await self.settle()
        batch = self._lone_producer.create_batch()
        batch.append(timestamp=None, key=key, value=value, headers=headers)
        try:
            await (await self._lone_producer.send_batch(batch, self._topic, partition=partition))
        except (MessageSizeTooLargeError, RecordTooLargeError):
            self.oversized.append(alone)
        except (KafkaError, OSError) as fault:
            raise self._failed(fault) from fault
        else:
            self.confirmed += 1

    async def _submit(self, partition: int) -> None:
        batch = self._open.pop(partition, None)
        if batch is None:
            return
        self._raise_failure()
        self._keyless = (self._keyless + 1) % len(self._partitions)
        count = batch.record_count()
        try:
            # Waits until the batch before it has left: order, and a bound on memory.
            confirmation = await self._producer.send_batch(batch, self._topic, partition=partition)
        except (KafkaError, OSError) as fault:
            raise self._failed(fault) from fault
        task = asyncio.create_task(self._confirm(confirmation, count))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _confirm(self, confirmation: Awaitable[RecordMetadata], count: int) -> None:
        try:
            await confirmation
        except (KafkaError, OSError) as fault:
            self._failure = self._failure or fault
        else:
            self.confirmed += count

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure

    def _failed(self, fault: Exception) -> SendingFailed:
        if isinstance(fault, TopicAuthorizationFailedError | ClusterAuthorizationFailedError):
            return SendingFailed(
                f"The broker does not give this client the right Write on topic {self._topic!r}. Grant it: "
                f"kafka-acls.sh --add --allow-principal User:… --operation Write --topic {self._topic}."
            )
        return SendingFailed(
            f"The broker stopped taking records for topic {self._topic!r} after {self.confirmed} confirmed ones "
            f"({type(fault).__name__}: {fault}). Check the broker and the topic, then send everything again: the "
            "monitor counts every mission once, however often it is told."
        )

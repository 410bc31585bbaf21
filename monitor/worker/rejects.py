"""Dead letters: the original bytes, unchanged, with headers that say why and from where.

They are produced, and acknowledged by all replicas, before the checkpoint that counts them. A crash between the
two produces them again, so a reader tells them apart by their source offset. What was left out (see `letters`), and
a record too large for the topic, goes without its value, marked as truncated: it still lies in the source topic.
"""

import re
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from monitor.core.batch import DeadLetter
from monitor.worker.letters import WithoutValue, bounded, without_value

HEADER_REASON: Final = "monitor-reason"
HEADER_DETAIL: Final = "monitor-detail"
HEADER_TOPIC: Final = "monitor-topic"
HEADER_PARTITION: Final = "monitor-partition"
HEADER_OFFSET: Final = "monitor-offset"
HEADER_FIRST_OFFSET: Final = "monitor-first-offset"
"""On the letter of a whole batch: where it begins. It ends at its offset."""
HEADER_TIMESTAMP: Final = "monitor-timestamp"
HEADER_TRUNCATED: Final = "monitor-truncated"
HEADER_REQUEUED: Final = "monitor-requeued"
"""On a record sent back to the source topic, with the offset and the time that it had at first, and on its marker."""
COMPRESSION: Final = "zstd"
"""Of dead letters: they repeat each other, and whoever sends bad records must not fill the disk of the brokers."""
REQUEST_BYTES: Final = 16 * 1024 * 1024
"""Largest request of the producer; the broker has a limit of its own."""
LARGEST_BYTES: Final = REQUEST_BYTES - 65_536
"""Largest key and value that leave room for the headers."""


_DIGITS: Final = re.compile(rb"[0-9]{1,19}")
LAST_OFFSET: Final = 2**63 - 1
LAST_MILLISECOND: Final = 253_402_300_799_999
"""The end of the year 9999."""


def header_number(header: bytes | None, largest: int) -> int | None:
    """A header's number as the worker writes it; None where it is anything else, however long."""
    if header is None or not _DIGITS.fullmatch(header):
        return None
    found = int(header)
    return found if found <= largest else None


class DeadLettersUnavailable(Exception):  # noqa: N818 - a state of the world: wait and try again
    """The dead-letter topic does not take records; nothing may be checkpointed until it does."""


class DeadLetterBox(Protocol):
    """Where refused records go."""

    async def put(self, partition: int, letters: Sequence[DeadLetter]) -> None:
        """Return when all are safely stored. Raises DeadLettersUnavailable; then some may be stored."""


class KafkaDeadLetters:
    """The dead-letter topic. The producer is started and stopped by its owner."""

    def __init__(self, producer: AIOKafkaProducer, *, topic: str, source: str) -> None:
        self._producer = producer
        self._topic = topic
        self._source = source

    async def put(self, partition: int, letters: Sequence[DeadLetter]) -> None:
        """Produce all and wait for the acknowledgements."""
        try:
            waiting = [(letter, await self._send(partition, letter)) for letter in letters]
            refused = [letter for letter, sent in waiting if not await _accepted(sent)]
            for letter in refused:
                # One large record refuses its whole batch: only what is refused alone goes without its value.
                if not await _accepted(await self._send(partition, letter)):
                    await (await self._send(partition, letter, truncated=True))
        except (KafkaError, OSError, TimeoutError) as fault:
            raise DeadLettersUnavailable(
                f"topic {self._topic} does not take records ({type(fault).__name__}: {fault}): check that it exists, "
                "that this client may write to it, and that enough replicas are in sync"
            ) from fault

    async def _send(self, partition: int, letter: DeadLetter, *, truncated: bool = False) -> Awaitable[Any]:
        letter = bounded(letter, LARGEST_BYTES // 2)  # whatever somebody hands in: both must fit one request
        record = without_value(letter) if truncated else letter.record
        headers = [
            (HEADER_REASON, letter.reason.encode()),
            (HEADER_DETAIL, letter.detail[:1000].encode("utf-8", "replace")),
            (HEADER_TOPIC, self._source.encode()),
            (HEADER_PARTITION, str(partition).encode()),
            (HEADER_OFFSET, str(record.offset).encode()),
        ]
        if record.timestamp is not None and record.timestamp >= 0:
            headers.append((HEADER_TIMESTAMP, str(record.timestamp).encode()))
        if isinstance(record, WithoutValue):
            headers.append((HEADER_TRUNCATED, b"1"))
            if record.first_offset is not None:
                headers.append((HEADER_FIRST_OFFSET, str(record.first_offset).encode()))
        value, key = record.value, record.key
        if value is None and key is None:
            key = b""  # the client refuses a record with neither; the headers tell what it was
        future: Awaitable[Any] = await self._producer.send(self._topic, value=value, key=key, headers=headers)
        return future


async def _accepted(sent: Awaitable[Any]) -> bool:
    try:
        await sent
    except (MessageSizeTooLargeError, RecordTooLargeError):
        return False
    return True

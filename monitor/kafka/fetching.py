"""What a consumer has fetched, given out record by record within a bound.

aiokafka unpacks whatever a batch holds, and raises, again and again, at one that it cannot read: whoever may write to
a topic could end every reader of it. Here such a batch is one `RefusedBatch` in its place, and the reading goes on. A
fetch that unpacks to much is given out in parts: the rest is fetched again. What is given out says which offsets it
covers, as only the place where it is taken out knows: whatever becomes of it on its way, what comes next claims none
of them. And the task that fetches, which aiokafka lets die in silence, is begun again. Reaches into aiokafka, in this
module only; refuses to know what the records mean.
"""

import asyncio
import logging
import struct
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException, KafkaError
from aiokafka.record.memory_records import MemoryRecords

from monitor.core.batch import RefusedBatch
from monitor.core.mission import Reason
from monitor.kafka.unpacking import HEADER, BatchRefused, NewerBatch, OlderBatch, Unpacker

log = logging.getLogger(__name__)

AT_ONCE_BYTES: Final = 4 * 1024 * 1024
"""Asked of each broker by one request, whatever partitions it leads: a slow link must bring that before the request
is given up (by a worker after 20 s, by a command after 10), or nothing ever comes. aiokafka asks for 50 MiB. A larger
batch comes alone."""
AGAIN_SECONDS: Final = 0.1
"""Pause before a fetching task that ended is begun again."""
REFUSED_AT_ONCE: Final = 8
"""Refused batches that are given out together: each took as long to unpack as the largest that is none."""
_FRAME: Final = struct.Struct(">qi")
"""Offset, and how many bytes follow: every batch, old or new, begins so."""
_MAGIC_AT: Final = struct.calcsize(">qii")
_LEAST_BYTES: Final = struct.calcsize(">qiIbbii")
"""The smallest message there ever was."""
_NOT_DECODED: Final = (KafkaError, ValueError, IndexError, ArithmeticError, AssertionError, MemoryError, struct.error)
"""What aiokafka's decoders raise where the bytes of a batch are no records."""


def bound(consumer: AIOKafkaConsumer, largest_batch_bytes: int) -> None:
    """Let a consumer that was started, and has no partitions yet, unpack no batch to more than so many bytes.

    It gives out the records as the decoder of batches made them (offset, timestamp, key, value, headers), without
    a copy of each into a `ConsumerRecord` of eleven fields, which is a third of what aiokafka does by record.
    """
    theirs = consumer._fetcher  # noqa: SLF001 - no public way
    theirs._records = _Fetches(Unpacker(largest_batch_bytes))  # noqa: SLF001
    theirs._fetch_max_bytes = AT_ONCE_BYTES  # noqa: SLF001 - Faust does not let it be said


def keep_fetching(consumer: AIOKafkaConsumer) -> None:
    """Let a consumer that was started, and has no partitions yet, fetch until it is closed, whatever happens."""
    theirs = consumer._fetcher  # noqa: SLF001 - no public way
    theirs._fetch_task.cancel()  # noqa: SLF001 - it waits for its first partitions
    theirs._fetch_task = asyncio.create_task(_fetching(theirs))  # noqa: SLF001 - its `close` cancels and awaits it


async def _fetching(theirs: fetcher.Fetcher) -> None:
    """Fetch until aiokafka's fetcher is closed. Its own task ends for good at the first thing it did not foresee.

    Two requests that both find a partition without a position, as where its leader moves meanwhile, are such a thing,
    or an assignment lost in the moment between being given and being looked at (aiokafka issue 796): the consumer
    stays in its group, beats, and never fetches again. Begun anew it forgets what nobody has taken out, and fetches
    that again from where each partition stands.
    """
    while True:
        fault: BaseException | None = None
        try:
            await theirs._fetch_requests_routine()  # noqa: SLF001 - no public way; swallows a cancellation
        except KafkaError as error:
            fault = error.__cause__ or error
        task = asyncio.current_task()
        if theirs._closed or (task is not None and task.cancelling()):  # noqa: SLF001
            return
        log.warning("what fetches from Kafka ended and is begun again: %r", fault, exc_info=fault)
        # Who awaited one of these that has failed would end by its fault, again and again.
        theirs._pending_tasks -= {task for task in theirs._pending_tasks if task.done()}  # noqa: SLF001
        await asyncio.sleep(AGAIN_SECONDS)


class Fetched:
    """The bytes of one fetch, in place of aiokafka's `MemoryRecords`, which keeps them where nobody can see them."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._theirs = MemoryRecords(raw)
        self.size_in_bytes = self._theirs.size_in_bytes
        self.has_next = self._theirs.has_next
        self.next_batch = self._theirs.next_batch

    def batches(self) -> Iterator[memoryview]:
        """The bytes of every batch that is there whole."""
        view, at = memoryview(self.raw), 0
        while at + _FRAME.size <= len(view):
            end = at + _FRAME.size + _FRAME.unpack_from(view, at)[1]
            if end > len(view):
                return
            batch = view[at:end]
            if end - at < _LEAST_BYTES or (batch[_MAGIC_AT] >= 2 and end - at < HEADER.size):
                raise CorruptRecordException(f"a batch of {end - at} bytes")
            yield batch
            at = end


fetcher.MemoryRecords = Fetched  # the same to every other consumer of this process


class Drained(list[Any]):
    """Records given out at once: all there are from offset `start` (included) to `after` (excluded)."""

    def __init__(self, start: int, after: int, records: Iterable[Any]) -> None:
        super().__init__(records)
        self.start = start
        self.after = after


class Fetch(FetchResult):  # type: ignore[misc]  # aiokafka is not typed
    """aiokafka's, which gives out what is unpacked by us together with the offsets that it covers."""

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, at most so many; none where the position has moved elsewhere since."""
        unpacked = self._partition_records
        if not isinstance(unpacked, Unpacked):
            found: list[Any] = super().getall(max_records)
            return found
        began = unpacked.next_fetch_offset
        return unpacked.covered(began, super().getall(max_records))


fetcher.FetchResult = Fetch  # aiokafka asks for this very type


class _Fetches(OrderedDict[TopicPartition, Any]):
    """aiokafka's fetches that nobody has asked for yet, each to be unpacked within the bound."""

    def __init__(self, unpacker: Unpacker) -> None:
        super().__init__()
        self._unpacker = unpacker
        self._barren: dict[TopicPartition, tuple[int, int]] = {}
        """The newest stretch of each partition that was fetched and holds no record (markers of transactions)."""

    def __setitem__(self, place: TopicPartition, found: Any) -> None:
        if isinstance(found, Fetch):
            theirs = found._partition_records  # noqa: SLF001 - no public way
            found._partition_records = Unpacked(theirs, self._unpacker, self._barren)  # noqa: SLF001
            # It would hold itself, and the bytes of the fetch, until a collection: of a worker, that is minutes away.
            theirs._records_iterator = None  # noqa: SLF001
        super().__setitem__(place, found)


class Unpacked(PartitionRecords):  # type: ignore[misc]  # aiokafka is not typed
    """aiokafka's fetched records of one partition, unpacked by us."""

    def __init__(
        self, theirs: PartitionRecords, unpacker: Unpacker, barren: dict[TopicPartition, tuple[int, int]]
    ) -> None:
        self._unpacker = unpacker
        self._barren = barren
        self.next_fetch_offset: int
        held = vars(theirs)
        super().__init__(
            held["_tp"], held["_records"], held["_aborted_transactions"], theirs.next_fetch_offset, None, None,
            held["_check_crcs"], held["_isolation_level"],
        )  # fmt: skip
        # Begun when asked for: one that nobody asks for any more (a seek, another assignment) would hold itself, too.
        self._records_iterator: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        """Without a call for each."""
        if self._records_iterator is None:
            self._records_iterator = self._unpack_records()
        return self._records_iterator

    def __next__(self) -> Any:
        return next(iter(self))

    def covered(self, began: int, records: list[Any]) -> list[Any]:
        """What was taken out from position `began` on, and a barren stretch just before it."""
        start, after = began, self.next_fetch_offset
        if (before := self._barren.get(self._tp)) is not None and before[1] == began:
            start = before[0]
        if records:
            return Drained(start, after, records)
        if after > began:
            self._barren[self._tp] = start, after
        return []

    def _unpack_records(self) -> Iterator[Any]:
        taken = 0
        for raw in self._records.batches():
            magic = raw[_MAGIC_AT]
            batch = NewerBatch(raw) if magic >= 2 else OlderBatch(raw, magic)
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if self._is_passed_over(batch):
                self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)
                continue
            first = max(self.next_fetch_offset, batch.base_offset if magic >= 2 else 0)
            end = max(batch.next_offset, batch.base_offset + 1 if magic >= 2 else 0)
            if end <= self.next_fetch_offset:
                continue  # below where the fetch began
            try:
                size, records = self._unpacker.opened(raw)
                decoding = iter(records)
            except BatchRefused as refused:
                yield self._refused(batch, first, end, refused)
                taken += self._unpacker.largest_bytes // REFUSED_AT_ONCE
            else:
                yield from self._decoded(batch, decoding, first, end)
                taken += size
            self.next_fetch_offset = end
            if taken >= self._unpacker.largest_bytes:
                return  # the rest is fetched again, when this was taken

    def _decoded(self, batch: Any, decoding: Iterator[Any], first: int, end: int) -> Iterator[Any]:
        """The records of one batch, and what is left of it as refused from where they are none."""
        offset = first - 1
        try:
            for record in decoding:
                if record.offset <= offset < first:
                    continue  # below where the fetch began
                if not offset < record.offset < end:
                    raise CorruptRecordException("offsets that are not in order, or not the batch's own")
                offset = record.offset
                self.next_fetch_offset = offset + 1
                yield record
        except _NOT_DECODED as fault:
            refused = BatchRefused(Reason.BATCH_UNREADABLE, f"holds what is no record: {str(fault)[:200]}")
            yield self._refused(batch, offset + 1, end, refused)

    def _refused(self, batch: Any, first: int, end: int, refused: BatchRefused) -> RefusedBatch:
        self.next_fetch_offset = end
        stamp = getattr(batch, "max_timestamp", None)  # older ones do not tell
        return RefusedBatch(min(first, end - 1), end - 1, stamp, refused.reason, refused.detail)

    def _is_passed_over(self, batch: Any) -> bool:
        """Whether a batch holds no records for us: it was aborted, or is the marker of a transaction."""
        if self._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and not batch.compression_type and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)

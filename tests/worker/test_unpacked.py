"""What aiokafka fetched is handed over as its decoder made it: the same records, the same places."""

from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.types import TP

from monitor.worker.transport import AsUnpacked, hand_over_as_unpacked

PLACE = TP("missions", 3)
BATCHES = [[(0, b"a", b"1"), (1, None, b"2"), (2, b"c", None)], [(3, b"", b"")]]
"""(offset within its batch, key, value); each batch after the one before."""


def fetched(offset: int = 0) -> PartitionRecords:
    """A fetch that began at `offset`: two batches, encoded as a broker sends them."""
    log = b""
    for batch in BATCHES:
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
            batch_size=1 << 20,
        )  # fmt: skip
        for number, (place, key, value) in enumerate(batch):
            builder.append(number, timestamp=1_700_000_000_000 + place, key=key, value=value, headers=[])
        data = bytearray(builder.build())
        data[:8] = batch[0][0].to_bytes(8, "big")  # the base offset, which only a broker knows
        log += bytes(data)
    return PartitionRecords(PLACE, MemoryRecords(log), [], offset, None, None, True, 1)


def handed_over(records: PartitionRecords) -> PartitionRecords:
    """The same, as the transport hands it over."""
    assigned = SimpleNamespace(active=True)
    result = FetchResult(PLACE, assignment=assigned, partition_records=records, backoff=0)
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records={PLACE: result, TP("other", 0): object()}))
    hand_over_as_unpacked(consumer)
    assert isinstance(records, AsUnpacked)
    return records


def told(record: Any) -> tuple[object, ...]:
    """What the core reads of it."""
    return record.offset, record.timestamp, record.key, record.value


@pytest.mark.parametrize("offset", [0, 2, 3])
def test_the_same_records_come_as_from_aiokafka(offset: int) -> None:
    """Also where a fetch begins within a batch; and the next fetch begins at the same place."""
    plain, ours = fetched(offset), handed_over(fetched(offset))
    assert [told(record) for record in ours] == [told(record) for record in plain]
    assert ours.next_fetch_offset == plain.next_fetch_offset == 4


def test_what_is_left_over_comes_the_next_time() -> None:
    """Whoever takes only some finds the rest in its place."""
    ours = handed_over(fetched())
    assert [record.offset for record in islice(ours, 2)] == [0, 1]
    assert ours.next_fetch_offset == 2
    assert [record.offset for record in ours] == [2, 3]

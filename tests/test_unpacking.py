"""What one batch of a log may do to its reader: unpack within a bound, or be one refused record in its place."""

import gc
import gzip
import struct
import tracemalloc
import weakref
from collections.abc import Callable
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final

import cramjam
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.batch import RefusedBatch
from monitor.core.mission import Reason, Rejected
from monitor.kafka.fetching import Fetch, Fetched, bound
from monitor.kafka.unpacking import HEADER, Unpacker

PLACE = TopicPartition("missions", 3)
MIB = 1024 * 1024
LARGEST: Final = 2 * MIB
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
PACKED = {name: number for name, number in CODECS.items() if number}
STAMP = 1_700_000_000_000
COUNT_AT, DELTA_AT, ATTRIBUTES_AT, CRC_AT = 57, 23, 21, 17

Rows = list[tuple[bytes | None, bytes | None]]
SMALL: Rows = [(b"a", b"1"), (None, b"2"), (b"c", None), (b"", b"")]
BEFORE: Rows = [(b"k", b"before")]
AFTER: Rows = [(b"k", b"after")]


def batch_of(rows: Rows, base: int = 0, *, codec: str = "none", places: list[int] | None = None) -> bytes:
    """A batch as a producer writes it and a broker keeps it; `places` are its records' places within it."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=CODECS[codec], is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=1 << 30,
    )  # fmt: skip
    for number, (key, value) in zip(places or range(len(rows)), rows, strict=True):
        builder.append(number, timestamp=STAMP + number, key=key, value=value, headers=[])
    return struct.pack(">q", base) + bytes(builder.build())[8:]


def older_batch_of(rows: Rows, base: int, *, magic: int, codec: str) -> bytes:
    """The same as brokers kept it before Kafka 0.11. A packed one has the offset of its last message."""
    builder = LegacyRecordBatchBuilder(magic=magic, compression_type=CODECS[codec], batch_size=1 << 30)
    for number, (key, value) in enumerate(rows):
        builder.append(number if codec != "none" else base + number, timestamp=STAMP, key=key, value=value)
    data = bytes(builder.build())
    return data if codec == "none" else struct.pack(">q", base + len(rows) - 1) + data[8:]


def lying(batch: bytes, at: int, form: str, value: int) -> bytes:
    """The batch with another value in its header, under the check sum that belongs to it."""
    data = bytearray(batch)
    struct.pack_into(form, data, at, value)
    struct.pack_into(">I", data, CRC_AT, calc_crc32c(bytes(data[ATTRIBUTES_AT:])))
    return bytes(data)


def with_body(batch: bytes, body: bytes) -> bytes:
    """The batch with other bytes in the place of its records."""
    data = bytearray(batch[: HEADER.size] + body)
    struct.pack_into(">i", data, 8, len(data) - 12)
    return lying(bytes(data), COUNT_AT, ">i", struct.unpack_from(">i", batch, COUNT_AT)[0])


def fetched(*batches: bytes, offset: int = 0, largest: int = LARGEST) -> PartitionRecords:
    """A fetch that began at `offset`, as a bounded consumer holds it."""
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records={}))
    bound(consumer, largest)
    theirs = plain(*batches, offset=offset)
    result = Fetch(PLACE, assignment=SimpleNamespace(active=True), partition_records=theirs, backoff=0)
    consumer._fetcher._records[PLACE] = result  # as aiokafka does
    return consumer._fetcher._records[PLACE]._partition_records


def plain(*batches: bytes, offset: int = 0) -> PartitionRecords:
    """The same without us: aiokafka's own."""
    return PartitionRecords(PLACE, Fetched(b"".join(batches)), [], offset, None, None, True, 1)


def told(record: Any) -> tuple[object, ...]:
    """What is read of a record."""
    if isinstance(record, RefusedBatch):
        return record.first_offset, record.offset, record.reason
    return record.offset, record.timestamp, record.key, record.value, tuple(record.headers)


def zeros(count: int, size: int, base: int = 10, *, codec: str) -> bytes:
    """A batch of values that are nothing but zeros."""
    return batch_of([(None, bytes(size))] * count, base, codec=codec)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("offset", [0, 2, 4])
def test_the_same_records_come_as_from_aiokafka(codec: str, offset: int) -> None:
    """Compressed or not, also where a fetch begins within a batch; and the next fetch begins at the same place."""
    batches = batch_of(SMALL, codec=codec), batch_of(AFTER, 4, codec=codec)
    theirs, ours = plain(*batches, offset=offset), fetched(*batches, offset=offset)
    assert [told(record) for record in ours] == [told(record) for record in theirs]
    assert ours.next_fetch_offset == theirs.next_fetch_offset == 5


@pytest.mark.parametrize(("magic", "codec"), [(0, "none"), (1, "none"), (0, "gzip"), (1, "gzip"), (1, "snappy"),
                                              (1, "lz4"), (0, "snappy")])  # fmt: skip
def test_batches_from_before_kafka_0_11_come_as_from_aiokafka(magic: int, codec: str) -> None:
    """A broker of those years, or a log that outlived one, still has them."""
    rows: Rows = [(b"k", b"1"), (None, b"2")]
    if codec == "none":
        batches = [older_batch_of([row], 6 + number, magic=magic, codec=codec) for number, row in enumerate(rows)]
    else:
        batches = [older_batch_of(rows, 6, magic=magic, codec=codec)]
    theirs, ours = plain(*batches), fetched(*batches)
    assert [told(record) for record in ours] == [told(record) for record in theirs]
    assert ours.next_fetch_offset == theirs.next_fetch_offset


def test_java_s_own_form_of_snappy_is_read_and_bound() -> None:
    """A stream of blocks, each with its length: what every producer on the JVM writes."""
    rows: Rows = [(None, bytes(100_000))]  # several blocks of 32 KiB
    (record,) = fetched(batch_of(rows, codec="snappy"))
    assert record.value == bytes(100_000)
    assert [told(one) for one in fetched(zeros(3, MIB, codec="snappy"))] == [(10, 12, "batch_too_large")]


def test_snappy_without_blocks_is_read_and_bound() -> None:
    """As clients on librdkafka write it: the length that it claims is believed only up to the bound."""
    body = batch_of(SMALL)[HEADER.size :]
    head = batch_of(SMALL, codec="snappy")
    (*records,) = fetched(with_body(head, bytes(cramjam.snappy.compress_raw(body))))
    assert [record.value for record in records] == [value for _, value in SMALL]
    claims = b"\xff\xff\xff\xff\x0f" + b"\0" * 40  # 4 GiB
    assert [told(one) for one in fetched(with_body(head, claims))] == [(0, 3, "batch_too_large")]


@pytest.mark.parametrize("codec", PACKED)
def test_a_batch_that_unpacks_to_more_than_the_bound_is_one_refused_record(codec: str) -> None:
    """In its place, with all its offsets, never held in memory; what lies around it is read."""
    bomb = zeros(64, MIB, codec=codec)
    ours = fetched(batch_of(BEFORE, 9), bomb, batch_of(AFTER, 74))
    tracemalloc.start()
    before, refused, after = ours
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (before.value, after.value) == (b"before", b"after")
    assert told(refused) == (10, 73, Reason.BATCH_TOO_LARGE)
    assert f"more than {LARGEST} (kafka.max_batch_bytes)" in refused.detail
    assert refused.timestamp == STAMP + 63
    assert ours.next_fetch_offset == 75
    assert peak < 2 * LARGEST + 2 * len(bomb)


@pytest.mark.parametrize(("magic", "codec"), [(0, "gzip"), (1, "gzip"), (1, "lz4"), (1, "snappy")])
def test_an_older_batch_is_bound_too(magic: int, codec: str) -> None:
    """It does not say where it begins: it is refused from where the fetch stood."""
    bomb = older_batch_of([(None, bytes(MIB))] * 8, 10, magic=magic, codec=codec)
    assert [told(one) for one in fetched(bomb, offset=10)] == [(10, 17, "batch_too_large")]


def test_the_bound_is_exact() -> None:
    """A batch of just as many bytes is read, and one of a byte more is not."""
    value = LARGEST - len(batch_of([(None, bytes(LARGEST))])) + LARGEST + HEADER.size
    (record,) = fetched(batch_of([(None, bytes(value))], codec="zstd"))
    assert len(record.value) == value
    (refused,) = fetched(batch_of([(None, bytes(value + 1))], codec="zstd"))
    assert told(refused) == (0, 0, "batch_too_large")


def test_a_value_that_is_no_batch_s_own_cannot_be_had() -> None:
    """Whoever takes a refused batch for a record learns why there is nothing to read."""
    (refused,) = fetched(zeros(4, MIB, codec="zstd"))
    with pytest.raises(Rejected, match=r"batch_too_large: .* unpack to more than"):
        refused.value  # noqa: B018 - asked for to see it refused
    assert refused.key is None


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("claimed", [2**31 - 1, LARGEST // 64 + 1])
def test_a_batch_that_claims_more_records_than_could_fit_is_refused_before_it_is_unpacked(
    codec: str, claimed: int
) -> None:
    """By the header alone, whatever is in it."""
    (refused,) = fetched(lying(batch_of(SMALL, 5, codec=codec), COUNT_AT, ">i", claimed))
    assert told(refused) == (5, 8, "batch_too_large")
    assert f"claims to hold {claimed} records" in refused.detail


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("claimed", [-1, 0, 3, 5])
def test_a_batch_whose_count_is_a_lie_is_refused_from_where_it_shows(codec: str, claimed: int) -> None:
    """What was read of it is given out; the rest is one refused record, and what comes after is read."""
    (*found, refused, after) = fetched(
        lying(batch_of(SMALL, 5, codec=codec), COUNT_AT, ">i", claimed), batch_of(AFTER, 9)
    )
    read = min(4, max(0, claimed))
    assert [record.offset for record in found] == [5, 6, 7, 8][:read]
    assert told(refused) == (min(5 + read, 8), 8, "batch_unreadable")
    assert after.value == b"after"


@pytest.mark.parametrize(
    "damage",
    [
        lambda _body: b"",
        lambda body: body[: len(body) // 2],
        lambda body: b"\xff" * len(body),
        lambda body: body[:6] + b"\xff" * 10 + body[6:],
    ],
    ids=["empty", "cut", "noise", "broken within"],
)
@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_that_cannot_be_read_is_one_refused_record(codec: str, damage: Callable[[bytes], bytes]) -> None:
    """A check sum that is right, and bytes that are no records: the reading goes on behind it."""
    whole = batch_of(SMALL, 5, codec=codec)
    *_, refused, after = fetched(with_body(whole, damage(whole[HEADER.size :])), batch_of(AFTER, 9))
    assert told(refused)[1:] == (8, "batch_unreadable")
    assert after.value == b"after"


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_nobody_knows_is_one_refused_record(codec: int) -> None:
    """Another program may know it; this one says so and goes on."""
    refused, after = fetched(lying(batch_of(SMALL, 5), ATTRIBUTES_AT, ">h", codec), batch_of(AFTER, 9))
    assert told(refused) == (5, 8, "batch_unreadable")
    assert after.value == b"after"


@pytest.mark.parametrize("delta", [-1, -(2**31), 1])
def test_records_beyond_the_end_that_a_batch_names_are_refused(delta: int) -> None:
    """The place where the next batch begins is never jumped over, and the reading never stands still."""
    ours = fetched(lying(batch_of(SMALL, 5), DELTA_AT, ">i", delta))
    *found, refused = ours
    end = max(6, 5 + delta + 1)
    assert [record.offset for record in found] == list(range(5, end))
    assert told(refused) == (end - 1, end - 1, "batch_unreadable")
    assert ours.next_fetch_offset == end


def test_offsets_out_of_order_are_refused() -> None:
    """The same place twice would count as read before, and so be lost without a word."""
    *found, refused = fetched(batch_of([(None, b"1"), (None, b"2"), (None, b"3")], 5, places=[0, 0, 2]))
    assert [record.value for record in found] == [b"1"]
    assert told(refused) == (6, 7, "batch_unreadable")


def test_a_batch_that_compaction_has_emptied_is_nothing() -> None:
    """Brokers keep the header of one alone, for the producer's numbers in it."""
    empty = with_body(lying(batch_of(SMALL, 5), COUNT_AT, ">i", 0), b"")
    ours = fetched(empty, batch_of(AFTER, 9))
    assert [record.offset for record in ours] == [9]


def test_offsets_that_compaction_removed_are_not_missed() -> None:
    """The batch keeps its bounds; its records have become fewer."""
    ours = fetched(batch_of([(None, b"1"), (None, b"2")], 5, places=[1, 3], codec="zstd"))
    assert [record.offset for record in ours] == [6, 8]
    assert ours.next_fetch_offset == 9


def test_a_wrong_check_sum_is_still_an_error() -> None:
    """Bytes were damaged on their way or on the disk: nobody knows which, and another fetch may bring them whole."""
    batch = bytearray(batch_of(SMALL))
    batch[-1] ^= 1
    with pytest.raises(Exception, match="Invalid CRC"):
        list(fetched(bytes(batch)))


def test_a_fetch_that_unpacks_to_much_is_given_out_in_parts() -> None:
    """Many batches within the bound are together no more than one beyond it: the rest is fetched again."""
    batches = [zeros(1, LARGEST * 3 // 4, number, codec="zstd") for number in range(8)]
    found: list[int] = []
    begin = 0
    while begin < len(batches):
        ours = fetched(*batches, offset=begin)  # as the broker sends it again
        part = [record.offset for record in ours]
        assert 1 <= len(part) <= 2
        found += part
        begin = ours.next_fetch_offset
    assert found == list(range(8))


def test_what_is_left_over_comes_the_next_time() -> None:
    """Whoever takes only some finds the rest in its place, a refused batch among it."""
    ours = fetched(batch_of(SMALL), zeros(4, MIB, 4, codec="zstd"), batch_of(AFTER, 8))
    assert [record.offset for record in islice(ours, 2)] == [0, 1]
    assert ours.next_fetch_offset == 2
    assert [record.offset for record in ours] == [2, 3, 7, 8]
    assert next(ours, None) is None


def test_a_fetch_that_begins_within_a_refused_batch_refuses_the_rest_of_it() -> None:
    """Part of it was read under another bound: its identity is its end, so it is not a second letter."""
    bomb = zeros(4, MIB, 4, codec="zstd")
    assert [told(one) for one in fetched(bomb, offset=6)] == [(6, 7, "batch_too_large")]
    assert list(fetched(bomb, offset=8)) == []


def test_a_marker_of_a_transaction_is_no_record_even_where_it_claims_to_be_packed() -> None:
    """Brokers alone write them, and never packed ones: such a thing is passed over, not unpacked."""
    control = lying(zeros(64, MIB, 5, codec="zstd"), ATTRIBUTES_AT, ">h", 0x30 | CODECS["zstd"])
    ours = fetched(control, batch_of(AFTER, 69))
    assert [record.value for record in ours] == [b"after"]


def test_room_is_used_again_and_what_was_unpacked_before_stays_as_it_was() -> None:
    """Two fetches of one consumer, taken in turns."""
    unpacker = Unpacker(LARGEST)
    _, first = unpacker.opened(memoryview(batch_of([(None, b"one"), (None, b"two")], codec="gzip")))
    begun = iter(first)
    assert next(begun).value == b"one"
    _, second = unpacker.opened(memoryview(batch_of([(None, b"xxx"), (None, b"yyy")], codec="gzip")))
    assert [record.value for record in second] == [b"xxx", b"yyy"]
    assert next(begun).value == b"two"


def test_gzip_of_several_members_is_read_whole() -> None:
    """A stream may be put together from parts, and is bound as a whole."""
    body = batch_of(SMALL)[HEADER.size :]
    packed = gzip.compress(body[:9]) + gzip.compress(body[9:])
    found = list(fetched(with_body(batch_of(SMALL, codec="gzip"), packed)))
    assert [record.value for record in found] == [value for _, value in SMALL]


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.none() | st.binary(max_size=8), st.none() | st.binary(max_size=20)), min_size=1, max_size=9
    ),
    st.sampled_from(sorted(CODECS)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
)
def test_whatever_the_bytes_of_a_batch_are_its_offsets_are_passed_once_and_in_order(
    rows: Rows, codec: str, damages: list[tuple[int, int]]
) -> None:
    """Every offset of the batch is a record, or lies in one refused record at the end; nothing is raised."""
    data = bytearray(batch_of(rows, 100, codec=codec))
    for place, byte in damages:
        data[HEADER.size + place % (len(data) - HEADER.size)] = byte
    end = 100 + len(rows)
    ours = fetched(with_body(bytes(data), bytes(data[HEADER.size :])), batch_of(AFTER, end), offset=100)
    *found, after = ours
    assert (after.value, ours.next_fetch_offset) == (b"after", end + 1)
    places = [one.offset for one in found if not isinstance(one, RefusedBatch)]
    assert places == sorted(set(places))
    assert all(100 <= place < end for place in places)
    refused = [one for one in found if isinstance(one, RefusedBatch)]
    if refused:  # covers all that is left
        assert found[-1:] == refused
        after_last = places[-1] + 1 if places else 100
        assert told(refused[0])[:2] == (min(after_last, end - 1), end - 1)


@pytest.mark.parametrize("taken", [True, False])
def test_the_bytes_of_a_fetch_are_free_once_nobody_asks_for_it(taken: bool) -> None:
    """Without a collection: a worker's is hundreds of fetches away, and each may be megabytes."""
    gc.disable()
    try:
        unpacked = fetched(batch_of(SMALL), batch_of(AFTER, 4))
        raw = weakref.ref(unpacked._records)
        if taken:
            assert len([*unpacked]) == 5
        del unpacked
        assert raw() is None
    finally:
        gc.enable()


def test_what_was_taken_out_is_not_given_out_again() -> None:
    """Whoever asks a fetch once more is told that nothing is left."""
    unpacked = fetched(batch_of(SMALL))
    assert next(unpacked).offset == 0
    assert [record.offset for record in unpacked] == [1, 2, 3]
    assert [*unpacked] == []

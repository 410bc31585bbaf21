"""A record batch of Kafka's log, unpacked within a bound.

Nothing in a batch can be trusted to say how large it becomes: 22 kB of zstd are 640 MiB of zeros. So it is unpacked
into room that was measured out before, and refused where that does not do, where its header claims more records than
would fit in it, or where it cannot be unpacked at all. Decides that and nothing else; refuses to know what the
records mean, and who fetched them.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Any, Final

import cramjam
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch

from monitor.core.mission import Reason

RECORD_BYTES: Final = 64
"""What a record takes in memory at least, beside its key and value: so many more of them make a batch too large."""
HEADER: Final = struct.Struct(">qiibIhiqqqhii")
"""Of a batch since Kafka 0.11: base offset, length, leader epoch, magic, CRC, attributes, ..., number of records."""
_ATTRIBUTES: Final = struct.Struct(">h")
_ATTRIBUTES_AT: Final = struct.calcsize(">qiibI")
_CODEC: Final = 0x07
_MAGIC_AT: Final = struct.calcsize(">qii")
_KEY_AT: Final = {0: struct.calcsize(">qiIbb"), 1: struct.calcsize(">qiIbbq")}
"""Where the key of an older message begins, by its magic; the value of a packed one is a set of messages."""
_INT: Final = struct.Struct(">i")
_XERIAL: Final = b"\x82SNAPPY\x00"
"""What Java's snappy streams begin with: blocks of a length each follow after 16 bytes."""
_NO_ROOM: Final = "failed to write whole buffer"
"""cramjam's words for room that does not do."""

NewerBatch: Final[Any] = DefaultRecordBatch
OlderBatch: Final[Any] = LegacyRecordBatch


class BatchRefused(Exception):  # noqa: N818 - a verdict, made into a dead letter by whoever fetched the batch
    """A batch that stays packed. `reason` is its name among the dead letters, `detail` says what was found."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unpacker:
    """Unpacks batches into at most `largest_bytes`. One for each consumer: its room is used again and again."""

    def __init__(self, largest_bytes: int) -> None:
        self.largest_bytes = largest_bytes
        self._room: memoryview | None = None

    def opened(self, raw: memoryview) -> tuple[int, Iterable[Any]]:
        """The batch's records, to be decoded one by one, and the bytes that all of them may take.

        Raises BatchRefused.
        """
        magic = raw[_MAGIC_AT]
        return self._newer(raw) if magic >= 2 else self._older(raw, magic)

    def _newer(self, raw: memoryview) -> tuple[int, Iterable[Any]]:
        attributes, count = _ATTRIBUTES.unpack_from(raw, _ATTRIBUTES_AT)[0], HEADER.unpack_from(raw)[-1]
        if count * RECORD_BYTES > self.largest_bytes:
            raise BatchRefused(
                Reason.BATCH_TOO_LARGE,
                f"claims to hold {count} records; the limit (kafka.max_batch_bytes) is "
                f"{self.largest_bytes // RECORD_BYTES}",
            )
        codec = attributes & _CODEC
        if codec == 0:
            return max(len(raw), count * RECORD_BYTES), NewerBatch(raw)
        unpacked = self._unpack(codec, raw[HEADER.size :])
        plain = bytearray(HEADER.size + len(unpacked))
        plain[: HEADER.size] = raw[: HEADER.size]
        _ATTRIBUTES.pack_into(plain, _ATTRIBUTES_AT, attributes & ~_CODEC)
        plain[HEADER.size :] = unpacked
        return max(len(unpacked), count * RECORD_BYTES), NewerBatch(plain)

    def _older(self, raw: memoryview, magic: int) -> tuple[int, Iterable[Any]]:
        """Unpacked twice, once to see how large it becomes: brokers older than Kafka 4 may still keep some."""
        key_at = _KEY_AT[magic]
        codec = raw[key_at - (9 if magic else 1)] & _CODEC
        size = len(raw)
        if codec:
            try:
                (key,) = _INT.unpack_from(raw, key_at)
                value_at = key_at + _INT.size + max(0, key)
                (value,) = _INT.unpack_from(raw, value_at)
            except struct.error as fault:
                raise BatchRefused(Reason.BATCH_UNREADABLE, "ends within its own header") from fault
            size = len(self._unpack(codec, raw[value_at + _INT.size :][: max(0, value)]))
        return size, OlderBatch(raw, magic)

    def _unpack(self, codec: int, packed: memoryview) -> memoryview:
        """What was packed, in room that is used again by the next. Raises BatchRefused."""
        unpack = _CODECS.get(codec)
        if unpack is None:
            raise BatchRefused(Reason.BATCH_UNREADABLE, f"compressed in a way that nobody knows ({codec})")
        if self._room is None:
            self._room = memoryview(bytearray(self.largest_bytes))
        try:
            return self._room[: unpack(packed, self._room)]
        except (cramjam.DecompressionError, ValueError, struct.error) as fault:
            if _NO_ROOM in str(fault):
                raise BatchRefused(
                    Reason.BATCH_TOO_LARGE,
                    f"{len(packed)} bytes that unpack to more than {self.largest_bytes} (kafka.max_batch_bytes)",
                ) from fault
            raise BatchRefused(Reason.BATCH_UNREADABLE, f"cannot be unpacked: {str(fault)[:200]}") from fault


def _snappy(packed: memoryview, room: memoryview) -> int:
    """A block, or a stream of blocks as Java writes it; the bytes that it became."""
    if len(packed) <= 16 or bytes(packed[: len(_XERIAL)]) != _XERIAL:
        return _block(packed, room)
    at, end = 16, 0
    while at < len(packed):
        (size,) = _INT.unpack_from(packed, at)
        at += _INT.size
        if not 0 < size <= len(packed) - at:
            raise ValueError(f"snappy: a block of {size} bytes")
        end += _block(packed[at : at + size], room[end:])
        at += size
    return end


def _block(packed: memoryview, room: memoryview) -> int:
    if cramjam.snappy.decompress_raw_len(packed) > len(room):
        raise ValueError(_NO_ROOM)
    return int(cramjam.snappy.decompress_raw_into(packed, room))


_CODECS: Final[dict[int, Callable[[memoryview, memoryview], int]]] = {
    1: cramjam.gzip.decompress_into,
    2: _snappy,
    3: cramjam.lz4.decompress_into,
    4: cramjam.zstd.decompress_into,
}
"""By Kafka's numbers."""

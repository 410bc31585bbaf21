"""The bytes of stored state: a partition's head, and the log of each local day.

Decides the encoding and its version, nothing else. A day is a list of blobs, oldest first: logs of changed
missions (a later entry of a mission replaces an earlier one) and, after sealing, aggregates with the identities of
the missions in them. Every blob begins with a version byte and a type byte, so state outlives the code that wrote
it. Heads and entries are written in version 2, what holds rows or sealed identities in version 3; version 1 is read
as well (`core.stored_v1`), and blobs of all may lie in one day. What the bytes may hold stands in the types
(`core.bounded`); whether head and days agree is `core.agreement`'s question. Refuses to know where they are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from monitor.core import stored_v1
from monitor.core.bounded import Count, Instant, Offset, Year
from monitor.core.mission import Kind, Mission
from monitor.core.rows import MissionRows, Row
from monitor.core.service import Measure
from monitor.core.slices import Aggregate

VERSION: Final = 2
"""Of heads, and of days of which nothing needs more."""
NEWEST: Final = 3
"""Of blobs that hold rows or sealed identities."""
_ENTRIES: Final = b"E"
_AGGREGATES: Final = b"A"
_DAY: Final = b"D"
_HEAD: Final = b"H"
_KNOWN: Final = dict.fromkeys((_ENTRIES, _AGGREGATES, _HEAD), (stored_v1.VERSION, VERSION)) | {_DAY: (NEWEST,)}
ID_BYTES: Final = 8
"""Of each sealed mission (`core.sealed_ids`)."""

T = TypeVar("T")


class StoredStateError(Exception):
    """What is stored cannot be used; the message says what was found and what to do."""


class DamagedState(StoredStateError):  # noqa: N818 - what was found, and who finds it may mend it
    """What is stored was written by no program: worthless to everybody, and made anew from Kafka by its owner.

    Never raised of state that another program or another configuration could read.
    """


YearCount = tuple[Year, Year, Count]
"""From one calendar year to another, how often; NOWHERE for "counted in none"."""


class Head(msgspec.Struct, kw_only=True):
    """What a partition knows beside its missions. Times in epoch seconds, None before the first event.

    `series` numbers the series for the entries, `measures` whose thresholds the aggregates were held against: both
    are only ever appended to. `clocks` are those of entries and aggregates, in order. `last_record_at` is the newest
    sign of life (`core.feed`); earlier programs wrote the newest time stamp of any record there, whatever it claimed.
    """

    next_offset: Offset
    slice_seconds: Count
    zone: str
    series: list[tuple[str, str]]
    clocks: list[str] = msgspec.field(default_factory=list)
    measures: list[Measure] = msgspec.field(default_factory=list)
    watermark: Instant | None = None
    sealed_before: Instant | None = None
    last_record_at: Instant | None = None
    missions: Count = 0
    """Entries in all days."""
    sealed: Count | None = None
    """Missions in the aggregates of all days; None where the head was written before that was counted."""
    outcomes: dict[str, Count] = msgspec.field(default_factory=dict)
    dead_letters: dict[str, Count] = msgspec.field(default_factory=dict)
    sealed_early: Count = 0
    lost_offsets: Offset = 0
    """Offsets that retention removed before they were read: counted, never silently skipped."""
    records_ahead: Count = 0
    """Records that claimed a moment further ahead of their arrival than a clock may be."""
    ahead_at: Instant | None = None
    """What the newest record claimed (epoch seconds), where it was one of those."""
    moves: list[YearCount] = msgspec.field(default_factory=list)
    """Missions that corrections took from one calendar year to another, or into or out of one that was closed."""
    conflicts: list[YearCount] = msgspec.field(default_factory=list)
    """Events refused as `conflict`: from the year of the mission as it stands to the one that the event names."""
    service: str | None = None
    """Whose missions these are; None where the head was written before that was noted."""
    behind_at: Instant | msgspec.UnsetType = msgspec.UNSET
    """The watermark when the last event was taken of a mission behind the seal line, as long as any is open there."""


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A day as read back: current entries by mission, sealed aggregates, and the length of the log.

    `sealed_ids`: those of its sealed missions, `ID_BYTES` each. `noted`: whether these are all; an earlier program
    sealed without noting them. `rows`: of the entries that were told in rows.
    """

    entries: Mapping[str, Mission] = field(default_factory=dict)
    aggregates: Sequence[Aggregate] = ()
    logged: int = 0
    sealed_ids: bytes = b""
    noted: bool = True
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One checkpoint of one partition: all of it is written, or none.

    `append` adds a blob to a day's log, `replace` writes the day anew (an empty list removes it). Days are local
    days (`date.toordinal`).
    """

    expected_offset: int
    next_offset: int
    head: bytes
    append: Mapping[int, bytes]
    replace: Mapping[int, Sequence[bytes]]
    missions: int
    """How many missions changed: the size of the checkpoint, for policies and metrics."""

    @property
    def days(self) -> set[int]:
        """Every day that this checkpoint touches."""
        return set(self.append) | set(self.replace)


class _Part(msgspec.Struct, frozen=True, array_like=True):
    """What a checkpoint adds to a day, as version 3 has it."""

    entries: list[Mission]
    rows: list[MissionRows]
    aggregates: list[Aggregate]
    sealed_ids: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_entries = msgspec.msgpack.Decoder(list[Mission])
_decode_aggregates = msgspec.msgpack.Decoder(list[Aggregate])
_decode_aggregates_v1 = msgspec.msgpack.Decoder(list[stored_v1.AggregateV1])
_decode_part = msgspec.msgpack.Decoder(_Part)
_decode_head = msgspec.msgpack.Decoder(Head)


def write_entries(entries: Sequence[Mission]) -> bytes:
    """A blob of the day's log."""
    return _prefix(_ENTRIES) + _encode(entries)


def write_aggregates(aggregates: Sequence[Aggregate]) -> bytes:
    """A blob of sealed aggregates, of whose missions nobody noted which they were."""
    return _prefix(_AGGREGATES) + _encode(aggregates)


def write_part(
    entries: Sequence[Mission] = (),
    aggregates: Sequence[Aggregate] = (),
    sealed_ids: bytes = b"",
    rows: Sequence[MissionRows] = (),
) -> bytes:
    """A blob of all that a day may hold: `rows` of its entries, `sealed_ids` of the missions in `aggregates`."""
    return _prefix(_DAY, NEWEST) + _encode(_Part([*entries], [*rows], [*aggregates], sealed_ids))


def write_head(head: Head) -> bytes:
    """The head's bytes."""
    return _prefix(_HEAD) + _encode(head)


def read_head(blob: bytes) -> Head:
    """The head back from its bytes. Raises `StoredStateError`."""
    head = _read(blob, _HEAD, _decode_head, "head")
    if blob[0] == stored_v1.VERSION:
        head.clocks, head.measures = [*stored_v1.CLOCKS], stored_v1.measures(head.series)
    return head


def read_day(blobs: Iterable[bytes]) -> StoredDay:
    """A day back from its blobs, oldest first. Raises `StoredStateError`."""
    entries: dict[str, Mission] = {}
    rows: dict[str, tuple[Row, ...]] = {}
    aggregates: list[Aggregate] = []
    sealed_ids: list[bytes] = []
    logged, noted = 0, True
    for blob in blobs:
        part = _read_part(blob)
        if not all(aggregate.sound for aggregate in part.aggregates):
            raise DamagedState("stored day holds a damaged aggregate; rebuild the partition from Kafka")
        if not all(entry.sound for entry in part.entries):
            raise DamagedState("stored day holds a damaged mission; rebuild the partition from Kafka")
        if blob[1:2] == _DAY:
            sealed = sum([aggregate.missions for aggregate in part.aggregates])
            if len(part.sealed_ids) % ID_BYTES or len(part.sealed_ids) < ID_BYTES * sealed:
                raise DamagedState(
                    f"stored day holds {len(part.sealed_ids)} bytes of the identities of {sealed} sealed missions; "
                    "rebuild the partition from Kafka"
                )
        elif part.aggregates:
            noted = False
        logged += len(part.entries)
        entries.update((entry.mission_id, entry) for entry in part.entries)
        if rows:
            # Each entry comes with its rows: of one that left, or is another mission by now, none stay.
            for entry in part.entries:
                rows.pop(entry.mission_id, None)
        rows.update((some.mission_id, some.rows) for some in part.rows)
        aggregates.extend(part.aggregates)
        sealed_ids.append(part.sealed_ids)
    present = {mission: entry for mission, entry in entries.items() if entry.kind != Kind.MOVED}
    told = {mission: some for mission, some in rows.items() if mission in present}
    return StoredDay(present, aggregates, logged, b"".join(sealed_ids), noted, told)


def _read_part(blob: bytes) -> _Part:
    if blob[1:2] == _DAY:
        return _read(blob, _DAY, _decode_part, "day")
    if blob[1:2] == _AGGREGATES:
        return _Part([], [], _read_aggregates(blob), b"")
    return _Part(_read(blob, _ENTRIES, _decode_entries, "day"), [], [], b"")


def _read_aggregates(blob: bytes) -> list[Aggregate]:
    if blob[0] == stored_v1.VERSION:
        return stored_v1.aggregates(_read(blob, _AGGREGATES, _decode_aggregates_v1, "day"))
    return _read(blob, _AGGREGATES, _decode_aggregates, "day")


def _prefix(kind: bytes, version: int = VERSION) -> bytes:
    return bytes((version,)) + kind


def _read(blob: bytes, kind: bytes, decoder: "msgspec.msgpack.Decoder[T]", what: str) -> T:
    if len(blob) < 2:
        raise DamagedState(f"stored {what} of {len(blob)} bytes: truncated; rebuild the partition from Kafka")
    if blob[0] > NEWEST:
        raise StoredStateError(
            f"stored {what} has schema version {blob[0]}, this program knows {NEWEST}: run the newer program, "
            "or clear the store to rebuild from Kafka"
        )
    if blob[1:2] != kind or blob[0] not in _KNOWN[kind]:
        raise DamagedState(f"stored {what} begins with {blob[:2]!r}: not written by this program")
    try:
        return decoder.decode(memoryview(blob)[2:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise DamagedState(f"stored {what} is damaged ({fault}); rebuild the partition from Kafka") from fault

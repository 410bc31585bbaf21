"""What becomes of one record of a source's topic: events by mission, a dead letter, or nothing that anybody misses.

Pure. Decides the order of a row that its source gives none (docs/decisions/order-from-kafka.md), and what a dead
letter says. Refuses to know how either is sent.
"""

import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast

import msgspec

from monitor.core.batch import DeadLetter
from monitor.core.batch import Record as Stored
from monitor.core.mission import Rejected
from monitor.feeds.formats import RegistryUnavailable
from monitor.feeds.rows import Event, Mapped, Notice, Refusal, Refused, Row, Why
from monitor.worker.rejects import (
    HEADER_OFFSET,
    HEADER_REQUEUED,
    HEADER_TIMESTAMP,
    LAST_MILLISECOND,
    LAST_OFFSET,
    header_number,
)

Headers = Sequence[tuple[str, bytes | None]]
Decode = Callable[[bytes | None, Headers], Sequence[Row]]
"""A Kafka value, with the record's headers, as rows. Raises Refused, RegistryUnavailable."""

TIME_BITS: Final = 42
"""Of milliseconds since 1970: until the year 2109."""
OFFSET_BITS: Final = 63 - TIME_BITS
_LATEST: Final = 2**TIME_BITS - 1
_WITHIN: Final = 2**OFFSET_BITS - 1
SHOWN: Final = frozenset({Why.UNKNOWN_WORD})
"""Refusals whose example is a word of a list, and what is to be mended; others may hold an id, or a person's name."""


class Record(Stored, Protocol):
    """What is read of a Kafka record."""

    @property
    def headers(self) -> Headers: ...


class Maps(Protocol):
    """A source's rules (monitor.feeds.mapping.Mapper)."""

    def map(self, row: Row) -> Mapped:
        """What a row says. Raises nothing."""


class Reading(NamedTuple):
    """How records of a topic are read, by one source that names it."""

    decode: Decode
    rules: Maps
    ordered: bool
    """Whether the source says which of two records of a row is the newer."""


class Carried(NamedTuple):
    """What became of a record."""

    events: Sequence[tuple[bytes, bytes]] = ()
    """Key and value of each, in the order in which they are sent."""
    letter: DeadLetter | None = None
    notices: Sequence[Notice] = ()


class Carrier:
    """Reads the records of one topic, by every source that names it."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def carry_all(self, records: Sequence[Stored]) -> list[Carried]:
        """What becomes of each. Raises RegistryUnavailable."""
        return [self.carry(cast("Record", record)) for record in records]

    def carry(self, record: Record) -> Carried:
        """What becomes of a record; raises nothing for what it may hold, but RegistryUnavailable."""
        try:
            value = record.value
        except Rejected as fault:  # a batch that was never unpacked
            return Carried(letter=DeadLetter(record, fault.reason, fault.detail))
        sent: list[tuple[bytes, bytes]] = []
        refusals: list[Refusal] = []
        notices: list[Notice] = []
        for reading in self._readings:
            try:
                read = _read(reading, record, value)
            except Refused as fault:
                refusals += fault.refusals
                continue
            except RegistryUnavailable:
                raise
            except Exception as fault:  # noqa: BLE001 - one record must not end the feed, now and at every restart
                refusals.append(_unforeseen(fault))
                continue
            refusals += read.refused
            notices += read.notices
            sent += read.sent
        # What one source cannot read may be another's: told is what any of them says, and refused is said as well.
        letter = DeadLetter(record, refusals[0].why, _in_words(refusals)) if refusals else None
        return Carried(sent, letter, notices)


class _Read(NamedTuple):
    """What one source says of a record."""

    sent: Sequence[tuple[bytes, bytes]]
    refused: Sequence[Refusal]
    notices: Sequence[Notice]


def _read(reading: Reading, record: Record, value: bytes | None) -> _Read:
    """The rows of a record as events. Raises Refused, RegistryUnavailable."""
    told: list[Event] = []
    refusals: list[Refusal] = []
    notices: list[Notice] = []
    for row in reading.decode(value, record.headers):
        mapped = reading.rules.map(row._replace(place=f"offset {record.offset}"))
        refusals += mapped.refused
        notices += mapped.notices
        told += mapped.events
    events = told if reading.ordered else _in_order_of(record, told)
    sent = [(event["mission_id"].encode(), msgspec.json.encode(event)) for event in events]
    return _Read(sent, refusals, notices)


def _unforeseen(fault: Exception) -> Refusal:
    """Which fault, and where in the program: never what it says, for that may repeat what it stumbled over."""
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return Refusal(Why.UNFORESEEN, detail=f"a fault of this program, to be reported: {type(fault).__name__}{place}")


def moment(record: Record) -> int:
    """The revision of what a record says, where its source gives it none: when Kafka got it, then its offset.

    Fits a revision of 63 bits. By the offset alone where the record bears no time stamp.
    """
    timestamp, offset = _first_place(record) or (record.timestamp, record.offset)
    if timestamp is None or timestamp <= 0:
        return offset
    return min(timestamp, _LATEST) << OFFSET_BITS | offset & _WITHIN


def _in_order_of(record: Record, events: Sequence[Event]) -> list[Event]:
    """What a record says of each row last: all of it is of one moment, so anything before would contradict that."""
    last: dict[tuple[str, str | None], Event] = {}
    for event in events:
        said_of = event["mission_id"], event.get("row")
        last.pop(said_of, None)
        last[said_of] = event | {"revision": moment(record)}
    return [*last.values()]


def _first_place(record: Record) -> tuple[int, int] | None:
    """Time stamp and offset of a record that was sent back from the dead letters, as it had them at first."""
    headers = dict(record.headers)
    if HEADER_REQUEUED not in headers:
        return None
    offset = header_number(headers.get(HEADER_OFFSET), LAST_OFFSET)
    return None if offset is None else (header_number(headers.get(HEADER_TIMESTAMP), LAST_MILLISECOND) or 0, offset)


def _in_words(refusals: Sequence[Refusal]) -> str:
    return "; ".join(dict.fromkeys(_told(one) for one in refusals))


def _told(refusal: Refusal) -> str:
    example = repr(refusal.example) if refusal.why in SHOWN and refusal.example else ""
    what = " ".join(filter(None, (refusal.why, refusal.field, example)))
    return f"{what}: {refusal.detail}" if refusal.detail else what

"""Reads one mission event: bytes in, a `Mission` out, or a named rejection.

Decides what a valid event is (the contract in docs/design.md), what a snapshot contributes, and what each fault is
called. An event is a snapshot of a mission as known now, so nothing here depends on earlier events. Refuses to know
where the bytes came from, what has been counted already, and what time it is: the record's own timestamp is an
argument.

The fast path is one strict decode. Only when that fails is the event looked at again, slowly: what is right by the
contract but too rare for the fast path is read there (`revision: 3.0`, second 60, a name given twice), and what is
wrong gets its name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Meta

from monitor.core import bounded
from monitor.core.notation import LARGEST, plain_number, plain_time

Instant = Annotated[datetime, Meta(tz=True)]
_ECHO: Final = re.compile(r"^(Invalid enum value) .*(?= - at `)", re.DOTALL)
"""The one message of the decoder that repeats a value, which may be anything: also somebody's name."""
_POINT: Final = ord(".")
_beyond_microseconds = re.compile(rb"\.[0-9]{7}").search
SETTLEMENTS: Final = ("urban", "town", "rural")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TIME_FIELDS: Final = ("ringing_at", "dispatched_at", "on_scene_at", "recorded_at")
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC).timestamp()
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""Epoch seconds that a mission must lie between: beyond, there are no local days to put it in."""


class Reason(StrEnum):
    """Why an event was put among the dead letters; the value is the metric label and the record header."""

    EMPTY = "empty"
    TOMBSTONE = "tombstone"
    TOO_LARGE = "too_large"
    MALFORMED_JSON = "malformed_json"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_DISTRICT = "unknown_district"
    UNKNOWN_SETTLEMENT = "unknown_settlement"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    INVALID_TIME = "invalid_time"
    NO_TIME = "no_time"
    ARRIVAL_BEFORE_RINGING = "arrival_before_ringing"
    IMPLAUSIBLE_RESPONSE = "implausible_response"
    IN_THE_FUTURE = "in_the_future"
    LATE = "late"
    CONFLICT = "conflict"
    LEDGER_FULL = "ledger_full"
    BATCH_TOO_LARGE = "batch_too_large"
    BATCH_UNREADABLE = "batch_unreadable"


class Rejected(Exception):  # noqa: N818 - the domain's word for it, raised and caught inside the core
    """An event that cannot be counted. `reason` is its name, `detail` says what was found, without values."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Event(msgspec.Struct, gc=False):
    """The wire form, field by field as in the contract. Unknown fields are ignored."""

    mission_id: Annotated[
        str, Meta(min_length=1, max_length=64, description="Identity of the mission; also the Kafka key.")
    ]
    district: Annotated[str, Meta(description="Slug of the police district.")]
    settlement: Annotated[str, Meta(description="Settlement class: urban, town or rural.")]
    urgent: Annotated[bool, Meta(description="Only urgent missions count.")]
    status: Annotated[Literal["open", "closed", "cancelled"], Meta(description="Where the mission stands.")]
    ringing_at: Annotated[
        Instant | None, Meta(description="The call starts ringing (RFC 3339 with offset), or null.")
    ]
    on_scene_at: Annotated[
        Instant | None, Meta(description="First patrol registered on scene (RFC 3339 with offset), or null.")
    ]
    revision: Annotated[
        Annotated[int, Meta(ge=0, le=LARGEST)] | None,
        Meta(description="Version from the source; the highest wins. Without it the order in the partition decides."),
    ] = None
    dispatched_at: Annotated[
        Instant | None, Meta(description="First patrol dispatched (RFC 3339 with offset), or null.")
    ] = None
    recorded_at: Annotated[
        Instant | None,
        Meta(
            description="When the source wrote this snapshot; default: the record's timestamp. Places a mission "
            "whose ringing_at is null."
        ),
    ] = None
    excluded: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Reason that takes the mission out of the official figure; kept and counted apart."),
    ] = None


class Kind(IntEnum):
    """What a mission contributes. The values are stored: never renumber."""

    NOTHING = 0
    MEASURED = 1
    UNMEASURED = 2
    OPEN = 3
    UNTIMED = 4
    """Open, and the moment the call rang is not known (yet)."""
    EXCLUDED = 5
    MOVED = 6
    """Marker in the stored day that a mission left: it belongs to another day now."""


class Cause(StrEnum):
    """Why a mission that counts has no value on a clock; the value is the name in what is shown."""

    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    NEGATIVE = "negative"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    ABANDONED = "abandoned"
    """Still open, and so old that it can no longer be measured."""
    UNKNOWN = "unknown"


# Members by a name of the module: looking them up in their class takes several times as long.
_NOTHING, _MEASURED, _UNMEASURED = Kind.NOTHING, Kind.MEASURED, Kind.UNMEASURED
_OPEN, _UNTIMED, _EXCLUDED = Kind.OPEN, Kind.UNTIMED, Kind.EXCLUDED


class Mission(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One mission as it counts now: what is read, what the ledger holds, and what is stored.

    `series` is the index of (district, settlement) in the reader's catalogue. `placed_at` (epoch seconds) is when
    the call rang or, where that is unknown, when the source wrote the snapshot. `kind` is a `Kind`. `response`
    (seconds, exact to the microsecond) is None unless the mission counts as measured.
    """

    mission_id: str
    revision: int | None
    series: bounded.Place
    placed_at: bounded.Instant
    kind: Annotated[int, Meta(ge=int(min(Kind)), le=int(max(Kind)))]
    response: bounded.Seconds | None


def contribution(event: Event, response: float | None) -> Kind:
    """What a snapshot contributes: the first row that holds (docs/design.md, "What a mission contributes").

    `response`: seconds from ringing to arrival, None unless both are known.
    """
    if not event.urgent or event.status == "cancelled":
        return _NOTHING
    if event.excluded is not None:
        return _EXCLUDED
    if response is not None:
        return _MEASURED
    if event.status == "closed":
        return _UNMEASURED
    return _OPEN if event.ringing_at is not None else _UNTIMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far an event may stray before it is refused. Seconds and bytes."""

    response_seconds: float = 24 * 3600.0
    ahead_seconds: float = 300.0
    record_bytes: int = 64 * 1024


class EventReader:
    """Reads events for a fixed catalogue of series: `index[(district, settlement)]` is the series' number."""

    __slots__ = ("_ahead", "_decode", "_epoch", "_epochs", "_largest", "_longest", "_zone", "index", "limits")

    def __init__(self, index: Mapping[tuple[str, str], int], limits: Limits | None = None) -> None:
        self.index = index
        self.limits = limits = limits or Limits()
        self._decode = _decoder(index)
        self._epochs: dict[tzinfo | None, datetime] = {}
        self._zone: tzinfo | None = UTC
        self._epoch = EPOCH
        self._largest, self._longest, self._ahead = limits.record_bytes, limits.response_seconds, limits.ahead_seconds

    def read(self, raw: bytes | None, recorded: float | None) -> Mission:
        """Read one record's value; `recorded` is the record's timestamp (epoch seconds), where it has one.

        Raises `Rejected` with a named reason for whatever is not a valid event, and nothing else.
        """
        if not raw or len(raw) > self._largest:
            raise self._name_size(raw)
        try:
            event = self._decode(raw)
        except _UNREADABLE as fault:
            event = _look_again(raw, fault)
        series = self.index.get((event.district, event.settlement))
        if series is None:
            raise self._name_unknown(event)
        ringing = event.ringing_at
        response = None
        if ringing is not None:
            if ringing.tzinfo is not self._zone:
                self._turn_to(ringing.tzinfo)
            # As `timestamp()`, in a third of its time: of one zone, neither has to be asked for its offset.
            placed = (ringing - self._epoch).total_seconds()
            if placed.is_integer() and _POINT in raw and _beyond_microseconds(raw):
                # The decoder rounds to the microsecond: this may be a second that has not been reached.
                event = _second_look(raw)
                ringing = cast("datetime", event.ringing_at)
                placed = (ringing - self._epoch).total_seconds()
            arrival = event.on_scene_at
            if arrival is not None:
                response = (arrival - ringing).total_seconds()
                if not 0.0 <= response <= self._longest:
                    raise self._name_response(response)
        elif event.recorded_at is not None:
            placed = event.recorded_at.timestamp()
            if placed.is_integer() and _beyond_microseconds(raw):
                placed = cast("datetime", _second_look(raw).recorded_at).timestamp()
        elif recorded is not None:
            placed = recorded
        else:
            raise Rejected(Reason.NO_TIME, "neither ringing_at, recorded_at nor a record timestamp")
        if not EARLIEST <= placed < LATEST:
            raise Rejected(Reason.INVALID_TIME, "the time that places the mission is not in the years 1900 to 9998")
        if recorded is not None and placed > recorded + self._ahead:
            raise Rejected(
                Reason.IN_THE_FUTURE,
                f"placed {placed - recorded:g} s after the record's timestamp; the limit is {self._ahead:g} s",
            )
        kind = contribution(event, response)
        return Mission(
            event.mission_id, event.revision, series, placed, kind, response if kind is _MEASURED else None
        )  # fmt: skip

    def _turn_to(self, zone: tzinfo | None) -> None:
        self._zone = zone
        epoch = self._epochs.get(zone)
        if epoch is None:
            epoch = self._epochs[zone] = EPOCH.astimezone(zone)
        self._epoch = epoch

    def _name_size(self, raw: bytes | None) -> Rejected:
        if raw is None:
            return Rejected(Reason.TOMBSTONE, "a null value; withdraw a mission with status 'cancelled'")
        if not raw:
            return Rejected(Reason.EMPTY, "a value of zero bytes")
        return Rejected(Reason.TOO_LARGE, f"{len(raw)} bytes; the limit is {self._largest}")

    def _name_response(self, response: float) -> Rejected:
        if response < 0:
            return Rejected(Reason.ARRIVAL_BEFORE_RINGING, f"on_scene_at is {-response:g} s before ringing_at")
        return Rejected(
            Reason.IMPLAUSIBLE_RESPONSE,
            f"{response:g} s from ringing_at to on_scene_at; the limit is {self._longest:g} s",
        )

    def _name_unknown(self, event: Event) -> Rejected:
        if any(district == event.district for district, _ in self.index):
            known = sorted({settlement for _, settlement in self.index})
            return Rejected(Reason.UNKNOWN_SETTLEMENT, f"settlement is not one of: {' '.join(known)}")
        known = sorted({district for district, _ in self.index})
        return Rejected(Reason.UNKNOWN_DISTRICT, f"district is not one of: {' '.join(known)}")


def _look_again(raw: bytes, fault: Exception) -> Event:
    """The event, where the strict decoder was only too strict. Raises `Rejected`, which says what is wrong."""
    if isinstance(fault, msgspec.ValidationError):
        return _second_look(raw)
    raise Rejected(Reason.MALFORMED_JSON, str(fault)) from fault


def _second_look(raw: bytes) -> Event:
    """The event by its contract alone: any district and settlement, of a name given twice the last, and what
    monitor/core/notation.py makes of times and numbers. Raises `Rejected`.
    """  # noqa: D205 - one sentence
    try:
        said = msgspec.structs.asdict(_decode_as_said(raw))
    except _UNREADABLE as fault:
        raise _name_no_object(raw, fault) from fault
    fields = {name: value for name, value in said.items() if value is not msgspec.UNSET}
    for name in TIME_FIELDS:
        if isinstance(value := fields.get(name), str):
            fields[name] = plain_time(value)
    try:
        return msgspec.convert(fields, Event)
    except msgspec.ValidationError as fault:
        raise _name_fault(fields, fault) from fault


_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_as_said: Final = msgspec.json.Decoder(
    msgspec.defstruct("AsSaid", [(name, Any, msgspec.UNSET) for name in Event.__struct_fields__]),
    float_hook=plain_number,
).decode


def _name_no_object(raw: bytes, fault: Exception) -> Rejected:
    try:
        msgspec.json.decode(raw)
    except _UNREADABLE as worse:
        return Rejected(Reason.MALFORMED_JSON, str(worse))
    return Rejected(Reason.INVALID_FIELD, str(fault))


def _name_fault(fields: Mapping[str, Any], fault: msgspec.ValidationError) -> Rejected:
    """What is wrong with an event that is none."""
    for name in TIME_FIELDS:
        reason = _time_fault(fields.get(name))
        if reason is not None:
            return Rejected(reason, f"{name} must be an RFC 3339 time with offset, or null")
    return Rejected(Reason.INVALID_FIELD, _ECHO.sub(r"\1", str(fault)))


def _decoder(index: Mapping[tuple[str, str], int]) -> Callable[[bytes], Event]:
    """Decodes the events of a catalogue: its names come as the same few objects, not as new text each time."""
    if not index:
        return msgspec.json.Decoder(Event).decode
    districts, settlements = (tuple(dict.fromkeys(names)) for names in zip(*index, strict=True))
    known = msgspec.defstruct(
        "KnownEvent",
        [("district", Literal[districts]), ("settlement", Literal[settlements])],
        bases=(Event,),
        kw_only=True,
        gc=False,
    )
    return cast("Callable[[bytes], Event]", msgspec.json.Decoder(known).decode)


def _time_fault(value: Any) -> Reason | None:
    if not isinstance(value, str):
        return None
    try:
        parsed = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return Reason.INVALID_TIME
    return Reason.TIME_WITHOUT_OFFSET if parsed.tzinfo is None else None


def index_of(series: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Number the series in the order given."""
    return {pair: number for number, pair in enumerate(series)}


def instant(seconds: float) -> datetime:
    """Epoch seconds as an aware UTC time."""
    return EPOCH + timedelta(seconds=seconds)

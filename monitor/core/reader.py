"""Reads one mission event: bytes in, a `Mission` out, or a named rejection.

Decides what a snapshot contributes to each clock of the service (docs/design.md, "What a mission contributes"), where
in time it lies, and what each fault is called. An event is a snapshot of a mission as known now, so nothing here
depends on earlier events. Refuses to know where the bytes came from, what has been counted already, and what time it
is: the record's own timestamp is an argument.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, NamedTuple, cast

import msgspec

from monitor.core.event import UNREADABLE, Edge, Event, Form, RowEvent, form_of, later
from monitor.core.mission import (
    EARLIEST,
    EPOCH,
    LATEST,
    LONGEST_SECONDS,
    Kind,
    Limits,
    Mission,
    Reason,
    Rejected,
    index_of,
    pack,
)
from monitor.core.notation import beyond_microseconds
from monitor.core.rows import Row, TellsRow, micros
from monitor.core.service import Clock, Series, Service
from monitor.core.slices import Grid

_POINT: Final = ord(".")

# By a name of the module: looking a member up in its class takes several times as long. Plain ints: each is compared
# a few times on its way to the store, where members of an enumeration take several times as long as well.
_NOTHING, _MEASURED, _EXCLUDED = int(Kind.NOTHING), int(Kind.MEASURED), int(Kind.EXCLUDED)
_UNTIMED, _OPEN = int(Kind.UNTIMED), int(Kind.OPEN)
_NO_BEGIN, _NO_END = int(Kind.NO_BEGIN), int(Kind.NO_END)
_NEGATIVE, _TOO_LONG, _TOO_SHORT = int(Kind.NEGATIVE), int(Kind.TOO_LONG), int(Kind.TOO_SHORT)

State = tuple[int, float | None]
"""What a clock says of a mission, with the seconds where it measured."""


class _Interval(NamedTuple):
    """A clock as the reader follows it."""

    begin: Edge
    end: Edge
    shortest: float
    longest: float


class EventReader:
    """Reads the events of one service: `index[(area, category)]` is the number of a series."""

    __slots__ = (
        "_ahead",
        "_begin_names",
        "_caps",
        "_decode",
        "_epoch",
        "_epochs",
        "_first",
        "_form",
        "_further",
        "_grid",
        "_largest",
        "_leaves",
        "_longest",
        "_numbers",
        "_places",
        "_reforms",
        "_service",
        "_shared",
        "_shortest",
        "_zone",
        "index",
        "limits",
    )  # fmt: skip

    def __init__(
        self, service: Service, grid: Grid, index: Mapping[Series, int] | None = None, limits: Limits | None = None
    ) -> None:
        """`index`: numbers of the series that an event may name, by default in the service's order."""
        self.index = index_of(service.told_series) if index is None else index
        self._numbers: dict[str, dict[str, int]] = {}
        for (area, category), number in self.index.items():
            self._numbers.setdefault(area, {})[category] = number
        self.limits = limits = limits or Limits()
        self._service, self._grid = service, grid
        self._form = form = form_of(service)
        self._decode = form.decode
        self._first, *self._further = [_interval(clock, form) for clock in service.clocks]
        self._shortest, self._longest = self._first.shortest, self._first.longest
        self._caps = [told for told in form.told(service.clocks[0].begin) if told[1]]
        self._places = frozenset((*(one.field for one in service.clocks[0].begin), "recorded_at"))
        self._begin_names = " or ".join(dict.fromkeys(one.field for one in service.clocks[0].begin))
        self._shared: dict[bytes, bytes] = {}
        """Packed states without a value, of which there are few: held once, not by every open mission."""
        self._reforms = [day.toordinal() for day in service.reforms]
        self._leaves = [
            frozenset(area for area in service.leaf_areas if service.is_leaf(area, date.fromordinal(day)))
            for day in (date.min.toordinal(), *self._reforms)
        ]
        """The areas that an event may name, before the first reform, and since each."""
        self._epochs: dict[tzinfo | None, datetime] = {}
        self._zone: tzinfo | None = UTC
        self._epoch = EPOCH
        self._largest, self._ahead = limits.record_bytes, limits.ahead_seconds

    def read(self, raw: bytes | None, recorded: float | None) -> Mission:  # noqa: PLR0912 - no further calls
        """Read one record's value; `recorded` is the record's timestamp (epoch seconds), where it has one.

        Raises TellsRow where the event tells but a row of a mission, `Rejected` with a named reason for whatever is
        not a valid event, and nothing else.
        """
        if not raw or len(raw) > self._largest:
            raise self._name_size(raw)
        try:
            event = self._decode(raw)
        except UNREADABLE as fault:
            found = self._look_again(raw, fault)
            if isinstance(found, RowEvent):
                raise self._row(found.said, recorded) from None
            event = found
        try:
            series = self._numbers[event.area][event.category]
        except KeyError:
            raise self._name_unknown(event.area) from None
        begin = event.begin
        if begin is not None:
            if begin.tzinfo is not self._zone:
                self._turn_to(begin.tzinfo)
            # As `timestamp()`, in a third of its time: of one zone, neither has to be asked for its offset.
            placed = (begin - self._epoch).total_seconds()
            if placed.is_integer() and _POINT in raw and beyond_microseconds(raw):
                # The decoder rounds to the microsecond: this may be a second that has not been reached.
                event = cast("Event", self._form.look_again(raw))
                begin = cast("datetime", event.begin)
                placed = (begin - EPOCH).total_seconds()
        else:
            placed = self._placed_by_record(event, raw, recorded)
        if not EARLIEST <= placed < LATEST or (
            recorded is not None and placed > recorded + self._ahead and not self._capped(event, begin, recorded)
        ):
            raise self._name_place(placed, recorded)
        if self._reforms:
            self._require_leaf(event.area, placed)
        if not event.eligible or event.status == "cancelled":
            return Mission(event.mission_id, event.revision, series, placed, _NOTHING, None)
        if event.excluded is not None:
            return Mission(event.mission_id, event.revision, series, placed, _EXCLUDED, None)
        end = event.end
        if (
            begin is not None
            and end is not None
            and self._shortest <= (seconds := (end - begin).total_seconds()) <= self._longest
        ):
            kind, times = _MEASURED, seconds
        else:
            kind, times = _without_value(event.status, begin, end, self._longest), None
        if self._further:
            packed = self._packed(event, (kind, times))
            return Mission(event.mission_id, event.revision, series, placed, kind, packed)
        return Mission(event.mission_id, event.revision, series, placed, kind, times)

    def _row(self, said: dict[str, Any], recorded: float | None) -> TellsRow:
        """One row of a mission. What its fields mean together, only all rows decide."""
        fields = self._service.fields
        mission_id, name, revision = said.pop("mission_id"), said.pop("row"), said.pop("revision", None)
        self._require_known(said.get(fields.area), said.get(fields.category))
        told: dict[str, str | bool | int] = {}
        for field, value in said.items():
            if isinstance(value, datetime):
                seconds = value.timestamp()
                if not EARLIEST <= seconds < LATEST:
                    raise Rejected(Reason.INVALID_TIME, f"{field} is not in the years 1900 to 9998")
                if field in self._places and recorded is not None and seconds > recorded + self._ahead:
                    raise self._name_place(seconds, recorded)
                told[field] = micros(value)
            else:
                told[field] = value
        written = said.get("recorded_at")
        if written is None and recorded is not None and not EARLIEST <= recorded < LATEST:
            recorded = None  # a producer may write any number there: beyond all calendars it says no more than none
        at = micros(written) if written is not None else None if recorded is None else round(recorded * 1e6)
        if told.get("status") == "cancelled":
            told = {"status": "cancelled"}
        return TellsRow(mission_id, Row(name, revision, at, told))

    def _packed(self, event: Event, first: State) -> bytes:
        """The states on all clocks; that of the first is known."""
        states = [first, *[_state(clock, event) for clock in self._further]]
        packed = pack(states)
        if any(seconds is not None for _, seconds in states):
            return packed
        return self._shared.setdefault(packed, packed)

    def _placed_by_record(self, event: Event, raw: bytes, recorded: float | None) -> float:
        """Where a mission lies of which the begin is not known."""
        if event.recorded_at is not None:
            placed = event.recorded_at.timestamp()
            if placed.is_integer() and beyond_microseconds(raw):
                placed = cast("datetime", cast("Event", self._form.look_again(raw)).recorded_at).timestamp()
            return placed
        if recorded is not None:
            return recorded
        raise Rejected(Reason.NO_TIME, f"neither {self._begin_names}, recorded_at nor a record timestamp")

    def _capped(self, event: Event, begin: datetime | None, recorded: float) -> bool:
        """Whether a cap places the mission ahead of its record, and the instant that it is counted from is not."""
        return any(
            later(at, plus) == begin and at.timestamp() <= recorded + self._ahead
            for read, plus in self._caps
            if (at := read(event)) is not None
        )

    def _require_leaf(self, area: str, placed: float) -> None:
        """Raises Rejected where the area is not one that a mission of that local day may name."""
        leaves = self._leaves[bisect_right(self._reforms, self._grid.day_of(placed))]
        if area not in leaves:
            raise Rejected(
                Reason.UNKNOWN_DISTRICT,
                f"{self._service.fields.area} is declared, but not for the local day that places the mission; then: "
                f"{' '.join(sorted(leaves))}",
            )

    def _turn_to(self, zone: tzinfo | None) -> None:
        self._zone = zone
        epoch = self._epochs.get(zone)
        if epoch is None:
            epoch = self._epochs[zone] = EPOCH.astimezone(zone)
        self._epoch = epoch

    def _look_again(self, raw: bytes, fault: Exception) -> Event | RowEvent:
        """The event, where the strict decoder was only too strict. Raises `Rejected`, which says what is wrong."""
        if isinstance(fault, msgspec.ValidationError):
            return self._form.look_again(raw)
        raise Rejected(Reason.MALFORMED_JSON, str(fault)) from fault

    def _name_size(self, raw: bytes | None) -> Rejected:
        if raw is None:
            return Rejected(Reason.TOMBSTONE, "a null value; withdraw a mission with status 'cancelled'")
        if not raw:
            return Rejected(Reason.EMPTY, "a value of zero bytes")
        return Rejected(Reason.TOO_LARGE, f"{len(raw)} bytes; the limit is {self._largest}")

    def _name_place(self, placed: float, recorded: float | None) -> Rejected:
        if recorded is None or placed < EARLIEST or placed >= LATEST:
            return Rejected(Reason.INVALID_TIME, "the time that places the mission is not in the years 1900 to 9998")
        return Rejected(
            Reason.IN_THE_FUTURE,
            f"placed {placed - recorded:g} s after the record's timestamp; the limit is {self._ahead:g} s",
        )

    def _require_known(self, area: str | None, category: str | None) -> None:
        """Raises Rejected where a row names an area or a category that no mission has."""
        if area is not None and area not in self._numbers:
            raise self._name_unknown(area)
        if category is not None and not any(category in some for some in self._numbers.values()):
            raise self._name_unknown(next(iter(self._numbers)))

    def _name_unknown(self, area: str) -> Rejected:
        fields = self._service.fields
        if area in self._numbers:
            known = " ".join(sorted({category for _, category in self.index}))
            return Rejected(Reason.UNKNOWN_SETTLEMENT, f"{fields.category} is not one of: {known}")
        return Rejected(Reason.UNKNOWN_DISTRICT, f"{fields.area} is not one of: {' '.join(sorted(self._numbers))}")


def _state(clock: _Interval, event: Event) -> State:
    """What a clock says."""
    begin, end = clock.begin(event), clock.end(event)
    if begin is not None and end is not None:
        seconds = (end - begin).total_seconds()
        if clock.shortest <= seconds <= clock.longest:
            return _MEASURED, seconds
    return _without_value(event.status, begin, end, clock.longest), None


def _without_value(status: str, begin: datetime | None, end: datetime | None, longest: float) -> int:
    """What a clock says that measured nothing, a `Kind`: the first row that holds."""
    if begin is None:
        return _NO_BEGIN if status == "closed" else _UNTIMED
    if end is None:
        return _NO_END if status == "closed" else _OPEN
    seconds = (end - begin).total_seconds()
    return _NEGATIVE if seconds < 0.0 else _TOO_LONG if seconds > longest else _TOO_SHORT


def _interval(clock: Clock, form: Form) -> _Interval:
    longest = min(clock.longest_seconds, LONGEST_SECONDS)
    return _Interval(form.edge(clock.begin), form.edge(clock.end), clock.shortest_seconds, longest)

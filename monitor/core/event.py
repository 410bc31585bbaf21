"""The wire form of a service's events: which fields there are, and the strict decoder of them.

Made from the service's declaration: its own names for area, category and eligibility, and every instant that its
clocks name. The fast path is one strict decode. Only when that fails is the event looked at again, slowly: what is
right by the contract but too rare for the fast path is read there (`revision: 3.0`, second 60, a name given twice),
and what is wrong gets its name. Refuses to know what an event means.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, cast

import msgspec
from msgspec import Meta

from monitor.core.mission import LONGEST_ID, Reason, Rejected
from monitor.core.notation import LARGEST, plain_number, plain_time
from monitor.core.service import Moment, Service, instants_of

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises of bytes that are no event."""
_ECHO: Final = re.compile(r"^(Invalid enum value) .*(?= - at `)", re.DOTALL)
"""The one message of the decoder that repeats a value, which may be anything: also somebody's name."""


class Event(Protocol):
    """A decoded event by the core's names; `begin` and `end` are those of the first clock, None until known."""

    mission_id: str
    area: str
    category: str
    eligible: bool
    status: Literal["open", "closed", "cancelled"]
    revision: int | None
    recorded_at: datetime | None
    excluded: str | None
    begin: datetime | None
    end: datetime | None


class RowEvent(NamedTuple):
    """A decoded event that tells one row of a mission: what it says, by the service's names, and nothing else."""

    said: dict[str, Any]


Edge = Callable[[Any], datetime | None]
"""Finds in an event where a clock begins, or ends."""
_Field = tuple[str, Any] | tuple[str, Any, Any]
_NOT_ELIGIBLE: Final[_Field] = (
    "not_eligible",
    Annotated[
        bool | None,
        Meta(description="Of a row: true says that the mission does not count, whatever its other rows say."),
    ],
    None,
)
"""A row may say so of its mission: that it is eligible, another row may say without knowing of this."""


class Form:
    """The events of one service: `type` is what they must be, `decode` and `look_again` read them."""

    __slots__ = ("_attribute", "_decode_as_said", "_wire", "decode", "row_type", "times", "type")

    def __init__(self, service: Service) -> None:
        """Raises ValueError where the service gives one name to two fields."""
        # Those that the clocks read, then those that must only be right where they are given.
        instants = tuple(dict.fromkeys((*instants_of(service.clocks), *service.fields.instants)))
        numbered = {name: f"instant_{number}" for number, name in enumerate(instants)}
        first = service.clocks[0]
        computed: dict[str, Sequence[Moment]] = {}
        for name, moments in (("begin", first.begin), ("end", first.end)):
            # Every event is asked for these two: what is one field is called so, and only the rest is worked out.
            field = moments[0].field if _plain(moments) else None
            if field in numbered and field != "recorded_at" and numbered[field].startswith("instant_"):
                numbered[field] = name
            else:
                computed[name] = moments
        self._attribute: Mapping[str, str] = {**numbered, "recorded_at": "recorded_at"}
        """What the core calls each instant, by the service's name for it."""
        self.times = tuple(dict.fromkeys((*instants, "recorded_at")))
        """The service's names of everything that must be a time."""
        fields = [*_fields(service, self._attribute)]
        all_fields = [*fields, _NOT_ELIGIBLE]
        self._wire = _wire_names(service, self._attribute, [field[0] for field in all_fields])
        edges = {name: property(self.edge(moments)) for name, moments in computed.items()}
        self.type = _struct("Event", fields, self._wire, namespace=edges)
        known = _struct("KnownEvent", _known(fields, service), self._wire, namespace=edges, kw_only=True)
        self.decode = cast("Callable[[bytes], Event]", msgspec.json.Decoder(known).decode)
        """The event of bytes that are right at once; raises one of `UNREADABLE`."""
        self.row_type = _struct("RowEvent", [*_of_a_row(all_fields)], self._wire)
        """What an event must be that tells one row of a mission."""
        said = msgspec.defstruct("AsSaid", [(f[0], Any, msgspec.UNSET) for f in all_fields], rename=self._wire)
        self._decode_as_said = msgspec.json.Decoder(said, float_hook=plain_number).decode

    def edge(self, moments: Sequence[Moment]) -> Edge:
        """Reads the earliest of the moments that an event tells; None where it tells none."""
        if _plain(moments):
            return attrgetter(self._attribute[moments[0].field])
        told = self.told(moments)

        def earliest(event: Any) -> datetime | None:
            return min([later(at, plus) for read, plus in told if (at := read(event)) is not None], default=None)

        return earliest

    def told(self, moments: Sequence[Moment]) -> list[tuple[Edge, timedelta]]:
        """What reads each moment's field, and how much later than that the moment is."""
        return [(attrgetter(self._attribute[one.field]), timedelta(seconds=one.plus_seconds)) for one in moments]

    def look_again(self, raw: bytes) -> Event | RowEvent:
        """The event by its contract alone: any area and category, of a name given twice the last, and what
        monitor/core/notation.py makes of times and numbers. Raises `Rejected`.
        """  # noqa: D205 - one sentence
        try:
            said = msgspec.structs.asdict(self._decode_as_said(raw))
        except UNREADABLE as fault:
            raise _name_no_object(raw, fault) from fault
        fields = {self._wire[name]: value for name, value in said.items() if value is not msgspec.UNSET}
        for name in self.times:
            if isinstance(value := fields.get(name), str):
                fields[name] = plain_time(value)
        try:
            if fields.get("row") is not None:
                return RowEvent(self._said(msgspec.convert(fields, self.row_type)))
            return cast("Event", msgspec.convert(fields, self.type))
        except msgspec.ValidationError as fault:
            raise self._name_fault(fields, fault) from fault

    def _said(self, event: msgspec.Struct) -> dict[str, Any]:
        """What an event says, by the service's names; nothing of what is absent or null."""
        fields = msgspec.structs.asdict(event).items()
        return {self._wire[name]: value for name, value in fields if value is not None and value is not msgspec.UNSET}

    def _name_fault(self, fields: Mapping[str, Any], fault: msgspec.ValidationError) -> Rejected:
        """What is wrong with an event that is none."""
        for name in self.times:
            reason = _time_fault(fields.get(name))
            if reason is not None:
                return Rejected(reason, f"{name} must be an RFC 3339 time with offset, or null")
        return Rejected(Reason.INVALID_FIELD, _ECHO.sub(r"\1", str(fault)))


def _fields(service: Service, attribute: Mapping[str, str]) -> Iterator[_Field]:
    """What every event must have, then what it may have."""

    def instant(clocks: str) -> Any:
        about = f"Instant of {clocks}" if clocks else "Of no clock, but a time"
        return Annotated[
            Annotated[datetime, Meta(tz=True)] | None, Meta(description=f"{about} (RFC 3339 with offset), or null.")
        ]

    named = {
        name: " and ".join(clock.slug for clock in service.clocks if name in instants_of([clock]))
        for name in attribute
    }
    first = service.clocks[0]
    # A misspelt name would otherwise make every mission unmeasured.
    required = {*service.fields.required}
    yield (
        "mission_id",
        Annotated[
            str, Meta(min_length=1, max_length=LONGEST_ID, description="Identity of the mission; also the Kafka key.")
        ],
    )
    yield "area", Annotated[str, Meta(description="Slug of the area.")]
    yield "category", Annotated[str, Meta(description="Slug of the category.")]
    counts = Annotated[bool, Meta(description="Whether the mission counts.")]
    if service.fields.eligible is not None:
        yield "eligible", counts
    yield (
        "status",
        Annotated[Literal["open", "closed", "cancelled"], Meta(description="Where the mission stands.")],
    )
    for name in attribute:
        if name in required:
            yield attribute[name], instant(named[name])
    if service.fields.eligible is None:
        yield "eligible", counts, True
    yield (
        "revision",
        Annotated[
            Annotated[int, Meta(ge=0, le=LARGEST)] | None,
            Meta(description="Version from the source; the highest wins. Without it the order of events decides."),
        ],
        None,
    )
    for name in attribute:
        if name not in required and name != "recorded_at":
            yield attribute[name], instant(named[name]), None
    yield (
        "recorded_at",
        Annotated[
            Annotated[datetime, Meta(tz=True)] | None,
            Meta(
                description="When the source wrote this snapshot; default: the record's timestamp. Places a mission "
                f"of which the begin of {first.slug} is not known."
            ),
        ],
        None,
    )
    yield (
        "row",
        Annotated[
            Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)] | None,
            Meta(
                description="Part of the mission that this event tells: of each row the newest event stands, and the "
                "mission is what all of them say. With it, of all other fields only mission_id is required."
            ),
        ],
        None,
    )
    yield (
        "excluded",
        Annotated[
            Annotated[str, Meta(min_length=1, max_length=200)] | None,
            Meta(description="Reason that takes the mission out of the official figure; kept and counted apart."),
        ],
        None,
    )


def _known(fields: Iterable[_Field], service: Service) -> Iterator[_Field]:
    """With the names that the service declares, which then come as the same few objects, not as new text; and whole,
    so that nobody has to ask each event whether it tells but a row. In the order in which the contract names them:
    the decoder looks for each behind the one before, and passes by all that the event has not.
    """  # noqa: D205 - one sentence
    known: dict[str, Any] = {"row": type(None)}
    known |= {
        name: Literal[slugs]
        for name, slugs in (("area", service.leaf_areas), ("category", service.leaf_categories))
        if slugs
    }
    places = {"mission_id": -2, "revision": -1, "excluded": 1, "row": 2}
    for name, kind, *default in sorted(fields, key=lambda field: places.get(field[0], 0)):
        yield name, known.get(name, kind), *default


def _of_a_row(fields: Iterable[_Field]) -> Iterator[_Field]:
    """The same, of which only the identity must be there: what has no null of its own may be absent all the same."""
    for name, kind, *default in fields:
        if name == "mission_id":
            yield name, kind
        elif default and default[0] is None:
            yield name, kind, None
        else:
            yield name, kind | msgspec.UnsetType, msgspec.UNSET


@lru_cache(4)
def form_of(service: Service) -> Form:
    """The form of a service's events, made once for all its partitions: it is made of types, which are dear to make.

    Raises ValueError, as `Form`.
    """
    return Form(service)


def _wire_names(service: Service, attribute: Mapping[str, str], names: list[str]) -> dict[str, str]:
    given = {"area": service.fields.area, "category": service.fields.category, "eligible": service.fields.eligible}
    wire = {name: name for name in names} | {name: told for name, told in given.items() if name in names and told}
    wire |= {name: told for told, name in attribute.items()}
    told = [*wire.values()]
    for name in told:
        if told.count(name) > 1:
            raise ValueError(f"events have two fields {name!r}: give one of them another name")
    return wire


def _struct(
    name: str,
    fields: Iterable[_Field],
    wire: Mapping[str, str],
    *,
    namespace: dict[str, Any] | None = None,
    kw_only: bool = False,
) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, fields, namespace=namespace, rename=dict(wire), kw_only=kw_only, gc=False)


def _plain(moments: Sequence[Moment]) -> bool:
    return len(moments) == 1 and not moments[0].plus_seconds


def later(at: datetime, plus: timedelta) -> datetime:
    """So much later; the end of all calendars where that lies beyond."""
    try:
        return at + plus
    except OverflowError:
        return datetime.max.replace(tzinfo=at.tzinfo)


def _name_no_object(raw: bytes, fault: Exception) -> Rejected:
    try:
        msgspec.json.decode(raw)
    except UNREADABLE as worse:
        return Rejected(Reason.MALFORMED_JSON, str(worse))
    return Rejected(Reason.INVALID_FIELD, str(fault))


def _time_fault(value: Any) -> Reason | None:
    if not isinstance(value, str):
        return None
    try:
        parsed = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return Reason.INVALID_TIME
    return Reason.TIME_WITHOUT_OFFSET if parsed.tzinfo is None else None

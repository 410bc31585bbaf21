"""One record in, its events out: what a source's record says of a mission.

Knows nothing of earlier records: the ledger folds the rows of a mission and judges which is the newer. A row that the
source deleted is withdrawn, and so is one in the mission that it left. Every fault of a record is told at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.core.notation import LARGEST
from monitor.core.service import Service
from monitor.feeds.declared_types import Filter, Key, Order, Source
from monitor.feeds.fields import Words, texts
from monitor.feeds.moments import Instants, day_of
from monitor.feeds.rows import Event, Mapped, Notice, Placing, Record, Refusal, Refused, Row, What, Why
from monitor.feeds.times import example, reader
from monitor.feeds.values import is_null, plain

LONGEST_KEY: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAYS_NOTHING: Final = frozenset({"no_coordinates", "coordinates_zero"})
"""Of coordinates: the source does not know them, which is no fault of the record."""
_MICROSECOND: Final = timedelta(microseconds=1)


class Mapper:
    """Maps the records of one source; stateless."""

    __slots__ = (
        "_always", "_instants", "_mission", "_order", "_places", "_row", "_service", "_whole", "_words", "source",
    )  # fmt: skip

    def __init__(self, source: Source, service: Service, places: Placing | None = None) -> None:
        """`places`: the service's layers, where the source gives coordinates."""
        self.source = source
        self._service, self._places = service, places
        self._mission = _KeyReader("mission", source.mission)
        self._row = _KeyReader("row", source.row) if source.row else None
        self._order = _OrderReader(source.order) if source.order else None
        self._instants = Instants([rule for rule in source.fields if rule.kind == "time"], service, texts)
        words: dict[str, list[Words]] = {}
        for rule in source.fields:
            if rule.kind != "time":
                words.setdefault(rule.name, []).append(Words(rule, service))
        self._always = {name: some[0].constant for name, some in words.items() if some[0].constant is not None}
        self._words = [(name, some) for name, some in words.items() if name not in self._always]
        # Whole events must have them, if only as null.
        self._whole = () if source.in_rows else service.fields.required

    def map(self, row: Row) -> Mapped:
        """What a record says. Raises nothing: what is wrong with it is told."""
        notices: list[Notice] = []
        try:
            record = with_envelope(row.values, row.around)
            if row.deleted:
                return self._deleted(record, notices)
            event = self._event(record, notices)
            if event is None:
                return Mapped(notices=notices)
            left = self._left(row, event, notices) if row.before is not None else None
            if row.before is None and self.source.row is not None and row.around.get("op") == "u":
                notices.append(Notice(What.BEFORE_UNKNOWN))
        except Refused as fault:
            return Mapped(refused=fault.refusals, notices=notices)
        return Mapped([event] if left is None else [left, event], (), notices)

    def _event(self, record: Record, notices: list[Notice]) -> Event | None:
        """The event of a record that stands; None where a filter passes over it. Raises Refused."""
        filters = self.source.filters
        applied = [one for one in filters if any(holds(record) for holds in one.conditions)] if filters else ()
        for one in applied:
            notices.append(Notice(What.FILTERED, detail=one.name))
            if one.then == "skip":
                return None
        refusals: list[Refusal] = []
        event = self._identity(record, refusals)
        if any(one.then == "withdraw" for one in applied) and self.source.in_rows and not refusals:
            return self._withdrawal(event, record)
        self._say(record, event, refusals, notices)
        try:
            instants = self._instants.read(record, refusals, notices)
        except Refused as fault:
            instants = {}
            refusals.extend(fault.refusals)
        event.update(instants)
        if self._places is not None and not refusals:
            refusals += self._locate(record, self._places, instants, event, notices)
        for one in reversed(applied):
            self._filter(one, event)
        if not self.source.in_rows:
            wrong = {one.field for one in refusals}  # what was there, and could not be used, is not absent as well
            refusals.extend(Refusal(Why.ABSENT, name) for name in self._missing(event) if name not in wrong)
        if refusals:
            raise Refused(*refusals)
        return event

    def _say(self, record: Record, event: Event, refusals: list[Refusal], notices: list[Notice]) -> None:
        """Fills in the fields that are no instants."""
        event.update(self._always)
        for name, alternatives in self._words:
            for words in alternatives:
                try:
                    value = words.read(record, notices)
                except Refused as fault:
                    refusals.extend(fault.refusals)
                    break
                if value is not None:
                    event[name] = value
                    break
        if self._whole:
            event.update(dict.fromkeys(self._whole))

    def _identity(self, record: Record, refusals: list[Refusal]) -> Event:
        """Mission, row and revision."""
        event: Event = {}
        for name, key in (("mission_id", self._mission), ("row", self._row)):
            if key is None:
                continue
            try:
                event[name] = key.read(record)
            except Refused as fault:
                refusals.extend(fault.refusals)
        if self.source.row_constant is not None:
            said = event.get("row")
            event["row"] = self.source.row_constant if said is None else f"{self.source.row_constant}:{said}"
        if len(event.get("row", "")) > LONGEST_KEY:
            refusals.append(
                Refusal(Why.TOO_LONG, "row", example(event["row"]), f"more than {LONGEST_KEY} characters")
            )
        if self._order is not None:
            try:
                revision = self._order.read(record)
            except Refused as fault:
                refusals.extend(fault.refusals)
            else:
                event["revision"] = revision
        return event

    def _filter(self, one: Filter, event: Event) -> None:
        """Takes the mission out of the figures."""
        match one.then:
            case "exclude":  # of several filters the first gives the reason
                event["excluded"] = one.name
            case "not_eligible" if self.source.in_rows:  # other rows, which know nothing of this, may say that it is
                event["not_eligible"] = True
            case "not_eligible":
                event[self._service.fields.eligible or "eligible"] = False
            case _:
                event["status"] = "cancelled"

    def _missing(self, event: Event) -> list[str]:
        """What every whole event must have."""
        fields = self._service.fields
        needed = [fields.area, fields.category, "status", *([fields.eligible] if fields.eligible else [])]
        return [name for name in needed if name not in event]

    def _deleted(self, record: Record, notices: list[Notice]) -> Mapped:
        """The row withdrawn; nothing of what the envelope says is of another table. Raises Refused."""
        for one in self.source.filters:
            if one.then == "skip" and one.of_envelope and any(holds(record) for holds in one.conditions):
                notices.append(Notice(What.FILTERED, detail=one.name))
                return Mapped(notices=notices)
        if not self.source.in_rows:
            event = self._event(record, notices)
            if event is None:
                return Mapped(notices=notices)
        else:
            refusals: list[Refusal] = []
            event = self._identity(record, refusals)
            if refusals:
                raise Refused(*[_of_key_alone(one) for one in refusals])
            event = self._withdrawal(event, record)
        notices.append(Notice(What.WITHDRAWN))
        event["status"] = "cancelled"
        if self._order is not None and not self._order.of_envelope:
            if not self._order.tells(record):
                del event["revision"]  # it tells the key alone: that it comes last must do
            else:
                event["revision"] += 1  # what is deleted has the revision of what stands
        return Mapped([event], (), notices)

    def _left(self, row: Row, event: Event, notices: list[Notice]) -> Event | None:
        """The withdrawal of a row where it was before, if it was elsewhere."""
        refusals: list[Refusal] = []
        record = with_envelope(row.before or {}, row.around)
        before = self._identity(record, refusals)
        if refusals:  # the source says less of what was than of what is
            notices.append(Notice(What.BEFORE_UNKNOWN))
            return None
        if (before["mission_id"], before.get("row")) == (event["mission_id"], event.get("row")):
            return None
        notices.append(Notice(What.MOVED))
        left = {**event, **before, "status": "cancelled"}
        if self.source.in_rows:
            left = self._withdrawal(before, record)
        if self._order is not None:
            least = 0 if self._order.of_envelope else before["revision"] + 1
            left["revision"] = max(event["revision"], least)
        return left

    def _withdrawal(self, identity: Event, record: Record) -> Event:
        """A row that says nothing any more, but when: a mission of which nothing else is told must lie somewhere."""
        event: Event = {**identity, "status": "cancelled"}
        try:
            instants = self._instants.read(record, [], [])
        except Refused:
            instants = {}
        if instants:
            event["recorded_at"] = instants.get("recorded_at", min(instants.values()))
        return event

    def _locate(
        self, record: Record, places: Placing, instants: Mapping[str, datetime], event: Event,
        notices: list[Notice],
    ) -> list[Refusal]:  # fmt: skip
        """Area and category by the layers, before what the record says itself; coordinates are kept nowhere."""
        begun = [instants[one.field] for one in self._service.clocks[0].begin if one.field in instants]
        located = places.of(record, min(begun or instants.values(), default=None))
        if located.unplaced in _SAYS_NOTHING:
            return []  # the record's own words stand, or are missed
        if located.unplaced is not None and not self.source.in_rows:
            return [Refusal(Why.NO_PLACE, located.unplaced)]
        if located.unplaced is not None:
            notices.append(Notice(What.UNPLACED, located.unplaced))
        fields = self._service.fields
        for name, slug, near in (
            (fields.area, located.area, located.near_areas),
            (fields.category, located.category, located.near_categories),
        ):
            if slug is not None:
                event[name] = slug
            if near:
                notices.append(Notice(What.NEAR_BORDER, name, others=tuple(near)))
        return []


def _of_key_alone(one: Refusal) -> Refusal:
    """A deletion that does not say of which mission: nobody could tell from which to take the row."""
    if one.why not in {Why.NO_KEY, Why.NO_ROW}:
        return one
    return one._replace(detail="a deletion that tells its key alone; PostgreSQL tells all by REPLICA IDENTITY FULL")


def with_envelope(values: Record, around: Record) -> Record:
    """The record with the envelope's fields beside it, each after an `@`."""
    if not around:
        return values
    return {**values, **{f"@{key}": value for key, value in around.items()}}


class _KeyReader:
    """Reads an identity: of a mission, or of a row."""

    __slots__ = ("_day", "_key", "_name", "_only", "_why")

    def __init__(self, name: str, key: Key) -> None:
        self._name, self._key = name, key
        self._why = Why.NO_KEY if name == "mission" else Why.NO_ROW
        self._day = day_of(key.times) if key.times.date is not None else None
        plainly = len(key.lookups) == 1 and self._day is None and not key.prefix
        self._only = key.lookups[0] if plainly else None
        """The one column that most keys are."""

    def read(self, record: Record) -> str:
        """The identity. Raises Refused."""
        if self._only is not None:
            value = self._only(record)
            if type(value) is str and (text := value.strip()) and len(text) <= LONGEST_KEY:
                if text.lower() in self._key.nulls:
                    raise Refused(Refusal(self._why, self._name))
                return text
        parts = []
        for find in self._key.lookups:
            value = find(record)
            value = value[0] if isinstance(value, list) and value else value
            parts.append("" if is_null(value, self._key.nulls) else plain(value))
        if not any(parts) or ("" in parts and self._name == "mission"):
            raise Refused(Refusal(self._why, self._name))
        text = "-".join(part or "none" for part in parts)
        if self._day is not None:
            text = f"{self._year(record)}-{text}"
        text = self._key.prefix + text
        if len(text) > LONGEST_KEY:
            raise Refused(Refusal(Why.TOO_LONG, self._name, example(text), f"more than {LONGEST_KEY} characters"))
        return text

    def _year(self, record: Record) -> int:
        try:
            day = self._day(record) if self._day else None
        except ValueError as fault:
            detail = "the year of the id"
            raise Refused(Refusal(Why.UNREADABLE_TIME, self._name, example(fault.args[0]), detail)) from None
        if day is None:
            raise Refused(Refusal(self._why, self._name, detail="the time is missing that gives the id its year"))
        return day.year


class _OrderReader:
    """Reads which of two records of a row is the newer."""

    __slots__ = ("_order", "_read", "of_envelope")

    def __init__(self, order: Order) -> None:
        self._order = order
        self._read = reader(order.times.formats)
        self.of_envelope = order.of_envelope

    def read(self, record: Record) -> int:
        """The revision; the lowest where the record says none, for it was never changed. Raises Refused."""
        value = self._order.lookup(record)
        if is_null(value, self._order.nulls):
            return 0
        number = self._microseconds(value) if self._order.is_time else _whole(value)
        if number is None or not 0 <= number < LARGEST:
            why = Why.UNREADABLE_TIME if self._order.is_time else Why.NO_NUMBER
            raise Refused(Refusal(why, "revision", example(value)))
        return number

    def tells(self, record: Record) -> bool:
        """Whether the record says it at all."""
        return not is_null(self._order.lookup(record), self._order.nulls)

    def _microseconds(self, value: object) -> int | None:
        told = self._read(value.strip() if isinstance(value, str) else value)
        if not isinstance(told, datetime):
            return None
        if told.tzinfo is None or self._order.times.offset == "ignore":
            # As the clock showed it: an hour that occurs twice would not be in order in any reading.
            told = told.replace(tzinfo=UTC)
        return (told - _EPOCH) // _MICROSECOND


def _whole(value: object) -> int | None:
    text = plain(value)
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LARGEST)) else None

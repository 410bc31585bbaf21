"""One record in, its events out: what a source's record says of a mission.

Knows nothing of earlier records: the ledger folds the rows of a mission and judges which is the newer. A row that the
source deleted is withdrawn, and so is one in the mission that it left. Every fault of a record is told at once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from monitor.core.mission import LONGEST_ID
from monitor.core.service import Service
from monitor.feeds.declared_types import Filter, Source
from monitor.feeds.fields import Words, texts
from monitor.feeds.identity import KeyReader, OrderReader
from monitor.feeds.moments import Instants
from monitor.feeds.rows import Event, Mapped, Notice, Placing, Record, Refusal, Refused, Row, What, Why
from monitor.feeds.times import example

_BARE: Final = (
    "a record that says only that its mission is cancelled: give the source a row, the mission's own number, so that "
    "it withdraws what was told before"
)
_SAYS_NOTHING: Final = frozenset({"no_coordinates", "coordinates_zero"})
"""Of coordinates: the source does not know them, which is no fault of the record."""


class Mapper:
    """Maps the records of one source; stateless."""

    __slots__ = (
        "_always", "_instants", "_mission", "_of_layers", "_order", "_places", "_row", "_service", "_tells_status",
        "_whole", "_words", "source",
    )  # fmt: skip

    def __init__(self, source: Source, service: Service, places: Placing | None = None) -> None:
        """`places`: the service's layers, where the source gives coordinates."""
        self.source = source
        self._service, self._places = service, places
        named = {"area": service.fields.area, "category": service.fields.category}
        self._of_layers = frozenset(() if places is None else (named[one] for one in places.gives))
        """The fields that the layers give, where a record has nothing else that is wrong with it."""
        self._mission = KeyReader("mission", source.mission)
        self._row = KeyReader("row", source.row) if source.row else None
        self._order = OrderReader(source.order) if source.order else None
        self._instants = Instants([rule for rule in source.fields if rule.kind == "time"], service, texts)
        words: dict[str, list[Words]] = {}
        for rule in source.fields:
            if rule.kind != "time":
                words.setdefault(rule.name, []).append(Words(rule, service))
        self._always = {name: some[0].constant for name, some in words.items() if some[0].constant is not None}
        self._words = [(name, some) for name, some in words.items() if name not in self._always]
        self._tells_status = "status" in words
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
            if self._tells_status:
                event.setdefault("status", "open")  # as of rows, none of which says that it is closed
            # What was there, and could not be used, is not absent as well, nor what was not asked of the layers.
            wrong = {one.field for one in refusals} | (self._of_layers if refusals else frozenset())
            why = _BARE if event.get("status") == "cancelled" else ""
            refusals.extend(Refusal(Why.ABSENT, name, "", why) for name in self._missing(event) if name not in wrong)
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
        if len(event.get("row", "")) > LONGEST_ID:
            refusals.append(Refusal(Why.TOO_LONG, "row", example(event["row"]), f"more than {LONGEST_ID} characters"))
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

"""A mission that is told in rows: what each row says, and the snapshot that all of them amount to.

A row is a part of a mission that a source tells by itself: a unit, a row of a table, a status. Of each row the
newest event stands, and what it leaves out it does not say. The fold of the rows that stand is a snapshot in bytes,
read as any other (`core.reader`): what a mission is, is decided in one place. Refuses to know in which order events
came.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from monitor.core.mission import EPOCH, LONGEST_ID
from monitor.core.service import Fields, Service, instants_of
from monitor.core.take import How, Take, instant_of, reason_of, truth_of, word_of

MOST_ROWS: Final = 256
"""Of one mission: a call that goes on for days, told by status, has some dozens."""
_MICROSECOND: Final = timedelta(microseconds=1)
_DEFAULTS: Final = {"instant": Take(How.FIRST), "word": Take(How.LAST), "truth": Take(How.ANY)}
_NEVER: Final = -(2**63)

Microseconds = Annotated[int, Meta(ge=-(2**62), le=2**62)]
"""Since the epoch, exact."""
RowName = Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The newest event of one row. Stored.

    `at`: when the source wrote it, else the record's timestamp; None where neither is known. `told`: by the service's
    names of fields, times in microseconds since the epoch; of a row that is withdrawn the status alone.
    """

    name: RowName
    revision: int | None
    at: Microseconds | None
    told: dict[str, str | bool | Microseconds]

    @property
    def withdrawn(self) -> bool:
        """Whether it says nothing any more."""
        return self.told.get("status") == "cancelled"


class MissionRows(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All rows of one mission. Stored beside its entry, in the same day."""

    mission_id: str
    rows: tuple[Row, ...]


class TellsRow(Exception):  # noqa: N818 - no fault: raised so that nobody has to ask each mission that is told whole
    """An event that tells one row of a mission, and no mission by itself."""

    def __init__(self, mission_id: str, row: Row) -> None:
        super().__init__("the event tells one row of a mission")
        self.mission_id, self.row = mission_id, row


class Fold:
    """How the rows of a service's missions become snapshots, by the rules that it declares."""

    __slots__ = (
        "_area",
        "_begins",
        "_category",
        "_eligible",
        "_excluded",
        "_fields",
        "_instants",
        "_recorded",
        "_status",
    )

    def __init__(self, service: Service) -> None:
        fields = service.fields
        said = dict(fields.fold)
        self._fields: Fields = fields
        self._area = said.get(fields.area, _DEFAULTS["word"])
        self._category = said.get(fields.category, _DEFAULTS["word"])
        self._eligible = said.get(fields.eligible or "eligible", _DEFAULTS["truth"])
        self._status = said.get("status", _DEFAULTS["truth"])
        self._excluded = said.get("excluded", _DEFAULTS["truth"])
        names = dict.fromkeys((*instants_of(service.clocks), *fields.instants))
        self._begins = frozenset(one.field for one in service.clocks[0].begin)
        self._recorded = said.get("recorded_at", _DEFAULTS["instant"]) if "recorded_at" in names else None
        """Where a clock begins or ends with it: then it is a time like any other, and only what is told counts."""
        self._instants = [(name, said.get(name, _DEFAULTS["instant"])) for name in names if name != "recorded_at"]

    def told_at(self, rows: Iterable[Row]) -> int | None:
        """The earliest moment at which a source wrote a row, else that a row tells, in microseconds since the epoch;
        None where rows tell no time: when their records came says nothing of when the mission was.
        """  # noqa: D205 - one sentence
        some = [*rows]
        for moments in (
            [row.told["recorded_at"] for row in some if "recorded_at" in row.told],
            [row.told[name] for row in some for name, _ in self._instants if name in row.told],
        ):
            if moments:
                return min(moments)  # type: ignore[return-value]
        return None

    def placed_at(self, rows: Iterable[Row]) -> int | None:
        """Where a mission lies of which the begin is not known: where its rows tell, else at the earliest record."""
        some = [*rows]
        told = self.told_at(some)
        return min((row.at for row in some if row.at is not None), default=None) if told is None else told

    def tells_begin(self, rows: Iterable[Row]) -> bool:
        """Whether a row tells where in time the mission lies, which else is when somebody wrote of it."""
        return any(name in row.told for row in rows for name in self._begins)

    def lacks(self, rows: Iterable[Row]) -> list[str]:
        """The fields that no row tells, and without which nobody knows whether and where the mission counts.

        None of them where all rows are withdrawn.
        """
        fields = self._fields
        live = [row.told for row in rows if not row.withdrawn]
        needed = [fields.area, fields.category]
        if fields.eligible is not None and not any(told.get("not_eligible") for told in live):
            needed.append(fields.eligible)
        return [name for name in needed if live and not any(name in told for told in live)]

    def snapshot(self, mission_id: str, rows: Iterable[Row], placed_at: int) -> bytes | None:
        """The event that the rows amount to; None as long as they do not tell whether and where the mission counts,
        and where all of them are withdrawn. `placed_at`: see there.
        """  # noqa: D205 - one sentence
        fields = self._fields
        live = sorted((row for row in rows if not row.withdrawn), key=_order)
        if not live or self.lacks(live):
            return None
        area = word_of(self._area, [*_told(live, fields.area)])
        category = word_of(self._category, [*_told(live, fields.category)])
        eligible = truth_of(self._eligible, [*_told(live, fields.eligible or "eligible")])
        if any(_told(live, "not_eligible")):
            eligible = False
        recorded_at = (
            _datetime(placed_at) if not self._recorded else self._instant("recorded_at", self._recorded, live)
        )
        if recorded_at is None and not self.tells_begin(live):
            return None
        event: dict[str, Any] = {name: self._instant(name, take, live) for name, take in self._instants}
        event |= {fields.area: area, fields.category: category, "recorded_at": recorded_at}
        if eligible is not None:
            event[fields.eligible or "eligible"] = eligible
        closed = truth_of(self._status, [status == "closed" for status in _told(live, "status")])
        event |= {"mission_id": mission_id, "status": "closed" if closed else "open"}
        event["excluded"] = reason_of(self._excluded, [row.told.get("excluded") for row in live])  # type: ignore[misc]
        return msgspec.json.encode(event)

    @staticmethod
    def _instant(name: str, take: Take, live: Sequence[Row]) -> datetime | None:
        at = instant_of(take, [*_told(live, take.of or name)])
        return None if at is None else _datetime(at)


def micros(at: datetime) -> int:
    """Microseconds since the epoch, exact."""
    return (at - EPOCH) // _MICROSECOND


def _datetime(micros_since: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros_since)


def _told(rows: Iterable[Row], field: str) -> Iterator[Any]:
    return (row.told[field] for row in rows if field in row.told)


def _order(row: Row) -> tuple[int, int, str]:
    """By what the source says of time, not by arrival, so that any order of arrival gives the same mission."""
    return (_NEVER if row.at is None else row.at, -1 if row.revision is None else row.revision, row.name)

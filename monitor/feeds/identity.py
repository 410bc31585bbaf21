"""Who a record is of: the identity of a mission or a row, and which of two records of a row is the newer.

Refuses to know what a record says beyond that (`mapping`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.core.mission import LONGEST_ID
from monitor.core.notation import LARGEST
from monitor.core.rows import micros
from monitor.feeds.declared_types import Key, Order
from monitor.feeds.moments import day_of
from monitor.feeds.rows import Record, Refusal, Refused, Why
from monitor.feeds.times import example, reader
from monitor.feeds.values import folded, is_null, plain


class KeyReader:
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
            if type(value) is str and (text := value.strip()) and len(text) <= LONGEST_ID:
                if folded(text) in self._key.nulls:
                    raise Refused(Refusal(self._why, self._name))
                return text
        parts = []
        for find in self._key.lookups:
            value = find(record)
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, list | Mapping) and value:
                raise Refused(Refusal(self._why, self._name, detail=f"no text and no number: {type(value).__name__}"))
            parts.append("" if is_null(value, self._key.nulls) else plain(value))
        if not any(parts) or ("" in parts and self._name == "mission"):
            raise Refused(Refusal(self._why, self._name))
        text = "-".join(part or "none" for part in parts)
        if self._day is not None:
            text = f"{self._year(record)}-{text}"
        text = self._key.prefix + text
        if len(text) > LONGEST_ID:
            raise Refused(Refusal(Why.TOO_LONG, self._name, example(text), f"more than {LONGEST_ID} characters"))
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


class OrderReader:
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
        return micros(told)


def _whole(value: object) -> int | None:
    text = folded(plain(value))  # 17.0 is 17
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LARGEST)) else None

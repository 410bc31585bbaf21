"""What change events and CloudEvents wrap around a record: the record, whether it is gone, the wrapping beside it.

Debezium's names: `before` and `after`, with or without the schema's envelope, or flattened by its own transform.
CloudEvents in structured mode, in batches, and in binary mode with the attributes in Kafka's headers.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from monitor.feeds.formats.json_values import UNREADABLE, decode
from monitor.feeds.formats.unreadable import Fault, UnreadableRecord
from monitor.feeds.rows import Record, Row

Headers = Mapping[str, bytes | None] | Iterable[tuple[str, bytes | None]] | None
Unwrap = Callable[[Any, Mapping[str, bytes]], Sequence[Row]]
"""Makes rows of a decoded value and its headers. Raises UnreadableRecord."""

_FLAT: Final = "__"
"""How names begin that Debezium's ExtractNewRecordState adds to a flattened row."""
_OF_NO_ROW: Final = ("t", "m")
"""What tells a truncation, or a message: they have neither before nor after."""
_ATTRIBUTE: Final = "ce_"
_CONTENT: Final = ("data", "data_base64")


def named(headers: Headers) -> dict[str, bytes]:
    """Kafka's headers by lower-case name; of a name given twice the last."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return {name.lower(): value for name, value in pairs if value is not None}


def no_envelope(value: Any, headers: Mapping[str, bytes]) -> Sequence[Row]:
    """The record itself, or those of a list."""
    del headers
    return [Row(record) for record in _objects(value)]


def debezium(value: Any, headers: Mapping[str, bytes]) -> Sequence[Row]:
    """The row that a change event tells; none of what tells none (a tombstone, a message)."""
    del headers
    return [*_changes(value)]


def _changes(value: Any) -> Iterator[Row]:
    for event in _objects(value):
        wrapped = "schema" in event or ("op" not in event and len(event) == 1)  # with the schema, or without it
        change = event.get("payload", event) if wrapped else event
        if change is None:
            continue
        if not isinstance(change, Mapping):
            raise UnreadableRecord(Fault.NO_ENVELOPE, "the payload is no object")
        if "op" in change and ("after" in change or "before" in change or change["op"] in _OF_NO_ROW):
            yield from _change(change)
        elif any(name.startswith(_FLAT) for name in change):
            yield _flattened(change)
        else:
            raise UnreadableRecord(
                Fault.NO_ENVELOPE, "no change event: neither op with before and after, nor a flattened one's __op"
            )


def _change(change: Record) -> Iterator[Row]:
    around = {name: value for name, value in change.items() if name not in {"before", "after"}}
    op = _word(change, "op")
    before, after = _image(change.get("before")), _image(change.get("after"))
    if op in {"c", "r", "u"}:
        if after is None:
            raise UnreadableRecord(Fault.NO_ROW, f"a change ({op}) without after")
        yield Row(after, before=before, around=around)
    elif op == "d":
        if before is None:
            raise UnreadableRecord(Fault.NO_ROW, "a deletion without before: PostgreSQL tells it by REPLICA IDENTITY")
        yield Row(before, deleted=True, around=around)
    elif op != "m":  # a message of the application's own, of no table
        raise UnreadableRecord(Fault.NO_ROW, "a table was truncated" if op == "t" else "an unknown op")


def _word(change: Record, name: str) -> str | None:
    """What stands there as text, if anything does: a list or a number is no word that says what became of a row."""
    word = change.get(name)
    if word is None or isinstance(word, str):
        return word
    raise UnreadableRecord(Fault.NO_ENVELOPE, f"{name} is no text: {type(word).__name__}")


def _image(image: Any) -> Record | None:
    """A row before or after; MongoDB's stands there as text."""
    if isinstance(image, str):
        try:
            image = decode(image)
        except UNREADABLE as fault:
            raise UnreadableRecord(Fault.MALFORMED_JSON, "before or after") from fault
    if image is None or isinstance(image, Mapping):
        return image
    raise UnreadableRecord(Fault.NO_ROW, "before or after is no object")


def _flattened(change: Record) -> Row:
    around = {name.removeprefix(_FLAT): value for name, value in change.items() if name.startswith(_FLAT)}
    values = {name: value for name, value in change.items() if not name.startswith(_FLAT)}
    deleted = around.get("deleted")
    if not isinstance(deleted, bool):
        deleted = (_word(around, "deleted") or "").lower() == "true"
    return Row(values, deleted=deleted or _word(around, "op") == "d", around=around)


def cloudevents(value: Any, headers: Mapping[str, bytes]) -> Sequence[Row]:
    """The data of an event, with its attributes around it."""
    if tells_all(headers):
        around = {
            name.removeprefix(_ATTRIBUTE): _text(told)
            for name, told in headers.items()
            if name.startswith(_ATTRIBUTE)
        }
        return [Row(record, around=around) for record in _data(value)]
    return [*_structured(value)]


def tells_all(headers: Mapping[str, bytes]) -> bool:
    """Whether headers are those of a CloudEvent, which need not have data beside them."""
    return f"{_ATTRIBUTE}specversion" in headers


def _data(value: Any) -> Iterator[Record]:
    """The records of what an event brings; of an event that brings nothing an empty one."""
    if isinstance(value, str):  # JSON within JSON, as some libraries write it
        try:
            value = decode(value)
        except UNREADABLE as fault:
            raise UnreadableRecord(Fault.MALFORMED_JSON, "data that is a text, and no JSON") from fault
    return _objects({} if value is None else value)


def _structured(value: Any) -> Iterator[Row]:
    for event in _objects(value):
        if "specversion" not in event:
            raise UnreadableRecord(Fault.NO_ENVELOPE, "no CloudEvent: neither specversion nor headers ce_…")
        around = {name: told for name, told in event.items() if name not in _CONTENT}
        data = event.get("data")
        encoded = event.get("data_base64") or (data if event.get("datacontentencoding") == "base64" else None)
        if encoded is not None:
            try:
                data = decode(b64decode(encoded, validate=True))
            except (*UNREADABLE, TypeError) as fault:
                raise UnreadableRecord(Fault.MALFORMED_JSON, "data in base64 that is no JSON") from fault
        for record in _data(data):
            yield Row(record, around=around)


def _text(told: bytes) -> str:
    return told.decode("utf-8", errors="replace")


def _objects(value: Any) -> Iterator[Record]:
    for one in value if isinstance(value, list) else (value,):
        if not isinstance(one, Mapping):
            raise UnreadableRecord(Fault.NO_RECORD, f"no object: {type(one).__name__}")
        yield one


UNWRAP: Final[Mapping[str, Unwrap]] = {"none": no_envelope, "debezium": debezium, "cloudevents": cloudevents}

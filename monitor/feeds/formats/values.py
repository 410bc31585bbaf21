"""One Kafka value becomes rows: decoded as its format says, and unwrapped.

A value is refused whole: what it holds belongs together.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BufferedReader, BytesIO
from typing import Any, Final, cast

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import envelopes
from monitor.feeds.formats.delimited import delimited_rows
from monitor.feeds.formats.json_values import UNREADABLE, decode
from monitor.feeds.formats.registry import Registered
from monitor.feeds.formats.text import Text
from monitor.feeds.formats.unreadable import MOST_BYTES, Fault, Unreadable, UnreadableRecord
from monitor.feeds.rows import Refusal, Refused, Row, Why

Decoder = Callable[[bytes | None, envelopes.Headers], Sequence[Row]]
"""Makes rows of one Kafka value and its headers; none of a tombstone. Raises Refused, RegistryUnavailable."""
MOST_ROWS: Final = 10_000
"""In one value: a few packed bytes may say that there are millions."""
_Decode = Callable[[bytes, Mapping[str, bytes]], object]
_NULL: Final = b"null"
"""What some serializers write for a tombstone."""
_MARK: Final = b"\xef\xbb\xbf"


def decoder(declared: FormatDeclaration) -> Decoder:
    """What reads the values of a topic. Raises RegistryUnavailable, ImportError where the extra `feeds` is needed."""
    decoded, unwrap = _decoding(declared), envelopes.UNWRAP[declared.envelope]

    is_json = declared.kind not in {"avro", "csv"}

    def rows(value: bytes | None, headers: envelopes.Headers = None) -> Sequence[Row]:
        if is_json and value is not None and value.strip() == _NULL:
            value = None  # as a line of a file that says so
        if not value and unwrap is envelopes.cloudevents and envelopes.tells_all(named := envelopes.named(headers)):
            return unwrap(None, named)
        if value is None:
            return ()  # a tombstone withdraws nothing: compaction writes them, too
        if len(value) > MOST_BYTES:
            found = f"{Fault.TOO_LARGE}: {len(value):,} bytes; the limit is {MOST_BYTES:,}"
            raise Refused(Refusal(Why.UNREADABLE, detail=found))
        try:
            named = envelopes.named(headers)
            return unwrap(decoded(value, named), named)
        except UnreadableRecord as fault:
            raise Refused(Refusal(Why.UNREADABLE, detail=str(fault))) from fault

    return rows


def _decoding(declared: FormatDeclaration) -> _Decode:
    if declared.registry is not None:
        return Registered("avro" if declared.kind == "avro" else "json-schema", declared.registry).decode
    if declared.kind == "avro":
        return _container
    if declared.kind == "csv":
        return _lines(declared)
    return _json(declared)


def _json(declared: FormatDeclaration) -> _Decode:
    records = declared.records

    def decode_json(value: bytes, headers: Mapping[str, bytes]) -> object:
        del headers
        try:
            found = decode(value.removeprefix(_MARK))
        except UNREADABLE as fault:
            raise UnreadableRecord(Fault.MALFORMED_JSON, type(fault).__name__) from fault
        for name in records:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return decode_json


def _container(value: bytes, headers: Mapping[str, bytes]) -> object:
    from monitor.feeds.formats.avro import container_rows  # noqa: PLC0415 - the extra `feeds`

    del headers
    return _all(container_rows(BytesIO(value)))


def _lines(declared: FormatDeclaration) -> _Decode:
    def decode_lines(value: bytes, headers: Mapping[str, bytes]) -> object:
        del headers
        text = Text(BufferedReader(cast("Any", BytesIO(value))), declared.encoding)
        return _all(
            delimited_rows(text, delimiter=declared.delimiter, quote=declared.quote, columns=declared.columns)
        )

    return decode_lines


def _all(found: Any) -> list[Any]:
    rows = []
    try:
        for row in found:
            if isinstance(row, Unreadable):
                raise UnreadableRecord(row.reason, row.detail)
            rows.append(row.values)
            if len(rows) > MOST_ROWS:
                raise UnreadableRecord(Fault.TOO_LARGE, f"more than {MOST_ROWS:,} rows in one value")
    except UnicodeError as fault:
        raise UnreadableRecord(Fault.NOT_TEXT, "no text of the declared encoding") from fault
    return rows

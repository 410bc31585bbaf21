"""Records of Avro container files, block by block.

Ends with the first block that cannot be read: what follows it has no beginning that could be told.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

import fastavro

from monitor.feeds.formats.unreadable import Fault, Unreadable
from monitor.feeds.rows import Row

UNREADABLE: Final = (
    ValueError, EOFError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError, MemoryError,
    OSError,
)  # fmt: skip
"""What fastavro raises of bytes that are no Avro of their schema: whatever its readers stumble over."""


def container_rows(file: BinaryIO) -> Iterator[Row | Unreadable]:
    """Every record of the file."""
    number = 0
    try:
        reader = fastavro.reader(file)
        if _weightless(reader.writer_schema):
            yield Unreadable(Fault.MALFORMED_AVRO, "schema", "a list of what takes no bytes has no end", ends=True)
            return
        for record in reader:
            number += 1
            if isinstance(record, dict):
                yield Row(record, place=f"record {number}")
            else:
                found = f"Avro, but no record: {type(record).__name__}"
                yield Unreadable(Fault.NO_RECORD, f"record {number}", found)
    except Exception as fault:  # noqa: BLE001 - fastavro raises whatever its codecs stumble over
        found = f"no Avro container, or a damaged one ({type(fault).__name__})"
        yield Unreadable(Fault.MALFORMED_AVRO, f"record {number + 1}", found, ends=True)


def _weightless(schema: object) -> bool:
    """Whether a list in it has items of no bytes: a few bytes could then say that there are 2⁶⁰ of them.

    An empty record, or a fixed of none, is such an item as well.
    """
    if isinstance(schema, list):
        return any(map(_weightless, schema))
    if not isinstance(schema, dict):
        return False
    items = schema.get("items")
    if schema.get("type") == "array" and _is_nothing(items):
        return True
    inner = [items, schema.get("values"), schema.get("type"), *(one.get("type") for one in schema.get("fields", ()))]
    return any(map(_weightless, inner))


def _is_nothing(schema: object) -> bool:
    if isinstance(schema, dict):
        kind = schema.get("type")
        if kind == "fixed":
            return not schema.get("size")
        if kind in {"record", "error"}:
            return all(_is_nothing(one.get("type")) for one in schema.get("fields", ()))
        return _is_nothing(kind)
    return schema == "null"

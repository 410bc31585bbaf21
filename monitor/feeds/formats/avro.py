"""Records of Avro container files, block by block.

Ends with the first block that cannot be read: what follows it has no beginning that could be told.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import fastavro

from monitor.feeds.formats.avro_schema import UnboundedSchema, require_bounded
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
        named: dict[str, Any] = {}
        require_bounded(fastavro.parse_schema(_as_written(reader.writer_schema), named), named)
        for record in reader:
            number += 1
            if isinstance(record, dict):
                yield Row(record, place=f"record {number}")
            else:
                found = f"Avro, but no record: {type(record).__name__}"
                yield Unreadable(Fault.NO_RECORD, f"record {number}", found)
    except UnboundedSchema as fault:
        yield Unreadable(Fault.MALFORMED_AVRO, "schema", str(fault), ends=True)
    except Exception as fault:  # noqa: BLE001 - fastavro raises whatever its codecs stumble over
        found = f"no Avro container, or a damaged one ({type(fault).__name__})"
        yield Unreadable(Fault.MALFORMED_AVRO, f"record {number + 1}", found, ends=True)


def _as_written(schema: Any) -> Any:
    """Without the mark of having been parsed: then its types are gathered by name."""
    if isinstance(schema, dict):
        return {key: value for key, value in schema.items() if not key.startswith("__")}
    return schema

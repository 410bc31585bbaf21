"""Bytes as sources have them become rows: files by `open_records`, Kafka's values by `decoder`.

What is found out where the feed file says nothing: the kind of a file by its first bytes, the encoding and the
delimiter by what it holds. Decides what cannot be read, and names it; refuses to know what records mean.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import envelopes, json_values
from monitor.feeds.formats.delimited import delimited_rows
from monitor.feeds.formats.opened import DAMAGED, Opened
from monitor.feeds.formats.registry import RegistryUnavailable
from monitor.feeds.formats.text import Text
from monitor.feeds.formats.unreadable import Fault, Unreadable, UnreadableRecord
from monitor.feeds.formats.values import Decoder, decoder
from monitor.feeds.rows import Row

__all__ = ["Decoder", "Fault", "Records", "RegistryUnavailable", "Unreadable", "decoder", "open_records"]

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_AVRO: Final = b"Obj\x01"
_OF_LINES: Final = (".jsonl", ".ndjson")
_TOMBSTONE: Final = "null"


def open_records(path: Path, declared: FormatDeclaration) -> "Records":
    """The records of a file, `-`: of standard input. Raises OSError where it cannot be opened."""
    return Records(Opened(path), declared)


class Records:
    """The rows of one file, and what of it is none, as they come."""

    def __init__(self, opened: Opened, declared: FormatDeclaration) -> None:
        self._opened = opened
        self._declared = declared
        self.name = opened.name
        self.size = opened.size
        """Bytes of the file; None where nobody knows."""
        self.kind: str = declared.kind
        """As declared, or as it was found to be."""
        self.guessed: str | None = None
        """The encoding, where it had to be guessed."""

    @property
    def read_bytes(self) -> int:
        """Of the file, so far."""
        return self._opened.read_bytes

    def __iter__(self) -> Iterator[Row | Unreadable]:
        """Raises OSError where the file cannot be read further."""
        unwrap = self._declared.envelope != "none"
        try:
            for row in self._rows():
                if unwrap and isinstance(row, Row):
                    yield from _unwrapped(row, envelopes.UNWRAP[self._declared.envelope])
                else:
                    yield row
        except DAMAGED as fault:
            found = f"packed by gzip, and damaged or cut off ({type(fault).__name__}): fetch it again"
            yield Unreadable(Fault.DAMAGED, f"byte {self.read_bytes}", found, ends=True)
        except UnicodeError:  # that one line is no text raises nothing
            yield Unreadable(Fault.NOT_TEXT, f"byte {self.read_bytes}", "no text of the declared encoding", ends=True)
        finally:
            self._opened.close()

    def _rows(self) -> Iterator[Row | Unreadable]:
        declared, file = self._declared, self._opened.bytes
        head = file.peek(len(_AVRO))
        if declared.kind == "xlsx" or (declared.kind == "auto" and head.startswith((_ZIP, _OLE))):
            from monitor.feeds.formats.workbook import workbook_rows  # noqa: PLC0415 - the extra `feeds`

            self.kind = "xlsx"
            return workbook_rows(file, sheet=declared.sheet, columns=declared.columns, skip=declared.skip)
        if declared.kind == "avro" or (declared.kind == "auto" and head.startswith(_AVRO)):
            from monitor.feeds.formats.avro import container_rows  # noqa: PLC0415 - the extra `feeds`

            self.kind = "avro"
            return container_rows(file)
        text = Text(file, declared.encoding)
        self.guessed = text.encoding if text.guessed else None
        if declared.kind == "auto":
            self.kind = _kind_of(text, declared, self.name)
        if self.kind == "csv":
            return delimited_rows(
                text, delimiter=declared.delimiter, quote=declared.quote, columns=declared.columns, skip=declared.skip
            )
        if self.kind == "json":
            return json_values.json_item_rows(text, declared.records)
        return json_values.json_line_rows(text)


def _unwrapped(row: Row, unwrap: envelopes.Unwrap) -> Iterator[Row | Unreadable]:
    try:
        for one in unwrap(row.values, {}):
            yield one._replace(place=row.place)
    except UnreadableRecord as fault:
        yield Unreadable(fault.reason, row.place, fault.detail)


def _kind_of(text: Text, declared: FormatDeclaration, name: str) -> str:
    """The kind of a text: by the first of its lines that is no tombstone, and by the name of its file."""
    begins, tombstones = _first_of(text.begins)
    if name.lower().removesuffix(".gz").endswith(_OF_LINES) and not declared.records:
        # An array or an object over several lines is none of them, whatever its name.
        return "json" if begins.partition("\n")[0].strip() in {"[", "{"} else "json-lines"
    if not begins.startswith(("{", "[")):
        return "json-lines" if tombstones and not begins else "csv"
    if declared.records:
        return "json"
    line, end, rest = begins.partition("\n")
    if begins.startswith("["):
        # One array is streamed; below it, another line by itself says that each of them is.
        following = _first_of(rest)[0].partition("\n")[0]
        return "json-lines" if _is_json(line) and _is_json(following) else "json"
    return "json-lines" if _is_json(line) or not end else "json"


def _first_of(lines: str) -> tuple[str, int]:
    """Text from its first line that says something, and how many tombstones were passed over."""
    tombstones = 0
    while lines := lines.lstrip():
        line, _, rest = lines.partition("\n")
        if line.strip() != _TOMBSTONE:
            break
        lines, tombstones = rest, tombstones + 1
    return lines, tombstones


def _is_json(line: str) -> bool:
    try:
        json_values.decode(line)
    except json_values.UNREADABLE:
        return False
    return True

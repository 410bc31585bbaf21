"""Reads records of bytes, as of a file."""

from pathlib import Path
from typing import Any

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import Unreadable, open_records
from monitor.feeds.rows import Row


def read(folder: Path, content: bytes, **declared: Any) -> list[Row | Unreadable]:
    """Everything that comes of a file with that content."""
    path = folder / "input"
    path.write_bytes(content)
    return list(open_records(path, FormatDeclaration(**declared)))


def values(rows: list[Row | Unreadable]) -> list[dict[str, Any]]:
    """Of the rows alone."""
    return [dict(row.values) for row in rows if isinstance(row, Row)]


def faults(rows: list[Row | Unreadable]) -> list[tuple[str, str]]:
    """Reason and place of what could not be read."""
    return [(row.reason, row.place) for row in rows if isinstance(row, Unreadable)]

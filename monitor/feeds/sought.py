"""Paths of a feed file that no record has: a misspelt column would make every mission unmeasured, in silence."""

from monitor.feeds.declared_types import Lookup, Source
from monitor.feeds.mapping import with_envelope
from monitor.feeds.rows import Record, Refused, Row


class Sought:
    """What a source's records were found to hold so far."""

    __slots__ = ("_missing",)

    def __init__(self, source: Source) -> None:
        self._missing = dict(source.paths)

    def look(self, row: Row) -> None:
        """Takes note of a record, until every path was found. A column is found by its name, whatever it holds."""
        if not self._missing:
            return
        record = with_envelope(row.values, row.around)
        for path in [path for path, lookup in self._missing.items() if path in record or _finds(lookup, record)]:
            del self._missing[path]

    @property
    def missing(self) -> tuple[str, ...]:
        """The paths that no record had, as they are written."""
        return tuple(self._missing)


def _finds(lookup: Lookup, record: Record) -> bool:
    try:
        return lookup(record) is not None
    except Refused:
        return True

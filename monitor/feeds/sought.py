"""Paths of a feed file that no record has: a misspelt column would make every mission unmeasured, in silence."""

from collections.abc import Iterable

from monitor.feeds.declared_types import Source
from monitor.feeds.rows import Record, Refused


class Sought:
    """What a source's records were found to hold so far."""

    __slots__ = ("_missing",)

    def __init__(self, source: Source) -> None:
        self._missing = dict(source.paths)

    def look(self, record: Record) -> None:
        """Takes note of a record; one by one, until every path was found."""
        found = [path for path, lookup in self._missing.items() if path in record or _finds(lookup, record)]
        for path in found:
            del self._missing[path]

    def look_into(self, records: Iterable[Record]) -> None:
        """Takes note of several."""
        for record in records:
            if not self._missing:
                return
            self.look(record)

    @property
    def missing(self) -> tuple[str, ...]:
        """The paths that no record had, as they are written."""
        return tuple(self._missing)


def _finds(lookup: object, record: Record) -> bool:
    try:
        return callable(lookup) and lookup(record) is not None
    except Refused:
        return True

"""The same layers for records that are known before they are asked for: all places of some thousand at once.

Asked one by one a place costs several times as much (benchmarks/places.py). What is said of a record is what `Places`
says of it, in the order of the records, and each is refused or counted by itself as before.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Final, TypeVar

import numpy as np

from monitor.feeds.geography import Located, LocatedMany, Places
from monitor.feeds.geography_points import Position, Unplaced
from monitor.feeds.mapping import with_envelope
from monitor.feeds.rows import Record, Row

AT_ONCE: Final = 2_048
"""Records that wait in memory meanwhile."""
Read = TypeVar("Read")


class Ahead:
    """`Placing` of the records that come through it: they are located when it hands them on."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._at: dict[Position, int] = {}
        self._said: dict[int, Sequence[Located | None]] = {}
        """By the time in which the layers do not change; most files need one at a time."""

    @property
    def gives(self) -> Sequence[str]:
        """As of the places."""
        return self._places.gives

    def read(self, rows: Iterable[Row | Read]) -> Iterator[Row | Read]:
        """The same, some thousand of them known at a time; what is no row comes through untouched."""
        rest = iter(rows)
        while some := list(islice(rest, AT_ONCE)):
            self._gather(with_envelope(row.values, row.around) for row in some if isinstance(row, Row))
            yield from some

    def _gather(self, records: Iterable[Record]) -> None:
        read = map(self._places.position, records)
        found = dict.fromkeys(position for position in read if not isinstance(position, Unplaced))
        self._at = {position: number for number, position in enumerate(found)}
        self._said.clear()

    def of(self, record: Record, at: datetime | None) -> Located:
        """As of the places."""
        return self._places.of(record, at, self._locate)

    def _locate(self, east: float, north: float, day: date) -> Located:
        number = self._at.get((east, north))
        if number is None:
            return self._places.locate(east, north, day)
        era = self._places.era(day)
        if era not in self._said:
            at = np.array([*self._at], dtype=float)
            self._said[era] = _each(self._places.locate_many(at[:, 0], at[:, 1], day))
        return self._said[era][number] or self._places.locate(east, north, day)


def _each(many: LocatedMany) -> Sequence[Located | None]:
    """What is said of each place; None of those near a border, which are few: each is asked what else it could be."""
    alike: dict[tuple[str | None, str | None, Unplaced | None], Located] = {}
    found: list[Located | None] = []
    told = (many.near.tolist(), many.area.tolist(), many.category.tolist(), many.unplaced.tolist())
    for near, *said in zip(*told, strict=True):
        area, category, unplaced = said
        if near:
            found.append(None)
            continue
        key = area, category, unplaced
        if key not in alike:
            alike[key] = Located(area, category, unplaced=unplaced)
        found.append(alike[key])
    return found

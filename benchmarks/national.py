"""The records of a nation with all priorities: about a million a year, as calibrated years told several times over.

Each copy of a year has its own course of events and its own missions; the records come in the order of delivery.
Thinned, it is the same span with fewer missions, for small runs that must still reach what age does to a ledger.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from zlib import crc32

from monitor.simulator import year

_ID = b'{"mission_id":"'

Record = tuple[datetime, bytes, bytes]
"""Time of delivery, key (the mission's id), value (JSON)."""


def records(years: Iterable[int], *, copies: int, thin: int = 1) -> Iterator[Record]:
    """Every record of these years; of `thin` missions one is kept."""

    def told(number: int, copy: int) -> Iterator[Record]:
        for emission in year(number, seed=1 + copy):
            key = emission.key.encode()
            if thin == 1 or crc32(key) % thin == 0:
                name = b"%d-" % copy
                yield emission.at, name + key, _ID + name + emission.value.removeprefix(_ID)

    for number in years:
        yield from merge(*(told(number, copy) for copy in range(copies)))

"""What the exporter has to say at one moment: the one value that metrics, page and API are all made from.

Immutable, swapped whole, never changed: whoever holds one sees figures that agree with each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.core.snapshot import Snapshot
from monitor.core.stored import Head


class StoreState(StrEnum):
    """How the last attempt to read the store ended."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A snapshot with the heads it was taken from and the state of the store. Times in epoch seconds.

    `loaded`: every partition has been read once; before that the snapshot knows nothing and says no_data.
    `read_at`: when the store was last read completely. `problem`: what is wrong with the store, in words.
    """

    snapshot: Snapshot
    heads: Mapping[int, Head]
    store: StoreState
    problem: str | None
    loaded: bool
    read_at: float | None
    published_at: float

    @property
    def store_up(self) -> bool:
        """Whether the store answered, with state this program can read, when last asked."""
        return self.store is StoreState.UP

"""What the exporter has to say at one moment: the one value that metrics, page and API are all made from.

Immutable, swapped whole, never changed: whoever holds one sees figures that agree with each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.core.silences import Silenced
from monitor.core.snapshot import Snapshot
from monitor.core.stored import Head
from monitor.store.port import LifeSign


class StoreState(StrEnum):
    """How the last attempt to read the store ended."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Workforce:
    """The workers that live, and their partitions: those that one of them keeps, and those that are slowed down."""

    workers: int
    held: frozenset[int] = frozenset()
    slowed: frozenset[int] = frozenset()


def workforce_of(signs: Sequence[LifeSign], *, doubtful: bool) -> Workforce | None:
    """What the signs of life say; None where there is none and that is doubtful: then they say nothing.

    So it is where somebody is seen counting (a worker whose signs are refused, or of a program that knows of none
    yet), and where the store has just come back and nobody had the time.
    """
    if not signs and doubtful:
        return None
    return Workforce(
        workers=len(signs),
        held=frozenset(number for sign in signs for number in sign.partitions),
        slowed=frozenset(number for sign in signs for number in sign.slowed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A snapshot with the heads it was taken from and the state of the store. Times in epoch seconds.

    `loaded`: every partition has been read once; before that the snapshot knows nothing and says no_data.
    `read_at`: when the store was last read completely. `problem`: what is wrong with the store, in words.
    `workforce`: None where it is not known. `silenced`: None where no Alertmanager is asked.
    """

    snapshot: Snapshot
    heads: Mapping[int, Head]
    store: StoreState
    problem: str | None
    loaded: bool
    read_at: float | None
    published_at: float
    workforce: Workforce | None = None
    silenced: Silenced | None = None

    @property
    def unheld(self) -> list[int]:
        """Partitions that no worker keeps, although some lives; none where that is not known."""
        if self.workforce is None or not self.workforce.workers:
            return []
        return sorted(self.heads.keys() - self.workforce.held)

    @property
    def store_up(self) -> bool:
        """Whether the store answered, with state this program can read, when last asked."""
        return self.store is StoreState.UP

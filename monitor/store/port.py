"""What the monitor asks of a store: partitions that one owner at a time may change, whole checkpoint by checkpoint.

The port decides the guarantees; the adapters (`redis`, `memory`) carry them out and pass one contract suite:

- A checkpoint is written whole or not at all, whatever the server refuses in the middle of it, and only by the
  latest owner: whoever claimed the partition since makes every earlier lease worthless (`Fenced`). Writing the
  same checkpoint again is harmless, so a shell that did not hear the answer may simply repeat it.
- A reader asks for what changed since a sequence number and gets days and head of one moment.
- Days, offsets and bytes are opaque here; `monitor.core.stored` knows what they mean.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from monitor.core.stored import Changes


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world, not of the program: wait and try again
    """The store does not answer; the message says which and what to check. Nothing is known to be written."""


class Fenced(Exception):  # noqa: N818 - a verdict on the lease
    """Another owner has claimed the partition: drop the state, write nothing more under this lease."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one partition's next checkpoint.

    `epoch` grows with every claim, and no two claims get the same, also where the store was emptied or has lost what
    it had confirmed last. `taken_from` is the epoch of the claim before, None where there was none. `sequence` grows
    with every checkpoint, not always by one, from a number that the store chooses. `next_offset` is the offset the
    stored state continues at, None where nothing is stored yet.
    """

    partition: int
    epoch: int
    sequence: int
    next_offset: int | None
    taken_from: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPartition:
    """A partition as stored at one moment: the head's bytes (None: nothing stored) and the log of each day."""

    sequence: int
    head: bytes | None
    days: Mapping[int, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class PartitionChange:
    """What a reader has to take over: the present head, and the present content of every day that changed.

    A day that was removed is present with no blobs. `sequence` and `writer` are what to ask from next time. `whole`:
    days are all there are, and whatever else the reader knows is of another life of this state.
    """

    partition: int
    sequence: int
    head: bytes
    days: Mapping[int, Sequence[bytes]]
    writer: int
    whole: bool


@dataclass(frozen=True, slots=True)
class LifeSign:
    """What a worker says of itself: its name, the partitions that it keeps, and those that it slows down."""

    worker: str
    partitions: frozenset[int] = frozenset()
    slowed: frozenset[int] = frozenset()


MOST_WORKERS: Final = 1_000
"""So many signs of life are kept at most; no topic has as many partitions to share."""


class Store(Protocol):
    """Every method raises `StoreUnavailable` where the store does not answer in time, or refuses to.

    Where what is stored was damaged, or is another program's, every method but `ping` and `wait_for_change` may
    raise `StoredStateError`; `DamagedState` if the owner may give it up and begin anew.
    """

    async def claim(self, partition: int, *, anew: bool = False) -> tuple[Lease, StoredPartition]:
        """Become the owner: from here on every earlier lease of the partition is fenced.

        `anew` gives up what is stored, whatever it is. `StoreUnavailable` also where another owner claims, or the
        store is emptied, while the state is read.
        """

    async def checkpoint(self, lease: Lease, changes: Changes) -> Lease:
        """Write one checkpoint whole and return the lease for the next. Raises `Fenced`.

        Refused unless the lease is the latest, the stored sequence is the lease's, and (where anything is
        stored) the stored offset is `changes.expected_offset`. Repeating the last successful call succeeds; so
        after `StoreUnavailable` the same call may be made again, with the same arguments.
        """

    async def holds(self, leases: Collection[Lease]) -> set[int]:
        """The partitions that still hold what these leases were given for, for owners who look whether it was lost.

        Not held is what was emptied, and what a fail-over or a restart has put back to an earlier checkpoint. A
        partition that another owner has claimed since is held.
        """

    async def partitions(self) -> Sequence[int]:
        """Numbers of all partitions that hold a checkpoint, ascending, for readers."""

    async def changes_since(
        self, partition: int, sequence: int, *, writer: int | None = None
    ) -> PartitionChange | None:
        """What changed after `sequence` (0: everything), read at one moment; None where nothing did.

        Everything is returned, and what is not in it is gone, where the checkpoint that the reader knows did not lead
        to what is stored: the sequence lies below, as that of an emptied store does however much is written; or,
        where `writer` is given, another has written in the place of one that was lost.
        """

    async def wait_for_change(self, timeout_seconds: float) -> bool:
        """Wait until some partition may have changed, at most `timeout_seconds`; False on time-out.

        A hint only: it may be wrong both ways, so a reader asks anyway now and then. The first wait, and the first
        after `StoreUnavailable`, return at once: what happened before went unheard. One task at a time.
        """

    async def sign(self, life: LifeSign, *, for_seconds: float) -> None:
        """Say that a worker lives, in place of what it said before. The store's own clock ends it.

        A courtesy to whoever looks: nothing that is counted depends on it. `StoreUnavailable` also where
        `MOST_WORKERS` others live.
        """

    async def sign_off(self, worker: str) -> None:
        """Take back what a worker said, at once. Harmless where it said nothing."""

    async def signs(self) -> Sequence[LifeSign]:
        """The workers that live now, by name. A sign that cannot be read is none."""

    async def ping(self) -> None:
        """Return when the store answers."""

    async def close(self) -> None:
        """Release connections."""


LOST: Final = "the store no longer holds what it confirmed"
"""In the words of every owner that notices, whether by writing or by looking (`Store.holds`)."""


def refusal(lease: Lease, changes: Changes, verdict: str, stored: int | str | None) -> str:
    """Why a checkpoint is `Fenced`: what differs (`epoch`, `sequence`, `offset`), and what is stored in its place."""
    what = f"checkpoint of partition {lease.partition}, offset {changes.next_offset}, refused: "
    if verdict == "offset":
        return what + f"offset {stored} is stored, the state continues {changes.expected_offset}"
    if stored is None:
        return what + f"{LOST}: it was emptied since epoch {lease.epoch} was claimed"
    lost = str(stored).isdecimal() and int(stored) < (lease.epoch if verdict == "epoch" else lease.sequence)
    if verdict == "epoch" and not lost:
        return what + f"epoch {stored} has been claimed since epoch {lease.epoch}"
    kind, given = ("epoch", lease.epoch) if verdict == "epoch" else ("checkpoint", lease.sequence)
    return what + f"{LOST}: " * lost + f"{kind} {stored} is stored, the lease continues {given}"

"""Partitions in this process: the port's guarantees without a server, for tests and for commands on one file.

What is stored lives in a `MemoryBacking`; stores that share one see each other, as processes that share a server
would. A backing can be emptied and made unreachable, so that faults can be rehearsed. One event loop at a time.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from monitor.core.stored import Changes
from monitor.store.port import (
    MOST_WORKERS,
    Fenced,
    Lease,
    LifeSign,
    PartitionChange,
    StoredPartition,
    StoreUnavailable,
    refusal,
)


@dataclass(slots=True)
class _Kept:
    """One partition as stored. `changed` is the feed: sequence of each day's last change."""

    epoch: int
    sequence: int
    next_offset: int | None = None
    head: bytes = b""
    days: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    writer: int = 0
    continued: tuple[int, int] = (0, 0)


class MemoryBacking:
    """What a server would be: outlives the stores that use it."""

    def __init__(self) -> None:
        self.reachable = True
        """False: every call raises StoreUnavailable, as if the server were down."""
        self.kept: dict[int, _Kept] = {}
        self.lives: dict[str, tuple[float, LifeSign]] = {}
        """Until when (monotonic) each worker has said that it lives, and what."""
        self.claims = 0
        """How many there ever were: each is an epoch."""
        self.first_sequence = 2**40
        self.version = 0
        self.changed = asyncio.Event()

    def empty(self) -> None:
        """Forget everything, as a restart without persistence would."""
        self.kept.clear()
        self.lives.clear()
        self.begin_below()

    def begin_below(self) -> None:
        """Let what begins from here on be told from whatever there was."""
        self.first_sequence -= 2**20  # an emptied store stays below what it once was

    def announce(self) -> None:
        """Wake everybody who waits for a change."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()


class MemoryStore:
    """`monitor.store.port.Store` on a backing: its own, unless one is shared."""

    def __init__(self, backing: MemoryBacking | None = None) -> None:
        self._backing = backing if backing is not None else MemoryBacking()
        self._heard = -1

    async def claim(self, partition: int, *, anew: bool = False) -> tuple[Lease, StoredPartition]:
        backing = self._reached()
        if anew and backing.kept.pop(partition, None) is not None:
            backing.begin_below()
        kept = backing.kept.setdefault(partition, _Kept(0, backing.first_sequence))
        backing.claims += 1
        lease = Lease(partition, backing.claims, kept.sequence, kept.next_offset, kept.epoch or None)
        kept.epoch = lease.epoch
        head = None if kept.next_offset is None else kept.head
        return lease, StoredPartition(kept.sequence, head, {day: blobs for day, blobs in kept.days.items() if blobs})

    async def checkpoint(self, lease: Lease, changes: Changes) -> Lease:
        backing = self._reached()
        kept = backing.kept.get(lease.partition)
        if kept is None:
            raise Fenced(refusal(lease, changes, "epoch", None))
        if kept.epoch != lease.epoch:
            raise Fenced(refusal(lease, changes, "epoch", kept.epoch))
        following = Lease(lease.partition, lease.epoch, lease.sequence + 1, changes.next_offset)
        if (kept.sequence, kept.next_offset, kept.head) == (following.sequence, changes.next_offset, changes.head):
            return following
        if kept.sequence != lease.sequence:
            raise Fenced(refusal(lease, changes, "sequence", kept.sequence))
        if kept.next_offset not in (None, changes.expected_offset):
            raise Fenced(refusal(lease, changes, "offset", kept.next_offset))
        if kept.writer != lease.epoch:
            kept.writer, kept.continued = lease.epoch, (kept.writer, kept.sequence)
        kept.sequence, kept.next_offset, kept.head = following.sequence, changes.next_offset, changes.head
        for day, blobs in changes.replace.items():
            kept.days[day] = tuple(blobs)
        for day, blob in changes.append.items():
            kept.days[day] = (*kept.days.get(day, ()), blob)
        kept.changed |= dict.fromkeys(changes.days, kept.sequence)
        backing.announce()
        return following

    async def holds(self, leases: Collection[Lease]) -> set[int]:
        present = set(await self.partitions())
        return {
            lease.partition
            for lease in leases
            if lease.partition in present
            and ((kept := self._backing.kept[lease.partition]).epoch, kept.sequence) >= (lease.epoch, lease.sequence)
        }

    async def partitions(self) -> Sequence[int]:
        return sorted(number for number, kept in self._reached().kept.items() if kept.next_offset is not None)

    async def changes_since(
        self, partition: int, sequence: int, *, writer: int | None = None
    ) -> PartitionChange | None:
        kept = self._reached().kept.get(partition)
        if kept is None or kept.next_offset is None:
            return None
        past = kept.continued if writer == kept.continued[0] else (kept.writer, kept.sequence)
        whole = not sequence or sequence > past[1] or writer not in (None, past[0])
        if not whole and kept.sequence == sequence:
            return None
        days = {day: kept.days[day] for day, changed in kept.changed.items() if whole or changed > sequence}
        return PartitionChange(partition, kept.sequence, kept.head, days, kept.writer, whole)

    async def wait_for_change(self, timeout_seconds: float) -> bool:
        backing = self._reached()
        if self._heard == backing.version:
            try:
                async with asyncio.timeout(timeout_seconds):
                    await backing.changed.wait()
            except TimeoutError:
                return False
        self._heard = backing.version
        return True

    async def sign(self, life: LifeSign, *, for_seconds: float) -> None:
        self._reached()
        others = [one for one in await self.signs() if one.worker != life.worker]
        if len(others) >= MOST_WORKERS:
            raise StoreUnavailable(f"{MOST_WORKERS} workers have said that they live: no place for another")
        self._backing.lives[life.worker] = (time.monotonic() + for_seconds, life)

    async def sign_off(self, worker: str) -> None:
        self._reached().lives.pop(worker, None)

    async def signs(self) -> Sequence[LifeSign]:
        backing = self._reached()
        backing.lives = {name: one for name, one in backing.lives.items() if one[0] > time.monotonic()}
        return [life for _, (_, life) in sorted(backing.lives.items())]

    async def ping(self) -> None:
        self._reached()

    async def close(self) -> None:
        """Nothing to release: the backing belongs to whoever made it."""

    def _reached(self) -> MemoryBacking:
        if not self._backing.reachable:
            self._heard = -1  # whatever happens while it is away goes unheard
            raise StoreUnavailable("the store in memory has been made unreachable")
        return self._backing

"""One worker's keeper without Faust, with hand-written surroundings: clock, dead-letter box, a store that may fail.

Several desks on one `MemoryBacking` are several workers on one server.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.core.batch import DeadLetter
from monitor.core.history import History
from monitor.core.partition import Policy
from monitor.core.stored import Changes, read_day, read_head
from monitor.core.windows import Span
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.store.port import Lease, StoreUnavailable
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper
from monitor.worker.rejects import DeadLettersUnavailable
from monitor.worker.work import LogBounds
from tests.core.events import BASE, GRID, SERIES, TARGETS, policy
from tests.core.police import SERVICE

NOW = BASE.timestamp() + 30 * 86_400
EVER = Span(0.0, 1e11)
Figures = dict[tuple[str, str], tuple[int, int, int, int]]


@dataclass
class Clock:
    """Stands still until moved."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Box:
    """Dead letters as put, and how many checkpoints the store had seen by then."""

    reachable: bool = True
    put_letters: list[tuple[int, int, str]] = field(default_factory=list)
    """(partition, offset, reason), repeats included."""
    on_put: Callable[[], None] = lambda: None

    async def put(self, partition: int, letters: Sequence[DeadLetter]) -> None:
        if not self.reachable:
            raise DeadLettersUnavailable("the box has been closed")
        self.on_put()
        self.put_letters += [(partition, letter.record.offset, str(letter.reason)) for letter in letters]


class FailingStore(MemoryStore):
    """A store whose answers can be lost, withheld or refused."""

    def __init__(self, backing: MemoryBacking) -> None:
        super().__init__(backing)
        self.checkpoints = 0
        """Checkpoints asked for, retries included."""
        self.replies_to_lose = 0
        self.failures = 0
        """Checkpoints still to be refused without being written."""
        self.refusals: list[Exception] = []
        """What the next checkpoints are refused with."""
        self.gate: asyncio.Event | None = None
        """Checkpoints wait for it before they reach the server."""

    async def checkpoint(self, lease: Lease, changes: Changes) -> Lease:
        self.checkpoints += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("this attempt was refused")
        written = await super().checkpoint(lease, changes)
        if self.replies_to_lose:
            self.replies_to_lose -= 1
            raise StoreUnavailable("the reply was lost")
        return written


class Desk:
    """A keeper with everything around it."""

    def __init__(
        self, backing: MemoryBacking | None = None, *, box: Box | None = None, missions: int = 1000,
        rules: Policy | None = None,
    ) -> None:  # fmt: skip
        self.backing = backing or MemoryBacking()
        self.store = FailingStore(self.backing)
        self.box = box or Box()
        self.clock = Clock()
        self.instruments = Instruments(SERVICE.slug)
        self.keeper = Keeper(
            rules or policy(),
            self.store,
            self.box,
            checkpoints=CheckpointPolicy(seconds=0.5, missions=missions),
            instruments=self.instruments,
            now=lambda: NOW,
            monotonic=self.clock,
        )

    async def take(self, *, earliest: int = 0, end: int = 10**9, committed: int | None = None) -> int:
        """Take over partition 0."""
        return await self.keeper.take_over(0, LogBounds(earliest, end, committed))

    def counted(self, name: str) -> float:
        """A counter or gauge of this worker."""
        found = self.instruments.registry.get_sample_value(name, {"service": SERVICE.slug})
        assert found is not None, f"no sample {name}"
        return found


async def history_of(backing: MemoryBacking) -> History:
    """What a reader of the server would see."""
    store = MemoryStore(backing)
    history = History(GRID, TARGETS, SERVICE)
    for number in await store.partitions():
        change = await store.changes_since(number, 0)
        assert change is not None
        head = read_head(change.head)
        history.heads[number] = head
        for day, blobs in change.days.items():
            history.put_day(number, head, day, read_day(blobs))
    return history


async def figures_of(backing: MemoryBacking) -> Figures:
    """Measured, unmeasured, excluded and open missions of every series that has any, by the store."""
    history = await history_of(backing)
    found = {}
    for district, settlement in SERIES:
        line = history.timeline(district, settlement)
        shown = line.within_span(EVER, abandoned_before=0.0)
        row = (
            shown.first.measured,
            shown.first.unmeasured_total,
            shown.excluded,
            line.in_progress(NOW, None, abandoned_before=0.0).open,
        )
        if any(row):
            found[district, settlement] = row
    return found

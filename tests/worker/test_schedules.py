"""Two workers, one server, and any course of faults: every mission counts once.

Hypothesis draws the events and a schedule; the schedule moves two keepers over one log as consumers would: each
fetches at its own position, batches get dropped, the server goes away, replies get lost, partitions change hands
while the former owner does not know it yet, workers die, the server is emptied. In the end whoever owns the
partition reads to the end, and the server must hold the figures of the independent account.
"""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from monitor.core.batch import Batch
from monitor.store.memory import MemoryBacking
from monitor.store.port import StoreUnavailable
from monitor.worker import keeper as keeping
from tests.core.events import SERIES, Account, Rec, Snap, records, snaps
from tests.worker.desk import Box, Desk, figures_of, history_of

HANDOVER_SECONDS = 0.002


class Act(Enum):
    """What may happen next, to one of the two workers or to the server."""

    FEED = auto()
    DROP = auto()
    STORE = auto()
    TAKE = auto()
    HAND_OVER = auto()
    CRASH = auto()
    OUTAGE = auto()
    RECOVERY = auto()
    LOST_REPLY = auto()
    BOX_SHUT = auto()
    BOX_OPEN = auto()
    EMPTY = auto()
    PAUSE = auto()


Step = tuple[Act, int, int]
"""What, to whom (0 or 1), how many records."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from([Act.FEED] * 6 + [Act.STORE] * 3 + [Act.TAKE] * 2 + [Act.PAUSE] * 2 + list(Act)),
        st.integers(0, 1),
        st.integers(1, 9),
    ),
    min_size=12,
    max_size=60,
)


@dataclass
class Worker:
    """A desk, where its consumer reads next, and the checkpoints it has under way."""

    desk: Desk
    position: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, log: list[Rec]) -> None:
        try:
            self.position = await self.desk.take(end=len(log), committed=0)
        except StoreUnavailable:
            return

    async def feed(self, log: list[Rec], count: int, *, dropped: bool = False) -> None:
        batch = log[self.position : self.position + count]
        if not batch:
            return
        start, self.position = self.position, self.position + len(batch)
        if dropped or await self.desk.keeper.handle(0, Batch(start, self.position, batch)):
            return
        kept = self.desk.keeper.kept.get(0)
        if kept is not None:
            self.position = kept.partition.next_offset

    def store(self) -> None:
        task = asyncio.create_task(self.desk.keeper.checkpoint(0))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def die(self) -> None:
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Scene:
    """Two workers on one server."""

    def __init__(self, log: list[Rec]) -> None:
        self.log = log
        self.backing = MemoryBacking()
        self.box = Box()
        self.workers = [self.hired(), self.hired()]

    def hired(self) -> Worker:
        return Worker(Desk(self.backing, box=self.box))

    async def act(self, what: Act, who: int, count: int) -> None:
        worker = self.workers[who]
        match what:
            case Act.FEED:
                await worker.feed(self.log, count)
            case Act.DROP:
                await worker.feed(self.log, count, dropped=True)
            case Act.STORE:
                worker.store()
            case Act.TAKE:
                await worker.take(self.log)
            case Act.HAND_OVER:
                await worker.desk.keeper.store_all([0], within_seconds=HANDOVER_SECONDS)
            case Act.CRASH:
                await worker.die()
                self.workers[who] = self.hired()
            case Act.OUTAGE:
                self.backing.reachable = False
            case Act.RECOVERY:
                self.backing.reachable = True
            case Act.LOST_REPLY:
                worker.desk.store.replies_to_lose += 1
            case Act.BOX_SHUT:
                self.box.reachable = False
            case Act.BOX_OPEN:
                self.box.reachable = True
            case Act.EMPTY:
                self.backing.empty()
            case Act.PAUSE:
                await asyncio.sleep(0.001 if count == 1 else 0)

    async def finish(self, who: int) -> None:
        """All is reachable again: worker `who` owns the partition and reads to the end, the other one has gone."""
        self.backing.reachable = self.box.reachable = True
        await self.workers[1 - who].desk.keeper.let_go([0], within_seconds=5)
        worker = self.workers[who]
        await worker.take(self.log)
        while worker.position < len(self.log):
            await worker.feed(self.log, 7)
        await worker.desk.keeper.checkpoint(0)
        for one in self.workers:
            await one.die()


@pytest.fixture(autouse=True, scope="module")
def _quick() -> object:
    patch = pytest.MonkeyPatch()
    patch.setattr(keeping, "FIRST_WAIT_SECONDS", 0.0002)
    patch.setattr(keeping, "LONGEST_WAIT_SECONDS", 0.0005)
    yield
    patch.undo()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(snaps(), min_size=1, max_size=60), STEPS, st.integers(0, 1))
def test_any_course_of_faults_leaves_the_figures_of_an_independent_account(
    events: list[Snap], steps: list[Step], last: int
) -> None:
    """The store ends with every mission counted once, and every refusal lies among the dead letters."""
    account = Account()
    for snap in events:
        account.take(snap)

    async def play() -> None:
        scene = Scene(records(events))
        for step in [(Act.TAKE, 0, 1), *steps]:
            await scene.act(*step)
        await scene.finish(last)
        assert await figures_of(scene.backing) == account.tally()
        history = await history_of(scene.backing)
        for district, settlement in SERIES:
            line = history.timeline(district, settlement)
            assert sorted(line.response.tolist()) == account.responses(district, settlement)
        assert history.heads[0].next_offset == len(events)
        assert history.heads[0].dead_letters.get("conflict", 0) == account.conflicts
        assert len({offset for _, offset, _ in scene.box.put_letters}) == account.conflicts
        fenced = sum(worker.desk.counted("monitor_fenced_checkpoints_total") for worker in scene.workers)
        event("somebody was fenced" if fenced else "nobody was fenced")

    asyncio.run(play())

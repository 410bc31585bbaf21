"""A store that runs is upgraded under load: what the program before wrote stays, and nobody sees a wrong figure.

Two partitions lie in a real Redis as version 1, or 2, left them. New writers take them over and go on, checkpoint by
checkpoint, while readers read: whatever a reader sees, at whatever offset, is what it would see had both partitions
always been written by the new program.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.history import History
from monitor.core.partition import Partition
from monitor.core.service import DAY_SECONDS
from monitor.core.stored import NEWEST, VERSION, Changes, read_day, read_head
from monitor.core.windows import Span
from monitor.store.port import Store, StoredPartition
from tests.core.events import BASE, GRID, TARGETS, Batch, batches, policy, records
from tests.core.police import SERVICE
from tests.golden import told
from tests.golden.test_stored_state import V1, V2, kept
from tests.store.worlds import RedisWorld

PARTITIONS = (0, 1)
LATER = BASE.timestamp() + 40 * DAY_SECONDS
SPANS = [Span(BASE.timestamp() + first * DAY_SECONDS, LATER) for first in (-1, 4, 12, 20)]
EVENTS = [*told.EVENTS[told.STORED :], *told.EVENTS]
"""What is told after the upgrade: the rest, and then everything once more."""
STEP = 25


def following() -> Iterator[Batch]:
    """The batches that come after what version 1 has stored."""
    yield from batches(records(EVENTS, told.STORED), [*range(0, len(EVENTS), STEP)])


def opened(stored: StoredPartition | None = None) -> Partition:
    """A partition of the new program."""
    rules = policy(horizon_seconds=told.HORIZON_SECONDS, roll_up_seconds=told.ROLL_UP_SECONDS)
    if stored is None:
        return Partition.start(rules)
    assert stored.head is not None
    days = {day: read_day(blobs) for day, blobs in stored.days.items()}
    return Partition(rules, read_head(stored.head), days)


def figures_of(history: History, partition: int) -> list[object]:
    """Everything that a reader shows of one partition, but why missions are unmeasured."""
    head = history.heads[partition]
    found: list[object] = [head.missions, head.sealed, head.outcomes, head.dead_letters, head.watermark]
    for series in SERVICE.judged_series:
        for span in SPANS:
            figures = history.timeline(*series).within_span(span, abandoned_before=LATER)
            found.append(
                (figures.excluded, figures.first.measured, figures.first.unmeasured_total, figures.counts,
                 figures.values, figures.intervals, figures.exact, figures.last_rang_at)
            )  # fmt: skip
    return found


def expected() -> dict[int, list[object]]:
    """What is to be seen at each offset: of a partition that was always of the new program."""
    partition, found = opened(), {}
    days: dict[int, list[bytes]] = {}
    for batch in [*batches(records(told.EVENTS[: told.STORED]), [*told.CUTS]), *following()]:
        partition.apply(batch, LATER)
        changes = partition.checkpoint()
        for day, blob in changes.append.items():
            days.setdefault(day, []).append(blob)
        days |= {day: list(blobs) for day, blobs in changes.replace.items()}
        history = History(GRID, TARGETS, SERVICE)
        history.put(0, read_head(changes.head), days)
        if batch.next_offset >= told.STORED:
            found[batch.next_offset] = figures_of(history, 0)
    return found


async def write(store: Store, partition: int, steps: "asyncio.Semaphore") -> None:
    """Take the partition over and go on; halfway another owner comes and does the same."""
    lease, stored = await store.claim(partition)
    owner = opened(stored)
    for number, batch in enumerate(following()):
        await steps.acquire()
        if number == 10:
            lease, stored = await store.claim(partition)
            owner = opened(stored)
        owner.apply(batch, LATER)
        lease = await store.checkpoint(lease, owner.checkpoint())


class Reader:
    """One that follows a partition, and notes at which offsets and versions it was seen."""

    def __init__(self, store: Store, partition: int, wanted: dict[int, list[object]]) -> None:
        self.store, self.partition, self.wanted = store, partition, wanted
        self.history, self.sequence = History(GRID, TARGETS, SERVICE), 0
        self.offsets: list[int] = []
        self.versions: set[int] = set()

    async def look(self) -> bool:
        """Whether there was news; what is seen is what must be."""
        change = await self.store.changes_since(self.partition, self.sequence)
        if change is None:
            return False
        self.versions.add(change.head[0])
        head = read_head(change.head)
        self.history.put(self.partition, head, change.days, whole=not self.sequence)
        self.sequence = change.sequence
        self.offsets.append(head.next_offset)
        assert figures_of(self.history, self.partition) == self.wanted[head.next_offset], head.next_offset
        return True


@pytest.mark.parametrize(("before", "version"), [(V1, 1), (V2, 2)], ids=["version 1", "version 2"])
async def test_a_running_store_is_upgraded_under_load(redis: RedisWorld, before: Path, version: int) -> None:
    """Readers that know the old one already, and one that comes amid it all, see at each offset what must be seen."""
    wanted, last = expected(), told.STORED + len(EVENTS)
    store = redis.store()
    shelf = kept(before)
    assert shelf.head is not None
    for partition in PARTITIONS:
        lease, _ = await store.claim(partition)
        stored = Changes(
            expected_offset=0, next_offset=told.STORED, head=shelf.head, append={}, replace=shelf.days, missions=0
        )  # fmt: skip
        await store.checkpoint(lease, stored)
    readers = [Reader(redis.store(), partition, wanted) for partition in PARTITIONS]
    for reader in readers:
        assert await reader.look()
        assert reader.versions == {version}
    steps = asyncio.Semaphore(2 * len(PARTITIONS))
    writing = [asyncio.create_task(write(redis.store(), partition, steps)) for partition in PARTITIONS]
    late: list[Reader] = []
    while not all(task.done() for task in writing):
        for reader in [*readers, *late]:
            await reader.look()
        if len(late) < 2 and readers[0].offsets[-1] > told.STORED:
            late.append(Reader(redis.store(), len(late), wanted))
        steps.release()
    await asyncio.gather(*writing)
    for reader in [*readers, *late]:
        await reader.look()
        assert reader.offsets[-1] == last
        assert len(set(reader.offsets)) > 5, "the readers read while the writers wrote"
    assert {seen for reader in readers for seen in reader.versions} == {version, VERSION}
    for partition in PARTITIONS:
        change = await store.changes_since(partition, 0)
        assert change is not None
        assert {blob[0] for blobs in change.days.values() for blob in blobs} == {version, VERSION, NEWEST}
        days = [read_day(blobs) for blobs in change.days.values()]
        assert {(bool(day.sealed_ids), day.noted) for day in days if day.aggregates} >= {(False, False), (True, True)}

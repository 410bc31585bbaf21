"""What tests of a store on several servers share: workers and readers that try until somebody answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import pytest

from monitor.core.stored import Changes
from monitor.store.port import Fenced, Lease, PartitionChange, StoreUnavailable
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.servers.replicated import SETTLE_SECONDS, Node
from tests.store.worlds import NAMESPACE, changes

T = TypeVar("T")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisStore]:
    """A client's store."""
    store = RedisStore(url, namespace=NAMESPACE, timeout_seconds=1.0)
    try:
        yield store
    finally:
        await store.close()


async def answered(question: Callable[[], Awaitable[T]], description: str) -> T:
    """Its answer, as soon as somebody can be asked."""
    found: list[T] = []

    async def told() -> bool:
        try:
            found.append(await question())
        except StoreUnavailable:
            return False
        return True

    await wait_until(told, description, timeout_seconds=SETTLE_SECONDS)
    return found[0]


async def written(store: RedisStore, lease: Lease, following: Changes) -> Lease:
    """The lease for the next, however often the same had to be written: as a worker does."""
    return await answered(lambda: store.checkpoint(lease, following), "the checkpoint to be stored")


async def claimed(store: RedisStore) -> tuple[Lease, dict[int, list[bytes]]]:
    """Own partition 0, with what is stored of it."""
    lease, stored = await answered(lambda: store.claim(0), "the partition to be claimed")
    return lease, {day: list(blobs) for day, blobs in stored.days.items()}


async def read(
    store: RedisStore, known: PartitionChange | None = None, *, partition: int = 0
) -> PartitionChange | None:
    """What a reader is told that knows this much."""
    since, writer = (known.sequence, known.writer) if known else (0, None)
    return await answered(lambda: store.changes_since(partition, since, writer=writer), "the reader to be answered")


def content(change: PartitionChange | None) -> dict[int, list[bytes]]:
    """Days and what lies in them."""
    assert change is not None
    return {day: list(blobs) for day, blobs in change.days.items()}


async def begun(store: RedisStore) -> Lease:
    """Own partition 0 with one checkpoint, of ten offsets and one day."""
    lease, _ = await store.claim(0)
    return await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))


async def loss_is_told(
    stores: list[RedisStore],
    lease: Lease,
    former: Node,
    apart: AbstractAsyncContextManager[None],
    another: Callable[[], Awaitable[Node]],
) -> PartitionChange:
    """A master dies with a checkpoint that no replica had: owner and reader are told. What the reader knows then."""
    store, reader = stores
    async with apart:
        lost = await store.checkpoint(lease, changes(10, 20, append={1: b"lost"}))
        known = await read(reader)
        assert content(known) == {1: [b"a", b"lost"]}
        former.kill()
    await another()

    async def missed() -> bool:
        try:
            return await store.holds([lost]) == set()
        except StoreUnavailable:
            return False

    await wait_until(missed, "the loss to be seen", timeout_seconds=SETTLE_SECONDS)
    with pytest.raises(Fenced):
        await written(store, lost, changes(20, 30, append={2: b"of nobody"}))
    change = await read(reader, known)
    assert change is not None
    assert (content(change), change.whole) == ({1: [b"a"]}, True)
    return change

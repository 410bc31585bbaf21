"""The store behind three sentinels: masters that die, freeze, wake up, are cut off, or lose what they confirmed last.

Real processes, on Redis 7 and on Valkey. What must hold: whatever was confirmed is either still there, or whoever
relies on it is told.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from monitor.demo.processes import LOOPBACK, wait_until
from monitor.demo.servers import EmbeddedRedis, bundled_valkey
from monitor.store.port import Fenced, LifeSign, StoreUnavailable
from monitor.store.redis import RedisStore
from tests.servers.components import require
from tests.servers.replicated import SERVICE, SETTLE_SECONDS, Node, SentinelNode, UnderSentinels
from tests.store.failover import begun, claimed, content, loss_is_told, opened, read, written
from tests.store.worlds import NAMESPACE, changes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(params=["redis 7"])
def executable(request: pytest.FixtureRequest) -> Path:
    """Redis, or where a test says so each server in turn; sentinels are the same program."""
    return require("redis-server") if request.param == "redis 7" else bundled_valkey()


EACH = pytest.mark.parametrize("executable", ["redis 7", "valkey"], indirect=True)


@pytest.fixture
async def servers(executable: Path) -> AsyncIterator[UnderSentinels]:
    """A master, two replicas, three sentinels."""
    async with UnderSentinels(executable=executable) as servers:
        yield servers


@pytest.fixture
async def stores(servers: UnderSentinels) -> AsyncIterator[list[RedisStore]]:
    """A worker's client, and a reader's."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(servers.url)) for _ in range(2)]


async def replicated(servers: UnderSentinels, node: Node) -> None:
    """Return once every replica has what the master has."""

    async def level() -> bool:
        role = await node.ask("ROLE")
        assert isinstance(role, list)
        return len(role[2]) == len(servers.nodes) - 1 and {int(one[2]) for one in role[2]} == {role[1]}

    await wait_until(level, "the replicas to be level", timeout_seconds=SETTLE_SECONDS)


@EACH
async def test_a_killed_master_is_followed_by_another(servers: UnderSentinels, stores: list[RedisStore]) -> None:
    """Owner, reader and signs of life go on there by themselves; the old one comes back as a replica."""
    store, reader = stores
    lease = await begun(store)
    known = await reader.changes_since(0, 0)
    await reader.wait_for_change(1.0)
    former = await servers.master()
    await replicated(servers, former)
    former.kill()
    lease = await written(store, lease, changes(10, 20, append={2: b"b"}))
    assert await servers.master() is not former
    change = await read(reader, known)
    assert change is not None
    assert (content(change), change.whole) == ({2: [b"b"]}, False)
    await store.sign(LifeSign("one", frozenset({0})), for_seconds=60)
    assert [life.worker for life in await reader.signs()] == ["one"]
    await former.start()
    await servers.following(former)
    await written(store, lease, changes(20, 30, append={3: b"c"}))
    assert content(await read(reader, change)) == {3: [b"c"]}


@EACH
async def test_a_confirmed_checkpoint_that_no_replica_had_is_missed(
    servers: UnderSentinels, stores: list[RedisStore]
) -> None:
    """The lost last second: its owner is told, though nothing new comes, and fenced; readers forget it."""
    store, reader = stores
    lease = await begun(store)
    former = await servers.master()
    await replicated(servers, former)
    change = await loss_is_told(
        stores, lease, former, servers.apart(former, replicas_only=True), lambda: servers.another(former)
    )
    lease, stored = await claimed(store)
    assert (lease.next_offset, stored) == (10, {1: [b"a"]})
    await written(store, lease, changes(10, 20, append={1: b"again"}))
    assert content(await read(reader, change)) == {1: [b"a", b"again"]}


async def test_a_frozen_master_wakes_up_as_nobodys(servers: UnderSentinels, stores: list[RedisStore]) -> None:
    """What it hears before it is told that it is a replica is lost, and nobody is shown it."""
    store, reader = stores
    lease = await begun(store)
    former = await servers.master()
    await replicated(servers, former)
    former.freeze()
    lease = await written(store, lease, changes(10, 20, append={2: b"b"}))
    known = await read(reader)
    former.thaw()
    for number in range(20, 60):
        lease = await written(store, lease, changes(number, number + 1, append={number: b"c"}))
        change = await read(reader, known)
        assert change is not None
        assert not change.whole
        known = change
    await servers.following(former)
    expected = {1: [b"a"], 2: [b"b"]} | {number: [b"c"] for number in range(20, 60)}
    assert content(await read(reader)) == expected


@EACH
async def test_of_two_masters_at_once_one_is_believed_in_the_end(
    servers: UnderSentinels, stores: list[RedisStore]
) -> None:
    """Split brain: a worker goes on at the one that was cut off, another at the new one, a reader saw both."""
    store, reader = stores
    await begun(store)
    await read(reader)  # who was connected before stays so
    former = await servers.master()
    await replicated(servers, former)
    async with servers.apart(former), opened(servers.url) as other:
        mine, _ = await store.claim(0)
        for number in range(10, 20):
            mine = await store.checkpoint(mine, changes(number, number + 1, append={1: b"split"}))
        await servers.another(former)
        known = await read(reader)
        assert content(known) == {1: [b"a"] + [b"split"] * 10}, "the reader is still connected to the former master"
        theirs, stored = await claimed(other)
        assert stored == {1: [b"a"]}
        for number in range(10, 25):  # as far as the other life, and further
            theirs = await written(other, theirs, changes(number, number + 1, append={2: b"kept"}))
        assert await other.holds([theirs]) == {0}
    await servers.following(former)
    with pytest.raises(Fenced):
        await written(store, mine, changes(20, 30, append={1: b"of nobody"}))
    change = await read(reader, known)
    assert change is not None
    assert (content(change), change.whole) == ({1: [b"a"], 2: [b"kept"] * 15}, True)


async def test_a_master_without_replicas_refuses_where_it_is_told_to(
    servers: UnderSentinels, stores: list[RedisStore]
) -> None:
    """`min-replicas-to-write`: cut off, it confirms nothing that would be lost, and the owner finds the new one."""
    store, _ = stores
    lease = await begun(store)
    former = await servers.master()
    await replicated(servers, former)
    for node in servers.nodes:
        await node.ask("CONFIG", "SET", "min-replicas-max-lag", 2)
        await node.ask("CONFIG", "SET", "min-replicas-to-write", 1)
    refused: list[str] = []
    async with servers.apart(former):

        async def refuses() -> bool:
            try:
                await store.claim(0)
            except StoreUnavailable as fault:
                refused.append(str(fault))
            return bool(refused)

        await wait_until(refuses, "the lonely master to refuse", timeout_seconds=SETTLE_SECONDS)
        assert "lacks the replicas that it requires" in refused[0]
        await servers.another(former)
        lease, _ = await claimed(store)
        await written(store, lease, changes(lease.next_offset or 0, 20, append={2: b"b"}))


async def test_a_frozen_sentinel_holds_up_nobody(servers: UnderSentinels) -> None:
    """Of three, two are enough to find the master."""
    frozen = servers.sentinels[0]
    assert frozen.child is not None
    Node.freeze(frozen)
    try:
        async with opened(servers.url) as store:
            await store.ping()
    finally:
        Node.thaw(frozen)


async def test_the_sentinel_that_saw_the_latest_fail_over_is_believed(
    servers: UnderSentinels, executable: Path
) -> None:
    """One that was cut off since goes on naming another master, though it is asked and answers first."""
    former = await servers.master()
    await replicated(servers, former)
    former.kill()
    await servers.another(former)
    async with (
        EmbeddedRedis(executable=executable) as wrong,
        SentinelNode(executable=executable, master=wrong.address, quorum=1) as lonely,
        opened(servers.url.replace("://", f"://{lonely.address},")) as store,
    ):
        await store.claim(0)
        async with opened(wrong.url) as other:
            assert list(await other.partitions()) == []
        assert await (await servers.master()).ask("EXISTS", f"{{{NAMESPACE}/0}}:head") == 1


async def test_a_master_that_became_a_replica_is_not_taken_for_one(servers: UnderSentinels) -> None:
    """Before the sentinels know it themselves: who connects asks the server."""
    former = await servers.master()
    other = next(node for node in servers.nodes if node is not former)
    for sentinel in servers.sentinels:
        Node.freeze(sentinel)
    await former.ask("REPLICAOF", LOOPBACK, other.known_as)
    for sentinel in servers.sentinels:
        Node.thaw(sentinel)
    async with opened(servers.url) as store:
        with pytest.raises(StoreUnavailable, match="which is a replica now"):
            await store.ping()


async def test_what_the_sentinels_do_not_know_is_told(servers: UnderSentinels) -> None:
    """With the services that they do know; and where none answers, which were asked."""
    async with opened(servers.url.replace(f"/{SERVICE}/", "/other/")) as store:
        with pytest.raises(StoreUnavailable, match=f"the sentinels know no service 'other', but {SERVICE}"):
            await store.ping()
    for sentinel in servers.sentinels:
        sentinel.kill()
    async with opened(servers.url) as store:
        with pytest.raises(StoreUnavailable, match=f"no sentinel answers: {LOOPBACK}:"):
            await store.ping()

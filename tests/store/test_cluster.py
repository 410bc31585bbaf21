"""The store on a cluster of three masters with a replica each: every partition lies whole in one slot, slots spread.

Real processes, on Redis 7 and on Valkey. What must hold is the same as on one server, partition by partition.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.exceptions import ClusterDownError

from monitor.demo.processes import wait_until
from monitor.demo.servers import EmbeddedRedis, bundled_valkey
from monitor.store.port import Fenced, LifeSign, StoreUnavailable
from monitor.store.redis import RedisStore
from monitor.store.rights import acl_rules
from tests.servers.components import require
from tests.servers.replicated import ClusterOfThree
from tests.store.failover import begun, claimed, content, loss_is_told, opened, read, written
from tests.store.worlds import NAMESPACE, changes

PARTITIONS = range(12)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(params=["redis 7"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[ClusterOfThree]:
    """Three masters, three replicas; of Redis, or where a test says so of each server in turn."""
    executable = require("redis-server") if request.param == "redis 7" else bundled_valkey()
    async with ClusterOfThree(executable=executable) as cluster:
        yield cluster


EACH = pytest.mark.parametrize("cluster", ["redis 7", "valkey"], indirect=True)


@pytest.fixture
async def stores(cluster: ClusterOfThree) -> AsyncIterator[list[RedisStore]]:
    """A worker's client, and a reader's."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(cluster.url)) for _ in range(2)]


def head(partition: int) -> str:
    return f"{{{NAMESPACE}/{partition}}}:head"


@EACH
async def test_partitions_are_spread_and_everything_else_works_as_on_one_server(
    cluster: ClusterOfThree, stores: list[RedisStore]
) -> None:
    """Claims, checkpoints, fencing, hints from any node, the list of partitions, signs of life."""
    store, reader = stores
    leases = {partition: (await store.claim(partition))[0] for partition in PARTITIONS}
    assert await reader.wait_for_change(5.0), "the first returns at once"
    for partition, lease in leases.items():
        leases[partition] = await store.checkpoint(lease, changes(0, 10, append={1: b"a", 2: b"b"}))
        assert await reader.wait_for_change(5.0), "heard at whichever node"
    assert list(await reader.partitions()) == list(PARTITIONS)
    assert await store.holds(leases.values()) == set(PARTITIONS)
    for partition in PARTITIONS:
        change = await reader.changes_since(partition, 0)
        assert content(change) == {1: [b"a"], 2: [b"b"]}
    stolen, _ = await reader.claim(0)
    with pytest.raises(Fenced):
        await store.checkpoint(leases[0], changes(10, 20))
    await reader.checkpoint(stolen, changes(10, 20, append={1: b"c"}))
    await store.sign(LifeSign("one", frozenset(PARTITIONS)), for_seconds=60)
    assert [life.worker for life in await reader.signs()] == ["one"]
    served = [await cluster.master(head(partition)) for partition in PARTITIONS]
    assert len({node.port for node in served}) == 3


async def test_a_killed_master_costs_only_what_its_replica_lacked(
    cluster: ClusterOfThree, stores: list[RedisStore]
) -> None:
    """Others go on meanwhile; its partitions do once its replica serves them, and hold what was confirmed."""
    store, reader = stores
    leases = {partition: (await store.claim(partition))[0] for partition in PARTITIONS}
    for partition, lease in leases.items():
        leases[partition] = await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    former = await cluster.master(head(0))
    await cluster.level()
    former.kill()
    await asyncio.gather(
        *(written(store, leases[partition], changes(10, 20, append={2: b"b"})) for partition in PARTITIONS)
    )
    for partition in PARTITIONS:
        assert content(await read(reader, partition=partition)) == {1: [b"a"], 2: [b"b"]}
    await former.start()
    await cluster.whole()
    assert content(await read(reader)) == {1: [b"a"], 2: [b"b"]}


@EACH
async def test_a_confirmed_checkpoint_that_the_replica_lacked_is_missed(
    cluster: ClusterOfThree, stores: list[RedisStore]
) -> None:
    """As under sentinels: the owner is told and fenced, readers are told to forget."""
    store = stores[0]
    lease = await begun(store)
    former = await cluster.master(head(0))
    await cluster.level()
    await loss_is_told(
        stores,
        lease,
        former,
        cluster.apart(former, replicas_only=True),
        lambda: cluster.another(former, head(0)),
    )


async def test_a_master_that_is_cut_off_stops_serving(cluster: ClusterOfThree, stores: list[RedisStore]) -> None:
    """Split brain lasts as long as the nodes' time-out; what was confirmed in it is missed, and nobody shows it."""
    store, reader = stores
    await begun(store)
    await read(reader)
    former = await cluster.master(head(0))
    await cluster.level()
    for node in cluster.nodes:
        await node.ask("CONFIG", "SET", "cluster-node-timeout", 12000)  # time for what follows
    async with cluster.apart(former):
        mine, _ = await store.claim(0)
        mine = await store.checkpoint(mine, changes(10, 20, append={1: b"split"}))
        known = await read(reader)
        assert content(known) == {1: [b"a", b"split"]}
        await cluster.another(former, head(0))

        async def stopped() -> bool:
            try:
                await former.ask("HSET", head(0), "of", "nobody")
            except ClusterDownError:
                return True
            return False

        await wait_until(stopped, "the former master to refuse", timeout_seconds=30)
        async with opened(cluster.url) as other:
            theirs, stored = await claimed(other)
            assert stored == {1: [b"a"]}
            await written(other, theirs, changes(10, 20, append={2: b"kept"}))
    await cluster.whole()
    with pytest.raises(Fenced):
        await written(store, mine, changes(20, 30, append={1: b"of nobody"}))
    change = await read(reader, known)
    assert change is not None
    assert change.whole
    assert content(await read(reader)) == {1: [b"a"], 2: [b"kept"]}


async def test_a_replica_that_is_away_holds_up_nobody(cluster: ClusterOfThree, stores: list[RedisStore]) -> None:
    """Neither one that dies later nor one that was never there."""
    store, _ = stores
    await store.ping()
    former = await cluster.master(head(0))
    for node in cluster.nodes[3:]:
        node.kill()
    await store.ping()
    async with opened(cluster.url) as other:
        await other.ping()
        lease, _ = await other.claim(0)
        await other.checkpoint(lease, changes(0, 10, append={1: b"a"}))
    assert await cluster.master(head(0)) is former


@EACH
async def test_slots_that_move_take_their_partitions_along(cluster: ClusterOfThree, stores: list[RedisStore]) -> None:
    """Somebody spreads the cluster anew under load: writers and readers follow, and nothing is lost or torn."""
    store, reader = stores
    lease, _ = await store.claim(0)
    lease = await store.checkpoint(lease, changes(0, 10, append=dict.fromkeys(range(50), b"a")))
    source = await cluster.master(head(0))
    target = next(node for node in cluster.nodes[:3] if node is not source)
    moving = asyncio.create_task(cluster.move(head(0), source, target))
    following = 10
    while not moving.done():
        lease = await written(store, lease, changes(following, following + 1, append={following % 50: b"b"}))
        following += 1
        change = await read(reader)
        assert change is not None
        assert change.head == b"head \x00\xff at %d" % following
        assert sum(len(blobs) for blobs in change.days.values()) == 50 + following - 10
        await asyncio.sleep(0)
    await moving
    assert await cluster.master(head(0)) is target
    lease = await written(store, lease, changes(following, following + 1))
    assert await store.holds([lease]) == {0}


async def test_rights_are_asked_for_at_every_master(cluster: ClusterOfThree) -> None:
    """ACLs are each node's own; one that refuses is enough."""
    for node in cluster.nodes:
        rules = acl_rules(NAMESPACE, "worker", "cluster")
        await node.ask("ACL", "SETUSER", "worker", "reset", "on", ">pw", *rules)
    url = cluster.url.replace("://", "://worker:pw@")
    async with opened(url) as store:
        lease, _ = await store.claim(0)
        await store.checkpoint(lease, changes(0, 10, append={1: b"a"}))
        await store.sign(LifeSign("one"), for_seconds=5)
        assert await store.missing_rights(["worker"]) == []
        await cluster.nodes[1].ask("ACL", "SETUSER", "worker", "-zadd", "-time")
        assert [right.command for right in await store.missing_rights(["worker"])] == ["time", "zadd"]


async def test_one_for_the_other_is_told(cluster: ClusterOfThree) -> None:
    """A node of a cluster named as a server, and a server named as a cluster."""
    async with opened(cluster.url.replace("+cluster", "").split(",")[0]) as store:
        with pytest.raises(StoreUnavailable, match=r"say redis\+cluster:// in redis\.url"):
            await asyncio.gather(*map(store.claim, PARTITIONS))
    async with EmbeddedRedis() as server, opened(server.url.replace("redis://", "redis+cluster://")) as store:
        with pytest.raises(StoreUnavailable, match=r"is no cluster: say redis:// in redis\.url"):
            await store.claim(0)

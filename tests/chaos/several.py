"""What happens to a store on several servers, under sentinels or as a cluster.

The promise is the same as on one server; but what was confirmed in the last moment before a fail-over may be lost by
the store, and must be read again from Kafka. Each fault returns when the store is whole again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError, ResponseError

from tests.chaos.faults import exporter_restarted
from tests.chaos.stage import PATIENCE_SECONDS, Stage
from tests.eventually import wait_until
from tests.servers.replicated import ClusterOfThree, Node, UnderSentinels

Fault = Callable[[Stage, random.Random], Awaitable[None]]


def _several(stage: Stage) -> UnderSentinels | ClusterOfThree:
    assert stage.several is not None, "this staging has one server"
    return stage.several


def _any_key(stage: Stage, rng: random.Random) -> str:
    return stage.head(rng.randrange(stage.partitions))


async def _back(stage: Stage, former: Node) -> None:
    """A server that was killed, as it comes back: with what it had, and soon a replica."""
    await former.start()
    await _several(stage).whole()
    await stage.expect_store(up=True)


async def master_killed(stage: Stage, rng: random.Random) -> None:
    """Kill -9; a replica is promoted, and later the former master comes back as one."""
    key = _any_key(stage, rng)
    former = await _several(stage).master(key)
    former.kill()
    await _several(stage).another(former, key)
    await asyncio.sleep(rng.uniform(0, 2))
    await _back(stage, former)


async def master_frozen(stage: Stage, rng: random.Random) -> None:
    """SIGSTOP until a replica was promoted; it wakes up and takes itself for the master."""
    key = _any_key(stage, rng)
    former = await _several(stage).master(key)
    former.freeze()
    try:
        await _several(stage).another(former, key)
        await asyncio.sleep(rng.uniform(0, 2))
    finally:
        former.thaw()
    await _several(stage).whole()


async def master_cut_off(stage: Stage, rng: random.Random) -> None:
    """From the other servers and the sentinels; workers and exporter still reach it: two masters at once."""
    key = _any_key(stage, rng)
    former = await _several(stage).master(key)
    async with _several(stage).apart(former):
        await _several(stage).another(former, key)
        await asyncio.sleep(rng.uniform(1, 4))
    await _several(stage).whole()


async def replica_behind(stage: Stage, rng: random.Random) -> None:
    """Replicas hear nothing for a while, and then the master dies: what it confirmed meanwhile is lost."""
    key = _any_key(stage, rng)
    former = await _several(stage).master(key)
    async with _several(stage).apart(former, replicas_only=True):
        before = await stage.stored_offsets()

        async def confirmed() -> bool:
            return await stage.stored_offsets() != before

        await wait_until(confirmed, "a checkpoint that the master has alone", timeout_seconds=PATIENCE_SECONDS)
        await asyncio.sleep(rng.uniform(0, 2))
        former.kill()
        await _several(stage).another(former, key)
    await _back(stage, former)


async def store_emptied(stage: Stage, rng: random.Random) -> None:
    """FLUSHALL at every master."""
    del rng
    for node in _several(stage).nodes:
        try:
            await node.ask("FLUSHALL")
        except RedisError:
            continue  # a replica


async def sentinel_killed(stage: Stage, rng: random.Random) -> None:
    """Two of three are enough; so they are while the master dies."""
    several = _several(stage)
    assert isinstance(several, UnderSentinels)
    sentinel = rng.choice(several.sentinels)
    sentinel.kill()
    await _killed_and_back(stage, rng)
    await sentinel.start()
    await several.whole()


async def _killed_and_back(stage: Stage, rng: random.Random) -> None:
    """As `master_killed`, where not all sentinels are there to say that all is whole."""
    former = await _several(stage).master(_any_key(stage, rng))
    former.kill()
    await _several(stage).another(former, _any_key(stage, rng))
    await former.start()


async def slots_moved(stage: Stage, rng: random.Random) -> None:
    """A partition's slot moves to another master, key by key, while it is written and read."""
    several = _several(stage)
    assert isinstance(several, ClusterOfThree)
    key = _any_key(stage, rng)

    async def moved() -> bool:
        source = await several.master(key)
        others = [node for node in await several.masters() if node is not source]
        try:
            await several.move(key, source, rng.choice(others))
        except ResponseError:  # a busy machine has made another a master meanwhile: what is half moved is lost
            await several.settle(key)
            await several.whole()
            return False
        return True

    await wait_until(moved, "a slot to move", timeout_seconds=PATIENCE_SECONDS)


SEVERAL: dict[str, tuple[Fault, ...]] = {
    "sentinel": (
        master_killed, master_frozen, master_cut_off, replica_behind, sentinel_killed, store_emptied,
        exporter_restarted,
    ),
    "cluster": (
        master_killed, master_frozen, master_cut_off, replica_behind, slots_moved, store_emptied,
        exporter_restarted,
    ),
}  # fmt: skip
"""The lane of the store, by what it is."""

"""Every fault that can be staged: a name, what it does to the stage, and how it is put right again.

A fault returns when it is over: what it broke runs again, though it may not have caught up. Faults of one lane
(workers, Kafka, store) follow each other; lanes run side by side. Random choices come from the lane's own source.
"""

import asyncio
import random
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Refused

import monitor.store
from monitor.demo.processes import wait_until
from monitor.worker.failpoints import CHECKPOINT_STORED, CLOCK_STEP, FAIL_POINT, LETTERS_PRODUCED, PART_DELIVERED
from tests.chaos.proxy import Proxy
from tests.chaos.redis import commands_of, without_rights
from tests.chaos.stage import DEAD_LETTERS, TOPIC, Stage, Worker
from tests.servers.kafka import KafkaNode

SCRIPTS = Path(monitor.store.__file__).parent
Fault = Callable[[Stage, random.Random], Awaitable[None]]
SESSION_SECONDS = 6.0
ADDED = 2
"""Partitions, by `partitions_added`."""
FROZEN_SECONDS = SESSION_SECONDS + 3.0


Start = Callable[..., Awaitable[Worker]]


def _any(running: Mapping[str, Worker], rng: random.Random) -> Worker:
    return rng.choice(sorted(running.values(), key=lambda worker: worker.name))


async def worker_killed(stage: Stage, rng: random.Random) -> None:
    """Kill -9 at a random moment; a successor comes a little later."""
    await _killed_any_time(stage, rng, stage.workers, stage.start_worker)


async def worker_killed_after_letters(stage: Stage, rng: random.Random) -> None:
    """Kill -9 between dead letters and the checkpoint that counts them."""
    await _killed_at(stage, rng, LETTERS_PRODUCED, stage.workers, stage.start_worker)


async def worker_killed_after_checkpoint(stage: Stage, rng: random.Random) -> None:
    """Kill -9 between a checkpoint and its acknowledgement."""
    await _killed_at(stage, rng, CHECKPOINT_STORED, stage.workers, stage.start_worker)


async def _killed_any_time(stage: Stage, rng: random.Random, running: Mapping[str, Worker], start: Start) -> None:
    stage.kill_worker(_any(running, rng))
    await asyncio.sleep(rng.uniform(0, 3))
    await start()


async def _killed_at(
    stage: Stage, rng: random.Random, point: str, running: Mapping[str, Worker], start: Start
) -> None:
    await stage.stop_worker(_any(running, rng))
    armed = await start(**{FAIL_POINT: f"{point}@{rng.randint(1, 8)}"})
    armed.leaving = True
    with suppress(TimeoutError):
        await wait_until(lambda: armed.child.exit_code is not None, "its end", timeout_seconds=60)
    if armed.child.exit_code is None:
        stage.say(f"{armed.name} never came to {point}: killed")
    stage.kill_worker(armed)
    await start()


async def _added_and_removed(stage: Stage, rng: random.Random, running: Mapping[str, Worker], start: Start) -> None:
    await start()
    await asyncio.sleep(rng.uniform(2, 6))
    await stage.stop_worker(_any(running, rng))


async def worker_frozen(stage: Stage, rng: random.Random) -> None:
    """SIGSTOP past the session, then thawed: it must find out, and rejoin by itself."""
    worker = _any(stage.workers, rng)
    worker.child.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        since = worker.log.stat().st_size
        worker.child.signal(signal.SIGCONT)
    try:
        await wait_until(
            lambda: worker.child.exit_code is not None or worker.says("took over partitions", since=since),
            "a thawed worker to take partitions again",
            timeout_seconds=120,
        )
    except TimeoutError:
        stage.problems.append(f"{worker.name} did not rejoin within 120 s after it was thawed")


async def worker_added_and_removed(stage: Stage, rng: random.Random) -> None:
    """A fourth worker, and some time later one fewer."""
    await _added_and_removed(stage, rng, stage.workers, stage.start_worker)


async def workers_rolled(stage: Stage, rng: random.Random) -> None:
    """Every worker restarted in order, one after the other."""
    del rng
    for worker in list(stage.workers.values()):
        await stage.stop_worker(worker)
        await stage.start_worker()


async def clock_stepped(stage: Stage, rng: random.Random) -> None:
    """A worker whose clock jumps by days or years, both ways, while it works."""
    await stage.stop_worker(_any(stage.workers, rng))
    step = rng.choice((-3 * 365, -2, 2, 3 * 365)) * 86_400
    odd = await stage.start_worker(**{CLOCK_STEP: f"{step}@{rng.uniform(0, 4):.1f}"})
    await asyncio.sleep(rng.uniform(5, 8))
    if odd.child.exit_code is None:
        await stage.stop_worker(odd)
    await stage.start_worker()


async def feed_killed(stage: Stage, rng: random.Random) -> None:
    """Kill -9 at a random moment; what it had sent and not committed is sent again by the next."""
    await _killed_any_time(stage, rng, stage.feeds, stage.start_feed)


async def feed_killed_after_delivery(stage: Stage, rng: random.Random) -> None:
    """Kill -9 between what Kafka has acknowledged and the commit of it."""
    await _killed_at(stage, rng, PART_DELIVERED, stage.feeds, stage.start_feed)


async def feed_added_and_removed(stage: Stage, rng: random.Random) -> None:
    """A second feed takes some of the source's partitions, and some time later one of the two leaves."""
    await _added_and_removed(stage, rng, stage.feeds, stage.start_feed)


async def feed_frozen(stage: Stage, rng: random.Random) -> None:
    """SIGSTOP past the session while another goes on; thawed, it sends what is older."""
    frozen = _any(stage.feeds, rng)
    frozen.child.signal(signal.SIGSTOP)
    try:
        await stage.start_feed()
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        frozen.child.signal(signal.SIGCONT)
    await asyncio.sleep(rng.uniform(1, 4))
    if frozen.child.exit_code is None:
        await stage.stop_worker(frozen)


async def broker_killed(stage: Stage, rng: random.Random) -> None:
    """One broker of three as by a power cut."""
    await _killed(rng.sample(stage.kafka.nodes, 1), rng)


async def brokers_killed(stage: Stage, rng: random.Random) -> None:
    """Two of three: nothing can be written or committed until one is back."""
    await _killed(rng.sample(stage.kafka.nodes, 2), rng)


async def _killed(nodes: list[KafkaNode], rng: random.Random) -> None:
    for node in nodes:
        node.kill()
    await asyncio.sleep(rng.uniform(1, 6))
    await asyncio.gather(*(_back(node) for node in nodes))


async def _back(node: KafkaNode) -> None:
    node.ready_seconds = 180.0
    await node.start()


async def leaders_moved(stage: Stage, rng: random.Random) -> None:
    """A broker stopped in order: it hands its leaderships to the others first."""
    node = rng.choice(stage.kafka.nodes)
    await node.stop()
    await asyncio.sleep(rng.uniform(0, 3))
    await _back(node)


async def dead_letters_unwritable(stage: Stage, rng: random.Random) -> None:
    """The dead-letter topic wants more replicas in sync than there are: partitions with letters must wait."""
    await _configure(stage, DEAD_LETTERS, {"min.insync.replicas": "4"})
    try:
        await asyncio.sleep(rng.uniform(5, 10))
    finally:
        await _configure(stage, DEAD_LETTERS, {"min.insync.replicas": "2"})


async def brokers_cut_off(stage: Stage, rng: random.Random) -> None:
    """No worker reaches any broker, for less or for longer than its session: a new owner may be chosen meanwhile."""
    for road in stage.roads:
        road.refusing = True
        road.cut()
    try:
        await asyncio.sleep(rng.choice([rng.uniform(0.5, 3), rng.uniform(1, 1.5) * SESSION_SECONDS]))
    finally:
        for road in stage.roads:
            road.refusing = False


async def brokers_cut_off_from_each_other(stage: Stage, rng: random.Random) -> None:
    """One broker hears and reaches neither of the others, in their logs and their votes; clients reach all three."""
    lonely = rng.choice(range(len(stage.wires)))
    pids = [node.child.pid for node in stage.kafka.nodes if node.child is not None]
    try:
        for number, wires in enumerate(stage.wires):
            shunned = pids if number == lonely else [pids[lonely]]
            for wire in wires:
                wire.shunned = shunned
                wire.cut(shunned)
        await asyncio.sleep(rng.uniform(4, 12))
    finally:
        for wire in (wire for wires in stage.wires for wire in wires):
            wire.shunned = ()


async def broker_connections_flap(stage: Stage, rng: random.Random) -> None:
    """Connections between workers and brokers break again and again, in the middle of whatever is said."""
    await _flap(stage.roads, rng)


async def brokers_slow(stage: Stage, rng: random.Random) -> None:
    """Hundreds of milliseconds for everything that a worker asks of a broker."""
    for road in stage.roads:
        road.delay_seconds = rng.uniform(0.1, 0.4)
    try:
        await asyncio.sleep(rng.uniform(5, 8))
    finally:
        for road in stage.roads:
            road.delay_seconds = 0.0


async def partitions_added(stage: Stage, rng: random.Random) -> None:
    """Two more partitions while everything runs; missions told before keep theirs."""
    del rng
    async with asyncio.timeout(120):
        await _administer(
            stage, lambda admin: admin.create_partitions({TOPIC: NewPartitions(stage.partitions + ADDED)})
        )
    stage.partitions += ADDED


async def _configure(stage: Stage, topic: str, config: dict[str, str]) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=config)
    await _administer(stage, lambda admin: admin.alter_configs([resource]))


async def _administer(stage: Stage, action: Callable[[Any], Awaitable[Any]]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.kafka.bootstrap.split(","), request_timeout_ms=60_000)
    await admin.start()
    try:
        await action(admin)
    finally:
        await admin.close()


async def redis_killed(stage: Stage, rng: random.Random) -> None:
    """Kill -9 and a restart from its append-only file; the exporter must tell of both."""
    stage.redis.kill()
    await asyncio.gather(asyncio.sleep(rng.uniform(0.5, 4)), stage.expect_store(up=False))
    await stage.redis.start()
    await stage.expect_store(up=True)


async def redis_emptied(stage: Stage, rng: random.Random) -> None:
    """FLUSHALL: everything must be rebuilt from the topic."""
    del rng
    async with Redis.from_url(stage.redis.url) as client:
        await client.flushall()


async def redis_restarted_empty(stage: Stage, rng: random.Random) -> None:
    """Its disk is lost."""
    stage.redis.kill()
    await asyncio.sleep(rng.uniform(0, 2))
    for path in stage.redis.directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    await stage.redis.start()
    await stage.expect_store(up=True)


async def redis_slow(stage: Stage, rng: random.Random) -> None:
    """Hundreds of milliseconds for everything that is asked of it."""
    stage.proxy.delay_seconds = rng.uniform(0.2, 0.6)
    try:
        await asyncio.sleep(rng.uniform(5, 8))
    finally:
        stage.proxy.delay_seconds = 0.0


async def redis_out_of_memory(stage: Stage, rng: random.Random) -> None:
    """It refuses whatever needs memory."""
    async with Redis.from_url(stage.redis.url) as client:
        await client.config_set("maxmemory-policy", "noeviction")
        await client.config_set("maxmemory", "1mb")
        try:
            await asyncio.sleep(rng.uniform(3, 7))
        finally:
            await client.config_set("maxmemory", "0")


async def redis_command_refused(stage: Stage, rng: random.Random) -> None:
    """A right is taken away that a script needs, at its beginning or in its middle."""
    command = rng.choice(commands_of(SCRIPTS))
    stage.say(f"redis refuses {command}")
    async with without_rights(stage.redis.url, command):
        await asyncio.sleep(rng.uniform(2, 6))


async def redis_disk_full(stage: Stage, rng: random.Random) -> None:
    """Its append-only file cannot grow: it refuses writes or ends, as its policy of syncing says."""
    policy = rng.choice(["always", "everysec"])
    async with Redis.from_url(stage.redis.url) as client:
        await client.config_set("appendfsync", policy)
    stage.redis.fill_disk()
    try:
        await asyncio.sleep(rng.uniform(2, 6))
    finally:
        stage.redis.free_disk()

    async def back() -> bool:
        # It may end only now, on what it could not write.
        child = stage.redis.child
        if child is not None and child.exit_code is not None:
            stage.redis.kill()
            await stage.redis.start()
        with suppress(Refused):
            async with Redis.from_url(stage.redis.url) as client:
                return bool(await client.config_set("appendfsync", "always"))
        return False

    await wait_until(back, "Redis to be back with room on its disk", timeout_seconds=60)
    await stage.expect_store(up=True)


async def redis_replaced_by_replica(stage: Stage, rng: random.Random) -> None:
    """The replica takes over; what the primary confirmed last may be missing, for it lagged behind."""
    replica = await stage.redis.replica()
    if replica.child is not None and rng.random() < 2 / 3:
        replica.child.signal(signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(0.5, 4))
    stage.redis.kill()
    stage.proxy.cut()
    if replica.child is not None:
        replica.child.signal(signal.SIGCONT)
    former, stage.redis = stage.redis, replica
    former.close()
    await replica.promote()
    stage.proxy.target_port = replica.port
    await stage.expect_store(up=True)


async def redis_cut_off(stage: Stage, rng: random.Random) -> None:
    """Every connection breaks, and for a while none is accepted."""
    stage.proxy.refusing = True
    try:
        stage.proxy.cut()
        await asyncio.sleep(rng.uniform(0.5, 5))
    finally:
        stage.proxy.refusing = False


async def connections_flap(stage: Stage, rng: random.Random) -> None:
    """Connections to Redis break again and again, in the middle of whatever is said."""
    await _flap([stage.proxy], rng)


async def _flap(proxies: list[Proxy], rng: random.Random) -> None:
    until = time.monotonic() + rng.uniform(3, 6)
    while time.monotonic() < until:
        rng.choice(proxies).cut()
        await asyncio.sleep(rng.uniform(0.1, 0.8))


async def exporter_restarted(stage: Stage, rng: random.Random) -> None:
    """The read side killed -9 and started."""
    del rng
    stage.exporters[1].kill()
    await stage.start_exporter()


LANES: dict[str, tuple[Fault, ...]] = {
    "workers": (
        worker_killed, worker_killed_after_letters, worker_killed_after_checkpoint, worker_frozen,
        worker_added_and_removed, workers_rolled, clock_stepped,
    ),
    "feed": (feed_killed, feed_killed_after_delivery, feed_added_and_removed, feed_frozen),
    "kafka": (
        broker_killed, brokers_killed, leaders_moved, brokers_cut_off, broker_connections_flap, brokers_slow,
        dead_letters_unwritable, partitions_added, brokers_cut_off_from_each_other,
    ),
    "store": (
        redis_killed, redis_emptied, redis_restarted_empty, redis_slow, redis_out_of_memory, redis_cut_off,
        connections_flap, exporter_restarted, redis_command_refused, redis_disk_full, redis_replaced_by_replica,
    ),
}  # fmt: skip
"""Kinds by lane."""
ONCE = frozenset({partitions_added})

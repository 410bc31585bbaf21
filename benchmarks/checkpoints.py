"""What checkpoints cost Redis: commands and bytes a second at full load, bytes per mission, and what they depend on.

One partition of a real keeper over a real Redis is filled to several sizes; at each size the same change is stored
again and again (`--changed` missions of today, closed): if a checkpoint cost what is *stored*, time and bytes would
grow from row to row. They are counted by Redis itself (INFO: total_net_input_bytes, commandstats, used_memory) and
sizes take turns. Then the keeper takes all it can for `--seconds`, with the shipped settings: INFO's counters over
that time are the table of the full load.

    python benchmarks/checkpoints.py [--rounds 15] [--largest 1000000] [--seconds 20] [--changed 500] [--quick]

Takes about 3 min; `--quick` 5 s.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import replace
from typing import Any

from growth import NOW, Lane, keeper_of
from invented import records, table
from redis.asyncio import Redis

from monitor.core.batch import Batch
from monitor.demo.servers import EmbeddedRedis
from monitor.settings import load
from monitor.store.redis import RedisStore
from monitor.wiring import partition_policy
from monitor.worker.shell import calm_collector


async def net_input(client: "Redis[bytes]") -> int:
    """Bytes that Redis has been sent."""
    found: dict[str, Any] = await client.info("stats")
    return int(found["total_net_input_bytes"])


def today(lane: Lane, changed: int) -> Batch:
    """Missions of the newest day, one revision each."""
    assert lane.offsets is not None
    offset = lane.offsets[0]
    numbers = range(lane.number, lane.number + changed)
    told = list(
        records(numbers, lane.series, first_offset=offset, rang_at=NOW - 3600.0 - lane.number, apart_seconds=1.0)
    )
    lane.number += changed
    lane.offsets[0] = offset + changed
    return Batch(offset, offset + changed, told)


async def by_size(client: "Redis[bytes]", url: str, arguments: argparse.Namespace) -> list[tuple[object, ...]]:
    """Rows: stored missions, bytes per mission, then time and bytes of a checkpoint."""
    policy = replace(partition_policy(load()), capacity=2**40)
    lanes, rows = [], []
    stores = []
    for size in [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= arguments.largest]:
        store = RedisStore(url, namespace=f"size-{size}", timeout_seconds=30.0)
        stores.append(store)
        before = (await client.info("memory"))["used_memory"]
        lane = await Lane(f"{size:,}", keeper_of(policy, store), policy.service.told_series).begin()
        await lane.fill(size)
        memory = ((await client.info("memory"))["used_memory"] - before) / size
        lanes.append((lane, memory))
    calm_collector()
    times: dict[str, list[float]] = {lane.name: [] for lane, _ in lanes}
    sent: dict[str, list[float]] = {lane.name: [] for lane, _ in lanes}
    for _ in range(arguments.rounds):
        for lane, _memory in lanes:
            assert await lane.keeper.handle(0, today(lane, arguments.changed))
            before, began = await net_input(client), time.perf_counter()
            await lane.keeper.checkpoint(0)
            times[lane.name].append(1000 * (time.perf_counter() - began))
            sent[lane.name].append(await net_input(client) - before)
    first = statistics.median(times[lanes[0][0].name])
    for lane, memory in lanes:
        cost = statistics.median(times[lane.name])
        rows.append(
            (lane.name, f"{memory:.0f}", f"{cost:.2f}", f"{cost / first:.2f}",
             f"{statistics.median(sent[lane.name]) / arguments.changed:.0f}",
             f"{max(times[lane.name]):.1f}")
        )  # fmt: skip
    for store in stores:
        await store.close()
    return rows


async def full_load(client: "Redis[bytes]", url: str, seconds: float) -> list[tuple[object, ...]]:
    """Redis' own counters, a second, while one keeper of four partitions takes all it can."""
    policy = partition_policy(load())
    store = RedisStore(url, namespace="full", timeout_seconds=30.0)
    lane = await Lane("full", keeper_of(policy, store), policy.service.told_series, partitions=4).begin()
    await client.config_resetstat()
    missions, taking = 0, 0.0
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        batches = lane.batches(20_000)
        taking += await lane.take(batches)
        missions += 20_000
    sent = await net_input(client)
    commands: dict[str, Any] = await client.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): found["calls"] for name, found in commands.items()}
    outside = calls.get("evalsha", 0) + calls.get("eval", 0)
    await store.close()
    return [
        ("records/s", f"{2 * missions / taking:,.0f}"),
        ("checkpoints/s (one script each)", f"{outside / taking:.1f}"),
        ("commands inside the scripts/s", f"{(sum(calls.values()) - outside) / taking:,.0f}"),
        ("KiB/s to Redis", f"{sent / taking / 1024:,.0f}"),
        ("bytes to Redis per record", f"{sent / missions / 2:.1f}"),
    ]


async def measure(arguments: argparse.Namespace) -> None:
    """Print both tables."""
    async with EmbeddedRedis() as redis, Redis.from_url(redis.url) as client:
        rows = await by_size(client, redis.url, arguments)
        columns = ["missions stored", "Redis memory (bytes/mission)", "checkpoint (ms)", "ratio",
                   "sent (bytes/changed mission)", "longest (ms)"]  # fmt: skip
        print(f"\n{arguments.changed} missions changed\n\n{table(columns, rows)}\n")
        await client.flushall()
        print(table(["full load", "one worker"], await full_load(client, redis.url, arguments.seconds)))


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.largest, arguments.seconds = 3, 10_000, 1.0
    asyncio.run(measure(arguments))


if __name__ == "__main__":
    main()

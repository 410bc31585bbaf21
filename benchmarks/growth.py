"""Whether a record costs the same whatever is there already: ledger, series, batch, partitions; and the pauses.

Keepers (decode, ledger, slices, checkpoints) of every size live side by side in one process over one real Redis
(`--store memory`: none), and take turns of the same number of records, so that other work on the machine meets all
of them alike: the column `ratio` compares medians with the first row of each group. Half of the records open a
mission, half close it; time includes the checkpoint after every 20,000 missions.

Pauses: one keeper is fed 50,000 records/s, paced, while one day of event time passes every two seconds (horizon one
day, so slices are sealed and days rolled up all the time), and again with a full ledger (capacity). A second task
asks for the loop every millisecond: its longest wait is the longest pause, whatever caused it.

    python benchmarks/growth.py [--rounds 9] [--largest 1000000] [--pause-seconds 30] [--store redis] [--quick]

Takes about 8 min; `--quick` 15 s. Two workers on one topic: `benchmarks/workers.py`.
"""

import argparse
import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from invented import Record, records, table

from monitor.core.batch import Batch, DeadLetter
from monitor.core.partition import Policy
from monitor.core.service import Area
from monitor.core.targets import Targets
from monitor.demo.servers import EmbeddedRedis
from monitor.settings import load
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.store.port import Store
from monitor.store.redis import RedisStore
from monitor.wiring import partition_policy
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper, LogBounds
from monitor.worker.shell import calm_collector

DAY = 86_400.0
NOW = time.time() // DAY * DAY
SPREAD_DAYS = 365
BATCH = 500


class NoLetters:
    """There are none: every record is valid and in time."""

    async def put(self, number: int, letters: Sequence[DeadLetter]) -> None:
        """Refuse."""
        raise AssertionError(f"partition {number}: {letters[0].reason} {letters[0].detail}")


@dataclass(slots=True)
class Lane:
    """One keeper with its own stream; missions are numbered on."""

    name: str
    keeper: Keeper
    series: Sequence[tuple[str, str]]
    batch: int = BATCH
    partitions: int = 1
    number: int = 0
    offsets: dict[int, int] | None = None

    async def begin(self) -> "Lane":
        """Own the partitions."""
        self.offsets = dict.fromkeys(range(self.partitions), 0)
        for partition in self.offsets:
            await self.keeper.take_over(partition, LogBounds(0, 2**60, None))
        return self

    def batches(self, missions: int) -> list[tuple[int, Batch]]:
        """Each mission opened, and closed in the next batch of its partition."""
        assert self.offsets is not None
        made = []
        apart = SPREAD_DAYS * DAY / 2_000_000
        half = max(1, self.batch // 2)
        for partition, first in zip(
            itertools.cycle(self.offsets), range(self.number, self.number + missions, half), strict=False
        ):
            numbers = range(first, min(first + half, self.number + missions))
            offset = self.offsets[partition]
            told: list[Record] = []
            for revision, arrived in ((1, False), (2, True)):
                told += records(
                    numbers, self.series, first_offset=offset + len(told), arrived=arrived, revision=revision,
                    rang_at=NOW - SPREAD_DAYS * DAY, apart_seconds=apart, stamp=NOW,
                )  # fmt: skip
            self.offsets[partition] = offset + len(told)
            made.append((partition, Batch(offset, offset + len(told), told)))
        self.number += missions
        return made

    async def take(self, batches: list[tuple[int, Batch]]) -> float:
        """Seconds for all of it, stored."""
        began = time.perf_counter()
        for partition, batch in batches:
            assert await self.keeper.handle(partition, batch)
            for due in self.keeper.due():
                await self.keeper.checkpoint(due)
        for partition in self.keeper.kept:
            await self.keeper.checkpoint(partition)
        return time.perf_counter() - began

    async def fill(self, missions: int) -> "Lane":
        """Hold so many missions to begin with."""
        while self.number < missions:
            await self.take(self.batches(min(20_000, missions - self.number)))
        return self


async def compare(lanes: list[Lane], rounds: int, missions: int) -> list[tuple[str, float]]:
    """Median microseconds a record, in turns."""
    calm_collector()
    times: dict[str, list[float]] = {lane.name: [] for lane in lanes}
    for turn in range(rounds):
        for lane in lanes if turn % 2 else lanes[::-1]:
            batches = lane.batches(missions)
            times[lane.name].append(1e6 * await lane.take(batches) / (2 * missions))
    for lane in lanes:
        assert sum(len(kept.partition.missions) for kept in lane.keeper.kept.values()) == lane.number, lane.name
    return [(lane.name, statistics.median(times[lane.name])) for lane in lanes]


def keeper_of(policy: Policy, store: Store) -> Keeper:
    """With the settings that are shipped."""
    return Keeper(
        policy, store, NoLetters(), checkpoints=CheckpointPolicy(seconds=0.5, missions=20_000),
        instruments=Instruments("police"), now=lambda: NOW, monotonic=time.monotonic,
    )  # fmt: skip


async def groups(arguments: argparse.Namespace, make: Callable[[str], Store]) -> list[Sequence[object]]:
    """Rows of the table."""
    policy = replace(partition_policy(load()), capacity=2**40)  # sealing is what the pauses below are about
    rows: list[Sequence[object]] = []

    async def group(what: str, lanes: list[Lane]) -> None:
        found = await compare(lanes, arguments.rounds, arguments.missions)
        for name, cost in found:
            rows.append((what, name, f"{cost:.2f}", f"{1e6 / cost:,.0f}", f"{cost / found[0][1]:.2f}"))
        print(*rows[-len(found) :], sep="\n", flush=True)
        gc.unfreeze()

    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= arguments.largest]
    lanes = []
    for size in sizes:
        lane = Lane(f"{size:,}", keeper_of(policy, make(f"ledger-{size}")), policy.service.told_series)
        lanes.append(await (await lane.begin()).fill(size))
    await group("missions in the ledger", lanes)
    lanes = []
    for factor in (1, 10, 100):
        service = policy.service
        leaves = [Area(f"{area}-{n}", service.root) for n in range(factor) for area in service.leaf_areas]
        service = replace(service, areas=(Area(service.root), *leaves))
        series = service.told_series
        known = replace(policy, service=service, targets=Targets())
        lanes.append(await Lane(f"{len(series):,}", keeper_of(known, make(f"series-{factor}")), series).begin())
    await group("series", lanes)
    lanes = []
    for batch in (20, 100, 500, 5_000):
        lane = Lane(f"{batch:,}", keeper_of(policy, make(f"batch-{batch}")), policy.service.told_series, batch=batch)
        lanes.append(await lane.begin())
    await group("records in a batch", lanes)
    lanes = []
    for count in (1, 4, 16, 64):
        lane = Lane(
            f"{count}", keeper_of(policy, make(f"parts-{count}")), policy.service.told_series, partitions=count
        )
        lanes.append(await lane.begin())
    await group("partitions", lanes)
    return rows


@dataclass(slots=True)
class Pauses:
    """How long the loop kept others waiting, and what the keeper itself was longest at."""

    longest_ms: float = 0.0
    handled: int = 0
    behind_seconds: float = 0.0


async def paced(keeper: Keeper, series: Sequence[tuple[str, str]], seconds: float, day_seconds: float) -> Pauses:
    """Feed 50,000 records/s; everything is made beforehand, so that only the keeper can cause a pause."""
    await keeper.take_over(0, LogBounds(0, 2**60, None))
    apart = DAY / day_seconds / 50_000
    total = int(50_000 * seconds)
    began_at = NOW - total * apart - DAY
    batches = []
    for first in range(0, total, BATCH):
        some = list(
            records(range(first, first + BATCH), series, first_offset=first, rang_at=began_at, apart_seconds=apart)
        )
        batches.append(Batch(first, first + BATCH, some))
    calm_collector()
    found, loop, stop = Pauses(), asyncio.get_running_loop(), asyncio.Event()

    async def watch() -> None:
        while not stop.is_set():
            began = loop.time()
            await asyncio.sleep(0.001)
            found.longest_ms = max(found.longest_ms, 1000 * (loop.time() - began - 0.001))

    async def store() -> None:
        while not stop.is_set():
            for due in keeper.due():
                await keeper.checkpoint(due)
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(watch()), asyncio.create_task(store())]
    began = loop.time()
    for batch in batches:
        await asyncio.sleep(max(0.0, began + found.handled / 50_000 - loop.time()))
        assert await keeper.handle(0, batch)
        found.handled += BATCH
    found.behind_seconds = max(0.0, loop.time() - began - seconds)
    stop.set()
    await asyncio.gather(*tasks)
    gc.unfreeze()
    return found


async def measure(arguments: argparse.Namespace) -> None:
    """Print the tables."""
    policy = partition_policy(load())
    async with EmbeddedRedis() as redis:
        stores: list[Store] = []

        def make(name: str) -> Store:
            store: Store = (
                RedisStore(redis.url, namespace=name, timeout_seconds=30.0)
                if arguments.store == "redis"
                else MemoryStore(MemoryBacking())
            )
            stores.append(store)
            return store

        rows = await groups(arguments, make)
        columns = ["what grows", "to", "µs/record", "records/s", "ratio"]
        print(f"\n{table(columns, rows)}\n")
        shown = []
        for name, known in (
            (
                "sealing by the horizon (1 day), roll-up",
                replace(policy, horizon_seconds=DAY, roll_up_seconds=2 * DAY),
            ),
            ("sealing by a full ledger (capacity 200,000)", replace(policy, capacity=200_000, keep_seconds=3600.0)),
        ):
            found = await paced(
                keeper_of(known, make(f"pause-{len(shown)}")),
                policy.service.told_series,
                arguments.pause_seconds,
                2.0,
            )
            shown.append((name, f"{found.handled:,}", f"{found.longest_ms:.0f}", f"{found.behind_seconds:.1f}"))
        print(table(["50,000 records/s", "records", "longest pause (ms)", "behind at the end (s)"], shown))
        for store in stores:
            await store.close()


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--missions", type=int, default=20_000, help="missions of one turn")
    parser.add_argument("--largest", type=int, default=1_000_000, help="largest ledger")
    parser.add_argument("--pause-seconds", type=float, default=30.0)
    parser.add_argument("--store", choices=["redis", "memory"], default="redis")
    parser.add_argument("--quick", action="store_true", help="small ledgers and one turn")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.missions, arguments.largest, arguments.pause_seconds = 1, 1_000, 10_000, 1.0
    asyncio.run(measure(arguments))


if __name__ == "__main__":
    main()

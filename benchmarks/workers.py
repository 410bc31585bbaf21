"""Records a second of one worker and of two on the same topic: what a second process buys.

One Apache Kafka, one Redis, the records of `ingest.py` in four partitions; workers are `monitor worker` as shipped,
on whatever cores the system gives them. The rate is that of the offsets in Redis, between a fifth (all have joined)
and nine tenths (nobody is done) of the records. Broker, Redis and workers share the machine's cores: on two of them a
second worker takes what the broker leaves, which is what this shows; the ledger itself knows no other partition.

    python benchmarks/workers.py [--rounds 3] [--records 2000000] [--quick]

Takes about three minutes; `--quick` one.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from ingest import DEAD_LETTERS, PARTITIONS, WHOLE, fill, invented
from invented import table

from monitor.demo.processes import Child
from monitor.demo.servers import EmbeddedRedis
from monitor.store.redis import RedisStore
from tests.servers.kafka import ApacheKafka

LONGEST_RUN_SECONDS = 300
LOOK_SECONDS = 0.1
FROM, UNTIL = 0.2, 0.9


def started(number: int, environment: dict[str, str]) -> Iterator[Child]:
    """So many workers of one group."""
    for one in range(number):
        yield Child(f"worker {one + 1}", [sys.executable, "-m", "monitor", "worker"], environment=environment)


async def stored(store: RedisStore) -> int:
    """Records taken into account, by the offsets in Redis: read apart from the days, which would be work."""
    async with store._client.pipeline(transaction=False) as pipe:  # noqa: SLF001 - the product never needs it alone
        for partition in range(PARTITIONS):
            pipe.hget(store._keys.head(partition), "next_offset")  # noqa: SLF001
        return sum(int(offset or 0) for offset in await pipe.execute())


async def rate(workers: int, bootstrap: str, redis_url: str, records: int, name: str) -> float:
    """Records a second of all workers together. Raises SystemExit where one of them had nothing to do."""
    environment = os.environ | {
        "MONITOR_KAFKA__BOOTSTRAP": bootstrap,
        "MONITOR_KAFKA__TOPIC": WHOLE,
        "MONITOR_KAFKA__DEAD_LETTER_TOPIC": DEAD_LETTERS,
        "MONITOR_KAFKA__GROUP": name,
        "MONITOR_REDIS__URL": redis_url,
        "MONITOR_REDIS__NAMESPACE": name,
    }
    store = RedisStore(redis_url, namespace=f"{name}:{WHOLE}")
    looks: list[tuple[float, int]] = []
    with ExitStack() as stack:
        children = [stack.enter_context(child) for child in started(workers, environment)]
        async with asyncio.timeout(LONGEST_RUN_SECONDS):
            while not looks or looks[-1][1] < records:
                for child in children:
                    child.require_running()
                looks.append((time.perf_counter(), await stored(store)))
                await asyncio.sleep(LOOK_SECONDS)
        for child in children:
            if "took over partitions" not in child.log_tail(200):
                raise SystemExit(f"{name}: one worker never got a partition:\n{child.log_tail(40)}")
    await store.close()
    inner = [look for look in looks if FROM * records <= look[1] <= UNTIL * records]
    if not inner or inner[0][1] == inner[-1][1]:
        raise SystemExit(f"{records:,} records are too few to see a rate")
    (begin, first), (end, last) = inner[0], inner[-1]
    return (last - first) / (end - begin)


async def measure(arguments: argparse.Namespace) -> dict[int, list[float]]:
    """Every round, one worker and two in alternating order."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    async with ApacheKafka() as broker, EmbeddedRedis() as redis:
        await fill(broker.bootstrap, invented(arguments.records, copies=10, thin=1), 1)
        store = RedisStore(redis.url, namespace="bench")
        for turn in range(arguments.rounds):
            for workers in (1, 2) if turn % 2 == 0 else (2, 1):
                await store._client.flushall()  # noqa: SLF001 - a benchmark's own server
                name = f"workers-{workers}-{turn}"
                found = await rate(workers, broker.bootstrap, redis.url, arguments.records, name)
                rates[workers].append(found)
                print(f"round {turn + 1}: {workers} {found:>10,.0f} records/s", flush=True)
        await store.close()
    return rates


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it works")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.records = 1, 800_000
    rates = asyncio.run(measure(arguments))
    alone = statistics.median(rates[1])
    rows = [
        (str(workers), f"{statistics.median(some):,.0f}", f"{min(some):,.0f}", f"{max(some):,.0f}",
         f"{statistics.median(some) / alone:.2f}")
        for workers, some in rates.items()
    ]  # fmt: skip
    columns = ["workers", f"records/s (median of {arguments.rounds})", "least", "most", "ratio"]
    print(f"\n{len(os.sched_getaffinity(0))} cores for broker, Redis and workers\n\n{table(columns, rows)}")


if __name__ == "__main__":
    main()

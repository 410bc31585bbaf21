"""Bytes per mission in worker and exporter, each measured in a process of its own.

For every size a child fills a partition (worker) or a history read from the stored bytes of the same missions
(exporter, after its first judged snapshot) and tells its resident memory before and after; missions are open, the
dearest kind of the ledger, or closed and measured, the dearest kind of the read side.

    python benchmarks/memory.py [--sizes 20000 100000 1000000] [--quick]

Takes about 2 min; `--quick` 8 s. 20,000 missions are about the national year.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
from dataclasses import replace

from growth import BATCH, NOW, NoLetters
from invented import records, rss_bytes, table

from monitor.core.partition import Batch, Partition
from monitor.core.snapshot import take
from monitor.core.stored import read_day, read_head
from monitor.settings import load
from monitor.wiring import empty_history, partition_policy, snapshot_terms

SPREAD_SECONDS = 365 * 86_400.0


async def held(role: str, missions: int, *, arrived: bool) -> dict[str, int]:
    """Resident bytes with nothing and with `missions`."""
    conf = load()
    policy = replace(partition_policy(conf), capacity=2**40)
    partition, days = Partition.start(policy), {}
    history = empty_history(conf)
    take(history, snapshot_terms(conf), NOW)
    gc.collect()
    empty = rss_bytes(os.getpid())
    for first in range(0, missions, BATCH):
        some = list(
            records(
                range(first, min(missions, first + BATCH)), policy.series, first_offset=first, stamp=NOW,
                rang_at=NOW - SPREAD_SECONDS, apart_seconds=SPREAD_SECONDS / missions, arrived=arrived,
            )
        )  # fmt: skip
        effects = partition.apply(Batch(first, first + len(some), some), NOW)
        if effects.dead_letters:
            await NoLetters().put(0, effects.dead_letters)
        if (first // BATCH) % 40 == 39 or first + BATCH >= missions:
            changes = partition.checkpoint()
            for day, blob in changes.append.items():
                days.setdefault(day, []).append(blob)
            days.update({day: list(blobs) for day, blobs in changes.replace.items()})
            head = changes.head
    if role == "worker":
        days.clear()
        gc.collect()
        return {"empty": empty, "full": rss_bytes(os.getpid()), "kept": len(partition.missions)}
    del partition
    gc.collect()
    before = rss_bytes(os.getpid())  # the stored bytes stay: they are Redis' in life
    history.heads[0] = read_head(head)
    for day in sorted(days):
        history.put_day(0, history.heads[0], day, read_day(days[day]))
    take(history, snapshot_terms(conf), NOW)
    gc.collect()
    return {"empty": empty, "full": empty + rss_bytes(os.getpid()) - before, "kept": missions}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000, 1_000_000])
    parser.add_argument("--quick", action="store_true", help="20,000 missions only")
    parser.add_argument("--role", choices=["worker", "exporter"])
    parser.add_argument("--arrived", action="store_true")
    arguments = parser.parse_args()
    if arguments.role:
        print(json.dumps(asyncio.run(held(arguments.role, arguments.sizes[0], arrived=arguments.arrived))))
        return
    rows = []
    for size in [20_000] if arguments.quick else arguments.sizes:
        for role in ("worker", "exporter"):
            for kind in ("open", "measured"):
                command = [sys.executable, __file__, "--role", role, "--sizes", str(size)]
                command += ["--arrived"] * (kind == "measured")
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                assert found["kept"] == size
                each = (found["full"] - found["empty"]) / size
                rows.append((role, f"{size:,}", kind, f"{found['full'] / 2**20:.0f}", f"{each:.0f}"))
                print(rows[-1], flush=True)
    print(f"\n{table(['process', 'missions', 'kind', 'RSS (MiB)', 'bytes/mission'], rows)}")


if __name__ == "__main__":
    main()

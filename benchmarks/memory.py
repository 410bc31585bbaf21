"""Bytes per mission in worker and exporter, each measured in a process of its own.

For every size a child fills a partition (worker) and tells its resident memory before and after; another fills one to
leave its stored bytes in a file, which a third reads day by day (exporter, until its first judged snapshot). Missions
are open, the dearest kind of the ledger, or closed and measured, the dearest kind of the read side. The worker is
measured with two and three clocks, too: by how much each further one costs more.

    python benchmarks/memory.py [--sizes 20000 100000 1000000] [--quick]

Takes about 2 min; `--quick` 8 s. 20,000 missions are about the national year.
"""

import argparse
import asyncio
import gc
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from growth import BATCH, NOW
from invented import records, rss_bytes, table

from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.core.service import Service
from monitor.core.snapshot import take
from monitor.core.stored import Changes, read_day, read_head
from monitor.settings import load
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.wiring import empty_history, partition_policy, snapshot_terms

SPREAD_SECONDS = 365 * 86_400.0


def with_clocks(service: Service, count: int) -> Service:
    """The same service with further clocks over the same instants, each a second shorter."""
    first = service.clocks[0]
    further = [
        replace(first, slug=f"clock-{n}", begin=tuple(replace(one, plus_seconds=n) for one in first.begin))
        for n in range(1, count)
    ]
    return replace(service, clocks=(first, *further))


def filled(missions: int, *, arrived: bool, shelf: Path | None, clocks: int = 1) -> dict[str, int]:
    """Resident bytes of a worker with nothing and with `missions`, whose stored bytes go to `shelf`."""
    policy = replace(partition_policy(load()), capacity=2**40)
    policy = replace(policy, service=with_clocks(policy.service, clocks))
    partition, stored = Partition.start(policy), MemoryBacking()
    gc.collect()
    empty = rss_bytes(os.getpid())
    for first in range(0, missions, BATCH):
        some = list(
            records(
                range(first, min(missions, first + BATCH)), policy.service.told_series, first_offset=first, stamp=NOW,
                rang_at=NOW - SPREAD_SECONDS, apart_seconds=SPREAD_SECONDS / missions, arrived=arrived,
            )
        )  # fmt: skip
        effects = partition.apply(Batch(first, first + len(some), some), NOW)
        assert not effects.dead_letters, effects.dead_letters[0].detail
        if (first // BATCH) % 40 == 39 or first + BATCH >= missions:
            changes = partition.checkpoint()
            if shelf is not None:
                asyncio.run(keep(stored, changes))
    gc.collect()
    full = rss_bytes(os.getpid())
    if shelf is not None:
        with shelf.open("wb") as out:
            kept = stored.kept[0]
            pickle.dump(kept.head, out)
            for day in sorted(kept.days):
                pickle.dump((day, list(kept.days[day])), out)
    return {"empty": empty, "full": full, "kept": len(partition.missions)}


async def keep(stored: MemoryBacking, changes: Changes) -> None:
    """One checkpoint more."""
    store = MemoryStore(stored)
    lease, _ = await store.claim(0)
    await store.checkpoint(lease, changes)


def read(shelf: Path) -> dict[str, int]:
    """Resident bytes of an exporter before and after it has read `shelf` and judged it; nothing else was here."""
    conf = load()
    history = empty_history(conf)
    take(history, snapshot_terms(conf), NOW)
    gc.collect()
    empty = rss_bytes(os.getpid())
    with shelf.open("rb") as stored:
        head = history.heads[0] = read_head(pickle.load(stored))  # noqa: S301 - written by this program just now
        with suppress(EOFError):
            while True:
                day, blobs = pickle.load(stored)  # noqa: S301
                history.put_day(0, head, day, read_day(blobs))
    take(history, snapshot_terms(conf), NOW)
    gc.collect()
    return {"empty": empty, "full": rss_bytes(os.getpid()), "kept": head.missions}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000, 1_000_000])
    parser.add_argument("--quick", action="store_true", help="20,000 missions only")
    parser.add_argument("--role", choices=["worker", "shelf", "exporter"], help=argparse.SUPPRESS)
    parser.add_argument("--shelf", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--arrived", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--clocks", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == "exporter":
        print(json.dumps(read(arguments.shelf)))
        return
    if arguments.role:
        found = filled(arguments.sizes[0], arrived=arguments.arrived, shelf=arguments.shelf, clocks=arguments.clocks)
        print(json.dumps(found))
        return
    with TemporaryDirectory() as directory:
        rows = list(measured([20_000] if arguments.quick else arguments.sizes, Path(directory) / "shelf"))
    columns = ["process", "missions", "kind", "clocks", "RSS (MiB)", "bytes/mission", "each further clock"]
    print(f"\n{table(columns, rows)}")


def measured(sizes: Sequence[int], shelf: Path) -> Iterator[tuple[str, ...]]:
    """The rows of the table."""
    for size in sizes:
        for kind in ("open", "measured"):
            options = ["--sizes", str(size)] + ["--arrived"] * (kind == "measured")
            alone = 0.0
            for role, more, clocks in (
                ("worker", [], 1),
                ("worker", ["--clocks", "2"], 2),
                ("worker", ["--clocks", "3"], 3),
                ("shelf", ["--shelf", str(shelf)], 1),
                ("exporter", ["--shelf", str(shelf)], 1),
            ):
                command = [sys.executable, __file__, "--role", role, *options, *more]
                found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                assert found["kept"] == size
                if role != "shelf":
                    each = (found["full"] - found["empty"]) / size
                    alone = each if clocks == 1 else alone
                    further = f"{(each - alone) / (clocks - 1):.0f}" if clocks > 1 else "–"
                    row = (
                        role, f"{size:,}", kind, str(clocks), f"{found['full'] / 2**20:.0f}", f"{each:.0f}", further,
                    )  # fmt: skip
                    print(row, flush=True)
                    yield row


if __name__ == "__main__":
    main()

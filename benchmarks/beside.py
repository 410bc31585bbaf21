"""The core of this tree beside that of another commit: microseconds of CPU a record, in one process and in turns.

Decode, judge, ledger, sealing and checkpoints of one partition, without Kafka and Redis. Both cores are imported side
by side and take turns of 2,000 records of the same stream, so that whatever else the machine does meets both alike;
of each turn the quickest of all rounds counts. The ratio holds where records a second of two runs differ by a half.
`benchmarks/ingest.py --before` measures the whole worker, and needs a quiet machine.

    python benchmarks/beside.py [--before 1120528] [--records 300000] [--copies 1,10] [--horizons 400,30] [--rounds 3]

A horizon (days) is when a mission is sealed: with one copy of a nation's year, 300,000 records are three years, and
30 days seal nearly all; with ten copies they are four months, and 400 days seal nothing. Takes about three minutes.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import national

ROOT = Path(__file__).resolve().parents[1]
DAY_SECONDS = 86_400.0
BATCH, TURN, CHECKPOINT = 500, 4, 40
"""Records in a batch; batches in a turn, and between checkpoints."""


@dataclass(frozen=True, slots=True)
class Told:
    """A record, as the core reads it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes


def core_of(tree: Path) -> tuple[Any, Any, Any]:
    """The shipped policy of a tree, its Partition and its Batch, imported beside whatever was imported before."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "monitor"]:
        del sys.modules[name]
    sys.path.insert(0, str(tree))
    os.environ["MONITOR_CONFIG"] = str(tree / "config" / "monitor.toml")
    try:
        from monitor.core import partition
        from monitor.settings import load
        from monitor.wiring import partition_policy

        # Wherever a batch is defined in that tree, the partition has it.
        return partition_policy(load()), partition.Partition, vars(partition)["Batch"]
    finally:
        sys.path.remove(str(tree))


def cost(cores: list[tuple[Any, Any, Any]], records: list[Told], horizon_days: int, *, rounds: int) -> list[float]:
    """Microseconds a record of each core: the sum of what each turn took in its quickest round."""
    by_round = [spent_in_turns(cores, records, horizon_days) for _ in range(rounds)]
    quickest = [[min(turn) for turn in zip(*turns, strict=True)] for turns in zip(*by_round, strict=True)]
    return [1e6 * sum(turns) / len(records) for turns in quickest]


def spent_in_turns(cores: list[tuple[Any, Any, Any]], records: list[Told], horizon_days: int) -> list[list[float]]:
    """Seconds of CPU that each core needs for each turn of one round."""
    now = records[-1].timestamp / 1000.0
    lanes = [
        (
            partition.start(replace(policy, horizon_seconds=horizon_days * DAY_SECONDS)),
            [batch(at, at + BATCH, records[at : at + BATCH]) for at in range(0, len(records), BATCH)],
        )
        for policy, partition, batch in cores
    ]
    spent: list[list[float]] = [[] for _ in cores]
    gc.collect()
    gc.freeze()
    for turn, first in enumerate(range(0, len(records) // BATCH, TURN)):
        for place in (0, 1) if turn % 2 else (1, 0):
            partition, batches = lanes[place]
            began = time.process_time()
            for number, some in enumerate(batches[first : first + TURN], start=first + 1):
                partition.apply(some, now)
                if number % CHECKPOINT == 0:
                    partition.checkpoint()
            spent[place].append(time.process_time() - began)
    gc.unfreeze()
    return spent


def main() -> None:
    """Measure and print a row per stream and horizon."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", default="1120528", metavar="COMMIT")
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--copies", type=lambda text: [int(part) for part in text.split(",")], default=[1, 10])
    parser.add_argument("--horizons", type=lambda text: [int(part) for part in text.split(",")], default=[400, 30])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    gc.disable()
    with tempfile.TemporaryDirectory() as directory:
        packed = subprocess.run(["git", "-C", ROOT, "archive", arguments.before], capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", directory], input=packed.stdout, check=True)
        cores = [core_of(Path(directory)), core_of(ROOT)]
        print(f"| copies of a year | horizon, days | {arguments.before}, µs/record | now | ratio |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for copies in arguments.copies:
            stream = islice(national.records(count(2020), copies=copies), arguments.records // BATCH * BATCH)
            records = [
                Told(offset, int(at.timestamp() * 1000), key, value) for offset, (at, key, value) in enumerate(stream)
            ]
            for horizon in arguments.horizons:
                before, now = cost(cores, records, horizon, rounds=arguments.rounds)
                print(f"| {copies} | {horizon} | {before:.2f} | {now:.2f} | {before / now:.2f} |", flush=True)


if __name__ == "__main__":
    main()

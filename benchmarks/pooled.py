"""Percentiles of pooled sealed days beside all incidents: England's ambulances at their volume, without Kafka.

A year as `ambulances.py` invents it is sealed as a worker seals it, by day, series and partition, and pooled as the
exporter pools it. Told is how far P90 of 90 days and of the year lie from the exact value, for England and trusts,
what a window takes, and the same where each sketch keeps less than a day has. `volume.py` is the whole way; this is
the part of it in which accuracy can be lost.

    python benchmarks/pooled.py [--days 366] [--incidents-a-day 24590] [--partitions 2] [--centroids 4000,1000]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from ambulances import CATEGORY_SHARES, MIDDLE_SECONDS, SPREADS
from invented import table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitor.core import digest
from monitor.core.digest import Floats
from monitor.core.percent import rank
from monitor.core.sealed import Sheaf, Sketches
from monitor.core.selection import Pool

TRUSTS, BLOCK_DAYS, PERCENT = 11, 32, 90

Leaf = tuple[int, int]
"""Trust and category."""


def invented(days: int, many: int, partitions: int) -> dict[Leaf, list[list[Floats]]]:
    """Seconds by trust and category, then by day and partition; ascending."""
    rng = np.random.default_rng(3)
    shares, slow = np.exp(np.sin(3.0 * np.arange(TRUSTS))), np.linspace(0.72, 1.3, TRUSTS)
    found: dict[Leaf, list[list[Floats]]] = {(one, two): [] for one in range(TRUSTS) for two in range(4)}
    for _ in range(days):
        trust = rng.choice(TRUSTS, many, p=shares / shares.sum())
        category = rng.choice(4, many, p=CATEGORY_SHARES)
        drive = np.array(MIDDLE_SECONDS)[category] * slow[trust]
        took = drive * np.exp(rng.normal(0.0, 1.0, many) * np.array(SPREADS)[category]) + rng.exponential(100.0, many)
        for leaf, by_day in found.items():
            held = np.flatnonzero((trust == leaf[0]) & (category == leaf[1]))
            by_day.append([np.sort(np.round(took[held[one::partitions]], 3)) for one in range(partitions)])
    return found


def block(by_day: list[list[Floats]]) -> Sheaf:
    """Days of one series as the exporter holds them."""
    parts = [Sketches.of([digest.fields_of(values.tolist())]) for day in by_day for values in day]
    return Sheaf.of(parts, np.arange(len(parts)))


def pool(blocks: list[list[Sheaf]], days: int, first: int, partitions: int) -> Pool:
    """Of some series by blocks of days, what lies from a day on."""
    pieces = []
    for number, some in enumerate(blocks):
        begin, end = number * BLOCK_DAYS, min(days, (number + 1) * BLOCK_DAYS)
        if end > first:
            for one in some:
                pieces += one.pieces(max(0, first - begin) * partitions, (end - begin) * partitions)
    return Pool(pieces)


def measured(made: dict[Leaf, list[list[Floats]]], days: int, partitions: int) -> list[tuple[str, ...]]:
    """A row for each window and kind of area."""
    blocks = {
        leaf: [block(by_day[begin : begin + BLOCK_DAYS]) for begin in range(0, days, BLOCK_DAYS)]
        for leaf, by_day in made.items()
    }
    rows = []
    for window, first in (("90 days", max(0, days - 90)), (f"{days} days", 0)):
        for place, trusts in (
            ("England", [range(TRUSTS)]),
            ("trusts", [range(one, one + 1) for one in range(TRUSTS)]),
        ):
            off, sizes, took, merged = [], [], [], 0
            for some in trusts:
                for categories in ([0], [1], [2], [3], [0, 1, 2, 3]):
                    leaves = [(trust, category) for trust in some for category in categories]
                    began = time.process_time()
                    by_block = [list(same) for same in zip(*[blocks[leaf] for leaf in leaves], strict=True)]
                    held = pool(by_block, days, first, partitions)
                    number = rank(held.weight, PERCENT)
                    value = held.values([number])[number]
                    took.append(time.process_time() - began)
                    merged += not held.exact
                    values = [one for leaf in leaves for day in made[leaf][first:] for one in day]
                    exact = np.partition(np.concatenate(values), number - 1)[number - 1]
                    off.append(abs(value - float(exact)))
                    sizes.append(held.weight)
            rows.append(
                (f"{window}, {place}", f"{len(off)}", f"{min(sizes):,}", f"{max(sizes):,}", f"{merged}",
                 f"{max(off):.2f}", f"{1000 * max(took):.0f}")
            )  # fmt: skip
    return rows


def main() -> None:
    """Measure and print a table for each number of centroids."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--incidents-a-day", type=int, default=24_590)
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--centroids", default=f"{digest.CENTROIDS},1000")
    arguments = parser.parse_args()
    made = invented(arguments.days, arguments.incidents_a_day, arguments.partitions)
    most = max(len(values) for by_day in made.values() for day in by_day for values in day)
    print(
        f"{arguments.days} days, {arguments.incidents_a_day:,} incidents a day; at most {most:,} of a day and series"
    )
    columns = ["P90 of", "figures", "least n", "most n", "estimated", "off by at most, s", "CPU at most, ms"]
    for limit in [int(one) for one in arguments.centroids.split(",")]:
        digest.CENTROIDS = limit  # type: ignore[misc]
        rows = measured(made, arguments.days, arguments.partitions)
        print(f"\n{limit:,} centroids kept of each\n\n{table(columns, rows)}", flush=True)


if __name__ == "__main__":
    main()

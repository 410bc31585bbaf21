"""What a closer look at an area costs, and how often hours stand out that should, or should not.

Cost: CPU of computing what the page of an area tells beyond verdicts (`core.closer`), of the whole country, whose
page is the dearest, over the last 28 and 365 days; from histories in memory as `benchmarks/exporter.py` makes them.
Hours: of simulated years with hours of the week as busy as the simulator's, the share in which any cell, day or block
of hours stands out although all are alike; and how many of those that are worse stand out.

    python benchmarks/closer.py [--rounds 7] [--years 400] [--quick]

Takes about 1 min; `--quick` 10 s.
"""

import argparse
import gc
import statistics
import time
from dataclasses import dataclass

import exporter
import numpy as np
from invented import table
from numpy.typing import NDArray

from monitor.core.closer import closer_of
from monitor.core.history import History
from monitor.core.hours import BLOCKS, DAYS, LEAST
from monitor.core.stats import beta_binomial
from monitor.core.windows import Span, parse_window

SEED = 2024
BUSY = np.outer((1.0, 1.0, 1.0, 1.0, 1.3, 1.6, 1.2), (0.5, 0.4, 0.6, 1.0, 1.2, 1.3, 1.3, 0.9)).ravel()
LATE = 0.2
WORSE = 1.5
SIZES = (100, 800, 3_000, 10_000)

Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """Which cells are worse, of which table: of all 56, of the days, or of the blocks of hours."""

    name: str
    worse: Cells


def _cells(*places: tuple[int, int]) -> Cells:
    found = np.zeros((DAYS, BLOCKS), dtype=bool)
    for place in places:
        found[place] = True
    return found


KINDS = (
    Kind("all hours alike", _cells()),
    Kind("weekend nights (4 cells) worse", _cells((4, 7), (5, 0), (5, 7), (6, 0))),
    Kind("every night (14 cells) worse", _cells(*((day, block) for day in range(DAYS) for block in (0, 7)))),
)


def standing_out(late: NDArray[np.int64], missions: NDArray[np.int64]) -> Cells:
    """As `core.hours` decides it."""
    counts = [*zip(late.tolist(), missions.tolist(), strict=True)]
    of = sum(n for _, n in counts)
    whole = sum(count for count, _ in counts) / of
    strength = beta_binomial.strength([one for one in counts if one[1] >= LEAST])
    told = [beta_binomial.shrunk(*one, whole=whole, strength=strength, of=of) for one in counts]
    return np.array(
        [n >= LEAST and not one.lower <= whole <= one.upper for one, (_, n) in zip(told, counts, strict=True)]
    )


def shown(rng: np.random.Generator, kind: Kind, missions: int, years: int) -> list[float | None]:
    """Shares of simulated years with anything standing out, where all is alike; else of worse cells, and blocks."""
    truth, alike, blocks = np.where(kind.worse, LATE * WORSE, LATE), not kind.worse.any(), kind.worse.all(axis=0)
    anything, cells_found, blocks_found = 0, 0.0, 0.0
    for _ in range(years):
        n = rng.multinomial(missions, BUSY / BUSY.sum()).reshape(DAYS, BLOCKS)
        late = rng.binomial(n, truth)
        cells = standing_out(late.ravel(), n.ravel()).reshape(DAYS, BLOCKS)
        days, by_block = standing_out(late.sum(axis=1), n.sum(axis=1)), standing_out(late.sum(axis=0), n.sum(axis=0))
        anything += bool(cells.any() or days.any() or by_block.any())
        cells_found += 0.0 if alike else float(cells[kind.worse].mean())
        blocks_found += float(by_block[blocks].mean()) if blocks.any() else 0.0
    return [
        anything / years if alike else None,
        None if alike else cells_found / years,
        blocks_found / years if blocks.any() else None,
    ]


def cost(history: History, spans: dict[str, Span], area: str, rounds: int) -> float:
    """Median CPU milliseconds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        began = time.thread_time()
        closer_of(history, area, spans, longest=spans["365d"])
        times.append(1000 * (time.thread_time() - began))
    return statistics.median(times)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--years", type=int, default=400, help="simulated years for each size and kind")
    parser.add_argument("--quick", action="store_true", help="the national year only, few years")
    arguments = parser.parse_args()
    cases = [
        ("national year, exact", 50.0, False),
        ("national year, sealed", 50.0, True),
        ("ten national years, exact", 500.0, False),
        ("ten national years, sealed", 500.0, True),
    ]
    if arguments.quick:
        arguments.rounds, arguments.years, cases = 1, 5, cases[:1]
    conf, rows = exporter.configuration(1), []
    for name, per_day, sealed in cases:
        history = exporter.year(conf, per_day=per_day, partitions=4, sealed=sealed)
        around = {window: parse_window(window).span(exporter.NOW, conf.grid) for window in ("28d", "365d")}
        spans = {window: span for window, span in around.items() if span is not None}
        rows.append((name, *(f"{cost(history, spans, area, arguments.rounds):.1f}" for area in ("national", "oslo"))))
    print(table(["history", "whole country (ms)", "a district (ms)"], rows), flush=True)
    rng, rows = np.random.default_rng(SEED), []
    for kind in KINDS:
        for size in SIZES:
            told = shown(rng, kind, size, arguments.years)
            rows.append((kind.name, f"{size:,}", *("" if share is None else f"{100 * share:.1f}%" for share in told)))
    heads = ["late shares", "missions a year", "by chance", "worse cells found", "worse blocks found"]
    print(f"\n{table(heads, rows)}")


if __name__ == "__main__":
    main()

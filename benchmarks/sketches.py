"""How far sketches are off, and how fast they are: both backends beside Apache DataSketches, crick and pytdigest.

Samples are drawn from the calibrated distributions, cut into the days of a year, sketched day by day and merged: what
becomes of history. The error is that of P50 and P80 in seconds against the exact nearest rank. Ours is measured over
centroid limits as well, so that the default (`CENTROIDS` in `monitor/core/digest.py`) can be seen to be right.

    python benchmarks/sketches.py [--quick]

Takes about five minutes, most of it the pure Python backend at a million values; ten seconds with --quick.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random

import msgspec
import numpy as np

from monitor.core import digest
from monitor.core.percent import rank
from monitor.simulator.calibration import published
from monitor.simulator.past import any_share

ROOT = Path(__file__).resolve().parents[1]
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
DAYS = 365
REPEATS = {20: 35, 100: 35, 1_000: 35, 10_000: 12, 100_000: 6, 1_000_000: 3}
LIMITS = (50, 100, 200, 300, 500, 1000, 2000, 4000)

Found = tuple[float, float, float, int]
"""P50 and P80 (seconds), seconds taken, bytes kept."""


def draw(sizes: dict[int, int]) -> dict[str, np.ndarray]:
    """Samples by "size-repeat", each of one cell; the repeats go through the cells."""
    dice, cells = Random("sketches"), published().cells_on(date.min)  # noqa: S311 - has to be repeatable
    return {
        f"{size}-{turn}": np.array(
            [cells[11 * turn % len(cells)].response_ms(any_share(dice)) / 1000 for _ in range(size)]
        )
        for size, repeats in sizes.items()
        for turn in range(repeats)
    }


def ours(samples: dict[str, np.ndarray], backend: digest.Backend, limit: int) -> dict[str, Found]:
    """Our own face of either library, at a centroid limit."""
    kept, digest.CENTROIDS = digest.CENTROIDS, limit
    try:
        return {name: _ours(values, backend) for name, values in samples.items()}
    finally:
        digest.CENTROIDS = kept


def _ours(values: np.ndarray, backend: digest.Backend) -> Found:
    days = [day.tolist() for day in np.array_split(values, DAYS) if day.size]
    began = time.perf_counter()
    whole = digest.merge([digest.of(day, backend=backend) for day in days], backend=backend)
    p50, p80 = whole.percentile(50), whole.percentile(80)
    seconds = time.perf_counter() - began
    assert p50 is not None
    assert p80 is not None
    assert whole.weight == values.size
    return p50, p80, seconds, len(msgspec.msgpack.encode(digest.to_fields(whole)))


def peers(samples: dict[str, np.ndarray]) -> dict[str, dict[str, Found]]:
    """The other projects, from their own environment; none where it is missing."""
    if not BENCH_PYTHON.exists():
        if os.environ.get("CI") == "true":
            raise SystemExit("no .venv-bench: run `make .venv-bench/.bench`. With CI=true nothing may be left out.")
        print("without the sketches of other projects: run `make .venv-bench/.bench` first")
        return {}
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "samples.npz"
        np.savez(path, **samples)
        script = Path(__file__).resolve().parent / "peers" / "sketch.py"
        done = subprocess.run([BENCH_PYTHON, script, path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the sketches of other projects failed:\n{done.stderr}")
    return {
        label: {name: tuple(one) for name, one in found.items()} for label, found in json.loads(done.stdout).items()
    }


def exact(values: np.ndarray, percent: int) -> float:
    """The nearest-rank percentile."""
    return float(np.sort(values)[rank(values.size, percent) - 1])


def table(samples: dict[str, np.ndarray], results: dict[str, dict[str, Found]], sizes: dict[int, int]) -> str:
    """One row per sketch; per size the largest error of P50 and of P80 among the repeats."""
    truth = {name: (exact(values, 50), exact(values, 80)) for name, values in samples.items()}
    largest = max(sizes)
    head = " | ".join(f"n = {size:,}".replace(",", " ") for size in sizes)
    lines = [
        f"| P50 / P80 off by at most, seconds | {head} | ns a value | kB kept |",
        "| --- |" + " ---: |" * (len(sizes) + 2),
    ]
    for label, found in results.items():
        cells = []
        for size, repeats in sizes.items():
            names = [f"{size}-{turn}" for turn in range(repeats)]
            worst = [max(abs(found[name][place] - truth[name][place]) for name in names) for place in (0, 1)]
            cells.append(f"{worst[0]:.2f} / {worst[1]:.2f}")
        names = [f"{largest}-{turn}" for turn in range(sizes[largest])]
        speed = statistics.median(found[name][2] for name in names) / largest * 1e9
        kept = statistics.median(found[name][3] for name in names) / 1000
        lines.append(f"| {label} | {' | '.join(cells)} | {speed:,.0f} | {kept:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few and small samples, to see that it works")
    arguments = parser.parse_args()
    sizes = {20: 12, 1_000: 12, 10_000: 4} if arguments.quick else REPEATS
    samples = draw(sizes)
    results: dict[str, dict[str, Found]] = {}
    for limit in LIMITS:
        default = ", the default" if limit == digest.CENTROIDS else ""
        results[f"ours, fastdigest, {limit} centroids{default}"] = ours(samples, "fastdigest", limit)
    results[f"ours, tdigest (pure Python), {digest.CENTROIDS} centroids"] = ours(samples, "tdigest", digest.CENTROIDS)
    results |= peers(samples)
    print(table(samples, results, sizes))


if __name__ == "__main__":
    sys.exit(main())

"""The benchmark of layers still runs, and its answers are those of brute force: it compares them itself."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "places.py"


def test_a_small_round_prints_every_way() -> None:
    """What it measures is for a person to read."""
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = ("| by index", "| records", "| every polygon")
    ways = [line for line in done.stdout.splitlines() if line.startswith(told)]
    assert len(ways) == 4, done.stdout

"""Sealed days of a nation are pooled without loss, and what a smaller sketch would cost is still told."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "pooled.py"


def test_days_of_a_nation_are_exact_and_small_sketches_are_not() -> None:
    """Of 4,000 values kept nothing is estimated and nothing off; of 50 some is."""
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--days", "40", "--incidents-a-day", "12000", "--centroids", "4000,50"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line.split(" | ")[4:6] for line in done.stdout.splitlines() if " days, " in line and line.startswith("|")]
    assert len(told) == 8, done.stdout
    assert told[:4] == [["0", "0.00"]] * 4, done.stdout
    assert ["0", "0.00"] not in [told[4], told[6]], done.stdout

"""The benchmark of greedy peers still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "greedy.py"

pytestmark = pytest.mark.integration


def test_a_small_round_prints_a_line_for_each_attack() -> None:
    """Every part of the benchmark is gone through once."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"],
        capture_output=True, text=True, timeout=150, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["zstd", "small", "ids", "port"]

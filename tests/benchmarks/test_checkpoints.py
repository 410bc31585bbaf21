"""The checkpoints benchmark still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "checkpoints.py"


def test_a_small_round_prints_the_table() -> None:
    """Every part of the benchmark is gone through once."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "full load" in done.stdout

"""The ingest benchmark still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "ingest.py"


def test_a_small_round_measures_both_and_prints_the_table() -> None:
    """Ours and the plain agent, on the same broker, each store everything they were asked for."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick", "--plain-records", "3000"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| this worker, one record batch at a time |" in done.stdout

"""The benchmark of closer looks still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "closer.py"


def test_both_tables_are_printed() -> None:
    """The cost of the national year, and every size and kind of hours once."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| national year, exact |" in done.stdout
    assert "| every night (14 cells) worse | 10,000 |" in done.stdout

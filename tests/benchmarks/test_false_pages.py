"""The benchmark of false pages still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "false_pages.py"


def test_both_tables_are_printed() -> None:
    """Before and after of missions overdue, and every volume of a feed once."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for row in ("before", "after", "0.5", "300"):
        assert f"\n| {row} |" in done.stdout

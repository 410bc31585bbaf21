"""The benchmark of conversions still runs: every row becomes an event, whichever way it goes."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "convert.py"


def test_every_row_is_an_event() -> None:
    """Other counts end the benchmark with a fault; its figures are for a person to read."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| `monitor convert --dry-run` |" in done.stdout

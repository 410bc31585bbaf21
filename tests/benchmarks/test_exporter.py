"""The exporter's benchmark still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "exporter.py"


def test_a_national_year_is_judged_scraped_and_read_from_redis() -> None:
    """Every part of the benchmark is gone through once, on a real Redis."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| national year, exact |" in done.stdout
    assert "missions in Redis" in done.stdout

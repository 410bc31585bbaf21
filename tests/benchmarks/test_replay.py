"""The replay benchmark still runs, and every way from JSON lines to the yearly table counts the same missions."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.components import require

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "replay.py"


@pytest.mark.integration
def test_one_year_is_the_same_table_however_it_is_made() -> None:
    """Core, whole path, DuckDB and ClickHouse: other counts end the benchmark with a fault."""
    require("java")
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    exact = [line for line in done.stdout.splitlines() if line.startswith(("| streamed", "| DuckDB"))]
    assert exact, done.stdout
    assert all(line.endswith("| 0.00 / 0.00 |") for line in exact), done.stdout

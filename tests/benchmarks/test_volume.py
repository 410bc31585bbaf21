"""A hundredth of England's year runs through Kafka, two workers and an exporter, and every count comes out."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.components import require

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "volume.py"


@pytest.mark.integration
def test_a_year_of_ambulances_is_counted_and_judged_exactly() -> None:
    """Counts, means and verdicts of every window that differ from all incidents' end the benchmark with a fault."""
    require("java")
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every count, every mean and every verdict is equal" in done.stdout
    assert "| exporter |" in done.stdout

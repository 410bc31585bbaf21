"""The soak still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.parametrize("missions", [0, 200])
def test_a_few_seconds_of_load_give_a_table_with_slopes(missions: int) -> None:
    """Real worker and exporter take the stream while their memory is looked at."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick", "--duration", "5", "--missions", str(missions)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| **slope from" in done.stdout

"""What an idle installation costs is still measured: figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.components import require

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "idle.py"


@pytest.mark.integration
def test_a_few_idle_seconds_give_a_row_for_each_process() -> None:
    """Real worker and exporter, scraped, with nothing told and then a mission."""
    require("java")
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| `monitor worker` |" in done.stdout
    assert "| `monitor exporter` |" in done.stdout

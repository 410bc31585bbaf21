"""The workers benchmark still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.components import require

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "workers.py"


@pytest.mark.integration
def test_one_worker_and_two_are_in_the_table() -> None:
    """Both had something to do, and everything was stored."""
    require("java")
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick"], capture_output=True, text=True, timeout=270, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("| 2 |")], done.stdout

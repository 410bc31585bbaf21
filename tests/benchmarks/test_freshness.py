"""The freshness benchmark still runs: its figures are for a person to read, never for a test to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "freshness.py"


@pytest.mark.integration
def test_probes_are_seen_on_metrics_and_board() -> None:
    """Through real processes every probe becomes visible, and the table says when."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--quick", "--broker", "embedded"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for sight in ("figure in `/metrics`", "cell of the board"):
        (line,) = (line for line in done.stdout.splitlines() if sight in line)
        assert "inf" not in line, done.stdout

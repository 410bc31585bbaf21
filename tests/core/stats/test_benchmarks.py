"""The simulations behind docs/statistics.md still run, and their rules are the ones that run in the monitor."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["alert_quality.py", "--quick"], "(c) ours, page"),
        (["alert_quality.py", "--quick", "--frontier"], "h 6.4, period 0.01"),
        (["coverage.py", "--quick"], "CUSUM 0.20 → 0.40"),
    ],
    ids=["alert quality", "frontier", "coverage"],
)
def test_the_simulations_run(command: list[str], expected: str) -> None:
    """Each prints its tables in a quick version within seconds."""
    script, *options = command
    ran = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr
    assert expected in ran.stdout

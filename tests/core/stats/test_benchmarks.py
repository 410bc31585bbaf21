"""The simulations behind docs/statistics.md still run, and their rules are the ones that run in the monitor."""

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.stats import chosen

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["alert_quality.py", "--quick"], "(c) ours, drift"),
        (["alert_quality.py", "--quick", "--frontier"], "h 4.2"),
        (["alert_quality.py", "--quick", "--volumes"], "| 95 → 88 % |"),
        (["coverage.py", "--quick"], "| 80% | 100 | 1.36% | 0.17% |"),
        (["bounds.py", "--quick"], "Lowest coverage of the widened bounds"),
    ],
    ids=["alert quality", "frontier", "volumes", "coverage", "bounds"],
)
def test_the_simulations_run(command: list[str], expected: str) -> None:
    """Each prints its tables in a quick version within seconds."""
    script, *options = command
    ran = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr
    assert expected in ran.stdout


def test_the_documented_parameters_are_those_that_run() -> None:
    """The table of chosen parameters in docs/statistics.md says what chosen.py says."""
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    shift = f"CUSUM {chosen.DRIFT.normal:.2f} → {chosen.DRIFT.degraded:.2f}"
    drift = f"| h = {chosen.DRIFT_PAGE_THRESHOLD} | h = {chosen.DRIFT_TICKET_THRESHOLD} |"
    assert f"| drift: {shift}, district series only {drift}" in text
    risk, breach = (
        f"{1 / alpha:.0f} (α = {alpha})" for alpha in (chosen.PERIOD_TICKET_ALPHA, chosen.PERIOD_PAGE_ALPHA)
    )
    assert f"| never: it is no change | e-value has reached {risk}: at risk; {breach}: breached |" in text
    assert f"| never | p ≤ {chosen.WINDOW_TICKET_P_VALUE} |" in text

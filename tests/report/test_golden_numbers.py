"""The report's numbers are those that commit 1120528 printed, byte for byte, wherever a column keeps its meaning."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
COLUMNS = {
    "period": "period", "area": "area", "category": "settlement", "excluded": "excluded",
    "response_measured": "missions", "response_unmeasured": "unmeasured",
    "response_unmeasured_ratio": "unmeasured_ratio", "response_previous_measured": "previous_missions",
    "goal_minutes": "p50_minutes", "goal_lower_minutes": "p50_lower_minutes",
    "goal_upper_minutes": "p50_upper_minutes", "goal_target_minutes": "goal_p50_minutes",
    "goal_within": "within_goal", "goal_state": "goal",
    "goal_evidence": "goal_evidence", "goal_by_whole_minutes": "goal_by_whole_minutes",
    "requirement_minutes": "p80_minutes", "requirement_lower_minutes": "p80_lower_minutes",
    "requirement_upper_minutes": "p80_upper_minutes", "requirement_target_minutes": "requirement_p80_minutes",
    "requirement_within": "within_requirement", "requirement_state": "requirement",
    "requirement_evidence": "requirement_evidence", "requirement_by_whole_minutes": "requirement_by_whole_minutes",
    "requirement_late_budget": "late_budget", "requirement_previous_minutes": "previous_p80_minutes",
    "requirement_previous_state": "previous_requirement", "requirement_change_minutes": "p80_change_minutes",
}  # fmt: skip
"""What today's columns were called then; all of them are still there."""


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_the_numbers_are_those_of_before(seed: int) -> None:
    """Through the command line; golden files of that commit, never to be written anew."""
    with (GOLDEN / f"2024-seed-{seed}.csv").open(encoding="utf-8", newline="") as file:
        before = list(csv.DictReader(file))
    monitor = [sys.executable, "-m", "monitor.cli"]
    with subprocess.Popen(
        [*monitor, "simulate", "--year", "2024", "--seed", str(seed)], stdout=subprocess.PIPE
    ) as simulate:
        printed = subprocess.run(
            [*monitor, "report", "--period", "2024", "--events", "-", "--format", "csv"],
            stdin=simulate.stdout, stdout=subprocess.PIPE, check=True, timeout=120, encoding="utf-8",
        ).stdout  # fmt: skip
    now = list(csv.DictReader(printed.splitlines()))
    assert set(COLUMNS.values()) == before[0].keys()
    assert len(now) == len(before) == 39
    for row, known in zip(now, before, strict=True):
        assert {old: row[new] for new, old in COLUMNS.items()} == known

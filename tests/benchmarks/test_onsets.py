"""What the benchmark of pages says of each mission is what the core says of the same missions, as known by then."""

import sys
from pathlib import Path

import numpy as np
import pytest

from monitor.core.alarm import Rules
from monitor.core.day_counts import DayCounts
from monitor.core.onset import Onset, onset_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import onsets
from alert_quality import Missions

DAYS = 1000
RULES = Rules()


def onset(at: np.ndarray, late: np.ndarray) -> Onset:
    """What the core says once these missions are known."""
    day = np.floor(at).astype(np.int64)
    judged, lates = (np.bincount(day, weights=one).astype(np.int64) for one in (np.ones(day.size), late))
    held = np.flatnonzero(judged)
    return onset_of(
        DayCounts(held, judged[held], lates[held]), RULES.chart, 80, threshold=RULES.drift_threshold,
        lag_days=RULES.watch_days, length_days=RULES.baseline_days - RULES.watch_days,
    )  # fmt: skip


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("before", [0.2, 0.5], ids=["on target", "always late"])
def test_each_look_is_the_cores(before: float, corrected: bool) -> None:
    """A series that becomes worse twice, and of which a tenth is told as late first and corrected after five days."""
    rng = np.random.default_rng(5)
    at = np.sort(rng.uniform(0, DAYS, 800))
    late = rng.random(at.size) < np.where(at < 600, before, np.where(at < 800, 0.6, 0.9))
    told = late | (rng.random(at.size) < 0.1) if corrected else None
    changed, worse = onsets.Series(Missions(at, late), DAYS, told).looked_at(onsets.Tuned(RULES.drift_threshold))
    seen = set()
    for now in range(350, at.size, 3):
        known = np.arange(now + 1)
        first = late if told is None else told
        found = onset(at[known], np.where(at[known] <= at[now] - onsets.CORRECTED_DAYS, late[known], first[known]))
        assert (changed[now], worse[now]) == (found is not Onset.NONE, found is Onset.WORSE)
        seen.add(found)
    assert seen >= ({Onset.NONE, Onset.CHANGED} if before == 0.5 else set(Onset))


def test_what_comes_again_within_the_week_is_told_once() -> None:
    """One day of news for each episode."""
    at = np.arange(40.0)
    on = np.isin(at, [5, 9, 10, 30])
    assert onsets.told(Missions(at, on), on).tolist() == [[5.0, 6.0], [30.0, 31.0]]

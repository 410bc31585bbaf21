"""Simulated life is what it says: its level, its clusters, its season and its drift are as large as was asked for."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import life

YEARS = 40
PER_YEAR = 5_000


def rng() -> np.random.Generator:
    return np.random.default_rng(22)


def correlation(groups: np.ndarray, late: np.ndarray) -> float:
    """Of two missions of the same group, by counting pairs."""
    sizes, lates = np.bincount(groups), np.bincount(groups, weights=late)
    share = late.mean()
    both = (lates * (lates - 1)).sum() / (sizes * (sizes - 1)).sum()
    return float((both - share**2) / (share * (1 - share)))


@pytest.mark.parametrize("p", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("kind", [life.CALM, life.MODERATE], ids=["calm", "moderate"])
def test_the_level_is_what_was_asked_for(p: float, kind: dict[str, float]) -> None:
    """On average over years, however it moves; times ascend within the years."""
    times, within = life.year(rng(), PER_YEAR, p, years=YEARS, **kind)
    assert within.mean() == pytest.approx(p, abs=0.015)
    assert times.size == pytest.approx(PER_YEAR * YEARS, rel=0.02)
    assert (np.diff(times) >= 0).all()
    assert 0.0 <= times[0] <= times[-1] < YEARS * life.YEAR_DAYS


def test_missions_of_a_half_day_hang_together_as_much_as_was_asked_for() -> None:
    """Within the half day, and not with the next; of a day, both halves."""
    times, within = life.year(rng(), PER_YEAR, 0.8, rho=0.05, years=YEARS)
    assert correlation((2 * times).astype(int), ~within) == pytest.approx(0.05, abs=0.006)
    assert correlation(times.astype(int), ~within) == pytest.approx(0.025, abs=0.005)
    times, within = life.year(rng(), PER_YEAR, 0.8, day=0.03, years=YEARS)
    assert correlation(times.astype(int), ~within) == pytest.approx(0.03, abs=0.005)
    times, within = life.year(rng(), PER_YEAR, 0.8, years=YEARS)
    assert correlation((2 * times).astype(int), ~within) == pytest.approx(0.0, abs=0.003)


def test_winter_is_worse_than_summer_by_twice_the_season() -> None:
    """The worst weeks of January against the best of July."""
    times, within = life.year(rng(), PER_YEAR, 0.8, season=0.05, years=YEARS)
    of_year = times % life.YEAR_DAYS
    january, july = (~within[abs(of_year - day) < 10] for day in (20, 202))
    assert january.mean() - july.mean() == pytest.approx(0.10, abs=0.02)


def test_months_drift_apart_as_far_as_was_asked_for() -> None:
    """The standard deviation of the chance, and that it has forgotten itself after half a year."""
    chance = life.chances(rng(), 0.8, drift=0.03, years=200)[::2]
    assert chance.std() == pytest.approx(0.03, abs=0.004)
    assert np.corrcoef(chance[:-60], chance[60:])[0, 1] == pytest.approx(np.exp(-1), abs=0.08)
    assert abs(np.corrcoef(chance[:-365], chance[365:])[0, 1]) < 0.1


def test_what_is_told_late_at_first_is_corrected() -> None:
    """Only missions that were within are wronged, and the truth comes after the days it takes."""
    times, within = life.year(rng(), PER_YEAR, 0.8, years=4)
    told, at = life.as_first_told(rng(), times, within, share=0.05, after_days=5.0)
    wronged = within & ~told
    assert wronged.sum() / within.sum() == pytest.approx(0.05, abs=0.01)
    assert not (told & ~within).any()
    assert np.allclose(at[wronged] - times[wronged], 5.0)
    assert (at[~wronged] == times[~wronged]).all()


def test_the_same_seed_is_the_same_life() -> None:
    """A table can be made again."""
    once, again = (life.year(rng(), 300, 0.8, **life.MODERATE) for _ in range(2))
    assert all((one == other).all() for one, other in zip(once, again, strict=True))

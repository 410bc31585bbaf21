"""What is told of a whole service's days is what they were made with, and how sure it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.day_counts import NO_DAYS, DayCounts
from monitor.core.stats.day_correlation import day_correlation

USUAL = 0.05
VOLUMES = (3000, 900, 300, 300, 150, 60)


def series(rng: np.random.Generator, a_year: float, correlation: float, late: float = 0.2) -> DayCounts:
    """A year of beta-binomial days."""
    judged = rng.poisson(a_year / 365, 365)
    judged = judged[judged > 0]
    weight = 1 / correlation - 1 if correlation else np.inf
    shares = rng.beta(late * weight, (1 - late) * weight, judged.size) if correlation else np.full(judged.size, late)
    return DayCounts(np.arange(judged.size), judged, rng.binomial(judged, shares))


@pytest.mark.parametrize("correlation", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_the_interval_holds_the_truth_as_often_as_it_says(correlation: float) -> None:
    """Of 200 services of six series that are late to different shares: 95 %, and four standard errors of that."""
    rng = np.random.default_rng(7)
    found = [
        day_correlation(
            [series(rng, one, correlation, 0.1 + 0.05 * place) for place, one in enumerate(VOLUMES)], usual=USUAL
        )
        for _ in range(200)
    ]
    held = [
        one is not None and (one.interval.lower or 0.0) <= correlation <= (one.interval.upper or 0.0) for one in found
    ]
    assert np.mean(held) > 0.88
    assert np.mean([one.measured for one in found if one]) == pytest.approx(correlation, abs=0.006)


def test_a_quiet_service_is_taken_for_a_usual_one_and_a_busy_one_for_what_it_shows() -> None:
    """What was measured counts by its pairs."""
    rng = np.random.default_rng(8)
    quiet = [day_correlation([series(rng, 120, 0.2)], usual=USUAL) for _ in range(20)]
    busy = day_correlation([series(rng, 5000, 0.2)], usual=USUAL)
    assert busy is not None
    assert all(one is None or abs(one.drawn - USUAL) < abs(one.measured - USUAL) for one in quiet)
    assert np.mean([one.drawn for one in quiet if one]) < 0.1
    assert busy.drawn == pytest.approx(busy.measured, abs=0.04)


@pytest.mark.parametrize(("count", "a_year"), [(3600, 12), (300, 60), (200, 120)])
@pytest.mark.parametrize("correlation", [0.0, 0.15])
def test_many_small_series_say_what_a_large_one_would(count: int, a_year: float, correlation: float) -> None:
    """Each has its share from a dozen missions; together they must not pretend that days differ less than they do."""
    rng = np.random.default_rng(3)
    found = [
        day_correlation([series(rng, a_year, correlation, 0.1) for _ in range(count)], usual=USUAL) for _ in range(10)
    ]
    assert np.mean([one.measured for one in found if one]) == pytest.approx(correlation, abs=0.04)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)).filter(lambda day: day[1] <= day[0]), max_size=30))
def test_it_is_what_all_pairs_say(days: list[tuple[int, int]]) -> None:
    """Counted one by one; None where there is no pair, or nobody was late, or everybody."""
    judged, late = (np.array([day[one] for day in days], dtype=np.int64) for one in (0, 1))
    found = day_correlation([DayCounts(np.arange(len(days)), judged, late)], usual=USUAL)
    missions = [[1] * k + [0] * (n - k) for n, k in days]
    share = late.sum() / max(judged.sum(), 1)
    pairs = [
        (day[one] - share) * (day[other] - share)
        for day in missions
        for one in range(len(day))
        for other in range(one)
    ]
    if not pairs or not 0 < share < 1:
        assert found is None
        return
    assert found is not None
    assert found.pairs == len(pairs)
    varied, count = share * (1 - share), judged.sum()
    assert found.measured == pytest.approx((np.mean(pairs) + varied / (count - 1)) / (varied * count / (count - 1)))
    assert found.drawn >= 0


def test_nothing_is_told_of_nothing() -> None:
    """No series, or none with missions."""
    assert day_correlation([], usual=USUAL) is None
    assert day_correlation([NO_DAYS, NO_DAYS], usual=USUAL) is None

"""How long is plausible, how many at once are usual, and how often a limit is crossed where nothing is wrong."""

import math
from datetime import date
from typing import Final

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.mission import Kind
from monitor.core.overdue import DAY, LEAST, NOTHING, YEAR_DAYS, Usual, limit, usual
from monitor.core.waiting import Waiting
from tests.core.figures import SUPERSEDED, Call, history_of

TARGET: Final = 1200.0


@given(
    st.lists(st.floats(1, 20_000), min_size=20, max_size=200),
    st.integers(0, 50),
    st.floats(1, 366),
    st.floats(60, 3000),
)
def test_the_past_is_counted_mission_by_mission(
    took: list[float], unregistered: int, days: float, target: float
) -> None:
    """Each stands among the late from its target on until it was reached, and no longer than is plausible."""
    found = usual(np.array(took), unregistered, days, target)
    ninety_ninth = sorted(took)[math.ceil(0.99 * len(took)) - 1]
    assert found.plausible_seconds == max(ninety_ninth, 2 * target)
    stood = sum(min(one, found.plausible_seconds) - target for one in took if one > target)
    stood += unregistered * (found.plausible_seconds - target)
    assert found.at_once == pytest.approx(stood / (days * DAY))
    became = sum(one > target for one in took) + unregistered
    assert found.a_year == pytest.approx(became / days * YEAR_DAYS)


def test_of_few_missions_nothing_is_known_and_all_are_believed() -> None:
    """Nineteen say nothing about one in a hundred; then three late at once are told, as ever."""
    assert usual(np.full(19, 300.0), 5, 30.0, TARGET) == NOTHING
    assert limit(NOTHING.at_once, NOTHING.a_year, 0.1) == LEAST


@example(1.0, 5e-324, 2.0)
@given(st.floats(0, 60), st.floats(0, 1e6), st.floats(1e-3, 10))
def test_the_limit_is_the_least_that_is_crossed_seldom_enough(at_once: float, a_year: float, allowed: float) -> None:
    """By the Poisson probabilities themselves, and beyond what is there on average."""

    def crossed(k: int) -> float:
        return a_year * math.exp(-at_once + (k - 1) * math.log(at_once) - math.lgamma(k)) if at_once else 0.0

    found = limit(at_once, a_year, allowed)
    assert crossed(found) <= allowed * (1 + 1e-9)
    assert found >= LEAST
    fewer = found - 1
    assert fewer < LEAST or fewer <= at_once or crossed(fewer) >= allowed * (1 - 1e-9)


def test_a_great_service_has_a_limit_beyond_what_it_always_has() -> None:
    """Eight hundred late at once, on average: three would be told for ever."""
    assert 800 < limit(800.0, 3e6, 0.1) < 1100


def crossings(found: Usual, k: int, days: float, seed: int) -> float:
    """How often a year `k` or more begin to be late at once, in a simulated life of that rate and length of stay."""
    rng = np.random.default_rng(seed)
    begins = np.sort(rng.uniform(0, days, rng.poisson(found.a_year / YEAR_DAYS * days)))
    ends = begins + rng.exponential(found.at_once / (found.a_year / YEAR_DAYS), len(begins))
    at = np.concatenate([begins, ends])
    there = np.cumsum(np.repeat([1, -1], len(begins))[np.argsort(at)])
    return np.count_nonzero((there[1:] == k) & (there[:-1] == k - 1)) / days * YEAR_DAYS


@pytest.mark.slow
@pytest.mark.parametrize(("at_once", "a_year", "k"), [(0.5, 900.0, 3), (0.3, 2000.0, 4), (6.0, 20_000.0, 14)])
def test_a_simulated_life_crosses_it_as_often_as_was_allowed(at_once: float, a_year: float, k: int) -> None:
    """Whatever the lengths of stay look like: two hundred years of missions that become late and are reached."""
    allowed = a_year * math.exp(-at_once) * at_once ** (k - 1) / math.factorial(k - 1)
    seen = crossings(Usual(0.0, at_once, a_year), k, 200 * YEAR_DAYS, seed=7)
    assert seen == pytest.approx(allowed, rel=0.1)
    assert limit(at_once, a_year, allowed * 1.01) == k


def test_what_is_sealed_makes_the_past_shorter_and_not_emptier() -> None:
    """Not known one by one, they count for nothing: else a year has had the missions of its last month alone."""
    rng, day = np.random.default_rng(4), 86_400.0
    now = SUPERSEDED - day

    def known(made: list[Call]) -> Usual:
        timeline = history_of(made).timeline("oslo", "urban")
        return Waiting(timeline, "response", 600.0, now, now, now - day).usual(date(2024, 5, 31))

    month = [
        Call(("oslo", "urban"), at, Kind.MEASURED, took)
        for at, took in zip(rng.uniform(now - 30 * day, now, 3_000), rng.uniform(60.0, 900.0, 3_000), strict=True)
    ]
    year = [
        Call(("oslo", "urban"), at, Kind.MEASURED, 300.0, sealed=True)
        for at in rng.uniform(now - 100 * day, now - 30 * day, 700)
    ]
    alone, after = known(month), known([*year, *month])
    assert after.at_once == pytest.approx(alone.at_once, rel=0.1)
    assert after.a_year == pytest.approx(alone.a_year, rel=0.1)

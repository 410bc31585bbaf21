"""What is said of a mean, against the textbook's formula on the values themselves, and against chance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitor.core.stats.binomial import STRONG, Evidence
from monitor.core.stats.interval import UNBOUNDED, Interval
from monitor.core.stats.mean import LEAST_MET, LEAST_MISSED, Moments, breach_p_value, evidence, interval

SPREAD = st.lists(st.integers(-5_000, 50_000).map(lambda tenths: tenths / 10), min_size=2, max_size=120).filter(
    lambda values: np.std(values) > 0.1
)


def moments(values: "list[float] | np.ndarray") -> Moments:
    array = np.asarray(values, dtype=np.float64)
    return Moments(array.size, float(array.sum()), float((array**2).sum()), float((array**3).sum()))


@given(SPREAD)
def test_the_p_value_is_halls_of_the_values_themselves(values: list[float]) -> None:
    """From sums of powers or from the values: the transformed t statistic, compared with Student's distribution."""
    n, t, skewness = len(values), stats.ttest_1samp(values, 0.0).statistic, stats.skew(values)
    score = t + skewness / (3 * math.sqrt(n)) * t**2 + skewness**2 / (27 * n) * t**3 + skewness / (6 * math.sqrt(n))
    assert breach_p_value(moments(values)) == pytest.approx(stats.t.sf(score, n - 1), rel=1e-3, abs=1e-6)


@given(SPREAD)
def test_the_interval_leaves_out_zero_exactly_when_evidence_is_strong(values: list[float]) -> None:
    """One test and one interval, and the same minimum on each side."""
    beyond = moments(values)
    found, p_value = interval(beyond), breach_p_value(beyond)
    assert p_value is not None
    if min(abs(p_value - STRONG), abs(p_value - (1 - STRONG))) < 1e-6:
        return
    assert ((found.lower is not None) and found.lower > 0) == (evidence(beyond, met=False) is Evidence.STRONG)
    assert ((found.upper is not None) and found.upper < 0) == (evidence(beyond, met=True) is Evidence.STRONG)


@pytest.mark.parametrize(("met", "least"), [(True, LEAST_MET), (False, LEAST_MISSED)])
def test_too_few_missions_prove_nothing(met: bool, least: int) -> None:
    """However far from the target they lie."""
    far = np.arange(least) * 0.5 + (-1e5 if met else 1e5)
    assert evidence(moments(far), met=met) is Evidence.STRONG
    assert evidence(moments(far[1:]), met=met) is Evidence.NONE
    bound = interval(moments(far[1:])).upper if met else interval(moments(far[1:])).lower
    assert bound is None


@pytest.mark.parametrize("values", [[], [7.0], [600.0] * 200])
def test_of_none_of_one_and_of_equal_values_nothing_is_said(values: list[float]) -> None:
    """No spread is seen: no interval, no chance, no evidence."""
    beyond = moments(values)
    assert (interval(beyond), breach_p_value(beyond)) == (UNBOUNDED, None)
    assert {evidence(beyond, met=met) for met in (True, False)} == {Evidence.NONE}


def test_without_skewness_it_is_the_t_interval() -> None:
    """Values that lie the same on both sides."""
    values = np.concatenate([np.arange(100.0), [49.5]])
    found = interval(moments(values))
    low, high = stats.t.interval(0.95, 100, loc=values.mean(), scale=stats.sem(values))
    assert (found.lower, found.upper) == (pytest.approx(low), pytest.approx(high))


@settings(max_examples=50)
@given(SPREAD, st.floats(-1000, 1000), st.floats(0.5, 2.0))
def test_the_interval_moves_and_stretches_with_the_values(values: list[float], by: float, times: float) -> None:
    """Minutes or seconds, earlier or later: the same statement."""
    before, after = interval(moments(values)), interval(moments(np.array(values) * times + by))

    def moved(bound: float | None) -> object:
        return None if bound is None else pytest.approx(bound * times + by, rel=1e-4, abs=1e-2)

    assert after == Interval(before.lower, before.upper) or (after.lower, after.upper) == (
        moved(before.lower), moved(before.upper),
    )  # fmt: skip


@pytest.mark.parametrize("n", [LEAST_MISSED, 20, LEAST_MET, 200])
def test_chance_is_seldom_called_strong(n: int) -> None:
    """Times as skewed as a district's, their mean exactly on target: at most 4.5 % on either side (docs: 3.8 %)."""
    draws = np.random.default_rng(n).lognormal(6.3, 0.7, (4_000, n)) - math.exp(6.3 + 0.7**2 / 2)
    found = [moments(draw) for draw in draws]
    for met in (True, False):
        strong = sum(evidence(one, met=met) is Evidence.STRONG for one in found if (one.total <= 0) is met)
        assert strong / len(found) <= 0.045

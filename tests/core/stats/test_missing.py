"""What the unmeasured can make of a share: bounds that hold whatever they were, widened as chance needs it."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitor.core.percent import reached
from monitor.core.stats import missing

COUNTS = st.integers(0, 400).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))
PERCENTS = st.sampled_from([50, 80, 90, 95])


@given(COUNTS, st.integers(0, 60), st.data())
def test_whatever_the_unmeasured_were_the_share_of_all_lies_within_the_bounds(
    counts: tuple[int, int], unmeasured: int, data: st.DataObject
) -> None:
    """Any number of them may have been within; none and all are the ends themselves."""
    within, judged = counts
    found = missing.bounds(within, judged, unmeasured)
    if not judged + unmeasured:
        assert found is None
        return
    assert found is not None
    kept = data.draw(st.integers(0, unmeasured))
    assert found.lower <= (within + kept) / (judged + unmeasured) <= found.upper
    assert Fraction(found.lower).limit_denominator(10**6) == Fraction(within, judged + unmeasured)
    assert Fraction(found.upper).limit_denominator(10**6) == Fraction(within + unmeasured, judged + unmeasured)


@given(COUNTS, st.integers(0, 60), PERCENTS)
def test_the_tipping_point_is_the_first_that_meets_the_target(
    counts: tuple[int, int], unmeasured: int, percent: int
) -> None:
    """Tried one by one, from none of the unmeasured within to all of them."""
    within, judged = counts
    needed = missing.needed(within, judged, unmeasured, percent)
    for kept in range(unmeasured + 1):
        assert reached(within + kept, judged + unmeasured, percent) == (kept >= needed)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 60))
def test_widened_bounds_hold_the_bounds_and_more_missions_without_a_value_never_narrow_the_range(
    counts: tuple[int, int], unmeasured: int
) -> None:
    """And they stay between 0 and 1."""
    within, judged = counts
    found, bare = missing.widened(within, judged, unmeasured), missing.bounds(within, judged, unmeasured)
    assert 0.0 <= found.lower <= found.upper <= 1.0
    if bare is not None:
        assert found.lower <= bare.lower
        assert bare.upper <= found.upper


@given(COUNTS)
def test_where_all_are_measured_it_is_the_exact_interval(counts: tuple[int, int]) -> None:
    """Clopper and Pearson's, by another library's function: nothing is gained or lost at the edge."""
    within, judged = counts
    if judged:
        exact = stats.binomtest(within, judged).proportion_ci(confidence_level=0.95, method="exact")
        found = missing.widened(within, judged, 0)
        assert (found.lower, found.upper) == (pytest.approx(exact.low), pytest.approx(exact.high))


@given(COUNTS, st.integers(1, 60))
def test_each_end_is_moved_by_what_imbens_and_manski_ask_for(counts: tuple[int, int], unmeasured: int) -> None:
    """Their equation for C holds to nine digits, and C lies between a one-sided and a two-sided interval's."""
    within, judged = counts
    n, ends = judged + unmeasured, (within / (judged + unmeasured), (within + unmeasured) / (judged + unmeasured))
    errors = missing._errors(*ends, n, 0.95)
    assert stats.norm.ppf(0.95) - 1e-9 <= errors <= stats.norm.ppf(0.975) + 1e-9
    spread = math.sqrt(max(end * (1 - end) for end in ends))
    if spread:
        width = (ends[1] - ends[0]) * math.sqrt(n) / spread
        assert stats.norm.cdf(errors + width) - stats.norm.cdf(-errors) == pytest.approx(0.95, abs=1e-9)


@pytest.mark.parametrize(("n", "without", "share"), [*product((20, 100, 300), (0.02, 0.1, 0.3), (0.6, 0.8, 0.95))])
def test_the_widened_bounds_hold_the_truth_however_the_unmeasured_were(n: int, without: float, share: float) -> None:
    """In 4 000 simulated samples: 95 % less what chance explains, at both ends and between (docs/statistics.md)."""
    rng = np.random.default_rng(11)
    unmeasured = rng.binomial(n, without, 4000)
    within = rng.binomial(n - unmeasured, share)
    found = [missing.widened(int(k), n - int(u), int(u)) for k, u in zip(within, unmeasured, strict=True)]
    for late in (0.0, 0.5, 1.0):
        truth = (1 - without) * share + without * late
        assert np.mean([one.lower <= truth <= one.upper for one in found]) >= 0.94


def test_nothing_measured_is_nothing_known() -> None:
    """From 0 to 1, also for chance; and of no missions at all there are no bounds."""
    assert missing.bounds(0, 0, 7) == missing.bounds(0, 0, 1)
    assert (missing.widened(0, 0, 7).lower, missing.widened(0, 0, 7).upper) == (0.0, 1.0)
    assert (missing.bounds(0, 0, 0), missing.widened(0, 0, 0).lower, missing.widened(0, 0, 0).upper) == (None, 0, 1)

"""Shares of parts are drawn towards the whole's by as much as chance explains, and by no more."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.core.stats.beta_binomial import shrunk, strength

COUNTS = st.lists(
    st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=56
)


def test_the_strength_of_a_known_prior_is_found() -> None:
    """Parts drawn from Beta(4, 16): twenty missions' worth, within the error that 20,000 parts leave."""
    rng = np.random.default_rng(2024)
    n = rng.integers(5, 60, 20_000)
    counts = rng.binomial(n, rng.beta(4.0, 16.0, len(n)))
    assert strength([*zip(counts.tolist(), n.tolist(), strict=True)]) == pytest.approx(20.0, rel=0.06)


def test_parts_that_differ_by_chance_alone_are_told_by_the_whole() -> None:
    """Alike to the last: nothing is left of their differences."""
    whole = strength([(2, 10)] * 7)
    assert math.isinf(whole)
    found = shrunk(9, 10, whole=0.2, strength=whole, of=70)
    assert found == shrunk(0, 10, whole=0.2, strength=whole, of=70)
    assert found.share == 0.2


@given(st.integers(1, 400), st.data())
def test_no_part_is_known_better_than_the_whole(of: int, data: st.DataObject) -> None:
    """Where all are told by the whole's share, each has its interval, of a width that so many missions leave it."""
    late = data.draw(st.integers(0, of))
    found = shrunk(0, 1, whole=late / of, strength=math.inf, of=of)
    assert found.lower < found.upper
    assert found.lower <= found.share <= found.upper
    if 0 < late < of:
        posterior = stats.beta(late, of - late)
        assert (found.lower, found.upper) == pytest.approx((posterior.ppf(0.025), posterior.ppf(0.975)), abs=1e-9)
    else:
        exact = stats.binomtest(late, of).proportion_ci(0.95, "exact")
        assert (found.lower, found.upper) == pytest.approx((exact.low, exact.high), abs=1e-9)


@given(COUNTS)
def test_a_strength_is_always_one_that_can_be_used(counts: list[tuple[int, int]]) -> None:
    """Whatever was counted, nothing included: one mission at least, never no number."""
    found = strength(counts)
    assert found >= 1.0
    total = sum(n for _, n in counts)
    whole = sum(count for count, _ in counts) / total if total else 0.0
    for count, n in counts:
        estimate = shrunk(count, n, whole=whole, strength=found, of=max(1, total))
        assert 0.0 <= estimate.lower <= estimate.share <= estimate.upper <= 1.0


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.99), st.floats(1.0, 500.0))
def test_the_share_lies_between_its_own_and_the_wholes(count: int, more: int, whole: float, weight: float) -> None:
    """And its interval is that of the Beta distribution which the prior and the counts make."""
    n = count + more
    found = shrunk(count, n, whole=whole, strength=weight, of=1000)
    own = count / n if n else whole
    assert min(own, whole) - 1e-12 <= found.share <= max(own, whole) + 1e-12
    posterior = stats.beta(count + weight * whole, more + weight * (1.0 - whole))
    assert (found.lower, found.upper) == pytest.approx((posterior.ppf(0.025), posterior.ppf(0.975)), abs=1e-9)


def test_hours_that_are_alike_hardly_ever_stand_out() -> None:
    """800 missions over 56 cells, all 20 % late: of 300 such weeks at most one in twenty shows anything at all."""
    rng, shown = np.random.default_rng(7), 0
    for _ in range(300):
        n = rng.multinomial(800, np.full(56, 1 / 56))
        counts = rng.binomial(n, 0.2)
        whole, weight = counts.sum() / 800, strength([*zip(counts.tolist(), n.tolist(), strict=True)])
        told = [
            shrunk(int(count), int(of), whole=whole, strength=weight, of=800)
            for count, of in zip(counts, n, strict=True)
        ]
        shown += any(not one.lower <= whole <= one.upper for one in told)
    assert shown <= 15

"""The interval of a rate holds what it promises, by the definition itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stats.poisson import rate_interval


def at_most(count: int, mean: float) -> float:
    """The chance of so many or fewer, added up."""
    return math.fsum(
        math.exp(-mean + number * math.log(mean) - math.lgamma(number + 1)) for number in range(count + 1)
    )


@given(st.integers(0, 200))
def test_at_its_ends_what_was_seen_is_as_rare_as_it_may_be(count: int) -> None:
    """2.5 % on either side."""
    lower, upper = rate_interval(count, 1.0)
    assert at_most(count, upper) == pytest.approx(0.025, rel=1e-6)
    assert count == 0 or 1 - at_most(count - 1, lower) == pytest.approx(0.025, rel=1e-6)
    assert lower <= count <= upper


def test_an_interval_is_of_the_rate() -> None:
    """Ten times as long, a tenth of it."""
    assert rate_interval(7, 10.0) == pytest.approx(tuple(end / 10 for end in rate_interval(7, 1.0)))

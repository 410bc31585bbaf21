"""A cause's part is its mean over the orders, and parts add up."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stats.shapley import parts

WHOLE = st.integers(-1000, 1000).map(float)


@st.composite
def games(draw: st.DrawFn) -> tuple[int, list[float]]:
    """Causes, and what is found for every choice of them."""
    causes = draw(st.integers(1, 4))
    return causes, draw(st.lists(WHOLE, min_size=1 << causes, max_size=1 << causes))


@given(games())
def test_a_part_is_the_mean_over_all_orders(game: tuple[int, list[float]]) -> None:
    """Put in one after the other, in each order that there is; together they are the difference."""
    causes, values = game
    orders = [*permutations(range(causes))]
    slow = [0.0] * causes
    for order in orders:
        choice = 0
        for cause in order:
            slow[cause] += (values[choice | 1 << cause] - values[choice]) / len(orders)
            choice |= 1 << cause
    found = parts([np.array(one) for one in values], causes)
    assert found == pytest.approx(slow)
    assert found.sum() == pytest.approx(values[-1] - values[0])


@given(games())
def test_a_cause_that_changes_nothing_has_exactly_nothing(game: tuple[int, list[float]]) -> None:
    """Not a rounding error of it, which an interval of no width would take for a change."""
    causes, values = game
    idle = [np.array(values[choice & ~1]) for choice in range(1 << causes)]
    assert parts(idle, causes)[0] == 0.0

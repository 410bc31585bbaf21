"""Stages replaced rank by rank: against missions repeated as often as they are drawn."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.stats.stage_swap import Staged, Swap

CLUSTERS = 3
Period = list[tuple[int, ...]]


def staged(period: Period, threshold: int, stages: int) -> Staged:
    return Staged(
        np.array([one[1:] for one in period], dtype=np.int64).reshape(-1, stages).T,
        threshold,
        np.array([one[0] for one in period], dtype=np.int64),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, Period, Period]:
    """Stages, and two periods: of each mission its cluster and what every stage took."""
    stages = draw(st.integers(1, 3))
    missions = st.lists(
        st.tuples(st.integers(0, CLUSTERS - 1), *(st.integers(0, 5),) * stages), min_size=1, max_size=8
    )
    return stages, draw(missions), draw(missions)


WEIGHTS = st.lists(st.integers(0, 2), min_size=CLUSTERS, max_size=CLUSTERS)


def repeated(period: Period, weights: list[int]) -> Period:
    return [one for one in period for _ in range(weights[one[0]])]


def replaced(value: int, own: list[int], other: list[int]) -> int:
    """What the mission of the same middle rank took in the other period."""
    below, same = sum(one < value for one in own), own.count(value)
    place = int((2 * below + same) * len(other) / (2 * len(own)))
    return sorted(other)[min(place, len(other) - 1)]


def late(period: Period, other: Period, chosen: set[int], threshold: int) -> float:
    count = 0
    for one in period:
        took = sum(
            replaced(one[stage + 1], [all_[stage + 1] for all_ in period], [all_[stage + 1] for all_ in other])
            if stage in chosen
            else one[stage + 1]
            for stage in range(len(one) - 1)
        )
        count += took > threshold
    return count / len(period)


@settings(max_examples=60)
@given(pairs(), WEIGHTS, WEIGHTS, st.integers(0, 12))
def test_parts_are_the_mean_over_orders_and_directions(
    pair: tuple[int, Period, Period], before: list[int], now: list[int], threshold: int
) -> None:
    """Of missions repeated as often as their cluster is drawn; of none there is nothing to tell."""
    stages, *periods = pair
    swap = Swap(*(staged(one, threshold, stages) for one in periods))
    found = swap.parts(np.array(before, dtype=float), np.array(now, dtype=float))
    first, second = repeated(periods[0], before), repeated(periods[1], now)
    assert swap.counts(np.array(before, dtype=float), np.array(now, dtype=float)) == tuple(
        (len(one), sum(sum(mission[1:]) > threshold for mission in one)) for one in (first, second)
    )
    slow = [0.0] * stages
    if first and second:
        orders = [*permutations(range(stages))]
        for order in orders:
            chosen: set[int] = set()
            for stage in order:
                more = chosen | {stage}
                slow[stage] += late(first, second, more, threshold) - late(first, second, chosen, threshold)
                slow[stage] -= late(second, first, more, threshold) - late(second, first, chosen, threshold)
                chosen = more
        slow = [one / 2 / len(orders) for one in slow]
    assert found == pytest.approx(slow)


@given(pairs(), st.integers(0, 12))
def test_equal_periods_have_no_stages_to_blame(pair: tuple[int, Period, Period], threshold: int) -> None:
    """Exactly none, whatever is equal among them."""
    stages, period, _ = pair
    same = staged(period, threshold, stages)
    once = np.ones(CLUSTERS)
    assert not Swap(same, same).parts(once, once).any()


def test_a_stage_that_took_longer_has_all_of_it() -> None:
    """Turnout as before, travel a minute longer: the late are travel's, in full."""
    rng = np.random.default_rng(1)
    turnout, travel = rng.integers(60, 180, 400), rng.integers(200, 600, 400)
    clusters = np.zeros(400, dtype=np.int64)
    swap = Swap(
        Staged(np.stack([turnout, travel]), 600, clusters), Staged(np.stack([turnout, travel + 60]), 600, clusters)
    )
    once = np.ones(1)
    (before, now), parts = swap.counts(once, once), swap.parts(once, once)
    assert parts == pytest.approx([0.0, (now[1] - before[1]) / 400])
    assert parts[1] > 0.1

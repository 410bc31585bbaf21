"""Values of ranks: what is found in pieces is what the sorted whole says, however it lies."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import digest
from monitor.core.selection import Centroids, Pool

centroids = st.tuples(
    st.one_of(st.integers(0, 40).map(float), st.floats(0, 1e6)), st.sampled_from([1.0, 1.0, 1.0, 2.0, 7.0])
)
cuts = st.lists(st.integers(0, 200), max_size=12)


def pieces_of(values: list[tuple[float, float]], edges: list[int]) -> list[Centroids]:
    at = [0, *sorted({min(edge, len(values)) for edge in edges}), len(values)]
    return [
        (np.array([mean for mean, _ in values[a:b]]), np.array([weight for _, weight in values[a:b]]))
        for a, b in pairwise(at)
    ]


def by_hand(values: list[tuple[float, float]], rank: int) -> float:
    """One centroid after the other: each holds the ranks of its weight, its mean in their middle."""
    before: tuple[float, float] | None = None
    held = 0.0
    for mean, weight in sorted(values):
        middle = held + (weight + 1.0) / 2.0
        held += weight
        if rank <= middle:
            if before is None:
                return mean
            place, value = before
            return value + (mean - value) * (rank - place) / (middle - place)
        before = (middle, mean)
    assert before is not None
    return before[1]


@given(st.lists(centroids, min_size=1, max_size=200), cuts, st.integers(1, 60), st.integers(2, 40), st.data())
def test_every_rank_has_the_value_of_the_sorted_whole(
    values: list[tuple[float, float]], edges: list[int], at_once: int, sampled: int, data: st.DataObject
) -> None:
    """With any division, any order, and a sample so small that it is mostly wrong."""
    pool = Pool(pieces_of(data.draw(st.permutations(values)), edges))
    ranks = range(1, pool.weight + 1)
    found = pool.values(ranks, at_once=at_once, sampled=sampled)
    assert sorted(found) == [*ranks]
    assert [found[rank] for rank in ranks] == pytest.approx([by_hand(values, rank) for rank in ranks])
    assert pool.exact == all(weight == 1.0 for _, weight in values)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), cuts, st.integers(1, 60), st.integers(2, 40), st.data())
def test_of_values_by_themselves_the_very_one_is_told(
    values: list[float], edges: list[int], at_once: int, sampled: int, data: st.DataObject
) -> None:
    """Nothing is rounded or interpolated, and one rank is found as well alone as beside others."""
    pool = Pool(pieces_of([(value, 1.0) for value in values], edges))
    ranks = data.draw(st.lists(st.integers(1, len(values)), min_size=1, max_size=5))
    found = pool.values(ranks, at_once=at_once, sampled=sampled)
    assert found == {rank: sorted(values)[rank - 1] for rank in ranks}


def test_ninety_days_of_more_missions_than_a_sketch_keeps_are_within_a_second() -> None:
    """What the pool is for: half as many values again as each day keeps, hours long, P50 to P90."""
    rng = np.random.default_rng(5)
    days = [np.round(rng.lognormal(8.3, 0.8, 3 * digest.CENTROIDS // 2), 3) for _ in range(90)]
    sketches = [digest.of(day) for day in days]
    assert not any(one.exact for one in sketches)
    pool = Pool([(np.array(one.means), np.array(one.weights)) for one in sketches])
    exact = np.sort(np.concatenate(days))
    assert (pool.weight, pool.exact) == (len(exact), False)
    for rank in (len(exact) // 2, 8 * len(exact) // 10, 9 * len(exact) // 10):
        assert pool.values([rank])[rank] == pytest.approx(exact[rank - 1], abs=1.0)


def test_a_rank_among_none_is_refused() -> None:
    """There is no value to tell."""
    with pytest.raises(ValueError, match="there are none"):
        Pool([(np.empty(0), np.empty(0))]).values([1])

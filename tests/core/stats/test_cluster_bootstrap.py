"""Clusters drawn anew: as many of each stratum, and intervals as wide as the figures scatter."""

import numpy as np
import pytest

from monitor.core.stats.cluster_bootstrap import draws, estimates, product_variance, summed


def test_as_many_of_each_stratum_are_drawn_and_the_first_draw_is_as_it_was() -> None:
    """Nights are drawn from nights."""
    strata = np.array([0, 1, 0, 1, 0])
    drawn = draws(strata, np.random.default_rng(1), 50)
    assert (drawn[0] == 1.0).all()
    assert (drawn[:, strata == 0].sum(axis=1) == 3.0).all()
    assert (drawn[:, strata == 1].sum(axis=1) == 2.0).all()


def test_the_same_generator_gives_the_same_draws() -> None:
    """Chance is an argument."""
    assert (draws(np.zeros(9), np.random.default_rng(7)) == draws(np.zeros(9), np.random.default_rng(7))).all()


def test_what_lies_in_a_cell_is_added_up_as_often_as_its_cluster_is_drawn() -> None:
    """Two rows of one cluster and cell among them."""
    drawn = np.array([[1.0, 1.0], [0.0, 2.0]])
    clusters, cells, numbers = np.array([0, 1, 1, 1]), np.array([0, 0, 2, 2]), np.array([5, 7, 1, 2])
    assert summed(drawn, clusters, cells, numbers, 3).tolist() == [[12.0, 0.0, 3.0], [14.0, 0.0, 6.0]]


def test_the_interval_of_a_mean_of_clusters_is_students() -> None:
    """Drawn often enough, as far as one can tell."""
    rng = np.random.default_rng(3)
    values = rng.normal(0.4, 1.0, 20)
    drawn = draws(np.zeros(20), rng, 20_000) @ values / 20
    (estimate,) = estimates(drawn[:1], drawn[1:].var(keepdims=True), 20)
    error = values.std(ddof=1) / np.sqrt(20)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.upper - estimate.value == pytest.approx(2.093 * error, rel=0.02)


def test_of_many_figures_one_has_to_lie_farther_out_to_stand_out() -> None:
    """What is beyond its interval alone is not yet beyond chance among twenty; what has no variance is exact."""
    values, variances = np.array([2.2, -4.0, 0.0]), np.array([1.0, 1.0, 0.0])
    assert [one.stands_out for one in estimates(values, variances, 1_000)] == [1, -1, 0]
    assert [one.stands_out for one in estimates(values, variances, 1_000, family=20)] == [0, -1, 0]


@pytest.mark.parametrize("means", [(0.0, 0.0), (0.0, 3.0), (3.0, 3.0)])
def test_the_variance_of_a_product_is_counted_once(means: tuple[float, float]) -> None:
    """Of two figures that scatter by 1; draws around what has erred already tell three times as much of 0 by 0."""
    rng = np.random.default_rng(11)
    told = []
    for one, other in rng.normal(means, 1.0, (400, 2)):
        drawn, also = rng.normal(one, 1.0, (400, 1)), rng.normal(other, 1.0, (400, 1))
        told.append(product_variance(drawn * also, [drawn * other, one * also])[0])
    true = means[0] ** 2 + means[1] ** 2 + 1.0
    assert 0.9 * true < np.mean(told) < 1.1 * true + 0.3  # at 0 by 0 a third too much: no variance may be negative

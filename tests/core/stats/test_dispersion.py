"""What is told of how missions hang together is what they were made with."""

import numpy as np
import pytest

from monitor.core.stats.dispersion import Dispersion, dispersion


def made(
    seed: int, correlation: float, groups: int, a_group: float, late: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """Groups of a Poisson number of missions, beta-binomial with that correlation."""
    rng = np.random.default_rng(seed)
    judged = rng.poisson(a_group, groups)
    judged = judged[judged > 0]
    if not correlation:
        return judged, rng.binomial(judged, late)
    weight = 1 / correlation - 1
    return judged, rng.binomial(judged, rng.beta(late * weight, (1 - late) * weight, judged.size))


@pytest.mark.parametrize("correlation", [0.0, 0.02, 0.05, 0.2])
@pytest.mark.parametrize("a_group", [1.5, 8.0])
def test_the_correlation_is_that_which_they_were_made_with(correlation: float, a_group: float) -> None:
    """Of quiet days and of busy ones."""
    found = dispersion(*made(3, correlation, 20_000, a_group)).correlation
    assert found == pytest.approx(correlation, abs=0.012 + correlation / 10)


@pytest.mark.parametrize("correlation", [0.0, 0.05, 0.2])
def test_sigma_z_is_one_where_chance_alone_scatters(correlation: float) -> None:
    """And grows as the missions of a group hang together: of n missions by the square root of 1 + (n - 1) rho."""
    judged = np.full(5_000, 10)
    rng = np.random.default_rng(4)
    weight = np.inf if not correlation else 1 / correlation - 1
    shares = np.full(5_000, 0.2) if not correlation else rng.beta(0.2 * weight, 0.8 * weight, 5_000)
    found = dispersion(judged, rng.binomial(judged, shares)).sigma_z
    assert found == pytest.approx(np.sqrt(1 + 9 * correlation), rel=0.04)


def test_the_correlation_is_that_of_all_pairs() -> None:
    """Of groups of one size, close to what counting every pair of missions of a group gives."""
    judged, rng = np.full(3_000, 6), np.random.default_rng(5)
    late = rng.binomial(judged, rng.beta(1.8, 7.2, judged.size))
    share = late.sum() / judged.sum()
    both = (late * (late - 1)).sum() / (judged * (judged - 1)).sum()
    found = dispersion(judged, late).correlation
    assert found == pytest.approx((both - share**2) / (share * (1 - share)), abs=0.002)


@pytest.mark.parametrize(
    ("judged", "late", "told"),
    [
        ([], [], Dispersion(0, 0, None, None)),
        ([5], [2], Dispersion(1, 5, None, None)),
        ([5, 5], [0, 0], Dispersion(2, 10, None, None)),
        ([5, 5], [5, 5], Dispersion(2, 10, None, None)),
    ],
    ids=["none", "one group", "nobody late", "all late"],
)
def test_what_cannot_be_told_is_not_told(judged: list[int], late: list[int], told: Dispersion) -> None:
    """No number stands for "not known"."""
    assert dispersion(judged, late) == told


def test_one_mission_a_group_says_nothing_of_pairs() -> None:
    """But it has a sigma z."""
    found = dispersion([1, 1, 1], [1, 0, 0])
    assert found.correlation is None
    assert found.sigma_z == pytest.approx(np.sqrt(3 / 2))

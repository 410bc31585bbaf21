"""Forecasts: exact where every future can be enumerated, near the truth where that is simulated, never too sure."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitor.core.percent import Percent, reached
from monitor.core.stats import futures
from monitor.core.stats.forecast import Months, drawn_to
from monitor.core.stats.futures import Level, Open, SoFar, chance_of_share
from monitor.core.stats.level import outlook
from monitor.core.stats.volume import FEW, Volume, registering, volume

PERCENTS: Sequence[Percent] = (50, 80, 90, Decimal("99.9"))
NONE_NEW = Volume(0.0, 1.0)


def _beta(level: Level) -> tuple[float, float]:
    weight = level.mean * (1 - level.mean) / level.variance - 1
    return level.mean * weight, (1 - level.mean) * weight


def _enumerated(so_far: SoFar, percent: Percent, level: Level, late: int, comes: float) -> float:
    """Every future one by one: which late missions come, how many of these are within, how each open one ends."""
    found, (a, b) = 0.0, _beta(level)
    for ends in product(*[_ends(one) for one in so_far.in_progress]):
        for come in range(late + 1):
            for good in range(come + 1):
                chance = math.comb(late, come) * comes**come * (1 - comes) ** (late - come)
                chance *= stats.betabinom.pmf(good, come, a, b)
                chance *= math.prod(how_likely for how_likely, _, _ in ends)
                within = so_far.within + good + sum(is_within for _, is_within, _ in ends)
                n = so_far.judged + come + sum(judged for _, _, judged in ends)
                found += chance if n and reached(within, n, percent) else 0.0
    return found


def _ends(one: Open) -> Iterator[tuple[float, int, int]]:
    yield one.within, 1, 1
    yield one.late, 0, 1
    yield 1 - one.within - one.late, 0, 0


OPEN = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda two: Open(two[0], (1 - two[0]) * two[1]))
SO_FAR = st.builds(
    lambda within, late, in_progress: SoFar(within, within + late, in_progress),
    st.integers(0, 30), st.integers(0, 12), st.lists(OPEN, max_size=3),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    SO_FAR, st.sampled_from(PERCENTS),
    st.floats(0.2, 0.95), st.integers(0, 5), st.floats(0, 1),
)  # fmt: skip
def test_tiny_futures_are_those_that_one_can_enumerate(
    so_far: SoFar, percent: Percent, mean: float, late: int, comes: float
) -> None:
    """Whatever is judged, open and still unregistered, nothing at all included: a period's last hours."""
    level = Level(mean, 0.1 * mean * (1 - mean))
    found = chance_of_share(so_far, percent, level, Volume(0.0, 1.0, late, comes))
    expected = futures.bounded(_enumerated(so_far, percent, level, late, comes))
    assert found == pytest.approx(expected, abs=1e-9)


def test_one_mission_left_is_its_own_chance() -> None:
    """Eight of ten: one more within keeps 80 %, one more late loses it. One that can end either way counts alike."""
    level = Level(0.7, 0.01)
    assert chance_of_share(SoFar(8, 10), 80, level, Volume(0.0, 1.0, 1, 1.0)) == pytest.approx(0.7)
    assert chance_of_share(SoFar(8, 10, [Open(0.4, 0.5)]), 80, level, NONE_NEW) == pytest.approx(0.5)


def test_nothing_left_is_as_good_as_certain_and_never_said_to_be() -> None:
    """What stands at the end stays; what the model does not know keeps a hundredth."""
    level = Level(0.5, 0.01)
    assert chance_of_share(SoFar(8, 10), 80, level, NONE_NEW) == 1 - futures.LEAST
    assert chance_of_share(SoFar(7, 10), 80, level, NONE_NEW) == futures.LEAST
    assert chance_of_share(SoFar(0, 0), 80, level, NONE_NEW) == futures.LEAST


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 20), st.sampled_from((50, 80, 95)), st.floats(0.3, 0.97), st.floats(2, 40))
def test_a_running_volume_is_the_sum_over_its_numbers(
    within: int, beyond: int, percent: int, mean: float, to_come: float
) -> None:
    """A negative binomial number of missions, a beta-binomial number of them within: summed term by term."""
    coming, level = Volume(to_come, 12.0), Level(mean, 0.05 * mean * (1 - mean))
    a, b = _beta(level)
    numbers = np.arange(400)
    chances = stats.nbinom.pmf(numbers, coming.shape, coming.shape / (coming.shape + coming.mean))
    expected = 0.0
    for number, chance in zip(numbers.tolist(), chances.tolist(), strict=True):
        n = within + beyond + number
        needed = math.ceil(Fraction(percent, 100) * n) - within
        if n and chance > 1e-12:
            expected += chance * float(stats.betabinom.sf(needed - 1, number, a, b))
    found = chance_of_share(SoFar(within, within + beyond), percent, level, coming)
    assert found == pytest.approx(futures.bounded(expected), abs=1e-3)


@pytest.mark.parametrize("to_come", [150.0, 400.0, 3_000.0])
@pytest.mark.parametrize(("percent", "mean"), [(80, 0.80), (80, 0.78), (50, 0.52), (95, 0.96)])
def test_many_missions_are_told_as_simulation_tells_them(to_come: float, percent: int, mean: float) -> None:
    """Beyond what is enumerated: within 2.5 points of 40,000 simulated futures, open missions included."""
    rng, coming, level = np.random.default_rng(5), Volume(to_come, 80.0, 6, 0.5), Level(mean, 0.0004)
    so_far = SoFar(round(3 * percent), 300, [Open(0.6, 0.3)] * 4)
    new = rng.poisson(rng.gamma(coming.shape, coming.mean / coming.shape, 40_000)) + rng.binomial(6, 0.5, 40_000)
    ends = rng.multinomial(4, [0.6, 0.3, 0.1], 40_000)
    good = rng.binomial(new, rng.beta(*_beta(level), 40_000))
    n = 300 + new + ends[:, 0] + ends[:, 1]
    expected = np.mean(100 * (so_far.within + good + ends[:, 0]) >= percent * n)
    assert chance_of_share(so_far, percent, level, coming) == pytest.approx(expected, abs=0.025)


def test_enumerating_and_not_agree_where_one_begins() -> None:
    """A forecast makes no step when one mission more is expected."""

    def at(to_come: float) -> float:
        return chance_of_share(SoFar(240, 300), 80, Level(0.79, 0.0006), Volume(to_come, 60.0))

    few = next(one for one in np.arange(40.0, FEW, 0.5) if Volume(one, 60.0).chances() is None)
    assert at(few) == pytest.approx(at(few - 0.5), abs=0.02)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), min_size=1, max_size=36), st.floats(0, 12),
    st.sampled_from(PERCENTS),
)  # fmt: skip
def test_whatever_the_months_were_there_is_a_level(
    months: list[tuple[int, float]], ahead: float, percent: Percent
) -> None:
    """None without missions, none at 0 or 100 %, breaks it: a finite mean, a variance above 0, a chance within."""
    n = np.array([float(n) for n, _ in months])
    told = Months.of_share(np.round(n * [good for _, good in months]), n, percent)
    found = told.outlook(ahead)
    assert math.isfinite(found.mean)
    assert found.variance > 0.0
    chance = chance_of_share(SoFar(3, 4), percent, told.level_of_share(found, percent), Volume(30.0, 20.0))
    assert futures.LEAST <= chance <= 1 - futures.LEAST


def test_a_series_with_little_of_its_own_is_told_by_the_whole_and_one_with_much_by_itself() -> None:
    """Both were within in 60 %, and the parts lie about 80 % closely."""
    months = np.full(24, 1.0)
    parts = [Months.of_share(300.0 * months * share, 300.0 * months, 80) for share in (0.79, 0.80, 0.81)]
    prior = drawn_to(parts[1].outlook(6.0), parts)
    shares = []
    for n in (0.2, 200.0):
        one = Months.of_share(0.6 * n * months, n * months, 80)
        shares.append(one.level_of_share(one.outlook(6.0, prior), 80).mean)
    assert shares[0] > 0.75
    assert shares[1] < 0.63


def test_a_season_is_expected_to_return() -> None:
    """Two years with bad winters: in autumn less is expected of the months ahead than in spring."""
    angle = 2 * np.pi * (np.arange(24) + 0.5) / 12
    n = np.full(24, 400.0)
    worst_now, best_now = (outlook(sign * 0.15 * np.cos(angle), n, 3.0) for sign in (-1, 1))
    assert worst_now.mean < -0.05
    assert best_now.mean > 0.05


def test_the_further_ahead_the_less_is_known() -> None:
    """The same months: half a year ahead is told less surely than a month."""
    seen = [outlook(np.full(24, 0.1), np.full(24, 100.0), ahead).variance for ahead in (0.5, 3.0, 9.0)]
    assert seen == sorted(seen)


def test_volume_follows_last_year_and_this_years_ratio() -> None:
    """A busy remainder stays busy, a third more this year is a third more to come; nothing known is nothing sure."""
    assert volume(300, 1_000, 0.25, now=1_300, then=1_000).mean == pytest.approx(389, abs=3)
    few = volume(0, 0, 0.5, now=0, then=0)
    assert 0.0 < few.mean < 5.0
    assert volume(10, 100, 0.0, now=10, then=10) == NONE_NEW


def test_numbers_have_the_mean_and_spread_that_they_are_said_to_have() -> None:
    """Told one by one, and by quantiles."""
    few = Volume(20.0, 30.0, 4, 0.5)
    chances = few.chances()
    assert chances is not None
    numbers = np.arange(len(chances))
    mean = float(chances @ numbers)
    assert mean == pytest.approx(22.0, abs=0.01)
    assert float(chances @ (numbers - mean) ** 2) == pytest.approx(20 + 400 / 30 + 1, rel=0.01)
    many = Volume(5_000.0, 100.0)
    assert many.chances() is None
    assert (many.quantiles().mean(), many.quantiles().std()) == pytest.approx((5_000.0, 505.0), rel=0.03)


def test_recent_missions_without_a_value_are_awaited_as_far_as_older_ones_have_theirs() -> None:
    """None is awaited where old ones lack theirs as often; nor where there are no old ones."""
    assert registering((20, 100), (50, 1_000)) == 0.75
    assert registering((5, 100), (50, 1_000)) == 0.0
    assert registering((5, 5), (0, 0)) == 0.0

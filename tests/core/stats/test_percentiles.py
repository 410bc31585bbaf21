"""The interval of a percentile, and the percentile with missions still open."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.core import digest
from monitor.core.percent import rank as nearest_rank
from monitor.core.selection import Pool
from monitor.core.stats import kaplan_meier, order_interval
from monitor.core.stats.interval import Interval

PERCENTS = st.sampled_from([50, 80])
SECONDS = st.floats(1, 10_000)


@given(st.lists(SECONDS, max_size=300), PERCENTS)
def test_the_interval_encloses_the_shown_percentile(values: list[float], percent: int) -> None:
    """The nearest-rank percentile lies within its own interval, wherever that is bounded."""
    ordered = sorted(values)
    interval = order_interval.of_values(ordered, percent)
    if ordered:
        shown = ordered[nearest_rank(len(ordered), percent) - 1]
        assert (interval.lower or -math.inf) <= shown <= (interval.upper or math.inf)
    else:
        assert interval == Interval(None, None)


@given(st.integers(0, 2000), PERCENTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_ranks_leave_out_at_most_half_of_the_error_on_each_side(n: int, percent: int, confidence: float) -> None:
    """Summed from the binomial distribution: each end errs within its half, and no narrower ranks would."""
    found = order_interval.ranks(n, percent, confidence)
    below = stats.binom(n, percent / 100)
    tail = (1 - confidence) / 2 + 1e-12
    if found.lower is not None:
        assert below.cdf(found.lower - 1) <= tail < below.cdf(found.lower) + 1e-9
    else:
        assert below.cdf(0) > tail - 1e-9
    if found.upper is not None:
        assert below.sf(found.upper - 1) <= tail < below.sf(found.upper - 2) + 1e-9
    else:
        assert below.sf(n - 1) > tail - 1e-9


def test_below_17_missions_nothing_bounds_p80_from_above() -> None:
    """The smallest n with an upper bound is the one at which evidence begins."""
    bounded = [n for n in range(40) if order_interval.ranks(n, 80).upper is not None]
    assert bounded[0] == 17


@pytest.mark.parametrize("n", [20, 60, 300])
@pytest.mark.parametrize("percent", [50, 80])
def test_the_percentile_interval_covers_at_least_its_level(n: int, percent: int) -> None:
    """On 4 000 simulated samples of log-normal response times: 95 %, less what chance explains."""
    rng = np.random.default_rng(7)
    samples = np.sort(rng.lognormal(6, 0.7, (4000, n)), axis=1)
    truth = math.exp(6 + 0.7 * stats.norm.ppf(percent / 100))
    intervals = [order_interval.of_values(sample, percent) for sample in samples]
    held = np.mean([(i.lower or 0) <= truth <= (i.upper or math.inf) for i in intervals])
    assert held >= 0.94


@given(st.lists(SECONDS, min_size=1, max_size=300), PERCENTS)
def test_exact_values_and_a_pool_of_them_agree(values: list[float], percent: int) -> None:
    """Read rank by rank out of a pool in which they lie in any order, it is the one of the sorted values."""
    n, pool = len(values), Pool([(np.array(values), np.ones(len(values)))])
    through = order_interval.of_ranks(pool.values(order_interval.ends(n, [percent])).__getitem__, n, percent)
    assert through == order_interval.of_values(sorted(values), percent)


def test_a_compressed_sketch_gives_nearly_the_interval_of_its_values() -> None:
    """6 000 response times in a compressed t-digest: both ends within 1 % of the exact ones."""
    values = np.sort(np.random.default_rng(3).lognormal(6, 0.7, 6000))
    sketch = digest.of(values.tolist())
    assert not sketch.exact
    pool = Pool([(np.array(sketch.means), np.array(sketch.weights))])
    near = order_interval.of_ranks(pool.values(order_interval.ends(6000, [80])).__getitem__, 6000, 80)
    exact = order_interval.of_values(values, 80)
    assert near.lower == pytest.approx(exact.lower, rel=0.01)
    assert near.upper == pytest.approx(exact.upper, rel=0.01)


@given(st.lists(SECONDS, min_size=1, max_size=100), PERCENTS)
def test_without_open_missions_kaplan_meier_is_the_nearest_rank(values: list[float], percent: int) -> None:
    """With nothing in progress the two percentiles on the page are the same number."""
    assert kaplan_meier.percentile(values, [], percent) == sorted(values)[nearest_rank(len(values), percent) - 1]


@given(st.lists(SECONDS, max_size=40), st.lists(SECONDS, max_size=40), PERCENTS)
def test_kaplan_meier_is_the_product_of_its_definition(
    arrived: list[float], waiting: list[float], percent: int
) -> None:
    """Multiplied out by hand, arrival by arrival, the same percentile."""
    chance, expected = 1.0, None
    for time in sorted(set(arrived)):
        at_risk = sum(value >= time for value in (*arrived, *waiting))
        chance *= 1 - arrived.count(time) / at_risk
        if chance <= 1 - percent / 100 + 1e-9:
            expected = time
            break
    assert kaplan_meier.percentile(arrived, waiting, percent) == expected


@given(st.lists(SECONDS, min_size=1, max_size=60), st.lists(SECONDS, min_size=1, max_size=30), PERCENTS)
def test_an_open_mission_never_makes_the_percentile_better(
    arrived: list[float], waiting: list[float], percent: int
) -> None:
    """Counting missions in progress can only raise the percentile, or make it unknown."""
    without = kaplan_meier.percentile(arrived, [], percent)
    counted = kaplan_meier.percentile(arrived, waiting, percent)
    assert without is not None
    assert counted is None or counted >= without


NEVER = st.builds(kaplan_meier.Unregistered, st.floats(0, 0.5), st.integers(0, 20))


@given(st.lists(SECONDS, min_size=1, max_size=60), st.lists(SECONDS, max_size=30), PERCENTS, NEVER)
def test_what_is_never_registered_lies_between_believing_every_open_mission_and_none(
    arrived: list[float], waiting: list[float], percent: int, unregistered: kaplan_meier.Unregistered
) -> None:
    """Never longer than if all of them were waiting, never shorter than without them; the same where none is open."""
    without = kaplan_meier.percentile(arrived, [], percent)
    believed = kaplan_meier.percentile(arrived, waiting, percent)
    found = kaplan_meier.percentile(arrived, waiting, percent, unregistered)
    assert without is not None
    assert without <= (math.inf if found is None else found) <= (math.inf if believed is None else believed)
    if not waiting or not unregistered.ratio:
        assert found == believed


def storm(rng: np.random.Generator, never: float) -> tuple[list[float], list[float], int]:
    """200 calls of the last hour, true P80 27.0 min: arrivals, how long the open ones have been so, ended without.

    A call that is never registered stays open for 10 to 120 minutes beyond its arrival.
    """
    response = rng.lognormal(math.log(15), math.log(1.8) / stats.norm.ppf(0.8), 200)
    age, registered = rng.uniform(0, 60, 200), rng.random(200) >= never
    arrived = registered & (response <= age)
    ended = ~registered & (response + rng.uniform(10, 120, 200) <= age)
    return response[arrived].tolist(), age[~arrived & ~ended].tolist(), int(ended.sum())


@pytest.mark.parametrize("never", [0.0, 0.1, 0.2])
def test_arrivals_that_are_never_registered_do_not_make_a_storm_look_worse(never: float) -> None:
    """The median of 200 storms is the truth within half a minute; believing all of them it is 33 min and more."""
    rng = np.random.default_rng(5)
    shown, believed = [], []
    for _ in range(200):
        arrived, waiting, ended = storm(rng, never)
        found = kaplan_meier.percentile(arrived, waiting, 80, kaplan_meier.Unregistered(never, ended))
        shown.append(math.inf if found is None else found)
        everything = kaplan_meier.percentile(arrived, waiting, 80)
        believed.append(math.inf if everything is None else everything)
    assert float(np.median(shown)) == pytest.approx(27.0, abs=0.5)
    if never:
        assert float(np.median(believed)) > 32.0

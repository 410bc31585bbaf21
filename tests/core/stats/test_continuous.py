"""What may be looked at after every mission: the anytime-valid test and the CUSUM."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from monitor.core.stats import beta_mixture, cusum
from monitor.core.stats.cusum import Drift, Shift

OUTCOMES = st.lists(st.booleans(), max_size=400)


@pytest.mark.parametrize("percent", [50, 80])
@pytest.mark.parametrize(("within", "late"), [(0, 0), (0, 5), (5, 0), (30, 20), (60, 24), (200, 90)])
def test_the_e_value_is_the_integral_of_its_definition(within: int, late: int, percent: int) -> None:
    """Integrated numerically over the cut-off Beta distribution: the same number as the closed formula."""
    p = percent / 100
    prior = stats.beta(beta_mixture.CONCENTRATION * p, beta_mixture.CONCENTRATION * (1 - p))

    def weighted(q: float) -> float:
        return float((q / p) ** within * ((1 - q) / (1 - p)) ** late * prior.pdf(q) / prior.cdf(p))

    expected, _ = integrate.quad(weighted, 0, p, limit=200)
    assert beta_mixture.e_value(within, within + late, percent) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("percent", [50, 80])
def test_under_a_met_target_the_next_mission_does_not_raise_the_e_value_on_average(percent: int) -> None:
    """A supermartingale for every true share from the target up, a martingale at it: enumerated over all counts."""
    n, within = np.tril_indices(60)
    now = np.exp(beta_mixture.log_e_values(within, n - within, percent))
    if_within = np.exp(beta_mixture.log_e_values(within + 1, n - within, percent))
    if_late = np.exp(beta_mixture.log_e_values(within, n - within + 1, percent))
    for share in np.linspace(percent / 100, 1.0, 8):
        assert (share * if_within + (1 - share) * if_late <= now * (1 + 1e-9)).all()
    p = percent / 100
    np.testing.assert_allclose(p * if_within + (1 - p) * if_late, now)


@pytest.mark.slow
def test_watching_continuously_errs_at_most_as_often_as_stated() -> None:
    """4 000 periods of 1 000 missions exactly on target, looked at after each: at most 5 % ever reach 20, 1 % 100."""
    late = np.random.default_rng(11).random((4000, 1000)) < 0.20
    lates = np.cumsum(late, axis=1)
    highest = beta_mixture.log_e_values(np.arange(1, 1001) - lates, lates, 80).max(axis=1)
    assert np.mean(highest >= math.log(20)) <= 0.05
    assert np.mean(highest >= math.log(100)) <= 0.01


@given(OUTCOMES)
def test_the_highest_e_value_is_the_highest_of_all_moments(outcomes: list[bool]) -> None:
    """Watching the whole period equals looking after each mission and remembering the highest."""
    seen = beta_mixture.watch(outcomes, 80)
    moments = [beta_mixture.e_value(n - sum(outcomes[:n]), n, 80) for n in range(len(outcomes) + 1)]
    assert seen.e_value == pytest.approx(moments[-1])
    assert seen.highest == pytest.approx(max(moments))
    assert 0 < seen.p_value <= 1


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_late_mission_raises_the_e_value_and_one_in_time_lowers_it(within: int, late: int) -> None:
    """So for each n there is one smallest number of late missions that breaches."""
    here = beta_mixture.log_e_values(within, late, 80)
    assert beta_mixture.log_e_values(within, late + 1, 80) > here
    assert beta_mixture.log_e_values(within + 1, late, 80) < here


def slowly(judged: int, late: int, share: float, correlation: float) -> float:
    """The logarithm of the beta-binomial chance of one order of a day's missions: drawn from an urn, one by one."""
    weight = 1 / correlation - 1
    a, b = share * weight, (1 - share) * weight
    chances = [(a + drawn) / (weight + drawn) for drawn in range(late)]
    chances += [(b + drawn) / (weight + late + drawn) for drawn in range(judged - late)]
    return math.fsum(map(math.log, chances))


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.001, 0.9), st.floats(0.05, 0.4), st.floats(1.05, 2.0))
def test_the_evidence_of_a_day_is_the_likelihood_ratio_of_an_urn(
    late: int, within: int, correlation: float, normal: float, times: float
) -> None:
    """Two degraded shares apart or close, any correlation: the closed formula is the product of the draws."""
    judged, degraded = late + within, normal * times
    expected = slowly(judged, late, degraded, correlation) - slowly(judged, late, normal, correlation)
    found = cusum.evidence([judged], [late], normal, degraded, correlation)
    assert found[0] == pytest.approx(expected, abs=1e-7)


def test_without_correlation_missions_speak_for_themselves() -> None:
    """The limit is the Bernoulli CUSUM: each late mission adds ln 2, each in time takes ln (4/3)."""
    found = cusum.evidence([10, 1, 1], [4, 1, 0], 0.2, 0.4, 1e-5)
    late, in_time = math.log(2), -math.log(4 / 3)
    np.testing.assert_allclose(found, [4 * late + 6 * in_time, late, in_time], rtol=1e-3)


def test_a_bad_night_says_less_than_as_many_bad_missions_on_as_many_days() -> None:
    """Six late ones in one night are one storm; one on each of six days is a change."""
    night = cusum.evidence([6], [6], 0.25, 0.4, 0.05)[0]
    days = cusum.evidence([1] * 6, [1] * 6, 0.25, 0.4, 0.05).sum()
    assert 0 < night < 0.9 * days


def stepwise(steps: list[float], threshold: float) -> Drift:
    """The CUSUM as its definition reads, day by day."""
    score, alarm, since = 0.0, False, None
    for index, one in enumerate(steps):
        score = max(0.0, score + one)
        if alarm:
            score = min(threshold, score)
            alarm = score > 0
        elif score >= threshold:
            score, alarm = threshold, True
        since = None if score == 0 else (index if since is None else since)
    return Drift(score, alarm, since)


STEPS = st.lists(st.sampled_from([0.47, -0.223, 1.1, -0.9, 2.31, 0.0]), max_size=600)


@given(STEPS, st.floats(1.0, 8.0))
def test_the_cusum_is_its_definition(steps: list[float], threshold: float) -> None:
    """Computed in arrays or day by day: the same score, alarm and beginning."""
    expected = stepwise(steps, threshold)
    found = cusum.watch(np.array(steps), threshold)
    assert found.score == pytest.approx(expected.score, abs=1e-9)
    assert found.alarm == expected.alarm
    if expected.score > 1e-6:
        assert found.since == expected.since


def test_a_long_history_is_the_same_in_one_piece_and_day_by_day() -> None:
    """Across many chunks and alarms nothing is lost at the seams."""
    rng = np.random.default_rng(5)
    late = rng.random(30_000) < np.where(np.arange(30_000) // 2500 % 2, 0.45, 0.18)
    steps = cusum.evidence(np.ones(30_000), late, 0.2, 0.4, 0.05)
    found, expected = cusum.watch(steps, 4.5), stepwise(steps.tolist(), 4.5)
    assert (found.alarm, found.since) == (expected.alarm, expected.since)
    assert np.count_nonzero(np.diff(cusum.trace(steps, 4.5).alarm)) >= 6


def test_an_alarm_outlasts_neither_recovery_nor_its_memory() -> None:
    """After however long a trouble, about as many good days end the alarm as a fresh one would need."""
    good = 40
    on = [int(cusum.trace(np.array([0.75] * bad + [-0.25] * good), 4.5).alarm[-good:].sum()) for bad in (20, 2000)]
    assert on[0] == on[1] == 4.5 / 0.25 - 1


@given(STEPS, st.floats(1.0, 8.0))
def test_the_score_stays_between_zero_and_the_threshold(steps: list[float], threshold: float) -> None:
    """So it can be shown as a share of the way to the alarm."""
    score = cusum.trace(np.array(steps), threshold).score
    assert ((score >= 0) & (score <= threshold)).all()


def test_a_shift_that_is_none_is_refused() -> None:
    """Without a worse share than the normal one there is nothing to detect."""
    with pytest.raises(ValueError, match=r"0\.4 and 0\.4"):
        Shift(0.4, 0.4)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_share_is_moved_by_its_odds(share: float, origin: float, to: float) -> None:
    """As far, in odds, from the new level as it was from the old; it stays a share, and comes back."""
    moved = cusum.moved(share, origin, to)

    def odds(one: float) -> float:
        return one / (1 - one)

    assert 0 < moved < 1
    assert odds(moved) / odds(to) == pytest.approx(odds(share) / odds(origin))
    assert cusum.moved(moved, to, origin) == pytest.approx(share)

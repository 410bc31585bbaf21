"""What may be looked at after every mission: the anytime-valid test and the CUSUM."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from monitor.core.stats import beta_mixture, chosen, cusum
from monitor.core.stats.cusum import Drift, Shift
from monitor.core.stats.run_length import run_length, threshold_for

DESIGN = Shift(0.20, 0.40)
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


def stepwise(late: list[bool], shift: Shift, threshold: float) -> Drift:
    """The CUSUM as its definition reads, mission by mission."""
    score, alarm, since = 0.0, False, None
    for index, one in enumerate(late):
        score += shift.late_step if one else -shift.in_time_step
        score = max(0.0, score)
        if alarm:
            score = min(threshold, score)
            alarm = score > 0
        elif score >= threshold:
            score, alarm = threshold, True
        since = None if score == 0 else (index if since is None else since)
    return Drift(score, alarm, since)


@given(st.lists(st.booleans(), max_size=600), st.floats(1.0, 8.0), st.sampled_from([DESIGN, Shift(0.1, 0.5)]))
def test_the_cusum_is_its_definition(late: list[bool], threshold: float, shift: Shift) -> None:
    """Computed in arrays or mission by mission: the same score, alarm and beginning."""
    expected = stepwise(late, shift, threshold)
    found = cusum.watch(late, shift, threshold)
    assert found.score == pytest.approx(expected.score, abs=1e-9)
    assert (found.alarm, found.since) == (expected.alarm, expected.since)


def test_a_long_history_is_the_same_in_one_piece_and_mission_by_mission() -> None:
    """Across many chunks and alarms nothing is lost at the seams."""
    rng = np.random.default_rng(5)
    late = (rng.random(30_000) < np.where(np.arange(30_000) // 2500 % 2, 0.45, 0.18)).tolist()
    found, expected = cusum.watch(late, DESIGN, 4.5), stepwise(late, DESIGN, 4.5)
    assert (found.alarm, found.since) == (expected.alarm, expected.since)
    assert np.count_nonzero(np.diff(cusum.trace(late, DESIGN, 4.5).alarm)) >= 6


def test_an_alarm_outlasts_neither_recovery_nor_its_memory() -> None:
    """After however long a trouble, about as many good missions end the alarm as a fresh one would need."""
    short = [True] * 20 + [False] * 40
    long = [True] * 2000 + [False] * 40
    on = [int(cusum.trace(late, DESIGN, 4.5).alarm[-40:].sum()) for late in (short, long)]
    assert on[0] == on[1] == math.ceil(4.5 / DESIGN.in_time_step) - 1


@given(OUTCOMES, st.floats(1.0, 8.0))
def test_the_score_stays_between_zero_and_the_threshold(late: list[bool], threshold: float) -> None:
    """So it can be shown as a share of the way to the alarm."""
    score = cusum.trace(late, DESIGN, threshold).score
    assert ((score >= 0) & (score <= threshold)).all()


@pytest.mark.parametrize(("late_share", "literature"), [(0.20, 1400), (0.40, 37)])
def test_the_designs_average_run_lengths_are_those_of_the_chart(late_share: float, literature: float) -> None:
    """At h = 4.5, in logarithms of the likelihood: about 1 400 missions between false alarms, 37 to detect."""
    rng = np.random.default_rng(13)
    exact = run_length(late_share, DESIGN, 4.5).mean
    lengths = []
    for _ in range(1500):
        on = cusum.trace(rng.random(20_000 if late_share == 0.20 else 1000) < late_share, DESIGN, 4.5).alarm
        lengths.append(int(np.argmax(on)) + 1)
    assert exact == pytest.approx(literature, rel=0.02)
    assert np.mean(lengths) == pytest.approx(exact, rel=0.08)


@pytest.mark.parametrize("missions", [500, 9125])
def test_the_chosen_threshold_gives_the_wanted_time_between_false_alarms(missions: float) -> None:
    """At it the run is long enough, and just below it is not."""
    threshold = threshold_for(missions, DESIGN)
    assert run_length(0.20, DESIGN, threshold).mean >= missions > run_length(0.20, DESIGN, threshold - 0.02).mean


def test_the_chosen_drift_alarm_keeps_both_promises() -> None:
    """Exactly: under 2 false pages in a year of 18 250 missions, and half of all falls to 60 % found within 45."""
    assert 18_250 / run_length(0.20, chosen.DRIFT, chosen.DRIFT_PAGE_THRESHOLD).mean < 2
    assert run_length(0.40, chosen.DRIFT, chosen.DRIFT_PAGE_THRESHOLD, "steady").median <= 45


def test_a_shift_that_is_none_is_refused() -> None:
    """Without a worse share than the normal one there is nothing to detect."""
    with pytest.raises(ValueError, match=r"0\.4 and 0\.4"):
        Shift(0.4, 0.4)


@given(st.floats(0, 1))
def test_every_own_level_gives_a_shift(level: float) -> None:
    """Also a series that was never late, or always."""
    shift = cusum.from_level(level)
    assert 0 < shift.normal < shift.degraded < 1

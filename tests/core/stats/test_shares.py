"""Intervals and exact tests of a share, and what missions in progress can make of it."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.core.stats.binomial import (
    STRONG,
    WEAK,
    Evidence,
    breach_p_value,
    compliance_p_value,
    evidence,
    minimum_n,
)
from monitor.core.stats.bounds import share_bounds
from monitor.core.stats.wilson import share_interval

PERCENTS = st.sampled_from([50, 80])


@st.composite
def counts(draw: st.DrawFn, at_least: int = 1) -> tuple[int, int]:
    """Missions within target, and all missions."""
    n = draw(st.integers(at_least, 3000))
    return draw(st.integers(0, n)), n


@given(counts(), st.floats(0.5, 0.99))
def test_the_share_interval_encloses_the_observed_share(count: tuple[int, int], confidence: float) -> None:
    """The shown share always lies in the shown interval, and the interval in 0 to 1."""
    within, n = count
    interval = share_interval(within, n, confidence)
    assert -1e-12 <= interval.lower <= within / n + 1e-12
    assert within / n - 1e-12 <= interval.upper <= 1 + 1e-12


@given(counts())
def test_the_share_interval_is_wilsons_formula(count: tuple[int, int]) -> None:
    """The library's function is the one that the documentation states."""
    within, n = count
    z = stats.norm.ppf(0.975)
    middle, half = within + z * z / 2, z * math.sqrt(within * (n - within) / n + z * z / 4)
    interval = share_interval(within, n)
    assert interval.lower == pytest.approx((middle - half) / (n + z * z), abs=1e-12)
    assert interval.upper == pytest.approx((middle + half) / (n + z * z), abs=1e-12)


@given(counts())
def test_one_more_mission_within_target_never_lowers_the_interval(count: tuple[int, int]) -> None:
    """The interval follows the counts monotonously."""
    within, n = count
    if within < n:
        here, more = share_interval(within, n), share_interval(within + 1, n)
        assert here.lower <= more.lower
        assert here.upper <= more.upper


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("n", [20, 50, 100, 300])
def test_the_share_interval_covers_about_95_percent(n: int, share: float) -> None:
    """Exact coverage, summed over every outcome, is 93 % or better at each n and share shown in the docs."""
    holds = [interval.lower <= share <= interval.upper for interval in (share_interval(w, n) for w in range(n + 1))]
    assert stats.binom.pmf(np.arange(n + 1), n, share) @ holds >= 0.93


@pytest.mark.parametrize("percent", [50, 80])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_p_values_count_every_possible_outcome(n: int, percent: int) -> None:
    """At small n the p-values equal the sum over all sequences of outcomes, one by one."""
    p = percent / 100
    chance = [0.0] * (n + 1)
    for outcome in product([True, False], repeat=n):
        chance[sum(outcome)] += math.prod(p if within else 1 - p for within in outcome)
    for within in range(n + 1):
        assert breach_p_value(within, n, percent) == pytest.approx(sum(chance[: within + 1]))
        assert compliance_p_value(within, n, percent) == pytest.approx(sum(chance[within:]))


@pytest.mark.parametrize("percent", [50, 80, 90, 95])
def test_each_answer_has_a_first_n_at_which_it_can_be_strong(percent: int) -> None:
    """At it, a perfect (or a hopeless) record is strong; with one mission fewer it says nothing at all."""
    enough = minimum_n(percent, met=True)
    assert compliance_p_value(enough, enough, percent) <= STRONG < compliance_p_value(enough - 1, enough - 1, percent)
    assert evidence(enough, enough, percent) is Evidence.STRONG
    assert evidence(enough - 1, enough - 1, percent) is Evidence.NONE
    hopeless = minimum_n(percent, met=False)
    assert breach_p_value(0, hopeless, percent) <= STRONG < breach_p_value(0, hopeless - 1, percent)
    assert evidence(0, hopeless, percent) is Evidence.STRONG
    assert evidence(0, hopeless - 1, percent) is Evidence.NONE


def test_a_hopeless_record_is_no_chance_although_a_perfect_one_could_be() -> None:
    """None of sixteen within, where 80 % should be: p = 7e-12."""
    assert evidence(0, 16, 80) is Evidence.STRONG
    assert evidence(16, 16, 80) is Evidence.NONE


@given(counts(at_least=1), PERCENTS)
def test_evidence_never_fades_further_from_the_target(count: tuple[int, int], percent: int) -> None:
    """Further below (or above) the target the evidence for missed (or met) is as strong or stronger."""
    within, n = count
    order = [Evidence.NONE, Evidence.WEAK, Evidence.STRONG]
    further = within + 1 if 100 * within >= percent * n else within - 1
    if 0 <= further <= n:
        assert order.index(evidence(further, n, percent)) >= order.index(evidence(within, n, percent))


@given(st.integers(1, 3000), PERCENTS)
def test_strong_evidence_is_rarely_wrong(n: int, percent: int) -> None:
    """Exactly on target, looked at once: strong evidence of a breach in at most 2.5 %, weak or strong in 10 %."""
    edge = int(stats.binom.ppf(WEAK, n, percent / 100))
    wrong = [w for w in range(edge + 1) if 100 * w < percent * n and evidence(w, n, percent) is not Evidence.NONE]
    strong = [w for w in wrong if evidence(w, n, percent) is Evidence.STRONG]
    assert stats.binom.cdf(max(wrong, default=-1), n, percent / 100) <= WEAK + 1e-9
    assert stats.binom.cdf(max(strong, default=-1), n, percent / 100) <= STRONG + 1e-9


@given(counts(at_least=0), st.integers(0, 50), st.data())
def test_the_bounds_hold_whatever_becomes_of_open_missions(
    count: tuple[int, int], open_missions: int, data: st.DataObject
) -> None:
    """However many of the open missions still arrive in time, the share ends between the bounds."""
    within, judged = count
    overdue = data.draw(st.integers(0, open_missions))
    bounds = share_bounds(within, judged, open_missions, overdue)
    if not judged + open_missions:
        assert bounds is None
        return
    assert bounds is not None
    in_time = data.draw(st.integers(0, open_missions - overdue))
    assert 0 <= bounds.lower <= (within + in_time) / (judged + open_missions) <= bounds.upper <= 1

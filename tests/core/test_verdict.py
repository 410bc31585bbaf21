"""Met or missed is decided by two integers, and nothing without data is ever met."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.figures import Count, InProgress
from monitor.core.percent import rank as nearest_rank
from monitor.core.service import Objective
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.bounds import ShareBounds
from monitor.core.verdict import State, Verdict, judge
from tests.core.police import BY_PERCENT

PERCENT = st.sampled_from([*BY_PERCENT])


def verdict(within: int, judged: int, percent: int = 80, *, stale: bool = False) -> Verdict:
    """The verdict on so many missions of so many, against a target of ten minutes."""
    return judge(BY_PERCENT[percent], Count(judged, within), target_seconds=600.0, measured=judged, stale=stale)


@settings(max_examples=400)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 40), PERCENT)
def test_a_target_is_met_exactly_when_the_nearest_rank_percentile_is_within_it(
    responses: list[int], target: int, percent: int
) -> None:
    """Counting missions within the target and comparing the percentile with it are the same question."""
    within = sum(response <= target for response in responses)
    percentile = sorted(responses)[nearest_rank(len(responses), percent) - 1]
    assert (verdict(within, len(responses), percent).state is State.MET) == (percentile <= target)


@given(st.integers(0, 10**12), st.integers(0, 10**12), PERCENT)
def test_no_rounding_decides_however_many_missions(within: int, late: int, percent: int) -> None:
    """One mission of a million millions more or less makes the difference at the very edge."""
    judged = within + late
    edge = -(-percent * judged // 100)
    if judged:
        assert verdict(edge, judged, percent).state is State.MET
    if edge:
        assert verdict(edge - 1, judged, percent).state is State.MISSED


@given(st.integers(0, 50), st.integers(0, 50), PERCENT)
def test_a_stale_feed_and_an_empty_window_are_no_data(within: int, late: int, percent: int) -> None:
    """Never met, never missed, no evidence and no budget."""
    for found in (verdict(within, within + late, percent, stale=True), verdict(0, 0, percent)):
        assert found.state is State.NO_DATA
        assert (found.evidence, found.late_budget) == (Evidence.NONE, None)


@pytest.mark.parametrize("stale", [True, False])
@pytest.mark.parametrize("measured", [0, 30])
def test_without_a_target_there_is_no_verdict(stale: bool, measured: int) -> None:
    """Whether the feed is silent or not, and whether missions were measured or not."""
    found = judge(BY_PERCENT[80], Count(0, 0), target_seconds=None, measured=measured, stale=stale)
    assert (found.state, found.late_budget, found.share, found.breach_p_value) == (State.NO_TARGET, None, None, None)


def test_missions_from_before_the_first_target_are_not_judged_by_it() -> None:
    """Measured, but no target was in force when they rang: no_target, although one is in force now."""
    found = judge(BY_PERCENT[80], Count(0, 0), target_seconds=600.0, measured=30, stale=False)
    assert found.state is State.NO_TARGET


def test_missions_keep_their_verdict_when_the_target_is_abolished() -> None:
    """Judged by the target they had, although none is shown today."""
    found = judge(BY_PERCENT[80], Count(10, 8), target_seconds=None, measured=12, stale=False)
    assert (found.state, found.target_seconds) == (State.MET, None)


COUNTS = st.integers(1, 400).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))


@settings(max_examples=400)
@given(COUNTS, PERCENT)
def test_the_late_budget_is_how_many_of_these_missions_could_still_have_been_late(
    counts: tuple[int, int], percent: int
) -> None:
    """With n as it is: so many more of them late and the target is met, one more and it is missed."""
    within, judged = counts
    budget = verdict(within, judged, percent).late_budget
    assert budget is not None
    assert (budget >= 0) == (verdict(within, judged, percent).state is State.MET)
    assert verdict(within - budget, judged, percent).state is State.MET
    assert within - budget == 0 or verdict(within - budget - 1, judged, percent).state is State.MISSED


def test_what_is_to_spare_is_not_how_many_may_still_come_late() -> None:
    """National, town, 2024: of the 2,530 that there are, 27 more; but 33 may come late if nothing else comes."""
    assert verdict(2051, 2530).late_budget == 27
    assert verdict(2051 - 27, 2530).state is State.MET
    assert verdict(2051 - 28, 2530).state is State.MISSED
    assert verdict(2051, 2530 + 33).state is State.MET
    assert verdict(2051, 2530 + 34).state is State.MISSED


@settings(max_examples=400)
@given(COUNTS, PERCENT)
def test_additional_late_missions_up_to_the_budget_keep_the_target_met(counts: tuple[int, int], percent: int) -> None:
    """The promise is cautious for missions yet to come: each also raises n, and with it the allowance.

    Late missions that come on top may be floor(((1 - p) n - late) / p), which is never fewer than the budget;
    one more than that misses.
    """
    within, judged = counts
    budget = verdict(within, judged, percent).late_budget
    assert budget is not None
    if budget >= 0:
        assert verdict(within, judged + budget, percent).state is State.MET
        most = ((100 - percent) * judged - 100 * (judged - within)) // percent
        assert most >= budget
        assert verdict(within, judged + most, percent).state is State.MET
        assert verdict(within, judged + most + 1, percent).state is State.MISSED


@given(COUNTS, st.integers(0, 20), st.integers(0, 20), PERCENT)
def test_missions_in_progress_bound_the_share_that_the_window_can_end_with(
    counts: tuple[int, int], waiting: int, overdue: int, percent: int
) -> None:
    """Between all of them late, and all that are not overdue yet in time."""
    within, judged = counts
    progress = InProgress(waiting + overdue, overdue)
    found = judge(
        BY_PERCENT[percent],
        Count(judged, within),
        target_seconds=1.0,
        measured=judged,
        stale=False,
        progress=progress,
    )
    total = judged + waiting + overdue
    assert found.bounds == ShareBounds(within / total, (within + waiting) / total)
    assert verdict(within, judged, percent).bounds is None


@given(COUNTS, PERCENT)
def test_the_share_lies_in_its_interval(counts: tuple[int, int], percent: int) -> None:
    """And is the one that the counts say."""
    found = verdict(*counts, percent)
    assert found.share is not None
    assert found.within_ratio == counts[0] / counts[1]
    assert found.share.lower - 1e-12 <= found.within_ratio <= found.share.upper + 1e-12


def test_too_few_missions_are_no_evidence_whatever_they_say() -> None:
    """Sixteen of sixteen within 80 % could be chance; seventeen of seventeen is strong."""
    assert verdict(16, 16).evidence is Evidence.NONE
    assert verdict(17, 17).evidence is Evidence.STRONG


MEAN = Objective("mean", None)


def mean_verdict(total: float, allowed: float, judged: int = 10) -> Verdict:
    """The verdict on so many missions that took, together, so many seconds of those that they may take."""
    count = Count(judged, judged, round(total * 1e6), round(allowed * 1e6))
    return judge(MEAN, count, target_seconds=600.0, measured=judged, stale=False)


@given(st.integers(0, 10**15), st.integers(-2, 2))
def test_a_mean_is_met_to_the_microsecond(allowed: int, over: int) -> None:
    """Whole microseconds decide; no division rounds."""
    found = judge(
        MEAN, Count(7, 0, max(0, allowed + over), allowed), target_seconds=600.0, measured=7, stale=False
    )  # fmt: skip
    assert found.state is (State.MET if max(0, allowed + over) <= allowed else State.MISSED)


def test_a_mean_has_seconds_to_spare_and_no_share() -> None:
    """Ten missions of ten minutes each may take 6000 s; they took 5400 or 6600."""
    for total, spare_seconds, state in ((5400.0, 600.0, State.MET), (6600.0, -600.0, State.MISSED)):
        found = mean_verdict(total, 6000.0)
        assert (found.state, found.spare_seconds) == (state, spare_seconds)
        assert (found.within, found.within_ratio, found.share, found.bounds, found.late_budget) == (None,) * 5


def test_a_sum_that_nobody_knows_exactly_decides_nothing() -> None:
    """Sealed by an earlier version: neither met nor missed, whatever a sketch tells."""
    found = judge(MEAN, Count(2000, 1500), target_seconds=600.0, measured=2000, stale=False)
    assert (found.state, found.evidence, found.breach_p_value) == (State.NO_DATA, Evidence.NONE, None)
    assert (found.spare_seconds, found.judged) == (None, 2000)


@pytest.mark.parametrize(("judged", "stale", "target"), [(0, False, 600.0), (5, True, 600.0), (0, False, None)])
def test_a_mean_without_data_or_target_is_no_answer(judged: int, stale: bool, target: float | None) -> None:
    """As of a percentile."""
    found = judge(MEAN, Count(judged, 0, 0, 0), target_seconds=target, measured=judged, stale=stale)
    assert found.state is (State.NO_TARGET if target is None else State.NO_DATA)
    assert (found.spare_seconds, found.evidence) == (None, Evidence.NONE)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_a_percentage_with_decimals_is_decided_by_whole_numbers(within: int, late: int) -> None:
    """99.9 %: one late of a thousand is within it, two of 1999 are not."""
    objective, judged = Objective("nearly all", Decimal("99.9")), within + late
    found = judge(objective, Count(judged, within), target_seconds=60.0, measured=judged, stale=False)
    if judged:
        assert (found.state is State.MET) == (1000 * within >= 999 * judged)
        assert found.late_budget == judged // 1000 - late

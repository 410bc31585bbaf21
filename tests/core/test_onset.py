"""What is news about a series: a rise above the worse of objective and own past, and one step more."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alarm import Rules
from monitor.core.day_counts import NO_DAYS, DayCounts
from monitor.core.drift import LEVELS, Chart
from monitor.core.onset import Onset, known_late, onset_of
from monitor.core.stats import cusum

RULES: Final = Rules()
ON_TARGET: Final = [(5, 1)] * 400
CHRONIC: Final = [(5, 2)] * 800
"""Forty of a hundred late, as ever."""


def days(*parts: list[tuple[int, int]]) -> DayCounts:
    """Days in a row with so many judged and late."""
    counts = np.array([one for part in parts for one in part], np.int64).reshape(-1, 2)
    return DayCounts(np.arange(len(counts)), counts[:, 0], counts[:, 1]) if len(counts) else NO_DAYS


def told(counts: DayCounts, threshold: float = RULES.drift_threshold) -> Onset:
    return onset_of(counts, RULES.chart, 80, threshold=threshold, lag_days=90, length_days=275)


def test_on_target_nothing_is_new() -> None:
    """Nor where there is no mission at all."""
    assert told(days(ON_TARGET)) is Onset.NONE
    assert told(days()) is Onset.NONE


def test_a_rise_is_news_and_a_further_one_is_news_again() -> None:
    """From two of ten to five is a change; to all it has become worse; it ends as it came."""
    risen = [*ON_TARGET, *[(4, 2)] * 40]
    assert told(days(risen)) is Onset.CHANGED
    assert told(days(risen, [(5, 5)] * 20)) is Onset.WORSE
    assert told(days(risen, [(5, 5)] * 20, [(5, 0)] * 40)) is Onset.NONE


def test_a_series_that_has_always_been_late_is_no_news() -> None:
    """It is over its objective by the same test, and stays what it was; a ticket says so."""
    always = days(CHRONIC)
    assert cusum.watch(RULES.chart.over_target(always, 80), RULES.drift_threshold).alarm
    assert told(always) is Onset.NONE


def test_a_series_that_has_always_been_late_can_become_worse() -> None:
    """Measured from its own level: from four of ten to seven."""
    assert told(days(CHRONIC, [(10, 7)] * 12)) is Onset.CHANGED


def test_few_missions_excuse_nobody() -> None:
    """A level that chance may explain does not hide a change over the objective."""
    few = [(4, 1), *[(0, 0)] * 100]
    counts = days(few, [(5, 5)] * 3)
    some = counts.judged > 0
    assert told(DayCounts(counts.day[some], counts.judged[some], counts.late[some])) is Onset.CHANGED


def by_hand(steps: list[float], threshold: float) -> int | None:
    """The CUSUM day by day: the one that raised the alarm that is on, None where none is."""
    score, raised = 0.0, None
    for number, step in enumerate(steps):
        score += step
        if raised is None:
            score = max(score, 0.0)
            raised = number if score >= threshold else None
        else:
            raised = None if score <= 0 else raised
        score = min(max(score, 0.0), threshold)
    return raised


@given(
    st.lists(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=80),
    st.sampled_from([0.9, 2.0, 4.0]),
)
def test_it_is_what_counting_by_hand_gives(counted: list[tuple[int, int]], threshold: float) -> None:
    """Each day against the level of its own past, added up here; the second score from the day after the alarm."""
    chart, lag, length = Chart(), 5, 30
    counts = days(counted)
    levels = []
    for day in range(len(counted)):
        past = counted[max(0, day - lag - length + 1) : max(0, day - lag + 1)]
        judged, late = (sum(one[at] for one in past) for at in (0, 1))
        sure = known_late(np.array([judged]), np.array([late]), 80)[0]
        own = min(max((late + 1) / (judged + 2), LEVELS[0]), LEVELS[1])
        levels.append(max(0.2, own) if sure else 0.2)
    steps = chart.against(counts, np.array(levels)).tolist()
    raised = by_hand(steps, threshold)
    if raised is None:
        expected = Onset.NONE
    else:
        degraded = [min(chart.around(level)[1], LEVELS[1]) for level in levels]
        again = by_hand(chart.against(counts, np.array(degraded)).tolist()[raised + 1 :], threshold)
        expected = Onset.CHANGED if again is None else Onset.WORSE
    assert onset_of(counts, chart, 80, threshold=threshold, lag_days=lag, length_days=length) is expected


@pytest.mark.parametrize(
    ("within", "judged", "known"), [(56, 80, True), (57, 80, False), (0, 3, True), (0, 2, False), (0, 0, False)]
)
def test_known_late_is_strong_evidence_and_no_less(within: int, judged: int, known: bool) -> None:
    """As the words "strong evidence" have it for a closed period."""
    assert bool(known_late(np.array([judged]), np.array([judged - within]), 80)[0]) is known

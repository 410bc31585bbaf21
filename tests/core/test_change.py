"""What is news about a series: a rise above the worse of objective and own past, and one step more."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.core.change import Change, change_of, known_late
from monitor.core.stats import chosen, cusum
from monitor.core.stats.cusum import Shift

Lates = NDArray[np.bool_]
NOBODY: Final = np.zeros(0, bool)


def lates(pattern: str) -> Lates:
    """`L` late, `.` in time."""
    return np.array([one == "L" for one in pattern], bool)


def told(ever: Lates, *, recent: int = 0, before: Lates = NOBODY) -> Change:
    return change_of(
        ever, ever[len(ever) - recent :], before,
        percent=80, shift=chosen.DRIFT, threshold=chosen.DRIFT_PAGE_THRESHOLD,
    )  # fmt: skip


ON_TARGET: Final = lates("....L" * 60)
CHRONIC: Final = lates("..L.L" * 60)
"""Forty of a hundred late, as ever."""


def test_on_target_nothing_is_new() -> None:
    """Nor where there is no mission at all."""
    assert told(ON_TARGET) is Change.NONE
    assert told(NOBODY) is Change.NONE


def test_a_rise_is_news_and_a_further_one_is_news_again() -> None:
    """From two of ten to four is a change; to nine of ten it has become worse; it ends as it came."""
    risen = np.concatenate([ON_TARGET, lates("..L.L" * 24)])
    assert told(risen) is Change.CHANGED
    worse = np.concatenate([risen, lates("LLLLLLLLL." * 4)])
    assert told(worse) is Change.WORSE
    assert told(np.concatenate([worse, lates("." * 60)])) is Change.NONE


def test_a_series_that_has_always_been_late_is_no_news() -> None:
    """It is over its objective by the same test, and stays what it was; a ticket says so."""
    assert cusum.watch(CHRONIC, chosen.DRIFT, chosen.DRIFT_PAGE_THRESHOLD).alarm
    assert told(CHRONIC, recent=100, before=CHRONIC[:200]) is Change.NONE


def test_a_series_that_has_always_been_late_can_become_worse() -> None:
    """Measured from its own level: from four of ten to eight."""
    risen = np.concatenate([CHRONIC, lates("LLLL." * 12)])
    assert told(risen, recent=160, before=CHRONIC[:200]) is Change.CHANGED


def test_few_missions_excuse_nobody() -> None:
    """A level that chance may explain does not hide a change over the objective."""
    few = lates("..L.")
    assert not known_late(few, 80)
    assert told(np.concatenate([few, lates("L" * 10)]), recent=10, before=few) is Change.CHANGED


def by_hand(missions: list[bool], shift: Shift, threshold: float) -> int | None:
    """The CUSUM mission by mission: the one that raised the alarm that is on, None where none is."""
    score, raised = 0.0, None
    for number, late in enumerate(missions):
        score += shift.late_step if late else -shift.in_time_step
        if raised is None:
            score = max(score, 0.0)
            raised = number if score >= threshold else None
        else:
            raised = None if score <= 0 else raised
        score = min(max(score, 0.0), threshold)
    return raised


@given(
    st.lists(st.booleans(), max_size=60),
    st.lists(st.booleans(), max_size=60),
    st.sampled_from([0.9, 2.0, 4.5]),
)
def test_it_is_what_counting_by_hand_gives(before: list[bool], recent: list[bool], threshold: float) -> None:
    """Two scores, the second from the mission after the alarm, each by its definition."""
    ever = [*before, *recent]
    known = known_late(np.array(before, bool), 80)
    shift = cusum.from_level(max(0.2, sum(before) / len(before))) if known else chosen.DRIFT
    missions = recent if known else ever
    raised = by_hand(missions, shift, threshold)
    if raised is None:
        expected = Change.NONE
    else:
        again = by_hand(missions[raised + 1 :], cusum.from_level(shift.degraded), threshold)
        expected = Change.CHANGED if again is None else Change.WORSE
    found = change_of(
        np.array(ever, bool), np.array(recent, bool), np.array(before, bool),
        percent=80, shift=chosen.DRIFT, threshold=threshold,
    )  # fmt: skip
    assert found is expected


@pytest.mark.parametrize(
    ("within", "judged", "known"), [(56, 80, True), (57, 80, False), (0, 3, True), (0, 2, False)]
)
def test_known_late_is_strong_evidence_and_no_less(within: int, judged: int, known: bool) -> None:
    """As the words "strong evidence" have it for a closed period."""
    assert known_late(np.arange(judged) >= within, 80) is known

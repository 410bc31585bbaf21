"""Another threshold is judged over the very missions of the period, counted the slow way."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.backtest.what_if import asked, what_if
from monitor.core.calendar import Calendar, Period
from monitor.core.mission import Kind
from monitor.core.service import Objective
from monitor.core.verdict import State
from tests.core.figures import GRID, SUPERSEDED, Call, calls, history_of, of_area
from tests.core.police import GOAL, REQUIREMENT, SERVICE

NOW = SUPERSEDED + 30 * 86_400.0
YEAR, MAY = Calendar().period("2024"), Calendar().period("2024-05")


@given(calls(), st.sampled_from([YEAR, MAY]), st.sampled_from([GOAL, REQUIREMENT]), st.integers(0, 26))
def test_a_threshold_is_met_when_enough_missions_are_within_it(
    made: list[Call], period: Period, objective: Objective, steps: int
) -> None:
    """Whatever the threshold was, also where there was none."""
    threshold = 100.0 * steps
    found = what_if(history_of(made), period, (objective, threshold), now=NOW, abandoned_after_seconds=86_400.0)
    first, after = (GRID.midnight(day.toordinal()) for day in (period.first, period.after))
    expected = {}
    for series in SERVICE.judged_series:
        took = [
            one.response
            for one in of_area(made, *series)
            if one.kind is Kind.MEASURED and first <= one.at < after and one.response is not None
        ]
        if took:
            within = sum(seconds <= threshold for seconds in took)
            met = Fraction(within, len(took)) >= Fraction(int(objective.percentile or 0), 100)
            expected[series] = (len(took), within, State.MET if met else State.MISSED)
    assert {
        (one.area, one.category): (one.would_be.judged, one.would_be.within, one.would_be.state) for one in found
    } == expected
    assert {one.would_be.target_seconds for one in found} <= {threshold}


def test_the_own_verdict_stands_beside_it() -> None:
    """Urban Oslo, on a day in May: 1000 s was what counted."""
    made = [Call(("oslo", "urban"), SUPERSEDED - 3600.0 * n, Kind.MEASURED, 900.0) for n in range(1, 11)]
    found = what_if(history_of(made), MAY, (REQUIREMENT, 800.0), now=NOW, abandoned_after_seconds=86_400.0)
    oslo = next(one for one in found if one.area == "oslo")
    assert (oslo.was.state, oslo.was.target_seconds) == (State.MET, 1000.0)
    assert (oslo.would_be.state, oslo.value) == (State.MISSED, 900.0)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("requirement=12:00", 720.0), ("requirement = 12", 720.0), ("requirement=4.1", 246.0), ("goal=80 s", 80.0),
     ("goal=1:05:00", 3900.0)],
)  # fmt: skip
def test_a_time_is_said_as_in_a_table_of_thresholds(said: str, seconds: float) -> None:
    """Exactly: 4.1 minutes are 246 s."""
    objective, found = asked(SERVICE, said)
    assert (objective.slug, found) == (said.partition("=")[0].strip(), seconds)


@pytest.mark.parametrize(
    ("said", "answer"),
    [("requirement", "say OBJECTIVE=TIME"), ("krav=12", "'krav' is no objective of police, which has goal, requirem"),
     ("goal=soon", "the time must be minutes"), ("goal=-1", "cannot be right"), ("goal=nan", "must be minutes"),
     ("goal=", "must be minutes")],
)  # fmt: skip
def test_a_question_that_is_none_is_answered_with_how_to_ask(said: str, answer: str) -> None:
    """What is wrong, and what there is."""
    with pytest.raises(ValueError, match=answer):
        asked(SERVICE, said)

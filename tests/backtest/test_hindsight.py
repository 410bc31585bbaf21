"""Changes are found where they are, also when only some moments are looked at; and nothing sealed is guessed."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alarm import Rules
from monitor.core.hindsight import changes, looked_at, of_series, sealed_within
from monitor.core.mission import Kind
from monitor.core.windows import Span
from tests.core.figures import GRID, SUPERSEDED, Call, history_of

DAY = 86_400.0


def slowly(states: list[str]) -> list[tuple[float, str]]:
    """The first of each run of equal states."""
    found, at = [], 0
    for state, same in groupby(states):
        found.append((float(at), state))
        at += len([*same])
    return found


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_every_change_is_found_when_every_moment_is_looked_at(states: list[str]) -> None:
    """However often it comes and goes."""
    moments = [float(number) for number in range(len(states))]
    assert [*changes(moments, lambda at: states[int(at)])] == slowly(states)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(7, 30)), max_size=12), st.integers(1, 7))
def test_what_lasts_a_stride_is_found_exactly(runs: list[tuple[str, int]], stride: int) -> None:
    """And at a fraction of the looks."""
    states = [state for state, length in runs for _ in range(length)]
    looks: list[float] = []

    def state_at(at: float) -> str:
        looks.append(at)
        return states[int(at)]

    moments = [float(number) for number in range(len(states))]
    assert [*changes(moments, state_at, stride=stride)] == slowly(states)
    assert len(looks) <= 1 + -(-len(states) // stride) + len(runs) * 2 * stride.bit_length()


def test_a_series_is_looked_at_when_something_was_measured_and_when_a_day_begins() -> None:
    """Never at what was not measured: it makes nothing worse."""
    made = [
        Call(("oslo", "urban"), SUPERSEDED + 3600.0, Kind.MEASURED, 600.0),
        Call(("oslo", "urban"), SUPERSEDED + 7200.0, Kind.NO_END, None),
    ]
    found = of_series(history_of(made), "oslo", "urban", ("year",), Span(SUPERSEDED, SUPERSEDED + 2 * DAY))
    span = Span(SUPERSEDED, SUPERSEDED + 2 * DAY)
    assert looked_at(found, span).tolist() == [SUPERSEDED, SUPERSEDED + 4200.0, SUPERSEDED + DAY]


@pytest.mark.parametrize("sealed", [True, False])
def test_sealed_missions_of_the_time_looked_at_are_told(*, sealed: bool) -> None:
    """Their order is known no more."""
    at = SUPERSEDED - 5 * DAY
    history = history_of([Call(("oslo", "urban"), at, Kind.MEASURED, 100.0, sealed=sealed)])
    assert sealed_within(history, Span(at - DAY, at + DAY)) == (GRID.floor(at) if sealed else None)
    assert sealed_within(history, Span(at + DAY, at + 2 * DAY)) is None


def test_what_was_sealed_before_takes_part() -> None:
    """A timeline holds it, as it did live."""
    at = SUPERSEDED - 5 * DAY
    history = history_of([Call(("oslo", "urban"), at, Kind.MEASURED, 100.0, sealed=True)])
    span = Span(at + DAY, at + 2 * DAY)
    found = of_series(history, "oslo", "urban", ("year",), span)
    assert found.known(at + DAY).size(Span(at - DAY, at + DAY)) == 1
    assert found.alarms(Rules(), at + DAY)["requirement"].drift

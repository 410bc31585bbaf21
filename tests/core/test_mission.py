"""The states of a mission: packed, stored, and told as columns, whatever the number of clocks."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.mission import CAUSES, LONGEST_SECONDS, UNFINISHED, Cause, Kind, Mission, pack, times_of, unpack

WITHOUT_VALUE = (*CAUSES, *UNFINISHED)
MICROSECONDS = st.integers(0, LONGEST_SECONDS * 10**6)
STATES = MICROSECONDS.map(lambda one: (Kind.MEASURED, one)) | st.sampled_from([(kind, -1) for kind in WITHOUT_VALUE])
AS_A_WHOLE = (Kind.NOTHING, Kind.EXCLUDED)


def mission(states: list[tuple[Kind, int]]) -> Mission:
    """One with these states: kind, and microseconds where measured."""
    told = [(kind, microseconds / 1e6 if kind == Kind.MEASURED else None) for kind, microseconds in states]
    return Mission("m", 1, 0, 0.0, told[0][0], told[0][1] if len(told) == 1 else pack(told))


def shown(kind: Kind, microseconds: int) -> float:
    """What a column holds of a state."""
    return microseconds / 1e6 if kind == Kind.MEASURED else -float(kind)


@given(st.integers(1, 4).flatmap(lambda clocks: st.lists(st.lists(STATES, min_size=clocks, max_size=clocks))))
@example([[(Kind.MEASURED, 0)] * 2, [(Kind.MEASURED, LONGEST_SECONDS * 10**6)] * 2])
@example([[(kind, -1)] * 3 for kind in WITHOUT_VALUE])
def test_every_state_comes_back_in_its_clocks_column(rows: list[list[tuple[Kind, int]]]) -> None:
    """To the microsecond, up to the longest interval that is ever measured."""
    clocks = len(rows[0]) if rows else 2
    missions = [mission(states) for states in rows]
    columns = times_of(missions, clocks)
    assert columns.shape == (clocks, len(rows))
    assert [*map(tuple, columns.T)] == [tuple(shown(*state) for state in states) for states in rows]
    assert all(one.sound and one.fits(clocks) for one in missions)


@pytest.mark.parametrize("clocks", [1, 2, 3])
def test_what_counts_for_nothing_or_is_excluded_says_so_on_every_clock(clocks: int) -> None:
    """Excluded is a state like others; nothing is no number at all, and no comparison takes it for one."""
    columns = times_of([Mission("m", 1, 0, 0.0, kind, None) for kind in AS_A_WHOLE], clocks)
    assert np.isnan(columns[:, 0]).all()
    assert (columns[:, 1] == -Kind.EXCLUDED).all()
    assert not (columns >= 0).any()


def test_no_state_without_a_value_can_be_taken_for_a_time() -> None:
    """Not even that of nothing, whose number is zero."""
    assert all(math.isnan(one) or one < 0 for one in unpack(pack([(kind, None) for kind in Kind])))


def test_every_unmeasured_kind_has_its_cause() -> None:
    """Causes are stored by place, kinds by number: neither may be put in another order."""
    assert {*CAUSES.values()} | {Cause.ABANDONED} == {*Cause}
    assert [*Cause] == ["unknown", "no_begin", "no_end", "negative", "too_long", "too_short", "abandoned"]
    assert [(kind.name, kind.value) for kind in Kind] == [
        ("NOTHING", 0), ("MEASURED", 1), ("UNMEASURED", 2), ("OPEN", 3), ("UNTIMED", 4), ("EXCLUDED", 5),
        ("MOVED", 6), ("NO_BEGIN", 7), ("NO_END", 8), ("NEGATIVE", 9), ("TOO_LONG", 10), ("TOO_SHORT", 11),
    ]  # fmt: skip

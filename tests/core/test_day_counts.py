"""Days of a series are counted alike, whether their missions are known one by one or were sealed."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.day_counts import DayCounts
from monitor.core.mission import Kind
from tests.core.figures import GRID, HOUR, SERIES, SUPERSEDED, Call, calls, history_of, of_area, target
from tests.core.police import REQUIREMENT

UNTIL = st.integers(-40, 40).map(lambda hours: SUPERSEDED + HOUR * hours)


@settings(max_examples=200)
@given(calls(sealing=True), st.sampled_from([*SERIES, ("national", "urban")]), UNTIL)
def test_days_equal_counting_by_hand(made: list[Call], series: tuple[str, str], until: float) -> None:
    """Any missions, sealed up to any hour, of any partition: by the local day, and the target, that each rang in."""
    judged: Counter[int] = Counter()
    late: Counter[int] = Counter()
    for one in of_area(made, *series):
        limit = target(*series, REQUIREMENT, one.at)
        if one.at < until and one.kind == Kind.MEASURED and limit is not None and one.response is not None:
            judged[GRID.day_of(one.at)] += 1
            late[GRID.day_of(one.at)] += one.response > limit
    days = history_of(made).timeline(*series).days(REQUIREMENT, until, GRID)
    assert days.day.tolist() == sorted(judged)
    assert days.judged.tolist() == [judged[day] for day in sorted(judged)]
    assert days.late.tolist() == [late[day] for day in sorted(judged)]


DAYS = st.dictionaries(st.integers(739_000, 739_900), st.tuples(st.integers(1, 5), st.integers(0, 5)), max_size=30)


def of(found: dict[int, tuple[int, int]]) -> DayCounts:
    """As counted."""
    days = sorted(found)
    rows = [(day, found[day][0], min(found[day])) for day in days]
    return DayCounts(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


@given(DAYS, st.integers(0, 100), st.integers(1, 400))
def test_what_lies_before_a_day_is_what_a_loop_finds(
    found: dict[int, tuple[int, int]], lag: int, length: int
) -> None:
    """Of so many days that end so long before: no day of it twice, none left out."""
    days = of(found)
    judged, late = days.before(lag, length=length)
    for number, day in enumerate(days.day):
        inside = [other for other in found if day - lag - length < other <= day - lag]
        assert judged[number] == sum(found[other][0] for other in inside)
        assert late[number] == sum(min(found[other]) for other in inside)


@given(DAYS, st.integers(739_000, 739_900))
def test_the_volume_of_a_day_is_never_changed_by_what_comes_later(
    found: dict[int, tuple[int, int]], day: int
) -> None:
    """Or an alarm of the past would come and go with the missions of today."""
    early = {one: counts for one, counts in found.items() if one <= day}
    whole, part = (of(one).volume(usual=500.0) for one in (found, early))
    assert whole[: len(part)].tolist() == part.tolist()


def test_a_series_that_is_just_beginning_is_taken_for_a_usual_one() -> None:
    """Until its own year is known: two a day, from day to day more its own."""
    days = DayCounts(np.arange(800), np.full(800, 2), np.zeros(800, np.int64))
    volume = days.volume(usual=500.0)
    assert volume[0] == pytest.approx(500.0, abs=2)
    assert volume[364] == volume[-1] == 730
    assert (np.diff(volume) >= -1e-9).all()


@given(DAYS)
def test_months_are_those_of_the_calendar(found: dict[int, tuple[int, int]]) -> None:
    """Of its days, each in one; months without missions are none."""
    months: dict[tuple[int, int], list[int]] = {}
    for day in sorted(found):
        on = date.fromordinal(day)
        counts = months.setdefault((on.year, on.month), [0, 0])
        counts[0] += found[day][0]
        counts[1] += min(found[day])
    judged, late = of(found).by_month()
    assert [*zip(judged.tolist(), late.tolist(), strict=True)] == [tuple(counts) for counts in months.values()]


def test_no_missions_are_no_days() -> None:
    """And no volume."""
    days = DayCounts.of(np.empty(0), np.zeros(0, np.int64), np.zeros(0, np.int64), GRID)
    assert days.day.size == days.volume(usual=500.0).size == 0

"""How long something took, where a source tells that in place of when it ended."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.lengths import UNITS, length_reader
from monitor.feeds.rows import Notice, What, Why
from tests.feeds.small import FIELDS, HEAD, event, faults_of, mapped, utc

CALLED = {"called": "2024-06-01T12:00:00"}


def lengths(line: str) -> str:
    """Fields of which one is told so."""
    return FIELDS.replace('on_scene_at = "arrived"\n', line + "\n")


@pytest.mark.parametrize(
    ("formats", "written", "seconds"),
    [
        ("", 309, 309), ("", "309", 309), ("", Decimal("309.5"), 309.5), ("", "-60", -60), ("", 0, 0),
        (', formats = "minutes"', "4.5", 270), (', formats = "minutes"', 7, 420),
        (', formats = "%M:%S"', "4:30", 270), (', formats = ["%H:%M:%S", "%M:%S"]', "01:00:30", 3630),
        (', formats = ["%H:%M:%S", "%M:%S"]', "00:30", 30), ("", timedelta(minutes=5), 300), ("", time(0, 5), 300),
    ],
)  # fmt: skip
def test_a_length_is_counted_from_the_instant_that_is_named(formats: str, written: Any, seconds: float) -> None:
    """In seconds, in minutes, as a stopwatch shows it, as a workbook has it; less than nothing stays so."""
    told = event(
        {**CALLED, "took": written}, "", lengths(f'on_scene_at = {{ path = "took", since = "called_at"{formats} }}')
    )
    assert told["on_scene_at"] - told["called_at"] == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("formats", "written", "seconds"),
    [
        (["%M:%S"], "61:05", 3665), (["%M:%S", "%H:%M:%S"], "61:05", 3665),
        (["%M:%S", "%H:%M:%S"], "1:01:05", 3665), (["%M min"], "7 min", 420), (["%M%S"], "6105", 3665),
        (["%M:%S"], "-0:30", -30), (["%M:%S"], "+100:00", 6000), (["%M:%S"], "\u22121:05", -65), (["%S"], "347", 347),
        (["%H:%M:%S"], "25:00:00", 90000), (["%S.%f"], "347.5", 347.5), (["%M:%S"], "4:5", 245),
        (["%M%S"], "430", 270), (["%M%S"], "430.0", 270), (["%M%S"], 30, 30), (["%M%S"], "112", 72),
        (["%M.%S"], "4.30", 270), (["%M.%S"], 4.3, None), (["%M.%S"], "4.3", None), (["%M:%S"], "4:60", None),
        (["%H:%M:%S"], "1:61:05", None), (["%M:%S"], ":05", None), (["%M:%S"], "4:", None),
        (["%M:%S"], "--1:00", None),
        (["%M:%S"], "9" * 10 + ":00", None), (["%M:%S"], "99999999:00", None), (["%M:%S"], "9999999:00", 599999940),
        (["%M:%S"], "1:01:05", None),
    ],
)  # fmt: skip
def test_a_stopwatch_counts_on_past_the_hour(formats: list[str], written: Any, seconds: float | None) -> None:
    """The slowest were refused, or read as a guess; what may have lost a zero behind its point is no length."""
    length = length_reader(formats)(written)
    assert length == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("cell", [time(7, 5), timedelta(hours=7, minutes=5), timedelta(hours=-1), time(1)])
@pytest.mark.parametrize("formats", ['"%M:%S"', '"minutes"', '["seconds", "%M:%S"]'])
def test_a_cell_that_says_hours_is_refused_where_no_format_does(cell: Any, formats: str) -> None:
    """7:05 typed for seven minutes is seven hours to a workbook; as text it is seven minutes."""
    line = f'on_scene_at = {{ path = "took", since = "called_at", formats = {formats} }}'
    (refusal,) = mapped({**CALLED, "took": cell}, "", lengths(line)).refused
    assert (refusal.why, "the cell says hours" in refusal.detail) == (Why.UNREADABLE_TIME, True)
    assert length_reader(["%M:%S", "%H:%M:%S"])(cell) is not None
    assert length_reader(["%M:%S"])(time(0, 59, 59)) == timedelta(minutes=59, seconds=59)


@pytest.mark.parametrize(
    "written", ["six", "1_0", 1740819600000, "1e12", "1e99", "1e999999", "٣", True, [], {"a": 1}, "12:00"]
)
def test_what_is_no_length_refuses_the_record_by_name_or_says_nothing(written: Any) -> None:
    """An empty list is not known; the rest would be a guess."""
    found = mapped({**CALLED, "took": written}, "", lengths('on_scene_at = { path = "took", since = "called_at" }'))
    if written == []:
        assert "on_scene_at" not in found.events[0]
    else:
        assert [(one.why, one.field) for one in found.refused] == [(Why.UNREADABLE_TIME, "on_scene_at")]


def test_a_bare_number_where_a_moment_is_meant_is_told_what_it_may_be() -> None:
    """Seconds after the call, as London's brigade publishes them; not so of what was to be a moment."""
    for written, hinted in (("347", True), (12.5, True), ("12:62:00", False), ("20240601121530", False)):
        (refusal,) = mapped({**CALLED, "arrived": written}).refused
        assert ("`since`" in refusal.detail) is hinted, refusal


def test_one_length_stands_after_another_and_after_nothing_is_nothing() -> None:
    """Turnout, then travel; where the first is not known, the second ends at no time."""
    fields = lengths('on_scene_at = { path = "travel", since = "dispatched_at", formats = "minutes" }').replace(
        'dispatched_at = "dispatched"', 'dispatched_at = { path = "turnout", since = "called_at" }'
    )
    told = event({**CALLED, "turnout": 90, "travel": "4"}, "", fields)
    assert told["on_scene_at"] == utc(2024, 6, 1, 16, 5, 30)
    assert {"dispatched_at", "on_scene_at"}.isdisjoint(event({**CALLED, "travel": "4"}, "", fields))


def test_a_length_that_is_counted_from_nothing_is_counted() -> None:
    """A unit's row without the call: its arrival vanished in silence."""
    line = lengths('on_scene_at = { path = "took", since = "called_at" }')
    bare = {"dispatched": "2024-06-01T12:01:00"}
    found = mapped({**bare, "took": 300}, "", line)
    assert found.notices == [Notice(What.LENGTH_WITHOUT_BEGIN, "on_scene_at")]
    assert "on_scene_at" not in found.events[0]
    for record in (bare, {**bare, "took": ""}, {**bare, "took": "NULL"}, {**CALLED, "took": 300}):
        assert mapped(record, "", line).notices == []
    chained = lengths('on_scene_at = { path = "travel", since = "dispatched_at" }').replace(
        'dispatched_at = "dispatched"', 'dispatched_at = { path = "turnout", since = "called_at" }'
    )
    found = mapped({"turnout": 60, "travel": 240}, "", chained + 'recorded_at = "at"\n')
    assert [(one.what, one.field) for one in found.notices] == [
        (What.LENGTH_WITHOUT_BEGIN, "dispatched_at"), (What.LENGTH_WITHOUT_BEGIN, "on_scene_at"),
    ]  # fmt: skip


def test_a_length_that_another_way_tells_is_not_missed() -> None:
    """Of two ways the one whose begin is known tells it; where none does it is counted once."""
    ways = '[{ path = "took", since = "dispatched_at" }, { path = "took", since = "called_at" }]'
    line = lengths(f"on_scene_at = {ways}")
    found = mapped({**CALLED, "took": 60}, "", line)
    assert (found.notices, found.events[0]["on_scene_at"]) == ([], utc(2024, 6, 1, 16, 1))
    found = mapped({"at": "2024-06-01T12:00:00", "took": 60}, "", line + 'recorded_at = "at"\n')
    assert found.notices == [Notice(What.LENGTH_WITHOUT_BEGIN, "on_scene_at")]


def test_a_moment_goes_before_a_length_and_of_several_lengths_one_is_picked() -> None:
    """Two ways to tell one field, the moment first; a list of lengths as of units."""
    both = lengths('on_scene_at = [{ path = "arrived" }, { path = "took", since = "called_at" }]')
    assert event({**CALLED, "arrived": "2024-06-01T12:07:00", "took": 60}, "", both)["on_scene_at"].minute == 7
    assert event({**CALLED, "took": 60}, "", both)["on_scene_at"].minute == 1
    several = lengths('on_scene_at = { path = "took", since = "called_at", pick = "latest" }')
    assert event({**CALLED, "took": [60, 180, "120"]}, "", several)["on_scene_at"].minute == 3
    assert [one.why for one in mapped({**CALLED, "took": [60] * 201}, "", several).refused] == [Why.TOO_LONG]


def test_in_the_hour_that_occurs_twice_a_length_is_as_long() -> None:
    """Whichever of the two the call was."""
    told = event({"called": "2024-11-03T01:58:00", "took": 300}, "",
                 lengths('on_scene_at = { path = "took", since = "called_at" }'))  # fmt: skip
    assert told["on_scene_at"] - told["called_at"] == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('on_scene_at = { path = "a", formats = "seconds" }', "is a length: give it to a field, with since"),
        ('on_scene_at = { path = "a", formats = "%M:%S" }', "is a length: give it to a field, with since"),
        ('on_scene_at = { path = "a", since = "called_at", formats = "iso" }', "reads no length"),
        ('on_scene_at = { path = "a", since = "called_at", formats = ["seconds", "minutes"] }', "keep one"),
        ('on_scene_at = { path = "a", since = "called_at", formats = ["%M:%S", "%H:%M"] }', "keep one"),
        ('on_scene_at = { path = "a", since = "called_at", formats = ["%M%S", "%H%M%S"] }', "keep one"),
        ('on_scene_at = { path = "a", since = "called_at", formats = ["seconds", "%M%S"] }', "keep one"),
        ('on_scene_at = { path = "a", since = "called_at", formats = ["%M.%S", "minutes"] }', "keep one"),
        ('on_scene_at = { path = "a", since = "caled_at" }', "is no time that this source tells"),
        ('on_scene_at = { path = "a", since = "area" }', "is no time that this source tells"),
        ('on_scene_at = { path = "a", since = "status" }', "is no time that this source tells"),
        ('on_scene_at = { path = "a", since = "on_scene_at" }', "is no time that this source tells"),
        ('on_scene_at = { path = "a", since = "called_at", zone = "UTC" }', "zone: means nothing beside since"),
        ('on_scene_at = [{ path = "a", since = "called_at" }, { path = "b" }]', "say the moment first"),
        ('excluded = { path = "a", since = "called_at" }', "since: means nothing here"),
    ],
)  # fmt: skip
def test_a_length_that_cannot_be_meant_is_refused_before_anything_is_read(line: str, said: str) -> None:
    """With its place."""
    told = "\n".join(f"{where}: {message}" for where, message in faults_of(HEAD + lengths(line)))
    assert said in told, told


def test_a_source_tells_no_lengths_of_all_its_times() -> None:
    """Its formats are those of moments."""
    assert "is a length" in str(faults_of(HEAD + 'times = { formats = "seconds" }\n' + FIELDS))


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.timedeltas(), st.decimals(),
              st.times(), st.just(datetime(2024, 1, 1, tzinfo=UTC)))
)  # fmt: skip
def test_reading_any_value_raises_nothing(value: object) -> None:
    """Whatever a cell holds, it is a length or none."""
    for formats in (*([unit] for unit in UNITS), ["%M:%S"], ["%H:%M:%S", "seconds"], ["%M%S"], ["%S.%f"]):
        assert isinstance(length_reader(formats)(value), timedelta | None)

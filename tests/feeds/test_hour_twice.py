"""The hour that occurs twice and the hour that never is: against brute force over every reading."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.local import meanings
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Row, What, Why
from tests.feeds.small import FIELDS, NEW_YORK, mapper

FALL = datetime(2024, 11, 3, 6, tzinfo=UTC)
"""The clocks of New York go back from two to one."""
COLUMNS = ("called", "dispatched", "arrived")
MAPPER: Mapper = mapper()
ZONES = ["America/New_York", "Europe/Oslo", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "UTC"]


def written(at: datetime) -> str:
    """As the clock on the wall showed it, without an offset."""
    return at.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S")


def readings(record: Mapping[str, str]) -> Iterator[dict[str, datetime]]:
    """Every way to read a record: both moments of each time, where there are two."""
    options = []
    for text in record.values():
        local = datetime.fromisoformat(text)
        both = {local.replace(tzinfo=NEW_YORK, fold=fold).astimezone(UTC) for fold in (0, 1)}
        options.append(sorted(at for at in both if at.astimezone(NEW_YORK).replace(tzinfo=None) == local))
    for chosen in product(*options):
        yield dict(zip(record, chosen, strict=True))


def intervals(read: Mapping[str, datetime]) -> list[timedelta]:
    """The two clocks of the service, where both of their ends are known."""
    pairs = [("called", "arrived"), ("dispatched", "arrived")]
    return [read[end] - read[begin] for begin, end in pairs if begin in read and end in read]


def cost(read: Mapping[str, datetime]) -> tuple[int, timedelta]:
    found = intervals(read)
    return sum(one < timedelta() for one in found), sum((one for one in found if one >= timedelta()), timedelta())


moments = st.integers(-3 * 3600, 3 * 3600).map(lambda seconds: FALL + timedelta(seconds=seconds))
records = st.dictionaries(st.sampled_from(COLUMNS), moments.map(written), min_size=1)


@given(records)
def test_a_record_is_read_as_brute_force_over_all_readings_reads_it(record: dict[str, str]) -> None:
    """As few negative intervals as any reading has, then the shortest, then the first; and how it was is told."""
    found = MAPPER.map(Row({"id": "1", **record}))
    assert found.refused == ()
    names = {"called": "called_at", "dispatched": "dispatched_at", "arrived": "on_scene_at"}
    read = {column: found.events[0][names[column]] for column in record}
    every = list(readings(record))
    least = min(map(cost, every))
    best = [one for one in every if cost(one) == least]
    assert read in best
    doubtful = [column for column in record if len({one[column] for one in every}) > 1]
    what = What.HOUR_SETTLED if len(best) == 1 else What.HOUR_TWICE
    assert {(one.what, one.field) for one in found.notices} == {(what, names[column]) for column in doubtful}


@given(moments, st.integers(0, 3599), st.integers(0, 3599))
def test_no_interval_of_a_true_record_becomes_negative(called: datetime, turnout: int, travel: int) -> None:
    """What happened in order within an hour is read in order."""
    dispatched = called + timedelta(seconds=turnout / 2)
    arrived = dispatched + timedelta(seconds=travel / 2)
    texts = dict(zip(COLUMNS, map(written, (called, dispatched, arrived)), strict=True))
    (event,) = MAPPER.map(Row({"id": "1", **texts})).events
    assert event["on_scene_at"] >= max(event["called_at"], event["dispatched_at"])
    assert event["on_scene_at"] - event["called_at"] < timedelta(hours=1, seconds=2)


def test_without_evidence_the_first_of_the_two_is_taken_and_counted() -> None:
    """A call at half past one with nothing beside it."""
    found = MAPPER.map(Row({"id": "1", "called": "2024-11-03T01:30:00"}))
    assert found.events[0]["called_at"] == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    assert [one.what for one in found.notices] == [What.HOUR_TWICE]


def test_a_cell_of_many_times_in_that_hour_is_read_without_end() -> None:
    """So many readings are not tried: the first is taken, and counted."""
    cell = ",".join(f"2024-11-03T01:{minute:02}:00" for minute in range(60))
    fields = """
[source.fields]
area = { constant = "north" }
category = { constant = "urgent" }
status = { constant = "closed" }
called_at = "called"
on_scene_at = { path = "arrived", separator = "," }
"""
    found = mapper("", fields).map(Row({"id": "1", "called": "2024-11-03T00:50:00", "arrived": cell}))
    assert found.events[0]["on_scene_at"] == datetime(2024, 11, 3, 5, tzinfo=UTC)
    assert [one.what for one in found.notices] == [What.HOUR_TWICE]


@given(moments, st.integers(0, 3599), st.integers(-600, 3599), st.booleans())
def test_a_record_that_tells_a_length_is_read_as_brute_force_reads_it(
    called: datetime, turnout: int, travel: int, chained: bool
) -> None:
    """Clocks that end with a length are judged with the others, in every reading; so are lengths after lengths."""
    since = "dispatched_at" if chained else "called_at"
    on_scene = f'on_scene_at = {{ path = "took", since = "{since}" }}'
    fields = FIELDS.replace('on_scene_at = "arrived"', on_scene)
    record = {"called": written(called), "dispatched": written(called + timedelta(seconds=turnout))}
    found = mapper("", fields).map(Row({"id": "1", **record, "took": str(travel)}))
    every = []
    for reading in readings(record):
        begin = reading["dispatched" if chained else "called"]
        every.append({**reading, "arrived": begin + timedelta(seconds=travel)})
    least = min(map(cost, every))
    names = {"called": "called_at", "dispatched": "dispatched_at", "arrived": "on_scene_at"}
    read = {column: found.events[0][name] for column, name in names.items()}
    assert read in [one for one in every if cost(one) == least]
    if len(every) > 1:
        settled = [cost(one) for one in every].count(least) == 1
        assert {one.what for one in found.notices} == {What.HOUR_SETTLED if settled else What.HOUR_TWICE}


@pytest.mark.parametrize(
    ("called", "dispatched", "minutes"), [("01:58", "02:01", 8), ("01:50", "01:10", 25), ("01:10", "01:12", 7)]
)
def test_a_length_settles_the_hour_that_occurs_twice(called: str, dispatched: str, minutes: int) -> None:
    """An arrival five minutes after the dispatch came 68 minutes after the call, or 35 before it."""
    fields = FIELDS.replace('"arrived"', '{ path = "took", since = "dispatched_at" }')
    record = {"called": f"2024-11-03T{called}:00", "dispatched": f"2024-11-03T{dispatched}:00", "took": "300"}
    (told,) = mapper("", fields).map(Row({"id": "1", **record})).events
    assert told["on_scene_at"] - told["called_at"] == timedelta(minutes=minutes)


@pytest.mark.parametrize("minute", [0, 1, 30, 59])
def test_the_hour_that_never_is_refuses_by_name(minute: int) -> None:
    """Half past two of the night on which the clocks go on."""
    found = MAPPER.map(Row({"id": "1", "called": f"2024-03-10T02:{minute:02}:00"}))
    assert [one.why for one in found.refused] == [Why.TIME_THAT_NEVER_WAS]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001 - local
def test_a_local_time_means_what_the_zone_says(local: datetime, name: str) -> None:
    """The short cut over whole days equals asking for both folds, in every year."""
    zone = ZoneInfo(name)
    both = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    wanted = sorted(at for at in both if at.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(fold=0))
    assert list(meanings(local.replace(fold=0), zone)) == wanted


@given(moments.map(lambda at: at.astimezone(NEW_YORK)))
def test_a_moment_is_among_the_meanings_of_what_its_clock_showed(at: datetime) -> None:
    """Reading is the other way round of showing."""
    assert at.astimezone(UTC) in meanings(at.replace(tzinfo=None, fold=0), NEW_YORK)

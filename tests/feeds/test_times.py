"""Times as sources write them: what each way of writing means, and what cannot be read."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Notice, Refusal, Row, What, Why
from monitor.feeds.times import format_problems, offset_problems, reader
from tests.feeds.small import FIELDS, HEAD, SERVICE, event, faults_of, feed, mapped, utc

NOON = utc(2024, 6, 1, 16)
"""Noon in New York in summer."""


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ('"iso"', "2024-06-01T12:00:00"),
        ('"iso"', "2024-06-01 12:00"),
        ('"iso"', "2024-06-01T16:00:00Z"),
        ('"iso"', "2024-06-01t18:00:00+02:00"),
        ('"iso"', "2024-06-01T16:00:00.0000009z"),
        ('"%m/%d/%Y %I:%M:%S %p"', "06/01/2024 12:00:00 PM"),
        ('"%m/%d/%y %H:%M"', "6/1/24 12:00"),
        ('["iso", "%d.%m.%y %H:%M"]', "01.06.24 12:00"),
        ('"%b %d %Y %H:%M"', "Jun 01 2024 12:00"),
        ('"%Y%m%d%H%M%S"', 20240601120000),
        ('"%d/%b/%Y:%H:%M:%S %z"', "01/Jun/2024:12:00:00 -0400"),
        ('"epoch_s"', 1717257600),
        ('"epoch_s"', "1717257600.0"),
        ('"epoch_ms"', Decimal(1717257600000)),
        ('"epoch_us"', 1717257600000000),
        ('"epoch_ns"', 1717257600000000999),
        ('"iso"', datetime(2024, 6, 1, 12)),  # noqa: DTZ001 - as a workbook has it
    ],
)
def test_a_time_is_read_as_its_format_says(times: str, written: Any) -> None:
    """Twelve hours, two-digit years, months by name, offsets, epochs, numbers of a workbook."""
    assert event({"called": written}, f"times = {{ formats = {times} }}")["called_at"] == NOON


@pytest.mark.parametrize(
    ("formats", "written"),
    [
        ("%m/%d/%Y %I:%M:%S %p", "06/01/2024 12:00:00 p.m."), ("%m/%d/%Y %I:%M:%S %p", "06/01/2024 12:00:00 P. M."),
        ("%m/%d/%Y %I:%M %p", "6/1/2024 12:00\u202fPM"), ("%d.%m.%Y klokka %I.%M %p", "1.6.2024 klokka 12.00 p.m."),
        ("%Y-%m-%d %H:%M:%S %Z", "2024-06-01 16:00:00 UTC"), ("%d %b %Y %H:%M %Z", "01 Jun 2024 16:00 GMT"),
        ("%Y/%m/%d %H:%M:%S%z", "2024/06/01 16:00:00+00"), ("%Y/%m/%d %H:%M:%S%z", "2024/06/01 16:00:00Z"),
        ("%Y/%m/%d %H:%M:%S %z", "2024/06/01 12:00:00 -04"),
        ("%m%d%Y%H%M", 60120241200), ("%m%d%Y%H%M", "060120241200"),
    ],
)  # fmt: skip
def test_a_time_is_read_as_its_source_means_it(formats: str, written: Any) -> None:
    """Noon with points, the name of a zone that strptime forgets, a zero in front that a number has lost."""
    assert event({"called": written}, f'times = {{ formats = "{formats}" }}')["called_at"] == NOON


@pytest.mark.parametrize("written", ["2024-06-01 12:00:00 EDT", "2024-06-01 12:00:00 EST", "2024-06-01 12:00:00 CET"])
def test_a_zone_of_which_there_are_several_is_refused(written: str) -> None:
    """And it does not hang on the zone of the machine."""
    found = mapped({"called": written}, 'times = { formats = "%Y-%m-%d %H:%M:%S %Z" }')
    assert [one.why for one in found.refused] == [Why.UNREADABLE_TIME]


@pytest.mark.parametrize(("written", "minutes"), [(5, 5), ("112", 72), (905, 545), ("1305", 785), ("0112", 72)])
def test_a_time_of_day_that_lost_its_zeros_is_read_with_them(written: Any, minutes: int) -> None:
    """112 is twelve past one; strptime alone reads two past eleven."""
    told = event({"called": written, "day": 20240601}, 'times = { formats = ["%H%M", "%Y%m%d"], date = "day" }')
    assert told["called_at"] == utc(2024, 6, 1, 4) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("formats", "written", "meant"),
    [
        # Zeros that a number lost in front: put back.
        ("%d%m%Y %H:%M", "1032025 10:00", "2025-03-01 10:00:00"), ("%H%M", "930.0", "09:30:00"),
        ("%I%M %p", "112 PM", "13:12:00"), ("%I:%M %p", "1:12 p.m.", "13:12:00"), ("%y%m%d", "50301", "2005-03-01"),
        ("%d%m%Y%H%M", "10320251000", "2025-03-01 10:00:00"), ("%Y%m%d", "20250301.0", "2025-03-01"),
        ("%m%d%Y", 3012025.0, "2025-03-01"), ("%H%M%S", "5", "00:00:05"), ("%H%M%z", "112+0100", "01:12:00+01:00"),
        # Digits that are missing elsewhere: nobody knows which.
        ("%Y%m%d %H%M", "20250301 112", None), ("%Y%m%d  %H%M", "20250301  0112", "2025-03-01 01:12:00"),
        ("%Y%m%d%H%M%S", "202503011112", None), ("%Y%m%d%H%M%S", "20250301011207", "2025-03-01 01:12:07"),
        ("%Y%m%dT%H%M%S", "20250301T1112", None), ("%Y%m%dt%H%M", "20250301T1112", "2025-03-01 11:12:00"),
        ("%Y%m%d", "2025031", None), ("%Y%m%d", "202531", None),
        ("%Y%j", "202560", None), ("%Y%j", "2025060", "2025-03-01"),
        ("%d.%m.%Y %H%M", "1.3.2025 112", None), ("%d.%m.%Y %H%M", "1.3.2025 0112", "2025-03-01 01:12:00"),
        ("%b%d%Y %H%M", "Mar12025 1112", None), ("%b%d%Y %H%M", "mar012025 1112", "2025-03-01 11:12:00"),
        ("%Y%m%d%H%M%z", "20250301112Z", None), ("%Y%m%d%H%M%z", "202503011112Z", "2025-03-01 11:12:00+00:00"),
        ("%H%M%S%f", "111250", None), ("%H%M%S%f", "1112075", "11:12:07.500000"), ("%H%M%S%f", "71112500", None),
        ("%H%M", "00930", None), ("%H%M", "930.5", None), ("%H%M", "-930", None), ("%H%M", "٠٩٣٠", None),
        # A number that lost the zero behind its point.
        ("%H.%M", 9.3, None), ("%H.%M", "9.30", "09:30:00"), ("%H,%M", "9,3", None), ("%H.%M", "09.05", "09:05:00"),
    ],
)  # fmt: skip
def test_digits_with_nothing_between_them_are_read_by_their_widths(
    formats: str, written: Any, meant: str | None
) -> None:
    """A guess was ten hours off, had seven seconds in place of seven minutes, or another day of another month."""
    told = reader([formats])(written)
    assert (told if told is None else str(told)) == meant


_COMPACT = st.lists(st.sampled_from(["%H", "%M", "%S", "%d", "%m", "%y"]), min_size=2, max_size=6, unique=True)


@given(_COMPACT, st.datetimes(datetime(2000, 1, 1), datetime(2068, 12, 31)), st.data())  # noqa: DTZ001 - local
def test_digits_that_are_cut_short_are_never_another_time(
    parts: list[str], at: datetime, data: st.DataObject
) -> None:
    """After a year nothing is put back; in front of anything else, the zeros that were there alone."""
    text = at.strftime("%Y" + "".join(parts))
    cut = data.draw(st.integers(0, len(text) - 1))
    assert reader(["%Y" + "".join(parts)])(text[:cut] + text[cut + 1 :]) is None
    whole = at.strftime("".join(parts))
    read = reader(["".join(parts)])
    assert read(str(int(whole))) == read(whole) == read(float(whole))


@pytest.mark.parametrize("text", ["." * 100, "1" * 100, "1." * 50, "a" * 100, "1 " * 50, "+1:" * 33])
def test_no_text_takes_long_to_be_found_no_time(text: str) -> None:
    """Each part is bounded: a record of dots must not hold the stream."""
    began = process_time()
    for written in ("%d.%m.%Y %H%M", "%a %b %d %m %y %H%M %p", "%d.%m.%y.%H.%M.%S%f", "%a.%A.%b.%B.%p.%Z.%H%M"):
        reader([written])(text)
    assert process_time() - began < 5


def test_a_time_with_and_without_its_seconds_may_stand_side_by_side() -> None:
    """They were refused as reading one text differently."""
    formats = ["%Y%m%d%H%M%S", "%Y%m%d%H%M"]
    assert list(format_problems(formats)) == []
    read = reader(formats)
    assert (read("202503011112"), read(20250301111207)) == (
        datetime(2025, 3, 1, 11, 12), datetime(2025, 3, 1, 11, 12, 7),  # noqa: DTZ001 - local
    )  # fmt: skip


def test_a_time_of_digits_that_cannot_be_read_is_not_taken_for_a_length() -> None:
    """2561 of %H%M is a time with a fault; a hint to `since` would lead astray."""
    times = 'times = { formats = ["%H%M", "%Y%m%d"], date = "day" }'
    (refusal,) = mapped({"called": "2561", "day": "20240601"}, times).refused
    assert "`since`" not in refusal.detail


@pytest.mark.parametrize(
    ("formats", "day"),
    [
        ("iso", "2024-06-01"), ("iso", "2024-06-01T00:00:00"), ("iso", "2024-06-01T00:00:00.000Z"),
        ("iso", "2024-06-01Z"), ("iso", "2024-06-01z"), ("iso", "2024-06-01+01:00"), ("iso", "2024-06-01-05:00"),
        ("iso", "2024-06-01+0200"), ("iso", "2024-06-01+14:00"), ("iso", "2024-06-01-12"),
        ("iso", "2024-06-01T00:00:00-04:00"), ("epoch_ms", 1717200000000), ("epoch_ms", 1717214400000),
    ],
)  # fmt: skip
def test_a_day_that_is_written_as_its_midnight_is_that_day(formats: str, day: Any) -> None:
    """By the clock of any zone: midnight in Greenwich is the evening before in New York, and nobody means that."""
    times = f'times = {{ formats = ["{formats}", "%H:%M:%S"], date = "day" }}'
    assert event({"called": "12:00:00", "day": day}, times)["called_at"] == NOON
    key = f'mission = {{ path = "id", year_of = "day" }}\n{times}\n'
    text = (HEAD + FIELDS).replace('mission = "id"\n', key)
    (found,) = Mapper(feed(text).sources[0], SERVICE).map(Row({"id": "1", "called": "12:00:00", "day": day})).events
    assert found["mission_id"] == "2024-1"


@pytest.mark.parametrize(
    ("called", "formats"),
    [("2025-03-01T00:00:00Z", "iso"), ("2025-03-01T01:00:00+01:00", "iso"), (1740787200000, "epoch_ms"),
     ("2025-02-28T19:00:00", "iso"), ("2025-03-01T00:00:00+00:00", "iso")],
)  # fmt: skip
@pytest.mark.parametrize("own", [True, False])
def test_a_moment_that_is_at_midnight_is_no_day_without_a_time(called: Any, formats: str, *, own: bool) -> None:
    """Midnight in Greenwich is seven in the evening before in New York: the arrival came a day late."""
    beside = "" if own else ', date = "called"'
    times = f'times = {{ formats = ["{formats}", "%H:%M:%S"]{beside} }}'
    line = FIELDS.replace('"arrived"', '{ path = "arrived", date = "called" }') if own else FIELDS
    told = event({"called": called, "arrived": "19:08:00"}, times, line)
    assert (told["called_at"], told["on_scene_at"]) == (utc(2025, 3, 1), utc(2025, 3, 1, 0, 8))


def test_a_local_midnight_of_a_call_is_a_moment_too() -> None:
    """What came eight minutes before it is of the day before, and not a day late."""
    line = FIELDS.replace('"arrived"', '{ path = "arrived", date = "called" }')
    told = event({"called": "2025-03-01T00:00:00", "arrived": "23:52:00"}, "", line)
    assert told["on_scene_at"] - told["called_at"] == timedelta(minutes=-8)


@pytest.mark.parametrize(
    ("path", "year"), [('called_at = "at"', 2024), ('recorded_at = "at"', 2025), ('on_scene_at = ["x", "at"]', 2024),
                       ('called_at = [{ path = "at", if = { a = "b" } }, { path = "x" }]', 2024)],
)  # fmt: skip
def test_the_year_of_a_moment_is_its_local_one(path: str, year: int) -> None:
    """New Year in Greenwich is still the old year in New York; a day that no clock uses is the day that it says."""
    key = 'mission = { path = "id", year_of = "at" }\n'
    fields = fields_with(path) if not path.startswith("recorded") else FIELDS + path
    text = HEAD.replace('mission = "id"\n', key) + fields
    record = {"id": "1", "at": "2025-01-01T00:00:00Z", "called": "2024-12-31T18:00:00", "x": "2024-12-31T18:00:00"}
    (found,) = Mapper(feed(text).sources[0], SERVICE).map(Row(record)).events
    assert found["mission_id"] == f"{year}-1"


def test_a_day_that_is_also_when_something_was_recorded_stays_a_day() -> None:
    """A file that has nothing but a date and times of day gives it as `recorded_at`: noon stays on it."""
    told = event({"day": "2024-06-01T00:00:00Z", "called": "12:00:00"}, 'times = { date = "day" }',
                 'recorded_at = "day"')  # fmt: skip
    assert told["called_at"] == NOON


def test_a_time_of_day_that_says_its_offset_is_refused_until_the_feed_says_whose_it_is() -> None:
    """It was read as local, hours off, in silence."""
    record = {"called": "16:00:00Z", "day": "2024-06-01"}
    (refusal,) = mapped(record, 'times = { date = "day" }').refused
    assert (refusal.why, 'say offset = "ignore"' in refusal.detail) == (Why.UNREADABLE_TIME, True)
    found = mapped(record, 'times = { date = "day", offset = "ignore", zone = "UTC" }')
    assert found.events[0]["called_at"] == NOON
    assert found.notices == [Notice(What.OFFSET_SET_ASIDE, "called_at")]


@pytest.mark.parametrize("written", ["2024-06-01+01:00", "2024-06-01Z", "2024-06-01-05:00", "2024-06-01-16:30"])
def test_a_date_with_a_zone_is_no_moment(written: str) -> None:
    """It was read as one in the morning of that day."""
    (refusal,) = mapped({"called": written}).refused
    assert (refusal.why, refusal.field) == (Why.UNREADABLE_TIME, "called_at")


def test_a_second_sixty_is_the_last_moment_of_its_minute() -> None:
    """As the event's contract reads it."""
    assert event({"called": "2016-12-31T23:59:60Z"})["called_at"] == utc(2016, 12, 31, 23, 59, 59, 999999)


def test_an_offset_that_lies_is_set_aside_by_rule_and_counted() -> None:
    """The source writes Z, or counts from 1970 UTC, and means what its clock on the wall showed."""
    for formats, written in (("iso", "2024-06-01T12:00:00Z"), ("epoch_s", 1717243200)):
        found = mapped({"called": written}, f'times = {{ formats = "{formats}", offset = "ignore" }}')
        assert found.events[0]["called_at"] == NOON
        assert found.notices == [Notice(What.OFFSET_SET_ASIDE, "called_at")]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"called": "yesterday"}, Why.UNREADABLE_TIME),
        ({"called": "2024-06-01"}, Why.UNREADABLE_TIME),
        ({"called": "2024-13-01T00:00:00"}, Why.UNREADABLE_TIME),
        ({"called": "24:61:00"}, Why.UNREADABLE_TIME),
        ({"called": "12:00:00"}, Why.NO_DATE),
        ({"called": "2024-03-10T02:30:00"}, Why.TIME_THAT_NEVER_WAS),
        ({"called": "0001-01-01T00:00:00"}, Why.TIME_THAT_NEVER_WAS),
        ({"called": True}, Why.UNREADABLE_TIME),
        ({"called": {"a": 1}}, Why.UNREADABLE_TIME),
        ({"called": ["2024-06-01T12:00:00"] * 201}, Why.TOO_LONG),
    ],
)
def test_what_is_no_time_refuses_the_record_by_name(record: dict[str, Any], why: Why) -> None:
    """With the field; the hour that never was in New York has a name of its own."""
    found = mapped(record)
    assert found.events == ()
    assert [(one.why, one.field) for one in found.refused] == [(why, "called_at")]


def test_every_fault_of_a_record_is_told_at_once() -> None:
    """Whoever mends the source sees all of them."""
    found = mapped({"called": "x", "arrived": "2024-03-10T02:30:00"})
    assert found.refused == (
        Refusal(Why.UNREADABLE_TIME, "called_at", "x", "none of the formats iso"),
        Refusal(
            Why.TIME_THAT_NEVER_WAS,
            "on_scene_at",
            "2024-03-10 02:30:00",
            "the clocks of America/New_York never showed it",
        ),
    )


@pytest.mark.parametrize("word", ["", "  ", "NULL", "na", "N/A", "NaN", "None", None, [], [None, ""]])
def test_words_for_not_known_are_no_times(word: Any) -> None:
    """The usual ones, in capitals or not."""
    assert "called_at" not in event({"called": word, "dispatched": "2024-06-01T12:00:00"})


DATED = """
[source.times]
formats = ["%d.%m.%Y", "%H:%M:%S", "%d.%m.%Y %H:%M"]
date = "day"
"""


def test_a_time_of_day_finds_its_date_beside_it() -> None:
    """And what lies after midnight is the next day's, and counted."""
    for known in (["called", "dispatched"], ["called"], ["dispatched"]):
        found = mapped({"day": "01.06.2024", **dict.fromkeys(known, "23:58:00"), "arrived": "00:05:00"}, DATED)
        assert found.events[0]["on_scene_at"] == utc(2024, 6, 2, 4, 5), known
        assert found.notices == [Notice(What.MIDNIGHT, "on_scene_at")]


def test_a_time_of_day_that_is_a_little_early_stays_negative() -> None:
    """An arrival five seconds before the call is a fault of its source, not an arrival almost a day later."""
    found = mapped({"day": "01.06.2024", "called": "12:00:05", "arrived": "12:00:00"}, DATED)
    assert found.events[0]["on_scene_at"] - found.events[0]["called_at"] == timedelta(seconds=-5)
    assert found.notices == []


def test_a_date_of_its_own_is_believed() -> None:
    """Where a field says in which column its date stands, nothing is rolled over."""
    record = {"day": "01.06.2024", "other": "03.06.2024", "called": "23:58:00", "arrived": "00:05:00"}
    fields = 'on_scene_at = { path = "arrived", date = "other" }'
    told = event(record, DATED, fields_with(fields))
    assert told["on_scene_at"] == utc(2024, 6, 3, 4, 5)


def fields_with(line: str) -> str:
    """The fields, one of them another."""
    from tests.feeds.small import FIELDS  # noqa: PLC0415 - beside its only use

    name = line.partition(" ")[0]
    return "\n".join(line if one.startswith(name + " ") else one for one in FIELDS.splitlines())


@pytest.mark.parametrize(
    ("pick", "wanted"),
    [("", 3), (', pick = "latest"', 30), (", pick = 2", 12), (", pick = 4", None)],
)
def test_of_several_times_in_a_cell_one_is_picked(pick: str, wanted: int | None) -> None:
    """The earliest, the latest, the k-th, or none where there are fewer; those after midnight come last."""
    record = {"day": "01.06.2024", "called": "23:55:00", "arrived": "E3=00:07:00, E1=23:58:00,E9 = 00:25:00"}
    line = f'on_scene_at = {{ path = "arrived", after = "="{pick} }}'
    told = event(record, DATED, fields_with(line))
    minutes = None if "on_scene_at" not in told else (told["on_scene_at"] - told["called_at"]) / timedelta(minutes=1)
    assert minutes == wanted


@pytest.mark.parametrize(
    ("beside", "wanted"),
    [
        ({"day": "2024-06-01", "out": "23:59:40"}, utc(2024, 6, 2, 4, 5)),
        ({"day": "2024-06-01T23:59:40"}, utc(2024, 6, 2, 4, 5)),
        ({"day": "2024-06-01T00:00:00", "out": ""}, utc(2024, 6, 1, 4, 5)),
        ({"day": "2024-06-02", "out": "00:01:00"}, utc(2024, 6, 2, 4, 5)),
        ({"day": "2024-06-01"}, utc(2024, 6, 1, 4, 5)),
    ],
)
def test_a_time_of_day_is_read_near_the_moment_that_stands_beside_it(
    beside: dict[str, str], wanted: datetime
) -> None:
    """A date and a time of day, or a moment: arrivals of a file of units that has nothing else."""
    line = '[source.fields]\narea = { constant = "north" }\ncategory = { constant = "urgent" }\n'
    line += 'status = { constant = "closed" }\non_scene_at = "arrived"\nrecorded_at = "arrived"\n'
    found = event({"arrived": "00:05:00", **beside}, 'row = "id"\ntimes = { date = ["day", "out"] }\n', line)
    assert found["on_scene_at"] == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (45444.5, NOON), ("45444.5", NOON), ("45444,5", NOON), (45444.500000001, NOON), (45444, utc(2024, 6, 1, 4)),
        (True, None), ("noon", None), (-1, None), (1e12, None), ("45_444.5", None),
    ],
)  # fmt: skip
def test_days_of_a_spreadsheet_are_local_times(written: Any, wanted: datetime | None) -> None:
    """To the millisecond, from cells and from text with either point."""
    told = mapped({"called": written}, 'times = { formats = "serial" }')
    assert [one["called_at"] for one in told.events] == ([] if wanted is None else [wanted])


def test_a_list_that_crosses_midnight_begins_before_it() -> None:
    """Of the first instant no date is known but that of the row: 23:58 comes before 00:01."""
    record = {"day": "01.06.2024", "called": "A=00:01:00, B=23:58:00", "arrived": "00:05:00"}
    line = 'called_at = { path = "called", after = "=" }'
    told = event(record, DATED, fields_with(line))
    assert told["on_scene_at"] - told["called_at"] == timedelta(minutes=7)


def test_a_unit_of_a_list_that_has_no_time_says_nothing() -> None:
    """It was read as a time, and refused its record."""
    record = {"day": "01.06.2024", "called": "12:00:00", "arrived": "ENGINE=, LADDER=12:09:00, CHIEF=NULL, 12:08:00,"}
    told = event(record, DATED, fields_with('on_scene_at = { path = "arrived", after = "=" }'))
    assert told["on_scene_at"] == utc(2024, 6, 1, 16, 8)
    assert "on_scene_at" not in event({**record, "arrived": "ENGINE="}, DATED,
                                      fields_with('on_scene_at = { path = "arrived", after = "=" }'))  # fmt: skip


def test_times_in_a_list_of_a_document_are_picked_alike() -> None:
    """A path that leads into a list finds all of its units."""
    line = "on_scene_at = { path = \"units[?type=='engine'].at\", pick = 2 }"
    units = [
        {"type": "engine", "at": "2024-06-01T12:09:00"},
        {"type": "car", "at": "2024-06-01T12:01:00"},
        {"type": "engine", "at": None},
        {"type": "engine", "at": "2024-06-01T12:05:00"},
    ]
    assert event({"units": units}, "", fields_with(line))["on_scene_at"] == utc(2024, 6, 1, 16, 9)


@pytest.mark.parametrize(
    ("formats", "said"),
    [
        (["%I:%M"], "no %p"),
        (["%H:%M %p"], "write %I in place of %H"),
        (["%m/%d %H:%M"], "is no whole date"),
        (["%Q"], "is no format that can be read"),
        (["noon"], "is no format: write one of strptime's"),
        (["%c"], "by the machine's language"),
        (["%m/%d/%y %H:%M", "%d/%m/%y %H:%M"], "read the same text differently"),
        (["%H:%M", "%H%M", "%M:%H"], "read the same text differently"),
        (["epoch_s", "epoch_ms"], "read the same numbers differently"),
    ],
)
def test_a_format_that_would_misread_is_refused(formats: list[str], said: str) -> None:
    """Before any record is read."""
    assert said in "; ".join(format_problems(formats))


_AS_TEXT = [
    ("%Y-%m-%dT%H:%M:%SZ", "Z"), ("%Y/%m/%d %H:%M:%S+00", "+00"), ("%Y-%m-%d %H:%M:%S UTC", "UTC"),
    ("%Y-%m-%d %H:%M:%S -05:00", "-05:00"), ("%Y-%m-%dT%H:%M:%S.000Z", "Z"), ("%d.%m.%Y %H:%M (UTC)", "UTC"),
    ("UTC %d.%m.%Y %H:%M", "UTC"), ("%d.%m.%Y %H:%M CET", "CET"), ("%H:%M gmt, %d.%m.%Y", "gmt"),
    ("%Y-%m-%dT%H:%M:%S+01:00[Europe/Paris]", "+01:00"), ("%Y%m%d%H%MZ", "Z"), ("%d.%m.%Y %H:%M Uhr MESZ", "MESZ"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), _AS_TEXT)
def test_an_offset_in_the_plain_text_of_a_format_is_refused_wherever_it_stands(written: str, said: str) -> None:
    """Nothing would read it, and the time would be taken for local, hours off, in silence."""
    assert f"as plain text ({said}), and would be read as local: write %z" in "".join(offset_problems([written]))
    of_field = FIELDS.replace('"called"', f'{{ path = "called", formats = "{written}" }}')
    for text, place in (
        (f'times = {{ formats = "{written}" }}\n{FIELDS}', "source.times.formats"),
        (of_field, "source.fields.called_at.formats"),
        (f'order = {{ path = "changed", formats = "{written}" }}\n{FIELDS}', "source.order.formats"),
    ):
        assert [where for where, _ in faults_of(HEAD + text)] == [place]


@pytest.mark.parametrize(("written", "said"), _AS_TEXT)
def test_an_offset_in_the_plain_text_that_lies_is_set_aside_and_counted(written: str, said: str) -> None:
    """Where the source says that it is to be ignored; a field that believes it again is refused."""
    assert said in written
    text = NOON.replace(hour=12).strftime(written)
    source = f'times = {{ formats = "{written}", offset = "ignore" }}'
    found = mapped({"called": text}, source)
    assert [one["called_at"] for one in found.events] == [NOON]
    assert found.notices == [Notice(What.OFFSET_SET_ASIDE, "called_at")]
    believing = FIELDS.replace('"called"', '{ path = "called", offset = "believe" }')
    assert [where for where, _ in faults_of(f"{HEAD}{source}\n{believing}")] == ["source.times.formats"]


@pytest.mark.parametrize(
    "written",
    ["%Y-%m-%dT%H:%M:%S", "%d.%m.%Y kl. %H.%M", "%a %b %d %Y %H:%M:%S GMT%z", "%H:%M:%S %Z (UTC)",
     "%d-%m-%Y - %H-%M Uhr", "UTC %d.%m.%Y", "%Hh%M", "%d.%m.%Y ut %H:%M",
     "le %d/%m/%Y, il est %H:%M", "%Y%m%dT%H%M%S", "%%Z %d.%m.%Y", "iso", "epoch_s"],
)  # fmt: skip
def test_plain_text_that_says_no_offset_is_no_fault(written: str) -> None:
    """The T before the time, words, what %z reads, a date without a clock."""
    assert list(offset_problems([written])) == []


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), st.sampled_from([  # noqa: DTZ001 - local
    "%m/%d/%Y %I:%M:%S %p", "%d.%m.%y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%b %d %Y %H:%M:%S",
]))  # fmt: skip
def test_what_a_format_wrote_it_reads(at: datetime, written: str) -> None:
    """The date and the time of day are read apart where they can be: equal to strptime."""
    text = at.strftime(written)
    assert reader([written])(text) == datetime.strptime(text, written)  # noqa: DTZ007 - local


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.times(),
                 st.timedeltas(), st.decimals(), st.lists(st.integers())))  # fmt: skip
def test_reading_any_value_raises_nothing(value: object) -> None:
    """Whatever a cell holds, it is a time or none."""
    for formats in (
        ["iso"],
        ["epoch_us"],
        ["%H:%M", "%d.%m.%Y"],
        ["%H%M", "%Y%m%d", "%d%m%Y %H%M", "%H.%M", "%H%M%S%f"],
        ["epoch_s", "iso"],
        ["epoch_days"],
        ["day_us"],
        ["epoch_ns"],
    ):
        told = reader(formats)(value)
        assert told is None or isinstance(told, date | time)
        assert not isinstance(told, datetime) or told.tzinfo in (None, UTC) or told.utcoffset() is not None

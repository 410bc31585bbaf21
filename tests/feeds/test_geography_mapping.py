"""Records with coordinates become events with area and category, and the coordinates stay behind."""

import json
import logging
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.feeds.declared import read_feed
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Located, Mapped, Notice, Record, Refusal, Row, What, Why, in_words
from tests.feeds.layers import SERVICE, box, feature, polygon, two_areas, write

OSLO = ZoneInfo("Europe/Oslo")
FEED = """
[source]
mission = "id"
{row}
[source.fields]
begun_at = "begun"
ended_at = "ended"
status = {{ constant = "closed" }}
{fields}
[geography]
longitude = "lon"
latitude = "lat"
border_metres = 200
[[geography.layers]]
file = "areas.geojson"
gives = "area"
property = "name"
[[geography.layers]]
file = "town.geojson"
gives = "category"
slug = "town"
otherwise = "rural"
{dates}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two areas, and a town in the west."""
    two_areas(tmp_path / "areas.geojson")
    write(tmp_path / "town.geojson", feature(polygon(box(10.2, 60.2, 10.3, 60.3))))
    return tmp_path


def mapper(folder: Path, *, row: str = "", fields: str = "", dates: str = "") -> Mapper:
    """Of the one source of a feed file."""
    file = folder / "feed.toml"
    file.write_text(FEED.format(row=row, fields=fields, dates=dates), encoding="utf-8")
    feed, faults = read_feed(file, SERVICE, OSLO)
    assert feed is not None, faults
    (source,) = feed.sources
    return Mapper(source, SERVICE, feed.places)


def record(lon: object, lat: object, begun: str = "2024-06-01T12:00:00Z", **more: object) -> Row:
    """A call that took five minutes."""
    return Row({"id": "m-1", "lon": lon, "lat": lat, "begun": begun, "ended": "2024-07-01T12:05:00Z", **more})


def told(mapped: Mapped) -> tuple[object, object]:
    """Area and category of the one event."""
    (event,) = mapped.events
    return event.get("area"), event.get("category")


def test_an_event_has_the_area_and_category_that_its_place_lies_in(folder: Path) -> None:
    """And no other trace of the place."""
    mapped = mapper(folder).map(record(10.25, "60.25"))
    assert told(mapped) == ("west", "town")
    assert set(mapped.events[0]) == {"mission_id", "area", "category", "status", "begun_at", "ended_at"}


def test_the_map_says_before_the_record_does_and_the_record_where_no_place_is_known(folder: Path) -> None:
    """A dispatcher's word stands in only where there are no coordinates."""
    fields = 'area = "district"\ncategory = "class"'
    asked = mapper(folder, fields=fields)
    assert told(asked.map(record(10.25, 60.25, district="east", **{"class": "urban"}))) == ("west", "town")
    assert told(asked.map(record("", "", district="east", **{"class": "urban"}))) == ("east", "urban")
    assert told(asked.map(record(0, 0, district="east", **{"class": "urban"}))) == ("east", "urban")


def test_a_mission_without_a_place_and_without_a_word_for_it_is_refused_by_what_is_absent(folder: Path) -> None:
    """No class is not "rural"."""
    mapped = mapper(folder).map(record("", ""))
    assert [(one.why, one.field) for one in mapped.refused] == [(Why.ABSENT, "area"), (Why.ABSENT, "category")]


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ((60.25, 10.25), "coordinates_swapped"), (("x", 60.25), "coordinates_unreadable"),
        (("nan", 60.25), "coordinates_not_finite"), ((1e9, 60.25), "coordinates_out_of_range"),
        ((-100, 60.25), "coordinates_far_away"), ((12.5, 60.25), "outside_all_layers"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_meant_refuses_a_mission_and_lets_a_row_say_nothing_of_it(
    folder: Path, at: tuple[object, object], why: str
) -> None:
    """The times of a row still count: another row may tell the place."""
    assert mapper(folder).map(record(*at)).refused == (Refusal(Why.NO_PLACE, why),)
    mapped = mapper(folder, row='row = "unit"').map(record(*at, unit="E1"))
    assert told(mapped) == (None, None)
    assert mapped.notices == [Notice(What.UNPLACED, why)]


def test_what_the_layers_were_not_asked_is_not_absent(folder: Path) -> None:
    """A record that is refused for its time, or its id, has its coordinates: something else is to be mended."""
    for wrong, why in (({"begun": "25:61"}, Why.UNREADABLE_TIME), ({"id": ""}, Why.NO_KEY)):
        row = record(10.25, 60.25)
        mapped = mapper(folder).map(row._replace(values={**row.values, **wrong}))
        assert [one.why for one in mapped.refused] == [why]


def test_what_no_layer_gives_is_absent_whatever_else_is_wrong(folder: Path) -> None:
    """Two things are to be mended then."""

    class OfAreas:
        gives = ("area",)

        def of(self, record: Record, at: datetime | None) -> Located:
            raise AssertionError((record, at))

    mapped = Mapper(mapper(folder).source, SERVICE, OfAreas()).map(record(10.25, 60.25, "25:61"))
    assert [(one.why, one.field) for one in mapped.refused] == [
        (Why.UNREADABLE_TIME, "begun_at"), (Why.ABSENT, "category"),
    ]  # fmt: skip


def test_a_place_near_a_border_is_noticed_with_what_it_could_be(folder: Path) -> None:
    """Counted by the two sides, in the words of the service."""
    notices = mapper(folder).map(record(10.999, 60.5)).notices
    assert notices == [Notice(What.NEAR_BORDER, "area", others=("east",))]


def test_the_layer_is_that_of_the_local_day_on_which_the_first_clock_begins(folder: Path) -> None:
    """22:30 in Greenwich on the last of May is June in Oslo; and a row without any time is on no day."""
    asked = mapper(folder, dates=f"since = {date(2024, 6, 1)}", row='row = "unit"')
    assert told(asked.map(record(10.25, 60.25, "2024-05-31T22:30:00Z", unit="E1"))) == ("west", "town")
    before = asked.map(record(10.25, 60.25, "2024-05-31T21:30:00Z", unit="E1"))
    assert [one.field for one in before.notices] == ["no_layer_on_that_day"]
    timeless = asked.map(Row({"id": "m-1", "unit": "E1", "lon": 10.25, "lat": 60.25}))
    assert [one.field for one in timeless.notices] == ["no_day"]
    undated = mapper(folder, row='row = "unit"')
    assert told(undated.map(Row({"id": "m-1", "unit": "E1", "lon": 10.25, "lat": 60.25}))) == ("west", "town")


PLACES: Sequence[tuple[object, object]] = (
    (10.248163, 60.251637), (10.999163, 60.501637), (60.251637, 10.248163), (12.548163, 60.251637),
    (-100.248163, 60.251637), (1910.248163, 60.251637), ("10.248163E", "60.251637N"), ("10,248163", "60,251637"),
    ("nan 248163", "251637"), ("", "60.251637"), ([10.248163], {"y": 60.251637}), ("1" * 90 + "248163", "251637"),
)  # fmt: skip


@pytest.mark.parametrize("row", ["", 'row = "unit"'])
@pytest.mark.parametrize("at", PLACES, ids=range(len(PLACES)))
def test_nothing_that_leaves_the_mapper_holds_a_coordinate(
    folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], at: Any, row: str
) -> None:
    """Neither events nor refusals (the details of dead letters) nor notices nor logs, whatever became of it."""
    caplog.set_level(logging.DEBUG)
    mapped = mapper(folder, row=row).map(record(*at, unit="E1"))
    assert mapped.events or mapped.refused
    out = [
        *(json.dumps(event, default=str) for event in mapped.events),
        *map(in_words, mapped.refused),
        repr(mapped), caplog.text, *capfd.readouterr(),
    ]  # fmt: skip
    assert not [one for one in out if "248163" in one or "251637" in one or "999163" in one or "501637" in one]


def test_the_faults_of_geography_are_told_with_those_of_the_rest(folder: Path) -> None:
    """One run, every fault, in `monitor check`."""
    file = folder / "feed.toml"
    text = FEED.format(row="rov = 1", fields="", dates='otherwise_ = "x"').replace("areas.geojson", "none.geojson")
    file.write_text(text, encoding="utf-8")
    feed, faults = read_feed(file, SERVICE, OSLO)
    assert feed is None
    assert {fault.where for fault in faults} >= {
        "feed.toml: source.rov",
        "feed.toml: geography.layers[1].file (none.geojson)",
        "feed.toml: geography.layers[2].otherwise_",
    }


def test_what_no_layer_and_no_field_tells_is_missing(folder: Path) -> None:
    """A geography of areas alone leaves the category to the fields."""
    file = folder / "feed.toml"
    text = FEED.format(row="", fields="", dates="")
    file.write_text(text[: text.rindex("[[geography.layers]]")], encoding="utf-8")
    feed, faults = read_feed(file, SERVICE, OSLO)
    assert feed is None
    assert [fault.where for fault in faults] == ["feed.toml: fields.category"]

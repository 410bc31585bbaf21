"""Coordinates as sources write them: read exactly, or refused by name, and never repeated."""

from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.geography_declared import Geography
from monitor.feeds.geography_points import Unplaced, positions
from tests.feeds.layers import box, faults, feature, polygon, write

AT = (10.75, 59.91)


def read(record: dict[str, Any], **declared: Any) -> object:
    """What is read of a record."""
    where = {} if "point" in declared else {"longitude": "lon", "latitude": "lat"}
    return positions(Geography(layers=(), **where, **declared))(record)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (10.75, 59.91), ("10.75", "59.91"), (" 10.75", "59.91\t"), (Decimal("10.75"), Decimal("59.91")),
        ("+10.75", "5.991e1"),
    ],
)  # fmt: skip
def test_two_fields_hold_numbers_or_their_texts(lon: object, lat: object) -> None:
    """As CSV and JSON have them."""
    assert read({"lon": lon, "lat": lat}) == AT


def test_a_comma_is_a_point_only_where_that_is_declared() -> None:
    """`10,75` read as ten would lie 50 km to the west."""
    assert read({"lon": "10,75", "lat": "59,91"}, decimal=",") == AT
    assert read({"lon": "10,75", "lat": "59,91"}) is Unplaced.UNREADABLE
    assert read({"lon": "1.000,75", "lat": "59,91"}, decimal=",") is Unplaced.UNREADABLE


def test_paths_lead_into_records() -> None:
    """As they do for every other field."""
    found = positions(Geography(layers=(), longitude="at.x", latitude="at.y"))
    assert found({"at": {"x": 10.75, "y": 59.91}}) == AT


@pytest.mark.parametrize(
    ("value", "form", "decimal"),
    [
        ("59.91, 10.75", "lat,long", "."), ("(59.91, 10.75)", "lat,long", "."), ("59.91 10.75", "lat,long", "."),
        ("59.91;10.75", "lat,long", "."), ([59.91, 10.75], "lat,long", "."), ("[10.75,59.91]", "long,lat", "."),
        ("59,91; 10,75", "lat,long", ","), ("59,91 10,75", "lat,long", ","), ("59,91, 10,75", "lat,long", ","),
        ("POINT (10.75 59.91)", "wkt", "."), ("point z(10.75 59.91 3)", "wkt", "."),
        ({"type": "Point", "coordinates": [10.75, 59.91]}, "geojson", "."),
        ('{"type": "Point", "coordinates": [10.75, 59.91, 100]}', "geojson", "."),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [10.75, 59.91]}}, "geojson", "."),
    ],
)  # fmt: skip
def test_one_field_holds_both(value: object, form: str, decimal: str) -> None:
    """Each form as it is met in the wild."""
    assert read({"where": value}, point="where", form=form, decimal=decimal) == AT


@pytest.mark.parametrize("value", ["", None, "NULL", " n/a ", "None"])
def test_words_for_not_known_are_no_coordinates(value: object) -> None:
    """Which is no fault: the record's own words may say area and category."""
    assert read({"lon": value, "lat": 59.91}) is Unplaced.ABSENT
    assert read({"lon": 10.75}) is Unplaced.ABSENT
    for form in ("lat,long", "wkt", "geojson"):
        assert read({"where": value}, point="where", form=form) is Unplaced.ABSENT
    assert read({"where": "POINT EMPTY"}, point="where", form="wkt") is Unplaced.ABSENT


@pytest.mark.parametrize(
    "value", ["59°54'N", "x", True, "1_0", "١٠", [], {"a": 1}, "10.75E", "0x1p3", b"10.75", "1" * 1_000 + "x"]
)
def test_what_is_no_number_is_unreadable(value: object) -> None:
    """Nothing is guessed."""
    assert read({"lon": value, "lat": 59.91}) in {Unplaced.UNREADABLE, Unplaced.ABSENT}
    assert (read({"lon": value, "lat": 59.91}) is Unplaced.ABSENT) == (value == [])


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("59.91", "lat,long"), ("59.91, 10.75, 3", "lat,long"), ("1,2;3", "lat,long"), (59.91, "lat,long"),
        ("POINT (10.75)", "wkt"), ("LINESTRING (0 0, 1 1)", "wkt"), ("POINT (10.75 59.91", "wkt"), (7, "wkt"),
        ("{", "geojson"), ("[" * 300, "geojson"), ("[" * 100_000, "geojson"), ({"type": "Point"}, "geojson"),
        ({"type": "Polygon", "coordinates": []}, "geojson"), ({"type": "Point", "coordinates": [1]}, "geojson"),
        ({"type": "Point", "coordinates": ["10.75", "59.91"]}, "geojson"),
        ({"type": "Feature", "geometry": None}, "geojson"), ("\ud800", "geojson"), ("\0", "wkt"),
    ],
)  # fmt: skip
def test_a_field_that_holds_something_else_is_unreadable(value: object, form: str) -> None:
    """Whatever it holds."""
    assert read({"where": value}, point="where", form=form) is Unplaced.UNREADABLE


def test_numbers_that_are_none_are_read_and_refused_by_their_own_name() -> None:
    """`nan` in a cell is not the same as an empty one: tests/feeds/test_geography.py refuses both kinds."""
    assert read({"lon": "inf", "lat": -inf}) == (inf, -inf)
    assert str(read({"lon": "NaN", "lat": nan})) == "(nan, nan)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["lat,long", "long,lat", "wkt", "geojson"]), st.sampled_from([".", ","]), JSON)
def test_any_value_is_a_position_or_a_reason(form: str, decimal: str, value: object) -> None:
    """Nothing is raised, whatever a record holds."""
    found = [
        read({"where": value}, point="where", form=form, decimal=decimal),
        read({"lon": value, "lat": value}, decimal=decimal),
    ]
    for one in found:
        assert isinstance(one, Unplaced) or (len(one) == 2 and all(isinstance(part, float) for part in one))  # type: ignore[arg-type,attr-defined]


def test_a_path_that_is_none_is_told(tmp_path: Path) -> None:
    """With the other faults of the declaration."""
    write(tmp_path / "town.geojson", feature(polygon(box(10, 60, 11, 61))))
    layers = [{"file": "town.geojson", "gives": "category", "slug": "town"}]
    found = faults(tmp_path, longitude="a[?", latitude="b" * 400, layers=layers)
    assert {where for where, _ in found} == {"geography.longitude", "geography.latitude"}

"""Where a record says its place: two numbers, out of two fields or one, or the reason why there are none.

Decides what a coordinate may look like: a number, or its text; `59.91, 10.75` in one cell, brackets around it or not;
WKT and GeoJSON points. Nothing is guessed, and nothing that was read is repeated to anybody. Refuses to know layers.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from monitor.feeds.declared_types import Lookup
from monitor.feeds.geography_declared import Form, Geography, GeographyTable, Problem
from monitor.feeds.paths import lookup
from monitor.feeds.rows import Record, Refused
from monitor.feeds.values import NULLS, is_null

LONGEST_POINT: Final = 400
"""Characters of a cell that holds a point; the digits of a PostGIS export are some 50."""
_BRACKETS: Final = (("(", ")"), ("[", "]"))


class Unplaced(StrEnum):
    """Why a place has no area or category. The value is what is counted; none of them says where."""

    ABSENT = "no_coordinates"
    UNREADABLE = "coordinates_unreadable"
    NOT_FINITE = "coordinates_not_finite"
    ZERO = "coordinates_zero"
    """0, 0: what many systems write for not known."""
    OUT_OF_RANGE = "coordinates_out_of_range"
    SWAPPED = "coordinates_swapped"
    """Longitude and latitude, or east and north, have changed places."""
    FAR_AWAY = "coordinates_far_away"
    OUTSIDE = "outside_all_layers"
    NO_LAYER = "no_layer_on_that_day"
    NO_DAY = "no_day"
    """The layers are dated, and the record tells no time."""


Position = tuple[float, float]
"""Longitude and latitude, or east and north."""


def path_problems(geography: GeographyTable) -> Iterator[Problem]:
    """What is wrong with the paths."""
    for key in ("longitude", "latitude", "point"):
        path = getattr(geography, key)
        if path is not None:
            try:
                lookup(path)
            except ValueError as fault:
                yield f"geography.{key}", str(fault)


def positions(geography: Geography) -> Callable[[Record], Position | Unplaced]:
    """What reads the position of a record, as it is declared."""
    if geography.point is not None and geography.form is not None:
        return _InOne(lookup(geography.point), geography.form, geography.decimal)
    return _InTwo(lookup(geography.longitude or ""), lookup(geography.latitude or ""), geography.decimal)


class _InTwo:
    """A field for each."""

    __slots__ = ("_decimal", "_east", "_north")

    def __init__(self, east: Lookup, north: Lookup, decimal: str) -> None:
        self._east, self._north, self._decimal = east, north, decimal

    def __call__(self, record: Record) -> Position | Unplaced:
        try:
            east, north = self._east(record), self._north(record)
        except Refused:
            return Unplaced.UNREADABLE
        if is_null(east, _NOT_KNOWN) or is_null(north, _NOT_KNOWN):
            return Unplaced.ABSENT
        return _pair(_number(east, self._decimal), _number(north, self._decimal))


class _InOne:
    """One field for both."""

    __slots__ = ("_decimal", "_find", "_form")

    def __init__(self, find: Lookup, form: Form, decimal: str) -> None:
        self._find, self._form, self._decimal = find, form, decimal

    def __call__(self, record: Record) -> Position | Unplaced:
        try:
            value = self._find(record)
        except Refused:
            return Unplaced.UNREADABLE
        if is_null(value, _NOT_KNOWN):
            return Unplaced.ABSENT
        if isinstance(value, str) and len(value) > LONGEST_POINT:
            return Unplaced.UNREADABLE
        match self._form:
            case "geojson":
                return _of_geojson(value)
            case "wkt":
                return _of_wkt(value)
            case form:
                first, second = _cell(value, self._decimal)
                return _pair(second, first) if form == "lat,long" else _pair(first, second)


_NOT_KNOWN: Final = NULLS - {"nan"}
"""Not a number is no absent one: it has its own name."""


def _pair(east: float | None, north: float | None) -> Position | Unplaced:
    return Unplaced.UNREADABLE if east is None or north is None else (east, north)


def _number(value: object, decimal: str) -> float | None:
    """A number, or a text that is nothing else; None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip().replace(",", ".", 1) if decimal == "," else value.strip()
        # Python reads 1_0 and other scripts' digits, which no source means.
        value = text if text.isascii() and "_" not in text else ""
    if not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _cell(value: object, decimal: str) -> tuple[float | None, float | None]:
    """Two numbers in the order in which they stand: of a list, or of a text with something between them."""
    if isinstance(value, str):
        text = value.strip()
        for opening, closing in _BRACKETS:
            if text.startswith(opening) and text.endswith(closing):
                text = text[1:-1]
        apart = ";" if ";" in text else "," if decimal == "." and "," in text else None
        value = [part.strip().rstrip(",") for part in text.split(apart)]
    match value:
        case [first, second]:
            return _number(first, decimal), _number(second, decimal)
        case _:
            return None, None


def _of_geojson(value: object) -> Position | Unplaced:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value.encode())
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return Unplaced.UNREADABLE
    match value:
        case {"type": "Feature", "geometry": Mapping() as geometry}:
            return _of_geojson(geometry)
        case {"type": "Point", "coordinates": [east, north, *_]} if not isinstance(east, str):
            return _pair(_number(east, "."), _number(north, "."))
        case {"type": "Point", "coordinates": []}:
            return Unplaced.ABSENT
        case _:
            return Unplaced.UNREADABLE


def _of_wkt(value: object) -> Position | Unplaced:
    from shapely import Point, from_wkt  # noqa: PLC0415 - only where a feed writes its points so

    read = from_wkt(value, on_invalid="ignore") if isinstance(value, str) else None
    if not isinstance(read, Point):
        return Unplaced.UNREADABLE
    return Unplaced.ABSENT if read.is_empty else (read.x, read.y)

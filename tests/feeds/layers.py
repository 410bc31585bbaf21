"""Layers of a test: GeoJSON written to a folder, declared, loaded."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, tzinfo
from pathlib import Path
from typing import Any

from monitor.core.service import Area, Category, Clock, Moment, Objective, Service
from monitor.feeds.geography import Places, read_places

SERVICE = Service(
    slug="invented",
    areas=(
        Area("all"),
        Area("west", within="all"),
        Area("east", within="all"),
        Area("old", within="all", until=date(2020, 1, 1)),
    ),
    categories=(Category("urban"), Category("town"), Category("rural")),
    clocks=(Clock("response", (Moment("begun_at"),), (Moment("ended_at"),)),),
    objectives=(Objective("goal", 80),),
)
Ring = Sequence[tuple[float, float]]


def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    """A ring."""
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def polygon(*rings: Ring) -> dict[str, Any]:
    """The outer ring, and holes."""
    return {"type": "Polygon", "coordinates": rings}


def feature(geometry: object, **properties: object) -> dict[str, Any]:
    """One feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(file: Path, *features: Mapping[str, Any], **more: object) -> Path:
    """A file of features."""
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), encoding="utf-8")
    return file


def two_areas(file: Path) -> Path:
    """West and east, side by side."""
    west, east = polygon(box(10, 60, 11, 61)), polygon(box(11, 60, 12, 61))
    return write(file, feature(west, name="west"), feature(east, name="east"))


def faults(folder: Path, service: Service = SERVICE, **declared: Any) -> list[tuple[str, str]]:
    """What is wrong with a declaration and its files."""
    return read_places(_whole(declared), folder, service)[1]


def places(folder: Path, service: Service = SERVICE, zone: tzinfo = UTC, **declared: Any) -> Places:
    """The layers of a declaration that is right."""
    made, problems = read_places(_whole(declared), folder, service, zone)
    assert made is not None, problems
    return made


def _whole(declared: dict[str, Any]) -> dict[str, Any]:
    return {**({} if "point" in declared else {"longitude": "lon", "latitude": "lat"}), **declared}

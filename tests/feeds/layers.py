"""Layers of a test: GeoJSON written to a folder, declared, loaded."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from monitor.core.service import Area, Category, Clock, Moment, Objective, Service
from monitor.feeds.geography import Places, load_places
from monitor.feeds.geography_declared import read_geography

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


def faults(folder: Path, service: Service = SERVICE, **declared: Any) -> list[tuple[str, str]]:
    """What is wrong with a declaration and its files."""
    geography, problems = read_geography(_whole(declared), folder, service)
    return problems if geography is None else load_places(geography, service)[1]


def places(folder: Path, service: Service = SERVICE, **declared: Any) -> Places:
    """The layers of a declaration that is right."""
    geography, problems = read_geography(_whole(declared), folder, service)
    assert geography is not None, problems
    made, problems = load_places(geography, service)
    assert made is not None, problems
    return made


def _whole(declared: dict[str, Any]) -> dict[str, Any]:
    return {**({} if "point" in declared else {"longitude": "lon", "latitude": "lat"}), **declared}

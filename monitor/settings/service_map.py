"""Where areas lie on the board's map: tiles that service.toml declares, or the outlines of a GeoJSON file beside it.

Every area that holds no other, and has no last day, is on the map, or there is none: a map that lacks one would look
as if all were shown. Every problem is told with the area that it is about.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from monitor.core.outlines import LARGEST_LATITUDE, Outlines, Point, Shape, drawn
from monitor.core.service import Area, Service
from monitor.settings.files import FileUnusable, read_text
from monitor.settings.told import unknown

MOST_CORNERS: Final = 10_000
"""What a page can carry: it is sent anew whenever a figure changes."""
LARGEST_LONGITUDE: Final = 180.0
Problem = tuple[str, str]
"""What is wrong, `areas.SLUG` or a key, and why."""


class _Polygon(msgspec.Struct, tag_field="type", tag="Polygon"):
    coordinates: list[list[list[float]]]

    @property
    def rings(self) -> list[list[list[float]]]:
        return self.coordinates


class _MultiPolygon(msgspec.Struct, tag_field="type", tag="MultiPolygon"):
    coordinates: list[list[list[list[float]]]]

    @property
    def rings(self) -> list[list[list[float]]]:
        return [ring for polygon in self.coordinates for ring in polygon]


class _Properties(msgspec.Struct):
    area: str


class _Feature(msgspec.Struct):
    properties: _Properties
    geometry: _Polygon | _MultiPolygon


class _Collection(msgspec.Struct):
    features: list[_Feature]


def tile_problems(service: Service) -> Iterator[Problem]:
    """What is wrong with the tiles of all days; nothing where no area has one."""
    tiled = [area for area in service.areas if area.tile is not None]
    if not tiled:
        return
    eras = (date.min, *service.reforms)
    for area in tiled:
        if not any(service.is_leaf(area.slug, day) for day in eras if area.since <= day < area.until):
            yield f"areas.{area.slug}", "has a tile, and others lie within it: only areas that hold none have one"
    told = set()
    for day in eras:
        taken: dict[tuple[int, int], str] = {}
        for area in tiled:
            if area.tile is None or not area.since <= day < area.until:
                continue
            other = taken.setdefault(area.tile, area.slug)
            if other != area.slug and (other, area.slug) not in told:
                told.add((other, area.slug))
                when = "" if day == date.min else f" on {day}"
                yield f"areas.{area.slug}", f"has the tile of {other!r}{when}: [row, column] is for one area alone"
    for area in lasting(service.areas):
        if area.tile is None:
            yield (
                f"areas.{area.slug}",
                "has no tile, and others have: a map would lack it; say tile = [row, column]",
            )


def lasting(areas: Sequence[Area]) -> Iterator[Area]:
    """The areas that hold no other and have no last day: those that a map must show."""
    pools = {area.within for area in areas if area.until == date.max}
    return (area for area in areas if area.until == date.max and area.slug not in pools)


def read_outlines(file: Path, service: Service) -> tuple[Outlines | None, list[Problem]]:
    """What the file of outlines draws, and everything that is wrong with it; None where anything is."""
    where = f"outlines ({file.name})"
    try:
        found = msgspec.json.decode(read_text(file).encode(), type=_Collection)
    except (FileUnusable, UnicodeError) as fault:
        return None, [(where, str(fault))]
    except RecursionError:
        return None, [(where, "brackets are nested too deeply")]
    except msgspec.DecodeError as fault:
        needed = (
            'a FeatureCollection of Polygon and MultiPolygon, each with the property "area": the slug of its area'
        )
        return None, [(where, f"no GeoJSON as it is needed: {fault}; write {needed}")]
    shapes: dict[str, Shape] = {}
    problems = [(f"{where}: {path}", why) for path, why in _collect(found.features, service, shapes)]
    if any(area.tile for area in service.areas):
        problems.append(("outlines", "areas have tiles, too: a map is drawn from one of the two; remove the others"))
    problems = problems or [
        (f"areas.{area.slug}", f"has no outline in {file.name}, and a map would lack it: draw it there")
        for area in lasting(service.areas)
        if area.slug not in shapes
    ]
    if problems:
        return None, problems
    outlines = drawn(shapes)
    if outlines.corners > MOST_CORNERS:
        why = f"its lines have {outlines.corners} corners as drawn, a page carries {MOST_CORNERS}: simplify them"
        return None, [(where, f"{why} (mapshaper, or simplify of any GIS)")]
    return outlines, []


def _collect(features: Sequence[_Feature], service: Service, shapes: dict[str, Shape]) -> Iterator[Problem]:
    """Fill `shapes`; what is wrong with each feature."""
    leaves = service.leaf_areas
    for number, feature in enumerate(features):
        slug, path = feature.properties.area, f"features[{number}]"
        shape = [[_point(position) for position in ring] for ring in feature.geometry.rings]
        if slug not in leaves and slug in service.judged_areas:
            yield path, f"is of {slug!r}, and others lie within that: only areas that hold none have an outline"
        elif slug not in leaves:
            yield path, unknown(slug, leaves, kind=f"area {slug!r}", where=f"there are {', '.join(leaves)}")
        elif slug in shapes:
            yield path, f"{slug!r} has an outline already: make one MultiPolygon of the two"
        elif not shape or not all(shape):
            yield path, f"the outline of {slug!r} has no points"
        elif any(point is None for ring in shape for point in ring):
            yield (
                path,
                (
                    f"the outline of {slug!r} is no longitude and latitude in degrees (EPSG:4326), "
                    f"at most {LARGEST_LATITUDE:g}° north or south: reproject it"
                ),
            )
        else:
            shapes[slug] = [[point for point in ring if point is not None] for ring in shape]


def _point(position: Sequence[float]) -> Point | None:
    """A position with or without its height; None where it can be no place on Earth."""
    match position:
        case [longitude, latitude, *_] if abs(longitude) <= LARGEST_LONGITUDE and abs(latitude) <= LARGEST_LATITUDE:
            return longitude, latitude
        case _:
            return None

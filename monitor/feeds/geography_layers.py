"""The polygons of a layer's file: read, held against the service, and brought to degrees of WGS 84.

Decides which GeoJSON can be used, and what is said of each feature that cannot: all of them in one run. Polygons
count as they are drawn, straight from point to point in longitude and latitude (RFC 7946); nothing is mended
silently. Only what has a buffer is drawn anew. Refuses to know points.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import msgspec
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from monitor.core.service import Service
from monitor.feeds.geography_declared import WGS84, Gives, LayerTable, Problem, slug_problems
from monitor.settings.files import FileUnusable, read_text

LARGEST_LAYER_BYTES: Final = 256 * 1024 * 1024
MOST_TOLD: Final = 20
"""Features of one file of which each is told; a file in the wrong system has thousands."""
_LONGEST_LINE_DEGREES: Final = 0.01
"""Of lines on their way into another system, where they are not straight: cut so, they stay within decimetres."""
_QUARTER: Final = 16
"""Corners of a quarter circle around a buffered corner: half a per cent of the buffer is lost between them."""
_LEAST_POSITIONS: Final = 4
_HALF_AROUND: Final = 180.0
_POLE: Final = 90.0


class Feature(NamedTuple):
    """A polygon, or several, in degrees of WGS 84, and what lies within."""

    slug: str
    shape: shapely.Geometry


class _Geometry(msgspec.Struct):
    type: str
    coordinates: msgspec.Raw = msgspec.Raw(b"null")


class _Feature(msgspec.Struct):
    type: str
    geometry: _Geometry | None = None
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct):
    type: str
    features: list[msgspec.Raw]
    crs: Any = None


_Ring = list[list[float]]


def crs_of(name: str) -> CRS:
    """The system that is meant. Raises ValueError, in words."""
    try:
        found = CRS.from_user_input(name)
    except CRSError:
        raise ValueError(f"{name!r} is no coordinate reference system that pyproj knows: write EPSG:25833") from None
    if len(found.axis_info) != 2:
        raise ValueError(f"{name!r} has {len(found.axis_info)} axes: name a system of two, like EPSG:4326")
    return found


def to_degrees(crs: CRS) -> Transformer | None:
    """From a system, east before north, to degrees of WGS 84; None where that is what it has."""
    return None if crs == CRS(WGS84) else Transformer.from_crs(crs, CRS(WGS84), always_xy=True)


def read_layer(layer: LayerTable, service: Service) -> tuple[list[Feature], list[Problem]]:
    """What a file holds, and everything wrong with it: which feature, and what to do."""
    try:
        crs = crs_of(layer.crs)
    except ValueError as fault:
        return [], [("crs", str(fault))]
    name = f"file ({layer.file.name})"
    try:
        whole = _collection(layer.file)
    except ValueError as fault:
        return [], [(name, str(fault))]
    problems = [("crs", why) for why in _named_otherwise(whole.crs, crs)]
    features = []
    for number, raw in enumerate(whole.features):
        try:
            slug = _slug(raw, layer, service)
            shape = None if slug is None else _shape(raw, degrees=crs.is_geographic)
        except _UnusableError as fault:
            problems += [(f"{name}: features[{number}]", why) for why in fault.args]
            continue
        if slug is not None and shape is not None:
            features.append(Feature(slug, shape))
    if not features and not problems:
        problems.append((name, "holds no polygon that says anything: the layer would be empty"))
    if len(problems) > MOST_TOLD:
        more = len(problems) - MOST_TOLD
        problems = [*problems[:MOST_TOLD], (name, f"and {more} more of its features cannot be used")]
    transform = to_degrees(crs)
    if problems or transform is None:
        return features, problems
    return [Feature(slug, moved(shape, transform)) for slug, shape in features], []


def _collection(file: Path) -> _Collection:
    """The features of a file, as bytes. Raises ValueError, in words."""
    try:
        whole = msgspec.json.decode(read_text(file, LARGEST_LAYER_BYTES).encode(), type=_Collection)
    except FileUnusable as fault:
        raise ValueError(str(fault)) from None
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None
    except msgspec.DecodeError as fault:
        raise ValueError(f"no GeoJSON as it is needed: {fault}; write a FeatureCollection of polygons") from None
    if whole.type != "FeatureCollection":
        raise ValueError(f"is a {whole.type!r}: write a FeatureCollection")
    return whole


class _UnusableError(Exception):
    """Of one feature, every reason in words."""


def _named_otherwise(named: Any, crs: CRS) -> Iterator[str]:
    """GeoJSON of before 2016 names its system: that, and the declaration, must be one."""
    match named:
        case {"properties": {"name": str(name)}}:
            try:
                said = crs_of(name)
            except ValueError:
                said = None
            same = said is not None and (said.equals(crs, ignore_axis_order=True) or said.to_epsg() == crs.to_epsg())
            if not same and not (name.endswith("CRS84") and crs == CRS(WGS84)):
                yield f"the file says that it is in {name}: write that as crs of the layer, or reproject the file"


def _slug(raw: msgspec.Raw, layer: LayerTable, service: Service) -> str | None:
    """What a feature says; None where the declaration leaves it out. Raises _UnusableError."""
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise _UnusableError(f"is no feature: {fault}") from None
    if layer.property is None:
        return layer.slug
    if feature.properties is None or layer.property not in feature.properties:
        there = ", ".join(sorted(feature.properties or {})[:10]) or "none"
        raise _UnusableError(f"has no property {layer.property!r}; there are {there}")
    value = feature.properties[layer.property]
    if layer.at_least:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _UnusableError(f"{layer.property} is no number, and at_least needs one")
        reached = [(least, slug) for slug, least in layer.at_least.items() if value >= least]
        return max(reached)[1] if reached else None
    word = value if isinstance(value, str) else str(value) if type(value) is int else None
    if word is None:
        raise _UnusableError(f"{layer.property} is neither a text nor a whole number")
    if layer.values:
        if word not in layer.values:
            raise _UnusableError(f'{word!r} is not among values: add it, with "" where it means nothing here')
        return layer.values[word] or None
    if problems := list(slug_problems(word, layer, service)):
        raise _UnusableError(*problems)
    return word


def _shape(raw: msgspec.Raw, *, degrees: bool) -> shapely.Geometry:
    """The polygon of a feature, valid. Raises _UnusableError."""
    geometry = msgspec.json.decode(raw, type=_Feature).geometry
    if geometry is None or geometry.type not in {"Polygon", "MultiPolygon"}:
        what = "nothing" if geometry is None else geometry.type
        raise _UnusableError(f"is a {what}: only Polygon and MultiPolygon have something that lies within")
    try:
        if geometry.type == "Polygon":
            polygons = [msgspec.json.decode(geometry.coordinates, type=list[_Ring])]
        else:
            polygons = msgspec.json.decode(geometry.coordinates, type=list[list[_Ring]])
    except (msgspec.DecodeError, RecursionError) as fault:
        raise _UnusableError(f"has no coordinates of a {geometry.type}: {fault}") from None
    if not polygons or not all(polygons):
        raise _UnusableError("is empty: remove the feature")
    whys = list(dict.fromkeys(w for rings in polygons for ring in rings for w in _wrong(ring, degrees=degrees)))
    if whys:
        raise _UnusableError(*whys)
    made = [shapely.Polygon(_flat(rings[0]), [_flat(ring) for ring in rings[1:]]) for rings in polygons]
    shape = made[0] if len(made) == 1 else shapely.MultiPolygon(made)
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape)
        raise _UnusableError(f"is no valid polygon ({why}): mend it in a GIS (make valid, or buffer by 0)")
    return shape


def _wrong(ring: _Ring, *, degrees: bool) -> Iterator[str]:
    if any(len(position) < 2 or not all(map(isfinite, position[:2])) for position in ring):
        yield "has a position that is not two finite numbers"
        return
    if len(ring) < _LEAST_POSITIONS:
        yield f"has a ring of {len(ring)} positions: it takes four, the last of which is the first"
    elif ring[0][:2] != ring[-1][:2]:
        yield "has a ring that is not closed: its last position must be its first"
    if not degrees:
        return
    if any(abs(position[0]) > _HALF_AROUND or abs(position[1]) > _POLE for position in ring):
        yield "is not in degrees, longitude first, -180 to 180: say crs of the layer, or reproject the file"
    elif any(abs(one[0] - other[0]) > _HALF_AROUND for one, other in pairwise(ring)):
        yield "crosses the antimeridian: cut it there into a MultiPolygon (RFC 7946, 3.1.9; ogr2ogr -wrapdateline)"


def _flat(ring: _Ring) -> list[tuple[float, float]]:
    return [(position[0], position[1]) for position in ring]


def moved(shape: shapely.Geometry, transform: Transformer, *, back: bool = False) -> shapely.Geometry:
    """A shape in another system; its long lines are cut first, for they are not straight there."""
    longest = _LONGEST_LINE_DEGREES
    source = transform.target_crs if back else transform.source_crs
    if source is None or not source.is_geographic:
        longest *= 111_320.0  # metres of a degree
    direction = "INVERSE" if back else "FORWARD"

    def move(positions: np.ndarray) -> np.ndarray:
        return np.column_stack(transform.transform(positions[:, 0], positions[:, 1], direction=direction))

    return shapely.transform(shapely.segmentize(shape, longest), move)


def metric(shapes: Sequence[shapely.Geometry]) -> Transformer:
    """From degrees to metres: Lambert's azimuthal equal-area projection about the middle of the shapes.

    Areas are true. Distances are within 0.1 % up to 570 km from the middle, and within 1 % up to 1,800 km.
    """
    boxes = shapely.bounds(np.array(shapes, dtype=object))
    # The middle on the globe, so that layers on both sides of the antimeridian have theirs between them.
    longitudes, latitudes = np.radians((boxes[:, 0] + boxes[:, 2]) / 2), np.radians((boxes[:, 1] + boxes[:, 3]) / 2)
    east, north, up = (
        float(part.mean())
        for part in (
            np.cos(latitudes) * np.cos(longitudes), np.cos(latitudes) * np.sin(longitudes), np.sin(latitudes),
        )
    )  # fmt: skip
    longitude, latitude = np.degrees(np.arctan2(north, east)), np.degrees(np.arctan2(up, np.hypot(east, north)))
    wanted = f"+proj=laea +lat_0={latitude:.4f} +lon_0={longitude:.4f} +datum=WGS84 +units=m +no_defs"
    return Transformer.from_crs(CRS(WGS84), CRS(wanted), always_xy=True)


def buffered(shape: shapely.Geometry, metres: float, projection: Transformer) -> shapely.Geometry:
    """The shape, so many metres wider all around; nothing of it changes where that is 0. Raises ValueError."""
    if not metres:
        return shape
    wide = moved(shapely.buffer(moved(shape, projection), metres, quad_segs=_QUARTER), projection, back=True)
    lines = shapely.get_parts(shapely.boundary(shapely.get_parts(wide)))
    if any(np.abs(np.diff(shapely.get_coordinates(line)[:, 0])).max(initial=0.0) > _HALF_AROUND for line in lines):
        raise ValueError("its buffer reaches over the antimeridian: leave the buffer out there")
    return wide


def by_rank(
    gives: Gives, layers: Sequence[tuple[int, LayerTable]], features: Mapping[int, Sequence[Feature]],
    projection: Transformer,
) -> list[tuple[Feature, LayerTable]]:  # fmt: skip
    """The features that give one thing, buffers drawn: of any two that overlap, the earlier holds. Raises ValueError.

    The layer of the higher priority, then the layer declared earlier; in one layer, the smaller polygon, as it is
    with its buffer, then the one that stands earlier in the file.
    """
    ranked = []
    for number, layer in layers:
        if layer.gives != gives:
            continue
        for place, (slug, shape) in enumerate(features[number]):
            wide = buffered(shape, layer.buffer_metres, projection)
            size = cast("float", shapely.area(moved(wide, projection)))
            ranked.append(((-layer.priority, number, size, place), Feature(slug, wide), layer))
    ordered = sorted(ranked, key=lambda one: one[0])
    return [(feature, layer) for _, feature, layer in ordered if not feature.shape.is_empty]

"""Which area and category a place lies in: layers of polygons, by local day.

Decides what holds where polygons overlap or none lies, which coordinates cannot be meant, and which other areas and
categories are so near that the place could belong to them. The polygon of the highest rank that covers a point holds
(`geography_layers.by_rank`), lines and corners included. Coordinates come in and are dropped: what goes out names
slugs and reasons, nothing that says where. Equal to asking every polygon in turn (tests/feeds/test_geography.py).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer

from monitor.core.service import Service
from monitor.feeds.geography_borders import Borders
from monitor.feeds.geography_declared import Geography, Gives, LayerTable, Problem, read_geography
from monitor.feeds.geography_layers import Feature, by_rank, crs_of, metric, moved, read_layer, to_degrees
from monitor.feeds.geography_points import Unplaced, path_problems, positions
from monitor.feeds.local import wall_clock
from monitor.feeds.rows import Record

FARTHEST_METRES: Final = 500_000.0
"""From the box around all layers: what lies farther away is no place of this service, whatever `otherwise` says."""
_AT_ONCE: Final = 65_536
"""Points made at a time: a file of any length takes the memory of these."""
_NONE: Final = -1
_DAY: Final = date(2000, 1, 1)
"""Any, where layers hold on all."""


@dataclass(frozen=True, slots=True)
class Located:
    """What the layers say of a place; None what they do not give, and where it is `unplaced`.

    `near_areas` and `near_categories`: what else it could be, were it up to `border_metres` away.
    """

    area: str | None = None
    category: str | None = None
    near_areas: tuple[str, ...] = ()
    near_categories: tuple[str, ...] = ()
    unplaced: Unplaced | None = None

    @property
    def near_border(self) -> bool:
        """Whether it could be something else."""
        return bool(self.near_areas or self.near_categories)


Locate = Callable[[float, float, date], Located]
"""Of longitude or easting, latitude or northing, and a local day."""


class LocatedMany(NamedTuple):
    """The same for many places, a value of each array for each; `near` says whether it lies near a border."""

    area: np.ndarray
    category: np.ndarray
    near: np.ndarray
    unplaced: np.ndarray


class _Layered:
    """What one kind of layers says in a time in which they do not change."""

    def __init__(
        self, ranked: Sequence[Feature], otherwise: str | None, projection: Transformer, border_metres: float
    ) -> None:
        said = [slug for slug, _ in ranked] + ([otherwise] if otherwise is not None else [])
        self.slugs = tuple(dict.fromkeys(said))
        self._otherwise = _NONE if otherwise is None else self.slugs.index(otherwise)
        # Parts of one feature lie apart: each has a box of its own, and the rank stays that of the feature.
        parts, ranks = shapely.get_parts(np.array([shape for _, shape in ranked], dtype=object), return_index=True)
        self._parts = parts
        self._slug_of = np.array([self.slugs.index(ranked[rank].slug) for rank in ranks], dtype=np.intp)
        shapely.prepare(parts)
        self._tree = shapely.STRtree(parts)
        in_metres = [Feature(slug, moved(shape, projection)) for slug, shape in ranked]
        self._borders = Borders(in_metres, self.slugs, otherwise, border_metres)

    def one(self, point: shapely.Point, in_metres: shapely.Point) -> tuple[int, tuple[str, ...]]:
        """The number of the slug that holds (-1: none), and the slugs that are near."""
        held = self._otherwise
        for place in sorted(self._tree.query(point)):
            if self._parts[place].intersects(point):
                held = int(self._slug_of[place])
                break
        others = self._borders.around(in_metres) - {held} if held != _NONE else ()
        return held, tuple(self.slugs[slug] for slug in sorted(others))

    def many(self, points: np.ndarray, in_metres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for arrays of points: numbers, and whether any other is near."""
        asked, places = self._tree.query(points)
        within = shapely.intersects(self._parts[places], points[asked])
        first = np.full(len(points), len(self._parts), dtype=np.intp)
        np.minimum.at(first, asked[within], places[within])
        held = np.append(self._slug_of, self._otherwise)[first]
        asked, near = self._borders.near(in_metres)
        by_border = np.zeros(len(points), dtype=bool)
        by_border[asked[near != held[asked]]] = True
        return held, by_border & (held != _NONE)


class _Eras:
    """What one kind of layers says, by day."""

    def __init__(
        self, ranked: Sequence[tuple[Feature, LayerTable]], layers: Sequence[LayerTable], projection: Transformer,
        border_metres: float,
    ) -> None:  # fmt: skip
        self.starts = sorted({edge for layer in layers for edge in (layer.since, layer.until)} | {date.min})
        self._eras: list[_Layered | None] = []
        for start in self.starts:
            held = [layer for layer in layers if layer.since <= start < layer.until]
            features = [feature for feature, layer in ranked if layer.since <= start < layer.until]
            otherwise = next((layer.otherwise for layer in held if layer.otherwise), None)
            self._eras.append(_Layered(features, otherwise, projection, border_metres) if held else None)

    def on(self, day: date) -> _Layered | None:
        """The layers of a day; None where there are none."""
        return self._eras[bisect_right(self.starts, day) - 1]


class Places:
    """The layers of a feed, ready to be asked. Made by `read_places`."""

    def __init__(self, geography: Geography, features: Mapping[int, Sequence[Feature]], zone: tzinfo = UTC) -> None:
        """`features` are those of each layer, by its place; days are those of `zone`.

        Raises ValueError where a buffer cannot be drawn.
        """
        self.position, self._zone = positions(geography), zone
        """Where a record says its place, or why there is none."""
        every = [shape for some in features.values() for _, shape in some]
        projection = metric(every)
        self._metric, self._degrees = projection, to_degrees(crs_of(geography.crs))
        layers = list(enumerate(geography.layers))
        self._eras: dict[Gives, _Eras] = {}
        boxes = []
        for gives in geography.gives:
            ranked = by_rank(gives, layers, features, projection)
            of_kind = [layer for _, layer in geography.giving(gives)]
            self._eras[gives] = _Eras(ranked, of_kind, projection, geography.border_metres)
            boxes += [moved(feature.shape, projection).bounds for feature, _ in ranked]
        bounds = np.array(boxes)
        self._low, self._high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        self.gives = geography.gives
        self._starts = sorted({start for eras in self._eras.values() for start in eras.starts})
        self.dated = any(set(eras.starts) - {date.min, date.max} for eras in self._eras.values())
        """Whether the day matters."""

    def era(self, day: date) -> int:
        """The number of the time around a day in which no layer changes."""
        return bisect_right(self._starts, day)

    def of(self, record: Record, at: datetime | None, locate: "Locate | None" = None) -> Located:
        """What lies where a record says that it is, on the local day of a moment; None: the record tells none.

        `locate`: in place of the method of this name.
        """
        position = self.position(record)
        if isinstance(position, Unplaced):
            return Located(unplaced=position)
        if at is None and self.dated:
            return Located(unplaced=Unplaced.NO_DAY)
        return (locate or self.locate)(*position, _DAY if at is None else wall_clock(at, self._zone).date())

    def locate(self, east: float, north: float, day: date) -> Located:
        """What lies there on a local day; the coordinates are in the declared system, longitude or easting first."""
        place = self._place(east, north)
        if isinstance(place, Unplaced):
            return Located(unplaced=place)
        point, in_metres = place
        said: dict[Gives, str] = {}
        near: dict[Gives, tuple[str, ...]] = {}
        for gives, eras in self._eras.items():
            layered = eras.on(day)
            if layered is None:
                return Located(unplaced=Unplaced.NO_LAYER)
            held, near[gives] = layered.one(point, in_metres)
            if held == _NONE:
                return Located(unplaced=Unplaced.OUTSIDE)
            said[gives] = layered.slugs[held]
        return Located(said.get("area"), said.get("category"), near.get("area", ()), near.get("category", ()))

    def _place(self, east: float, north: float) -> tuple[shapely.Point, shapely.Point] | Unplaced:
        """The point in degrees and in metres."""
        if not (isfinite(east) and isfinite(north)):
            return Unplaced.NOT_FINITE
        if east == 0.0 and north == 0.0:
            return Unplaced.ZERO
        place = self._read(east, north)
        if isinstance(place, Unplaced) and not isinstance(self._read(north, east), Unplaced):
            return Unplaced.SWAPPED
        return place

    def _read(self, east: float, north: float) -> tuple[shapely.Point, shapely.Point] | Unplaced:
        longitude, latitude = (east, north) if self._degrees is None else self._degrees.transform(east, north)
        if not (abs(longitude) <= 180.0 and abs(latitude) <= 90.0):
            return Unplaced.OUT_OF_RANGE
        x, y = self._metric.transform(longitude, latitude)
        if not (
            self._low[0] - FARTHEST_METRES <= x <= self._high[0] + FARTHEST_METRES
            and self._low[1] - FARTHEST_METRES <= y <= self._high[1] + FARTHEST_METRES
        ):
            return Unplaced.FAR_AWAY
        return shapely.Point(longitude, latitude), shapely.Point(x, y)

    def locate_many(self, east: np.ndarray, north: np.ndarray, days: np.ndarray | date) -> LocatedMany:
        """The same for arrays of places; `days` is one for all, or an array of them (datetime64[D])."""
        count = len(east)
        out: dict[Gives, np.ndarray] = {gives: np.full(count, None, dtype=object) for gives in ("area", "category")}
        near, unplaced = np.zeros(count, dtype=bool), np.full(count, None, dtype=object)
        longitudes, latitudes = np.asarray(east, dtype=float), np.asarray(north, dtype=float)
        if self._degrees is not None:
            longitudes, latitudes = self._degrees.transform(longitudes, latitudes)
        with np.errstate(invalid="ignore"):
            inside = (np.abs(longitudes) <= 180.0) & (np.abs(latitudes) <= 90.0)
            inside &= (np.asarray(east) != 0.0) | (np.asarray(north) != 0.0)
        x, y = self._metric.transform(np.where(inside, longitudes, np.nan), np.where(inside, latitudes, np.nan))
        x, y = np.asarray(x), np.asarray(y)
        with np.errstate(invalid="ignore"):
            inside &= (x >= self._low[0] - FARTHEST_METRES) & (x <= self._high[0] + FARTHEST_METRES)
            inside &= (y >= self._low[1] - FARTHEST_METRES) & (y <= self._high[1] + FARTHEST_METRES)
        for which in np.flatnonzero(~inside):  # they are few, or the feed is wrong
            unplaced[which] = self._place(float(east[which]), float(north[which]))
        for chosen, day in self._by_era(days, inside):
            points, in_metres = (
                shapely.points(longitudes[chosen], latitudes[chosen]),
                shapely.points(x[chosen], y[chosen]),
            )
            for gives, eras in self._eras.items():
                layered = eras.on(day)
                if layered is None:
                    unplaced[chosen] = [one or Unplaced.NO_LAYER for one in unplaced[chosen]]
                    break
                held, by_border = layered.many(points, in_metres)
                out[gives][chosen] = np.array([*layered.slugs, None], dtype=object)[held]
                near[chosen] |= by_border
                lost = chosen[held == _NONE]
                unplaced[lost] = [one or Unplaced.OUTSIDE for one in unplaced[lost]]
        missing = unplaced != None  # noqa: E711 - of each value
        for told in out.values():
            told[missing] = None
        return LocatedMany(out["area"], out["category"], near & ~missing, unplaced)

    def _by_era(self, days: np.ndarray | date, inside: np.ndarray) -> Iterator[tuple[np.ndarray, date]]:
        """The places that are inside, some at a time, with a day on which the layers are those of theirs."""
        chosen = np.flatnonzero(inside)
        if isinstance(days, date):
            eras = [(chosen, days)]
        else:
            which = np.searchsorted(np.array(self._starts, dtype="datetime64[D]"), days[chosen], side="right") - 1
            eras = [(chosen[which == era], start) for era, start in enumerate(self._starts)]
        for places, day in eras:
            yield from ((places[at : at + _AT_ONCE], day) for at in range(0, len(places), _AT_ONCE))


def read_places(
    raw: object, folder: Path, service: Service, zone: tzinfo = UTC
) -> tuple[Places | None, list[Problem]]:
    """The layers that `[geography]` of a feed file in `folder` declares, or everything that is wrong with them.

    `zone`: in which the service's days begin.
    """
    geography, layers, problems = read_geography(raw, folder, service)
    if geography is not None:
        problems += path_problems(geography)
        try:
            crs_of(geography.crs)
        except ValueError as fault:
            problems.append(("geography.crs", str(fault)))
    features: dict[int, list[Feature]] = {}
    for number, layer in layers.items():
        features[number], found = read_layer(layer, service)
        problems += [(f"geography.layers[{number + 1}].{key}", why) for key, why in found]
    if problems or geography is None:
        return None, problems
    try:
        return Places(geography, features, zone), []
    except ValueError as fault:
        return None, [("geography.layers", str(fault))]

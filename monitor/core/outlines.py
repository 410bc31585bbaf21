"""Outlines of areas for a small map: from longitudes and latitudes to the paths of an SVG.

Decides projection (Mercator, which keeps shapes) and size: coordinates are whole numbers of a box `SIDE` long, so
that finer lines than anybody sees cost nothing. Refuses to know files, and whose areas these are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import asinh, radians, tan
from typing import Final

Point = tuple[float, float]
"""Longitude and latitude, in degrees."""
Shape = Sequence[Sequence[Point]]
"""The rings of an area, islands and holes alike: what lies within an even number of them is outside."""
_Pixel = tuple[int, int]
SIDE: Final = 1_000
LARGEST_LATITUDE: Final = 85.0
"""Nearer to a pole Mercator's projection has no end."""
_LEAST_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """An area as drawn: the path, and a point in its largest part to put a mark on."""

    path: str
    middle: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outlines:
    """The areas of a map that is `width` by `height`."""

    width: int
    height: int
    areas: Mapping[str, Outline]

    @property
    def corners(self) -> int:
        """How many points are drawn."""
        return sum(outline.path.count("L") for outline in self.areas.values())


def drawn(shapes: Mapping[str, Shape]) -> Outlines:
    """The map that just holds these shapes; there is at least one, and each has a ring with a point."""
    flat = {
        area: [
            [(radians(longitude), -asinh(tan(radians(latitude)))) for longitude, latitude in ring] for ring in shape
        ]
        for area, shape in shapes.items()
    }
    every = [point for shape in flat.values() for ring in shape for point in ring]
    left, top = (min(point[axis] for point in every) for axis in (0, 1))
    wide, high = (max(point[axis] for point in every) - start for axis, start in ((0, left), (1, top)))
    scale = SIDE / (max(wide, high) or 1.0)
    areas = {
        area: _outline([[(round((x - left) * scale), round((y - top) * scale)) for x, y in ring] for ring in shape])
        for area, shape in flat.items()
    }
    return Outlines(round(wide * scale) or 1, round(high * scale) or 1, areas)


def _outline(rings: Iterable[Sequence[_Pixel]]) -> Outline:
    """What is left of rings when points that fall into one are one; of an area too small for it, a dot."""
    seen = [[point for point, _ in groupby(ring)] for ring in rings]
    kept = [ring for ring in seen if len(set(ring)) >= _LEAST_CORNERS]
    if not kept:
        ((x, y), *_), *_ = seen
        kept = [[(x - 1, y - 1), (x + 1, y - 1), (x + 1, y + 1), (x - 1, y + 1)]]
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "z" for ring in kept)
    return Outline(path, _middle(max(kept, key=lambda ring: abs(_doubled(ring)))))


def _doubled(ring: Sequence[_Pixel]) -> int:
    """Twice the area within, by the shoelace formula; its sign is the way round."""
    return sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in pairwise([*ring, ring[0]]))


def _middle(ring: Sequence[_Pixel]) -> _Pixel:
    """A point inside: the middle of the widest stretch of the line half way up, which also a crescent has inside."""
    low, high = min(y for _, y in ring), max(y for _, y in ring)
    level = (low + high) / 2 + 0.25  # on no corner, whose coordinates are whole
    crossings = sorted(
        x + (level - y) * (other_x - x) / (other_y - y)
        for (x, y), (other_x, other_y) in pairwise([*ring, ring[0]])
        if (y > level) != (other_y > level)
    )
    if not crossings:  # it is as flat as that
        return ring[0]
    left, right = max(zip(crossings[::2], crossings[1::2], strict=True), key=lambda pair: pair[1] - pair[0])
    return round((left + right) / 2), round(level)

"""Where one area or category ends and another begins, as lines in metres that can be asked for what is near.

What another polygon covers has no border, and none runs between two polygons that say the same, nor where nothing is
said on the other side: nobody could be counted there. Refuses to know declarations and days.
"""

from collections.abc import Sequence
from typing import Final, cast

import numpy as np
import shapely

from monitor.feeds.geography_layers import Feature

_GRID_METRES: Final = 0.001
"""Lines that run together in two polygons differ by roundings after projection: on this grid they are one again."""
_PIECE: Final = 16
"""Corners of a piece: short enough that its box is near it, long enough that there are few."""


class Borders:
    """The edges of what each slug holds; a point is near another slug where that one's edge is near."""

    def __init__(self, ranked: Sequence[Feature], slugs: Sequence[str], otherwise: str | None, metres: float) -> None:
        """`ranked`: features in metres, the first of those that overlap holds; `slugs` numbers what they say."""
        self._metres = metres
        pieces: list[shapely.Geometry] = []
        owners: list[int] = []
        for slug, edge in _edges(ranked, otherwise) if metres else ():
            found = _pieces(edge)
            pieces += found
            owners += [slugs.index(slug)] * len(found)
        self._tree = shapely.STRtree(pieces)
        low, high = np.split(shapely.bounds(np.array(pieces, dtype=object)).reshape(-1, 4), 2, axis=1)
        self._boxes = shapely.STRtree(shapely.box(*(low - metres).T, *(high + metres).T))
        self._owners = np.array(owners, dtype=np.intp)

    def near(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of the points (in metres) is near an edge of which slug's: two lists side by side, with repeats."""
        asked, found = self._tree.query(points, predicate="dwithin", distance=self._metres)
        return asked, self._owners[found]

    def around(self, point: shapely.Point) -> set[int]:
        """The same of one point, which mostly is in no box: asking for those alone takes half as long."""
        if not self._boxes.query(point).size:
            return set()
        return {int(slug) for slug in self.near(np.array([point]))[1]}


def _edges(ranked: Sequence[Feature], otherwise: str | None) -> list[tuple[str, shapely.Geometry]]:
    held: dict[str, list[shapely.Geometry]] = {}
    tree = shapely.STRtree([shape for _, shape in ranked])
    for rank, (slug, shape) in enumerate(ranked):
        above = [int(one) for one in tree.query(shape) if one < rank and ranked[one].slug != slug]
        seen = shape
        if above:
            cover = shapely.union_all([ranked[one].shape for one in above], grid_size=_GRID_METRES)
            seen = shapely.difference(shape, cover, grid_size=_GRID_METRES)
        held.setdefault(slug, []).append(seen)
    whole = {slug: shapely.union_all(shapes, grid_size=_GRID_METRES) for slug, shapes in held.items()}
    edges = {slug: shapely.boundary(shape) for slug, shape in whole.items()}
    if otherwise is not None:
        others = [shape for slug, shape in whole.items() if slug != otherwise]
        edges[otherwise] = shapely.boundary(shapely.union_all(others, grid_size=_GRID_METRES))
    return [(slug, edge) for slug, edge in edges.items() if edge is not None and not edge.is_empty]


def _pieces(edge: shapely.Geometry) -> list[shapely.Geometry]:
    found: list[shapely.Geometry] = []
    for line in shapely.get_parts(edge):
        corners = shapely.get_coordinates(line)
        starts = range(0, len(corners) - 1, _PIECE)
        found += [cast("shapely.Geometry", shapely.linestrings(corners[at : at + _PIECE + 1])) for at in starts]
    return found

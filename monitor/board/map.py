"""The board as a map: for each column one, its areas as tiles where the service says they lie, or as outlines.

Decides what stands on the map and what beside it: pools above, and below whatever has no place on it, so that nothing
that is judged is left out. A tile says what the table's cell says, in fewer words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.board.cells import Cell, Column, areas, cell, columns, told
from monitor.board.frame import View, rendered
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State

LEAST_TILE_PX: Final = 84
"""A narrower tile has no room for a figure: so narrow a screen gets the tiles one below the other."""
BESIDE_PX: Final = 40
"""What a page needs beside the map."""


@dataclass(frozen=True, slots=True)
class Tile:
    """An area's cell, with its name; `where`: the classes that put it in its place."""

    name: str
    where: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Drawn:
    """An area's outline. `mark`: a disc where met, a diamond where missed, hollow where it may be chance."""

    path: str
    middle: tuple[int, int]
    mark: str
    tile: Tile


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One column's map."""

    column: Column
    pools: Sequence[Tile]
    tiles: Sequence[Tile]
    outlines: Sequence[Drawn]
    beside: Sequence[Tile]


def map_page(view: View) -> str:
    """The whole page."""
    shown = columns(view)
    listed = [area for area, _ in areas(view, shown)]
    places = view.service.tiles(view.day_shown)
    widest = max((column for _, column in places.values()), default=0)
    return rendered(
        "map.html.jinja",
        view,
        sheets=[_sheet(view, column, listed) for column in shown],
        outlines=view.service.outlines,
        flat_px=LEAST_TILE_PX * widest + BESIDE_PX,
        columns=widest,
    )


def _sheet(view: View, column: Column, listed: Sequence[str]) -> Sheet:
    service, outlines = view.service, view.service.outlines
    places = service.tiles(view.day_shown)
    pools = {area.within for area in service.areas}
    mapped = outlines.areas if outlines else places
    on_map = [area for area in (listed if outlines else places) if area in mapped and area in listed]
    return Sheet(
        column=column,
        pools=list(tiles(view, column, (area for area in listed if area in pools))),
        tiles=list(tiles(view, column, on_map)),
        outlines=[
            Drawn(outlines.areas[area].path, outlines.areas[area].middle, _mark(view, column, area), tile)
            for area, tile in zip(on_map, tiles(view, column, on_map), strict=True)
        ]
        if outlines
        else [],
        beside=list(tiles(view, column, (area for area in listed if area not in pools and area not in mapped))),
    )


def tiles(view: View, column: Column, those: Iterable[str]) -> Iterable[Tile]:
    """The tiles of areas."""
    places = {} if view.service.outlines else view.service.tiles(view.day_shown)
    for area in those:
        where = "r{} c{}".format(*places[area]) if area in places else ""
        yield Tile(view.area_named(area), where, cell(view, column, area))


def _mark(view: View, column: Column, area: str) -> str:
    verdict = told(column, view.rows[area, column.category])
    if view.outdated or verdict.state not in (State.MET, State.MISSED):
        return ""
    return f"{verdict.state}{' hollow' if verdict.evidence is Evidence.NONE else ''}"

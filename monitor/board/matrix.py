"""The board as a table: areas by categories for one window or period, the pool of all areas on top.

Decides what an area's row is, and when a screen is too narrow for the columns. Pools stand before what lies within
them. What a cell says is told in `cells`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from monitor.board.cells import DEEPEST, Cell, areas, cell, columns
from monitor.board.frame import View, macros, rendered
from monitor.words.speaker import Speaker

LEAST_COLUMN_REM: Final = 7.5
"""A narrower cell has no room for a figure; so narrow a screen gets the cells stacked."""
AREAS_REM: Final = 11.0
REM_PX: Final = 13.5
STACKED_PX: Final = 768
"""Screens up to here get them stacked in any case."""


@dataclass(frozen=True, slots=True)
class Line:
    """One area's row; `kind`: the root, a pool below it, or a leaf."""

    area: str
    name: str
    address: str
    kind: str
    depth: int
    cells: Sequence[Cell]


def board(view: View) -> str:
    """The whole page."""
    service, shown = view.service, columns(view)
    span = next((row.span for row in view.rows.values() if row.span), None)
    pools = {area.within for area in service.areas}
    lines = [
        Line(
            area,
            view.area_named(area),
            view.link(f"/area/{area}"),
            "root" if area == service.root else "pool" if area in pools else "leaf",
            min(depth, DEEPEST),
            tuple(cell(view, column, area) for column in shown),
        )
        for area, depth in areas(view, shown)
    ]
    return rendered(
        "board.html.jinja",
        view,
        rows=[_markup(view.say, line) for line in lines],
        columns=shown,
        by_objective=shown[0].objective is not None,
        stacked_px=max(STACKED_PX, round(REM_PX * (AREAS_REM + LEAST_COLUMN_REM * len(shown)))),
        span=span,
    )


@lru_cache(maxsize=1024)
def _markup(say: Speaker, line: Line) -> str:
    """A row by its value: from one publication to the next few of them change."""
    drawn: str = macros("row.html.jinja", say).row(line)
    return drawn

"""The board for a wall: page by page, large enough for across a room, and no picture that is older than it looks.

Decides how many areas a page holds and how many pages there are; the worst come first, and what is left out is
counted. Turning them is the script's (`static/wall.js`), and so is taking the picture away when the script stops.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.board.cells import Column, areas, columns, headline, told
from monitor.board.frame import View, rendered
from monitor.board.map import Tile, tiles
from monitor.core.ranking import worst_first
from monitor.core.verdict import State

TILES: Final = 12
"""That a page holds, below the pool of all: large enough to be read from 5 m at 1920 by 1080 (docs/operations.md)."""
MOST_PAGES: Final = 24
"""In all: who stands before the wall sees each again within a few minutes."""
TURN_SECONDS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One page: a column, and some of its areas below the pool of all. `left_out`: so many are on no page.

    `objective`: whose figures it shows, where its column does not say so.
    """

    key: str
    column: Column
    objective: str
    number: int
    of: int
    root: Tile
    tiles: Sequence[Tile]
    left_out: int


def wall_page(view: View) -> str:
    """The whole page, every page of the wall in it."""
    shown = [column for column in columns(view) if _aims(view, column)] or columns(view)
    most = max(1, MOST_PAGES // len(shown))
    return rendered(
        "wall.html.jinja",
        view,
        leaves=[leaf for column in shown[:MOST_PAGES] for leaf in _leaves(view, column, most)],
        unseen=[column.name for column in shown[MOST_PAGES:]],
        turn_seconds=TURN_SECONDS,
    )


def _aims(view: View, column: Column) -> bool:
    """Whether any area has a target there: nobody has to look up for what is held against nothing."""
    verdicts = (told(column, row) for row in view.rows.values() if row.category == column.category)
    return any(verdict.state is not State.NO_TARGET for verdict in verdicts)


def _leaves(view: View, column: Column, most: int) -> Iterator[Leaf]:
    root, *others = [area for area, _ in areas(view, [column])]
    if view.order == "worst":  # wherever in the tree: who passes by sees the first page
        others.sort(key=lambda area: worst_first([told(column, view.rows[area, column.category])]))
    pages = [others[start : start + TILES] for start in range(0, len(others) or 1, TILES)][:most]
    for number, page in enumerate(pages, 1):
        yield Leaf(
            key=f"{column.slug}-{number}",
            column=column,
            objective=headline(view, column),
            number=number,
            of=len(pages),
            root=next(iter(tiles(view, column, [root]))),
            tiles=list(tiles(view, column, page)),
            left_out=len(others) - sum(map(len, pages)),
        )

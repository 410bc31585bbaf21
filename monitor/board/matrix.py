"""The board's first page: areas by categories for one window, the pool of all areas on top.

Decides what stands in a cell and in which order areas and categories come; every figure is the published one. A cell
tells the objective that may ask most of people there, and the others in short; where there is but one category, each
objective has a column instead. Pools stand before what lies within them. The verdict is told in words, colour only
repeats it together with its evidence. Outdated figures keep their numbers and lose their verdict: no cell may look
met when nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from monitor.board.frame import Order, Said, View, macros, rendered
from monitor.core.alarm import Level
from monitor.core.ranking import as_tree, leading, worst_first
from monitor.core.service import Objective, Service
from monitor.core.snapshot import Row, Standing
from monitor.core.verdict import State, Verdict
from monitor.words.speaker import NONE, Speaker

LEAST_COLUMN_REM: Final = 7.5
"""A narrower cell has no room for a figure; so narrow a screen gets the cells stacked."""
AREAS_REM: Final = 11.0
REM_PX: Final = 13.5
STACKED_PX: Final = 768
"""Screens up to here get them stacked in any case."""
DEEPEST: Final = 4
"""Whatever lies deeper is shown as deep as this."""


@dataclass(frozen=True, slots=True)
class Column:
    """A category, or an objective of the only one. `pool`: others lie within the category."""

    category: str
    objective: Objective | None
    name: str
    explained: str = ""
    depth: int = 0
    pool: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """A further objective of a cell, in short."""

    name: str
    value: str
    verdict: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One area and column, in words; what is not shown is empty."""

    heading: str
    place: str
    address: str
    verdict: Said
    named: str
    """The objective, where another one than usual is told."""
    statistic: str
    value: str
    unit: str
    target: str
    interval: str
    level: Level
    missions: str
    room: str
    kind_of_room: str
    overdrawn: bool
    others: Sequence[Other]
    opened: str
    overdue: str
    hint: str


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
    snapshot, service = view.published.snapshot, view.service
    rows = {(row.area, row.category): row for row in snapshot.rows if row.window == view.window}
    standings = {(standing.area, standing.category): standing for standing in snapshot.standings}
    span = next((row.span for row in rows.values() if row.span), None)
    pools, shown = {area.within for area in service.areas}, columns(view)

    def line(area: str, depth: int) -> Line:
        address = view.link(f"/area/{area}")
        return Line(
            area,
            view.area_named(area),
            address,
            "root" if area == service.root else "pool" if area in pools else "leaf",
            min(depth, DEEPEST),
            tuple(
                _cell(view, one, rows[area, one.category], standings[area, one.category], address) for one in shown
            ),
        )

    areas = ordered(service, list(rows.values()), view.order, view.day(snapshot.at))
    return rendered(
        "board.html.jinja",
        view,
        rows=[_markup(view.say, line(area, depth)) for area, depth in areas],
        columns=shown,
        by_objective=shown[0].objective is not None,
        stacked_px=max(STACKED_PX, round(REM_PX * (AREAS_REM + LEAST_COLUMN_REM * len(shown)))),
        span=span,
    )


def columns(view: View) -> list[Column]:
    """The columns, pools before what lies within them."""
    service = view.service
    if len(service.categories) == 1 and len(service.objectives) > 1:
        (category,) = service.judged_categories
        return [
            Column(category, objective, view.objective_named(objective), view.statistic(objective))
            for objective in service.objectives
        ]
    within = {category.slug: category.within for category in service.categories}
    return [
        Column(
            slug, None, view.category_named(slug), depth=min(depth, DEEPEST), pool=slug in within.values(),
            explained=view.category_named(pool) if (pool := within[slug]) else "",
        )
        for slug, depth in as_tree(within)
    ]  # fmt: skip


def ordered(service: Service, rows: Sequence[Row], order: Order, today: date) -> list[tuple[str, int]]:
    """The areas that have rows, with their depth, in the order asked for: pools before what lies in them today.

    Among those of one pool as declared, or the worst first.
    """
    verdicts: dict[str, list[Verdict]] = {}
    for row in rows:
        verdicts.setdefault(row.area, []).append(leading(row.verdicts))
    within = {area: _pool(service, area, today) for area in verdicts}
    if order == "fixed":
        return list(as_tree(within))
    return list(as_tree(within, key=lambda area: worst_first(verdicts[area])))


def _pool(service: Service, area: str, day: date) -> str | None:
    """What an area lies within; one that is no more on that day, within everything."""
    if area == service.root:
        return None
    return next(iter(service.pools(area, day)[1:]), service.root)


@lru_cache(maxsize=1024)
def _markup(say: Speaker, line: Line) -> str:
    """A row by its value: from one publication to the next few of them change."""
    drawn: str = macros("row.html.jinja", say).row(line)
    return drawn


def _cell(view: View, column: Column, row: Row, standing: Standing, address: str) -> Cell:
    say, figures, loaded = view.say, row.figures, view.published.loaded
    verdict = leading(row.verdicts) if column.objective is None else row.verdicts[column.objective.slug]
    objective, mark, room = verdict.objective, view.marks[row.area, row.category], view.room(verdict)
    others = [] if column.objective else [one for one in row.verdicts.values() if one is not verdict]
    # What goes on now is about all of a series, and overdue by the objective that asks most of people: told once.
    progress = standing.in_progress if column.objective in (None, view.ranked[0]) else None
    return Cell(
        heading=column.name,
        address=f"{address}#{row.category}",
        place=f"{mark}_{objective.slug}" if column.objective else mark,
        verdict=view.said(verdict),
        named="" if column.objective or objective == view.ranked[0] else view.objective_named(objective),
        statistic=view.statistic(objective),
        value=view.value(row.category, figures, verdict),
        unit=view.unit(row.category, objective),
        target="" if verdict.target_seconds is None else f"≤ {view.target(verdict)}",
        interval=view.between(row.category, figures, objective),
        level=view.level(standing, column.objective) if loaded else Level.NONE,
        missions=say.count(figures.of(objective).measured) if loaded else NONE,
        room=room,
        kind_of_room=say("budget") if objective.percentile is not None else say("to spare"),
        overdrawn=room.startswith("−"),
        others=tuple(_other(view, row, one) for one in others if one.state is not State.NO_TARGET),
        opened=view.opened(progress) if loaded and progress and progress.open else "",
        overdue=view.overdue(progress) if loaded and progress and progress.overdue else "",
        hint="" if view.outdated else view.sentence(row, verdict) if column.objective else view.sentences(row),
    )


def _other(view: View, row: Row, verdict: Verdict) -> Other:
    return Other(
        view.objective_named(verdict.objective),
        view.value(row.category, row.figures, verdict),
        view.said(verdict),
    )

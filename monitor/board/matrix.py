"""The board's first page: areas by classes for one window, the whole country on top.

Decides what stands in a cell and in which order areas come; every figure is the published one. The verdict is told
in words, colour only repeats it together with its evidence. Outdated figures keep their numbers and lose their
verdict: no cell may look met when nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.board.frame import Order, Said, View, macros, rendered
from monitor.core.alarm import Level
from monitor.core.ranking import worst_first
from monitor.core.snapshot import Row, Standing
from monitor.core.targets import NATIONAL
from monitor.core.verdict import Verdict
from monitor.words.speaker import NONE, Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One area and class, in words; what is not shown is empty."""

    name: str
    place: str
    address: str
    verdict: Said
    p80: str
    target: str
    interval: str
    p50: str
    level: Level
    missions: str
    budget: str
    overdrawn: bool
    opened: str
    overdue: str
    hint: str


@dataclass(frozen=True, slots=True)
class Line:
    """One area's row."""

    area: str
    name: str
    address: str
    nation: bool
    cells: Sequence[Cell]


def board(view: View) -> str:
    """The whole page."""
    snapshot = view.published.snapshot
    rows = [row for row in snapshot.rows if row.window == view.window]
    standings = {(standing.area, standing.category): standing for standing in snapshot.standings}
    cells: dict[str, list[Cell]] = {}
    areas = ordered(rows, view.order)
    addresses = {area: view.link(f"/area/{area}") for area in areas}
    for row in rows:
        cell = _cell(view, row, standings[row.area, row.category], addresses[row.area])
        cells.setdefault(row.area, []).append(cell)
    return rendered(
        "board.html.jinja",
        view,
        rows=[
            _markup(
                view.say, Line(area, view.area_named(area), addresses[area], area == NATIONAL, tuple(cells[area]))
            )
            for area in areas
        ],
        classes=[view.say.settlement(category) for category in dict.fromkeys(row.category for row in rows)],
        span=next((row.span for row in rows if row.span), None),
    )


@lru_cache(maxsize=1024)
def _markup(say: Speaker, line: Line) -> str:
    """A row by its value: from one publication to the next few of them change."""
    drawn: str = macros("row.html.jinja", say).row(line)
    return drawn


def ordered(rows: Sequence[Row], order: Order) -> list[str]:
    """The areas in the order asked for: the nation first; then as configured, or the worst requirement first."""
    areas: dict[str, list[Verdict]] = {}
    for row in rows:
        areas.setdefault(row.area, []).append(row.verdicts["requirement"])
    if order == "fixed":
        return list(areas)
    return sorted(areas, key=lambda area: (area != NATIONAL, worst_first(areas[area])))


def _cell(view: View, row: Row, standing: Standing, address: str) -> Cell:
    say, figures, verdict = view.say, row.figures, row.verdicts["requirement"]
    loaded, progress, budget = view.published.loaded, standing.in_progress, verdict.late_budget
    return Cell(
        name=say.settlement(row.category),
        address=f"{address}#{row.category}",
        place=f"{row.area}-{row.category}",
        verdict=view.said(verdict),
        p80=view.minutes(figures.values["requirement"], exact=figures.exact["requirement"]),
        target="" if verdict.target_seconds is None else " ".join((say("req."), view.target(verdict))),
        interval=view.between(figures.intervals["requirement"]),
        p50=view.minutes(figures.values["goal"], exact=figures.exact["goal"]),
        level=standing.alarms["requirement"].level if loaded else Level.NONE,
        missions=say.count(figures.first.measured) if loaded else NONE,
        budget="" if budget is None or view.outdated else say.signed(budget),
        overdrawn=budget is not None and budget < 0,
        opened=view.opened(progress) if loaded and progress.open else "",
        overdue=view.overdue(progress) if loaded and progress.overdue else "",
        hint="" if view.outdated else view.sentences(row),
    )

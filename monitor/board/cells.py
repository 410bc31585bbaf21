"""What a cell of the board says, whatever it is shown in: a table, a map, a wall.

Decides which columns there are, what stands in a cell, and in which order areas come; every figure is the published
one. A cell tells the objective that may ask most of people there, and the others in short; where there is but one
category, each objective has a column instead. The verdict is told in words, colour only repeats it together with its
evidence. Outdated figures keep their numbers and lose their verdict: no cell may look met when nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from monitor.board.frame import Order, Said, View
from monitor.core.alarm import Level
from monitor.core.ranking import as_tree, leading, worst_first
from monitor.core.service import Objective, Service
from monitor.core.snapshot import Row
from monitor.core.verdict import State, Verdict
from monitor.words.forecasts import likely
from monitor.words.speaker import NONE
from monitor.words.verdicts import DECIDE, settled

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

    @property
    def slug(self) -> str:
        """What tells it from the others."""
        return self.objective.slug if self.objective else self.category


@dataclass(frozen=True, slots=True)
class Other:
    """A further objective of a cell, in short."""

    name: str
    value: str
    target: str
    """Where figures of several units stand beside each other; elsewhere the cell's hint tells it."""
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
    silenced: str
    """That nobody is told of an alert there."""
    missions: str
    room: str
    kind_of_room: str
    overdrawn: bool
    ahead: str
    """How likely the target is met at the end of the window, where that is told."""
    doubt: str
    """That the unmeasured could turn the verdict; empty where they cannot."""
    others: Sequence[Other]
    missed_others: str
    """How many of them are missed, where there is no room to tell them; empty where figures are outdated."""
    opened: str
    overdue: str
    hint: str


def columns(view: View) -> list[Column]:
    """The columns, pools before what lies within them; only the one that was asked for, if one was."""
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
        if view.category in ("", slug)
    ]  # fmt: skip


def areas(view: View, shown: Sequence[Column]) -> list[tuple[str, int]]:
    """The areas to show, with their depth, in the order asked for, by what the columns show."""
    categories = {column.category for column in shown}
    rows = [row for row in view.rows.values() if row.category in categories]
    return ordered(view.service, rows, view.order, view.day_shown)


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


def told(column: Column, row: Row) -> Verdict:
    """The verdict that a column tells of a row."""
    return leading(row.verdicts) if column.objective is None else row.verdicts[column.objective.slug]


def headline(view: View, column: Column) -> str:
    """Whose figures a column's cells show, where they name no other; empty where the column is named so itself."""
    if column.objective:
        return ""
    shown = {told(column, row).objective for row in view.rows.values() if row.category == column.category}
    objective = next((one for one in view.ranked if one in shown), view.ranked[0])
    return f"{view.objective_named(objective)} ({view.statistic(objective)})"


def cell(view: View, column: Column, area: str) -> Cell:
    """What an area's cell in a column says; there is a row of the two."""
    say, loaded, row = view.say, view.published.loaded, view.rows[area, column.category]
    figures, verdict = row.figures, told(column, row)
    objective, mark, room = verdict.objective, view.marks[area, row.category], view.room(verdict)
    others = [] if column.objective else [one for one in row.verdicts.values() if one is not verdict]
    target = _target(view, verdict)
    # Of a period nothing is going on now. And what goes on is about all of a series, overdue by the objective that
    # asks most of people: told once.
    standing = view.standings.get((area, row.category)) if loaded and view.judged is None else None
    progress = standing.in_progress if standing and column.objective in (None, view.ranked[0]) else None
    return Cell(
        heading=column.name,
        address=f"{view.link(f'/area/{area}')}#{row.category}",
        place=f"{mark}_{objective.slug}" if column.objective else mark,
        verdict=view.said(verdict),
        named="" if column.objective or objective == view.ranked[0] else view.objective_named(objective),
        statistic=view.statistic(objective),
        value=view.value(figures, verdict) if target else view.value_with_unit(figures, verdict),
        unit="" if view.mixed and not target else view.unit(objective),
        target=target,
        interval=view.between(figures, objective),
        level=view.level(standing, column.objective) if standing else Level.NONE,
        silenced=view.silenced(standing) if standing else "",
        missions=say.count(figures.of(objective).measured) if loaded else NONE,
        room=room,
        kind_of_room=say("late to spare") if objective.percentile is not None else say("to spare"),
        overdrawn=room.startswith("−"),
        ahead=_ahead(view, row, verdict),
        doubt="" if view.outdated or settled(verdict) else say(DECIDE),
        others=tuple(_other(view, row, one) for one in others if one.state is not State.NO_TARGET),
        missed_others=view.missed_others(others),
        opened=view.opened(progress) if progress and progress.open else "",
        overdue=view.overdue(progress) if progress and progress.overdue else "",
        hint="" if view.outdated else view.sentence(row, verdict) if column.objective else view.sentences(row),
    )


def _ahead(view: View, row: Row, verdict: Verdict) -> str:
    forecast = view.ahead.get((row.area, row.category), {}).get(verdict.objective.slug)
    if view.outdated or forecast is None or forecast.chance is None:
        return ""
    return view.say("met at the end: {likely}", likely=likely(view.say, forecast))


def _other(view: View, row: Row, verdict: Verdict) -> Other:
    return Other(
        view.objective_named(verdict.objective),
        view.value_with_unit(row.figures, verdict),
        _target(view, verdict) if view.mixed else "",
        view.said(verdict),
    )


def _target(view: View, verdict: Verdict) -> str:
    return "" if verdict.target_seconds is None else f"≤ {view.target(verdict)}"

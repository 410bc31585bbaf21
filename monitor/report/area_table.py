"""The table of one area: results as they are published, and under them what these do not tell.

Decides its lines and how many categories stand side by side. Refuses to know markup.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.core.forecast import foretold
from monitor.core.service import Objective, Service
from monitor.report import words
from monitor.report.cells import Cell, Cells, Noted
from monitor.report.document import Judged, Report, ReportRow
from monitor.words import names
from monitor.words.forecasts import likely

_CATEGORIES: Final = 4
"""Beside each other, at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table; `name` is for programs that read the page."""

    name: str
    label: str
    cells: Sequence[Cell]
    deciding: bool = False


def columns(service: Service) -> list[Sequence[str]]:
    """The categories of each table that an area has."""
    categories = service.judged_categories
    return [categories[start : start + _CATEGORIES] for start in range(0, len(categories), _CATEGORIES)]


def lines(cells: Cells, report: Report, area: str, categories: Sequence[str]) -> list[Line]:
    """Missions, each objective's threshold, result and verdict; then intervals, what is left, changes, what lacks."""
    rows = [report.row(area, category) for category in categories]
    say, service = cells.say, report.service
    measured, unmeasured = [], []
    for clock in service.clocks:
        of = f", {names.clock(say, service, clock.slug)}" if len(service.clocks) > 1 else ""
        counted = [cells.measured(row, clock.slug) for row in rows]
        lacking = [cells.unmeasured(row, clock.slug) for row in rows]
        measured.append(Line(f"{clock.slug}.measured", say("Missions") + of, counted))
        unmeasured.append(Line(f"{clock.slug}.unmeasured", say("Without a value") + of, lacking))
    objectives = [one for one in service.objectives if any(report.concerns(one, name) for name in categories)]
    deciding = [line for objective in objectives for line in _deciding(cells, objective, rows)]
    more = [line for objective in objectives for line in _more(cells, report, objective, rows)]
    return [*measured, *deciding, *more, *unmeasured]


def _deciding(cells: Cells, objective: Objective, rows: Sequence[ReportRow]) -> list[Line]:
    say, slug = cells.say, objective.slug
    named, judged = _named(cells, objective), [row.judged(slug) for row in rows]
    statistic = words.statistic_headed(say, objective, cells.notations[slug])
    said = [cells.said(row, one) for row, one in zip(rows, judged, strict=True)]
    return [
        Line(f"{slug}.threshold", f"{named}, {say('threshold')}", _each(cells.threshold, judged)),
        Line(f"{slug}.result", f"{named}, {statistic}", _each(cells.result, judged), deciding=True),
        Line(f"{slug}.verdict", say("{objective} met?", objective=named), said),
    ]


def _more(cells: Cells, report: Report, objective: Objective, rows: Sequence[ReportRow]) -> list[Line]:
    say, slug = cells.say, objective.slug
    named, judged = _named(cells, objective), [row.judged(slug) for row in rows]
    left = words.spare_headed(say, objective)
    # Of what is never foretold `words.never_ahead` says so once.
    told = report.forecasts and foretold(objective)
    ahead = [Noted(likely(say, report.forecast(row, slug))) for row in rows]
    forecast = [Line(f"{slug}.forecast", f"{named}: {say('met at the end')}", ahead)] if told else []
    return [
        *forecast,
        Line(f"{slug}.interval", f"{named}, {say('95 % interval')}", _each(cells.interval, judged)),
        Line(f"{slug}.bounds", f"{named}: {say('With the unmeasured')}", _each(cells.bounds, judged)),
        Line(f"{slug}.spare", f"{named}: {left}", _each(cells.spare, judged)),
        Line(f"{slug}.change", f"{named}: {say('Change')}", [cells.change(row, slug) for row in rows]),
    ]


def _each(told: Callable[[Judged], Cell], judged: Sequence[Judged]) -> list[Cell]:
    return [told(one) for one in judged]


def _named(cells: Cells, objective: Objective) -> str:
    return names.headed(names.objective(cells.say, objective))

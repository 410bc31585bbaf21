"""The page of one area: each class with its alarms, all windows, and a chart of the last weeks.

Decides the order of what is told: what goes on now, what the official windows say, how it came about. Figures are
the published ones; the weeks come with the request, None until the store has been read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.board.chart import Drawing, drawing
from monitor.board.frame import Said, View, rendered
from monitor.core.alarm import Baseline
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.cusum import Drift
from monitor.core.weeks import Week
from monitor.words.speaker import NONE, Speaker, phrase

_BASELINES: Final[Mapping[Baseline, str]] = {
    Baseline.REQUIREMENT: phrase("drift from the requirement"),
    Baseline.OWN_YEAR: phrase("drift from its own past year"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its heading, and its cells; `name` tells it from the others of its page."""

    name: str
    heading: str
    cells: Sequence[str | Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One class of the area."""

    key: str
    name: str
    verdict: Said
    told: str
    standing: Standing
    drifts: Sequence[tuple[str, bool, str]]
    """Against what, whether it is an alarm, and what is said of it."""
    windows: Sequence[Line]
    weeks: Sequence[Line]
    drawing: Drawing | None


def area_page(view: View, area: str, weeks: Mapping[str, Sequence[Week]] | None, *, drift_threshold: float) -> str:
    """The whole page of one known area."""
    snapshot = view.published.snapshot
    rows: dict[str, list[Row]] = {}
    for row in snapshot.rows:
        if row.area == area:
            rows.setdefault(row.category, []).append(row)
    sections = [
        _section(view, standing, rows[standing.category], weeks[standing.category] if weeks else (), drift_threshold)
        for standing in snapshot.standings
        if standing.area == area
    ]
    return rendered("area.html.jinja", view, area=area, name=view.area_named(area), sections=sections)


def _section(
    view: View, standing: Standing, rows: Sequence[Row], weeks: Sequence[Week], drift_threshold: float
) -> Section:
    chosen = next((row for row in rows if row.window == view.window), rows[0])
    said = view.said(chosen.verdicts["requirement"])
    drifts = standing.alarms["requirement"].drift
    return Section(
        key=standing.category,
        name=view.say.settlement(standing.category),
        verdict=said,
        told=said.text if view.outdated else view.sentences(chosen),
        standing=standing,
        drifts=[
            (view.say(named), bool(drift and drift.alarm), _told(view.say, drift, drift_threshold))
            for baseline, named in _BASELINES.items()
            for drift in [drifts[baseline]]
        ],
        windows=[_window(view, row) for row in rows],
        weeks=[_week(view, week) for week in reversed(weeks)],
        drawing=drawing(weeks, view.say) if weeks else None,
    )


def _told(say: Speaker, drift: Drift | None, threshold: float) -> str:
    if drift is None:
        return say("too few missions")
    figures = {"score": say.number(drift.score), "threshold": say.number(threshold)}
    if drift.alarm:
        return say("alarm, score {score} of {threshold}", **figures)
    return say("none, score {score} of {threshold}", **figures)


def _window(view: View, row: Row) -> Line:
    say, figures, loaded = view.say, row.figures, view.published.loaded
    requirement, goal = row.verdicts["requirement"], row.verdicts["goal"]
    spanned, budget = loaded and row.span is not None, requirement.late_budget
    cells = (
        view.minutes(figures.values["requirement"], exact=figures.exact["requirement"]),
        view.between(figures.intervals["requirement"]),
        view.target(requirement),
        view.said(requirement),
        say.share_reached(requirement.within_ratio),
        NONE if budget is None or view.outdated else say.signed(budget),
        view.minutes(figures.values["goal"], exact=figures.exact["goal"]),
        view.target(goal),
        view.said(goal),
        say.count(figures.first.measured) if loaded else NONE,
        say.count(figures.first.unmeasured_total) if spanned else NONE,
        say.count(figures.excluded) if spanned else NONE,
    )
    return Line(f"w-{row.category}-{row.window}", say.window(row.window), cells)


def _week(view: View, week: Week) -> Line:
    say, verdict, figures = view.say, week.verdicts["requirement"], week.figures
    monday = week.monday.isoformat()
    cells = (
        view.minutes(figures.values["requirement"], exact=figures.exact["requirement"]),
        view.between(figures.intervals["requirement"]),
        view.target(verdict),
        say("no missions") if verdict.within_ratio is None else say.share_reached(verdict.within_ratio),
        say.count(figures.first.measured),
    )
    running = say("running")
    return Line(monday, f"{monday} ({running})" if week.running else monday, cells)

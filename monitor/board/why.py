"""The page that says why an area's share of late missions changed: three sentences and one chart for each objective.

Decides which pairs of periods are offered, and that a chart is a table as well. What stands out, and whether anything
can be said at all, was decided in the core.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.board.frame import View, rendered
from monitor.charts.change import change_drawn, rows
from monitor.charts.drawing import Drawing
from monitor.core.change import Change
from monitor.core.compared import Gap
from monitor.core.service import Objective
from monitor.words import changes
from monitor.words.changes import Periods


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One objective: sentences, chart and the chart as lines; or the one sentence that nothing can be said."""

    key: str
    name: str
    sentences: Sequence[str]
    drawing: Drawing | None
    lines: Sequence[tuple[str, str]]
    notes: Sequence[str]


def why_page(view: View, area: str, found: Sequence[tuple[Objective, Change | Gap]], before: str) -> str:
    """The whole page of one known area; `before`: the name of the period compared with, empty for as long before."""
    say = view.say
    other = before or say("as long before")
    periods = Periods(now=say("the last {window}", window=view.spoken) if not before else view.spoken, before=other)
    return rendered(
        "why.html.jinja",
        view,
        area=area,
        name=view.area_named(area),
        other=other,
        explained=[_explained(view, objective, told, periods) for objective, told in found],
    )


def _explained(view: View, objective: Objective, found: Change | Gap, periods: Periods) -> Explained:
    say, service = view.say, view.service
    name = f"{view.objective_named(objective)} ({view.statistic(objective)})"
    if isinstance(found, Gap):
        said = [changes.unexplained(say, found, periods)]
        return Explained(key=objective.slug, name=name, sentences=said, drawing=None, lines=(), notes=())
    return Explained(
        key=objective.slug,
        name=name,
        sentences=changes.sentences(say, service, found, periods),
        drawing=change_drawn(
            say,
            service,
            found,
            name=f"why-{objective.slug}",
            title=say("{period} against {other}", period=periods.now, other=periods.before),
        ),
        lines=[(row.name, row.figure) for row in rows(say, service, found)],
        notes=changes.notes(say, found),
    )

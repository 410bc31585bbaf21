"""Why the late share changed from the period before: sentences, a chart and notes, of each objective.

Refuses to know markup, and what the reasons are (`core.change`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts.change import change_drawn
from monitor.charts.drawing import Drawing
from monitor.core.compared import Gap
from monitor.report import words
from monitor.report.document import Report
from monitor.words import changes
from monitor.words.changes import Periods
from monitor.words.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Reasons:
    """One objective: three sentences and a chart, or one sentence that says why not."""

    name: str
    sentences: Sequence[str]
    drawing: Drawing | None
    notes: Sequence[str]


def shown(say: Speaker, report: Report) -> list[Reasons]:
    """Of the pool of all; nothing where there is no period to compare with."""
    if report.previous is None:
        return []
    periods = Periods(words.period_named(say, report.period), words.period_named(say, report.previous))
    found = []
    for objective, told in report.why:
        name = words.objective_explained(say, report, objective)
        if isinstance(told, Gap):
            found.append(Reasons(name, [changes.unexplained(say, told, periods)], None, ()))
            continue
        title = say("{period} against {other}", period=periods.now, other=periods.before)
        drawing = change_drawn(say, report.service, told, name=f"why-{objective.slug}", title=f"{name}: {title}")
        sentences = changes.sentences(say, report.service, told, periods)
        found.append(Reasons(name, sentences, drawing, changes.notes(say, told)))
    return found

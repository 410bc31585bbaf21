"""The years before, beside each other: what the pool of all took, drawn, and every area in a table.

Refuses to know markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts import by_year
from monitor.charts.drawing import Drawing
from monitor.core.service import Objective
from monitor.core.snapshot import Row
from monitor.core.years import Year
from monitor.report import words
from monitor.report.cells import Cells, Said
from monitor.report.document import Judged, Report
from monitor.words import durations
from monitor.words.speaker import NONE
from monitor.words.verdicts import DECIDE, settled


@dataclass(frozen=True, slots=True)
class YearCell:
    """A year of an area: its result over its threshold, its verdict, and how many missions that is said of.

    `doubt`: that the missions without a value could turn the verdict; empty where they cannot.
    """

    result: str
    said: Said | None
    missions: str
    doubt: str = ""


def shown(report: Report) -> Sequence[Year]:
    """The years to show; none where there is only one."""
    return report.years if len(report.years) >= by_year.FEWEST else ()


def drawings(cells: Cells, report: Report, category: str) -> list[Drawing]:
    """The pool of all, an objective each: those that were measured in any year."""
    objectives = [one for one in report.service.objectives if report.concerns(one, category)]
    drawn = (_drawn(cells, report, category, objective) for objective in objectives)
    return [drawing for drawing in drawn if drawing is not None]


def _drawn(cells: Cells, report: Report, category: str, objective: Objective) -> Drawing | None:
    say, how = cells.say, cells.notations[objective.slug]
    return by_year.by_year(
        say, report.service, how, objective, explained=words.objective_explained(say, report, objective),
        years=report.years, series=(report.service.root, category), name=f"years-{category}-{objective.slug}",
    )  # fmt: skip


def line(cells: Cells, report: Report, area: str, category: str, objective: Objective) -> list[YearCell]:
    """An area year by year."""
    return [_cell(cells, year.rows.get((area, category)), objective) for year in report.years]


def _cell(cells: Cells, row: Row | None, objective: Objective) -> YearCell:
    if row is None or not row.figures.of(objective).measured:
        return YearCell(NONE, None, cells.say("no data") if row is not None else "")
    say, judged = cells.say, Judged(row.figures, row.verdicts[objective.slug])
    how, seconds = cells.how(judged), judged.seconds or 0.0
    value = durations.exactly(say, how, seconds, judged.threshold, exact=judged.exact, rounding=objective.rounding)
    target = "" if judged.threshold is None else f" / {durations.plainly(say, how, judged.threshold)}"
    missions, doubt = f"n {say.count(judged.measured)}", "" if settled(judged.verdict) else say(DECIDE)
    return YearCell(value + target, cells.state(judged), missions, doubt)

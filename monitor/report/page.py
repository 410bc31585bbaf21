"""The report as one HTML page: what stands in its tables, and the template that it is poured into.

Everything is a plain text that the template escapes; markup of our own is the stylesheet. No script, nothing loaded
from elsewhere. Refuses to know how figures come about, and what a chart looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from monitor.charts import by_year
from monitor.charts.drawing import Drawing
from monitor.core.service import Objective
from monitor.core.verdict import State
from monitor.report import area_table, method, pictures, reasons, tails, words, years
from monitor.report.cells import Cells, notations
from monitor.report.document import Report
from monitor.templates import environment
from monitor.words import names
from monitor.words.catalogue import Language
from monitor.words.forecasts import likely
from monitor.words.speaker import Speaker, speaker
from monitor.words.verdicts import sentence

_OBJECTIVES: Final = 2
"""Beside each other in a table of areas."""


def rendered(report: Report, language: Language) -> str:
    """The whole page; equal reports give equal bytes."""
    say = speaker(language)
    templates = _environment()
    style = templates.get_template("report.css").render()
    before = None if report.previous is None else words.period_named(say, report.previous)
    return templates.get_template("report.html.jinja").render(
        page=Page(report, say, Cells(say, notations(report))),
        report=report,
        service=report.service,
        say=say,
        period=words.period_named(say, report.period),
        before=before,
        style=Markup(style),  # noqa: S704 - a file of this package
    )


@cache
def _environment() -> Environment:
    return environment(
        "monitor.report", "static", tight=False,
        words=words, names=names, method=method, reasons=reasons, area_table=area_table, years=years, tails=tails,
        year_called=by_year.year_called, year_notes=by_year.notes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """What the template asks for."""

    report: Report
    say: Speaker
    cells: Cells

    def panels(self, category: str) -> list[Sequence[Objective]]:
        """The objectives that stand beside each other in a table of a category: a few, all of one clock."""
        panels: list[Sequence[Objective]] = []
        concerning = [one for one in self.report.service.objectives if self.report.concerns(one, category)]
        for clock in self.report.service.clocks:
            of_clock = [one for one in concerning if one.clock == clock.slug]
            panels += [of_clock[start : start + _OBJECTIVES] for start in range(0, len(of_clock), _OBJECTIVES)]
        return panels

    def missions(self, area: str) -> str:
        """How many of an area were measured on the first clock, of all categories."""
        first = self.report.service.clocks[0].slug
        return self.say.count(sum(row.clock(first).measured for row in self.report.leaves(area)))

    def footnote(self) -> str:
        """What the marks in the tables mean, where there are any."""
        slugs = [objective.slug for objective in self.report.service.objectives]
        differs = any(self.cells.differs(row.judged(slug)) for row in self.report.rows for slug in slugs)
        rounding = [self.say(method.ROUNDING)] if differs else []
        return " ".join((*rounding, *method.sketched(self.say, self.report)))

    def summary(self) -> list[str]:
        """In how many categories and areas each objective is met, and how many missions stand behind that."""
        if not self.report.known:
            return [self.say("Not a single mission is known in this period.")]
        told = [self._met(objective) for objective in self.report.service.objectives]
        return [*filter(None, told), " ".join(words.missions_told(self.say, self.report))]

    def _met(self, objective: Objective) -> str:
        say, report, root = self.say, self.report, self.report.service.root

        def states(area: str) -> list[State]:
            categories = report.service.judged_categories
            judged = (report.row(area, category).judged(objective.slug) for category in categories)
            return [one.state for one in judged if one.evidence is not None]

        pool = states(root)
        compared = [set(found) for area in report.compared_areas if (found := states(area))]
        if not pool and not compared:
            return ""
        told = say(
            "{objective}: met in {met} of {judged} categories of {area}.",
            objective=words.objective_explained(say, report, objective),
            met=pool.count(State.MET),
            judged=len(pool),
            area=names.area(say, report.service, root),
        )
        if not compared:
            return told
        by_area = say(
            "Of {areas} areas, {every} met it in each of their categories, {some} in some, {none} in none.",
            areas=len(compared),
            every=compared.count({State.MET}),
            some=compared.count({State.MET, State.MISSED}),
            none=compared.count({State.MISSED}),
        )
        return f"{told} {by_area}"

    def told(self, category: str, objective: Objective, period: str) -> str:
        """The root's verdict as a sentence."""
        say, report, root = self.say, self.report, self.report.service.root
        judged = report.row(root, category).judged(objective.slug)
        area, named = names.area(say, report.service, root), names.category(say, report.service, category)
        return sentence(say, judged.verdict, seconds=judged.seconds, area=area, category=named, window=period)

    def ahead(self, category: str, objective: Objective) -> str:
        """Whether the root will meet it at the end of a period that runs; empty where that cannot be said."""
        forecast = self.report.forecast(self.report.row(self.report.service.root, category), objective.slug)
        if forecast is None or forecast.chance is None:
            return ""
        return self.say("Met at the end: {likely}.", likely=likely(self.say, forecast))

    def drawings(self, category: str, objective: Objective, period: str) -> list[Drawing]:
        """The charts of a category, as far as there is anything to draw."""
        return pictures.drawings(self.cells, self.report, category, objective, period)

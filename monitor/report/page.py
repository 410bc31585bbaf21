"""The report as one HTML page: what stands in its published tables, and the template that it is poured into.

Everything is a plain text that the template escapes; markup of our own is the stylesheet. No script, nothing loaded
from elsewhere. Refuses to know how figures come about, and what a chart looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.core.targets import NATIONAL
from monitor.core.verdict import State
from monitor.report import cells, charts, words
from monitor.report.cells import Cell, Noted
from monitor.report.charts import Drawing
from monitor.report.document import Report
from monitor.words.catalogue import Language
from monitor.words.speaker import NATION, Speaker, speaker
from monitor.words.verdicts import sentence

_DECIDED: Final = (State.MET, State.MISSED)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table in the published form; `name` is for programs that read the page."""

    name: str
    label: str
    cells: Sequence[Cell]
    deciding: bool = False


def rendered(report: Report, language: Language) -> str:
    """The whole page; equal reports give equal bytes."""
    say = speaker(language)
    environment = _environment()
    style = environment.get_template("report.css").render()
    before = None if report.previous is None else words.period_named(say, report.previous)
    return environment.get_template("report.html.jinja").render(
        report=report,
        say=say,
        period=words.period_named(say, report.period),
        before=before,
        change=say("Change") if before is None else say("Change from {period}", period=before),
        nation=NATIONAL,
        style=Markup(style),  # noqa: S704 - a file of this package
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("monitor.report", "static")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True, auto_reload=False
    )
    environment.globals |= {
        "words": words,
        "cells": cells,
        "lines": lines,
        "summary": summary,
        "footnote": footnote,
        "drawings": drawings,
        "told": told,
        "width": charts.WIDTH,
    }
    return environment


def footnote(report: Report, say: Speaker) -> str:
    """What the marks in the tables mean, where there are any."""
    judged = [one for row in report.rows for one in (row.goal, row.requirement)]
    differing = [say(words.ROUNDING)] if any(one.state is not one.state_by_whole_minutes for one in judged) else []
    rough = [] if all(row.exact for row in report.rows) else [say(words.SKETCHED)]
    return " ".join((*differing, *rough))


def summary(report: Report, say: Speaker) -> list[str]:
    """How many classes and districts met their targets, and how many missions stand behind that."""
    if not report.known:
        return [say("Not a single mission is known in this period.")]
    pool = [row for row in report.rows if row.area == NATIONAL]
    requirements = [row.requirement.state for row in pool if row.requirement.state in _DECIDED]
    goals = [row.goal.state for row in pool if row.goal.state in _DECIDED]
    every = some = none = 0
    for area in report.districts:
        states = [report.row(area, settlement).requirement.state for settlement in report.categories]
        met, missed = states.count(State.MET), states.count(State.MISSED)
        every, some, none = (
            every + bool(met and not missed),
            some + bool(met and missed),
            none + bool(missed > met == 0),
        )
    return [
        say(
            "The requirement is met nationally in {met} of {judged} classes, the goal in {goals} of {with_goal}.",
            met=requirements.count(State.MET),
            judged=len(requirements),
            goals=goals.count(State.MET),
            with_goal=len(goals),
        ),
        say(
            "Of {districts} districts, {every} met the requirement in each of their classes, {some} in some, "
            "{none} in none.",
            districts=every + some + none,
            every=every,
            some=some,
            none=none,
        ),
        words.missions_told(say, report),
    ]


def told(report: Report, settlement: str, say: Speaker, period: str) -> str:
    """The whole country's verdict on the requirement, as a sentence."""
    verdict = report.row(NATIONAL, settlement).requirement.verdict
    return sentence(say, verdict, area=say(NATION), settlement=settlement, window=period)


def drawings(report: Report, settlement: str, say: Speaker, period: str) -> list[Drawing]:
    """The charts of a class, as far as there is anything to draw."""
    about = {"settlement": say.settlement(settlement), "period": period}
    against = say("80th percentile against the requirement, {settlement}, {period}", **about)
    by_month = say("80th percentile of the whole country by month, {settlement}, {period}", **about)
    drawn = (
        charts.standing(report, settlement, say, title=against),
        charts.trend(report.months[settlement], settlement, say, title=by_month),
    )
    return [drawing for drawing in drawn if drawing is not None]


def lines(report: Report, area: str, say: Speaker, change: str) -> list[Line]:
    """The rows that were published, and under them what they do not tell."""
    rows = [report.row(area, settlement) for settlement in report.categories]
    goals, requirements = [row.goal for row in rows], [row.requirement for row in rows]
    return [
        Line("missions", say("Urgent missions"), [cells.missions(row, say) for row in rows]),
        Line("goal", say("Goal, 50th percentile"), [Noted(say.plain(one.target_minutes)) for one in goals]),
        Line("p50", say("Result, 50th percentile"), [cells.result(one, say) for one in goals], deciding=True),
        Line("goal_verdict", say("Goal met?"), [cells.said(row, row.goal, say) for row in rows]),
        Line(
            "requirement",
            say("Requirement, 80th percentile"),
            [Noted(say.plain(one.target_minutes)) for one in requirements],
        ),
        Line("p80", say("Result, 80th percentile"), [cells.result(one, say) for one in requirements], deciding=True),
        Line("verdict", say("Requirement met?"), [cells.said(row, row.requirement, say) for row in rows]),
        Line("p50_interval", say("95 % interval of P50"), [cells.interval(one, say) for one in goals]),
        Line("p80_interval", say("95 % interval of P80"), [cells.interval(one, say) for one in requirements]),
        Line("late_budget", say("Late budget left"), [cells.budget(row, say) for row in rows]),
        Line("unmeasured", say("Without a measurement"), [Noted(say.share(row.unmeasured_ratio)) for row in rows]),
        Line("change", change, [cells.change(row, say) for row in rows]),
    ]

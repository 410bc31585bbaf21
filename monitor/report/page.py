"""The report as one HTML page: what stands in its cells, and the template it is poured into.

Everything is a plain text that the template escapes; markup of our own is the stylesheet. No script,
nothing loaded from elsewhere. Refuses to know how figures come about, and what a chart looks like.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.core.targets import NATIONAL
from monitor.core.verdict import State
from monitor.report import cells, charts, words
from monitor.report.cells import Cell, Noted, Result, Said
from monitor.report.charts import WIDTH, Drawing
from monitor.report.document import Report, ReportRow
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


@dataclass(frozen=True, slots=True)
class Published:
    """An area's table in the published form: classes side by side."""

    area: str
    number: str
    caption: str
    columns: Sequence[str]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Card:
    """One class of the whole country at a glance."""

    name: str
    p80: Result
    target: str
    requirement: Said
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """An area in a class's table."""

    area: str
    name: str
    nation: bool
    missions: str
    p50: Result
    goal_minutes: str
    goal: Said
    p80: Result
    interval: str
    requirement_minutes: str
    requirement: Said
    budget: Noted
    unmeasured: str
    change: Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPart:
    """All areas of one class."""

    settlement: str
    anchor: str
    name: str
    number: str
    caption: str
    change: str
    charts: Sequence[Drawing]
    rows: Sequence[ClassRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the template shows."""

    title: str
    span: str
    compared: str
    status: str
    status_word: str
    status_text: str
    freshness: Sequence[tuple[str, str]]
    notices: Sequence[str]
    summary: Sequence[str]
    cards: Sequence[Card]
    national: Sequence[Published]
    classes: Sequence[ClassPart]
    districts: Sequence[Published]
    footnote: str
    notes: Sequence[str]
    source: str
    errata: Sequence[str]


def rendered(report: Report, language: Language) -> str:
    """The whole page; equal reports give equal bytes."""
    say = speaker(language)
    environment = _environment()
    style = environment.get_template("report.css").render()
    return environment.get_template("report.html.jinja").render(
        page=_page(report, say),
        say=say,
        width=WIDTH,
        style=Markup(style),  # noqa: S704 - a file of this package
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("monitor.report", "static")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)


def _page(report: Report, say: Speaker) -> Page:
    period = words.period_named(say, report.period)
    numbers = _numbered(say)
    before = "" if report.previous is None else words.period_named(say, report.previous)
    return Page(
        title=say("Response times of urgent missions, {period}", period=period),
        span=words.span_of(say, report),
        compared=say("compared with {period}", period=before) if before else "",
        status=report.status.value,
        status_word=say(words.STATUSES[report.status]),
        status_text=words.status_of(say, report),
        freshness=[
            (say("Newest mission"), words.as_of(say, report)),
            (say("In progress"), say.count(report.open)),
        ],
        notices=words.notices(say, report),
        summary=_summary(report, say),
        cards=[_card(report, settlement, say) for settlement in report.categories],
        national=[_published(report, NATIONAL, say, next(numbers))],
        classes=[_class_part(report, settlement, say, next(numbers)) for settlement in report.categories],
        districts=[_published(report, area, say, next(numbers)) for area in report.districts],
        footnote=_footnote(report, say),
        notes=[say(note) for note in words.NOTES],
        source=report.source or say(words.NO_SOURCE),
        errata=report.errata,
    )


def _numbered(say: Speaker) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield say("Table {number}", number=number)


def _footnote(report: Report, say: Speaker) -> str:
    """What the marks in the tables mean, where there are any."""
    judged = [one for row in report.rows for one in (row.goal, row.requirement)]
    differing = [say(words.ROUNDING)] if any(one.state is not one.state_by_whole_minutes for one in judged) else []
    rough = [] if all(row.exact for row in report.rows) else [say(words.SKETCHED)]
    return " ".join((*differing, *rough))


def _summary(report: Report, say: Speaker) -> list[str]:
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


def _card(report: Report, settlement: str, say: Speaker) -> Card:
    row = report.row(NATIONAL, settlement)
    return Card(
        words.class_explained(say, settlement),
        cells.result(row.requirement, say),
        say.plain(row.requirement.target_minutes),
        cells.said(row, row.requirement, say),
        sentence(
            say,
            row.requirement.verdict,
            area=say(NATION),
            settlement=settlement,
            window=words.period_named(say, report.period),
        ),
    )


def _class_part(report: Report, settlement: str, say: Speaker, number: str) -> ClassPart:
    period, short = words.period_named(say, report.period), say.settlement(settlement)
    against = say("80th percentile against the requirement, {settlement}, {period}", settlement=short, period=period)
    by_month = say(
        "80th percentile of the whole country by month, {settlement}, {period}", settlement=short, period=period
    )
    drawn = (
        charts.standing(report, settlement, say, title=against),
        charts.trend(report.months[settlement], settlement, say, title=by_month),
    )
    return ClassPart(
        settlement=settlement,
        anchor=f"class-{settlement}",
        name=words.class_explained(say, settlement),
        number=number,
        caption=say(
            "{settlement}: results by district, {period}, in minutes",
            settlement=words.class_explained(say, settlement),
            period=period,
        ),
        change=_change_heading(report, say),
        charts=[drawing for drawing in drawn if drawing is not None],
        rows=[_class_row(report, row, say) for row in report.rows if row.category == settlement],
    )


def _class_row(report: Report, row: ReportRow, say: Speaker) -> ClassRow:
    return ClassRow(
        area=row.area,
        name=words.area_named(say, report, row.area),
        nation=row.area == NATIONAL,
        missions=say.count(row.missions),
        p50=cells.result(row.goal, say),
        goal_minutes=say.plain(row.goal.target_minutes),
        goal=cells.said(row, row.goal, say),
        p80=cells.result(row.requirement, say),
        interval=say.between(row.requirement.lower_minutes, row.requirement.upper_minutes),
        requirement_minutes=say.plain(row.requirement.target_minutes),
        requirement=cells.said(row, row.requirement, say),
        budget=cells.budget(row, say),
        unmeasured=say.share(row.unmeasured_ratio),
        change=cells.change(row, say),
    )


def _published(report: Report, area: str, say: Speaker, number: str) -> Published:
    """The rows that were published, and under them what they do not tell."""
    rows = [report.row(area, settlement) for settlement in report.categories]
    total = sum(row.missions for row in rows)
    nation = area == NATIONAL
    about = {"period": words.period_named(say, report.period), "missions": say.count(total)}
    if nation:
        caption = say(
            "Goal, requirement and result in minutes, the whole country, {period} (n = {missions})", **about
        )
    else:
        caption = say("{area}, {period}, minutes (n = {missions})", area=words.area_named(say, report, area), **about)
    lines = [
        Line("missions", say("Urgent missions"), [*(Noted(_missions(row, say)) for row in rows)]),
        Line("goal", say("Goal, 50th percentile"), [Noted(say.plain(row.goal.target_minutes)) for row in rows]),
        Line("p50", say("Result, 50th percentile"), [cells.result(row.goal, say) for row in rows], deciding=True),
        Line("goal_verdict", say("Goal met?"), [cells.said(row, row.goal, say) for row in rows]),
        Line(
            "requirement",
            say("Requirement, 80th percentile"),
            [Noted(say.plain(row.requirement.target_minutes)) for row in rows],
        ),
        Line(
            "p80", say("Result, 80th percentile"), [cells.result(row.requirement, say) for row in rows], deciding=True
        ),
        Line("verdict", say("Requirement met?"), [cells.said(row, row.requirement, say) for row in rows]),
        Line("p50_interval", say("95 % interval of P50"), [cells.interval(row.goal, say) for row in rows]),
        Line("p80_interval", say("95 % interval of P80"), [cells.interval(row.requirement, say) for row in rows]),
        Line("late_budget", say("Late budget left"), [cells.budget(row, say) for row in rows]),
        Line("unmeasured", say("Without a measurement"), [Noted(say.share(row.unmeasured_ratio)) for row in rows]),
        Line("change", _change_heading(report, say), [cells.change(row, say) for row in rows]),
    ]
    return Published(
        area=area,
        number=number,
        caption=caption,
        columns=[
            words.class_explained(say, name) if nation else say.settlement(name).capitalize()
            for name in report.categories
        ],
        lines=lines,
    )


def _change_heading(report: Report, say: Speaker) -> str:
    if report.previous is None:
        return say("Change")
    return say("Change from {period}", period=words.period_named(say, report.previous))


def _missions(row: ReportRow, say: Speaker) -> str:
    absent = not row.applicable and not row.missions
    return say("not applicable") if absent else say.count(row.missions)

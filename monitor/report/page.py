"""The report as one HTML page: what stands in its cells, and the template it is poured into.

Everything is a plain text that the template escapes; markup of our own are the stylesheet and the charts. No script,
nothing loaded from elsewhere. Refuses to know how figures come about, and what a chart looks like.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.core.sentence import Language, sentence
from monitor.core.targets import NATIONAL
from monitor.core.verdict import State
from monitor.report import cells, charts
from monitor.report.cells import Cell, Noted, Result, Said
from monitor.report.document import Report, ReportRow
from monitor.report.words import DICTIONARY, Words

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


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing under its title."""

    title: str
    svg: Markup


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
    charts: Sequence[Chart]
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
    words = DICTIONARY[language]
    environment = _environment()
    style = environment.get_template("report.css").render()
    return environment.get_template("report.html.jinja").render(
        page=_page(report, words),
        words=words,
        style=Markup(style),  # noqa: S704 - a file of this package
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("monitor.report", "static")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)


def _page(report: Report, words: Words) -> Page:
    period = words.period_named(report.period)
    numbers = _numbered(words)
    before = "" if report.previous is None else words.period_named(report.previous)
    return Page(
        title=words.title.format(period=period),
        span=words.span_of(report),
        compared=words.span_before.format(period=before) if before else "",
        status=report.status.value,
        status_word=words.statuses[report.status],
        status_text=words.status_of(report),
        freshness=[
            (words.as_of, words.no_data if report.as_of is None else words.moment(report.as_of)),
            (words.in_progress, words.count(report.open)),
        ],
        notices=words.notices(report),
        summary=_summary(report, words),
        cards=[_card(report, settlement, words) for settlement in report.categories],
        national=[_published(report, NATIONAL, words, next(numbers))],
        classes=[_class_part(report, settlement, words, next(numbers)) for settlement in report.categories],
        districts=[_published(report, area, words, next(numbers)) for area in report.districts],
        footnote=_footnote(report, words),
        notes=words.notes,
        source=report.source or words.no_source,
        errata=report.errata,
    )


def _numbered(words: Words) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield words.table.format(number=number)


def _footnote(report: Report, words: Words) -> str:
    """What the marks in the tables mean, where there are any."""
    judged = [one for row in report.rows for one in (row.goal, row.requirement)]
    differing = [words.rounding] if any(one.state is not one.state_by_whole_minutes for one in judged) else []
    rough = [] if all(row.exact for row in report.rows) else [words.sketched]
    return " ".join((*differing, *rough))


def _summary(report: Report, words: Words) -> list[str]:
    if not report.known:
        return [words.nothing]
    pool = [row for row in report.rows if row.area == NATIONAL]
    requirements = [row.requirement.state for row in pool if row.requirement.state in _DECIDED]
    goals = [row.goal.state for row in pool if row.goal.state in _DECIDED]
    measured, unmeasured = sum(row.missions for row in pool), sum(row.unmeasured for row in pool)
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
        words.national_met.format(
            met=requirements.count(State.MET),
            judged=len(requirements),
            goals=goals.count(State.MET),
            with_goal=len(goals),
        ),
        words.districts_met.format(districts=every + some + none, every=every, some=some, none=none),
        words.missions_told.format(
            measured=words.count(measured),
            unmeasured=words.count(unmeasured),
            share=words.share(unmeasured / (measured + unmeasured) if measured + unmeasured else None),
            excluded=words.count(sum(row.excluded for row in pool)),
        ),
    ]


def _card(report: Report, settlement: str, words: Words) -> Card:
    row = report.row(NATIONAL, settlement)
    return Card(
        words.settlement_explained(settlement),
        cells.result(row.requirement, words),
        words.target(row.requirement.target_minutes),
        cells.said(row, row.requirement, words),
        sentence(
            row.requirement.verdict,
            area=words.whole_country,
            settlement=settlement,
            window=words.period_named(report.period),
            language=words.language,
        ),
    )


def _class_part(report: Report, settlement: str, words: Words, number: str) -> ClassPart:
    period, short = words.period_named(report.period), words.settlement_named(settlement)
    drawn: list[Chart] = []
    title = words.chart.format(settlement=short, period=period)
    if (svg := charts.standing(report, settlement, words, title=title)) is not None:
        drawn.append(Chart(title, Markup(svg)))  # noqa: S704 - written by an XML serializer
    title = words.trend.format(settlement=short, period=period)
    if (svg := charts.trend(report.months[settlement], settlement, words, title=title)) is not None:
        drawn.append(Chart(title, Markup(svg)))  # noqa: S704 - written by an XML serializer
    return ClassPart(
        settlement=settlement,
        anchor=f"class-{settlement}",
        name=words.settlement_explained(settlement),
        number=number,
        caption=words.caption_class.format(settlement=words.settlement_explained(settlement), period=period),
        change=_change_heading(report, words),
        charts=drawn,
        rows=[_class_row(report, row, words) for row in report.rows if row.category == settlement],
    )


def _class_row(report: Report, row: ReportRow, words: Words) -> ClassRow:
    return ClassRow(
        area=row.area,
        name=words.area_named(report, row.area),
        nation=row.area == NATIONAL,
        missions=words.count(row.missions),
        p50=cells.result(row.goal, words),
        goal_minutes=words.target(row.goal.target_minutes),
        goal=cells.said(row, row.goal, words),
        p80=cells.result(row.requirement, words),
        interval=words.between(row.requirement.lower_minutes, row.requirement.upper_minutes),
        requirement_minutes=words.target(row.requirement.target_minutes),
        requirement=cells.said(row, row.requirement, words),
        budget=cells.budget(row, words),
        unmeasured=words.share(row.unmeasured_ratio),
        change=cells.change(row, words),
    )


def _published(report: Report, area: str, words: Words, number: str) -> Published:
    """The rows that were published, and under them what they do not tell."""
    rows = [report.row(area, settlement) for settlement in report.categories]
    total = sum(row.missions for row in rows)
    nation = area == NATIONAL
    caption = words.caption_national if nation else words.caption_district
    named = words.area_named(report, area)
    lines = [
        Line("missions", words.number_of_missions, [*(Noted(_missions(row, words)) for row in rows)]),
        Line("goal", words.goal_p50, [Noted(words.target(row.goal.target_minutes)) for row in rows]),
        Line("p50", words.result_p50, [cells.result(row.goal, words) for row in rows], deciding=True),
        Line("goal_verdict", words.goal_met, [cells.said(row, row.goal, words) for row in rows]),
        Line(
            "requirement",
            words.requirement_p80,
            [Noted(words.target(row.requirement.target_minutes)) for row in rows],
        ),
        Line("p80", words.result_p80, [cells.result(row.requirement, words) for row in rows], deciding=True),
        Line("verdict", words.requirement_met, [cells.said(row, row.requirement, words) for row in rows]),
        Line("p50_interval", words.interval_p50, [cells.interval(row.goal, words) for row in rows]),
        Line("p80_interval", words.interval_p80, [cells.interval(row.requirement, words) for row in rows]),
        Line("late_budget", words.late_left, [cells.budget(row, words) for row in rows]),
        Line("unmeasured", words.without_time, [Noted(words.share(row.unmeasured_ratio)) for row in rows]),
        Line("change", _change_heading(report, words), [cells.change(row, words) for row in rows]),
    ]
    return Published(
        area=area,
        number=number,
        caption=caption.format(area=named, period=words.period_named(report.period), missions=words.count(total)),
        columns=[
            words.settlement_explained(name) if nation else words.settlement_named(name).capitalize()
            for name in report.categories
        ],
        lines=lines,
    )


def _change_heading(report: Report, words: Words) -> str:
    if report.previous is None:
        return words.change
    return words.change_from.format(period=words.period_named(report.previous))


def _missions(row: ReportRow, words: Words) -> str:
    absent = not row.applicable and not row.missions
    return words.not_applicable if absent else words.count(row.missions)

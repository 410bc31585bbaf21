"""The page of one area: each class with its alarms, all windows, and a chart of the last weeks.

Decides the order of what is told: what goes on now, what the official windows say, how it came about. Figures are
the published ones; the weeks come with the request, None until the store has been read.
"""

from collections.abc import Mapping, Sequence
from html import escape

from monitor.board.chart import chart
from monitor.board.frame import View, document
from monitor.board.matrix import GOAL, NONE, REQUIREMENT, between, coloured, minutes, said, sentences
from monitor.core.alarm import Baseline, Level
from monitor.core.snapshot import Row, Standing
from monitor.core.weeks import Week


def area_page(view: View, area: str, weeks: Mapping[str, Sequence[Week]] | None, *, drift_threshold: float) -> str:
    """The whole page of one known area."""
    words, name = view.words, view.area_named(area)
    snapshot = view.published.snapshot
    parts = [
        _section(
            view,
            standing,
            [row for row in snapshot.rows if (row.area, row.category) == (area, standing.category)],
            None if weeks is None else weeks[standing.category],
            drift_threshold,
        )
        for standing in snapshot.standings
        if standing.area == area
    ]
    return document(
        view,
        path=f"/area/{area}",
        title=f"{name} – {words.title}",
        heading=f'<h1><a class="back" href="{view.link("/")}">{escape(words.back)}</a> {escape(name)}</h1>',
        choices=_jumps(view, area),
        content="\n".join(parts),
    )


def _jumps(view: View, area: str) -> str:
    words = view.words
    links = "".join(
        f'<a href="#{escape(one.category)}">{escape(words.settlement(one.category))}</a>'
        for one in view.published.snapshot.standings
        if one.area == area
    )
    label = escape(words.classes)
    return f'<nav class="choice" aria-label="{label}"><span aria-hidden="true">{label}</span>{links}</nav>'


def _section(
    view: View, standing: Standing, rows: Sequence[Row], weeks: Sequence[Week] | None, drift_threshold: float
) -> str:
    words, settlement = view.words, standing.category
    key = escape(settlement)
    chosen = next((row for row in rows if row.window == view.window), rows[0])
    told = words.outdated if view.outdated else " ".join(sentences(view, chosen))
    drawn = _weeks(view, standing, weeks or ())  # its places are there from the start: a live page fills them
    return (
        f'<section class="series" id="{key}" aria-labelledby="h-{key}">\n<h2 id="h-{key}">'
        f"{escape(words.settlement(settlement).capitalize())}</h2>\n"
        f'<p class="told" id="told-{key}" data-live {coloured(view, chosen.verdicts[REQUIREMENT])}>'
        f"<span data-word>{escape(told)}</span></p>\n"
        f'<ul class="alarms" id="alarms-{key}" data-live aria-label="{escape(words.state_of)}">'
        f"{_alarms(view, standing, drift_threshold)}</ul>\n"
        f'<div class="both">{_windows(view, rows, key)}<div class="drawn">{drawn}</div></div></section>'
    )


def _alarms(view: View, standing: Standing, drift_threshold: float) -> str:
    words, alarm, progress = view.words, standing.alarm, standing.in_progress
    if not view.published.loaded:
        return f"<li>{escape(words.alarm_heading)}: {NONE}</li>"
    told = [f'<li><b class="level {alarm.level}">{escape(words.levels[alarm.level])}</b></li>']
    for baseline in Baseline:
        drift = alarm.drift[baseline]
        if drift is None:
            text = words.drift_unknown
        else:
            template = words.drift_on if drift.alarm else words.drift_off
            text = template.format(score=words.number(drift.score), threshold=words.number(drift_threshold))
        kind = f' class="{Level.WARNING}"' if drift is not None and drift.alarm else ""
        told.append(f"<li{kind}>{escape(words.drift[baseline])}: {escape(text)}</li>")
    overdue = words.counted(progress.overdue, words.overdue)
    open_now = f"{words.class_now}: {words.counted(progress.open, words.open)}, "
    told.append(f"<li>{escape(open_now)}{f'<b>{escape(overdue)}</b>' if progress.overdue else escape(overdue)}</li>")
    return "".join(told)


def _windows(view: View, rows: Sequence[Row], key: str) -> str:
    words = view.words
    heads = (
        words.window, "P80", words.interval, words.requirement_short, words.verdict, words.share, words.budget, "P50",
        words.goal, words.verdict, words.measured, words.unmeasured, words.excluded,
    )  # fmt: skip
    head = "".join(
        f'<th scope="col"{" class=words" if text == words.verdict else ""}>{escape(text)}</th>' for text in heads
    )
    body = "".join(_window(view, row, key) for row in rows)
    label = escape(f"{words.windows_table}, {words.settlement(rows[0].category)}")
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{label}"><table class="windows"><caption>'
        f"{escape(words.windows_table)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _window(view: View, row: Row, key: str) -> str:
    words, figures = view.words, row.figures
    requirement, goal = row.verdicts[REQUIREMENT], row.verdicts[GOAL]
    loaded, spanned = view.published.loaded, row.span is not None

    def count(value: int, *, known: bool) -> str:
        return words.count(value) if known else NONE

    share = requirement.within_ratio
    budget = None if view.outdated else requirement.late_budget
    cells = (
        ("", minutes(view, figures.values[REQUIREMENT], exact=figures.exact)),
        ("", between(view, figures.intervals[REQUIREMENT])),
        ("", NONE if requirement.target_seconds is None else words.target(requirement.target_seconds)),
        (coloured(view, requirement), said(view, requirement)),
        ("", NONE if share is None else words.share_of(share)),
        ("", NONE if budget is None else words.signed(budget)),
        ("", minutes(view, figures.values[GOAL], exact=figures.exact)),
        ("", NONE if goal.target_seconds is None else words.target(goal.target_seconds)),
        (coloured(view, goal), said(view, goal)),
        ("", count(figures.measured, known=loaded)),
        ("", count(figures.unmeasured, known=loaded and spanned)),
        ("", count(figures.excluded, known=loaded and spanned)),
    )
    told = "".join(f"<td {attributes}>{text}</td>" for attributes, text in cells)
    return (
        f'<tr id="w-{key}-{escape(row.window)}" data-live>'
        f'<th scope="row">{escape(words.window_named(row.window))}</th>{told}</tr>'
    )


def _weeks(view: View, standing: Standing, weeks: Sequence[Week]) -> str:
    words, key = view.words, escape(standing.category)
    described = words.chart_described.format(
        area=view.area_named(standing.area), settlement=words.settlement(standing.category), count=len(weeks)
    )
    drawn = chart(weeks, words, described=described) if weeks else ""
    heads = (words.week, "P80", words.interval, words.requirement, words.share, words.measured)
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(_week(view, week) for week in reversed(weeks))
    return (
        f'<div id="chart-{key}" data-live>{drawn}</div>'
        f"<details><summary>{escape(words.chart_as_table)}</summary>"
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(described)}">'
        f'<table class="windows"><thead><tr>{head}</tr></thead><tbody id="weeks-{key}" data-live>{body}</tbody>'
        "</table></div></details>"
    )


def _week(view: View, week: Week) -> str:
    words, verdict, figures = view.words, week.verdicts[REQUIREMENT], week.figures
    running = f" ({words.running})" if week.running else ""
    cells = (
        minutes(view, figures.values[REQUIREMENT], exact=figures.exact),
        between(view, figures.intervals[REQUIREMENT]),
        NONE if verdict.target_seconds is None else words.target(verdict.target_seconds),
        words.no_missions if verdict.within_ratio is None else words.share_of(verdict.within_ratio),
        words.count(figures.measured),
    )
    told = "".join(f"<td>{text}</td>" for text in cells)
    return f'<tr><th scope="row">{week.monday.isoformat()}{escape(running)}</th>{told}</tr>'

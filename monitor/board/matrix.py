"""The board's first page: areas by classes for one window, the whole country on top.

Decides what stands in a cell and in which order areas come; every figure is the published one. The verdict is told
in words, colour only repeats it together with its evidence. Outdated figures keep their numbers and lose their
verdict: no cell may look met when nobody knows.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from monitor.board.frame import Order, View, choice, document
from monitor.core.alarm import Level
from monitor.core.sentence import sentence
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.order_interval import PercentileInterval
from monitor.core.targets import NATIONAL
from monitor.core.verdict import State, Verdict

REQUIREMENT: Final = "requirement"
GOAL: Final = "goal"
NONE: Final = "–"
DECIDED: Final = (State.MET, State.MISSED)
_GRAVITY: Final = {Evidence.STRONG: 3, Evidence.WEAK: 2, Evidence.NONE: 1}


def board(view: View) -> str:
    """The whole page."""
    words = view.words
    rows = [row for row in view.published.snapshot.rows if row.window == view.window]
    choices = choice(
        words.window,
        ((words.window_named(name), view.link("/", window=name), name == view.window) for name in view.windows),
    ) + choice(
        words.order,
        (
            (text, view.link("/", order=order), order == view.order)
            for text, order in ((words.worst_first, "worst"), (words.configured, "fixed"))
        ),
    )
    return document(
        view,
        path="/",
        title=f"{words.title} – {words.window_named(view.window)}",
        heading=f"<h1>{escape(words.title)}</h1>",
        choices=choices,
        content=_table(view, rows) + _legend(view),
    )


def ordered(rows: Sequence[Row], order: Order) -> list[str]:
    """The areas in the order asked for: the national pool first; then as configured, or the worst requirement first.

    Worst is the area with the gravest miss: by evidence, then by how unlikely its counts are if the target were met.
    """
    areas = list(dict.fromkeys(row.area for row in rows))
    if order == "fixed":
        return areas
    verdicts: dict[str, list[Verdict]] = {}
    for row in rows:
        verdicts.setdefault(row.area, []).append(row.verdicts[REQUIREMENT])

    def badness(area: str) -> tuple[bool, int, float, int]:
        return (
            area != NATIONAL,
            -max(map(_gravity, verdicts[area])),
            min(_chance(verdict) for verdict in verdicts[area]),
            areas.index(area),
        )

    return sorted(areas, key=badness)


def _gravity(verdict: Verdict) -> int:
    return _GRAVITY[verdict.evidence] if verdict.state is State.MISSED else 0


def _chance(verdict: Verdict) -> float:
    known = verdict.breach_p_value if verdict.state in DECIDED else None
    return 2.0 if known is None else known


def _table(view: View, rows: Sequence[Row]) -> str:
    words = view.words
    standings = {(one.area, one.category): one for one in view.published.snapshot.standings}
    cells = {(row.area, row.category): row for row in rows}
    classes = list(dict.fromkeys(row.category for row in rows))
    heads = "".join(f'<th scope="col" role="columnheader">{escape(words.settlement(name))}</th>' for name in classes)
    bodies = "\n".join(
        f'<tr role="row" id="r-{escape(area)}" class="{"national" if area == NATIONAL else "district"}">'
        f'<th scope="row" role="rowheader"><a id="a-{escape(area)}" href="{view.link("/area/" + area)}">'
        f"{escape(view.area_named(area))}</a></th>"
        + "".join(_cell(view, cells[area, name], standings[area, name]) for name in classes)
        + "</tr>"
        for area in ordered(rows, view.order)
    )
    span = next((row.span for row in rows if row.span), None)
    since = words.since.format(moment=words.moment(span.start, view.zone)) if span else words.whenever
    caption = f"{words.caption}, {words.window_named(view.window)} ({since})"
    return (
        f'<table class="matrix" role="table">\n<caption id="caption" data-live>{escape(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">{escape(words.area)}</th>{heads}'
        f'</tr></thead>\n<tbody id="rows" role="rowgroup">\n{bodies}\n</tbody></table>\n'
    )


def _cell(view: View, row: Row, standing: Standing) -> str:
    words = view.words
    verdict = row.verdicts[REQUIREMENT]
    place = f"{row.area}-{row.category}"
    address = f"{view.link('/area/' + row.area)}#{escape(row.category)}"
    figures = row.figures
    told = "" if view.outdated else " ".join(sentences(view, row))
    hint = f'<span class="hint" role="tooltip" id="s-{escape(place)}" data-said>{escape(told)}</span>' if told else ""
    described = f' aria-describedby="s-{escape(place)}"' if told else ""
    return (
        f'<td role="cell" id="c-{escape(place)}" data-live {coloured(view, verdict)}><div class="cell">'
        f'<span class="class-name" aria-hidden="true">{escape(words.settlement(row.category))}</span>'
        f'<a class="figure" id="l-{escape(place)}" href="{address}"{described}>'
        f'<span class="unseen">P80 </span>{minutes(view, figures.values[REQUIREMENT], exact=figures.exact)}'
        f'<span class="unseen"> {escape(words.minutes)}</span></a>'
        f'<span class="target">{_requirement(view, verdict)}</span>'
        f'<span class="interval"><span class="unseen">{escape(words.interval)} </span>'
        f"{between(view, figures.intervals[REQUIREMENT])}</span>"
        f'<span class="median">P50 {minutes(view, figures.values[GOAL], exact=figures.exact)}</span>'
        f'<span class="verdict">{said(view, verdict)}</span>{_level(view, standing)}'
        f'<span class="facts">{_facts(view, row)}{_now(view, standing)}</span>{hint}</div></td>'
    )


def _facts(view: View, row: Row) -> str:
    words, verdict = view.words, row.verdicts[REQUIREMENT]
    facts = [f"n {words.count(row.figures.measured)}" if view.published.loaded else f"n {NONE}"]
    if verdict.late_budget is not None and not view.outdated:
        budget = words.signed(verdict.late_budget)
        facts.append(f"{words.budget_short} {'<b>' + budget + '</b>' if verdict.late_budget < 0 else budget}")
    return "".join(f"<span>{fact}</span>" for fact in facts)  # words and numbers of our own


def _requirement(view: View, verdict: Verdict) -> str:
    words = view.words
    if verdict.target_seconds is None:
        return ""
    return f"{escape(words.requirement_short)} {words.target(verdict.target_seconds)}"


def _level(view: View, standing: Standing) -> str:
    level = standing.alarm.level
    if level is Level.NONE or not view.published.loaded:
        return ""
    return f'<b class="level {level}">{escape(view.words.levels[level])}</b>'


def _now(view: View, standing: Standing) -> str:
    words, progress = view.words, standing.in_progress
    told = []
    if view.published.loaded and progress.open:
        told.append(f"<span>{escape(words.counted(progress.open, words.open))}</span>")
    if view.published.loaded and progress.overdue:
        told.append(f'<b class="overdue">{escape(words.counted(progress.overdue, words.overdue))}</b>')
    return "".join(told)


def sentences(view: View, row: Row) -> list[str]:
    """The verdicts of a row in words, the requirement's first."""
    return [
        sentence(
            row.verdicts[percent],
            area=view.area_named(row.area),
            settlement=row.category,
            window=row.window,
            language=view.words.language,
        )
        for percent in (REQUIREMENT, GOAL)
    ]


def coloured(view: View, verdict: Verdict) -> str:
    """The attributes that a verdict is coloured by: its state and, where there is a verdict, its evidence."""
    if view.outdated:
        return 'data-state="outdated"'
    if verdict.state not in DECIDED:
        return f'data-state="{verdict.state}"'
    return f'data-state="{verdict.state}" data-evidence="{verdict.evidence}"'


def said(view: View, verdict: Verdict) -> str:
    """The verdict and its evidence in words."""
    words = view.words
    if view.outdated:
        return f"<strong data-word>{escape(words.outdated)}</strong>"
    told = f"<strong data-word>{escape(words.states[verdict.state])}</strong>"
    if verdict.state in DECIDED:
        told += f' <span class="evidence" data-said>{escape(words.evidences[verdict.evidence])}</span>'
    return told


def minutes(view: View, seconds: float | None, *, exact: bool) -> str:
    """A percentile in minutes."""
    if seconds is None:
        return NONE
    return f"{'' if exact else '≈ '}{view.words.number(seconds / 60)}"


def between(view: View, interval: PercentileInterval) -> str:
    """An interval in minutes; where one side is not bounded, so it is said."""
    lower, upper = interval.lower, interval.upper
    if lower is None and upper is None:
        return NONE
    if upper is None:
        return f"≥ {view.words.number((lower or 0.0) / 60)}"
    if lower is None:
        return f"≤ {view.words.number(upper / 60)}"
    return f"{view.words.number(lower / 60)}–{view.words.number(upper / 60)}"


def _legend(view: View) -> str:
    words = view.words
    kinds: Mapping[str, str] = {
        f'data-state="{state}" data-evidence="{evidence}"': f"{words.states[state]}, {words.evidences[evidence]}"
        for state in (State.MISSED, State.MET)
        for evidence in Evidence
    } | {f'data-state="{state}"': words.states[state] for state in (State.NO_DATA, State.NO_TARGET)}
    listed = "".join(f"<li {attributes}>{escape(text)}</li>" for attributes, text in kinds.items())
    return (
        f'<div class="legend"><p>{escape(words.legend_text)}</p>'
        f'<ul aria-label="{escape(words.legend)}">{listed}</ul></div>'
    )

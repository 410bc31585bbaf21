"""How a report is printed. To add a format: a function from `Report` and language to text, and its name in `FORMATS`.

`json` and `csv` are for programs: unrounded, English names, in a fixed order, so that equal reports are equal bytes.
`table`, `markdown` and `html` are for people, in either language: whole minutes as the official tables print them,
with the decimals that decide.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from monitor.core.plain_text import one_line
from monitor.core.verdict import State
from monitor.report import words
from monitor.report.document import Judged, Report, ReportRow, whole
from monitor.report.page import rendered
from monitor.words.catalogue import SOURCE, Language
from monitor.words.speaker import NONE, Speaker, speaker
from monitor.words.verdicts import STATES

Value = str | int | float | None

COLUMNS: Final[Mapping[str, Callable[[ReportRow], Value]]] = {
    "area": lambda row: row.area,
    "settlement": lambda row: row.category,
    "missions": lambda row: row.missions,
    "unmeasured": lambda row: row.unmeasured,
    "excluded": lambda row: row.excluded,
    "p50_minutes": lambda row: row.goal.minutes,
    "p80_minutes": lambda row: row.requirement.minutes,
    "goal_p50_minutes": lambda row: row.goal.target_minutes,
    "requirement_p80_minutes": lambda row: row.requirement.target_minutes,
    "within_goal": lambda row: row.goal.verdict.within,
    "within_requirement": lambda row: row.requirement.verdict.within,
    "goal": lambda row: row.goal.state.value,
    "requirement": lambda row: row.requirement.state.value,
    "p50_lower_minutes": lambda row: row.goal.lower_minutes,
    "p50_upper_minutes": lambda row: row.goal.upper_minutes,
    "p80_lower_minutes": lambda row: row.requirement.lower_minutes,
    "p80_upper_minutes": lambda row: row.requirement.upper_minutes,
    "goal_evidence": lambda row: row.goal.verdict.evidence.value,
    "requirement_evidence": lambda row: row.requirement.verdict.evidence.value,
    "goal_by_whole_minutes": lambda row: row.goal.state_by_whole_minutes.value,
    "requirement_by_whole_minutes": lambda row: row.requirement.state_by_whole_minutes.value,
    "late_budget": lambda row: row.requirement.verdict.late_budget,
    "unmeasured_ratio": lambda row: row.unmeasured_ratio,
    "previous_missions": lambda row: None if row.previous is None else row.previous.figures.first.measured,
    "previous_p80_minutes": lambda row: None if row.previous is None else row.previous.minutes,
    "previous_requirement": lambda row: State.NO_DATA.value if row.previous is None else row.previous.state.value,
    "p80_change_minutes": lambda row: row.change_minutes,
}
"""What programs read, in its order; empty or null where there is nothing."""

_ENTITIES: Final = (
    ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"),
    ("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"),  # what many a page makes a link without being asked
)  # fmt: skip
_MARKS: Final = re.compile(r"[\\`*_\[\]|~!]|^[#+=-](?=\s|[-=#])")
_TEXT_COLUMNS: Final = (0, 1, 5, 9)


def as_json(report: Report, _language: Language = SOURCE) -> str:
    """One object, as docs/design.md describes it."""
    return json.dumps(_document(report), indent=1, ensure_ascii=False) + "\n"


def as_csv(report: Report, _language: Language = SOURCE) -> str:
    """A header and one line per area and class; empty where there is nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("period", *COLUMNS))
    writer.writerows((report.period, *(read(row) for read in COLUMNS.values())) for row in report.rows)
    return out.getvalue()


def as_table(report: Report, language: Language = SOURCE) -> str:
    """Aligned columns for a terminal."""
    say = speaker(language)
    lines = [_headings(say), *([one_line(cell) for cell in cells] for cells in _cells(report, say))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    rule = "  ".join("-" * width for width in widths)
    head = [_title(report, say), *map(one_line, words.notices(say, report))]
    footer = map(one_line, _footer(report, say))
    return "\n".join([*head, "", table[0], rule, *table[1:], "", *footer]) + "\n"


def as_markdown(report: Report, language: Language = SOURCE) -> str:
    """A heading and a table for a document."""
    say = speaker(language)
    headings = _headings(say)
    marks = ["---" if column in _TEXT_COLUMNS else "---:" for column in range(len(headings))]
    lines = [headings, marks, *([_in_markdown(cell) for cell in cells] for cells in _cells(report, say))]
    table = [f"| {' | '.join(line)} |" for line in lines]
    footer = [_in_markdown(line) for line in _footer(report, say)]
    notices = [f"**{_in_markdown(notice)}**" for notice in words.notices(say, report)]
    return "\n\n".join([f"## {_title(report, say)}", *notices, "\n".join(table), *footer]) + "\n"


def as_html(report: Report, language: Language = SOURCE) -> str:
    """One file to read, print or send: no scripts, nothing loaded from elsewhere."""
    return rendered(report, language)


FORMATS: Final[dict[str, Callable[[Report, Language], str]]] = {
    "table": as_table,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
}


def _document(report: Report) -> dict[str, Any]:
    return {
        "period": report.period,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "status": report.status.value,
        "as_of": None if report.as_of is None else report.as_of.isoformat(),
        "previous_period": report.previous,
        **_doubts(report),
        "rows": [{name: read(row) for name, read in COLUMNS.items()} for row in report.rows],
    }


def _doubts(report: Report) -> dict[str, Any]:
    """What a person is told in sentences; no key where there is nothing to tell."""
    doubts = {
        "moved": [
            {"from": left or None, "to": entered or None, "missions": times} for left, entered, times in report.moves
        ],
        "conflicts": [{"of": held, "told": named, "events": times} for held, named, times in report.conflicts],
        "left_out": dict(report.left_out),
        "records_ahead": report.records_ahead,
    }
    return {name: value for name, value in doubts.items() if value}


def _title(report: Report, say: Speaker) -> str:
    title = say("Response times of urgent missions, {period}", period=words.period_named(say, report.period))
    status = f"{say(words.STATUSES[report.status])}: {words.status_of(say, report)}"
    return f"{title} ({words.span_of(say, report)}). {status}"


def _headings(say: Speaker) -> Sequence[str]:
    return (
        say("Area"), say("Class"), say("Missions"), say("P50 min"), say("Goal"), "", say("P80 min"),
        say("95 % interval"), say("Requirement"), "", say("Late budget"), say("Unmeasured"), say("Change"),
    )  # fmt: skip


def _cells(report: Report, say: Speaker) -> list[Sequence[str]]:
    return [
        (
            words.area_named(say, report, row.area),
            say.settlement(row.category),
            str(row.missions),
            _minutes(row.goal, say),
            say.plain(row.goal.target_minutes),
            _verdict(row, row.goal, say),
            _minutes(row.requirement, say),
            say.between(row.requirement.lower_minutes, row.requirement.upper_minutes),
            say.plain(row.requirement.target_minutes),
            _verdict(row, row.requirement, say),
            NONE if (left := row.requirement.verdict.late_budget) is None else say.signed(left),
            say.share(row.unmeasured_ratio),
            _change(row, say),
        )
        for row in report.rows
    ]


def _minutes(judged: Judged, say: Speaker) -> str:
    if judged.minutes is None:
        return NONE
    decimals = say.exactly(judged.minutes, judged.target_minutes, exact=judged.exact)
    return f"{whole(judged.minutes)} ({decimals})"


def _verdict(row: ReportRow, judged: Judged, say: Speaker) -> str:
    if not row.applicable and judged.state is State.NO_TARGET:
        return say("not applicable")
    return say("MISSED") if judged.state is State.MISSED else say(STATES[judged.state])


def _change(row: ReportRow, say: Speaker) -> str:
    if row.change_minutes is None:
        return say("no data") if row.applicable else NONE
    return say.signed(row.change_minutes, 2)


def _footer(report: Report, say: Speaker) -> list[str]:
    told = [words.missions_told(say, report)]
    if report.previous is not None:
        change = say("Change from {period}", period=words.period_named(say, report.previous))
        told.append(": ".join((change, say("P80 min"))) + ".")
    notes = (words.JUDGING, words.INTERVAL, words.BUDGET, words.CHANGE)  # a table has no room for evidence
    source = say("Source of goals and requirements")
    return [
        " ".join(told),
        f"{source}: {report.source or say(words.NO_SOURCE)}.",
        " ".join(map(say, notes)),
        *([] if all(row.exact for row in report.rows) else [say(words.SKETCHED)]),
    ]


def _in_markdown(text: str) -> str:
    """Text that a reader of markdown, or of the page made from it, sees as text: no mark-up, no link, no break."""
    text = one_line(text)
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    return _MARKS.sub(r"\\\g<0>", text)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column in _TEXT_COLUMNS else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]

"""How a report is printed. To add a format: a function from `Report` and language, and its name in `FORMATS`.

`json` and `csv` are for programs: unrounded, English names, in a fixed order, so that equal reports are equal bytes.
The others are for people, in their language: a table, or a sheet, for each objective.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from monitor.answer import row_document
from monitor.core.plain_text import one_line
from monitor.core.service import Objective
from monitor.report import method, words
from monitor.report.cells import Cells, in_a_line, notations
from monitor.report.columns import columns
from monitor.report.document import Report
from monitor.report.page import rendered
from monitor.report.pdf import as_pdf
from monitor.report.workbook import as_xlsx
from monitor.words.catalogue import SOURCE, Language
from monitor.words.durations import Notation
from monitor.words.speaker import Speaker, speaker

Lines = list[Sequence[str]]

_ENTITIES: Final = (
    ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"),
    ("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"),  # what many a page makes a link without being asked
)  # fmt: skip
_MARKS: Final = re.compile(r"[\\`*_\[\]|~!]|^[#+=-](?=\s|[-=#])")
_TEXT_COLUMNS: Final = (0, 1, 6, 7)


def as_json(report: Report, _language: Language = SOURCE) -> str:
    """One object, as docs/design.md describes it."""
    document = {
        "service": report.service.slug,
        "period": report.period,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "status": report.status.value,
        "as_of": None if report.as_of is None else report.as_of.isoformat(),
        "previous_period": report.previous,
        **_doubts(report),
        **_ahead(report),
        "rows": [row_document(report.service, row.row, row.before) for row in report.rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def as_csv(report: Report, _language: Language = SOURCE) -> str:
    """A header and one line per area and category; empty where there is nothing."""
    whole = {slug for slug, how in notations(report).items() if how is Notation.MINUTES}
    lines = [columns(report, row, in_whole_minutes=whole) for row in report.rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, lines[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def as_table(report: Report, language: Language = SOURCE) -> str:
    """Aligned columns for a terminal."""
    say = speaker(language)
    head = [words.headline(say, report), *map(one_line, words.notices(say, report))]
    tables = [
        "\n".join((one_line(heading), "", *_table([[one_line(cell) for cell in line] for line in lines])))
        for heading, lines in _tables(report, say)
    ]
    footer = "\n".join(map(one_line, _footer(report, say)))
    return "\n\n".join(["\n".join(head), *tables, footer]) + "\n"


def as_markdown(report: Report, language: Language = SOURCE) -> str:
    """A heading and tables for a document."""
    say = speaker(language)
    parts = [f"## {_in_markdown(words.headline(say, report))}"]
    parts += [f"**{_in_markdown(notice)}**" for notice in words.notices(say, report)]
    for heading, (columns_named, *lines) in _tables(report, say):
        marks = ["---" if column in _TEXT_COLUMNS else "---:" for column in range(len(columns_named))]
        written = [[_in_markdown(cell) for cell in line] for line in (columns_named, *lines)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in (written[0], marks, *written[1:]))
        parts += [f"### {_in_markdown(heading)}", table]
    return "\n\n".join([*parts, *map(_in_markdown, _footer(report, say))]) + "\n"


def as_html(report: Report, language: Language = SOURCE) -> str:
    """One file to read, print or send: no scripts, nothing loaded from elsewhere."""
    return rendered(report, language)


FORMATS: Final[dict[str, Callable[[Report, Language], str | bytes]]] = {
    "table": as_table,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "pdf": as_pdf,
    "xlsx": as_xlsx,
}
BINARY: Final = ("pdf", "xlsx")
"""For a file, and nothing to look at on a terminal."""


def _ahead(report: Report) -> dict[str, Any]:
    """Forecasts; no key of a period that does not run."""
    told = [
        {
            "area": area, "category": category, "objective": slug,
            "chance": one.chance, "to_come": one.to_come, "unsaid": one.unsaid,
        }
        for (area, category), by_objective in report.forecasts.items()
        for slug, one in by_objective.items()
    ]  # fmt: skip
    return {"forecasts": told} if told else {}


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


def _tables(report: Report, say: Speaker) -> Iterator[tuple[str, Lines]]:
    """For each objective what it is, and its table; the first line is its headings."""
    cells = Cells(say, notations(report))
    for objective in report.service.objectives:
        yield words.objective_explained(say, report, objective), _lines(report, objective, cells)


def _lines(report: Report, objective: Objective, cells: Cells) -> Lines:
    say, slug, clock = cells.say, objective.slug, objective.clock
    statistic, spare = (
        words.statistic_headed(say, objective, cells.notations[slug]),
        words.spare_headed(say, objective),
    )
    lines: Lines = [
        (
            say("Area"), say("Category"), say("Missions"), statistic, say("95 % interval"), say("Threshold"), "",
            say("With the unmeasured"), spare, say("Unmeasured"), say("Change"),
        )
    ]  # fmt: skip
    for row in (row for row in report.shown() if report.concerns(objective, row.category)):
        judged = row.judged(slug)
        figures = (
            cells.result(judged), cells.interval(judged), cells.threshold(judged), cells.said(row, judged),
            cells.bounds(judged), cells.spare(judged), cells.unmeasured(row, clock), cells.change(row, slug),
        )  # fmt: skip
        named = words.area_indented(say, report, row.area), words.category_indented(say, report, row.category)
        lines.append((*named, str(judged.measured), *(in_a_line(cell, say) for cell in figures)))
    return lines


def _table(lines: Lines) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    return [table[0], "  ".join("-" * width for width in widths), *table[1:]]


def _footer(report: Report, say: Speaker) -> list[str]:
    told = words.missions_told(say, report)
    if report.previous is not None:
        told.append(say("Change from {period}", period=words.period_named(say, report.previous)) + ".")
    told += [*words.ahead(say, report), *words.never_ahead(say, report)]
    return [" ".join(told), method.source(say, report), " ".join(method.notes_in_short(say, report))]


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

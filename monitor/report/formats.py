"""How a report is printed. To add a format: a function from `Report` to text, and its name in `FORMATS`.

`json` and `csv` are for programs: unrounded, in a fixed order, so that equal reports are equal bytes. `table` and
`markdown` are for people: whole minutes as the official tables print them, with the decimals that decide.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from monitor.core.targets import NATIONAL
from monitor.core.verdict import State
from monitor.report.document import Report, ReportRow

FIELDS: Final = (
    "area", "settlement", "missions", "unmeasured", "excluded", "p50_minutes", "p80_minutes", "goal_p50_minutes",
    "requirement_p80_minutes", "within_goal", "within_requirement", "goal", "requirement",
)  # fmt: skip
"""The columns that programs read, in their order."""

HEADINGS: Final = (
    "Area", "Class", "Missions", "P50 min", "Goal", "", "P80 min", "Requirement", "", "Late budget", "Unmeasured",
)  # fmt: skip
_TEXT_COLUMNS: Final = (0, 1, 5, 8)
_WORDS: Final = {State.MET: "met", State.MISSED: "MISSED", State.NO_DATA: "no data", State.NO_TARGET: "no target"}
_NOTHING: Final = "–"
_NOTE: Final = (
    "Minutes: rounded (exact). Met or missed is judged on exact response times: at least 50 % within the goal, "
    "80 % within the requirement. Late budget: late missions the requirement still allows; negative is overdrawn. "
    "Unmeasured: urgent missions without a time stamp, in nobody's percentile."
)


def as_json(report: Report) -> str:
    """One object, as docs/design.md describes it."""
    return json.dumps(_document(report), indent=1, ensure_ascii=False) + "\n"


def as_csv(report: Report) -> str:
    """A header and one line per area and class; empty where there is nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("period", *FIELDS))
    writer.writerows((report.period, *_values(row)) for row in report.rows)
    return out.getvalue()


def as_table(report: Report) -> str:
    """Aligned columns for a terminal."""
    lines = [HEADINGS, *_cells(report)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    table = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([_title(report), "", table[0], rule, *table[1:], "", *_footer(report)]) + "\n"


def as_markdown(report: Report) -> str:
    """A heading and a table for a document."""
    marks = ["---" if column in _TEXT_COLUMNS else "---:" for column in range(len(HEADINGS))]
    lines = [HEADINGS, marks, *([cell.replace("|", r"\|") for cell in cells] for cells in _cells(report))]
    table = [f"| {' | '.join(line)} |" for line in lines]
    return "\n\n".join([f"## {_title(report)}", "\n".join(table), *_footer(report)]) + "\n"


FORMATS: Final[dict[str, Callable[[Report], str]]] = {
    "table": as_table,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
}


def _document(report: Report) -> dict[str, Any]:
    return {
        "period": report.period,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "rows": [dict(zip(FIELDS, _values(row), strict=True)) for row in report.rows],
    }


def _values(row: ReportRow) -> list[str | int | float | None]:
    values = [getattr(row, name) for name in FIELDS]
    return [value.value if isinstance(value, State) else value for value in values]


def _title(report: Report) -> str:
    return f"Response times {report.period}, {report.start.date()} to before {report.end.date()}"


def _footer(report: Report) -> list[str]:
    pool = [row for row in report.rows if row.area == NATIONAL]
    measured, unmeasured = sum(row.missions for row in pool), sum(row.unmeasured for row in pool)
    excluded = sum(row.excluded for row in pool)
    total = (
        f"National: {measured} measured, {unmeasured} unmeasured ({_share(unmeasured, measured + unmeasured)}), "
        f"{excluded} excluded. Targets: {report.source}."
    )
    rough = [] if all(row.exact for row in report.rows) else ["~ from a sketch; the verdict is exact all the same."]
    return [total, _NOTE, *rough]


def _cells(report: Report) -> list[Sequence[str]]:
    return [
        (
            report.names.get(row.area, row.area),
            row.settlement,
            str(row.missions),
            _minutes(row.p50_minutes, exact=row.exact),
            _target(row.goal_p50_minutes),
            _WORDS[row.goal],
            _minutes(row.p80_minutes, exact=row.exact),
            _target(row.requirement_p80_minutes),
            _WORDS[row.requirement],
            _NOTHING if row.late_budget is None else str(row.late_budget),
            _share(row.unmeasured, row.missions + row.unmeasured),
        )
        for row in report.rows
    ]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column in _TEXT_COLUMNS else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]


def _minutes(minutes: float | None, *, exact: bool) -> str:
    if minutes is None:
        return _NOTHING
    return f"{'' if exact else '~'}{math.floor(minutes + 0.5)} ({minutes:.2f})"


def _target(minutes: float | None) -> str:
    return _NOTHING if minutes is None else f"{minutes:g}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else _NOTHING

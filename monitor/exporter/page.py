"""The plain first page: area by class for one window, as HTML that needs nothing else.

Decides wording and layout; every figure is the published one. Whatever comes from outside passes `escape`. No
scripts, no external resources: the only style is the block below, named by its hash in the page's policy.
A verdict is told in words; the colours (safe for the colour-blind) only repeat it.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from monitor.core.snapshot import Row, Standing
from monitor.core.verdict import State, Verdict
from monitor.exporter.published import Published

STYLE: Final = """
:root { color-scheme: light }
body { margin: 1.5rem; font: 1rem/1.4 system-ui, sans-serif; color: #1a1a1a; background: #fff }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
nav { margin: 1rem 0 } nav a, nav strong { display: inline-block; margin-right: .9rem }
nav strong { border-bottom: 3px solid #1a1a1a } a { color: #0b4f8a }
dl { display: flex; flex-wrap: wrap; gap: .2rem 2rem; margin: 0 }
dt { color: #555 } dd { margin: 0; font-weight: 600 }
.warning { border-left: 6px solid #b04a00; background: #fff3e8; padding: .4rem .8rem; font-weight: 600 }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; padding-bottom: .4rem; color: #555 }
th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd }
th[scope=rowgroup], th[scope=row], th.words { text-align: left; vertical-align: top }
thead th { white-space: normal; min-width: 3rem; vertical-align: bottom; border-bottom: 2px solid #1a1a1a }
tbody { border-top: 2px solid #999 }
td.met { color: #004b7d; background: #e3f1fb } td.missed { color: #8a2f00; background: #fde7d8; font-weight: 700 }
td.no_data, td.no_target { color: #595959; background: #f0f0f0 }
footer { margin-top: 1rem; color: #555; max-width: 60rem }
"""
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that goes with the page."""

WORDS: Final = {State.MET: "met", State.MISSED: "missed", State.NO_DATA: "no data", State.NO_TARGET: "no target"}
NONE: Final = "—"
_COLUMNS: Final = (
    "Missions", "P50, min", "Goal, min", "Goal", "Goal: late budget", "P80, min", "Requirement, min", "Requirement",
    "Requirement: late budget", "Unmeasured", "Excluded", "Open", "Overdue",
)  # fmt: skip


def page(
    published: Published, *, window: str, windows: Sequence[str], names: Mapping[str, str], zone: ZoneInfo
) -> str:
    """The page for one of the `windows`; `names` by area, times shown in `zone`."""
    rows = [row for row in published.snapshot.rows if row.window == window]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Response times, {escape(window)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Response times of urgent missions</h1>\n{_header(published, rows, zone)}\n"
        f"{_selector(window, windows)}\n{_table(published, rows, window, names, zone)}\n{_FOOTER}\n</body>\n</html>\n"
    )


_FOOTER: Final = (
    "<footer><p>P50 and P80: half, and 80 percent, of the measured missions took at most this long from ringing to "
    "the first patrol on scene. The goal judges P50, the requirement P80, each mission by the target in force when "
    "it rang. Late budget: how many more late missions the target allows; negative is overdrawn. Unmeasured: a "
    "time is missing. ≈ marks percentiles read from a sketch; all others are exact (nearest rank).</p>"
    '<p>For machines: <a href="/metrics">metrics</a>, <a href="/api/v1/compliance">JSON</a>, '
    '<a href="/readyz">readiness</a>.</p></footer>'
)


def _header(published: Published, rows: Iterable[Row], zone: ZoneInfo) -> str:
    snapshot = published.snapshot
    exact = all(row.figures.exact for row in rows)
    facts = {
        "As of": _moment(snapshot.at, zone),
        "Feed": "STALE" if snapshot.stale else "fresh",
        "Last record": _moment(snapshot.last_record_at, zone),
        "Store": published.store,
        "Store last read": _moment(published.read_at, zone),
        "Percentiles": "exact (nearest rank)" if exact else "sketched where marked ≈",
    }
    listed = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(fact)}</dd></div>" for term, fact in facts.items())
    warnings = []
    if not published.loaded:
        warnings.append(f"No figures yet: {published.problem}.")
    elif published.problem:
        warnings.append(f"These figures are no longer updated: {published.problem}.")
    if published.loaded and snapshot.stale:
        warnings.append("The feed is silent: nothing can be said about now, so every verdict is “no data”.")
    told = "".join(f'<p class="warning" role="status">{escape(warning)}</p>' for warning in warnings)
    return f"<dl>{listed}</dl>{told}"


def _selector(window: str, windows: Iterable[str]) -> str:
    links = "".join(
        f'<strong aria-current="page">{escape(name)}</strong>'
        if name == window
        else f'<a href="/?window={escape(name)}">{escape(name)}</a>'
        for name in windows
    )
    return f'<nav aria-label="Window">{links}</nav>'


def _table(published: Published, rows: Sequence[Row], window: str, names: Mapping[str, str], zone: ZoneInfo) -> str:
    standings = {(standing.area, standing.settlement): standing for standing in published.snapshot.standings}
    areas: dict[str, list[Row]] = {}
    for row in rows:
        areas.setdefault(row.area, []).append(row)
    head = "".join(f'<th scope="col" class="words">{name}</th>' for name in ("Area", "Class"))
    head += "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    bodies = "\n".join(
        _area(names.get(area, area), members, standings, loaded=published.loaded) for area, members in areas.items()
    )
    span = next((row.span for row in rows if row.span), None)
    since = f", since {_moment(span.start, zone)}" if span else ", whenever they were"
    caption = f"Window {escape(window)}{escape(since)}; open and overdue are now, whatever the window"
    return (
        '<div class="wide" role="region" aria-label="Figures" tabindex="0"><table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"{bodies}\n</table></div>"
    )


def _area(name: str, rows: Sequence[Row], standings: Mapping[tuple[str, str], Standing], *, loaded: bool) -> str:
    lines = []
    for position, row in enumerate(rows):
        heading = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(name)}</th>' if position == 0 else ""
        cells = "".join(_cells(row, standings[row.area, row.settlement], loaded=loaded))
        lines.append(f'<tr>{heading}<th scope="row">{escape(row.settlement)}</th>{cells}</tr>')
    return "<tbody>" + "\n".join(lines) + "</tbody>"


def _cells(row: Row, standing: Standing, *, loaded: bool) -> Iterable[str]:
    figures = row.figures

    def count(value: int, *, meant: bool = True) -> str:
        return _cell(str(value) if loaded and meant else NONE)

    yield count(figures.measured)
    for percent in (50, 80):
        verdict = row.verdicts[percent]
        yield _cell(_minutes(figures.percentiles[percent], exact=figures.exact))
        yield _cell(_target(verdict.target_seconds))
        yield _cell(WORDS[verdict.state], verdict.state)
        yield _cell(_budget(verdict))
    yield count(figures.unmeasured, meant=row.span is not None)
    yield count(figures.excluded, meant=row.span is not None)
    yield count(standing.in_progress.open)
    yield count(standing.in_progress.overdue)


def _cell(text: str, state: State | None = None) -> str:
    kind = f' class="{state}"' if state else ""
    return f"<td{kind}>{escape(text)}</td>"


def _minutes(seconds: float | None, *, exact: bool) -> str:
    if seconds is None:
        return NONE
    return f"{'' if exact else '≈ '}{seconds / 60:.1f}"


def _target(seconds: float | None) -> str:
    return NONE if seconds is None else f"{seconds / 60:g}"


def _budget(verdict: Verdict) -> str:
    return NONE if verdict.late_budget is None else str(verdict.late_budget)


def _moment(seconds: float | None, zone: ZoneInfo) -> str:
    if seconds is None:
        return "never"
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M:%S %Z")

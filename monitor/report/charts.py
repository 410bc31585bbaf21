"""The charts of a report as inline SVG: districts against their requirement, and the nation month by month.

Drawn by matplotlib, the same bytes every time; text stays text. A verdict is told by shape as well as by colour: a
disc is met, a diamond is missed, hollow may be chance. Each chart says in words what it shows. Refuses to know pages.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET  # what is parsed here was written here
from collections.abc import Sequence
from typing import Any, Final

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from monitor.core.ranking import worst_first
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.report.document import Judged, Month, Report, ReportRow, evidence_of
from monitor.report.words import area_named
from monitor.words.speaker import Speaker
from monitor.words.verdicts import STATES

INK: Final = "#14202b"
QUIET: Final = "#51606e"
RULE: Final = "#d3dae1"
COLOURS: Final = {State.MET: "#1c6cb0", State.MISSED: "#b23c00"}
"""The board's: told apart by people who see few colours, and dark enough on paper."""
_MARKERS: Final = {State.MET: "o", State.MISSED: "D"}
_SIZES: Final = {State.MET: 6.5, State.MISSED: 6.0}
_WIDTH: Final = 7.3
"""Inches: a column of A4."""
_ROW: Final = 0.235
_ABOVE: Final = 0.34
_BELOW: Final = 0.40
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.parse_math": False,  # a name with two dollar signs is a name
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
}
_FONT: Final = re.compile(r"font-family:[^;]*;? ?")
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"


def standing(report: Report, settlement: str, say: Speaker, *, title: str) -> str | None:
    """Each district's P80 and its interval as minutes from its own requirement, worst first; None where none has."""
    rows = _rows(report, settlement)
    if not rows:
        return None
    with style.context(["default", _STYLE]):
        height = _ROW * len(rows) + _ABOVE + _BELOW
        figure = Figure(figsize=(_WIDTH, height))
        axes = figure.add_axes((0.16, _BELOW / height, 0.68, _ROW * len(rows) / height))
        axes.set_xlim(*_limits([row.requirement for row in rows]))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.axvline(0, color=INK, linewidth=1.6, zorder=2)
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        for place, row in enumerate(rows):
            _mark(axes, place, row.requirement)
            axes.annotate(
                _told(row.requirement, say),
                (1.015, place),
                xycoords=("axes fraction", "data"),
                va="center",
                ha="left",
            )
        requirement = say("requirement")
        heading = f"P80 / {requirement}"
        axes.annotate(heading, (1.015, -1.05), xycoords=("axes fraction", "data"), va="center", color=QUIET)
        axes.set_yticks(range(len(rows)), [area_named(say, report, row.area) for row in rows])
        axes.set_xlabel(say("minutes from the requirement"), labelpad=2)
        axes.xaxis.set_major_formatter(lambda value, _: say.signed(value, 0 if value == int(value) else 1))
        axes.tick_params(axis="y", length=0)
        axes.spines[["left", "right", "top"]].set_visible(False)
        _legend(figure, say)
        said = say(
            "{title}, worst first. {rows}", title=title, rows=" ".join(_row_said(report, row, say) for row in rows)
        )
        return _inline(figure, f"standing-{settlement}", title, said)


def trend(months: Sequence[Month], settlement: str, say: Speaker, *, title: str) -> str | None:
    """The nation's P80 month by month with its interval and the requirement; None where there is nothing to show."""
    shown = [(place, month) for place, month in enumerate(months) if month.judged.minutes is not None]
    if not shown:
        return None
    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(_WIDTH, 1.75))
        axes = figure.add_axes((0.07, 0.14, 0.78, 0.80))
        axes.set_xlim(-0.6, len(months) - 0.4)
        axes.set_ylim(*_around([month.judged for _, month in shown]))
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        for place, month in enumerate(months):
            target = month.judged.target_minutes
            if target is not None:
                axes.plot((place - 0.5, place + 0.5), (target, target), color=INK, linewidth=1.6, zorder=2)
        target = months[-1].judged.target_minutes
        if target is not None:
            label = " ".join((say("requirement"), say.plain(target)))
            axes.annotate(label, (1.008, target), xycoords=("axes fraction", "data"), va="center", ha="left")
        axes.plot(*_line(months), color=QUIET, linewidth=0.7, zorder=2.5)
        for place, month in shown:
            _mark(axes, place, month.judged, upright=True)
        axes.set_xticks(range(len(months)), [say.month(month.first)[:3] for month in months])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=2))
        axes.set_ylabel(say("P80, minutes"), labelpad=3)
        axes.tick_params(axis="both", length=0)
        axes.spines[["left", "right", "top"]].set_visible(False)
        points = " ".join(
            say(
                "{month}: {minutes} min, n {missions}, {verdict}.",
                month=say.month(month.first),
                minutes=say.number(month.judged.minutes or 0.0, 2),
                missions=month.judged.figures.measured,
                verdict=say(STATES[month.judged.state]),
            )
            for _, month in shown
        )
        return _inline(figure, f"trend-{settlement}", title, say("{title}. {points}", title=title, points=points))


def _rows(report: Report, settlement: str) -> list[ReportRow]:
    """The districts of a class that have both a result and a requirement, worst first."""
    rows = [report.row(area, settlement) for area in report.districts]
    shown = [row for row in rows if None not in (row.requirement.minutes, row.requirement.target_minutes)]
    return sorted(shown, key=lambda row: worst_first([row.requirement.verdict]))


def _from_target(judged: Judged, minutes: float | None) -> float:
    return (minutes or 0.0) - (judged.target_minutes or 0.0)


def _limits(all_judged: Sequence[Judged]) -> tuple[float, float]:
    """Room for every result, and for intervals as far as they do not push everything else together."""
    results = [_from_target(judged, judged.minutes) for judged in all_judged]
    ends = [_from_target(judged, end) for judged in all_judged for end in (judged.lower_minutes, judged.upper_minutes)
            if end is not None]  # fmt: skip
    most = max(1.0, *(abs(result) for result in results))
    low, high = min(*results, *ends, -1.0), max(*results, *ends, 1.0)
    return max(low, -1.6 * most) - 0.06 * most, min(high, 1.6 * most) + 0.06 * most


def _around(all_judged: Sequence[Judged]) -> tuple[float, float]:
    """Room for results, targets and most of the intervals; not from zero, for the marks are no bars."""
    low, high = [], []
    for judged in all_judged:
        minutes = judged.minutes or 0.0
        target = minutes if judged.target_minutes is None else judged.target_minutes
        low.append(min(minutes, target, max(judged.lower_minutes or 0.0, 0.6 * minutes)))
        high.append(max(minutes, target, min(judged.upper_minutes or 2 * minutes, 1.6 * minutes)))
    room = max(0.12 * (max(high) - min(low)), 0.5)
    return max(0.0, min(low) - room), max(high) + room


def _line(months: Sequence[Month]) -> tuple[list[int], list[float]]:
    """With a gap where a month has nothing."""
    values = [month.judged.minutes for month in months]
    return list(range(len(months))), [float("nan") if value is None else value for value in values]


def _mark(axes: Axes, place: int, judged: Judged, *, upright: bool = False) -> None:
    """A result with its interval. An end that is not bounded, or beyond the chart, is an arrow."""
    offset = 0.0 if upright else judged.target_minutes or 0.0
    colour = COLOURS.get(judged.state, QUIET)
    edges = axes.get_ylim() if upright else axes.get_xlim()
    ends: list[float] = []
    for end, edge in ((judged.lower_minutes, min(edges)), (judged.upper_minutes, max(edges))):
        at = edge if end is None else end - offset
        beyond = end is None or not min(edges) <= at <= max(edges)
        ends.append(edge if beyond else at)
        if beyond:
            marker = ("v" if edge == min(edges) else "^") if upright else ("<" if edge == min(edges) else ">")
            axes.plot(*_xy(place, edge, upright), marker=marker, color=colour, markersize=4, clip_on=False, zorder=3)
    axes.plot(*_xy([place, place], ends, upright), color=colour, linewidth=1.5, solid_capstyle="butt", zorder=3)
    hollow = evidence_of(judged) is Evidence.NONE
    axes.plot(
        *_xy(place, _from_zero(judged, offset), upright),
        marker=_MARKERS.get(judged.state, "s"),
        markersize=_SIZES.get(judged.state, 6.0),
        markerfacecolor="white" if hollow else colour,
        markeredgecolor=colour,
        markeredgewidth=1.4,
        zorder=4,
    )


def _from_zero(judged: Judged, offset: float) -> float:
    return (judged.minutes or 0.0) - offset


def _xy(place: Any, value: Any, upright: bool) -> tuple[Any, Any]:
    return (place, value) if upright else (value, place)


def _legend(figure: Figure, say: Speaker) -> None:
    met, missed = say(STATES[State.MET]), say(STATES[State.MISSED])
    keys = [
        Line2D([], [], linestyle="", marker="o", color=COLOURS[State.MET], markersize=6, label=met),
        Line2D([], [], linestyle="", marker="D", color=COLOURS[State.MISSED], markersize=5.5, label=missed),
        Line2D([], [], linestyle="", marker="o", markerfacecolor="white", color=QUIET, markersize=6,
               markeredgewidth=1.3, label=say("hollow: may be chance")),
        Line2D([], [], color=QUIET, linewidth=1.5, label=say("95 % interval")),
        Line2D([], [], color=INK, linewidth=0, marker="|", markersize=9, markeredgewidth=1.8,
               label=say("requirement")),
    ]  # fmt: skip
    figure.legend(
        handles=keys, loc="lower left", bbox_to_anchor=(0.0, 1 - 0.16 / figure.get_figheight()), ncols=len(keys),
        frameon=False, borderpad=0, borderaxespad=0, handletextpad=0.4, columnspacing=1.4, fontsize=8,
    )  # fmt: skip


def _told(judged: Judged, say: Speaker) -> str:
    minutes = 0.0 if judged.minutes is None else judged.minutes
    shown = say.exactly(minutes, judged.target_minutes, exact=judged.figures.exact)
    return f"{shown} / {say.plain(judged.target_minutes)}"


def _row_said(report: Report, row: ReportRow, say: Speaker) -> str:
    judged = row.requirement
    return say(
        "{area}: {minutes} min, requirement {target}, interval {interval}, {verdict}.",
        area=area_named(say, report, row.area),
        minutes=say.exactly(judged.minutes or 0.0, judged.target_minutes, exact=judged.figures.exact),
        target=say.plain(judged.target_minutes),
        interval=say.between(judged.lower_minutes, judged.upper_minutes),
        verdict=say(STATES[judged.state]),
    )


def _inline(figure: Figure, name: str, title: str, said: str) -> str:
    """The figure as an element of a page: named, described, with ids of its own and the page's font."""
    out = io.StringIO()
    with warnings.catch_warnings():
        # Letters that the measuring font lacks are the browser's to draw.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    root = ET.fromstring(out.getvalue())  # noqa: S314 - written above
    for tag in ("metadata", "defs"):
        for part in root.findall(f"{{{_SVG}}}{tag}"):
            if tag == "metadata" or part.find(f"{{{_SVG}}}style") is not None:
                root.remove(part)  # matplotlib's style would apply to the whole page
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == f"{{{_XLINK}}}href":
                del element.attrib[key]
                element.set("href", value.replace("#", f"#{name}-", 1))
            elif key == "style":
                element.set(key, _FONT.sub("", value))
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-said")
    for place, (tag, text) in enumerate((("title", title), ("desc", said))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{'title' if tag == 'title' else 'said'}"})
        element.text = text
        root.insert(place, element)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")

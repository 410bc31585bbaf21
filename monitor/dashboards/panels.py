"""Panels as this project wants them, as the JSON that Grafana reads: titled, described, with a unit and a source.

Each constructor takes what differs and refuses to leave out the rest. Decides looks only; which figure a panel shows
is the dashboards' to say. The tests read every field back through Grafana's own types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor.dashboards.palette import GREY, LINES, SHADES, SLATE
from monitor.dashboards.queries import cell_code
from monitor.dashboards.words import Head, Words

Panel = dict[str, Any]

SOURCE: Final = "datasource"
"""The variable that names the data source."""
REFERENCE: Final = {"type": "prometheus", "uid": f"${{{SOURCE}}}"}
MINUTES: Final = "suffix: min"
"""As a unit of one's own: Grafana's own for time says "1.39 hours" in every language."""
SECONDS: Final = "suffix: s"
RATE: Final = "suffix: /s"
COUNT: Final = "none"
SHARE: Final = "percentunit"
BYTES: Final = "bytes"
MOMENT: Final = "time:MM-DD HH:mm"
TEXT: Final = "string"
SPAN_MILLISECONDS: Final = 26 * 3_600_000
"""Gaps up to a day are bridged, as often as the past is told; what is not known now is missing at the right edge."""
FIGURE_PIXELS: Final = 26
NAME_PIXELS: Final = 14
"""Of tiles: given, since else all of them shrink to what the longest text allows."""
NAME_WIDTH: Final = 170
CELL_WIDTH: Final = 90
"""Pixels of a column; Grafana takes 150 at least where nothing else is said."""
DASHED: Final = {"fill": "dash", "dash": [10, 6]}


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL with the name of what it gives; {{label}} in the name is filled in by Grafana."""

    expression: str
    name: str = ""


def _targets(queries: Sequence[Query], *, instant: bool = False, form: str = "") -> list[dict[str, Any]]:
    """The queries, lettered from A."""
    return [
        {
            "refId": chr(ord("A") + number),
            "expr": query.expression,
            "instant" if instant else "range": True,
            **({"format": form} if form else {}),
            **({"legendFormat": query.name} if query.name else {}),
            "datasource": REFERENCE,
        }
        for number, query in enumerate(queries)
    ]


def steps(*colours: tuple[float | None, str]) -> dict[str, Any]:
    """Thresholds: (from this value on, colour), the first without a value."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in colours]}


def override(name: str, **properties: Any) -> dict[str, Any]:
    """What differs for the field of that name; `custom__width` is `custom.width`; None differs not."""
    differing = {key.replace("__", "."): value for key, value in properties.items() if value not in (None, [])}
    listed = [{"id": key, "value": value} for key, value in differing.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": listed}


def mapped(texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is shown for a value, where that is not the value itself."""
    told = {value: {"text": text} for value, text in texts.items() if value != text}
    return [{"type": "value", "options": told}] if told else []


def unknown(shown: str = "–") -> dict[str, Any]:
    """What is not known is told in grey, never as 0."""
    return {
        "type": "special",
        "options": {"match": "null+nan", "result": {"text": shown, "color": GREY, "index": 99}},
    }


def flags(off: tuple[str, str], on: tuple[str, str]) -> list[dict[str, Any]]:
    """Words and colours of a 0 and a 1."""
    named = {str(value): {"text": one[0], "color": one[1]} for value, one in enumerate((off, on))}
    return [{"type": "value", "options": named}]


def verdicts(words: Words) -> list[dict[str, Any]]:
    """From a verdict's code to its words and colour."""
    shown = {
        str(shade.code): {"text": f"{shade.sign} {words.verdict(shade)}", "color": shade.colour, "index": place}
        for place, shade in enumerate(SHADES)
    }
    return [{"type": "value", "options": shown}, unknown("?")]


def verdict_cells(words: Words) -> list[dict[str, Any]]:
    """From the cells of a matrix (`8 12.31`) to what is read there: sign, minutes, colour of verdict and evidence."""
    made = []
    for place, shade in enumerate(SHADES):
        text = f"{shade.sign} $1 min" if shade.evidence else f"{shade.sign} {words.verdict(shade)}"
        result = {"text": text, "color": shade.colour, "index": place}
        made.append(
            {"type": "regex", "options": {"pattern": rf"/^{cell_code(shade.code)} (\S+)$/", "result": result}}
        )
    return made


def _said(head: Head) -> Panel:
    return {"title": head.title, "description": head.description, "datasource": REFERENCE}


def _made(kind: str, head: Head, targets: list[dict[str, Any]], defaults: Panel, options: Panel) -> Panel:
    return {
        "type": kind, **_said(head), "targets": targets, "options": options,
        "fieldConfig": {"defaults": {"noValue": head.without, **defaults}, "overrides": []},
    }  # fmt: skip


def _legend(tooltip: str) -> Panel:
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    return {"legend": legend, "tooltip": {"mode": tooltip, "sort": "none"}}


def lines(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    limits: Sequence[tuple[float, str]] = (),
    least: float | None = 0,
    stacked: bool = False,
    **custom: Any,
) -> Panel:
    """Values over time, from `least` on; `limits` are dashed lines across, `custom` what Grafana calls so."""
    looks = {
        "lineWidth": 2, "fillOpacity": 30 if stacked else 0, "showPoints": "never", "spanNulls": SPAN_MILLISECONDS,
        **({"stacking": {"mode": "normal", "group": "A"}} if stacked else {}),
        **({"thresholdsStyle": {"mode": "dashed"}} if limits else {}),
        **custom,
    }  # fmt: skip
    defaults = {
        "unit": unit,
        "thresholds": steps((None, "transparent" if limits else SLATE), *limits),
        "color": {"mode": "palette-classic-by-name"},
        **({} if least is None else {"min": least}),
        "custom": looks,
    }
    return _made("timeseries", head, _targets(queries), defaults, _legend("multi"))


def drawn(panel: Panel, name: str, colour: str, **looks: Any) -> Panel:
    """The panel, one line of it in its colour, and what else differs."""
    colour = LINES.get(colour, colour)
    panel["fieldConfig"]["overrides"].append(override(name, color=fixed(colour), **looks))
    return panel


def coloured(panel: Panel, colours: Iterable[tuple[str, str]]) -> Panel:
    """Several lines of the panel by name, each in its colour."""
    for name, colour in colours:
        drawn(panel, name, colour)
    return panel


def banded(panel: Panel, lower: str, upper: str) -> Panel:
    """Two lines become the edges of a band."""
    drawn(panel, lower, GREY, custom__lineWidth=0)
    return drawn(panel, upper, GREY, custom__lineWidth=0, custom__fillOpacity=18, custom__fillBelowTo=lower)


def fixed(colour: str) -> dict[str, str]:
    """A colour that depends on nothing but what a mapping says."""
    return {"mode": "fixed", "fixedColor": colour}


def figures(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    thresholds: Panel | None = None,
    mappings: Sequence[Panel] = (),
    decimals: int | None = None,
) -> Panel:
    """Numbers to be read from across the room, on the colour that they deserve."""
    defaults = {
        "unit": unit,
        "thresholds": thresholds or steps((None, SLATE)),
        "color": {"mode": "thresholds"},
        "mappings": [*mappings, unknown("?")],
        "noValue": "?",
        **({} if decimals is None else {"decimals": decimals}),
    }
    options = {
        "colorMode": "background_solid",
        "graphMode": "none",
        "textMode": "value_and_name",
        "text": {"titleSize": NAME_PIXELS, "valueSize": FIGURE_PIXELS},
        # Not "lastNotNull": it passes over NaN as well, and what is not known would read as what was known last.
        "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
    }
    return _made("stat", head, _targets(queries, instant=True), defaults, options)


def cells(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    transformations: Sequence[Panel],
    overrides: Sequence[Panel],
    thresholds: Panel | None = None,
    mappings: Sequence[Panel] = (),
) -> Panel:
    """A table whose cells are coloured, of what the transformations leave."""
    defaults = {
        "unit": unit,
        "thresholds": thresholds or steps((None, SLATE)),
        "color": {"mode": "thresholds"},
        "mappings": [*mappings, unknown()],
        "custom": {"cellOptions": {"type": "color-background", "mode": "basic"}, "minWidth": CELL_WIDTH},
    }
    options = {"frameIndex": 0, "showHeader": True, "cellHeight": "sm"}
    panel = _made("table", head, _targets(queries, instant=True, form="table"), defaults, options)
    panel["transformations"] = list(transformations)
    panel["fieldConfig"]["overrides"] = list(overrides)
    return panel


def transformed(kind: str, **options: Any) -> Panel:
    """One step from the answer to the table."""
    return {"id": kind, "options": options}


def worst_first(field: str) -> Panel:
    """Rows by that field, the greatest first."""
    return transformed("sortBy", sort=[{"field": field, "desc": True}])


def crossed(row: str, column: str, value: str) -> Panel:
    """One row per `row`, in the order in which they come, one column per `column`."""
    return transformed("groupingToMatrix", rowField=row, columnField=column, valueField=value, emptyValue="null")


def corner(row: str, column: str) -> str:
    """What Grafana calls the first column of a matrix."""
    return f"{row}\\{column}"


def arranged(order: Sequence[str], *, without: Iterable[str] = (), named: Mapping[str, str] | None = None) -> Panel:
    """Columns in that order, all others behind; some left out, some under other names."""
    return transformed(
        "organize",
        excludeByName=dict.fromkeys(without, True),
        indexByName={name: place for place, name in enumerate(order)},
        renameByName={name: text for name, text in (named or {}).items() if name != text},
    )


def plain(name: str, **more: Any) -> Panel:
    """A column without colour, as wide as a name."""
    looks = {"custom__cellOptions": {"type": "auto"}, "custom__width": NAME_WIDTH, **more}
    return override(name, **looks)


def hidden(name: str) -> Panel:
    """A column that links need and nobody reads; by the names that older and newer tables have for it."""
    return override(name, custom__hidden=True, custom__hideFrom={"viz": True, "legend": True, "tooltip": True})


def states(head: Head, queries: Sequence[Query], words: Words, transformations: Sequence[Panel]) -> Panel:
    """Verdicts over time. The colours are the mappings': by thresholds, Grafana would merge a breach with no data."""
    defaults = {
        "unit": COUNT,
        "thresholds": steps((None, GREY)),
        "color": fixed(GREY),
        "mappings": verdicts(words),
        "custom": {"lineWidth": 0, "fillOpacity": 100, "spanNulls": SPAN_MILLISECONDS},
    }
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.85,
        **_legend("single"),
    }
    panel = _made("state-timeline", head, _targets(queries), defaults, options)
    return {**panel, "transformations": list(transformations)}


def note(head: Head, content: str) -> Panel:
    """Words to read, in Markdown."""
    return {"type": "text", **_said(head), "options": {"mode": "markdown", "content": content}}

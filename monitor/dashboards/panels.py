"""Panels as this project wants them: titled, described, with a unit, and a data source that is a variable.

Each constructor takes what differs and refuses to leave out the rest. Decides looks only; which figure a panel shows
is the dashboards' to say.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.models import common, units
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.text import TextMode

from monitor.dashboards.palette import GREY, SHADES, SLATE
from monitor.dashboards.words import Words

SOURCE: Final = "datasource"
"""The variable that names the data source."""
SECONDS: Final = units.Seconds
COUNT: Final = units.Short
SHARE: Final = units.PercentUnit
FLAG: Final = units.Short
SPAN_MILLISECONDS: Final = 3_600_000
"""Gaps up to an hour are bridged: a restart of the exporter is no hole in an area's year."""


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL with the name of what it gives; {{label}} in the name is filled in by Grafana."""

    expression: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What a panel says of itself."""

    title: str
    description: str


def reference() -> common.DataSourceRef:
    """The data source that the reader has chosen."""
    return common.DataSourceRef(type_val="prometheus", uid=f"${{{SOURCE}}}")


def targets(queries: Sequence[Query], *, instant: bool, as_table: bool = False) -> list[prometheus.Dataquery]:
    """The queries, lettered from A."""
    made = []
    for number, query in enumerate(queries):
        target = prometheus.Dataquery().expr(query.expression).ref_id(chr(ord("A") + number)).datasource(reference())
        target = target.instant() if instant else target.range()
        target = target.format(PromQueryFormat.TABLE if as_table else PromQueryFormat.TIME_SERIES)
        made.append(target.legend_format(query.name) if query.name else target)
    return made


def steps(*colours: tuple[float | None, str]) -> builders.ThresholdsConfig:
    """Thresholds: (from this value on, colour), the first without a value."""
    return (
        builders.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=colour) for value, colour in colours])
    )


def verdict_texts(words: Words) -> list[Any]:
    """From a verdict's code to its words and colour."""
    shown = {
        shade.code: models.ValueMappingResult(
            text=f"{shade.sign} {words.verdict(shade)}", color=shade.colour, index=place
        )
        for place, shade in enumerate(SHADES)
    }
    codes = models.ValueMap({f"{code:g}": result for code, result in shown.items() if not math.isnan(code)})
    (without,) = (result for code, result in shown.items() if math.isnan(code))
    not_a_number = models.DashboardSpecialValueMapOptions(models.SpecialValueMatch.NA_N, without)
    return [codes, models.SpecialValueMap(not_a_number)]


def verdict_cells(words: Words) -> list[Any]:
    """From the matrix' cells (`3 12.3`) to what is read there, coloured by verdict and evidence."""
    made = []
    for place, shade in enumerate(SHADES):
        code = "NaN" if math.isnan(shade.code) else f"{shade.code:g}"
        number = rf"/^{code} (\S+)$/"
        shown = f"{shade.sign} $1 min" if shade.evidence else f"{shade.sign} {words.verdict(shade)}"
        result = models.ValueMappingResult(text=shown, color=shade.colour, index=place)
        made.append(models.RegexMap(models.DashboardRegexMapOptions(number, result)))
    return made


def not_a_number(shown: str = "–") -> models.SpecialValueMap:
    """What is not known is told in grey, never as 0."""
    result = models.ValueMappingResult(text=shown, color=GREY, index=99)
    return models.SpecialValueMap(
        models.DashboardSpecialValueMapOptions(models.SpecialValueMatch.NULL_AND_NAN, result)
    )


def flags(off: tuple[str, str], on: tuple[str, str]) -> list[Any]:
    """Words and colours of a 0 and a 1."""
    named = {str(value): models.ValueMappingResult(text=one[0], color=one[1]) for value, one in enumerate((off, on))}
    return [models.ValueMap(named), not_a_number("?")]


def lines(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    thresholds: builders.ThresholdsConfig | None = None,
    mode: common.GraphThresholdsStyleMode = common.GraphThresholdsStyleMode.OFF,
    stacked: bool = False,
) -> timeseries.Panel:
    """Values over time."""
    panel = (
        timeseries.Panel()
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .unit(unit)
        .thresholds(thresholds or steps((None, SLATE)))
        .thresholds_style(common_builders.GraphThresholdsStyleConfig().mode(mode))
        .color_scheme(builders.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .line_width(2)
        .fill_opacity(30 if stacked else 0)
        .show_points(common.VisibilityMode.NEVER)
        .span_nulls(SPAN_MILLISECONDS)
        .targets(list(targets(queries, instant=False)))
    )
    if stacked:
        panel = panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    return panel


def drawn(panel: timeseries.Panel, name: str, colour: str, **looks: Any) -> timeseries.Panel:
    """One line of the panel by its name: its colour, and what else differs (`custom.*` without the prefix)."""
    custom = [models.DynamicConfigValue(f"custom.{key}", value) for key, value in looks.items()]
    return panel.override_by_name(name, [models.DynamicConfigValue("color", fixed(colour)), *custom])


def coloured(panel: timeseries.Panel, colours: Iterable[tuple[str, str]]) -> timeseries.Panel:
    """Several lines of the panel by name, each in its colour."""
    for name, colour in colours:
        panel = drawn(panel, name, colour)
    return panel


def banded(panel: timeseries.Panel, lower: str, upper: str, colour: str) -> timeseries.Panel:
    """Two lines become the edges of a band."""
    panel = drawn(panel, lower, colour, lineWidth=0, fillOpacity=0)
    return drawn(panel, upper, colour, lineWidth=0, fillOpacity=18, fillBelowTo=lower)


def fixed(colour: str) -> dict[str, str]:
    """A colour that depends on nothing."""
    return {"mode": models.FieldColorModeId.FIXED, "fixedColor": colour}


DASHED: Final = {"fill": "dash", "dash": [10, 6]}


def figures(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    thresholds: builders.ThresholdsConfig | None = None,
    mappings: Iterable[Any] = (),
    decimals: int | None = None,
) -> stat.Panel:
    """Numbers to be read from across the room, on the colour that they deserve."""
    panel = (
        stat.Panel()
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .unit(unit)
        .thresholds(thresholds or steps((None, SLATE)))
        .color_scheme(builders.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .mappings([*mappings] or [not_a_number()])
        .no_value("?")
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        # Not "lastNotNull": it passes over NaN as well, and no target would read as not known.
        .reduce_options(common_builders.ReduceDataOptions().calcs(["last"]))
        .targets(list(targets(queries, instant=True)))
    )
    return panel if decimals is None else panel.decimals(decimals)


def judged(panel: stat.Panel, name: str, words: Words) -> stat.Panel:
    """The figure of that name is a verdict's code: it gets its words and colours."""
    return panel.override_by_name(
        name,
        [
            models.DynamicConfigValue("mappings", [*verdict_texts(words), not_a_number("?")]),
            models.DynamicConfigValue("unit", units.NoUnit),
        ],
    )


def cells(
    head: Head,
    queries: Sequence[Query],
    *,
    unit: str,
    thresholds: builders.ThresholdsConfig | None = None,
    mappings: Iterable[Any] = (),
) -> table.Panel:
    """A table whose cells are coloured."""
    return (
        table.Panel()
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .unit(unit)
        .thresholds(thresholds or steps((None, SLATE)))
        .mappings([*mappings] or [not_a_number()])
        .color_scheme(builders.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .cell_options(
            common.TableColoredBackgroundCellOptions(
                mode=common.TableCellBackgroundDisplayMode.BASIC, wrap_text=False
            )
        )
        .cell_height(common.TableCellHeight.SM)
        .no_value("–")
        .targets(list(targets(queries, instant=True, as_table=True)))
    )


def crossed(panel: table.Panel, row: str, column: str, value: str, first: Iterable[str]) -> table.Panel:
    """One row per `row`, in the order in which they come, one column per `column`: `first` these, then all others."""
    order = {name: place for place, name in enumerate((corner_of(row, column), *first))}
    return panel.transformations(
        [
            models.DataTransformerConfig(
                id_val="groupingToMatrix",
                options={"columnField": column, "rowField": row, "valueField": value, "emptyValue": "null"},
            ),
            models.DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": {}, "indexByName": order, "renameByName": {}},
            ),
        ]
    )


def corner_of(row: str, column: str) -> str:
    """What Grafana calls the first column of a matrix."""
    return f"{row}\\{column}"


def plain(name: str) -> list[models.DynamicConfigValue]:
    """The column that says what a row is about: its head, and no colour."""
    return [
        models.DynamicConfigValue("displayName", name),
        models.DynamicConfigValue("custom.cellOptions", {"type": "auto"}),
        models.DynamicConfigValue("custom.width", 180),
    ]


def states(head: Head, queries: Sequence[Query], words: Words) -> statetimeline.Panel:
    """Verdicts over time."""
    return (
        statetimeline.Panel()
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .unit(units.NoUnit)
        .thresholds(steps((None, GREY)))
        .color_scheme(builders.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .mappings([*verdict_texts(words), not_a_number("?")])
        .merge_values(True)
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.85)
        .fill_opacity(100)
        .line_width(0)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.SINGLE))
        .targets(list(targets(queries, instant=False)))
    )


def note(head: Head, content: str) -> text.Panel:
    """Words to read, in Markdown."""
    return (
        text.Panel()
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .mode(TextMode.MARKDOWN)
        .content(content)
    )


def alarms(head: Head) -> builders.Panel:
    """What fires now, of Grafana's own rules and of the data source's. The SDK has no builder for this panel."""
    return (
        builders.Panel()
        .type("alertlist")
        .title(head.title)
        .description(head.description)
        .datasource(reference())
        .options(
            {
                "viewMode": "list",
                "groupMode": "default",
                "groupBy": [],
                "maxItems": 40,
                "sortOrder": 3,
                "dashboardAlerts": False,
                "alertName": "",
                "alertInstanceLabelFilter": "",
                "folder": "",
                "stateFilter": {
                    "firing": True, "pending": False, "noData": True, "normal": False, "error": True,
                    "recovering": True,
                },
            }
        )
    )  # fmt: skip

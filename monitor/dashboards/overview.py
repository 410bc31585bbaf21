"""The overview of a service: how its whole stands, which area is worst, what is late now, whether to believe it.

Whatever it names (areas, categories, objectives) comes from labels, so it fits every service in the Prometheus.
"""

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from monitor import metrics
from monitor.alerts.promql import of_leaf_categories
from monitor.core import windows
from monitor.dashboards.frame import (
    AREA_UID,
    OVERVIEW_UID,
    Names,
    PanelBuilder,
    Shelf,
    begun,
    category_variable,
    filled,
    objective_variable,
    root_variable,
    window_variable,
)
from monitor.dashboards.freshness import banner
from monitor.dashboards.palette import BLUE, ORANGE, SLATE, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    Head,
    Query,
    alarms,
    cells,
    corner_of,
    crossed,
    not_a_number,
    note,
    plain,
    steps,
    verdict_cells,
)
from monitor.dashboards.queries import (
    CELL,
    CHOSEN,
    COLUMN,
    HERE,
    PARTS,
    ROW,
    WHOLE,
    at,
    by_area,
    judged_cells,
    left,
    newest,
    places,
)
from monitor.dashboards.shared import standing, times
from monitor.dashboards.words import Words
from monitor.metrics import AREA, CATEGORY, OBJECTIVE, SERVICE, WINDOW

FEW_LEFT: Final = 3
"""A budget of fewer further late missions is nearly used up."""
VALUE: Final = "Value"
BUDGETS: Final = {"part": "|".join(windows.PARTS), "year": "year"}
"""Official periods with a budget to spend: the part of the year that the service has, and the year."""


def overview(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = (
        begun(words("overview.title"), words("overview.description"), OVERVIEW_UID, words,
              since="now-90d", refresh="30s")
        .with_variable(objective_variable(words))
        .with_variable(category_variable(words))
        .with_variable(window_variable(words))
        .with_variable(root_variable(words))
    )  # fmt: skip
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(6, [(standing(words, names, WHOLE), 24)], title=words("row.whole")),
            Shelf(14, [(_matrix(words, names), 14), (_now(words), 5), (alarms(_head(words, "alarms")), 5)],
                  title=words("row.areas")),
            Shelf(3, [(note(_head(words, "legend"), words.legend()), 24)]),
            Shelf(14, [(_budget(words, names, key), 12) for key in BUDGETS], title=words("row.budget")),
            Shelf(1, [], title=words("row.trend")),
            Shelf(9, [(times(words, "trend", WHOLE), 24)], repeat=CATEGORY),
        ],
    )  # fmt: skip


def _head(words: Words, key: str) -> Head:
    return Head(words(f"{key}.title"), words(f"{key}.description"))


def _matrix(words: Words, names: Names) -> PanelBuilder:
    panel = cells(
        _head(words, "matrix"), [Query(f"sort_desc({by_area(judged_cells(*at(PARTS)))})")], unit=units.String,
        mappings=verdict_cells(words),
    )  # fmt: skip
    return _by_area(panel, CELL, words, names)


def _by_area(panel: table.Panel, value: str, words: Words, names: Names) -> table.Panel:
    """Areas down, categories across; every cell leads to its area."""
    corner = corner_of(ROW, COLUMN)
    links = models.DynamicConfigValue("links", [_link(words, "${__data.fields[0]:percentencode}")])
    return (
        crossed(panel, ROW, COLUMN, value, names.columns)
        .override_by_regexp("/.*/", [links])
        .override_by_name(corner, plain(words("variable.area")))
    )


def _link(words: Words, area: str) -> dict[str, object]:
    """By the area's name, which the table holds: Grafana finds a variable's value by its text as well."""
    kept = "&".join(f"${{{name}:queryparam}}" for name in (SERVICE, OBJECTIVE, WINDOW))
    url = f"/d/{AREA_UID}-{words.language}?var-{AREA}={area}&{kept}"
    return {"title": words("link.area"), "url": url, "targetBlank": False}


def _now(words: Words) -> PanelBuilder:
    """Missions in progress that are late already, by area, most first."""
    overdue, opened = (
        places(f"sum by ({SERVICE}, {AREA}) ({of_leaf_categories(newest(metric, PARTS), HERE)})")
        for metric in (metrics.RESPONSE_MISSIONS_OVERDUE, metrics.RESPONSE_MISSIONS_OPEN)
    )
    panel = cells(
        _head(words, "overdue"),
        [Query(f"sort_desc({overdue})"), Query(opened)],
        unit=COUNT,
        thresholds=steps((None, SLATE), (1, ORANGE), (3, VERMILLION)),
    )
    return (
        panel.transformations(
            [
                models.DataTransformerConfig(id_val="merge", options={}),
                models.DataTransformerConfig(
                    id_val="organize",
                    options={
                        "excludeByName": {"Time": True, SERVICE: True, AREA: True},
                        "indexByName": {ROW: 0, f"{VALUE} #A": 1, f"{VALUE} #B": 2},
                        "renameByName": {
                            ROW: words("variable.area"),
                            f"{VALUE} #A": words("name.overdue"),
                            f"{VALUE} #B": words("name.open"),
                        },
                    },
                ),
                models.DataTransformerConfig(
                    id_val="sortBy", options={"sort": [{"field": words("name.overdue"), "desc": True}]}
                ),
            ]
        )
        .override_by_name(
            words("variable.area"),
            [
                models.DynamicConfigValue("links", [_link(words, "${__value.raw:percentencode}")]),
                models.DynamicConfigValue("custom.cellOptions", {"type": "auto"}),
            ],
        )
        .override_by_name(words("name.open"), [models.DynamicConfigValue("custom.cellOptions", {"type": "auto"})])
    )


def _budget(words: Words, names: Names, key: str) -> PanelBuilder:
    place = (CHOSEN, (WINDOW, "=~", BUDGETS[key]), PARTS)
    panel = cells(
        _head(words, f"budget.{key}"),
        [Query(f"sort({by_area(left(*place))})")],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (FEW_LEFT, BLUE)),
        mappings=[not_a_number()],
    )
    return _by_area(panel, VALUE, words, names)

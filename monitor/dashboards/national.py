"""The national overview: how the country stands, which area is worst, what is late now, whether to believe it."""

from typing import Final

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from monitor.alerts.promql import AREAS, POOL
from monitor.core.service import Objective
from monitor.dashboards.frame import (
    DISTRICT_UID,
    NATIONAL_UID,
    Names,
    PanelBuilder,
    Shelf,
    begun,
    filled,
    window_variable,
)
from monitor.dashboards.freshness import banner
from monitor.dashboards.palette import BLUE, GREY, ORANGE, PURPLE, SLATE, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    DASHED,
    SECONDS,
    Head,
    Query,
    alarms,
    banded,
    cells,
    corner_of,
    crossed,
    drawn,
    figures,
    judged,
    lines,
    not_a_number,
    note,
    steps,
    verdict_cells,
)  # fmt: skip
from monitor.dashboards.queries import CELL, at, matrix, newest
from monitor.dashboards.words import Words
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, CATEGORY, OBJECTIVE, SERVICE

FEW_LEFT: Final = 3
"""A budget of fewer further late missions is nearly used up."""
VALUE: Final = "Value"


def national(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = begun(
        words("national.title"), words("national.description"), NATIONAL_UID, words, since="now-90d", refresh="30s"
    ).with_variable(window_variable(words, names))
    third = 24 // len(names.categories)
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            *(
                Shelf(
                    4,
                    [(_pool(words, one, objective), third) for one in names.categories],
                    title="" if place else words("row.country"),
                )
                for place, objective in enumerate(names.objectives)
            ),
            Shelf(14, [(_matrix(words, names), 14), (_now(words, names), 5), (alarms(_head(words, "alarms")), 5)],
                  title=words("row.districts")),
            Shelf(3, [(note(_head(words, "legend"), words.legend()), 24)]),
            Shelf(14, [(_budget(words, names, one), 12) for one in ("tertial", "year")], title=words("row.budget")),
            Shelf(9, [(_trend(words, one, names.watched), third) for one in names.categories],
                  title=words("row.trend")),
        ],
    )  # fmt: skip


def _head(words: Words, key: str, **fill: str) -> Head:
    return Head(words(f"{key}.title", **fill), words(f"{key}.description", **fill))


def _pool(words: Words, category: str, objective: Objective) -> PanelBuilder:
    series, percentile = (POOL, (CATEGORY, "=", category)), f"{objective.percentile:g}"
    place = at(objective, *series)
    panel: stat.Panel = figures(
        _head(words, f"country.{percentile}", settlement=words.settlement(category)),
        [
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), words(f"name.p{percentile}")),
            Query(
                newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (OBJECTIVE, "=", objective.slug), *series),
                words(f"name.target{percentile}"),
            ),
            Query(newest(metrics.RESPONSE_VERDICT, *place), words("name.verdict")),
        ],
        unit=SECONDS,
        decimals=1,
    )
    return judged(panel, words("name.verdict"), words)


def _matrix(words: Words, names: Names) -> PanelBuilder:
    panel = cells(
        _head(words, "matrix"), [Query(matrix(*at(names.watched, AREAS)))], unit=units.String,
        mappings=verdict_cells(words),
    )  # fmt: skip
    return _by_area(panel, CELL, words, names)


def _by_area(panel: table.Panel, value: str, words: Words, names: Names) -> table.Panel:
    """Areas down, categories across; every cell leads to its area."""
    heads = {one: words.settlement(one) for one in names.categories}
    corner = corner_of(AREA, CATEGORY)
    rows = models.ValueMap({slug: models.ValueMappingResult(text=name) for slug, name in names.areas.items()})
    leads = [_link(words, "${__data.fields[0]}")]
    return (
        crossed(panel, AREA, CATEGORY, value, heads)
        .override_by_name(
            corner,
            [
                models.DynamicConfigValue("displayName", words("variable.district")),
                models.DynamicConfigValue("mappings", [rows]),
                models.DynamicConfigValue("links", [_link(words, "${__value.raw}")]),
                models.DynamicConfigValue("custom.cellOptions", {"type": "auto"}),
                models.DynamicConfigValue("custom.width", 180),
            ],
        )
        .override_by_regexp(
            f"/^({'|'.join(heads.values())})$/", [models.DynamicConfigValue("links", leads)]
        )
    )  # fmt: skip


def _link(words: Words, area: str) -> dict[str, object]:
    url = f"/d/{DISTRICT_UID}-{words.language}?var-{AREA}={area}&${{{SERVICE}:queryparam}}&${{window:queryparam}}"
    return {"title": words("link.district"), "url": url, "targetBlank": False}


def _now(words: Words, names: Names) -> PanelBuilder:
    """Missions in progress that are late already, by area, most first."""
    overdue = f"sum by ({AREA}) ({newest(metrics.RESPONSE_MISSIONS_OVERDUE, AREAS)})"
    opened = f"sum by ({AREA}) ({newest(metrics.RESPONSE_MISSIONS_OPEN, AREAS)})"
    rows = models.ValueMap({slug: models.ValueMappingResult(text=name) for slug, name in names.areas.items()})
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
                        "excludeByName": {"Time": True},
                        "indexByName": {AREA: 0, f"{VALUE} #A": 1, f"{VALUE} #B": 2},
                        "renameByName": {
                            AREA: words("variable.district"),
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
            words("variable.district"),
            [
                models.DynamicConfigValue("mappings", [rows]),
                models.DynamicConfigValue("links", [_link(words, "${__value.raw}")]),
                models.DynamicConfigValue("custom.cellOptions", {"type": "auto"}),
            ],
        )
        .override_by_name(words("name.open"), [models.DynamicConfigValue("custom.cellOptions", {"type": "auto"})])
    )


def _budget(words: Words, names: Names, window: str) -> PanelBuilder:
    place = at(names.watched, AREAS, window=window)
    panel = cells(
        _head(words, f"budget.{window}"),
        [Query(f"sort({newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *place)})")],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (FEW_LEFT, BLUE)),
        mappings=[not_a_number()],
    )
    return _by_area(panel, VALUE, words, names)


def _trend(words: Words, category: str, objective: Objective) -> PanelBuilder:
    series, percentile = (POOL, (CATEGORY, "=", category)), f"{objective.percentile:g}"
    figure, lower, upper = words(f"name.p{percentile}"), words("name.lower"), words("name.upper")
    target = words(f"name.target{percentile}")
    place = at(objective, *series)
    panel = lines(
        _head(words, "trend", settlement=words.settlement(category)),
        [
            Query(newest(metrics.RESPONSE_TIME_LOWER_SECONDS, *place), lower),
            Query(newest(metrics.RESPONSE_TIME_UPPER_SECONDS, *place), upper),
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), figure),
            Query(newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (OBJECTIVE, "=", objective.slug), *series), target),
        ],
        unit=SECONDS,
    )
    panel = drawn(banded(panel, lower, upper, GREY), figure, BLUE)
    return drawn(panel, target, PURPLE, lineStyle=DASHED)

"""The national overview: how the country stands, which district is worst, what is late now, whether to believe it."""

from typing import Final

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from monitor.alerts.promql import COUNTRY, DISTRICTS
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
from monitor.dashboards.queries import CELL, GOAL, REQUIREMENT, at, matrix, newest, verdict_code
from monitor.dashboards.words import Words
from monitor.exporter import metrics
from monitor.exporter.metrics import DISTRICT, PERCENTILE, SETTLEMENT

FEW_LEFT: Final = 3
"""A budget of fewer further late missions is nearly used up."""
VALUE: Final = "Value"


def national(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = begun(
        words("national.title"), words("national.description"), NATIONAL_UID, words, since="now-90d", refresh="30s"
    ).with_variable(window_variable(words, names))
    third = 24 // len(names.settlements)
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(
                4,
                [(_class(words, one, REQUIREMENT), third) for one in names.settlements],
                title=words("row.country"),
            ),
            Shelf(4, [(_class(words, one, GOAL), third) for one in names.settlements]),
            Shelf(14, [(_matrix(words, names), 14), (_now(words, names), 5), (alarms(_head(words, "alarms")), 5)],
                  title=words("row.districts")),
            Shelf(3, [(note(_head(words, "legend"), words.legend()), 24)]),
            Shelf(14, [(_budget(words, names, one), 12) for one in ("tertial", "year")], title=words("row.budget")),
            Shelf(9, [(_trend(words, one), third) for one in names.settlements], title=words("row.trend")),
        ],
    )  # fmt: skip


def _head(words: Words, key: str, **fill: str) -> Head:
    return Head(words(f"{key}.title", **fill), words(f"{key}.description", **fill))


def _class(words: Words, settlement: str, percentile: str) -> PanelBuilder:
    series = (COUNTRY, (SETTLEMENT, "=", settlement))
    place = at(percentile, *series)
    panel: stat.Panel = figures(
        _head(words, f"country.{percentile}", settlement=words.settlement(settlement)),
        [
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), words(f"name.p{percentile}")),
            Query(
                newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (PERCENTILE, "=", percentile), *series),
                words(f"name.target{percentile}"),
            ),
            Query(verdict_code(*place), words("name.verdict")),
        ],
        unit=SECONDS,
        decimals=1,
    )
    return judged(panel, words("name.verdict"), words)


def _matrix(words: Words, names: Names) -> PanelBuilder:
    panel = cells(
        _head(words, "matrix"), [Query(matrix(*at(REQUIREMENT, DISTRICTS)))], unit=units.String,
        mappings=verdict_cells(words),
    )  # fmt: skip
    return _by_district(panel, CELL, words, names)


def _by_district(panel: table.Panel, value: str, words: Words, names: Names) -> table.Panel:
    """Districts down, classes across; every cell leads to its district."""
    heads = {one: words.settlement(one) for one in names.settlements}
    corner = corner_of(DISTRICT, SETTLEMENT)
    rows = models.ValueMap({slug: models.ValueMappingResult(text=name) for slug, name in names.areas.items()})
    leads = [_link(words, "${__data.fields[0]}")]
    return (
        crossed(panel, DISTRICT, SETTLEMENT, value, heads)
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


def _link(words: Words, district: str) -> dict[str, object]:
    url = f"/d/{DISTRICT_UID}-{words.language}?var-{DISTRICT}={district}&${{window:queryparam}}"
    return {"title": words("link.district"), "url": url, "targetBlank": False}


def _now(words: Words, names: Names) -> PanelBuilder:
    """Missions in progress that are late already, by district, most first."""
    overdue = f"sum by ({DISTRICT}) ({newest(metrics.RESPONSE_MISSIONS_OVERDUE, DISTRICTS)})"
    opened = f"sum by ({DISTRICT}) ({newest(metrics.RESPONSE_MISSIONS_OPEN, DISTRICTS)})"
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
                        "indexByName": {DISTRICT: 0, f"{VALUE} #A": 1, f"{VALUE} #B": 2},
                        "renameByName": {
                            DISTRICT: words("variable.district"),
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
    place = at(REQUIREMENT, DISTRICTS, window=window)
    panel = cells(
        _head(words, f"budget.{window}"),
        [Query(f"sort({newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *place)})")],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (FEW_LEFT, BLUE)),
        mappings=[not_a_number()],
    )
    return _by_district(panel, VALUE, words, names)


def _trend(words: Words, settlement: str) -> PanelBuilder:
    series = (COUNTRY, (SETTLEMENT, "=", settlement))
    p80, lower, upper = words("name.p80"), words("name.lower"), words("name.upper")
    target = words("name.target80")
    place = at(REQUIREMENT, *series)
    panel = lines(
        _head(words, "trend", settlement=words.settlement(settlement)),
        [
            Query(newest(metrics.RESPONSE_TIME_LOWER_SECONDS, *place), lower),
            Query(newest(metrics.RESPONSE_TIME_UPPER_SECONDS, *place), upper),
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), p80),
            Query(newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (PERCENTILE, "=", REQUIREMENT), *series), target),
        ],
        unit=SECONDS,
    )
    panel = drawn(banded(panel, lower, upper, GREY), p80, BLUE)
    return drawn(panel, target, PURPLE, lineStyle=DASHED)

"""Panels that stand on several dashboards: how objectives stand, and an objective's value over time."""

from grafana_foundation_sdk.models import units

from monitor import metrics
from monitor.alerts.promql import Matcher
from monitor.dashboards.frame import Names, PanelBuilder
from monitor.dashboards.palette import BLUE, GREY, PURPLE
from monitor.dashboards.panels import (
    DASHED,
    SECONDS,
    Head,
    Query,
    banded,
    cells,
    corner_of,
    crossed,
    drawn,
    lines,
    plain,
    verdict_cells,
)
from monitor.dashboards.queries import CELL, CHOSEN, COLUMN, ROW, at, by_objective, judged_cells, newest
from monitor.dashboards.words import Words
from monitor.metrics import CATEGORY, OBJECTIVE, WINDOW


def standing(words: Words, names: Names, *place: Matcher) -> PanelBuilder:
    """Every objective of an area, by category: verdict and value in each cell."""
    query = judged_cells(*place, (WINDOW, "=", f"${WINDOW}"), by=(CATEGORY, OBJECTIVE))
    panel = cells(
        Head(words("standing.title"), words("standing.description")),
        [Query(f"sort_desc({by_objective(query)})")],
        unit=units.String,
        mappings=verdict_cells(words),
    )
    return crossed(panel, ROW, COLUMN, CELL, names.columns).override_by_name(
        corner_of(ROW, COLUMN), plain(words("variable.objective"))
    )


def times(words: Words, key: str, area: Matcher) -> PanelBuilder:
    """What the objective is about, with its interval and target, of the category that the panel or row repeats."""
    value, target = words("name.value"), words("name.target")
    lower, upper = words("name.lower"), words("name.upper")
    series = (area, (CATEGORY, "=~", f"${CATEGORY}"))
    panel = lines(
        Head(words(f"{key}.title"), words(f"{key}.description")),
        [
            Query(newest(metrics.RESPONSE_TIME_LOWER_SECONDS, *at(*series)), lower),
            Query(newest(metrics.RESPONSE_TIME_UPPER_SECONDS, *at(*series)), upper),
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *at(*series)), value),
            Query(newest(metrics.RESPONSE_TIME_TARGET_SECONDS, CHOSEN, *series), target),
        ],
        unit=SECONDS,
    )
    return drawn(drawn(banded(panel, lower, upper, GREY), value, BLUE), target, PURPLE, lineStyle=DASHED)

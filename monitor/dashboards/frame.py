"""What all dashboards share: data source variable, window, links among them, time range, and where panels stand.

A dashboard is a list of shelves from top to bottom; each shelf is as high as it says and 24 columns wide.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from monitor.core.service import Objective
from monitor.core.targets import NATIONAL
from monitor.dashboards.panels import SOURCE, reference
from monitor.dashboards.queries import chosen
from monitor.dashboards.words import Words
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, CATEGORY, SERVICE, WINDOW

COLUMNS: Final = 24
TAG: Final = "response-time"
ALL: Final = "$__all"
EVERYTHING: Final = ".*"
"""What "All" stands for in a regular expression."""
NATIONAL_UID: Final = "response-national"
DISTRICT_UID: Final = "response-district"
PIPELINE_UID: Final = "response-pipeline"
PREFERRED_WINDOW: Final = "28d"

PanelBuilder = Builder[models.Panel]


@dataclass(frozen=True, slots=True)
class Names:
    """What the configuration brings: names of areas by slug, and the objectives, those that page first."""

    areas: Mapping[str, str]
    categories: tuple[str, ...]
    objectives: tuple[Objective, ...]
    windows: tuple[str, ...]

    @property
    def watched(self) -> Objective:
        """The objective that is shown where there is room for one."""
        return self.objectives[0]

    @property
    def window(self) -> str:
        """The window shown first."""
        return PREFERRED_WINDOW if PREFERRED_WINDOW in self.windows else self.windows[0]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Panels side by side: (panel, columns). A titled shelf begins a row that can be folded, or repeated."""

    height: int
    panels: Sequence[tuple[PanelBuilder, int]]
    title: str = ""
    repeat: str = ""


def begun(title: str, description: str, uid: str, words: Words, *, since: str, refresh: str) -> builders.Dashboard:
    """An empty dashboard with what all of them have."""
    dashboard = (
        builders.Dashboard(title)
        .uid(f"{uid}-{words.language}")
        .description(description)
        .tags([TAG, words.language])
        .timezone("browser")
        .week_start("monday")
        .time(since, "now")
        .refresh(refresh)
        .timepicker(builders.TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m", "15m"]))
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(
            builders.DatasourceVariable(SOURCE)
            .label(words("variable.datasource"))
            .description(words("variable.datasource.help"))
            .type("prometheus")
        )
        .with_variable(service_variable(words))
    )
    for other, key in ((NATIONAL_UID, "national"), (DISTRICT_UID, "district"), (PIPELINE_UID, "pipeline")):
        if other != uid:
            dashboard = dashboard.link(
                builders.DashboardLink(words(f"{key}.title"))
                .type(models.DashboardLinkType.LINK)
                .url(f"/d/{other}-{words.language}")
                .tooltip(words(f"{key}.description"))
                .icon("dashboard")
                .keep_time(False)
                .include_vars(False)
            )
    return dashboard


def service_variable(words: Words) -> builders.QueryVariable:
    """Whose missions are shown: the first there is."""
    return (
        builders.QueryVariable(SERVICE)
        .label(words("variable.service"))
        .description(words("variable.service.help"))
        .datasource(reference())
        .query(_query(f"label_values({metrics.RESPONSE_OBJECTIVE_INFO.name}, {SERVICE})"))
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def window_variable(words: Words, names: Names) -> builders.QueryVariable:
    """Which missions the figures look at."""
    series = chosen(metrics.RESPONSE_VERDICT, (AREA, "=", NATIONAL))
    return (
        builders.QueryVariable(WINDOW)
        .label(words("variable.window"))
        .description(words("variable.window.help"))
        .datasource(reference())
        .query(_query(f"label_values({series}, {WINDOW})"))
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.DISABLED)
        .current(models.VariableOption(text=names.window, value=names.window))
    )


def category_variable(words: Words) -> builders.QueryVariable:
    """Which categories are shown; all of them at first."""
    series = chosen(metrics.RESPONSE_MISSIONS_OPEN, (AREA, "=", NATIONAL))
    return (
        builders.QueryVariable(CATEGORY)
        .label(words("variable.settlement"))
        .description(words("variable.settlement.help"))
        .datasource(reference())
        .query(_query(f"label_values({series}, {CATEGORY})"))
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .multi(True)
        .include_all(True)
        .all_value(EVERYTHING)
        .current(models.VariableOption(text=[words("variable.all")], value=[ALL]))
    )


def instance_variable(words: Words) -> builders.QueryVariable:
    """Which workers are shown; all of them at first."""
    return (
        builders.QueryVariable("instance")
        .label(words("variable.instance"))
        .description(words("variable.instance.help"))
        .datasource(reference())
        .query(_query(f"label_values({chosen(metrics.PARTITIONS_ASSIGNED)}, instance)"))
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(EVERYTHING)
        .current(models.VariableOption(text=[words("variable.all")], value=[ALL]))
    )


def area_variable(words: Words, names: Names) -> builders.CustomVariable:
    """Which area is shown, by the name that people use; the pool of all is one of them."""
    options = [
        models.VariableOption(text=name.replace(",", " "), value=slug, selected=not place)
        for place, (slug, name) in enumerate(names.areas.items())
        if slug != NATIONAL
    ]
    options.append(models.VariableOption(text=words("area.national"), value=NATIONAL, selected=False))
    options[0].selected = True
    return (
        builders.CustomVariable(AREA)
        .label(words("variable.district"))
        .description(words("variable.district.help"))
        .values(", ".join(f"{option.text} : {option.value}" for option in options))
        .options(options)
        .current(options[0])
    )


def filled(dashboard: builders.Dashboard, shelves: Sequence[Shelf]) -> str:
    """The dashboard with its panels in place, as the JSON that Grafana reads."""
    top = 0
    number = 0
    for shelf in shelves:
        if shelf.title:
            number += 1
            row = builders.Row(shelf.title).id(number).collapsed(False)
            row = row.grid_pos(models.GridPos(x=0, y=top, h=1, w=COLUMNS))
            dashboard = dashboard.with_row(row.repeat(shelf.repeat) if shelf.repeat else row)
            top += 1
        left = 0
        for panel, width in shelf.panels:
            number += 1
            built = panel.build()
            built.id_val = number
            built.grid_pos = models.GridPos(x=left, y=top, h=shelf.height, w=width)
            dashboard = dashboard.with_panel(_Built(built))
            left += width
        if left > COLUMNS:
            raise ValueError(f"a shelf is {left} columns wide, there are {COLUMNS}")
        top += shelf.height
    return json.dumps(dashboard.build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class _Built(Builder[models.Panel]):
    panel: models.Panel

    def build(self) -> models.Panel:
        return self.panel


def _query(text: str) -> dict[str, Any]:
    return {"query": text, "refId": "StandardVariableQuery", "qryType": 1}

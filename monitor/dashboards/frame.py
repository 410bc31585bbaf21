"""What all dashboards share: data source variable, window, links among them, time range, and where panels stand.

A dashboard is a list of shelves from top to bottom; each shelf is as high as it says and 24 columns wide.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from monitor import metrics
from monitor.alerts.promql import greatest
from monitor.dashboards.panels import SOURCE, reference
from monitor.dashboards.queries import INFO, ROOT, chosen, with_duties_first
from monitor.dashboards.words import Words
from monitor.metrics import AREA, CATEGORY, CLOCK, NAME, OBJECTIVE, SERVICE, WINDOW, WITHIN

COLUMNS: Final = 24
TAG: Final = "response-time"
ALL: Final = "$__all"
EVERYTHING: Final = ".*"
"""What "All" stands for in a regular expression."""
OVERVIEW_UID: Final = "response-overview"
AREA_UID: Final = "response-area"
PIPELINE_UID: Final = "response-pipeline"
FIRST_WINDOW: Final = "28d"
MOST_BESIDE: Final = 4
"""Repeated panels in one line."""
LABEL_VALUES: Final = 1
QUERY_RESULT: Final = 3
"""Kinds of a Prometheus query variable, as Grafana numbers them."""

PanelBuilder = Builder[models.Panel]


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of the service that the files are made for; they fit any other, which may order it less well.

    `columns`: names of categories, in order. `areas`: names by (service, area).
    """

    columns: tuple[str, ...]
    areas: Mapping[tuple[str, str], str]
    watched: bool
    """Whether any of its objectives has an alarm to show."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Panels side by side: (panel, columns). A titled shelf begins a row that can be folded.

    `repeat` names a variable: there is such a row, or without a title such a panel, for each of its values.
    """

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
    for other, key in ((OVERVIEW_UID, "overview"), (AREA_UID, "area"), (PIPELINE_UID, "pipeline")):
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
    return _values(SERVICE, words, f"label_values({metrics.RESPONSE_OBJECTIVE_INFO.name}, {SERVICE})").sort(
        models.VariableSort.ALPHABETICAL_ASC
    )


def window_variable(words: Words) -> builders.QueryVariable:
    """Which missions the figures look at."""
    return _values(WINDOW, words, f"label_values({chosen(metrics.RESPONSE_MISSIONS_EXCLUDED)}, {WINDOW})").current(
        models.VariableOption(text=FIRST_WINDOW, value=FIRST_WINDOW)
    )


def objective_variable(words: Words) -> builders.QueryVariable:
    """By which objective it is judged: one that pages first."""
    return _results(OBJECTIVE, words, with_duties_first(), f'/{OBJECTIVE}="([^"]+)"/')


def area_variable(words: Words) -> builders.QueryVariable:
    """Which area is shown, by the name that people use; the pool of all is one of them."""
    return _named(AREA, words).sort(models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)


def category_variable(words: Words) -> builders.QueryVariable:
    """Which categories are shown; all of them at first."""
    return _all(_named(CATEGORY, words), words)


def root_variable(words: Words) -> builders.QueryVariable:
    """The area that holds all others; nobody needs to see the variable."""
    root = chosen(metrics.RESPONSE_AREA_INFO, (WITHIN, "=", ""))
    return _values(ROOT, words, f"label_values({root}, {AREA})").hide(models.VariableHide.HIDE_VARIABLE)


def clock_variable(words: Words) -> builders.QueryVariable:
    """The clock of the objective; it follows that."""
    clock = chosen(metrics.RESPONSE_OBJECTIVE_INFO, (OBJECTIVE, "=", f"${OBJECTIVE}"))
    return _values(CLOCK, words, f"label_values({clock}, {CLOCK})").hide(models.VariableHide.HIDE_VARIABLE)


def _values(name: str, words: Words, query: str) -> builders.QueryVariable:
    """The values of a label, as they come."""
    return (
        builders.QueryVariable(name)
        .label(words(f"variable.{name}"))
        .description(words(f"variable.{name}.help"))
        .datasource(reference())
        .query({"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery", "qryType": LABEL_VALUES})
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.DISABLED)
    )


def _results(name: str, words: Words, expression: str, regex: str) -> builders.QueryVariable:
    """What an expression gives, of which a pattern takes value and text."""
    query = {"query": f"query_result({expression})", "refId": "PrometheusVariableQueryEditor-VariableQuery",
             "qryType": QUERY_RESULT}  # fmt: skip
    return _values(name, words, "").query(query).regex(regex)


def _named(label: str, words: Words) -> builders.QueryVariable:
    """The values of a label by the names that people use."""
    names = greatest(chosen(INFO[label]), label, NAME)
    return _results(label, words, names, f'/{label}="(?<value>[^"]+)|{NAME}="(?<text>[^"]+)/g')


def _all(variable: builders.QueryVariable, words: Words) -> builders.QueryVariable:
    """Several may be chosen; all are at first."""
    return (
        variable.multi(True)
        .include_all(True)
        .all_value(EVERYTHING)
        .current(models.VariableOption(text=[words("variable.all")], value=[ALL]))
    )


def instance_variable(words: Words) -> builders.QueryVariable:
    """Which workers are shown; all of them at first."""
    query = f"label_values({chosen(metrics.PARTITIONS_ASSIGNED)}, instance)"
    return (
        _all(_values("instance", words, query), words)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
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
            if shelf.repeat and not shelf.title:
                built.repeat, built.repeat_direction = shelf.repeat, "h"
                built.max_per_row = MOST_BESIDE
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

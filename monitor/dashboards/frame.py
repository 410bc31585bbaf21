"""What all dashboards share: data source variable, window, links among them, time range, and where panels stand.

A dashboard is a list of shelves from top to bottom; each shelf is as high as it says and 24 columns wide.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor import metrics
from monitor.alerts.promql import greatest
from monitor.core import windows
from monitor.core.alarm import watched
from monitor.core.service import Service, named
from monitor.dashboards.panels import REFERENCE, SOURCE, Panel, transformed
from monitor.dashboards.queries import INFO, ROOT, by_duty, chosen
from monitor.dashboards.words import Words
from monitor.metrics import AREA, CATEGORY, CLOCK, NAME, OBJECTIVE, SERVICE, WINDOW, WITHIN
from monitor.words import names
from monitor.words.catalogue import SOURCE as ENGLISH

COLUMNS: Final = 24
LINE: Final = 160
"""Letters of a line of the files."""
ROW_PIXELS: Final = 30
GAP_PIXELS: Final = 8
"""Of Grafana's grid."""
SCHEMA: Final = 41
TAG: Final = "response-time"
EVERYTHING: Final = ".+"
"""What "All" stands for in a regular expression: what has no such label is none of all."""
OVERVIEW_UID: Final = "response-overview"
AREA_UID: Final = "response-area"
PIPELINE_UID: Final = "response-pipeline"
FIRST_WINDOW: Final = "28d"
MOST_BESIDE: Final = 4
"""Repeated panels in one line."""
APART: Final = " · "
"""Between category and window in the name of a line."""
LABEL_VALUES: Final = 1
QUERY_RESULT: Final = 3
"""Kinds of a Prometheus query variable, as Grafana numbers them."""
BY_TEXT: Final = 1
"""How Grafana numbers the order by text. That whatever its case (5) is lost where it is turned into schema v2."""


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of the service that the files are made for; any other is told by its slugs."""

    service: Service

    @property
    def watched(self) -> bool:
        """Whether any objective has an alarm to show."""
        return bool(watched(self.service.objectives))

    @property
    def areas(self) -> Mapping[tuple[str, str], str]:
        """English names by (service, area), as the exporter tells them."""
        return {(self.service.slug, area): self._english_area(area) for area in self.service.judged_areas}

    def area_texts(self, words: Words, *, english: bool = False) -> Mapping[str, str]:
        """What the reader calls an area, by its slug, or by its English name."""
        return {
            self._english_area(area) if english else area: names.area(words.say, self.service, area)
            for area in self.service.judged_areas
        }

    def categories(self, words: Words) -> Mapping[str, str]:
        """What the reader calls a category, by its slug, in their order."""
        return {one.slug: names.category(words.say, self.service, one.slug) for one in self.service.categories}

    def objectives(self, words: Words) -> Mapping[str, str]:
        """What the reader calls an objective, by its slug."""
        return {one.slug: names.objective(words.say, one) for one in self.service.objectives}

    def _english_area(self, area: str) -> str:
        return named(self.service.area_names(area), ENGLISH, area)


def window_texts(words: Words) -> Mapping[str, str]:
    """What the reader calls a window; those that are told by default, of any service."""
    return {name: words.say.window(name) for name in windows.SHOWN}


def lines_named(words: Words, names: Names) -> list[Panel]:
    """Lines called `urban · tertial` get the reader's words."""
    renamed = {
        f"^{slug}{APART}(.+)$": f"{text}{APART}$1" for slug, text in names.categories(words).items() if slug != text
    }
    renamed |= {f"^(.+){APART}{slug}$": f"$1{APART}{text}" for slug, text in window_texts(words).items()}
    return [transformed("renameByRegex", regex=regex, renamePattern=text) for regex, text in renamed.items()]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Panels side by side: (panel, columns). A titled shelf begins a row that can be folded.

    `repeat` names a variable: there is such a row, or without a title such a panel, for each of its values.
    """

    height: int
    panels: Sequence[tuple[Panel, int]]
    title: str = ""
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the dashboards: its key among the words, its uid, its range and pace."""

    key: str
    uid: str
    since: str = "now-90d"
    refresh: str = "1m"


OVERVIEW: Final = Kind("overview", OVERVIEW_UID, refresh="30s")
AREA_PAGE: Final = Kind("area", AREA_UID)
PIPELINE: Final = Kind("pipeline", PIPELINE_UID, since="now-6h", refresh="10s")


def dashboard(kind: Kind, words: Words, variables: Sequence[Panel], shelves: Sequence[Shelf]) -> str:
    """The JSON that Grafana reads."""
    source = {
        "type": "datasource", "name": SOURCE, "label": words("variable.datasource"),
        "description": words("variable.datasource.help"), "query": "prometheus",
    }  # fmt: skip
    made = {
        "uid": f"{kind.uid}-{words.language}",
        "title": words(f"{kind.key}.title"),
        "description": words(f"{kind.key}.description"),
        "tags": [TAG, words.language],
        "schemaVersion": SCHEMA,
        "editable": False,
        "timezone": "browser",
        "weekStart": "monday",
        "graphTooltip": 1,
        "time": {"from": kind.since, "to": "now"},
        "refresh": kind.refresh,
        "links": [_link(other, words) for other in (OVERVIEW, AREA_PAGE, PIPELINE) if other != kind],
        "templating": {"list": [source, service_variable(words), *variables]},
        "annotations": {"list": []},
        "panels": _placed(shelves),
    }
    return written(made) + "\n"


def written(value: Any, margin: int = 0) -> str:
    """JSON for people to review: what has room in a line stands in one, as Grafana's own export never does."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + margin <= LINE or not isinstance(value, dict | list) or not value:
        return line
    inner = "\n" + " " * (margin + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {written(one, margin + 1)}" for key, one in value.items()]
        return "{" + inner + f",{inner}".join(parts) + "\n" + " " * margin + "}"
    return "[" + inner + f",{inner}".join(written(one, margin + 1) for one in value) + "\n" + " " * margin + "]"


def _link(other: Kind, words: Words) -> Panel:
    url = f"/d/{other.uid}-{words.language}?${{{SERVICE}:queryparam}}"
    return {
        "type": "link", "icon": "dashboard", "title": words(f"{other.key}.title"),
        "url": url, "tags": [],
    }  # fmt: skip


def service_variable(words: Words) -> Panel:
    """Whose missions are shown: the first there is."""
    return _values(SERVICE, words, f"label_values({metrics.RESPONSE_OBJECTIVE_INFO.name}, {SERVICE})", sort=BY_TEXT)


def area_variable(words: Words) -> Panel:
    """Which area is shown, by the name that people use; the pool of all is one of them."""
    return _results(AREA, words, greatest(chosen(INFO[AREA]), AREA, NAME), sort=BY_TEXT)


def category_variable(words: Words, names: Names) -> Panel:
    """Which categories are shown; all of them at first."""
    known = greatest(chosen(INFO[CATEGORY]), CATEGORY, NAME)
    variable = _results(CATEGORY, words, _renamed(known, CATEGORY, names.categories(words)))
    return _all(variable, words)


def objective_variable(words: Words, names: Names) -> Panel:
    """By which objective it is judged: one that pages first."""
    ranked = _renamed(by_duty(), OBJECTIVE, names.objectives(words), every=True)
    return _results(OBJECTIVE, words, f"sort_desc({ranked})")


def window_variable(words: Words) -> Panel:
    """Which missions the figures look at."""
    there = f"count by ({WINDOW}) ({chosen(metrics.RESPONSE_MISSIONS_MEASURED)})"
    variable = _results(WINDOW, words, _renamed(there, WINDOW, window_texts(words), every=True), sort=BY_TEXT)
    return {**variable, "current": {"text": words.say.window(FIRST_WINDOW), "value": FIRST_WINDOW}}


def root_variable(words: Words) -> Panel:
    """The area that holds all others; nobody needs to see the variable."""
    root = chosen(metrics.RESPONSE_AREA_INFO, (WITHIN, "=", ""))
    return {**_values(ROOT, words, f"label_values({root}, {AREA})"), "hide": 2}


def clock_variable(words: Words) -> Panel:
    """The clock of the objective; it follows that."""
    clock = chosen(metrics.RESPONSE_OBJECTIVE_INFO, (OBJECTIVE, "=", f"${OBJECTIVE}"))
    return {**_values(CLOCK, words, f"label_values({clock}, {CLOCK})"), "hide": 2}


def instance_variable(words: Words) -> Panel:
    """Which workers are shown; all of them at first."""
    query = f"label_values({chosen(metrics.PARTITIONS_ASSIGNED)}, instance)"
    return {**_all(_values("instance", words, query, sort=BY_TEXT), words), "refresh": 2}


def _values(name: str, words: Words, query: str, *, sort: int = 0, kind: int = LABEL_VALUES) -> Panel:
    """The values of a label, as they come."""
    return {
        "type": "query", "name": name, "label": words(f"variable.{name}"),
        "description": words(f"variable.{name}.help"), "datasource": REFERENCE,
        "query": {"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery", "qryType": kind},
        "refresh": 1, **({"sort": sort} if sort else {}),
    }  # fmt: skip


def _results(name: str, words: Words, expression: str, *, sort: int = 0) -> Panel:
    """What an expression gives: the value is one label, the text another."""
    variable = _values(name, words, f"query_result({expression})", sort=sort, kind=QUERY_RESULT)
    return {**variable, "regex": f'/{name}="(?<value>[^"]+)|{NAME}="(?<text>[^"]+)/g'}


def _renamed(expression: str, label: str, texts: Mapping[str, str], *, every: bool = False) -> str:
    """What the reader calls otherwise gets that name; `every` one has its slug for a name at first."""
    if every:
        expression = f'label_replace({expression}, "{NAME}", "$1", "{label}", "(.+)")'
    for slug, text in texts.items():
        if slug != text:
            expression = f'label_replace({expression}, "{NAME}", "{text}", "{label}", "{slug}")'
    return expression


def _all(variable: Panel, words: Words) -> Panel:
    """Several may be chosen; all are at first."""
    current = {"text": [words("variable.all")], "value": ["$__all"]}
    return {**variable, "multi": True, "includeAll": True, "allValue": EVERYTHING, "current": current}


def _placed(shelves: Sequence[Shelf]) -> list[Panel]:
    """The panels, numbered, each in its place. Raises ValueError where a shelf is too wide."""
    placed: list[dict[str, Any]] = []
    top = 0
    for shelf in shelves:
        if shelf.title:
            repeats: Panel = {"repeat": shelf.repeat} if shelf.repeat else {}
            where = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
            row = {"type": "row", "title": shelf.title, "collapsed": False, "panels": [], "gridPos": where, **repeats}
            placed.append({"id": len(placed) + 1, **row})
            top += 1
        left = 0
        for panel, width in shelf.panels:
            repeat: Panel = {"repeat": shelf.repeat, "repeatDirection": "h", "maxPerRow": MOST_BESIDE}
            where = {"x": left, "y": top, "w": width, "h": shelf.height}
            beside = repeat if shelf.repeat and not shelf.title else {}
            placed.append({"id": len(placed) + 1, **panel, "gridPos": where, **beside})
            left += width
        if left > COLUMNS:
            raise ValueError(f"a shelf is {left} columns wide, there are {COLUMNS}")
        top += shelf.height
    return placed


def rows_for(pixels: int) -> int:
    """So many rows of the grid hold that many pixels."""
    return -(-(pixels + GAP_PIXELS) // (ROW_PIXELS + GAP_PIXELS))

"""The overview of a service: which area is worst, what fires and is late now, how its whole stands, what is left.

The matrix comes first: on a small screen all of it is seen without scrolling. Whatever it names comes from labels, so
it fits every service in the Prometheus.
"""

from typing import Final

from monitor import metrics
from monitor.alerts import RULES
from monitor.alerts.promql import of_leaf_categories
from monitor.core import windows
from monitor.dashboards.frame import (
    AREA_UID,
    COLUMNS,
    OVERVIEW,
    Names,
    Shelf,
    category_variable,
    dashboard,
    objective_variable,
    root_variable,
    rows_for,
    window_variable,
)
from monitor.dashboards.palette import ORANGE, SLATE, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    MOMENT,
    TEXT,
    Panel,
    Query,
    arranged,
    cells,
    corner,
    crossed,
    hidden,
    mapped,
    plain,
    steps,
    transformed,
    verdict_cells,
    worst_first,
)
from monitor.dashboards.queries import (
    BETWEEN,
    CELL,
    CHOSEN,
    FIRING,
    HERE,
    PARTS,
    ROW,
    WHOLE,
    at,
    by_area,
    firing,
    judged_cells,
    left,
    newest,
)
from monitor.dashboards.shared import BUDGET, banner, legend, standing, text_rows, times
from monitor.dashboards.words import Words
from monitor.metrics import AREA, CATEGORY, NAME, OBJECTIVE, SERVICE, WINDOW

VALUE: Final = "Value"
SLUG: Final = "slug"
ALERTNAME: Final = FIRING[0]
BUDGETS: Final = {"part": "|".join(windows.PARTS), "year": "year"}
"""Official periods with a budget to spend: the part of the year that the service has, and the year."""
MOST_ROWS: Final = 14
"""Of the matrix: it ends above the fold of a screen 768 high; with more areas than that it scrolls."""
FEW_CATEGORIES: Final = 4
"""With more of them the matrix takes the whole width."""
_TABLE_PIXELS: Final = 36
_HEADED_PIXELS: Final = 52
_KEPT: Final = "&".join(f"${{{name}:queryparam}}" for name in (SERVICE, OBJECTIVE, WINDOW))


def overview(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    variables = [
        category_variable(words, names), objective_variable(words, names), window_variable(words),
        root_variable(words),
    ]  # fmt: skip
    listed = len(names.service.judged_areas)
    height = min(MOST_ROWS, max(8, rows_for(_HEADED_PIXELS + _TABLE_PIXELS * listed)))
    beside = [_firing(words, names), _now(words, names)]
    if len(names.service.categories) > FEW_CATEGORIES:
        first = [Shelf(height, [(_matrix(words, names), COLUMNS)]), Shelf(8, [(one, 12) for one in beside])]
    else:
        first = [Shelf(height, [(_matrix(words, names), 10), (beside[0], 8), (beside[1], 6)])]
    explained = legend(words, "legend")
    return dashboard(
        OVERVIEW, words, variables,
        [
            *first,
            Shelf(3, banner(words, WHOLE)),
            Shelf(max(6, text_rows(words.legend, 6)), [(standing(words, names, WHOLE), 18), (explained, 6)],
                  title=words("row.whole")),
            Shelf(height, [(_budget(words, names, key), 12) for key in BUDGETS], title=words("row.budget")),
            Shelf(1, [], title=words("row.trend")),
            Shelf(9, [(times(words, "trend", WHOLE), 24)], repeat=CATEGORY),
        ],
    )  # fmt: skip


def _link(words: Words, area: str) -> Panel:
    url = f"/d/{AREA_UID}-{words.language}?var-{AREA}={area}&{_KEPT}"
    return {"title": words("link.area"), "url": url, "targetBlank": False}


def _by_area(words: Words, names: Names, value: str) -> tuple[list[Panel], list[Panel]]:
    """Transformations and overrides: areas down, categories across, every cell leads to its area by the slug."""
    joined, categories = corner(ROW, CATEGORY), names.categories(words)
    area = words("variable.area")
    apart = rf"/(?<{SLUG}>[^{BETWEEN}]+)\{BETWEEN}(?<{NAME}>.+)/"
    links = {"id": "links", "value": [_link(words, f"${{__data.fields.{SLUG}}}")]}
    return [
        crossed(ROW, CATEGORY, value),
        transformed("extractFields", source=joined, format="regexp", regExp=apart),
        arranged((NAME, *categories, SLUG), without=[joined], named={NAME: area, **categories}),
    ], [
        {"matcher": {"id": "byRegexp", "options": "/.*/"}, "properties": [links]},
        plain(area, mappings=mapped(names.area_texts(words, english=True))),
        hidden(SLUG),
    ]  # fmt: skip


def _matrix(words: Words, names: Names) -> Panel:
    transformations, overrides = _by_area(words, names, CELL)
    return cells(
        words.head("matrix"), [Query(by_area(judged_cells(*at(PARTS))))], unit=TEXT, mappings=verdict_cells(words),
        transformations=[worst_first(CELL), *transformations], overrides=overrides,
    )  # fmt: skip


def _now(words: Words, names: Names) -> Panel:
    """Missions in progress that are late already, by area, most first."""
    overdue, opened = (
        f"sum by ({SERVICE}, {AREA}) ({of_leaf_categories(newest(metric, PARTS), HERE)})"
        for metric in (metrics.RESPONSE_MISSIONS_OVERDUE, metrics.RESPONSE_MISSIONS_OPEN)
    )
    late, going = f"{VALUE} #A", f"{VALUE} #B"
    area, told = words("variable.area"), (words("name.overdue"), words("name.open"))
    return cells(
        words.head("overdue"),
        [Query(f"sort_desc({overdue})"), Query(opened)],
        unit=COUNT,
        thresholds=steps((None, SLATE), (1, ORANGE), (3, VERMILLION)),
        transformations=[
            transformed("merge"),
            arranged((AREA, late, going), without=("Time", SERVICE),
                     named={AREA: area, late: told[0], going: told[1]}),
            worst_first(told[0]),
        ],
        overrides=[
            plain(area, custom__width=None, mappings=mapped(names.area_texts(words)),
                  links=[_link(words, "${__value.raw}")]),
            plain(told[1], custom__width=100),
        ],
    )  # fmt: skip


def _firing(words: Words, names: Names) -> Panel:
    """What fires: in words, where, since when; the words lead to what to do, the area to its page."""
    sentences = {rule.name: words(f"alarm.{rule.name}") for rule in RULES}
    named = {one: words(f"variable.{one}") for one in (AREA, CATEGORY)}
    named |= {one: words(f"alarms.{one}") for one in (ALERTNAME, VALUE)}
    runbook = {"title": words("alarms.runbook"), "url": "/d/${__value.raw}", "targetBlank": False}
    return cells(
        words.head("alarms", without="alarms.none"),
        [Query(firing())],
        unit=TEXT,
        transformations=[
            worst_first(VALUE),
            arranged((AREA, CATEGORY, ALERTNAME, VALUE), without=["Time"], named=named),
        ],
        overrides=[
            plain(named[AREA], custom__width=115, mappings=mapped(names.area_texts(words)),
                  links=[_link(words, "${__value.raw}")]),
            plain(named[CATEGORY], custom__width=75, mappings=mapped(names.categories(words))),
            plain(named[ALERTNAME], custom__width=None, mappings=mapped(sentences), links=[runbook],
                  custom__cellOptions={"type": "auto", "wrapText": True}),
            plain(named[VALUE], custom__width=100, unit=MOMENT),
        ],
    )  # fmt: skip


def _budget(words: Words, names: Names, key: str) -> Panel:
    place = (CHOSEN, (WINDOW, "=~", BUDGETS[key]), PARTS)
    transformations, overrides = _by_area(words, names, VALUE)
    return cells(
        words.head(f"budget.{key}"),
        [Query(f"sort({by_area(left(*place))})")],
        unit=COUNT,
        thresholds=BUDGET,
        transformations=transformations,
        overrides=overrides,
    )

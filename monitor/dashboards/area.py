"""One area: how its objectives stand, and what leads to the verdict of the one that is chosen, by category."""

from typing import Final, get_args

from monitor import metrics
from monitor.alerts.promql import SERIES, Matcher
from monitor.core.alarm import Baseline, Rules
from monitor.core.calendar import Unit
from monitor.dashboards.frame import (
    APART,
    AREA_PAGE,
    Names,
    Shelf,
    area_variable,
    category_variable,
    clock_variable,
    dashboard,
    lines_named,
    objective_variable,
    window_texts,
    window_variable,
)
from monitor.dashboards.palette import BLUE, GREY, ORANGE, PURPLE, SKY, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    DASHED,
    SHARE,
    Panel,
    Query,
    arranged,
    cells,
    coloured,
    crossed,
    drawn,
    lines,
    mapped,
    plain,
    states,
)
from monitor.dashboards.panels import corner as corner_of
from monitor.dashboards.queries import CHOSEN, at, known, left, share
from monitor.dashboards.shared import BUDGET, banner, legend, standing, text_rows, times
from monitor.dashboards.words import Words
from monitor.metrics import AREA, BASELINE, CATEGORY, CAUSE, CLOCK, WINDOW

PLACE: Final[Matcher] = (AREA, "=", f"${AREA}")
HERE: Final[tuple[Matcher, ...]] = (PLACE, (CATEGORY, "=~", f"${CATEGORY}"))
CALENDAR: Final = "|".join(get_args(Unit))
"""Official periods: of those that the service has."""
TO_DATE: Final = (*HERE, CHOSEN, (WINDOW, "=~", CALENDAR))
EACH: Final = f"{{{{{CATEGORY}}}}}{APART}{{{{{WINDOW}}}}}"
"""How a line of a category and window is called, until its words are known."""


def area(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    variables = [
        area_variable(words), category_variable(words, names), objective_variable(words, names),
        window_variable(words), clock_variable(words),
    ]  # fmt: skip
    alarms = Shelf(8, [(_drift(words), 12), (_evidence(words, names), 12)])
    return dashboard(
        AREA_PAGE, words, variables,
        [
            Shelf(3, banner(words, PLACE)),
            Shelf(6, [(standing(words, names, PLACE), 14), (_budget(words, names), 10)]),
            Shelf(text_rows(words.legend, 6), [(_timeline(words, names), 18), (legend(words, "reading"), 6)]),
            Shelf(9, [(times(words, "times", PLACE), 12), (_share(words), 12)],
                  title=words("row.category"), repeat=CATEGORY),
            Shelf(8, [(_counts(words), 9), (_causes(words), 9), (_progress(words), 6)]),
            *([alarms] if names.watched else []),
        ],
    )  # fmt: skip


def _budget(words: Words, names: Names) -> Panel:
    first, categories = corner_of(WINDOW, CATEGORY), names.categories(words)
    return cells(
        words.head("budget.here"),
        [Query(left(*TO_DATE, by=(*SERIES, WINDOW)))],
        unit=COUNT,
        thresholds=BUDGET,
        transformations=[
            crossed(WINDOW, CATEGORY, "Value"),
            arranged((first, *categories), named={first: words("variable.window"), **categories}),
        ],
        overrides=[plain(words("variable.window"), custom__width=130, mappings=mapped(window_texts(words)))],
    )


def _timeline(words: Words, names: Names) -> Panel:
    verdicts = known(metrics.RESPONSE_VERDICT, *TO_DATE, by=(*SERIES, WINDOW))
    return states(words.head("timeline"), [Query(verdicts, EACH)], words, lines_named(words, names))


def _share(words: Words) -> Panel:
    """The line to be above is a metric: which share that is, is the objective's to say."""
    within, wanted = words("name.share"), words("name.wanted")
    ratio = known(metrics.RESPONSE_OBJECTIVE_RATIO, CHOSEN, by=())
    panel = lines(
        words.head("share", "none.share"), [Query(share(*at(*HERE)), within), Query(ratio, wanted)], unit=SHARE
    )
    panel["fieldConfig"]["defaults"]["max"] = 1
    return drawn(drawn(panel, within, BLUE), wanted, PURPLE, custom__lineStyle=DASHED)


def _counts(words: Words) -> Panel:
    here, clocked = (*HERE, (WINDOW, "=", f"${WINDOW}")), (CLOCK, "=", f"${CLOCK}")
    named = (
        (known(metrics.RESPONSE_MISSIONS_MEASURED, *here, clocked), words("name.measured"), BLUE),
        (known(metrics.RESPONSE_MISSIONS_UNMEASURED, *here, clocked), words("name.unmeasured"), ORANGE),
        (known(metrics.RESPONSE_MISSIONS_EXCLUDED, *here), words("name.excluded"), GREY),
    )
    panel = lines(words.head("counts"), [Query(one, name) for one, name, _ in named], unit=COUNT, stacked=True)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _causes(words: Words) -> Panel:
    metric = metrics.RESPONSE_MISSIONS_UNMEASURED_BY_CAUSE
    told = known(metric, *HERE, (CLOCK, "=", f"${CLOCK}"), by=(*SERIES, CAUSE))
    return lines(words.head("causes"), [Query(f"sum by ({CAUSE}) ({told})", "{{cause}}")], unit=COUNT, stacked=True)


def _progress(words: Words) -> Panel:
    named = (
        (metrics.RESPONSE_MISSIONS_OPEN, words("name.open"), SKY),
        (metrics.RESPONSE_MISSIONS_OVERDUE, words("name.overdue"), VERMILLION),
    )
    panel = lines(words.head("progress"), [Query(known(one, *HERE), name) for one, name, _ in named], unit=COUNT)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _drift(words: Words) -> Panel:
    limit = Rules().drift_threshold
    named = (
        (Baseline.TARGET, words("name.over.target"), BLUE),
        (Baseline.OWN_YEAR, words("name.over.own_year"), ORANGE),
    )
    score = metrics.RESPONSE_DRIFT_SCORE
    queries = [
        Query(known(score, *HERE, CHOSEN, (BASELINE, "=", str(baseline))), name) for baseline, name, _ in named
    ]
    panel = lines(
        words.head("drift", "none.alarm"), queries, unit=COUNT, limits=[(limit, VERMILLION)], axisSoftMax=limit * 1.1
    )
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _evidence(words: Words, names: Names) -> Panel:
    rules = Rules()
    told = known(metrics.RESPONSE_PERIOD_E_VALUE, *TO_DATE, by=(*SERIES, WINDOW))
    panel = lines(
        words.head("evidence", "none.alarm"), [Query(told, EACH)], unit=COUNT, least=None,
        limits=[(1 / rules.period_warning_alpha, ORANGE), (1 / rules.period_page_alpha, VERMILLION)],
        scaleDistribution={"type": "log", "log": 10},
    )  # fmt: skip
    return {**panel, "transformations": lines_named(words, names)}

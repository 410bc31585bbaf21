"""One area: how its objectives stand, and what leads to the verdict of the one that is chosen, by category."""

from typing import Final, get_args

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, units

from monitor import metrics
from monitor.alerts.promql import SERIES, Matcher, greatest
from monitor.core.alarm import Baseline, Rules
from monitor.core.calendar import Unit
from monitor.dashboards.frame import (
    AREA_UID,
    Names,
    PanelBuilder,
    Shelf,
    area_variable,
    begun,
    category_variable,
    clock_variable,
    filled,
    objective_variable,
    window_variable,
)
from monitor.dashboards.freshness import banner
from monitor.dashboards.palette import BLUE, GREY, ORANGE, PURPLE, SKY, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    DASHED,
    SHARE,
    Head,
    Query,
    banded,
    coloured,
    drawn,
    figures,
    lines,
    note,
    reference,
    states,
    steps,
)
from monitor.dashboards.queries import CHOSEN, at, chosen, left, newest, share, share_bound
from monitor.dashboards.shared import standing, times
from monitor.dashboards.words import Words
from monitor.metrics import AREA, BASELINE, CATEGORY, CAUSE, CLOCK, WINDOW

HERE: Final[tuple[Matcher, ...]] = ((AREA, "=", f"${AREA}"), (CATEGORY, "=~", f"${CATEGORY}"))
CALENDAR: Final = "|".join(get_args(Unit))
"""Official periods: of those that the service has."""
CHANGE_WINDOW: Final = "1h"
"""Annotations are asked for in steps of up to about an hour: no change falls between two of them."""


def area(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = (
        begun(words("area.title"), words("area.description"), AREA_UID, words, since="now-90d", refresh="1m")
        .with_variable(area_variable(words))
        .with_variable(objective_variable(words))
        .with_variable(category_variable(words))
        .with_variable(window_variable(words))
        .with_variable(clock_variable(words))
        .annotation(_changes(words))
    )
    alarms = Shelf(8, [(_drift(words), 12), (_evidence(words), 12)])
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(6, [(standing(words, names, HERE[0]), 16), (_budget(words), 8)]),
            Shelf(7, [(_timeline(words), 16), (note(_head(words, "reading"), words.legend(brief=True)), 8)]),
            Shelf(9, [(times(words, "times", HERE[0]), 12), (_share(words), 12)],
                  title=words("row.category"), repeat=CATEGORY),
            Shelf(8, [(_counts(words), 9), (_causes(words), 9), (_progress(words), 6)]),
            *([alarms] if names.watched else []),
        ],
    )  # fmt: skip


def _head(words: Words, key: str) -> Head:
    return Head(words(f"{key}.title"), words(f"{key}.description"))


def _changes(words: Words) -> builders.AnnotationQuery:
    """Marks where the objective began or ceased to be missed."""
    missed = f"({chosen(metrics.RESPONSE_VERDICT, *at(*HERE))} > bool 0)"
    return (
        builders.AnnotationQuery()
        .name(words("annotation.changed"))
        .datasource(reference())
        .enable(True)
        .icon_color(PURPLE)
        .expr(greatest(f"changes({missed}[{CHANGE_WINDOW}:])", *SERIES))
    )


def _budget(words: Words) -> PanelBuilder:
    place = (*HERE, CHOSEN, (WINDOW, "=~", CALENDAR))
    return figures(
        _head(words, "budget.here"),
        [Query(left(*place, by=(*SERIES, WINDOW)), "{{category}}, {{window}}")],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (3, BLUE)),
    )


def _timeline(words: Words) -> PanelBuilder:
    verdicts = newest(metrics.RESPONSE_VERDICT, *HERE, CHOSEN, (WINDOW, "=~", CALENDAR), by=(*SERIES, WINDOW))
    return states(_head(words, "timeline"), [Query(verdicts, "{{category}}, {{window}}")], words)


def _share(words: Words) -> PanelBuilder:
    """The line to be above is a metric: which share that is, is the objective's to say."""
    lower, upper, within = words("name.lower"), words("name.upper"), words("name.share")
    wanted = words("name.wanted")
    panel = lines(
        _head(words, "share"),
        [
            Query(share_bound("-", *at(*HERE)), lower),
            Query(share_bound("+", *at(*HERE)), upper),
            Query(share(*at(*HERE)), within),
            Query(newest(metrics.RESPONSE_OBJECTIVE_RATIO, CHOSEN, by=()), wanted),
        ],
        unit=SHARE,
    )
    return drawn(drawn(banded(panel, lower, upper, GREY), within, BLUE), wanted, PURPLE, lineStyle=DASHED)


def _counts(words: Words) -> PanelBuilder:
    here, clocked = (*HERE, (WINDOW, "=", f"${WINDOW}")), (CLOCK, "=", f"${CLOCK}")
    named = (
        (newest(metrics.RESPONSE_MISSIONS_MEASURED, *here, clocked), words("name.measured"), BLUE),
        (newest(metrics.RESPONSE_MISSIONS_UNMEASURED, *here, clocked), words("name.unmeasured"), ORANGE),
        (newest(metrics.RESPONSE_MISSIONS_EXCLUDED, *here), words("name.excluded"), GREY),
    )
    panel = lines(_head(words, "counts"), [Query(one, name) for one, name, _ in named], unit=COUNT, stacked=True)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _causes(words: Words) -> PanelBuilder:
    metric = metrics.RESPONSE_MISSIONS_UNMEASURED_BY_CAUSE
    told = newest(metric, *HERE, (CLOCK, "=", f"${CLOCK}"), by=(*SERIES, CAUSE))
    return lines(_head(words, "causes"), [Query(f"sum by ({CAUSE}) ({told})", "{{cause}}")], unit=COUNT, stacked=True)


def _drift(words: Words) -> PanelBuilder:
    limit = Rules().drift_threshold
    named = (
        (Baseline.TARGET, words("name.over.target"), BLUE),
        (Baseline.OWN_YEAR, words("name.over.own_year"), ORANGE),
    )
    panel = lines(
        _head(words, "drift"),
        [
            Query(newest(metrics.RESPONSE_DRIFT_SCORE, *HERE, CHOSEN, (BASELINE, "=", str(baseline))), name)
            for baseline, name, _ in named
        ],
        unit=units.NoUnit,
        thresholds=steps((None, "transparent"), (limit, VERMILLION)),
        mode=common.GraphThresholdsStyleMode.DASHED,
    ).axis_soft_max(limit * 1.1)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _progress(words: Words) -> PanelBuilder:
    named = (
        (metrics.RESPONSE_MISSIONS_OPEN, words("name.open"), SKY),
        (metrics.RESPONSE_MISSIONS_OVERDUE, words("name.overdue"), VERMILLION),
    )
    panel = lines(_head(words, "progress"), [Query(newest(one, *HERE), name) for one, name, _ in named], unit=COUNT)
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _evidence(words: Words) -> PanelBuilder:
    rules, place = Rules(), (*HERE, CHOSEN, (WINDOW, "=~", CALENDAR))
    return lines(
        _head(words, "evidence"),
        [Query(newest(metrics.RESPONSE_PERIOD_E_VALUE, *place, by=(*SERIES, WINDOW)), "{{window}}")],
        unit=units.Short,
        thresholds=steps(
            (None, "transparent"), (1 / rules.period_warning_alpha, ORANGE), (1 / rules.period_page_alpha, VERMILLION)
        ),
        mode=common.GraphThresholdsStyleMode.DASHED,
    ).scale_distribution(common_builders.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10))

"""One area: its verdicts, and per category the percentiles, shares, counts and drift that lead to them."""

from typing import Final

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, units

from monitor.alerts.promql import SERIES, Matcher, greatest
from monitor.core.alarm import Baseline, Rules
from monitor.core.percent import share as share_of
from monitor.core.service import Objective
from monitor.core.timeline import percent_of
from monitor.dashboards.frame import (
    DISTRICT_UID,
    Names,
    PanelBuilder,
    Shelf,
    area_variable,
    begun,
    category_variable,
    filled,
    window_variable,
)  # fmt: skip
from monitor.dashboards.freshness import banner
from monitor.dashboards.palette import BLUE, GREY, ORANGE, PURPLE, SKY, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    DASHED,
    SECONDS,
    SHARE,
    Head,
    Query,
    banded,
    coloured,
    drawn,
    figures,
    lines,
    not_a_number,
    note,
    reference,
    states,
    steps,
    verdict_texts,
)  # fmt: skip
from monitor.dashboards.queries import at, chosen, newest, share, share_bound
from monitor.dashboards.words import Words
from monitor.exporter import metrics
from monitor.exporter.metrics import AREA, BASELINE, CATEGORY, OBJECTIVE, WINDOW

HERE: Final[tuple[Matcher, ...]] = ((AREA, "=", f"${AREA}"), (CATEGORY, "=~", f"${CATEGORY}"))
CALENDAR: Final = "month|tertial|year"
CHANGE_WINDOW: Final = "1h"
"""Annotations are asked for in steps of up to about an hour: no change falls between two of them."""


def district(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = (
        begun(words("district.title"), words("district.description"), DISTRICT_UID, words,
              since="now-90d", refresh="1m")
        .with_variable(area_variable(words, names))
        .with_variable(category_variable(words))
        .with_variable(window_variable(words, names))
        .annotation(_changes(words, names.watched))
    )  # fmt: skip
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(5, [(_verdicts(words, one), 8) for one in names.objectives] + [(_budget(words, names.watched), 8)]),
            Shelf(
                7,
                [(_timeline(words, names.watched), 16), (note(_head(words, "reading"), words.legend(brief=True)), 8)],
            ),
            Shelf(
                9,
                [(_times(words, one), 12) for one in names.objectives],
                title=words("row.class"),
                repeat=CATEGORY,
            ),
            Shelf(9, [(_share(words, names.watched), 12), (_counts(words), 12)]),
            Shelf(
                8, [(_drift(words, names.watched), 12), (_progress(words), 6), (_evidence(words, names.watched), 6)]
            ),
        ],
    )


def _head(words: Words, key: str) -> Head:
    return Head(words(f"{key}.title"), words(f"{key}.description"))


def _changes(words: Words, objective: Objective) -> builders.AnnotationQuery:
    """Marks where the objective began or ceased to be missed."""
    missed = f"({chosen(metrics.RESPONSE_VERDICT, *at(objective, *HERE))} > bool 0)"
    return (
        builders.AnnotationQuery()
        .name(words("annotation.changed"))
        .datasource(reference())
        .enable(True)
        .icon_color(PURPLE)
        .expr(greatest(f"changes({missed}[{CHANGE_WINDOW}:])", *SERIES))
    )


def _verdicts(words: Words, objective: Objective) -> PanelBuilder:
    return figures(
        _head(words, f"standing.{objective.percentile:g}"),
        [Query(newest(metrics.RESPONSE_VERDICT, *at(objective, *HERE)), "{{category}}")],
        unit=units.NoUnit,
        mappings=[*verdict_texts(words), not_a_number("?")],
        thresholds=steps((None, GREY)),
    )


def _budget(words: Words, objective: Objective) -> PanelBuilder:
    place = (*HERE, (WINDOW, "=~", "tertial|year"), (OBJECTIVE, "=", objective.slug))
    return figures(
        _head(words, "budget.here"),
        [
            Query(
                newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *place, by=(*SERIES, WINDOW)),
                "{{category}}, {{window}}",
            )
        ],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (3, BLUE)),
    )


def _timeline(words: Words, objective: Objective) -> PanelBuilder:
    by = (*SERIES, WINDOW)
    place = (*HERE, (WINDOW, "=~", CALENDAR), (OBJECTIVE, "=", objective.slug))
    verdicts = newest(metrics.RESPONSE_VERDICT, *place, by=by)
    return states(_head(words, "timeline"), [Query(verdicts, "{{category}}, {{window}}")], words)


def _times(words: Words, objective: Objective) -> PanelBuilder:
    percentile = f"{objective.percentile:g}"
    lower, upper, target = words("name.lower"), words("name.upper"), words(f"name.target{percentile}")
    figure = words(f"name.p{percentile}")
    place = at(objective, *HERE)
    panel = lines(
        _head(words, f"times.{percentile}"),
        [
            Query(newest(metrics.RESPONSE_TIME_LOWER_SECONDS, *place), lower),
            Query(newest(metrics.RESPONSE_TIME_UPPER_SECONDS, *place), upper),
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), figure),
            Query(newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (OBJECTIVE, "=", objective.slug), *HERE), target),
        ],
        unit=SECONDS,
    )
    return drawn(drawn(banded(panel, lower, upper, GREY), figure, BLUE), target, PURPLE, lineStyle=DASHED)


def _share(words: Words, objective: Objective) -> PanelBuilder:
    place = at(objective, *HERE)
    lower, upper, within = words("name.lower"), words("name.upper"), words("name.share")
    panel = lines(
        _head(words, "share"),
        [
            Query(share_bound("-", *place), lower),
            Query(share_bound("+", *place), upper),
            Query(share(*place), within),
        ],
        unit=SHARE,
        thresholds=steps((None, "transparent"), (share_of(percent_of(objective)), PURPLE)),
        mode=common.GraphThresholdsStyleMode.DASHED,
    )
    return drawn(banded(panel, lower, upper, GREY), within, BLUE)


def _counts(words: Words) -> PanelBuilder:
    place = (*HERE, (WINDOW, "=", "$window"))
    named = (
        (metrics.RESPONSE_MISSIONS_MEASURED, words("name.measured"), BLUE),
        (metrics.RESPONSE_MISSIONS_UNMEASURED, words("name.unmeasured"), ORANGE),
        (metrics.RESPONSE_MISSIONS_EXCLUDED, words("name.excluded"), GREY),
    )
    panel = lines(
        _head(words, "counts"), [Query(newest(metric, *place), name) for metric, name, _ in named], unit=COUNT,
        stacked=True,
    )  # fmt: skip
    return coloured(panel, ((name, colour) for _, name, colour in named))


def _drift(words: Words, objective: Objective) -> PanelBuilder:
    limit, place = Rules().drift_threshold, (*HERE, (OBJECTIVE, "=", objective.slug))
    named = (
        (Baseline.REQUIREMENT, words("name.over.requirement"), BLUE),
        (Baseline.OWN_YEAR, words("name.over.own_year"), ORANGE),
    )
    panel = lines(
        _head(words, "drift"),
        [
            Query(newest(metrics.RESPONSE_DRIFT_SCORE, *place, (BASELINE, "=", str(baseline))), name)
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


def _evidence(words: Words, objective: Objective) -> PanelBuilder:
    place = (*HERE, (WINDOW, "=~", CALENDAR), (OBJECTIVE, "=", objective.slug))
    rules = Rules()
    return lines(
        _head(words, "evidence"),
        [Query(newest(metrics.RESPONSE_PERIOD_E_VALUE, *place, by=(*SERIES, WINDOW)), "{{window}}")],
        unit=units.Short,
        thresholds=steps(
            (None, "transparent"), (1 / rules.period_warning_alpha, ORANGE), (1 / rules.period_page_alpha, VERMILLION)
        ),
        mode=common.GraphThresholdsStyleMode.DASHED,
    ).scale_distribution(common_builders.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10))

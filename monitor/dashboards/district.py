"""One district: its verdicts, and per class the percentiles, shares, counts and drift that lead to them."""

from typing import Final

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, units

from monitor.alerts.promql import Matcher, greatest, selector
from monitor.core.alarm import Baseline, Rules
from monitor.core.verdict import State
from monitor.dashboards.frame import (
    DISTRICT_UID,
    Names,
    PanelBuilder,
    Shelf,
    begun,
    district_variable,
    filled,
    settlement_variable,
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
from monitor.dashboards.queries import GOAL, REQUIREMENT, SERIES, at, newest, verdict_code
from monitor.dashboards.words import Words
from monitor.exporter import metrics
from monitor.exporter.metrics import BASELINE, DISTRICT, PERCENTILE, SETTLEMENT, STATE, WINDOW

HERE: Final[tuple[Matcher, ...]] = ((DISTRICT, "=", "$district"), (SETTLEMENT, "=~", "$settlement"))
CALENDAR: Final = "month|tertial|year"
CHANGE_WINDOW: Final = "1h"
"""Annotations are asked for in steps of up to about an hour: no change falls between two of them."""


def district(words: Words, names: Names) -> str:
    """The dashboard as JSON."""
    dashboard = (
        begun(words("district.title"), words("district.description"), DISTRICT_UID, words,
              since="now-90d", refresh="1m")
        .with_variable(district_variable(words, names))
        .with_variable(settlement_variable(words))
        .with_variable(window_variable(words, names))
        .annotation(_changes(words))
    )  # fmt: skip
    return filled(
        dashboard,
        [
            Shelf(3, banner(words)),
            Shelf(5, [(_verdicts(words, one), 8) for one in (REQUIREMENT, GOAL)] + [(_budget(words), 8)]),
            Shelf(7, [(_timeline(words), 16), (note(_head(words, "reading"), words.legend(brief=True)), 8)]),
            Shelf(
                9,
                [(_times(words, REQUIREMENT), 12), (_times(words, GOAL), 12)],
                title=words("row.class"),
                repeat=SETTLEMENT,
            ),
            Shelf(9, [(_share(words), 12), (_counts(words), 12)]),
            Shelf(8, [(_drift(words), 12), (_progress(words), 6), (_evidence(words), 6)]),
        ],
    )


def _head(words: Words, key: str) -> Head:
    return Head(words(f"{key}.title"), words(f"{key}.description"))


def _changes(words: Words) -> builders.AnnotationQuery:
    """Marks where the requirement began or ceased to be missed."""
    missed = selector(metrics.RESPONSE_COMPLIANCE, *at(REQUIREMENT, *HERE, (STATE, "=", str(State.MISSED))))
    return (
        builders.AnnotationQuery()
        .name(words("annotation.changed"))
        .datasource(reference())
        .enable(True)
        .icon_color(PURPLE)
        .expr(greatest(f"changes({missed}[{CHANGE_WINDOW}])", *SERIES))
    )


def _verdicts(words: Words, percentile: str) -> PanelBuilder:
    return figures(
        _head(words, f"standing.{percentile}"),
        [Query(verdict_code(*at(percentile, *HERE)), "{{settlement}}")],
        unit=units.NoUnit,
        mappings=[verdict_texts(words), not_a_number("?")],
        thresholds=steps((None, GREY)),
    )


def _budget(words: Words) -> PanelBuilder:
    place = (*HERE, (WINDOW, "=~", "tertial|year"), (PERCENTILE, "=", REQUIREMENT))
    return figures(
        _head(words, "budget.here"),
        [
            Query(
                newest(metrics.RESPONSE_LATE_BUDGET_MISSIONS, *place, by=(*SERIES, WINDOW)),
                "{{settlement}}, {{window}}",
            )
        ],
        unit=COUNT,
        thresholds=steps((None, VERMILLION), (0, ORANGE), (3, BLUE)),
    )


def _timeline(words: Words) -> PanelBuilder:
    by = (*SERIES, WINDOW)
    place = (*HERE, (WINDOW, "=~", CALENDAR), (PERCENTILE, "=", REQUIREMENT))
    return states(_head(words, "timeline"), [Query(verdict_code(*place, by=by), "{{settlement}}, {{window}}")], words)


def _times(words: Words, percentile: str) -> PanelBuilder:
    lower, upper, target = words("name.lower"), words("name.upper"), words(f"name.target{percentile}")
    figure = words(f"name.p{percentile}")
    place = at(percentile, *HERE)
    panel = lines(
        _head(words, f"times.{percentile}"),
        [
            Query(newest(metrics.RESPONSE_TIME_LOWER_SECONDS, *place), lower),
            Query(newest(metrics.RESPONSE_TIME_UPPER_SECONDS, *place), upper),
            Query(newest(metrics.RESPONSE_TIME_SECONDS, *place), figure),
            Query(newest(metrics.RESPONSE_TIME_TARGET_SECONDS, (PERCENTILE, "=", percentile), *HERE), target),
        ],
        unit=SECONDS,
    )
    return drawn(drawn(banded(panel, lower, upper, GREY), figure, BLUE), target, PURPLE, lineStyle=DASHED)


def _share(words: Words) -> PanelBuilder:
    place = at(REQUIREMENT, *HERE)
    lower, upper = words("name.lower"), words("name.upper")
    share, worst, best = words("name.share"), words("name.pessimistic"), words("name.optimistic")
    panel = lines(
        _head(words, "share"),
        [
            Query(newest(metrics.RESPONSE_WITHIN_TARGET_LOWER_RATIO, *place), lower),
            Query(newest(metrics.RESPONSE_WITHIN_TARGET_UPPER_RATIO, *place), upper),
            Query(newest(metrics.RESPONSE_WITHIN_TARGET_RATIO, *place), share),
            Query(newest(metrics.RESPONSE_WITHIN_TARGET_PESSIMISTIC_RATIO, *place), worst),
            Query(newest(metrics.RESPONSE_WITHIN_TARGET_OPTIMISTIC_RATIO, *place), best),
        ],
        unit=SHARE,
        thresholds=steps((None, "transparent"), (int(REQUIREMENT) / 100, PURPLE)),
        mode=common.GraphThresholdsStyleMode.DASHED,
    )
    panel = drawn(banded(panel, lower, upper, GREY), share, BLUE)
    panel = drawn(panel, worst, VERMILLION, lineWidth=1, lineStyle=DASHED)
    return drawn(panel, best, SKY, lineWidth=1, lineStyle=DASHED)


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


def _drift(words: Words) -> PanelBuilder:
    limit = Rules().drift_threshold
    named = (
        (Baseline.REQUIREMENT, words("name.over.requirement"), BLUE),
        (Baseline.OWN_YEAR, words("name.over.own_year"), ORANGE),
    )
    panel = lines(
        _head(words, "drift"),
        [
            Query(newest(metrics.RESPONSE_DRIFT_SCORE, *HERE, (BASELINE, "=", str(baseline))), name)
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
    place = (*HERE, (WINDOW, "=~", CALENDAR), (PERCENTILE, "=", REQUIREMENT))
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

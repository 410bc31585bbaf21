"""What a report draws: areas against their own threshold, and the pool of all month by month.

Decides which figures go into a chart, in which order, and what is said of it.
"""

from typing import Final

from monitor.charts.drawing import Drawing, Point
from monitor.charts.over_time import Stage, over_time
from monitor.charts.standing import Distance, standing
from monitor.core.ranking import worst_first
from monitor.core.service import Objective
from monitor.core.stats.binomial import Evidence
from monitor.report import words
from monitor.report.cells import Cells
from monitor.report.document import Judged, Report
from monitor.words import names
from monitor.words.verdicts import STATES

_MOST: Final = 40
"""Areas of a chart: as many as a sheet of paper holds; the worst of them."""


def drawings(cells: Cells, report: Report, category: str, objective: Objective, period: str) -> list[Drawing]:
    """The charts of a category, as far as there is anything to draw."""
    drawn = (_areas(cells, report, category, objective, period), _months(cells, report, category, objective, period))
    return [drawing for drawing in drawn if drawing is not None]


def _areas(cells: Cells, report: Report, category: str, objective: Objective, period: str) -> Drawing | None:
    """Each area's result and its interval, as distance from its own threshold, worst first."""
    say, slug = cells.say, objective.slug
    rows = [(area, report.row(area, category).judged(slug)) for area in report.compared_areas]
    every = sorted(
        ((area, one) for area, one in rows if None not in (one.seconds, one.threshold)),
        key=lambda row: worst_first([row[1].verdict]),
    )
    if not every:
        return None
    unit = cells.notations[slug].unit
    title = say(
        "{objective} by area, {category}, {period}", objective=words.objective_explained(say, report, objective),
        category=names.category(say, report.service, category), period=period,
    )  # fmt: skip
    shown = [_distance(cells, names.area(say, report.service, area), one, unit) for area, one in every[:_MOST]]
    cut = len(every) > len(shown)
    return standing(
        say,
        shown,
        name=f"standing-{category}-{slug}",
        title=title,
        said=say("{title}, worst first. {rows}", title=title, rows=" ".join(row.tip for row in shown)),
        axis=say("seconds from the threshold") if unit == 1 else say("minutes from the threshold"),
        figures=f"{names.headed(names.statistic(say, objective))} / {say('threshold')}",
        note=say("the {shown} worst of {areas}", shown=len(shown), areas=len(every)) if cut else "",
    )


def _distance(cells: Cells, named: str, judged: Judged, unit: int) -> Distance:
    """In the unit of the chart: minutes, or seconds where thresholds are brief."""
    say, threshold = cells.say, judged.threshold or 0.0
    result = cells.result(judged)
    decimals, target = result.note or result.text, cells.threshold(judged).text
    value, lower, upper = (
        None if seconds is None else (judged.objective.rounding.read(seconds) - threshold) / unit
        for seconds in (judged.seconds, *judged.interval)
    )
    tip = say(
        "{value}, threshold {threshold}, interval {interval}, n {missions}, {verdict}.",
        value=decimals,
        threshold=target,
        interval=cells.interval(judged).text,
        missions=say.count(judged.measured),
        verdict=say(STATES[judged.state]),
    )
    point = Point(
        value=value or 0.0,
        lower=lower,
        upper=upper,
        state=judged.state,
        hollow=judged.evidence is Evidence.NONE,
    )
    return Distance(named, point, f"{decimals} / {target}", f"{named}: {tip}")


def _months(cells: Cells, report: Report, category: str, objective: Objective, period: str) -> Drawing | None:
    """The pool of all month by month."""
    say, slug = cells.say, objective.slug
    stages = [
        Stage(
            named=say.month(month.first),
            label=say.month(month.first)[:3],
            running=False,
            figures=month.row.figures,
            verdict=month.row.verdicts[slug],
        )
        for month in report.months[category]
    ]
    if all(stage.value is None for stage in stages):
        return None
    title = say(
        "{objective} by month, {area}, {category}, {period}",
        objective=words.objective_explained(say, report, objective),
        area=names.area(say, report.service, report.service.root),
        category=names.category(say, report.service, category),
        period=period,
    )
    how = cells.notations[slug]
    return over_time(say, how, objective, stages, name=f"months-{category}-{slug}", title=title, shares=False)

"""The years of an area beside each other: each objective of a category, drawn.

A year that runs, or is known in part only, is hollow, and the latter is marked. Refuses to know how a chart is drawn.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from monitor.board.frame import View
from monitor.charts.drawing import Drawing
from monitor.charts.over_time import over_time, year_stages
from monitor.core.service import Objective
from monitor.core.snapshot import Row
from monitor.core.years import Year

FEWEST: Final = 2
"""Of years: one has nothing to stand beside."""


def drawings(
    view: View, area: str, years: Sequence[Year], rows: Mapping[str, Sequence[Row]]
) -> Mapping[str, Sequence[Drawing]]:
    """By category; `rows` of the area by category say which objectives are told of it."""
    if len(years) < FEWEST:
        return {}
    drawn = {
        category: [_drawn(view, area, category, objective, years) for objective in view.aims(category, of_category)]
        for category, of_category in rows.items()
    }
    return {category: [one for one in found if one is not None] for category, found in drawn.items()}


def _drawn(view: View, area: str, category: str, objective: Objective, years: Sequence[Year]) -> Drawing | None:
    stages = year_stages(years, area, category, objective)
    if all(stage.value is None for stage in stages):
        return None
    explained = f"{view.objective_named(objective)} ({view.statistic(objective)})"
    title = view.say(
        "{objective} by year, {area}, {category}",
        objective=explained,
        area=view.area_named(area),
        category=view.category_named(category),
    )
    name = f"years-of-{category}_{objective.slug}"
    return over_time(view.say, view.notation(objective), objective, stages, name=name, title=title, shares=False)

"""The years of an area beside each other: each objective of a category, drawn."""

from collections.abc import Mapping, Sequence

from monitor.board.frame import View
from monitor.charts.by_year import FEWEST, by_year
from monitor.charts.drawing import Drawing
from monitor.core.service import Objective
from monitor.core.snapshot import Row
from monitor.core.years import Year


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
    explained = f"{view.objective_named(objective)} ({view.statistic(objective)})"
    return by_year(
        view.say, view.service, view.notation(objective), objective, explained=explained, years=years,
        series=(area, category), name=f"years-of-{category}_{objective.slug}",
    )  # fmt: skip

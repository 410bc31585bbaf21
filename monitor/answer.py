"""One area and category in a window or period as programs read it: the one form of the report's JSON and of the API.

Everything that the service declares is there, in its order, with null where there is nothing. Seconds, unrounded;
slugs and English names, whatever language people are told in.
"""

from typing import Any

from monitor.core.figures import ClockFigures
from monitor.core.service import Objective, Service
from monitor.core.snapshot import Row
from monitor.core.unmeasured import Unmeasured


def row_document(service: Service, row: Row, previous: Row | None) -> dict[str, Any]:
    """The row, and under `previous` the one that it is compared with, in the same form; null where there is none."""
    return {**_document(service, row), "previous": None if previous is None else _document(service, previous)}


def _document(service: Service, row: Row) -> dict[str, Any]:
    return {
        "area": row.area,
        "category": row.category,
        "excluded": row.figures.excluded,
        "clocks": {one.slug: _clock(row.figures.clocks[one.slug]) for one in service.clocks},
        "objectives": {one.slug: _objective(one, row) for one in service.objectives},
    }


def _clock(figures: ClockFigures) -> dict[str, Any]:
    return {
        "measured": figures.measured,
        "unmeasured": figures.unmeasured_total,
        "unmeasured_by_cause": {cause.value: count for cause, count in figures.unmeasured.items() if count},
    }


def _objective(objective: Objective, row: Row) -> dict[str, Any]:
    verdict, interval = row.verdicts[objective.slug], row.figures.intervals[objective.slug]
    percentile = objective.percentile
    return {
        "clock": objective.clock,
        "statistic": objective.statistic.value,
        # A JSON number has no decimals of its own: 99.9 is written as the shortest that is read as it again.
        "percentile": percentile if percentile is None or isinstance(percentile, int) else float(percentile),
        "value_seconds": row.figures.values[objective.slug],
        "lower_seconds": interval.lower,
        "upper_seconds": interval.upper,
        "target_seconds": verdict.target_seconds,
        "judged": verdict.judged,
        "within": verdict.within,
        "state": verdict.state.value,
        "evidence": verdict.evidence.value,
        "late_budget": verdict.late_budget,
        "exact": row.figures.exact[objective.slug],
        "rounding": objective.rounding.value,
        "unmeasured": None if verdict.unmeasured is None else _unmeasured(verdict.unmeasured),
    }


def _unmeasured(without: Unmeasured) -> dict[str, Any]:
    bounds, widened = without.bounds, without.widened
    return {
        "missions": without.missions,
        "settled": without.settled,
        "within_least_ratio": None if bounds is None else bounds.lower,
        "within_most_ratio": None if bounds is None else bounds.upper,
        "widened_least_ratio": None if widened is None else widened.lower,
        "widened_most_ratio": None if widened is None else widened.upper,
        "needed": without.needed,
        "tipping_ratio": without.tipping_ratio,
        "tipping_seconds": None if without.settled else without.most_seconds,
    }

"""The columns of the CSV: what programs read of each area and category, as the service declares it.

Lengths of time are minutes, unrounded, whatever people are told; None where there is nothing.
"""

from collections.abc import Container

from monitor.core.duration import minutes_of
from monitor.core.service import Objective
from monitor.core.verdict import State
from monitor.report.document import MINUTE, Report, ReportRow, unmeasured_ratio

Value = str | int | float | None


def columns(report: Report, row: ReportRow, *, in_whole_minutes: Container[str]) -> dict[str, Value]:
    """A row by the names of its columns, in their order; `in_whole_minutes` are the objectives printed like that."""
    values: dict[str, Value] = {
        "period": report.period,
        "area": row.area,
        "category": row.category,
        "excluded": row.excluded,
    }
    for clock in report.service.clocks:
        figures = row.clock(clock.slug)
        before = row.before.figures.clocks[clock.slug].measured if row.before else 0
        values |= {
            f"{clock.slug}_measured": figures.measured,
            f"{clock.slug}_unmeasured": figures.unmeasured_total,
            f"{clock.slug}_unmeasured_ratio": unmeasured_ratio(figures),
            f"{clock.slug}_previous_measured": before or None,
        }
    for objective in report.service.objectives:
        whole = objective.slug in in_whole_minutes
        read = _objective(row, objective, whole=whole)
        values |= {f"{objective.slug}_{name}": value for name, value in read.items()}
    return values


def _objective(row: ReportRow, objective: Objective, *, whole: bool) -> dict[str, Value]:
    judged, before = row.judged(objective.slug), row.previous(objective.slug)
    verdict, (lower, upper) = judged.verdict, judged.interval
    without = verdict.unmeasured
    now, then = _minutes(judged.seconds), _minutes(before.seconds if before else None)
    counts: dict[str, Value] = (
        {"spare_minutes": _minutes(verdict.spare_seconds)}
        if objective.percentile is None
        else {"within": verdict.within, "late_budget": verdict.late_budget}
    )
    bounds, widened = (without.bounds, without.widened) if without else (None, None)
    hanging: dict[str, Value] = (
        {"tipping_minutes": None if without is None or without.settled else _minutes(without.most_seconds)}
        if objective.percentile is None
        else {
            "within_least_ratio": bounds.lower if bounds else None,
            "within_most_ratio": bounds.upper if bounds else None,
            "widened_least_ratio": widened.lower if widened else None,
            "widened_most_ratio": widened.upper if widened else None,
            "tipping_ratio": without.tipping_ratio if without else None,
        }
    )
    return {
        "minutes": now,
        "lower_minutes": _minutes(lower),
        "upper_minutes": _minutes(upper),
        "target_minutes": None if judged.threshold is None else minutes_of(judged.threshold),
        "judged": verdict.judged,
        **counts,
        "state": judged.state.value,
        "evidence": verdict.evidence.value,
        "settled": None if without is None else "yes" if without.settled else "no",
        **hanging,
        "by_whole_minutes": judged.state_by_whole_minutes.value if whole else None,
        "previous_minutes": then,
        "previous_state": (before.state if before else State.NO_DATA).value,
        "change_minutes": None if now is None or then is None else now - then,
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / MINUTE

"""Had the threshold been another one, would it have been met? The same missions, judged by the code that judges now.

Asked of missions that are known one by one: of sealed ones only the thresholds of their day were counted. Whoever
asks sees to that (`core.hindsight.sealed_within`).
"""

from datetime import timedelta
from functools import partial
from typing import Final

from monitor.backtest.document import WhatIf
from monitor.core.calendar import Period
from monitor.core.duration import seconds_of_length
from monitor.core.history import History
from monitor.core.service import Objective, Service
from monitor.core.snapshot import over_period
from monitor.core.targets import Targets, TargetSet

FORM: Final = "OBJECTIVE=TIME"
Asked = tuple[Objective, float]
"""An objective, and the threshold (seconds) that it might have had."""


def asked(service: Service, said: str) -> Asked:
    """What `OBJECTIVE=TIME` asks, the time as `12:00`. Raises ValueError with what is wrong."""
    slug, equals, time = (part.strip() for part in said.partition("="))
    if not equals:
        raise ValueError(f"{said!r}: say {FORM}, such as {service.objectives[0].slug}=12:00")
    try:
        objective = service.objective(slug)
    except KeyError:
        known = ", ".join(one.slug for one in service.objectives)
        raise ValueError(f"{slug!r} is no objective of {service.slug}, which has {known}") from None
    try:
        seconds = seconds_of_length(_minutes(time))
    except ValueError as fault:
        raise ValueError(f"{said!r}: the time {fault}") from fault
    return objective, seconds


def what_if(
    history: History, period: Period, question: Asked, *, now: float, abandoned_after_seconds: float
) -> list[WhatIf]:
    """Every series that has missions of the objective's clock in the period, by its own threshold and by the other.

    A series to which the objective does not apply has no other threshold, either. `now` in epoch seconds.
    """
    objective, threshold = question
    in_force = history.targets.in_force(period.after - timedelta(days=1))
    absent = in_force.not_applicable if in_force else frozenset()
    everywhere = {
        series: {objective.slug: threshold} for series in history.service.judged_series if series not in absent
    }
    other = history.judged_by(Targets([TargetSet(period.first, "", everywhere)]))
    judged = partial(over_period, period=period, now=now, abandoned_after_seconds=abandoned_after_seconds)
    return [
        WhatIf(
            area=was.area,
            category=was.category,
            objective=objective,
            was=was.verdicts[objective.slug],
            would_be=would_be.verdicts[objective.slug],
            value=was.figures.values[objective.slug],
            interval=was.figures.intervals[objective.slug],
        )
        for was, would_be in zip(judged(history), judged(other), strict=True)
        if was.figures.of(objective).measured and (was.area, was.category) not in absent
    ]


def _minutes(time: str) -> str | float:
    """A bare number is one of minutes, as in a table of thresholds."""
    try:
        return float(time)
    except ValueError:
        return time

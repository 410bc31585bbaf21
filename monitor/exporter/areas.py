"""`/api/v1/areas/{area}`: one area with its windows, its alarms, and its last weeks. The classes are the schema."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import msgspec

from monitor.answer import row_document
from monitor.core.alarm import Baseline, Level
from monitor.core.forecast import Forecasts, Unsaid
from monitor.core.mission import instant
from monitor.core.service import Service
from monitor.core.snapshot import Row, Standing
from monitor.core.weeks import Week
from monitor.exporter.closer import CloserAnswer
from monitor.exporter.compliance import (
    JudgedAnswer,
    StandingAnswer,
    WindowRow,
    moment,
    standing_answer,
    window_row,
)
from monitor.published import Published, StoreState


class DriftAnswer(msgspec.Struct):
    """One drift detector (CUSUM): `score` from 0; at `threshold` the alarm went on. null: too few missions."""

    baseline: Baseline
    score: float | None
    threshold: float
    alarm: bool | None


class PeriodEvidence(msgspec.Struct):
    """Evidence against a target in the running period that may be looked at after every mission: 1 / e-value."""

    unit: str
    p_value: float


class SpreadAnswer(msgspec.Struct):
    """How far the missions of a `group` (day, month) hang together, over all that is kept: for who tunes alarms.

    `sigma_z` is 1 and the intraclass `correlation` 0 where missions are independent; null where it cannot be told.
    """

    group: str
    groups: int
    missions: int
    sigma_z: float | None
    correlation: float | None


class AlarmAnswer(msgspec.Struct):
    """What the tests made for continuous watching say of a paging objective. `breach`: none, warning or page."""

    category: str
    objective: str
    breach: Level
    window_p_value: float
    periods: list[PeriodEvidence]
    drifts: list[DriftAnswer]
    spread: list[SpreadAnswer]


class ForecastAnswer(msgspec.Struct):
    """Whether a running period will end with a target met. `chance`: 0 to 1, neither of them; null: see `unsaid`.

    `unsaid`: no_target, unproven (a mean, or a percentile below 50 or above 90), no_data (the feed is silent), new
    (known for less than a year), few (too few missions).
    `to_come`: missions expected to be measured until then.
    """

    category: str
    objective: str
    window: str
    chance: float | None
    to_come: float | None
    unsaid: Unsaid | None


class WeekRow(JudgedAnswer, kw_only=True, forbid_unknown_fields=True):
    """One category in the local week that begins on `monday`. `running`: it is not over."""

    monday: date
    running: bool


class AreaAnswer(msgspec.Struct):
    """The whole answer; what stands above `standings` means the same as in `/api/v1/compliance`.

    `within`: what the area is part of today, the nearest first. `weeks`: of each category, oldest first. `forecasts`:
    of the running periods among the windows. `closer`: what is behind the figures of the window that was asked for,
    and of the last 365 days.
    """

    service: str
    area: str
    name: str
    within: list[str]
    at: datetime
    loaded: bool
    feed_stale: bool
    last_record_at: datetime | None
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    standings: list[StandingAnswer] | None
    alarms: list[AlarmAnswer] | None
    rows: list[WindowRow] | None
    weeks: list[WeekRow] | None
    closer: CloserAnswer | None
    forecasts: list[ForecastAnswer] | None


def area_answer(
    published: Published,
    area: str,
    weeks: Mapping[str, Sequence[Week]] | None,
    closer: CloserAnswer | None,
    *,
    name: str,
    within: Sequence[str],
    drift_threshold: float,
    ahead: Mapping[str, Forecasts],
) -> AreaAnswer:
    """One known area in the API's words; `weeks` by category, as `closer` None until the store was read.

    `ahead` by window.
    """
    snapshot, loaded = published.snapshot, published.loaded
    standings = [standing for standing in snapshot.standings if standing.area == area]
    return AreaAnswer(
        service=snapshot.service.slug,
        area=area,
        name=name,
        within=list(within),
        at=instant(snapshot.at),
        loaded=loaded,
        feed_stale=snapshot.stale,
        last_record_at=moment(snapshot.last_record_at),
        store=published.store,
        store_problem=published.problem,
        store_read_at=moment(published.read_at),
        standings=[standing_answer(standing) for standing in standings] if loaded else None,
        alarms=[told for one in standings for told in _alarms(one, drift_threshold)] if loaded else None,
        rows=[window_row(snapshot.service, row) for row in snapshot.rows if row.area == area] if loaded else None,
        weeks=None
        if weeks is None
        else [_week(snapshot.service, area, category, week) for category, those in weeks.items() for week in those],
        closer=closer,
        forecasts=[
            ForecastAnswer(category, slug, window, one.chance, one.to_come, one.unsaid)
            for window, told in ahead.items()
            for (_, category), by_objective in told.items()
            for slug, one in by_objective.items()
        ]
        if loaded
        else None,
    )


def _alarms(standing: Standing, drift_threshold: float) -> Iterator[AlarmAnswer]:
    for slug, alarm in standing.alarms.items():
        yield AlarmAnswer(
            category=standing.category,
            objective=slug,
            breach=alarm.level,
            window_p_value=alarm.window_p_value,
            periods=[PeriodEvidence(unit=unit, p_value=seen.p_value) for unit, seen in alarm.periods.items()],
            drifts=[
                DriftAnswer(
                    baseline=baseline,
                    score=drift.score if drift else None,
                    threshold=drift_threshold,
                    alarm=drift.alarm if drift else None,
                )
                for baseline, drift in alarm.drift.items()
            ],
            spread=[
                SpreadAnswer(
                    group=group,
                    groups=one.groups,
                    missions=one.missions,
                    sigma_z=one.sigma_z,
                    correlation=one.correlation,
                )
                for group, one in alarm.spread.items()
            ],
        )


def _week(service: Service, area: str, category: str, week: Week) -> WeekRow:
    row = Row(area, category, week.monday.isoformat(), week.span, week.figures, dict(week.verdicts))
    document = row_document(service, row, None) | {"monday": week.monday, "running": week.running}
    del document["previous"]
    return msgspec.convert(document, WeekRow)

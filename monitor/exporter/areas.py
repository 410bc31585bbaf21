"""`/api/v1/areas/{area}`: one area with its windows, its alarms, and its last weeks. The classes are the schema."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from monitor.core.alarm import Alarm, Baseline, Level
from monitor.core.mission import instant
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.core.weeks import Week
from monitor.exporter.compliance import SeriesAnswer, answer
from monitor.exporter.published import Published, StoreState


class DriftAnswer(msgspec.Struct):
    """One drift detector (CUSUM): `score` from 0; at `threshold` the alarm went on. null: too few missions."""

    baseline: Baseline
    score: float | None
    threshold: float
    alarm: bool | None


class PeriodEvidence(msgspec.Struct):
    """Evidence against a target in the running period that may be looked at after every mission: 1 / e-value."""

    unit: str
    percentile: int
    p_value: float


class AlarmAnswer(msgspec.Struct):
    """What the tests made for continuous watching say. `breach`: none, warning or page."""

    breach: Level
    window_p_value: float
    periods: list[PeriodEvidence]
    drifts: list[DriftAnswer]


class WeekAnswer(msgspec.Struct):
    """A local week from its `monday`, judged by the requirement. `running`: it is not over. null: no missions."""

    monday: date
    running: bool
    measured: int
    unmeasured: int
    excluded: int
    p50_seconds: float | None
    p80_seconds: float | None
    p80_lower_seconds: float | None
    p80_upper_seconds: float | None
    requirement_seconds: float | None
    judged: int
    within: int | None
    within_ratio: float | None
    state: State
    evidence: Evidence


class AreaSeriesAnswer(msgspec.Struct):
    """One class of the area. `alarms` and `weeks` (oldest first) are null until the store was read."""

    series: SeriesAnswer
    alarms: AlarmAnswer | None
    weeks: list[WeekAnswer] | None


class AreaAnswer(msgspec.Struct):
    """The whole answer; what stands above `classes` means the same as in `/api/v1/compliance`."""

    area: str
    name: str
    at: datetime
    loaded: bool
    feed_stale: bool
    last_record_at: datetime | None
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    classes: list[AreaSeriesAnswer]


def area_answer(
    published: Published,
    names: Mapping[str, str],
    area: str,
    weeks: Mapping[str, Sequence[Week]] | None,
    *,
    drift_threshold: float,
) -> AreaAnswer:
    """One known area in the API's words."""
    whole = answer(published, dict(names), area=area)
    alarms = {one.category: one.alarms["requirement"] for one in published.snapshot.standings if one.area == area}
    return AreaAnswer(
        area=area,
        name=names.get(area, area),
        at=instant(published.snapshot.at),
        loaded=whole.loaded,
        feed_stale=whole.feed_stale,
        last_record_at=whole.last_record_at,
        store=whole.store,
        store_problem=whole.store_problem,
        store_read_at=whole.store_read_at,
        classes=[
            AreaSeriesAnswer(
                series=series,
                alarms=_alarm(alarms[series.settlement], drift_threshold) if published.loaded else None,
                weeks=None if weeks is None else [_week(week) for week in weeks[series.settlement]],
            )
            for series in whole.series
        ],
    )


def _alarm(alarm: Alarm, drift_threshold: float) -> AlarmAnswer:
    return AlarmAnswer(
        breach=alarm.level,
        window_p_value=alarm.window_p_value,
        periods=[
            PeriodEvidence(unit=unit, percentile=80, p_value=seen.p_value) for unit, seen in alarm.periods.items()
        ],
        drifts=[
            DriftAnswer(
                baseline=baseline,
                score=drift.score if drift else None,
                threshold=drift_threshold,
                alarm=drift.alarm if drift else None,
            )
            for baseline, drift in alarm.drift.items()
        ],
    )


def _week(week: Week) -> WeekAnswer:
    figures, verdict = week.figures, week.verdicts["requirement"]
    interval = figures.intervals["requirement"]
    return WeekAnswer(
        monday=week.monday,
        running=week.running,
        measured=figures.first.measured,
        unmeasured=figures.first.unmeasured_total,
        excluded=figures.excluded,
        p50_seconds=figures.values["goal"],
        p80_seconds=figures.values["requirement"],
        p80_lower_seconds=interval.lower,
        p80_upper_seconds=interval.upper,
        requirement_seconds=verdict.target_seconds,
        judged=verdict.judged,
        within=verdict.within,
        within_ratio=verdict.within_ratio,
        state=verdict.state,
        evidence=verdict.evidence,
    )

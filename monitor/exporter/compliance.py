"""`/api/v1/compliance`: the published state as JSON. The classes below are its schema, field by field.

`series_answer` and `window_answer` are what the other addresses tell a series and a window with.

Times are RFC 3339 in UTC, durations seconds. null: not known, or there is none to give. Until the store was read
once (`loaded` false) counts are null as well, for nobody knows them. Fields may be added; none changes its meaning.
"""

from datetime import datetime

import msgspec

from monitor.core.alarm import Baseline, Level
from monitor.core.mission import instant
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.binomial import Evidence
from monitor.core.timeline import percent_of
from monitor.core.verdict import State, Verdict
from monitor.exporter.published import Published, StoreState
from monitor.words.catalogue import Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import sentence


class Judgement(msgspec.Struct):
    """One percentile of one window, judged. `judged` missions had a target when they rang.

    `lower_seconds`/`upper_seconds` and `within_lower_ratio`/`within_upper_ratio` are 95 % intervals of the percentile
    and of the share within target; `pessimistic_ratio`/`optimistic_ratio` what missions in progress can make of it.
    `with_open_seconds` counts those as longer than so far (windows up to a day). `breach_p_value`: the chance of so
    few within if the target were truly just met, for one look.
    """

    percentile: int
    seconds: float | None
    target_seconds: float | None
    state: State
    judged: int | None
    within: int | None
    within_ratio: float | None
    late_budget: int | None
    evidence: Evidence
    lower_seconds: float | None
    upper_seconds: float | None
    within_lower_ratio: float | None
    within_upper_ratio: float | None
    pessimistic_ratio: float | None
    optimistic_ratio: float | None
    with_open_seconds: float | None
    breach_p_value: float | None
    sentence_en: str
    sentence_nb: str


class WindowAnswer(msgspec.Struct):
    """One window. `starts_at` and `ends_at` are null for a window by count, and so is what has no meaning there."""

    window: str
    starts_at: datetime | None
    ends_at: datetime | None
    measured: int | None
    unmeasured: int | None
    excluded: int | None
    exact: bool
    judgements: list[Judgement]


class SeriesAnswer(msgspec.Struct):
    """One area and class: what goes on now, and its windows. `breach`: none, warning or page; null: not known."""

    district: str
    name: str
    settlement: str
    open: int | None
    overdue: int | None
    last_mission_at: datetime | None
    breach: Level | None
    drift_alarm: bool | None
    windows: list[WindowAnswer]


class Answer(msgspec.Struct):
    """The whole answer. `store`: up, down, unreadable or unknown; `store_read_at`: the age of all figures.

    `last_record_at`: the newest sign of life of the feed. `record_ahead_at`: what the newest record claims, where
    that lies in the future. `left_out`: stored missions that are in no figure, by district, because it or the class
    is not configured.
    """

    at: datetime
    loaded: bool
    feed_stale: bool
    last_record_at: datetime | None
    record_ahead_at: datetime | None
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    left_out: dict[str, int]
    series: list[SeriesAnswer]


def answer(published: Published, names: dict[str, str], *, area: str | None = None) -> Answer:
    """The published state in the API's words, or one area of it; `names` by area, where an area has one."""
    snapshot, loaded = published.snapshot, published.loaded
    windows: dict[tuple[str, str], list[WindowAnswer]] = {}
    rows = [row for row in snapshot.rows if area in (None, row.area)]
    for row in rows:
        name = names.get(row.area, row.area)
        windows.setdefault((row.area, row.category), []).append(window_answer(row, name, loaded=loaded))
    return Answer(
        at=instant(snapshot.at),
        loaded=loaded,
        feed_stale=snapshot.stale,
        last_record_at=_moment(snapshot.last_record_at),
        record_ahead_at=_moment(snapshot.heard.ahead_at),
        store=published.store,
        store_problem=published.problem,
        store_read_at=_moment(published.read_at),
        left_out=dict(snapshot.left_out),
        series=[
            _series(standing, names.get(standing.area, standing.area), windows, loaded=loaded)
            for standing in snapshot.standings
            if area in (None, standing.area)
        ],
    )


def _series(
    standing: Standing, name: str, windows: dict[tuple[str, str], list[WindowAnswer]], *, loaded: bool
) -> SeriesAnswer:
    return SeriesAnswer(
        district=standing.area,
        name=name,
        settlement=standing.category,
        open=standing.in_progress.open if loaded else None,
        overdue=standing.in_progress.overdue if loaded else None,
        last_mission_at=_moment(standing.last_rang_at),
        breach=standing.alarms["requirement"].level if loaded else None,
        drift_alarm=_drift_alarm(standing),
        windows=windows.get((standing.area, standing.category), []),
    )


def _drift_alarm(standing: Standing) -> bool | None:
    drift = standing.alarms["requirement"].drift[Baseline.REQUIREMENT]
    return None if drift is None else drift.alarm


def window_answer(row: Row, name: str, *, loaded: bool) -> WindowAnswer:
    figures, span = row.figures, row.span
    return WindowAnswer(
        window=row.window,
        starts_at=instant(span.start) if span else None,
        ends_at=instant(span.end) if span else None,
        measured=figures.first.measured if loaded else None,
        unmeasured=figures.first.unmeasured_total if loaded and span else None,
        excluded=figures.excluded if loaded and span else None,
        exact=all(figures.exact.values()),
        judgements=[_judgement(row, name, verdict, loaded=loaded) for verdict in row.verdicts.values()],
    )


def _judgement(row: Row, name: str, verdict: Verdict, *, loaded: bool) -> Judgement:
    figures, share, bounds = row.figures, verdict.share, verdict.bounds
    interval = figures.intervals[verdict.objective.slug]
    return Judgement(
        percentile=int(percent_of(verdict.objective)),
        seconds=figures.values[verdict.objective.slug],
        target_seconds=verdict.target_seconds,
        state=verdict.state,
        judged=verdict.judged if loaded else None,
        within=verdict.within if loaded else None,
        within_ratio=verdict.within_ratio,
        late_budget=verdict.late_budget,
        evidence=verdict.evidence,
        lower_seconds=interval.lower,
        upper_seconds=interval.upper,
        within_lower_ratio=share.lower if share else None,
        within_upper_ratio=share.upper if share else None,
        pessimistic_ratio=bounds.lower if bounds else None,
        optimistic_ratio=bounds.upper if bounds else None,
        with_open_seconds=row.with_open[verdict.objective.slug] if row.with_open else None,
        breach_p_value=verdict.breach_p_value,
        sentence_en=_sentence(row, name, verdict, "en"),
        sentence_nb=_sentence(row, name, verdict, "nb"),
    )


def _sentence(row: Row, name: str, verdict: Verdict, language: Language) -> str:
    say = speaker(language)
    return sentence(say, verdict, area=say.area(row.area, name), settlement=row.category, window=row.window)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else instant(seconds)

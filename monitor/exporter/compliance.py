"""`/api/v1/compliance`: the published state as JSON. The classes below are its schema, field by field.

Times are RFC 3339 in UTC, durations seconds. null: not known, or there is none to give. Until the store was read
once (`loaded` false) counts are null as well, for nobody knows them. Fields may be added; none changes its meaning.
"""

from datetime import datetime

import msgspec

from monitor.core.mission import instant
from monitor.core.snapshot import Row, Standing
from monitor.core.timeline import Figures
from monitor.core.verdict import State, Verdict
from monitor.exporter.published import Published, StoreState


class Judgement(msgspec.Struct):
    """One percentile of one window, judged. `judged` missions had a target when they rang."""

    percentile: int
    seconds: float | None
    target_seconds: float | None
    state: State
    judged: int | None
    within: int | None
    within_ratio: float | None
    late_budget: int | None


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
    """One area and class: what goes on now, and its windows."""

    district: str
    name: str
    settlement: str
    open: int | None
    overdue: int | None
    last_mission_at: datetime | None
    windows: list[WindowAnswer]


class Answer(msgspec.Struct):
    """The whole answer. `store`: up, down, unreadable or unknown; `store_read_at`: the age of all figures."""

    at: datetime
    loaded: bool
    feed_stale: bool
    last_record_at: datetime | None
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    series: list[SeriesAnswer]


def answer(published: Published, names: dict[str, str]) -> Answer:
    """The published state in the API's words; `names` by area, where an area has one."""
    snapshot, loaded = published.snapshot, published.loaded
    windows: dict[tuple[str, str], list[WindowAnswer]] = {}
    for row in snapshot.rows:
        windows.setdefault((row.area, row.settlement), []).append(_window(row, loaded=loaded))
    return Answer(
        at=instant(snapshot.at),
        loaded=loaded,
        feed_stale=snapshot.stale,
        last_record_at=_moment(snapshot.last_record_at),
        store=published.store,
        store_problem=published.problem,
        store_read_at=_moment(published.read_at),
        series=[
            _series(standing, names.get(standing.area, standing.area), windows, loaded=loaded)
            for standing in snapshot.standings
        ],
    )


def _series(
    standing: Standing, name: str, windows: dict[tuple[str, str], list[WindowAnswer]], *, loaded: bool
) -> SeriesAnswer:
    return SeriesAnswer(
        district=standing.area,
        name=name,
        settlement=standing.settlement,
        open=standing.in_progress.open if loaded else None,
        overdue=standing.in_progress.overdue if loaded else None,
        last_mission_at=_moment(standing.last_rang_at),
        windows=windows.get((standing.area, standing.settlement), []),
    )


def _window(row: Row, *, loaded: bool) -> WindowAnswer:
    figures, span = row.figures, row.span
    return WindowAnswer(
        window=row.window,
        starts_at=instant(span.start) if span else None,
        ends_at=instant(span.end) if span else None,
        measured=figures.measured if loaded else None,
        unmeasured=figures.unmeasured if loaded and span else None,
        excluded=figures.excluded if loaded and span else None,
        exact=figures.exact,
        judgements=[_judgement(figures, verdict, loaded=loaded) for verdict in row.verdicts.values()],
    )


def _judgement(figures: Figures, verdict: Verdict, *, loaded: bool) -> Judgement:
    return Judgement(
        percentile=verdict.percent,
        seconds=figures.percentiles[verdict.percent],
        target_seconds=verdict.target_seconds,
        state=verdict.state,
        judged=verdict.judged if loaded else None,
        within=verdict.within if loaded else None,
        within_ratio=verdict.within_ratio,
        late_budget=verdict.late_budget,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else instant(seconds)

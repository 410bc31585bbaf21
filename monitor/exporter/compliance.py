"""`/api/v1/compliance`: the published state as JSON. The classes below are its schema, field by field.

A row is told as the report tells it (`monitor.answer`); `window_rows` and `standings` are what the other addresses
tell with as well. Times are RFC 3339 in UTC, durations seconds. null: not known, or there is none to give. Until the
store was read once (`loaded` false) rows are null as well, for nobody knows them. Fields may be added; none changes
its meaning.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from monitor.answer import row_document
from monitor.core.alarm import Level
from monitor.core.mission import Cause, instant
from monitor.core.rounding import Rounding
from monitor.core.service import Service, Statistic
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict
from monitor.published import Published, StoreState


class ClockAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Missions that count, on one clock. `unmeasured_by_cause` has the causes that occur."""

    measured: int
    unmeasured: int
    unmeasured_by_cause: dict[Cause, int]


class UnmeasuredAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the missions without a value could make of a verdict.

    `missions`: those of them that had a target. Of a percentile: whatever they were, the share of all that was within
    lies between `within_least_ratio` and `within_most_ratio`, and with 95 % confidence the true one between the
    `widened` two; the objective is met if at least `needed` of them were within (0 or less: all the same; more than
    `missions`: missed all the same), which is the share `tipping_ratio`. Of a mean: met if they took at most
    `tipping_seconds` each, in the mean. `settled`: the verdict is the same whatever they were; nothing tips it then.
    """

    missions: int
    settled: bool
    within_least_ratio: float | None
    within_most_ratio: float | None
    widened_least_ratio: float | None
    widened_most_ratio: float | None
    needed: int | None
    tipping_ratio: float | None
    tipping_seconds: float | None


class ObjectiveAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One objective: its statistic with its 95 % interval, and what decides it. `judged` had a target in time.

    `unmeasured`: null where there is no verdict, and in windows by count, where nobody knows how many there are.
    """

    clock: str
    statistic: Statistic
    percentile: int | float | None
    value_seconds: float | None
    lower_seconds: float | None
    upper_seconds: float | None
    target_seconds: float | None
    judged: int
    within: int | None
    state: State
    evidence: Evidence
    late_budget: int | None
    exact: bool
    rounding: Rounding
    unmeasured: UnmeasuredAnswer | None


class JudgedAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One area and category in one span; clocks and objectives by slug, every one that the service declares."""

    area: str
    category: str
    excluded: int
    clocks: dict[str, ClockAnswer]
    objectives: Mapping[str, ObjectiveAnswer]


class RowAnswer(JudgedAnswer, kw_only=True, forbid_unknown_fields=True):
    """... beside what it is compared with."""

    previous: JudgedAnswer | None


class WindowObjective(ObjectiveAnswer, kw_only=True, forbid_unknown_fields=True):
    """An objective of a window that reaches to now.

    `within_lower_ratio`/`within_upper_ratio`: 95 % interval of the share within target;
    `pessimistic_ratio`/`optimistic_ratio`: what missions in progress can make of it. `with_open_seconds` counts those
    as longer than so far (windows up to a day). `breach_p_value`: the chance of such counts if the target were truly
    just met, for one look.
    """

    within_ratio: float | None
    within_lower_ratio: float | None
    within_upper_ratio: float | None
    pessimistic_ratio: float | None
    optimistic_ratio: float | None
    with_open_seconds: float | None
    breach_p_value: float | None
    spare_seconds: float | None


class WindowRow(JudgedAnswer, kw_only=True, forbid_unknown_fields=True):
    """One area and category in one window. `starts_at` and `ends_at` are null for a window by count."""

    window: str
    starts_at: datetime | None
    ends_at: datetime | None
    objectives: Mapping[str, WindowObjective]


class StandingAnswer(msgspec.Struct):
    """One area and category now, whatever the window. `breach`: the gravest of its levels."""

    area: str
    category: str
    open: int
    overdue: int
    presumed_reached: int
    last_mission_at: datetime | None
    breach: Level


class Answer(msgspec.Struct):
    """The whole answer. `store`: up, down, unreadable or unknown; `store_read_at`: the age of all figures.

    `last_record_at`: the newest sign of life of the feed. `record_ahead_at`: what the newest record claims, where
    that lies in the future. `left_out`: stored missions that are in no figure, by area, because it or the category
    is not declared. `names`: of the areas, by slug.
    """

    service: str
    at: datetime
    loaded: bool
    feed_stale: bool
    last_record_at: datetime | None
    record_ahead_at: datetime | None
    store: StoreState
    store_problem: str | None
    store_read_at: datetime | None
    left_out: dict[str, int]
    names: dict[str, str]
    standings: list[StandingAnswer] | None
    rows: list[WindowRow] | None


def answer(published: Published, names: Mapping[str, str]) -> Answer:
    """The published state in the API's words; `names` by area."""
    snapshot, loaded = published.snapshot, published.loaded
    return Answer(
        service=snapshot.service.slug,
        at=instant(snapshot.at),
        loaded=loaded,
        feed_stale=snapshot.stale,
        last_record_at=moment(snapshot.last_record_at),
        record_ahead_at=moment(snapshot.heard.ahead_at),
        store=published.store,
        store_problem=published.problem,
        store_read_at=moment(published.read_at),
        left_out=dict(snapshot.left_out),
        names=dict(names),
        standings=[standing_answer(standing) for standing in snapshot.standings] if loaded else None,
        rows=[window_row(snapshot.service, row) for row in snapshot.rows] if loaded else None,
    )


def standing_answer(standing: Standing) -> StandingAnswer:
    """What goes on now in a series."""
    return StandingAnswer(
        area=standing.area,
        category=standing.category,
        open=standing.in_progress.open,
        overdue=standing.in_progress.overdue,
        presumed_reached=standing.in_progress.presumed,
        last_mission_at=moment(standing.last_rang_at),
        breach=max((alarm.level for alarm in standing.alarms.values()), key=list(Level).index, default=Level.NONE),
    )


def row_answer(service: Service, row: Row, previous: Row | None) -> RowAnswer:
    """A row of a period, as the report has it."""
    return msgspec.convert(row_document(service, row, previous), RowAnswer)


def window_row(service: Service, row: Row) -> WindowRow:
    """A row of a window, with what only the present has."""
    document, span = row_document(service, row, None), row.span
    del document["previous"]
    for slug, verdict in row.verdicts.items():
        document["objectives"][slug] |= _present(row, verdict)
    return msgspec.convert(
        document
        | {
            "window": row.window,
            "starts_at": instant(span.start) if span else None,
            "ends_at": instant(span.end) if span else None,
        },
        WindowRow,
    )


def _present(row: Row, verdict: Verdict) -> dict[str, Any]:
    share, bounds = verdict.share, verdict.bounds
    return {
        "within_ratio": verdict.within_ratio,
        "within_lower_ratio": share.lower if share else None,
        "within_upper_ratio": share.upper if share else None,
        "pessimistic_ratio": bounds.lower if bounds else None,
        "optimistic_ratio": bounds.upper if bounds else None,
        "with_open_seconds": row.with_open.get(verdict.objective.slug) if row.with_open else None,
        "breach_p_value": verdict.breach_p_value,
        "spare_seconds": verdict.spare_seconds,
    }


def moment(seconds: float | None) -> datetime | None:
    """Epoch seconds as the API writes them."""
    return None if seconds is None else instant(seconds)

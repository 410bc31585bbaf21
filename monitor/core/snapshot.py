"""The published answer of one moment: every area, category and window with its figures and verdicts.

Built whole from a `History`, immutable, and handed to whoever shows it: metrics, the page, the report. Nothing in
it is computed later, so all of them agree. A stale feed turns every window that reaches to now into no data.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf
from typing import Final

from monitor.core import alarm
from monitor.core.alarm import DAY, Alarm, Rules
from monitor.core.calendar import Period
from monitor.core.feed import Heard, listen
from monitor.core.figures import Figures, InProgress
from monitor.core.history import History
from monitor.core.overdue import Usual
from monitor.core.patience import LEAST_SECONDS, hour_of, pace_until, plausible
from monitor.core.service import Series, Service, by_duty
from monitor.core.timeline import Kept, Timeline
from monitor.core.verdict import Verdict, verdicts_of
from monitor.core.waiting import Waiting, limits
from monitor.core.windows import Span, Window, span_of


@dataclass(frozen=True, slots=True)
class Row:
    """One area and category in one window. `verdicts` by objective.

    `with_open`: percentiles that count missions in progress as longer than so far, None where that cannot be known;
    only for windows up to a day.
    """

    area: str
    category: str
    window: str
    span: Span | None
    figures: Figures
    verdicts: dict[str, Verdict]
    with_open: dict[str, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One area and category at this moment, whatever the window.

    `in_progress`: on the clock of the objective with the gravest duty, past its target, and for longer than its own
    past makes plausible. `targets` by objective.
    `alarms` by objective that is watched (`core.alarm.watched`).
    """

    area: str
    category: str
    in_progress: InProgress
    last_rang_at: float | None
    targets: dict[str, float | None]
    alarms: dict[str, Alarm]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything shown of `service`, as of `at` (epoch seconds). `stale`: the feed has been silent for too long.

    `patience_seconds`: how long its silence is plausible; it began when it was last `heard`.

    `rows` of an area stand for the windows in which it exists; one that exists in any of them has a standing.
    `left_out`: stored missions of areas and categories that are not declared (any more), by area. They are in no
    figure, the pools' included.
    """

    service: Service
    at: float
    stale: bool
    patience_seconds: float
    heard: Heard
    rows: Sequence[Row]
    standings: Sequence[Standing]
    left_out: Mapping[str, int]
    overdue_limits: Mapping[str, int] = field(default_factory=dict)
    """By area that missions name: so many past their target at once, and plausibly on their way, are no accident."""

    @property
    def last_record_at(self) -> float | None:
        """The newest sign of life of the feed (epoch seconds)."""
        return self.heard.at

    @property
    def heard_until(self) -> float:
        """What ends later than this (epoch seconds) was not heard to its end; without end while the feed lives."""
        if not self.stale:
            return inf
        return -inf if self.heard.at is None else self.heard.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a snapshot is taken with. Seconds; `stale_after_seconds` None: as the service's own pace has it."""

    windows: Sequence[Window]
    stale_after_seconds: float | None
    abandoned_after_seconds: float
    alarms: Rules = field(default_factory=Rules)


def take(
    history: History, terms: Terms, now: float, *, before: Heard | None = None, elapsed_seconds: float = 0.0
) -> Snapshot:
    """The snapshot at `now` (epoch seconds), `elapsed_seconds` after the feed was heard as in `before`."""
    heard = listen(
        history.heads, now, believed_ahead_seconds=terms.stale_after_seconds or LEAST_SECONDS,
        before=before, elapsed_seconds=elapsed_seconds,
    )  # fmt: skip
    return judged(history, terms, now, heard)


def judged(history: History, terms: Terms, now: float, heard: Heard) -> Snapshot:
    """The snapshot at `now` (epoch seconds) of a feed that is known to be `heard`: a moment that may be long past.

    Whatever began after the slice that holds `now` is in none of it, so it is the same whenever it is asked for, but
    for what was corrected since.
    """
    grid, since = history.grid, now if heard.at is None else min(heard.at, now)
    pace = pace_until(history, since)
    patience = plausible(pace, hour_of(since, grid), terms.stale_after_seconds)
    stale = heard.silent_seconds > patience
    moment = _Moment(
        now=now,
        stale=stale,
        # A silent feed stops the clock of the alarms: they neither begin nor end by silence.
        as_of=now if heard.at is None or not stale else heard.at,
        abandoned_before=now - terms.abandoned_after_seconds,
        until=history.grid.floor(now) + history.grid.seconds,
    )
    around = [(window, window.span(now, history.grid)) for window in terms.windows]
    periods = alarm.to_date(alarm.periods_of(terms.windows), moment.as_of, history.grid)
    today, then = (date.fromordinal(history.grid.day_of(at)) for at in (now, moment.as_of))
    service, gravest = history.service, by_duty(history.service.objectives)[0]
    rows: list[Row] = []
    standings: list[Standing] = []
    usuals: dict[str, list[Usual]] = {}
    for area in service.judged_areas:
        spans = [one for one in around if _exists(history, area, one[1], today)]
        if not spans and not service.lasts(area, today, today):
            continue
        for category in service.judged_categories:
            timeline = history.timeline(area, category)
            found = history.targets.target(area, category, today)
            targets = {one.slug: found.get(one.slug) for one in service.objectives}
            longest = {one.slug: one.longest_within(targets[one.slug]) for one in service.objectives}
            moved = timeline.moved(now, longest, abandoned_before=moment.abandoned_before)
            waiting = Waiting(
                timeline, gravest.clock, longest[gravest.slug], now, moment.until, moment.abandoned_before
            )
            usual = waiting.usual(today)
            in_progress = waiting.in_progress(usual)
            pooled = service.is_pool(area, category, then)
            if not pooled:
                usuals.setdefault(area, []).append(usual)
            alarms = alarm.assess(
                timeline, terms.alarms, periods, as_of=moment.as_of, grid=history.grid, pooled=pooled
            )
            rang_at = timeline.last_rang_at(moment.until)
            standing = _standing(timeline, Standing(area, category, in_progress, rang_at, targets, alarms))
            standings.append(standing)
            rows.extend(_row(timeline, one, moment, standing, moved) for one in spans)
    return Snapshot(
        service, now, stale, patience, heard, rows, standings, history.left_out(),
        limits(usuals, pace.busier(hour_of(now, grid))),
    )  # fmt: skip


def _exists(history: History, area: str, span: Span | None, today: date) -> bool:
    """Whether an area exists on any day of a span; of a window by count, whether it does today."""
    if not history.service.reforms:
        return True
    if span is None:
        return history.service.lasts(area, today, today)
    first, last = (date.fromordinal(history.grid.day_of(at)) for at in (span.start, span.end - 1))
    return history.service.lasts(area, first, last)


@dataclass(frozen=True, slots=True)
class _Moment:
    now: float
    stale: bool
    as_of: float
    abandoned_before: float
    until: float
    """The end of the slice that holds `now`."""


_STANDING: Final = Kept[Standing]()
_ROW: Final = Kept[Row]()
_VERDICTS: Final = Kept[dict[str, Verdict]]()


def _standing(timeline: Timeline, present: Standing) -> Standing:
    """The standing of before, where nothing happened to it: whoever made something of it, need not do so again."""
    return timeline.derived(_STANDING, present, lambda: present)


def _row(
    timeline: Timeline,
    around: tuple[Window, Span | None],
    moment: _Moment,
    standing: Standing,
    moved: tuple[tuple[int | None, ...], ...],
) -> Row:
    """The row of before, where nothing happened to it: `moved` is how far time has come (`Timeline.moved`)."""
    window, span = around
    row = timeline.derived(
        _ROW,
        (window, moment.until if span is None else span, moved, moment.stale, standing.targets),
        lambda: _judged(timeline, window, span, moment, standing),
        part=window.name,
    )
    if span is None or window.seconds is None or window.seconds > DAY:
        return row
    with_open = timeline.with_open(moment.now, span, abandoned_before=moment.abandoned_before) if moved else None
    return row if with_open is None or with_open == row.with_open else replace(row, with_open=with_open)


def _judged(timeline: Timeline, window: Window, span: Span | None, moment: _Moment, standing: Standing) -> Row:
    before = moment.abandoned_before
    if span is None:
        figures, with_open, around = timeline.newest(window.count or 0, until=moment.until), None, None
    else:
        figures, around = timeline.within_span(span, abandoned_before=before), span
        brief = window.seconds is not None and window.seconds <= DAY
        with_open = timeline.with_open(moment.now, span, abandoned_before=before) if brief else None
    progress = {
        one.slug: None
        if around is None or one.percentile is None
        else timeline.in_progress(
            moment.now,
            one.longest_within(standing.targets[one.slug]),
            abandoned_before=before,
            span=around,
            clock=one.clock,
        )
        for one in timeline.objectives
    }
    verdicts = timeline.derived(
        _VERDICTS,
        (figures, progress, moment.stale, standing.targets),
        lambda: verdicts_of(timeline.objectives, figures, standing.targets, progress, stale=moment.stale),
        part=window.name,
    )
    return Row(standing.area, standing.category, window.name, span, figures, verdicts, with_open)


def over_period(
    history: History,
    period: Period,
    *,
    now: float,
    abandoned_after_seconds: float,
    silent: bool = False,
    only: Container[Series] | None = None,
) -> list[Row]:
    """A closed (or running) calendar period, judged from what is stored now: corrections restate it.

    Areas that exist on any of its days. The target shown is the one in force at the period's end; every mission was
    judged by its own. Nothing can be said of a period that has not begun, nor of one that runs while its feed is
    `silent`. `only`: of these areas and categories alone.
    """
    span = span_of(period, history.grid)
    unsaid = now < span.start or (silent and now < span.end)
    last_day = date.fromordinal(period.after.toordinal() - 1)
    rows = []
    for area in history.service.judged_areas:
        if not history.service.lasts(area, period.first, last_day):
            continue
        for category in history.service.judged_categories:
            if only is not None and (area, category) not in only:
                continue
            figures = history.timeline(area, category).within_span(
                span, abandoned_before=now - abandoned_after_seconds
            )
            targets = history.targets.target(area, category, last_day)
            verdicts = verdicts_of(history.service.objectives, figures, targets, {}, stale=unsaid)
            rows.append(Row(area, category, period.name, span, figures, verdicts))
    return rows

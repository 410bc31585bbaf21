"""The published answer of one moment: every area, class and window with its figures and verdicts.

Built whole from a `History`, immutable, and handed to whoever shows it: metrics, the page, the report. Nothing in
it is computed later, so all of them agree. A stale feed turns every window that reaches to now into no data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from monitor.core import alarm
from monitor.core.alarm import DAY, Alarm, Rules
from monitor.core.history import History, seconds
from monitor.core.targets import NATIONAL
from monitor.core.timeline import PERCENTS, Figures, InProgress
from monitor.core.verdict import Verdict, judge
from monitor.core.windows import UNITS, Period, Span, Window


@dataclass(frozen=True, slots=True)
class Row:
    """One area and class in one window. `verdicts` by percentile (50 the goal, 80 the requirement).

    `with_open`: percentiles that count missions in progress as longer than so far; only for windows up to a day.
    """

    area: str
    settlement: str
    window: str
    span: Span | None
    figures: Figures
    verdicts: dict[int, Verdict]
    with_open: dict[int, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One area and class at this moment, whatever the window."""

    area: str
    settlement: str
    in_progress: InProgress
    last_rang_at: float | None
    targets: dict[int, float | None]
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything shown, as of `at` (epoch seconds). `stale`: the feed has been silent for too long."""

    at: float
    stale: bool
    last_record_at: float | None
    rows: Sequence[Row]
    standings: Sequence[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a snapshot is taken with. Seconds."""

    windows: Sequence[Window]
    stale_after_seconds: float
    abandoned_after_seconds: float
    alarms: Rules = field(default_factory=Rules)


def take(history: History, terms: Terms, now: float) -> Snapshot:
    """The snapshot at `now` (epoch seconds)."""
    newest = [head.last_record_at for head in history.heads.values() if head.last_record_at is not None]
    last_record_at = max(newest, default=None)
    stale = last_record_at is None or now - last_record_at > terms.stale_after_seconds
    moment = _Moment(
        now=now,
        stale=stale,
        # A silent feed stops the clock of the alarms: they neither begin nor end by silence.
        as_of=now if last_record_at is None or not stale else last_record_at,
        abandoned_before=now - terms.abandoned_after_seconds,
    )
    spans = [(window, window.span(now, history.grid)) for window in terms.windows]
    rows: list[Row] = []
    standings: list[Standing] = []
    for area in history.areas:
        for settlement in history.settlements:
            standing = _standing(history, terms, moment, area, settlement)
            standings.append(standing)
            rows.extend(_row(history, window, span, moment, standing) for window, span in spans)
    return Snapshot(now, stale, last_record_at, rows, standings)


@dataclass(frozen=True, slots=True)
class _Moment:
    now: float
    stale: bool
    as_of: float
    abandoned_before: float


def _standing(history: History, terms: Terms, moment: _Moment, area: str, settlement: str) -> Standing:
    timeline = history.timeline(area, settlement)
    today = date.fromordinal(history.grid.day_of(moment.now))
    target = history.targets.target(area, settlement, today)
    targets = {percent: seconds(target, percent) for percent in PERCENTS}
    return Standing(
        area=area,
        settlement=settlement,
        in_progress=timeline.in_progress(moment.now, targets[80], abandoned_before=moment.abandoned_before),
        last_rang_at=float(timeline.rang_at[-1]) if len(timeline.rang_at) else None,
        targets=targets,
        alarm=alarm.assess(
            timeline, terms.alarms, UNITS, as_of=moment.as_of, grid=history.grid, national=area == NATIONAL
        ),
    )


def _row(history: History, window: Window, span: Span | None, moment: _Moment, standing: Standing) -> Row:
    timeline = history.timeline(standing.area, standing.settlement)
    before = moment.abandoned_before
    if span is None:
        figures, with_open, around = timeline.newest(window.count or 0), None, None
    else:
        figures, around = timeline.within_span(span, abandoned_before=before), span
        brief = window.seconds is not None and window.seconds <= DAY
        with_open = timeline.with_open(moment.now, span, abandoned_before=before) if brief else None
    verdicts = {}
    for percent in PERCENTS:
        target = standing.targets[percent]
        verdicts[percent] = judge(
            percent,
            figures.counts[percent],
            target_seconds=target,
            measured=figures.measured,
            stale=moment.stale,
            progress=None
            if around is None
            else timeline.in_progress(moment.now, target, abandoned_before=before, span=around),
        )
    return Row(standing.area, standing.settlement, window.name, span, figures, verdicts, with_open)


def over_period(history: History, period: Period, *, now: float, abandoned_after_seconds: float) -> list[Row]:
    """A closed (or running) calendar period, judged from what is stored now: corrections restate it.

    The target shown is the one in force at the period's end; every mission was judged by its own.
    """
    span = period.span(history.grid)
    last_day = date.fromordinal(period.after.toordinal() - 1)
    rows = []
    for area in history.areas:
        for settlement in history.settlements:
            target = history.targets.target(area, settlement, last_day)
            targets = {percent: seconds(target, percent) for percent in PERCENTS}
            figures = history.timeline(area, settlement).within_span(
                span, abandoned_before=now - abandoned_after_seconds
            )
            verdicts = {
                percent: judge(
                    percent,
                    figures.counts[percent],
                    target_seconds=targets[percent],
                    measured=figures.measured,
                    stale=False,
                )
                for percent in PERCENTS
            }
            rows.append(Row(area, settlement, period.name, span, figures, verdicts))
    return rows

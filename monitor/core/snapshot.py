"""The published answer of one moment: every area, class and window with its figures and verdicts.

Built whole from a `History`, immutable, and handed to whoever shows it: metrics, the page, the report. Nothing in
it is computed later, so all of them agree. A stale feed turns every window that reaches to now into no data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.core.history import History, seconds
from monitor.core.timeline import PERCENTS, Figures, InProgress
from monitor.core.verdict import Verdict, judge
from monitor.core.windows import Period, Span, Window


@dataclass(frozen=True, slots=True)
class Row:
    """One area and class in one window. `verdicts` by percentile (50 the goal, 80 the requirement)."""

    area: str
    settlement: str
    window: str
    span: Span | None
    figures: Figures
    verdicts: dict[int, Verdict]


@dataclass(frozen=True, slots=True)
class Standing:
    """One area and class at this moment, whatever the window."""

    area: str
    settlement: str
    in_progress: InProgress
    last_rang_at: float | None
    targets: dict[int, float | None]


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


def take(history: History, terms: Terms, now: float) -> Snapshot:
    """The snapshot at `now` (epoch seconds)."""
    newest = [head.last_record_at for head in history.heads.values() if head.last_record_at is not None]
    last_record_at = max(newest, default=None)
    stale = last_record_at is None or now - last_record_at > terms.stale_after_seconds
    abandoned_before = now - terms.abandoned_after_seconds
    today = date.fromordinal(history.grid.day_of(now))
    rows, standings = [], []
    for area in history.areas:
        for settlement in history.settlements:
            timeline = history.timeline(area, settlement)
            target = history.targets.target(area, settlement, today)
            targets = {percent: seconds(target, percent) for percent in PERCENTS}
            last = float(timeline.rang_at[-1]) if len(timeline.rang_at) else None
            progress = timeline.in_progress(now, targets[80], abandoned_before=abandoned_before)
            standings.append(Standing(area, settlement, progress, last, targets))
            for window in terms.windows:
                span = window.span(now, history.grid)
                if span is None:
                    figures = timeline.newest(window.count or 0)
                else:
                    figures = timeline.within_span(span, abandoned_before=abandoned_before)
                verdicts = _verdicts(figures, targets, stale=stale)
                rows.append(Row(area, settlement, window.name, span, figures, verdicts))
    return Snapshot(now, stale, last_record_at, rows, standings)


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
            rows.append(Row(area, settlement, period.name, span, figures, _verdicts(figures, targets, stale=False)))
    return rows


def _verdicts(figures: Figures, targets: dict[int, float | None], *, stale: bool) -> dict[int, Verdict]:
    return {
        percent: judge(
            percent,
            figures.counts[percent],
            target_seconds=targets[percent],
            measured=figures.measured,
            stale=stale,
        )
        for percent in PERCENTS
    }

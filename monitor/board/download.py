"""What the board shows, as rows for a spreadsheet: one for each area, category and objective, in the board's order.

Decides the columns. Lengths of time are minutes, as in the report's CSV; words are the reader's. A verdict that
nobody can vouch for is told as such here, too.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from monitor.board.cells import areas, columns
from monitor.board.frame import View
from monitor.core.duration import minutes_of
from monitor.core.service import Objective
from monitor.core.snapshot import Row
from monitor.core.verdict import State, Verdict
from monitor.words.verdicts import EVIDENCES

Value = str | int | float | datetime | None
MINUTE: Final = 60.0


def heads(view: View) -> list[str]:
    """What the columns are."""
    say = view.say
    minutes = [say("value"), say("95 % interval, from"), say("95 % interval, to"), say("target")]
    shares = [say("within of all, at least"), say("within of all, at most")]
    return [
        say("Area"), say("Category"), say("Objective"), say("Statistic"), *(f"{head} (min)" for head in minutes),
        say("verdict"), say("evidence"), say("judged"), say("within target"), say("late to spare"),
        f"{say('time to spare')} (min)", say("measured"), say("unmeasured"), say("excluded"),
*(f"{head} (%)" for head in shares),
        say("met if so many of 100 unmeasured were within"),
    ]  # fmt: skip


def lines(view: View) -> Iterator[Sequence[Value]]:
    """The figures; nothing that is not known is a zero."""
    shown = columns(view)
    for area, _ in areas(view, shown):
        for column in shown:
            row = view.rows[area, column.category]
            for objective in [column.objective] if column.objective else view.aims(column.category, [row]):
                yield _line(view, row, objective)


def _line(view: View, row: Row, objective: Objective) -> list[Value]:
    figures, verdict = row.figures, row.verdicts[objective.slug]
    clock, interval = figures.of(objective), figures.intervals[objective.slug]
    decided = verdict.state in (State.MET, State.MISSED) and not view.outdated
    known = view.published.loaded
    return [
        view.area_named(row.area),
        view.category_named(row.category),
        view.objective_named(objective),
        view.statistic(objective),
        *map(_minutes, (figures.values[objective.slug], interval.lower, interval.upper)),
        None if verdict.target_seconds is None else minutes_of(verdict.target_seconds),
        view.said(verdict).text,
        view.say(EVIDENCES[verdict.evidence]) if decided else None,
        verdict.judged if known else None,
        verdict.within if known and verdict.judged else None,
        verdict.late_budget if known and not view.outdated else None,
        _minutes(verdict.spare_seconds) if known and not view.outdated else None,
        clock.measured if known else None,
        clock.unmeasured_total if known else None,
        figures.excluded if known else None,
        *(_hanging(verdict) if decided and known else (None, None, None)),
    ]


def _hanging(verdict: Verdict) -> Sequence[Value]:
    """Between what the share of all lies, and what of the unmeasured tips the verdict."""
    without = verdict.unmeasured
    if without is None or without.bounds is None:
        return None, None, None
    return 100 * without.bounds.lower, 100 * without.bounds.upper, without.tipping_percent


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / MINUTE


def about(view: View) -> Iterator[Sequence[Value]]:
    """What the figures are of, and how far they can be trusted."""
    say, published = view.say, view.published
    span = next((row.span for row in view.rows.values() if row.span), None)
    yield say("Service"), view.heading
    of = say("Window") if view.judged is None else say("Closed period") if view.judged.over else say("Period")
    yield of, view.spoken
    if span:
        yield say("From"), _moment(view, span.start)
        yield say("To"), _moment(view, span.end)
    yield say("Figures of"), None if published.read_at is None else _moment(view, published.read_at)
    yield say("Time zone"), view.zone.key
    for text, _ in view.banners:
        yield say("Doubtful"), text
    yield say("Link to this view"), view.link("/")


def _moment(view: View, seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, view.zone)

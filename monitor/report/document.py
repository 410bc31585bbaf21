"""A period's report as values: one row per area and class, in minutes, ready for any format.

Decides what a report says, in which order, what it is compared with, and whether it is final. Refuses to know how it
is printed and where missions come from.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from monitor.core import restated
from monitor.core.calendar import Period
from monitor.core.feed import listen
from monitor.core.history import History
from monitor.core.snapshot import Row, over_period
from monitor.core.stats.binomial import Evidence
from monitor.core.stored import YearCount
from monitor.core.targets import NATIONAL
from monitor.core.timeline import Figures
from monitor.core.verdict import State, Verdict
from monitor.core.windows import span_of

GOAL: Final = "goal"
REQUIREMENT: Final = "requirement"


class Status(StrEnum):
    """How far the figures of a period can be relied on to stay."""

    FINAL = "final"
    """The period is over and the events reach its end; only corrections change it."""
    RUNNING = "running"
    INCOMPLETE = "incomplete"
    """Over, but the newest known mission rang well before its end; or running, but its feed is silent."""
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Judged:
    """One percentile of one area and class against its target. Minutes, unrounded; None where there is nothing."""

    figures: Figures
    verdict: Verdict

    @property
    def minutes(self) -> float | None:
        """The percentile."""
        return _minutes(self.figures.values[self.verdict.objective.slug])

    @property
    def lower_minutes(self) -> float | None:
        """Where the 95 % interval of the percentile begins; None where it has no bound."""
        return _minutes(self.figures.intervals[self.verdict.objective.slug].lower)

    @property
    def upper_minutes(self) -> float | None:
        """Where it ends; None where it has no bound."""
        return _minutes(self.figures.intervals[self.verdict.objective.slug].upper)

    @property
    def exact(self) -> bool:
        """Whether it is nearest-rank over every mission, not read from a sketch."""
        return self.figures.exact[self.verdict.objective.slug]

    @property
    def target_minutes(self) -> float | None:
        """The target in force at the period's end."""
        return _minutes(self.verdict.target_seconds)

    @property
    def state(self) -> State:
        """The official answer, decided on exact response times."""
        return self.verdict.state

    @property
    def state_by_whole_minutes(self) -> State:
        """What a reader of the rounded minutes would think: it may differ from `state`, which decides."""
        if self.minutes is None or self.target_minutes is None or self.state not in (State.MET, State.MISSED):
            return self.state
        return State.MET if whole(self.minutes) <= self.target_minutes else State.MISSED

    @property
    def allowed(self) -> int | None:
        """How many of the judged missions may be late."""
        left = self.verdict.late_budget
        return None if left is None else left + self.late

    @property
    def late(self) -> int:
        """How many of them were."""
        return self.verdict.judged - (self.verdict.within or 0)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One area and class: this period's figures, and the previous one's where anything was measured in it."""

    row: Row
    before: Row | None
    applicable: bool
    """False where the targets say that there is no such class in this area."""

    @property
    def area(self) -> str:
        return self.row.area

    @property
    def category(self) -> str:
        return self.row.category

    @property
    def goal(self) -> Judged:
        """The median against the goal."""
        return Judged(self.row.figures, self.row.verdicts[GOAL])

    @property
    def requirement(self) -> Judged:
        """The 80th percentile against the requirement."""
        return Judged(self.row.figures, self.row.verdicts[REQUIREMENT])

    @property
    def previous(self) -> Judged | None:
        """The 80th percentile of the period before."""
        return None if self.before is None else Judged(self.before.figures, self.before.verdicts[REQUIREMENT])

    @property
    def missions(self) -> int:
        """Measured missions."""
        return self.row.figures.first.measured

    @property
    def unmeasured(self) -> int:
        return self.row.figures.first.unmeasured_total

    @property
    def excluded(self) -> int:
        return self.row.figures.excluded

    @property
    def exact(self) -> bool:
        return all(self.row.figures.exact.values())

    @property
    def unmeasured_ratio(self) -> float | None:
        """Share (0 to 1) of urgent, closed missions that lack a time."""
        total = self.missions + self.unmeasured
        return self.unmeasured / total if total else None

    @property
    def change_minutes(self) -> float | None:
        """How much longer the 80th percentile is than in the period before; None where either has no missions."""
        now = self.requirement.minutes
        before = None if self.previous is None else self.previous.minutes
        return None if now is None or before is None else now - before


@dataclass(frozen=True, slots=True)
class Month:
    """The whole country in one month of the period."""

    first: date
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A judged period. `start` (included) and `end` (excluded) are local midnights."""

    period: str
    start: datetime
    end: datetime
    rows: Sequence[ReportRow]
    previous: str | None
    """The period compared with: of the same kind."""
    status: Status
    as_of: datetime | None
    """When the newest mission rang that is known; None where none is."""
    open: int
    """Missions of the period that are still in progress."""
    months: Mapping[str, Sequence[Month]]
    """By class; empty for a report on a single month."""
    names: Mapping[str, str]
    """What people call the areas."""
    source: str
    """Where the targets come from."""
    errata: Sequence[str]
    """What is known to be wrong in that source."""
    over: bool
    """Whether the period has ended."""
    moves: Sequence[YearCount] = ()
    """Missions that corrections took out of a calendar year of the period, or into it, once it was closed."""
    conflicts: Sequence[YearCount] = ()
    """Events refused because they contradict what stands: of the year, or against a mission of it."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Stored missions of the period whose district or class is not configured: they are in no figure."""
    records_ahead: int = 0
    """Events that claimed a moment in the future when they arrived; told only of a period that is not over."""

    @property
    def categories(self) -> list[str]:
        """The classes, in their order."""
        return list(dict.fromkeys(row.category for row in self.rows))

    @property
    def districts(self) -> list[str]:
        """The areas but the nation, in their order."""
        return [area for area in dict.fromkeys(row.area for row in self.rows) if area != NATIONAL]

    def missions(self, area: str) -> int:
        """Measured missions of an area, of all classes."""
        return sum(row.missions for row in self.rows if row.area == area)

    def row(self, area: str, category: str) -> ReportRow:
        """The row of an area and class."""
        return next(row for row in self.rows if (row.area, row.category) == (area, category))

    @property
    def known(self) -> bool:
        """Whether a single mission of the period is known."""
        return any(row.missions or row.unmeasured or row.excluded for row in self.rows)


def draw_up(
    history: History, period: Period, *, now: float, abandoned_after_seconds: float, silent_after_seconds: float
) -> Report:
    """Judge the period on what is known now (epoch seconds).

    Missions that end longer than `silent_after_seconds` before the period does are not all there are. While the feed
    is silent, or before the period begins, there is no verdict on it: no data, as on the board.
    """
    span, zone, calendar = span_of(period, history.grid), history.grid.zone, history.grid.calendar
    in_force = history.targets.in_force(period.after - timedelta(days=1))
    absent = in_force.not_applicable if in_force else frozenset()
    previous = calendar.previous(period)
    over, heads = now >= span.end, history.heads.values()
    # By when missions rang, not by when records were written: a replay of half a year does not cover the year.
    # Nor by what claims to have rung after now.
    newest = [history.timeline(NATIONAL, category).newest_at(now) for category in history.service.judged_categories]
    as_of = max((at for at in newest if at is not None), default=None)
    covered = as_of is not None and as_of >= span.end - silent_after_seconds
    heard = listen(history.heads, now, believed_ahead_seconds=silent_after_seconds)
    silent = heard.silent_seconds > silent_after_seconds

    def judged(one: Period) -> list[Row]:
        around = span_of(one, history.grid)
        return over_period(
            history,
            one,
            now=now,
            abandoned_after_seconds=abandoned_after_seconds,
            silent=now < around.start or (silent and now < around.end),
        )

    before = {(row.area, row.category): row for row in judged(previous)} if previous else {}
    months = {
        category: [
            Month(month.first, Judged(row.figures, row.verdicts[REQUIREMENT]))
            for month, rows in [(month, judged(month)) for month in calendar.months(period)]
            for row in rows
            if (row.area, row.category) == (NATIONAL, category)
        ]
        for category in history.service.judged_categories
    }
    return Report(
        period=period.name,
        start=datetime.fromtimestamp(span.start, zone),
        end=datetime.fromtimestamp(span.end, zone),
        rows=[
            ReportRow(row, _known(before.get((row.area, row.category))), (row.area, row.category) not in absent)
            for row in judged(period)
        ],
        previous=previous.name if previous else None,
        status=_status(begun=now >= span.start, over=over, whole=covered if over else not silent),
        as_of=None if as_of is None else datetime.fromtimestamp(as_of, zone),
        open=sum(
            history.timeline(NATIONAL, category)
            .in_progress(now, None, abandoned_before=now - abandoned_after_seconds, span=span)
            .open
            for category in history.service.judged_categories
        ),
        months=months,
        names=dict(in_force.area_names) if in_force else {},
        source=in_force.source if in_force else "",
        errata=in_force.errata if in_force else (),
        over=over,
        moves=restated.of_period((head.moves for head in heads), period),
        conflicts=restated.of_period((head.conflicts for head in heads), period),
        left_out=history.left_out(span),
        records_ahead=0 if over else sum(head.records_ahead for head in heads),
    )


def _status(*, begun: bool, over: bool, whole: bool) -> Status:
    if not begun:
        return Status.NOT_BEGUN
    if not whole:
        return Status.INCOMPLETE
    return Status.FINAL if over else Status.RUNNING


def whole(minutes: float) -> int:
    """Whole minutes as the official tables print them: half a minute counts up."""
    return math.floor(minutes + 0.5)


def evidence_of(judged: Judged) -> Evidence | None:
    """How much the official answer means; None where there is none."""
    return judged.verdict.evidence if judged.state in (State.MET, State.MISSED) else None


def _known(before: Row | None) -> Row | None:
    """A row to compare with: one without a single measured mission is none, and never a zero."""
    return before if before is not None and before.figures.first.measured else None


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0

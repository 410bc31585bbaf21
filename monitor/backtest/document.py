"""What a backtest found, as plain values: for whoever prints it. Refuses to know how it is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.alerts.rule import Severity
from monitor.backtest.calm import Calm, Fall
from monitor.backtest.episodes import Episode
from monitor.core.alarm import Rules
from monitor.core.calendar import Period
from monitor.core.figures import Count
from monitor.core.service import Objective, Series, Service
from monitor.core.slices import Grid
from monitor.core.snapshot import Row
from monitor.core.stats.day_correlation import DayCorrelation
from monitor.core.stats.interval import Interval
from monitor.core.verdict import Verdict
from monitor.core.windows import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an alert stood on when it began: how many of which missions were late, and what the test said.

    `window` names the missions: a unit of the calendar, to date, or the last days (`28d`).
    `value` is a p-value of `limit` at most, or a score (`is_score`) that has reached it, or not yet come back to 0.
    """

    window: str
    count: Count
    value: float
    limit: float
    is_score: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An episode, what it stood on, and the missions of the `after_days` after it began."""

    episode: Episode
    evidence: Evidence
    after: Verdict
    after_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one set of parameters would have told. `calm` and `falls` are None where nobody asked."""

    rules: Rules
    changed: Sequence[str]
    told: Sequence[Told]
    looks: int
    calm: Calm | None = None
    falls: Sequence[Fall] | None = None

    def of(self, severity: Severity) -> list[Told]:
        """The pages, or the tickets, that somebody was told; in the order in which they were told."""
        told = [one for one in self.told if one.episode.severity is severity and one.episode.told_at is not None]
        return sorted(told, key=lambda one: one.episode.told_at or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A series judged by its threshold, and by another; `figures` are the same missions."""

    area: str
    category: str
    objective: Objective
    was: Verdict
    would_be: Verdict
    value: float | None
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Everything. `span` ends with what is known; `whole`: whether that is the whole period.

    `months`: month by month, every series in which somebody was paged. `together`: how far missions of a day hang
    together, by objective, over all that is known until the end. `not_asked`: alerts that nobody can look back at.
    """

    service: Service
    grid: Grid
    period: Period
    span: Span
    whole: bool
    watched: Sequence[Objective]
    outcomes: Sequence[Outcome]
    what_ifs: Sequence[WhatIf] = ()
    months: Mapping[Series, Sequence[tuple[Period, Row]]] = field(default_factory=dict)
    together: Mapping[str, DayCorrelation] = field(default_factory=dict)
    not_asked: Sequence[str] = ()

"""One series as it was known at any moment of its past, and the alarms that it had then.

A mission is known from the moment it rings, and measured from the moment its clock ends: whoever looked in between
saw it open. What was known is put into a timeline of its own and judged by the code that judges now (`core.alarm`);
nothing about alarms is decided here. Corrections that came later are in it, for nobody keeps what was told before;
the feed is taken to have lived. A clock that begins after the first one is taken to have begun with it. Refuses to
know what is made of the alarms.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

import numpy as np

from monitor.core import alarm
from monitor.core.alarm import Alarm, Rules
from monitor.core.calendar import Unit
from monitor.core.columns import Columns
from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.lacking import Judge
from monitor.core.mission import Kind
from monitor.core.sealed import Sealed
from monitor.core.service import Objective, Service
from monitor.core.slices import Grid
from monitor.core.timeline import Block, Timeline
from monitor.core.windows import Span

State = TypeVar("State")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """A series with all that is known of it now. `missions` as in `Block`; `sealed`: what was so throughout.

    `units`: the periods that the service is judged by (`alarm.periods_of`).
    """

    area: str
    category: str
    missions: Floats
    sealed: Sealed | None
    service: Service
    grid: Grid
    units: Sequence[Unit]
    columns: Columns
    judge: Judge

    def moments(self, span: Span) -> Floats:
        """When something was measured (epoch seconds, ascending): nothing else makes a series worse."""
        placed, states = self.missions[0], self.missions[1:]
        ended = np.unique((placed + states)[states >= 0])
        return ended[(span.start <= ended) & (ended < span.end)]

    def known(self, at: float) -> Timeline:
        """The series as it was known at a moment (epoch seconds)."""
        placed = self.missions[0]
        rung = int(placed.searchsorted(at, side="right"))
        recent = int(placed.searchsorted(at - self.service.longest_seconds))
        missions = self.missions[:, :rung].copy()
        states, began = missions[1:, recent:], missions[0, recent:]
        states[(states >= 0) & (began + states > at)] = -float(Kind.OPEN)
        return self._timeline(missions)

    def whole(self) -> Timeline:
        """The series as it is known now."""
        return self._timeline(self.missions)

    def alarms(self, rules: Rules, at: float) -> dict[str, Alarm]:
        """By objective, what an exporter said at a moment (epoch seconds) at which the feed lived."""
        spans = alarm.to_date(self.units, at, self.grid)
        pooled = self.service.is_pool(self.area, self.category, date.fromordinal(self.grid.day_of(at)))
        return alarm.assess(self.known(at), rules, spans, as_of=at, grid=self.grid, pooled=pooled)

    def longest(self, objective: Objective, at: Floats) -> Floats:
        """The longest time (seconds) that keeps the target of each moment; NaN where there is none."""
        return objective.rounding.each_longest_within(self.judge(objective, at))

    def with_missions(self, missions: Floats) -> "Hindsight":
        """The same series with another past, of which nothing is sealed."""
        return replace(self, missions=missions, sealed=None)

    def _timeline(self, missions: Floats) -> Timeline:
        block = Block(missions, self.sealed)
        return Timeline([block], self.service, self.columns, judge=self.judge)


def of_series(history: History, area: str, category: str, units: Sequence[Unit], span: Span) -> Hindsight:
    """A series, to look back at moments of `span`; what is sealed in it is left out (`sealed_within`)."""
    blocks = history.blocks(area, category)
    rows = 1 + len(history.service.clocks)
    return Hindsight(
        area=area,
        category=category,
        missions=np.concatenate([np.empty((rows, 0)), *(block.missions for block in blocks)], axis=1),
        sealed=Sealed.pool(
            [one.sealed for one in blocks if one.sealed is not None and one.sealed.start.max() < span.start]
        ),
        service=history.service,
        grid=history.grid,
        units=units,
        columns=history.columns,
        judge=partial(history.targets_at, area, category),
    )


def sealed_within(history: History, span: Span) -> float | None:
    """When the newest sealed stretch in `span` begins, of which no mission is known by itself; None without any."""
    newest = max((at for one in history.whole() if (at := one.newest_sealed_at(span.end)) is not None), default=None)
    return newest if newest is not None and newest >= span.start else None


def changes(
    moments: Sequence[float], state_at: Callable[[float], State], *, stride: int = 1
) -> Iterator[tuple[float, State]]:
    """The state at the first of ascending moments, and at each at which it is another one than at the one before.

    With a `stride` only every so many are looked at, and those between two that differ are searched by halves: a
    state that came and went in between is missed.
    """
    if not len(moments):
        return
    state = state_at(moments[0])
    yield moments[0], state
    looked = 0
    while looked < len(moments) - 1:
        ahead = min(looked + stride, len(moments) - 1)
        found = state_at(moments[ahead])
        while found != state and ahead - looked > 1:
            middle = (looked + ahead) // 2
            between = state_at(moments[middle])
            if between == state:
                looked = middle
            else:
                ahead, found = middle, between
        looked = ahead
        if found != state:
            state = found
            yield moments[looked], state


def looked_at(hindsight: Hindsight, span: Span) -> Floats:
    """The moments of `span` at which alarms can have changed.

    Something was measured, or a local day began: windows move and periods end by the clock alone.
    """
    grid = hindsight.grid
    days = range(grid.day_of(span.start), grid.day_of(span.end - 1) + 1)
    midnights = np.array([at for day in days if span.start <= (at := grid.midnight(day)) < span.end])
    return np.union1d(hindsight.moments(span), midnights)

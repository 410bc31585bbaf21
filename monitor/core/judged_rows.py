"""The missions of an area and a span, each with its part of the area, its category, and whether it was late.

Each is held against the threshold of the area in one category that it lies in, and against that of another period
besides. What is sealed comes as stretches, without hours and stages. Refuses to know what is made of them
(`core.compared`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.mission import CAUSES, UNFINISHED, Cause
from monitor.core.service import Objective
from monitor.core.stages import Chain, chain_of
from monitor.core.timeline import Block
from monitor.core.track import cut
from monitor.core.windows import Span

Counts = NDArray[np.int64]

_UNMEASURED: Final = tuple(-float(kind) for kind in CAUSES)
_UNFINISHED: Final = tuple(-float(kind) for kind in UNFINISHED)


@dataclass(frozen=True, slots=True)
class Limit:
    """Whose threshold judges a leaf category, and how long it allows at the end of either period (seconds)."""

    pool: str
    seconds: tuple[float, float]


AREA, CATEGORY, MISSIONS, JUDGED, LATE, OTHERWISE, SEALED = range(7)
"""What `Rows.numbers` are: part of the area (by place in the service), category (in `Look.limits`), then counts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Missions, or sealed stretches of them, as columns: when, what is counted of each, missions of any fate first.

    `LATE` by the threshold in force, `OTHERWISE` by that of the other period.
    `states`: of the clocks of the chain, a row each; NaN of a sealed stretch.
    """

    at: Floats
    numbers: Counts
    states: Floats


@dataclass(frozen=True, slots=True)
class Look:
    """How the missions of an area are looked at; `limits` by leaf category, whose others are left out.

    Missions still open that rang before `abandoned_before` (epoch seconds) are unmeasured.
    """

    history: History
    area: str
    objective: Objective
    limits: Mapping[str, Limit]
    abandoned_before: float

    @property
    def chain(self) -> Chain | None:
        """The stages of the objective's clock, where it has any."""
        chain = chain_of(self.history.service)
        return chain if chain is not None and chain.whole == self.objective.clock else None

    @property
    def clocks(self) -> list[int]:
        """The places of the clocks of the chain, the whole first."""
        slugs = self.history.service.clock_slugs
        chain = self.chain
        return [] if chain is None else [slugs.index(one) for one in (chain.whole, *chain.stages) if one]

    @property
    def _none(self) -> Rows:
        return Rows(np.empty(0), np.empty((SEALED + 1, 0), dtype=np.int64), np.empty((len(self.clocks), 0)))

    def part(self, leaf: str, at: float) -> str:
        """The part of the area that a leaf lies in: what lies right within the area, or the area itself."""
        pools = self.history.service.pools(leaf, date.fromordinal(self.history.grid.day_of(at)))
        return pools[max(0, pools.index(self.area) - 1)]

    def rows(self, span: Span, period: int) -> Rows | None:
        """Those of a span; None where it is not known whether they are late by the threshold of the other period."""
        found = [self._none]
        for number, (leaf, limit) in enumerate(self.limits.items()):
            other = limit.seconds[1 - period]
            for series, block in self.history.parts(self.area, limit.pool):
                if series[1] != leaf:
                    continue
                for rows in (
                    self._known(block, span, limit.pool, other),
                    self._sealed(block, span, limit.pool, other),
                ):
                    if rows is None:
                        return None
                    if len(rows.at):
                        part = self.part(series[0], float(rows.at[0]))
                        rows.numbers[AREA] = self.history.service.judged_areas.index(part)
                        rows.numbers[CATEGORY] = number
                        found.append(rows)
        return Rows(
            np.concatenate([one.at for one in found]),
            np.concatenate([one.numbers for one in found], axis=1),
            np.concatenate([one.states for one in found], axis=1),
        )

    def _known(self, block: Block, span: Span, pool: str, other: float) -> Rows:
        """Missions that are known one by one."""
        first, last = cut(block.missions[0], span)
        at, states = block.missions[0, first:last], block.missions[1:, first:last]
        seconds = states[self.history.service.clock_slugs.index(self.objective.clock)]
        rounding = self.objective.rounding
        limits = rounding.each_longest_within(self.history.targets_at(self.area, pool, self.objective, at))
        judged = seconds >= 0.0
        given_up = np.isin(seconds, _UNFINISHED) & (at < self.abandoned_before)
        counted = ~np.isnan(limits) & (judged | np.isin(seconds, _UNMEASURED) | given_up)
        numbers = np.zeros((SEALED + 1, len(at)), dtype=np.int64)
        numbers[MISSIONS] = 1
        numbers[JUDGED], numbers[LATE] = judged, judged & (seconds > limits)
        numbers[OTHERWISE] = judged & (seconds > rounding.longest_within(other))
        return Rows(at[counted], numbers[:, counted], states[self.clocks][:, counted])

    def _sealed(self, block: Block, span: Span, pool: str, other: float) -> Rows | None:
        """Sealed stretches; None where the other threshold is not theirs."""
        columns, sealed = self.history.columns, block.sealed
        if sealed is None:
            return self._none
        first, last = cut(sealed.start, span)
        at, counts = sealed.start[first:last], sealed.counts[first:last]
        rounding = self.objective.rounding
        limits = rounding.each_longest_within(self.history.targets_at(self.area, pool, self.objective, at))
        own = columns.plain + columns.objective_at[self.objective.slug]
        clock = columns.clock_at[self.objective.clock]
        judged = counts[:, own]
        counted = (judged > 0) | ((counts[:, clock] == 0) & ~np.isnan(limits))
        if (limits[counted] != rounding.longest_within(other)).any():
            return None
        numbers = np.zeros((SEALED + 1, len(at)), dtype=np.int64)
        numbers[JUDGED] = judged
        numbers[MISSIONS] = numbers[SEALED] = judged + counts[:, clock + 1 : clock + 1 + len(Cause)].sum(axis=1)
        numbers[LATE] = numbers[OTHERWISE] = judged - counts[:, own + 1]
        return Rows(at[counted], numbers[:, counted], np.full((len(self.clocks), int(counted.sum())), np.nan))

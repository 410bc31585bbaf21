"""Why an area changed between two periods: which two an address asks for, and what is asked of the history.

The history's thread only counts; causes are told apart in another, and once for the same counts: a page that is open
asks again with every publication. Chance begins anew with every answer, so that equal counts have equal intervals.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Final

import numpy as np

from monitor.core.calendar import Period
from monitor.core.change import SEED, Change, change_of, explained_objectives
from monitor.core.compared import Compared, Gap, Told, compared
from monitor.core.history import History
from monitor.core.service import Objective
from monitor.core.slices import Grid
from monitor.core.windows import Span, parse_window, span_of
from monitor.exporter.refresh import Refresh
from monitor.published import Published

KEPT: Final = 16
"""Answers that are kept, each for its counts."""


@dataclass(frozen=True, slots=True)
class Versus:
    """The two periods, and what they are called; `before_name` is empty for as long before.

    `gap`: why there is no pair.
    """

    now_name: str
    before_name: str
    before: Span | None = None
    now: Span | None = None
    gap: Gap | None = None


def versus(grid: Grid, published: Published, window: str, period: Period | None, against: Period | None) -> Versus:
    """A period against another (by default the one before), or a window against as long before it."""
    at, today = published.snapshot.at, date.fromordinal(grid.day_of(published.snapshot.at))
    unit = parse_window(window).unit
    if period is None and unit is not None:
        period = grid.calendar.holding(unit, today)
    if period is not None:
        other = against or grid.calendar.previous(period)
        if other is None:
            return Versus(period.name, "", gap=Gap.NOTHING_BEFORE)
        whole = span_of(period, grid)
        now = Span(whole.start, min(whole.end, grid.floor(at)))
        return _heard(Versus(period.name, other.name, span_of(other, grid), now), published, runs=now != whole)
    found = parse_window(window).span(at, grid)
    if found is None:
        return Versus(window, "", gap=Gap.NOTHING_BEFORE)
    now = Span(found.start, grid.floor(at))
    before = Span(2 * now.start - now.end, now.start)
    return _heard(Versus(window, "", before, now), published, runs=True)


def _heard(pair: Versus, published: Published, *, runs: bool) -> Versus:
    if published.snapshot.stale and runs:
        return Versus(pair.now_name, pair.before_name, gap=Gap.SILENT)
    return pair


class Why:
    """Asks the history, and keeps the latest answers."""

    def __init__(self, refresh: Refresh, abandoned_after_seconds: float) -> None:
        self._refresh = refresh
        self._abandoned_after_seconds = abandoned_after_seconds
        self._kept: OrderedDict[bytes, Change] = OrderedDict()

    async def told(
        self, area: str, category: str, pair: Versus, published: Published
    ) -> Sequence[tuple[Objective, Change | Gap]]:
        """By the objectives that ask most of people; nothing until the store has been read."""
        if not published.loaded:
            return ()
        objectives = explained_objectives(published.snapshot.service)
        if pair.gap is not None or pair.before is None or pair.now is None:
            return [(one, pair.gap or Gap.NOTHING_BEFORE) for one in objectives]
        look = partial(
            _compared,
            area=area,
            category=category or None,
            objectives=objectives,
            spans=(pair.before, pair.now),
            abandoned_before=published.snapshot.at - self._abandoned_after_seconds,
        )
        found = await self._refresh.ask(look)
        return [
            (objective, one if isinstance(one, Gap) else await self._explained(one))
            for objective, one in zip(objectives, found, strict=True)
        ]

    async def _explained(self, found: Compared) -> Change:
        key = await asyncio.to_thread(_mark, found)
        known = self._kept.get(key)
        if known is None:
            known = await asyncio.to_thread(change_of, found, np.random.default_rng(SEED))
            self._kept[key] = known
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return known


def _compared(
    history: History,
    *,
    area: str,
    category: str | None,
    objectives: Sequence[Objective],
    spans: tuple[Span, Span],
    abandoned_before: float,
) -> list[Compared | Gap]:
    return [
        compared(history, area, one, *spans, category=category, abandoned_before=abandoned_before)
        for one in objectives
    ]


def _mark(found: Compared) -> bytes:
    """What the counts are known by."""
    mark = blake2b(repr((found.objective, found.areas, found.cells, found.by_hour, found.chain)).encode())
    for told in (found.before, found.now):
        mark.update(repr(told.areas).encode())
        for field in fields(Told):
            value = getattr(told, field.name)
            if isinstance(value, np.ndarray):
                mark.update(np.ascontiguousarray(value).tobytes())
        for kind, staged in told.staged.items():
            mark.update(f"{kind} {staged.threshold}".encode())
            mark.update(np.ascontiguousarray(staged.stages).tobytes())
            mark.update(np.ascontiguousarray(staged.clusters).tobytes())
    return mark.digest()

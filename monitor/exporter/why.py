"""Why an area changed between two periods: which two an address asks for, and what `/api/v1/why/{area}` answers.

The history's thread only counts; causes are told apart in another, and once for the same counts: a page that is open
asks again with every publication. Chance begins anew with every answer, so that equal counts have equal intervals.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import partial
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from monitor.core.calendar import Period
from monitor.core.change import SEED, Change, Driver, change_of, explained_objectives
from monitor.core.compared import Compared, Gap, LateTally, Told, compared
from monitor.core.history import History
from monitor.core.mission import instant
from monitor.core.service import Objective
from monitor.core.slices import Grid
from monitor.core.stats.cluster_bootstrap import Estimate
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


class PartAnswer(msgspec.Struct):
    """A part of a change of the share of late missions (0.01 is one of a hundred), and its 95 % interval.

    `stands_out`: 1 more late, -1 fewer, 0 that cannot be said.
    """

    change: float
    lower: float
    upper: float
    stands_out: int


class CountAnswer(msgspec.Struct):
    """Missions of a period; the `sealed` are among the others."""

    judged: int
    late: int
    unmeasured: int
    sealed: int


class PlaceAnswer(msgspec.Struct):
    """A part of the area; null for all others together. Its change is that of its late beyond those that may be."""

    area: str | None
    before: CountAnswer
    now: CountAnswer
    part: PartAnswer


class StagePartAnswer(msgspec.Struct):
    """A clock's part; null for the rest, which no clock tells."""

    clock: str | None
    part: PartAnswer


class StagePartsAnswer(msgspec.Struct):
    """Of the missions that have every stage measured, by the target of now. `together`: how stages go together.

    `mix`: other kinds of missions. Stages, together and mix add up to `change`.
    """

    before: CountAnswer
    now: CountAnswer
    change: PartAnswer
    stages: list[StagePartAnswer]
    together: PartAnswer
    mix: PartAnswer


class ChangeAnswer(msgspec.Struct):
    """One objective. `gap`: why nothing can be said, then all else is null.

    `causes` add up to `change`, and so do `places`. pace: missions of one kind, place and hour took longer; mix:
    there were others; missing: others were measured; target: another target. `by_hour`: hours were told apart.
    """

    objective: str
    gap: Gap | None
    before: CountAnswer | None = None
    now: CountAnswer | None = None
    change: PartAnswer | None = None
    causes: dict[Driver, PartAnswer] | None = None
    places: list[PlaceAnswer] | None = None
    stages: StagePartsAnswer | None = None
    by_hour: bool | None = None


class WhyAnswer(msgspec.Struct):
    """The whole answer. `period`, `against`: of the calendar, or a window and null for as long before it."""

    service: str
    area: str
    category: str | None
    at: datetime
    feed_stale: bool
    period: str
    against: str | None
    now_starts_at: datetime | None
    now_ends_at: datetime | None
    before_starts_at: datetime | None
    before_ends_at: datetime | None
    objectives: list[ChangeAnswer]


def why_answer(
    published: Published, area: str, category: str, pair: Versus, found: Sequence[tuple[Objective, Change | Gap]]
) -> WhyAnswer:
    """In the API's words."""
    now, before = pair.now, pair.before
    return WhyAnswer(
        service=published.snapshot.service.slug,
        area=area,
        category=category or None,
        at=instant(published.snapshot.at),
        feed_stale=published.snapshot.stale,
        period=pair.now_name,
        against=pair.before_name or None,
        now_starts_at=instant(now.start) if now else None,
        now_ends_at=instant(now.end) if now else None,
        before_starts_at=instant(before.start) if before else None,
        before_ends_at=instant(before.end) if before else None,
        objectives=[_change(objective, told) for objective, told in found],
    )


def _change(objective: Objective, found: Change | Gap) -> ChangeAnswer:
    if isinstance(found, Gap):
        return ChangeAnswer(objective.slug, found)
    stages = found.stages
    return ChangeAnswer(
        objective=objective.slug,
        gap=None,
        before=_count(found.before),
        now=_count(found.now),
        change=_part(found.change),
        causes={driver: _part(one) for driver, one in found.drivers.items()},
        places=[PlaceAnswer(one.area, _count(one.before), _count(one.now), _part(one.change)) for one in found.areas],
        stages=None
        if stages is None
        else StagePartsAnswer(
            before=_count(stages.before),
            now=_count(stages.now),
            change=_part(stages.change),
            stages=[StagePartAnswer(clock, _part(one)) for clock, one in stages.stages.items()],
            together=_part(stages.together),
            mix=_part(stages.mix),
        ),
        by_hour=found.by_hour,
    )


def _part(estimate: Estimate) -> PartAnswer:
    return PartAnswer(estimate.value, estimate.lower, estimate.upper, estimate.stands_out)


def _count(tally: LateTally) -> CountAnswer:
    return CountAnswer(tally.judged, tally.late, tally.unmeasured, tally.sealed)

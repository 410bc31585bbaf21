"""Two periods of an area, told so that it can be said why they differ: what was counted in each half-day and cell.

A cell is a part of the area, a category, and three hours of the day. Each mission is held against the threshold of
the area in the narrowest category that has one, and against that of the other period besides. What is sealed has lost
its hour: where there is any, hours are told apart in neither period, and days stand for half-days. Decides when two
periods cannot be compared, and why; nothing is guessed. Refuses to know what is made of the counts (`core.change`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np

from monitor.core.digest import Floats
from monitor.core.figures import MICROSECONDS
from monitor.core.history import History
from monitor.core.hours import BLOCK_HOURS, BLOCKS, local_hours
from monitor.core.judged_rows import (
    AREA,
    CATEGORY,
    JUDGED,
    LATE,
    MISSIONS,
    SEALED,
    Counts,
    Limit,
    Look,
    Rows,
)
from monitor.core.percent import Percent
from monitor.core.service import Objective
from monitor.core.slices import Grid
from monitor.core.stages import Chain
from monitor.core.stats.stage_swap import Staged
from monitor.core.windows import Span

LEAST: Final = 100
"""Of fewer judged missions in a period nothing is explained ..."""
LEAST_LATE: Final = 10
"""... nor of fewer late ones in both together."""
LEAST_CLUSTERS: Final = 7
"""Fewer half-days with missions, before noon or after it, do not tell how half-days differ: a week has as many."""
MOST_CELLS: Final = 1_000
"""Where hours would make more, they are not told apart: every cell is looked at some hundred times."""
_NOON: Final = 12
_EDGE: Final = 0.1
_LONGEST_EDGE: Final = 7 * 86_400.0
"""Of a period that nobody has told of from its first tenth on, or its first week (seconds), part is missing."""


class Gap(StrEnum):
    """Why two periods cannot be compared."""

    MEAN = "mean"
    """The objective is a mean: nobody is late by it."""
    NO_TARGET = "no_target"
    """One of them has no threshold to be late by."""
    UNTOLD_BEFORE = "untold_before"
    """Of the earlier one's begin or end nothing is known."""
    UNTOLD_NOW = "untold_now"
    FEW = "few"
    """There are too few missions, or too few late ones."""
    TARGET_SEALED = "target_sealed"
    """The thresholds differ, and what is sealed is only known by its own."""
    SILENT = "silent"
    """The later one reaches to now, and the feed is silent."""
    NOTHING_BEFORE = "nothing_before"
    """It has no period before: a window by count, or the first of all."""


@dataclass(frozen=True, slots=True)
class LateTally:
    """Missions of a period: held against a threshold, late, without a value; and how many of them are sealed."""

    judged: int
    late: int
    unmeasured: int
    sealed: int

    def excess(self, percent: Percent) -> Fraction:
        """How many more are late than may be: late − (1 − p) n. It adds up over parts; met where it is none."""
        return self.late - (100 - Fraction(percent)) * self.judged / 100

    @property
    def share(self) -> float:
        """Of the late among the judged."""
        return self.late / self.judged

    @property
    def unmeasured_share(self) -> float:
        """Of those without a value among all."""
        return self.unmeasured / (self.judged + self.unmeasured)

    @classmethod
    def added(cls, parts: Iterable["LateTally"]) -> "LateTally":
        """Of several."""
        columns = zip(*((one.judged, one.late, one.unmeasured, one.sealed) for one in parts), strict=True)
        return cls(*map(sum, columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One period. Rows count missions of a cluster and a cell: of any fate, judged, late, late by the other's.

    `strata`: of each cluster, which half of the day it is. `areas`: exact, in the order of `Compared.areas`.
    `staged` by category: of the missions known one by one that have every stage.
    """

    clusters: Counts
    cells: Counts
    missions: Counts
    judged: Counts
    late: Counts
    otherwise: Counts
    strata: Counts
    areas: Sequence[LateTally]
    staged: Mapping[str, Staged]

    @property
    def whole(self) -> LateTally:
        """Of all areas."""
        return LateTally.added(self.areas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two periods. A cell's number is (area, category, hours), in that order; `by_hour`: hours are told apart.

    `chain`: the stages, where missions have several clocks and none is sealed; `staged` is empty without.
    """

    objective: Objective
    areas: Sequence[str]
    cells: int
    by_hour: bool
    before: Told
    now: Told
    chain: Chain | None


def compared(
    history: History,
    area: str,
    objective: Objective,
    before: Span,
    now: Span,
    *,
    category: str | None = None,
    abandoned_before: float,
) -> Compared | Gap:
    """An area in two spans, neither of which reaches beyond what is known; `category`: of this alone.

    Missions still open that rang before `abandoned_before` (epoch seconds) count as unmeasured.
    """
    if objective.percentile is None:
        return Gap.MEAN
    for span, gap in ((before, Gap.UNTOLD_BEFORE), (now, Gap.UNTOLD_NOW)):
        if not _told_at_both_ends(history, span):
            return gap
    limits = _limits(history, area, objective, category, (before, now))
    if limits is None:
        return Gap.NO_TARGET
    look = Look(history, area, objective, limits, abandoned_before)
    first, second = look.rows(before, 0), look.rows(now, 1)
    if first is None or second is None:
        return Gap.TARGET_SEALED
    judged, late = ([one.numbers[at].sum() for one in (first, second)] for at in (JUDGED, LATE))
    if min(judged) < LEAST or sum(late) < LEAST_LATE:
        return Gap.FEW
    found = _put_together(look, (before, now), (first, second))
    return Gap.FEW if min(map(_fewest_clusters, (found.before, found.now))) < LEAST_CLUSTERS else found


def _fewest_clusters(told: Told) -> int:
    """With judged missions, of the half of the day that has fewer; a half without any has nothing to say."""
    held = np.bincount(told.clusters, weights=told.judged, minlength=len(told.strata)) > 0
    return min(np.unique(told.strata[held], return_counts=True)[1].tolist(), default=0)


def _told_at_both_ends(history: History, span: Span) -> bool:
    edge = min(_EDGE * (span.end - span.start), _LONGEST_EDGE)
    edges = Span(span.start, span.start + edge), Span(span.end - edge, span.end)
    return all(any(one.size(part) for one in history.whole()) for part in edges)


def _limits(
    history: History, area: str, objective: Objective, category: str | None, spans: tuple[Span, Span]
) -> dict[str, Limit] | None:
    """By leaf category: that of the narrowest category that has one; None where a period lacks what the other has."""
    days = [date.fromordinal(history.grid.day_of(span.end - 1.0)) for span in spans]
    found = {}
    for leaf in history.service.leaf_categories:
        pools = history.service.category_pools[leaf]
        if category is not None:
            pools = (category,) if category in pools else ()
        for pool in pools:
            first, second = (history.targets.target(area, pool, day).get(objective.slug) for day in days)
            if (first is None) is not (second is None):
                return None
            if first is not None and second is not None:
                found[leaf] = Limit(pool, (first, second))
                break
    return found or None


def _put_together(look: Look, spans: tuple[Span, Span], both: tuple[Rows, Rows]) -> Compared:
    """The two put into the same cells; `spans` of before and now."""
    present = np.unique(np.concatenate([one.numbers[AREA] for one in both]))
    known = not any(one.numbers[SEALED].any() for one in both)
    by_hour = known and len(present) * len(look.limits) * BLOCKS <= MOST_CELLS
    cells = _Cells(look.history.grid, present, len(look.limits), halves=known, blocks=BLOCKS if by_hour else 1)
    before, now = (
        cells.told(rows, span, _staged(look, rows, cells.clusters(rows, span)) if known else {})
        for rows, span in zip(both, spans, strict=True)
    )
    return Compared(
        objective=look.objective,
        areas=[look.history.service.judged_areas[area] for area in present.tolist()],
        cells=cells.size,
        by_hour=by_hour,
        before=before,
        now=now,
        chain=look.chain if known else None,
    )


def _staged(look: Look, rows: Rows, clusters: Counts) -> dict[str, Staged]:
    """By category, the missions that have every stage measured, as `core.stages` counts them."""
    if look.chain is None:
        return {}
    whole, *stages = np.rint(rows.states * MICROSECONDS)
    rest = whole - np.sum(stages, axis=0)
    gap = None in look.chain.stages
    complete = np.all(rows.states >= 0.0, axis=0) & ((rest >= 0.0) if gap else (rest == 0.0))
    told = iter(stages)
    parts = np.array([rest if slug is None else next(told) for slug in look.chain.stages])
    found = {}
    for number, (leaf, limit) in enumerate(look.limits.items()):
        held = complete & (rows.numbers[CATEGORY] == number)
        threshold = round(look.objective.rounding.longest_within(limit.seconds[1]) * MICROSECONDS)
        found[leaf] = Staged(parts[:, held].astype(np.int64), threshold, clusters[held])
    return found


@dataclass(frozen=True, slots=True)
class _Cells:
    """`areas`: those that any mission lies in, by their places; `halves`: clusters are half-days, else days."""

    grid: Grid
    areas: Counts
    categories: int
    halves: bool
    blocks: int

    @property
    def size(self) -> int:
        return len(self.areas) * self.categories * self.blocks

    def clusters(self, rows: Rows, span: Span) -> Counts:
        """From the first of the span on."""
        return self._numbered(rows.at) - self._numbered(np.array([span.start]))

    def _numbered(self, at: Floats) -> Counts:
        days, hours = local_hours(at, self.grid)
        return 2 * days + (hours >= _NOON) if self.halves else days

    def told(self, rows: Rows, span: Span, staged: Mapping[str, Staged]) -> Told:
        """A period's missions, those of one cluster and cell together."""
        clusters, numbers = self.clusters(rows, span), rows.numbers
        begin, end = self._numbered(np.array([span.start, np.nextafter(span.end, span.start)])).tolist()
        area, (_, hours) = np.searchsorted(self.areas, numbers[AREA]), local_hours(rows.at, self.grid)
        block = hours // BLOCK_HOURS if self.blocks > 1 else np.zeros_like(hours)
        cell = (area * self.categories + numbers[CATEGORY]) * self.blocks + block
        places, whose = np.unique(clusters * self.size + cell, return_inverse=True)
        counted = np.array(
            [np.bincount(whose, numbers[at], minlength=len(places)) for at in range(MISSIONS, SEALED)]
        ).astype(np.int64)
        by_area = np.array(
            [np.bincount(area, numbers[at], minlength=len(self.areas)) for at in range(MISSIONS, SEALED + 1)]
        ).astype(np.int64)
        missions, judged, late, otherwise = counted
        return Told(
            clusters=places // self.size,
            cells=places % self.size,
            missions=missions,
            judged=judged,
            late=late,
            otherwise=otherwise,
            strata=np.arange(begin, end + 1) % (2 if self.halves else 1),
            areas=[
                LateTally(judged=n, late=k, unmeasured=every - n, sealed=held)
                for every, n, k, _, held in by_area.T.tolist()
            ],
            staged=staged,
        )

"""Why the share of late missions changed between two periods: what adds up to the difference, each with its interval.

Told are four causes (`stats.late_share`), the parts of the area by how many more are late than may be, and, where
missions have stages, what lies with each of them (`stats.stage_swap`). Half-days are drawn anew for the intervals;
chance is an argument. Decides how many parts are told by name. Refuses to know words, and where counts come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.random import Generator

from monitor.core.compared import LEAST, Compared, LateTally, Told
from monitor.core.digest import Floats
from monitor.core.figures import percent_of
from monitor.core.percent import complement
from monitor.core.service import Objective, Service, Statistic, by_duty
from monitor.core.stats import cluster_bootstrap, late_share
from monitor.core.stats.cluster_bootstrap import Estimate
from monitor.core.stats.late_share import Cells
from monitor.core.stats.stage_swap import Swap

_MIX: Final = 2
"""Where the mix of kinds stands among the figures of `_staged`."""
SEED: Final = 2024
"""What a generator begins with, so that equal counts have equal intervals wherever they are told."""
NAMED: Final = 15
"""Parts of an area that are told one by one; the others together."""


class Driver(StrEnum):
    """A cause. The order is that of `stats.late_share`."""

    PACE = "pace"
    """Missions of the same kind, hour and place took longer, or shorter."""
    MIX = "mix"
    """There were other missions: of another kind, at another hour, in another place."""
    MISSING = "missing"
    """Others of them were measured."""
    TARGET = "target"
    """They were held against another threshold."""


@dataclass(frozen=True, slots=True)
class AreaPart:
    """What a part of the area has of the change; `area` is None for all that are not told by name."""

    area: str | None
    before: LateTally
    now: LateTally
    change: Estimate


@dataclass(frozen=True, slots=True)
class StageParts:
    """Of the missions that have every stage measured, by the threshold of now: their change, and what it is made of.

    `stages` by clock, None for the rest of the whole. `together`: how stages go together; `mix`: other kinds.
    """

    before: LateTally
    now: LateTally
    change: Estimate
    stages: Mapping[str | None, Estimate]
    together: Estimate
    mix: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """All estimates are differences of shares of the judged missions: 0.01 is one more late of every hundred.

    `drivers` add up to `change`, and so do `areas`, each of its late missions beyond those that may be. They are in
    the order of their size, the largest first. Where not `by_hour`, sealed missions have lost their hours.
    """

    objective: Objective
    before: LateTally
    now: LateTally
    change: Estimate
    drivers: Mapping[Driver, Estimate]
    areas: Sequence[AreaPart]
    stages: StageParts | None
    by_hour: bool


def explained_objectives(service: Service) -> list[Objective]:
    """The gravest percentiles; where there are none, the gravest objectives: it is said why not."""
    ranked = by_duty(service.objectives)
    judged = [one for one in ranked if one.statistic is Statistic.PERCENTILE] or ranked
    return [one for one in judged if one.duty is judged[0].duty]


def change_of(compared: Compared, rng: Generator) -> Change:
    """What the two periods say; the same for the same state of `rng`."""
    drawn = [cluster_bootstrap.draws(told.strata, rng) for told in (compared.before, compared.now)]
    fewest = min(len(told.strata) for told in (compared.before, compared.now))
    both = [
        _Drawn.of(told, some, compared) for told, some in zip((compared.before, compared.now), drawn, strict=True)
    ]
    allowed = complement(percent_of(compared.objective))
    shares = [one.late.sum(axis=1) / one.judged.sum(axis=1) for one in both]
    excesses = [one.excess(len(compared.areas), allowed) for one in both]
    cells = [Cells.of(one.missions, one.judged, one.late, one.otherwise) for one in both]
    causes, variances = late_share.causes(*cells)[:, 0], late_share.variances(*cells)
    (change,) = _estimated((shares[1] - shares[0])[:, None], fewest, family=1)
    drivers = cluster_bootstrap.estimates(causes, variances, fewest, family=len(Driver) - 1)
    return Change(
        objective=compared.objective,
        before=compared.before.whole,
        now=compared.now.whole,
        change=change,
        drivers=dict(zip(Driver, drivers, strict=True)),
        areas=_areas(compared, excesses[1] - excesses[0], fewest),
        stages=_stages(compared, drawn, fewest),
        by_hour=compared.by_hour,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Counts by cell, a row for each draw, the first as they are."""

    missions: Floats
    judged: Floats
    late: Floats
    otherwise: Floats

    @classmethod
    def of(cls, told: Told, drawn: Floats, compared: Compared) -> "_Drawn":
        columns = (told.missions, told.judged, told.late, told.otherwise)
        return cls(
            *(cluster_bootstrap.summed(drawn, told.clusters, told.cells, one, compared.cells) for one in columns)
        )

    def excess(self, areas: int, allowed: float) -> Floats:
        """Of each area, beyond what may be late, of all judged."""
        beyond = (self.late - allowed * self.judged).reshape(len(self.late), areas, -1).sum(axis=2)
        share: Floats = beyond / self.judged.sum(axis=1, keepdims=True)
        return share


def _estimated(drawn: Floats, clusters: int, *, family: int) -> list[Estimate]:
    return cluster_bootstrap.estimates(drawn[0], drawn[1:].var(axis=0, ddof=1), clusters, family=family)


def _areas(compared: Compared, changes: Floats, clusters: int) -> list[AreaPart]:
    """The largest first; nothing where the area is no pool."""
    if len(compared.areas) < 2:
        return []
    order = np.argsort(-np.abs(changes[0]), kind="stable").tolist()
    named, others = (order, []) if len(order) <= NAMED + 1 else (order[:NAMED], order[NAMED:])
    columns = [changes[:, area] for area in named] + ([changes[:, others].sum(axis=1)] if others else [])
    estimates = _estimated(np.stack(columns, axis=1), clusters, family=len(columns))
    groups = [[area] for area in named] + ([others] if others else [])
    return [
        AreaPart(
            compared.areas[group[0]] if len(group) == 1 else None,
            LateTally.added(compared.before.areas[area] for area in group),
            LateTally.added(compared.now.areas[area] for area in group),
            estimate,
        )
        for group, estimate in zip(groups, estimates, strict=True)
    ]


def _stages(compared: Compared, drawn: Sequence[Floats], clusters: int) -> StageParts | None:
    """None where there are no stages, or too few missions that have all of them."""
    if compared.chain is None:
        return None
    swaps = [Swap(compared.before.staged[kind], compared.now.staged[kind]) for kind in compared.now.staged]
    counts, parts = zip(
        *(_staged(swaps, *pair) for pair in zip(*drawn, strict=True)),
        strict=True,
    )
    before, now = (LateTally(int(judged), int(late), 0, 0) for judged, late in counts[0].sum(axis=0))
    if min(before.judged, now.judged) < LEAST:
        return None
    figures = np.stack(parts)
    variances = figures[1:].var(axis=0, ddof=1)
    variances[_MIX] = _mix_variance(np.stack(counts))
    change, together, mix, *stages = cluster_bootstrap.estimates(
        figures[0], variances, clusters, family=len(parts[0]) - 1
    )
    return StageParts(before, now, change, dict(zip(compared.chain.stages, stages, strict=True)), together, mix)


def _staged(swaps: Sequence[Swap], before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Of one draw: missions and late ones by kind and period; the change, what is together, the mix, each stage.

    Kinds are taken apart, each by its mean weight in both periods; that they weigh less or more than before is mix.
    """
    counts = np.array([swap.counts(before, now) for swap in swaps])
    weights, shares = _weighed(counts)
    stages = weights.mean(axis=1) @ np.array([swap.parts(before, now) for swap in swaps])
    pace = weights.mean(axis=1) @ (shares[:, 1] - shares[:, 0])
    mix = _mix(weights, shares)
    return counts, np.array([pace + mix, pace - stages.sum(), mix, *stages])


def _weighed(counts: Floats) -> tuple[Floats, Floats]:
    """By kind and period, the share of the missions and how many of them are late; for each draw where there are."""
    judged, late = counts[..., 0], counts[..., 1]
    weights = judged / np.maximum(judged.sum(axis=-2, keepdims=True), 1.0)
    shares = np.divide(late, judged, out=np.full(late.shape, np.nan), where=judged > 0.0)
    # What a period lacks, as in the other.
    return weights, np.nan_to_num(np.where(np.isnan(shares), shares[..., ::-1], shares))


def _mix(weights: Floats, shares: Floats) -> Floats:
    """What other weights of the kinds are worth."""
    worth: Floats = ((weights[..., 1] - weights[..., 0]) * shares.mean(axis=-1)).sum(axis=-1)
    return worth


def _mix_variance(counts: Floats) -> Floats:
    weights, shares = _weighed(counts)
    alone = [_mix(weights[1:], shares[:1]), _mix(weights[:1], shares[1:])]
    return cluster_bootstrap.product_variance(_mix(weights[1:], shares[1:]), alone)

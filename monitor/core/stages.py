"""Where the time goes: of a service with several clocks, what each stage takes of the whole.

Stages are clocks that follow each other, each beginning at the instants that the one before it ends at. The whole is
the first clock, where stages lie between its begin and its end; what no clock tells of it is the rest. Shares are of
time: the sum of a stage over the sum of the whole, of the very missions that have all of it measured. Percentiles
of stages do not add up to that of the whole, and are nowhere added. Refuses to know thresholds and words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.core.figures import MICROSECONDS
from monitor.core.history import History
from monitor.core.service import Clock, Moment, Service
from monitor.core.track import cut
from monitor.core.windows import Span

Edge = tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The stages by slug of their clocks, in order; None: the rest of the whole, which no clock tells."""

    whole: str
    stages: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Stages:
    """What `missions` took together, stage by stage (microseconds), and how many `measured` the whole clock has."""

    missions: int
    measured: int
    took: Mapping[str | None, int]

    @property
    def total(self) -> int:
        """Of the whole (microseconds)."""
        return sum(self.took.values())

    def share(self, stage: str | None) -> float | None:
        """Of the time (0 to 1); None where there was none."""
        return self.took[stage] / self.total if self.total else None

    def mean(self, *stages: str | None) -> float | None:
        """What the stages took (seconds), all of them where none is named; None of no missions."""
        took = sum(self.took[one] for one in stages or self.took)
        return took / self.missions / MICROSECONDS if self.missions else None


def chain_of(service: Service) -> Chain | None:
    """The longest chain of stages of the first clock; None where no other clock is a part of it.

    >>> def clock(slug, begin, end):
    ...     return Clock(slug, (Moment(begin),), (Moment(end),))
    >>> whole, travel = clock("response", "called", "arrived"), clock("travel", "rolling", "arrived")
    >>> chain_of(Service("x", (), (), (whole, travel, clock("handling", "called", "rolling")), ())).stages
    ('handling', 'travel')
    >>> chain_of(Service("x", (), (), (whole, travel), ())).stages
    (None, 'travel')
    """
    whole, *others = service.clocks
    inside = [one for one in others if _lies_inside(one, whole)]
    chains = _chains((whole.begin,), whole.end, inside, gap=True)
    best = max(chains, key=lambda stages: (None not in stages, len(stages)), default=())
    return Chain(whole.slug, best) if any(best) else None


def _chains(
    passed: tuple[Edge, ...], end: Edge, clocks: Sequence[Clock], *, gap: bool
) -> Iterator[tuple[str | None, ...]]:
    """Every way from the last edge `passed` to the `end` that passes none twice; at most one `gap` is left.

    Each ends with a clock: a second engine's, which runs beside the whole and on, would look like a part of it.
    """
    if passed[-1] == end:
        yield ()
        return
    for clock in clocks:
        if clock.end in passed:
            continue
        if clock.begin == passed[-1]:
            for rest in _chains((*passed, clock.end), end, clocks, gap=gap):
                yield (clock.slug, *rest)
        elif gap and clock.begin not in passed:
            for rest in _chains((*passed, clock.begin, clock.end), end, clocks, gap=False):
                yield (None, clock.slug, *rest)


def _lies_inside(clock: Clock, whole: Clock) -> bool:
    """Whether it begins and ends with the whole, or at instants of its own: the same ones with a cap are no stage."""
    return (
        (clock.begin == whole.begin or not _share(clock.begin, (*whole.begin, *whole.end)))
        and (clock.end == whole.end or not _share(clock.end, (*whole.begin, *whole.end)))
        and (clock.begin, clock.end) != (whole.begin, whole.end)
        and not _share(clock.begin, clock.end)
    )


def _share(one: Edge, other: Edge) -> bool:
    return not {moment.field for moment in one}.isdisjoint(moment.field for moment in other)


def stages_of(history: History, area: str, category: str, chain: Chain, span: Span) -> Stages:
    """Of the missions that rang in `span` and are known one by one; those that lack a stage are left out."""
    service = history.service
    clocks = [service.clock_slugs.index(slug) for slug in (chain.whole, *filter(None, chain.stages))]
    found = [np.empty((len(clocks), 0))]
    for block in history.blocks(area, category):
        first, last = cut(block.missions[0], span)
        found.append(block.missions[1:, first:last][clocks])
    seconds = np.concatenate(found, axis=1)
    whole, *stages = np.rint(seconds * MICROSECONDS)
    rest = whole - np.sum(stages, axis=0)
    complete = np.all(seconds >= 0.0, axis=0) & ((rest >= 0.0) if None in chain.stages else (rest == 0.0))
    sums = iter([int(one[complete].sum()) for one in stages])
    return Stages(
        missions=int(complete.sum()),
        measured=int(np.count_nonzero(whole >= 0.0)),
        took={slug: int(rest[complete].sum()) if slug is None else next(sums) for slug in chain.stages},
    )

"""Version 1 of stored state: one clock, a goal and a requirement, each of a mission's own area and of the nation.

It is read, never written: a partition goes on where it stood, and whatever it stores anew is of version 2. Entries
are the same bytes in both. An aggregate of version 1 knows its four thresholds by place only; the head, read as
version 2, lists them for every series that it numbers, in that order, so that each has its place there. Refuses to
know bytes (`core.stored`).
"""

from collections.abc import Iterable
from math import fsum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from monitor.core.bounded import Count, Instant, Place, Seconds, Weight
from monitor.core.mission import Cause
from monitor.core.service import Measure, Series
from monitor.core.slices import Aggregate, ClockTally

VERSION: Final = 1
CLOCKS: Final = ("response",)
_OWN: Final = ("goal", "requirement")
_NATION: Final = "national"
_PLACES: Final = 2 * len(_OWN)
_Four = Meta(min_length=_PLACES, max_length=_PLACES)


class AggregateV1(msgspec.Struct, frozen=True, array_like=True):
    """As version 1 had it: `targets` (seconds, None where there is none) and `within` are of the four thresholds."""

    series: Place
    start: Instant
    end: Instant
    measured: Count
    unmeasured: Count
    excluded: Count
    targets: Annotated[tuple[Seconds | None, ...], _Four]
    within: Annotated[tuple[Count, ...], _Four]
    sketch: tuple[list[Seconds], list[Weight], float, float]


def measures(series: Iterable[Series]) -> list[Measure]:
    """What the four places of each numbered series stand for, one after the other."""
    return [(area, category, objective) for own, category in series for area in (own, _NATION) for objective in _OWN]


def aggregates(stored: list[AggregateV1]) -> list[Aggregate]:
    """The same stretches as version 2 has them."""
    return [_aggregate(part) for part in stored]


def _aggregate(part: AggregateV1) -> Aggregate:
    means, weights, _, _ = part.sketch
    unmeasured = [0] * len(Cause)
    unmeasured[[*Cause].index(Cause.UNKNOWN)] = part.unmeasured
    # As long as each mission is a centroid of its own, nothing of the sum is lost.
    each = len(means) == part.measured and weights.count(1.0) == part.measured
    tally = ClockTally(
        measured=part.measured,
        unmeasured=tuple(unmeasured),
        total=sum([round(mean * 1e6) for mean in means]) if each else None,
        squares=fsum([weight * mean * mean for mean, weight in zip(means, weights, strict=False)]),
        sketch=part.sketch,
    )
    judged = [
        (_PLACES * part.series + place, target, within)
        for place, (target, within) in enumerate(zip(part.targets, part.within, strict=True))
        if target is not None
    ]
    return Aggregate(part.series, part.start, part.end, part.excluded, (tally,), tuple(judged))

"""How long the clocks of a series take, about: as their thresholds ask, and in proportion where they have none there.

A second engine's clock that is judged in one category only is no shorter in the others: it takes as much longer than
the first engine's as it does where both are judged. Else later stages would come before earlier ones. Refuses to know
chance, and where instants lie (`layout`).
"""

from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import NormalDist, fmean
from typing import Final

from monitor.core.service import Clock, Moment, Objective, instants_of
from monitor.core.take import How, Take
from monitor.simulator.fitting import Asked

_NORMAL: Final = NormalDist()
_SPREADS: Final = (0.25, 0.8)
_USUAL_SPREAD: Final = 0.45
_USUAL_SECONDS: Final = 600.0
A_MOMENT: Final = 1.0
"""Between an instant and the next one of its kind: the second engine is at the door when the first stands there."""

Lengths = Mapping[int, float]
"""Seconds by the number of a clock."""


def spread_of(asked: Sequence[Asked]) -> float:
    """The standard deviation of the logarithms: as wide as the thresholds of a clock lie apart."""
    found = []
    for number in sorted({one.clock for one in asked}):
        points = sorted((_place(one.objective), one.threshold) for one in asked if one.clock == number)
        if points[-1][0] > points[0][0]:
            (low, shorter), (high, longer) = points[0], points[-1]
            found.append(log(longer / shorter) / (high - low))
    least, most = _SPREADS
    return min(max(fmean(found), least), most) if found else _USUAL_SPREAD


def middles(asked: Sequence[Asked]) -> Lengths:
    """What half of the missions may take so that every threshold is just reached."""
    spread, found = spread_of(asked), dict[int, float]()
    for one in asked:
        middle = one.threshold / exp(spread * _place(one.objective))
        found[one.clock] = min(middle, found.get(one.clock, middle))
    return found


def lengths(clocks: Sequence[Clock], own: Lengths, elsewhere: Sequence[Lengths]) -> dict[str, float]:
    """Seconds by clock, plausible and above 0; `elsewhere`: those of other series, the first that tell count."""
    usual = min(own.values(), default=4 * _USUAL_SECONDS) / 4
    found = {}
    for number, clock in enumerate(clocks):
        seconds = own.get(number) or _borrowed(number, own, elsewhere) or usual
        found[clock.slug] = max(min(seconds, clock.longest_seconds / 4), clock.shortest_seconds, 1.0)
    return found


def _borrowed(number: int, own: Lengths, elsewhere: Sequence[Lengths]) -> float | None:
    telling = [one for one in elsewhere if number in one]
    for one in telling:
        for known, seconds in own.items():
            if known in one:
                return seconds * one[number] / one[known]
    return telling[0][number] if telling else None


def one_after_another(clocks: Sequence[Clock], fold: Sequence[tuple[str, Take]]) -> list[Clock]:
    """The k-th of an instant comes after its first: as clocks of a moment's length, which a layout keeps."""
    known = {*instants_of(clocks)}
    return [
        Clock(f"{take.of} before {field}", (Moment(take.of),), (Moment(field),))
        for field, take in fold
        if take.how is How.NTH and take.of is not None and take.of != field and {take.of, field} <= known
    ]


def _place(objective: Objective) -> float:
    """Where in a distribution a statistic lies, in standard deviations; about, for a mean."""
    if objective.percentile is None:
        return _USUAL_SPREAD / 2
    return _NORMAL.inv_cdf(float(objective.percentile) / 100)

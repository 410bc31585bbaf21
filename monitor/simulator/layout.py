"""Where the named instants of a service lie in a mission: in a plausible order over all of its clocks.

Each clock gets at least its length, and more only where another one within it needs that. An instant with a cap
(`plus`) lies half the cap before what it caps. Refuses to know chance: this is the middle of what is drawn.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from monitor.core.service import Clock, Moment

_CLOSE: Final = 0.05
"""How far apart instants lie that no clock keeps apart, in parts of a clock's length."""
_NOTHING: Final = 1e-6


def lay_out(clocks: Sequence[Clock], lengths: Mapping[str, float]) -> dict[str, float]:
    """Seconds from the first instant to each, ascending; `lengths` of the clocks by slug, in seconds above 0."""
    caps: dict[str, float] = {}
    for clock in clocks:
        for moment in (*clock.begin, *clock.end):
            caps[moment.field] = max(moment.plus_seconds, caps.get(moment.field, 0.0))
    at: dict[str, float] = {}

    def place(moments: Sequence[Moment], seconds: float, close: float) -> None:
        """What has no place yet, so that the earliest is about then."""
        uncapped = 0
        for moment in moments:
            if moment.field in at:
                continue
            cap = caps[moment.field]
            at[moment.field] = seconds - cap / (2 if len(moments) > 1 else 1) if cap else seconds + uncapped * close
            uncapped += not cap

    for clock in clocks:
        length = lengths[clock.slug]
        begin, end = _earliest(clock.begin, at), _earliest(clock.end, at)
        if begin is None:
            begin = end - length if end is not None else max(at.values(), default=0.0) + length / 2
        place(clock.begin, begin, _CLOSE * length)
        place(clock.end, end if end is not None else _known(clock.begin, at) + length, _CLOSE * length)
    for _ in at:  # clocks that leave each other no room: where one ends too early, its end is pushed
        for clock in clocks:
            behind = _known(clock.begin, at) + lengths[clock.slug] - _known(clock.end, at)
            if behind > _NOTHING:
                at |= {moment.field: at[moment.field] + behind for moment in clock.end}
    first = min(at.values())
    return {name: at[name] - first for name in sorted(at, key=lambda name: at[name])}


def _earliest(moments: Sequence[Moment], at: Mapping[str, float]) -> float | None:
    placed = [moment for moment in moments if moment.field in at]
    return _known(placed, at) if placed else None


def _known(moments: Sequence[Moment], at: Mapping[str, float]) -> float:
    return min(at[moment.field] + moment.plus_seconds for moment in moments)

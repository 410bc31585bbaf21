"""What was published at moments that are past: which moments are told, and what each of them says.

The code that judges now, at another instant: a moment says what is known today about the windows that ended then, so
corrections that came later are in it. Only the feed cannot be asked any more: it lived where a mission began. Refuses
to know how a moment is written down.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from monitor.core.feed import Heard
from monitor.core.history import History
from monitor.core.service import DAY_SECONDS
from monitor.core.slices import Grid
from monitor.core.snapshot import Snapshot, Terms, judged
from monitor.core.timeline import Timeline
from monitor.core.windows import Span

HOURLY_DAYS: Final = 7
"""So many days before now are told hour by hour."""
_HOUR: Final = 3_600
_YEAR: Final = 366 * DAY_SECONDS


def moments(grid: Grid, first: float, now: float) -> Iterator[float]:
    """The last second of each local day from the one that holds `first`, then of each hour of the last days.

    Ascending, whole seconds since the epoch, none after `now`. Hours are those of UTC, in which slices are whole.
    """
    hourly = _hour(now) - HOURLY_DAYS * 24 * _HOUR
    day = grid.day_of(first)
    while (ends := grid.midnight(day + 1)) <= hourly:
        yield ends - 1
        day += 1
    ends = max(hourly, _hour(first)) + _HOUR
    while ends <= now:
        yield ends - 1
        ends += _HOUR


def _hour(at: float) -> float:
    return at // _HOUR * _HOUR


class Past:
    """Takes snapshots of moments that are past; `terms` as a running exporter has them."""

    def __init__(self, history: History, terms: Terms) -> None:
        self._history = history
        self._terms = terms
        self._whole = history.whole()

    def moments(self, now: float, since: float = -inf) -> Sequence[float]:
        """Those that have something to tell: none before the first mission, nor later than a year after the last."""
        first = min([at for one in self._whole if (at := one.oldest()) is not None], default=None)
        if first is None:
            return []
        return [at for at in moments(self._history.grid, max(first, since), now) if self._told(at)]

    def _told(self, at: float) -> bool:
        """A mission of a wrong year is told for a year, and not until today."""
        return any(one.size(Span(at - _YEAR, at + 1)) for one in self._whole)

    def at(self, moment: float) -> Snapshot:
        """What a moment says, by what is known now."""
        return judged(self._history, self._terms, moment, self._heard(moment))

    def _heard(self, moment: float) -> Heard:
        """By when missions began: who heard the feed then, heard at least of these."""
        signs = [sign for one in self._whole if (sign := self._sign(one, moment)) is not None]
        if not signs:
            return Heard(None, inf)
        return Heard(max(signs), moment - max(signs))

    def _sign(self, timeline: Timeline, moment: float) -> float | None:
        grid, newest = self._history.grid, timeline.newest_at(moment)
        sealed = timeline.newest_sealed_at(moment)
        if sealed is not None and grid.day_of(sealed) == grid.day_of(moment):
            return moment  # when the last of them began is not known any more: they speak for their day
        return newest

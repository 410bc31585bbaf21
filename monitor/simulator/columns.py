"""Invented missions of one cell as columns: when each named instant was, and what the clocks say of it.

Gaps between instants vary from mission to mission; how long it all takes grows with its pace, so that the times of
every clock grow with one number, the scale. Refuses to know thresholds: which scale is asked for is `fitting`'s.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from monitor.core.service import Clock, Moment, instants_of
from monitor.simulator.rhythm import HOUR_MS, SECOND_MS
from monitor.simulator.world import LONGEST_UNPLACED_MS, Course, Fate

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NORMAL: Final = NormalDist()
_COUNTING: Final = (Fate.MEASURED, Fate.UNPLACED, Fate.NO_ARRIVAL)
_DETOUR_SHARE: Final = 0.1  # of the gaps take much longer than usual, so that caps are reached
_DETOUR: Final = 2.5
_LACKING_SHARE: Final = 0.3  # of the missions lack one of the instants of which the earliest counts
_UNPLACED_SECONDS: Final = (LONGEST_UNPLACED_MS - 2 * HOUR_MS) / SECOND_MS
_CLEAR_SECONDS: Final = 0.002
"""Between a plausible time and the bounds of the plausible: whole milliseconds must not fall beyond."""
_WIDEST: Final = 12.0
_HALVINGS: Final = 22


@dataclass(frozen=True, slots=True)
class Columns:
    """Missions side by side; `times` by (instant, mission), in seconds at pace 1, told or not."""

    clocks: tuple[Clock, ...]
    fields: tuple[str, ...]
    times: Floats
    known: Flags
    fates: Sequence[Fate]
    pace: Floats
    lowest: Floats
    highest: Floats
    """Between these paces no clock of the mission is implausible."""

    def clock_seconds(self, scale: float) -> Floats:
        """By (clock, mission) what is measured in the end; NaN where that is nothing."""
        told = self.known & np.array([fate in _COUNTING for fate in self.fates])
        seconds = clock_seconds(self.clocks, self.fields, np.where(told, self._times(scale), np.nan))
        shortest, longest = _bounds(self.clocks)
        with np.errstate(invalid="ignore"):
            return np.where((seconds >= shortest) & (seconds <= longest), seconds, np.nan)

    def courses(self, scale: float, *, between: tuple[str, ...]) -> list[Course]:
        """What happens on each mission; `between` as in `Course`."""
        moments = np.rint(self._times(scale) * SECOND_MS).astype(np.int64)
        places = _earliest(self.clocks[0].begin, self.fields, np.where(self.known, moments, np.nan), SECOND_MS)
        found = []
        for fate, at, known, placed in zip(
            self.fates, moments.T.tolist(), self.known.T.tolist(), places, strict=True
        ):
            steps = [(name, ms) for name, ms, is_known in zip(self.fields, at, known, strict=True) if is_known]
            began = 0 if fate is Fate.UNPLACED else steps[0][1]
            found.append(
                Course(
                    instants=tuple((name, ms - began) for name, ms in steps),
                    whole_ms=at[-1] - began,
                    placed_ms=0 if np.isnan(placed) else int(placed) - began,
                    between=() if fate is Fate.ROUTINE else between,
                )
            )
        return found

    def _times(self, scale: float) -> Floats:
        paces: Floats = np.clip(scale * self.pace, self.lowest, self.highest)
        return self.times * paces


def draw(
    clocks: tuple[Clock, ...],
    layout: Mapping[str, float],
    drawn: Sequence[tuple[Fate, float]],
    *,
    spread: float,
    rng: Random,
) -> Columns:
    """Missions with these fates, each as slow as its share says: paces are log-normal with this spread around 1."""
    fields = tuple(layout)
    gaps = np.diff(np.array(list(layout.values())))
    varied = [[gap * _variation(rng) for gap in gaps] for _ in drawn]
    times = np.vstack([np.zeros(len(drawn)), np.cumsum(np.array(varied).reshape(len(drawn), len(gaps)).T, axis=0)])
    fates = [fate for fate, _ in drawn]
    shortest, longest = _bounds(clocks)

    def too_short(pace: Floats) -> Any:
        return np.any(clock_seconds(clocks, fields, times * pace) < shortest + _CLEAR_SECONDS, axis=0)

    def not_too_long(pace: Floats) -> Any:
        return np.all(clock_seconds(clocks, fields, times * pace) <= longest - _CLEAR_SECONDS, axis=0)

    highest = last_that_holds(not_too_long, len(drawn))
    unplaced = np.array([fate is Fate.UNPLACED for fate in fates])
    highest[unplaced] = np.minimum(highest, _UNPLACED_SECONDS / np.maximum(times[-1], 1e-9))[unplaced]
    lowest = last_that_holds(too_short, len(drawn)) * (1 + 1e-5)
    lowest[lowest > highest] = 0.0  # clocks that contradict each other: nothing to be done
    spare = _spare(clocks)
    lacking = [_lacking(clocks, fields, spare, fate, rng) for fate in fates]
    known = np.array([[name not in one for one in lacking] for name in fields])
    pace = np.exp([spread * _NORMAL.inv_cdf(share) for _, share in drawn])
    return Columns(clocks, fields, times, known, fates, pace, lowest, highest)


def _bounds(clocks: Sequence[Clock]) -> tuple[Floats, Floats]:
    """Of the plausible, as columns."""
    shortest = np.array([[max(clock.shortest_seconds, 0.0)] for clock in clocks])
    return shortest, np.array([[clock.longest_seconds] for clock in clocks])


def clock_seconds(clocks: Sequence[Clock], fields: Sequence[str], times: Floats) -> Floats:
    """By (clock, mission) the seconds from the earliest known begin to the earliest known end; else NaN."""
    return np.array([_earliest(clock.end, fields, times) - _earliest(clock.begin, fields, times) for clock in clocks])


def last_that_holds(holds: Callable[[Floats], Any], count: int = 1) -> Floats:
    """The highest numbers at which something holds, where it holds for all below and for none above."""
    low, high = np.full(count, -_WIDEST), np.full(count, _WIDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fine = holds(np.exp(middle))
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    found: Floats = np.exp(low)
    return found


def _earliest(moments: Sequence[Moment], fields: Sequence[str], times: Floats, second: float = 1.0) -> Floats:
    rows: list[Floats] = [times[fields.index(moment.field)] + moment.plus_seconds * second for moment in moments]
    return np.asarray(np.fmin.reduce(rows), dtype=np.float64)


def _variation(rng: Random) -> float:
    return rng.uniform(0.6, 1.4) * (_DETOUR if rng.random() < _DETOUR_SHARE else 1.0)


def _spare(clocks: Sequence[Clock]) -> list[str]:
    """Instants that may be lacking where the others are known: something else stands beside them wherever they do."""
    sides = [side for clock in clocks for side in (clock.begin, clock.end)]
    return [
        name
        for name in instants_of(clocks)
        if all(
            any(moment.field != name and not moment.plus_seconds for moment in side)
            for side in sides
            if any(moment.field == name for moment in side)
        )
    ]


def _lacking(
    clocks: Sequence[Clock], fields: Sequence[str], spare: Sequence[str], fate: Fate, rng: Random
) -> set[str]:
    """Which instants nobody gets to know."""
    places = {moment.field for moment in clocks[0].begin}
    if fate is Fate.UNPLACED:
        return places if places < {*fields} else set()
    if fate is Fate.NO_ARRIVAL:
        ends = {moment.field for moment in rng.choice(clocks).end}
        first = min(fields.index(name) for name in ends)
        return {*fields[first:]} - places
    return {rng.choice(spare)} if spare and rng.random() < _LACKING_SHARE else set()

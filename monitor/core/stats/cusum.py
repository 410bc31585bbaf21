"""Bernoulli CUSUM: whether a series has begun to be late more often, and since when.

Definition: every mission moves a score by its log-likelihood ratio of the two shares of late missions, `normal`
p0 and `degraded` p1: late +ln(p1/p0), in time -ln((1-p0)/(1-p1)); below 0 it stays at 0. At the threshold h the
alarm goes on. While it is on, the score is held at h or below, and the alarm goes off when the score has come back
to 0: ending it takes the same evidence as raising it, however long the trouble lasted.
The score is in natural logarithms: DESIGN's h = 4.5 is in this scale (about 1 400 missions between false alarms at
p0 = 0.20, p1 = 0.40, and 37 to detect). In Reynolds & Stoumbos' scale (late +1-g, in time -g, where
g = ln((1-p0)/(1-p1)) / ln(p1(1-p0)/(p0(1-p1)))) the same threshold is h / ln(p1(1-p0)/(p0(1-p1))).
Assumes independent missions. The last zero before the alarm estimates when the change began.
Source: Page, "Continuous inspection schemes", Biometrika 41 (1954) 100-115; Reynolds & Stoumbos, "A CUSUM chart for
monitoring a proportion when inspecting continuously", J. Quality Technology 31 (1999) 87-108. No detector with as
few false alarms has a shorter worst-case delay: Moustakides, Ann. Statist. 14 (1986) 1379-1387.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

CHUNK: Final = 4096
"""Missions looked at in one go, so that many alarms in a long history cost no more than few."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The change to be found: the share (0 to 1) of late missions normally, and when degraded."""

    normal: float
    degraded: float

    def __post_init__(self) -> None:
        if not 0 < self.normal < self.degraded < 1:
            raise ValueError(f"a shift needs 0 < normal < degraded < 1, not {self.normal} and {self.degraded}")

    @property
    def late_step(self) -> float:
        """What a late mission adds to the score."""
        return math.log(self.degraded / self.normal)

    @property
    def in_time_step(self) -> float:
        """What a mission within target takes off the score."""
        return math.log((1 - self.normal) / (1 - self.degraded))


@dataclass(frozen=True, slots=True)
class Trace:
    """Score and alarm after each mission."""

    score: NDArray[np.float64]
    alarm: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a series stands: `since` is the index of the first mission after the score was last 0."""

    score: float
    alarm: bool
    since: int | None


def from_level(normal: float, *, odds_ratio: float = 8 / 3) -> Shift:
    """A shift from a series' own level; by default as large, in odds, as the one from 0.20 to 0.40.

    The level is kept within 0.02 and 0.90, where a shift can still be told.

    >>> round(from_level(0.2).degraded, 3), round(from_level(0.1).degraded, 3)
    (0.4, 0.229)
    """
    kept = min(0.90, max(0.02, normal))
    odds = odds_ratio * kept / (1 - kept)
    return Shift(kept, odds / (1 + odds))


def trace(late: ArrayLike, shift: Shift, threshold: float) -> Trace:
    """Score and alarm after each mission in time order (True = late)."""
    outcomes = np.asarray(late, dtype=bool)
    steps = np.where(outcomes, shift.late_step, -shift.in_time_step)
    score = np.zeros(outcomes.size)
    alarm = np.zeros(outcomes.size, dtype=bool)
    at, level, on = 0, 0.0, False
    while at < outcomes.size:
        walk = level + np.cumsum(steps[at : at + CHUNK])
        if on:
            part = walk - np.maximum(np.maximum.accumulate(walk) - threshold, 0.0)
            turned = part <= 0
        else:
            part = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
            turned = part >= threshold
        first = int(np.argmax(turned))
        turns = bool(turned[first])
        stop = first + 1 if turns else part.size
        score[at : at + stop] = np.clip(part[:stop], 0.0, threshold)
        alarm[at : at + stop] = on
        on ^= turns
        at += stop
        alarm[at - 1] = on
        level = float(score[at - 1])
    return Trace(score, alarm)


def watch(late: ArrayLike, shift: Shift, threshold: float) -> Drift:
    """Where the series stands after its missions in time order (True = late); computed afresh each time.

    Seven late missions after twenty in time, at a threshold that six and a half reach:

    >>> watch([False] * 20 + [True] * 7, Shift(0.2, 0.4), 4.5)
    Drift(score=4.5, alarm=True, since=20)
    >>> watch([False] * 20, Shift(0.2, 0.4), 4.5)
    Drift(score=0.0, alarm=False, since=None)
    """
    seen = trace(late, shift, threshold)
    if not seen.score.size or not seen.score[-1]:
        return Drift(0.0, alarm=False, since=None)
    zeros = np.flatnonzero(seen.score == 0.0)
    since = int(zeros[-1]) + 1 if zeros.size else 0
    return Drift(float(seen.score[-1]), bool(seen.alarm[-1]), since)

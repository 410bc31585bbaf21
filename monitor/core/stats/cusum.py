"""CUSUM of days: whether a series has begun to be late more often, and since when.

Definition: every day moves a score by the log-likelihood ratio of its late missions among those judged, between two
shares of late ones, `normal` p0 and `degraded` p1; below 0 it stays at 0. At the threshold h the alarm goes on. While
it is on, the score is held at h or below, and the alarm goes off when the score has come back to 0: ending it takes
the same evidence as raising it, however long the trouble lasted.
The missions of a day hang together (weather, a short-handed shift), by an intraclass correlation rho: their number
late is beta-binomial, with a = p (1/rho - 1) and b = (1 - p) (1/rho - 1), so that the fifth late one of a bad night
says less than the first. The ratio of a day that is not over is that of its missions so far: nothing waits for
midnight. A day needs its two counts only, in any order: a sealed one moves the score as it did when its missions were
known.
Assumes independent days. The last zero before the alarm estimates when the change began.
Source: Page, "Continuous inspection schemes", Biometrika 41 (1954) 100-115; Reynolds & Stoumbos, "A CUSUM chart for
monitoring a proportion when inspecting continuously", J. Quality Technology 31 (1999) 87-108; the beta-binomial:
Skellam, J. R. Statist. Soc. B 10 (1948) 257-261.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

CHUNK: Final = 4096
"""Days looked at in one go, so that many alarms in a long history cost no more than few."""

Floats = NDArray[np.float64]
Share = TypeVar("Share", float, Floats)


@dataclass(frozen=True, slots=True)
class Shift:
    """The change to be found: the share (0 to 1) of late missions normally, and when degraded."""

    normal: float
    degraded: float

    def __post_init__(self) -> None:
        if not 0 < self.normal < self.degraded < 1:
            raise ValueError(f"a shift needs 0 < normal < degraded < 1, not {self.normal} and {self.degraded}")


@dataclass(frozen=True, slots=True)
class Trace:
    """Score and alarm after each day."""

    score: Floats
    alarm: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a series stands: `since` is the index of the first day after the score was last 0."""

    score: float
    alarm: bool
    since: int | None


def moved(share: float, origin: float, to: Share) -> Share:
    """As far from `to`, in odds, as `share` is from `origin`.

    Twice as many late of a fifth is as large a change as from a tenth to 23 %:

    >>> round(moved(0.40, 0.20, 0.10), 3)
    0.229
    """
    odds = share / (1 - share) * (1 - origin) / origin * to / (1 - to)
    return odds / (1 + odds)


def evidence(
    judged: ArrayLike, late: ArrayLike, normal: float | Floats, degraded: float | Floats, correlation: float
) -> Floats:
    """The log-likelihood ratio of each day's missions, of which so many were late; `correlation` above 0, below 1.

    >>> evidence([1, 5, 5], [1, 1, 5], 0.2, 0.4, 0.05).round(2)
    array([ 0.69, -0.35,  2.62])
    """
    n, k = np.asarray(judged, dtype=np.float64), np.asarray(late, dtype=np.float64)
    weight = 1 / correlation - 1

    def likelihood(share: float | Floats) -> Floats:
        a, b = share * weight, (1 - share) * weight
        found: Floats = special.betaln(k + a, n - k + b) - special.betaln(a, b)
        return found

    return likelihood(degraded) - likelihood(normal)


def trace(steps: Floats, threshold: float) -> Trace:
    """Score and alarm after each day in time order, from the evidence of each."""
    score = np.zeros(steps.size)
    alarm = np.zeros(steps.size, dtype=bool)
    at, level, on = 0, 0.0, False
    while at < steps.size:
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


def watch(steps: Floats, threshold: float) -> Drift:
    """Where the series stands after its days in time order, from the evidence of each; computed afresh each time.

    >>> watch(np.array([-1.0, -1.0, 2.0, 3.0, -0.5]), 4.5)
    Drift(score=4.0, alarm=True, since=2)
    >>> watch(np.array([-1.0]), 4.5)
    Drift(score=0.0, alarm=False, since=None)
    """
    seen = trace(steps, threshold)
    if not seen.score.size or not seen.score[-1]:
        return Drift(0.0, alarm=False, since=None)
    zeros = np.flatnonzero(seen.score == 0.0)
    since = int(zeros[-1]) + 1 if zeros.size else 0
    return Drift(float(seen.score[-1]), bool(seen.alarm[-1]), since)

"""How long a Bernoulli CUSUM runs: missions between false alarms, missions to detection, and the threshold for it.

Definition: the run length is the number of missions until the alarm; its mean (ARL) at the normal share is the time
between false alarms, at a degraded share the delay. `start` says where the score stands when counting begins: at
`zero`, or `steady`, where it is usually found in a series that has run normally without alarm.
Formula: in Reynolds & Stoumbos' scale the score moves by +1-g and -g; with g a fraction k/m it lives on multiples of
1/m, a finite Markov chain, and ARL = (I - Q)⁻¹ 1 for the chain Q among the states below the threshold. g is taken as
the nearest fraction with m <= 60, the only approximation.
Assumes independent missions with a constant share.
Source: Reynolds & Stoumbos (1999), see `cusum`; Brook & Evans, "An approach to the probability distribution of CUSUM
run length", Biometrika 59 (1972) 539-549.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from monitor.core.stats.cusum import Shift

FINEST: Final = 60
SETTLING: Final = 2_000
"""Missions after which the score of a normal series has forgotten where it began."""

HIGHEST: Final = 20.0
"""No threshold is sought beyond: e^20 missions between false alarms is more than anybody waits."""

Start = Literal["zero", "steady"]


@dataclass(frozen=True, slots=True)
class RunLength:
    """Missions until the alarm."""

    mean: float
    median: int


@lru_cache(maxsize=256)
def run_length(late_share: float, shift: Shift, threshold: float, start: Start = "zero") -> RunLength:
    """Mean and median run length of a series whose true share of late missions is `late_share`.

    >>> round(run_length(0.2, Shift(0.2, 0.4), 4.5).mean, -2), round(run_length(0.4, Shift(0.2, 0.4), 4.5).mean)
    (1400.0, 37)
    """
    chain = _Chain.of(shift, threshold)
    begin = chain.settled(shift.normal) if start == "steady" else chain.at_zero()
    mean = float(begin @ chain.means(late_share))
    return RunLength(mean, chain.median(late_share, begin, at_most=math.ceil(mean) + 1))


@lru_cache(maxsize=256)
def threshold_for(missions: float, shift: Shift) -> float:
    """The lowest threshold (to 0.001) with at least `missions` between false alarms, on average.

    >>> h = threshold_for(1_400, Shift(0.2, 0.4))
    >>> 4.4 < h < 4.7
    True
    """
    low, high = 0.0, HIGHEST
    while high - low > 0.001:
        middle = (low + high) / 2
        chain = _Chain.of(shift, middle)
        if float(chain.means(shift.normal)[0]) >= missions:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True, slots=True)
class _Chain:
    """The scores below the threshold: state i is the score i/m in Reynolds & Stoumbos' scale."""

    states: int
    up: int
    down: int

    @staticmethod
    def of(shift: Shift, threshold: float) -> "_Chain":
        unit = shift.late_step + shift.in_time_step
        gamma = Fraction(shift.in_time_step / unit).limit_denominator(FINEST)
        down, parts = max(1, gamma.numerator), gamma.denominator
        return _Chain(max(1, math.ceil(threshold / unit * parts - 1e-9)), max(1, parts - down), down)

    def moves(self, late_share: float) -> sparse.csr_array:
        here = np.arange(self.states)
        late, in_time = here + self.up, np.maximum(here - self.down, 0)
        stays = late < self.states
        chances = np.concatenate([np.full(int(stays.sum()), late_share), np.full(self.states, 1 - late_share)])
        places = (np.concatenate([here[stays], here]), np.concatenate([late[stays], in_time]))
        return sparse.csr_array((chances, places), shape=(self.states, self.states))

    def means(self, late_share: float) -> NDArray[np.float64]:
        """Mean run length from each state."""
        system = sparse.eye_array(self.states, format="csc") - self.moves(late_share).tocsc()
        return np.atleast_1d(np.asarray(spsolve(system, np.ones(self.states)), dtype=np.float64))

    def median(self, late_share: float, begin: NDArray[np.float64], *, at_most: int) -> int:
        """Missions after which half of the runs have ended (a median is below the mean here, so it ends)."""
        forward = self.moves(late_share).T.tocsr()
        still, missions = begin, 0
        while still.sum() > 0.5 and missions < at_most:
            still = forward @ still
            missions += 1
        return missions

    def at_zero(self) -> NDArray[np.float64]:
        zero = np.zeros(self.states)
        zero[0] = 1.0
        return zero

    def settled(self, late_share: float) -> NDArray[np.float64]:
        """Where the score of a normal series is found, given no alarm yet."""
        forward = self.moves(late_share).T.tocsr()
        place: NDArray[np.float64] = self.at_zero()
        for _ in range(SETTLING):
            place = forward @ place
            place = place / place.sum()
        return place

"""Why the share of late missions differs between two periods: four causes that add up to the difference.

The share is Σ N m r / Σ N m over cells (an area, a category, a part of the day): the missions N of a cell, the share
m of them that was measured, and the share r of these that was late. Between two periods differ how long missions of
one cell take (*pace*: r by the same threshold), which missions there are (*mix*: N), which of them were measured
(*missing*: m), and the threshold that they are held against (*target*). Each is put in, averaged over the orders
(`shapley`); where m and the thresholds stay, pace and mix are Kitagawa's two.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.stats import cluster_bootstrap, shapley

Floats = NDArray[np.float64]

CAUSES: Final = 4
PACE, MIX, MISSING, TARGET = range(CAUSES)


@dataclass(frozen=True, slots=True)
class Cells:
    """A period by cell, which is the last axis; several draws of it where there are two axes, the first as it was.

    `missions` of any fate; `measured`: the share of them; `late`: of these, by the thresholds of the period itself,
    and `otherwise` by those of the other one. NaN where there is nothing.
    """

    missions: Floats
    measured: Floats
    late: Floats
    otherwise: Floats

    @classmethod
    def of(cls, missions: Floats, judged: Floats, late: Floats, otherwise: Floats) -> "Cells":
        """From counts."""
        return cls(missions, _ratio(judged, missions), _ratio(late, judged), _ratio(otherwise, judged))


def causes(before: Cells, now: Cells) -> Floats:
    """One row for each cause, of what `now` has more; NaN where there is nothing to compare.

    A cell that a period lacks is measured, and late, as in the other.
    """
    counts = before.missions, now.missions
    measured = _filled(before.measured, now.measured)
    late = (  # by the thresholds of before, of now; in each at the pace of before, of now
        _filled(before.late, now.otherwise),
        _filled(before.otherwise, now.late),
    )
    same = all(np.array_equal(one.late, one.otherwise, equal_nan=True) for one in (before, now))
    values: list[Floats] = []
    for choice in range(1 << CAUSES):
        if same and choice >> TARGET & 1:  # half of the work, in most cases
            values.append(values[choice ^ 1 << TARGET])
            continue
        pace, mix, missing, target = (choice >> cause & 1 for cause in (PACE, MIX, MISSING, TARGET))
        weights = counts[mix] * measured[missing]
        values.append(_ratio((weights * late[target][pace]).sum(axis=-1), weights.sum(axis=-1)))
    return shapley.parts(values, CAUSES)


def variances(before: Cells, now: Cells) -> Floats:
    """Of each cause, from the draws.

    Which missions there are, and how late these are, is a product of what is uncertain (`product_variance`).
    """
    both = _settled(before), _settled(now)
    alone = [causes(*(alone_drawn(one) for one in both))[:, 1:].T for alone_drawn in _ALONE]
    return cluster_bootstrap.product_variance(causes(*both)[:, 1:].T, alone)


def _missions_alone(one: Cells) -> Cells:
    return Cells(one.missions, _first(one.measured), _first(one.late), _first(one.otherwise))


def _measured_alone(one: Cells) -> Cells:
    return Cells(_first(one.missions), one.measured, _first(one.late), _first(one.otherwise))


def _late_alone(one: Cells) -> Cells:
    return replace(one, missions=_first(one.missions), measured=_first(one.measured))


_ALONE: Final = (_missions_alone, _measured_alone, _late_alone)


def _first(draws: Floats) -> Floats:
    """As it was, for every draw."""
    return np.broadcast_to(draws[:1], draws.shape)


def _settled(one: Cells) -> Cells:
    """What a draw has left empty is as it was."""
    return Cells(
        one.missions,
        *(np.where(np.isnan(shares), shares[:1], shares) for shares in (one.measured, one.late, one.otherwise)),
    )


def _ratio(some: Floats, every: Floats) -> Floats:
    """NaN of none."""
    ratio: Floats = np.divide(some, every, out=np.full(np.shape(every), np.nan), where=every > 0.0)
    return ratio


def _filled(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Each as the other where it has nothing; 0 where neither has: that weighs nothing."""
    either = np.nan_to_num(np.where(np.isnan(before), now, before), nan=0.0)
    return either, np.where(np.isnan(now), either, now)

"""How much of a change of the late share lies with each stage of the missions: turnout, travel, what there is.

A mission is late when its stages together take longer than its threshold. A stage of the later missions is replaced
by how long it took before, rank by rank: the mission that was slowest in it takes what the slowest took before, and
so on. So a mission that is slow in all stages stays so. What fewer are late then is the stage's part, averaged over
the orders in which stages are replaced (`shapley`), and over both directions: earlier missions with the stages of
later ones, too. Exchanging the periods turns every sign. What is left is how the stages go together.
Sources: Juhn, Murphy & Pierce, J. Political Economy 101 (1993) 410-442 (rank by rank); Shorrocks, J. Economic
Inequality 11 (2013) 99-126 (orders); Fortin, Lemieux & Firpo, Handbook of Labor Economics 4A (2011), chapter 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.core.stats import shapley

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Staged:
    """Missions of one kind and period: a row for each stage, and what all may take together; whole microseconds.

    `clusters`: to which cluster each mission belongs.
    """

    stages: Counts
    threshold: int
    clusters: Counts


class Swap:
    """Two periods of one kind of missions, sorted once; asked for every draw of clusters."""

    def __init__(self, before: Staged, now: Staged) -> None:
        self._both = (_Sorted(before), _Sorted(now))
        self._stages = len(now.stages)
        # A row for each choice of stages that are replaced: 1 where that stage is.
        self._choices: Counts = np.arange(1 << self._stages)[:, None] >> np.arange(self._stages) & 1

    def parts(self, before: Floats, now: Floats) -> Floats:
        """Of each stage, of what is late more; 0 where a period has no missions.

        `before`, `now`: how often each cluster is drawn.
        """
        weights = [one.weights(drawn) for one, drawn in zip(self._both, (before, now), strict=True)]
        if not all(one.any() for one in weights):
            return np.zeros(self._stages)
        shares = []
        for own, other in ((0, 1), (1, 0)):
            mapped = self._both[own].mapped(weights[own], self._both[other], weights[other])
            late = self._both[own].late(self._choices @ (mapped - self._both[own].stages)) @ weights[own]
            shares.append(late / weights[own].sum())
        return shapley.parts([*((shares[0] - shares[1]) / 2.0)], self._stages)

    def counts(self, before: Floats, now: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
        """How many missions there are, and how many are late: of before, and of now."""
        first, second = (
            (float(own.sum()), float(own @ one.late(0)))
            for one, drawn in zip(self._both, (before, now), strict=True)
            for own in (one.weights(drawn),)
        )
        return first, second


class _Sorted:
    def __init__(self, staged: Staged) -> None:
        self.stages = staged.stages
        self._spare, self._clusters = staged.threshold - staged.stages.sum(axis=0), staged.clusters
        self.values = [np.unique(stage, return_inverse=True) for stage in staged.stages]

    def weights(self, drawn: Floats) -> Floats:
        """How often each mission is drawn."""
        return drawn[self._clusters]

    def late(self, longer: Counts | int) -> NDArray[np.bool_]:
        """Which missions are, if they took so much longer."""
        late: NDArray[np.bool_] = longer > self._spare
        return late

    def mapped(self, weights: Floats, other: "_Sorted", others: Floats) -> Counts:
        """Each stage as the mission of the same rank in the other period has it; equal ones share the middle rank."""
        found = np.empty_like(self.stages)
        for stage, ((own, places), (values, whose)) in enumerate(zip(self.values, other.values, strict=True)):
            some = np.bincount(places, weights, minlength=len(own))
            ranks = (np.cumsum(some) - some / 2.0) / weights.sum()
            upto = np.cumsum(np.bincount(whose, others, minlength=len(values)))
            at = np.minimum(np.searchsorted(upto, ranks * upto[-1], side="right"), len(values) - 1)
            found[stage] = values[at][places]
        return found

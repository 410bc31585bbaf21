"""The missions of a span that one objective judges and that are known one by one, each with its own threshold.

What takes more than counts (how late, at what hours, beside how many others) is told from these. What is sealed is
counted, so that it can be said what was left out. Refuses to know what is made of them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.rounding import Rounding
from monitor.core.service import Objective
from monitor.core.track import cut
from monitor.core.windows import Span


@dataclass(frozen=True)
class Judged:
    """In time order: when each was placed (epoch seconds), what it took and might have taken (seconds).

    `waited`: what the first clock says of each, as in `core.mission.times_of`. `sealed`: how many more of the span
    were judged and are known as counts only.
    """

    at: Floats
    seconds: Floats
    thresholds: Floats
    waited: Floats
    sealed: int
    rounding: Rounding = Rounding.EXACT

    @cached_property
    def read(self) -> Floats:
        """What each counts as."""
        return self.rounding.each_read(self.seconds)

    @cached_property
    def late(self) -> NDArray[np.bool_]:
        """Whether each took longer than it might."""
        return self.read > self.thresholds


def judged_of(history: History, area: str, category: str, objective: Objective, span: Span) -> Judged:
    """Those of a series that rang in `span`."""
    clock = history.service.clock_slugs.index(objective.clock)
    column = history.columns.plain + history.columns.objective_at[objective.slug]
    found, sealed = [np.empty((3, 0))], 0
    for block in history.blocks(area, category):
        first, last = cut(block.missions[0], span)
        found.append(block.missions[[0, 1 + clock, 1], first:last])
        if block.sealed is not None:
            first, last = cut(block.sealed.start, span)
            sealed += int(block.sealed.counts[first:last, column].sum())
    at, seconds, waited = np.concatenate(found, axis=1)
    thresholds = history.targets_at(area, category, objective, at)
    judged = (seconds >= 0.0) & ~np.isnan(thresholds)
    return Judged(at[judged], seconds[judged], thresholds[judged], waited[judged], sealed, objective.rounding)

"""How many other missions of an area were waiting for help when a mission rang: of the late ones, and of all.

A mission waits from its begin to its end on the first clock: what a source tells of it later, until it is over, is
not kept. Only missions known one by one are seen, and of these only those whose end is known. Refuses to know
what should follow from it: many at once may make missions late, and a storm may make both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.core.digest import Floats
from monitor.core.history import History
from monitor.core.judged import Judged
from monitor.core.windows import Span

BOUNDS: Final = (0, 1, 2, 3, 5, 10)
"""Where the classes of "so many others" begin; the last has no end."""


@dataclass(frozen=True, slots=True)
class Class:
    """Missions that rang while `least` to `most` (None: or more) others waited."""

    least: int
    most: int | None
    missions: int
    late: int

    @property
    def late_share(self) -> float | None:
        """Of the missions of the class; None where there are none."""
        return self.late / self.missions if self.missions else None


@dataclass(frozen=True, slots=True)
class Crowding:
    """`classes` of judged missions by how many others waited; the medians of the late and of all, None of none."""

    classes: Sequence[Class]
    late_median: int | None
    median: int | None

    @property
    def missions(self) -> int:
        """Judged missions that are known one by one."""
        return sum(one.missions for one in self.classes)

    @property
    def late(self) -> int:
        """Of these."""
        return sum(one.late for one in self.classes)


@dataclass(frozen=True, slots=True)
class Waiting:
    """When the missions of an area began and ended to wait (epoch seconds), each in ascending order."""

    begins: Floats
    ends: Floats

    @classmethod
    def of(cls, history: History, area: str, span: Span) -> "Waiting":
        """Of all categories together: whoever may help is the same for all. `span`: when they are asked about.

        What began earlier than the longest wait before it cannot be waiting any more.
        """
        longest = history.service.clocks[0].longest_seconds
        found = [np.empty((2, 0))]
        for category in history.service.leaf_categories:
            for block in history.blocks(area, category):
                at, seconds = block.missions[0], block.missions[1]
                first, last = at.searchsorted((span.start - longest, span.end)).tolist()
                at, seconds = at[first:last], seconds[first:last]
                found.append(np.vstack([at, at + seconds])[:, seconds >= 0.0])
        begins, ends = np.concatenate(found, axis=1)
        return cls(np.sort(begins), np.sort(ends))

    def beside(self, judged: Judged) -> NDArray[np.int64]:
        """How many others waited when each rang."""
        began = self.begins.searchsorted(judged.at, side="right")
        ended = self.ends.searchsorted(judged.at, side="right")
        return began - ended - (judged.waited > 0.0)


def crowding_of(judged: Judged, waiting: Waiting) -> Crowding:
    """Of judged missions, those waiting of their area."""
    late, others = judged.late, waiting.beside(judged)
    places = np.searchsorted(BOUNDS, others, side="right") - 1
    missions, lates = (np.bincount(one, minlength=len(BOUNDS)).tolist() for one in (places, places[late]))
    ends = [bound - 1 for bound in BOUNDS[1:]]
    return Crowding(
        [Class(*one) for one in zip(BOUNDS, [*ends, None], missions, lates, strict=True)],
        _median(others[late]),
        _median(others),
    )


def _median(others: NDArray[np.int64]) -> int | None:
    """By nearest rank: of an even number the lower one in the middle."""
    middle = (len(others) - 1) // 2
    return int(np.partition(others, middle)[middle]) if len(others) else None

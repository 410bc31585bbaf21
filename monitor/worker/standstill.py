"""When a partition that has records left, and takes none, should be fetched again from where it stands.

Between the broker and the keeper a batch can be dropped: by a rebalance, or by a partition that changes hands while
it is sought. The next batch shows the gap, but a partition may see no next batch for hours. So whoever lags and does
not move is sought again. That costs one fetch; where it helps nothing (markers at the end of a log, an open
transaction) it is tried ever more seldom. A decision only: somebody else seeks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K")
"""What a partition is called."""

FIRST_SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Stand:
    offset: int
    since: float
    patience: float


class Standstill(Generic[K]):
    """Remembers where each partition stood; `judge` is asked now and then."""

    def __init__(self) -> None:
        self._stands: dict[K, _Stand] = {}

    def judge(self, places: Mapping[K, tuple[int, int | None]], now: float) -> set[K]:
        """Partitions to fetch again; `places`: (next offset, end of the log) of all, `now` in monotonic seconds.

        The end is None as long as no fetch has been answered.
        """
        stuck = set()
        stands: dict[K, _Stand] = {}
        for number, (offset, end) in places.items():
            if end is not None and offset >= end:
                continue
            stand = self._stands.get(number)
            if stand is None or stand.offset != offset:
                stand = _Stand(offset, now, FIRST_SECONDS)
            elif now - stand.since >= stand.patience:
                stuck.add(number)
                stand = _Stand(offset, now, min(LONGEST_SECONDS, 2 * stand.patience))
            stands[number] = stand
        self._stands = stands
        return stuck

"""The official answer for one series, window and percentile: whether the target was met.

Decided by two exact integers: at least p % of the judged missions took at most the target exactly when the
nearest-rank percentile is within it. So the sketch never decides, it only shows. "No data" and "no target" are
answers of their own, and a stale feed is no data: never shown as met.
"""

from dataclasses import dataclass
from enum import StrEnum

from monitor.core.timeline import Count


class State(StrEnum):
    """The answer; the value is the metric label."""

    MET = "met"
    MISSED = "missed"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with the counts that decide it: `within` of `judged` missions took at most their target."""

    percent: int
    state: State
    target_seconds: float | None
    judged: int
    within: int

    @property
    def within_ratio(self) -> float | None:
        """Share (0 to 1) of judged missions within their target; None where none is judged."""
        return self.within / self.judged if self.judged else None

    @property
    def late_budget(self) -> int | None:
        """How many more late missions the target allows as it stands: floor((1 - p) n) - late.

        Negative when overdrawn; None where there is no verdict.
        """
        if self.state in (State.NO_DATA, State.NO_TARGET):
            return None
        return (100 - self.percent) * self.judged // 100 - (self.judged - self.within)


def judge(percent: int, count: Count, *, target_seconds: float | None, measured: int, stale: bool) -> Verdict:
    """The verdict on `count` of `measured` missions; `target_seconds` is the target in force at the window's end.

    Where missions were measured but no target was in force for any of them, the answer is no_target.
    """
    if target_seconds is None and not count.judged:
        state = State.NO_TARGET
    elif stale or not measured:
        state = State.NO_DATA
    elif not count.judged:
        state = State.NO_TARGET
    elif 100 * count.within >= percent * count.judged:
        state = State.MET
    else:
        state = State.MISSED
    return Verdict(percent, state, target_seconds, count.judged, count.within)

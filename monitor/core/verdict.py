"""The official answer for one series, window and objective: whether the target was met.

Decided by two exact integers. Of a percentile: at least p % of the judged missions took at most the target exactly
when the nearest-rank percentile is within it. Of a mean: the judged missions took, together, at most the sum of the
target of each, in microseconds. So a sketch never decides, it only shows. "No data" and "no target" are answers of
their own, and a stale feed is no data, as is a sum that nobody knows exactly: never shown as met.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.core.figures import MICROSECONDS, Count, Figures, InProgress, percent_of
from monitor.core.percent import reached, spare
from monitor.core.service import Objective
from monitor.core.stats import binomial, mean, wilson
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.bounds import ShareBounds, share_bounds
from monitor.core.stats.mean import Moments
from monitor.core.stats.wilson import ShareInterval
from monitor.core.unmeasured import Unmeasured


class State(StrEnum):
    """The answer; the value is the metric label."""

    MET = "met"
    MISSED = "missed"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"


DECIDED: Final = (State.MET, State.MISSED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with what decides it: `within` of `judged` missions took at most their target, or their mean did.

    `evidence` says how well these counts carry the answer, `share` is the 95 % interval of the true share within
    target, `bounds` what missions in progress can still make of it (None for closed periods and where nothing is
    known). `breach_p_value`: the chance of so few within, or of so large a mean, if the target were truly just met;
    None where nothing can be said. A mean has no share: `within`, `share`, `bounds` are None. `spare_seconds`: what
    these missions could have taken more, together, before a mean is missed; negative when overdrawn, None of a
    percentile and where there is no verdict. `unmeasured`: what the missions without a value can make of the answer;
    None where there is none, or where it is not known how many they are.
    """

    objective: Objective
    state: State
    target_seconds: float | None
    judged: int
    within: int | None
    evidence: Evidence
    share: ShareInterval | None = None
    bounds: ShareBounds | None = None
    breach_p_value: float | None = None
    spare_seconds: float | None = None
    unmeasured: Unmeasured | None = None

    @property
    def decided(self) -> bool:
        """Whether the target was met or missed."""
        return self.state in DECIDED

    @property
    def within_ratio(self) -> float | None:
        """Share (0 to 1) of judged missions within their target; None where none is judged, and of a mean."""
        return self.within / self.judged if self.within is not None and self.judged else None

    @property
    def late_budget(self) -> int | None:
        """How many more of these same missions could have been late: floor((1 - p) n) - late.

        Not how many may still come late if nothing else comes, floor(within / p) - n: each of those adds to n, so
        they are more (33 where this is 27). Negative: so many too many were late; None where there is no verdict, and
        of a mean.
        """
        percentile = self.objective.percentile
        if not self.decided or percentile is None or self.within is None:
            return None
        return spare(self.judged, percentile) - (self.judged - self.within)


def judge(
    objective: Objective,
    count: Count,
    *,
    target_seconds: float | None,
    measured: int,
    stale: bool,
    progress: InProgress | None = None,
) -> Verdict:
    """The verdict on `count` of `measured` missions; `target_seconds` is the target in force at the window's end.

    `progress` are the open missions of the window against this target. Where missions were measured but no target
    was in force for any of them, the answer is no_target.
    """
    if target_seconds is None and not count.judged:
        state = State.NO_TARGET
    elif stale or not measured:
        state = State.NO_DATA
    elif not count.judged:
        state = State.NO_TARGET
    elif (kept := _kept(objective, count)) is None:
        state = State.NO_DATA
    else:
        state = State.MET if kept else State.MISSED
    if objective.percentile is None:
        return _of_mean(objective, state, target_seconds, count)
    return _of_percentile(objective, state, target_seconds, count, progress)


def _kept(objective: Objective, count: Count) -> bool | None:
    """Whether the judged missions kept the target; None where that is not known."""
    if objective.percentile is not None:
        return reached(count.within, count.judged, objective.percentile)
    return None if count.total is None or count.allowed is None else count.total <= count.allowed


def _of_percentile(
    objective: Objective, state: State, target_seconds: float | None, count: Count, progress: InProgress | None
) -> Verdict:
    percent, within, judged = percent_of(objective), count.within, count.judged
    return Verdict(
        objective=objective,
        state=state,
        target_seconds=target_seconds,
        judged=judged,
        within=within,
        evidence=binomial.evidence(within, judged, percent) if state in DECIDED else Evidence.NONE,
        share=wilson.share_interval(within, judged) if judged else None,
        bounds=None if progress is None else share_bounds(within, judged, progress.open, progress.overdue),
        breach_p_value=binomial.breach_p_value(within, judged, percent) if judged else None,
        unmeasured=Unmeasured.of_share(count, percent) if state in DECIDED else None,
    )


def _of_mean(objective: Objective, state: State, target_seconds: float | None, count: Count) -> Verdict:
    known = count.judged and count.total is not None and count.allowed is not None
    spare_seconds = ((count.allowed or 0) - (count.total or 0)) / MICROSECONDS
    beyond = Moments(count.judged, -spare_seconds, count.squares, count.cubes)
    return Verdict(
        objective=objective,
        state=state,
        target_seconds=target_seconds,
        judged=count.judged,
        within=None,
        evidence=mean.evidence(beyond, met=state is State.MET) if state in DECIDED else Evidence.NONE,
        breach_p_value=mean.breach_p_value(beyond) if known else None,
        spare_seconds=spare_seconds if state in DECIDED else None,
        unmeasured=Unmeasured.of_mean(count) if state in DECIDED else None,
    )


def verdicts_of(
    objectives: Iterable[Objective],
    figures: Figures,
    targets: Mapping[str, float | None],
    progress: Mapping[str, InProgress | None],
    *,
    stale: bool,
) -> dict[str, Verdict]:
    """The verdict on each objective by slug; `targets` and `progress` may lack those that have none."""
    return {
        one.slug: judge(
            one,
            figures.counts[one.slug],
            target_seconds=targets.get(one.slug),
            measured=figures.of(one).measured,
            stale=stale,
            progress=progress.get(one.slug),
        )
        for one in objectives
    }

"""The official answer for one series, window and objective: whether the target was met.

Decided by two exact integers: at least p % of the judged missions took at most the target exactly when the
nearest-rank percentile is within it. So the sketch never decides, it only shows. "No data" and "no target" are
answers of their own, and a stale feed is no data: never shown as met.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.core.percent import reached, spare
from monitor.core.service import Objective
from monitor.core.stats import binomial, wilson
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.bounds import ShareBounds, share_bounds
from monitor.core.stats.wilson import ShareInterval
from monitor.core.timeline import Count, Figures, InProgress, percent_of


class State(StrEnum):
    """The answer; the value is the metric label."""

    MET = "met"
    MISSED = "missed"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with what decides it: `within` of `judged` missions took at most their target, or their mean did.

    `evidence` says how well these counts carry the answer, `share` is the 95 % interval of the true share within
    target, `bounds` what missions in progress can still make of it (None for closed periods and where nothing is
    known). `breach_p_value`: the chance of so few within if the target were truly just met. A mean has no share:
    `within`, `share`, `bounds` are None. `spare_seconds`: what these missions could have taken more, together,
    before a mean is missed; negative when overdrawn, None of a percentile and where there is no verdict.
    """

    objective: Objective
    state: State
    target_seconds: float | None
    judged: int
    within: int | None
    evidence: Evidence
    share: ShareInterval | None
    bounds: ShareBounds | None
    breach_p_value: float | None
    spare_seconds: float | None = None

    @property
    def within_ratio(self) -> float | None:
        """Share (0 to 1) of judged missions within their target; None where none is judged, and of a mean."""
        return self.within / self.judged if self.within is not None and self.judged else None

    @property
    def late_budget(self) -> int | None:
        """How many more of these missions could have been late: floor((1 - p) n) - late.

        Cautious for missions to come, each of which also adds to n. Negative when overdrawn; None where there is no
        verdict, and of a mean.
        """
        percentile = self.objective.percentile
        if self.state in (State.NO_DATA, State.NO_TARGET) or percentile is None or self.within is None:
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
    percent = percent_of(objective)
    if target_seconds is None and not count.judged:
        state = State.NO_TARGET
    elif stale or not measured:
        state = State.NO_DATA
    elif not count.judged:
        state = State.NO_TARGET
    elif reached(count.within, count.judged, percent):
        state = State.MET
    else:
        state = State.MISSED
    decided = state in (State.MET, State.MISSED)
    return Verdict(
        objective=objective,
        state=state,
        target_seconds=target_seconds,
        judged=count.judged,
        within=count.within,
        evidence=binomial.evidence(count.within, count.judged, percent) if decided else Evidence.NONE,
        share=wilson.share_interval(count.within, count.judged) if count.judged else None,
        bounds=None
        if progress is None
        else share_bounds(count.within, count.judged, progress.open, progress.overdue),
        breach_p_value=binomial.breach_p_value(count.within, count.judged, percent) if count.judged else None,
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

"""A closer look at one area: where the time goes, how late the late were, at what hours, and beside how many others.

Computed when somebody asks, from what the history holds; nothing of it decides a verdict. Spans are arguments. Of
hours and crowding, which take many missions, there is one long span, and the objective that may ask most of people.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.core.crowding import Crowding, Waiting, crowding_of
from monitor.core.history import History
from monitor.core.hours import Hours, hours_of
from monitor.core.judged import judged_of
from monitor.core.service import Objective, Statistic, by_duty
from monitor.core.stages import Chain, Stages, chain_of, stages_of
from monitor.core.tail import Tail, tail_of
from monitor.core.windows import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    """One category of an area. `stages` by span, where the service's clocks make a chain.

    `tails` by objective and span: of the percentiles that judge any mission of any span, the gravest duty first.
    `objective`: the first of these, which `hours` and `crowding` are about; None where there is none.
    """

    chain: Chain | None
    stages: Mapping[str, Stages]
    tails: Mapping[str, Mapping[str, Tail]]
    objective: Objective | None
    hours: Hours | None
    crowding: Crowding | None


def closer_of(history: History, area: str, spans: Mapping[str, Span], *, longest: Span) -> dict[str, Closer]:
    """By category. `spans` by name; `longest` is that of hours and crowding."""
    look = _Look(history, area, chain_of(history.service), Waiting.of(history, area, longest), spans, longest)
    return {category: look.closer(category) for category in history.service.judged_categories}


@dataclass(frozen=True, slots=True)
class _Look:
    history: History
    area: str
    chain: Chain | None
    waiting: Waiting
    spans: Mapping[str, Span]
    longest: Span

    def closer(self, category: str) -> Closer:
        series = (self.area, category)
        objectives = by_duty(self.history.service.objectives)
        tails = {
            one.slug: {name: tail_of(self.history, *series, one, span) for name, span in self.spans.items()}
            for one in objectives
            if one.statistic is Statistic.PERCENTILE
        }
        tails = {slug: told for slug, told in tails.items() if any(tail.judged for tail in told.values())}
        first = next((one for one in objectives if one.slug in tails), None)
        judged = None if first is None else judged_of(self.history, *series, first, self.longest)
        return Closer(
            chain=self.chain,
            stages={}
            if self.chain is None
            else {name: stages_of(self.history, *series, self.chain, span) for name, span in self.spans.items()},
            tails=tails,
            objective=first,
            hours=None if judged is None else hours_of(judged, self.history.grid),
            crowding=None if judged is None else crowding_of(judged, self.waiting),
        )

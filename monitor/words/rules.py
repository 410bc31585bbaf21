"""A service's rule in sentences, as whoever reads the statute would say it: one for each objective and threshold.

"Category 1: 90 % within 15 min, from the earliest of coding and 30 s after connection to arrival." Only words:
clocks, objectives and thresholds are as declared, instants are called what the service calls them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from babel.lists import format_list

from monitor.core.rounding import Rounding
from monitor.core.service import Moment, Objective, Series, Service, Words, named
from monitor.core.targets import TargetSet
from monitor.words import names
from monitor.words.durations import lasting
from monitor.words.speaker import Speaker, phrase

NOT_VERIFIED: Final = phrase("not verified")
CANNOT_SAY: Final = phrase("cannot be said")
"""What stands before each point of a service that its sources did not settle, and that no declaration can say."""
READ_AS: Final[Mapping[Rounding, str]] = {
    Rounding.TENTH_OF_MINUTE: phrase("times rounded to a tenth of a minute"),
}
_MOST_NAMED: Final = 4


def sentences(say: Speaker, service: Service, targets: TargetSet) -> Iterator[str]:
    """What each objective asks for, by these thresholds; of one without any, that it is only shown."""
    for objective in service.objectives:
        asked = list(_asked(say, service, objective, targets))
        how = _span(say, service, objective)
        settled = targets.verified and service.clock(objective.clock).verified
        for who, limit in asked:
            told = f"{names.headed(who)}: {limit}, {how}."
            yield told if settled else f"{told} {names.headed(say(NOT_VERIFIED))}."
        if not asked:
            yield _only_shown(say, service, objective)


def sentence(say: Speaker, service: Service, objective: Objective, targets: TargetSet, place: Series) -> str:
    """What an objective asks of one area and category, by these thresholds."""
    seconds = targets.of(*place).get(objective.slug)
    if seconds is None:
        return _only_shown(say, service, objective)
    told = f"{names.headed(_limit(say, objective, [seconds]))}, {_span(say, service, objective)}."
    settled = targets.verified and service.clock(objective.clock).verified
    return told if settled else f"{told} {names.headed(say(NOT_VERIFIED))}."


def _only_shown(say: Speaker, service: Service, objective: Objective) -> str:
    told = names.headed(names.objective(say, objective))
    span = _span(say, service, objective)
    return say("{objective}: shown, without a threshold, {span}.", objective=told, span=span)


def in_short(say: Speaker, service: Service, targets: TargetSet) -> str:
    """The same in one line, without the clocks: numbers that were not verified are said to be so first."""
    told: dict[str, list[str]] = {}
    for objective in service.objectives:
        for who, limit in _asked(say, service, objective, targets):
            told.setdefault(who, []).append(limit)
    if not told:
        return say("shown, without a threshold")
    line = "; ".join(f"{who}: {', '.join(limits)}" for who, limits in told.items())
    return line if targets.verified else f"{say(NOT_VERIFIED)}: {line}"


def doubts(say: Speaker, count: int) -> str:
    """How many points of a rule its sources did not settle."""
    return say.several("{count} point not verified", "{count} points not verified", count)


def _asked(say: Speaker, service: Service, objective: Objective, targets: TargetSet) -> Iterator[tuple[str, str]]:
    """Whom an objective concerns, and its limit: what has the same thresholds in the same areas is said once."""
    alike: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for category in service.judged_categories:
        thresholds = tuple(
            (area, seconds)
            for area in service.judged_areas
            if (seconds := targets.of(area, category).get(objective.slug)) is not None
        )
        if thresholds:
            alike.setdefault(thresholds, []).append(category)
    for thresholds, categories in alike.items():
        outer = [one for one in categories if not {*service.category_pools[one][1:]} & {*categories}]
        who = _listed(say, [names.category(say, service, category) for category in outer])
        for some in _apart(thresholds):
            where = _where(say, service, [area for area, _ in some])
            yield f"{who} ({where})" if where else who, _limit(say, objective, [seconds for _, seconds in some])


def _apart(thresholds: Sequence[tuple[str, float]]) -> Sequence[Sequence[tuple[str, float]]]:
    """Areas with different thresholds, each group by itself where they are few; else all at once, as a range.

    Two laws of two countries are two sentences; twelve districts that each have their own number are one.
    """
    found: dict[float, list[tuple[str, float]]] = {}
    for area, seconds in thresholds:
        found.setdefault(seconds, []).append((area, seconds))
    return [*found.values()] if len(thresholds) <= 2 * _MOST_NAMED else [thresholds]


def _where(say: Speaker, service: Service, areas: Sequence[str]) -> str:
    """The areas, where it is not each of those that events name."""
    if {*service.leaf_areas} <= {*areas}:
        return ""
    if len(areas) > _MOST_NAMED:
        return say.several("{count} area", "{count} areas", len(areas))
    return _listed(say, [names.area(say, service, area) for area in areas])


def _limit(say: Speaker, objective: Objective, seconds: Sequence[float]) -> str:
    least, most = lasting(say, min(seconds)), lasting(say, max(seconds))
    time = least if least == most else say("{least} to {most} by area", least=least, most=most)
    if objective.percentile is None:
        return say("mean at most {time}", time=time)
    told = say("{percent} % within {time}", percent=say.plain(float(objective.percentile)), time=time)
    return told if objective.rounding is Rounding.EXACT else f"{told} ({say(READ_AS[objective.rounding])})"


def _span(say: Speaker, service: Service, objective: Objective) -> str:
    clock = service.clock(objective.clock)
    begin, end = (earliest(say, edge, service.instants) for edge in (clock.begin, clock.end))
    return say("from {begin} to {end}", begin=begin, end=end)


def earliest(say: Speaker, moments: Sequence[Moment], instants: Mapping[str, Words]) -> str:
    """Where a clock begins, or ends; an instant that is not in `instants` is called by its field."""
    told = [_moment(say, instants, one) for one in moments]
    return told[0] if len(told) == 1 else say("the earliest of {instants}", instants=_listed(say, told))


def _moment(say: Speaker, instants: Mapping[str, Words], moment: Moment) -> str:
    called = named(instants.get(moment.field, {}), say.language, moment.field)
    if not moment.plus_seconds:
        return called
    return say("{time} after {instant}", time=lasting(say, moment.plus_seconds), instant=called)


def _listed(say: Speaker, told: Sequence[str]) -> str:
    return format_list(told, locale=say.locale)

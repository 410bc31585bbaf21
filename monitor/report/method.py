"""How a report came about, in words: what is measured, what is wanted, and what its columns mean.

Decides which notes apply to the service at hand.
"""

from collections.abc import Mapping
from typing import Final

from monitor.core.rounding import Rounding
from monitor.core.service import Clock, Objective, Service, Statistic, named
from monitor.report.cells import notations
from monitor.report.document import Report
from monitor.words import names, rules
from monitor.words.durations import Notation, lasting
from monitor.words.names import headed
from monitor.words.speaker import Speaker, phrase

ROUNDING: Final = phrase("† Rounded to whole minutes this would read otherwise; the decimals decide.")
_WHOLE_MINUTES: Final = phrase("Results are printed in whole minutes, with decimals beside them.")
_SKETCHED: Final = phrase("≈ read from a sketch; verdicts on percentiles are exact all the same.")
_MEASURING: Final = phrase(
    "{clock}: from {begin} to {end}. A mission that takes longer than {longest}, or ends before it begins, has no "
    "value."
)
_ELIGIBLE: Final = phrase("Only missions that the source marks as {field} count.")
_PERCENTILE: Final = phrase(
    "{objective}: {percent} % of the measured missions take at most the threshold. What they do not exceed "
    "({statistic}, by nearest rank) is the result."
)
_MEAN: Final = phrase("{objective}: the measured missions take at most the threshold in the mean.")
_POOLS: Final = phrase("Figures of {area}, and of every pool, are of all its missions; nothing is averaged.")
_JUDGING: Final = phrase(
    "Met or missed is judged on exact times, each mission by the threshold in force when it was placed in time."
)
_JUDGING_ROUNDED: Final = phrase(
    "Met or missed is judged on times that are rounded to a tenth of a minute, as the rule of {objectives} has it: "
    "half of one upwards. Each mission is held against the threshold in force when it was placed in time."
)
_INTERVAL: Final = phrase(
    "95 % interval: where the true figure may lie, since chance alone could have made the period turn out "
    "otherwise. An interval with “≥” has no upper end: there were too few missions to give one."
)
_EVIDENCE: Final = phrase(
    "The evidence beside a verdict tells how well the number of missions carries it; “may be chance” is no excuse "
    "and no proof."
)
_UNMEASURED: Final = phrase(
    "With the unmeasured: a verdict is of the measured missions. Whatever the others were, the share of all that was "
    "within the threshold lies between the two figures; “met from 71 of 100” says that the objective is met if at "
    "least 71 of every 100 unmeasured were within it, and missed if fewer were; “settled”, that they change nothing."
)
_SPARE: Final[Mapping[Statistic, str]] = {
    Statistic.PERCENTILE: phrase(
        "Late to spare: how many more of these same missions could have been late and the objective still met; "
        "negative: so many too many were. It is not how many may still come late, for each that comes counts among "
        "all."
    ),
    Statistic.MEAN: phrase(
        "Time to spare: how much longer all these missions together could have taken before their mean was beyond "
        "the threshold; negative is overdrawn."
    ),
}
_CHANGE: Final = phrase(
    "Change: the difference of the unrounded results to the period before, of the same kind. Where nothing was "
    "measured then, there is no data, not zero."
)
_NO_SOURCE: Final = phrase("no targets were in force")


def source(say: Speaker, report: Report) -> str:
    """Where the thresholds come from."""
    return say("Source of the thresholds: {source}.", source=report.source or say(_NO_SOURCE))


def about(say: Speaker, report: Report) -> list[str]:
    """What the service is held to, in its own words, where it has any."""
    told = named(report.about.description, say.language, "")
    return [told] if told else []


def unsettled(say: Speaker, report: Report) -> list[str]:
    """What the service's sources did not settle, and what they ask for and nothing here can say."""
    told = [f"{names.headed(say(rules.NOT_VERIFIED))}: {one}" for one in report.about.unverified]
    return told + [f"{names.headed(say(rules.CANNOT_SAY))}: {one}" for one in report.about.cannot_say]


def notes(say: Speaker, report: Report) -> list[str]:
    """The whole method, a note each."""
    service = report.service
    told = [*rules.sentences(say, service, report.in_force)] if report.in_force else []
    told += [_measuring(say, service, clock) for clock in service.clocks]
    if service.fields.eligible is not None:
        told.append(say(_ELIGIBLE, field=service.fields.eligible))
    told += [_wanted(say, objective) for objective in service.objectives]
    told.append(say(_POOLS, area=names.area(say, service, service.root)))
    told += [_judging(say, report), say(_INTERVAL), say(_EVIDENCE), say(_UNMEASURED)]
    return [*told, *_spare(say, service), say(_CHANGE)]


def notes_in_short(say: Speaker, report: Report) -> list[str]:
    """What a plain table cannot do without: it has no room for evidence."""
    told = [_judging(say, report), say(_INTERVAL), say(_UNMEASURED), *_spare(say, report.service), say(_CHANGE)]
    return [*told, *sketched(say, report)]


def sketched(say: Speaker, report: Report) -> list[str]:
    """What ≈ means, where it stands anywhere."""
    return [] if report.exact else [say(_SKETCHED)]


def _judging(say: Speaker, report: Report) -> str:
    whole = [say(_WHOLE_MINUTES)] if Notation.MINUTES in notations(report).values() else []
    rounded = [one for one in report.service.objectives if one.rounding is not Rounding.EXACT]
    if not rounded:
        return " ".join((*whole, say(_JUDGING)))
    named = ", ".join(names.objective(say, one) for one in rounded)
    return " ".join((*whole, say(_JUDGING_ROUNDED, objectives=named)))


def _spare(say: Speaker, service: Service) -> list[str]:
    statistics = {objective.statistic for objective in service.objectives}
    return [say(text) for statistic, text in _SPARE.items() if statistic in statistics]


def _wanted(say: Speaker, objective: Objective) -> str:
    named = headed(names.objective(say, objective))
    if objective.percentile is None:
        return say(_MEAN, objective=named)
    percent, statistic = say.plain(float(objective.percentile)), names.statistic(say, objective)
    return say(_PERCENTILE, objective=named, percent=percent, statistic=statistic)


def _measuring(say: Speaker, service: Service, clock: Clock) -> str:
    return say(
        _MEASURING,
        clock=headed(names.clock(say, service, clock.slug)),
        # By their fields in the events, which is what whoever asks has to look up.
        begin=rules.earliest(say, clock.begin, {}),
        end=rules.earliest(say, clock.end, {}),
        longest=lasting(say, clock.longest_seconds),
    )

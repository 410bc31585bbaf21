"""What a report says as a whole, in a speaker's language: names, period, status, doubts.

Decides which sentence fits; formats for programs know no languages.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from monitor.core.forecast import Forecast, Unsaid, foretold
from monitor.core.mission import Cause
from monitor.core.service import Objective, Statistic
from monitor.report.document import Report, Status
from monitor.words import names
from monitor.words.durations import Notation
from monitor.words.forecasts import likely
from monitor.words.names import headed
from monitor.words.speaker import Speaker, phrase
from monitor.words.verdicts import causes

STATUSES: Final[Mapping[Status, str]] = {
    Status.FINAL: phrase("Final"),
    Status.RUNNING: phrase("Provisional"),
    Status.INCOMPLETE: phrase("Incomplete"),
    Status.NOT_BEGUN: phrase("Not begun"),
}
_STATUS_TEXTS: Final[Mapping[Status, str]] = {
    Status.FINAL: phrase("The period is over. Corrections that arrive later restate it."),
    Status.RUNNING: phrase(
        "The period runs until {last}: these are the figures so far, and verdicts may turn.",
    ),
    Status.INCOMPLETE: phrase("The period ended on {last}, but the newest known mission is of {as_of}."),
    Status.NOT_BEGUN: phrase("The period begins on {first}: there is nothing to judge yet."),
}
_SILENT: Final = phrase(
    "The period runs until {last}, but the feed is silent; the newest known mission is of {as_of}. Nothing is "
    "judged until it is heard again."
)
"""In place of "incomplete" for a period that runs."""
_PARTS: Final[Mapping[str, str]] = {
    "H": phrase("half-year {number} of {year}"),
    "T": phrase("tertial {number} of {year}"),
    "Q": phrase("quarter {number} of {year}"),
    "W": phrase("week {number} of {year}"),
}
"""The parts of a year, by the letter in a period's name."""
_MOVED: Final = phrase(
    "Missions that corrections took from {left} to {entered}: {missions}. Either a date was put right, or ids "
    "are used again each year: then {left} has lost true missions, and the year belongs into the id."
)
_WITHDRAWN: Final = phrase("Missions withdrawn from {left} after the year had closed: {missions}.")
_ENTERED: Final = phrase("Missions known before that count in {entered} only since the year had closed: {missions}.")
_CONFLICT: Final = phrase(
    "Events of {named} refused as conflicts: {events}. They contradict a mission of the same year under the same "
    "revision; the first one stands."
)
_CONFLICT_OF_YEARS: Final = phrase(
    "Events of {named} refused as conflicts: {events}. They contradict a mission of {held} under the same id and "
    "revision; the first one stands. Where ids are used again each year, {named} lacks true missions, and the "
    "year belongs into the id."
)
_LEFT_OUT: Final = phrase(
    "Left out of every figure here, those of pools included: {missions} stored missions whose area or category is "
    "not declared ({areas})."
)
_AHEAD: Final = phrase(
    "Events that claimed to be of the future when they arrived: {events}. A clock or a date of the source is wrong."
)
_INDENT: Final = 2 * "\N{NO-BREAK SPACE}"


def area_indented(say: Speaker, report: Report, area: str) -> str:
    """An area's name, further in than that of the pool it lies within; what lies right within the root is not."""
    return max(0, report.areas[area] - 1) * _INDENT + names.area(say, report.service, area)


def category_indented(say: Speaker, report: Report, category: str) -> str:
    """A category's name, further in than that of the pool it lies within."""
    depth = len(report.service.category_pools[category]) - 1
    return depth * _INDENT + names.category(say, report.service, category)


def objective_explained(say: Speaker, report: Report, objective: Objective) -> str:
    """An objective by name, statistic and, where there are several, clock: "Urgent (P90)"."""
    told = [names.statistic(say, objective)]
    if len(report.service.clocks) > 1:
        told.append(names.clock(say, report.service, objective.clock))
    return f"{headed(names.objective(say, objective))} ({', '.join(told)})"


def statistic_headed(say: Speaker, objective: Objective, how: Notation) -> str:
    """The heading over results: "P90, min"."""
    return f"{headed(names.statistic(say, objective))}, {say(how.value)}"


def spare_headed(say: Speaker, objective: Objective) -> str:
    """The heading over what is left."""
    return say("Late to spare") if objective.statistic is Statistic.PERCENTILE else say("Time to spare")


def title(say: Speaker, report: Report) -> str:
    """What the report is about."""
    named = names.service(say, report.service)
    return say("Response times: {service}, {period}", service=named, period=period_named(say, report.period))


def headline(say: Speaker, report: Report) -> str:
    """Title, span and status in a line."""
    status = f"{say(STATUSES[report.status])}: {status_of(say, report)}"
    return f"{title(say, report)} ({span_of(say, report)}). {status}"


def period_named(say: Speaker, name: str) -> str:
    """`2024-T2`, `2024-W07` and `2024-11` in words; a year is its own name."""
    year, _, part = name.partition("-")
    if not part:
        return year
    if part[0] in _PARTS:
        return say(_PARTS[part[0]], number=int(part[1:]), year=year)
    return say.month_and_year(date(int(year), int(part), 1))


def span_of(say: Speaker, report: Report) -> str:
    """The first and the last day."""
    last = report.end.date() - timedelta(days=1)
    return say("{first} to {last}", first=say.day(report.start.date()), last=say.day(last))


def status_of(say: Speaker, report: Report) -> str:
    """Whether the figures are final, and why not."""
    silent = report.status is Status.INCOMPLETE and not report.over
    return say(
        _SILENT if silent else _STATUS_TEXTS[report.status],
        as_of=as_of(say, report),
        last=say.day(report.end.date() - timedelta(days=1)),
        first=say.day(report.start.date()),
    )


def as_of(say: Speaker, report: Report) -> str:
    """When the newest known mission rang."""
    return say("no data") if report.as_of is None else say.minute(report.as_of)


def notices(say: Speaker, report: Report) -> list[str]:
    """What makes figures of the period doubtful, whatever they are; a sentence each."""
    told = [
        say(
            _MOVED if left and entered else _WITHDRAWN if left else _ENTERED,
            left=left,
            entered=entered,
            missions=say.count(times),
        )
        for left, entered, times in report.moves
    ]
    told += [
        say(
            _CONFLICT if held == named else _CONFLICT_OF_YEARS,
            held=held,
            named=named,
            events=say.count(times),
        )
        for held, named, times in report.conflicts
    ]
    if report.left_out:
        listed = ", ".join(f"{area}: {say.count(missions)}" for area, missions in report.left_out.items())
        told.append(say(_LEFT_OUT, missions=say.count(sum(report.left_out.values())), areas=listed))
    if report.records_ahead:
        told.append(say(_AHEAD, events=say.count(report.records_ahead)))
    return told


def ahead(say: Speaker, report: Report) -> list[str]:
    """How likely the root meets each objective of the gravest duty at the period's end, a sentence each."""
    told, root = [], report.service.root
    for category in report.service.judged_categories:
        for objective in report.service.foremost:
            forecast = report.forecast(report.row(root, category), objective.slug)
            if forecast is not None and forecast.chance is not None:
                named = names.category(say, report.service, category), names.objective(say, objective)
                about = f"{names.area(say, report.service, root)}, {', '.join(named)}"
                told.append(say("{about}, met at the end: {likely}.", about=about, likely=likely(say, forecast)))
    return told


def never_ahead(say: Speaker, report: Report) -> list[str]:
    """Of which objectives nobody can say that, of any area: once, where it would be a line of each table."""
    never = [one for one in report.service.objectives if not foretold(one)] if report.forecasts else []
    why = likely(say, Forecast(unsaid=Unsaid.UNPROVEN))
    return [say("{about}, met at the end: {likely}.", about=names.objective(say, one), likely=why) for one in never]


def missions_told(say: Speaker, report: Report) -> list[str]:
    """How many missions in all were measured and were not, a sentence for each clock, and how many were excluded."""
    leaves, service = report.leaves(report.service.root), report.service
    told = []
    for clock in service.clocks:
        figures = [row.clock(clock.slug) for row in leaves]
        measured, without = sum(one.measured for one in figures), sum(one.unmeasured_total for one in figures)
        by_cause = {cause: sum(one.unmeasured.get(cause, 0) for one in figures) for cause in Cause}
        why = causes(say, by_cause)
        said = say(
            "{measured} missions were measured; {unmeasured} more ({share}) have no value and are in no result",
            measured=say.count(measured),
            unmeasured=say.count(without),
            share=say.share(without / (measured + without) if measured + without else None),
        )
        named = f"{headed(names.clock(say, service, clock.slug))}: " if len(service.clocks) > 1 else ""
        told.append(f"{named}{said}{f' ({why})' if why else ''}.")
    excluded = say.count(sum(row.excluded for row in leaves))
    return [*told, say("The source excluded {excluded}.", excluded=excluded)]

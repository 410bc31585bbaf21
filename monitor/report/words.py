"""What a report says as a whole, in a speaker's language: period, status, doubts, and the notes on method.

Decides which sentence fits; formats for programs know no languages.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from monitor.core.targets import NATIONAL
from monitor.report.document import Report, Status
from monitor.words.speaker import Speaker, phrase

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
_CLASSES: Final[Mapping[str, str]] = {
    "urban": phrase("Areas with 20\u202f000 inhabitants or more"),
    "town": phrase("Areas with 2\u202f000 to 19\u202f999 inhabitants"),
    "rural": phrase("Areas with fewer than 2\u202f000 inhabitants, and all other areas"),
}
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
    "Left out of every figure here, the whole country's included: {missions} stored missions whose district or "
    "class is not configured ({districts})."
)
_AHEAD: Final = phrase(
    "Events that claimed to be of the future when they arrived: {events}. A clock or a date of the source is wrong."
)
ROUNDING: Final = phrase("† Rounded to whole minutes this would read otherwise; the decimals decide.")
SKETCHED: Final = phrase("≈ read from a sketch; the verdict is exact all the same.")
MEASURING: Final = phrase(
    "Response time: from the moment the call starts ringing until the first patrol is registered on scene. Urgent "
    "missions only."
)
OBJECTIVES: Final = phrase(
    "The requirement applies to the 80th percentile, the goal to the 50th: the response time that 80 and 50 "
    "percent of the measured missions do not exceed (nearest rank). Figures of the whole country pool the missions "
    "of all districts; percentiles are never averaged."
)
JUDGING: Final = phrase(
    "Results are printed in whole minutes, with decimals beside them. Met or missed is judged on exact response "
    "times, each mission by the target in force when it rang."
)
INTERVAL: Final = phrase(
    "95 % interval: where the true percentile may lie, since chance alone could have made the period turn out "
    "otherwise. “≥ 18.3” has no upper end: there were too few missions to give one."
)
EVIDENCE: Final = phrase(
    "The evidence beside a verdict tells how well the number of missions carries it; “may be chance” is no excuse "
    "and no proof."
)
BUDGET: Final = phrase(
    "Late budget: how many more missions the requirement would have allowed to be late; negative is overdrawn."
)
CHANGE: Final = phrase(
    "Change: the difference of the unrounded 80th percentile to the period before, of the same kind. Where "
    "nothing was measured then, there is no data, not zero."
)
NO_SOURCE: Final = phrase("no targets were in force")
NOTES: Final = (MEASURING, OBJECTIVES, JUDGING, INTERVAL, EVIDENCE, BUDGET, CHANGE)


def class_explained(say: Speaker, name: str) -> str:
    """A class as the official tables head it."""
    return say(_CLASSES[name]) if name in _CLASSES else name


def classes_explained(say: Speaker, report: Report) -> list[str]:
    """The classes as columns of the whole country's table."""
    return [class_explained(say, category) for category in report.categories]


def classes_in_a_word(say: Speaker, report: Report) -> list[str]:
    """The classes as columns of a district's table."""
    return [say.settlement(category).capitalize() for category in report.categories]


def area_named(say: Speaker, report: Report, area: str) -> str:
    """An area's name."""
    return say.area(area, report.names.get(area, area))


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
        told.append(say(_LEFT_OUT, missions=say.count(sum(report.left_out.values())), districts=listed))
    if report.records_ahead:
        told.append(say(_AHEAD, events=say.count(report.records_ahead)))
    return told


def missions_told(say: Speaker, report: Report) -> str:
    """How many missions of the whole country were measured, were not, and were excluded."""
    pool = [row for row in report.rows if row.area == NATIONAL]
    measured, unmeasured = sum(row.missions for row in pool), sum(row.unmeasured for row in pool)
    return say(
        "{measured} missions were measured; {unmeasured} more ({share}) lack a time stamp and are in nobody's "
        "percentile; the source excluded {excluded}.",
        measured=say.count(measured),
        unmeasured=say.count(unmeasured),
        share=say.share(unmeasured / (measured + unmeasured) if measured + unmeasured else None),
        excluded=say.count(sum(row.excluded for row in pool)),
    )

"""What `/api/v1/areas/{area}` tells beyond verdicts: stages, tails, hours, crowding. The classes are the schema."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo

import msgspec

from monitor.core.closer import Closer
from monitor.core.figures import MICROSECONDS
from monitor.core.hours import BLOCK_HOURS, Cell
from monitor.core.mission import instant
from monitor.core.tail import Wait


class StageAnswer(msgspec.Struct):
    """A clock's part of the first clock; null: the rest, which no clock tells. Seconds of all missions together."""

    clock: str | None
    seconds: float
    share: float | None


class StagesAnswer(msgspec.Struct):
    """Where the time went: of `missions` that have every stage measured, of `measured` ones."""

    category: str
    window: str
    missions: int
    measured: int
    stages: list[StageAnswer]


class BeyondAnswer(msgspec.Struct):
    """Missions that took longer than so many times their target."""

    times: float
    missions: int


class WaitAnswer(msgspec.Struct):
    """One of the longest waits. `at`: the minute it began in; null of a sealed one: only its local day is known."""

    seconds: float
    day: date
    at: datetime | None


class TailAnswer(msgspec.Struct):
    """How late the late were, by a percentile; at 1.0 always exact. Of the judged, `sealed` are told by sketches.

    `estimated`: told by such as do not hold every value. `unclear`: judged by another target than is declared now, so
    counted at 1.0 only, and `beyond` is the least there can be.
    """

    category: str
    objective: str
    window: str
    judged: int
    beyond: list[BeyondAnswer]
    longest: list[WaitAnswer]
    sealed: int
    estimated: int
    unclear: int


class HourAnswer(msgspec.Struct):
    """Some hours of the week, local time; null: all of the week's days (1 is Monday), or of the day's hours.

    `share`: of the late, drawn towards that of all hours; null of few missions. `stands_out`: 1 more often late, -1
    less often, 0 that cannot be said.
    """

    weekday: int | None
    from_hour: int | None
    missions: int
    late: int
    share: float | None
    lower: float | None
    upper: float | None
    stands_out: int


class CrowdingAnswer(msgspec.Struct):
    """Missions that rang while `least` to `most` (null: or more) others of the area had rung and were not reached."""

    least: int
    most: int | None
    missions: int
    late: int


class HabitsAnswer(msgspec.Struct):
    """When missions were late, and beside how many others, in `window`; by the gravest percentile that judges any.

    `sealed` missions are left out: their hour is not known.
    """

    category: str
    objective: str
    window: str
    sealed: int
    hours: list[HourAnswer]
    others: list[CrowdingAnswer]
    median_others: int | None
    median_others_late: int | None


class CloserAnswer(msgspec.Struct):
    """All of it."""

    stages: list[StagesAnswer]
    tails: list[TailAnswer]
    habits: list[HabitsAnswer]


def closer_answer(closer: Mapping[str, Closer], zone: tzinfo, longest: str) -> CloserAnswer:
    """`closer` by category; `longest` is the name of the window that habits are about."""
    return CloserAnswer(
        stages=[one for category, told in closer.items() for one in _stages(category, told)],
        tails=[one for category, told in closer.items() for one in _tails(category, told, zone)],
        habits=[one for category, told in closer.items() for one in _habits(category, told, longest)],
    )


def _stages(category: str, closer: Closer) -> Iterator[StagesAnswer]:
    for window, stages in closer.stages.items():
        told = [StageAnswer(slug, took / MICROSECONDS, stages.share(slug)) for slug, took in stages.took.items()]
        yield StagesAnswer(category, window, stages.missions, stages.measured, told)


def _tails(category: str, closer: Closer, zone: tzinfo) -> Iterator[TailAnswer]:
    for objective, tails in closer.tails.items():
        for window, tail in tails.items():
            yield TailAnswer(
                category=category,
                objective=objective,
                window=window,
                judged=tail.judged,
                beyond=[BeyondAnswer(times, missions) for times, missions in tail.beyond.items()],
                longest=[_wait(wait, zone) for wait in tail.longest],
                sealed=tail.sealed,
                estimated=tail.estimated,
                unclear=tail.unclear,
            )


def _wait(wait: Wait, zone: tzinfo) -> WaitAnswer:
    at = instant(wait.at).replace(second=0, microsecond=0)
    return WaitAnswer(wait.seconds, at.astimezone(zone).date(), None if wait.dated else at)


def _habits(category: str, closer: Closer, window: str) -> Iterator[HabitsAnswer]:
    if closer.objective is None or closer.hours is None or closer.crowding is None:
        return
    hours, crowding = closer.hours, closer.crowding
    cells = [_hour(day, block, cell) for day, row in enumerate(hours.cells, 1) for block, cell in enumerate(row)]
    yield HabitsAnswer(
        category=category,
        objective=closer.objective.slug,
        window=window,
        sealed=hours.sealed,
        hours=[
            *cells,
            *(_hour(day, None, cell) for day, cell in enumerate(hours.days, 1)),
            *(_hour(None, block, cell) for block, cell in enumerate(hours.blocks)),
        ],
        others=[CrowdingAnswer(one.least, one.most, one.missions, one.late) for one in crowding.classes],
        median_others=crowding.median,
        median_others_late=crowding.late_median,
    )


def _hour(day: int | None, block: int | None, cell: Cell) -> HourAnswer:
    told = cell.estimate
    return HourAnswer(
        weekday=day,
        from_hour=None if block is None else block * BLOCK_HOURS,
        missions=cell.missions,
        late=cell.late,
        share=None if told is None else told.share,
        lower=None if told is None else told.lower,
        upper=None if told is None else told.upper,
        stands_out=cell.stands_out,
    )

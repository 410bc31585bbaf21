"""`/api/v1/why/{area}`: why an area's share of late missions changed. The classes are the schema."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from monitor.core.change import Change, Driver
from monitor.core.compared import Gap, LateTally
from monitor.core.mission import instant
from monitor.core.service import Objective
from monitor.core.stats.cluster_bootstrap import Estimate
from monitor.exporter.why import Versus
from monitor.published import Published


class PartAnswer(msgspec.Struct):
    """A part of a change of the share of late missions (0.01 is one of a hundred), and its 95 % interval.

    `stands_out`: 1 more late, -1 fewer, 0 that cannot be said.
    """

    change: float
    lower: float
    upper: float
    stands_out: int


class CountAnswer(msgspec.Struct):
    """Missions of a period; the `sealed` are among the others."""

    judged: int
    late: int
    unmeasured: int
    sealed: int


class PlaceAnswer(msgspec.Struct):
    """A part of the area; null for all others together. Its change is that of its late beyond those that may be."""

    area: str | None
    before: CountAnswer
    now: CountAnswer
    part: PartAnswer


class StagePartAnswer(msgspec.Struct):
    """A clock's part; null for the rest, which no clock tells."""

    clock: str | None
    part: PartAnswer


class StagePartsAnswer(msgspec.Struct):
    """Of the missions that have every stage measured, by the target of now. `together`: how stages go together.

    `mix`: other kinds of missions. Stages, together and mix add up to `change`.
    """

    before: CountAnswer
    now: CountAnswer
    change: PartAnswer
    stages: list[StagePartAnswer]
    together: PartAnswer
    mix: PartAnswer


class ChangeAnswer(msgspec.Struct):
    """One objective. `gap`: why nothing can be said, then all else is null.

    `causes` add up to `change`, and so do `places`. pace: missions of one kind, place and hour took longer; mix:
    there were others; missing: others were measured; target: another target. `by_hour`: hours were told apart.
    """

    objective: str
    gap: Gap | None
    before: CountAnswer | None = None
    now: CountAnswer | None = None
    change: PartAnswer | None = None
    causes: dict[Driver, PartAnswer] | None = None
    places: list[PlaceAnswer] | None = None
    stages: StagePartsAnswer | None = None
    by_hour: bool | None = None


class WhyAnswer(msgspec.Struct):
    """The whole answer. `period`, `against`: of the calendar, or a window and null for as long before it."""

    service: str
    area: str
    category: str | None
    at: datetime
    feed_stale: bool
    period: str
    against: str | None
    now_starts_at: datetime | None
    now_ends_at: datetime | None
    before_starts_at: datetime | None
    before_ends_at: datetime | None
    objectives: list[ChangeAnswer]


def why_answer(
    published: Published, area: str, category: str, pair: Versus, found: Sequence[tuple[Objective, Change | Gap]]
) -> WhyAnswer:
    """In the API's words."""
    now, before = pair.now, pair.before
    return WhyAnswer(
        service=published.snapshot.service.slug,
        area=area,
        category=category or None,
        at=instant(published.snapshot.at),
        feed_stale=published.snapshot.stale,
        period=pair.now_name,
        against=pair.before_name or None,
        now_starts_at=instant(now.start) if now else None,
        now_ends_at=instant(now.end) if now else None,
        before_starts_at=instant(before.start) if before else None,
        before_ends_at=instant(before.end) if before else None,
        objectives=[_change(objective, told) for objective, told in found],
    )


def _change(objective: Objective, found: Change | Gap) -> ChangeAnswer:
    if isinstance(found, Gap):
        return ChangeAnswer(objective.slug, found)
    stages = found.stages
    return ChangeAnswer(
        objective=objective.slug,
        gap=None,
        before=_count(found.before),
        now=_count(found.now),
        change=_part(found.change),
        causes={driver: _part(one) for driver, one in found.drivers.items()},
        places=[PlaceAnswer(one.area, _count(one.before), _count(one.now), _part(one.change)) for one in found.areas],
        stages=None
        if stages is None
        else StagePartsAnswer(
            before=_count(stages.before),
            now=_count(stages.now),
            change=_part(stages.change),
            stages=[StagePartAnswer(clock, _part(one)) for clock, one in stages.stages.items()],
            together=_part(stages.together),
            mix=_part(stages.mix),
        ),
        by_hour=found.by_hour,
    )


def _part(estimate: Estimate) -> PartAnswer:
    return PartAnswer(estimate.value, estimate.lower, estimate.upper, estimate.stands_out)


def _count(tally: LateTally) -> CountAnswer:
    return CountAnswer(tally.judged, tally.late, tally.unmeasured, tally.sealed)

"""Services nobody thought of, with thresholds, and a slow, independent reading of their events."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from monitor.core.service import Area, Category, Clock, Fields, Moment, Objective, Series, Service
from monitor.core.targets import Targets, TargetSet

REFORM = date(2024, 6, 12)


@dataclass(frozen=True)
class Declared:
    """A service with its thresholds."""

    service: Service
    targets: Targets


@st.composite
def declared_services(draw: st.DrawFn) -> Declared:
    """Up to three clocks, four objectives of both statistics, three categories in a pool, areas with a reform.

    Instants have an order, and each clock ends after it begins.
    """
    clocks = tuple(draw(_clocks(number)) for number in range(draw(st.integers(1, 3))))
    objectives = tuple(
        Objective(
            f"objective-{number}",
            draw(st.sampled_from([None, 50, 80, 90, 95, Decimal("99.5")])),
            clock=draw(st.sampled_from(clocks)).slug,
        )
        for number in range(draw(st.integers(1, 4)))
    )
    service = Service(
        "made-up",
        draw(_areas()),
        draw(_categories()),
        clocks,
        objectives,
        Fields(area="station", category="kind", eligible=draw(st.sampled_from([None, "red"])), instants=("left_at",)),
    )
    thresholds = st.dictionaries(st.sampled_from([one.slug for one in objectives]), st.floats(300, 1800))
    tables = {series: draw(thresholds) for series in service.told_series}
    tables[service.root, service.judged_categories[0]] = draw(thresholds)
    return Declared(service, Targets([TargetSet(date(2020, 1, 1), "a statute", tables)]))


@st.composite
def _clocks(draw: st.DrawFn, number: int) -> Clock:
    split = draw(st.integers(1, 6))
    early, late = [f"instant_{k}_at" for k in range(split)], [f"instant_{k}_at" for k in range(split, 8)]
    begins = draw(st.lists(st.sampled_from(early), min_size=1, max_size=3, unique=True))
    ends = draw(st.lists(st.sampled_from(late), min_size=1, max_size=2, unique=True))
    cap = draw(st.sampled_from([0.0, 30.0, 240.0])) if len(begins) > 1 else 0.0
    return Clock(
        f"clock-{number}",
        tuple(Moment(name, cap if name == begins[-1] else 0.0) for name in begins),
        tuple(map(Moment, ends)),
        longest_seconds=draw(st.sampled_from([4 * 3600.0, 24 * 3600.0])),
        shortest_seconds=draw(st.sampled_from([0.0, 5.0])),
    )


@st.composite
def _areas(draw: st.DrawFn) -> tuple[Area, ...]:
    stay = [
        Area(f"stays-{number}", draw(st.sampled_from(["all", "north"]))) for number in range(draw(st.integers(1, 3)))
    ]
    after = [Area("after-1", "north", since=REFORM), Area("after-2", "all", since=REFORM)]
    reform = [Area("before", "all", until=REFORM), *after]
    return (
        Area("all"),
        Area("north", "all"),
        Area("far-north", "north"),
        *stay,
        *(reform if draw(st.booleans()) else []),
    )


@st.composite
def _categories(draw: st.DrawFn) -> tuple[Category, ...]:
    leaves = draw(st.integers(1, 3))
    pool = draw(st.sampled_from([None, "any"]))
    found = tuple(Category(f"category-{number}", pool) for number in range(leaves))
    return (Category("any"), *found) if pool else found


def final_states(service: Service, events: Iterable[bytes], decode: Any) -> list[dict[str, Any]]:
    """The snapshot with the highest revision of each mission, of those that count."""
    final: dict[str, dict[str, Any]] = {}
    for event in map(decode, events):
        known = final.get(event["mission_id"])
        if known is None or event["revision"] > known["revision"]:
            final[event["mission_id"]] = event
    eligible = service.fields.eligible
    return [
        one
        for one in final.values()
        if (eligible is None or one[eligible]) and one["status"] != "cancelled" and "excluded" not in one
    ]


def clock_seconds(clock: Clock, event: dict[str, Any]) -> float | None:
    """What the clock says of a snapshot, where it is plausible."""
    begin, end = (moment_of(side, event) for side in (clock.begin, clock.end))
    if begin is None or end is None:
        return None
    seconds = round(end - begin, 6)
    return seconds if clock.shortest_seconds <= seconds <= clock.longest_seconds else None


def moment_of(moments: Iterable[Moment], event: dict[str, Any]) -> float | None:
    """The earliest known, in seconds since 1970."""
    known = [
        datetime.fromisoformat(event[one.field]).timestamp() + one.plus_seconds
        for one in moments
        if event.get(one.field) is not None
    ]
    return min(known, default=None)


def values(service: Service, final: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], list[float]]:
    """By area, category and clock: the seconds of each measured mission."""
    found: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for event in final:
        for clock in service.clocks:
            if (seconds := clock_seconds(clock, event)) is not None:
                series: Series = (event[service.fields.area], event[service.fields.category])
                found[*series, clock.slug].append(seconds)
    return dict(found)


def reaches(measured: list[float], objective: Objective, threshold: float) -> bool:
    """The verdict, by the book."""
    if objective.percentile is None:
        return sum(measured) / len(measured) <= threshold
    within = sum(seconds <= threshold for seconds in measured)
    return within * 100 >= objective.percentile * len(measured)


def placed_day(service: Service, event: dict[str, Any]) -> date:
    """The day in UTC that a snapshot belongs to."""
    begin = moment_of(service.clocks[0].begin, event)
    if begin is None:
        begin = datetime.fromisoformat(event["recorded_at"]).timestamp()
    return datetime.fromtimestamp(begin, UTC).date()

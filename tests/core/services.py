"""Services of any make, for Hypothesis: what an organisation might declare.

One to three clocks over instants of its own (earliest of several, caps, bounds), objectives of both statistics,
categories in pools, areas in a tree that reforms change, fields under any names, and thresholds for some of it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from monitor.core.service import Area, Category, Clock, Fields, Measure, Moment, Objective, Service
from monitor.core.targets import Targets, TargetSet

REFORM = date(2024, 3, 31)
"""In the middle of the days that `tests.core.events.BASE` begins."""
INSTANTS = ("called_at", "coded_at", "assigned_at", "connected_at", "rolling_at", "arrived_at", "recorded_at")
PERCENTILES = (None, 50, 80, 90, 95, Decimal("99.9"), 1, 33)
SECONDS = (60.0, 320.0, 600.0, 246.5, 1800.0)


@st.composite
def services(draw: st.DrawFn, *, clocks: int = 3, objectives: int = 4, categories: int = 6) -> Service:
    """Any service, of at most so many clocks, objectives and categories."""
    declared = draw(_clocks(clocks))
    eligible = draw(st.sampled_from([None, "eligible", "urgent"]))
    area, category = draw(
        st.sampled_from([("area", "category"), ("district", "settlement"), ("borough", "priority")])
    )
    listed = draw(st.sets(st.sampled_from(["standby_at", "cleared_at"])))
    return Service(
        draw(st.sampled_from(["fire", "police"])),
        areas=draw(_areas()),
        categories=draw(_categories(categories)),
        clocks=declared,
        objectives=draw(_objectives(objectives, [clock.slug for clock in declared])),
        fields=Fields(area=area, category=category, eligible=eligible, instants=tuple(sorted(listed))),
    )


@st.composite
def _clocks(draw: st.DrawFn, most: int) -> tuple[Clock, ...]:
    slugs = ["response", "travel", "door-to-door"][: draw(st.integers(1, most))]
    return tuple(
        Clock(
            slug,
            begin=draw(_edge(3)),
            end=draw(_edge(2)),
            longest_seconds=draw(st.sampled_from([86_400.0, 3600.0, 900.5])),
            shortest_seconds=draw(st.sampled_from([0.0, 0.0, 30.0])),
        )
        for slug in slugs
    )


def _edge(most: int) -> st.SearchStrategy[tuple[Moment, ...]]:
    later = st.sampled_from([0.0, 0.0, 30.0, 240.0, 0.5])
    return st.lists(
        st.builds(Moment, st.sampled_from(INSTANTS), later),
        min_size=1,
        max_size=most,
        unique_by=lambda one: one.field,
    ).map(tuple)


@st.composite
def _objectives(draw: st.DrawFn, most: int, clocks: Sequence[str]) -> tuple[Objective, ...]:
    count = draw(st.integers(1, most))
    return tuple(
        Objective(f"objective-{n}", draw(st.sampled_from(PERCENTILES)), clock=draw(st.sampled_from(clocks)))
        for n in range(count)
    )


@st.composite
def _categories(draw: st.DrawFn, most: int) -> tuple[Category, ...]:
    """Each lies within none, or within one that was declared before it."""
    count = draw(st.integers(1, most))
    return tuple(
        Category(f"category-{n}", draw(st.sampled_from([None, *(f"category-{before}" for before in range(n))])))
        for n in range(count)
    )


@st.composite
def _areas(draw: st.DrawFn) -> tuple[Area, ...]:
    """A root, regions, and districts that a reform moves, ends, begins, or cuts in two."""
    regions = [f"region-{n}" for n in range(draw(st.integers(0, 2)))]
    areas = [Area("country"), *(Area(region, "country") for region in regions)]
    for n in range(draw(st.integers(1, 4))):
        slug, within = f"district-{n}", draw(st.sampled_from(["country", *regions]))
        match draw(st.sampled_from(["stays", "stays", "moves", "ends", "begins", "is cut"])):
            case "stays":
                areas.append(Area(slug, within))
            case "moves":
                areas.append(Area(slug, within, until=REFORM))
                areas.append(Area(slug, draw(st.sampled_from(["country", *regions])), since=REFORM))
            case "ends":
                areas.append(Area(slug, within, until=REFORM))
            case "begins":
                areas.append(Area(slug, within, since=REFORM))
            case _:
                areas.append(Area(slug, within))
                areas += [Area(f"{slug}-{part}", slug, since=REFORM) for part in ("north", "south")]
    return tuple(areas)


@st.composite
def thresholds(draw: st.DrawFn, service: Service) -> Targets:
    """Two sets of targets, the second from the day after the reform; for some of the service only."""
    measures: list[Measure] = [
        (area, category, one.slug) for area, category in service.judged_series for one in service.objectives
    ]
    days = (date(2024, 1, 1), REFORM + timedelta(days=1))
    return Targets(
        [_set(day, draw(st.dictionaries(st.sampled_from(measures), st.sampled_from(SECONDS)))) for day in days]
    )


def _set(day: date, given: dict[Measure, float]) -> TargetSet:
    targets: dict[tuple[str, str], dict[str, float]] = {}
    for (area, category, objective), seconds in given.items():
        targets.setdefault((area, category), {})[objective] = seconds
    return TargetSet(valid_from=day, source="test", targets=targets)

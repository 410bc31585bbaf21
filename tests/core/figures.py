"""Stored days built by hand, and what any window of them must show, counted the slow way.

Written from the contract in plain words: lists, comparisons and fractions, none of the core's arithmetic.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.core.history import History
from monitor.core.mission import CAUSES, Kind, Mission
from monitor.core.sealing import seal, thresholds_on
from monitor.core.service import Objective, Service
from monitor.core.slices import Grid
from monitor.core.stored import Head, StoredDay
from monitor.core.targets import Targets, TargetSet
from tests.core.police import GOAL, SERVICE, target_of

GRID = Grid(ZoneInfo("Europe/Oslo"))
SERIES = (("oslo", "urban"), ("oslo", "rural"), ("vest", "urban"), ("vest", "rural"))
HOUR = 3600.0
MEASURES = tuple((*series, one.slug) for series in SERVICE.judged_series for one in SERVICE.objectives)
UNMEASURED = (*CAUSES,)
"""Every kind that is counted as unmeasured, whatever the hour."""
SUPERSEDED = datetime(2024, 5, 31, 22, 0, tzinfo=UTC).timestamp()
"""Midnight in Oslo: the second target set comes into force on 1 June."""

TABLES: dict[str, dict[tuple[str, str], tuple[float | None, float | None]]] = {
    "2024-01-01": {
        ("national", "urban"): (600.0, 1100.0), ("national", "rural"): (900.0, 1500.0),
        ("oslo", "urban"): (500.0, 1000.0), ("oslo", "rural"): (800.0, 1400.0),
        ("vest", "urban"): (700.0, None), ("vest", "rural"): (None, None),
    },
    "2024-06-01": {
        ("national", "urban"): (660.0, 1200.0), ("national", "rural"): (None, 1600.0),
        ("oslo", "urban"): (300.0, 600.0), ("oslo", "rural"): (None, None),
        ("vest", "urban"): (700.0, 1300.0), ("vest", "rural"): (1000.0, 2000.0),
    },
}  # fmt: skip
"""Goal (P50) and requirement (P80), seconds."""

TARGETS = Targets(
    [
        TargetSet(
            valid_from=date.fromisoformat(since),
            source="test",
            targets={place: target_of(goal, requirement) for place, (goal, requirement) in table.items()},
        )
        for since, table in TABLES.items()
    ]
)


def target(area: str, settlement: str, objective: Objective, at: float) -> float | None:
    """What was in force, by the tables above."""
    goal, requirement = TABLES["2024-01-01" if at < SUPERSEDED else "2024-06-01"][area, settlement]
    return goal if objective == GOAL else requirement


@dataclass(frozen=True, slots=True)
class Call:
    """One mission as it counts now; `at` in epoch seconds."""

    series: tuple[str, str]
    at: float
    kind: Kind
    response: float | None
    partition: int = 0
    sealed: bool = False


def calls(*, sealing: bool = False) -> st.SearchStrategy[list[Call]]:
    """Missions of three days around the change of targets, unique in time; with `sealing`, some of them sealed."""
    return st.lists(
        st.builds(
            Call,
            series=st.sampled_from(SERIES),
            at=st.integers(-36 * 60, 36 * 60).map(lambda minutes: SUPERSEDED + 60.0 * minutes),
            kind=st.sampled_from([Kind.MEASURED] * 4 + [k for k in Kind if k != Kind.MOVED]),
            response=st.integers(0, 25).map(lambda steps: 100.0 * steps),
            partition=st.integers(0, 2),
        ),
        max_size=40,
        unique_by=lambda call: call.at,
    ).flatmap(lambda made: _sealed_before(made) if sealing else st.just(made))


def _sealed_before(made: list[Call]) -> st.SearchStrategy[list[Call]]:
    """All missions of slices before a line are sealed, as a partition does it."""
    return st.integers(-36, 36).map(
        lambda hours: [
            Call(one.series, one.at, one.kind, one.response, one.partition, one.at < SUPERSEDED + hours * HOUR)
            for one in made
        ]
    )


def head(next_offset: int = 0) -> Head:
    """A head that numbers SERIES, and every threshold, in their order."""
    return Head(
        next_offset=next_offset, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=["response"],
        measures=list(MEASURES),
    )  # fmt: skip


def days_of(made: Sequence[Call], service: Service = SERVICE) -> dict[int, dict[int, StoredDay]]:
    """Partition → day → what is stored; what is sealed was judged as `service` declares."""
    found: dict[int, dict[int, tuple[dict[str, Mission], dict[tuple[int, float], list[Call]]]]] = {}
    for number, call in enumerate(made):
        entries, slices = found.setdefault(call.partition, {}).setdefault(GRID.day_of(call.at), ({}, {}))
        series = SERIES.index(call.series)
        if call.sealed:
            slices.setdefault((series, GRID.floor(call.at)), []).append(call)
        else:
            entries[str(number)] = _mission(str(number), call)
    return {
        partition: {
            day: StoredDay(
                entries,
                [
                    seal(
                        [_mission(str(number), one) for number, one in enumerate(held)],
                        series=series,
                        start=start,
                        end=start + GRID.seconds,
                        thresholds=[
                            (MEASURES.index(measure), seconds, 0)
                            for measure, seconds in thresholds_on(TARGETS, service, SERIES[series], day)
                        ],
                    )
                    for (series, start), held in slices.items()
                ],
            )
            for day, (entries, slices) in all_days.items()
        }
        for partition, all_days in found.items()
    }


def _mission(name: str, call: Call) -> Mission:
    response = call.response if call.kind == Kind.MEASURED else None
    return Mission(name, 1, SERIES.index(call.series), call.at, call.kind, response)


def history_of(made: Sequence[Call], service: Service = SERVICE) -> History:
    """The read side's memory of these missions."""
    history = History(GRID, TARGETS, service)
    for partition, days in days_of(made, service).items():
        history.heads[partition] = head()
        for day, stored in days.items():
            history.put_day(partition, head(), day, stored)
    return history


def of_area(made: Iterable[Call], area: str, settlement: str) -> list[Call]:
    """The missions of a series in time order; of all districts for the nation."""
    return sorted(
        (one for one in made if one.series[1] == settlement and area in ("national", one.series[0])),
        key=lambda one: one.at,
    )


def nearest_rank(values: Iterable[float], percent: int) -> float | None:
    """The first value that at least `percent` % of the values do not exceed."""
    ordered = sorted(values)
    return next((v for k, v in enumerate(ordered, 1) if Fraction(k, len(ordered)) >= Fraction(percent, 100)), None)


def product_limit(responses: Sequence[float], open_for: Sequence[float], percent: int) -> float | None:
    """Kaplan and Meier's percentile in fractions: the first time by which `percent` % are estimated to be over."""
    left = Fraction(1)
    for time in sorted(set(responses)):
        at_risk = sum(one >= time for one in (*responses, *open_for))
        left *= 1 - Fraction(responses.count(time), at_risk)
        if left <= 1 - Fraction(percent, 100):
            return time
    return None

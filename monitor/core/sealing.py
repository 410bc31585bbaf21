"""What remains of missions that nobody can correct any more: one aggregate per slice and series, then one per day.

Decides which thresholds a sealed slice is held against (those in force when it began, of its series and of every pool
that it lies in) and what is counted. Every mission is sealed some day, and most slices hold one or two of a series:
this is written for few. Refuses to know when something is sealed (`core.partition`) and who holds the missions
(`core.ledger`).
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from math import fsum, inf
from operator import add
from typing import Final

from monitor.core import digest
from monitor.core.digest import Backend
from monitor.core.mission import CAUSES, UNFINISHED, Cause, Kind, Mission, columns_of
from monitor.core.service import Measure, Series, Service
from monitor.core.slices import Aggregate, ClockTally, Grid
from monitor.core.stored import Head
from monitor.core.targets import Targets

_CAUSE_PLACES: Final = {-float(kind): [*Cause].index(cause) for kind, cause in CAUSES.items()} | dict.fromkeys(
    [-float(kind) for kind in UNFINISHED], [*Cause].index(Cause.ABANDONED)
)
"""Where a state is counted once its slice is sealed: of what is still open nobody can register the end any more."""
_NO_CAUSES: Final = (0,) * len(Cause)
_EXCLUDED: Final = -float(Kind.EXCLUDED)
_MEASURED, _EXCLUDED_KIND = int(Kind.MEASURED), int(Kind.EXCLUDED)
_ALONE: Final = [1.0]
"""The weight of a single value, the same for all of them."""
_NOTHING: Final = ClockTally(0, _NO_CAUSES, 0, 0.0, digest.to_fields(digest.EMPTY))
"""Of a slice in which missions are remembered, and none counts."""


def _without_value(kind: Kind) -> ClockTally:
    cause = _CAUSE_PLACES.get(-float(kind))
    causes = tuple([int(place == cause) for place in range(len(Cause))])
    return _NOTHING if cause is None else ClockTally(0, causes, 0, 0.0, _NOTHING.sketch)


_WITHOUT_VALUE: Final = {int(kind): _without_value(kind) for kind in Kind}
"""Of a single mission that measured nothing."""


Threshold = tuple[int, float, int]
"""What missions of a stretch are held against: whose it is, by its place in `core.stored.Head.measures`; seconds; and
the number of the clock. No NamedTuple, for taking that apart takes a third longer."""


def thresholds_on(targets: Targets, service: Service, series: Series, day: int) -> list[tuple[Measure, float]]:
    """Whose thresholds the missions of a series, placed in a local day, are held against, and what keeps them.

    That is the longest time that does, where an objective reads times to a decimal.
    """
    on = date.fromordinal(day)
    in_force = targets.in_force(on)
    if in_force is None:
        return []
    return [
        (measure, service.objective(measure[2]).rounding.longest_within(seconds))
        for measure in service.measures(series, on)
        if (seconds := in_force.of(measure[0], measure[1]).get(measure[2])) is not None
    ]


class Sealer:
    """Seals the slices of one partition, whose head numbers the series and measures: it appends to the latter."""

    __slots__ = ("_backend", "_clock_numbers", "_day", "_grid", "_head", "_known", "_names", "_now", "_places",
                 "_service", "_targets")  # fmt: skip

    def __init__(
        self, grid: Grid, service: Service, targets: Targets, head: Head, names: Sequence[Series], *, backend: Backend
    ) -> None:
        """`names`: (area, category) by series number."""
        self._grid, self._service, self._targets = grid, service, targets
        self._head, self._names, self._backend = head, names, backend
        self._places: dict[Measure, int] = {}
        for place, measure in enumerate(head.measures):
            self._places.setdefault(measure, place)
        self._clock_numbers = {one.slug: service.clock_slugs.index(one.clock) for one in service.objectives}
        self._day = 0
        self._known: dict[tuple[int, int], dict[int, Sequence[Threshold]]] = {}
        """By what stays the same for years, the tables in force and the tree of areas: the thresholds of a series."""
        self._now: dict[int, Sequence[Threshold]] = {}
        """Those of them that hold in the day that was sealed last: slices are sealed in order."""

    def __call__(self, by_series: Mapping[int, Collection[Mission]], start: float, end: float) -> list[Aggregate]:
        """An aggregate for each series of a slice that is known, of its missions that count; epoch seconds."""
        day = self._grid.day_of(start)
        if day != self._day:
            self._turn_to(day)
        known, clocks, backend = self._now, len(self._head.clocks), self._backend
        sealed = []
        for series, missions in sorted(by_series.items()):
            thresholds = known.get(series)
            if thresholds is None:
                thresholds = known[series] = self._thresholds(series, day)
            sealed.append(
                seal(missions, series=series, start=start, end=end, thresholds=thresholds, clocks=clocks,
                     backend=backend)
            )  # fmt: skip
        self._head.sealed = (self._head.sealed or 0) + sum(map(len, by_series.values()))
        return sealed

    def _turn_to(self, day: int) -> None:
        self._day = day
        on = date.fromordinal(day)
        in_force = self._targets.in_force(on)
        era = (self._service.era(on), -1 if in_force is None else self._targets.sets.index(in_force))
        self._now = self._known.setdefault(era, {})

    def _thresholds(self, series: int, day: int) -> Sequence[Threshold]:
        found = thresholds_on(self._targets, self._service, self._names[series], day)
        return [(self._place_of(measure), held, self._clock_numbers[measure[2]]) for measure, held in found]

    def _place_of(self, measure: Measure) -> int:
        place = self._places.get(measure)
        if place is None:
            place = self._places[measure] = len(self._head.measures)
            self._head.measures.append(measure)
        return place


def seal(
    missions: Collection[Mission],
    *,
    series: int,
    start: float,
    end: float,
    thresholds: Sequence[Threshold],
    clocks: int = 1,
    backend: Backend = "fastdigest",
) -> Aggregate:
    """Aggregate of one closed stretch of a series, with all its missions."""
    if clocks == 1 and len(missions) < 2:
        return _of_few(missions, series, start, end, thresholds)
    columns = columns_of(missions, clocks)
    tallies: list[ClockTally] = []
    measured: list[list[float]] = []
    for column in columns:
        values, causes = [], _NO_CAUSES
        for state in column:
            if state >= 0.0:
                values.append(state)
            elif (cause := _CAUSE_PLACES.get(state)) is not None:
                causes = (*causes[:cause], causes[cause] + 1, *causes[cause + 1 :])
        values.sort()
        total, squares = 0, 0.0
        for value in values:
            total += round(value * 1e6)
            squares += value * value
        measured.append(values)
        tallies.append(ClockTally(len(values), causes, total, squares, digest.fields_of(values, backend)))
    judged = []
    for place, seconds, clock in thresholds:
        judged.append((place, seconds, bisect_right(measured[clock], seconds)))
    # By place, for there is one of these for most slices of each series.
    return Aggregate(series, start, end, columns[0].count(_EXCLUDED), tuple(tallies), tuple(judged))


def _of_few(
    missions: Collection[Mission], series: int, start: float, end: float, thresholds: Sequence[Threshold]
) -> Aggregate:
    """Of one mission or none, as nearly all slices of most series have it: the same in a third of the time."""
    tally, excluded, value = _NOTHING, 0, inf
    for one in missions:
        if one.kind == _MEASURED:
            value = one.times  # type: ignore[assignment]  # one clock: a float
            tally = ClockTally(1, _NO_CAUSES, round(value * 1e6), value * value, ([value], _ALONE, value, value))
        else:
            tally, excluded = _WITHOUT_VALUE[one.kind], int(one.kind == _EXCLUDED_KIND)
    judged = (
        [(place, seconds, 1 if value <= seconds else 0) for place, seconds, _ in thresholds] if thresholds else ()
    )
    return Aggregate(series, start, end, excluded, (tally,), tuple(judged))


def roll_up(parts: Iterable[Aggregate], *, backend: Backend = "fastdigest") -> list[Aggregate]:
    """One aggregate per series and set of thresholds, each spanning all of its parts; of different ones, none."""
    alike: dict[tuple[int, tuple[tuple[int, float], ...]], list[Aggregate]] = {}
    for part in parts:
        alike.setdefault(part.alike, []).append(part)
    return [some[0] if len(some) == 1 else _sum_of(some, backend) for some in alike.values()]


def _sum_of(parts: Sequence[Aggregate], backend: Backend) -> Aggregate:
    first = parts[0]
    start, end, excluded = first.start, first.end, 0
    for part in parts:
        if part.start < start:  # noqa: PLR1730 - two calls for each part would take half of all its time
            start = part.start
        if part.end > end:  # noqa: PLR1730
            end = part.end
        excluded += part.excluded
    judged = [
        (place, seconds, sum([part.judged[number][2] for part in parts]))
        for number, (place, seconds, _) in enumerate(first.judged)
    ]
    clocks = [_sum_of_tallies(tallies, backend) for tallies in zip(*[part.clocks for part in parts], strict=True)]
    return Aggregate(first.series, start, end, excluded, tuple(clocks), tuple(judged))


def _sum_of_tallies(tallies: Sequence[ClockTally], backend: Backend) -> ClockTally:
    told = [tally for tally in tallies if tally.measured or tally.unmeasured != _NO_CAUSES]
    if len(told) < 2:
        return told[0] if told else _NOTHING
    measured, unmeasured = 0, _NO_CAUSES
    total: int | None = 0
    for tally in told:
        measured += tally.measured
        if tally.unmeasured != _NO_CAUSES:
            unmeasured = tuple(map(add, unmeasured, tally.unmeasured))
        total = None if total is None or tally.total is None else total + tally.total
    squares = fsum([tally.squares for tally in told])
    sketch = digest.merge_fields([tally.sketch for tally in told], backend)
    return ClockTally(measured, unmeasured, total, squares, sketch)

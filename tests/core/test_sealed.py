"""Sealed stretches side by side: any run is counted and pooled as one would from its parts, one by one."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.columns import Columns, Groups
from monitor.core.digest import Backend, Floats
from monitor.core.mission import Cause
from monitor.core.percent import rank
from monitor.core.sealed import Sealed, Shelf
from monitor.core.selection import Pool
from monitor.core.slices import Aggregate
from tests.core.police import OBJECTIVES, SERVICE
from tests.core.stretches import stretch

DAY = 86_400.0
RNG = np.random.default_rng(7)
COLUMNS = Columns.of(SERVICE)
POOLS = (("oslo", "urban"), ("national", "urban"))
JUDGES = Groups(("oslo", "national"), ("urban",), OBJECTIVES)
MEASURES = [(*pool, one.slug) for pool in POOLS for one in OBJECTIVES]
"""What the places of `judged` stand for."""

aggregates = st.builds(
    lambda day, responses, unmeasured, excluded, targets: stretch(
        start=DAY * day, end=DAY * (day + 1), responses=responses, unmeasured=unmeasured, excluded=excluded,
        targets=targets,
    ),
    st.integers(0, 30),
    st.lists(st.integers(1, 3600).map(float), max_size=5),
    st.integers(0, 3),
    st.integers(0, 3),
    st.tuples(*[st.one_of(st.none(), st.just(600.0)) for _ in MEASURES]),
)  # fmt: skip


def sealed(parts: Sequence[Aggregate], group: int = 0) -> Sealed:
    """As one pool judges them."""
    return Sealed.of(parts, COLUMNS, JUDGES, MEASURES).judged_by(group, COLUMNS)


def pooled(parts: Sequence[Sealed]) -> list[Sealed]:
    found = Sealed.pool(parts)
    return [] if found is None else [found]


def by_start(parts: Sequence[Aggregate]) -> list[Aggregate]:
    return sorted(parts, key=lambda part: part.start)


@pytest.mark.slow
@given(st.lists(st.lists(aggregates, min_size=1, max_size=6), max_size=4), st.integers(0, 1), st.data())
def test_any_run_has_the_counts_and_percentiles_of_its_parts(
    series: list[list[Aggregate]], group: int, data: st.DataObject
) -> None:
    """Pooled from several series: sums by hand, the newest measured stretch, and the very values while they fit."""
    parts = by_start([part for one in series for part in one])
    shelf = Shelf(pooled([sealed(one, group) for one in series]), COLUMNS)
    assert shelf.start.tolist() == [part.start for part in parts]
    first = data.draw(st.integers(0, len(parts)))
    last = data.draw(st.integers(first, len(parts)))
    run, sums = parts[first:last], shelf.sums(first, last)
    measured = sum(part.clocks[0].measured for part in run)
    assert (sums.measured("response"), sums.excluded) == (measured, sum(part.excluded for part in run))
    assert sums.missions == sum(part.missions for part in run)
    assert sums.unmeasured("response") == [sum(p.clocks[0].unmeasured[n] for p in run) for n in range(len(Cause))]
    for objective in OBJECTIVES:
        place = MEASURES.index((*POOLS[group], objective.slug))
        judged = [
            (part.clocks[0].measured, within, sum(part.clocks[0].unmeasured))
            for part in run
            for at, _, within in part.judged
            if at == place
        ]
        assert sums.judged(objective) == [sum(one[number] for one in judged) for number in range(3)]
    if measured:
        assert shelf.last_measured_at(first, last) == max(part.start for part in run if part.clocks[0].measured)
        values = sorted([value for part in run for value in part.clocks[0].sketch[0]])
        found = shelf.pooled(0, first, last, np.empty(0))
        assert found.exact
        assert found.weight == measured
        assert found.values(range(1, measured + 1)) == dict(enumerate(values, 1))


@given(st.lists(aggregates, min_size=1, max_size=12), st.integers(1, 10))
def test_blocks_behind_each_other_are_one_shelf(parts: list[Aggregate], days: int) -> None:
    """However the days are cut into blocks, runs across them count the same."""
    numbers = sorted({int(part.start // DAY) // days for part in parts})
    cut = [sealed([part for part in parts if int(part.start // DAY) // days == number]) for number in numbers]
    whole, blocks = Shelf([sealed(parts)], COLUMNS), Shelf(cut, COLUMNS)
    assert blocks.start.tolist() == whole.start.tolist()
    for last in range(len(parts) + 1):
        assert blocks.sums(0, last) == whole.sums(0, last)


@pytest.mark.parametrize("backend", ["fastdigest", "tdigest"])
def test_days_of_few_missions_give_the_very_values_of_a_year(backend: Backend) -> None:
    """Twelve districts: a year of 22,000 missions has no day that a sketch merges, so nothing of it is estimated."""
    days = [[RNG.lognormal(6.3, 0.6, RNG.poisson(5) + 1) for _ in range(365)] for _ in range(12)]
    found, exact = year_of(days, backend), np.sort(np.concatenate([values for year in days for values in year]))
    assert found.exact
    wanted = [rank(len(exact), percent) for percent in (50, 80, 90)]
    assert found.values(wanted) == {one: exact[one - 1] for one in wanted}


def test_months_of_a_nation_give_the_very_values_though_they_are_far_too_many_to_sort() -> None:
    """Six series of up to 3,000 missions a day, hours long: P90 of one, of all, and from any day on."""
    days = [[np.round(RNG.lognormal(8.3, 0.8, 1000 * size), 3) for _ in range(40)] for size in (1, 1, 2, 2, 3, 3)]
    for whole in (days, [days[5]], [year[20:] for year in days]):
        found = year_of(whole, "fastdigest")
        exact = np.sort(np.concatenate([some for year in whole for some in year]))
        wanted = rank(len(exact), 90)
        assert (found.weight, found.exact) == (len(exact), True)
        assert found.values([wanted]) == {wanted: exact[wanted - 1]}


def year_of(days: list[list[Floats]], backend: Backend) -> Pool:
    """All of some series, day by day, as the read side pools them: by months, then all series."""
    series = [
        [
            stretch(start=DAY * day, end=DAY * (day + 1), responses=values.tolist(), backend=backend)
            for day, values in enumerate(year)
        ]
        for year in days
    ]
    months = [[sealed(one[begin : begin + 32]) for one in series] for begin in range(0, len(series[0]), 32)]
    shelf = Shelf([one for month in months for one in pooled(month)], COLUMNS)
    return shelf.pooled(0, 0, len(shelf.start), np.empty(0))

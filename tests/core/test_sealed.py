"""Sealed stretches side by side: any run is counted and pooled as one would from its parts, one by one."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import digest
from monitor.core.columns import Columns, Groups
from monitor.core.digest import Backend
from monitor.core.mission import Cause
from monitor.core.sealed import Sealed, Shelf
from monitor.core.slices import Aggregate
from tests.core.police import OBJECTIVES, SERVICE
from tests.core.stretches import stretch

DAY = 86_400.0
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


@given(st.lists(st.lists(aggregates, min_size=1, max_size=6), max_size=4), st.integers(0, 1), st.data())
def test_any_run_has_the_counts_and_percentiles_of_its_parts(
    series: list[list[Aggregate]], group: int, data: st.DataObject
) -> None:
    """Pooled from several series: sums by hand, the newest measured stretch, and the very values while they fit."""
    parts = by_start([part for one in series for part in one])
    shelf = Shelf(pooled([sealed(one, group) for one in series]), COLUMNS, "fastdigest")
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
        merged = digest.merge([part.clocks[0].digest() for part in run])
        found = shelf.pooled(0, first, last, np.empty(0))
        assert [found.percentile(percent) for percent in (50, 80)] == [merged.percentile(p) for p in (50, 80)]


@given(st.lists(aggregates, min_size=1, max_size=12), st.integers(1, 10))
def test_blocks_behind_each_other_are_one_shelf(parts: list[Aggregate], days: int) -> None:
    """However the days are cut into blocks, runs across them count the same."""
    numbers = sorted({int(part.start // DAY) // days for part in parts})
    cut = [sealed([part for part in parts if int(part.start // DAY) // days == number]) for number in numbers]
    whole, blocks = Shelf([sealed(parts)], COLUMNS, "fastdigest"), Shelf(cut, COLUMNS, "fastdigest")
    assert blocks.start.tolist() == whole.start.tolist()
    for last in range(len(parts) + 1):
        assert blocks.sums(0, last) == whole.sums(0, last)


@pytest.mark.parametrize("backend", ["fastdigest", "tdigest"])
def test_merging_in_two_steps_is_as_good_as_merging_the_parts(backend: Backend) -> None:
    """A year of twelve districts, far beyond what a block keeps: within a thousandth of the exact rank."""
    rng = np.random.default_rng(7)
    days = [[rng.lognormal(6.3, 0.6, rng.poisson(5) + 1) for _ in range(365)] for _ in range(12)]
    years = [
        [
            stretch(start=DAY * day, end=DAY * (day + 1), responses=values.tolist(), backend=backend)
            for day, values in enumerate(year)
        ]
        for year in days
    ]
    months = [[sealed(year[begin : begin + 32]) for year in years] for begin in range(0, 365, 32)]
    shelf = Shelf([one for month in months for one in pooled(month)], COLUMNS, backend)
    found = shelf.pooled(0, 0, len(shelf.start), np.empty(0))
    exact = np.sort(np.concatenate([values for year in days for values in year]))
    for percent in (50, 80):
        shown = found.percentile(percent)
        assert shown is not None
        assert np.searchsorted(exact, shown) / len(exact) == pytest.approx(percent / 100, abs=0.001)
        assert shown == pytest.approx(exact[math.ceil(percent * len(exact) / 100) - 1], abs=1.0)

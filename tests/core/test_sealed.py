"""Sealed stretches side by side: any run is counted and pooled as one would from its parts, one by one."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import digest
from monitor.core.digest import Backend
from monitor.core.sealed import Sealed, Shelf
from monitor.core.slices import Aggregate
from tests.core.stretches import stretch

DAY = 86_400.0
PLACES = 4
COLUMNS = {place: place for place in range(PLACES)}

aggregates = st.builds(
    lambda day, responses, unmeasured, excluded, targets: stretch(
        series=0, start=DAY * day, end=DAY * (day + 1), responses=responses, unmeasured=unmeasured,
        excluded=excluded, targets=targets,
    ),
    st.integers(0, 30),
    st.lists(st.integers(1, 3600).map(float), max_size=5),
    st.integers(0, 3),
    st.integers(0, 3),
    st.tuples(*[st.one_of(st.none(), st.just(600.0)) for _ in range(PLACES)]),
)  # fmt: skip


def sealed(parts: Sequence[Aggregate]) -> Sealed:
    return Sealed.of(parts, COLUMNS, PLACES)


def by_start(parts: Sequence[Aggregate]) -> list[Aggregate]:
    return sorted(parts, key=lambda part: part.start)


@given(st.lists(st.lists(aggregates, max_size=6), max_size=4), st.data())
def test_any_run_has_the_counts_and_percentiles_of_its_parts(
    series: list[list[Aggregate]], data: st.DataObject
) -> None:
    """Pooled from several series: sums by hand, the newest measured stretch, and the very values while they fit."""
    parts = by_start([part for one in series for part in one])
    shelf = Shelf([Sealed.pool([sealed(one) for one in series])], PLACES, "fastdigest")
    assert shelf.start.tolist() == [part.start for part in parts]
    first = data.draw(st.integers(0, len(parts)))
    last = data.draw(st.integers(first, len(parts)))
    run = parts[first:last]
    tally = shelf.counts(first, last)
    assert tally.measured == sum(part.clocks[0].measured for part in run)
    assert tally.unmeasured == sum(sum(part.clocks[0].unmeasured) for part in run)
    assert tally.excluded == sum(part.excluded for part in run)
    for place in range(PLACES):
        judged = [(part, within) for part in run for where, _, within in part.judged if where == place]
        assert tally.judged[place] == sum(part.clocks[0].measured for part, _ in judged)
        assert tally.within[place] == sum(within for _, within in judged)
    if tally.measured:
        assert shelf.last_measured_at(first, last) == max(part.start for part in run if part.clocks[0].measured)
        merged = digest.merge([part.clocks[0].digest() for part in run])
        found = shelf.pooled(first, last, np.empty(0))
        assert [found.percentile(percent) for percent in (50, 80)] == [merged.percentile(p) for p in (50, 80)]


@given(st.lists(aggregates, max_size=12), st.integers(1, 10))
def test_blocks_behind_each_other_are_one_shelf(parts: list[Aggregate], days: int) -> None:
    """However the days are cut into blocks, runs across them count the same."""
    numbers = sorted({int(part.start // DAY) // days for part in parts})
    cut = [sealed([part for part in parts if int(part.start // DAY) // days == number]) for number in numbers]
    whole, blocks = Shelf([sealed(parts)], PLACES, "fastdigest"), Shelf(cut, PLACES, "fastdigest")
    assert blocks.start.tolist() == whole.start.tolist()
    for last in range(len(parts) + 1):
        assert blocks.counts(0, last) == whole.counts(0, last)


@pytest.mark.parametrize("backend", ["fastdigest", "tdigest"])
def test_merging_in_two_steps_is_as_good_as_merging_the_parts(backend: Backend) -> None:
    """A year of twelve districts, far beyond what a block keeps: within a thousandth of the exact rank."""
    rng = np.random.default_rng(7)
    days = [[rng.lognormal(6.3, 0.6, rng.poisson(5) + 1) for _ in range(365)] for _ in range(12)]
    years = [
        [
            stretch(series=0, start=DAY * day, end=DAY * (day + 1), responses=values.tolist(), backend=backend)
            for day, values in enumerate(year)
        ]
        for year in days
    ]  # fmt: skip
    blocks = [Sealed.pool([sealed(year[begin : begin + 32]) for year in years]) for begin in range(0, 365, 32)]
    shelf = Shelf(blocks, PLACES, backend)
    found = shelf.pooled(0, len(shelf.start), np.empty(0))
    exact = np.sort(np.concatenate([values for year in days for values in year]))
    for percent in (50, 80):
        shown = found.percentile(percent)
        assert shown is not None
        assert np.searchsorted(exact, shown) / len(exact) == pytest.approx(percent / 100, abs=0.001)
        assert shown == pytest.approx(exact[math.ceil(percent * len(exact) / 100) - 1], abs=1.0)

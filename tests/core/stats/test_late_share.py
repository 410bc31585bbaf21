"""The four causes of a change of the late share, against fractions and every order."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.stats.late_share import CAUSES, MISSING, MIX, PACE, TARGET, Cells, causes


@dataclass(frozen=True)
class Cell:
    """A period's missions in one cell."""

    missions: int
    judged: int
    late: int
    otherwise: int


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    missions = draw(st.integers(0, 12))
    judged = draw(st.integers(0, missions))
    return Cell(missions, judged, draw(st.integers(0, judged)), draw(st.integers(0, judged)))


PERIODS = st.integers(1, 5).flatmap(lambda n: st.tuples(*(st.lists(cells(), min_size=n, max_size=n),) * 2))
Periods = tuple[list[Cell], list[Cell]]


def of(period: list[Cell]) -> Cells:
    return Cells.of(
        *(
            np.array([getattr(cell, name) for cell in period], dtype=float)
            for name in ("missions", "judged", "late", "otherwise")
        )
    )


def ratio(some: int, every: int) -> Fraction | None:
    return Fraction(some, every) if every else None


def slow(before: list[Cell], now: list[Cell], chosen: frozenset[int]) -> Fraction | None:
    """The late share with some of the causes as they are now."""
    weight, late = Fraction(0), Fraction(0)
    for first, second in zip(before, now, strict=True):
        missions = second.missions if MIX in chosen else first.missions
        measured = [ratio(one.judged, one.missions) for one in (first, second)]
        if TARGET in chosen:
            shares = [ratio(first.otherwise, first.judged), ratio(second.late, second.judged)]
        else:
            shares = [ratio(first.late, first.judged), ratio(second.otherwise, second.judged)]
        own, other = (1, 0) if MISSING in chosen else (0, 1)
        m = measured[own] if measured[own] is not None else measured[other]
        own, other = (1, 0) if PACE in chosen else (0, 1)
        r = shares[own] if shares[own] is not None else shares[other]
        weight += missions * (m or 0)
        late += missions * (m or 0) * (r or 0)
    return late / weight if weight else None


@given(PERIODS)
def test_causes_are_the_mean_over_all_orders(periods: Periods) -> None:
    """With cells that one of the periods lacks, or in which it has nothing measured."""
    before, now = periods
    parts = [Fraction(0)] * CAUSES
    for order in permutations(range(CAUSES)):
        chosen: frozenset[int] = frozenset()
        for cause in order:
            values = slow(before, now, chosen), slow(before, now, chosen | {cause})
            assume(None not in values)
            parts[cause] += (values[1] or 0) - (values[0] or 0)
            chosen |= {cause}
    found = causes(of(before), of(now))
    assert found == pytest.approx([float(part / 24) for part in parts], abs=1e-12)
    judged, late = ([sum(getattr(cell, name) for cell in one) for one in periods] for name in ("judged", "late"))
    assert found.sum() == pytest.approx(late[1] / judged[1] - late[0] / judged[0])


@given(PERIODS, st.randoms(use_true_random=False))
def test_the_order_of_cells_changes_nothing(periods: Periods, chance: st.DataObject) -> None:
    """Areas, categories and hours have none."""
    order = [*range(len(periods[0]))]
    chance.shuffle(order)  # type: ignore[attr-defined]
    before, now = ([one[cell] for cell in order] for one in periods)
    found = causes(of(before), of(now))
    assert found == pytest.approx(causes(of(periods[0]), of(periods[1])), abs=1e-12, nan_ok=True)


@given(PERIODS)
def test_equal_periods_have_no_causes(periods: Periods) -> None:
    """Exactly none."""
    same = [Cell(one.missions, one.judged, one.late, one.late) for one in periods[0]]
    assume(any(one.judged for one in same))
    assert not causes(of(same), of(same)).any()


@given(PERIODS)
def test_exchanging_periods_turns_every_sign(periods: Periods) -> None:
    """What made it worse then makes it better."""
    assert causes(of(periods[1]), of(periods[0])) == pytest.approx(
        -causes(of(periods[0]), of(periods[1])), abs=1e-12, nan_ok=True
    )


@given(PERIODS)
def test_with_the_same_threshold_and_all_measured_it_is_kitagawas(periods: Periods) -> None:
    """Rate by mean weight, and weight by mean rate; nothing else has a part."""
    before, now = ([Cell(one.missions, one.missions, one.late, one.late) for one in period] for period in periods)
    totals = [sum(one.missions for one in period) for period in (before, now)]
    assume(all(totals))
    rate = mix = Fraction(0)
    for first, second in zip(before, now, strict=True):
        weights = [Fraction(one.missions, total) for one, total in zip((first, second), totals, strict=True)]
        shares = [ratio(one.late, one.missions) for one in (first, second)]
        r = [own if own is not None else other or Fraction(0) for own, other in (shares, shares[::-1])]
        rate += (r[1] - r[0]) * sum(weights) / 2
        mix += (weights[1] - weights[0]) * sum(r) / 2
    found = causes(of(before), of(now))
    assert found[[PACE, MIX]] == pytest.approx([float(rate), float(mix)], abs=1e-12)
    assert not found[[MISSING, TARGET]].any()

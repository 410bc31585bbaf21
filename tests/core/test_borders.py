"""What missions near a border can do to a verdict, beside every way in which they could move."""

from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.borders import swing, weight
from monitor.core.percent import reached

PERCENTS = st.sampled_from([50, 80, 90, 95, Decimal("99.9"), Decimal("33.3")])
SIDES = st.lists(st.booleans(), max_size=5)
SLACKS = st.lists(st.integers(-5, 5), max_size=5)


def _by_hand(staying: list[int], leaving: list[int], coming: list[int]) -> int | None:
    """Every subset of those near the border, moved; None for no verdict is a turn, too."""

    def verdict(weights: list[int]) -> bool | None:
        return sum(weights) >= 0 if weights else None

    now = verdict(staying + leaving)
    if now is None:
        return None
    turned = []
    for moves in product((False, True), repeat=len(leaving) + len(coming)):
        out, came = moves[: len(leaving)], moves[len(leaving) :]
        there = staying + [one for one, gone in zip(leaving, out, strict=True) if not gone]
        there += [one for one, moved in zip(coming, came, strict=True) if moved]
        if verdict(there) != now:
            turned.append(sum(moves))
    return min(turned, default=None)


@given(PERCENTS, st.lists(st.booleans(), max_size=40))
def test_weights_add_up_to_the_verdict(percent: int | Decimal, missions: list[bool]) -> None:
    """The sum of weights is at least zero exactly when the percentile is reached."""
    total = sum(weight(within, percent) for within in missions)
    assert (total >= 0) == reached(sum(missions), len(missions), percent)


@given(PERCENTS, SIDES, SIDES, SIDES)
def test_the_fewest_moves_of_a_percentile_are_those_of_brute_force(
    percent: int | Decimal, staying: list[bool], leaving: list[bool], coming: list[bool]
) -> None:
    """Every subset that could change sides is tried."""
    weights = [[weight(within, percent) for within in some] for some in (staying, leaving, coming)]
    assert swing(*weights).fewest == _by_hand(*weights)


@given(SLACKS, SLACKS, SLACKS)
def test_the_fewest_moves_of_a_mean_are_those_of_brute_force(
    staying: list[int], leaving: list[int], coming: list[int]
) -> None:
    """A mean is decided by sums of whatever size, zeros among them."""
    assert swing(staying, leaving, coming).fewest == _by_hand(staying, leaving, coming)


def test_a_series_without_missions_has_no_verdict_to_turn() -> None:
    """What could come in gives it one, which is not the same as turning one."""
    assert swing([], [], [20, 20]).stands


def test_all_missions_leaving_leaves_no_verdict_and_never_a_met_one() -> None:
    """Nothing of nothing reaches any percentage, and is no data all the same."""
    assert swing([], [20, 20], []).fewest == 2

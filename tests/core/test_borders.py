"""What missions near a border can do to a verdict, beside every way in which they could move."""

from datetime import date
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.borders import BorderVerdicts, Swing, swing, weight
from monitor.core.percent import reached
from monitor.core.service import Area, Category, Clock, Moment, Objective, Series, Service
from monitor.core.targets import Targets, TargetSet

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


def _fewest(staying: list[int], leaving: list[int], coming: list[int]) -> int | None:
    every = staying + leaving
    return swing(len(every), sum(every), leaving, coming).fewest


@given(PERCENTS, SIDES, SIDES, SIDES)
def test_the_fewest_moves_of_a_percentile_are_those_of_brute_force(
    percent: int | Decimal, staying: list[bool], leaving: list[bool], coming: list[bool]
) -> None:
    """Every subset that could change sides is tried."""
    weights = [[weight(within, percent) for within in some] for some in (staying, leaving, coming)]
    assert _fewest(*weights) == _by_hand(*weights)


@given(SLACKS, SLACKS, SLACKS)
def test_the_fewest_moves_of_a_mean_are_those_of_brute_force(
    staying: list[int], leaving: list[int], coming: list[int]
) -> None:
    """A mean is decided by sums of whatever size, zeros among them."""
    assert _fewest(staying, leaving, coming) == _by_hand(staying, leaving, coming)


def test_a_series_without_missions_has_no_verdict_to_turn() -> None:
    """What could come in gives it one, which is not the same as turning one."""
    assert swing(0, 0, [], [20, 20]) == Swing(0, 0, 2, met=None, fewest=None)


def test_all_missions_leaving_leaves_no_verdict_and_never_a_met_one() -> None:
    """Nothing of nothing reaches any percentage, and is no data all the same."""
    assert _fewest([], [20, 20], []) == 2


SERVICE = Service(
    "fire",
    areas=(Area("all"), Area("west", "all"), Area("east", "all")),
    categories=(Category("urban"), Category("rural")),
    clocks=(Clock("response", (Moment("called_at"),), (Moment("arrived_at"),)),),
    objectives=(Objective("share", 80), Objective("mean", None)),
)
SECONDS = {"all": 600.0, "west": 300.0, "east": 480.0}
TARGETS = Targets(
    [
        TargetSet(
            date(2020, 1, 1), "", {
                (area, category): {"share": seconds * (2 if category == "rural" else 1), "mean": seconds}
                for area, seconds in SECONDS.items() for category in ("urban", "rural")
                if (area, category) != ("east", "rural")
            },
        )
    ]
)  # fmt: skip
DAY = date(2024, 3, 1)
A_SERIES = st.sampled_from(SERVICE.told_series)
MISSIONS = st.lists(
    st.tuples(A_SERIES, st.lists(A_SERIES, max_size=2, unique=True), st.sampled_from([100, 300, 400, 480, 500, 700])),
    max_size=6,
)


def _verdicts(missions: list[tuple[Series, int]]) -> dict[tuple[str, str, str], bool]:
    """Each verdict on missions, by the rule in words."""
    found = {}
    for (area, category), target in TARGETS.sets[0].targets.items():
        taken = [
            seconds for (told, of), seconds in missions if of == category and area in SERVICE.pools(told, DAY)
        ]  # fmt: skip
        if taken:
            found[area, category, "share"] = 5 * sum(one <= target["share"] for one in taken) >= 4 * len(taken)
            found[area, category, "mean"] = sum(taken) <= target["mean"] * len(taken)
    return found


@given(MISSIONS)
def test_a_verdict_stands_where_it_is_the_same_for_every_way_in_which_missions_could_lie(
    missions: list[tuple[Series, list[Series], int]],
) -> None:
    """Every mission in each series that it may be of, pools and all: a verdict that is said to stand never turns."""
    asked = BorderVerdicts(SERVICE, TARGETS)
    for series, neighbours, seconds in missions:
        asked.add("2024", DAY, series, [one for one in neighbours if one != series], {"response": seconds})
    now = _verdicts([(series, seconds) for series, _, seconds in missions])
    fewest: dict[tuple[str, str, str], int] = {}
    for places in product(*([series, *others] for series, others, _ in missions)):
        moved = sum(place != series for place, (series, _, _) in zip(places, missions, strict=True))
        there = _verdicts([(place, seconds) for place, (_, _, seconds) in zip(places, missions, strict=True)])
        for measure, met in now.items():
            if there.get(measure) != met:
                fewest[measure] = min(moved, fewest.get(measure, moved))
    swings = {measure: one for _, measure, one in asked.swings()}
    assert {measure: one.met for measure, one in swings.items()} == now
    assert {measure: one.fewest for measure, one in swings.items() if not one.stands} == fewest

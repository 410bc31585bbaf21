"""Worst first: evidence before chance, chance before minutes, and one order for board and report."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.figures import Count
from monitor.core.ranking import worst_first
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict, judge
from tests.core.police import BY_PERCENT

GRAVEST = [Evidence.STRONG, Evidence.WEAK, Evidence.NONE]


def verdict(within: int, judged: int) -> Verdict:
    """The requirement's verdict on so many missions."""
    return judge(BY_PERCENT[80], Count(judged, within), target_seconds=600.0, measured=judged, stale=False)


counts = st.integers(0, 60).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))
verdicts = counts.map(lambda pair: verdict(*pair))


def test_a_sure_miss_stands_before_a_doubtful_one_and_that_before_a_target_met() -> None:
    """Strong, weak, by chance, met by chance, met surely, no data."""
    shown = [verdict(20, 50), verdict(34, 50), verdict(39, 50), verdict(40, 50), verdict(50, 50), verdict(0, 0)]
    assert [one.evidence for one in shown[:3]] == GRAVEST
    assert [one.state for one in shown[2:]] == [State.MISSED, State.MET, State.MET, State.NO_DATA]
    assert sorted([shown[place] for place in (3, 0, 5, 1, 4, 2)], key=lambda one: worst_first([one])) == shown


@given(st.lists(verdicts, max_size=4), st.lists(verdicts, max_size=4))
def test_an_area_is_as_bad_as_its_gravest_class(some: list[Verdict], more: list[Verdict]) -> None:
    """One more verdict never makes an area look better; their order does not matter."""
    assert worst_first([*some, *more]) <= min(worst_first(some), worst_first(more))
    assert worst_first([*some, *more]) == worst_first([*more, *some])


@given(verdicts, verdicts)
def test_evidence_decides_before_the_number_of_missions(one: Verdict, other: Verdict) -> None:
    """Whoever misses with stronger evidence comes first, however the other's counts look."""
    if one.state is other.state is State.MISSED and GRAVEST.index(one.evidence) < GRAVEST.index(other.evidence):
        assert worst_first([one]) < worst_first([other])

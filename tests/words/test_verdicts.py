"""Verdicts in words: every state, every language, and no rounding in the wrong direction."""

import re
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.figures import Count
from monitor.core.mission import Cause
from monitor.core.service import Objective
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict, judge
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import bounds_reached, causes, hanging, sentence, share_reached, unmeasured_told
from tests.core.police import BY_PERCENT, OBJECTIVES

NAMES = {50: {"en": "goal", "nb": "mål", "sv": "mål"}, 80: {"en": "requirement", "nb": "krav", "sv": "krav"}}


def said(within: int, judged: int, language: Language, *, percent: int = 80, target: float | None = 960.0) -> str:
    """What is said of rural Trøndelag in 28 days."""
    objective = replace(BY_PERCENT[percent], names=NAMES[percent])
    verdict = judge(objective, Count(judged, within), target_seconds=target, measured=judged, stale=False)
    return told(verdict, language)


def told(verdict: Verdict, language: Language, *, seconds: float | None = None) -> str:
    category = {"en": "rural", "nb": "spredt", "sv": "landsbygd"}[language]
    return sentence(speaker(language), verdict, seconds=seconds, area="Trøndelag", category=category, window="28d")


@pytest.mark.parametrize(
    ("within", "judged", "percent", "english", "norwegian"),
    [
        (58, 84, 80, "69 % of 84 missions within 16 min; requirement 80 %; strong evidence of a breach",
         "69 % av 84 oppdrag innen 16 min; krav 80 %; sterkt belegg for brudd"),
        (60, 84, 80, "71 % of 84 missions within 16 min; requirement 80 %; weak evidence of a breach",
         "71 % av 84 oppdrag innen 16 min; krav 80 %; svakt belegg for brudd"),
        (66, 84, 80, "78 % of 84 missions within 16 min; requirement 80 %; may be chance",
         "78 % av 84 oppdrag innen 16 min; krav 80 %; kan være tilfeldig"),
        (82, 84, 80, "97 % of 84 missions within 16 min; requirement 80 %; strong evidence that it is met",
         "97 % av 84 oppdrag innen 16 min; krav 80 %; sterkt belegg for at det er innfridd"),
        (73, 84, 80, "86 % of 84 missions within 16 min; requirement 80 %; weak evidence that it is met",
         "86 % av 84 oppdrag innen 16 min; krav 80 %; svakt belegg for at det er innfridd"),
        (3, 3, 50, "100 % of 3 missions within 16 min; goal 50 %; may be chance",
         "100 % av 3 oppdrag innen 16 min; mål 50 %; kan være tilfeldig"),
    ],
)  # fmt: skip
def test_a_verdict_reads_as_one_sentence(
    within: int, judged: int, percent: int, english: str, norwegian: str
) -> None:
    """Subject, counts, target, evidence."""
    assert said(within, judged, "en", percent=percent) == f"Trøndelag, rural, 28 d: {english}."
    assert said(within, judged, "nb", percent=percent) == f"Trøndelag, spredt, 28 d: {norwegian}."


def test_no_data_and_no_target_say_so_and_nothing_else() -> None:
    """No share, no evidence: there is none."""
    assert said(0, 0, "en") == "Trøndelag, rural, 28 d: no data."
    assert said(0, 0, "nb") == "Trøndelag, spredt, 28 d: ingen data."
    assert said(0, 0, "en", target=None) == "Trøndelag, rural, 28 d: no target set."
    assert said(0, 0, "nb", target=None) == "Trøndelag, spredt, 28 d: ikke noe krav eller mål."


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([50, 80]))
@example((7999, 10_000), 80)
@example((8000, 10_000), 80)
@example((4999, 9999), 50)
@example((99_999, 100_000), 80)
def test_rounding_never_turns_missed_into_met_nor_met_into_missed(counts: tuple[int, int], percent: int) -> None:
    """79.99 % reads as 79 %: the share shown stands on the same side of the target as the verdict."""
    within, judged = counts
    met = 100 * within >= percent * judged
    for language in LANGUAGES:
        found = re.search(r": (\d+) %", said(within, judged, language, percent=percent))
        assert found is not None
        assert (int(found[1]) >= percent) == met
        assert int(found[1]) <= 100 * within / judged


def test_79_99_percent_reads_as_79_percent() -> None:
    """The example that everybody tries."""
    assert ": 79 % of 10000 missions" in said(7999, 10_000, "en")


def test_every_state_and_evidence_has_words_in_every_language() -> None:
    """No combination fails for want of a word."""
    for state, evidence, objective, language in product(State, Evidence, OBJECTIVES, LANGUAGES):
        text = told(Verdict(objective, state, 450.0, 10, 8, evidence, None, None, None), language)
        assert text.startswith("Trøndelag, ")
        assert text.endswith(".")


def test_thresholds_are_said_as_long_as_they_are() -> None:
    """Minutes and seconds, hours in the language's own letter, tenths by its own comma."""
    assert "within 7 min 30 s;" in said(8, 10, "en", target=450.0)
    assert "innen 1 t 30 min;" in said(8, 10, "nb", target=5400.0)
    assert "innen 7,5 s;" in said(8, 10, "nb", target=7.5)


def test_an_abolished_target_is_called_the_target() -> None:
    """Missions were judged, but there are no minutes to name today."""
    assert "within target; requirement" in said(8, 10, "en", target=None)
    assert "innen fristen; krav" in said(8, 10, "nb", target=None)


@pytest.mark.parametrize(
    ("window", "english", "norwegian"),
    [
        ("24h", "24 h", "24 t"), ("7d", "7 d", "7 d"), ("last100", "last 100 missions", "siste 100 oppdrag"),
        ("month", "this month", "denne måneden"), ("tertial", "this tertial", "dette tertialet"),
        ("year", "this year", "i år"), ("2024-T2", "2024-T2", "2024-T2"), ("2024", "2024", "2024"),
    ],
)  # fmt: skip
def test_windows_have_names_in_words(window: str, english: str, norwegian: str) -> None:
    """Labels become words; a closed period is its own name."""
    assert (speaker("en").window(window), speaker("nb").window(window)) == (english, norwegian)


MEAN = Objective("mean", None, names={"en": "mean standard", "nb": "snittkrav"})


def mean_of(state: State, evidence: Evidence, *, target: float | None = 420.0) -> Verdict:
    return Verdict(MEAN, state, target, 10, None, evidence, None, None, None, -303.0)


@pytest.mark.parametrize(
    ("seconds", "state", "english"),
    [
        (450.3, State.MISSED, "mean 7 min 30 s of 10 missions; mean standard 7 min; weak evidence of a breach"),
        (420.0, State.MET, "mean 7 min of 10 missions; mean standard 7 min; weak evidence that it is met"),
        (420.004, State.MISSED, "mean 7 min 0.004 s of 10 missions; mean standard 7 min; weak evidence of a breach"),
    ],
)
def test_a_mean_is_told_by_what_it_is_and_never_rounded_onto_its_threshold(
    seconds: float, state: State, english: str
) -> None:
    """No share, for it has none; as many decimals as keep it on its side."""
    assert told(mean_of(state, Evidence.WEAK), "en", seconds=seconds) == f"Trøndelag, rural, 28 d: {english}."


def test_a_mean_without_a_threshold_today_names_none() -> None:
    """Its missions were held against one that is no more."""
    assert told(mean_of(State.MET, Evidence.NONE, target=None), "nb", seconds=61.0) == (
        "Trøndelag, spredt, 28 d: gjennomsnitt 1 min 1 s av 10 oppdrag; snittkrav; kan være tilfeldig."
    )


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@example((9989, 10_000))
@example((9990, 10_000))
def test_a_share_is_cut_to_the_decimals_of_its_percentile(counts: tuple[int, int]) -> None:
    """99.89 % is not 99.9 %, and 99.9 % is not 99 %."""
    within, judged = counts
    rare = Objective("rare", Decimal("99.9"))
    verdict = judge(rare, Count(judged, within), target_seconds=60.0, measured=judged, stale=False)
    shown = Decimal(share_reached(speaker("en"), verdict).removesuffix(" %"))
    assert (shown >= Decimal("99.9")) == (verdict.state is State.MET)
    assert shown <= Decimal(100 * within) / judged


def test_causes_are_told_with_their_counts_and_nothing_where_none_is() -> None:
    """In every language, each cause there is."""
    assert causes(speaker("en"), {Cause.NO_END: 1200, Cause.NEGATIVE: 1}) == "no end 1\u202f200, end before begin 1"
    for language in LANGUAGES:
        assert causes(speaker(language), {}) == ""
        assert len(set(causes(speaker(language), dict.fromkeys(Cause, 1)).split(", "))) == len(Cause)


def with_unmeasured(within: int, judged: int, unmeasured: int, *, percent: int = 80) -> Verdict:
    """A verdict, and so many missions that nobody measured."""
    count = Count(judged, within, unmeasured=unmeasured)
    return judge(BY_PERCENT[percent], count, target_seconds=600.0, measured=judged, stale=False)


OF_ALL = {
    "en": "Of all, the {} unmeasured included, {} were within (with chance {}); {}.",
    "nb": "Av alle, også de {} uten måling, var {} innen fristen (med tilfeldigheter {}); {}.",
}


@pytest.mark.parametrize(
    ("counts", "shares", "english", "norwegian"),
    [
        (
            (2051, 2530, 281),
            ("72–82 %", "71–85 %"),
            "met if at least 71 of every 100 unmeasured were within (198 of 281), else missed",
            "innfridd hvis minst 71 av hver 100 uten måling var innen fristen (198 av 281), ellers ikke innfridd",
        ),
        (
            (95, 100, 10),
            ("86–95 %", "79–99 %"),
            "met even if none of the unmeasured was within",
            "innfridd selv om ingen av dem uten måling var innen fristen",
        ),
        (
            (60, 100, 10),
            ("54–63 %", "46–72 %"),
            "missed even if all of the unmeasured were within",
            "ikke innfridd selv om alle uten måling var innen fristen",
        ),
    ],
    ids=["hangs on them", "met all the same", "missed all the same"],
)
def test_what_the_unmeasured_could_make_of_a_verdict_is_a_sentence(
    counts: tuple[int, int, int], shares: tuple[str, str], english: str, norwegian: str
) -> None:
    """Behind the verdict's own; and nothing where all were measured, or where nobody knows how many were not."""
    verdict = with_unmeasured(*counts)
    for language, ending in (("en", english), ("nb", norwegian)):
        expected = OF_ALL[language].format(counts[2], *shares, ending)
        assert unmeasured_told(speaker(language), verdict) == expected
        assert told(verdict, language).endswith(f". {expected}")
    assert unmeasured_told(speaker("en"), with_unmeasured(*counts[:2], 0)) == ""
    unknown = judge(BY_PERCENT[80], Count(100, 95), target_seconds=1.0, measured=100, stale=False)
    assert unmeasured_told(speaker("en"), unknown) == ""


@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 900),
    st.sampled_from([50, 80]),
)  # fmt: skip
def test_bounds_and_tipping_share_in_words_never_promise_too_much(
    counts: tuple[int, int], unmeasured: int, percent: int
) -> None:
    """A bound that is cut stands on its side of the target, and the share told as enough is enough."""
    within, judged = counts
    verdict, total = with_unmeasured(within, judged, unmeasured, percent=percent), judged + unmeasured
    ends = [int(end) for end in bounds_reached(speaker("en"), verdict).removesuffix(" %").split("–")]
    assert (ends[0] >= percent) == (100 * within >= percent * total)
    assert (ends[-1] >= percent) == (100 * (within + unmeasured) >= percent * total)
    enough = re.fullmatch(r"met from (\d+) of 100", hanging(speaker("en"), verdict))
    if enough is None:
        assert hanging(speaker("en"), verdict) == "settled"
        assert (100 * within >= percent * total) == (100 * (within + unmeasured) >= percent * total)
    else:
        kept = -(-int(enough[1]) * unmeasured // 100)
        assert 100 * (within + kept) >= percent * total


def test_of_a_mean_it_is_told_what_the_unmeasured_may_have_taken() -> None:
    """Ten missions had ten minutes each and took nine: two that nobody measured may have taken fifteen each."""
    mean = Objective("mean", None)
    count = Count(10, 0, 5400 * 10**6, 6000 * 10**6, unmeasured=2, unmeasured_allowed=1200 * 10**6)
    verdict = judge(mean, count, target_seconds=600.0, measured=10, stale=False)
    assert (
        unmeasured_told(speaker("en"), verdict)
        == "Met if the 2 unmeasured took at most 15 min in the mean, else missed."
    )
    hopeless = replace(count, total=9000 * 10**6)
    verdict = judge(mean, hopeless, target_seconds=600.0, measured=10, stale=False)
    assert unmeasured_told(speaker("en"), verdict) == "Missed even if the 2 unmeasured took no time at all."

"""Verdicts in words: every state, every language, and no rounding in the wrong direction."""

import re
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.stats.binomial import Evidence
from monitor.core.timeline import Count
from monitor.core.verdict import State, Verdict, judge
from monitor.words.catalogue import LANGUAGES, Language
from monitor.words.speaker import speaker
from monitor.words.verdicts import sentence
from tests.core.police import BY_PERCENT, OBJECTIVES


def said(within: int, judged: int, language: Language, *, percent: int = 80, target: float | None = 960.0) -> str:
    """What is said of rural Trøndelag in 28 days."""
    verdict = judge(BY_PERCENT[percent], Count(judged, within), target_seconds=target, measured=judged, stale=False)
    return sentence(speaker(language), verdict, area="Trøndelag", settlement="rural", window="28d")


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
        verdict = Verdict(objective, state, 450.0, 10, 8, evidence, None, None, None)
        text = sentence(speaker(language), verdict, area="Øst", settlement="urban", window="last100")
        assert text.startswith("Øst, ")
        assert text.endswith(".")


def test_half_minutes_carry_the_languages_own_comma() -> None:
    """7.5 min in English, 7,5 min in Norwegian."""
    assert "within 7.5 min;" in said(8, 10, "en", target=450.0)
    assert "innen 7,5 min;" in said(8, 10, "nb", target=450.0)


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


def test_an_unknown_class_is_called_by_its_own_name() -> None:
    """Settlement classes can be configured."""
    verdict = judge(BY_PERCENT[80], Count(0, 0), target_seconds=1.0, measured=0, stale=False)
    text = sentence(speaker("nb"), verdict, area="Oslo", settlement="island", window="7d")
    assert text == "Oslo, island, 7 d: ingen data."

"""A verdict in words: its state, its evidence, why missions lack a value, and all in one plain sentence.

Only words; every number comes from the verdict. Shares are cut, to as many decimals as the objective's percentile
has, and means carry as many as they need: a missed threshold never reads as met by rounding.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from monitor.core.mission import Cause
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict
from monitor.words import names
from monitor.words.durations import lasting
from monitor.words.speaker import NONE, Speaker, phrase, phrase_as

STATES: Final[Mapping[State, str]] = {
    State.MET: phrase("met"),
    State.MISSED: phrase("missed"),
    State.NO_DATA: phrase("no data"),
    State.NO_TARGET: phrase("no target"),
}
EVIDENCES: Final[Mapping[Evidence, str]] = {
    Evidence.STRONG: phrase("strong evidence"),
    Evidence.WEAK: phrase("weak evidence"),
    Evidence.NONE: phrase_as("in a cell", "may be chance"),
}
CAUSES_SAID: Final[Mapping[Cause, str]] = {
    Cause.NO_BEGIN: phrase("no begin"),
    Cause.NO_END: phrase("no end"),
    Cause.NEGATIVE: phrase("end before begin"),
    Cause.TOO_LONG: phrase("too long"),
    Cause.TOO_SHORT: phrase("too short"),
    Cause.ABANDONED: phrase("never closed"),
    Cause.UNKNOWN: phrase("cause not known"),
}
_CONCLUSIONS: Final[Mapping[tuple[State, Evidence], str]] = {
    (State.MISSED, Evidence.STRONG): phrase("strong evidence of a breach"),
    (State.MISSED, Evidence.WEAK): phrase("weak evidence of a breach"),
    (State.MISSED, Evidence.NONE): phrase("may be chance"),
    (State.MET, Evidence.STRONG): phrase("strong evidence that it is met"),
    (State.MET, Evidence.WEAK): phrase("weak evidence that it is met"),
    (State.MET, Evidence.NONE): phrase("may be chance"),
}
_EMPTY: Final[Mapping[State, str]] = {
    State.NO_DATA: STATES[State.NO_DATA],
    State.NO_TARGET: phrase("no target set"),
}

_TARGET: Final = phrase_as("after within", "target")
"""Where missions were judged, and no threshold is in force today."""


def sentence(say: Speaker, verdict: Verdict, *, seconds: float | None, area: str, category: str, window: str) -> str:
    """The verdict as a sentence; `area` and `category` are the names shown, `window` the label, `seconds` the value.

    "Trøndelag, rural, 28 d: 71 % of 84 missions within 16 min; objective 80 %; strong evidence of a breach."
    "London, Category 1, 2024: mean 7 min 30 s of 10 missions; mean target 7 min; weak evidence of a breach."
    """
    subject = f"{area}, {category}, {say.window(window)}"
    if verdict.state in _EMPTY:
        return f"{subject}: {say(_EMPTY[verdict.state])}."
    target, named = verdict.target_seconds, names.objective(say, verdict.objective)
    if verdict.objective.percentile is None:
        told = NONE if seconds is None else lasting(say, seconds, target)
        counts = say("mean {time} of {judged} missions", time=told, judged=verdict.judged)
        aimed = "" if target is None else lasting(say, target)
    else:
        share = share_reached(say, verdict)
        within = say(_TARGET) if target is None else lasting(say, target)
        counts = say("{share} of {judged} missions within {time}", share=share, judged=verdict.judged, time=within)
        aimed = f"{say.plain(float(verdict.objective.percentile))} %"
    wanted = " ".join(filter(None, (named, aimed)))
    return f"{subject}: {counts}; {wanted}; {say(_CONCLUSIONS[verdict.state, verdict.evidence])}."


def share_reached(say: Speaker, verdict: Verdict) -> str:
    """The share within target, cut to the decimals of its percentile: 79.9 % is not 80 %, nor 99.89 % 99.9 %."""
    percentile = verdict.objective.percentile
    if percentile is None or verdict.within is None or not verdict.judged:
        return NONE
    digits = max(0, -int(Decimal(percentile).as_tuple().exponent))
    return f"{say.number(10**digits * 100 * verdict.within // verdict.judged / 10**digits, digits)} %"


def causes(say: Speaker, unmeasured: Mapping[Cause, int]) -> str:
    """How many missions lack a value, by cause; nothing where none does."""
    return ", ".join(f"{say(CAUSES_SAID[cause])} {say.count(count)}" for cause, count in unmeasured.items() if count)

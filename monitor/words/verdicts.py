"""A verdict in words: its state, its evidence, why missions lack a value and what these could make of it.

Only words; every number comes from the verdict. Shares are cut, to as many decimals as the objective's percentile
has, and means carry as many as they need: a missed threshold never reads as met by rounding.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from monitor.core.mission import Cause
from monitor.core.stats.binomial import Evidence
from monitor.core.unmeasured import Unmeasured
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

_SHARE_OF_ALL: Final = phrase(
    "Of all, the {unmeasured} unmeasured included, {shares} were within (with chance {widened})"
)
_MET_ALL_THE_SAME: Final = phrase("met even if none of the unmeasured was within")
_MISSED_ALL_THE_SAME: Final = phrase("missed even if all of the unmeasured were within")
_TIPPING: Final = phrase(
    "met if at least {share} of every 100 unmeasured were within ({needed} of {unmeasured}), else missed"
)
_TIPPING_MEAN: Final = phrase("Met if the {unmeasured} unmeasured took at most {time} in the mean, else missed")
_MISSED_MEAN: Final = phrase("Missed even if the {unmeasured} unmeasured took no time at all")
SETTLED: Final = phrase("settled")
"""The verdict is the same whatever the unmeasured were."""
DECIDE: Final = phrase("the unmeasured decide")

_TARGET: Final = phrase_as("after within", "target")
"""Where missions were judged, and no threshold is in force today."""


def sentence(say: Speaker, verdict: Verdict, *, seconds: float | None, area: str, category: str, window: str) -> str:
    """The verdict as a sentence; `area` and `category` are the names shown, `window` the label, `seconds` the value.

    "Trøndelag, rural, 28 d: 71 % of 84 missions within 16 min; objective 80 %; strong evidence of a breach."
    "London, Category 1, 2024: mean 7 min 30 s of 10 missions; mean target 7 min; weak evidence of a breach."
    Where missions have no value, a second one tells what they could make of it (`unmeasured_told`).
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
    told = f"{subject}: {counts}; {wanted}; {say(_CONCLUSIONS[verdict.state, verdict.evidence])}."
    return " ".join(filter(None, (told, unmeasured_told(say, verdict))))


def unmeasured_told(say: Speaker, verdict: Verdict) -> str:
    """What the missions without a value could make of a verdict, as a sentence; nothing where there are none.

    "Of all, the 281 unmeasured included, 72–82 % were within (with chance 71–85 %); met if at least 71 of every 100
    unmeasured were within (198 of 281), else missed."
    """
    without = verdict.unmeasured
    if without is None or not without.missions:
        return ""
    missions = say.count(without.missions)
    if without.needed is None:
        if without.settled or without.most_seconds is None:
            return say(_MISSED_MEAN, unmeasured=missions) + "."
        # Cut, as shares are: what is told as enough is enough.
        most = lasting(say, math.floor(10 * without.most_seconds) / 10)
        return say(_TIPPING_MEAN, unmeasured=missions, time=most) + "."
    told = say(
        _SHARE_OF_ALL, unmeasured=missions, shares=bounds_reached(say, verdict), widened=_widened(say, verdict)
    )
    return f"{told}; {_tipping(say, without)}."


def _tipping(say: Speaker, without: Unmeasured) -> str:
    if without.settled:
        return say(_MET_ALL_THE_SAME if (without.needed or 0) <= 0 else _MISSED_ALL_THE_SAME)
    return say(
        _TIPPING,
        share=without.tipping_percent,
        needed=say.count(without.needed or 0),
        unmeasured=say.count(without.missions),
    )


def bounds_reached(say: Speaker, verdict: Verdict) -> str:
    """Between what the share of all missions lies, whatever the unmeasured were, cut as `share_reached`: 72–82 %."""
    without, within = verdict.unmeasured, verdict.within
    if without is None or within is None:
        return NONE
    total, digits = verdict.judged + without.missions, _digits(verdict)
    lower, upper = (_cut(say, some, total, digits) for some in (within, within + without.missions))
    return f"{lower} %" if lower == upper else f"{lower}–{upper} %"


def settled(verdict: Verdict) -> bool:
    """Whether nothing that was not measured can turn it; so is what is no verdict, and what nobody can say it of."""
    return verdict.unmeasured is None or verdict.unmeasured.settled


def hanging(say: Speaker, verdict: Verdict) -> str:
    """What must be true of the unmeasured, in little space; nothing where there are none, or no verdict."""
    without = verdict.unmeasured
    if without is None or not without.missions:
        return ""
    if without.settled:
        return say(SETTLED)
    if without.needed is None:
        return say("met up to {time} each", time=lasting(say, math.floor(without.most_seconds or 0.0)))
    return say("met from {share} of 100", share=without.tipping_percent)


def _widened(say: Speaker, verdict: Verdict) -> str:
    """Outwards, so that nothing is told as surer than it is."""
    if verdict.unmeasured is None or verdict.unmeasured.widened is None:
        return NONE
    around, digits = verdict.unmeasured.widened, _digits(verdict)
    scale = 100 * 10**digits
    lower, upper = math.floor(scale * around.lower), min(math.ceil(scale * around.upper), scale)
    return "–".join(say.number(end / 10**digits, digits) for end in (lower, upper)) + " %"


def share_reached(say: Speaker, verdict: Verdict) -> str:
    """The share within target, cut to the decimals of its percentile: 79.9 % is not 80 %, nor 99.89 % 99.9 %."""
    if verdict.objective.percentile is None or verdict.within is None or not verdict.judged:
        return NONE
    return f"{_cut(say, verdict.within, verdict.judged, _digits(verdict))} %"


def _digits(verdict: Verdict) -> int:
    """Decimals of its percentile."""
    return max(0, -int(Decimal(verdict.objective.percentile or 0).as_tuple().exponent))


def _cut(say: Speaker, some: int, total: int, digits: int) -> str:
    return say.number(10**digits * 100 * some // total / 10**digits, digits)


def causes(say: Speaker, unmeasured: Mapping[Cause, int]) -> str:
    """How many missions lack a value, by cause; nothing where none does."""
    return ", ".join(f"{say(CAUSES_SAID[cause])} {say.count(count)}" for cause, count in unmeasured.items() if count)

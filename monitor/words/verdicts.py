"""A verdict in words: its state, its evidence, and both in one plain sentence for page, report and API.

Only words; every number comes from the verdict. Shares are cut to whole percent away from the target, so that a
missed target never reads as met by rounding.
"""

from collections.abc import Mapping
from typing import Final

from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict
from monitor.words.speaker import Speaker, phrase, phrase_as

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
_OBJECTIVES: Final = {"goal": phrase("goal"), "requirement": phrase("requirement")}
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


def sentence(say: Speaker, verdict: Verdict, *, area: str, settlement: str, window: str) -> str:
    """The verdict as a sentence; `area` is the name shown, `window` the label.

    "Trøndelag, rural, 28 d: 71 % of 84 missions within 16 min; requirement 80 %; strong evidence of a breach."
    """
    subject = f"{area}, {say.settlement(settlement)}, {say.window(window)}"
    if verdict.state in _EMPTY:
        return f"{subject}: {say(_EMPTY[verdict.state])}."
    share = _percent(verdict)
    if verdict.target_seconds is None:
        counts = say("{share} % of {judged} missions within target", share=share, judged=verdict.judged)
    else:
        counts = say(
            "{share} % of {judged} missions within {minutes} min",
            share=share,
            judged=verdict.judged,
            minutes=say.plain(verdict.target_seconds / 60),
        )
    objective = f"{say(_OBJECTIVES[verdict.objective.slug])} {verdict.objective.percentile} %"
    return f"{subject}: {counts}; {objective}; {say(_CONCLUSIONS[verdict.state, verdict.evidence])}."


def _percent(verdict: Verdict) -> int:
    """Whole percent, rounded down: 79.9 % is not 80 %. A met target is at or above p, and stays so."""
    return 100 * (verdict.within or 0) // verdict.judged

"""A verdict in one plain sentence, English or Norwegian (bokmål): what a page, a board or a report says of it.

Only words; every number comes from the verdict. Shares are cut to whole percent away from the target, so that a
missed target never reads as met by rounding.
"""

from typing import Final, Literal

from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict

Language = Literal["en", "nb"]

SETTLEMENTS: Final[dict[Language, dict[str, str]]] = {
    "en": {"urban": "urban", "town": "town", "rural": "rural"},
    "nb": {"urban": "by", "town": "tettsted", "rural": "spredt"},
}
WINDOWS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "week": "this week", "month": "this month", "quarter": "this quarter", "tertial": "this tertial",
        "half_year": "this half-year", "year": "this year",
    },
    "nb": {
        "week": "denne uken", "month": "denne måneden", "quarter": "dette kvartalet", "tertial": "dette tertialet",
        "half_year": "dette halvåret", "year": "i år",
    },
}  # fmt: skip
_OBJECTIVE: Final[dict[Language, dict[str, str]]] = {
    "en": {"goal": "goal", "requirement": "requirement"},
    "nb": {"goal": "mål", "requirement": "krav"},
}
_EVIDENCE: Final[dict[Language, dict[tuple[State, Evidence], str]]] = {
    "en": {
        (State.MISSED, Evidence.STRONG): "strong evidence of a breach",
        (State.MISSED, Evidence.WEAK): "weak evidence of a breach",
        (State.MISSED, Evidence.NONE): "may be chance",
        (State.MET, Evidence.STRONG): "strong evidence that it is met",
        (State.MET, Evidence.WEAK): "weak evidence that it is met",
        (State.MET, Evidence.NONE): "may be chance",
    },
    "nb": {
        (State.MISSED, Evidence.STRONG): "sterke holdepunkter for brudd",
        (State.MISSED, Evidence.WEAK): "svake holdepunkter for brudd",
        (State.MISSED, Evidence.NONE): "kan være tilfeldig",
        (State.MET, Evidence.STRONG): "sterke holdepunkter for at det er innfridd",
        (State.MET, Evidence.WEAK): "svake holdepunkter for at det er innfridd",
        (State.MET, Evidence.NONE): "kan være tilfeldig",
    },
}
_EMPTY: Final[dict[Language, dict[State, str]]] = {
    "en": {State.NO_DATA: "no data", State.NO_TARGET: "no target set"},
    "nb": {State.NO_DATA: "ingen data", State.NO_TARGET: "ikke noe krav eller mål"},
}


def sentence(verdict: Verdict, *, area: str, settlement: str, window: str, language: Language) -> str:
    """The verdict as a sentence; `area` is the name shown, `window` the label.

    "Trøndelag, rural, 28 d: 71 % of 84 missions within 16 min; requirement 80 %; strong evidence of a breach."
    """
    subject = f"{area}, {SETTLEMENTS[language].get(settlement, settlement)}, {window_name(window, language)}"
    if verdict.state in _EMPTY[language]:
        return f"{subject}: {_EMPTY[language][verdict.state]}."
    kind = _OBJECTIVE[language][verdict.objective.slug]
    evidence = _EVIDENCE[language][verdict.state, verdict.evidence]
    share = _percent(verdict)
    within = "" if verdict.target_seconds is None else f" {_minutes(verdict.target_seconds, language)}"
    if language == "nb":
        return (
            f"{subject}: {share} % av {verdict.judged} oppdrag innen{within or ' fristen'}; "
            f"{kind} {verdict.objective.percentile} %; {evidence}."
        )
    return (
        f"{subject}: {share} % of {verdict.judged} missions within{within or ' target'}; "
        f"{kind} {verdict.objective.percentile} %; {evidence}."
    )


def window_name(window: str, language: Language) -> str:
    """A window's label as words: `28d` is "28 d", `last100` "last 100 missions"."""
    if window in WINDOWS[language]:
        return WINDOWS[language][window]
    if window.startswith("last"):
        count = window.removeprefix("last")
        return f"siste {count} oppdrag" if language == "nb" else f"last {count} missions"
    if window[-1] in "hd" and window[:-1].isdigit():
        unit = "t" if language == "nb" and window[-1] == "h" else window[-1]
        return f"{window[:-1]} {unit}"
    return window


def _percent(verdict: Verdict) -> int:
    """Whole percent, rounded down: 79.9 % is not 80 %. A met target is at or above p, and stays so."""
    return 100 * verdict.within // verdict.judged


def _minutes(seconds: float, language: Language) -> str:
    shown = f"{seconds / 60:g} min"
    return shown.replace(".", ",") if language == "nb" else shown

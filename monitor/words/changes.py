"""Why the late share changed, in three sentences: how much, why, and where; and why it cannot be said.

Everything is told of every hundred missions, with what it lies between. Named is what stands out from chance; what
does not is in the chart. Refuses to know markup.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.core.change import Change, Driver
from monitor.core.compared import Gap
from monitor.core.service import Service
from monitor.core.stats.cluster_bootstrap import Estimate
from monitor.words import names
from monitor.words.speaker import Speaker, phrase

DRIVERS: Final[Mapping[Driver, str]] = {
    Driver.PACE: phrase("the time they took"),
    Driver.MIX: phrase("other missions"),
    Driver.MISSING: phrase("missing times"),
    Driver.TARGET: phrase("another target"),
}
_BECAUSE: Final[Mapping[tuple[Driver, int], str]] = {
    (Driver.PACE, 1): phrase("{difference} more because missions of the same kind, place and hour took longer"),
    (Driver.PACE, -1): phrase("{difference} fewer because missions of the same kind, place and hour took less time"),
    (Driver.MIX, 1): phrase("{difference} more because there were more missions where, or when, many are late"),
    (Driver.MIX, -1): phrase("{difference} fewer because there were fewer missions where, or when, many are late"),
    (Driver.MISSING, 1): phrase("{difference} more because other missions than before were not measured"),
    (Driver.MISSING, -1): phrase("{difference} fewer because other missions than before were not measured"),
    (Driver.TARGET, 1): phrase("{difference} more because the target is stricter"),
    (Driver.TARGET, -1): phrase("{difference} fewer because the target is less strict"),
}
_CHANGED: Final[Mapping[int, str]] = {
    1: phrase(
        "Of every 100 missions {now} were late in {period}, {before} in {other}: {difference} more "
        "(between {between})."
    ),
    -1: phrase(
        "Of every 100 missions {now} were late in {period}, {before} in {other}: {difference} fewer "
        "(between {between})."
    ),
    0: phrase(
        "Of every 100 missions {now} were late in {period}, {before} in {other}: so small a difference may be chance."
    ),
}
_GAPS: Final[Mapping[Gap, str]] = {
    Gap.MEAN: phrase("the objective is about the mean, by which no mission is late"),
    Gap.NO_TARGET: phrase("one of the two has no target for missions that have one in the other"),
    Gap.UNTOLD_BEFORE: phrase("nothing is known of the beginning, or of the end, of {other}"),
    Gap.UNTOLD_NOW: phrase("nothing is known of the beginning, or of the end, of {period}"),
    Gap.FEW: phrase("there are too few missions, or too few late ones, to tell causes from chance"),
    Gap.TARGET_SEALED: phrase("the target has changed, and sealed missions are only known by their own"),
    Gap.SILENT: phrase("the feed is silent, and {period} reaches to now"),
    Gap.NOTHING_BEFORE: phrase("there is nothing before it to compare with"),
}
_MOST: Final = 3
"""Parts named in a sentence."""


@dataclass(frozen=True, slots=True)
class Periods:
    """What the two are called: the later one, and the one before."""

    now: str
    before: str


def sentences(say: Speaker, service: Service, change: Change, periods: Periods) -> list[str]:
    """How much, why, where."""
    estimate = change.change
    how_much = say(
        _CHANGED[estimate.stands_out],
        now=_hundred(say, change.now.share),
        before=_hundred(say, change.before.share),
        period=periods.now,
        other=periods.before,
        **(
            {"difference": _apart(say, estimate), "between": _between_apart(say, estimate)}
            if estimate.stands_out
            else {}
        ),
    )
    return [how_much, _why(say, service, change), _where(say, service, change)]


def unexplained(say: Speaker, gap: Gap, periods: Periods) -> str:
    """Why nothing is said."""
    reason = say(_GAPS[gap], **_named(_GAPS[gap], periods))
    return say("Why {period} differs cannot be told: {reason}.", period=periods.now, reason=reason)


def notes(say: Speaker, change: Change) -> list[str]:
    """What the sentences are of, and what is left out."""
    told = [
        say(
            "Told of {now} missions, and {before} before; of every 100, {missing} have no measured time, {missed} "
            "before.",
            now=say.count(change.now.judged),
            before=say.count(change.before.judged),
            missing=_hundred(say, change.now.unmeasured_share),
            missed=_hundred(say, change.before.unmeasured_share),
        ),
        say(
            "Causes add up to the change, and so do places, by their late missions beyond those that may be. Each "
            "lies, with 95 % certainty, within its line; hollow ones may be chance."
        ),
    ]
    if sealed := change.now.sealed + change.before.sealed:
        told.append(
            say(
                "{missions} missions are sealed: their hours are not known, nor their stages.",
                missions=say.count(sealed),
            )
        )
    elif not change.by_hour:
        told.append(say("Hours are not told apart: there are too many places and kinds for that."))
    if change.stages is not None:
        told.append(
            say(
                "Stages are of the {now} missions that have each of them measured, and {before} before; what they do "
                "not explain is how they go together, and other kinds of missions.",
                now=say.count(change.stages.now.judged),
                before=say.count(change.stages.before.judged),
            )
        )
    return told


def signed(say: Speaker, share: float) -> str:
    """A difference, of a hundred."""
    return say.signed(100 * share, 1)


def between(say: Speaker, estimate: Estimate) -> str:
    """What a difference lies between."""
    return say("{lower} to {upper}", lower=signed(say, estimate.lower), upper=signed(say, estimate.upper))


def stage_named(say: Speaker, service: Service, stage: str | None) -> str:
    """A stage; None is the rest that no clock tells."""
    return say("not told by any clock") if stage is None else names.clock(say, service, stage)


def _why(say: Speaker, service: Service, change: Change) -> str:
    standing = [(driver, one) for driver, one in change.drivers.items() if one.stands_out]
    if not standing:
        return say("No single cause stands out from chance.")
    standing.sort(key=lambda item: -abs(item[1].value))
    causes = "; ".join(say(_BECAUSE[driver, one.stands_out], difference=_apart(say, one)) for driver, one in standing)
    stages = change.stages.stages.items() if change.stages is not None else ()
    by_stage = _listed(say, ((stage_named(say, service, stage), one) for stage, one in stages))
    if by_stage:
        return say("Why: {causes}; by stage {stages}.", causes=causes, stages=by_stage)
    return say("Why: {causes}.", causes=causes)


def _where(say: Speaker, service: Service, change: Change) -> str:
    if not change.areas:
        return say(
            "Of every 100 missions {missing} have no measured time, {missed} before.",
            missing=_hundred(say, change.now.unmeasured_share),
            missed=_hundred(say, change.before.unmeasured_share),
        )
    named = ((names.area(say, service, part.area), part.change) for part in change.areas if part.area is not None)
    places = _listed(say, named)
    return say("Where: {places}.", places=places) if places else say("No single place stands out from chance.")


def _listed(say: Speaker, parts: Iterable[tuple[str, Estimate]]) -> str:
    """Those that stand out, the largest first."""
    standing = sorted((item for item in parts if item[1].stands_out), key=lambda item: -abs(item[1].value))
    told = (
        say("{name} {difference} more", name=name, difference=_apart(say, one))
        if one.stands_out > 0
        else say("{name} {difference} fewer", name=name, difference=_apart(say, one))
        for name, one in standing[:_MOST]
    )
    return ", ".join(told)


def _named(text: str, periods: Periods) -> dict[str, str]:
    known = {"period": periods.now, "other": periods.before}
    return {name: said for name, said in known.items() if f"{{{name}}}" in text}


def _hundred(say: Speaker, share: float) -> str:
    return say.number(100 * share, 1)


def _apart(say: Speaker, estimate: Estimate) -> str:
    return _hundred(say, abs(estimate.value))


def _between_apart(say: Speaker, estimate: Estimate) -> str:
    """Of a difference that stands out: its ends have one sign."""
    low, high = sorted(map(abs, (estimate.lower, estimate.upper)))
    return say("{lower} and {upper}", lower=_hundred(say, low), upper=_hundred(say, high))

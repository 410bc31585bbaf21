"""A backtest in words: what each alert says, what it stood on, what came afterwards, and all of it in short."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Final

from monitor.alerts.rule import Severity
from monitor.backtest.document import Backtest, Evidence, Outcome, Told, WhatIf
from monitor.backtest.episodes import Episode
from monitor.core.service import Objective
from monitor.core.stats import chosen
from monitor.core.stats.poisson import rate_interval
from monitor.core.verdict import State, Verdict
from monitor.words import durations, names
from monitor.words.durations import Notation
from monitor.words.speaker import NONE, Speaker, phrase
from monitor.words.verdicts import EVIDENCES, STATES, share_reached

ALERTS: Final[Mapping[str, str]] = {
    "ResponseObjectiveBreached": phrase("objective breached"),
    "ResponseObjectiveAtRisk": phrase("objective at risk"),
    "ResponseDriftOverTarget": phrase("late far more often than allowed"),
    "ResponseDriftOwnLevel": phrase("late more often than in its own past"),
}
SEVERITIES: Final[Mapping[Severity, str]] = {Severity.PAGE: phrase("page"), Severity.TICKET: phrase("ticket")}


def title(say: Speaker, found: Backtest) -> str:
    """What the whole is called."""
    return say("What the alarms would have told in {period}", period=found.period.name)


def about(say: Speaker, found: Backtest) -> str:
    """Of whom, and of which time."""
    zone = found.grid.zone
    begin, end = (datetime.fromtimestamp(at, zone).date() for at in (found.span.start, found.span.end - 1))
    told = say(
        "{service}, {first} to {last}.", service=names.service(say, found.service), first=say.day(begin),
        last=say.day(end),
    )  # fmt: skip
    return told if found.whole else f"{told} {say('The period is not known to its end.')}"


def named(say: Speaker, outcome: Outcome) -> str:
    """The parameters, as far as they are not those that are shipped."""
    return ", ".join(outcome.changed) or say("as shipped")


def in_short(say: Speaker, outcome: Outcome) -> list[str]:
    """What somebody who is on call has to know, in a few sentences."""
    pages, tickets = outcome.of(Severity.PAGE), outcome.of(Severity.TICKET)
    lines = [
        say("{pages} and {tickets} would have come.", pages=say.several("{count} page", "{count} pages", len(pages)),
            tickets=say.several("{count} ticket", "{count} tickets", len(tickets)))
    ]  # fmt: skip
    if pages:
        told = say(
            "After {right} of {pages} pages the objective was missed in the {days} days that followed, too.",
            right=right(pages), pages=len(pages), days=round(max(one.after_days for one in pages)),
        )  # fmt: skip
        lines.append(told)
    if outcome.calm is not None:
        lower, upper = calm_interval(outcome)
        told = say(
            "In {years} made of this one, no series worse than its objective, {rate} pages a year came for nothing "
            "(95 %: {lower} to {upper}), of {series} series together.",
            years=say.several("{count} calm year", "{count} calm years", len(outcome.calm.pages)),
            rate=say.number(outcome.calm.a_year), lower=say.number(lower), upper=say.number(upper),
            series=outcome.calm.series,
        )  # fmt: skip
        lines.append(told)
    if outcome.falls is not None:
        missions = to_page(outcome)
        told = say(
            "Where the share within falls to {within}, half of the falls are paged after {missions} missions and "
            "{days} days; {share} of all falls are found before the year ends.",
            within=" / ".join(sorted({say.share(one.within) for one in outcome.falls})) or NONE,
            missions=NONE if missions is None else say.count(round(missions[0])),
            days=NONE if missions is None else say.count(round(missions[1])),
            share=say.share(found_share(outcome)),
        )  # fmt: skip
        lines.append(told)
    return lines


def right(pages: Sequence[Told]) -> int:
    """After how many of them the objective was missed."""
    return sum(one.after.state is State.MISSED for one in pages)


def calm_interval(outcome: Outcome) -> tuple[float, float]:
    """95 % of the pages a year; (0, 0) where nobody asked."""
    if outcome.calm is None:
        return 0.0, 0.0
    return rate_interval(sum(outcome.calm.pages), len(outcome.calm.pages))


def to_page(outcome: Outcome) -> tuple[float, float] | None:
    """Missions and days until the page, in the median of all falls; None where fewer than half are found."""
    falls = outcome.falls or ()
    tries = sum(one.tries for one in falls)
    missions = [float(number) for one in falls for number in one.missions]
    days = [number for one in falls for number in one.days]
    if 2 * len(missions) <= tries:
        return None
    missing = [float("inf")] * (tries - len(missions))
    return median([*missions, *missing]), median([*days, *missing])


def false_pages(say: Speaker, outcome: Outcome) -> str:
    """A year, with their interval."""
    if outcome.calm is None:
        return NONE
    lower, upper = (say.number(end) for end in calm_interval(outcome))
    return f"{say.number(outcome.calm.a_year)} ({lower}–{upper})"


def missions_to_page(say: Speaker, outcome: Outcome) -> str:
    """In the median of all falls."""
    found = to_page(outcome)
    return NONE if found is None else say.count(round(found[0]))


def found_share(outcome: Outcome) -> float | None:
    """Of all falls, those that were paged; None where nobody asked."""
    tries = sum(one.tries for one in outcome.falls or ())
    return sum(len(one.missions) for one in outcome.falls or ()) / tries if tries else None


def stood_on(say: Speaker, evidence: Evidence) -> str:
    """Which missions, and what the test said of them."""
    late, judged = evidence.count.judged - evidence.count.within, evidence.count.judged
    counts = say("{late} of {judged} late, {window}", late=late, judged=judged, window=say.window(evidence.window))
    if evidence.is_score:
        return f"{counts}; {say('score')} {' / '.join(say.towards(evidence.value, evidence.limit))}"
    return f"{counts}; p {_p_value(say, evidence.value)}"


def afterwards(say: Speaker, told: Told) -> str:
    """What the missions did that came after it."""
    verdict = told.after
    days = say.window(f"{max(1, round(told.after_days))}d")
    if not verdict.decided:
        return f"{days}: {say(STATES[verdict.state])}"
    return f"{days}: {share_reached(say, verdict)} {say('of')} {say.count(verdict.judged)}, {judged(say, verdict)}"


def judged(say: Speaker, verdict: Verdict) -> str:
    """Met or missed, and how surely."""
    if not verdict.decided:
        return say(STATES[verdict.state])
    return f"{say(STATES[verdict.state])} ({say(EVIDENCES[verdict.evidence])})"


def until(say: Speaker, found: Backtest, told: Told) -> str:
    """When it was over."""
    end = told.episode.end
    return say("still on") if end is None else day(found, end)


def day(found: Backtest, at: float) -> str:
    """A local day, in little space."""
    return datetime.fromtimestamp(at, found.grid.zone).date().isoformat()


def minute(found: Backtest, at: float) -> str:
    """A local moment, in little space."""
    return f"{datetime.fromtimestamp(at, found.grid.zone):%Y-%m-%d %H:%M}"


def beside(say: Speaker, told: Told, other: Outcome | None) -> str:
    """The same page by the other parameters: when it would have come, or that it would not."""
    if other is None:
        return ""
    days = days_later(told, other)
    if days is None:
        return say("never")
    if round(days) == 0:
        return say("same day")
    return say("{days} d later", days=round(days)) if days > 0 else say("{days} d earlier", days=round(-days))


def days_later(told: Told, other: Outcome) -> float | None:
    """By how much later the other parameters page for that objective of the series while this lasts."""
    mine = told.episode
    begins = [
        one.episode.told_at
        for one in other.of(mine.severity)
        if (one.episode.area, one.episode.category, one.episode.objective)
        == (mine.area, mine.category, mine.objective)
        and one.episode.told_at is not None
        and one.episode.told_at < (mine.end or float("inf"))
        and (one.episode.end is None or one.episode.end > mine.begin)
    ]
    if not begins or mine.told_at is None:
        return None
    return (min(begins, key=lambda at: abs(at - mine.told_at)) - mine.told_at) / 86_400  # type: ignore[operator]


def threshold(say: Speaker, how: Notation, verdict: Verdict) -> str:
    """In the notation of its objective."""
    return durations.plainly(say, how, verdict.target_seconds)


def shares(say: Speaker, verdict: Verdict) -> str:
    """The share within, with its interval."""
    if verdict.share is None:
        return NONE
    ends = (say.number(100 * end, 0) for end in (verdict.share.lower, verdict.share.upper))
    return f"{share_reached(say, verdict)} ({'–'.join(ends)})"


def notes(say: Speaker, found: Backtest) -> list[str]:
    """What this can be relied on for, and what not."""
    told = [
        say(
            "The code that judges now, at each moment at which a mission was measured, on what was known of it then."
        ),
        say("Corrections that came later are in it: what was told before them is known no more."),
        say("Not looked back at: {alerts}.", alerts=", ".join(found.not_asked)),
    ]
    if any(outcome.calm is not None for outcome in found.outcomes):
        told.append(
            say(
                "A calm year: half-days of this one, drawn anew; where more missions were late than the objective "
                "allows, so many of them are taken to be in time."
            )
        )
    for objective in found.watched:
        if objective.slug in found.together:
            told += _together(say, found, objective)
    return told


def _together(say: Speaker, found: Backtest, objective: Objective) -> list[str]:
    """How far the missions of a day hang together, and what to ask where that is more than was tried."""
    one, reckoned = found.together[objective.slug], found.outcomes[0].rules.correlation
    rho, lower, upper, drawn, usual, most = (
        say.number(round(number, 2) + 0.0, 2)
        for number in (one.measured, one.interval.lower or 0.0, one.interval.upper or 0.0, one.drawn, reckoned,
                       chosen.MOST_DAY_CORRELATION)
    )  # fmt: skip
    told = [
        say(
            "{objective}: two missions of the same day are late together with a correlation of {rho} ({lower} to "
            "{upper}); drawn to what is usual, {drawn}. The alarms reckon with {usual}.",
            objective=names.headed(names.objective(say, objective)), rho=rho, lower=lower, upper=upper, drawn=drawn,
            usual=usual,
        )
    ]  # fmt: skip
    tried = f"{one.drawn:.2f}"
    if round(one.drawn, 2) > max(reckoned, chosen.MOST_DAY_CORRELATION):
        told.append(
            say(
                "That is more than they were tried for (up to {most}): more pages may come for nothing. How many, "
                "--calm-years 20 --set correlation={drawn} shows beside the present ones.",
                most=most, drawn=tried,
            )
        )  # fmt: skip
    return told


def what(say: Speaker, found: Backtest, episode: Episode) -> str:
    """What the alert says; of which objective, where there are several."""
    said = say(ALERTS[episode.alert])
    if len(found.watched) == 1:
        return said
    return f"{said} ({names.objective(say, found.service.objective(episode.objective))})"


def asked(say: Speaker, found: Backtest, objective: Objective, seconds: float | None) -> str:
    """The question about a threshold."""
    return say(
        "Had the threshold of {objective} been {time} in {period}?", objective=names.objective(say, objective),
        time=durations.lasting(say, seconds or 0.0), period=found.period.name,
    )  # fmt: skip


def answer(say: Speaker, asked: Sequence[WhatIf]) -> str:
    """In how many series the other threshold would have been met, and the own one was."""
    was, would = (
        sum(verdict.state is State.MET for verdict in verdicts)
        for verdicts in ([one.was for one in asked], [one.would_be for one in asked])
    )
    return say(
        "It would have been met in {would} of {series} series; by their own thresholds {was} met it.",
        would=would, series=len(asked), was=was,
    )  # fmt: skip


def _p_value(say: Speaker, value: float) -> str:
    return say.plain(float(f"{value:.2g}"))

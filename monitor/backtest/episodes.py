"""Pages and tickets that would have come of one series: from when to when, on what evidence, and which were told.

A condition that holds for as long as its alert wants begins an episode; one that comes back while the alert is still
held goes on with it (`monitor.alerts.rule`). Of the same series, what a stronger alert makes superfluous is told only
from when that one is over (`monitor.alerts.alertmanager`). Refuses to know when a series is looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from monitor.alerts.alertmanager import WEAKER
from monitor.alerts.rule import DAY, Severity
from monitor.backtest.firing import RULES, Fires
from monitor.core.alarm import Alarm
from monitor.core.hindsight import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What fired at a moment, and what the core said then, by objective."""

    fires: frozenset[Fires]
    alarms: dict[str, Alarm]


def seen_at(moments: Sequence[float], look: Callable[[float], Seen], *, stride: int = 1) -> list[tuple[float, Seen]]:
    """What is seen at the first of ascending moments, and at each at which something else fires (`changes`)."""
    known: dict[float, Seen] = {}

    def fires_at(at: float) -> frozenset[Fires]:
        known[at] = look(at)
        return known[at].fires

    return [(at, known[at]) for at, _ in changes(moments, fires_at, stride=stride)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One alert of one objective of a series. Epoch seconds; `end` is None where it still fires.

    `alarm`: what the core said when it began. `told_at`: when somebody was told; None where a stronger alert of the
    series said so all the time.
    """

    alert: str
    area: str
    category: str
    objective: str
    step: str
    begin: float
    end: float | None
    alarm: Alarm
    told_at: float | None

    @property
    def severity(self) -> Severity:
        """Whom it told."""
        return RULES[self.alert].severity


def episodes(area: str, category: str, seen: Iterable[tuple[float, Seen]]) -> list[Episode]:
    """Every episode of a series, of what was seen at ascending moments; in the order in which they began."""
    found = [
        Episode(
            alert=fires.alert, area=area, category=category, objective=fires.objective, step=fires.step,
            begin=begin, end=end, alarm=alarm, told_at=begin,
        )
        for fires, spells in _spells(seen).items()
        for begin, end, alarm in _held(
            news(spells, DAY) if fires.step else spells,
            RULES[fires.alert].for_seconds, RULES[fires.alert].keep_firing_seconds,
        )
    ]  # fmt: skip
    silenced = [replace(one, told_at=_told_at(one, found)) for one in found]
    return sorted(silenced, key=lambda one: (one.begin, one.alert, one.objective))


Spell = tuple[float, float | None, Alarm]
"""From when to when a condition held, and what the core said when it began."""
Said = TypeVar("Said")


def _spells(seen: Iterable[tuple[float, Seen]]) -> dict[Fires, list[Spell]]:
    found: dict[Fires, list[Spell]] = {}
    running: dict[Fires, tuple[float, Alarm]] = {}
    for at, now in seen:
        for one in running.keys() - now.fires:
            begin, alarm = running.pop(one)
            found.setdefault(one, []).append((begin, at, alarm))
        for one in now.fires - running.keys():
            running[one] = (at, now.alarms[one.objective])
    for one, (begin, alarm) in running.items():
        found.setdefault(one, []).append((begin, None, alarm))
    return found


def news(spells: Iterable[tuple[float, float | None, Said]], day: float) -> Iterator[tuple[float, float, Said]]:
    """The parts of spells that are news: what held at no time of the week before the last `day` (`promql.news`).

    Of ascending spells, with what is said of each.
    """
    since = told_from = last = float("-inf")
    for begin, end, said in spells:
        if begin - last > 7 * day:
            since, told_from = begin, last + 8 * day
        last = float("inf") if end is None else end
        starts, stops = max(begin, told_from), min(since + day, last)
        if starts < stops:
            yield starts, stops, said


def _held(spells: Iterable[Spell], for_seconds: float, keep_seconds: float) -> Iterator[Spell]:
    """Spells that last long enough, each with those that follow while the alert is kept."""
    held: Spell | None = None
    for begin, end, alarm in spells:
        if end is not None and end - begin < for_seconds:
            continue
        if held is not None and held[1] is not None and begin - held[1] <= keep_seconds:
            held = (held[0], end, held[2])
            continue
        if held is not None:
            yield held
        held = (begin, end, alarm)
    if held is not None:
        yield held


def _told_at(one: Episode, among: Sequence[Episode]) -> float | None:
    """The first moment of an episode at which nothing stronger fires."""
    stronger = sorted(
        (other.begin, float("inf") if other.end is None else other.end)
        for other in among
        if one.alert in WEAKER.get(other.alert, ())
    )
    at = one.begin
    for begin, end in stronger:
        if begin <= at < end:
            at = end
    return at if at < (float("inf") if one.end is None else one.end) else None

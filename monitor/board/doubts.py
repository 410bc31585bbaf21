"""What makes the figures doubtful: the banners of every page, and what has fallen silent, for a wall.

Decides what is told to everybody who looks; what exactly is wrong with a store, and where, is for whoever runs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from monitor.published import Published, StoreState
from monitor.words import names
from monitor.words.speaker import NONE, Speaker, phrase

STORES: Final[Mapping[StoreState, str]] = {
    StoreState.UP: phrase("up"),
    StoreState.DOWN: phrase("DOWN"),
    StoreState.UNREADABLE: phrase("UNREADABLE"),
    StoreState.UNKNOWN: phrase("not read yet"),
}
PROBLEMS: Final[Mapping[StoreState, str]] = {
    StoreState.DOWN: phrase("the store (Redis) does not answer"),
    StoreState.UNREADABLE: phrase("the store (Redis) holds something that this program cannot read"),
    StoreState.UNKNOWN: phrase("the store (Redis) has not been read yet"),
}
SILENT: Final = phrase("The feed is silent: nothing can be said about now, so every verdict is “no data”.")


def banners(published: Published, say: Speaker, zone: ZoneInfo, *, over: bool = False) -> list[tuple[str, bool]]:
    """What makes the figures doubtful, the worst first, each with whether /readyz knows more.

    `over`: they are of a period that is over, of which a silent feed takes nothing away.
    """
    told = []
    if (problem := PROBLEMS.get(published.store)) is not None:
        if published.loaded:
            text = say("These figures are no longer updated: {problem}.", problem=say(problem))
        else:
            text = say("No figures yet: {problem}.", problem=say(problem))
        told.append((text, True))
    elif published.loaded and published.workforce is not None:
        if not published.workforce.workers:
            told.append((say("No worker is running: new missions are not counted."), True))
        elif published.unheld or published.workforce.slowed:
            told.append((say("Some missions are counted late, or not at all."), True))
    if published.loaded and published.snapshot.stale and not over:
        told.append((say(SILENT), False))
    if (claimed := published.snapshot.heard.ahead_at) is not None:
        moment = f"{datetime.fromtimestamp(claimed, zone):%Y-%m-%d %H:%M}"  # the year is the point of it
        text = say(
            "The newest record claims to be of {moment}, which is in the future: a clock of the source is wrong.",
            moment=moment,
        )
        told.append((text, False))
    if left_out := published.snapshot.left_out:
        service = published.snapshot.service
        listed = ", ".join(f"{names.area(say, service, area)} {count}" for area, count in left_out.items())
        text = say(
            "{missions} stored missions are in no figure, for their area or category is not declared: {areas}.",
            missions=sum(left_out.values()),
            areas=listed,
        )
        told.append((text, False))
    return told


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may fall silent, in words. `since`: when it was heard of (epoch seconds), if that matters."""

    name: str
    told: str
    good: bool
    since: float | None = None


def facts(published: Published, say: Speaker) -> list[Fact]:
    """The parts that figures come through, from those who take missions in to the store they are read from."""
    snapshot, workforce, total = published.snapshot, published.workforce, len(published.heads)
    found = [
        Fact(say("Figures"), "", published.loaded and published.store_up, published.read_at),
        Fact(
            say("Last event"),
            say("FEED SILENT") if snapshot.stale else "",
            published.loaded and not snapshot.stale,
            snapshot.last_record_at,
        ),
        Fact(say("Store"), say(STORES[published.store]), published.store_up),
    ]
    if published.silenced is not None and not published.silenced.known:  # those that are known stand below, each
        found.append(Fact(say("Silences"), say("not known"), good=False))
    if workforce is None:
        return [*found, Fact(say("Workers"), NONE, good=True)]
    behind = {*published.unheld, *workforce.slowed} if workforce.workers else {*published.heads}
    kept = say("{count} of {total} behind", count=len(behind), total=total) if behind else say.count(total)
    return [
        *found,
        Fact(say("Workers"), say.count(workforce.workers), workforce.workers > 0),
        Fact(say("Partitions"), kept, not behind),
    ]

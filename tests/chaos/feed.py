"""A seeded stream of mission events as a troublesome source tells them, endless and the same for a seed.

Missions overlap; each is told in several snapshots, or in rows of units: corrections, moves, re-gradings,
cancellations, exclusions, duplicates, repeats of older snapshots, contradictions, gaps in the revisions or none at
all, and now and then something that is no event. A share of the rows is told by way of a feed. Knows nothing of
Kafka, and judges nothing: that is the account's work.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.chaos.fed import as_record, nonsense

DISTRICTS = (
    "oslo", "ost", "innlandet", "sor-ost", "agder", "sor-vest", "vest", "more-og-romsdal", "trondelag", "nordland",
    "troms", "finnmark",
)  # fmt: skip
SETTLEMENTS = ("urban", "town", "rural")
FIRST_RING = datetime(2024, 2, 1, tzinfo=UTC)
MINUTES = 290 * 24 * 60
AT_ONCE = 400
"""Missions that are told interleaved."""
INVALID_RATIO = 0.02
IN_ROWS = 0.25
FED = 0.5
"""Of those in rows: told by way of a feed."""


@dataclass(frozen=True, slots=True)
class Told:
    """One record of the source."""

    key: bytes
    value: bytes | None
    valid: bool
    fed: bool = False
    """Whether it is a record of the feed's source."""
    means: bytes | None = None
    """The event that a feed makes of it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a source tells its missions."""

    minutes: int = MINUTES
    """Within how long they began."""
    in_rows: float = IN_ROWS
    """Share of those that are told in rows of units."""
    fed: float = FED
    """Of these, the share that comes by way of a feed."""


def events(seed: int, manner: Manner, stays: Callable[[bytes], bool] = lambda _key: True) -> Iterator[Told]:
    """The stream. Every mission's snapshots come in its own order, mixed with those of others.

    `stays`: whether a mission that a feed tells keeps its partition, however many there will be.
    """
    rng = random.Random(f"feed {seed}")  # noqa: S311 - invented missions
    number = 0
    telling: list[Iterator[Told]] = []
    while True:
        while len(telling) < AT_ONCE:
            number += 1
            telling.append(iter(_story(rng, f"c{seed}-{number}", manner, stays)))
        place = rng.randrange(len(telling))
        told = next(telling[place], None)
        if told is None:
            telling[place] = telling[-1]
            telling.pop()
            continue
        yield told
        if rng.random() < INVALID_RATIO:
            yield _nonsense(rng, told)


def _story(rng: random.Random, mission: str, manner: Manner, stays: Callable[[bytes], bool]) -> list[Told]:
    rang = FIRST_RING + timedelta(minutes=rng.randrange(manner.minutes), seconds=rng.randrange(60))
    event: dict[str, Any] = {
        "mission_id": mission,
        "district": rng.choice(DISTRICTS),
        "settlement": rng.choice(SETTLEMENTS),
        "urgent": rng.random() < 0.9,
        "status": "open",
        "ringing_at": None if rng.random() < 0.03 else rang.isoformat(),
        "on_scene_at": None,
        "recorded_at": (rang + timedelta(minutes=1)).isoformat(),
    }
    arrived = rng.random() < 0.92
    steps = [dict(event)]
    if arrived:
        event["on_scene_at"] = (rang + timedelta(seconds=_response(rng))).isoformat()
        steps.append(dict(event))
    if rng.random() < manner.in_rows:
        if fed := rng.random() < manner.fed:
            mission = next(one for one in (f"{mission}-{number}" for number in count()) if stays(one.encode()))
        return _in_rows(rng, event | {"mission_id": mission}, rang, fed=fed)
    if rng.random() < 0.95:
        event["status"] = "closed"
        steps.append(dict(event))
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
        _amend(rng, event, rang)
        steps.append(dict(event))
    return _numbered(rng, mission, steps)


def _in_rows(rng: random.Random, event: dict[str, Any], rang: datetime, *, fed: bool) -> list[Told]:
    """The call in one row, each unit in another, told in any order; amended, withdrawn, told again."""
    mission = event["mission_id"]
    call = {name: value for name, value in event.items() if name != "on_scene_at"}
    units = [
        {"mission_id": mission, "on_scene_at": (rang + timedelta(seconds=_response(rng))).isoformat()}
        for _ in range(rng.randrange(4))
    ]
    steps = [{**said, "row": f"r{number}"} for number, said in enumerate([call, *units])]
    rng.shuffle(steps)
    for _ in range(rng.randrange(4)):
        step = dict(rng.choice(steps))
        match rng.randrange(4):
            case 0:
                step["status"] = "cancelled"
            case 1:
                step["status"] = "closed"
            case 2 if "on_scene_at" in step:
                step["on_scene_at"] = (rang + timedelta(seconds=_response(rng))).isoformat()
            case _ if "district" in step:
                _amend(rng, step, rang)
            case _:
                pass
        steps.append(step)
    return _by_feed(rng, mission, steps) if fed else _numbered(rng, mission, steps)


def _by_feed(rng: random.Random, mission: str, steps: list[dict[str, Any]]) -> list[Told]:
    """The steps as records of a source that numbers them all; some come again, now or much later."""
    told: list[Told] = []
    for revision, step in enumerate(steps, rng.randrange(3)):
        said = {**step, "revision": revision}
        told.append(Told(mission.encode(), as_record(said), True, True, json.dumps(said).encode()))
        if rng.random() < 0.1:
            told.append(rng.choice(told))
    return told


def _response(rng: random.Random) -> float:
    return round(min(rng.lognormvariate(6.5, 0.7), 80_000.0), rng.choice((0, 0, 3)))


def _amend(rng: random.Random, event: dict[str, Any], rang: datetime) -> None:
    match rng.randrange(7):
        case 0:  # a wrong time put right
            event["on_scene_at"] = (rang + timedelta(seconds=_response(rng))).isoformat()
            event["ringing_at"] = rang.isoformat()
        case 1:  # another day
            shift = timedelta(days=rng.randrange(1, 9))
            event["ringing_at"] = (rang - shift).isoformat()
            event["on_scene_at"] = (rang - shift + timedelta(seconds=_response(rng))).isoformat()
        case 2:
            event["district"] = rng.choice(DISTRICTS)
        case 3:
            event["settlement"] = rng.choice(SETTLEMENTS)
        case 4:
            event["urgent"] = not event["urgent"]
        case 5:
            event["status"] = rng.choice(("cancelled", "closed", "open"))
        case _:
            event["excluded"] = "exercise"


def _numbered(rng: random.Random, mission: str, steps: list[dict[str, Any]]) -> list[Told]:
    """The steps with revisions (or without), and what a bad line makes of them: repeats and contradictions."""
    plan = rng.random()
    revision = rng.randrange(3)
    told: list[Told] = []
    for step in steps:
        if plan > 0.15 and not (plan > 0.9 and rng.random() < 0.3):
            step["revision"] = revision
        revision += rng.choice((1, 1, 1, 2, 5))
        told.append(_told(mission, step))
        chance = rng.random()
        if chance < 0.08:
            told.append(told[-1])
        elif chance < 0.12:
            told.append(rng.choice(told))
        elif chance < 0.14 and "revision" in step and "district" in step:
            told.append(_told(mission, {**step, "district": rng.choice(DISTRICTS)}))
    return told


def _told(mission: str, event: dict[str, Any]) -> Told:
    return Told(mission.encode(), json.dumps(event).encode(), valid=True)


def _nonsense(rng: random.Random, told: Told) -> Told:
    value = told.value or b"{}"
    wrong: bytes | None
    if told.fed:
        cut = rng.randrange(2, len(value) - 1) if rng.random() < 0.5 or b'"state": null' in value else None
        return Told(told.key, nonsense(value, cut=cut), valid=False, fed=True)
    match rng.randrange(4):
        case 0:
            wrong = value[: rng.randrange(2, len(value) - 1)]
        case 1:
            wrong = value.replace(b'"mission_id": "', b'"district": "x", "mission_id": "')
            wrong = value.replace(b'"district": "', b'"district": "x') if b'"district"' in value else wrong
        case 2:
            wrong = None
        case _:
            wrong = value.replace(b"+00:00", b"")
    return Told(told.key, wrong, valid=False)

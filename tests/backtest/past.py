"""Invented histories of a small service: what its dispatch system told, when, and what came of it."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from monitor.core.batch import Batch
from monitor.core.history import History
from monitor.core.partition import Partition, Policy
from monitor.core.stored import read_head
from monitor.core.targets import Targets, TargetSet
from tests.core.figures import GRID
from tests.core.police import SERVICE
from tests.exporter.world import Rec

HOUR, DAY = 3600.0, 86_400.0
BEGINS: Final = datetime(2024, 2, 27, 23, 0, tzinfo=UTC).timestamp()
"""Midnight in Oslo: a leap day and the beginning of summer time are near."""
THRESHOLD: Final = 600.0
TARGETS: Final = Targets(
    [
        TargetSet(
            valid_from=date(2020, 1, 1),
            source="test",
            targets={series: {"goal": 300.0, "requirement": THRESHOLD} for series in SERVICE.judged_series},
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Past:
    """A mission that rang at `at` (epoch seconds, whole) and took `seconds`; None: nobody ever arrived."""

    series: tuple[str, str]
    at: float
    seconds: float | None

    @property
    def known_at(self) -> float:
        """When its end was told; of one without, when it was closed."""
        return self.at + (7200.0 if self.seconds is None else self.seconds)


def invented(
    number: int, *, days: float, late: float, storm: tuple[float, float, float] = (0, 0, 0), seed: int = 1
) -> list[Past]:
    """So many missions, a share of them `late`; from one day to another it is the third number of `storm`."""
    chance = random.Random(seed)  # noqa: S311 - invented missions
    made = []
    for at in sorted(chance.uniform(0, days) for _ in range(number)):
        share = storm[2] if storm[0] <= at < storm[1] else late
        took: float | None = float(chance.randint(601, 4000) if chance.random() < share else chance.randint(60, 600))
        series = chance.choice(("oslo", "oslo", "vest")), chance.choice(("urban", "rural"))
        made.append(Past(series, BEGINS + float(round(at * DAY)), None if chance.random() < 0.05 else took))
    return made


class Live:
    """A worker and an exporter's memory, told one event at a time."""

    def __init__(self) -> None:
        self.partition = Partition.start(
            Policy(grid=GRID, service=SERVICE, targets=TARGETS, horizon_seconds=None, capacity=2**62)
        )
        self.history = History(GRID, TARGETS, SERVICE)
        self.stored: dict[int, list[bytes]] = {}

    def tell(self, events: Sequence[bytes], now: float) -> None:
        """The events as a batch that arrived at a moment (epoch seconds)."""
        begin = self.partition.next_offset
        records = [Rec(number, int(now * 1000), value) for number, value in enumerate(events, begin)]
        effects = self.partition.apply(Batch(begin, begin + len(records), records), now)
        assert not effects.dead_letters
        changes = self.partition.checkpoint()
        for day, blob in changes.append.items():
            self.stored.setdefault(day, []).append(blob)
        self.stored |= {day: [*blobs] for day, blobs in changes.replace.items()}
        changed = {day: self.stored[day] for day in (*changes.append, *changes.replace)}
        self.history.put(0, read_head(changes.head), changed)


def event(name: str, one: Past, *, over: bool) -> bytes:
    """The mission as a dispatch system knows it while it goes on, or once it is over."""
    end = one.at + one.seconds if over and one.seconds is not None else None
    return json.dumps(
        {
            "mission_id": name,
            "revision": int(over),
            "district": one.series[0],
            "settlement": one.series[1],
            "urgent": True,
            "status": "closed" if over else "open",
            "ringing_at": datetime.fromtimestamp(one.at, UTC).isoformat(),
            "on_scene_at": None if end is None else datetime.fromtimestamp(end, UTC).isoformat(),
        }
    ).encode()


def told(missions: Iterable[Past]) -> list[tuple[float, bytes]]:
    """Every event and when it is told: as a mission rings, and when somebody has arrived."""
    events = []
    for number, one in enumerate(missions):
        events.append((one.at, event(f"m-{number}", one, over=False)))
        events.append((one.known_at, event(f"m-{number}", one, over=True)))
    return sorted(events)

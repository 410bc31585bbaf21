"""What is fuzzed: each decoder with valid inputs to damage, and the exceptions it may raise."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.core.batch import Batch
from monitor.core.mission import Kind, Mission, Rejected, pack
from monitor.core.partition import Partition
from monitor.core.reader import EventReader
from monitor.core.sealing import seal
from monitor.core.stored import (
    Head,
    StoredStateError,
    read_day,
    read_head,
    write_aggregates,
    write_entries,
    write_head,
    write_part,
)
from monitor.feeds.declared_tables import ENVELOPES
from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Refused
from tests.core.events import BASE, GRID, SERIES, Rec, policy
from tests.core.police import SERVICE
from tests.core.stretches import stretch
from tests.feeds.small import SERVICE as SMALL
from tests.feeds.small import feed
from tests.fuzz.source_records import FEEDS, SEEDS

EVENTS = tuple(
    json.dumps(event).encode()
    for event in (
        {
            "mission_id": "m-1", "revision": 3, "district": "oslo", "settlement": "urban", "urgent": True,
            "status": "closed", "ringing_at": "2024-03-30T01:10:00+01:00", "dispatched_at": "2024-03-30T01:11:00Z",
            "on_scene_at": "2024-03-30T01:20:00.123456+01:00", "recorded_at": "2024-03-30T00:21:00Z", "note": [1, {}],
        },
        {
            "mission_id": "m-2", "district": "vest", "settlement": "rural", "urgent": False, "status": "open",
            "ringing_at": None, "on_scene_at": None, "excluded": "øvelse",
        },
    )
)  # fmt: skip
HEAD = Head(
    next_offset=41, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=["response"],
    measures=[("oslo", "rural", "goal"), ("national", "rural", "goal")], watermark=1.7e9, sealed_before=1.6e9,
    last_record_at=1.7e9, missions=2, outcomes={"new": 2}, dead_letters={"late": 1},
    records_ahead=1, ahead_at=1.8e9, moves=[(2024, 2025, 3), (2024, 0, 1)], conflicts=[(2024, 2025, 1)],
)  # fmt: skip
ENTRIES = [
    Mission("m-1", 3, 0, BASE.timestamp(), Kind.MEASURED, 610.5),
    Mission("m-2", None, 3, BASE.timestamp() + 60, Kind.OPEN, None),
    Mission("m-3", 0, 1, 0.0, Kind.MOVED, None),
]
AGGREGATES = [
    stretch(
        series=1, start=BASE.timestamp(), end=BASE.timestamp() + 3600, responses=[60.0, 90.5, 700.0], unmeasured=1,
        excluded=2, targets=(600.0, 1200.0, None, 1200.0),
    ),
]  # fmt: skip
OF_TWO_CLOCKS = [
    Mission("m-4", 1, 0, BASE.timestamp(), Kind.MEASURED, pack([(Kind.MEASURED, 610.5), (Kind.MEASURED, 60.0)])),
    Mission("m-5", 1, 0, BASE.timestamp(), Kind.NO_END, pack([(Kind.NO_END, None), (Kind.TOO_LONG, None)])),
    Mission("m-6", 1, 0, BASE.timestamp(), Kind.EXCLUDED, None),
]
SEALED_OF_TWO = seal(
    OF_TWO_CLOCKS, series=0, start=BASE.timestamp(), end=BASE.timestamp() + 3600, clocks=2,
    thresholds=[(0, 600.0, 0), (1, 90.0, 1)],
)  # fmt: skip
V1 = Path(__file__).parent.parent / "golden" / "v1"


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder. `declared`: the only exceptions that may leave it."""

    name: str
    seeds: tuple[bytes, ...]
    decode: Callable[[bytes], object]
    declared: type[Exception]

    def feed(self, data: bytes) -> bool:
        """Whether the decoder took it; anything but a declared exception goes up."""
        try:
            self.decode(data)
        except self.declared:
            return False
        return True


OF_SOURCES = tuple(json.dumps(one).encode() for seeds in SEEDS.values() for one in seeds)
READINGS = [
    (decoder(FormatDeclaration(envelope=envelope)), Mapper(feed(text).sources[0], SMALL))
    for envelope, text in zip(ENVELOPES, FEEDS, strict=False)
]


def _of_source(data: bytes) -> object:
    """Every envelope reads it: taken, where any does."""
    told: list[object] = []
    refused: list[Refused] = []
    for decode, mapper in READINGS:
        try:
            told += [mapper.map(row) for row in decode(data, None)]
        except Refused as fault:
            refused.append(fault)
    if not told and refused:
        raise refused[0]
    return told


READER = EventReader(SERVICE, GRID)


def _read_event(data: bytes) -> object:
    mission = READER.read(data, 1.75e9)
    assert math.isfinite(mission.placed_at)
    assert mission.times is None or (isinstance(mission.times, float) and 0 <= mission.times <= 86_400)
    return mission


def _partition(data: bytes) -> object:
    """A whole partition takes the record: it must end as a count or as a dead letter, and be storable."""
    partition = Partition.start(policy(horizon_seconds=400 * 86_400.0))
    effects = partition.apply(Batch(0, 1, [Rec(0, 1_750_000_000_000, data)]), 1.75e9)
    assert len(effects.dead_letters) + len(partition.missions) == 1
    if effects.dead_letters:
        raise Rejected(effects.dead_letters[0].reason, effects.dead_letters[0].detail)
    changes = partition.checkpoint()
    read_head(changes.head)
    for blob in changes.append.values():
        read_day([blob])
    return partition


TARGETS = (
    Target("source", OF_SOURCES, _of_source, Refused),
    Target("event", EVENTS, _read_event, Rejected),
    Target("record", EVENTS, _partition, Rejected),
    Target("head", (write_head(HEAD), (V1 / "head.bin").read_bytes()), read_head, StoredStateError),
    Target(
        "day",
        (
            write_entries(ENTRIES),
            write_aggregates(AGGREGATES),
            write_entries([]),
            write_entries(OF_TWO_CLOCKS),
            write_aggregates([SEALED_OF_TWO]),
            write_part(OF_TWO_CLOCKS, [SEALED_OF_TWO], bytes(range(8)) * SEALED_OF_TWO.missions),
            (V1 / "entries.bin").read_bytes(),
            (V1 / "aggregates.bin").read_bytes(),
        ),
        lambda data: read_day([data]),
        StoredStateError,
    ),
)

"""The fold that every Python peer does: a ledger with corrections, a t-digest per day, district and class.

The highest revision of a mission counts, whatever the order, and what was delivered twice counts once. The last 400
days are kept correctable as exact values; older days become t-digests and are forgotten otherwise. What changed
since the last checkpoint goes to Redis in one transaction, with the offset where it continues. Written as one would
write it by hand: no dead letters, no fencing, no statistics.
"""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastdigest import TDigest, merge_all

HORIZON_DAYS = 400
CHECKPOINT_SECONDS = 0.5
OSLO = ZoneInfo("Europe/Oslo")


class Event(msgspec.Struct, gc=False):
    """One snapshot of a mission, as far as it matters here."""

    mission_id: str
    revision: int
    district: str
    settlement: str
    urgent: bool
    status: Literal["open", "closed", "cancelled"]
    ringing_at: datetime | None
    on_scene_at: datetime | None
    excluded: str | None = None


decode = msgspec.json.Decoder(Event).decode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode

Mission = tuple[int, int, str, float | None]
"""Revision, day (ordinal, local), series, response in seconds where it counts."""


class Fold:
    """The state of one partition."""

    def __init__(self) -> None:
        self.missions: dict[str, Mission] = {}
        self.days: dict[int, set[str]] = {}
        self.newest = 0
        self.sealed_before = 0
        self._days_of: dict[int, int] = {}
        self._changed: set[str] = set()
        self._moved: list[tuple[int, str]] = []
        self._sealed: list[tuple[int, dict[str, bytes]]] = []

    def take(self, event: Event) -> None:
        """Count a snapshot unless a newer one is known."""
        known = self.missions.get(event.mission_id)
        if known is None or event.revision > known[0]:
            self.put(event, known)

    def put(self, event: Event, known: Mission | None) -> None:
        """Count a snapshot in the place of the one known."""
        mission_id, ringing, response = event.mission_id, event.ringing_at, None
        if ringing is not None:
            day = self._day(ringing)
            if event.on_scene_at is not None and event.urgent and event.status != "cancelled" and not event.excluded:
                response = (event.on_scene_at - ringing).total_seconds()
        else:
            day = known[1] if known is not None else self.newest
        if day < self.sealed_before:
            return
        if known is not None and known[1] != day:
            self.days[known[1]].discard(mission_id)
            self._moved.append((known[1], mission_id))
        self.missions[mission_id] = (event.revision, day, f"{event.district}/{event.settlement}", response)
        held = self.days.get(day)
        if held is None:
            held = self.days[day] = set()
        held.add(mission_id)
        self._changed.add(mission_id)
        if day > self.newest:
            self.newest = day
            self._seal(day - HORIZON_DAYS)

    def _day(self, at: datetime) -> int:
        hour = int(at.timestamp()) // 3600
        day = self._days_of.get(hour)
        if day is None:
            day = self._days_of[hour] = at.astimezone(OSLO).toordinal()
        return day

    def _seal(self, line: int) -> None:
        self.sealed_before = line
        for day in sorted(day for day in self.days if day < line):
            values: dict[str, list[float]] = {}
            for mission_id in self.days.pop(day):
                _, _, series, response = self.missions.pop(mission_id)
                self._changed.discard(mission_id)
                if response is not None:
                    values.setdefault(series, []).append(response)
            self._sealed.append(
                (day, {series: TDigest.from_values(found).to_bytes() for series, found in values.items()})
            )

    def write(self, pipe: Any, prefix: str, next_offset: int | None = None) -> None:
        """Put everything that changed since the last call into a Redis transaction."""
        by_day: dict[int, dict[str, bytes]] = {}
        for mission_id in self._changed:
            mission = self.missions[mission_id]
            by_day.setdefault(mission[1], {})[mission_id] = _pack(mission)
        for day, mission_id in self._moved:
            if day >= self.sealed_before:
                pipe.hdel(f"{prefix}:day:{day}", mission_id)
        for day, missions in by_day.items():
            pipe.hset(f"{prefix}:day:{day}", mapping=missions)
        for day, slices in self._sealed:
            pipe.delete(f"{prefix}:day:{day}")
            if slices:
                pipe.hset(f"{prefix}:sealed:{day}", mapping=slices)
        if next_offset is not None:
            pipe.hset(f"{prefix}:head", mapping={"next_offset": next_offset, "sealed_before": self.sealed_before})
        self._changed, self._moved, self._sealed = set(), [], []


def stored_totals(redis: Any, namespace: str) -> dict[str, tuple[int, float]]:
    """Count and 80th percentile by series, read back from Redis."""
    values: dict[str, list[float]] = {}
    digests: dict[str, list[TDigest]] = {}
    for key in redis.scan_iter(f"{namespace}:*:day:*", count=10_000):
        for blob in redis.hvals(key):
            _, _, series, response = _unpack(blob)
            if response is not None:
                values.setdefault(series, []).append(response)
    for key in redis.scan_iter(f"{namespace}:*:sealed:*", count=10_000):
        for series, blob in redis.hgetall(key).items():
            digests.setdefault(series.decode(), []).append(TDigest.from_bytes(blob))
    for series, found in values.items():
        digests.setdefault(series, []).append(TDigest.from_values(found))
    merged = {series: merge_all(parts) for series, parts in digests.items()}
    return {series: (round(digest.n_values), digest.quantile(0.8)) for series, digest in sorted(merged.items())}


async def write_all(redis: Any, namespace: str, folds: dict[int, "Fold"], offsets: dict[int, int]) -> None:
    """Store what changed in every partition, in one transaction, by an asyncio client."""
    async with redis.pipeline(transaction=True) as pipe:
        for number, fold in folds.items():
            fold.write(pipe, f"{namespace}:{number}", offsets.get(number))
        await pipe.execute()


def write_all_now(redis: Any, namespace: str, folds: dict[int, "Fold"], offsets: dict[int, int]) -> None:
    """The same by a blocking client."""
    with redis.pipeline(transaction=True) as pipe:
        for number, fold in folds.items():
            fold.write(pipe, f"{namespace}:{number}", offsets.get(number))
        pipe.execute()

"""Snapshots of a mission: one revision after the other, and the events that they are on the wire."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from monitor.simulator.world import World

_encoder: Final = msgspec.json.Encoder()


class Revision(msgspec.Struct, frozen=True):
    """One snapshot, times in milliseconds since 1970."""

    mission_id: str
    area: str
    category: str
    instants: Mapping[str, int]
    """The named instants known by now."""
    recorded_ms: int
    revision: int = 0
    eligible: bool = True
    status: str = "open"
    excluded: str | None = None


class Notebook:
    """The revisions written so far; each differs from the one before in what is named."""

    __slots__ = ("revisions",)

    def __init__(self, first: Revision) -> None:
        self.revisions = [first]

    def note(self, at_ms: int, instants: Mapping[str, int] | None = None, **changes: Any) -> None:
        """Write the next revision, at the given time but after the one before it."""
        latest = self.revisions[-1]
        self.revisions.append(
            msgspec.structs.replace(
                latest,
                revision=latest.revision + 1,
                recorded_ms=max(at_ms, latest.recorded_ms + 1),
                instants={**latest.instants, **(instants or {})},
                **changes,
            )
        )


def encoder(world: World) -> Callable[[Revision], bytes]:
    """What writes a revision as the JSON event of a world: its field names, its local time with the offset."""
    names, zone = world.fields, world.zone

    def local(moment_ms: int | None) -> str | None:
        if moment_ms is None:
            return None
        return datetime.fromtimestamp(moment_ms / 1000, zone).isoformat(timespec="milliseconds")

    def encode(revision: Revision) -> bytes:
        known = revision.instants
        event: dict[str, object] = {
            "mission_id": revision.mission_id,
            "revision": revision.revision,
            names.area: revision.area,
            names.category: revision.category,
        }
        if names.eligible is not None:
            event[names.eligible] = revision.eligible
        event["status"] = revision.status
        event |= {name: local(known.get(name)) for name in world.instants}
        event["recorded_at"] = local(revision.recorded_ms)
        event |= {name: local(known[name]) for name in known if name not in world.instants}
        if revision.excluded is not None:
            event["excluded"] = revision.excluded
        return _encoder.encode(event)

    return encode

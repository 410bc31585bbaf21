"""Events as a source might send them, for Hypothesis, and an independent account of what they amount to.

The account (`Account`) is written from the contract in plain words, with none of the core's code: it folds each
mission's snapshots and counts at the end.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.core.batch import Batch
from monitor.core.partition import Policy
from monitor.core.slices import Grid
from monitor.core.stored import Changes, Head, StoredDay, read_day, read_head
from monitor.core.targets import Targets, TargetSet
from tests.core.police import SERVICE, target_of

GRID = Grid(ZoneInfo("Europe/Oslo"))
SERIES = (("oslo", "urban"), ("oslo", "rural"), ("vest", "urban"), ("vest", "rural"))
BASE = datetime(2024, 3, 29, 20, 0, tzinfo=UTC)
"""Two days before the clocks of Europe/Oslo go forward."""
TARGETS = Targets(
    [
        TargetSet(
            valid_from=datetime(2024, 1, 1, tzinfo=UTC).date(),
            source="test",
            targets={
                (area, settlement): target_of(600.0, 1200.0)
                for area in ("national", "oslo", "vest")
                for settlement in ("urban", "rural")
            },
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Rec:
    """A Kafka record as the core sees it."""

    offset: int
    timestamp: int | None
    value: bytes | None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Snap:
    """One snapshot of one mission."""

    mission: str
    revision: int | None
    district: str
    settlement: str
    urgent: bool
    status: str
    rang: int | None
    """Minutes after BASE."""
    response: int | None
    """Seconds; None: no arrival registered."""
    excluded: bool
    recorded: int

    def encode(self) -> bytes:
        """The event as JSON, with the offset of local time for variety."""
        zone = ZoneInfo("Europe/Oslo")
        rang = None if self.rang is None else BASE + timedelta(minutes=self.rang)
        scene = None if rang is None or self.response is None else rang + timedelta(seconds=self.response)
        event = {
            "mission_id": self.mission,
            "district": self.district,
            "settlement": self.settlement,
            "urgent": self.urgent,
            "status": self.status,
            "ringing_at": rang.astimezone(zone).isoformat() if rang else None,
            "on_scene_at": scene.isoformat() if scene else None,
            "recorded_at": (BASE + timedelta(minutes=self.recorded)).isoformat(),
        }
        if self.revision is not None:
            event["revision"] = self.revision
        if self.excluded:
            event["excluded"] = "exercise"
        return json.dumps(event).encode()

    @property
    def placed(self) -> float:
        """Epoch seconds of the place in time."""
        return (BASE + timedelta(minutes=self.recorded if self.rang is None else self.rang)).timestamp()

    @property
    def counts_as(self) -> str:
        """The contribution, by the contract's table."""
        if not self.urgent or self.status == "cancelled":
            return "nothing"
        if self.excluded:
            return "excluded"
        if self.rang is not None and self.response is not None:
            return "measured"
        return "unmeasured" if self.status == "closed" else "open"


def snaps(*, minutes: int = 4000, revisions: bool = True) -> st.SearchStrategy[Snap]:
    """Snapshots of a handful of missions over `minutes`."""
    return st.builds(
        Snap,
        mission=st.sampled_from("abcdefgh"),
        revision=st.none() | st.integers(0, 5) if revisions else st.none(),
        district=st.sampled_from(["oslo", "vest"]),
        settlement=st.sampled_from(["urban", "rural"]),
        urgent=st.sampled_from([True, True, True, False]),
        status=st.sampled_from(["open", "closed", "closed", "cancelled"]),
        rang=st.none() | st.integers(0, minutes),
        response=st.none() | st.integers(0, 3000),
        excluded=st.sampled_from([False, False, False, True]),
        recorded=st.integers(0, minutes),
    )


@dataclass
class Account:
    """What a list of snapshots amounts to, missions being closed to changes when they are `horizon` seconds old.

    Whoever comes from behind that line stays open until event time has moved on by a day since anything did.
    """

    horizon: float | None = None
    current: dict[str, tuple[int | None, Snap]] = field(default_factory=dict)
    closed: list[Snap] = field(default_factory=list)
    late: int = 0
    conflicts: int = 0
    watermark: float = float("-inf")
    line: float = float("-inf")
    behind_at: float | None = None

    def take(self, snap: Snap) -> None:
        """One snapshot more, in the order of the partition."""
        known = self.current.get(snap.mission)
        kept, event = snap.revision, snap
        if known is None:
            # Where the begin is not known, a place this side of the line tells nothing.
            asked = snap.placed < self.line or (snap.rang is None and snap.counts_as in {"open", "unmeasured"})
            if asked and snap.mission in {one.mission for one in self.closed}:
                self.late += 1
                return
        else:
            revision, before = known
            same = _same(before, snap)
            if snap.revision is not None and revision is not None and snap.revision <= revision:
                self.conflicts += snap.revision == revision and not same
                self._advance(snap, unless=snap.revision == revision and not same)
                return
            kept = revision if snap.revision is None else snap.revision
            if snap.revision is None and same:
                self._advance(event)
                return
            if snap.counts_as == "nothing":
                snap = _at(snap, before)
        self.current[snap.mission] = (kept, snap)
        if event.placed < self.line:
            self.behind_at = self.watermark
        self._advance(event)

    def _advance(self, snap: Snap, *, unless: bool = False) -> None:
        if unless or self.horizon is None:
            return
        self.watermark = max(self.watermark, snap.placed)
        passed, self.line = self.line, max(self.line, self.watermark // 3600 * 3600 - self.horizon)
        if self.behind_at is not None and self.watermark // 3600 >= self.behind_at // 3600 + 24:
            passed, self.behind_at = float("-inf"), None
        for mission, (_, held) in list(self.current.items()):
            if passed <= held.placed < self.line:
                self.closed.append(held)
                del self.current[mission]

    @property
    def final(self) -> list[Snap]:
        """Every mission's last word."""
        return self.closed + [snap for _, snap in self.current.values()]

    def tally(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """Measured, unmeasured (closed or sealed while open), excluded and open missions by series."""
        sealed = {id(snap) for snap in self.closed}
        found: dict[tuple[str, str], list[int]] = {}
        for snap in self.final:
            places = {"measured": 0, "unmeasured": 1, "excluded": 2, "open": 1 if id(snap) in sealed else 3}
            if snap.counts_as in places:
                row = found.setdefault((snap.district, snap.settlement), [0, 0, 0, 0])
                row[places[snap.counts_as]] += 1
        return {series: (row[0], row[1], row[2], row[3]) for series, row in found.items()}

    def responses(self, district: str, settlement: str) -> list[float]:
        """Sorted response times (seconds) of the measured missions of a series."""
        return sorted(
            float(snap.response)
            for snap in self.final
            if snap.counts_as == "measured"
            and snap.response is not None
            and (snap.district, snap.settlement) == (district, settlement)
        )


def _same(one: Snap, other: Snap) -> bool:
    if one.counts_as == "nothing" or other.counts_as == "nothing":
        return one.counts_as == other.counts_as
    mine, yours = (
        (snap.counts_as, snap.rang is None and snap.counts_as in {"open", "unmeasured"}, snap.district,
         snap.settlement, snap.placed, snap.response if snap.counts_as == "measured" else None)
        for snap in (one, other)
    )  # fmt: skip
    return mine == yours


def _at(snap: Snap, before: Snap) -> Snap:
    """The snapshot of a mission that counts for nothing stays where the mission was."""
    return Snap(
        snap.mission, snap.revision, before.district, before.settlement, snap.urgent, snap.status,
        before.rang, snap.response, snap.excluded, before.recorded,
    )  # fmt: skip


def records(events: list[Snap], start: int = 0) -> list[Rec]:
    """Records at consecutive offsets; the record's timestamp lies after everything."""
    stamp = int((BASE + timedelta(days=30)).timestamp() * 1000)
    return [Rec(start + number, stamp, snap.encode()) for number, snap in enumerate(events)]


def batches(recs: list[Rec], cuts: list[int]) -> list[Batch]:
    """The records split at the given places."""
    edges = sorted({0, len(recs), *(cut % (len(recs) + 1) for cut in cuts)})
    found = []
    for left, right in pairwise(edges):
        found.append(Batch(recs[left].offset, recs[right - 1].offset + 1, recs[left:right]))
    return found


def policy(**changes: object) -> Policy:
    """A policy over SERIES, by default one that never seals."""
    settings: dict[str, object] = {
        "grid": GRID,
        "service": SERVICE,
        "targets": TARGETS,
        "horizon_seconds": None,
    }
    return Policy(**{**settings, **changes})  # type: ignore[arg-type]


class Shelf:
    """A store's logic in a few lines: what is there after a list of checkpoints."""

    def __init__(self) -> None:
        self.head: bytes | None = None
        self.days: dict[int, list[bytes]] = {}

    def put(self, changes: Changes) -> None:
        """Write one checkpoint."""
        for day, blob in changes.append.items():
            self.days.setdefault(day, []).append(blob)
        for day, blobs in changes.replace.items():
            self.days[day] = list(blobs)
        self.head = changes.head

    def read(self) -> tuple[Head, dict[int, StoredDay]]:
        """Head and days, decoded."""
        assert self.head is not None
        return read_head(self.head), {day: read_day(blobs) for day, blobs in self.days.items()}

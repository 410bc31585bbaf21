"""A small world to publish: a clock that is set by hand, a store, and partitions that write real checkpoints."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.core.slices import Grid
from monitor.core.targets import Targets, TargetSet
from monitor.exporter.refresh import Refresh
from monitor.settings import AccessSettings, Configuration, ExporterSettings, Settings
from monitor.settings.sections import EventSettings
from monitor.store.memory import MemoryBacking, MemoryStore
from monitor.store.port import Lease, LifeSign, Store
from monitor.wiring import empty_history, partition_policy, snapshot_terms
from tests.eventually import wait_until
from tests.presets import police

NOW = datetime(2024, 6, 12, 12, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0
DAY = 86_400.0
DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


class Clock:
    """Shows what it is set to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def configuration(
    *,
    refresh_seconds: float = 0.05,
    oslo: str = "Oslo",
    exporter: Mapping[str, object] | None = None,
    access: Mapping[str, object] | None = None,
) -> Configuration:
    """All districts; goal 10 and requirement 20 minutes everywhere but in Finnmark's towns, which have no cities."""
    settings = Settings(
        exporter=ExporterSettings.model_validate({"refresh_seconds": refresh_seconds, **(exporter or {})}),
        access=AccessSettings.model_validate(access or {}),
        events=EventSettings(stale_after_seconds=6 * HOUR),  # a world of few missions teaches no patience
    )
    one = TargetSet(
        valid_from=date(2020, 1, 1),
        source="test",
        targets={
            series: {"goal": 600.0, "requirement": 1200.0}
            for series in police().judged_series
            if series != ("finnmark", "urban")
        },
    )
    declared = police()
    areas = (replace(area, names={"en": oslo}) if area.slug == "oslo" else area for area in declared.areas)
    service = replace(declared, areas=tuple(areas))
    return Configuration(settings, Targets([one]), Grid(ZoneInfo("Europe/Oslo")), service)


@dataclass(frozen=True, slots=True)
class Rec:
    """A Kafka record as the core sees it."""

    offset: int
    timestamp: int | None
    value: bytes | None


def event(mission: str, **changes: object) -> dict[str, object]:
    """A mission that rang an hour before NOW and was reached after `minutes`; None: not yet."""
    minutes = changes.pop("minutes", 8.0)
    rang = changes.pop("rang", NOW - HOUR)
    assert isinstance(rang, float)
    arrived = rang + minutes * 60 if isinstance(minutes, int | float) else None
    return {
        "mission_id": mission,
        "district": "oslo",
        "settlement": "urban",
        "urgent": True,
        "status": "open" if arrived is None else "closed",
        "ringing_at": datetime.fromtimestamp(rang, UTC).isoformat(),
        "on_scene_at": None if arrived is None else datetime.fromtimestamp(arrived, UTC).isoformat(),
        **changes,
    }


def missions(count: int, *, late: int = 0, name: str = "m", **changes: object) -> list[dict[str, object]]:
    """Missions of one series: `late` of them took 25 minutes, the others 8."""
    return [
        event(f"{name}-{number}", **{"minutes": 25.0 if number < late else 8.0, **changes}) for number in range(count)
    ]


class World:
    """What the workers would do, and a refresh loop over it."""

    def __init__(
        self, *, store: Store | None = None, configured: Configuration | None = None, **settings: float | str
    ) -> None:
        self.configuration = configured or configuration(**settings)  # type: ignore[arg-type] - checked there
        self.clock = Clock()
        self.backing = MemoryBacking()
        self.store: Store = store or MemoryStore(self.backing)
        self.reading: Store = store or MemoryStore(self.backing)
        self.partitions: dict[int, Partition] = {}
        self.leases: dict[int, Lease] = {}

    async def tell(self, events: Iterable[object], *, partition: int = 0, at: float | None = None) -> None:
        """The events as records of one batch, taken into account and stored. Bytes go in as they are."""
        if partition not in self.partitions:
            self.partitions[partition] = Partition.start(partition_policy(self.configuration))
            self.leases[partition], _ = await self.store.claim(partition)
        state = self.partitions[partition]
        stamp = int((self.clock.now if at is None else at) * 1000)
        values = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
        recs = [Rec(number, stamp, value) for number, value in enumerate(values, state.next_offset)]
        state.apply(Batch(state.next_offset, state.next_offset + len(recs), recs), self.clock.now)
        self.leases[partition] = await self.store.checkpoint(self.leases[partition], state.checkpoint())
        await self.store.sign(LifeSign("worker", frozenset(self.partitions)), for_seconds=HOUR)

    def forget(self) -> None:
        """The store in memory loses everything, and so do the workers."""
        self.backing.empty()
        self.partitions.clear()
        self.leases.clear()

    def refresh(self) -> Refresh:
        """A loop that is not running yet."""
        return Refresh(
            self.reading,
            empty_history(self.configuration),
            snapshot_terms(self.configuration),
            refresh_seconds=self.configuration.settings.exporter.refresh_seconds,
            clock=self.clock,
        )

    def spoil(self, partition: int = 0) -> None:
        """The head becomes one that a newer program wrote."""
        kept = self.backing.kept[partition]
        kept.head = bytes((99,)) + kept.head[1:]
        kept.sequence += 1
        self.backing.announce()

    def mend(self, partition: int = 0) -> None:
        """The head becomes readable again."""
        kept = self.backing.kept[partition]
        kept.head = bytes((1,)) + kept.head[1:]
        kept.sequence += 1
        self.backing.announce()
        self.leases[partition] = replace(self.leases[partition], sequence=kept.sequence)


def measured(refresh: Refresh, window: str = "28d", area: str = "oslo", settlement: str = "urban") -> int:
    """Measured missions of one published row."""
    (row,) = [
        row
        for row in refresh.published.snapshot.rows
        if (row.area, row.category, row.window) == (area, settlement, window)
    ]
    return row.figures.first.measured


async def shows(refresh: Refresh, count: int, window: str = "28d", area: str = "oslo") -> None:
    """Wait until so many measured missions are published."""
    await wait_until(lambda: measured(refresh, window, area) == count, f"{count} missions in {window} of {area}")

"""One partition of the topic: the only mutator of the core. Batches in, effects out, checkpoints on demand.

Decides which records are taken (none below `next_offset`, none across a gap), what is rejected, when slices are
sealed, and what a checkpoint holds. Time is an argument; producing dead letters, storing checkpoints and
acknowledging to Kafka are somebody else's work. The same records in any split of batches give the same state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET

from monitor.core import restated
from monitor.core.agreement import Tally, require_alike
from monitor.core.batch import ROW_KEPT, Batch, DeadLetter, Effects, OffsetGap, Record
from monitor.core.digest import Backend
from monitor.core.feed import Arrival
from monitor.core.ledger import Day, Ledger, Vicinity
from monitor.core.mission import Kind, Limits, Mission, Reason, Rejected, index_of
from monitor.core.outcomes import REFUSED, STORES, Outcome
from monitor.core.reader import EventReader
from monitor.core.row_ledger import ROWS_PER_MISSION, RowLedger, Told
from monitor.core.rows import Fold, MissionRows, TellsRow
from monitor.core.sealing import Sealer
from monitor.core.service import DAY_SECONDS, Service
from monitor.core.slices import Grid
from monitor.core.stored import (
    Changes,
    Head,
    StoredDay,
    write_aggregates,
    write_entries,
    write_head,
    write_part,
)
from monitor.core.targets import Targets

CEILING: Final = 2
"""Times the capacity are held at most: missions of the last day are never sealed, so inventing ids could fill any
memory."""
MOST_DAYS: Final = 20_000
"""With so many local days in memory no event ahead of the clock opens another: days to come are never sealed, and a
store takes 100,000."""
_NO_OUTCOMES: Final = dict.fromkeys(Outcome, 0)
_FULL, _CONFLICT = Outcome.LEDGER_FULL, Outcome.CONFLICT
_PERHAPS_UNTIMED: Final = tuple(map(int, (Kind.NOTHING, Kind.EXCLUDED, Kind.UNTIMED, Kind.NO_BEGIN)))
"""Where such a mission lies at its record's timestamp, that is when it was told, which moves no watermark: a history
is told today."""
_SEALED_AT_ONCE: Final = 10_000
"""Missions behind the line, in one go: a whole history would hold everything else up."""
_ROLLED_UP_AT_ONCE: Final = 250
"""Days, likewise, and their bytes are one checkpoint."""
_SLACK: Final = 64
"""Superseded entries a stored day may hold beside twice its missions before it is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a partition is kept. All partitions of a topic share one."""

    grid: Grid
    service: Service
    targets: Targets
    limits: Limits = field(default_factory=Limits)
    horizon_seconds: float | None = 400 * DAY_SECONDS
    """Missions older than this (event time) are sealed; None: never."""
    capacity: int = 1_000_000
    """Missions kept correctable; beyond, the oldest slices are sealed early. `CEILING` times as many are the most
    that are ever held: beyond, an unknown mission is refused."""
    keep_seconds: float = DAY_SECONDS
    """Never sealed early: missions younger than this are still in progress. Behind the seal line nothing is sealed
    until event time has moved on by as much since anything was told there."""
    roll_up_seconds: float = 35 * DAY_SECONDS
    """Sealed slices older than this are kept as one aggregate per local day."""
    backend: Backend = "fastdigest"


class Partition:
    """State of one partition; build with `start` or `restore`."""

    def __init__(self, policy: Policy, head: Head, days: Mapping[int, StoredDay]) -> None:
        """Take up `head` and all `days` as stored.

        Raises StoredStateError where they do not fit the policy, DamagedState where they do not fit each other.
        """
        grid, service = policy.grid, policy.service
        require_alike(head, grid, service)
        head.service = service.slug
        tally = Tally(grid).after(head, days)
        head.sealed = tally.sealed
        self.policy = policy
        self.head = head
        self._names = [*dict.fromkeys((*head.series, *service.told_series))]
        numbers = index_of(self._names)
        index = {pair: numbers[pair] for pair in service.told_series}
        self._reader = EventReader(service, grid, index, policy.limits)
        self._longest = service.longest_seconds
        self._ledger = _ledger_of(grid, head, days, ceiling=CEILING * policy.capacity)
        self._rows = RowLedger(self._ledger, self._reader, Fold(service))
        self._stored_offset = head.next_offset
        self._seal_at = float("-inf")
        self._seal = Sealer(grid, service, policy.targets, head, self._names, backend=policy.backend)

    @classmethod
    def start(cls, policy: Policy, next_offset: int = 0) -> "Partition":
        """An empty partition that waits for `next_offset`."""
        grid = policy.grid
        head = Head(
            next_offset=next_offset, slice_seconds=grid.seconds, zone=grid.zone.key, series=[],
            clocks=[*policy.service.clock_slugs],
        )  # fmt: skip
        return cls(policy, head, {})

    @property
    def next_offset(self) -> int:
        """The offset of the next record to take; everything below has been taken into account."""
        return self.head.next_offset

    @property
    def missions(self) -> Mapping[str, Mission]:
        """Missions that can still be corrected, by id. Read only."""
        return self._ledger.missions

    @property
    def days(self) -> Mapping[int, Day]:
        """Local days in memory. Read only."""
        return self._ledger.days

    @property
    def series(self) -> Sequence[tuple[str, str]]:
        """(area, category) by series number."""
        return self._names

    @property
    def changed(self) -> int:
        """Missions that the next checkpoint would store."""
        days = self._ledger.days
        return sum(len(days[number].changed) for number in self._ledger.touched)

    def skip_lost(self, earliest: int) -> int:
        """Go on at `earliest` where retention has removed what lay between; the number of offsets lost."""
        lost = max(0, earliest - self.head.next_offset)
        self.head.next_offset += lost
        self.head.lost_offsets += lost
        return lost

    def apply(self, batch: Batch, now: float) -> Effects:  # noqa: C901, PLR0912, PLR0915 - every event passes
        """Take a batch into account, which arrived at `now` (epoch seconds).

        The clock decides no figure. It delays sealing, and bounds what a record's claims about the time can do:
        nothing that a record says lies after its arrival by more than clocks may differ.

        Raises OffsetGap, with nothing changed, where records before the batch are missing.
        """
        head = self.head
        if batch.start > head.next_offset:
            raise OffsetGap(f"batch begins at offset {batch.start}, next expected is {head.next_offset}")
        ledger = self._ledger
        read, apply, in_rows = self._reader.read, ledger.apply, ledger.rows
        missions, capacity, crossed = ledger.missions, self.policy.capacity, ledger.crossed
        closing = self._longest
        arrival = Arrival(head, now, ahead_seconds=self.policy.limits.ahead_seconds, longest_seconds=closing)
        latest, newest = arrival.latest, arrival.newest
        watermark = min(head.watermark, latest) if head.watermark is not None else float("-inf")
        seal_at, line = self._seal_at, ledger.sealed_before
        outcomes = _NO_OUTCOMES.copy()
        dead: list[DeadLetter] = []
        timed: bool | None
        records = batch.since(head.next_offset)
        most_rows = ROWS_PER_MISSION * capacity
        crowded = len(missions) + len(records) > capacity or ledger.row_count > most_rows
        for record in records:
            stamp, recorded = record.timestamp, None
            if stamp is not None and stamp >= 0:
                recorded = stamp / 1000.0
                if recorded > latest:
                    arrival.claims(record.offset, recorded)
            try:
                mission = read(record.value, recorded)
                placed_at = mission.placed_at
                if placed_at > latest:
                    self._require_day(placed_at)
            except TellsRow as row:
                told = self._tell(record, row, dead, latest=latest, seal_until=min(watermark, now))
                if told is None:
                    continue
                outcome, mission, line = told.outcome, told.mission, ledger.sealed_before
                placed_at, timed = mission.placed_at, told.timed
                crowded = crowded or ledger.row_count > most_rows
            except Rejected as fault:
                dead.append(DeadLetter(record, fault.reason, fault.detail))
                continue
            else:
                timed = None
                outcome = _CONFLICT if in_rows and mission.mission_id in in_rows else apply(mission)
                if outcome is _FULL and self._seal_early(min(max(watermark, placed_at), now), placed_at):
                    outcome = apply(mission)  # its own time has made room: a day of inventions does not last for ever
                    line = ledger.sealed_before
            outcomes[outcome] += 1
            if crossed:
                restated.note(head, crossed.pop(), self.policy.grid, watermark - closing)
            if outcome in STORES:
                if recorded is not None and recorded > newest:
                    # Most are told at once, of what is going on: then nothing bounds what they prove.
                    at_once = placed_at + closing >= recorded <= latest
                    newest = recorded if at_once else max(newest, arrival.sign(recorded, placed_at))
            elif outcome in REFUSED:
                dead.append(_refusal(record, outcome, unnoted=ledger.is_unnoted(placed_at)))
                continue
            if placed_at < line and outcome in STORES:
                head.behind_at = watermark
            elif placed_at > watermark and (
                placed_at != recorded or mission.kind not in _PERHAPS_UNTIMED if timed is None else timed
            ):
                watermark = (
                    placed_at
                    if placed_at <= latest
                    else max(watermark, arrival.bounded(record.offset, recorded, placed_at))
                )
                if watermark >= seal_at:
                    self._seal_old(min(watermark, now))
                    seal_at, line = self._seal_at, ledger.sealed_before
            if crowded and (len(missions) > capacity or ledger.row_count > most_rows):
                self._seal_early(min(watermark, now), placed_at)
                line = ledger.sealed_before
        _count(head, outcomes, dead)
        head.watermark = watermark if watermark > float("-inf") else None
        head.next_offset = max(head.next_offset, batch.next_offset)
        arrival.note(records[-1].offset if records else None, newest)
        return Effects(dead, len(records))

    def checkpoint(self) -> Changes:
        """Everything that changed since the last call, to be stored whole, and considered stored from here on."""
        ledger = self._ledger
        append: dict[int, bytes] = {}
        replace: dict[int, list[bytes]] = {}
        stored = 0
        ledger.note_sealed()
        for number in sorted(ledger.touched):
            day = ledger.days[number]
            stored += len(day.changed)
            held = day.held
            if day.partial:
                if day.changed or day.aggregates:
                    append[number] = self._added(day)
                    day.logged += len(day.changed)
            elif day.rewrite or day.logged + len(day.changed) > 2 * held + _SLACK:
                if day.changed or day.rewrite:
                    replace[number] = self._whole(day)
                    day.logged = held
            elif day.changed:
                append[number] = self._added(day)
                day.logged += len(day.changed)
            day.changed.clear()
            day.rewrite = False
            if day.whole:
                ledger.forget(number)
        ledger.touched.clear()
        head = self.head
        head.series = list(self._names)
        head.missions = len(ledger.missions)
        head.sealed_before = ledger.sealed_before if ledger.sealed_before > float("-inf") else None
        expected, self._stored_offset = self._stored_offset, head.next_offset
        return Changes(
            expected_offset=expected,
            next_offset=head.next_offset,
            head=write_head(head),
            append=append,
            replace=replace,
            missions=stored,
        )

    def _tell(
        self, record: Record, row: TellsRow, dead: list[DeadLetter], *, latest: float, seal_until: float
    ) -> Told | None:
        """What becomes of a row; None where it is refused. Adds to the dead letters what they must hear of it."""

        def admit(mission: Mission) -> None:
            if mission.placed_at > latest:
                self._require_day(mission.placed_at)

        try:
            told = self._rows.tell(row, admit)
            if told.outcome is _FULL and self._seal_early(seal_until, told.mission.placed_at):
                told = self._rows.tell(row, admit)
        except Rejected as fault:
            dead.append(DeadLetter(record, fault.reason, fault.detail))
            return None
        if told.fault is not None:
            dead.append(DeadLetter(record, told.fault.reason, f"{told.fault.detail}{ROW_KEPT}", kept=True))
        return told

    def _require_day(self, placed_at: float) -> None:
        """Raises Rejected where a time ahead of the clock lies in a day for which there is no room."""
        days = self._ledger.days
        if len(days) >= MOST_DAYS and self.policy.grid.day_of(placed_at) not in days:
            raise Rejected(
                Reason.LEDGER_FULL, f"of a day to come, and {MOST_DAYS} days are known: is its year right?"
            )

    def _whole(self, day: Day) -> list[bytes]:
        ids = b"".join(day.sealed_ids)
        day.sealed_ids = [ids]
        blobs = []
        if not day.noted:
            blobs.append(write_aggregates(day.aggregates))
        if ids:
            blobs.append(write_part(aggregates=day.aggregates if day.noted else (), sealed_ids=ids))
        missions = self._ledger.missions
        entries = [missions[mission_id] for held in day.slices for mission_id in held.missions]
        if entries:
            blobs.append(self._log(entries))
        return blobs

    def _added(self, day: Day) -> bytes:
        """What a stored day lacks; all that a partial one holds besides its missions is stored then."""
        entries = [*day.changed.values()]
        if not (day.partial and day.aggregates):
            return self._log(entries)
        part = write_part(entries, day.aggregates, b"".join(day.sealed_ids), self._rows_of(entries))
        day.aggregates, day.sealed_ids = [], []
        return part

    def _log(self, entries: Sequence[Mission]) -> bytes:
        rows = self._rows_of(entries)
        return write_part(entries, rows=rows) if rows else write_entries(entries)

    def _rows_of(self, entries: Sequence[Mission]) -> list[MissionRows]:
        """The rows of those that have some: of a mission that left the day, nothing stays."""
        rows = self._ledger.rows
        if not rows:
            return []
        return [
            MissionRows(entry.mission_id, rows[entry.mission_id])
            for entry in entries
            if entry.mission_id in rows and entry.kind != Kind.MOVED
        ]

    def _seal_old(self, event_time: float) -> None:
        policy, ledger, head = self.policy, self._ledger, self.head
        if policy.horizon_seconds is None:
            self._seal_at = float("inf")
            return
        grid = policy.grid
        # Whole slices on both sides: the line then moves at the same record, however batches and restarts fall.
        ends = grid.floor(event_time)
        ledger.seal_before(ends - grid.floor(policy.horizon_seconds), self._seal)
        if head.behind_at is not UNSET and ends >= grid.floor(head.behind_at) + policy.keep_seconds:
            ledger.seal_behind(self._seal, missions=_SEALED_AT_ONCE)
            # What is left is due with the next slice, not with the next restart.
            head.behind_at = ends + grid.seconds - policy.keep_seconds if ledger.open_behind else UNSET
        ledger.roll_up_before(
            grid.day_of(event_time - policy.roll_up_seconds), backend=policy.backend, most=_ROLLED_UP_AT_ONCE
        )
        self._seal_at = ends + grid.seconds

    def _seal_early(self, watermark: float, told: float) -> bool:
        """Seal until a fiftieth of the capacity is free, so that it need not happen per record; whether any was.

        Missions of many rows take the room of several. First what lies behind the line, farthest from what is being
        told (`told`, epoch seconds), then the oldest slices from the line on. Nothing younger than
        `Policy.keep_seconds`, nor within as much of what is being told.
        """
        ledger, grid = self._ledger, self.policy.grid
        room = self.policy.capacity * 49 // 50
        surplus = len(ledger.missions) - room
        if (rows := ledger.row_count) > ROWS_PER_MISSION * room:
            surplus = max(surplus, len(ledger.missions) * (rows - ROWS_PER_MISSION * room) // rows + 1)
        near = Vicinity(grid.floor(told), self.policy.keep_seconds)
        sealed = ledger.seal_farthest(self._seal, missions=surplus, but=near)
        youngest = grid.floor(watermark - self.policy.keep_seconds)
        surplus, line = surplus - sealed, None
        for start, held in ledger.oldest_slices():
            if surplus <= 0 or start >= youngest:
                break
            if not near.holds(start):
                line = start + grid.seconds
                surplus -= held
        if line is not None:
            sealed += ledger.seal_before(line, self._seal, but=near)
            if ledger.open_behind:
                self.head.behind_at = watermark
        self.head.sealed_early += sealed
        return sealed > 0


def _ledger_of(grid: Grid, head: Head, days: Mapping[int, StoredDay], *, ceiling: int) -> Ledger:
    ledger = Ledger(grid, ceiling=ceiling)
    if head.sealed_before is not None:
        ledger.sealed_before = head.sealed_before
    for number, stored in days.items():
        ledger.restore(number, stored)
    return ledger


def _count(head: Head, outcomes: Mapping[Outcome, int], dead: Sequence[DeadLetter]) -> None:
    for outcome, times in outcomes.items():
        if times:
            head.outcomes[outcome] = head.outcomes.get(outcome, 0) + times
    for letter in dead:
        head.dead_letters[letter.reason] = head.dead_letters.get(letter.reason, 0) + 1


def _refusal(record: Record, outcome: Outcome, *, unnoted: bool) -> DeadLetter:
    if outcome is Outcome.LATE:
        detail = (
            "an earlier program has sealed missions of its day, and nobody knows whether it was one of them"
            if unnoted
            else "the mission is sealed: it is counted, and nothing can change it any more"
        )
        return DeadLetter(record, Reason.LATE, detail)
    if outcome is Outcome.LEDGER_FULL:
        return DeadLetter(
            record, Reason.LEDGER_FULL, "an unknown mission, and twice ledger.capacity are known: nothing makes room"
        )
    return DeadLetter(
        record,
        Reason.CONFLICT,
        "other content of the same revision, or of a mission told in rows and whole: the first stands",
    )

"""Which row of which mission stands now, for missions that are told in rows: beside the ledger, which holds the fold.

Decides what becomes of an event that tells one row, by the ledger's own words, and keeps the rows where the ledger
keeps the mission. A mission is told whole or in rows, never both: what it was told as first stands. Refuses to know
what rows mean together (`core.rows`) and how the mission that they amount to is counted (`core.ledger`).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from monitor.core.ledger import Ledger
from monitor.core.mission import Kind, Mission, Reason, Rejected
from monitor.core.outcomes import STORES, Outcome
from monitor.core.reader import EventReader
from monitor.core.rows import MOST_ROWS, Fold, Row, TellsRow

ROWS_PER_MISSION: Final = 4
"""For so many rows of each mission that the ledger may hold there is room; most sources have fewer on average."""


_SOMEWHERE: Final = 0.0
"""Where a mission waits of which no row has told a time yet (epoch seconds); it counts for nothing there."""


class Told(NamedTuple):
    """What became of a row, the mission as it is now, and the fault where its rows make no mission that counts.

    `timed`: whether something new places the mission where its rows say, and not where their records came.
    """

    outcome: Outcome
    mission: Mission
    fault: Rejected | None = None
    timed: bool = False


class RowLedger:
    """The way in for rows; missions that are told whole go straight to the ledger."""

    __slots__ = ("_fold", "_ledger", "_reader")

    def __init__(self, ledger: Ledger, reader: EventReader, fold: Fold) -> None:
        self._ledger, self._reader, self._fold = ledger, reader, fold

    def tell(self, told: TellsRow, admit: Callable[[Mission], None]) -> Told:
        """Take one row into account. Raises Rejected, with nothing changed, where there is no room, or
        where `admit`, which is asked about the mission as it would be, does.
        """  # noqa: D205 - one sentence
        ledger, mission_id, row = self._ledger, told.mission_id, told.row
        held = ledger.rows.get(mission_id)
        known = ledger.missions.get(mission_id)
        if held is None:
            if known is not None:
                return Told(Outcome.CONFLICT, known)
            held = ()
        elif known is not None and (stands := next((one for one in held if one.name == row.name), None)) is not None:
            outcome = _seen(stands, row)
            if outcome is not None:
                return Told(outcome, known)
            if row.revision is None:
                row = Row(row.name, stands.revision, row.at, row.told)
        rows = (*(one for one in held if one.name != row.name), row)
        if len(rows) > MOST_ROWS:
            raise Rejected(Reason.TOO_MANY_ROWS, f"the mission has {MOST_ROWS} rows, and this is another")
        if len(rows) > len(held) and ledger.row_count >= ROWS_PER_MISSION * ledger.ceiling:
            raise Rejected(Reason.LEDGER_FULL, f"{ledger.row_count} rows are known: nothing makes room")
        mission, fault = self._fold_of(mission_id, rows)
        if known is None and not self._fold.tells_begin(rows) and ledger.was_sealed(mission_id):
            # It lies where somebody wrote of it, this side of the seal line: there it would count a second time.
            return Told(Outcome.LATE, mission)
        admit(mission)
        outcome = ledger.apply(mission)
        if ledger.crossed and known is not None and self._waits(mission_id, held):
            ledger.crossed.clear()  # told in full only now: new, and no correction of a year that is closed
        if outcome is Outcome.DUPLICATE:
            # The mission is what it was, the row is not.
            outcome = Outcome.UNCHANGED
            ledger.touch(mission_id)
        if outcome in STORES:
            ledger.row_count += len(rows) - len(held)
            ledger.rows[mission_id] = rows
            stored = ledger.missions.get(mission_id, mission)
            # As long as it counts for nothing it stays where it was remembered first, whatever its rows say by now.
            timed = stored.placed_at == mission.placed_at and self._fold.told_at(rows) is not None
            return Told(outcome, stored, fault, timed)
        return Told(outcome, mission)

    def _waits(self, mission_id: str, rows: tuple[Row, ...]) -> bool:
        """Whether rows did not tell yet whether and where their mission counts; none of them has taken that back."""
        if any(row.withdrawn for row in rows):
            return False
        placed_at = self._fold.placed_at(rows)
        return placed_at is None or self._fold.snapshot(mission_id, rows, placed_at) is None

    def _fold_of(self, mission_id: str, rows: tuple[Row, ...]) -> tuple[Mission, Rejected | None]:
        """What the rows amount to. Rows that make no mission stay: another one may mend what they say."""
        placed_at = self._fold.placed_at(rows)
        if placed_at is None:
            # In a file, where records have no timestamp: the next row may tell one, and must find this.
            known = self._ledger.missions.get(mission_id)
            return _nothing(mission_id, known.placed_at if known else _SOMEWHERE), None
        snapshot = self._fold.snapshot(mission_id, rows, placed_at)
        fault = None
        if snapshot is not None:
            try:
                return self._reader.read(snapshot, None), None
            except Rejected as refused:
                fault = refused
        return _nothing(mission_id, placed_at / 1e6), fault


def _nothing(mission_id: str, placed_at: float) -> Mission:
    """The mission, as long as it counts for nothing."""
    return Mission(mission_id, None, 0, placed_at, Kind.NOTHING, None)


def _seen(stands: Row, row: Row) -> Outcome | None:
    """What becomes of an event of a row that is known; None where it takes its place."""
    same, held = row.told == stands.told, stands.revision
    if row.revision is None:
        return Outcome.DUPLICATE if same else None
    if held is None or row.revision > held:
        return None
    if row.revision < held:
        return Outcome.STALE
    return Outcome.DUPLICATE if same else Outcome.CONFLICT

"""The ledger does what its table says, row by row: the table in the design document is not a decoration."""

from zoneinfo import ZoneInfo

import pytest

from monitor.core.ledger import Ledger
from monitor.core.mission import Kind, Mission
from monitor.core.outcomes import RULES, Case, Change, Outcome, Seen
from monitor.core.slices import Grid

HOUR = 3600.0
LINE = 1000 * HOUR
OLD, NEW = LINE - HOUR, LINE + HOUR
REVISION = {Seen.FIRST: 5, Seen.SURPLUS: 5, Seen.SEALED: 5, Seen.NEWER: 6, Seen.SAME: 5, Seen.OLDER: 4}


def snapshot(revision: int, placed_at: float, *, counts: bool, response_seconds: float = 300.0) -> Mission:
    """A closed mission of the first series; one that does not count is not urgent."""
    if not counts:
        return Mission("m", revision, 0, placed_at, Kind.NOTHING, None)
    return Mission("m", revision, 0, placed_at, Kind.MEASURED, response_seconds)


def outcome_of(case: Case, place: float) -> Outcome:
    """What becomes of an event that is such a case, of a mission on one side of the seal line."""
    ledger = Ledger(Grid(ZoneInfo("Europe/Oslo")), ceiling=1)
    if case.seen is Seen.SEALED:
        ledger.apply(snapshot(5, OLD, counts=True))
    ledger.seal_before(LINE, lambda *_: ())
    if case.seen is Seen.SURPLUS:
        ledger.apply(Mission("other", 5, 0, NEW, Kind.MEASURED, 300.0))
    if case.seen in (Seen.NEWER, Seen.SAME, Seen.OLDER):
        ledger.apply(snapshot(5, place, counts=True))
    counts, response = case.change is not Change.CEASES, 300.0 if case.change is Change.NONE else 600.0
    if case.seen in (Seen.FIRST, Seen.SURPLUS, Seen.SEALED):
        counts = case.change is Change.COUNTS
    return ledger.apply(snapshot(REVISION[case.seen], place, counts=counts, response_seconds=response))


@pytest.mark.parametrize("case", RULES, ids=lambda case: "-".join(case).replace(" ", "_"))
def test_every_row_of_the_table_is_what_the_ledger_does(case: Case) -> None:
    """An event of each kind has the outcome that the table prints, on either side of the line."""
    for place in (OLD,) if case.seen is Seen.SEALED else (OLD, NEW):
        assert outcome_of(case, place) is RULES[case]


def test_the_table_is_complete() -> None:
    """Every case has a row, but one that cannot be: a mission that is not held cannot cease to count."""
    cases = {Case(seen, change) for seen in Seen for change in Change}
    strange = (Seen.FIRST, Seen.SURPLUS, Seen.SEALED)
    assert cases - RULES.keys() == {Case(seen, Change.CEASES) for seen in strange}

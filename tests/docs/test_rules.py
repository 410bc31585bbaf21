"""The ledger does what its table says, row by row: the table in the design document is not a decoration."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest

from monitor.core.ledger import RULES, Case, Change, Home, Ledger, Outcome, Seen
from monitor.core.mission import Kind, Mission
from monitor.core.slices import Aggregate, Grid

HOUR = 3600.0
LINE = 1000 * HOUR
PLACE = {Home.OPEN: LINE + HOUR, Home.SEALED: LINE - HOUR}
REVISION = {Seen.FIRST: 5, Seen.SURPLUS: 5, Seen.NEWER: 6, Seen.SAME: 5, Seen.OLDER: 4}


def snapshot(revision: int, placed_at: float, *, counts: bool, response_seconds: float = 300.0) -> Mission:
    """A closed mission of the first series; one that does not count is not urgent."""
    if not counts:
        return Mission("m", revision, 0, placed_at, Kind.NOTHING, None)
    return Mission("m", revision, 0, placed_at, Kind.MEASURED, response_seconds)


def outcome_of(case: Case) -> Outcome:
    """What becomes of an event that is such a case; its slice lies on the named side of the seal line."""
    ledger = Ledger(Grid(ZoneInfo("Europe/Oslo")), ceiling=1)
    ledger.seal_before(LINE, never)
    revision, place = REVISION[case.seen], PLACE[case.home]
    if case.seen is Seen.SURPLUS:
        ledger.apply(Mission("other", 5, 0, PLACE[Home.OPEN], Kind.MEASURED, 300.0))
    if case.seen in (Seen.FIRST, Seen.SURPLUS):
        return ledger.apply(snapshot(revision, place, counts=case.change is Change.COUNTS))
    if case.change is Change.NONE:
        # The same contribution in a sealed slice: none. A known mission that counts lies in an open one.
        counts = case.home is Home.OPEN
        ledger.apply(snapshot(5, PLACE[Home.OPEN], counts=counts))
        return ledger.apply(snapshot(revision, place, counts=counts))
    ledger.apply(snapshot(5, PLACE[Home.OPEN], counts=True))
    return ledger.apply(snapshot(revision, place, counts=case.change is Change.COUNTS, response_seconds=600.0))


def never(_counting: Mapping[int, list[Mission]], _start: float, _end: float) -> list[Aggregate]:
    raise AssertionError("nothing was there to seal")


@pytest.mark.parametrize("case", RULES, ids=lambda case: "-".join(case).replace(" ", "_"))
def test_every_row_of_the_table_is_what_the_ledger_does(case: Case) -> None:
    """An event of each kind has the outcome that the table prints."""
    assert outcome_of(case) is RULES[case]


def test_the_table_is_complete() -> None:
    """Every case has a row, but one that cannot be: an unknown mission cannot cease to count."""
    cases = {Case(seen, change, home) for seen in Seen for change in Change for home in Home}
    unknown = (Seen.FIRST, Seen.SURPLUS)
    assert cases - RULES.keys() == {Case(seen, Change.CEASES, home) for seen in unknown for home in Home}

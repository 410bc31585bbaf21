"""Closed years do not change in silence: what leaves, enters and contradicts is counted by year."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import restated
from monitor.core.batch import Batch
from monitor.core.calendar import Calendar, Period
from monitor.core.ledger import Crossing
from monitor.core.mission import Kind, Mission
from monitor.core.outcomes import Outcome
from monitor.core.partition import Partition
from monitor.core.stored import Head, read_head
from tests.core.events import GRID, Rec, Shelf, Snap, policy
from tests.core.figures import head

DAY = 1440
"""Minutes."""
BASE_YEAR = 2024
"""Events are placed in minutes after an evening in March of that year."""
NOW = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
YEAR = 366 * DAY


def told(
    minutes: int, *, revision: int | None = None, mission: str = "000001", status: str = "closed", urgent: bool = True
) -> bytes:
    """A mission that rang so many minutes after the base."""
    return Snap(mission, revision, "oslo", "urban", urgent, status, minutes, 60, False, 0).encode()


def after(*values: bytes) -> Partition:
    """A partition that took these values in this order, without time stamps, as from a file."""
    partition = Partition.start(policy())
    partition.apply(Batch(0, len(values), [Rec(number, None, value) for number, value in enumerate(values)]), NOW)
    return partition


def year(number: int, starts: int = 1) -> Period:
    return Calendar(starts).period(str(number))


def test_an_identity_used_again_next_year_is_counted_for_both_years() -> None:
    """Numbers that begin anew each January: the first year loses its mission to the second, and both know.

    2024 ● 000001 ──────────────────► 2025 ● 000001
    """
    known = after(told(0), told(YEAR)).head
    assert known.moves == [(2024, 2025, 1)]
    for touched in (2024, 2025):
        assert restated.of_period([known.moves], year(touched)) == [(2024, 2025, 1)]
    assert restated.of_period([known.moves], year(2026)) == []


def test_a_year_that_begins_in_april_and_a_week_over_new_year_touch_two_calendar_years() -> None:
    """What left the winter of either is told on both."""
    moves = [[(2025, 2026, 1), (2022, 2023, 2)]]
    assert restated.of_period(moves, year(2024, starts=4)) == [(2025, 2026, 1)]
    assert restated.of_period(moves, Calendar().period("2025-W01")) == [(2025, 2026, 1)]
    assert restated.of_period(moves, year(2024)) == []


def test_under_one_revision_it_is_a_conflict_of_both_years() -> None:
    """The first stands, and the year of the second has no mission: refused, and counted by both years."""
    known = after(told(0, revision=1), told(YEAR, revision=1)).head
    assert (known.moves, known.conflicts) == ([], [(2024, 2025, 1)])
    assert known.dead_letters == {"conflict": 1}


def test_a_conflict_within_a_year_is_counted_for_it() -> None:
    """Twice the same revision with other content: somebody must look, and the report of the year says so."""
    assert after(told(0, revision=1), told(5, revision=1)).head.conflicts == [(2024, 2024, 1)]
    slower = Snap("000001", 1, "oslo", "urban", True, "closed", 0, 61, False, 0).encode()
    assert after(told(0, revision=1), slower).head.conflicts == [(2024, 2024, 1)]


@pytest.mark.parametrize("withdrawn", [{"status": "cancelled"}, {"urgent": False}])
def test_what_is_withdrawn_from_a_closed_year_is_counted_and_from_a_running_one_is_not(
    withdrawn: dict[str, str | bool],
) -> None:
    """A year is closed once none of its missions can be in progress: a day after its end, by the events themselves.

    2024 ─────────────────┃ 2025, 1 January   ┃ 2 January
      ● counts            ┃  cancelled here:  ┃ cancelled here: counted as taken out of 2024
                          ┃  nothing          ┃
    """
    new_year = 277 * DAY + 180  # midnight in Oslo, from the evening of 29 March
    gone = told(0, **withdrawn)  # type: ignore[arg-type]
    for minutes, counted in ((DAY, []), (new_year + DAY - 1, []), (new_year + DAY, [(2024, 0, 1)])):
        assert after(told(0), told(minutes, mission="z"), gone).head.moves == counted


def test_what_counts_only_now_in_a_closed_year_is_counted() -> None:
    """It was no urgent mission, and is one after the year was published."""
    found = after(told(0, urgent=False), told(YEAR, mission="z"), told(0))
    assert found.head.moves == [(0, 2024, 1)]


def test_a_mission_that_moves_within_its_year_is_a_plain_correction() -> None:
    """Periods within a year are restated; that is what corrections are for."""
    assert after(told(0), told(YEAR, mission="z"), told(30 * DAY)).head.moves == []


def test_a_mission_told_late_for_a_closed_year_is_no_correction() -> None:
    """Newest first, as a backfill may come."""
    assert after(told(YEAR), told(0, mission="b")).head.moves == []


def test_a_year_that_has_not_begun_is_another_year() -> None:
    """A mistyped date takes a mission out of the running year: nothing is closed, and it is gone all the same."""
    assert after(told(0), told(40 * YEAR)).head.moves == [(2024, 2064, 1)]


def test_nothing_is_counted_of_what_is_not_taken() -> None:
    """Older revisions and the same again move nothing."""
    assert after(told(0, revision=2), told(YEAR, revision=1), told(0, revision=2)).head.moves == []


def test_counts_are_stored_and_go_on_after_a_restart() -> None:
    """Exactly once, in the same write as the missions."""
    shelf, partition = Shelf(), after(told(0), told(YEAR), told(0, revision=1), told(9, revision=1))
    shelf.put(partition.checkpoint())
    known, days = shelf.read()
    assert (known.moves, known.conflicts) == ([(2024, 2025, 1), (2025, 2024, 1)], [(2024, 2024, 1)])
    again = Partition(policy(), known, days)
    again.apply(Batch(4, 5, [Rec(4, None, told(YEAR, revision=2))]), NOW)
    assert read_head(again.checkpoint().head).moves == [(2024, 2025, 2), (2025, 2024, 1)]


def test_a_source_cannot_make_the_head_grow_without_end() -> None:
    """A mission sent through three hundred years: the newest pairs are counted without their years, none is lost."""
    known = after(*(told(number * YEAR) for number in range(300))).head
    assert len(known.moves) == restated.MOST + 1
    assert known.moves[-1] == (0, 0, 299 - restated.MOST)
    assert restated.total(known.moves) == 299


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=60))
def test_counts_equal_counting_by_hand(steps: list[tuple[int, int, bool]]) -> None:
    """Any missions between any years, in any order."""
    known, by_hand = head(), Counter[tuple[int, int]]()
    for left, entered, counts in steps:
        old, new = (placed(BASE_YEAR + years, counted=True) for years in (left, entered))
        if not counts:
            new = placed(BASE_YEAR + entered, counted=False)
        restated.note(known, Crossing(Outcome.CORRECTION, old, new), GRID, closed_before=NOW)
        pair = (BASE_YEAR + left, BASE_YEAR + entered if counts else restated.NOWHERE)
        if pair[0] != pair[1]:
            by_hand[pair] += 1
    assert {(left, entered): times for left, entered, times in known.moves} == by_hand
    assert restated.total(known.moves) == by_hand.total()
    split = [[one] for one in known.moves]
    for touched in range(BASE_YEAR, BASE_YEAR + 4):
        assert restated.of_period([*split, *split], year(touched)) == sorted(
            (left, entered, 2 * times) for (left, entered), times in by_hand.items() if touched in (left, entered)
        )


def placed(year: int, *, counted: bool) -> Mission:
    at = datetime(year, 6, 1, tzinfo=UTC).timestamp()
    return Mission("a", None, 0, at, Kind.MEASURED if counted else Kind.NOTHING, 60.0 if counted else None)


def test_a_head_of_an_earlier_program_has_nothing_to_tell() -> None:
    """Nothing was counted then."""
    assert (Head(next_offset=0, slice_seconds=3600, zone="UTC", series=[]).moves, head().conflicts) == ([], [])


def test_the_last_year_that_a_mission_can_lie_in_has_no_end() -> None:
    """Just before 9999 by UTC it is 9999 in Oslo: a correction of such a mission is counted like any other."""
    ringing = '{"mission_id": "z", "district": "oslo", "settlement": "urban", "urgent": true, "status": "%s", '
    ringing += '"ringing_at": "9998-12-31T23:30:00Z", "on_scene_at": null, "revision": %d}'
    known = after((ringing % ("closed", 1)).encode(), (ringing % ("cancelled", 2)).encode())
    assert known.head.outcomes == {"new": 1, "withdrawn": 1}
    assert known.head.moves == []

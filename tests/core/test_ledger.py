"""The ledger's judgement row by row, its outcomes as small stories, and what holds after any events."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import structs

from monitor.core.ledger import NO_CEILING, Ledger, Vicinity
from monitor.core.mission import Kind, Mission, instant
from monitor.core.outcomes import REFUSED, RULES, STORES, Case, Change, Outcome, Seen
from monitor.core.reader import EventReader
from monitor.core.sealing import seal
from monitor.core.slices import Aggregate, Grid
from tests.core.police import SERVICE

GRID = Grid(ZoneInfo("Europe/Oslo"))
READER = EventReader(SERVICE, GRID)
HOUR = 3600.0
NOON = datetime(2024, 6, 12, 12, 0, tzinfo=UTC).timestamp()
NEW_YEARS_EVE = datetime(2024, 12, 31, 22, 30, tzinfo=UTC).timestamp()
"""23:30 in Oslo."""


def snap(
    mission: str = "a",
    revision: int | None = 1,
    *,
    series: int = 0,
    urgent: bool = True,
    status: Literal["open", "closed", "cancelled"] = "closed",
    timed: bool = True,
    at: float = NOON,
    response: float | None = 300.0,
    excluded: bool = False,
) -> Mission:
    """A snapshot, by default of a measured mission."""
    ended = None if response is None else instant(at + response).isoformat()
    event = {
        "mission_id": mission, "district": "oslo", "settlement": "urban", "urgent": urgent, "status": status,
        "ringing_at": instant(at).isoformat() if timed else None, "on_scene_at": ended,
        "recorded_at": instant(at).isoformat(), "excluded": "exercise" if excluded else None, "revision": revision,
    }  # fmt: skip
    return structs.replace(READER.read(json.dumps(event).encode(), None), series=series)


def aggregate(counting: Mapping[int, list[Mission]], start: float, end: float) -> list[Aggregate]:
    """A sealer that knows no targets."""
    return [
        seal(missions, series=series, start=start, end=end, thresholds=()) for series, missions in counting.items()
    ]


def story(*snaps: Mission, sealed_before: float | None = None, ceiling: int = NO_CEILING) -> tuple[list[str], Ledger]:
    """The outcomes of snapshots one after the other; the ledger is sealed before the last of them."""
    ledger, outcomes = Ledger(GRID, ceiling=ceiling), []
    for number, one in enumerate(snaps):
        if sealed_before is not None and number == len(snaps) - 1:
            ledger.seal_before(sealed_before, aggregate)
        outcomes.append(ledger.apply(one).value)
    return outcomes, ledger


@pytest.mark.parametrize(
    ("mission", "kind"),
    [
        (snap(urgent=False), Kind.NOTHING),
        (snap(status="cancelled"), Kind.NOTHING),
        (snap(urgent=False, excluded=True), Kind.NOTHING),
        (snap(status="cancelled", excluded=True), Kind.NOTHING),
        (snap(excluded=True), Kind.EXCLUDED),
        (snap(excluded=True, response=None, status="open"), Kind.EXCLUDED),
        (snap(), Kind.MEASURED),
        (snap(status="open"), Kind.MEASURED),
        (snap(response=0.0), Kind.MEASURED),
        (snap(response=86_400.0), Kind.MEASURED),
        (snap(response=86_400.000001), Kind.TOO_LONG),
        (snap(response=-0.000001), Kind.NEGATIVE),
        (snap(response=-0.000001, status="open"), Kind.NEGATIVE),
        (snap(response=90_000.0, excluded=True), Kind.EXCLUDED),
        (snap(response=-1.0, status="cancelled"), Kind.NOTHING),
        (snap(response=None), Kind.NO_END),
        (snap(timed=False), Kind.NO_BEGIN),
        (snap(response=None, timed=False), Kind.NO_BEGIN),
        (snap(timed=False, status="open"), Kind.UNTIMED),
        (snap(response=None, status="open"), Kind.OPEN),
        (snap(response=None, status="open", timed=False), Kind.UNTIMED),
    ],
)
def test_a_snapshot_contributes_by_the_first_row_that_holds(mission: Mission, kind: Kind) -> None:
    """The contribution table row by row, with what a later row would have said otherwise."""
    assert mission.kind == kind


IMPOSSIBLE = {
    # A mission the ledger does not hold counts for nothing that could be changed: it cannot cease.
    *(Case(seen, Change.CEASES) for seen in (Seen.FIRST, Seen.SURPLUS, Seen.SEALED)),
}


def test_the_table_judges_every_case_that_can_be_asked() -> None:
    """Every combination of what was seen and how it would change, except those that cannot be."""
    assert set(RULES) == {Case(*case) for case in product(Seen, Change)} - IMPOSSIBLE


def test_an_outcome_is_stored_or_refused_or_passed_over_but_never_two_of_these() -> None:
    """Stored and refused outcomes are apart, and every outcome stands in the table."""
    assert not STORES & REFUSED
    assert set(RULES.values()) == set(Outcome)
    assert set(Outcome) - STORES - REFUSED == {Outcome.DUPLICATE, Outcome.STALE}


OLD = NOON - 10 * HOUR
REACHED = {
    Case(Seen.FIRST, Change.COUNTS): [snap()],
    Case(Seen.FIRST, Change.NONE): [snap(urgent=False)],
    Case(Seen.SURPLUS, Change.COUNTS): [snap("b"), snap()],
    Case(Seen.SURPLUS, Change.NONE): [snap("b"), snap(urgent=False)],
    Case(Seen.SEALED, Change.COUNTS): [snap(at=OLD), snap(at=OLD)],
    Case(Seen.SEALED, Change.NONE): [snap(at=OLD, urgent=False), snap(at=OLD, urgent=False)],
    Case(Seen.NEWER, Change.NONE): [snap(), snap(revision=2)],
    Case(Seen.NEWER, Change.COUNTS): [snap(), snap(revision=2, response=301.0)],
    Case(Seen.NEWER, Change.CEASES): [snap(), snap(revision=2, status="cancelled")],
    Case(Seen.SAME, Change.NONE): [snap(), snap()],
    Case(Seen.SAME, Change.COUNTS): [snap(), snap(response=301.0)],
    Case(Seen.SAME, Change.CEASES): [snap(), snap(urgent=False)],
    Case(Seen.OLDER, Change.NONE): [snap(), snap(revision=0)],
    Case(Seen.OLDER, Change.COUNTS): [snap(), snap(revision=0, response=301.0)],
    Case(Seen.OLDER, Change.CEASES): [snap(), snap(revision=0, urgent=False)],
}


@pytest.mark.parametrize("case", RULES, ids=lambda case: "-".join(part.name for part in case))
def test_each_row_of_the_table_is_reached_by_a_story(case: Case) -> None:
    """The outcome of the last snapshot is the table's, also where the ledger takes a shorter way to it."""
    ceiling = 1 if case.seen is Seen.SURPLUS else NO_CEILING
    outcomes, ledger = story(
        *REACHED[case], sealed_before=NOON if case.seen is Seen.SEALED else None, ceiling=ceiling
    )
    assert outcomes[-1] == RULES[case]
    held = case.seen not in (Seen.FIRST, Seen.SURPLUS, Seen.SEALED)
    assert ("a" in ledger.missions) == (held or RULES[case] in STORES)


@pytest.mark.parametrize("sealed_before", [None, NOON + 24 * HOUR])
@pytest.mark.parametrize("case", [case for case in RULES if case.seen is not Seen.SEALED])
def test_behind_the_line_what_is_not_sealed_is_judged_as_before_it(case: Case, sealed_before: float | None) -> None:
    """A history that comes late, or a correction that moves a mission back by two years, is none of a sealed one."""
    ledger = Ledger(GRID, ceiling=1 if case.seen is Seen.SURPLUS else NO_CEILING)
    if sealed_before is not None:
        ledger.seal_before(sealed_before, aggregate)
    assert [ledger.apply(one) for one in REACHED[case]][-1] is RULES[case]
    assert ledger.apply(snap("b", at=OLD)) is not Outcome.LATE


@pytest.mark.parametrize(
    "changes",
    [
        {"series": 1},
        {"at": NOON + HOUR},
        {"at": NOON + 24 * HOUR},
        {"at": NEW_YEARS_EVE},
        {"at": NEW_YEARS_EVE + HOUR},
        {"at": NOON, "response": None},
        {"at": NOON, "response": None, "status": "open"},
        {"excluded": True},
    ],
)
def test_a_correction_replaces_what_it_corrects(changes: dict[str, object]) -> None:
    """Across series, slices, days and years the mission counts once, where and as its newest snapshot says."""
    outcomes, ledger = story(snap(), snap(revision=2, **changes))  # type: ignore[arg-type]
    assert outcomes == ["new", "correction"]
    newest = snap(revision=2, **changes)  # type: ignore[arg-type]
    _, alone = story(newest)
    assert ledger.missions == alone.missions
    assert {day: held.missions for day, held in ledger.days.items() if held.missions} == {
        GRID.day_of(newest.placed_at): {"a"}
    }


def test_a_correction_over_midnight_marks_both_days_as_changed() -> None:
    """The day that the mission left must be stored too, or it would count twice after a restart.

    31 December 23:30 ────► 1 January 00:30, Oslo
    """
    _, ledger = story(snap(at=NEW_YEARS_EVE))
    ledger.days[GRID.day_of(NEW_YEARS_EVE)].changed.clear()  # stored by a checkpoint in between
    moved = snap(revision=2, at=NEW_YEARS_EVE + HOUR)
    ledger.apply(moved)
    assert [(day, held.missions, held.changed) for day, held in sorted(ledger.days.items())] == [
        (GRID.day_of(NEW_YEARS_EVE), set(), {"a": Mission("a", None, 0, 0.0, Kind.MOVED, None)}),
        (GRID.day_of(NEW_YEARS_EVE) + 1, {"a"}, {"a": moved}),
    ]
    ledger.apply(snap(revision=3, at=NEW_YEARS_EVE))
    assert [held.changed["a"].kind for _, held in sorted(ledger.days.items())] == [Kind.MEASURED, Kind.MOVED]


def test_a_withdrawn_mission_can_be_reinstated() -> None:
    """Cancelled counts for nothing; a newer snapshot that counts is a correction, not a new mission."""
    outcomes, ledger = story(
        snap(), snap(revision=2, status="cancelled"), snap(revision=3, status="cancelled"), snap(revision=4)
    )
    assert outcomes == ["new", "withdrawn", "unchanged", "correction"]
    assert ledger.missions["a"].kind == Kind.MEASURED


def test_a_mission_that_counts_for_nothing_keeps_its_place() -> None:
    """A withdrawal that also moves the mission leaves it where it was: nothing is left to be moved."""
    _, ledger = story(snap(), snap(revision=2, status="cancelled", at=NOON + 48 * HOUR, series=1))
    assert ledger.missions["a"] == Mission("a", 2, 0, NOON, Kind.NOTHING, None)


def test_an_older_snapshot_of_a_mission_that_never_counted_is_stale() -> None:
    """Re-graded to non-urgent and only then heard of: the older, urgent revision must not bring it in."""
    outcomes, ledger = story(snap(revision=5, urgent=False), snap(revision=3))
    assert outcomes == ["uncounted", "stale"]
    assert ledger.missions["a"].kind == Kind.NOTHING


def test_the_same_revision_twice_is_a_duplicate_and_with_other_content_a_conflict() -> None:
    """The first one stands: nobody can tell which of two is right, so a person must look."""
    outcomes, ledger = story(snap(), snap(), snap(response=999.0), snap(series=1), snap(status="cancelled"))
    assert outcomes == ["new", "duplicate", "conflict", "conflict", "conflict"]
    assert ledger.missions["a"].times == 300.0


def test_without_a_revision_the_order_decides() -> None:
    """The same again is a duplicate, anything else replaces what was before, and a known revision is kept."""
    outcomes, ledger = story(
        snap(revision=None), snap(revision=None), snap(revision=None, response=1.0), snap(revision=0, response=2.0),
        snap(revision=None, response=3.0), snap(revision=0, response=4.0),
    )  # fmt: skip
    assert outcomes == ["new", "duplicate", "correction", "correction", "correction", "conflict"]
    assert ledger.missions["a"] == Mission("a", 0, 0, NOON, Kind.MEASURED, 3.0)


def test_a_newer_snapshot_without_news_still_raises_the_revision() -> None:
    """A revision in between that arrives afterwards is stale, although nothing had changed."""
    outcomes, _ = story(snap(), snap(revision=3), snap(revision=2, response=999.0))
    assert outcomes == ["new", "unchanged", "stale"]


def test_an_event_of_a_sealed_mission_is_late_and_changes_nothing() -> None:
    """It is counted already.

        a sealed        line          now
    ──────┴───────────────┃─────────────
      ▲ a again           ┃
    """
    ledger = Ledger(GRID)
    ledger.apply(snap(at=OLD))
    assert ledger.seal_before(NOON, aggregate) == 1
    assert ledger.apply(snap(revision=2, at=OLD, response=9.0)) is Outcome.LATE
    (day,) = ledger.days.values()
    assert [(part.clocks[0].measured, part.start) for part in day.aggregates] == [(1, GRID.floor(OLD))]
    assert not ledger.missions


def test_a_stranger_of_a_sealed_slice_is_taken_up_and_sealed_beside_the_others() -> None:
    """History in any order: the slice has two aggregates then, and each mission is in one of them."""
    ledger = Ledger(GRID)
    ledger.apply(snap(at=OLD))
    ledger.seal_before(NOON, aggregate)
    assert ledger.apply(snap("b", at=OLD, response=60.0)) is Outcome.NEW
    assert ledger.apply(snap("b", 2, at=OLD, response=90.0)) is Outcome.CORRECTION
    assert ledger.seal_before(NOON + 48 * HOUR, aggregate) == 0, "it stays open, whatever the line does"
    assert ledger.seal_behind(aggregate, missions=10) == 1
    assert [ledger.apply(snap(one, 3, at=OLD)) for one in "ab"] == [Outcome.LATE, Outcome.LATE]
    (day,) = ledger.days.values()
    assert [part.clocks[0].sketch[0] for part in day.aggregates] == [[300.0], [90.0]]
    ledger.roll_up_before(day.number + 1, backend="fastdigest")
    assert [part.clocks[0].measured for part in day.aggregates] == [2]


def test_a_slice_just_behind_the_line_is_sealed_and_the_one_at_it_is_not() -> None:
    """The line falls between slices, wherever in a slice it was asked for, and never goes back."""
    ledger = Ledger(GRID)
    ledger.apply(snap("before", at=NOON - 0.001))
    ledger.apply(snap("at", at=NOON))
    assert ledger.seal_before(NOON + 1800.0, aggregate) == 1
    assert ledger.seal_before(NOON - HOUR, aggregate) == 0
    assert set(ledger.missions) == {"at"}
    assert ledger.apply(snap("before", at=NOON - 0.001)) is Outcome.LATE
    assert ledger.apply(snap("later", at=NOON - 0.001)) is Outcome.NEW
    assert ledger.apply(snap("late", at=NOON)) is Outcome.NEW


def test_for_want_of_room_what_lies_farthest_from_what_is_told_goes_first() -> None:
    """Newest first or oldest first: what is being told stays correctable.

    a ─── b ─── c ── told ── d ──┃ line      a, b and c go, d lies within a day
    """
    ledger = Ledger(GRID)
    ledger.seal_before(NOON, aggregate)
    for name, hours in (("a", 200), ("b", 150), ("c", 100), ("d", 30)):
        ledger.apply(snap(name, at=NOON - hours * HOUR))
    told = Vicinity(NOON - 50 * HOUR, 24 * HOUR)
    assert ledger.seal_farthest(aggregate, missions=2, but=told) == 2
    assert set(ledger.missions) == {"c", "d"}
    assert ledger.seal_farthest(aggregate, missions=2, but=told) == 1
    assert set(ledger.missions) == {"d"}
    assert ledger.open_behind


def test_oldest_slices_come_in_order_with_their_missions() -> None:
    """What would be sealed first comes first; empty slices are not named."""
    _, ledger = story(snap("a", at=NOON), snap("b", at=NOON + 1.0), snap("c", at=NOON - 30 * HOUR))
    assert list(ledger.oldest_slices()) == [(NOON - 30 * HOUR, 1), (NOON, 2)]


class LedgerMachine(RuleBasedStateMachine):
    """Any events and seals, with what must hold after each."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(GRID)
        self.sealed = 0
        self.rolled_before = 0
        self.rolled_line = float("-inf")

    @rule(
        mission=st.sampled_from("abcdef"),
        revision=st.none() | st.integers(0, 4),
        series=st.integers(0, 2),
        hours=st.integers(-60, 60),
        urgent=st.booleans(),
        status=st.sampled_from(["open", "closed", "cancelled"]),
        response=st.none() | st.sampled_from([0.0, 60.0, 900.0]),
        excluded=st.booleans(),
    )
    def hear(
        self, *, mission: str, revision: int | None, series: int, hours: int, urgent: bool, status: str,
        response: float | None, excluded: bool,
    ) -> None:  # fmt: skip
        """One event."""
        before = dict(self.ledger.missions)
        outcome = self.ledger.apply(
            snap(mission, revision, series=series, at=NOON + hours * HOUR, urgent=urgent, status=status,
                 response=response, excluded=excluded)
        )  # fmt: skip
        after = self.ledger.missions
        assert (dict(after) != before) <= (outcome in STORES)
        assert {key: value for key, value in after.items() if key != mission} == {
            key: value for key, value in before.items() if key != mission
        }
        if mission in before and mission in after:
            old, new = before[mission].revision, after[mission].revision
            assert old is None or (new is not None and new >= old)

    @rule(hours=st.integers(-70, 70), roll_up_days=st.integers(0, 4))
    def close(self, hours: int, roll_up_days: int) -> None:
        """Seal, and roll up what lies some days behind."""
        line = NOON + hours * HOUR
        self.sealed += self.ledger.seal_before(line, aggregate)
        before = GRID.day_of(line) - roll_up_days
        self.ledger.roll_up_before(before, backend="fastdigest")
        self.rolled_before, self.rolled_line = before, self.ledger.sealed_before

    @rule(missions=st.integers(0, 3), middle=st.none() | st.integers(-70, 70))
    def close_behind(self, missions: int, middle: int | None) -> None:
        """Seal some of what lies behind the line, and roll it up."""
        held = sum(entry.placed_at < self.ledger.sealed_before for entry in self.ledger.missions.values())
        if middle is None:
            sealed = self.ledger.seal_behind(aggregate, missions=missions)
            assert sealed >= min(missions, held)
        else:
            near = Vicinity(GRID.floor(NOON + middle * HOUR), 12 * HOUR)
            sealed = self.ledger.seal_farthest(aggregate, missions=missions, but=near)
        self.sealed += sealed
        self.ledger.roll_up_before(self.rolled_before, backend="fastdigest")

    @invariant()
    def each_mission_lies_in_exactly_one_day(self) -> None:
        """The day of its place, and in no other."""
        held = [(mission, number) for number, day in self.ledger.days.items() for mission in day.missions]
        assert sorted(held) == sorted(
            (mission, GRID.day_of(entry.placed_at)) for mission, entry in self.ledger.missions.items()
        )

    @invariant()
    def the_index_names_what_it_holds(self) -> None:
        """Entries stand under their own id and carry a response exactly when measured."""
        for mission, entry in self.ledger.missions.items():
            assert entry.mission_id == mission
            assert (entry.times is not None) == (entry.kind == Kind.MEASURED)

    @invariant()
    def sealed_missions_are_counted_at_most_once(self) -> None:
        """Aggregates never count more than was let go, and lie behind the line, each in its day."""
        parts = [(number, part) for number, day in self.ledger.days.items() for part in day.aggregates]
        assert sum(part.missions for _, part in parts) <= self.sealed
        for number, part in parts:
            assert GRID.midnight(number) <= part.start < part.end <= GRID.midnight(number + 1)
            assert part.end <= self.ledger.sealed_before

    @invariant()
    def what_is_kept_in_order_equals_a_full_walk(self) -> None:
        """The slices that would be sealed first, with their missions, are those that a walk of all missions finds."""
        held: dict[float, int] = {}
        for entry in self.ledger.missions.values():
            start = GRID.floor(entry.placed_at)
            if start >= self.ledger.sealed_before:
                held[start] = held.get(start, 0) + 1
        assert list(self.ledger.oldest_slices()) == sorted(held.items())

    @invariant()
    def no_changed_day_is_overlooked(self) -> None:
        """Every day with something to store, or to let go of, is among those that a checkpoint looks at."""
        due = {number for number, day in self.ledger.days.items() if day.changed or day.rewrite or day.whole}
        assert due <= self.ledger.touched

    @rule()
    def store(self) -> None:
        """A checkpoint, in what it does to the ledger."""
        for number in self.ledger.touched:
            day = self.ledger.days[number]
            assert day.held == len(day.missions)
            day.changed.clear()
            day.rewrite = False
            if day.partial:
                day.aggregates, day.sealed_ids = [], []
            if day.whole:
                self.ledger.forget(number)
        self.ledger.touched.clear()

    @invariant()
    def every_sealed_day_due_is_rolled_up(self) -> None:
        """Of the wholly sealed days, none that was asked for is left in slices."""
        for number, day in self.ledger.days.items():
            passed = number < self.rolled_before and GRID.midnight(number + 1) <= self.rolled_line
            if passed and not day.slices:
                assert day.whole
                assert len({part.series for part in day.aggregates}) == len(day.aggregates)

    @invariant()
    def a_whole_day_holds_no_missions(self) -> None:
        """What is sealed from midnight to midnight can be let go of."""
        assert not any(day.whole and day.missions for day in self.ledger.days.values())


LedgerMachine.TestCase.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
TestTheLedgerHoldsAfterAnyEvents = LedgerMachine.TestCase

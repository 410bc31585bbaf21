"""Missions told in rows: what stands of each row, folded by brute force, is what is counted.

The account is written from docs/design.md ("Rows") in plain words: the newest event of each row, then a look at all.
It knows one rule per field and none of the core's code.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.batch import Batch
from monitor.core.mission import Kind, Reason, unpack
from monitor.core.partition import Partition, Policy
from monitor.core.rows import MOST_ROWS, Fold, Row
from monitor.core.service import Clock, Moment
from monitor.core.take import INSTANT, How, Take, take_of
from tests.core.events import BASE, Rec, Shelf, batches, policy
from tests.core.police import SERVICE
from tests.core.test_partition import figures, read_side

NOW = (BASE + timedelta(days=30)).timestamp()
STAMP = int(NOW * 1000)
MINUTES = 4000
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tells:
    """One event of one row; `says` are its fields, times in minutes after BASE."""

    mission: str
    row: str | None
    revision: int | None
    says: Fields

    def encode(self) -> bytes:
        """The event as JSON."""
        event: Fields = {"mission_id": self.mission}
        for name, value in self.says.items():
            event[name] = (BASE + timedelta(minutes=value)).isoformat() if name.endswith("_at") else value
        if self.row is not None:
            event["row"] = self.row
        if self.revision is not None:
            event["revision"] = self.revision
        return json.dumps(event).encode()


OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "district": st.sampled_from(["oslo", "vest"]),
    "settlement": st.sampled_from(["urban", "rural"]),
    "urgent": st.booleans(),
    "status": st.sampled_from(["open", "closed", "cancelled"]),
    "ringing_at": st.integers(0, MINUTES),
    "on_scene_at": st.integers(0, MINUTES + 60),
    "recorded_at": st.integers(0, MINUTES),
    "excluded": st.just("exercise"),
    "not_eligible": st.sampled_from([True, False, False, False]),
}


def tellings(*, revisions: bool = False) -> st.SearchStrategy[Tells]:
    """Rows of a few missions that say much, so that most of them amount to something."""
    said = st.fixed_dictionaries(
        {"ringing_at": st.integers(0, MINUTES)} if revisions else {},
        optional={name: kind for name, kind in OPTIONAL.items() if not (revisions and name == "ringing_at")},
    )
    return st.builds(
        Tells,
        mission=st.sampled_from("abcd"),
        row=st.sampled_from(["r1", "r2", "r3"]),
        revision=st.integers(0, 5) if revisions else st.none() | st.integers(0, 4),
        says=said,
    )


@dataclass
class Account:
    """The newest event of each row of each mission."""

    rows: dict[str, dict[str, Tells]] = field(default_factory=dict)
    conflicts: int = 0

    def take(self, tells: Tells) -> None:
        """One event more, in the order of the partition."""
        assert tells.row is not None
        mine = self.rows.setdefault(tells.mission, {})
        known = mine.get(tells.row)
        if known is not None:
            same = _said(known) == _said(tells)
            if tells.revision is not None and known.revision is not None:
                if tells.revision < known.revision:
                    return
                if tells.revision == known.revision:
                    self.conflicts += not same
                    return
            elif tells.revision is None and same:
                return
            if tells.revision is None:
                tells = replace(tells, revision=known.revision)
        mine[tells.row] = tells

    def tally(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """Measured, unmeasured, excluded and open by series."""
        found: dict[tuple[str, str], list[int]] = {}
        for rows in self.rows.values():
            folded = folded_by_hand([*rows.values()])
            if folded is not None:
                series, kind = folded
                found.setdefault(series, [0, 0, 0, 0])[kind] += 1
        return {series: (row[0], row[1], row[2], row[3]) for series, row in found.items()}


def _said(tells: Tells) -> Fields:
    return {"status": "cancelled"} if tells.says.get("status") == "cancelled" else tells.says


def folded_by_hand(rows: Sequence[Tells]) -> tuple[tuple[str, str], int] | None:
    """Its series, and 0 measured, 1 unmeasured, 2 excluded, 3 open; None where it counts for nothing."""
    live = [one for one in rows if one.says.get("status") != "cancelled"]
    live.sort(key=lambda one: (
        one.says["recorded_at"] if "recorded_at" in one.says else 30 * 24 * 60,
        -1 if one.revision is None else one.revision, one.row,
    ))  # fmt: skip
    areas = [one.says["district"] for one in live if "district" in one.says]
    categories = [one.says["settlement"] for one in live if "settlement" in one.says]
    urgent = [one.says["urgent"] for one in live if "urgent" in one.says]
    if not areas or not categories or not any(urgent) or any(one.says.get("not_eligible") for one in live):
        return None
    series = areas[-1], categories[-1]
    if any("excluded" in one.says for one in live):
        return series, 2
    rang = min((one.says["ringing_at"] for one in live if "ringing_at" in one.says), default=None)
    scene = min((one.says["on_scene_at"] for one in live if "on_scene_at" in one.says), default=None)
    closed = any(one.says.get("status") == "closed" for one in live)
    if rang is not None and scene is not None:
        return series, 0 if 0 <= scene - rang <= 24 * 60 else 1
    return series, 1 if closed else 3


def records(tells: Sequence[Tells], start: int = 0) -> list[Rec]:
    """Records at consecutive offsets."""
    return [Rec(start + number, STAMP, one.encode()) for number, one in enumerate(tells)]


def applied(tells: Sequence[Tells], rule: Policy | None = None) -> Partition:
    """A partition that took all of them at once."""
    partition = Partition.start(rule or policy())
    if tells:
        partition.apply(Batch(0, len(tells), records(tells)), NOW)
    return partition


def tally(partition: Partition) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """What the read side sees."""
    shelf = Shelf()
    shelf.put(partition.checkpoint())
    return figures(read_side(shelf))


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(tellings(), max_size=40), st.lists(st.integers(0, 40), max_size=5), st.integers(0, 40))
def test_figures_equal_the_fold_of_the_newest_rows_however_batches_and_crashes_fall(
    tells: list[Tells], cuts: list[int], crash: int
) -> None:
    """Split anywhere, checkpointed at every second batch, begun again once from what was stored."""
    shelf, partition = Shelf(), Partition.start(policy())
    shelf.put(partition.checkpoint())
    todo = batches(records(tells), cuts)
    for number, batch in enumerate(todo):
        partition.apply(batch, NOW)
        if number % 2:
            shelf.put(partition.checkpoint())
        if number == crash % (len(todo) + 1):
            partition = Partition(policy(), *shelf.read())
            for again in todo[: number + 1]:
                if again.next_offset > partition.next_offset:
                    partition.apply(again, NOW)
    shelf.put(partition.checkpoint())
    account = Account()
    for one in tells:
        account.take(one)
    assert figures(read_side(shelf)) == account.tally()
    assert partition.head.dead_letters.get("conflict", 0) == account.conflicts
    again = Partition(policy(), *shelf.read())
    assert again.missions == partition.missions


@pytest.mark.slow
@settings(max_examples=300)
@given(
    st.lists(tellings(revisions=True), max_size=16, unique_by=lambda one: (one.mission, one.row, one.revision)),
    st.randoms(use_true_random=False),
)
def test_rows_that_carry_revisions_may_come_in_any_order(tells: list[Tells], rng: Any) -> None:
    """The same events shuffled, with some of them twice: the same missions."""
    shuffled = [*tells, *tells[::3]]
    rng.shuffle(shuffled)
    assert tally(applied(shuffled)) == tally(applied(tells))


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(tellings(), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=5), st.integers(0, 40))
def test_sealing_and_a_crash_leave_no_trace_in_rows(tells: list[Tells], cuts: list[int], crash: int) -> None:
    """Missions are sealed hours after they began, also behind the line; what is stored ends up the same."""
    rule = policy(horizon_seconds=6 * 3600.0, keep_seconds=3600.0)
    shelf, partition = Shelf(), Partition.start(rule)
    shelf.put(partition.checkpoint())
    todo = batches(records(tells), cuts)
    for number, batch in enumerate(todo):
        partition.apply(batch, NOW)
        if number == crash % (len(todo) + 1):
            partition = Partition(rule, *shelf.read())
            for again in todo[: number + 1]:
                if again.next_offset > partition.next_offset:
                    partition.apply(again, NOW)
        elif number % 2:
            shelf.put(partition.checkpoint())
    shelf.put(partition.checkpoint())
    steady = applied(tells, rule)
    assert dict(partition.missions) == dict(steady.missions)
    ours, theirs = partition._ledger, steady._ledger
    assert ours.rows == theirs.rows
    assert ours.row_count == theirs.row_count == sum(map(len, theirs.rows.values()))
    assert theirs.rows.keys() <= steady.missions.keys()
    assert figures(read_side(shelf)) == tally(steady)


CALL = {"district": "oslo", "settlement": "urban", "urgent": True, "ringing_at": 0, "status": "closed"}


def told(row: str | None, revision: int | None = None, **says: Any) -> Tells:
    """Of mission `a`."""
    return Tells("a", row, revision, says)


def seconds(partition: Partition) -> float | bytes | None:
    """What mission `a` measured."""
    return partition.missions["a"].times


def test_the_first_unit_on_scene_counts_and_a_withdrawn_one_no_longer() -> None:
    """Unit rows under one identity: not the last row wins, and a unit that never went says nothing."""
    rows = [told("call", **CALL), told("u1", on_scene_at=9), told("u2", on_scene_at=5)]
    assert seconds(applied(rows)) == 300.0
    assert seconds(applied([*rows, told("u2", status="cancelled", on_scene_at=5)])) == 540.0
    assert seconds(applied([*rows, told("u2", on_scene_at=20)])) == 540.0


def test_a_row_moves_to_another_mission_by_being_withdrawn_and_told_there() -> None:
    """The unit was written under the wrong call: each mission is what its own rows say, in either order."""
    other = {"district": "vest", "settlement": "rural", "urgent": True, "ringing_at": 2, "status": "closed"}
    rows = [told("call", **CALL), told("u1", on_scene_at=4), Tells("b", "call", None, other)]
    moved = [told("u1", status="cancelled"), Tells("b", "u1", None, {"on_scene_at": 4})]
    for order in (moved, moved[::-1]):
        partition = applied([*rows, *order])
        assert partition.missions["a"].kind == Kind.NO_END
        assert partition.missions["b"].times == 120.0


def test_a_mission_is_withdrawn_when_all_of_its_rows_are() -> None:
    """And counts again when one of them says so."""
    rows = [told("call", **CALL), told("u1", on_scene_at=4)]
    gone = [told("call", status="cancelled"), told("u1", status="cancelled")]
    assert applied([*rows, *gone]).missions["a"].kind == Kind.NOTHING
    assert seconds(applied([*rows, *gone, *rows])) == 240.0


def test_one_row_can_say_that_its_mission_is_none_of_the_rules() -> None:
    """Whatever the others say of it, which do not know; and no longer when it is withdrawn."""
    rows = [told("u1", not_eligible=True), told("call", **CALL), told("u2", urgent=True, on_scene_at=4)]
    assert applied(rows).missions["a"].kind == Kind.NOTHING
    assert seconds(applied([*rows, told("u1", status="cancelled")])) == 240.0
    assert seconds(applied([*rows, told("u1", not_eligible=False)])) == 240.0


def test_the_second_arrival_is_a_clock_of_its_own() -> None:
    """`nth(2) of on_scene_at`: what needs one engine has no second, and nothing is made up."""
    clocks = (*SERVICE.clocks, Clock("second", (Moment("ringing_at"),), (Moment("second_at"),)))
    fields = replace(SERVICE.fields, fold=(("second_at", Take(How.NTH, 2, "on_scene_at")),))
    rule = policy(service=replace(SERVICE, clocks=clocks, fields=fields))
    rows = [told("call", **CALL), told("u1", on_scene_at=9), told("u2", on_scene_at=5)]
    both, one = applied(rows, rule).missions["a"], applied(rows[:2], rule).missions["a"]
    assert (read_state(both), read_state(one)) == ([300.0, 540.0], [540.0, -float(Kind.NO_END)])


def read_state(mission: Any) -> list[float]:
    """By clock."""
    return unpack(mission.times)


def test_rows_of_a_file_may_tell_their_time_last() -> None:
    """Lines have no timestamp: which of several files comes first must make no difference."""
    rows = [told("u1", status="closed"), told("u2", district="oslo", settlement="urban", urgent=True),
            told("u3", ringing_at=0, on_scene_at=7), told("u4", status="cancelled")]  # fmt: skip
    for order in (rows, rows[::-1], [*rows[1:], rows[0]]):
        partition = Partition.start(policy())
        untimed = [Rec(number, None, one.encode()) for number, one in enumerate(order)]
        assert not partition.apply(Batch(0, len(order), untimed), NOW).dead_letters
        assert seconds(partition) == 420.0
        assert partition.missions["a"].placed_at == BASE.timestamp()


@pytest.mark.parametrize("stamp", [2**62, 1_200_000_000_000_000])
@pytest.mark.parametrize(
    "says", [{**CALL, "on_scene_at": 7}, {"district": "oslo", "settlement": "urban", "urgent": True}]
)
def test_a_record_stamped_beyond_all_calendars_tells_its_row_without_that_time(stamp: int, says: Fields) -> None:
    """Any producer can write such a stamp: the partition goes on, and what it holds can be stored and read."""
    partition, shelf = Partition.start(policy()), Shelf()
    assert not partition.apply(Batch(0, 1, [Rec(0, stamp, told("u1", **says).encode())]), NOW).dead_letters
    shelf.put(partition.checkpoint())
    again = Partition(policy(), *shelf.read())
    again.apply(Batch(1, 2, records([told("u2", **CALL, on_scene_at=9)], start=1)), NOW)
    assert seconds(again) == (420.0 if "on_scene_at" in says else 540.0)


def test_a_mission_told_anew_as_a_whole_keeps_no_rows_of_the_one_that_was_sealed() -> None:
    """The old one left the day before it was sealed; in the bytes of that day its rows lie before the new one."""
    rule, day = policy(horizon_seconds=10 * 86_400.0), 24 * 60
    whole = {**CALL, "ringing_at": 3 * day}
    corrected = told(None, **whole, on_scene_at=3 * day + 9)
    shelf, partition = Shelf(), Partition.start(rule)
    for number, tells in enumerate([
        told("u1", **whole, on_scene_at=3 * day + 5),
        told("u1", **{**whole, "ringing_at": day}, on_scene_at=day + 5),
        Tells("y", None, None, {**CALL, "ringing_at": 12 * day, "on_scene_at": 12 * day + 1}),
        told(None, **whole, on_scene_at=3 * day + 6),
        corrected,
    ]):  # fmt: skip
        assert not partition.apply(Batch(number, number + 1, records([tells], start=number)), NOW).dead_letters
        shelf.put(partition.checkpoint())
        partition = Partition(rule, *shelf.read())
    assert seconds(partition) == 540.0


@pytest.mark.parametrize("field", ["ringing_at", "recorded_at"])
def test_a_row_cannot_place_its_mission_in_the_future(field: str) -> None:
    """As a snapshot cannot: it would wait there, and be counted in no period that anybody looks at."""
    partition = Partition.start(policy())
    ahead = told("call", **{**CALL, field: 40 * 24 * 60})
    (dead,) = partition.apply(Batch(0, 1, records([ahead])), NOW).dead_letters
    assert dead.reason is Reason.IN_THE_FUTURE
    assert not partition.missions


def test_what_rows_lack_is_what_keeps_their_mission_from_counting() -> None:
    """The gap report names it. Where a row says that the mission does not count, nobody has to say that it does."""
    fold = Fold(SERVICE)

    def lacks(**says: Any) -> list[str]:
        return fold.lacks([Row("r", None, None, says)])

    assert lacks(on_scene_at=0) == ["district", "settlement", "urgent"]
    assert lacks(district="oslo", settlement="urban", urgent=False) == []
    assert lacks(district="oslo", settlement="urban", not_eligible=True) == []
    assert lacks(district="oslo", settlement="urban", not_eligible=False) == ["urgent"]
    assert lacks(status="cancelled") == []


def test_a_mission_is_told_whole_or_in_rows_and_the_other_is_a_conflict() -> None:
    """A source that mixes them contradicts itself: neither is merged in silence."""
    whole = {**CALL, "on_scene_at": 7}
    for first, second in [(told(None, **whole), told("u1", on_scene_at=5)),
                          (told("u1", **whole), told(None, **{**whole, "on_scene_at": 5}))]:  # fmt: skip
        partition = Partition.start(policy())
        dead = partition.apply(Batch(0, 2, records([first, second])), NOW).dead_letters
        assert [letter.reason for letter in dead] == [Reason.CONFLICT]
        assert seconds(partition) == 420.0


def test_a_mission_with_too_many_rows_keeps_those_it_has() -> None:
    """A feed that names a row anew for every record would fill the memory: the bound has a name."""
    rows = [told("call", **CALL), *(told(f"u{number}", on_scene_at=number) for number in range(MOST_ROWS))]
    partition = Partition.start(policy())
    dead = partition.apply(Batch(0, len(rows), records(rows)), NOW).dead_letters
    assert [(letter.reason, letter.detail) for letter in dead] == [
        (Reason.TOO_MANY_ROWS, f"the mission has {MOST_ROWS} rows, and this is another")
    ]
    assert seconds(partition) == 0.0


@pytest.mark.slow
def test_missions_of_many_rows_are_sealed_early_and_do_not_shut_the_others_out() -> None:
    """Forty days, each a mission of two hundred rows, with room for a hundred missions: all count, few are held."""
    rule, day = policy(horizon_seconds=400 * 86_400.0, capacity=100), 24 * 60
    partition = Partition.start(rule)
    for number in range(40):
        call = {**CALL, "ringing_at": number * day}
        rows = [Tells(f"m{number}", f"s{at}", None, {**call, "on_scene_at": number * day + 5}) for at in range(200)]
        now = NOW + 40 * 86_400.0
        batch = [replace(one, timestamp=int(now * 1000)) for one in records(rows, start=number * 200)]
        assert not partition.apply(Batch(number * 200, (number + 1) * 200, batch), now).dead_letters
        assert partition._ledger.row_count <= 16 * 100 + 200
    assert tally(partition)["oslo", "urban"] == (40, 0, 0, 0)


def test_rows_go_when_their_mission_is_sealed() -> None:
    """What cannot be corrected any more takes no room, and is counted as it was."""
    rule = policy(horizon_seconds=3600.0)
    partition = applied([told("call", **CALL), told("u1", on_scene_at=4)], rule)
    late = Tells("z", "call", None, {**CALL, "ringing_at": 3000})
    partition.apply(Batch(2, 3, records([late], start=2)), NOW)
    assert [*partition.missions] == ["z"]
    assert [*partition._ledger.rows] == ["z"] and partition._ledger.row_count == 1  # noqa: PT018 - the leak
    assert tally(partition)["oslo", "urban"] == (1, 1, 0, 0)


@pytest.mark.parametrize("says", [{"excluded": "exercise"}, {**CALL, "ringing_at": None}, {"status": "cancelled"}])
def test_a_row_of_a_sealed_mission_is_late_also_where_it_tells_no_begin(says: Fields) -> None:
    """It would lie where its record does, and count a second time there, or be lost without a word."""
    partition = applied([told("call", **CALL, on_scene_at=4)], policy(horizon_seconds=3600.0))
    later = Tells("z", "call", None, {**CALL, "ringing_at": 3000})
    row = told("note", **{name: value for name, value in says.items() if value is not None})
    dead = partition.apply(Batch(1, 3, records([later, row], start=1)), NOW).dead_letters
    assert [letter.reason for letter in dead] == [Reason.LATE]
    assert [*partition.missions] == ["z"]


def test_a_row_is_refused_once_and_not_said_to_be_kept_where_it_is_not() -> None:
    """Of a sealed mission, and of an area that had ended: late, for nothing of it is held."""
    areas = tuple(replace(one, until=date(2024, 3, 1)) if one.slug == "vest" else one for one in SERVICE.areas)
    rule = policy(horizon_seconds=3600.0, service=replace(SERVICE, areas=areas))
    partition = applied([told("call", **CALL, on_scene_at=4)], rule)
    later = Tells("z", "call", None, {**CALL, "ringing_at": 3000})
    row = told("other", **{**CALL, "district": "vest"})
    dead = partition.apply(Batch(1, 3, records([later, row], start=1)), NOW).dead_letters
    assert [letter.reason for letter in dead] == [Reason.LATE]


def test_history_whose_rows_come_one_file_after_the_other_moves_nothing_across_years() -> None:
    """Units before calls: each mission counts with its second file, and no year that is closed is restated."""
    year = 366 * 24 * 60
    rows = [Tells("z", "call", None, {**CALL, "ringing_at": year}), told("u1", on_scene_at=5), told("call", **CALL)]
    now = NOW + year * 60.0
    partition = Partition.start(policy())
    partition.apply(Batch(0, 3, [replace(one, timestamp=int(now * 1000)) for one in records(rows)]), now)
    assert seconds(partition) == 300.0
    assert partition.head.moves == []
    # Taken back, and told again: that does restate the year.
    again = [told("u1", status="cancelled"), told("call", status="cancelled"), told("call", **CALL)]
    partition.apply(Batch(3, 6, records(again, start=3)), now)
    assert partition.head.moves == [(2024, 0, 1), (0, 2024, 1)]


def test_a_clock_that_ends_when_rows_were_written_ends_only_where_one_says_when() -> None:
    """`recorded_at` is a time like any other then: nothing is measured by what merely places the mission."""
    clocks = (Clock("response", (Moment("ringing_at"),), (Moment("recorded_at"),)),)
    fields = replace(SERVICE.fields, fold=(("recorded_at", Take(How.LAST)),))
    rule = policy(service=replace(SERVICE, clocks=clocks, objectives=(), fields=fields))
    rows = [told("call", **CALL), told("u1", recorded_at=3), told("u2", recorded_at=8)]
    assert applied(rows[:1], rule).missions["a"].kind == Kind.NO_END
    assert seconds(applied(rows, rule)) == 480.0


def test_rows_without_a_time_do_not_seal_the_history_that_they_belong_to() -> None:
    """Of several topics, one tells the units and no time: when Kafka got them says nothing of when the mission was.

    Two years old, the mission was sealed by its own unit, and its arrival was late.
    """
    partition = Partition.start(policy(horizon_seconds=400 * 86_400.0))
    rows = [told("call", **CALL), told("u1/engine", urgent=True), told("u1", on_scene_at=4)]
    years_later = STAMP + 2 * 366 * 86_400_000
    unit = Tells("b", "u1/engine", 7, {"urgent": True})  # of a mission that tells no time at all, and told twice
    sent = [Rec(number, years_later, one.encode()) for number, one in enumerate([unit, rows[0], unit, *rows[1:]])]
    assert not partition.apply(Batch(0, len(sent), sent), years_later / 1000.0).dead_letters
    assert seconds(partition) == 240.0
    waits = Tells("b", "call", 8, {"ringing_at": 0})  # of which district and category, nobody has said
    other = [Rec(5, years_later, unit.encode()), Rec(6, years_later, waits.encode()),
             Rec(7, years_later, told("u2", on_scene_at=3).encode())]  # fmt: skip
    assert not partition.apply(Batch(5, 8, other), years_later / 1000.0).dead_letters
    assert seconds(partition) == 180.0


def test_rows_that_make_no_mission_are_kept_until_another_mends_them() -> None:
    """The area ended before the day that its rows name, as the dead letters say; a third row names another."""
    areas = tuple(replace(one, until=date(2024, 3, 30)) if one.slug == "vest" else one for one in SERVICE.areas)
    partition = Partition.start(policy(service=replace(SERVICE, areas=areas)))
    rows = [told("call", **{**CALL, "district": "vest", "ringing_at": 600}), told("u1", on_scene_at=603)]
    dead = partition.apply(Batch(0, 2, records(rows)), NOW).dead_letters
    assert [letter.reason for letter in dead] == [Reason.UNKNOWN_DISTRICT] * 2
    assert dead[0].detail.endswith("; the row is kept")
    assert partition.missions["a"].kind == Kind.NOTHING
    partition.apply(Batch(2, 3, records([told("clock", ringing_at=5)], start=2)), NOW)
    assert seconds(partition) == (603 - 5) * 60.0


@pytest.mark.parametrize("text", ["", "nth", "nth(0)", "nth(101)", "nth(2", "nth(x)", "any", "first(2)", "second"])
def test_what_cannot_be_taken_is_said(text: str) -> None:
    """With what can."""
    with pytest.raises(ValueError, match=r"write one of first, last, newest, nth\(2\)"):
        take_of(text, INSTANT)

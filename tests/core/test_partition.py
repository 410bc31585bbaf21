"""The laws of a partition: however records are split, repeated, crashed over or spread, the figures are the same."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.batch import Batch, OffsetGap
from monitor.core.history import History
from monitor.core.outcomes import Outcome
from monitor.core.partition import Partition, Policy
from monitor.core.stored import Head, read_head
from monitor.core.windows import Span
from tests.core.events import BASE, GRID, SERIES, TARGETS, Account, Rec, Shelf, Snap, batches, policy, records, snaps
from tests.core.figures import SUPERSEDED
from tests.core.figures import TARGETS as CHANGING
from tests.core.police import SERVICE

NOW = (BASE + timedelta(days=30)).timestamp()
EVER = Span(0.0, 1e11)
CUTS = st.lists(st.integers(0, 60), max_size=6)


def read_side(*shelves: Shelf) -> History:
    """A history of the given partitions."""
    history = History(GRID, TARGETS, SERVICE)
    for number, shelf in enumerate(shelves):
        if shelf.head is not None:
            head, days = shelf.read()
            history.heads[number] = head
            for day, stored in days.items():
                history.put_day(number, head, day, stored)
    return history


def figures(history: History) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Measured, unmeasured, excluded and open missions of every series that has any."""
    found = {}
    for district, settlement in SERIES:
        line = history.timeline(district, settlement)
        shown = line.within_span(EVER, abandoned_before=0.0)
        waiting = line.in_progress(NOW, None, abandoned_before=0.0).open
        row = (shown.first.measured, shown.first.unmeasured_total, shown.excluded, waiting)
        if any(row):
            found[district, settlement] = row
    return found


def account_of(events: list[Snap], horizon: float | None = None) -> Account:
    """The independent account of the events."""
    account = Account(horizon)
    for snap in events:
        account.take(snap)
    return account


@pytest.mark.slow
@settings(max_examples=400)
@given(st.lists(snaps(), max_size=60), CUTS, CUTS)
def test_figures_equal_an_independent_account_however_batches_and_checkpoints_fall(
    events: list[Snap], cuts: list[int], stores: list[int]
) -> None:
    """Any list of snapshots, split anywhere and checkpointed anywhere, counts as its missions' final words do."""
    shelf, partition = Shelf(), Partition.start(policy())
    for number, batch in enumerate(batches(records(events), cuts)):
        partition.apply(batch, NOW)
        if number in stores:
            shelf.put(partition.checkpoint())
    shelf.put(partition.checkpoint())
    account = account_of(events)
    history = read_side(shelf)
    assert figures(history) == account.tally()
    for district, settlement in SERIES:
        assert sorted(history.timeline(district, settlement).response.tolist()) == account.responses(
            district, settlement
        )
    assert partition.head.dead_letters.get("conflict", 0) == account.conflicts


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(snaps(), min_size=1, max_size=60), CUTS, st.lists(st.integers(0, 60), max_size=4))
def test_a_crash_anywhere_leaves_no_trace(events: list[Snap], cuts: list[int], crashes: list[int]) -> None:
    """Lose the memory at any batch and resume from the last checkpoint: the stored state ends up the same."""
    rule = policy(horizon_seconds=6 * 3600.0)
    shelf, partition = Shelf(), Partition.start(rule)
    shelf.put(partition.checkpoint())
    todo = batches(records(events), cuts)
    position, crashes = 0, sorted(crashes)
    while position < len(todo):
        partition.apply(todo[position], NOW)
        position += 1
        if crashes and position >= crashes[0] % (len(todo) + 1):
            crashes.pop(0)
            partition = Partition(rule, *shelf.read())
            position = next(i for i, batch in enumerate(todo) if batch.next_offset > partition.next_offset)
        elif position % 2:
            shelf.put(partition.checkpoint())
    shelf.put(partition.checkpoint())
    steady = Partition.start(rule)
    calm = Shelf()
    for batch in todo:
        steady.apply(batch, NOW)
    calm.put(steady.checkpoint())
    assert dict(partition.missions) == dict(steady.missions)
    assert _comparable(partition.head) == _comparable(steady.head)
    assert figures(read_side(shelf)) == figures(read_side(calm))


def _comparable(head: Head) -> dict[str, object]:
    return {name: getattr(head, name) for name in head.__struct_fields__}


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(snaps(), max_size=60), st.integers(1, 5))
def test_partitions_add_up(events: list[Snap], count: int) -> None:
    """Missions spread over partitions by key give the figures of one partition."""
    shelves = []
    for number in range(count):
        mine = [snap for snap in events if ord(snap.mission) % count == number]
        partition, shelf = Partition.start(policy()), Shelf()
        if mine:
            partition.apply(Batch(0, len(mine), records(mine)), NOW)
        shelf.put(partition.checkpoint())
        shelves.append(shelf)
    assert figures(read_side(*shelves)) == account_of(events).tally()


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(snaps(minutes=3000), max_size=60), CUTS)
def test_sealing_changes_no_count_and_refuses_what_comes_too_late(events: list[Snap], cuts: list[int]) -> None:
    """With a horizon of six hours, sealed slices keep exact counts, and late events are refused one by one."""
    partition, shelf = Partition.start(policy(horizon_seconds=6 * 3600.0)), Shelf()
    late = 0
    for batch in batches(records(events), cuts):
        late += sum(letter.reason == "late" for letter in partition.apply(batch, NOW).dead_letters)
        shelf.put(partition.checkpoint())
    account = account_of(events, horizon=6 * 3600.0)
    assert late == account.late
    assert figures(read_side(shelf)) == account.tally()


@settings(max_examples=150)
@given(st.lists(snaps(), max_size=60), st.integers(0, 59), st.integers(0, 59))
def test_redelivered_records_change_nothing(events: list[Snap], left: int, right: int) -> None:
    """Records below the next offset are passed over, however the overlap lies."""
    recs = records(events)
    left, right = sorted((min(left, len(recs)), min(right, len(recs))))
    partition, once = Partition.start(policy()), Partition.start(policy())
    once.apply(Batch(0, len(recs), recs), NOW)
    partition.apply(Batch(0, right, recs[:right]), NOW)
    partition.apply(Batch(left, len(recs), recs[left:]), NOW)
    assert dict(partition.missions) == dict(once.missions)
    assert partition.head == once.head


def test_a_gap_before_a_batch_is_refused_and_changes_nothing() -> None:
    """A batch that begins after the next offset would lose records, so nothing of it is taken."""
    partition = Partition.start(policy(), 5)
    with pytest.raises(OffsetGap, match="offset 7, next expected is 5"):
        partition.apply(Batch(7, 8, [Rec(7, None, b"{}")]), NOW)
    assert partition.next_offset == 5


def test_offsets_without_a_record_inside_a_batch_are_no_gap() -> None:
    """Compaction and transaction markers leave holes inside what one fetch covers."""
    partition = Partition.start(policy())
    (snap,) = [Snap("a", 1, "oslo", "urban", True, "closed", 10, 60, False, 20)]
    partition.apply(Batch(0, 100, [Rec(42, None, snap.encode())]), NOW)
    assert partition.next_offset == 100
    assert partition.head.outcomes == {"new": 1}


def test_the_cap_seals_the_oldest_slices_and_counts_them() -> None:
    """Beyond its capacity a partition seals the oldest missions early; no count is lost by it."""
    events = [
        Snap(f"m{number}", 0, "oslo", "urban", True, "closed", number * 60, 300, False, 0) for number in range(200)
    ]
    partition, shelf = Partition.start(policy(horizon_seconds=9e9, capacity=100)), Shelf()
    partition.apply(Batch(0, 200, records(events)), NOW)
    shelf.put(partition.checkpoint())
    assert len(partition.missions) <= 100
    assert partition.head.sealed_early >= 100
    assert figures(read_side(shelf)) == {("oslo", "urban"): (200, 0, 0, 0)}


def test_a_wrong_clock_ahead_cannot_seal_the_history() -> None:
    """A record stamped years ahead moves the watermark, but sealing waits for the clock."""
    ahead = Snap("z", 0, "oslo", "urban", True, "closed", 60 * 24 * 1000, 60, False, 0)
    stamp = int((BASE + timedelta(days=1001)).timestamp() * 1000)
    partition = Partition.start(policy(horizon_seconds=400 * 86400.0))
    partition.apply(Batch(0, 1, [Rec(0, stamp, ahead.encode())]), NOW)
    today = Snap("a", 0, "oslo", "urban", True, "closed", 60, 60, False, 0)
    effects = partition.apply(Batch(1, 2, [Rec(1, stamp, today.encode())]), NOW)
    assert not effects.dead_letters
    assert set(partition.missions) == {"a", "z"}


def test_a_wrong_clock_ahead_cannot_seal_missions_in_progress_for_want_of_room() -> None:
    """Beyond its capacity a partition gives up its oldest missions, but none of the last day by the clock."""
    now = BASE.timestamp() + 12 * 3600
    ahead = Snap("z", 0, "oslo", "urban", True, "closed", 60 * 24 * 1000, 60, False, 0)
    today = [Snap(f"m{n}", 0, "oslo", "urban", True, "open", 5 * n, None, False, 0) for n in range(100)]
    stamp = int((BASE + timedelta(days=1001)).timestamp() * 1000)
    partition = Partition.start(policy(horizon_seconds=400 * 86400.0, capacity=60))
    recs = [Rec(offset, stamp, snap.encode()) for offset, snap in enumerate([ahead, *today])]
    effects = partition.apply(Batch(0, len(recs), recs), now)
    assert not effects.dead_letters
    assert partition.head.sealed_early == 0
    assert len(partition.missions) == 101


def heard(partition: Partition) -> float | None:
    """The newest sign of life, as a reader finds it."""
    return read_head(partition.checkpoint().head).last_record_at


def told(mission: str = "a", minutes: int = 0, revision: int | None = 0, response: int = 60) -> bytes:
    """A measured mission that rang so many minutes after BASE."""
    return Snap(mission, revision, "oslo", "urban", True, "closed", minutes, response, False, 0).encode()


AT = BASE.timestamp()
STAMP = int(AT * 1000)
YEAR = 365 * 86_400


def after(*records: tuple[float | None, bytes], now: float = AT, policed: Policy | None = None) -> Partition:
    """A partition that took records of (seconds after BASE that they claim, value), which all arrived at `now`."""
    partition = Partition.start(policed or policy())
    for offset, (claimed, value) in enumerate(records):
        stamp = None if claimed is None else STAMP + int(claimed * 1000)
        partition.apply(Batch(offset, offset + 1, [Rec(offset, stamp, value)]), now)
    return partition


@pytest.mark.parametrize("refused", [b"{", told(minutes=10**6), told(response=10**6), told(revision=0, response=61)])
@pytest.mark.parametrize("claimed", [60.0, YEAR, 2**50])
def test_a_record_that_is_refused_is_no_sign_of_life(refused: bytes, claimed: float) -> None:
    """Not JSON, of the future, implausible, in conflict: whatever it claims, nothing was learnt from it."""
    partition = after((0.0, told()), (claimed, refused))
    assert heard(partition) == AT
    assert sum(partition.head.dead_letters.values()) == 1


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [(-60.0, -60.0), (0.0, 0.0), (300.0, 300.0), (301.0, 300.0), (YEAR, 300.0), (2**50, 300.0)],
)
def test_a_record_is_believed_up_to_its_arrival_and_what_clocks_may_differ(claimed: float, believed: float) -> None:
    """A producer's clock a year ahead keeps nothing alive for a year.

    written ──●           believed as it stands
    arrived ────────┤ +5 min ┤
    claimed ─────────────────┼──────────────● a year ahead: believed up to here ┤
    """
    partition = after((claimed, told(minutes=-5)))
    assert heard(partition) == AT + believed
    assert partition.head.records_ahead == (claimed > 300.0)
    assert (partition.head.ahead_at is not None) == (claimed > 300.0)


def test_the_same_told_again_is_no_sign_of_life() -> None:
    """A source that repeats a frozen picture every minute has nothing to say of today; one that goes on has."""
    for again in (told(), told(revision=None), told("b", revision=1)):
        partition = after((0.0, told()), (0.0, told("b", revision=2)), (3600.0, again), now=AT + YEAR)
        assert heard(partition) == AT
    assert heard(after((0.0, told()), (3600.0, told(revision=1)), now=AT + YEAR)) == AT + 3600.0


def test_a_backfill_of_old_missions_is_no_sign_of_life() -> None:
    """Written now, of last winter: as long as that is all there is, nobody knows what goes on today.

    rang ●──── 24 h, the longest response ────┤ the last moment that it says something of
                                                                     written ●
    """
    rang = -60 * 24 * 90
    partition = after((0.0, told(minutes=rang)))
    assert heard(partition) == AT + 60 * rang + 86_400
    partition.apply(Batch(1, 2, [Rec(1, STAMP, told("b", -60))]), AT)
    assert heard(partition) == AT


def test_a_sign_of_life_never_goes_back() -> None:
    """An older record that arrives later takes nothing away, nor does a worker whose clock is a little behind."""
    partition = after((0.0, told()), (-3600.0, told("b", minutes=-70)))
    assert heard(partition) == AT
    partition.apply(Batch(2, 3, [Rec(2, STAMP + 1000, told("c"))]), AT - 200.0)
    assert heard(partition) == AT + 1.0


def test_what_an_earlier_program_believed_gives_way_to_the_first_event() -> None:
    """Version 1 noted a refused record's stamp, a year ahead: it stays until an event tells better."""
    partition = after((0.0, told()))
    partition.head.last_record_at, partition.head.watermark = AT + YEAR, AT + YEAR
    shelf = Shelf()
    shelf.put(partition.checkpoint())
    partition = Partition(policy(), *shelf.read())
    partition.apply(Batch(1, 2, [Rec(1, STAMP, b"{")]), AT + 60.0)
    assert partition.head.last_record_at == AT + YEAR
    assert partition.head.watermark == AT + 360.0
    partition.apply(Batch(2, 3, [Rec(2, STAMP + 60_000, told("b"))]), AT + 60.0)
    assert heard(partition) == AT + 60.0


def test_a_mission_of_the_future_does_not_stop_the_sealing_of_the_past() -> None:
    """Accepted, because its record claims the same year; the next missions still move the seal line."""
    policed = policy(horizon_seconds=86_400.0)
    partition = after((0.0, told()), (YEAR, told("z", YEAR // 60)), policed=policed)
    stamp = STAMP + 3 * 86_400_000
    partition.apply(Batch(2, 3, [Rec(2, stamp, told("b", 3 * 1440))]), AT + 3 * 86_400)
    assert set(partition.missions) == {"z", "b"}
    assert partition.head.watermark == AT + 3 * 86_400


def test_a_mission_without_a_time_seals_no_history() -> None:
    """Two years ago, told today: of one nobody knows when it rang or was written, only when it was told."""
    untimed = json.loads(told("x"))
    for unknown in ("ringing_at", "on_scene_at", "recorded_at"):
        del untimed[unknown]
    partition = after((2 * YEAR, told()), (2 * YEAR, json.dumps(untimed).encode()), now=AT + 2 * YEAR)
    assert partition.head.watermark == AT
    assert not partition.apply(Batch(2, 3, [Rec(2, STAMP, told("a", revision=1, response=61))]), AT).dead_letters
    assert partition.head.outcomes[Outcome.CORRECTION] == 1


def test_without_a_stamp_a_mission_of_the_future_moves_nothing() -> None:
    """A line of a file: nothing says when it was written, and it cannot have rung."""
    partition = after((None, told(minutes=-5)), (None, told("z", YEAR // 60)))
    head = read_head(partition.checkpoint().head)
    assert (head.watermark, head.last_record_at, head.records_ahead, head.ahead_at) == (AT - 300, None, 1, AT + YEAR)


def test_the_newest_record_says_whether_the_clock_is_still_wrong() -> None:
    """All of them are counted; once one is right again, the fault is over."""
    partition = after((YEAR, told()), (YEAR, b"{"), (0.0, told("b")))
    assert (partition.head.records_ahead, partition.head.ahead_at) == (2, None)


def test_missions_are_sealed_by_the_targets_of_their_own_day() -> None:
    """Targets change at midnight: what is sealed in one go is counted by the old ones before, by the new ones after.

    31 May, 700 s: within the old 1000 s ┃ 1 June, 700 s: late for the new 600 s
    """
    policed = policy(targets=CHANGING, horizon_seconds=86_400.0)
    midnight = int(SUPERSEDED - AT) // 60
    partition = Partition.start(policed)
    for offset, minutes in enumerate(
        (midnight - 90, midnight - 30, midnight + 30, midnight + 90, midnight + 7 * 1440)
    ):
        value = told(f"m{offset}", minutes, response=700)
        partition.apply(Batch(offset, offset + 1, [Rec(offset, None, value)]), NOW + 365 * 86_400)
    sealed = [part for _, day in sorted(partition.days.items()) for part in day.aggregates]
    own = partition.head.measures.index(("oslo", "urban", "requirement"))
    judged = [(seconds, within) for part in sealed for place, seconds, within in part.judged if place == own]
    assert judged == [(1000.0, 1), (1000.0, 1), (600.0, 0), (600.0, 0)]


@pytest.mark.parametrize("restart", [False, True])
def test_a_day_that_is_sealed_up_to_noon_is_not_rolled_up(restart: bool) -> None:
    """Rolled up and forgotten is only what nothing can change any more; the afternoon still may.

    day ├── sealed ──┃── open ──┤      a correction of the afternoon is taken
    """
    policed = policy(horizon_seconds=12 * 3600.0, roll_up_seconds=0.0)
    shelf, partition = Shelf(), Partition.start(policed)
    noon = 15 * 60  # of the next day in Oslo, in minutes after BASE
    events = [told("a", noon - 180), told("b", noon - 120), told("c", noon + 180), told("z", noon + 720)]
    for offset, value in enumerate(events):
        partition.apply(Batch(offset, offset + 1, [Rec(offset, None, value)]), NOW)
    shelf.put(partition.checkpoint())
    if restart:
        partition = Partition(policed, *shelf.read())
    later = told("c", noon + 200, revision=1)
    assert not partition.apply(Batch(4, 5, [Rec(4, None, later)]), NOW).dead_letters
    shelf.put(partition.checkpoint())
    (line,) = [read_side(shelf).timeline("oslo", "urban")]
    assert line.within_span(EVER, abandoned_before=0.0).first.measured == 4
    assert set(partition.missions) == {"c", "z"}


@pytest.mark.parametrize("restarts", [{0, 1, 2, 3}, {1}], ids=["after each", "before the afternoon"])
def test_a_day_that_is_sealed_up_to_noon_is_taken_up_again_after_a_restart(restarts: set[int]) -> None:
    """Its morning is one aggregate, and nothing else is left of it: what comes in the afternoon joins it."""
    policed = policy(horizon_seconds=12 * 3600.0, roll_up_seconds=0.0)
    shelf, noon = Shelf(), 15 * 60
    events = [told("a", noon - 180), told("z", noon + 720), told("c", noon + 180), told("y", noon + 4 * 1440)]
    partition = Partition.start(policed)
    for offset, value in enumerate(events):
        partition.apply(Batch(offset, offset + 1, [Rec(offset, None, value)]), NOW)
        shelf.put(partition.checkpoint())
        if offset in restarts:
            partition = Partition(policed, *shelf.read())
    line = read_side(shelf).timeline("oslo", "urban")
    assert line.within_span(EVER, abandoned_before=0.0).first.measured == 4
    assert set(partition.missions) == {"y"}

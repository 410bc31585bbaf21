"""What is stored comes back as it was, or is refused with a reason; logs stay bounded."""

import math
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.batch import Batch
from monitor.core.mission import CAUSES, UNFINISHED, Kind, Mission, pack
from monitor.core.partition import Partition
from monitor.core.sealing import seal
from monitor.core.slices import Aggregate
from monitor.core.stored import (
    NEWEST,
    VERSION,
    DamagedState,
    Head,
    StoredStateError,
    read_day,
    read_head,
    write_aggregates,
    write_entries,
    write_head,
    write_part,
)
from tests.core.events import BASE, GRID, Shelf, Snap, batches, policy, records, snaps

NOW = datetime(2024, 6, 1, tzinfo=UTC).timestamp()
SECONDS = st.floats(-2e9, 1e11, allow_nan=False)
TIMES = st.integers(0, 86_400_000_000).map(lambda microseconds: microseconds / 1e6)
STATES = st.tuples(st.just(Kind.MEASURED), TIMES) | st.tuples(st.sampled_from([*CAUSES, *UNFINISHED]), st.none())
"""What a mission that counts may be on one clock."""


@st.composite
def entries(draw: st.DrawFn, clocks: int | None = None) -> Mission:
    """Any mission that a program may have stored, of one to four clocks."""
    clocks = draw(st.integers(1, 4)) if clocks is None else clocks
    states = draw(st.lists(STATES, min_size=clocks, max_size=clocks))
    kind: int = draw(st.just(states[0][0]) | st.sampled_from([Kind.NOTHING, Kind.EXCLUDED, Kind.MOVED]))
    times = (
        None if kind in (Kind.NOTHING, Kind.EXCLUDED, Kind.MOVED) else states[0][1] if clocks == 1 else pack(states)
    )
    return Mission(
        draw(st.text(min_size=1, max_size=8)), draw(st.none() | st.integers(0, 2**63 - 1)), draw(st.integers(0, 40)),
        draw(SECONDS), int(kind), times,
    )  # fmt: skip


@st.composite
def aggregates(draw: st.DrawFn) -> Aggregate:
    """Any stretch that a program may have sealed."""
    clocks = draw(st.integers(1, 3))
    thresholds = st.tuples(st.integers(0, 90), TIMES, st.integers(0, clocks - 1))
    return seal(
        draw(st.lists(entries(clocks), max_size=10)), series=draw(st.integers(0, 40)), clocks=clocks,
        start=draw(st.floats(-2e9, 1e10, exclude_max=True)), end=draw(st.floats(1e10, 1e11)),
        thresholds=draw(st.lists(thresholds, max_size=4)),
    )  # fmt: skip


ENTRIES, AGGREGATES = entries(), aggregates()
COUNTS = st.dictionaries(st.text(max_size=5), st.integers(0, 10**12), max_size=3)
YEAR_COUNTS = st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999), st.integers(1, 10**12)), max_size=3)
HEADS = st.builds(
    Head,
    next_offset=st.integers(0, 2**53),
    slice_seconds=st.integers(1, 3600),
    zone=st.text(max_size=20),
    series=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4),
    clocks=st.lists(st.text(max_size=5), max_size=3),
    measures=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5)), max_size=4),
    watermark=st.none() | SECONDS,
    sealed_before=st.none() | SECONDS,
    last_record_at=st.none() | SECONDS,
    missions=st.integers(0, 10**12),
    sealed=st.none() | st.integers(0, 10**12),
    outcomes=COUNTS,
    dead_letters=COUNTS,
    sealed_early=st.integers(0, 10**12),
    lost_offsets=st.integers(0, 2**40),
    records_ahead=st.integers(0, 10**12),
    ahead_at=st.none() | SECONDS,
    moves=YEAR_COUNTS,
    conflicts=YEAR_COUNTS,
)
BLOBS = (
    st.builds(write_entries, st.lists(ENTRIES, max_size=3))
    | st.builds(write_aggregates, st.lists(AGGREGATES, max_size=2))
    | st.builds(
        lambda entries, parts, more: write_part(
            entries, parts, bytes(8 * (more + sum(part.missions for part in parts)))
        ),
        st.lists(ENTRIES, max_size=3),
        st.lists(AGGREGATES, max_size=2),
        st.integers(0, 3),
    )
)


@given(HEADS)
def test_a_head_comes_back_as_it_was(head: Head) -> None:
    """Every field, None included."""
    assert read_head(write_head(head)) == head


@given(st.lists(st.lists(ENTRIES, max_size=5), max_size=4), st.lists(AGGREGATES, max_size=3))
def test_a_day_comes_back_as_its_last_entries_and_all_its_aggregates(
    logs: list[list[Mission]], sealed: list[Aggregate]
) -> None:
    """A later entry of a mission replaces an earlier one, MOVED takes it out, and every entry counts as logged."""
    ids = bytes(range(8)) * sum(part.missions for part in sealed)
    stored = read_day([write_part(aggregates=sealed, sealed_ids=ids), *(write_entries(log) for log in logs)])
    alike = [read_day([write_aggregates(sealed), *map(write, logs)]) for write in (write_entries, write_part)]
    assert {repr((one.entries, one.aggregates, one.logged)) for one in (stored, *alike)} == {
        repr((stored.entries, stored.aggregates, stored.logged))
    }
    assert (stored.sealed_ids, stored.noted) == (ids, True)
    assert {(one.sealed_ids, one.noted) for one in alike} == {(b"", not sealed)}
    last: dict[str, Mission] = {}
    for log in logs:
        for entry in log:
            last[entry.mission_id] = entry
    assert stored.entries == {mission: entry for mission, entry in last.items() if entry.kind != Kind.MOVED}
    assert repr(list(stored.aggregates)) == repr(sealed)  # an empty sketch has no least value, which equals nothing
    assert stored.logged == sum(len(log) for log in logs)


def test_a_mission_that_moved_away_and_back_is_there() -> None:
    """MOVED speaks of the entries before it, not of those after."""
    here = Mission("a", 1, 0, 0.0, Kind.MEASURED, 60.0)
    gone = Mission("a", None, 0, 0.0, Kind.MOVED, None)
    back = Mission("a", 3, 0, 0.0, Kind.MEASURED, 90.0)
    assert read_day([write_entries([here]), write_entries([gone])]).entries == {}
    assert read_day([write_entries([here]), write_entries([gone]), write_entries([back])]).entries == {"a": back}


def test_nothing_stored_is_an_empty_day() -> None:
    """A day without blobs holds nothing, and so does one whose blobs are empty lists."""
    assert read_day([]) == read_day([write_entries([]), write_aggregates([])])


@pytest.mark.parametrize("read", [read_head, lambda blob: read_day([blob])])
def test_newer_state_is_refused_with_what_to_do(read) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """An older program must not guess at what a newer one wrote."""
    blob = bytes((NEWEST + 1,)) + write_head(Head(next_offset=0, slice_seconds=1, zone="", series=[]))[1:]
    with pytest.raises(StoredStateError, match=f"version {NEWEST + 1}, this program knows {NEWEST}: run the newer"):
        read(blob)


def test_one_kind_of_blob_is_not_read_as_another() -> None:
    """A head among the days, or a day in place of the head, is foreign."""
    head = write_head(Head(next_offset=0, slice_seconds=1, zone="", series=[]))
    with pytest.raises(StoredStateError, match="not written by this program"):
        read_day([head])
    with pytest.raises(StoredStateError, match="not written by this program"):
        read_head(write_entries([]))
    with pytest.raises(StoredStateError, match="not written by this program"):
        read_head(b"\x00" + head[1:])
    for version, blob in ((NEWEST, head), (NEWEST, write_entries([])), (VERSION, write_part([]))):
        with pytest.raises(DamagedState, match="not written by this program"):
            (read_head if blob is head else lambda one: read_day([one]))(bytes((version,)) + blob[1:])


@given(BLOBS | st.builds(write_head, HEADS), st.data())
def test_truncated_bytes_are_refused_as_damaged(blob: bytes, data: st.DataObject) -> None:
    """However little is missing, and whatever is read."""
    short = blob[: data.draw(st.integers(0, len(blob) - 1))]
    for read in (read_head, lambda one: read_day([one])):
        with pytest.raises(StoredStateError):
            read(short)


@pytest.mark.slow
@settings(max_examples=300)
@given(BLOBS | st.builds(write_head, HEADS), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255))))
def test_garbage_raises_a_stored_state_error_or_nothing(blob: bytes, changes: list[tuple[int, int]]) -> None:
    """Changed bytes are other values or damage; never an error that nobody expects."""
    garbage = bytearray(blob)
    for at, byte in changes:
        garbage[at % len(garbage)] = byte
    for read in (read_head, lambda one: read_day([one])):
        try:
            read(bytes(garbage))
        except StoredStateError as fault:
            assert "stored" in str(fault)  # noqa: PT017 - one of two good outcomes


@given(
    st.binary(max_size=60),
    st.sampled_from([b"\x01E", b"\x01A", b"\x01H", b"\x02E", b"\x02A", b"\x02H", b"\x03D", b""]),
)
def test_random_bytes_raise_a_stored_state_error_or_nothing(garbage: bytes, prefix: bytes) -> None:
    """Also behind a prefix that promises better."""
    for read in (read_head, lambda one: read_day([one])):
        try:
            read(prefix + garbage)
        except StoredStateError as fault:
            assert "stored" in str(fault)  # noqa: PT017 - one of two good outcomes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("missions", -1), ("missions", 2**62), ("sealed", -1), ("sealed_early", 2**62), ("next_offset", -1),
        ("next_offset", 2**62), ("lost_offsets", -5), ("slice_seconds", -3600), ("outcomes", {"new": -1}),
        ("outcomes", {"new": 2**62}), ("dead_letters", {"late": -1}), ("watermark", math.nan),
        ("watermark", math.inf), ("sealed_before", -math.inf), ("last_record_at", 1e300), ("missions", "many"),
        ("missions", 1.5), ("series", [["oslo"]]), ("zone", None), ("records_ahead", -1), ("records_ahead", 2**62),
        ("ahead_at", math.nan), ("ahead_at", math.inf), ("moves", [[2024, 2025, -1]]), ("moves", [[-1, 2025, 1]]),
        ("clocks", [5]), ("measures", [["oslo", "urban"]]), ("measures", [["oslo", "urban", 80]]),
        ("moves", [[2024, 10_000, 1]]), ("conflicts", [[2024, 2025, 2**62]]), ("conflicts", [[2024]]),
    ],
)  # fmt: skip
def test_a_head_with_impossible_numbers_is_damaged(field: str, value: object) -> None:
    """Negative, absurd or no numbers: refused where they are read, not where they are divided or drawn."""
    sound = {"next_offset": 7, "slice_seconds": 3600, "zone": "Europe/Oslo", "series": []}
    with pytest.raises(DamagedState, match="stored head is damaged"):
        read_head(bytes((VERSION,)) + b"H" + msgspec.msgpack.encode(sound | {field: value}))


MISSION = ["m-1", 1, 0, 1.7e9, int(Kind.MEASURED), 300.0]
PACKED = pack([(Kind.MEASURED, 300.0), (Kind.OPEN, None)])
TIMED = ["m-1", 1, 0, 1.7e9, int(Kind.MEASURED), PACKED]
CAUSES_NONE = [0] * 7
SKETCH = [[300.0, 700.0], [1.0, 1.0], 300.0, 700.0]
TALLY = [2, CAUSES_NONE, 1_000_000_000, 580_000.0, SKETCH]
SEALED = [0, 1.7e9, 1.7e9 + 3600, 0, [TALLY], [[0, 600.0, 1]]]
SEALED_V1 = [0, 1.7e9, 1.7e9 + 3600, 2, 0, 0, [600.0, None, None, None], [1, 0, 0, 0], SKETCH]
_BROKEN_SKETCHES = [
    [[300.0], [1.0, 1.0], 300.0, 700.0], [[700.0, 300.0], [1.0, 1.0], 300.0, 700.0],
    [[300.0, 700.0], [2.0, -0.0], 3.0, 7.0], [[300.0, math.nan], [1.0, 1.0], 300.0, 700.0],
    [[300.0, 700.0], [1.0, 1.0], 7.0, 3.0], [[300.0, 700.0], [1.0, 1.0], math.nan, math.nan], [[], [], 0.0, 0.0],
]  # fmt: skip


def tally(place: int, value: object) -> list[object]:
    """The tally with something else in one place."""
    return [*TALLY[:place], value, *TALLY[place + 1 :]]


@pytest.mark.parametrize(
    ("sound", "place", "value"),
    [
        *((MISSION, place, value) for place, value in [
            (2, -1), (2, 2**62), (3, math.nan), (3, 1e300), (4, 12), (4, -1), (4, int(Kind.OPEN)), (5, None),
            (5, -1.0), (5, math.inf), (5, b""), (5, b"12345"), (0, 5),
        ]),
        *((TIMED, place, value) for place, value in [
            (4, int(Kind.OPEN)), (4, int(Kind.EXCLUDED)), (5, b""), (5, PACKED[:-1]), (5, PACKED + b"\0"), (5, None),
            (5, pack([(Kind.MEASURED, 300.0), (Kind.EXCLUDED, None)])), (5, pack([(Kind.MEASURED, 3.0), (12, None)])),
            (5, pack([(Kind.OPEN, None), (Kind.MEASURED, 300.0)])), (5, pack([(Kind.NOTHING, None)] * 2)),
        ]),
        *((SEALED, place, value) for place, value in [
            (0, -1), (1, math.nan), (2, 1.6e9), (3, -2), (3, 2**62), (4, []), (5, [[-1, 600.0, 1]]),
            (5, [[0, -1.0, 1]]), (5, [[0, math.nan, 1]]), (5, [[0, 600.0, 3]]), (5, [[0, 600.0, -1]]),
            (5, [[0, 600.0]]), (4, [TALLY, tally(1, [1, *CAUSES_NONE[1:]])]),
        ]),
        *((SEALED, 4, [tally(place, value)]) for place, value in [
            (0, -2), (0, 2**62), (0, 3), (1, [0] * 6), (1, [0] * 8), (1, [-1, *CAUSES_NONE[1:]]), (2, -1), (2, 1.5),
            (2, 2**63), (2, 599_000_000), (2, 1_401_000_000), (3, -1.0), (3, math.nan), (3, 1e300), (3, 179_000.0),
            (3, 981_000.0),
        ]),
        *((SEALED, 4, [tally(4, broken)]) for broken in _BROKEN_SKETCHES),
        *((SEALED_V1, place, value) for place, value in [
            (0, -1), (1, math.nan), (2, 1.6e9), (3, -2), (3, 2**62), (3, 3), (4, -1), (5, 2**62), (6, [600.0]),
            (6, [600.0] * 5), (6, [math.nan, None, None, None]), (7, [-1, 0, 0, 0]), (7, [3, 0, 0, 0]), (7, [1]),
        ]),
        *((SEALED_V1, 8, broken) for broken in _BROKEN_SKETCHES),
    ],
)  # fmt: skip
def test_a_day_with_impossible_numbers_is_damaged(sound: list[object], place: int, value: object) -> None:
    """Counts, times, kinds, sums and sketches that no mission can have made."""
    kind = b"E" if len(sound) == 6 and isinstance(sound[0], str) else b"A"
    prefix = bytes((1 if sound is SEALED_V1 else VERSION,)) + kind
    read_day([prefix + msgspec.msgpack.encode([sound])])
    wrong = [*sound[:place], value, *sound[place + 1 :]]
    with pytest.raises(DamagedState, match="stored day"):
        read_day([prefix + msgspec.msgpack.encode([wrong])])


@pytest.mark.parametrize("ids", [b"", bytes(8), bytes(15), bytes(17), bytes(23)])
def test_sealed_missions_without_their_identities_are_damage(ids: bytes) -> None:
    """Whoever comes again could not be told from a stranger, and would count twice."""
    part = msgspec.msgpack.decode(msgspec.msgpack.encode(SEALED), type=Aggregate)
    read_day([write_part([], [part], bytes(16))])
    with pytest.raises(DamagedState, match="bytes of the identities of 2 sealed missions"):
        read_day([write_part([], [part], ids)])


def test_a_head_that_knows_fewer_fields_is_still_read() -> None:
    """What was added later has a default, so a stored head of the same version stays readable."""
    early = msgspec.msgpack.encode({"next_offset": 7, "slice_seconds": 3600, "zone": "Europe/Oslo", "series": []})
    head = read_head(bytes((VERSION,)) + b"H" + early)
    assert (head.next_offset, head.watermark, head.outcomes, head.lost_offsets) == (7, None, {}, 0)


def measured(mission: str, revision: int, rang: int, response: int) -> Snap:
    """A measured mission of Oslo's."""
    return Snap(mission, revision, "oslo", "urban", True, "closed", rang, response, False, rang)


def test_a_days_log_stays_bounded_however_often_its_missions_are_corrected() -> None:
    """A thousand corrections of three missions, each checkpointed, leave a log of few entries."""
    partition, shelf = Partition.start(policy()), Shelf()
    for number in range(1000):
        snap = measured("abc"[number % 3], number, 60, number)
        partition.apply(Batch(number, number + 1, records([snap], number)), NOW)
        shelf.put(partition.checkpoint())
        stored = {day: read_day(blobs) for day, blobs in shelf.days.items()}
        assert all(day.logged <= 2 * len(day.entries) + 64 for day in stored.values())
    assert sum(len(day.entries) for day in stored.values()) == 3
    assert all(len(blobs) <= 71 for blobs in shelf.days.values())


def test_a_mission_that_wanders_leaves_no_growing_logs_behind() -> None:
    """From day to day and back, four hundred times: the days it left are written anew and empty, too."""
    partition, shelf = Partition.start(policy()), Shelf()
    for number in range(400):
        partition.apply(
            Batch(number, number + 1, records([measured("a", number, 60 + number % 2 * 1440, number)], number)), NOW
        )
        shelf.put(partition.checkpoint())
    stored = {day: read_day(blobs) for day, blobs in shelf.days.items()}
    assert sorted(len(day.entries) for day in stored.values()) == [0, 1]
    assert all(day.logged <= 66 for day in stored.values())


@settings(max_examples=100)
@given(st.lists(snaps(), max_size=50), st.lists(st.integers(0, 50), max_size=8), st.integers(0, 3))
def test_a_rewritten_log_equals_the_unrewritten_state(events: list[Snap], cuts: list[int], repeats: int) -> None:
    """Whatever is appended or written anew, the stored days are the partition's missions by day, no more, no less."""
    partition, shelf = Partition.start(policy()), Shelf()
    for batch in batches(records(events * (1 + 10 * repeats)), cuts):
        partition.apply(batch, NOW)
        shelf.put(partition.checkpoint())
    if shelf.head is None:
        return
    _, days = shelf.read()
    held: dict[int, dict[str, Mission]] = {}
    for mission, entry in partition.missions.items():
        held.setdefault(GRID.day_of(entry.placed_at), {})[mission] = entry
    assert {number: day.entries for number, day in days.items() if day.entries} == held
    resumed = Partition(policy(), *shelf.read())
    assert dict(resumed.missions) == dict(partition.missions)
    assert {number: day.logged for number, day in resumed.days.items()} == {
        number: day.logged for number, day in days.items()
    }


def test_a_checkpoint_without_news_writes_only_the_head() -> None:
    """The position moves on; no day is touched twice."""
    partition = Partition.start(policy())
    partition.apply(Batch(0, 1, records([measured("a", 1, 60, 300)])), NOW)
    first, second = partition.checkpoint(), partition.checkpoint()
    assert (first.days, first.missions, first.expected_offset, first.next_offset) == (
        {date(2024, 3, 29).toordinal()}, 1, 0, 1,
    )  # fmt: skip
    assert (second.days, second.missions, second.expected_offset, second.next_offset) == (set(), 0, 1, 1)
    assert BASE.date() == date(2024, 3, 29)

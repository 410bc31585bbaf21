"""Stored state outlives the program that wrote it: the bytes of every version, and every setting that may change.

`v1/`, `v2/` and `v3/` hold what each version wrote. Never write them anew: a test that fails here means that stored
state of somebody's past year cannot be read any more. A new version gets a directory of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from monitor.core import stored_v1
from monitor.core.digest import Backend
from monitor.core.history import History
from monitor.core.mission import Cause, Kind, Mission, pack
from monitor.core.partition import Partition
from monitor.core.rows import MissionRows, Row
from monitor.core.sealing import roll_up
from monitor.core.service import DAY_SECONDS, Area, Service
from monitor.core.slices import Aggregate, ClockTally, Grid
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
from monitor.core.targets import Targets, TargetSet
from monitor.core.windows import Span
from tests.core.events import BASE, GRID, SERIES, TARGETS, Shelf, Snap, batches, policy, records
from tests.core.police import SERVICE, target_of
from tests.core.stretches import stretch
from tests.golden import told

V1, V2, V3 = (Path(__file__).parent / version for version in ("v1", "v2", "v3"))
EVER = Span(0.0, 1e11)
LATER = BASE.timestamp() + 40 * DAY_SECONDS
START = 1711742400.0
HEAD = Head(
    next_offset=41, slice_seconds=3600, zone="Europe/Oslo", series=list(SERIES), clocks=["response", "travel"],
    measures=[("oslo", "rural", "goal"), ("national", "rural", "goal"), ("oslo", "rural", "travel")], watermark=1.7e9,
    sealed_before=1.6e9, last_record_at=1.7e9, missions=2, sealed=6, outcomes={"new": 2}, dead_letters={"late": 1},
    sealed_early=1, lost_offsets=2, records_ahead=3, ahead_at=1.8e9, moves=[(2024, 2025, 3)],
    conflicts=[(2024, 0, 1)], service="police",
)  # fmt: skip
OF_ONE_CLOCK = [
    Mission("m-1", 3, 0, START, Kind.MEASURED, 610.5),
    Mission("m-2", None, 3, START + 60, Kind.OPEN, None),
    *(Mission(f"m-{kind}", 0, 1, START, kind, None) for kind in Kind if kind != Kind.MEASURED),
]
ROWS = MissionRows(
    "m-1",
    (
        Row("u1", None, 1711742460000000, {"district": "oslo", "urgent": True, "on_scene_at": 1711742460000001}),
        Row("u2", 7, None, {"status": "cancelled"}),
    ),
)
OF_TWO_CLOCKS = [
    Mission("m-1", 3, 0, START, Kind.MEASURED, pack([(Kind.MEASURED, 610.000001), (Kind.MEASURED, 0.0)])),
    Mission("m-2", None, 3, START + 60, Kind.NO_END, pack([(Kind.NO_END, None), (Kind.TOO_LONG, None)])),
    Mission("m-3", 0, 1, START, Kind.EXCLUDED, None),
    Mission("m-4", 0, 1, 0.0, Kind.MOVED, None),
]
AGGREGATE = Aggregate(
    series=1, start=START, end=START + 3600, excluded=2,
    clocks=(
        ClockTally(3, (0, 0, 1, 0, 0, 0, 0), 850_500_000, 501_790.25, ([60.0, 90.5, 700.0], [1.0] * 3, 60.0, 700.0)),
        ClockTally(1, (0, 1, 0, 1, 0, 0, 1), 1, 1e-12, ([1e-6], [1.0], 1e-6, 1e-6)),
    ),
    judged=((0, 600.0, 2), (1, 1200.0, 3), (2, 90.0, 1)),
)  # fmt: skip


def test_the_head_of_version_1_is_read() -> None:
    """Field by field as it was written, with the one clock that there was and every series' four thresholds."""
    head = read_head((V1 / "head.bin").read_bytes())
    assert (head.next_offset, head.slice_seconds, head.zone) == (41, 3600, "Europe/Oslo")
    assert head.series == [("oslo", "urban"), ("oslo", "rural"), ("vest", "urban"), ("vest", "rural")]
    assert (head.watermark, head.sealed_before, head.last_record_at) == (1.7e9, 1.6e9, 1.7e9)
    assert (head.missions, head.outcomes, head.dead_letters) == (2, {"new": 2}, {"late": 1})
    assert (head.sealed_early, head.lost_offsets) == (0, 0)
    assert head.clocks == ["response"]
    assert len(head.measures) == 4 * len(head.series)
    assert head.measures[4:8] == [
        ("oslo", "rural", "goal"), ("oslo", "rural", "requirement"),
        ("national", "rural", "goal"), ("national", "rural", "requirement"),
    ]  # fmt: skip


def test_the_days_of_version_1_are_read() -> None:
    """Entries (one of them a mission that moved away) and an aggregate with its sketch, whose sum is still exact."""
    day = read_day([(V1 / "aggregates.bin").read_bytes(), (V1 / "entries.bin").read_bytes()])
    assert day.entries == {
        "m-1": Mission("m-1", 3, 0, START, Kind.MEASURED, 610.5),
        "m-2": Mission("m-2", None, 3, START + 60, Kind.OPEN, None),
    }
    (part,) = day.aggregates
    assert (part.series, part.start, part.end, part.excluded) == (1, START, START + 3600, 2)
    (tally,) = part.clocks
    assert (tally.measured, dict(zip(Cause, tally.unmeasured, strict=True))["unknown"]) == (3, 1)
    assert (sum(tally.unmeasured), tally.total) == (1, 850_500_000)
    assert part.judged == ((4, 600.0, 2), (5, 1200.0, 3), (7, 1200.0, 3))
    assert (tally.digest().percentile(50), tally.digest().percentile(80)) == (90.5, 700.0)


def test_a_merged_sketch_of_version_1_has_no_sum() -> None:
    """What its centroids add up to is nearly that: a mean over it may be shown, and decides nothing."""
    merged = [
        1,
        START,
        START + 3600,
        4,
        0,
        0,
        [600.0, None, None, None],
        [4, 0, 0, 0],
        [[1.5, 9.0], [3.0, 1.0], 1.0, 9.0],
    ]
    (part,) = read_day([b"\x01A" + msgspec.msgpack.encode([merged])]).aggregates
    assert (part.clocks[0].measured, part.clocks[0].total, part.clocks[0].squares) == (4, None, 87.75)
    assert roll_up([part, stretch(series=1, responses=[60.0], start=START)])[0].clocks[0].total is None


def test_this_program_reads_and_writes_what_version_2_wrote() -> None:
    """As long as the version is 2, the same state is the same bytes: a change of form needs a new version."""
    assert VERSION == 2
    assert write_head(HEAD) == (V2 / "head.bin").read_bytes()
    assert read_head(write_head(HEAD)) == HEAD
    for name, entries in (("entries-of-one-clock", OF_ONE_CLOCK), ("entries-of-two-clocks", OF_TWO_CLOCKS)):
        assert write_entries(entries) == (V2 / f"{name}.bin").read_bytes()
        kept = {one.mission_id: one for one in entries if one.kind != Kind.MOVED}
        assert read_day([write_entries(entries)]).entries == kept
    assert write_aggregates([AGGREGATE]) == (V2 / "aggregates.bin").read_bytes()
    assert list(read_day([write_aggregates([AGGREGATE])]).aggregates) == [AGGREGATE]


def test_this_program_reads_and_writes_what_version_3_wrote() -> None:
    """A part of a day: entries and markers, aggregates, and who is in them: two excluded, three measured, one not."""
    assert NEWEST == 3
    ids = bytes(range(48))
    for name, part in (
        ("part", write_part(OF_TWO_CLOCKS, [AGGREGATE], ids)), ("part-of-entries", write_part(OF_ONE_CLOCK)),
        ("part-of-ids", write_part(sealed_ids=ids)), ("part-of-rows", write_part(OF_ONE_CLOCK[:1], rows=[ROWS])),
    ):  # fmt: skip
        assert part == (V3 / f"{name}.bin").read_bytes()
    day = read_day([write_part(OF_TWO_CLOCKS, [AGGREGATE], ids), write_part(sealed_ids=ids[:8])])
    assert day.entries == {one.mission_id: one for one in OF_TWO_CLOCKS if one.kind != Kind.MOVED}
    assert (list(day.aggregates), day.sealed_ids, day.logged, day.noted) == ([AGGREGATE], ids + ids[:8], 4, True)
    assert read_day([write_part(OF_ONE_CLOCK[:1], rows=[ROWS])]).rows == {ROWS.mission_id: ROWS.rows}
    assert not read_day([write_part(rows=[ROWS])]).rows


def test_what_an_earlier_version_sealed_is_known_to_lack_its_identities() -> None:
    """One such blob is enough: whoever comes again might be one of them."""
    of_before = write_aggregates([AGGREGATE])
    assert not read_day([of_before]).noted
    assert not read_day([(V1 / "aggregates.bin").read_bytes(), write_part([], [AGGREGATE], bytes(48))]).noted
    assert read_day([write_part([], [AGGREGATE], bytes(48)), write_entries(OF_TWO_CLOCKS)]).noted


def test_an_entry_of_one_clock_is_the_same_bytes_in_both_versions() -> None:
    """Apart from the byte that says the version."""
    day = read_day([(V1 / "entries.bin").read_bytes()])
    moved = Mission("m-3", 0, 1, 0.0, Kind.MOVED, None)
    assert write_entries([*day.entries.values(), moved])[1:] == (V1 / "entries.bin").read_bytes()[1:]


def kept(version: Path) -> Shelf:
    """The golden partition of a version."""
    shelf = Shelf()
    held = msgspec.msgpack.decode((version / "partition.bin").read_bytes(), strict=True)
    shelf.head, shelf.days = held["head"], held["days"]
    return shelf


def going_on(shelf: Shelf) -> Partition:
    """A partition that takes up what is kept, under the policy of the golden ones."""
    rules = policy(horizon_seconds=told.HORIZON_SECONDS, roll_up_seconds=told.ROLL_UP_SECONDS)
    return Partition.start(rules) if shelf.head is None else Partition(rules, *shelf.read())


def taken(shelf: Shelf, events: Sequence[Snap], start: int, cuts: Sequence[int] = ()) -> Shelf:
    """The shelf after these events more."""
    partition = going_on(shelf)
    for batch in batches(records(list(events), start), [*cuts]):
        partition.apply(batch, LATER)
        shelf.put(partition.checkpoint())
    return shelf


def shown(shelf: Shelf, *, causes: bool) -> list[object]:
    """Every figure of a partition, over several spans; without `causes` only how many are unmeasured."""
    history, head, found = history_of(shelf), shelf.read()[0], []
    spans = [EVER, *(Span(BASE.timestamp() + first * DAY_SECONDS, LATER) for first in range(-1, 26, 3))]
    for series, span in product(SERVICE.judged_series, spans):
        figures = history.timeline(*series).within_span(span, abandoned_before=LATER)
        found.append(
            (
                series, span, figures.excluded, figures.values, figures.intervals, figures.exact, figures.counts,
                figures.last_rang_at, figures.first.measured, figures.first.unmeasured_total,
                figures.first.unmeasured if causes else None,
            )
        )  # fmt: skip
    return [*found, head.outcomes, head.dead_letters, head.moves, head.conflicts, head.missions, head.sealed]


def test_the_partition_of_version_2_is_read_and_would_be_stored_again() -> None:
    """Whatever this program stores of the same events is what its predecessor stored; missions lie in any order."""
    again = taken(Shelf(), told.EVENTS[: told.STORED], 0, told.CUTS)
    assert again.head == kept(V2).head
    assert [len(blobs) for blobs in again.days.values()] == [len(blobs) for blobs in kept(V2).days.values()]
    assert repr_of(again) == repr_of(kept(V2))
    assert going_on(kept(V2)).missions


def repr_of(shelf: Shelf) -> list[str]:
    """Every day in words: an empty sketch has no least value, which equals nothing."""
    _, days = shelf.read()
    return [f"{day} {sorted(held.entries.items())} {held.aggregates} {held.logged}" for day, held in days.items()]


def test_a_partition_stored_by_version_1_goes_on_as_if_it_had_always_been_version_2() -> None:
    """Every figure and count, at once and after more events, corrections and sealing; but for unnoted causes.

    Everything is then told once more: what was stored as unmeasured is no conflict, though the cause is known now.
    """
    old, new = kept(V1), taken(Shelf(), told.EVENTS[: told.STORED], 0, told.CUTS)
    assert (old.head or b"")[:1] == b"\x01"
    assert shown(old, causes=False) == shown(new, causes=False)
    later = Snap("later", 1, "oslo", "urban", True, "closed", 38_000, 300, False, 38_000)
    for events, start in (
        (told.EVENTS[told.STORED :], told.STORED), (told.EVENTS, len(told.EVENTS)), ([later], 2 * len(told.EVENTS)),
    ):  # fmt: skip
        old, new = (taken(shelf, events, start, (50, 100)) for shelf in (old, new))
        assert shown(old, causes=False) == shown(new, causes=False)
        assert (old.head or b"")[:1] == b"\x02"
    assert not old.read()[0].conflicts
    assert {blob[:2] for blobs in old.days.values() for blob in blobs} == {
        b"\x01A", b"\x01E", b"\x02A", b"\x02E", b"\x03D"
    }  # fmt: skip
    assert read_head(old.head or b"").measures[:16] == stored_v1.measures(SERIES)


def test_only_what_version_1_left_has_no_cause() -> None:
    """Of each mission that a later program reads, why it is unmeasured is known."""
    old, new = (
        history_of(taken(shelf, told.EVENTS[told.STORED :], told.STORED)).timeline("national", "urban")
        for shelf in (kept(V1), kept(V2))
    )
    since = Span(BASE.timestamp() + (told.STORED // 24 + 1) * DAY_SECONDS, LATER)
    mine, yours = (line.within_span(since, abandoned_before=0.0).first.unmeasured for line in (old, new))
    assert mine == yours
    assert old.within_span(EVER, abandoned_before=0.0).first.unmeasured[Cause.UNKNOWN]
    assert Cause.UNKNOWN not in new.within_span(EVER, abandoned_before=0.0).first.unmeasured


@pytest.mark.parametrize("clocks", [("travel",), ("response", "travel"), ("travel", "response")])
def test_other_clocks_than_those_stored_are_refused_with_the_way_out(clocks: Sequence[str]) -> None:
    """Renamed, added, put in another order: a state belongs to its clock by place. Writer and reader say the same."""
    service = replace(SERVICE, clocks=tuple(replace(SERVICE.clocks[0], slug=slug) for slug in clocks))
    service = replace(service, objectives=tuple(replace(one, clock=clocks[0]) for one in SERVICE.objectives))
    for shelf in (kept(V1), kept(V2)):
        advice = (
            f"clocks response, the service declares {' '.join(clocks)}: declare those of before.*or clear the store"
        )
        with pytest.raises(StoredStateError, match=advice) as refused:
            Partition(policy(service=service), *shelf.read())
        assert not isinstance(refused.value, DamagedState)
        with pytest.raises(StoredStateError, match=advice):
            history_of(shelf, service=service)


def test_another_service_than_the_one_stored_is_refused_with_the_way_out() -> None:
    """Two services that were left with one topic or one store do not mix: writer and reader say the same."""
    fire = replace(SERVICE, slug="fire")
    kept_by_police, before = stored_by(), kept(V1)
    with pytest.raises(StoredStateError, match=r"of the service police, not of fire: give .* its own kafka\.topic"):
        Partition(policy(service=fire), *kept_by_police.read())
    with pytest.raises(StoredStateError, match="of the service police, not of fire"):
        history_of(kept_by_police, service=fire)
    assert Partition(policy(service=fire), *before.read()).head.service == "fire"  # nobody knows whose it was


@pytest.mark.parametrize("name", ["head", "entries", "aggregates"])
def test_a_newer_version_is_refused_with_the_way_out(name: str) -> None:
    """A program that is rolled back must not guess at what its successor wrote."""
    newer = bytes((NEWEST + 1,)) + (V1 / f"{name}.bin").read_bytes()[1:]
    with pytest.raises(StoredStateError, match=r"version 4.*knows 3: run the newer program, or clear the store"):
        read_head(newer) if name == "head" else read_day([newer])


def stored_by(**changes: object) -> Shelf:
    """Missions of twenty-five days, the older ones sealed, as a partition of this policy has stored them."""
    events = [
        Snap(f"m{number}", 1, "oslo" if number % 2 else "vest", "urban", True, "closed", number * 60, 300 + number,
             False, number * 60)
        for number in range(600)
    ]  # fmt: skip
    partition = Partition.start(policy(horizon_seconds=10 * DAY_SECONDS, **changes))
    shelf = Shelf()
    for batch in batches(records(events), [200, 400]):
        partition.apply(batch, LATER)
        shelf.put(partition.checkpoint())
    assert shelf.read()[0].sealed_before
    return shelf


def reopened(shelf: Shelf, **changes: object) -> Partition:
    head, days = shelf.read()
    return Partition(policy(horizon_seconds=10 * DAY_SECONDS, **changes), head, days)


def history_of(
    shelf: Shelf, targets: Targets = TARGETS, backend: Backend = "fastdigest", service: Service = SERVICE
) -> History:
    history = History(GRID, targets, service, backend=backend)
    history.put(0, shelf.read()[0], shelf.days)
    return history


@pytest.mark.parametrize("grid", [Grid(ZoneInfo("Europe/Oslo"), 900), Grid(ZoneInfo("UTC"))])
def test_another_slice_length_or_zone_is_refused_with_the_way_out(grid: Grid) -> None:
    """Sealed slices cannot be cut again: the old setting, or a rebuild from Kafka."""
    with pytest.raises(StoredStateError, match="change it back, or clear the store to rebuild from Kafka"):
        reopened(stored_by(), grid=grid)


@pytest.mark.parametrize(("before", "after"), [("fastdigest", "tdigest"), ("tdigest", "fastdigest")])
def test_another_digest_backend_reads_what_the_other_sealed(before: Backend, after: Backend) -> None:
    """Sketches are stored as centroids of our own; counts are exact in any case."""
    shelf = stored_by(backend=before)
    reopened(shelf, backend=after)
    one, other = (history_of(shelf, backend=backend).timeline("oslo", "urban") for backend in (before, after))
    mine, yours = (timeline.within_span(EVER, abandoned_before=LATER) for timeline in (one, other))
    assert (mine.clocks, mine.counts) == (yours.clocks, yours.counts)
    assert mine.values["requirement"] == pytest.approx(yours.values["requirement"], rel=0.02)


def test_a_district_may_be_added_and_the_others_stay() -> None:
    """Series are numbered in the stored head and only ever appended to."""
    partition = reopened(
        stored_by(), service=replace(SERVICE, areas=(Area("national"), Area("agder", "national"), *SERVICE.areas[1:]))
    )
    assert partition.series == [*SERIES, ("agder", "urban"), ("agder", "rural")]
    event = Snap("new", 1, "agder", "urban", True, "closed", 36_000, 60, False, 36_000)
    assert not partition.apply(batches(records([event], start=600), [])[0], LATER).dead_letters
    assert partition.series[partition.missions["new"].series] == ("agder", "urban")


def test_a_district_may_be_removed_and_comes_back_with_its_missions() -> None:
    """Its new events are refused and its figures are not shown; what is stored stays for the day it returns."""
    shelf = stored_by()
    partition = reopened(shelf, service=replace(SERVICE, areas=(Area("national"), Area("vest", "national"))))
    event = Snap("more", 1, "oslo", "urban", True, "closed", 36_000, 60, False, 36_000)
    effects = partition.apply(batches(records([event], start=600), [])[0], LATER)
    assert [letter.reason for letter in effects.dead_letters] == ["unknown_district"]
    shelf.put(partition.checkpoint())
    without = history_of(shelf, service=replace(SERVICE, areas=(Area("national"), Area("vest", "national"))))
    assert without.timeline("national", "urban").within_span(EVER, abandoned_before=LATER).first.measured == 300
    assert history_of(shelf).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER).first.measured == 300


def test_other_targets_judge_exact_missions_anew_and_leave_sealed_ones_as_they_were_judged() -> None:
    """What is sealed was counted against the targets then in force; nobody can recount it exactly."""
    shelf = stored_by(targets=TARGETS)
    strict = Targets(
        [
            TargetSet(
                valid_from=BASE.date().replace(month=1, day=1),
                source="stricter",
                targets={("oslo", "urban"): target_of(1.0, 1.0)},
            )
        ]
    )
    sealed = sum(
        part.clocks[0].measured for day in shelf.read()[1].values() for part in day.aggregates if part.series == 0
    )
    assert sealed
    before = history_of(shelf).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER)
    after = history_of(shelf, strict).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER)
    assert before.counts["requirement"].within == 300
    assert (after.first.measured, after.counts["requirement"].within) == (300, sealed)

"""Stored state outlives the program that wrote it: the bytes of every version, and every setting that may change.

`v1/` holds what version 1 wrote. Never write it anew: a test that fails here means that stored state of somebody's
past year cannot be read any more. A new version gets a directory of its own.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.core.digest import Backend
from monitor.core.history import History, seal_targets
from monitor.core.mission import Kind, Mission
from monitor.core.partition import DAY_SECONDS, Partition
from monitor.core.service import Area, Service
from monitor.core.slices import Grid
from monitor.core.stored import VERSION, StoredStateError, read_day, read_head, write_aggregates, write_entries
from monitor.core.targets import Targets, TargetSet
from monitor.core.windows import Span
from tests.core.events import BASE, GRID, SERIES, TARGETS, Shelf, Snap, batches, policy, records
from tests.core.police import SERVICE, target_of

V1 = Path(__file__).parent / "v1"
EVER = Span(0.0, 1e11)
LATER = BASE.timestamp() + 40 * DAY_SECONDS


def test_the_head_of_version_1_is_read() -> None:
    """Field by field as it was written."""
    head = read_head((V1 / "head.bin").read_bytes())
    assert (head.next_offset, head.slice_seconds, head.zone) == (41, 3600, "Europe/Oslo")
    assert head.series == [("oslo", "urban"), ("oslo", "rural"), ("vest", "urban"), ("vest", "rural")]
    assert (head.watermark, head.sealed_before, head.last_record_at) == (1.7e9, 1.6e9, 1.7e9)
    assert (head.missions, head.outcomes, head.dead_letters) == (2, {"new": 2}, {"late": 1})
    assert (head.sealed_early, head.lost_offsets) == (0, 0)


def test_the_days_of_version_1_are_read() -> None:
    """Entries (one of them a mission that moved away) and an aggregate with its sketch."""
    day = read_day([(V1 / "aggregates.bin").read_bytes(), (V1 / "entries.bin").read_bytes()])
    start = 1711742400.0
    assert day.entries == {
        "m-1": Mission("m-1", 3, 0, start, Kind.MEASURED, 610.5),
        "m-2": Mission("m-2", None, 3, start + 60, Kind.OPEN, None),
    }
    (part,) = day.aggregates
    assert (part.series, part.start, part.end) == (1, start, start + 3600)
    assert (part.measured, part.unmeasured, part.excluded) == (3, 1, 2)
    assert (part.targets, part.within) == ((600.0, 1200.0, None, 1200.0), (2, 3, 0, 3))
    assert (part.digest().percentile(50), part.digest().percentile(80)) == (90.5, 700.0)


def test_this_program_writes_what_version_1_wrote() -> None:
    """As long as the version is 1, the same state is the same bytes: a change of form needs a new version."""
    assert VERSION == 1
    day = read_day([(V1 / "aggregates.bin").read_bytes(), (V1 / "entries.bin").read_bytes()])
    moved = Mission("m-3", 0, 1, 0.0, Kind.MOVED, None)
    assert write_entries([*day.entries.values(), moved]) == (V1 / "entries.bin").read_bytes()
    assert write_aggregates(list(day.aggregates)) == (V1 / "aggregates.bin").read_bytes()


@pytest.mark.parametrize("name", ["head", "entries", "aggregates"])
def test_a_newer_version_is_refused_with_the_way_out(name: str) -> None:
    """A program that is rolled back must not guess at what its successor wrote."""
    newer = bytes((VERSION + 1,)) + (V1 / f"{name}.bin").read_bytes()[1:]
    with pytest.raises(StoredStateError, match=r"version 2.*knows 1: run the newer program, or clear the store"):
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
    partition = reopened(stored_by(), series=(("agder", "urban"), *SERIES))
    assert partition.series == [*SERIES, ("agder", "urban")]
    event = Snap("new", 1, "agder", "urban", True, "closed", 36_000, 60, False, 36_000)
    assert not partition.apply(batches(records([event], start=600), [])[0], LATER).dead_letters
    assert partition.series[partition.missions["new"].series] == ("agder", "urban")


def test_a_district_may_be_removed_and_comes_back_with_its_missions() -> None:
    """Its new events are refused and its figures are not shown; what is stored stays for the day it returns."""
    shelf = stored_by()
    partition = reopened(shelf, series=SERIES[2:])
    event = Snap("more", 1, "oslo", "urban", True, "closed", 36_000, 60, False, 36_000)
    effects = partition.apply(batches(records([event], start=600), [])[0], LATER)
    assert [letter.reason for letter in effects.dead_letters] == ["unknown_district"]
    shelf.put(partition.checkpoint())
    without = history_of(shelf, service=replace(SERVICE, areas=(Area("national"), Area("vest", "national"))))
    assert without.timeline("national", "urban").within_span(EVER, abandoned_before=LATER).first.measured == 300
    assert history_of(shelf).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER).first.measured == 300


def test_other_targets_judge_exact_missions_anew_and_leave_sealed_ones_as_they_were_judged() -> None:
    """What is sealed was counted against the targets then in force; nobody can recount it exactly."""
    shelf = stored_by(seal_targets=partial(seal_targets, TARGETS, GRID, SERVICE))
    strict = Targets(
        [
            TargetSet(
                valid_from=BASE.date().replace(month=1, day=1),
                source="stricter",
                targets={("oslo", "urban"): target_of(1.0, 1.0)},
            )
        ]
    )
    sealed = sum(part.measured for day in shelf.read()[1].values() for part in day.aggregates if part.series == 0)
    assert sealed
    before = history_of(shelf).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER)
    after = history_of(shelf, strict).timeline("oslo", "urban").within_span(EVER, abandoned_before=LATER)
    assert before.counts["requirement"].within == 300
    assert (after.first.measured, after.counts["requirement"].within) == (300, sealed)

"""What tables of targets must be beside the service and beside each other, each finding told once."""

import copy
import tomllib
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from monitor.core.fault import Fault
from monitor.core.service import Area, Category, Clock, Duty, Moment, Objective, Service
from monitor.core.target_reading import read_tables
from monitor.core.target_rules import validate
from monitor.core.target_tables import Tables
from tests.core.test_target_tables import HEAD, shipped
from tests.presets import police

TODAY = date(2024, 6, 1)
ENTRY = {"goal": 8, "requirement": 12}
TABLE = {"town": ENTRY, "urban": ENTRY, "rural": ENTRY}
PAIR = Service(
    "pair",
    (Area("all"), Area("north", "all"), Area("south", "all")),
    (Category("c1"), Category("c2")),
    (Clock("response", (Moment("a"),), (Moment("b"),)), Clock("travel", (Moment("c"),), (Moment("b"),))),
    (Objective("p50", 50), Objective("p90", 90), Objective("mean", None), Objective("drive", 50, clock="travel")),
)


def tables_of(raw: dict[str, Any] | str, service: Service, origin: str = "2024.toml") -> Tables:
    """The tables of a document without faults of its own."""
    tables, faults = read_tables(tomllib.loads(HEAD + raw) if isinstance(raw, str) else raw, service, origin=origin)
    assert tables is not None
    assert faults == []
    return tables


def faults_of(raw: dict[str, Any] | str, *, today: date = TODAY, service: Service | None = None) -> list[Fault]:
    """What is wrong with the tables beside the service."""
    service = service or police()
    return validate([tables_of(raw, service)], service, today=today)


def told(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.severity, fault.where.removeprefix("2024.toml: ")) for fault in faults]


def test_the_shipped_file_gives_exactly_the_two_known_warnings() -> None:
    """Only the two oddities of the source are reported: Troms town, and Trøndelag equal to Oslo."""
    assert told(faults_of(shipped())) == [("warning", "troms.town"), ("warning", "trondelag")]


@pytest.mark.parametrize(
    ("today", "old"), [(date(2026, 1, 1), False), (date(2026, 1, 2), True), (date(2031, 5, 5), True)]
)
def test_targets_older_than_two_years_are_a_warning(today: date, old: bool) -> None:
    """The newest set may be two years old; a day more and the owner is asked to look."""
    ages = [fault for fault in faults_of(shipped(), today=today) if fault.where.endswith("valid_from")]
    assert [fault.severity for fault in ages] == ["warning"] * old


@pytest.mark.parametrize(("read", "old"), [(date(2024, 6, 1), False), (date(2024, 5, 31), True)])
def test_whoever_read_them_again_has_confirmed_old_targets(read: date, old: bool) -> None:
    """`[source] read` is the day on which somebody saw that they still are."""
    raw = f"valid_from = 2018-04-01\n[source]\ntitle = 't'\nread = {read}\n[default.default]\np50 = 5\n"
    found, faults = read_tables(tomllib.loads(raw), PAIR, origin="2018.toml")
    assert found is not None
    assert (faults, found.source, found.verified) == ([], f"t, read {read}", True)
    told_old = [fault for fault in validate([found], PAIR, today=date(2026, 6, 1)) if "years ago" in fault.message]
    assert bool(told_old) is old


def test_numbers_that_their_source_does_not_say_are_told_to_be_so() -> None:
    """Wherever the source stands: in `check`, in a report, on the board."""
    raw = "valid_from = 2018-04-01\n[source]\ntitle = 't'\nverified = false\n[default.default]\np50 = 5\n"
    found, _ = read_tables(tomllib.loads(raw), PAIR, origin="2018.toml")
    assert found is not None
    assert (found.source, found.verified) == ("t (not verified)", False)


DAY = date(2025, 8, 1)
CHANGED = replace(
    PAIR,
    clocks=(
        replace(PAIR.clocks[0], until=DAY),
        Clock("dispatched", (Moment("d"),), (Moment("b"),), since=DAY),
    ),
    objectives=(Objective("old", 90), Objective("new", 90, clock="dispatched")),
)
"""A rule that took another clock on a day: two clocks, and an objective of each."""


@pytest.mark.parametrize(
    ("first", "second", "faults"),
    [
        ("old = 12\nnew = 'none'", "new = 12\nold = 'none'", []),
        ("old = 12", "old = 12\nnew = 12", ["old is judged by the clock response, which ends on 2025-08-01"]),
        ("new = 12", "new = 12", ["new is judged by the clock dispatched, which begins on 2025-08-01"]),
        ("old = 12\nnew = 'none'", None, ["old is judged by the clock response, which ends on 2025-08-01"]),
    ],
)  # fmt: skip
def test_no_threshold_holds_by_a_clock_outside_its_days(first: str, second: str | None, faults: list[str]) -> None:
    """A rule that changes its clock needs a set of tables from that day, with the objective of the new one."""
    sets = [
        tables_of(tomllib.loads(f"valid_from = {day}\n[source]\ntitle = 't'\n[default.default]\n{said}"), CHANGED)
        for day, said in ((date(2020, 1, 1), first), (DAY, second))
        if said is not None
    ]
    found = [
        fault.message.partition(":")[0] for fault in validate(sets, CHANGED, today=DAY) if "clock" in fault.message
    ]
    assert found == faults


def test_two_sets_of_one_day_are_an_error() -> None:
    """On any day only one is in force."""
    sets = [tables_of(shipped(), police(), origin) for origin in ("a.toml", "b.toml")]
    faults = validate(sets, police(), today=TODAY)
    assert [fault.where for fault in faults if fault.severity == "error"] == ["b.toml: valid_from"]


def test_what_the_tables_leave_out_is_told_once() -> None:
    """Nothing is judged there, which is no fault where it is meant; one line names all of it."""
    raw = shipped()
    del raw["vest"]
    del raw["oslo"]["town"]
    (fault,) = [fault for fault in faults_of(raw) if "nothing of" in fault.message]
    assert fault.severity == "warning"
    assert "oslo.town, vest.urban, vest.town, vest.rural:" in fault.message


def test_tables_of_a_whole_country_alone_leave_nothing_out() -> None:
    """Where only a pool is bound, its parts are not; where one of these has a threshold, the others lack it."""
    country = "[national]\ntown = { goal = 8, requirement = 12 }\nurban.goal = 8\nrural.requirement = 9"
    assert told(faults_of(country)) == []
    assert [where for _, where in told(faults_of(f"{country}\n[oslo]\ntown.goal = 8"))] == ["2024.toml"]


def test_tables_of_an_area_that_does_not_exist_then_are_told() -> None:
    """And those that it does not need are not asked for: an area is covered while it exists."""
    service = replace(
        PAIR, areas=(Area("all"), Area("north", "all", until=date(2024, 1, 1)), Area("south", "all")),
        objectives=PAIR.objectives[:1],
    )  # fmt: skip
    every = "[all]\np50 = 5\n[south]\np50 = 5\n"
    assert faults_of(every, service=service) == []
    assert told(faults_of(every + "[north]\np50 = 5\n", service=service)) == [("warning", "north")]


def superseded(today: date, **changes: object) -> list[Fault]:
    """Faults of the shipped tables with other areas, and of tables of 2026 that name what is declared."""
    raw = shipped() | changes
    older = tables_of({area: table for area, table in raw.items() if table is not None}, police())
    newer = tables_of(shipped() | {"valid_from": date(2026, 1, 1)}, police(), "2026.toml")
    found = validate([newer, older], police(), today=today)
    return [fault for fault in found if "identical" not in fault.message and "stricter" not in fault.message]


def test_older_tables_may_know_what_the_service_no_longer_declares() -> None:
    """What was printed for 2024 stays as it was printed; what is in no figure is told."""
    (fault,) = superseded(date(2026, 6, 1), svalbard=TABLE)
    assert told([fault]) == [("warning", "svalbard")]
    assert "before 2026-01-01" in fault.message
    assert told(superseded(date(2026, 6, 1), oslo=TABLE | {"hamlet": ENTRY})) == [("warning", "oslo.hamlet")]


@pytest.mark.parametrize(
    "changes",
    [
        {"finnmark": None, "finmark": TABLE},
        {"oslo": None, "Oslo": TABLE},
        {"oslo": {"town": ENTRY, "ubran": ENTRY, "rural": ENTRY}},
    ],
)
def test_a_misprint_in_older_tables_is_an_error(changes: dict[str, object]) -> None:
    """A name that looks like the missing one would silently take that one's targets of the year away."""
    assert any(fault.severity == "error" for fault in superseded(date(2026, 6, 1), **changes))


def test_the_tables_in_force_name_no_stranger() -> None:
    """Also while the next ones are written already and wait for their day; a near name is said."""
    (fault,) = superseded(date(2025, 12, 31), svalbard=TABLE)
    assert told([fault]) == [("error", "svalbard")]
    raw = shipped()
    raw["oslo"]["vilage"] = ENTRY
    assert ("error", "oslo.vilage") in told(faults_of(raw))


def test_an_objective_without_a_threshold_is_told_and_may_not_ask_anything_of_people() -> None:
    """Many rules have a figure that is only shown; a ticket that could never come is a mistake."""
    every = "[default.default]\np50 = 5\np90 = 9\nmean = 6\n"
    (fault,) = faults_of(every, service=PAIR)
    assert (fault.severity, fault.where) == ("warning", "objectives.drive")
    asking = replace(PAIR, objectives=(*PAIR.objectives[:3], replace(PAIR.objectives[3], duty=Duty.TICKET)))
    (fault,) = faults_of(every, service=asking)
    assert (fault.severity, "ticket could never come" in fault.message) == ("error", True)
    assert faults_of(every + 'drive = "none"\n', service=PAIR) == []
    assert validate([tables_of(every, PAIR)], PAIR, today=TODAY, whole=False) == []


def test_a_higher_percentile_with_a_shorter_time_is_told_once_where_it_is_written() -> None:
    """Of one clock alone; a mean and another clock are no match for a percentile."""
    crossed = (
        '[default.default]\np50 = 9\np90 = 5\nmean = 1\ndrive = 20\n[north.c1]\np90 = 8\n[north.c2]\np50 = "none"\n'
    )
    faults = faults_of(crossed, service=PAIR)
    assert told(faults) == [("warning", "default.default"), ("warning", "north.c1")]
    assert faults[0].message.startswith("the p90 (90 % within 5 min) is stricter than the p50 (50 % within 9 min)")


def test_uniform_tables_are_no_copies_of_each_other() -> None:
    """One rule for all is a rule; two equal tables where all others differ are a slip."""
    rule = {"p50": 5, "p90": 9, "mean": 6, "drive": 4}
    names = [f"a{number}" for number in range(8)]
    service = replace(PAIR, areas=(Area("all"), *(Area(name, "all") for name in names)))
    uniform: dict[str, Any] = {"valid_from": date(2024, 1, 1), "source": "x"} | {
        name: {"c1": dict(rule), "c2": dict(rule)} for name in ("all", *names)
    }
    assert faults_of(copy.deepcopy(uniform), service=service) == []
    for number, name in enumerate(names):
        uniform[name]["c1"]["p90"] = 10 + number
    assert faults_of(copy.deepcopy(uniform), service=service) == []
    uniform["a5"]["c1"]["p90"] = 10
    assert told(faults_of(uniform, service=service)) == [("warning", "a5")]

"""Targets: the shipped tables, the set in force, and every fault at once."""

import copy
import itertools
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.targets import NO_TARGET, Fault, Targets, TargetSet, parse_target_set, validate
from tests.core.police import target_of

SHIPPED = Path(__file__).parents[2] / "config" / "services" / "norwegian-police" / "targets" / "2024.toml"
DISTRICTS = [
    "oslo",
    "ost",
    "innlandet",
    "sor-ost",
    "agder",
    "sor-vest",
    "vest",
    "more-og-romsdal",
    "trondelag",
    "nordland",
    "troms",
    "finnmark",
]
SETTLEMENTS = ["urban", "town", "rural"]

# Read from the printed tables 1-13: goal P50 and requirement P80, urban town rural.
PRINTED = {
    "national": [(7, 11), (10, 19), (16, 30)],
    "oslo": [(7, 10), (12, 16), (11, 16)],
    "ost": [(8, 13), (11, 20), (14, 22)],
    "innlandet": [(8, 14), (9, 16), (19, 34)],
    "sor-ost": [(7, 12), (11, 19), (14, 24)],
    "agder": [(8, 12), (12, 21), (17, 30)],
    "sor-vest": [(7, 11), (10, 17), (16, 27)],
    "vest": [(8, 12), (10, 17), (15, 30)],
    "more-og-romsdal": [(7, 11), (9, 20), (19, 32)],
    "trondelag": [(7, 10), (12, 16), (11, 16)],
    "nordland": [(7, 10), (9, 17), (22, 42)],
    "troms": [(7, 7), (11, 9), (18, 19)],
    "finnmark": [None, (9, 19), (21, 43)],
}


def shipped() -> dict[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def faults_of(raw: dict[str, Any], *, today: date = date(2024, 6, 1)) -> list[Fault]:
    parsed, faults = parse_target_set(raw, origin="2024.toml")
    if parsed is not None:
        faults = faults + validate([parsed], districts=DISTRICTS, settlements=SETTLEMENTS, today=today)
    return faults


def errors_of(raw: dict[str, Any]) -> list[str]:
    return [fault.where for fault in faults_of(raw) if fault.severity == "error"]


def a_set(valid_from: date) -> TargetSet:
    return TargetSet(valid_from=valid_from, source="", targets={("oslo", "urban"): target_of(60.0, 120.0)})


def test_the_shipped_file_holds_the_printed_tables() -> None:
    """Every goal and requirement of tables 1-13 stands in the shipped file, and nothing else does."""
    parsed, faults = parse_target_set(shipped(), origin="2024.toml")
    assert faults == []
    assert parsed is not None
    assert parsed.valid_from == date(2024, 1, 1)
    expected = {
        (area, settlement): NO_TARGET if pair is None else target_of(pair[0] * 60.0, pair[1] * 60.0)
        for area, pairs in PRINTED.items()
        for settlement, pair in zip(SETTLEMENTS, pairs, strict=True)
    }
    assert parsed.targets == expected
    assert parsed.not_applicable == {("finnmark", "urban")}
    assert parsed.area_names["more-og-romsdal"] == "Møre og Romsdal"
    assert "Krav og resultater" in parsed.source
    assert len(parsed.errata) == 5


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[2J", "\u202eolsO"])
def test_a_text_that_cannot_be_seen_is_an_error_where_it_stands(text: str) -> None:
    """Names, sources and errata are printed in tables, pages and logs."""
    raw = shipped()
    raw["name"], raw["errata"][1] = text, text
    raw["source"] |= {"title": text, "publisher": text}
    raw["districts"]["oslo"]["name"] = text
    places = ["name", "errata[1]", "source.title", "source.publisher", "districts.oslo.name"]
    assert set(errors_of(raw)) == {f"2024.toml: {place}" for place in places}


def test_the_shipped_file_gives_exactly_the_two_known_warnings() -> None:
    """Only the two oddities of the source are reported: Troms town, and Trøndelag equal to Oslo."""
    assert [(fault.severity, fault.where) for fault in faults_of(shipped())] == [
        ("warning", "2024.toml: districts.troms.town"),
        ("warning", "2024.toml: districts.trondelag"),
    ]


@pytest.mark.parametrize(
    ("today", "old"), [(date(2026, 1, 1), False), (date(2026, 1, 2), True), (date(2031, 5, 5), True)]
)
def test_targets_older_than_two_years_are_a_warning(today: date, old: bool) -> None:
    """The newest set may be two years old; a day more and the owner is asked to look."""
    ages = [fault for fault in faults_of(shipped(), today=today) if fault.where.endswith("valid_from")]
    assert [fault.severity for fault in ages] == ["warning"] * old


def test_every_fault_is_reported_at_once() -> None:
    """One run shows all faults of a file, of reading and of coverage alike."""
    raw = shipped()
    raw["surprise"] = 1
    raw["districts"]["oslo"]["urban"]["goal_p50_minutes"] = 0
    raw["districts"]["oslo"]["town"]["requirement_p80_minutes"] = "16"
    raw["districts"]["ost"]["rural"]["requirement_p80_minutes"] = 1441
    raw["districts"]["ost"]["village"] = {"goal_p50_minutes": 5}
    raw["districts"]["atlantis"] = raw["districts"].pop("agder")
    del raw["districts"]["vest"]["town"]
    del raw["national"]
    raw["districts"]["troms"]["rural"] = {}
    raw["districts"]["finnmark"]["urban"]["goal_p50_minutes"] = 4
    raw["districts"]["nordland"] = 3
    raw["source"] = "a book"
    raw["errata"] = "none"
    assert sorted(errors_of(raw)) == sorted(
        f"2024.toml: {path}"
        for path in [
            "surprise",
            "districts.oslo.urban.goal_p50_minutes",
            "districts.oslo.town.requirement_p80_minutes",
            "districts.ost.rural.requirement_p80_minutes",
            "districts.ost.village",
            "districts.atlantis",
            "districts.agder",
            "districts.vest.town",
            "national",
            "districts.troms.rural",
            "districts.finnmark.urban",
            "districts.nordland",
            "districts.nordland",  # unreadable, and so missing as well
            "source.title",
            "errata",
        ]
    )


@pytest.mark.parametrize(
    "minutes", [0, -1, 1440.5, float("nan"), float("inf"), True, "7", [7], date(2024, 1, 1)], ids=repr
)
def test_minutes_that_cannot_be_right_are_errors(minutes: object) -> None:
    """A target is a number of minutes above 0 and at most a day; anything else is refused."""
    raw = shipped()
    raw["national"]["rural"]["requirement_p80_minutes"] = minutes
    assert errors_of(raw) == ["2024.toml: national.rural.requirement_p80_minutes"]


@pytest.mark.parametrize(
    "value", [None, "2024-01-01", 2024, shipped()["national"]], ids=["absent", "text", "int", "table"]
)
def test_a_set_without_a_first_day_is_refused(value: object) -> None:
    """Without a usable valid_from there is no set, and the fault says how to write the date."""
    raw = shipped() | {"valid_from": value}
    parsed, faults = parse_target_set(raw, origin="2024.toml")
    assert parsed is None
    assert [fault.where for fault in faults] == ["2024.toml: valid_from"]
    assert "2024-01-01" in faults[0].message


def test_a_misspelt_key_is_an_error_and_not_a_missing_target() -> None:
    """A typo may not silently turn a requirement off."""
    raw = shipped()
    raw["districts"]["oslo"]["urban"] = {"goal_p50_minute": 7, "requirement_p80_minutes": 10}
    assert errors_of(raw) == ["2024.toml: districts.oslo.urban.goal_p50_minute"]


def test_one_of_the_two_targets_may_be_absent() -> None:
    """A service may set only a requirement; the goal is then None and no fault."""
    raw = shipped()
    del raw["districts"]["oslo"]["urban"]["goal_p50_minutes"]
    parsed, _ = parse_target_set(raw, origin="2024.toml")
    assert parsed is not None
    assert parsed.targets["oslo", "urban"] == target_of(None, 600.0)
    assert errors_of(raw) == []


def test_no_set_and_two_sets_of_one_day_are_errors() -> None:
    """There must be a set, and on any day only one in force."""
    today = date(2024, 6, 1)
    (fault,) = validate([], districts=DISTRICTS, settlements=SETTLEMENTS, today=today)
    assert fault.severity == "error"
    first, _ = parse_target_set(shipped(), origin="a.toml")
    second, _ = parse_target_set(copy.deepcopy(shipped()), origin="b.toml")
    assert first is not None
    assert second is not None
    faults = validate([first, second], districts=DISTRICTS, settlements=SETTLEMENTS, today=today)
    assert [fault.where for fault in faults if fault.severity == "error"] == ["b.toml: valid_from"]


def superseded(today: date, **changes: object) -> list[Fault]:
    """Faults of the shipped tables with other names, and of tables of 2026 that name what is configured."""
    raw = shipped()
    raw["districts"] |= changes
    raw["districts"] = {area: table for area, table in raw["districts"].items() if table is not None}
    older, wrong = parse_target_set(raw, origin="2024.toml")
    newer, _ = parse_target_set(shipped() | {"valid_from": date(2026, 1, 1)}, origin="2026.toml")
    assert older is not None
    assert newer is not None
    found = validate([newer, older], districts=DISTRICTS, settlements=SETTLEMENTS, today=today)
    return [fault for fault in wrong + found if "identical" not in fault.message and "stricter" not in fault.message]


MINUTES = {"goal_p50_minutes": 8, "requirement_p80_minutes": 12}
SVALBARD = {"name": "Svalbard", "town": MINUTES, "urban": MINUTES, "rural": MINUTES}


def test_districts_may_come_and_go_without_a_change_of_older_tables() -> None:
    """What was printed for 2024 stays as it was printed; what is not judged, or in no figure, is told."""
    told = superseded(date(2026, 6, 1), finnmark=None, svalbard=SVALBARD)
    assert [(fault.severity, fault.where) for fault in told] == [
        ("warning", "2024.toml: districts.finnmark"),
        ("warning", "2024.toml: districts.svalbard"),
    ]
    assert all("before 2026-01-01" in fault.message for fault in told)


def test_a_class_may_come_and_go_as_well() -> None:
    """The same for a class of one district."""
    oslo = {"name": "Oslo", "town": MINUTES, "urban": MINUTES, "hamlet": MINUTES}
    told = superseded(date(2026, 6, 1), oslo=oslo)
    assert [(fault.severity, fault.where) for fault in told] == [
        ("warning", "2024.toml: districts.oslo.rural"),
        ("warning", "2024.toml: districts.oslo.hamlet"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"finnmark": None, "finmark": SVALBARD},
        {"oslo": None, "Oslo": SVALBARD},
        {"oslo": {"name": "Oslo", "town": MINUTES, "ubran": MINUTES, "rural": MINUTES}},
    ],
)
def test_a_misprint_in_older_tables_is_an_error(changes: dict[str, object]) -> None:
    """A name that looks like the missing one would silently take that one's targets of the year away."""
    assert any(fault.severity == "error" for fault in superseded(date(2026, 6, 1), **changes))


@pytest.mark.parametrize("changes", [{"finnmark": None}, {"svalbard": SVALBARD}])
def test_the_tables_in_force_name_every_district_and_no_other(changes: dict[str, object]) -> None:
    """Also while the next ones are written already and wait for their day."""
    (fault,) = superseded(date(2025, 12, 31), **changes)
    assert fault.severity == "error"


def test_a_set_is_in_force_until_superseded() -> None:
    """The first day belongs to the new set, the day before to the old one, and earlier days to none."""
    old, new = a_set(date(2024, 1, 1)), a_set(date(2025, 3, 1))
    targets = Targets([new, old])
    assert targets.in_force(date(2023, 12, 31)) is None
    assert targets.in_force(date(2024, 1, 1)) is old
    assert targets.in_force(date(2025, 2, 28)) is old
    assert targets.in_force(date(2025, 3, 1)) is new
    assert targets.in_force(date(2199, 1, 1)) is new
    assert targets.target("oslo", "urban", date(2024, 1, 1)) == target_of(60.0, 120.0)
    assert targets.target("oslo", "rural", date(2024, 1, 1)) == NO_TARGET
    assert targets.target("oslo", "urban", date(2023, 1, 1)) == NO_TARGET


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(starts=st.sets(DAYS, max_size=5), start=DAYS, length=st.integers(-3, 2000))
def test_eras_cut_a_span_without_gap_or_overlap(starts: set[date], start: date, length: int) -> None:
    """The pieces join end to end over the span, and each day of a piece has the piece's set in force."""
    targets = Targets(a_set(day) for day in starts)
    end = start + timedelta(days=length)
    eras = list(targets.eras(start, end))
    assert sum((era.end - era.start).days for era in eras) == max(length, 0)
    days = [(era.start + timedelta(days=k), era.targets) for era in eras for k in range((era.end - era.start).days)]
    assert [day for day, _ in days] == [start + timedelta(days=k) for k in range(max(length, 0))]
    assert all(targets.in_force(day) is in_force for day, in_force in days)
    assert all(left.targets is not right.targets for left, right in itertools.pairwise(eras))

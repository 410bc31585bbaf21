"""Files of before services were declared load, mean what they meant, and are told once what to write instead."""

from datetime import date
from pathlib import Path

import pytest

from monitor.core.service import Area, Category
from monitor.settings import Configuration, load
from tests.presets import police
from tests.settings.finding import errors_of

HERE = """
[events]
districts = ["z2", "oslo"]
settlements = ["p1", "urban"]
max_response_seconds = 7200
[ledger]
timezone = "America/New_York"
[windows]
year_starts = 4
"""
TABLES = """
name = "before"
valid_from = 2020-01-01
[source]
title = "a county"
[national]
name = "All"
p1 = { requirement_p80_minutes = 9 }
urban = { goal_p50_minutes = 5.33 }
[districts.z2]
name = "Zone 2"
p1 = { goal_p50_minutes = "5:20", requirement_p80_minutes = 9 }
urban = { not_applicable = true }
[districts.oslo]
p1 = { requirement_p80_minutes = 9 }
urban = { requirement_p80_minutes = 9 }
"""


def written(folder: Path, text: str = HERE, tables: str | None = TABLES, place: str = "targets") -> Path:
    """A file of before, with its tables in a folder beside it."""
    if tables is not None:
        (folder / place).mkdir(exist_ok=True)
        (folder / place / "targets.toml").write_text(tables, encoding="utf-8")
    (folder / "monitor.toml").write_text(text, encoding="utf-8")
    return folder / "monitor.toml"


def told_of(found: Configuration) -> list[str]:
    """The warnings but the one about the tables' age."""
    return [fault.message for fault in found.warnings if "years ago" not in fault.message]


def test_a_file_of_before_means_what_it_meant(tmp_path: Path) -> None:
    """The police's rule over the districts, classes, zone and year of the file, judged by the tables beside it."""
    found = load(written(tmp_path))
    service = found.service
    assert (service.slug, service.root, service.objectives) == ("norwegian-police", "national", police().objectives)
    assert service.fields == police().fields
    assert service.areas[1:] == (
        Area("z2", "national", names={"en": "Zone 2"}), Area("oslo", "national", names={"en": "Oslo"}),
    )  # fmt: skip
    assert service.categories == (Category("p1"), Category("urban", names=service.categories[1].names))
    assert [clock.longest_seconds for clock in service.clocks] == [7200.0]
    assert (found.grid.zone.key, found.grid.calendar.year_starts) == ("America/New_York", 4)
    day = date(2024, 5, 1)
    assert found.targets.target("national", "urban", day) == {"goal": 319.8}
    assert found.targets.target("z2", "p1", day) == {"goal": 320.0, "requirement": 540.0}
    assert found.targets.target("z2", "urban", day) == {}


def test_it_is_told_once_what_to_write_instead(tmp_path: Path) -> None:
    """Every key by the name that the user gave it, and where its meaning stands now."""
    (message,) = told_of(load(written(tmp_path)))
    for part in ("events.districts", "[[areas]]", "ledger.timezone", "longest", "windows.year_starts", "service = "):
        assert part in message


def test_a_variable_of_before_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks in the file would look in vain."""
    monkeypatch.setenv("MONITOR_LEDGER__TIMEZONE", "UTC")
    monkeypatch.setenv("MONITOR_SERVICE__SLUG", "county")
    found = load(written(tmp_path))
    assert (found.grid.zone.key, found.service.slug) == ("UTC", "county")
    (message,) = told_of(found)
    assert "MONITOR_LEDGER__TIMEZONE" in message
    assert "MONITOR_SERVICE__SLUG" in message


def test_a_slug_as_a_table_is_still_a_slug(tmp_path: Path) -> None:
    """`[service] slug = "…"`, beside the keys that were there then."""
    assert load(written(tmp_path, '[service]\nslug = "county"\n' + HERE)).service.slug == "county"


def test_the_folder_of_tables_may_be_named(tmp_path: Path) -> None:
    """Relative to the file; an absent one is an error, and not the shipped tables."""
    found = load(written(tmp_path, '[targets]\ndirectory = "rules"\n' + HERE, place="rules"))
    assert found.targets.sets[0].name == "before"
    assert (
        "no target files" in errors_of(written(tmp_path, '[targets]\ndirectory = "x"\n' + HERE))["targets.directory"]
    )


def test_tables_beside_a_file_that_names_a_service_are_not_its(tmp_path: Path) -> None:
    """A service has its own; nobody's figures change because a folder lies somewhere."""
    found = load(written(tmp_path, 'service = "norwegian-police"\n'))
    assert found.targets.sets[0].name == "Norwegian police 2024"
    assert told_of(found) == told_of(load(written(tmp_path, 'service = "norwegian-police"\n', None)))


def test_a_service_whose_tables_do_not_know_the_districts_is_refused(tmp_path: Path) -> None:
    """Districts of one's own with the shipped tables: whoever they were written for, it is not these."""
    found = errors_of(written(tmp_path, tables=None))
    assert "unknown area" in found["2024.toml: agder"]


def test_objectives_that_tables_of_before_leave_out_are_no_fault(tmp_path: Path) -> None:
    """A requirement without a goal was all that many had."""
    tables = TABLES.replace("goal_p50_minutes = 5.33", "requirement_p80_minutes = 5").replace(
        'goal_p50_minutes = "5:20", ', ""
    )
    assert len(told_of(load(written(tmp_path, tables=tables)))) == 1

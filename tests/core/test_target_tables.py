"""Tables of targets: the shipped ones, what each series inherits, old keys, and every fault at once."""

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.service import Area, Category, Clock, Moment, Objective, Service
from monitor.core.target_reading import read_tables
from monitor.core.target_tables import target_set
from monitor.core.targets import NO_TARGET, TargetSet
from tests.core.police import target_of
from tests.presets import CONFIG, police

SHIPPED = CONFIG.parent / "services" / "norwegian-police" / "targets" / "2024.toml"
CATEGORIES = ["urban", "town", "rural"]

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
HEAD = 'valid_from = 2024-01-01\n[source]\ntitle = "a source"\n'


def shipped() -> dict[str, Any]:
    """The shipped document, loaded anew."""
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def read(raw: dict[str, Any] | str, service: Service | None = None) -> tuple[TargetSet, dict[str, str]]:
    """The set, and where what is wrong with it."""
    loaded = tomllib.loads(HEAD + raw) if isinstance(raw, str) else raw
    tables, faults = read_tables(loaded, service or police(), origin="2024.toml")
    assert tables is not None
    where = {fault.where.removeprefix("2024.toml: "): fault.message for fault in faults}
    return target_set(tables, service or police()), where


def test_the_shipped_file_holds_the_printed_tables() -> None:
    """Every goal and requirement of tables 1-13 stands in the shipped file, and nothing else does."""
    parsed, faults = read(shipped())
    assert faults == {}
    assert parsed.valid_from == date(2024, 1, 1)
    expected = {
        (area, category): NO_TARGET if pair is None else target_of(pair[0] * 60.0, pair[1] * 60.0)
        for area, pairs in PRINTED.items()
        for category, pair in zip(CATEGORIES, pairs, strict=True)
    }
    assert parsed.targets == expected
    assert parsed.not_applicable == {("finnmark", "urban")}
    assert "Krav og resultater" in parsed.source
    assert len(parsed.errata) == 5


def test_tables_of_before_mean_what_they_meant() -> None:
    """Districts in a table of their own, and keys that say percentile and unit again."""
    former = shipped()
    areas = {area: former.pop(area) for area in [*former] if area in police().leaf_areas}
    keys = {"goal": "goal_p50_minutes", "requirement": "requirement_p80_minutes"}
    for table in [*areas.values(), former["national"]]:
        for category, entry in table.items():
            table[category] = {keys.get(key, key): value for key, value in entry.items()}
    areas["oslo"] |= {"name": "Oslo", "table": 2}
    parsed, faults = read({**former, "districts": areas})
    assert faults == {}
    assert parsed.targets == read(shipped())[0].targets
    assert parsed.area_names == {"oslo": "Oslo"}


@pytest.mark.parametrize(
    ("key", "seconds"),
    [("goal = 4.1", 246), ('goal = "4:06"', 246), ("goal_minutes = 4.1", 246), ("goal_seconds = 246", 246),
     ("goal_p50_seconds = 0.5", 0.5), ('goal = "80 s"', 80),
     ('goal = "1.5 h"', 5400), ("goal_p50_minutes = 4.1", 246)],
)  # fmt: skip
def test_a_threshold_is_minutes_unless_it_says_otherwise(key: str, seconds: float) -> None:
    """Converted exactly, whatever the form."""
    parsed, faults = read(f"[oslo.urban]\n{key}\n")
    assert faults == {}
    assert parsed.targets["oslo", "urban"] == {"goal": seconds}


def test_a_key_that_says_another_percentile_is_an_error() -> None:
    """The objective says what is judged, and the table may not say that it is something else."""
    faults = read("[oslo.urban]\ngoal_p80_minutes = 3\nrequirement_p80_minutes = 5\n")[1]
    assert faults == {"oslo.urban.goal_p80_minutes": "goal is the 50th percentile, and not the 80th"}


def test_every_fault_is_reported_at_once() -> None:
    """One run shows all faults of a file."""
    raw = shipped()
    raw["surprise"] = 1
    raw["oslo"]["urban"]["goal"] = 0
    raw["oslo"]["town"]["requirement"] = "16"
    raw["ost"]["rural"]["requirement"] = 1441
    raw["troms"]["rural"] = {}
    raw["finnmark"]["urban"]["goal"] = 4
    raw["nordland"] = 3
    raw["source"] = 5
    raw["errata"] = "none"
    raw["districts"] = {"vest": {}, "national": {}, "agder": 4}
    assert set(read(raw)[1]) == {
        "surprise",
        "oslo.urban.goal",
        "oslo.town.requirement",
        "ost.rural.requirement",
        "troms.rural",
        "finnmark.urban",
        "nordland",
        "source.title",
        "errata",
        "districts.vest",
        "districts.national",
        "districts.agder",
    }


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[2J", "\u202eolsO"])
def test_a_text_that_cannot_be_seen_is_an_error_where_it_stands(text: str) -> None:
    """Names, sources and errata are printed in tables, pages and logs."""
    raw = shipped()
    raw["name"], raw["errata"][1] = text, text
    raw["source"] |= {"title": text, "publisher": text}
    raw["oslo"]["name"] = text
    assert set(read(raw)[1]) == {"name", "errata[1]", "source.title", "source.publisher", "oslo.name"}


@pytest.mark.parametrize(
    "minutes",
    [0, -1, 1440.5, float("nan"), float("inf"), True, "7", [7], date(2024, 1, 1), "None", False, {"minutes": 7}],
    ids=repr,
)
def test_minutes_that_cannot_be_right_are_errors(minutes: object) -> None:
    """A target is above 0 and at most what the clock may take; anything else is refused."""
    raw = shipped()
    raw["national"]["rural"]["requirement"] = minutes
    assert list(read(raw)[1]) == ["national.rural.requirement"]


@pytest.mark.parametrize(
    "value", [None, "2024-01-01", 2024, shipped()["national"]], ids=["absent", "text", "int", "table"]
)
def test_a_set_without_a_first_day_is_refused(value: object) -> None:
    """Without a usable valid_from there is no set, and the fault says how to write the date."""
    tables, faults = read_tables(shipped() | {"valid_from": value}, police(), origin="2024.toml")
    assert tables is None
    assert [fault.where for fault in faults] == ["2024.toml: valid_from"]
    assert "2024-01-01" in faults[0].message


def test_a_misspelt_key_is_an_error_and_not_a_missing_target() -> None:
    """A typo may not silently turn a requirement off."""
    assert read("[oslo.urban]\ngaol = 7\n")[1] == {"oslo.urban.gaol": "unknown key; did you mean goal?"}


def test_a_source_that_is_missing_is_told_and_stops_nothing() -> None:
    """Whose numbers these are should be said; they judge all the same."""
    tables, (fault,) = read_tables({"valid_from": date(2024, 1, 1)}, police(), origin="a.toml")
    assert tables is not None
    assert (fault.severity, fault.where) == ("warning", "a.toml: source.title")


def test_one_place_may_say_a_threshold_and_another_take_it_away() -> None:
    """`none` takes one objective away, `not_applicable` all of them; what is nearer may set them again."""
    parsed, faults = read(
        '[default.default]\ngoal = 7\nrequirement = 11\n[default.rural]\ngoal = "none"\n'
        "[oslo]\nnot_applicable = true\n[oslo.town]\nrequirement = 5\n[vest]\ngoal = 3\n"
    )
    assert faults == {}
    assert parsed.targets["ost", "urban"] == target_of(420.0, 660.0)
    assert parsed.targets["ost", "rural"] == {"requirement": 660.0}
    assert parsed.targets["oslo", "urban"] == NO_TARGET
    assert parsed.targets["oslo", "town"] == {"requirement": 300.0}
    assert parsed.targets["vest", "rural"] == target_of(180.0, 660.0)
    assert parsed.not_applicable == {("oslo", "urban"), ("oslo", "rural")}


CLOCK = Clock("response", (Moment("a"),), (Moment("b"),))
SMALL = Service(
    "small",
    (Area("all"), Area("north", "all"), Area("south", "all")),
    (Category("c1"), Category("c2"), Category("c3", "c4"), Category("c4")),
    (CLOCK,),
    (Objective("mean", None), Objective("p90", 90)),
)
SAID = st.just(True) | st.dictionaries(
    st.sampled_from(["mean", "p90"]), st.integers(1, 30) | st.just("none"), min_size=1
)


@given(
    st.dictionaries(
        st.sampled_from(["default", "all", "north", "south"]),
        st.dictionaries(st.sampled_from(["default", "c1", "c2", "c3", "c4"]), SAID, min_size=1),
    )
)
def test_the_nearest_word_on_each_objective_holds(said: dict[str, dict[str, Any]]) -> None:
    """Area and category, then area, then category, then default; asked objective by objective, from the nearest."""
    raw: dict[str, Any] = {"valid_from": date(2024, 1, 1), "source": "x"}
    raw |= {
        area: {category: {"not_applicable": True} if entry is True else entry for category, entry in table.items()}
        for area, table in said.items()
    }
    parsed, faults = read(raw, SMALL)
    assert faults == {}
    for area, category in SMALL.judged_series:
        nearest_first = [(area, category), (area, "default"), ("default", category), ("default", "default")]
        expected = {}
        for objective in ("mean", "p90"):
            for one, other in nearest_first:
                entry = said.get(one, {}).get(other, {})
                if entry is True or objective in entry:
                    if entry is not True and entry[objective] != "none":
                        expected[objective] = entry[objective] * 60.0
                    break
        assert parsed.of(area, category) == expected


LEAVES = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        7,
        1e308,
        float("nan"),
        float("inf"),
        10**400,
        "",
        "x",
        "none",
        "5:20",
        "\x00",
        date(2024, 1, 1),
    ]
)
NAMES = st.sampled_from(
    ["default", "north", "all", "c1", "mean", "p90", "p90_p90_minutes", "mean_seconds", "name", "table", "source",
     "errata", "districts", "not_applicable", "valid_from", "title", "x"]
)  # fmt: skip


@given(st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=2)))
def test_no_document_is_a_traceback(raw: Any) -> None:
    """Whatever stands where: tables that may be worked with, or faults that can be printed."""
    document = {"valid_from": date(2024, 1, 1)} | (raw if isinstance(raw, dict) else {"north": raw})
    for service in (SMALL, None):
        tables, faults = read_tables(document, service, origin="a.toml")
        assert tables is None or all(tables.target(*series) for series in SMALL.judged_series)
        assert all(fault.where.startswith("a.toml: ") for fault in faults)

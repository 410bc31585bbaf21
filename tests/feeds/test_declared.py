"""What a feed file may say, and every fault of one at once, with its place and what to do."""

import copy
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.service import Service
from monitor.feeds.declared import load_feed, read_feed
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Mapped, Row
from monitor.settings import ConfigurationError
from monitor.settings.service import read_service
from tests.docs.blocks import blocks
from tests.feeds.small import FIELDS, HEAD, NEW_YORK, SERVICE, faults_of, feed, read
from tests.presets import CONFIG

RIGHT = HEAD + FIELDS


def told(text: str) -> str:
    return "\n".join(f"{where}: {message}" for where, message in faults_of(text))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "source: is missing: write [source] on a line"),
        ("sources = 3", "sources: must be tables"),
        ("[source]\n", "source.mission: is missing: add it"),
        ("[source]\n", "source.fields: is missing: write [source.fields] on a line"),
        (RIGHT + 'arived = "x"\n', "source.fields.arived: unknown field: remove it or correct its name"),
        (RIGHT + 'mission_id = "x"\n', "source.fields.mission_id: is no field here: say it as mission of the source"),
        (RIGHT + "times = { zone = 'UTC' }\n", "source.fields.times: is a key of the source, and no field: write it"),
        (RIGHT.replace("mission", "mision"), "source.mision: unknown key: remove it or correct its name; did"),
        (RIGHT.replace('"called"', "7"), "source.fields.called_at: must be a path in quotes, or a table"),
        (RIGHT.replace('"called"', '""'), "source.fields.called_at.path: is empty: give a value"),
        (RIGHT.replace('"called"', "\"a[?b=='c']..d\""), "is no path"),
        (RIGHT.replace('"called"', '{ constant = "x" }'), "would give every mission one time"),
        (RIGHT.replace('"called"', '{ pth = "x" }'), "did you mean path?"),
        (RIGHT.replace('"called"', '{ path = "x", map = { a = "b" } }'), "map: means nothing here: called_at"),
        (RIGHT.replace('"called"', '{ path = "x", zone = "Oslo" }'), "unknown zone 'Oslo'"),
        (RIGHT.replace('"called"', '{ path = "x", pick = 0 }'), "pick: must be earliest, latest, or which of them"),
        (RIGHT.replace('"north"', '"nort"'), "'nort' is none that area takes: there are north, south"),
        (RIGHT.replace('"closed"', '"done"'), "'done' is none that status takes: there are open, closed, cancelled"),
        (RIGHT.replace('"closed"', "true"), "none that status takes"),
        (RIGHT + 'eligible = { constant = "yes" }\n', "true and false, without quotes"),
        (RIGHT + 'eligible = { path = "a", unknown = "keep" }\n', "cannot keep a word that eligible does not take"),
        (RIGHT + 'eligible = { path = "a", unknown = "maybe" }\n', "must be refuse, keep, nothing, or"),
        (RIGHT + 'excluded = { path = "a", if = {} }\n', "if: must be a table of paths"),
        (RIGHT + 'excluded = { path = "a", if = { a = { abov = 1 } } }\n', "unknown test 'abov'"),
        (RIGHT + 'excluded = { path = "a", map = { X = "1", x = "2" } }\n', "differ in capitals alone"),
        (RIGHT + 'excluded = { path = "a", map = { "1" = "a", "1.0" = "b" } }\n', "one number, and mean two"),
        (RIGHT + 'excluded = { path = "a", iff = { a = 1 } }\n', "iff: unknown key: remove it or correct its name"),
        (HEAD + 'revision = "a"\norder = "b"\n' + FIELDS, "has a revision and an order"),
        (HEAD + 'format = "xml"\n' + FIELDS, "source.format.kind: "),
        (HEAD + 'times = { formats = ["%I:%M"] }\n' + FIELDS, "source.times.formats: '%I:%M' has a clock of 12"),
        (HEAD + "[[source.filters]]\nif = { a = 1 }\n" + FIELDS, "source.filters[1].reason: is missing"),
        (HEAD + '[[source.filters]]\nif = { a = 1 }\nreason = "x"\nthen = "withdraw"\n' + FIELDS, "withdraws a row"),
        (RIGHT.replace("status", "# status"), "fields.status: is missing: give its path, or status = { constant"),
        (RIGHT.replace("area =", "# area ="), "fields.area: is missing: give its path"),
        (RIGHT.replace("called_at", "# called_at"), "fields.called_at: is missing, and recorded_at too"),
        (RIGHT.replace("on_scene_at", "# on_scene_at"), "clock response can measure nothing: no source tells"),
        ("geography = 1\n" + RIGHT, "geography: must be a table"),
        ('slug = "My Feed"\n' + RIGHT, "slug: must be a slug"),
        (RIGHT + RIGHT.replace("[source]", "[[sources]]").replace("[source.", "[sources."), "stand beside [source]"),
        ("[source", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place_and_says_what_to_do(wrong: str, said: str) -> None:
    """Unknown keys with the nearest known, words with those that there are."""
    assert said in told(wrong)


def test_every_fault_is_told_at_once() -> None:
    """One run of check is enough to mend a file."""
    wrong = RIGHT.replace("mission", "mision").replace('"closed"', '"done"').replace("called_at", "caled_at")
    wrong += 'eligible = { path = "a", unknown = "maybe" }\n'
    assert len(faults_of(wrong)) == 5


def test_a_file_that_is_right_has_no_faults() -> None:
    """And a clock that nothing ends is a warning, not an error: some sources tell no more."""
    assert faults_of(RIGHT) == []
    declared, faults = read(RIGHT.replace("dispatched_at", "# dispatched_at"))
    assert declared is not None
    assert [fault.severity for fault in faults] == ["warning"]


def test_local_times_need_a_zone() -> None:
    """That of the service, of the source, or of each field."""
    assert "source.times.zone" in {fault.where.removeprefix("feed.toml: ") for fault in read(RIGHT, None)[1]}
    assert read(HEAD + 'times = { zone = "Europe/Oslo" }\n' + FIELDS, None)[1] == []


def test_what_is_wrong_is_raised_with_all_of_it(tmp_path: Path) -> None:
    """Whoever starts something with a feed file gets the settings' error."""
    (tmp_path / "feed.toml").write_text("[source]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load_feed(tmp_path / "feed.toml", SERVICE, NEW_YORK)
    assert len(raised.value.faults) == 2


SEVERAL = """
[[sources]]
slug = "calls"
files = ["calls*.csv"]
mission = "call"
[sources.fields]
area = "area"
category = { constant = "urgent" }
status = { constant = "closed" }
called_at = "called"

[[sources]]
slug = "units"
files = ["units*.csv"]
mission = "call"
row = "unit"
[sources.fields]
dispatched_at = "dispatched"
on_scene_at = "arrived"
"""


def test_each_of_several_sources_tells_its_part_of_a_mission() -> None:
    """No row of one source has the name of a row of another; what every mission needs, one of them tells."""
    declared = feed(SEVERAL)
    calls, units = (Mapper(source, SERVICE) for source in declared.sources)
    (call,) = calls.map(Row({"call": "1", "area": "south", "called": "2024-06-01T12:00:00"})).events
    (unit,) = units.map(Row({"call": "1", "unit": "calls", "arrived": "2024-06-01T12:05:00"})).events
    assert (call["mission_id"], call["row"]) == ("1", "calls")
    assert (unit["mission_id"], unit["row"]) == ("1", "units:calls")
    taken = [declared.source_of(Path(name)) for name in ("in/Calls_2024.CSV", "units.csv", "other.csv")]
    assert [source and source.slug for source in taken] == ["calls", "units", None]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('slug = "units"\n', "", "sources.2.slug: is missing: each of several sources needs one"),
        ('slug = "units"\n', 'slug = "calls"\n', "sources.calls: is declared twice"),
        ('files = ["units*.csv"]\n', "", "sources.units.files: is missing: say which files, or which topic"),
        ('status = { constant = "closed" }\n', "", "fields.status: is missing"),
    ],
)
def test_several_sources_must_be_told_apart(before: str, after: str, said: str) -> None:
    """By slug, and by what is theirs; together they tell all."""
    assert said in told(SEVERAL.replace(before, after))


@pytest.mark.parametrize(
    "text", [block.text for block in blocks() if block.file == "docs/feeds.md" and "[source" in block.text]
)
def test_whole_feed_files_of_the_document_are_right(text: str, tmp_path: Path) -> None:
    """For the service that `monitor init` writes."""
    (tmp_path / "feed.toml").write_text(text, encoding="utf-8")
    service = read_service(CONFIG.parent / "skeleton").service
    assert service is not None
    declared, _ = read_feed(tmp_path / "feed.toml", service, NEW_YORK)
    assert declared is not None


LENGTHS = RIGHT.replace(
    '"dispatched"', '{ path = "turnout", since = "called_at", formats = ["%M:%S", "minutes"] }'
).replace("[source.fields]", 'times = { formats = ["epoch_days", "day_us"], date = "day" }\n[source.fields]')
SKELETON = read_service(CONFIG.parent / "skeleton").service
SHIPPED = sorted((CONFIG.parent / "feeds").glob("*/feed.toml"))
TREES = [(tomllib.loads(file.read_text(encoding="utf-8")), SKELETON) for file in SHIPPED] + [
    (tomllib.loads(text), SERVICE) for text in (RIGHT, SEVERAL, LENGTHS)
]
WORDS = [
    *(
        "source",
        "sources",
        "fields",
        "mission",
        "row",
        "revision",
        "order",
        "times",
        "formats",
        "zone",
        "offset",
        "path",
    ),
    *("constant", "if", "map", "unknown", "as", "nulls", "pick", "after", "separator", "filters", "reason", "then"),
    *(
        "called_at",
        "area",
        "status",
        "north",
        "closed",
        "exclude",
        "iso",
        "epoch_ms",
        "%H:%M",
        "%d.%m.%Y",
        "debezium",
    ),
    *(
        "since",
        "seconds",
        "minutes",
        "%M:%S",
        "%H%M",
        "%Z",
        "%z",
        "%p",
        "epoch_days",
        "day_us",
        "date",
        "dispatched_at",
    ),
    *("a.b", "a[0].b", "a[?x=='y']", "@op", "a[", "Europe/Oslo", "", " ", "\0", "%", "%é", "{", "𝟙"),
]
LEAVES = st.one_of(
    st.sampled_from(WORDS), st.text(max_size=6), st.integers(), st.floats(), st.booleans(), st.dates(), st.times(),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=3),
)  # fmt: skip


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a tree: the table or list, and the key in it."""
    found = []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += [(tree, key), *places(value)]
    return found


@st.composite
def broken(draw: st.DrawFn) -> tuple[dict[str, Any], Service]:
    """A feed file that is right, changed in some places: a value replaced, taken away, a key added."""
    right, service = draw(st.sampled_from(TREES))
    tree = copy.deepcopy(right)
    for _ in range(draw(st.integers(0, 4))):
        every = places(tree)
        if not every:
            break
        table, key = every[draw(st.integers(0, len(every) - 1))]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                table[key] = draw(LEAVES)
            case "remove":
                del table[key]
            case _ if isinstance(table, dict):
                table[draw(st.sampled_from(WORDS))] = draw(LEAVES)
    return tree, service


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(max_size=8),
        st.sampled_from(WORDS),
        st.datetimes(),
        st.times(),
        st.sampled_from(["2024-11-03T01:30:00", "2024-03-10T02:30", "23:59:10", "1", "3"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


def keys_of(paths: Iterable[str]) -> list[str]:
    """Paths, and the keys that they begin with."""
    return [key for path in paths for key in (path, path.partition(".")[0].partition("[")[0])]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None)
@given(made=broken(), data=st.data())
def test_any_feed_file_is_a_feed_or_faults_and_any_record_events_or_refusals(
    made: tuple[dict[str, Any], Service], data: st.DataObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is raised, whatever stands in the file and in a record."""
    tree, service = made
    monkeypatch.setattr("monitor.feeds.declared.read_toml", lambda _path: tree)
    declared, faults = read_feed(Path("feed.toml"), service, NEW_YORK)
    assert (declared is None) == any(fault.severity == "error" for fault in faults)
    assert all(fault.where.startswith("feed.toml") and fault.message for fault in faults)
    for source in declared.sources if declared else ():
        mapper = Mapper(source, service)
        keys = st.sampled_from([*keys_of(source.paths), *WORDS])
        records = st.dictionaries(keys, VALUES, max_size=8)
        record, before = data.draw(records), data.draw(records)
        for row in (Row(record), Row(record, deleted=True), Row(record, before=before, around=before)):
            found = mapper.map(row)
            assert isinstance(found, Mapped)
            assert not (found.events and found.refused)
            msgspec.json.encode(found.events)

"""The published JSON Schema and the reader give the same answer about every value of every field.

The documents are text, as a source would send it: a schema that is checked on values alone would hide how numbers
and names are written. The validator is one of the field's own; its patterns are taken as the standard has them.
"""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from monitor.core.mission import Reason, Rejected
from monitor.core.reader import EventReader
from monitor.core.rows import TellsRow
from monitor.core.service import Service
from monitor.generate import event_schema
from monitor.settings import load
from tests.core.events import GRID
from tests.core.police import SERVICE
from tests.presets import CONFIG

READER = EventReader(SERVICE, GRID)
BEYOND_A_SCHEMA = {Reason.IN_THE_FUTURE, Reason.NO_TIME}
"""What two fields together, or the record, make of an event: the schema's description says so."""


def ecma_pattern(_validator: object, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    """`pattern` as in ECMA-262, where `$` is the very end; Python's would let a line break follow."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("no match")


def number(text: str) -> int | float:
    """A number as the standard has it: whole where its fraction is zero, however it is written."""
    exact = Fraction(text)
    return int(exact) if exact.denominator == 1 else float(text)


def validator_of(service: Service) -> Any:
    """Of the schema that is published for a service."""
    schema = json.loads(event_schema(service))
    return extend(Draft202012Validator, {"pattern": ecma_pattern})(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


VALIDATOR = validator_of(SERVICE)
SCHEMA = VALIDATOR.schema


def by_schema(text: str, validator: Any = VALIDATOR) -> bool:
    """What another program says that reads JSON and asks the schema."""
    return bool(validator.is_valid(json.loads(text, parse_float=number)))


def by_reader(text: str, reader: EventReader = READER) -> bool:
    """What the worker says, as far as it is a matter of values."""
    try:
        reader.read(text.encode(), None)
    except TellsRow:
        return True
    except Rejected as fault:
        if fault.reason is Reason.INVALID_TIME and "years 1900" in fault.detail:
            return True
        return fault.reason in BEYOND_A_SCHEMA
    return True


def quoted(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """As a JSON string, plain or in escapes."""
    return st.builds(lambda text, plain: json.dumps(text, ensure_ascii=not plain), texts, st.booleans())


def seldom(*usual: str, unusual: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One of the usual in most cases, so that a text is spoilt in one place rather than in all."""
    return st.sampled_from([*usual] * (1 + 6 * len(unusual) // len(usual)) + [*unusual])


def long(sizes: tuple[int, int], character: str) -> st.SearchStrategy[str]:
    """A string about as long as is allowed; counted in characters, whatever they take in memory."""
    return st.integers(*sizes).map(lambda size: f'"{character * size}"')


UNICODE = st.characters(exclude_categories=("Cs",))
ANYTHING = st.sampled_from(["null", "true", "0", "[]", "{}", '""', '" "', '"\\u0000"', "1.0", "-1", '"3"', "1e400"])
TIMES = quoted(
    st.builds(
        "".join,
        st.tuples(
            seldom("", unusual=(" ", "\n", "+")),
            seldom("2024", "2023", "1900", "2000", "0001", "9999", unusual=("0000", "24", "12024", "٢٠٢٤")),
            seldom("-", unusual=("", "/")),
            seldom(*(f"{month:02}" for month in range(1, 13)), unusual=("00", "13", "2")),
            seldom("-", unusual=("", "/")),
            st.integers(0, 32).map("{:02}".format) | st.just("28"),
            seldom("T", "t", " ", unusual=("", "_", "  ", "\u00a0")),
            seldom("00", "11", "23", unusual=("24", "7")),
            seldom(":", unusual=("", ".")),
            seldom("00", "59", unusual=("60", "5")),
            seldom(":", unusual=("", ".")),
            seldom("00", "59", "60", unusual=("61", "5", "")),
            seldom("", ".5", ".123456789", ".9999999", "." + "9" * 80, unusual=(".", ",5", ".٣", ".-1")),
            seldom("Z", "z", "+01:00", "-00:00", "+23:59", "-2359", "+0100", "+05:45",
                   unusual=("+24:00", "+01:60", "", "+01", "-1:00", "\u221201:00", "+01:00:00")),
            seldom("", unusual=(" ", "\n", "Z")),
        ),
    )
)  # fmt: skip
REVISIONS = (
    st.integers(-(2**65), 2**65).map(str)
    | st.sampled_from(["-0", "-0.0", "3.0", "3e0", "30E-1", "1.5", "0.1e1", "1e18", "1E+19", "1e-7", "1e400"])
    | st.integers(2**63 - 3, 2**63 + 3).map("{}.0".format)
    | st.integers(2**53 - 3, 2**53 + 3).map("{}.00".format)
    | st.sampled_from(["null", "true", '"3"', "[3]"])
)
VALUES = {
    "mission_id": quoted(st.text(UNICODE, max_size=70)) | long((60, 66), "😀"),
    "district": st.sampled_from(['"oslo"', '"vest"', '"Oslo"', '" oslo"', '"oslo\\u0000"', '"\\u006fslo"']),
    "settlement": st.sampled_from(['"urban"', '"rural"', '"town"', '""', "3"]),
    "urgent": st.sampled_from(["true", "false", "1", '"true"', "null"]),
    "status": st.sampled_from(['"open"', '"closed"', '"cancelled"', '"Closed"', '"canceled"', "null"]),
    "ringing_at": TIMES | st.just("null"),
    "on_scene_at": TIMES | st.just("null"),
    "revision": REVISIONS,
    "dispatched_at": TIMES | st.just("null"),
    "recorded_at": TIMES | st.just("null"),
    "excluded": quoted(st.text(UNICODE, max_size=30)) | long((198, 202), "x"),
    "row": quoted(st.text(UNICODE, max_size=5)) | long((63, 66), "x") | st.just("null"),
    "surplus": ANYTHING,
}  # fmt: skip
VALID = {
    "mission_id": '"m-1"',
    "district": '"oslo"',
    "settlement": '"urban"',
    "urgent": "true",
    "status": '"closed"',
    "ringing_at": '"2024-03-01T11:00:00+01:00"',
    "on_scene_at": '"2024-03-01T10:07:30Z"',
    "revision": "3",
    "dispatched_at": '"2024-03-01T11:01:00+01:00"',
    "recorded_at": '"2024-03-01T10:30:00Z"',
    "excluded": "null",
}


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An event as text: a few fields changed, left out, or given twice; in any order and with any white space."""
    pairs = list(VALID.items())
    for name in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3)):
        value = draw(VALUES[name] | VALUES[name] | VALUES[name] | ANYTHING)
        match draw(st.sampled_from(["instead", "instead", "instead", "twice", "without"])):
            case "twice":
                pairs.insert(draw(st.integers(0, len(pairs))), (name, value))
            case "instead":
                pairs = [pair for pair in pairs if pair[0] != name] + [(name, value)]
            case _:
                pairs = [pair for pair in pairs if pair[0] != name]
    space = draw(st.sampled_from(["", " ", "\n", "\t", "\r\n"]))
    return "{" + ",".join(f'{space}"{name}"{space}:{space}{value}' for name, value in pairs) + space + "}"


def with_(**changes: str) -> str:
    """A valid event with some values, as text, in place of others."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in (VALID | changes).items()) + "}"


@pytest.mark.slow
@settings(max_examples=6_000, deadline=None)
@given(documents() | ANYTHING)
@example(with_(revision="3.0"))
@example(with_(revision="9007199254740993.0"))
@example(with_(revision="9223372036854775807.0"))
@example(with_(revision="9223372036854775808.0"))
@example(with_(revision='"x","revision":3'))
@example(with_(ringing_at='"2024-02-30T11:00:00Z"'))
@example(with_(on_scene_at='"2023-02-29T11:00:00Z"'))
@example(with_(on_scene_at='"2024-03-01T11:00:00+24:00"'))
@example(with_(on_scene_at='"2024-03-01t11:00:00z"'))
@example(with_(on_scene_at='"2024-03-01T11:00:00-00:00"'))
@example(with_(on_scene_at='"2024-03-01T11:00:60Z"'))
@example(with_(on_scene_at='"2024-03-01T11:00:00Z\\n"'))
@example(with_(recorded_at='"0000-01-01T00:00:00Z"'))
@example(with_(recorded_at='"9999-12-31T23:59:59.9999999Z"'))
@example(with_(surplus="1e400", revision="3.0"))
@example('{"mission_id":"m-1","row":"u1"}')
@example('{"mission_id":"m-1","row":null}')
@example('{"mission_id":"m-1","row":"u1","status":null}')
@example('{"mission_id":"m-1","row":"u1","district":"nowhere"}')
@example(with_(row='"u1"', ringing_at='"0001-01-01T00:00:00+23:59"'))
def test_schema_and_reader_agree_on_every_value(text: str) -> None:
    """A source that checks its events by the schema is refused nothing by the worker for a value, and the reverse."""
    assert by_reader(text) == by_schema(text)


def test_the_schema_needs_no_check_of_formats() -> None:
    """Validators disagree about formats, or leave them out: nothing in the schema depends on it."""

    def keys(node: Any) -> Iterator[str]:
        for name, value in node.items() if isinstance(node, dict) else ():
            yield name
            yield from keys(value)
        for value in node if isinstance(node, list) else ():
            yield from keys(value)

    assert "format" not in set(keys(SCHEMA))


ENGLAND = load(CONFIG, service="england-ambulance").service
ENGLISH = {
    "mission_id": '"m-1"',
    "trust": '"london"',
    "category": '"c2"',
    "status": '"closed"',
    "on_scene_at": '"2024-03-01T10:07:30Z"',
    "coded_at": '"2024-03-01T10:01:30Z"',
    "assigned_at": "null",
    "connected_at": '"2024-03-01T10:00:00Z"',
    "recorded_at": '"2024-03-01T10:30:00Z"',
    "revision": "3",
}
ANYWHERE = [
    '"london"', '"england"', '"yorkshire"',
    '"c1"', '"all"', '"oslo"', '"2024-03-01T10:00:00"', '"2024-03-01T10:00:00Z"',
    "null", "true", "5", '""', "[]", None,
]  # fmt: skip


@given(st.dictionaries(st.sampled_from([*ENGLISH, "urgent", "eligible", "ringing_at"]), st.sampled_from(ANYWHERE)))
@settings(deadline=None)
@example({})
@example({"connected_at": None, "coded_at": None, "assigned_at": None})
@example({"on_scene_at": None})
@example({"trust": '"england"'})
def test_they_agree_about_the_events_of_any_service(changes: dict[str, str | None]) -> None:
    """Its own names for areas, categories and instants; a pool is nothing that an event may name."""
    values = {name: value for name, value in (ENGLISH | changes).items() if value is not None}
    text = "{" + ",".join(f'"{name}":{value}' for name, value in values.items()) + "}"
    assert by_reader(text, EventReader(ENGLAND, GRID)) == by_schema(text, validator_of(ENGLAND))

"""JSON lines, arrays and documents become rows without being held whole, and numbers stay exact."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import Unreadable, open_records
from monitor.feeds.rows import Row
from tests.feeds.formats.read import faults, read, values


def test_a_line_that_is_no_record_costs_itself_alone(tmp_path: Path) -> None:
    """By its place; blank lines are nothing."""
    lines = b'{"a": 1}\n\n{"a": \n"text"\n{"a": "\xff"}\n{"a": "\\ud800"}\n{"a": 2}'
    rows = read(tmp_path, lines, kind="json-lines", encoding="utf-8")
    assert values(rows) == [{"a": 1}, {"a": 2}]
    assert faults(rows) == [
        ("malformed_record", "line 3"),
        ("no_record", "line 4"),
        ("not_text", "line 5"),
        ("malformed_record", "line 6"),
    ]


def test_numbers_are_exact(tmp_path: Path) -> None:
    """An epoch in seconds with microseconds, and an id longer than a float is."""
    (row,) = values(read(tmp_path, b'{"at": 1717228800.123456789, "id": 12345678901234567890}'))
    assert row == {"at": Decimal("1717228800.123456789"), "id": 12345678901234567890}


@pytest.mark.parametrize("indent", [None, 2])
def test_arrays_and_documents_are_told_from_lines(tmp_path: Path, indent: int | None) -> None:
    """An array, a list within objects, objects one after the other over several lines: found by how they begin."""
    records = [{"id": 1, "at": {"x": [1, "]"]}}, {"id": 2, "text": 'he said "{"'}]
    array = json.dumps(records, indent=indent).encode()
    assert values(read(tmp_path, array)) == records
    document = json.dumps({"type": "x", "n": [{}], "result": {"skip": None, "rows": records}}, indent=indent).encode()
    assert values(read(tmp_path, document, records=("result", "rows"))) == records
    one_by_one = "\n".join(json.dumps(record, indent=indent) for record in records).encode()
    assert values(read(tmp_path, one_by_one)) == records
    assert read(tmp_path, b"[]") == []


@pytest.mark.parametrize("kind", ["auto", "json-lines"])
def test_lines_that_are_lists_tell_all_of_their_records(tmp_path: Path, kind: str) -> None:
    """As the values of a topic: the first line alone would be all that there is, and nobody would know."""
    lines = b'[{"a": 1}, {"a": 2}]\n[]\n{"a": 3}\n[{"a": 4}]\n'
    assert values(read(tmp_path, lines, kind=kind)) == [{"a": number} for number in range(1, 5)]
    *rows, last = read(tmp_path, lines + b"x", kind=kind)
    assert len(rows) == 4
    assert [reason for reason, _ in faults([last])] == ["malformed_record"]


CHANGE = '{"op": "d", "before": {"a": 1}}'


@pytest.mark.parametrize("name", ["input", "calls.jsonl", "CALLS.NDJSON", "calls.jsonl.gz"])
@pytest.mark.parametrize(
    "lines",
    [
        ["null", '{"a": 1}'],
        ["", "null", " null\r", "", '{"a": 1}', "null"],
        ["null", '[{"a": 1}]', "null", '{"a": 2}', "null"],
        ['[{"a": 1}]', '{"a": 2}', '[{"a": 3}, {"a": 4}]'],
        ["[]", "null", '{"a": 1}'],
        ["null", "null"],
    ],
)
def test_lines_are_told_from_other_text_though_they_begin_with_a_tombstone_or_a_list(
    tmp_path: Path, name: str, lines: list[str]
) -> None:
    """Taken for CSV, or for one array, a file of change events would be read as something else or not to its end."""
    content = "\n".join(lines).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    found = list(open_records(path, FormatDeclaration()))
    wanted = [one for line in lines if line.strip() not in {"", "null"} for one in _listed(json.loads(line))]
    assert (values(found), faults(found)) == (wanted, [])


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def test_a_file_of_changes_that_begins_with_a_tombstone_is_one_of_changes(tmp_path: Path) -> None:
    """As a topic begins that is compacted."""
    (row,) = read(tmp_path, f"null\n{CHANGE}\nnull\n".encode(), envelope="debezium")
    assert isinstance(row, Row)
    assert row.deleted


def test_a_name_that_says_lines_decides_but_of_a_text_that_is_none(tmp_path: Path) -> None:
    """A first line that is damaged costs itself alone; an array over several lines is read as what it is."""
    path = tmp_path / "calls.jsonl"
    for content, wanted, faulty in (
        (b'{"a": \n{"a": 2}\n', [{"a": 2}], [("malformed_record", "line 1")]),
        (b'5\n{"a": 2}\n', [{"a": 2}], [("no_record", "line 1")]),
        (b'[\n{"a": 1},\n{"a": 2}\n]\n', [{"a": 1}, {"a": 2}], []),
        (b'null\n{\n"a": 1\n}\n', [{"a": 1}], []),
        (b"", [], []),
    ):
        path.write_bytes(content)
        found = list(open_records(path, FormatDeclaration()))
        assert (values(found), faults(found)) == (wanted, faulty)


def test_what_follows_an_array_and_is_none_names_the_kind_that_reads_it(tmp_path: Path) -> None:
    """Who reads "not read to its end" must know what to write."""
    for rest in (b"x", b"5", b"nul", b'{"a": '):
        *rows, last = read(tmp_path, b'[{"a": 1}]\nnull\n' + rest + b"\n{}", kind="json")
        assert values(rows) == [{"a": 1}]
        assert isinstance(last, Unreadable)
        assert last.ends
        assert 'kind = "json-lines"' in last.detail
    (alone,) = read(tmp_path, b"[5", kind="json")[-1:]
    assert isinstance(alone, Unreadable)
    assert "json-lines" not in alone.detail


def test_an_array_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    """Its items before count; that nothing after them can be read is told with the place."""
    for rest in (b'{"a": ', b"", b'{"a": 3}', b"]"):
        *rows, last = read(tmp_path, b'[{"a": 1}, "no record", {"a": 2}, ' + rest)
        assert values(rows)[:2] == [{"a": 1}, {"a": 2}]
        assert faults(rows) == [("no_record", "item 2")]
        assert isinstance(last, Unreadable)
        assert last.ends


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With the name that was looked for."""
    (row,) = read(tmp_path, b'{"a": {"b": []}}', records=("a", "c"))
    assert isinstance(row, Unreadable)
    assert "'c'" in row.detail


@pytest.mark.parametrize("content", [b"[" * 300_000, b'[{"a":' * 100_000, b'{"a":' * 200_000, b"[" + b"9" * 100_000])
def test_nesting_without_end_is_refused(tmp_path: Path, content: bytes) -> None:
    """In a moment, and in the memory of a chunk: a reader that keeps the path of every level takes gigabytes."""
    for kind in ("json", "json-lines", "auto"):
        assert values(read(tmp_path, content, kind=kind)) == []


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers(-(10**20), 10**20)
                | st.text(st.characters(exclude_categories=["Cs"])),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{}[],:", max_size=3), inner, max_size=3)
                ),
                max_leaves=8,
            ),
            max_size=4,
        ),
        max_size=5,
    )
)
def test_items_are_what_the_whole_document_has(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]
) -> None:
    """Held to the standard library, which reads all of it at once; as lines, too."""
    folder = tmp_path_factory.mktemp("json")
    assert values(read(folder, json.dumps(records).encode(), kind="json")) == records
    lines = "\n".join(map(json.dumps, records)).encode()
    assert values(read(folder, lines, kind="json-lines")) == records

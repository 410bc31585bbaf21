"""Whatever the bytes: rows, or faults with a name and a place, and nothing else leaves a format."""

import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import Fault, Unreadable, decoder, open_records
from monitor.feeds.rows import Refused, Row
from tests.feeds.formats.test_avro import container
from tests.feeds.formats.test_delimited import TABLE
from tests.feeds.formats.test_envelopes import AFTER, BEFORE, change
from tests.feeds.formats.test_workbook import workbook

KINDS = get_args(get_type_hints(FormatDeclaration)["kind"])
ENVELOPES = get_args(get_type_hints(FormatDeclaration)["envelope"])
CHANGES = "\n".join(map(json.dumps, [change("c", None, AFTER), change("u", BEFORE, AFTER), change("d", AFTER, None)]))
EVENT = json.dumps({"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data": AFTER})
SEEDS = (
    TABLE.encode(),
    TABLE.encode("cp1252"),
    TABLE.encode("utf-16"),
    b'a,b\n1,"x\n2,y\n"\n',
    gzip.compress(TABLE.encode() * 20),
    CHANGES.encode(),
    EVENT.encode(),
    json.dumps([AFTER, {"a": [1.5, None, {"b": "]"}]}]).encode(),
    json.dumps({"result": {"rows": [AFTER, BEFORE]}}, indent=1).encode(),
    container()[:2000],
    workbook(),
    b"",
)
SIGNS = (
    *(
        b'"',
        b"\n",
        b"\r",
        b"{",
        b"[",
        b"]",
        b"}",
        b",",
        b"\0",
        b"\xc3",
        b"null",
        b"1e999999999",
        b"\\ud800",
        b'"op":"d",',
    ),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"Obj\x01", b"\x1f\x8b"),
)
PIECES = st.binary(max_size=6) | st.sampled_from(SIGNS)
DECLARED = st.builds(
    FormatDeclaration,
    kind=st.sampled_from([kind for kind in KINDS if kind != "json-schema"]),
    envelope=st.sampled_from(ENVELOPES),
    encoding=st.sampled_from([None, "utf-8", "utf-16", "cp932"]),
    records=st.sampled_from([(), ("result", "rows")]),
    columns=st.sampled_from([(), ("a", "b")]),
    skip=st.integers(0, 2),
)
NAMES = st.sampled_from(["ce_specversion", "ce_time", "content-type", "x"])
HEADERS = st.none() | st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=5)))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file of one of the formats, with bytes put in, taken away and cut off; or any bytes at all."""
    content = bytearray(draw(st.one_of(st.sampled_from(SEEDS), st.binary(max_size=200))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(PIECES)
    return bytes(content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])


@pytest.mark.slow
@settings(max_examples=600)
@given(damaged(), DECLARED)
@example(TABLE.encode(), FormatDeclaration(encoding="utf-16"))
def test_a_file_gives_rows_and_faults_with_a_place(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, declared: FormatDeclaration
) -> None:
    """As found, and as any format that it was declared to be."""
    path = Path(tmp_path_factory.getbasetemp()) / "any"
    path.write_bytes(content)
    for row in open_records(path, declared):
        assert row.place
        assert isinstance(row, Row) or (isinstance(row, Unreadable) and row.reason in Fault and row.detail)


@settings(max_examples=400)
@given(st.none() | damaged(), DECLARED, HEADERS)
def test_a_value_gives_rows_or_is_refused(
    value: bytes | None, declared: FormatDeclaration, headers: list[tuple[str, bytes | None]] | None
) -> None:
    """By name, whatever its headers."""
    with suppress(Refused):
        assert all(isinstance(row, Row) for row in decoder(declared)(value, headers))

"""Delimited text of every make becomes rows, and a row that cannot be right costs itself alone."""

import csv
import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.formats import Unreadable
from monitor.feeds.formats.delimited import delimited_rows, delimiter_of, names_of
from monitor.feeds.formats.text import MOST_CHARACTERS, Text, encoding_of
from monitor.feeds.rows import Row
from tests.feeds.formats.read import faults, read, values

TABLE = "id;sted;tid\n1;Tromsø;10:00\n2;Bodø;10:05\n"
WANTED = [{"id": "1", "sted": "Tromsø", "tid": "10:00"}, {"id": "2", "sted": "Bodø", "tid": "10:05"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    """With a byte-order mark or without; Norwegian letters of Windows' own encoding included."""
    assert values(read(tmp_path, TABLE.encode(encoding))) == WANTED


def test_an_encoding_that_is_a_guess_is_said_to_be_one() -> None:
    """UTF-8 and what a mark says are known; Windows' encodings look alike."""
    assert encoding_of(TABLE.encode()) == ("utf-8", False)
    assert encoding_of(TABLE.encode("cp1252")) == ("cp1252", True)
    assert encoding_of("Город;Время\nМосква;12:00\nКазань;1:00\n".encode("cp1251")) == ("cp1251", True)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends_are_found(tmp_path: Path, delimiter: str, ends: str) -> None:
    """Of any make, the last line without an end included."""
    content = TABLE.replace(";", delimiter).replace("\n", ends).removesuffix(ends)
    assert values(read(tmp_path, content.encode())) == WANTED


def test_a_delimiter_is_found_beside_others_in_the_cells() -> None:
    """Decimal commas, and lists in a cell, do not count as columns."""
    assert delimiter_of(["a;b\n", '1,5;"x, y, z"\n', "2,5;q\n"]) == ";"
    assert delimiter_of(["at,units\n", '10:00,"A=1;B=2"\n', '10:05,"A=1;B=2;C=3"\n']) == ","


def test_what_spreadsheets_add_is_taken_off(tmp_path: Path) -> None:
    """A line that names the delimiter, lines above the header, blank lines, empty cells at the end."""
    rows = read(tmp_path, b"sep=;\r\na; b \r\n\r\n1;2;;\r\n;\r\n3\r\n")
    assert values(rows) == [{"a": "1", "b": "2"}, {"a": "3"}]
    assert faults(rows) == []
    assert values(read(tmp_path, b"Report of March\n\na,b\n1,2\n", skip=2)) == [{"a": "1", "b": "2"}]
    assert values(read(tmp_path, b"1,2\n", kind="csv", columns=("a", "b"))) == [{"a": "1", "b": "2"}]


def test_every_column_has_a_name_of_its_own() -> None:
    """A name given twice would hide the first column in silence."""
    assert names_of(["at", " at ", "", "at"]) == ("at", "at (2)", "column 3", "at (3)")


def test_gzip_is_unpacked_and_a_cut_file_says_so(tmp_path: Path) -> None:
    """What came before the cut is read; that the rest is missing is a fault with a place."""
    packed = gzip.compress(TABLE.encode() * 2000)
    assert len(values(read(tmp_path, packed))) == 3 * 2000 - 1
    rows = read(tmp_path, packed[: len(packed) // 2])
    last = rows[-1]
    assert isinstance(last, Unreadable)
    assert (last.reason, last.ends) == ("damaged_file", True)


def test_a_row_with_too_many_cells_is_refused_alone(tmp_path: Path) -> None:
    """By its line, and the next row is read."""
    rows = read(tmp_path, b"a,b\n1,2\n3,4,5\n6,7\n")
    assert values(rows) == [{"a": "1", "b": "2"}, {"a": "6", "b": "7"}]
    assert faults(rows) == [("columns", "line 3")]


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    """Neither to the end of the file, nor to the next quote, nor beyond the size of a cell."""
    wanted = [{"a": str(number), "b": "x", "c": "y"} for number in range(5000)]
    lines = [f"{number},x,y\n" for number in range(5000)]
    for broken, later in (('9,"x,y\n', ""), ('9,"x,y\n', '8,x,"y"\n'), ('"9,x,y\n', "")):
        rows = read(tmp_path, "".join(["a,b,c\n", broken, *lines, later]).encode())
        assert values(rows)[:5000] == wanted
        assert faults(rows)[0] == ("open_quote", "line 2")


def test_cells_may_hold_lines_and_quotes(tmp_path: Path) -> None:
    """As CSV has them."""
    content = io.StringIO()
    table = [["a", "b", "c"], ["1", 'he said "go",\nand left', ""], ["2", "x", "y\r\nz"]]
    csv.writer(content).writerows(table)
    assert values(read(tmp_path, content.getvalue().encode())) == [
        dict(zip(table[0], row, strict=True)) for row in table[1:]
    ]


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    """Where the beginning of a file was UTF-8 and one line is not."""
    filler = "".join(f"{number},å\n" for number in range(60_000)).encode()
    rows = read(tmp_path, b"a,b\n" + filler + b"x,\xe5\n" + b"1,2\n")
    assert faults(rows) == [("not_text", "line 60002")]
    assert values(rows)[-1] == {"a": "1", "b": "2"}


def test_a_line_without_end_is_refused_and_costs_no_memory(tmp_path: Path) -> None:
    """One of 200 MB, packed into little, in a process that may have no more than that of memory beside it."""
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n3,4\n")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from monitor.feeds.declared_types import FormatDeclaration; from monitor.feeds.formats import open_records\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "rows = list(open_records(Path(sys.argv[1]), FormatDeclaration()))\n"
        "print([getattr(row, 'reason', None) or row.values for row in rows])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    told, grown = done.stdout.splitlines()
    assert "record_too_large" in told
    assert "'a': '3'" in told
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 100e6


@settings(max_examples=200)
@given(st.data())
def test_what_a_writer_of_csv_writes_is_read(data: st.DataObject) -> None:
    """Any cells, as Python's writer quotes them: as many rows, the same cells (held to the writer)."""
    width = data.draw(st.integers(2, 4))
    cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
    table = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=5))
    delimiter = data.draw(st.sampled_from([",", ";", "\t"]))
    out = io.StringIO()
    names = [f"n{number}" for number in range(width)]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *table])
    text = Text(io.BufferedReader(io.BytesIO(out.getvalue().encode())))  # type: ignore[arg-type]
    rows = [row.values for row in delimited_rows(text, delimiter=delimiter) if isinstance(row, Row)]
    told = [dict(zip(names, row, strict=True)) for row in table if any(row)]
    if all("\n" not in cell and "\r" not in cell for row in table for cell in row):
        assert rows == told


def test_a_line_longer_than_any_record_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    """Also among the first lines, by which the delimiter is found."""
    rows = read(tmp_path, b"a,b\n" + b"x" * (MOST_CHARACTERS + 10) + b"\n1,2\n")
    assert values(rows) == [{"a": "1", "b": "2"}]
    assert [reason for reason, _ in faults(rows)] == ["record_too_large"]

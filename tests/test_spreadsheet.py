"""Workbooks hold what they were given, cell by cell: read back by another library than the one that writes them."""

import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from monitor import spreadsheet
from monitor.core.plain_text import one_line
from monitor.spreadsheet import Sheet, Value

HEADS = ("Area", "P80 (min)")


def written(*sheets: Sheet) -> bytes:
    file = io.BytesIO()
    spreadsheet.write(file, sheets)
    return file.getvalue()


def read(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def cells(rows: Iterable[Sequence[Value]], heads: Sequence[str] = HEADS) -> list[list[Any]]:
    """The rows under the heads as they are read back."""
    page = read(written(Sheet("Results", heads, rows))).worksheets[0]
    return [list(row) for row in page.iter_rows(min_row=2, values_only=True)]


def test_values_keep_their_kinds() -> None:
    """Text, integers, fractions and moments come back as such; nothing is an empty cell, never a zero."""
    moment = datetime(2024, 5, 17, 13, 45, 30)  # noqa: DTZ001 - as a workbook has it
    rows: list[list[Value]] = [["Oslo", 8], ["Øst", 11.0833333333333], [None, Decimal("7.25")], [moment, 0]]
    assert cells(rows) == rows


@pytest.mark.parametrize("text", ["=1+1", "+47 22", "-x", "@SUM(A1)", "http://example.org", "0012", "1e5", "TRUE"])
def test_text_is_text_whatever_it_begins_with(text: str) -> None:
    """No formula, no link, no number is made of a text, or a name in a source could compute on a reader's machine."""
    content = written(Sheet(text, [text], [[text]]))
    cell = read(content).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


@given(st.lists(st.one_of(st.none(), st.text(max_size=40), st.integers(), st.floats()), min_size=1, max_size=6))
def test_whatever_is_written_is_read_back(row: list[Value]) -> None:
    """Any text, also of characters that XML cannot hold; any integer to its last digit; any finite fraction."""

    def wanted(value: Value) -> Any:
        if isinstance(value, str):
            return one_line(value) or None
        if isinstance(value, float):
            return pytest.approx(value, rel=1e-14, abs=0) if math.isfinite(value) else None
        return str(value) if isinstance(value, int) and abs(value) > 2**53 else value

    (back,) = cells([[*row, "end"]], [""] * (len(row) + 1))
    literal = [value.replace("_x005F_", "_") if isinstance(value, str) else value for value in back]
    assert literal == [*map(wanted, row), "end"]


def test_figures_that_are_none_are_empty() -> None:
    """Not a number and without end are no figures: a blank cell, which no sum takes for a value."""
    assert cells([[float("nan"), float("inf")], [Decimal("NaN"), Decimal("-Infinity")], ["last", True]]) == [
        [None, None],
        [None, None],
        ["last", 1],
    ]


def test_a_moment_is_shown_as_its_own_clock_shows_it() -> None:
    """Excel knows no zones: the wall clock stays. What lies before Excel's calendar is text."""
    summer = timezone(timedelta(hours=2))
    rows: list[list[Value]] = [[datetime(2024, 7, 1, 12, tzinfo=summer)], [datetime(1899, 1, 1, tzinfo=UTC)]]
    assert cells(rows, ["When"]) == [[datetime(2024, 7, 1, 12)], ["1899-01-01 00:00:00+00:00"]]  # noqa: DTZ001


def test_small_figures_are_not_shown_as_zero() -> None:
    """Two decimals are enough for minutes, and would make a small probability impossible."""
    page = read(written(Sheet("p", ["p"], [[7e-12], [11.08], [0.0]]))).worksheets[0]
    assert [page[f"A{row}"].number_format for row in (2, 3, 4)] == ["General", "0.00", "0.00"]


def test_sheets_get_names_that_excel_takes() -> None:
    """Signs that Excel keeps for itself, names too long, empty, or given twice, whatever their case."""
    wanted = ["Oslo/Øst: [a]*?", "oslo-øst- -a---", "x" * 40, "x" * 40, "", "History", "'quoted'", "🚒" * 20]
    names = read(written(*(Sheet(name, ["a"], []) for name in wanted))).sheetnames
    assert names[0] == "Oslo-Øst- -a---"
    assert names[1:4] == ["oslo-øst- -a--- (2)", "x" * 31, "x" * 27 + " (2)"]
    assert names[4:7] == ["-", "History (2)", "quoted"]
    assert len(names[7].encode("utf-16-le")) <= 62


def test_rows_beyond_what_a_sheet_holds_go_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost without a word; exactly full is one sheet."""
    monkeypatch.setattr(spreadsheet, "ROWS", 3)
    book = read(written(Sheet("list", ["n"], ([n] for n in range(7))), Sheet("full", ["n"], ([n] for n in range(3)))))
    assert book.sheetnames == ["list", "list (2)", "list (3)", "full"]
    read_back = [row[0] for page in book.worksheets[:3] for row in page.iter_rows(min_row=2, values_only=True)]
    assert read_back == list(range(7))
    assert [page["A1"].value for page in book.worksheets] == ["n"] * 4


def test_a_text_too_long_for_a_cell_says_so() -> None:
    """It ends in an ellipsis, and never within a character."""
    (((text, emoji),)) = cells([["x" * 40_000, "🚒" * 20_000]])
    assert (len(text), text[-2:]) == (32_767, "x…")
    assert emoji == "🚒" * 16_383 + "…"


def test_equal_rows_are_equal_bytes() -> None:
    """A workbook says nothing of when and where it was made."""
    sheet = Sheet("Results", HEADS, [["Oslo", 8.25]])
    assert written(sheet) == written(sheet)


def test_a_workbook_without_sheets_is_refused() -> None:
    """Excel would call it damaged."""
    with pytest.raises(ValueError, match="at least one sheet"):
        written()


def test_rows_that_end_in_a_fault_leave_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows wait in files until the book is whole: mission by mission, so none may stay when something fails."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows() -> Iterable[list[Value]]:
        yield ["one", 1]
        assert list(tmp_path.rglob("*")) != []
        raise OSError("the store went away")

    with pytest.raises(OSError, match="went away"):
        written(Sheet("list", HEADS, rows()))
    assert list(tmp_path.rglob("*")) == []

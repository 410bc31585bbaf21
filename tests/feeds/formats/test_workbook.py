"""A workbook's sheet becomes rows, with dates as dates and ids as ids."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from monitor.feeds.formats import Unreadable
from monitor.feeds.lengths import length_reader
from monitor.feeds.times import reader
from monitor.feeds.values import plain
from tests.feeds.formats.read import faults, read, values

AT = dt.datetime(2024, 3, 10, 1, 57, 40)  # noqa: DTZ001 - a spreadsheet knows no zones


def workbook() -> bytes:
    """Two sheets; the second begins below a title."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    moment, day = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"))
    calls = book.add_worksheet("Calls")
    calls.write_row(0, 0, ["id", "at", "day", "ok", "share", "time"])
    calls.write_number(1, 0, 990000031)
    calls.write_datetime(1, 1, AT, moment)
    calls.write_datetime(1, 2, AT.date(), day)
    calls.write_boolean(1, 3, True)
    calls.write_number(1, 4, 0.5)
    calls.write_datetime(1, 5, AT.time(), book.add_format({"num_format": "hh:mm:ss"}))
    calls.write_row(3, 0, ["A-1"])
    calls.write_row(4, 0, ["A-2", "", "", "", "", "", "more"])
    units = book.add_worksheet("Units")
    units.write_row(0, 0, ["Units of March"])
    units.write_row(2, 0, ["unit", "call"])
    units.write_row(3, 0, ["E1", 7])
    book.close()
    return out.getvalue()


def test_cells_are_what_they_are(tmp_path: Path) -> None:
    """Found by the file's first bytes; blank rows are nothing, and a row with too many cells is refused alone."""
    rows = read(tmp_path, workbook())
    first, second = values(rows)
    assert first == {"id": 990000031, "at": AT, "day": AT.date(), "ok": True, "share": 0.5, "time": AT.time()}
    assert isinstance(first["id"], int)
    assert second["id"] == "A-1"
    assert faults(rows) == [("columns", "row 5")]


def test_a_sheet_has_a_name_or_a_number(tmp_path: Path) -> None:
    """And one that is not there is said, with those that are."""
    for sheet in ("Units", 2):
        assert values(read(tmp_path, workbook(), sheet=sheet, skip=1)) == [{"unit": "E1", "call": 7}]
    for sheet in ("Missing", 3, 0):
        (row,) = read(tmp_path, workbook(), sheet=sheet)
        assert isinstance(row, Unreadable)
        assert "Calls, Units" in row.detail


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """Half of one, another archive, text."""
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("calls.csv", "a,b\n")
    for content in (workbook()[:900], other.getvalue(), b"a,b\n1,2\n", b""):
        assert faults(read(tmp_path, content, kind="xlsx")) == [("damaged_file", "workbook")]


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros take a thousandth of their size; what the archive says of itself is enough to refuse it."""
    monkeypatch.setattr("monitor.feeds.formats.workbook.MOST_UNPACKED_BYTES", 1 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2 << 20))
    assert faults(read(tmp_path, out.getvalue())) == [("record_too_large", "workbook")]


def test_a_zip_of_other_files_is_told_what_to_do(tmp_path: Path) -> None:
    """As portals pack their CSV: it begins as a workbook does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("calls.csv", "id,at\n1,2024-06-01\n")
    (row,) = read(tmp_path, packed.getvalue())
    assert isinstance(row, Unreadable)
    assert "unpacked first" in row.detail


@pytest.mark.parametrize("since_1904", [True, False])
def test_a_serial_counts_from_the_day_that_its_workbook_counts_from(tmp_path: Path, since_1904: bool) -> None:
    """1904 on old Macs: the same number four years later. What is no moment stays the number that it is."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": since_1904})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "at", "day", "time", "took", "typed"])
    sheet.write_row(1, 0, [990000031, 44255.4375, 44255, 0.25, 90.5, "44255.4375"])
    sheet.write_datetime(1, 6, AT, book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
    sheet.write(0, 6, "cell")
    book.close()
    ((row, cell),) = [(one, one.pop("cell")) for one in values(read(tmp_path, out.getvalue()))]
    assert cell == AT
    assert row == {"id": 990000031, "at": 44255.4375, "day": 44255, "time": 0.25, "took": 90.5, "typed": "44255.4375"}
    assert [plain(one) for one in row.values()] == ["990000031", "44255.4375", "44255", "0.25", "90.5", "44255.4375"]
    assert isinstance(row["id"], int)
    shift = dt.timedelta(days=1_462 if since_1904 else 0)
    for formats in (["serial"], ["iso", "serial"], ["%d.%m.%Y", "serial"]):
        serial = reader(formats)
        assert serial(row["at"]) == dt.datetime(2021, 2, 28, 10, 30) + shift  # noqa: DTZ001
        assert serial(row["day"]) == dt.datetime(2021, 2, 28) + shift  # noqa: DTZ001
        assert serial(row["time"]) == dt.time(6)
    assert length_reader(["seconds"])(row["took"]) == dt.timedelta(seconds=90.5)
    assert reader(["epoch_s"])(row["id"]) == dt.datetime(2001, 5, 16, 8, 0, 31, tzinfo=dt.UTC)

"""Records of a spreadsheet: columns by the names in its first row that is not empty.

A workbook is read whole (a sheet has a million rows at most), so what it unpacks to is bounded before it is opened.
Cells are numbers, truth, text, and dates and times as such; whole numbers are ints, as ids were typed.
"""

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO, Final
from xml.parsers import expat

import python_calamine

from monitor.feeds.formats.delimited import names_of
from monitor.feeds.formats.unreadable import Fault, Unreadable
from monitor.feeds.rows import Float1904, Row, Whole1904

MOST_PACKED_BYTES: Final = 256 << 20
MOST_UNPACKED_BYTES: Final = 2 << 30
MOST_CELLS: Final = 50_000_000
"""Of a sheet, empty ones between others included."""
_WORKBOOK: Final = "xl/workbook.xml"
_LETTERS, _DIGITS = 4, 9
"""Of a cell's place, as far as it is looked at."""
_UNREADABLE: Final = (
    python_calamine.CalamineError,
    zipfile.BadZipFile,
    ValueError,
    LookupError,
    OSError,
    NotImplementedError,
    expat.ExpatError,
)


def workbook_rows(
    file: BinaryIO, *, sheet: str | int | None = None, columns: Sequence[str] = (), skip: int = 0
) -> Iterator[Row | Unreadable]:
    """Every row of a sheet, which has a name or a number from 1; by default of the first."""
    packed = file.read(MOST_PACKED_BYTES + 1)
    try:
        unpacked = _unpacked_bytes(packed)
        if len(packed) > MOST_PACKED_BYTES or unpacked > MOST_UNPACKED_BYTES:
            yield Unreadable(Fault.TOO_LARGE, "workbook", f"it unpacks to {unpacked:,} bytes", ends=True)
            return
        if (spanned := _most_cells(packed)) > MOST_CELLS:
            found = f"a sheet spans {spanned:,} cells; the limit is {MOST_CELLS:,}"
            yield Unreadable(Fault.TOO_LARGE, "workbook", found, ends=True)
            return
        workbook = python_calamine.CalamineWorkbook.from_filelike(BytesIO(packed))
        rows = _sheet(workbook, sheet).iter_rows()
        plain = _plain_of_1904 if _begins_in_1904(packed) else _plain
    except _UNREADABLE as fault:
        found = str(fault)
        if not isinstance(fault, _NoSheet):
            found = (
                f"no workbook that can be read ({type(fault).__name__}); a ZIP of other files is to be unpacked first"
            )
        yield Unreadable(Fault.DAMAGED, "workbook", found, ends=True)
        return
    names = names_of(columns)
    for number, cells in enumerate(rows, start=1):
        if number <= skip or all(cell == "" for cell in cells):
            continue
        if not names:
            # A sheet is as wide as its widest row; a header ends with its last name.
            width = max(number for number, cell in enumerate(cells, start=1) if cell != "")
            names = names_of([str(_plain(cell)) for cell in cells[:width]])
            continue
        if any(cell != "" for cell in cells[len(names) :]):
            found = f"{len(cells)} cells; the header has {len(names)} names"
            yield Unreadable(Fault.COLUMNS, f"row {number}", found)
        else:
            yield Row(dict(zip(names, map(plain, cells), strict=False)), place=f"row {number}")


class _NoSheet(LookupError):  # noqa: N818 - named for what it is
    """A sheet that the workbook lacks; the message names those it has."""


def _sheet(workbook: python_calamine.CalamineWorkbook, sheet: str | int | None) -> python_calamine.CalamineSheet:
    names = workbook.sheet_names
    number = (
        names.index(sheet) if sheet in names else sheet - 1 if isinstance(sheet, int) else 0 if sheet is None else -1
    )
    if not 0 <= number < len(names):
        raise _NoSheet(f"there is no sheet {sheet!r}; there are: {', '.join(names)}")
    return workbook.get_sheet_by_index(number)


def _unpacked_bytes(packed: bytes) -> int:
    """What the parts of the archive say that they unpack to; older workbooks are packed by nobody."""
    if not zipfile.is_zipfile(BytesIO(packed)):
        return len(packed)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return sum(part.file_size for part in archive.infolist())


def _most_cells(packed: bytes) -> int:
    """How many cells the largest sheet spans, from the first to the last that is in it.

    Two cells in opposite corners are a small file, and all between them would be made. Raises ExpatError.
    """
    if not zipfile.is_zipfile(BytesIO(packed)):
        return 0
    largest = 0
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        for part in archive.namelist():
            if not part.startswith("xl/worksheets/") or not part.endswith(".xml"):
                continue
            extent = _Extent()
            parser = expat.ParserCreate()
            parser.StartElementHandler = extent.element
            with archive.open(part) as sheet:
                parser.ParseFile(sheet)
            largest = max(largest, extent.rows * extent.columns)
    return largest


def _begins_in_1904(packed: bytes) -> bool:
    """Whether the workbook counts its days from 1904: its dates are read by that, its numbers know nothing of it.

    Raises ExpatError.
    """
    if not zipfile.is_zipfile(BytesIO(packed)):
        return False
    said: list[str] = []

    def element(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "workbookPr":
            said.append(attributes.get("date1904", ""))

    with zipfile.ZipFile(BytesIO(packed)) as archive:
        if _WORKBOOK not in archive.namelist():
            return False
        parser = expat.ParserCreate()
        parser.StartElementHandler = element
        with archive.open(_WORKBOOK) as workbook:
            parser.ParseFile(workbook)
    return any(one.strip().lower() in {"1", "true"} for one in said)


class _Extent:
    """How far the cells of a sheet reach, by what each says of its place."""

    def __init__(self) -> None:
        self.rows = self.columns = 0

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """Looks at a cell."""
        if name.rpartition(":")[2] != "c" or "r" not in attributes:
            return
        place = attributes["r"]
        letters = place.rstrip("0123456789")
        column = 0
        for letter in letters[:_LETTERS]:
            column = column * 26 + ord(letter.upper()) - ord("A") + 1
        self.columns = max(self.columns, column)
        self.rows = max(self.rows, int(place[len(letters) :][:_DIGITS] or 0))


def _plain(cell: object) -> object:
    """Numbers of a spreadsheet are floats, also those that were typed as ids."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _plain_of_1904(cell: object) -> object:
    """The same, of a workbook whose days begin in 1904: a cell that is formatted as a number may be one of them."""
    if not isinstance(cell, float):
        return cell
    return Whole1904(cell) if cell.is_integer() else Float1904(cell)

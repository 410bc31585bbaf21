"""Plain rows as a workbook (XLSX): text is text, numbers are numbers, nothing is computed and nothing linked.

Decides what Excel's format does to values that it cannot hold. Refuses to know what the rows mean. A sheet is written
row by row, so memory does not grow with it; equal sheets give equal bytes.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain, count, islice
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from monitor.core.plain_text import ELLIPSIS, one_line

Value = str | int | float | Decimal | datetime | None

ROWS: Final = 1_048_575
"""That a sheet holds under its heads. What is more goes on in a sheet of its own."""
LONGEST: Final = 32_767
"""A cell's text, in UTF-16 units. A longer one is cut, and ends in `…`."""
_LARGEST: Final = 2**53
"""Excel's numbers are doubles; a larger integer is written as text, digit by digit."""
_OLDEST: Final = datetime(1900, 3, 1)  # noqa: DTZ001 - a workbook knows no zones
"""Before that Excel counts a day that never was."""
_MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001
"""When every workbook says it was made: the same rows are the same bytes."""
_NAME_LENGTH: Final = 31
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_WIDEST: Final = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: what its columns are, with units where they have one, and its rows. Rows are read once."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value]]


def write(file: BinaryIO, sheets: Iterable[Sheet]) -> None:
    """Write a workbook of at least one sheet; `file` need not be seekable.

    A date with a zone is written as its own wall clock shows it, for Excel knows no zones: say in the head which one.
    What is not a number (NaN, infinite) is an empty cell. Raises ValueError where there is no sheet.
    """
    # xlsxwriter keeps rows in files of its own until the end; they go with the directory, whatever happens.
    with TemporaryDirectory() as directory:
        book = Workbook(file, {"constant_memory": True, "tmpdir": directory})
        try:
            _fill(book, sheets)
            book.close()
        finally:
            for page in book.worksheets():
                page.row_data_fh.close()


def _fill(book: Workbook, sheets: Iterable[Sheet]) -> None:
    book.set_properties({"created": _MADE})
    formats = _Formats(book)
    names: set[str] = set()
    for sheet in sheets:
        rows, more = iter(sheet.rows), True
        while more:
            more = _fill_page(book.add_worksheet(_named(sheet.name, names)), formats, sheet.heads, rows)
            first = next(rows, None) if more else None
            more, rows = first is not None, chain([first] if first is not None else [], rows)
    if not names:
        raise ValueError("a workbook has at least one sheet")


class _Formats:
    def __init__(self, book: Workbook) -> None:
        self.head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.decimals: Format = book.add_format({"num_format": "0.00"})


def _fill_page(page: Worksheet, formats: _Formats, heads: Sequence[str], rows: Iterator[Sequence[Value]]) -> bool:
    """Write as many rows as a sheet holds; whether it is full."""
    widths = [max(map(len, head.split(" "))) + 3 for head in heads]
    for column, head in enumerate(heads):
        page.write_string(0, column, _text(head), formats.head)
    written = 0
    for written, row in enumerate(islice(rows, ROWS), start=1):
        for column, value in enumerate(row):
            shown = _put(page, written, column, value, formats)
            if column < len(widths):
                widths[column] = max(widths[column], shown)
    page.freeze_panes(1, 0)
    if heads:
        page.autofilter(0, 0, written, len(heads) - 1)
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width, _WIDEST) + 1)
    return written == ROWS


def _put(page: Worksheet, row: int, column: int, value: Value, formats: _Formats) -> int:
    """Write a cell; about how many characters wide it is shown."""
    if value is None or value == "":
        return 0
    if isinstance(value, datetime):
        plain = value.replace(tzinfo=None)
        if plain >= _OLDEST:
            page.write_datetime(row, column, plain, formats.moment)
            return 19
        value = value.isoformat(" ")
    if isinstance(value, int) and abs(value) > _LARGEST:
        value = str(value)
    if isinstance(value, str):
        page.write_string(row, column, _text(value))
        return len(value)
    if not math.isfinite(value):
        return 0
    if isinstance(value, int):
        page.write_number(row, column, int(value))  # a bool is an int, and would be written as a word
        return len(str(value))
    # Two decimals are shown, all are there; what two decimals would make a zero is shown in full.
    number = float(value)
    page.write_number(row, column, number, formats.decimals if abs(number) >= 0.005 or not number else None)
    return 8


def _text(text: str) -> str:
    """Text as a cell takes it. Characters that nobody sees are escaped, as in every output of ours."""
    text = one_line(text)
    units = len(text.encode("utf-16-le")) // 2
    if units > LONGEST:
        text = text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + ELLIPSIS
    return text


def _named(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes: without its own signs, short, and like no other of the book."""
    plain = _NOT_IN_NAMES.sub("-", one_line(wanted)).strip("' ") or "-"
    for number in count(1):
        tail = f" ({number})" if number > 1 else ""
        room = 2 * (_NAME_LENGTH - len(tail))
        name = plain.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").strip("' ") + tail
        if name.lower() not in taken and name.lower() != "history":  # Excel keeps that one for itself
            taken.add(name.lower())
            return name
    raise AssertionError("there is always another number")

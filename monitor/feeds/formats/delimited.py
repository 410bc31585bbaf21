"""Records of delimited text: columns by the header's names, cells as they are written.

Decides which character separates the cells where nobody says: the one by which most lines have as many cells as the
header. A row that cannot be right costs itself alone: the lines that an unclosed quote swallowed are read again.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from monitor.feeds.formats.text import LineTooLong, Text
from monitor.feeds.formats.unreadable import Fault, Unreadable
from monitor.feeds.rows import Row

DELIMITERS: Final = (",", ";", "\t", "|")
SAMPLE_LINES: Final = 64
MOST_CHARACTERS: Final = 4 << 20
"""Of a row in several lines."""
_AGAIN: Final = 4
"""How often lines may be read again on average, for the sake of unclosed quotes: time is bounded, too."""
_SEPARATOR: Final = "sep="
"""A first line that some spreadsheets write, and that names the delimiter."""


def delimited_rows(
    text: Text, *, delimiter: str | None = None, quote: str = '"', columns: Sequence[str] = (), skip: int = 0
) -> Iterator[Row | Unreadable]:
    """Every row. `columns`: their names, where the file has no header; `skip`: lines above the header."""
    lines = _Lines(text)
    lines.drop(skip)
    delimiter = lines.named_delimiter() or delimiter or delimiter_of(lines.look_ahead(SAMPLE_LINES))
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    names = names_of(columns)
    width = len(names)
    while True:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LineTooLong as fault:
            yield Unreadable(Fault.TOO_LARGE, f"line {text.number}", str(fault))
            continue
        except csv.Error as fault:
            yield lines.not_closed(str(fault))
            continue
        if not any(cells):
            continue
        if text.damaged and lines.broken:
            yield Unreadable(Fault.NOT_TEXT, lines.place, f"bytes that are none of {text.encoding}: declare another")
        elif not width:
            names = names_of(cells)
            width = len(names)
        elif len(cells) == width and not lines.swallowed(delimiter, width):
            yield Row(dict(zip(names, cells, strict=True)), place=lines.place)
        elif lines.several or lines.ended_early:
            yield lines.not_closed("a quote that is not closed, or only in a later row")
        elif any(cells[width:]):
            yield Unreadable(Fault.COLUMNS, lines.place, f"{len(cells)} cells; the header has {width} names")
        else:
            yield Row(dict(zip(names, cells, strict=False)), place=lines.place)


def names_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns' names: without the space around them, each once, none empty."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column {number}"
        times = 1 + sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(name if name not in names else f"{name} ({times})")
    return tuple(names)


def delimiter_of(lines: Sequence[str]) -> str:
    """By which most lines have as many cells as the first, and more than one; a comma where none has."""

    def alike(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if any(cells)]
        except csv.Error:
            return 0, 0
        return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=alike)


class _Lines:
    """The lines of a text, of which those of the current row can be given back."""

    __slots__ = ("_again", "_pending", "_row", "_size", "_text", "ended_early")

    def __init__(self, text: Text) -> None:
        self._text = text
        self._pending: deque[tuple[int, str | None]] = deque()
        self._row: list[tuple[int, str]] = []
        self._size = 0
        self._again = 0
        self.ended_early = False
        """Whether the text ended within the row's quotes."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        """Raises LineTooLong, and csv.Error where the row is too large."""
        if self._pending:
            number, line = self._pending.popleft()
            if line is None:
                raise LineTooLong
        else:
            try:
                line = next(self._text)
            except StopIteration:
                self.ended_early = bool(self._row)
                raise
            number = self._text.number
        self._row.append((number, line))
        self._size += len(line)
        if self._size > MOST_CHARACTERS:
            raise csv.Error(f"a row of more than {MOST_CHARACTERS:,} characters")
        return line

    def begin_row(self) -> None:
        self._row.clear()
        self._size = 0
        self.ended_early = False

    @property
    def place(self) -> str:
        """Where the row begins."""
        return f"line {self._row[0][0]}"

    @property
    def several(self) -> bool:
        """Whether the row has more than one line."""
        return len(self._row) > 1

    def swallowed(self, delimiter: str, width: int) -> bool:
        """Whether rows of their own lie within the row's quotes."""
        if self.ended_early:
            return True
        inside = self._row[1:-1]
        return bool(inside) and width > 2 and any(line.count(delimiter) == width - 1 for _, line in inside)

    @property
    def broken(self) -> bool:
        """Whether the row holds what is no text."""
        return any(self._text.broken(line) for _, line in self._row)

    def not_closed(self, found: str) -> Unreadable:
        """Refuse the row's first line, and read the others again."""
        first, *others = self._row
        if others and self._again + len(others) <= _AGAIN * self._text.number:
            self._again += len(others)
            self._pending.extendleft(reversed(others))
        kind = Fault.OPEN_QUOTE if others or self.ended_early else Fault.TOO_LARGE
        return Unreadable(kind, f"line {first[0]}", found)

    def drop(self, count: int) -> None:
        for _ in range(count):
            try:
                next(self)
            except LineTooLong:
                continue
            except StopIteration:
                return
        self.begin_row()

    def named_delimiter(self) -> str | None:
        """What a first line such as `sep=;` names; the line is then no row."""
        first = self.look_ahead(1)
        told = first[0].rstrip("\r\n") if first else ""
        if not told.startswith(_SEPARATOR) or len(told) != len(_SEPARATOR) + 1:
            return None
        self._pending.popleft()
        return told[-1]

    def look_ahead(self, count: int) -> list[str]:
        """The next lines, which are still to come."""
        seen: list[str] = []
        met: list[tuple[int, str | None]] = []
        while len(met) < count:
            try:
                seen.append(next(self))
            except LineTooLong:
                met.append((self._text.number, None))
            except (StopIteration, csv.Error):
                break
            else:
                met.append(self._row[-1])
        self._pending.extendleft(reversed(met))
        self.begin_row()
        return seen

"""Records of JSON: one a line, or the items of an array that is never held whole.

Numbers stay exact (`Decimal` where they have a point or an exponent). An array is cut into its items by the standard
library's scanner as the text comes in; each is then read as a line would be. ijson was tried and left: it keeps the
path of every level it is in, so that 100 kB of brackets take gigabytes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from monitor.feeds.formats.text import LineTooLong, Text
from monitor.feeds.formats.unreadable import MOST_BYTES, Fault, Unreadable
from monitor.feeds.rows import Row

UNREADABLE: Final = (ValueError, ArithmeticError, RecursionError)
"""What decoding raises: msgspec's DecodeError and UnicodeErrors are ValueErrors, Decimal's are ArithmeticErrors."""
_LARGEST_EXPONENT: Final = 400


def exact(text: str) -> Decimal:
    """A number with a point or an exponent. Raises ArithmeticError of one beyond all use: to reckon with 1e999999999
    takes all memory, or minutes in one call.
    """  # noqa: D205 - one sentence
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ArithmeticError("a number beyond all use")
    return number


decode: Final[Callable[[str | bytes], object]] = msgspec.json.Decoder(float_hook=exact).decode
_SPACE: Final = " \t\r\n"
_CHUNK: Final = 256 * 1024


def json_line_rows(text: Text) -> Iterator[Row | Unreadable]:
    """A record of every line that is not empty, and no `null`; several, where a line is a list, as a value may be."""
    while True:
        try:
            line = next(text)
        except StopIteration:
            return
        except LineTooLong as fault:
            yield Unreadable(Fault.TOO_LARGE, f"line {text.number}", str(fault))
            continue
        if line.isspace() or line.strip() == "null":  # a tombstone
            continue
        if text.damaged and text.broken(line):
            yield Unreadable(Fault.NOT_TEXT, f"line {text.number}", f"bytes that are none of {text.encoding}")
        else:
            yield from _records(line, f"line {text.number}")


def json_item_rows(text: Text, items: Sequence[str] = ()) -> Iterator[Row | Unreadable]:
    """A record of every item of the array that is the text, or that the names of `items` lead to through objects.

    Without such names, objects and arrays one after the other are taken as well, however many lines each has.

    Ends with the first text that is no JSON: where the next item begins cannot be told then.
    """
    scanner = _Scanner(text)
    number = 0
    try:
        scanner.enter(items)
        for item in scanner.items():
            number += 1
            yield from _records(item, f"item {number}")
    except UNREADABLE as fault:
        kind = Fault.TOO_LARGE if scanner.overflown else Fault.DAMAGED if scanner.ended else Fault.MALFORMED_JSON
        found = f"after {number} items, at character {scanner.offset}: {_without_values(fault)}"
        if scanner.behind and not scanner.overflown:
            found += '; if each line is a record, or a list of them, say kind = "json-lines"'
        yield Unreadable(kind, f"item {number + 1}", found, ends=True)


def _records(text: str, place: str) -> Iterator[Row | Unreadable]:
    try:
        found = decode(text)
    except UNREADABLE as fault:
        yield Unreadable(Fault.MALFORMED_JSON, place, _without_values(fault))
        return
    for one in found if isinstance(found, list) else (found,):
        if isinstance(one, dict):
            yield Row(one, place=place)
        else:
            yield Unreadable(Fault.NO_RECORD, place, f"JSON, but no object: {type(one).__name__}")


def _without_values(fault: Exception) -> str:
    """What a decoder says, which may repeat what it read only as an offset."""
    if isinstance(fault, json.JSONDecodeError):
        return fault.msg
    if isinstance(fault, UnicodeError):
        return "bytes that are no text"
    return str(fault) if isinstance(fault, msgspec.DecodeError | _Unexpected) else type(fault).__name__


class _Unexpected(ValueError):  # noqa: N818 - named for what it is
    """Text that is JSON, but not where it stands."""


class _Scanner:
    """Walks through JSON text as it comes in, one value at a time."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._before = 0
        self._within = False
        self._end_of = json.JSONDecoder(parse_float=len, parse_int=len).raw_decode
        self.ended = False
        """Whether the text ended before the value did."""
        self.overflown = False
        self.behind = False
        """Whether a whole array or object lies behind it, and what follows stands beside that."""

    @property
    def offset(self) -> int:
        """Characters before the value that is read."""
        return self._before + self._at

    def enter(self, path: Sequence[str]) -> None:
        """Go to the inside of the array at the path."""
        for name in path:
            self._expect("{")
            while json.loads(self._value()) != name:
                self._expect(":")
                self._value()
                if self._expect(",}") == "}":
                    raise _Unexpected(f"there is no {name!r} in the object")
            self._expect(":")
        self._within = bool(path)

    def items(self) -> Iterator[str]:
        """The text of every item: of what follows an array within objects nothing. A `null` beside others is none."""
        while True:
            begins = self._peek()
            if begins == "n" and not self._within:
                self._tombstone()
            elif begins == "{" and not self._within:
                yield self._value()
            else:
                yield from self._array()
            self.behind = True
            if self._within or not self._peek():
                return

    def _tombstone(self) -> None:
        if json.loads(self._value()) is not None:
            raise _Unexpected("expected null")

    def _array(self) -> Iterator[str]:
        self._expect("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._expect(",]") == "]":
                return

    def _value(self) -> str:
        self._peek()
        size = _CHUNK
        while True:
            try:
                _, end = self._end_of(self._buffer, self._at)
            except RecursionError:
                raise
            except ValueError:
                # Half of a value, or none: more text tells.
                if not self._read(size):
                    raise
                size *= 2
                continue
            if end == len(self._buffer) and self._read(_CHUNK):
                continue  # a number may go on
            found = self._buffer[self._at : end]
            self._at = end
            return found

    def _expect(self, wanted: str) -> str:
        found = self._peek()
        if not found or found not in wanted:
            raise _Unexpected(f"expected {' or '.join(wanted)}" + ("" if found else ", and the text ends"))
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            while self._at < len(self._buffer):
                if (character := self._buffer[self._at]) not in _SPACE:
                    return character
                self._at += 1
            if not self._read(_CHUNK):
                return ""

    def _read(self, most: int) -> bool:
        """Whether there is more text now; what lies behind is let go."""
        if len(self._buffer) - self._at > MOST_BYTES:
            self.overflown = True
            return False
        more = self._text.read(most)
        self.ended = not more
        self._before += self._at
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        return bool(more)

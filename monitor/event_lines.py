"""Mission events in files and pipes: what the bytes turn out to be, and the lines in them.

Decides what is read (JSON lines in UTF-8, plain or packed by gzip, with or without a byte-order mark) and what other
things that people have are called, with the command that makes lines of them. Refuses to know events.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import click

from monitor.core.plain_text import one_line

CHUNK_BYTES: Final = 256 * 1024
_HEAD_BYTES: Final = 64
"""Enough to tell one kind from another."""
_GZIP: Final = b"\x1f\x8b"
_WITH_GZIP_HEADER: Final = 16 + zlib.MAX_WBITS
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Kind:
    """Something that is no JSON lines: how it begins, what it is, and a command that makes lines of `FILE`."""

    begins: re.Pattern[bytes]
    name: str
    remedy: str


_OTHERS: Final = (
    # Without a mark, iconv takes the order of this machine: then the name says which.
    _Kind(re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff"), "UTF-32", "iconv -f UTF-32 -t UTF-8 FILE"),
    _Kind(re.compile(rb"\0\0\0[\[{]"), "UTF-32", "iconv -f UTF-32BE -t UTF-8 FILE"),
    _Kind(re.compile(rb"[\[{]\0\0\0"), "UTF-32", "iconv -f UTF-32LE -t UTF-8 FILE"),
    _Kind(re.compile(rb"\xff\xfe|\xfe\xff"), "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"),
    _Kind(re.compile(rb"\0[\[{]"), "UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE"),
    _Kind(re.compile(rb"[\[{]\0"), "UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE"),
    _Kind(re.compile(rb"PK\x03\x04"), "a zip archive", "unzip -p FILE"),
    _Kind(re.compile(rb"\x28\xb5\x2f\xfd"), "packed by zstd", "zstd -dc FILE"),
    _Kind(re.compile(rb"BZh[1-9]"), "packed by bzip2", "bzip2 -dc FILE"),
    _Kind(re.compile(rb"\xfd7zXZ\0"), "packed by xz", "xz -dc FILE"),
    _Kind(re.compile(rb"\s*\[\s*(?:\{|\Z)"), "a JSON array", "jq -c '.[]' FILE"),
    _Kind(re.compile(rb"\s*\{\s*\n\s*\""), "JSON over several lines", "jq -c . FILE"),
)


class EventsUnreadable(click.UsageError):
    """A file that holds no JSON lines; the message says what it is, and what to do."""

    def __init__(self, name: str, kind: _Kind) -> None:
        super().__init__(
            f"{name} is {kind.name}, not JSON lines (one event a line, UTF-8). "
            f"Give what `{kind.remedy}` writes, from a pipe (-)."
        )


class EventsDamaged(OSError):  # noqa: N818 - named for what happened
    """A packed file that does not come to its end."""


def unpacked(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The text of a file that comes in chunks. Raises EventsUnreadable before the first, EventsDamaged anywhere."""
    head, rest = _beginning(iter(chunks))
    if head.startswith(_GZIP):
        head, rest = _beginning(_gunzipped(_joined(head, rest), name))
    head = head.removeprefix(_MARK)
    for kind in _OTHERS:
        if kind.begins.match(head):
            raise EventsUnreadable(name, kind)
    return _joined(head, rest)


def _beginning(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """As much as tells the kind, and what follows. A line is enough: a live source may pause after it."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD_BYTES or b"}\n" in head:
            break
    return head, chunks


def _joined(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzipped(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Each member's text in pieces of bounded size: a file may be several, one after the other."""
    member = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if member.eof:
                    if not left.strip(b"\0"):  # padding, as tape and some tools leave it
                        break
                    member = zlib.decompressobj(_WITH_GZIP_HEADER)
                yield member.decompress(left, CHUNK_BYTES)
                left = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (more := member.decompress(b"", CHUNK_BYTES)):
            yield more
    except zlib.error as fault:
        raise EventsDamaged(f"{name} is packed by gzip, and damaged ({fault}): fetch it again") from fault
    if not member.eof:
        raise EventsDamaged(f"{name} is packed by gzip, and ends too early: fetch it again, or see who writes it")


def read_chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """What can be read, as it comes, until there is nothing more."""
    while chunk := read(CHUNK_BYTES):
        yield chunk


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their LF; the last one may lack it. A line of many chunks is put together once."""
    begun: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            *lines, last = others
            yield from lines
            begun = [last]
    if any(begun):
        yield b"".join(begun)


class EventLines:
    """The lines of several files, one file after the other, each counted from 1.

    Iterating raises EventsUnreadable and OSError. A line may end in CR LF, the last one in nothing.
    """

    def __init__(self, files: Sequence[BinaryIO]) -> None:
        self._files = files
        self._starts: list[tuple[int, str]] = []
        self.count = 0
        """Lines so far."""
        self.read_bytes = 0
        """Bytes read so far, as they lie in the files."""

    def __iter__(self) -> Iterator[bytes]:
        for file in self._files:
            name = name_of(file)
            self._starts.append((self.count, name))
            for line in lines_of(unpacked(self._chunks(file), name)):
                self.count += 1
                yield line

    def place(self, number: int) -> str:
        """Where a line is, by its number among all: with the file's name where there are several."""
        before, name = next(one for one in reversed(self._starts) if one[0] < number)
        return f"{name}:{number - before}" if len(self._files) > 1 else str(number)

    @property
    def names(self) -> str:
        """The files, for a message."""
        return ", ".join(map(name_of, self._files))

    def _chunks(self, file: BinaryIO) -> Iterator[bytes]:
        # At most one read of the system for each: what a pipe holds is not waited for.
        read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        for chunk in read_chunks(read):
            self.read_bytes += len(chunk)
            yield chunk


def name_of(file: BinaryIO) -> str:
    """What a person calls it."""
    name = getattr(file, "name", "-")
    return one_line(name) if isinstance(name, str) and name not in {"-", "<stdin>"} else "standard input"

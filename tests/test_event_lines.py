"""What a file of events may be, and what it is called when it is something else."""

import bz2
import gzip
import io
import json
import lzma
import random
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import event_lines
from monitor.event_lines import EventLines, EventsDamaged, EventsUnreadable, unpacked

EVENT = b'{"mission_id": "m-1", "district": "m\xc3\xb8re"}'
LINES = [EVENT, b"", b"{", EVENT.replace(b"m-1", b"m-2")]
TEXT = b"\n".join(LINES) + b"\n"


def pieces(whole: bytes, sizes: list[int]) -> Iterator[bytes]:
    """As a pipe gives it: in pieces of any size."""
    at = 0
    for size in sizes:
        yield whole[at : at + size]
        at += size
    yield whole[at:]


def lines_of(*files: bytes) -> list[bytes]:
    return list(EventLines([io.BytesIO(file) for file in files]))


SIZES = st.lists(st.integers(1, 40), max_size=30)
TEXTS = st.lists(st.sampled_from([*LINES, b"x" * 300, b"\xff"]), max_size=12).map(
    lambda lines: b"\n".join([EVENT, *lines])
)


@given(TEXTS, SIZES, st.integers(0, 3), st.booleans())
def test_plain_packed_or_marked_it_is_the_same_text(
    text: bytes, sizes: list[int], members: int, marked: bool
) -> None:
    """In pieces of any size; gzip files that were joined are one."""
    file = (b"\xef\xbb\xbf" if marked else b"") + text
    if members:
        step = len(file) // members + 1
        file = b"".join(gzip.compress(file[at : at + step]) for at in range(0, len(file), step))
    assert b"".join(unpacked(pieces(file, sizes), "file")) == text


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_files_are_read_one_after_the_other_and_places_are_theirs(texts: list[bytes]) -> None:
    """Neither glued together where a line break is missing, nor parted by one that is there."""
    found = EventLines([io.BytesIO(text) for text in texts])
    expected = [
        (line, number) for text in texts for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), 1)
    ]
    assert list(found) == [line for line, _ in expected]
    assert found.count == len(expected)
    places = [found.place(number).rpartition(":")[2] for number in range(1, found.count + 1)]
    assert places == [str(number) for _, number in expected]


def test_an_empty_file_has_no_lines_and_the_last_line_needs_no_break() -> None:
    """What is between line breaks is a line, and nothing is none."""
    assert lines_of(b"") == lines_of(gzip.compress(b"")) == []
    assert lines_of(TEXT) == lines_of(TEXT[:-1]) == lines_of(gzip.compress(TEXT)) == LINES


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("events.jsonl", TEXT)
    return out.getvalue()


ARRAY = json.dumps([{"mission_id": "m-1"}])
OTHERS = {
    "array": (ARRAY.encode(), "a JSON array", "jq -c '.[]'"),
    "indented array": (json.dumps([{"a": 1}], indent=2).encode(), "a JSON array", "jq -c '.[]'"),
    "marked array": (b"\xef\xbb\xbf" + ARRAY.encode(), "a JSON array", "jq"),
    "packed array": (gzip.compress(ARRAY.encode()), "a JSON array", "jq"),
    "indented": (json.dumps({"mission_id": "m-1"}, indent=2).encode(), "JSON over several lines", "jq -c ."),
    "utf-16": (TEXT.decode("utf-8", "replace").encode("utf-16"), "UTF-16", "iconv -f UTF-16"),
    "utf-16-be": (TEXT.decode("utf-8", "replace").encode("utf-16-be"), "UTF-16", "iconv -f UTF-16"),
    "utf-16-le": (TEXT.decode("utf-8", "replace").encode("utf-16-le"), "UTF-16", "iconv -f UTF-16"),
    "packed utf-16": (gzip.compress(ARRAY.encode("utf-16")), "UTF-16", "iconv"),
    "utf-32": (TEXT.decode("utf-8", "replace").encode("utf-32"), "UTF-32", "iconv -f UTF-32"),
    "utf-32-le": (TEXT.decode("utf-8", "replace").encode("utf-32-le"), "UTF-32", "iconv -f UTF-32"),
    "utf-32-be": (TEXT.decode("utf-8", "replace").encode("utf-32-be"), "UTF-32", "iconv -f UTF-32"),
    "zip": (zipped(), "a zip archive", "unzip -p"),
    "bzip2": (bz2.compress(TEXT), "packed by bzip2", "bzip2 -dc"),
    "xz": (lzma.compress(TEXT), "packed by xz", "xz -dc"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"rest", "packed by zstd", "zstd -dc"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_what_is_no_json_lines_is_called_by_its_name(name: str, size: int) -> None:
    """With the command that makes lines of it; before a single line of it is taken."""
    content, kind, remedy = OTHERS[name]
    with pytest.raises(EventsUnreadable) as caught:
        next(unpacked(pieces(content, [size] * 50), "export.json"))
    assert f"export.json is {kind}" in caught.value.message
    assert remedy in caught.value.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_command_for_another_encoding_makes_the_lines(encoding: str, mark: str, tmp_path: Path) -> None:
    """Also where no mark says in which order the bytes stand."""
    export = tmp_path / "export.json"
    export.write_bytes((mark + '{"a":"ø"}\n').encode(encoding))
    with pytest.raises(EventsUnreadable) as caught:
        next(unpacked(pieces(export.read_bytes(), [4096]), "export.json"))
    command = caught.value.message.partition("`")[2].partition("`")[0]
    written = subprocess.run(command.replace("FILE", str(export)).split(), capture_output=True, check=True)
    assert written.stdout.decode("utf-8-sig").removeprefix("\ufeff") == '{"a":"ø"}\n'


@pytest.mark.parametrize("line", [b"[]", b"[1]", b"{", b"null", b"\xff\x00{", b"not json", b'{"a":1}', b"\x00"])
def test_a_first_line_that_is_merely_wrong_is_a_line(line: bytes) -> None:
    """One bad event is refused by its reason; it does not condemn the file."""
    assert lines_of(line + b"\n" + TEXT) == [line, *LINES]


@pytest.mark.parametrize("cut", [3, 12, 200, -1])
def test_a_packed_file_that_ends_too_early_is_damaged(cut: int) -> None:
    """A download that broke off is no smaller year."""
    noise = random.Random(1).randbytes(2_000).hex().encode()  # noqa: S311 - no secret
    with pytest.raises(EventsDamaged, match=r"^year\.gz is packed by gzip, and ends too early"):
        b"".join(unpacked([gzip.compress(noise)[:cut]], "year.gz"))


def test_a_packed_file_with_a_wrong_byte_is_damaged() -> None:
    """Its check sum says so."""
    packed = bytearray(gzip.compress(TEXT * 50))
    packed[-6] ^= 1
    with pytest.raises(EventsDamaged, match="damaged"):
        b"".join(unpacked([bytes(packed)], "year.gz"))


def test_a_small_file_that_unpacks_to_much_comes_in_pieces() -> None:
    """What is packed a thousandfold is read as a stream all the same."""
    packed = gzip.compress(b"\n" * 20_000_000)
    assert max(map(len, unpacked([packed], "file"))) <= 256 * 1024
    assert sum(map(len, unpacked([packed], "file"))) == 20_000_000


@given(st.lists(st.binary(max_size=6).map(lambda some: some.replace(b"\0", b"\n")), max_size=12))
def test_lines_are_the_same_however_they_come(chunks: list[bytes]) -> None:
    """Also empty ones, and one that comes in many pieces."""
    *lines, last = b"".join(chunks).split(b"\n")
    assert list(event_lines.lines_of(chunks)) == [*lines, *([last] if last else [])]


def test_much_without_a_line_break_is_put_together_once() -> None:
    """It is no event, and still must come to its end: joined anew with every chunk, a gigabyte took an hour."""
    chunk, count = b"0" * 16_384, 8_192
    (line,) = event_lines.lines_of(chunk for _ in range(count))
    assert len(line) == len(chunk) * count

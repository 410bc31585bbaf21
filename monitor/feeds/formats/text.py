"""Bytes as text, line by line: which encoding it is where nobody says, and what is not text in it.

A byte-order mark decides, then UTF-8 where the beginning of the file is UTF-8, then what charset-normalizer makes of
it among the encodings that exports are written in. A guess is said to be one (`Text.guessed`). Lines are bounded.
"""

import codecs
import io
import re
from typing import Final

SAMPLE_BYTES: Final = 256 * 1024
MOST_CHARACTERS: Final = 1 << 20
"""Of a line; a longer one is no record of a mission."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, which begins alike
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN: Final = "cp1252"
_EXPORTS: Final = [_WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp932", "gb18030", "big5", "cp949"]
"""What Windows programs write in that do not write UTF-8."""
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_REPLACED: Final = re.compile("\ufffd")
_ENDS: Final = ("\n", "\r")


class LineTooLong(ValueError):  # noqa: N818 - named for what it is
    """A line of more than MOST_CHARACTERS; what follows it can be read."""

    def __init__(self) -> None:
        super().__init__(f"a line of more than {MOST_CHARACTERS:,} characters")


class Text:
    """Lines of text, each with its end. `number` of them have been read.

    `damaged` turns true with the first line that holds what is no text of the encoding: from then on, `broken` finds
    it in a line.
    """

    def __init__(self, file: io.BufferedReader, encoding: str | None = None) -> None:
        """`encoding`: as declared, else it is found. Raises LookupError where Python knows no such encoding."""
        self.guessed = False
        sample = file.peek(SAMPLE_BYTES)
        if encoding is None:
            encoding, self.guessed = encoding_of(sample)
        elif codecs.lookup(encoding).name == "utf-8":
            encoding = "utf-8-sig"  # a mark is no part of the first column's name
        self.encoding = encoding
        self.begins = sample.decode(encoding, "replace")
        """What can be seen of it before it is read."""
        self.number = 0
        self.damaged = False
        # In UTF-8, what is none can be told from a character that somebody else put where there was none.
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        self.broken = (_ESCAPED if errors == "surrogateescape" else _REPLACED).search
        self._file = io.TextIOWrapper(file, encoding, errors=errors, newline="")

    def __iter__(self) -> "Text":
        return self

    def __next__(self) -> str:
        """Raises LineTooLong, after which the next line is read."""
        line = self._file.readline(MOST_CHARACTERS)
        if not line:
            raise StopIteration
        self.number += 1
        if not line.isascii() and self.broken(line):
            self.damaged = True
        if len(line) == MOST_CHARACTERS and not line.endswith(_ENDS):
            while line and not line.endswith(_ENDS):
                line = self._file.readline(MOST_CHARACTERS)
            raise LineTooLong
        return line

    def read(self, most: int) -> str:
        """The next characters, whatever lines they are in; nothing at the end."""
        return self._file.read(most)


def encoding_of(sample: bytes) -> tuple[str, bool]:
    """The encoding of a text that begins so, and whether that is a guess."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding, False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        pass
    else:
        return ("utf-8", False) if b"\0" not in sample else (_of_two_bytes(sample), False)
    if b"\0" in sample:
        return _of_two_bytes(sample), True
    import charset_normalizer  # noqa: PLC0415 - the extra `feeds`, which UTF-8 does not need

    likely = [match.encoding for match in charset_normalizer.from_bytes(sample, cp_isolation=_EXPORTS)]
    # Equally likely by its letters: what most services write in.
    return _WESTERN if _WESTERN in likely or not likely else likely[0], True


def _of_two_bytes(sample: bytes) -> str:
    """UTF-16 without a mark: of text that is mostly ASCII every other byte is zero."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < len(sample) // 8:
        return "utf-8"
    return "utf-16-be" if even > odd else "utf-16-le"

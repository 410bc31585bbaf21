"""A file of records as bytes: unpacked where gzip packed it, and how much of it has been read.

Refuses to know what the bytes say.
"""

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

BUFFER_BYTES: Final = 256 * 1024
DAMAGED: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading raises of a packed file that ends too early, or was changed on its way."""
_GZIP: Final = b"\x1f\x8b"


class Counted(io.RawIOBase):
    """A file read as it comes, which knows how much of it was read."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._descriptor = file.fileno()
        self._file = file
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        # Not through Python's own buffer: what a pipe holds is not waited for.
        count = os.readv(self._descriptor, [buffer])
        self.read_bytes += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Opened:
    """A file of records: `bytes` is what it holds, `read_bytes` how much of the file that took so far."""

    def __init__(self, path: Path) -> None:
        """`-` is standard input. Raises OSError where the file cannot be opened."""
        self.name = "standard input" if str(path) == "-" else path.name
        self.path = path
        descriptor = os.dup(0) if str(path) == "-" else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._counted = Counted(os.fdopen(descriptor, "rb", buffering=0))
        packed = io.BufferedReader(self._counted, BUFFER_BYTES)
        self.packed = packed.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        self.bytes: io.BufferedReader[Any] = packed
        if self.packed:
            self.bytes = io.BufferedReader(cast("Any", gzip.GzipFile(fileobj=packed)), BUFFER_BYTES)

    @property
    def read_bytes(self) -> int:
        """Bytes read so far, as they lie in the file."""
        return self._counted.read_bytes

    @property
    def size(self) -> int | None:
        """Bytes of the file; None where nobody knows, as of a pipe."""
        return self.path.stat().st_size if self.path.is_file() else None

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""
        self.bytes.close()
        self._counted.close()

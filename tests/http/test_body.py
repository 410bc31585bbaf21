"""A shared body: every byte, in parts that are never large, without a copy that lasts."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.http.body import PART_BYTES, SharedBody

PIECES = st.lists(st.integers(0, 3 * PART_BYTES).map(lambda size: bytes([size % 251]) * size), max_size=8)


class Writer:
    """Notes what it is given, and whether it was waited for."""

    def __init__(self) -> None:
        self.parts: list[bytes | memoryview] = []
        self.drained = 0

    async def write(self, part: bytes | memoryview) -> None:
        """As a stream writer takes it."""
        self.parts.append(part)

    async def drain(self) -> None:
        """As a stream writer waits."""
        self.drained += 1


async def written(pieces: list[bytes]) -> Writer:
    writer = Writer()
    await SharedBody(*pieces).write(writer)  # type: ignore[arg-type] - as much of a writer as is used
    return writer


@given(PIECES)
async def test_all_is_sent_in_small_parts(pieces: list[bytes]) -> None:
    """In order, as long as said, each part waited for."""
    writer = await written(pieces)
    assert b"".join(writer.parts) == b"".join(pieces)
    assert SharedBody(*pieces).size == sum(map(len, pieces))
    assert all(0 < len(part) <= PART_BYTES for part in writer.parts if len(part))
    assert writer.drained == len(writer.parts)


async def test_a_large_piece_is_not_copied() -> None:
    """What goes out are views of the bytes that everybody shares."""
    piece = b"x" * (10 * PART_BYTES)
    writer = await written([b"small", piece])
    views = [part for part in writer.parts if isinstance(part, memoryview)]
    assert sum(map(len, views)) == len(piece)
    assert all(view.obj is piece for view in views)

"""`/metrics` as bytes: what `prometheus_client` would write, without an object for every sample.

Series are rendered a few at a time and kept until a figure of theirs changes; each piece is compressed
once as well. Deflate pieces that end on a byte (a full flush) may follow each other, so that a compressed answer is
put together like a plain one. Which figure is which sample, `collector` knows; headers are left to
`prometheus_client`, which a test holds every byte against. One thread at a time.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from monitor.core.snapshot import Row, Standing
from monitor.exporter import metrics
from monitor.exporter.collector import Telling, describe
from monitor.exporter.metrics import Metric
from monitor.exporter.published import Published

Encode = Callable[[CollectorRegistry], bytes]
Body = Mapping[str, "Piece"]
"""By name of the metric."""

SERIES_AT_ONCE: Final = 8
"""Few, so that one changed series renders little anew; not one: a compressed piece knows nothing of the others."""
LEVEL: Final = 3
"""A hundred and forty megabytes are compressed in a third of a second, to a twentieth. Level 4 takes half as long
again and makes it no smaller: the lines of a metric are too alike."""
WHOLE_BYTES: Final = 2 * 2**20
"""Up to here everything is compressed in one go: it takes milliseconds, and saves a third of what pieces need."""
WHOLE_LEVEL: Final = 6
_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_PLACE: Final = "\0"
"""Stands for a label's value that is not known yet; no label of ours has it."""
_LAST: Final = b"\x03\x00"
"""An empty last block of deflate."""


@dataclass(slots=True)
class Piece:
    """Lines of one family; compressed when first asked for."""

    plain: bytes
    _deflated: bytes | None = field(default=None, repr=False)

    @property
    def deflated(self) -> bytes:
        """The lines as deflate blocks that end on a byte and refer to nothing before them."""
        if self._deflated is None:
            self._deflated = _deflated(self.plain, LEVEL)
        return self._deflated


class Text(Protocol):
    """Pieces behind each other, made ready to be sent; shared by all who are sent it."""

    def ended(self, text: bytes) -> tuple[bytes, ...]:
        """All of it with some more text at its end, in parts."""


@dataclass(frozen=True, slots=True)
class Plain:
    """As it is."""

    parts: tuple[bytes, ...]

    def ended(self, text: bytes) -> tuple[bytes, ...]:
        """Nothing is copied."""
        return (*self.parts, text)


@dataclass(frozen=True, slots=True)
class Packed:
    """As the beginning of one gzip member (every client understands one): its blocks, checksum and size so far."""

    parts: tuple[bytes, ...]
    checksum: int
    size: int

    def ended(self, text: bytes) -> tuple[bytes, ...]:
        """Only the end is compressed anew."""
        trailer = struct.pack("<LL", zlib.crc32(text, self.checksum), (self.size + len(text)) & 0xFFFFFFFF)
        return (*self.parts, _deflated(text, LEVEL), _LAST, trailer)


def plain(pieces: Iterable[Piece]) -> Plain:
    """The pieces behind each other."""
    return Plain(tuple(piece.plain for piece in pieces))


def packed(pieces: Sequence[Piece], *, whole_bytes: int = WHOLE_BYTES) -> Packed:
    """The pieces compressed; those of more than `whole_bytes` from pieces compressed before."""
    checksum = size = 0
    for piece in pieces:
        checksum = zlib.crc32(piece.plain, checksum)
        size += len(piece.plain)
    if size <= whole_bytes:
        return Packed((_GZIP, _deflated(b"".join(piece.plain for piece in pieces), WHOLE_LEVEL)), checksum, size)
    return Packed((_GZIP, *(piece.deflated for piece in pieces)), checksum, size)


def _deflated(text: bytes, level: int) -> bytes:
    """Deflate blocks that end on a byte and refer to nothing before them."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


class Exposition:
    """Renders published states one after the other, and remembers what stays the same."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[_Source, Body]] = {}
        self._source: Published | None = None
        self._bodies: list[Body] = []

    def render(self, published: Published, names: Mapping[str, str], encode: Encode, end: bytes) -> list[Piece]:
        """The exposition of a state, with the headers as `encode` writes them; without the `end` of that format."""
        if published is not self._source:
            self._bodies = [*self._series(published), _body(published, lambda telling: telling.whole(names))]
            self._source = published
        pieces = []
        for metric in metrics.EXPORTER:
            pieces.append(Piece(_header(metric, encode).removesuffix(end)))
            pieces += [body[metric.name] for body in self._bodies if metric.name in body]
        return pieces

    def _series(self, published: Published) -> Iterable[Body]:
        """Rows lie by series, as many as there are windows, in the order of the standings."""
        rows, standings = published.snapshot.rows, published.snapshot.standings
        windows = len(rows) // max(1, len(standings))
        kept, self._kept = self._kept, {}
        for first in range(0, len(standings), SERIES_AT_ONCE):
            last = first + SERIES_AT_ONCE
            source = _Source(rows[first * windows : last * windows], standings[first:last], published.loaded)
            known = kept.get(first)
            if known is None or not source.says_what(known[0]):
                known = (source, _body(published, source.tell))
            self._kept[first] = known
            yield known[1]


@dataclass(frozen=True, slots=True)
class _Source:
    """What some series are rendered from."""

    rows: Sequence[Row]
    standings: Sequence[Standing]
    loaded: bool

    def says_what(self, other: "_Source") -> bool:
        """Whether it shows nothing else; identity of a figure stands for equality, so it may be denied in vain."""
        return (
            self.loaded == other.loaded
            and len(self.rows) == len(other.rows)
            and len(self.standings) == len(other.standings)
            and all(map(_same_row, self.rows, other.rows))
            and all(one is known for one, known in zip(self.standings, other.standings, strict=True))
        )

    def tell(self, telling: Telling) -> None:
        for row in self.rows:
            telling.row(row)
        for standing in self.standings:
            telling.standing(standing)


def _same_row(row: Row, other: Row) -> bool:
    """A window whose edge moved past no mission has another span and the same figures."""
    return row is other or (
        row.figures is other.figures
        and row.verdicts is other.verdicts
        and row.with_open == other.with_open
        and (row.area, row.settlement, row.window) == (other.area, other.settlement, other.window)
    )


class _Labels:
    """Labels of the same names, as written: what is told of one series in one window has the same, one by one."""

    __slots__ = ("_write", "latest", "text")

    def __init__(self, names: Sequence[str]) -> None:
        self._write = _format(names)
        self.latest: tuple[str, ...] | None = None
        self.text = ""
        """`latest` with braces and all; nothing but a space where there are none."""

    def turn_to(self, labels: tuple[str, ...]) -> None:
        self.latest, self.text = labels, self._write(*map(_escaped, labels))

    def around_last(self, labels: tuple[str, ...]) -> tuple[str, str]:
        """What is written before and after the value of the last label, given all but it."""
        before, _, after = self._write(*map(_escaped, labels), _PLACE).partition(_PLACE)
        return before, after


def _body(published: Published, tell: Callable[[Telling], None]) -> Body:
    written = {metric.labels: _Labels(metric.labels) for metric in metrics.EXPORTER}
    lines: dict[str, tuple[list[str], _Labels]] = {
        metric.name: ([], written[metric.labels]) for metric in metrics.EXPORTER
    }

    def add(metric: Metric, value: float | None, labels: tuple[str, ...]) -> None:
        name = metric.name
        some, those = lines[name]
        if labels is not those.latest:
            those.turn_to(labels)
        some.append(f"{name}{those.text}{_told(value)}\n")

    def add_states(metric: Metric, states: Iterable[str], present: str, labels: tuple[str, ...]) -> None:
        some, those = lines[metric.name]
        before, after = those.around_last(labels)
        before = metric.name + before
        some.extend([f"{before}{state}{after}{'1.0' if state is present else '0.0'}\n" for state in states])

    tell(Telling(published, add, add_states))
    return {name: Piece("".join(some).encode()) for name, (some, _) in lines.items() if some}


def _format(names: Sequence[str]) -> Callable[..., str]:
    """Writes labels by name; to be called with their values in the vocabulary's order."""
    places = sorted((label, place) for place, label in enumerate(names))
    labels = ",".join(f'{label}="{{{place}}}"' for label, place in places)
    return f"{{{{{labels}}}}} ".format if labels else " ".format


@lru_cache(maxsize=16_384)
def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


PLAIN_BELOW: Final = 1e6
"""From here on the library writes an exponent; below, as Python does."""


def _told(value: float | bool | None) -> str:
    if value is None:
        return "NaN"
    if value is False:
        return "0.0"
    if value is True:
        return "1.0"
    if -PLAIN_BELOW < value < PLAIN_BELOW:
        return repr(float(value))
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]  # not typed there


class _Empty(Collector):
    """One family without samples."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterable[Family]:
        return [self._family]


def _header(metric: Metric, encode: Encode) -> bytes:
    return encode(_EMPTY[metric.name])


def _alone(family: Family) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Empty(family))
    return registry


_EMPTY: Final = {metric.name: _alone(family) for metric, family in zip(metrics.EXPORTER, describe(), strict=True)}

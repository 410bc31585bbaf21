"""One mission as it counts: the states that it can have on a service's clocks, and how they are held and stored.

A mission has one state per clock: measured (seconds), unmeasured with a cause, open, untimed. Where a service has one
clock, `Mission.kind` and a float say it; where it has several, each state is packed into six bytes. `times_of` gives
the read side columns of plain numbers either way. Refuses to know bytes of events (`core.reader`) and what has been
counted already (`core.ledger`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from math import nan
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from monitor.core import bounded

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC).timestamp()
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""Epoch seconds that a mission must lie between: beyond, there are no local days to put it in."""

LONGEST_ID: Final = 64
"""Characters of the identity of a mission, or of a row of one."""


class Reason(StrEnum):
    """Why an event was put among the dead letters; the value is the metric label and the record header."""

    EMPTY = "empty"
    TOMBSTONE = "tombstone"
    TOO_LARGE = "too_large"
    MALFORMED_JSON = "malformed_json"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_DISTRICT = "unknown_district"
    UNKNOWN_SETTLEMENT = "unknown_settlement"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    INVALID_TIME = "invalid_time"
    NO_TIME = "no_time"
    ARRIVAL_BEFORE_RINGING = "arrival_before_ringing"
    """Of earlier programs only, as the next: today `Cause.NEGATIVE`."""
    IMPLAUSIBLE_RESPONSE = "implausible_response"
    """Of earlier programs only: today `Cause.TOO_LONG`."""
    IN_THE_FUTURE = "in_the_future"
    LATE = "late"
    CONFLICT = "conflict"
    LEDGER_FULL = "ledger_full"
    TOO_MANY_ROWS = "too_many_rows"
    BATCH_TOO_LARGE = "batch_too_large"
    BATCH_UNREADABLE = "batch_unreadable"


class Rejected(Exception):  # noqa: N818 - the domain's word for it, raised and caught inside the core
    """An event that cannot be counted. `reason` is its name, `detail` says what was found, without values."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Kind(IntEnum):
    """What a mission contributes, as a whole or to one clock. The values are stored: never renumber, only append."""

    NOTHING = 0
    MEASURED = 1
    UNMEASURED = 2
    """For a cause that was not noted: what version 1 of stored state says of all of them."""
    OPEN = 3
    UNTIMED = 4
    """Open, and the moment that the clock begins at is not known (yet)."""
    EXCLUDED = 5
    MOVED = 6
    """Marker in the stored day that a mission left: it belongs to another day now, or was sealed."""
    NO_BEGIN = 7
    NO_END = 8
    NEGATIVE = 9
    TOO_LONG = 10
    TOO_SHORT = 11


class Cause(StrEnum):
    """Why a mission that counts has no value on a clock. Stored by place: never put in another order, only append."""

    UNKNOWN = "unknown"
    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    NEGATIVE = "negative"
    """It ends before it begins."""
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    ABANDONED = "abandoned"
    """Still open when nobody could register its end any more."""


CAUSES: Final[Mapping[Kind, Cause]] = {
    Kind.UNMEASURED: Cause.UNKNOWN,
    Kind.NO_BEGIN: Cause.NO_BEGIN,
    Kind.NO_END: Cause.NO_END,
    Kind.NEGATIVE: Cause.NEGATIVE,
    Kind.TOO_LONG: Cause.TOO_LONG,
    Kind.TOO_SHORT: Cause.TOO_SHORT,
}
"""The kinds that are unmeasured, whatever the clock on the wall says."""
UNFINISHED: Final = (Kind.OPEN, Kind.UNTIMED)

_STATE_BYTES: Final = 6
_NO_VALUE: Final = 2 ** (8 * _STATE_BYTES) - 1
_LONGEST: Final = _NO_VALUE - 2**8
LONGEST_SECONDS: Final = _LONGEST // 10**6
"""The longest interval that is ever measured, some nine years, whatever a clock allows."""
_OF_A_CLOCK: Final = frozenset((*CAUSES, *UNFINISHED))
_MEASURED: Final = int(Kind.MEASURED)


def _no_value(kind: int) -> float:
    # Of nothing it would be the negative zero, which is no less than zero.
    return -float(kind) if kind else nan


_STATES: Final = tuple(map(_no_value, Kind))


class Mission(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One mission as it counts now: what is read, what the ledger holds, and what is stored.

    `series` is the index of (area, category) in the reader's catalogue. `placed_at` (epoch seconds) is when its first
    clock began or, where that is unknown, when the source wrote the snapshot. `kind` is a `Kind`, of the first clock
    where the mission counts. `times`: of one clock the seconds, exact to the microsecond, None unless measured; of
    several what `pack` makes of them, None unless the mission counts.
    """

    mission_id: str
    revision: int | None
    series: bounded.Place
    placed_at: bounded.Instant
    kind: Annotated[int, Meta(ge=int(min(Kind)), le=int(max(Kind)))]
    times: bounded.Seconds | bytes | None

    @property
    def sound(self) -> bool:
        """Whether kind and times fit each other, as they do unless the stored bytes were damaged."""
        times = self.times
        if not isinstance(times, bytes):
            return (self.kind == _MEASURED) is (times is not None)
        if not times or len(times) % _STATE_BYTES:
            return False
        states = unpack(times)
        return all(state >= 0.0 or -state in _OF_A_CLOCK for state in states) and self.kind == (
            _MEASURED if states[0] >= 0.0 else -states[0]
        )

    def fits(self, clocks: int) -> bool:
        """Whether the times are those of so many clocks."""
        if clocks == 1:
            return not isinstance(self.times, bytes)
        if isinstance(self.times, bytes):
            return len(self.times) == clocks * _STATE_BYTES
        return self.times is None and self.kind in (Kind.NOTHING, Kind.EXCLUDED, Kind.MOVED)


def pack(states: Iterable[tuple[int, float | None]]) -> bytes:
    """The states of a mission on several clocks, in the service's order: kind, and the seconds where measured."""
    numbers = [_NO_VALUE - kind if seconds is None else round(seconds * 1e6) for kind, seconds in states]
    return b"".join([number.to_bytes(_STATE_BYTES, "little") for number in numbers])


def unpack(times: bytes) -> list[float]:
    """By clock: seconds (0 or more) where measured, else `-float(kind)`."""
    numbers = [int.from_bytes(times[at : at + _STATE_BYTES], "little") for at in range(0, len(times), _STATE_BYTES)]
    return [number / 1e6 if number <= _LONGEST else _no_value(_NO_VALUE - number) for number in numbers]


def columns_of(missions: Iterable[Mission], clocks: int) -> Sequence[Sequence[float]]:
    """One column per clock, as `times_of` has them."""
    if clocks == 1:
        return [[_STATES[one.kind] if (times := one.times) is None else times for one in missions]]  # type: ignore[misc]
    rows = [unpack(one.times) if isinstance(one.times, bytes) else (_STATES[one.kind],) * clocks for one in missions]
    return [*zip(*rows, strict=True)] or [()] * clocks


def times_of(missions: Iterable[Mission], clocks: int) -> NDArray[np.float64]:
    """What missions say of each clock, shape (clocks, missions): seconds (0 or more) where measured, else
    `-float(kind)`, NaN where they count for nothing.
    """  # noqa: D205 - one sentence
    return np.array(columns_of(missions, clocks), dtype=np.float64).reshape(clocks, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far an event may stray before it is refused. Seconds and bytes."""

    ahead_seconds: float = 300.0
    record_bytes: int = 64 * 1024


def index_of(series: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Number the series in the order given."""
    return {pair: number for number, pair in enumerate(series)}


def instant(seconds: float) -> datetime:
    """Epoch seconds as an aware UTC time."""
    return EPOCH + timedelta(seconds=seconds)

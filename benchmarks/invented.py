"""Missions for the benchmarks that need control over how many there are: evenly spread, cheap to make, repeatable.

Everything follows from a number: mission 7 is always the same mission. Response times are log-normal around nine
minutes, series as even as can be (the worst case for anything kept per series). Refuses to know Kafka and Redis.
"""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_dice = random.Random(7)  # noqa: S311 - a benchmark has to be repeatable
RESPONSES_SECONDS = [round(min(20_000.0, math.exp(_dice.gauss(math.log(540), 0.6))), 3) for _ in range(4096)]
"""Drawn once: making one in a loop would cost more than what is measured."""


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as the core sees it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes


def moment(seconds: float) -> str:
    """Epoch seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def snapshot(
    number: int,
    series: tuple[str, str],
    rang_at: float,
    *,
    arrived: bool,
    revision: int = 1,
    draw: int | None = None,
) -> bytes:
    """One snapshot of mission `number`, about 260 bytes of JSON; open where the patrol has not `arrived`.

    `draw`: which of the response times it took, in place of the mission's own.
    """
    district, settlement = series
    response = RESPONSES_SECONDS[(number if draw is None else draw) % 4096]
    arrival = f'"{moment(rang_at + response)}"' if arrived else "null"
    return (
        f'{{"mission_id":"M{number:012d}","revision":{revision},"district":"{district}",'
        f'"settlement":"{settlement}","urgent":true,"status":"{"closed" if arrived else "open"}",'
        f'"ringing_at":"{moment(rang_at)}","on_scene_at":{arrival}}}'
    ).encode()


def key_of(number: int) -> bytes:
    """The Kafka key of a mission."""
    return f"M{number:012d}".encode()


def records(
    numbers: Iterable[int],
    series: Sequence[tuple[str, str]],
    *,
    first_offset: int,
    rang_at: float,
    apart_seconds: float,
    arrived: bool = True,
    revision: int = 1,
    stamp: float | None = None,
) -> Iterator[Record]:
    """Records of these missions; mission n rang n times `apart_seconds` after `rang_at` (epoch seconds)."""
    for offset, number in enumerate(numbers, first_offset):
        at = rang_at + number * apart_seconds
        value = snapshot(number, series[number % len(series)], at, arrived=arrived, revision=revision)
        yield Record(offset, int(1000 * (at + 30_000.0 if stamp is None else stamp)), key_of(number), value)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; the first column to the left, the others to the right."""
    lines = [f"| {' | '.join(columns)} |", f"| --- |{' ---: |' * (len(columns) - 1)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def rss_bytes(pid: int) -> int:
    """Resident memory of a process."""
    import psutil

    return int(psutil.Process(pid).memory_info().rss)

"""How revisions travel from the dispatch system to the stream: late, twice, out of order.

Merges the revisions of many missions into one stream ordered by time of delivery, holding only the
missions under way. Refuses to know what the revisions say.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random
from typing import Final

from monitor.simulator.snapshot import Revision

DUPLICATED: Final = 0.010  # share of the deliveries
OVERTAKEN: Final = 0.018  # share of the revisions with a next one soon after; gives 1 % of all
_SOON_MS: Final = 2 * 3_600_000


@dataclass(frozen=True, slots=True)
class Emission:
    """One record for the stream: when it is delivered, its key, and one JSON snapshot."""

    at: datetime
    key: str
    value: bytes


def deliver(
    stories: Iterable[tuple[int, list[Revision]]], encode: Callable[[Revision], bytes], rng: Random
) -> Iterator[Emission]:
    """The stream of many stories, each given as (no revision earlier than, revisions), in that order."""

    def emission(at_ms: int, _number: int, revision: Revision) -> Emission:
        return Emission(datetime.fromtimestamp(at_ms / 1000, UTC), revision.mission_id, encode(revision))

    pending: list[tuple[int, int, Revision]] = []
    sequence = 0
    for not_before_ms, revisions in stories:
        while pending and pending[0][0] < not_before_ms:
            yield emission(*heappop(pending))
        for at_ms, revision in _travels(revisions, rng):
            heappush(pending, (at_ms, sequence, revision))
            sequence += 1
    while pending:
        yield emission(*heappop(pending))


def _travels(revisions: list[Revision], rng: Random) -> Iterator[tuple[int, Revision]]:
    next_ms: int | None = None  # when the following revision arrives, if it is not itself overtaken
    for revision in reversed(revisions):
        at_ms = revision.recorded_ms + rng.randrange(20, 400)
        overtaken = next_ms is not None and next_ms - revision.recorded_ms < _SOON_MS and rng.random() < OVERTAKEN
        if overtaken and next_ms is not None:
            yield next_ms + rng.randrange(200, 20_000), revision
            next_ms = None
            continue
        yield at_ms, revision
        next_ms = at_ms
        if rng.random() < DUPLICATED:
            yield at_ms + rng.randrange(1, 10_000), revision

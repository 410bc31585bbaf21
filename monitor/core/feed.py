"""Whether the feed lives: when it was last heard, how long it has been silent, and whether it lies about the time.

A **sign of life** is an event that told something new. What it proves is bounded where it arrives (`Arrival`, on the
worker's side): it was told before it arrived, and speaks of a mission that can be in progress no longer than the
longest response. A source that repeats a frozen picture, a backfill of last winter, a refused record are no signs.

Signs of all partitions become one silence (`listen`, on the reader's side). **Only an event ends silence, never a
clock**: as long as nothing new was heard, a silence is at least what it was before plus the time that has passed
since, wherever the wall clock has stepped to. A moment far ahead of the clock is no sign at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from monitor.core.mission import LATEST, Limits
from monitor.core.stored import Head


class Arrival:
    """Records of one batch that arrived at `now` (epoch seconds), and what they claim about the time.

    Nothing that a record says lies after its arrival by more than clocks may differ (`limits.ahead_seconds`): later
    moments are counted, and believed up to there. Asked for every record, so written for speed.
    """

    __slots__ = ("_ahead_at", "_head", "_longest", "_newest", "_records_ahead", "latest")

    def __init__(self, head: Head, now: float, limits: Limits) -> None:
        self.latest = now + limits.ahead_seconds
        """The last credible moment (epoch seconds)."""
        self._head = head
        self._longest = limits.response_seconds
        self._records_ahead, self._ahead_at = 0, head.ahead_at
        newest = head.last_record_at
        # What an earlier program believed of a record stays until an event tells better, and no longer.
        self._newest = newest if newest is not None and newest <= self.latest else -inf

    def stamped(self, timestamp: int | None) -> float | None:
        """When a record was written, as it claims: epoch seconds, of Kafka's milliseconds. None where it does not."""
        if timestamp is None or timestamp < 0:
            return None
        recorded = timestamp / 1000.0
        if recorded > self.latest:
            self._records_ahead += 1
            self._ahead_at = min(recorded, LATEST)
        else:
            self._ahead_at = None
        return recorded

    def accepted(self, recorded: float | None, placed_at: float, *, new: bool) -> float:
        """The moment up to which an accepted event moves event time. `new`: it told something new."""
        if recorded is not None:
            if new and (sign := min(recorded, self.latest, placed_at + self._longest)) > self._newest:
                self._newest = sign
        elif placed_at > self.latest:  # no time stamp to hold it against, and it cannot have rung yet
            self._records_ahead += 1
            self._ahead_at = placed_at
            return -inf
        return min(placed_at, self.latest)

    def note(self) -> None:
        """Write into the head what the batch has shown."""
        head = self._head
        if self._newest > -inf:
            head.last_record_at = self._newest
        head.records_ahead += self._records_ahead
        head.ahead_at = self._ahead_at


Evidence = frozenset[tuple[int, float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of the feed at one moment. Epoch seconds; `silent_seconds` is infinite where nothing was heard.

    `at`: the newest sign of life. `ahead_at`: what the newest record of a partition claims, where that lies ahead of
    both its arrival and now: a clock of the source is wrong, or the worker's.
    """

    at: float | None
    silent_seconds: float
    ahead_at: float | None = None
    evidence: Evidence = field(default=frozenset(), repr=False)
    """By partition, what `at` was found in: while it is the same, nothing was heard."""


def listen(
    heads: Mapping[int, Head],
    now: float,
    *,
    believed_ahead_seconds: float,
    before: Heard | None = None,
    elapsed_seconds: float = 0.0,
) -> Heard:
    """What is known at `now` (epoch seconds), `elapsed_seconds` after `before` was.

    A sign more than `believed_ahead_seconds` ahead of `now` is none.
    """
    latest = now + believed_ahead_seconds
    evidence = frozenset((number, head.last_record_at, head.watermark) for number, head in heads.items())
    at = max((sign for head in heads.values() if (sign := _sign(head, latest)) is not None), default=None)
    silent = inf if at is None else max(0.0, now - at)
    if before is not None and before.evidence == evidence:
        silent = max(silent, before.silent_seconds + elapsed_seconds)
    claims = (head.ahead_at for head in heads.values() if head.ahead_at is not None and head.ahead_at > now)
    ahead_at = max(claims, default=None)
    return Heard(at, silent, None if ahead_at is None else min(ahead_at, LATEST), evidence)


def _sign(head: Head, latest: float) -> float | None:
    """The newest credible moment. Records without a time stamp leave the newest mission's, which is never newer."""
    credible = (moment for moment in (head.last_record_at, head.watermark) if moment is not None)
    return next((moment for moment in credible if moment <= latest), None)

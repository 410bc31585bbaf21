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

from monitor.core.mission import LATEST
from monitor.core.stored import Head


class Arrival:
    """Records of one batch that arrived at `now` (epoch seconds), and what they claim about the time.

    Nothing that a record says lies after its arrival by more than clocks may differ (`ahead_seconds`): later
    moments are counted, and believed up to there. Nothing is in progress for longer than `longest_seconds`. Every
    event passes by, so it is asked only where there is news.
    """

    __slots__ = ("_ahead", "_head", "_longest", "latest", "newest")

    def __init__(self, head: Head, now: float, *, ahead_seconds: float, longest_seconds: float) -> None:
        self.latest = now + ahead_seconds
        """The last credible moment (epoch seconds)."""
        self.newest = head.last_record_at if head.last_record_at is not None else -inf
        """The newest sign of life (epoch seconds) before the batch."""
        if self.newest > self.latest:
            self.newest = -inf  # what an earlier program believed of a record gives way to the first event
        self._head = head
        self._longest = longest_seconds
        self._ahead: dict[int, float] = {}

    def claims(self, offset: int, moment: float) -> None:
        """Note a record that claims a moment after the last credible one."""
        self._ahead[offset] = min(moment, LATEST)

    def sign(self, recorded: float, placed_at: float) -> float:
        """The sign of life that an event is which told something new: of a mission placed at `placed_at`."""
        return min(recorded, self.latest, placed_at + self._longest)

    def bounded(self, offset: int, recorded: float | None, placed_at: float) -> float:
        """How far a mission placed after the last credible moment moves event time: up to there, if at all."""
        if recorded is not None:
            return self.latest
        self.claims(offset, placed_at)  # no time stamp to hold it against, and it cannot have rung yet
        return -inf

    def note(self, last_offset: int | None, newest: float) -> None:
        """Write into the head what the batch has shown: its last record's offset, and the newest sign of life."""
        head = self._head
        if newest > -inf:
            head.last_record_at = newest
        head.records_ahead += len(self._ahead)
        if last_offset is not None:
            head.ahead_at = self._ahead.get(last_offset)


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
    """By partition, what `at` was found in: while none of it is new, nothing was heard."""


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
    if before is not None and evidence <= before.evidence:
        silent = max(silent, before.silent_seconds + elapsed_seconds)
    claims = (head.ahead_at for head in heads.values() if head.ahead_at is not None and head.ahead_at > now)
    ahead_at = max(claims, default=None)
    return Heard(at, silent, None if ahead_at is None else min(ahead_at, LATEST), evidence)


def _sign(head: Head, latest: float) -> float | None:
    """The newest credible moment. Records without a time stamp leave the newest mission's, which is never newer."""
    credible = (moment for moment in (head.last_record_at, head.watermark) if moment is not None)
    return next((moment for moment in credible if moment <= latest), None)

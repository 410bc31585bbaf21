"""What becomes of an event: the ledger's judgement as one literal table.

Decides by what was known of the mission and how its contribution would change, and by nothing else. Refuses to know
how the ledger finds that out (`core.ledger`). docs/design.md prints the table; a test keeps the two equal.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Outcome(StrEnum):
    """What became of an event; the value is the metric label."""

    NEW = "new"
    UNCOUNTED = "uncounted"
    CORRECTION = "correction"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    LATE = "late"
    LEDGER_FULL = "ledger_full"


class Seen(StrEnum):
    """How the event's revision compares with what the ledger knows."""

    FIRST = "unknown mission"
    SURPLUS = "unknown mission, ledger full"
    SEALED = "sealed mission"
    NEWER = "newer"
    SAME = "same revision"
    OLDER = "older"


class Change(StrEnum):
    """How the contribution would change."""

    NONE = "the same"
    COUNTS = "counts, in a new way"
    CEASES = "counts no longer"


class Case(NamedTuple):
    """One row's condition in `RULES`."""

    seen: Seen
    change: Change


RULES: Final[dict[Case, Outcome]] = {
    Case(Seen.FIRST, Change.COUNTS): Outcome.NEW,
    Case(Seen.FIRST, Change.NONE): Outcome.UNCOUNTED,
    Case(Seen.SURPLUS, Change.COUNTS): Outcome.LEDGER_FULL,
    Case(Seen.SURPLUS, Change.NONE): Outcome.LEDGER_FULL,
    Case(Seen.SEALED, Change.COUNTS): Outcome.LATE,
    Case(Seen.SEALED, Change.NONE): Outcome.LATE,
    Case(Seen.NEWER, Change.NONE): Outcome.UNCHANGED,
    Case(Seen.NEWER, Change.COUNTS): Outcome.CORRECTION,
    Case(Seen.NEWER, Change.CEASES): Outcome.WITHDRAWN,
    Case(Seen.SAME, Change.NONE): Outcome.DUPLICATE,
    Case(Seen.SAME, Change.COUNTS): Outcome.CONFLICT,
    Case(Seen.SAME, Change.CEASES): Outcome.CONFLICT,
    Case(Seen.OLDER, Change.NONE): Outcome.STALE,
    Case(Seen.OLDER, Change.COUNTS): Outcome.STALE,
    Case(Seen.OLDER, Change.CEASES): Outcome.STALE,
}
"""The whole of the ledger's judgement. docs/design.md prints this table; a test keeps the two equal."""

STORES: Final = frozenset({Outcome.NEW, Outcome.UNCOUNTED, Outcome.CORRECTION, Outcome.WITHDRAWN, Outcome.UNCHANGED})
"""Outcomes after which the ledger holds the event's entry in place of the one before."""

REFUSED: Final = frozenset({Outcome.CONFLICT, Outcome.LATE, Outcome.LEDGER_FULL})
"""Outcomes that send the event to the dead letters: a person must look."""

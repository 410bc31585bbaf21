"""How one field of a mission comes out of what its rows say: the first, the last, the k-th, any, all.

Decides the choice among values that are there; which of them a row tells, and in which order rows stand, is
`core.rows`' matter. Refuses to know what a value means.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

T = TypeVar("T")


class How(StrEnum):
    """What is taken of the values told, in the order of their rows; the value is what service.toml says."""

    FIRST = "first"
    """Of times the earliest; of words the one told first."""
    LAST = "last"
    """Of times the latest; of words the one told last."""
    NEWEST = "newest"
    """The one told last, also of times."""
    NTH = "nth"
    """Of times the k-th, the earliest being the first; none where there are fewer."""
    ANY = "any"
    """So as soon as one row says so."""
    ALL = "all"
    """So only if all rows say so."""


INSTANT: Final = (How.FIRST, How.LAST, How.NEWEST, How.NTH)
WORD: Final = (How.FIRST, How.LAST, How.NEWEST)
TRUTH: Final = (How.ANY, How.ALL, How.NEWEST)
"""Of eligible, of status (whether it is closed) and of excluded (whether there is a reason)."""
MOST_NTH: Final = 100


@dataclass(frozen=True, slots=True)
class Take:
    """`how`, of the field itself unless it is `of` another; `nth` counts from 1."""

    how: How
    nth: int = 1
    of: str | None = None


def take_of(text: str, allowed: Collection[How]) -> Take:
    """What `first`, `nth(2)` or `nth(2) of on_scene_at` says. Raises ValueError with what may be said.

    >>> take_of("nth(2) of on_scene_at", INSTANT)
    Take(how=<How.NTH: 'nth'>, nth=2, of='on_scene_at')
    """
    said, _, of = text.partition(" of ")
    word, bracket, number = said.strip().partition("(")
    if word in allowed and bool(bracket) is (word == How.NTH):
        if not bracket:
            return Take(How(word), of=of.strip() or None)
        digits = number.removesuffix(")")
        if digits != number and digits.isascii() and digits.isdigit() and 1 <= int(digits[:4]) <= MOST_NTH:
            return Take(How.NTH, int(digits[:4]), of.strip() or None)
    written = ", ".join("nth(2)" if how is How.NTH else how.value for how in allowed)
    raise ValueError(f"{text!r} is not known here: write one of {written}")


def instant_of(take: Take, told: Sequence[int]) -> int | None:
    """The time of those told; None where there is none."""
    if take.how is How.NEWEST:
        return told[-1] if told else None
    place = {How.FIRST: 0, How.LAST: len(told) - 1, How.NTH: take.nth - 1}[take.how]
    return sorted(told)[place] if 0 <= place < len(told) else None


def word_of(take: Take, told: Sequence[T]) -> T | None:
    """The word of those told; None where there is none."""
    if not told:
        return None
    return told[0] if take.how is How.FIRST else told[-1]


def truth_of(take: Take, told: Sequence[bool]) -> bool | None:
    """True or false; None where no row says."""
    if not told:
        return None
    if take.how is How.NEWEST:
        return told[-1]
    return any(told) if take.how is How.ANY else all(told)


def reason_of(take: Take, told: Sequence[str | None]) -> str | None:
    """The reason, by rows: None where a row gives none; of several reasons the first."""
    given = [reason for reason in told if reason is not None]
    if take.how is How.NEWEST:
        return told[-1] if told else None
    return given[0] if given and (take.how is How.ANY or len(given) == len(told)) else None

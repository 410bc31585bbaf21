"""One field of an event out of a record: the value that a path finds, as the event wants it.

Decides which value is taken, which words mean nothing, and what an unknown word becomes; the words that a field takes
are the service's own. Instants are told in `moments`. Refuses to know other fields.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from monitor.core.service import Service
from monitor.feeds.declared_types import FieldRule
from monitor.feeds.rows import Notice, Record, Refusal, Refused, What, Why
from monitor.feeds.times import example
from monitor.feeds.values import TRUTHS, WORDS_OF, folded, is_null, listed, plain, slug_of

Value = str | bool
STATUSES: Final = ("open", "closed", "cancelled")
LONGEST: Final[Mapping[str, int]] = {"excluded": 200}
"""Characters of a text; an event takes no more."""
MOST_KNOWN: Final = 2_000
"""Words of a field whose meaning is kept."""
Understand = Callable[[str], Value | None]
"""What a word means by itself; None where it means nothing that the field takes."""


class Words:
    """Reads one field that is no instant."""

    __slots__ = ("_folded", "_known", "_rule", "_understand", "constant")

    def __init__(self, rule: FieldRule, service: Service) -> None:
        self._rule = rule
        self._understand = understanding(rule, service)
        words = rule.words or {}
        self._folded = {folded(word): value for word, value in words.items()}
        self._known: dict[str, Value] = {}
        """What words meant that were met: there are few of most fields."""
        self.constant = None if rule.constant is None or rule.conditions else _value(rule.constant)
        """What every record says, where the feed says so."""

    def read(self, record: Record, notices: list[Notice]) -> Value | None:
        """What the record says of the field; None: nothing. Raises Refused."""
        rule = self._rule
        if rule.constant is not None:
            return self._of_constant(record)
        found = texts(rule, record)
        if not found:
            return None
        word = plain(found[0])
        meant = self._known.get(word)
        if meant is not None:
            return meant
        meant = self._meaning(word)
        if meant is None:
            return self._unknown(word, notices)
        if len(self._known) < MOST_KNOWN:
            self._known[word] = meant
        return meant

    def _unknown(self, word: str, notices: list[Notice]) -> Value | None:
        """What becomes of a word that nobody knows. Raises Refused."""
        rule = self._rule
        meant: Value | None = None
        match rule.unknown:
            case "refuse":
                why = Why.NO_TRUTH if rule.kind == "truth" else Why.UNKNOWN_WORD
                raise Refused(Refusal(why, rule.name, example(word)))
            case "keep":
                meant = word[: LONGEST.get(rule.name)]
            case "as":
                meant = _value(rule.otherwise)
            case "nothing":
                pass
        notices.append(Notice(What.UNKNOWN_WORD, rule.name, example(word)))
        return meant

    def _of_constant(self, record: Record) -> Value | None:
        rule = self._rule
        if rule.conditions and not any(holds(record) for holds in rule.conditions):
            return None
        return _value(rule.constant)

    def _meaning(self, word: str) -> Value | None:
        """What a known word means."""
        read = folded(word)
        for spelt in (read, *WORDS_OF.get(read, ())):
            if (mapped := self._folded.get(spelt)) is not None:
                return _value(mapped)
        meant = self._understand(self._rule.prefix + word)
        return self._understand(self._rule.prefix + read) if meant is None else meant


def _value(said: object) -> Value:
    return said if isinstance(said, bool) else plain(said)


def understanding(rule: FieldRule, service: Service) -> Understand:
    """The words that a field takes without a map."""
    match rule.kind:
        case "area":
            return _slugs(service.leaf_areas)
        case "category":
            return _slugs(service.leaf_categories)
        case "truth":
            return lambda word: TRUTHS.get(word.lower())
        case "status":
            return lambda word: word.lower() if word.lower() in STATUSES else None
        case _:
            longest = LONGEST.get(rule.name)
            takes_any = rule.words is None
            return lambda word: word[:longest] if takes_any else None


def _slugs(known: Sequence[str]) -> Understand:
    slugs = {slug: slug for slug in known}

    def understand(word: str) -> str | None:
        return slugs.get(word) or slugs.get(slug_of(word))

    return understand


def texts(rule: FieldRule, record: Record) -> Sequence[object]:
    """The values that the record has for a field, without null words, each cell in its parts.

    Those of the first path that finds any; none where no condition holds. Raises Refused.
    """
    if rule.conditions and not any(holds(record) for holds in rule.conditions):
        return ()
    nulls = rule.nulls
    for find in rule.lookups:
        value = find(record)
        if value is None:
            continue
        if type(value) is str:
            value = value.strip()
            if folded(value) in nulls:
                continue
            if rule.separator is None and rule.after is None:
                return (value,)
        parts = [part for one in listed(value) for part in _parts(rule, one)]
        if found := [part for part in parts if not is_null(part, nulls)]:
            return found
    return ()


def _parts(rule: FieldRule, value: object) -> Sequence[object]:
    """The parts of a cell that holds several, without the names that stand before them."""
    if not isinstance(value, str):
        return listed(value)
    parts = [value] if rule.separator is None else value.split(rule.separator)
    if rule.after is not None:
        parts = [part.partition(rule.after)[2] if rule.after in part else part for part in parts]
    return [part.strip() for part in parts]

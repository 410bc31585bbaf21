"""A feed as its file declares it: typed, and right. Refuses to know how it is written (`declared_tables`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from monitor.core.fault import Fault
from monitor.feeds.rows import Placing, Record

Lookup = Callable[[Record], object]
"""Finds a value in a record; None where there is none, a list where a path leads through one."""
Condition = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class FormatDeclaration:
    """How bytes become records. What is None is found out."""

    kind: Literal["auto", "csv", "xlsx", "json-lines", "json", "avro", "json-schema"] = "auto"
    """"auto": by the file's name and its first bytes; of a topic, JSON."""
    envelope: Literal["none", "debezium", "cloudevents"] = "none"
    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    skip: int = 0
    """Lines before the one that names the columns."""
    columns: tuple[str, ...] = ()
    """Names of the columns, where no line gives them."""
    sheet: str | int | None = None
    """Name or number (from 1) of the sheet; else the first."""
    records: tuple[str, ...] = ()
    """Names that lead through objects to the list of records, in a JSON document that is no list."""
    registry: str | None = None
    """Address of the schema registry, or `env:NAME` of the variable that holds it."""


@dataclass(frozen=True, slots=True)
class Times:
    """How a source writes times: what a field does not say for itself."""

    formats: tuple[str, ...] = ("iso",)
    """strptime's, iso, or the numbers of `times.NUMBERS`; the first that fits."""
    zone: tzinfo | None = None
    """Of times that say no offset."""
    offset: Literal["believe", "ignore"] = "believe"
    """"ignore": says Z, or an offset, and is local."""
    date: Lookup | None = None
    """Where the date stands that belongs to a time of day."""
    own_date: bool = False
    """Whether that date is of one time alone: then it is not taken for the day after."""
    date_is_moment: bool = False
    """Whether a field of the source has its time there: then a midnight is no day without a time."""


Pick = Literal["earliest", "latest"] | int
"""Which of several times: the k-th, from 1."""
Unknown = Literal["refuse", "keep", "nothing", "as"]
"""What becomes of an unknown word: refused, kept as it is, not told, or taken for another."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of an event is found in a record."""

    name: str
    """The event's field."""
    kind: Literal["time", "area", "category", "truth", "status", "text"]
    lookups: tuple[Lookup, ...] = ()
    """The first that finds something."""
    constant: object = None
    conditions: tuple[Condition, ...] = ()
    """Any of them must hold, or the record says nothing of the field; none: it always does."""
    nulls: frozenset[str] = frozenset({""})
    """In small letters."""
    words: Mapping[str, object] | None = None
    unknown: Unknown = "refuse"
    otherwise: object = None
    """What an unknown word is taken for."""
    prefix: str = ""
    times: Times = field(default_factory=Times)
    separator: str | None = None
    """Between the times of a cell that holds several."""
    after: str | None = None
    """What stands between a name and its time in such a cell: `=` of `ENGINE=13:05:11`."""
    pick: Pick = "earliest"
    since: str | None = None
    """The instant after which it was, where the source tells how long it took."""


@dataclass(frozen=True, slots=True)
class Key:
    """The text of several values, joined: the mission's identity, or the row's."""

    lookups: tuple[Lookup, ...]
    prefix: str = ""
    nulls: frozenset[str] = frozenset({""})
    times: Times = field(default_factory=Times)
    """Where it has a date, the year of that stands before an id that starts again each year."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which of two records of a row is the newer: a whole number, or a time as microseconds."""

    lookup: Lookup
    is_time: bool
    of_envelope: bool = False
    """Whether it stands in the envelope: then a deletion has a later one than what it deletes."""
    nulls: frozenset[str] = frozenset({""})
    times: Times = field(default_factory=Times)


@dataclass(frozen=True, slots=True)
class Filter:
    """Takes records out of the figures, and says why."""

    name: str
    conditions: tuple[Condition, ...]
    then: Literal["exclude", "not_eligible", "withdraw", "skip"]
    of_envelope: bool = False
    """Whether it asks of the envelope alone, which a deletion has as well: of which table it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """Records of one shape, and what they mean."""

    slug: str
    files: tuple[str, ...]
    """Patterns of file names; empty: every file, where it is the only source."""
    topic: str | None
    format: FormatDeclaration
    mission: Key
    row: Key | None
    """None: a record is a mission whole."""
    row_constant: str | None
    """The row of all its records, where the feed gives them none and there are other sources, or changes."""
    order: Order | None
    fields: tuple[FieldRule, ...]
    filters: tuple[Filter, ...]
    paths: Mapping[str, Lookup] = field(default_factory=dict)
    """Every path that the feed file names for it: see `sought`."""

    @property
    def in_rows(self) -> bool:
        """Whether a record is a part of a mission."""
        return self.row is not None or self.row_constant is not None

    def takes(self, path: Path) -> bool:
        """Whether a file is one of this source's: by its name, or by the end of its path."""
        return not self.files or any(
            fnmatchcase(path.name.lower(), pattern.lower()) or path.match(pattern) for pattern in self.files
        )


@dataclass(frozen=True, slots=True)
class Feed:
    """All sources of a service, as a feed file declares them."""

    slug: str
    sources: Sequence[Source]
    places: Placing | None = None
    """The layers of `[geography]`, read and ready; None where none is declared."""
    warnings: tuple[Fault, ...] = ()

    def source_of(self, path: Path) -> Source | None:
        """The source that takes a file; the first, where several do."""
        return next((source for source in self.sources if source.takes(path)), None)

"""What passes between the parts of a feed: a record, as its format was opened, and what became of it.

Refuses to know formats, feed files and services.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

Record = Mapping[str, Any]
"""One record of a source: of CSV the text of each column, of JSON what was decoded, numbers exact."""
Event = dict[str, Any]
"""One event by the service's names of fields; instants are datetimes in UTC. What is not known is left out."""

LONGEST_EXAMPLE: Final = 100
"""Characters of a source's own words that are repeated to people."""
_NOTHING: Final[Record] = {}


class Days1904:
    """A number of a workbook whose days begin in 1904, as those of old Macs do: as any number, but as a `serial`."""

    __slots__ = ()


class Whole1904(int, Days1904):
    """A whole one."""

    __slots__ = ()


class Float1904(float, Days1904):
    """One with a fraction."""

    __slots__ = ()


class Row(NamedTuple):
    """One record on its way."""

    values: Record
    deleted: bool = False
    """The source no longer has it; `values` is what it had, if only the key."""
    before: Record | None = None
    """What a change event says that it was before, where it says so: a row may have moved to another mission."""
    around: Record = _NOTHING
    """The envelope's own fields, `@op`, `@source.lsn`, `@ts_ms`, `@time` in a feed file; without the `@` here."""
    place: str = ""
    """Where it stood, for people: "line 12", "offset 7"."""


class Why(StrEnum):
    """Why a record, or a part of a file, became no event."""

    UNREADABLE = "unreadable"
    """The bytes are not what the format says; told by the formats."""
    NO_KEY = "no_mission_id"
    NO_ROW = "no_row"
    TOO_LONG = "too_long"
    UNREADABLE_TIME = "unreadable_time"
    NO_DATE = "time_without_date"
    TIME_THAT_NEVER_WAS = "time_that_never_occurred"
    UNKNOWN_WORD = "unknown_word"
    NO_TRUTH = "neither_true_nor_false"
    NO_NUMBER = "no_whole_number"
    NO_PLACE = "no_place"
    """Coordinates that cannot be read, or of which no layer says area or category."""
    ABSENT = "absent"
    """A field that every event needs has no value, and no other record of the mission could give it."""
    UNREADABLE_PATH = "unreadable_path"
    """A path asks for what the record cannot give: the sum of texts, or more levels than there may be."""
    UNFORESEEN = "unforeseen"
    """A fault of this program, not of the record: to be reported, and the record sent back once it is mended."""


class Refusal(NamedTuple):
    """What is wrong with a record, with the event's field that it is about.

    Or `mission`, `row`, `revision`, or what is wrong with the place.
    """

    why: Why
    field: str = ""
    example: str = ""
    """The source's own words, shortened; never a coordinate."""
    detail: str = ""


class Refused(ValueError):  # noqa: N818 - named for what happened
    """A record, or a Kafka value, that becomes no event."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(in_words(one) for one in refusals))
        self.refusals = refusals


def in_words(refusal: Refusal) -> str:
    """One refusal in a line, as a dead letter says it."""
    example = f" {refusal.example!r}" if refusal.example else ""
    detail = f": {refusal.detail}" if refusal.detail else ""
    return f"{refusal.why} {refusal.field}{example}{detail}".replace("  ", " ")


class What(StrEnum):
    """What is worth telling of a record that became an event."""

    UNKNOWN_WORD = "unknown_word"
    """A word that the field's map lacks, taken by the rule that the feed gives for such."""
    HOUR_TWICE = "hour_that_occurs_twice"
    """A local time that was there twice, and nothing in the record says which: the first was taken."""
    HOUR_SETTLED = "hour_that_occurs_twice_settled"
    """The same, where the record's intervals leave one reading, or one is shorter."""
    MIDNIGHT = "past_midnight"
    """A time of day was taken for that of the day after, or before, the date that stands beside it."""
    LENGTH_WITHOUT_BEGIN = "length_without_begin"
    """A length of which the record does not tell the instant that it is counted from: it says nothing."""
    OFFSET_SET_ASIDE = "offset_set_aside"
    """A time says an offset, and the feed says that it lies."""
    FILTERED = "filtered"
    """A filter took the record out of the figures; `detail` is its name."""
    WITHDRAWN = "withdrawn"
    """A deleted row, or one that left its mission."""
    MOVED = "moved"
    """A change event moved the row to another mission."""
    BEFORE_UNKNOWN = "before_unknown"
    """A change event does not say of which mission the row was before: a move would not be seen."""
    NEAR_BORDER = "near_border"
    """The place lies near the border of another area or category: `others`, of the field."""
    UNPLACED = "unplaced"
    """A row has coordinates that cannot be used, `detail` says why; another row may tell area and category."""


class Notice(NamedTuple):
    """Something noticed in a record, with the event's field that it is about."""

    what: What
    field: str = ""
    detail: str = ""
    others: tuple[str, ...] = ()
    """What the field could be as well."""


class Mapped(NamedTuple):
    """What became of a record: events in the order in which they must be sent, or what is wrong with it."""

    events: Sequence[Event] = ()
    refused: Sequence[Refusal] = ()
    """Not empty: there are no events, and every field that is wrong has its refusal."""
    notices: Sequence[Notice] = ()


class Located(Protocol):
    """What the layers say of a place; None where they say nothing."""

    @property
    def area(self) -> str | None: ...

    @property
    def category(self) -> str | None: ...

    @property
    def near_areas(self) -> Sequence[str]:
        """The areas in which it lies if it is not quite where it is said to be; with categories alike."""
        ...

    @property
    def near_categories(self) -> Sequence[str]: ...

    @property
    def unplaced(self) -> str | None:
        """Why there is neither, where so: without a coordinate in it."""
        ...


class Placing(Protocol):
    """Finds area and category of a record that holds coordinates: monitor/feeds/geography.py."""

    @property
    def gives(self) -> Sequence[str]:
        """`area`, `category` or both."""
        ...

    def of(self, record: Record, at: datetime | None) -> Located:
        """What the layers of a moment's local day say of the place that a record holds."""
        ...

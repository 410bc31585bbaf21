"""What one table of a feed file may hold, on its own: each key with what it may be.

What the tables must be together, and beside the service, is told in `declared`. Refuses to know files.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.feeds.declared_types import Lookup, Pick
from monitor.feeds.lengths import is_length_alone, length_problems
from monitor.feeds.paths import lookup
from monitor.feeds.times import MOST_TIMES, format_problems
from monitor.feeds.values import folded
from monitor.settings.told import unknown
from monitor.settings.values import OptionalText, Slug, Text, Topic, plain

ENVELOPES: Final = ("none", "debezium", "cloudevents")
RULES: Final = ("refuse", "keep", "nothing")
MOST_WORDS: Final = 10_000


class Path(str):
    """A path as it is written, known to be one."""

    __slots__ = ()

    @property
    def lookup(self) -> Lookup:
        """What finds its value."""
        return lookup(self)


def _path_of(value: Any) -> Path:
    if not isinstance(value, str):
        raise ValueError('must be a path, in quotes: a column like "Received DtTm", or keys like "priority.code"')  # noqa: TRY004
    lookup(plain(value))
    return Path(value)


def _paths_of(value: Any) -> tuple[Path, ...]:
    paths = value if isinstance(value, list) else [value]
    if not paths:
        raise ValueError("names no path: give one, or several in a list")
    return tuple(map(_path_of, paths))


def _zone_of(value: Any) -> ZoneInfo:
    if not isinstance(value, str) or value not in available_timezones() or value in {"localtime", "Factory"}:
        names = available_timezones()
        raise ValueError(unknown(str(value), names, kind=f"zone {value!r}", where="name one like Europe/Oslo"))
    return ZoneInfo(value)


def _formats_of(value: Any) -> tuple[str, ...]:
    formats = value if isinstance(value, list) else [value]
    if not formats or not all(isinstance(one, str) for one in formats):
        raise ValueError('must be a format, or a list of them: write ["%d.%m.%Y %H:%M", "iso"]')
    if problems := list(format_problems([one for one in formats if not is_length_alone(one)])):
        raise ValueError("; ".join(problems))
    return tuple(formats)


def _nulls_of(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError('must be a list of words: write ["NULL", "NA", "0000-00-00"]')
    return frozenset({"", *map(folded, value)})


def _pick_of(value: Any) -> Pick:
    if value in ("earliest", "latest"):
        return value  # type: ignore[no-any-return]  # as it was compared
    if type(value) is int and 1 <= value <= MOST_TIMES:
        return value
    raise ValueError(f"must be earliest, latest, or which of them: a number from 1 to {MOST_TIMES}")


def _words_of(value: Any) -> dict[str, str | bool]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError('must be a table of words: write { "50" = "life", MB = "medical" }')
    if len(value) > MOST_WORDS:
        raise ValueError(f"has more than {MOST_WORDS} words")
    for word, meant in value.items():
        if not isinstance(meant, str | bool) or meant == "":
            raise ValueError(f"{word!r} must mean a text, true or false")
    capitals = [word.strip().casefold() for word in value]
    if twice := [word for word, spelt in zip(value, capitals, strict=True) if capitals.count(spelt) > 1]:
        raise ValueError(f"{' and '.join(map(repr, twice[:2]))} differ in capitals alone: keep one")
    meanings: dict[str, str | bool] = {}
    for word, meant in value.items():
        if meanings.setdefault(folded(word), meant) != meant:
            raise ValueError(f"{word!r} and {folded(word)!r} are one number, and mean two things: keep one")
    return {word.strip(): meant for word, meant in value.items()}


def _unknown_of(value: Any) -> str | dict[str, str | bool]:
    if value in RULES:
        return value  # type: ignore[no-any-return]  # as it was compared
    if isinstance(value, Mapping) and set(value) == {"as"} and isinstance(value["as"], str | bool):
        return dict(value)
    raise ValueError(f'must be {", ".join(RULES)}, or {{ as = "other" }}')


def _constant_of(value: Any) -> str | bool:
    if not isinstance(value, str | bool) or value == "":
        raise ValueError("must be a text, true or false")
    return value


def _sign_of(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError('must be what stands between, in quotes: "," or "="')
    return value


def _if_of(value: Any) -> Any:
    if not isinstance(value, Mapping | list):
        raise ValueError('must be a table: write if = { Disposition = "Cancelled" }')  # noqa: TRY004
    return value


def _names_of(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(one, str) and one.strip() for one in names):
        raise ValueError('must be a list of patterns: write ["calls*.csv"]')
    return tuple(names)


OnePath = Annotated[Path, BeforeValidator(_path_of)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_paths_of)]
Zone = Annotated[Any, BeforeValidator(_zone_of)]
Formats = Annotated[tuple[str, ...], BeforeValidator(_formats_of)]
Nulls = Annotated[frozenset[str], BeforeValidator(_nulls_of)]
Sign = Annotated[str, BeforeValidator(_sign_of)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class TimesTable(_Table):
    """How times are written: of a source, or of one field that differs."""

    formats: Formats | None = Field(
        None,
        description="Of strptime (`%d.%m.%y %H:%M`), `iso`, or numbers: `epoch_s`, `epoch_ms`, `epoch_us`, "
        "`epoch_ns`, `epoch_days`, `day_ms`, `day_us`, `serial`. The first that fits; else `iso`.",
    )
    zone: Zone | None = Field(None, description="Of times that say no offset; else the service's.")
    offset: Literal["believe", "ignore"] | None = Field(
        None, description="`ignore`: the source writes Z, or an offset, and means local time; so do epoch numbers."
    )
    date: Paths | None = Field(
        None,
        description="Path of the date that belongs to times of day; or of a moment, or of a date and a time of day, "
        "that they are near to.",
    )

    @model_validator(mode="after")
    def _tells_moments(self) -> "TimesTable":
        if self.formats is not None and (problems := list(self._problems(self.formats))):
            raise ValueError("; ".join(problems))
        return self

    def _problems(self, formats: tuple[str, ...]) -> Iterator[str]:
        """What is wrong with formats that are right for themselves."""
        yield from (f"{one!r} is a length: give it to a field, with since" for one in formats if is_length_alone(one))


class FieldTable(TimesTable):
    """A field of the event."""

    path: Paths | None = Field(None, description="Where the value lies; of several the first that has one.")
    constant: Annotated[str | bool | None, BeforeValidator(_constant_of)] = Field(
        None, description="The value itself, in place of a path."
    )
    condition: Annotated[Any, BeforeValidator(_if_of)] = Field(
        None, alias="if", description="What must be true of the record; else it says nothing of the field."
    )
    nulls: Nulls | None = Field(None, description="Words for not known, in place of the source's.")
    map: Annotated[dict[str, str | bool] | None, BeforeValidator(_words_of)] = Field(
        None, description="What words mean; capitals do not matter."
    )
    unknown: Annotated[Any, BeforeValidator(_unknown_of)] = Field(
        None,
        description="What becomes of a word that neither the map nor the field knows: `refuse` the record (default), "
        '`keep` it (texts), say `nothing`, or take it `{ as = "other" }`. It is counted in any case.',
    )
    prefix: OptionalText = Field(None, description="Stands before each word that the map lacks.")
    separator: Sign | None = Field(None, description="Between the times of a cell that holds several.")
    after: Sign | None = Field(None, description="Before each time of such a cell: `=` of `ENGINE=13:05:11`.")
    pick: Annotated[Any, BeforeValidator(_pick_of)] = Field(
        None, description="Which of several times: `earliest` (default), `latest`, or the k-th, from 1."
    )

    since: OptionalText = Field(
        None,
        description="Field of the instant after which it was, where the source tells how long it took: in `seconds` "
        "(default) or `minutes`, or as `%M:%S` shows it (`formats`).",
    )

    def _problems(self, formats: tuple[str, ...]) -> Iterator[str]:
        yield from super()._problems(formats) if self.since is None else length_problems(formats)

    @model_validator(mode="after")
    def _has_one_origin(self) -> "FieldTable":
        if (self.path is None) == (self.constant is None):
            raise ValueError('says not where it comes from: give path = "…" or constant = "…", one of the two')
        return self


class KeyTable(_Table):
    """The identity of a mission, or of a row."""

    path: Paths = Field(description="Where it lies; the values of several are joined by `-`.")
    prefix: OptionalText = Field(None, description="Stands before it, so that two systems share no id.")
    year_of: OnePath | None = Field(
        None, description="Path of a time, whose local year stands before an id that starts again each year."
    )


class OrderTable(TimesTable):
    """Which of two records of a row is the newer, by the moment of its change."""

    path: OnePath = Field(description="Of that moment; it becomes the revision, in microseconds.")


class FilterTable(_Table):
    """Records that the rule does not count."""

    condition: Annotated[Any, BeforeValidator(_if_of)] = Field(
        alias="if", description="What must be true of the record."
    )
    reason: Text = Field(description="Why, in a few words: it is counted under it.")
    then: Literal["exclude", "not_eligible", "withdraw", "skip"] = Field(
        "exclude",
        description="`exclude` the mission from the official figure, and count it apart; `not_eligible`: it is none "
        "of the rule's missions; `withdraw` the row; `skip` the record, which is none of a mission.",
    )


class FormatTable(_Table):
    """How bytes become records; what is not said is found out."""

    kind: Literal["auto", "csv", "xlsx", "json-lines", "json", "avro", "json-schema"] = Field(
        "auto", description="`auto`, `csv`, `xlsx`, `json-lines`, `json`, `avro`, `json-schema`."
    )
    envelope: Literal["none", "debezium", "cloudevents"] = Field(
        "none", description="What records are wrapped in: `debezium` change events, `cloudevents`."
    )
    encoding: OptionalText = Field(None, description="Of text, like `windows-1252`.")
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = Field(
        None, description="Between the columns of CSV."
    )
    quote: Annotated[str, Field(min_length=1, max_length=1)] = Field('"', description="Around texts of CSV.")
    skip: Annotated[int, Field(ge=0, le=1000)] = Field(0, description="Lines before the names of the columns.")
    columns: tuple[Text, ...] = Field((), description="Names of the columns, where no line gives them.")
    sheet: Annotated[int, Field(ge=1)] | Text | None = Field(
        None, description="Name of a workbook's sheet, or its number from 1; else the first."
    )
    records: OnePath | None = Field(None, description="Path of the records in a JSON document that is no list.")
    registry: OptionalText = Field(None, description="Address of the schema registry, or `env:NAME`.")


class SourceTable(_Table):
    """Records of one shape."""

    slug: Slug | None = Field(None, description="Tells it from other sources; needed where there are several.")
    files: Annotated[tuple[str, ...], BeforeValidator(_names_of)] = Field(
        (), description='Patterns of file names: `["calls*.csv"]`.'
    )
    topic: Topic | None = Field(None, description="The Kafka topic, in place of files or beside them.")
    format: FormatTable = Field(
        default_factory=FormatTable, description='A table, or the one word that matters: `"csv"`, `"debezium"`.'
    )
    mission: KeyTable = Field(description="Its identity: a path, a list of paths, or a table.")
    row: KeyTable | None = Field(
        None, description="Which part of the mission a record describes; without, it describes it whole."
    )
    revision: OnePath | None = Field(None, description="Path of a whole number: of a row's records the highest wins.")
    order: OrderTable | None = Field(None, description="Or the moment of the change: a path or a table.")
    nulls: Nulls | None = Field(None, description="Words for not known, capitals or not, in place of the usual ones.")
    times: TimesTable = Field(default_factory=TimesTable, description="How times are written.")
    fields: dict[str, Any] = Field(
        description="The fields of the event: a path, a table, or a list of tables, the first that tells it."
    )
    filters: tuple[FilterTable, ...] = Field((), description="Records that the rule does not count.")

    @model_validator(mode="after")
    def _has_one_order(self) -> "SourceTable":
        if self.revision is not None and self.order is not None:
            raise ValueError("has a revision and an order: keep the one that the source means")
        return self

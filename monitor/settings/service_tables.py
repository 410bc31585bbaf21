"""What one table of service.toml may hold, on its own: each key with what it may be.

What the tables must be together is told in `service`. Refuses to know files.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.core.duration import seconds_of_length
from monitor.core.rounding import Rounding
from monitor.core.service import DAY_SECONDS, Duty, Moment, Statistic
from monitor.settings.values import OptionalText, Slug, Text, plain

LONGEST_FIELD: Final = 64
TAKEN_FIELDS: Final = frozenset({"mission_id", "revision", "row", "status", "excluded", "not_eligible"})
"""Fields that every event has, whatever the service: none of them is an instant, an area or a category."""
_LONGEST_LANGUAGE: Final = 8
_MONTHS: Final = 12
LARGEST_TILE: Final = 40
"""Rows and columns of a map that a screen can show."""


def _names(value: Any) -> dict[str, str]:
    """A name by language; a plain text is one for all of them, kept as English."""
    if isinstance(value, str):
        return {"en": plain(value)}
    if not isinstance(value, Mapping) or not value:
        raise ValueError('must be a text, or one text for each language: write { en = "…", nb = "…" }')
    for language, name in value.items():
        if not (
            language.isascii() and language.isalpha() and language.islower() and len(language) <= _LONGEST_LANGUAGE
        ):
            raise ValueError(f"{language!r} is no language: use a code like en, nb or sv")
        if not isinstance(name, str):
            raise ValueError(f"{language}: must be a text")  # noqa: TRY004 - pydantic tells ValueErrors
        plain(name)
    return dict(value)


def _field(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError('must name a field of the event: write it in quotes, like "ringing_at"')  # noqa: TRY004
    plain(name)
    if len(name) > LONGEST_FIELD:
        raise ValueError(f"is longer than {LONGEST_FIELD} characters: no field of an event is called so")
    if name in TAKEN_FIELDS:
        raise ValueError(f"{name!r} is a field of every event, and means something else: name another")
    return name


def _fields(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError('must be a list of fields: write ["dispatched_at"]')  # noqa: TRY004
    return tuple(map(_field, value))


def _moments(value: Any) -> tuple[Moment, ...]:
    """One instant, or several of which the earliest that is known counts."""
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise ValueError('names no instant: write one, like "ringing_at", or several in a list for the earliest')
    found = tuple(map(_moment, parts))
    if len(set(found)) < len(found):
        raise ValueError("names one instant twice: remove the second")
    return found


def _moment(part: Any) -> Moment:
    if not isinstance(part, Mapping):
        return Moment(_field(part))
    if unknown := sorted(part.keys() - {"from", "plus"}):
        raise ValueError(f'unknown key {unknown[0]!r}: write {{ from = "connected_at", plus = "4:00" }}')
    if "from" not in part:
        raise ValueError('"from" is missing: write { from = "connected_at", plus = "4:00" }')
    return Moment(_field(part["from"]), seconds_of_length(part.get("plus", 0)))


def _percentile(value: Any) -> int | Decimal:
    """As it was written: 99.9 is a decimal, not the float beside it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number above 0 and below 100, like 80 or 99.9")  # noqa: TRY004
    if not 0 < value < 100:
        raise ValueError(f"{value} lies outside: give a number above 0 and below 100, like 80 or 99.9")
    if value < 1:
        raise ValueError(f"{value} is less than one in a hundred: write {100 * value:g} for that share in percent")
    written = Decimal(repr(value))
    return int(written) if written == written.to_integral_value() else written


def _statistic(value: Any) -> Statistic:
    if value not in list(Statistic):
        raise ValueError(f'must be "mean" or "percentile", not {value!r}; a median is percentile = 50')
    return Statistic(value)


def _duty(value: Any) -> Duty:
    if value not in list(Duty):
        raise ValueError(f"must be one of {', '.join(Duty)}, not {value!r}")
    return Duty(value)


def _rounding(value: Any) -> Rounding:
    if value not in list(Rounding):
        raise ValueError(f"must be one of {', '.join(Rounding)}, not {value!r}")
    return Rounding(value)


def day_of(value: Any) -> date:
    """A day as TOML has it, or in quotes. Raises ValueError."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a day, like 2024-01-01 without quotes")  # noqa: TRY004
    return value


def _month(value: Any) -> int:
    """`"04-01"`, or the month's number. Raises ValueError."""
    month = value
    if isinstance(value, str):
        head, _, day = value.partition("-")
        month = int(head) if head.isascii() and head.isdigit() and day in {"", "01", "1"} else None
    if isinstance(month, bool) or not isinstance(month, int) or not 1 <= month <= _MONTHS:
        raise ValueError(f'must be the first day of a month, like "04-01" for 1 April, not {value!r}')
    return month


def _tile(value: Any) -> tuple[int, int]:
    match value:
        case [row, column] if all(type(one) is int and 1 <= one <= LARGEST_TILE for one in (row, column)):
            return row, column
    raise ValueError(f"must be a row and a column from 1 to {LARGEST_TILE}: write [1, 4]")


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError('must be a list of texts: write ["…", "…"]')
    return tuple(map(plain, value))


def _instants(value: Any) -> dict[str, dict[str, str]]:
    """Names by field of the event."""
    if not isinstance(value, Mapping):
        raise ValueError('must be a table: write [instants], and ringing_at = "the first ring" below')  # noqa: TRY004
    return {_field(name): _names(names) for name, names in value.items()}


def _rules(value: Any) -> dict[str, str]:
    """A rule by field of the event; what it may be is `core.take`'s matter."""
    if not isinstance(value, Mapping):
        raise ValueError('must be a table: write [event.fold], and second_at = "nth(2) of arrived_at" below')  # noqa: TRY004
    for name, rule in value.items():
        if not isinstance(rule, str):
            raise ValueError(f'{name}: must be a text, like "first"')  # noqa: TRY004
    return dict(value)


Names = Annotated[dict[str, str], BeforeValidator(_names)]
Moments = Annotated[tuple[Moment, ...], BeforeValidator(_moments)]
Length = Annotated[float, BeforeValidator(seconds_of_length)]
Day = Annotated[date, BeforeValidator(day_of)]
EventField = Annotated[str, BeforeValidator(_field)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_SLUG: Final = "What it is called everywhere: small letters, digits, `-` and `_`."
_NAME: Final = 'A text, or one for each language: `{ en = "…", nb = "…" }`; else the slug is shown.'


def _name() -> Any:
    return Field(default_factory=dict, description=_NAME)


class EventTable(_Table):
    """What events call what every service has."""

    area: EventField = Field("area", description="Field of an event that names the area.")
    category: EventField = Field("category", description="Field that names the category.")
    eligible: Annotated[str | None, BeforeValidator(_field)] = Field(
        None,
        description="Field that says, true or false, whether the mission counts, in every event; none given: every "
        "mission counts of which `eligible` does not say otherwise.",
    )
    instants: Annotated[tuple[str, ...], BeforeValidator(_fields)] = Field(
        (), description="Further fields that are times, of no clock: an event that gives one wrong is refused."
    )
    required: Annotated[tuple[str, ...], BeforeValidator(_fields)] = Field(
        (),
        description="Times that every event must have, if only as null, so that no misspelt name makes missions "
        "unmeasured; any other that is absent is not known.",
    )
    fold: Annotated[dict[str, str], BeforeValidator(_rules)] = Field(
        default_factory=dict,
        description="How fields of a mission that is told in rows come out of them. Times: `first` (unless said), "
        '`last`, `newest`, `nth(2)`, also of others: `second_at = "nth(2) of arrived_at"`; area and category: '
        "`last` (unless said), `first`; eligible, `status` (closed) and `excluded`: `any` (unless said), `all`, "
        "`newest`.",
    )


class HeadTable(_Table):
    """Before all tables: what is true of the service as a whole."""

    slug: Slug | None = Field(None, description="Tells it from others: the label `service`; else the folder's name.")
    name: Names = _name()
    description: Names = Field(default_factory=dict, description="The rule in a sentence, as a name is given.")
    timezone: OptionalText = Field(None, description="Zone of periods and local days, like `Europe/Oslo`; needed.")
    year_starts: Annotated[int, BeforeValidator(_month)] = Field(
        1, description='Where years begin, like `"04-01"`; their parts follow, and bear that year\'s name.'
    )
    outlines: OptionalText = Field(
        None,
        description="A GeoJSON file beside this one, for the board's map: the outlines of the areas that hold no "
        "other, Polygon or MultiPolygon, in degrees, each with its slug as the property `area`. Instead of tiles.",
    )
    unverified: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(
        (), description="What the sources did not settle, a list of texts; `monitor check` shows them."
    )
    cannot_say: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(
        (), description="What the rule asks for and no declaration can say, a list of texts, shown alike."
    )
    instants: Annotated[dict[str, dict[str, str]], BeforeValidator(_instants)] = Field(
        default_factory=dict,
        description="Table of what instants are called, by field, as a name is given; they stand in sentences after "
        '"from" and "to": `on_scene_at = { en = "the arrival" }`.',
    )
    event: EventTable = Field(default_factory=EventTable)


class SourceTable(_Table):
    """Where a definition is written."""

    title: Text = Field(description="Of the publication.")
    publisher: OptionalText = Field(None, description="Who published it.")
    paragraph: OptionalText = Field(None, description="Paragraph, section or page.")
    read: Day | None = Field(None, description="The day on which somebody read it there.")
    verified: bool = Field(True, description="Whether it says what stands here; `false` is told with the rule.")

    def line(self) -> str:
        """All of it in a line."""
        read = self.read and f"read {self.read}"
        told = ", ".join(part for part in (self.title, self.publisher, self.paragraph, read) if part)
        return told if self.verified else f"{told} (not verified)"


class ClockTable(_Table):
    """An interval between two named instants of the event. The first clock places a mission in time."""

    slug: Slug = Field(description=_SLUG)
    begin: Moments = Field(
        description="Field of the event; or a list, of which the earliest known counts; an element may carry a cap: "
        '`{ from = "connected_at", plus = "4:00" }`.'
    )
    end: Moments = Field(description="The same.")
    longest: Length = Field(DAY_SECONDS, description="What takes longer is unmeasured, and is counted as such.")
    shortest: Length = Field(0.0, description="What takes less is unmeasured, too.")
    name: Names = _name()
    since: Day | None = Field(None, description="First day on which the rule judges by it; no threshold is older.")
    until: Day | None = Field(None, description="The day after the last, where the rule took another clock.")
    source: SourceTable | None = Field(
        None,
        description="Where it is defined: `title`, `publisher`, `paragraph`, `read` (a day), `verified`.",
    )

    @model_validator(mode="after")
    def _measures_something(self) -> "ClockTable":
        if set(self.begin) & set(self.end):
            raise ValueError("begins and ends at one instant: name two")
        if self.shortest >= self.longest:
            raise ValueError("could measure nothing: `longest` must be above `shortest`")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("ends before it begins: `until` is the day after its last")
        return self


class ObjectiveTable(_Table):
    """A statistic of a clock with a threshold."""

    slug: Slug = Field(description=_SLUG)
    clock: OptionalText = Field(None, description="Slug of its clock; else the first.")
    percentile: Annotated[int | Decimal | None, BeforeValidator(_percentile)] = Field(
        None, description="So many percent of the missions take at most the threshold: above 0, below 100."
    )
    statistic: Annotated[Statistic | None, BeforeValidator(_statistic)] = Field(
        None, description='`"mean"`, in place of a percentile.'
    )
    duty: Annotated[Duty, BeforeValidator(_duty)] = Field(
        Duty.SHOW,
        description="What a breach asks of people: `page`, `ticket` or `show`. A page needs an alarm that was "
        "simulated; another objective's is taken as `show`, and told.",
    )
    rounding: Annotated[Rounding, BeforeValidator(_rounding)] = Field(
        Rounding.EXACT,
        description="How a time is read before a percentile is judged: `exact`, or `tenth_of_minute` where the rule "
        "means minutes and their first decimal: 10:02.9 is then 10.0, and within ten minutes; 10:03 is 10.1.",
    )
    name: Names = _name()

    @model_validator(mode="after")
    def _one_statistic(self) -> "ObjectiveTable":
        if self.percentile is None and self.statistic is not Statistic.MEAN:
            raise ValueError('says no statistic: give percentile = 80, or statistic = "mean"')
        if self.percentile is not None and self.statistic is Statistic.MEAN:
            raise ValueError("has a percentile and is a mean: keep one of the two, or declare two objectives")
        if self.percentile is None and self.rounding is not Rounding.EXACT:
            raise ValueError("is a mean, which is judged on exact times: take `rounding` away")
        return self


class CategoryTable(_Table):
    """The second axis beside the area. An event names a category that holds no other."""

    slug: Slug = Field(description=_SLUG)
    within: Slug | None = Field(None, description="The pool that it is part of; one that is only named is implied.")
    name: Names = _name()


class AreaTable(_Table):
    """A place in a tree, for some time; a slug may have several tables, in turn.

    An event names an area that holds no other then.
    """

    slug: Slug = Field(description=_SLUG)
    within: Slug | None = Field(
        None,
        description="The area that it is part of; one that is only named is implied. Where none holds the others, "
        "`national` is implied, and bears the service's name.",
    )
    since: Day | None = Field(None, description="First day; else as what it lies within.")
    until: Day | None = Field(None, description="The day after the last; else as what it lies within.")
    tile: Annotated[tuple[int, int] | None, BeforeValidator(_tile)] = Field(
        None, description="Where it lies on the board's map: `[row, column]`, from `[1, 1]` in the north-west."
    )
    name: Names = _name()

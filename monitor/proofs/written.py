"""Reading `proofs.toml`: what a person has worked out from the rule, or everything that is wrong with the file.

Keys are told in docs/services.md. Refuses to know what the program says.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from monitor.core.duration import seconds_of_minutes
from monitor.core.mission import Cause, Reason
from monitor.core.service import Series, Service
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.settings.files import FileUnusable, read_toml
from monitor.settings.told import read_table, unknown
from monitor.settings.values import Slug, Text

FILE: Final = "proofs.toml"
COUNTED: Final = "counted"
GIVES: Final = frozenset({COUNTED, "not counted", "excluded", *(f"refused: {reason}" for reason in Reason)})
STATES: Final = frozenset({"open", "untimed", *(f"unmeasured: {cause}" for cause in Cause)})
WITHIN, LATE, JUDGED, NOT_JUDGED = "within", "late", "judged", "not judged"
"""What an objective says of one mission; a mean only that the mission is part of it."""

Answer = float | str
"""Of a clock: seconds, or one of `STATES`."""


def _answer(value: Any) -> Answer:
    if isinstance(value, str) and value in STATES:
        return value
    try:
        return seconds_of_minutes(value)
    except ValueError as fault:
        raise ValueError(f"{fault}; or one of {', '.join(sorted(STATES))}") from fault


def _series(value: Any) -> Series:
    area, dot, category = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not (area and dot and category):
        raise ValueError('must name an area and a category, like "oslo.urban"')
    return area, category


def _one_of(known: frozenset[str]) -> BeforeValidator:
    def checked(value: Any) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(sorted(known))}")
        return str(value)

    return BeforeValidator(checked)


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("must be a moment with its offset, like 2024-01-01T12:00:00+01:00")
    return value


_Series = Annotated[Series, BeforeValidator(_series)]
_Seconds = Annotated[float, BeforeValidator(seconds_of_minutes)]
_Said = Annotated[str, _one_of(frozenset({WITHIN, LATE, JUDGED, NOT_JUDGED}))]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Table = TypeVar("Table", bound=BaseModel)


class MissionTable(_Table):
    """One mission, as its source tells it, and what the rule says of it."""

    slug: Slug
    why: Text
    event: dict[str, Any] = {}
    later: list[dict[str, Any]] = []
    asked_at: Annotated[datetime, BeforeValidator(_moment)] | None = None
    day: date | None = None
    gives: Annotated[str, _one_of(GIVES)] = COUNTED
    of: _Series | None = None
    clocks: dict[str, Annotated[Answer, BeforeValidator(_answer)]] = {}
    objectives: dict[str, _Said] = {}


class VerdictTable(_Table):
    """What an objective says of a period: `n` judged missions, `within` of them, the statistic's value, the verdict.

    `unmeasured` are those without a value on its clock.
    """

    n: Annotated[int, Field(ge=0)]
    within: Annotated[int, Field(ge=0)] | None = None
    value: _Seconds | None = None
    state: State
    evidence: Evidence | None = None
    unmeasured: Annotated[int, Field(ge=0)] = 0


class PeriodTable(_Table):
    """A period of one area and category, so many copies of each mission in it, and the verdicts the rule gives."""

    why: Text
    period: Text
    of: _Series
    missions: dict[str, Annotated[int, Field(gt=0, le=10_000)]]
    excluded: Annotated[int, Field(ge=0)] = 0
    objectives: dict[str, VerdictTable]


@dataclass(frozen=True, slots=True)
class Written:
    """The proofs of one service; `faults` is what is wrong with the file, a line each."""

    event: Mapping[str, Any] = field(default_factory=dict)
    """What every event says unless it says otherwise."""
    missions: Sequence[MissionTable] = ()
    periods: Sequence[PeriodTable] = ()
    faults: Sequence[str] = ()


def read_proofs(folder: Path, service: Service) -> Written:
    """The proofs beside a service."""
    try:
        raw = read_toml(folder / FILE)
    except (FileUnusable, UnicodeError) as fault:
        return Written(faults=[f"{folder / FILE}: {fault}"])
    faults = [*_strangers(FILE, raw, _KEYS, "key")]
    missions, periods = (
        _tables(raw, "missions", MissionTable, faults),
        _tables(raw, "periods", PeriodTable, faults),
    )
    event = raw.get("event", {})
    if not isinstance(event, dict):
        faults.append("event: must be a table: write [event], and below what every event says")
        event = {}
    slugs = [one.slug for one in missions]
    faults += [f"missions.{slug}: is there twice: rename one of them" for slug in {*slugs} if slugs.count(slug) > 1]
    objectives = [one.slug for one in service.objectives]
    for one in missions:
        faults += _strangers(f"missions.{one.slug}.clocks", one.clocks, service.clock_slugs, "clock")
        faults += _strangers(f"missions.{one.slug}.objectives", one.objectives, objectives, "objective")
    for number, period in enumerate(periods, 1):
        faults += _strangers(f"periods[{number}].missions", period.missions, slugs, "mission")
        faults += _strangers(f"periods[{number}].objectives", period.objectives, objectives, "objective")
    return Written(event, missions, periods, faults)


def _strangers(where: str, named: Collection[str], known: Collection[str], kind: str) -> Iterator[str]:
    for slug in named:
        if slug not in known:
            there = f"there are {', '.join(known)}"
            yield f"{where}: {slug!r} is an {unknown(slug, known, kind=kind, where=there)}"


_KEYS: Final = ("event", "missions", "periods")


def _tables(raw: Mapping[str, Any], key: str, model: type[Table], faults: list[str]) -> list[Table]:
    items = raw.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        faults.append(f"{key}: must be a list of tables: write [[{key}]], and the keys of one below")
        return []
    found = []
    for number, item in enumerate(items, 1):
        table, wrong = read_table(model, item)
        name = item.get("slug", f"[{number}]")
        faults += [f"{key}.{name}{'.' if path else ''}{path}: {message}" for path, message in wrong]
        if table is not None and not wrong:
            found.append(table)
    return found

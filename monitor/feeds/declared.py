"""Reading a feed file: a `Feed` of typed sources, or everything that is wrong with it, each fault with its place.

What one table may hold is told in `declared_tables`; here is what tables must be together and beside the service.
Refuses to know records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel

from monitor.core.fault import Fault
from monitor.core.service import Service
from monitor.feeds.declared_fields import FieldReading, conditions_of, moment_paths, short, times_of
from monitor.feeds.declared_tables import (
    ENVELOPES,
    FilterTable,
    FormatTable,
    KeyTable,
    OrderTable,
    SourceTable,
    TimesTable,
)
from monitor.feeds.declared_types import Feed, FieldRule, Filter, FormatDeclaration, Key, Order, Source, Times
from monitor.feeds.paths import is_of_envelope, lookup
from monitor.feeds.rows import Placing
from monitor.feeds.times import offset_problems
from monitor.feeds.values import NULLS
from monitor.settings.configuration import ConfigurationError
from monitor.settings.files import FileUnusable, read_toml
from monitor.settings.told import read_table, unknown
from monitor.settings.values import is_slug

__all__ = ["Feed", "FieldRule", "FormatDeclaration", "Source", "Times", "load_feed", "read_feed"]

FILE: Final = "feed.toml"
MOST_SOURCES: Final = 40
_HEAD: Final = ("slug", "source", "sources", "geography")
_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "format": FormatTable,
    "mission": KeyTable,
    "row": KeyTable,
    "order": OrderTable,
    "times": TimesTable,
}
"""Keys of a source that are tables, read on their own so that every fault has its place."""
_NAMING: Final = frozenset({"path", "date", "year_of", "revision", "mission", "row", "order"})
"""Keys whose texts are paths."""
_TABLES: Final = (*_PARTS, "fields", "filters")
_SET_ASIDE: Final = KeyTable.model_validate({"path": "?"})
"""In place of a key that has its fault already."""
Table = TypeVar("Table", bound=BaseModel)


def load_feed(path: Path, service: Service, zone: tzinfo | None = None) -> Feed:
    """The feed of a file; `zone` is the service's, of times that say none. Raises ConfigurationError."""
    feed, faults = read_feed(path, service, zone)
    if feed is None:
        raise ConfigurationError(faults)
    return feed


def read_feed(path: Path, service: Service, zone: tzinfo | None = None) -> tuple[Feed | None, list[Fault]]:
    """The feed of a file and what is wrong with it; None where that forbids its use."""
    try:
        raw = read_toml(path)
    except (FileUnusable, UnicodeError) as fault:
        return None, [Fault("error", str(path), str(fault))]
    reading = _Reading(path.name, service, zone)
    sources = reading.sources(raw)
    slug = raw.get("slug", service.slug)
    if not isinstance(slug, str) or not is_slug(slug):
        reading.fault("slug", "must be a slug: small letters, digits, - and _")
    places = reading.places(raw["geography"], path.parent) if "geography" in raw else None
    reading.together(sources, placed=places.gives if places else ())
    if any(fault.severity == "error" for fault in reading.faults):
        return None, reading.faults
    return Feed(slug, sources, places, tuple(reading.faults)), reading.faults


@dataclass(slots=True)
class _Reading:
    """One feed file on its way, and what is wrong with it."""

    file: str
    service: Service
    zone: tzinfo | None
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        self.faults.append(Fault(severity, f"{self.file}: {path}", message))

    def sources(self, raw: Mapping[str, Any]) -> list[Source]:
        """The sources that can be used."""
        for key in raw.keys() - set(_HEAD):
            self.fault(key, unknown(key, _HEAD, kind="key", where=f"there are {', '.join(_HEAD)}"))
        if "source" in raw and "sources" in raw:
            self.fault("sources", "stand beside [source]: write [[sources]] for each, and no [source]")
        items = raw.get("sources", [raw["source"]] if "source" in raw else [])
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            self.fault("sources", "must be tables: write [source] on a line, or [[sources]] for each of several")
            return []
        if not items:
            self.fault("source", "is missing: write [source] on a line, and its keys below")
        if len(items) > MOST_SOURCES:
            self.fault("sources", f"are more than {MOST_SOURCES}")
            return []
        found = [self.source(item, number, several=len(items) > 1) for number, item in enumerate(items, 1)]
        usable = [source for source in found if source is not None]
        slugs = [source.slug for source in usable]
        for slug in dict.fromkeys(slugs):
            if slugs.count(slug) > 1:
                self.fault(f"sources.{slug}", "is declared twice: give the second another slug")
        return usable

    def source(self, raw: Mapping[str, Any], number: int, *, several: bool) -> Source | None:
        said = raw.get("slug")
        named = said if isinstance(said, str) and is_slug(said) else str(number)
        where = f"sources.{named}" if several else "source"
        known = [*SourceTable.model_fields]
        for key in raw.keys() - set(known):
            self.fault(f"{where}.{key}", unknown(key, known, kind="key", where=f"there are {', '.join(known)}"))
        before = len(self.faults)
        raw = {**raw, "format": _format(raw.get("format", {}))}
        parts: dict[str, BaseModel | None] = {}
        for key, model in _PARTS.items():
            if key in raw:
                parts[key] = self.table(model, short(raw[key]), f"{where}.{key}")
        if "mission" in parts and parts["mission"] is None:
            parts["mission"] = _SET_ASIDE
        head = {key: value for key, value in raw.items() if key in known and key not in _TABLES}
        head |= {key: part for key, part in parts.items() if part is not None}
        head["filters"] = tuple(self.listed(FilterTable, raw.get("filters", []), f"{where}.filters"))
        table = self.table(SourceTable, {**head, "fields": {}}, where)
        moments = moment_paths(raw.get("fields"), self.service)
        times = times_of(table.times if table else TimesTable(), Times(zone=self.zone), moments=moments)
        nulls = NULLS if table is None or table.nulls is None else table.nulls
        fields = FieldReading(self.service, times, nulls, self.fault, moments)
        rules = fields.rules(raw.get("fields"), f"{where}.fields")
        self.offsets(table, rules, times, where)
        if self.zone is None and any(rule.kind == "time" and rule.times.zone is None for rule in rules):
            self.fault(f"{where}.times.zone", "is missing, and the service names none: name one like Europe/Oslo")
        if table is None:
            return None
        if several and table.slug is None:
            self.fault(f"{where}.slug", "is missing: each of several sources needs one")
        if several and not table.files and table.topic is None:
            self.fault(f"{where}.files", "is missing: say which files, or which topic, are of this source")
        filters = self.filters(table, where, nulls, in_rows=several or _has_rows(table))
        if any(fault.severity == "error" for fault in self.faults[before:]):
            return None
        slug = table.slug or "records"
        return Source(
            slug,
            table.files,
            table.topic,
            _declaration(table.format),
            _key(table.mission, times, nulls, moments),
            _key(table.row, times, nulls, moments) if table.row else None,
            slug if several or (_has_rows(table) and table.row is None) else None,
            _order(table, times, nulls),
            tuple(rules),
            tuple(filters),
            {path: lookup(path) for path in paths_in(raw)},
        )

    def offsets(self, table: SourceTable | None, rules: Sequence[FieldRule], times: Times, where: str) -> None:
        """Formats whose plain text says an offset that nothing reads, each where it was said."""
        used = [(f"fields.{rule.name}", rule.times) for rule in rules if rule.kind == "time" and rule.since is None]
        if table is not None:
            used += [
                (key, times) for key, one in (("mission", table.mission), ("row", table.row)) if one and one.year_of
            ]
            used += [("order", times_of(table.order, times))] if table.order is not None else []
        believed = [(place, one.formats) for place, one in used if one.offset == "believe"]
        found = [
            (place if formats is not times.formats else "times", problem)
            for place, formats in believed
            for problem in offset_problems(formats)
        ]
        for place, problem in dict.fromkeys(found):
            self.fault(f"{where}.{place}.formats", problem)

    def filters(self, table: SourceTable, where: str, nulls: frozenset[str], *, in_rows: bool) -> Iterator[Filter]:
        """The filters of a source."""
        for number, one in enumerate(table.filters, 1):
            path = f"{where}.filters[{number}]"
            if one.then == "withdraw" and not in_rows:
                self.fault(f"{path}.then", "withdraws a row, and the source has none: say row, or exclude")
            asked = [*paths_in(one.condition, of_condition=True)]
            of_envelope = bool(asked) and all(name.startswith("@") for name in asked)
            held = conditions_of(one.condition, path, nulls, self.fault, said_alone=True)
            yield Filter(one.reason, held, one.then, of_envelope)

    def table(self, model: type[Table], raw: object, where: str) -> Table | None:
        """A table, with every fault in its place."""
        if not isinstance(raw, Mapping):
            self.fault(where, "must be a table, or a path in quotes")
            return None
        table, faults = read_table(model, raw)
        for inner, message in faults:
            self.fault(f"{where}.{inner}" if inner else where, message)
        return table

    def listed(self, model: type[Table], raw: object, where: str) -> list[Table]:
        if not isinstance(raw, list):
            self.fault(where, f"must be a list of tables: write [[{where}]] on a line, and the keys of one below")
            return []
        made = [self.table(model, one, f"{where}[{number}]") for number, one in enumerate(raw, 1)]
        return [one for one in made if one is not None]

    def places(self, raw: object, folder: Path) -> Placing | None:
        """The layers of `[geography]`; None where anything is wrong with them."""
        try:
            from monitor.feeds.geography import read_places  # noqa: PLC0415 - an extra, slow to load
        except ModuleNotFoundError as fault:
            self.fault("geography", f"needs {fault.name}: install response-time-monitor[feeds]")
            return None
        places, problems = read_places(raw, folder, self.service, self.zone or UTC)
        for where, why in problems:
            self.fault(where, why)
        return places

    def together(self, sources: Sequence[Source], *, placed: Sequence[str]) -> None:
        """What no source tells, and every mission needs."""
        if any(fault.severity == "error" for fault in self.faults) or not sources:
            return  # the rest is only known once these are mended
        told = {rule.name for source in sources for rule in source.fields}
        for name, why in _needed(self.service, told, placed=placed):
            self.fault(f"fields.{name}", why)
        for clock in self.service.clocks:
            edges = {"begin": clock.begin, "end": clock.end}
            for edge, moments in edges.items():
                names = [one.field for one in moments]
                if not told & set(names):
                    message = (
                        f"clock {clock.slug} can measure nothing: no source tells its {edge}, {' or '.join(names)}"
                    )
                    self.fault("fields", message, "warning")


def _needed(service: Service, told: set[str], *, placed: Sequence[str]) -> Iterator[tuple[str, str]]:
    fields = service.fields
    for kind, name in (("area", fields.area), ("category", fields.category)):
        if name not in told and kind not in placed:
            yield (
                name,
                f'is missing: give its path, or {name} = {{ constant = "…" }}; a [geography] would tell it, too',
            )
    if fields.eligible is not None and fields.eligible not in told:
        yield fields.eligible, f"is missing: give its path, or {fields.eligible} = {{ constant = true }}"
    if "status" not in told:
        message = 'is missing: give its path, or status = { constant = "closed" } for a register of ended missions'
        yield "status", message
    begins = [one.field for one in service.clocks[0].begin]
    if not told & {*begins, "recorded_at"}:
        yield begins[0], "is missing, and recorded_at too: nothing would place a mission in time"


def _format(said: object) -> object:
    """A table for the one word that a format may be."""
    if isinstance(said, str):
        return {"envelope": said} if said in ENVELOPES[1:] else {"kind": said}
    return said


def paths_in(raw: object, *, of_condition: bool = False) -> Iterator[str]:
    """Every path that the tables of a source name, conditions included."""
    if isinstance(raw, list):
        for one in raw:
            yield from paths_in(one, of_condition=of_condition)
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            if of_condition:
                yield key
            elif key in {"fields", "mission", "row", "order"} and isinstance(value, Mapping):
                shorts = value.items() if key == "fields" else ()
                yield from (one for _, said in shorts for one in _texts(said))
                yield from paths_in(value)
            elif key in _NAMING:
                yield from _texts(value)
            elif key != "map":
                yield from paths_in(value, of_condition=key == "if")


def _texts(said: object) -> Iterator[str]:
    yield from (one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def _has_rows(table: SourceTable) -> bool:
    """Whether records are parts of missions: a deleted one could not be told whole."""
    return table.row is not None or table.format.envelope == "debezium"


def _key(table: KeyTable, times: Times, nulls: frozenset[str], moments: frozenset[str]) -> Key:
    find = table.year_of.lookup if table.year_of else None
    dated = Times(times.formats, times.zone, times.offset, find, date_is_moment=table.year_of in moments)
    return Key(tuple(one.lookup for one in table.path), table.prefix or "", nulls, dated)


def _order(table: SourceTable, times: Times, nulls: frozenset[str]) -> Order | None:
    if table.revision is not None:
        return Order(table.revision.lookup, False, is_of_envelope(table.revision), nulls)
    if table.order is None:
        return None
    path = table.order.path
    return Order(path.lookup, True, is_of_envelope(path), nulls, times_of(table.order, times))


def _declaration(table: FormatTable) -> FormatDeclaration:
    said = dict(table)
    return FormatDeclaration(**{**said, "records": tuple(table.records.split(".")) if table.records else ()})

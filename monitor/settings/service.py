"""Reading a service: the folder of service.toml becomes a `Service` of the core, or every fault of it.

Where a folder is found by its name is told here, too. What one table may hold is told in `service_tables`, what
areas and categories imply in `service_tree`, thresholds in `core.targets`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel

from monitor.core.fault import Fault
from monitor.core.service import Clock, Duty, Fields, Objective, Service, Words, instants_of
from monitor.core.stats import chosen
from monitor.core.take import INSTANT, TRUTH, WORD, Take, take_of
from monitor.settings.files import FileUnusable, read_toml
from monitor.settings.service_map import read_outlines, tile_problems
from monitor.settings.service_tables import (
    AreaTable,
    CategoryTable,
    ClockTable,
    EventTable,
    HeadTable,
    ObjectiveTable,
)
from monitor.settings.service_tree import Problem, areas_of, categories_of, gaps
from monitor.settings.told import read_table, unknown
from monitor.settings.values import LONGEST_SLUG, RESERVED_AREAS, RESERVED_CATEGORIES, RESERVED_OBJECTIVES, is_slug

FILE: Final = "service.toml"
TARGETS: Final = "targets"
_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "clocks": ClockTable,
    "objectives": ObjectiveTable,
    "categories": CategoryTable,
    "areas": AreaTable,
}
Table = TypeVar("Table", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Declared:
    """A service as its folder declares it; `service` is None where it cannot be used.

    `timezone` is empty where it is not said, None where what was said has its fault already.
    """

    service: Service | None
    folder: Path
    timezone: str | None = None
    year_starts: int = 1
    unverified: tuple[str, ...] = ()
    cannot_say: tuple[str, ...] = ()
    description: Words = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def find_service(named: str, rooms: Sequence[Path], beside: Sequence[Path]) -> Path:
    """The folder of a service by its name, looked for in `rooms`, or by its path, which begins in one of `beside`.

    Raises FileUnusable with what there is.
    """
    found = [room / named for room in rooms if is_slug(named)] + [place / named for place in beside]
    for folder in found:
        if (folder / FILE).is_file():
            return folder
        if folder.name == FILE and folder.is_file():
            return folder.parent
    there = service_names(rooms)
    raise FileUnusable(
        f"no service {named!r}: there is no folder of that name or path with a {FILE} in it; "
        f"by name there are {', '.join(there) or 'none'}"
    )


def service_names(rooms: Sequence[Path]) -> list[str]:
    """The names by which services are found in `rooms`."""
    return sorted({file.parent.name for room in rooms for file in room.glob(f"*/{FILE}")})


def read_service(folder: Path) -> Declared:
    """What a folder declares, with every fault of its service.toml."""
    file = folder / FILE
    try:
        raw = read_toml(file)
    except (FileUnusable, UnicodeError) as fault:
        return Declared(None, folder, faults=[Fault("error", str(file), str(fault))])
    reading = _Reading(raw)
    head = reading.head()
    clocks = reading.tables("clocks", ClockTable)
    objectives = reading.tables("objectives", ObjectiveTable)
    categories, circles = categories_of(reading.tables("categories", CategoryTable))
    reading.problems("categories", circles)
    areas, crooked = areas_of(reading.tables("areas", AreaTable, several=True), head.name if head else {})
    reading.problems("areas", crooked)
    reading.problems("areas", gaps(areas), "warning")
    reading.reserved("areas", (area.slug for area in areas), RESERVED_AREAS)
    reading.reserved("objectives", (table.slug for table in objectives), RESERVED_OBJECTIVES)
    reading.reserved("categories", (category.slug for category in categories), RESERVED_CATEGORIES)
    made = [_clock(table) for table in clocks]
    reading.fields(head, made)
    folds = [*reading.folds(head, made)]
    judged = list(reading.objectives(objectives, [clock.slug for clock in made]))
    slug = (head.slug if head else None) or _slug_of(folder.resolve().name)
    if not is_slug(slug):
        reading.fault("slug", 'is missing, and the name of the folder makes none: say slug = "…", in small letters')
    if head is None or any(fault.severity == "error" for fault in reading.faults):
        said = head.timezone if head else None
        zone = "" if said is None and "timezone" not in raw else said
        return Declared(None, folder, zone, faults=reading.faults)
    service = Service(
        slug,
        areas,
        categories,
        tuple(made),
        tuple(judged),
        Fields(**head.event.model_dump() | {"fold": tuple(folds)}),
        head.name,
        head.instants,
    )
    service = reading.mapped(service, head, folder)
    if any(fault.severity == "error" for fault in reading.faults):
        return Declared(None, folder, head.timezone or "", faults=reading.faults)
    return Declared(
        service, folder, head.timezone or "", head.year_starts, head.unverified, head.cannot_say, head.description,
        reading.faults,
    )  # fmt: skip


def _slug_of(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")[:LONGEST_SLUG]


def _clock(table: ClockTable) -> Clock:
    return Clock(
        table.slug, table.begin, table.end, table.longest, table.shortest, table.name,
        table.since or date.min, table.until or date.max,
        table.source.line() if table.source else "", table.source is None or table.source.verified,
    )  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """One service.toml on its way, and what is wrong with it."""

    raw: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)
    unusable: set[str] = field(default_factory=set)
    """Slugs of tables that were set aside, so that nobody is told that they are not there."""

    def fault(self, path: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        self.faults.append(Fault(severity, f"{FILE}: {path}", message))

    def problems(
        self, key: str, problems: Sequence[Problem], severity: Literal["error", "warning"] = "error"
    ) -> None:
        for slug, why in problems:
            self.fault(f"{key}.{slug}", why, severity)

    def head(self) -> HeadTable | None:
        """What stands outside of the lists."""
        known = [*HeadTable.model_fields, *_TABLES]
        for key in self.raw.keys() - set(known):
            self.fault(key, unknown(key, known, kind="key", where=f"there are {', '.join(known)}"))
        head, faults = read_table(
            HeadTable, {key: self.raw[key] for key in HeadTable.model_fields if key in self.raw}
        )
        for path, message in faults:
            self.fault(path, message)
        return head

    def tables(self, key: str, model: type[Table], *, several: bool = False) -> list[Table]:
        """The tables of a list that can be used; those of one slug only where there may be `several`."""
        items = self.raw.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            self.fault(key, f"must be a list of tables: write [[{key}]] on a line, and the keys of one below")
            return []
        if not items:
            self.fault(key, f"there are none: declare at least one with [[{key}]]")
        found: dict[str, list[Table]] = {}
        for number, item in enumerate(items, 1):
            slug = item.get("slug")
            path = f"{key}.{slug}" if isinstance(slug, str) and is_slug(slug) else f"{key}[{number}]"
            table, faults = read_table(model, item)
            for inner, message in faults:
                self.fault(f"{path}.{inner}" if inner else path, message)
            if not several and isinstance(slug, str) and (slug in found or slug in self.unusable):
                self.fault(path, "is declared twice: remove the second, or give it another slug")
            if table is None:
                self.unusable.add(str(slug))
                continue
            found.setdefault(str(slug), []).append(table)
        return [table for tables in found.values() for table in tables] if several else [t[0] for t in found.values()]

    def reserved(self, key: str, slugs: Iterator[str], reserved: Collection[str]) -> None:
        for slug in dict.fromkeys(slugs):
            if slug in reserved:
                self.fault(f"{key}.{slug}", "means something else in the tables of targets: choose another slug")

    def objectives(self, tables: Sequence[ObjectiveTable], clocks: Sequence[str]) -> Iterator[Objective]:
        """The objectives, the first clock where they name none."""
        for table in tables:
            clock = table.clock or (clocks[0] if clocks else "")
            if clock not in clocks and clock not in self.unusable:
                where = f"there are {', '.join(clocks) or 'none'}"
                self.fault(f"objectives.{table.slug}.clock", unknown(clock, clocks, kind="clock", where=where))
            yield Objective(table.slug, table.percentile, self.duty(table), clock, table.name, table.rounding)

    def mapped(self, service: Service, head: HeadTable, folder: Path) -> Service:
        """The service with its map, where it declares one."""
        outlines, problems = None, list(tile_problems(service))
        if head.outlines is not None:
            outlines, more = read_outlines(folder / head.outlines, service)
            problems += more
        for path, why in problems:
            self.fault(path, why)
        return replace(service, outlines=outlines)

    def duty(self, table: ObjectiveTable) -> Duty:
        """What the objective may ask of people: a page only where it is known how often it would come for nothing."""
        if table.duty is not Duty.PAGE or chosen.simulated(table.percentile):
            return table.duty
        what = "a mean" if table.percentile is None else f"P{table.percentile}"
        message = (
            f"page is taken as show: no simulation stands behind an alarm on {what}, so nobody knows how often it "
            "would page for nothing (docs/statistics.md); say ticket or show"
        )
        self.fault(f"objectives.{table.slug}.duty", message, "warning")
        return Duty.SHOW

    def folds(self, head: HeadTable | None, clocks: Sequence[Clock]) -> Iterator[tuple[str, Take]]:
        """How fields come out of rows, where it is said."""
        event = head.event if head else EventTable()
        times = dict.fromkeys((*instants_of(clocks), *event.instants), INSTANT)
        kinds = times | dict.fromkeys((event.area, event.category), WORD)
        kinds |= dict.fromkeys((event.eligible or "eligible", "status", "excluded"), TRUTH)
        for name, text in event.fold.items():
            if name not in kinds:
                self.fault(f"event.fold.{name}", unknown(name, [*kinds], kind="field", where="no event has it"))
                continue
            try:
                take = take_of(text, kinds[name])
            except ValueError as fault:
                self.fault(f"event.fold.{name}", str(fault))
                continue
            if take.of is not None and (name not in times or take.of not in times):
                self.fault(f"event.fold.{name}", f"{take.of!r} is no time of the event, or {name!r} is none")
            yield name, take

    def fields(self, head: HeadTable | None, clocks: Sequence[Clock]) -> None:
        """No field of an event may mean two things."""
        if head is None:
            return
        said = [head.event.area, head.event.category, head.event.eligible or "eligible"]
        instants = {*instants_of(clocks), *head.event.instants}
        for name in head.event.required:
            if name not in instants:
                self.fault(
                    "event.required", f"{name!r} is no time of the event: name one that a clock begins or ends at"
                )
        for name in head.instants.keys() - instants:
            self.fault(f"instants.{name}", unknown(name, instants, kind="instant", where="no clock names it"))
        for name in dict.fromkeys(said):
            if said.count(name) > 1 or name in instants | {"recorded_at"}:
                self.fault("event", f"{name!r} is named for two things: a field of the event has one meaning")

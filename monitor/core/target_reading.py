"""Reads one document of targets: tables of thresholds by area, category and objective, with their source.

A threshold is minutes, or a text like "5:20"; "none" takes an inherited one away, and `not_applicable = true` all of
them. Every fault is collected, and what is readable is returned beside them. No file is opened here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from monitor.core.duration import seconds_of_minutes
from monitor.core.fault import Fault
from monitor.core.plain_text import unseen
from monitor.core.service import DAY_SECONDS, Series, Service
from monitor.core.target_tables import DEFAULT, NOT_APPLICABLE, Tables, Written

NO_THRESHOLD: Final = "none"
EARLIEST_YEAR: Final = 1900
_SET_KEYS: Final = ("name", "valid_from", "errata", "source")
_FORMER_AREAS: Final = "districts"
"""The table that areas stood in before services were declared: [districts.oslo]."""
_AREA_KEYS: Final = ("name", "table")
_WITH_UNIT: Final = re.compile(r"(?P<objective>.+?)(?:_p(?P<percent>[0-9]+(?:\.[0-9]+)?))?_(?P<unit>minutes|seconds)")

Report = Callable[[str, str], None]
"""Takes a key path and a message; the fault is an error."""


def read_tables(raw: Mapping[str, Any], service: Service | None, *, origin: str) -> tuple[Tables | None, list[Fault]]:
    """Read one loaded TOML document; `origin` names it in the faults.

    Only a set without a usable `valid_from` is None. Without a service, which could not be read itself, names of
    objectives are not judged. Tables with errors are not to be judged by.
    """
    reading = _Reading(service, origin)
    areas, paths = reading.areas(raw)
    for area, table in areas.items():
        reading.area(area, table, paths[area])
    valid_from = reading.valid_from(raw)
    source, errata = reading.source(raw), reading.errata(raw)
    name = reading.text(raw, "name", "name") or origin
    if valid_from is None:
        return None, reading.faults
    found = Tables(valid_from, origin, reading.written, source, name, errata, reading.names, paths)
    return replace(found, read=reading.read, verified=reading.verified), reading.faults


@dataclass(slots=True)
class _Reading:
    """One document on its way, and what is wrong with it."""

    service: Service | None
    origin: str
    faults: list[Fault] = field(default_factory=list)
    written: dict[Series, Written] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    read: date | None = None
    verified: bool = True

    def error(self, path: str, message: str) -> None:
        self.faults.append(Fault("error", f"{self.origin}: {path}", message))

    def areas(self, raw: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """The tables of areas, still unread, and where each is."""
        found: dict[str, Mapping[str, Any]] = {}
        paths: dict[str, str] = {}
        former = raw.get(_FORMER_AREAS, {})
        if not isinstance(former, Mapping):
            self.error(_FORMER_AREAS, f"must hold one table per area, [{_FORMER_AREAS}.oslo], not {_shown(former)}")
            former = {}
        places = {key: key for key in raw if key not in {*_SET_KEYS, _FORMER_AREAS}}
        places |= {f"{_FORMER_AREAS}.{key}": key for key in former}
        for path, area in places.items():
            table = former[area] if path != area else raw[area]
            known = self.service is None or area in self.service.judged_areas or area == DEFAULT or path != area
            if not isinstance(table, Mapping) and not known:
                self.error(path, f"unknown key; remove it, or use one of {_listed(_SET_KEYS)}, or an area as a table")
            elif not isinstance(table, Mapping):
                self.error(path, f"must be a table with one table per category, not {_shown(table)}")
            elif area in found:
                self.error(path, f"is written twice, as [{area}] and as [{_FORMER_AREAS}.{area}]; keep one")
            elif path != area and self.service is not None and area == self.service.root:
                self.error(path, f"holds all the others, and is none of them; write the table as [{area}]")
            else:
                found[area], paths[area] = table, path
        return found, paths

    def area(self, area: str, table: Mapping[str, Any], path: str) -> None:
        """One area's tables; what stands there without a category is said of all of them."""
        if name := self.text(table, "name", f"{path}.name"):
            self.names[area] = name
        plain = {
            key: value for key, value in table.items() if key not in _AREA_KEYS and not isinstance(value, Mapping)
        }
        if plain and isinstance(table.get(DEFAULT), Mapping):
            self.error(path, f"says {_listed(plain)} beside [{path}.{DEFAULT}]; keep one of the two places")
        elif plain:
            self.entry((area, DEFAULT), plain, path)
        for category, entry in table.items():
            if category not in _AREA_KEYS and isinstance(entry, Mapping):
                self.entry((area, category), entry, f"{path}.{category}")

    def entry(self, series: Series, entry: Mapping[str, Any], path: str) -> None:
        """One table of thresholds."""
        said = self.written[series] = Written(path)
        if NOT_APPLICABLE in entry:
            said.not_applicable = True
            if entry[NOT_APPLICABLE] is not True:
                value = _shown(entry[NOT_APPLICABLE])
                self.error(f"{path}.{NOT_APPLICABLE}", f"can only be true, not {value}; or remove it")
            if others := [key for key in entry if key != NOT_APPLICABLE]:
                self.error(path, f"{NOT_APPLICABLE} stands beside {_listed(others)}; keep one")
            return
        if not entry:
            self.error(path, f"sets nothing; give {self._keys()}, or {NOT_APPLICABLE} = true")
        for key, value in entry.items():
            objective, unit = self.objective(key, path)
            if objective is None:
                continue
            if objective in said.named:
                self.error(f"{path}.{key}", f"sets {objective} a second time; keep one")
                continue
            said.named.add(objective)
            if value == NO_THRESHOLD:
                said.seconds[objective] = None
            elif (seconds := self.seconds(objective, value, unit, f"{path}.{key}")) is not None:
                said.seconds[objective] = seconds

    def objective(self, key: str, path: str) -> tuple[str | None, str]:
        """Whose threshold a key sets, and the unit of its numbers; files of before say percentile and unit."""
        known = None if self.service is None else {one.slug: one.percentile for one in self.service.objectives}
        if known is None or key in known:
            return key, "minutes"
        read = _WITH_UNIT.fullmatch(key)
        if read is not None and read["objective"] in known:
            percentile = known[read["objective"]]
            if read["percent"] is None or percentile == Decimal(read["percent"]):
                return read["objective"], read["unit"]
            said = "the mean" if percentile is None else f"the {percentile}th percentile"
            self.error(f"{path}.{key}", f"{read['objective']} is {said}, and not the {read['percent']}th")
            return None, ""
        near = get_close_matches(key, known, n=1)
        advice = f"did you mean {near[0]}?" if near else f"use {self._keys()}, or {NOT_APPLICABLE} = true"
        self.error(f"{path}.{key}", f"unknown key; {advice}")
        return None, ""

    def seconds(self, objective: str, value: object, unit: str, path: str) -> float | None:
        """A threshold in seconds, None where it is none."""
        if unit == "seconds" and isinstance(value, int | float) and not isinstance(value, bool):
            value = f"{Decimal(repr(value)):f} s"
        try:
            seconds = seconds_of_minutes(value)
        except ValueError as fault:
            self.error(path, f"{fault}, or {NO_THRESHOLD!r}, not {_shown(value)}")
            return None
        most = DAY_SECONDS
        if self.service is not None:
            most = self.service.clock(self.service.objective(objective).clock).longest_seconds
        if not 0 < seconds <= most:
            self.error(
                path,
                f"{value} ({seconds:g} s) cannot be right; give more than 0, at most {most:g} s, the clock's longest",
            )
            return None
        return seconds

    def valid_from(self, raw: Mapping[str, Any]) -> date | None:
        return self.day(raw.get("valid_from"), "valid_from", "the first day in force as ")

    def day(self, value: object, path: str, which: str = "") -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime) and value.year >= EARLIEST_YEAR:
            return value
        problem = "is missing" if value is None else f"is {_shown(value)}"
        self.error(path, f"{problem}; give {which}a date, like 2024-01-01 without quotes")
        return None

    def source(self, raw: Mapping[str, Any]) -> str:
        """Title, publisher, paragraph, tables and the day of reading in one line; a plain text is the title."""
        source = raw.get("source")
        if isinstance(source, str):
            source = {"title": source}
        if not isinstance(source, Mapping) or not isinstance(source.get("title"), str):
            message = "is missing; name the publication the numbers come from in [source] title"
            self.faults.append(Fault("warning", f"{self.origin}: source.title", message))
            return ""
        parts = {
            key: str(source[key]) for key in ("title", "publisher", "paragraph", "tables", "read") if source.get(key)
        }
        for key, part in parts.items():
            self.seen(part, f"source.{key}")
        self.read = self.day(source["read"], "source.read") if "read" in source else None
        self.verified = source.get("verified", True) is not False
        said = {"tables": "tables ", "read": "read "}
        told = ", ".join(said.get(key, "") + part for key, part in parts.items())
        return told if self.verified else f"{told} (not verified)"

    def errata(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        errata = raw.get("errata", [])
        if isinstance(errata, list) and all(isinstance(one, str) for one in errata):
            for number, one in enumerate(errata):
                self.seen(one, f"errata[{number}]")
            return tuple(errata)
        self.error("errata", f"must be a list of texts, not {_shown(errata)}")
        return ()

    def text(self, table: Mapping[str, Any], key: str, path: str) -> str:
        value = table.get(key, "")
        if isinstance(value, str):
            self.seen(value, path)
            return value
        self.error(path, f"must be a text, not {_shown(value)}")
        return ""

    def seen(self, text: str, path: str) -> None:
        """Names and sources are printed: in tables, pages, logs."""
        if problem := unseen(text):
            self.error(path, problem)

    def _keys(self) -> str:
        return _listed(one.slug for one in self.service.objectives) if self.service else "a threshold"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _shown(value: object) -> str:
    return f"{value!r} ({type(value).__name__})"

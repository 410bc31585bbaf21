"""Which goal and which requirement judge a mission, and whether the stated ones can be right.

A target set is a year's tables: per area (a district's slug, or ``national``) and settlement class
a goal (median) and a requirement (80th percentile). A set is in force from its ``valid_from`` until
a later set supersedes it, and a mission is judged by the set in force when it rang.

Every fault of every set is collected, so that one run of a check shows the whole work to do.
Refuses to know where the tables come from (no file is opened here) and what day it is.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from itertools import combinations, pairwise, product, zip_longest
from types import MappingProxyType
from typing import Any, Final

from monitor.core.duration import MINUTE, seconds_of_minutes
from monitor.core.fault import Fault
from monitor.core.plain_text import unseen

NATIONAL: Final = "national"
MAXIMUM_MINUTES: Final = 24 * 60
OLD_AFTER_YEARS: Final = 2
EARLIEST_YEAR: Final = 1900
_LOOKS_MISPRINTED: Final = 0.7
"""How much an unknown name resembles a missing one to be taken for it."""

_SET_KEYS: Final = frozenset({"name", "valid_from", "errata", "source", NATIONAL, "districts"})
AREA_KEYS: Final = frozenset({"name", "table"})
_KEYS: Final = {"goal_p50_minutes": "goal", "requirement_p80_minutes": "requirement"}
"""What a table calls each objective's threshold."""
_NOT_APPLICABLE: Final = "not_applicable"

Report = Callable[[str, str], None]
"""Takes a key path and a message; the fault is an error."""


Target = Mapping[str, float]
"""What one series is judged by: seconds by objective. An objective that is not in it has no threshold there."""

NO_TARGET: Final[Target] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TargetSet:
    """One set of tables: targets by (area, settlement class), with the words that explain them."""

    valid_from: date
    source: str
    targets: Mapping[tuple[str, str], Target]
    not_applicable: frozenset[tuple[str, str]] = frozenset()
    area_names: Mapping[str, str] = field(default_factory=dict)
    errata: tuple[str, ...] = ()
    name: str = ""
    origin: str = ""

    def of(self, area: str, category: str) -> Target:
        """The target of a series; ``NO_TARGET`` where none is set."""
        return self.targets.get((area, category), NO_TARGET)

    def areas(self) -> list[str]:
        """The areas the tables speak of, in their order."""
        return list(dict.fromkeys(area for area, _ in self.targets))


@dataclass(frozen=True, slots=True)
class Era:
    """A piece ``[start, end)`` of a span and the set in force there; None before the first set."""

    start: date
    end: date
    targets: TargetSet | None


@dataclass(frozen=True, slots=True, init=False)
class Targets:
    """All sets, ordered by the day they came into force."""

    sets: tuple[TargetSet, ...]

    def __init__(self, sets: Iterable[TargetSet] = ()) -> None:
        object.__setattr__(self, "sets", tuple(sorted(sets, key=lambda one: one.valid_from)))

    def in_force(self, on: date) -> TargetSet | None:
        """The set that judges a mission ringing on this local day."""
        position = bisect_right(self.sets, on, key=lambda one: one.valid_from)
        return self.sets[position - 1] if position else None

    def target(self, area: str, settlement: str, on: date) -> Target:
        """The target of a series on a local day; ``NO_TARGET`` where none is set."""
        in_force = self.in_force(on)
        return NO_TARGET if in_force is None else in_force.of(area, settlement)

    def eras(self, start: date, end: date) -> Iterator[Era]:
        """The span ``[start, end)`` cut at every change of targets; nothing for an empty span."""
        cuts = sorted({one.valid_from for one in self.sets if start < one.valid_from < end})
        if start < end:
            for left, right in pairwise([start, *cuts, end]):
                yield Era(left, right, self.in_force(left))


def parse_target_set(raw: Mapping[str, Any], *, origin: str) -> tuple[TargetSet | None, list[Fault]]:
    """Read one loaded TOML document; ``origin`` names it in the faults.

    What is readable is returned beside the faults, so that ``validate`` can go on finding more. Only
    a set without a usable ``valid_from`` is None. A set with errors is not to be judged by.
    """
    faults: list[Fault] = []

    def error(path: str, message: str) -> None:
        faults.append(Fault("error", f"{origin}: {path}", message))

    for key in sorted(raw.keys() - _SET_KEYS):
        error(key, f"unknown key; remove it, or use one of {_listed(_SET_KEYS)}")

    targets: dict[tuple[str, str], Target] = {}
    not_applicable: set[tuple[str, str]] = set()
    names: dict[str, str] = {}
    for area, table in _areas(raw, error).items():
        path = _area_path(area)
        if not isinstance(table, Mapping):
            error(path, f"must be a table with a name and one entry per settlement class, not {_shown(table)}")
            continue
        names[area] = _text(table, "name", area, path, error)
        for settlement, entry in table.items():
            if settlement in AREA_KEYS:
                continue
            if _is_not_applicable(entry, f"{path}.{settlement}", error):
                not_applicable.add((area, settlement))
                targets[area, settlement] = NO_TARGET
            else:
                targets[area, settlement] = _target(entry, f"{path}.{settlement}", error)

    valid_from = _valid_from(raw, error)
    source, errata = _source(raw, error), _errata(raw, error)
    name = _text(raw, "name", origin, "", error)
    if valid_from is None:
        return None, faults
    return (
        TargetSet(
            valid_from=valid_from,
            source=source,
            targets=targets,
            not_applicable=frozenset(not_applicable),
            area_names=names,
            errata=errata,
            name=name,
            origin=origin,
        ),
        faults,
    )


def validate(
    sets: Sequence[TargetSet], *, districts: Iterable[str], settlements: Iterable[str], today: date
) -> list[Fault]:
    """Every fault the sets have together with the configured districts and classes, on a given day."""
    if not sets:
        return [
            Fault(
                "error",
                "targets",
                "no target set; add one file per set of tables, like config/targets/2024.toml",
            )
        ]
    ordered = sorted(sets, key=lambda one: one.valid_from)
    expected_areas, expected_classes = [NATIONAL, *districts], list(settlements)
    faults: list[Fault] = []
    for one, later in zip_longest(ordered, ordered[1:]):
        until = later.valid_from if later is not None and later.valid_from <= today else None
        faults += _coverage(one, expected_areas, expected_classes, until=until)
        faults += _stricter_than_goal(one)
        faults += _identical_areas(one)
    for earlier, later in pairwise(ordered):
        if earlier.valid_from == later.valid_from:
            faults.append(
                Fault(
                    "error",
                    f"{later.origin}: valid_from",
                    f"{later.valid_from} is also the first day of {earlier.origin}; keep one of the two",
                )
            )
    newest = ordered[-1]
    if _years_later(newest.valid_from, OLD_AFTER_YEARS) < today:
        faults.append(
            Fault(
                "warning",
                f"{newest.origin}: valid_from",
                f"the newest targets are from {newest.valid_from}, more than {OLD_AFTER_YEARS} years ago; "
                "add the tables in force now, or confirm that these still are",
            )
        )
    return faults


def _coverage(one: TargetSet, areas: list[str], settlements: list[str], *, until: date | None) -> Iterator[Fault]:
    """Faults for what the tables leave out and for what nobody has heard of.

    `until`: when later tables came into force, None for those in force now and those to come. Areas and classes
    change over the years, and printed tables do not: what the older ones do not know was not judged then, and what
    only they know is judged no more. That is told. A name that looks like the one that is missing is a misprint.
    """
    present = set(one.areas()) | one.area_names.keys()
    missing = [area for area in areas if area not in present]

    def fault(path: str, wrong: str, then: str, *, pardoned: bool) -> Fault:
        where = f"{one.origin}: {path}"
        return Fault("warning", where, then) if until is not None and pardoned else Fault("error", where, wrong)

    for area in missing:
        yield fault(
            _area_path(area),
            "the table of this area is missing; add it",
            f"has no table here: nothing is judged there before {until}; add it if there were targets",
            pardoned=area != NATIONAL,
        )
    for area, settlement in product((area for area in areas if area in present), settlements):
        if (area, settlement) not in one.targets:
            yield fault(
                f"{_area_path(area)}.{settlement}",
                f"this class is missing; give its minutes, or {_NOT_APPLICABLE} = true",
                f"has no minutes here: nothing is judged there before {until}; add them if there were targets",
                pardoned=True,
            )
    for area in sorted(present - set(areas)):
        yield fault(
            _area_path(area),
            f"unknown district; use one of {_listed(areas[1:])}, or add it to the configured districts",
            f"is no configured district: missions there before {until} are in no figure, the nation's included",
            pardoned=not _misprinted(area, missing),
        )
    for area, settlement in one.targets:
        if settlement not in settlements:
            yield fault(
                f"{_area_path(area)}.{settlement}",
                f"unknown settlement class; use one of {_listed(settlements)}",
                f"is no configured class: missions of it before {until} are in no figure, the nation's included",
                pardoned=not _misprinted(settlement, [own for own in settlements if (area, own) not in one.targets]),
            )


def _misprinted(name: str, missing: Sequence[str]) -> bool:
    return bool(get_close_matches(name, missing, n=1, cutoff=_LOOKS_MISPRINTED))


def _stricter_than_goal(one: TargetSet) -> Iterator[Fault]:
    """Warnings where 80 percent must arrive sooner than half should."""
    for (area, settlement), target in one.targets.items():
        goal, requirement = target.get("goal"), target.get("requirement")
        if goal is not None and requirement is not None and requirement < goal:
            yield Fault(
                "warning",
                f"{one.origin}: {_area_path(area)}.{settlement}",
                f"the requirement (80 % within {requirement / 60:g} min) is stricter than the goal "
                f"(50 % within {goal / 60:g} min); compare with the source, one of them is likely misprinted",
            )


def _identical_areas(one: TargetSet) -> Iterator[Fault]:
    """Warnings for tables that look copied: the same numbers in every class."""
    tables: dict[str, dict[str, Target]] = {}
    for (area, settlement), target in one.targets.items():
        tables.setdefault(area, {})[settlement] = target
    for (first, first_table), (second, second_table) in combinations(tables.items(), 2):
        if first_table == second_table and any(first_table.values()):
            yield Fault(
                "warning",
                f"{one.origin}: {_area_path(second)}",
                f"all goals and requirements are identical to those of {first}; "
                "compare with the source, one table may be a copy of the other",
            )


def _areas(raw: Mapping[str, Any], error: Report) -> dict[str, object]:
    """The nation's and the districts' tables, still unread."""
    areas: dict[str, object] = {}
    if NATIONAL in raw:
        areas[NATIONAL] = raw[NATIONAL]
    districts = raw.get("districts", {})
    if isinstance(districts, Mapping):
        areas |= districts
        if NATIONAL in districts:
            error(f"districts.{NATIONAL}", "the nation is no district; write the table as [national]")
    else:
        error("districts", f"must hold one table per district, [districts.<slug>], not {_shown(districts)}")
    return areas


def _valid_from(raw: Mapping[str, Any], error: Report) -> date | None:
    value = raw.get("valid_from")
    if isinstance(value, date) and not isinstance(value, datetime) and value.year >= EARLIEST_YEAR:
        return value
    problem = "is missing" if value is None else f"is {_shown(value)}"
    error("valid_from", f"{problem}; give the first day in force as a date, like 2024-01-01 without quotes")
    return None


def _source(raw: Mapping[str, Any], error: Report) -> str:
    source = raw.get("source")
    if isinstance(source, Mapping) and isinstance(source.get("title"), str):
        parts = [source["title"], source.get("publisher"), source.get("tables")]
        for key, part in zip(("title", "publisher", "tables"), parts, strict=True):
            _seen(str(part or ""), f"source.{key}", error)
        return ", ".join(
            f"tables {part}" if position == 2 else str(part) for position, part in enumerate(parts) if part
        )
    error("source.title", "is missing; name the publication the numbers come from in [source] title")
    return ""


def _errata(raw: Mapping[str, Any], error: Report) -> tuple[str, ...]:
    errata = raw.get("errata", [])
    if isinstance(errata, list) and all(isinstance(one, str) for one in errata):
        for number, one in enumerate(errata):
            _seen(one, f"errata[{number}]", error)
        return tuple(errata)
    error("errata", f"must be a list of texts, not {_shown(errata)}")
    return ()


def _text(table: Mapping[str, Any], key: str, default: str, path: str, error: Report) -> str:
    value = table.get(key, default)
    if isinstance(value, str):
        _seen(value, f"{path}.{key}".lstrip("."), error)
        return value
    error(f"{path}.{key}".lstrip("."), f"must be a text, not {_shown(value)}")
    return default


def _seen(text: str, path: str, error: Report) -> None:
    """Names and sources are printed: in tables, pages, logs."""
    if problem := unseen(text):
        error(path, problem)


def _is_not_applicable(entry: object, path: str, error: Report) -> bool:
    if not isinstance(entry, Mapping) or _NOT_APPLICABLE not in entry:
        return False
    if entry[_NOT_APPLICABLE] is not True:
        error(
            f"{path}.{_NOT_APPLICABLE}",
            f"can only be true, not {_shown(entry[_NOT_APPLICABLE])}; or remove it",
        )
    if len(entry) > 1:
        error(path, f"{_NOT_APPLICABLE} stands beside {_listed(entry.keys() - {_NOT_APPLICABLE})}; keep one")
    return True


def _target(entry: object, path: str, error: Report) -> Target:
    if not isinstance(entry, Mapping):
        error(path, f"must be {{ {', '.join(f'{key} = …' for key in _KEYS)} }}, not {_shown(entry)}")
        return NO_TARGET
    for key in sorted(entry.keys() - _KEYS.keys()):
        error(f"{path}.{key}", f"unknown key; use {_listed(_KEYS)}, or {_NOT_APPLICABLE} = true")
    if not entry.keys() & _KEYS.keys():
        error(path, f"sets nothing; give {_listed(_KEYS)}, or {_NOT_APPLICABLE} = true")
    found = {objective: _seconds(entry, key, path, error) for key, objective in _KEYS.items()}
    return {objective: seconds for objective, seconds in found.items() if seconds is not None}


def _seconds(entry: Mapping[str, object], key: str, path: str, error: Report) -> float | None:
    minutes = entry.get(key)
    if minutes is None:
        return None
    try:
        seconds = seconds_of_minutes(minutes)
    except ValueError as fault:
        error(f"{path}.{key}", f"{fault}, not {_shown(minutes)}")
        return None
    if not 0 < seconds <= MAXIMUM_MINUTES * MINUTE:
        error(f"{path}.{key}", f"{minutes} minutes cannot be right; give more than 0, at most {MAXIMUM_MINUTES}")
        return None
    return seconds


def _area_path(area: str) -> str:
    return area if area == NATIONAL else f"districts.{area}"


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words) if isinstance(words, set | frozenset) else words)


def _shown(value: object) -> str:
    return f"{value!r} ({type(value).__name__})"

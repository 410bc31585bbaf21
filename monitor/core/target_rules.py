"""Whether tables of targets can be right: beside the service that they judge, beside each other, and in themselves.

Every finding is told once, however many series inherit it. Refuses to read anything; what day it is is an argument.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import pairwise, zip_longest
from typing import Final

from monitor.core.fault import Fault
from monitor.core.service import Duty, Objective, Series, Service
from monitor.core.target_tables import DEFAULT, NOT_APPLICABLE, Tables
from monitor.core.targets import Target

OLD_AFTER_YEARS: Final = 2
_LOOKS_MISPRINTED: Final = 0.7
"""How much an unknown name resembles a missing one to be taken for it."""
_LOOKS_COPIED: Final = 3
"""Thresholds that must agree before two tables look like one."""
_MOST_NAMED: Final = 5
_DAY: Final = timedelta(days=1)


def validate(
    sets: Sequence[Tables],
    service: Service,
    *,
    today: date,
    whole: bool = True,
) -> list[Fault]:
    """Every fault the sets have together with the service, on a given day.

    `whole`: the service declared its objectives for these tables, so that each should have a threshold somewhere.
    """
    ordered = sorted(sets, key=lambda one: one.valid_from)
    faults: list[Fault] = []
    for one, later in zip_longest(ordered, ordered[1:]):
        superseded = later is not None and later.valid_from <= today
        until = later.valid_from if later is not None else date.max
        lasting = [area for area in service.judged_areas if service.lasts(area, one.valid_from, until - _DAY)]
        faults += _strangers(one, service, lasting, until=until if superseded else None)
        faults += _gone(one, service, lasting, until)
        faults += _silent(one, service, lasting)
        faults += _stricter(one, service, lasting)
        faults += _copied(one, service)
        faults += _between_tenths(one, service)
        faults += _of_another_clock(one, service, until) if whole else ()
    for earlier, later in pairwise(ordered):
        if earlier.valid_from == later.valid_from:
            message = f"{later.valid_from} is also the first day of {earlier.origin}; keep one of the two"
            faults.append(Fault("error", f"{later.origin}: valid_from", message))
    return [*faults, *(_unset(ordered, service) if whole else ()), *_old(ordered[-1], today)]


def _strangers(one: Tables, service: Service, lasting: Sequence[str], *, until: date | None) -> Iterator[Fault]:
    """Tables of what the service does not declare.

    Areas and categories change over the years, and printed tables do not: what only tables know that were superseded
    `until` is judged no more, which is told. A name that looks like one that has no table is a misprint.
    """

    def fault(path: str, kind: str, name: str, known: Sequence[str], missing: Sequence[str]) -> Fault:
        misprint = get_close_matches(name, missing, n=1, cutoff=_LOOKS_MISPRINTED)
        if until is not None and not misprint:
            message = f"is no {kind} of the service: missions there before {until} are in no figure, no pool's either"
            return Fault("warning", f"{one.origin}: {path}", message)
        near = misprint or get_close_matches(name, known, n=1)
        advice = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}, or declare it"
        return Fault("error", f"{one.origin}: {path}", f"unknown {kind}; {advice}")

    areas, categories = service.judged_areas, service.judged_categories
    for area, path in one.paths.items():
        if area != DEFAULT and area not in areas:
            yield fault(path, "area", area, areas, [other for other in lasting if other not in one.paths])
    told = set()
    for (area, category), said in one.written.items():
        if category not in {DEFAULT, *categories} and category not in told:
            told.add(category)
            missing = [own for own in categories if (area, own) not in one.written]
            yield fault(said.path, "category", category, categories, missing)


def _gone(one: Tables, service: Service, lasting: Sequence[str], until: date) -> Iterator[Fault]:
    """Warnings for tables of areas that do not exist while the tables are in force."""
    for area, path in one.paths.items():
        if area in service.judged_areas and area not in lasting:
            span = f"from {one.valid_from} on" if until == date.max else f"from {one.valid_from} to {until - _DAY}"
            yield Fault("warning", f"{one.origin}: {path}", f"does not exist {span}: this table judges nothing")


def _silent(one: Tables, service: Service, lasting: Sequence[str]) -> Iterator[Fault]:
    """A warning for what the tables say nothing of, neither a threshold nor that there is none.

    Tables of pools alone mean it so: some rules bind a pool and none of its parts.
    """
    spoken = {area for area, _ in one.written}
    expected = lasting if spoken - set(service.judged_areas) or spoken & set(service.leaf_areas) else spoken
    silent = [
        (area, category)
        for area in lasting
        if area in expected
        for category in service.leaf_categories
        if one.target(area, category)[0] is None
    ]
    if silent:
        yield Fault(
            "warning",
            one.origin,
            f"says nothing of {_named(silent)}: nothing is judged there; add it, or {NOT_APPLICABLE} = true",
        )


def _unset(sets: Sequence[Tables], service: Service) -> Iterator[Fault]:
    """Objectives that no table of any set speaks of: an error where one asks something of people, and never could."""
    said = {objective for one in sets for written in one.written.values() for objective in written.named}
    for objective in service.objectives:
        if objective.slug in said:
            continue
        where = f"objectives.{objective.slug}"
        if objective.duty is Duty.SHOW:
            so = f'[{DEFAULT}.{DEFAULT}] {objective.slug} = "none"'
            message = f"has no threshold in any table, and is only shown; {so} would say that it is meant"
            yield Fault("warning", where, message)
        else:
            message = f"has no threshold in any table, so that its {objective.duty} could never come: add one"
            yield Fault("error", where, message)


def _stricter(one: Tables, service: Service, lasting: Iterable[str]) -> Iterator[Fault]:
    """Warnings where more missions must arrive sooner than fewer should, by the same clock."""
    pairs = [
        (low, high)
        for low in service.objectives
        for high in service.objectives
        if low.clock == high.clock and low.percentile and high.percentile and low.percentile < high.percentile
    ]
    found: dict[tuple[str, str, str, str], tuple[Series, Target]] = {}
    for area in lasting:
        for category in service.judged_categories:
            target, paths = one.target(area, category)
            for low, high in pairs:
                if target and low.slug in target and high.slug in target and target[high.slug] < target[low.slug]:
                    place = (low.slug, high.slug, paths[low.slug], paths[high.slug])
                    found.setdefault(place, ((area, category), target))
    for (low_slug, high_slug, _, path), (_, target) in found.items():
        low, high = service.objective(low_slug), service.objective(high_slug)
        yield Fault(
            "warning",
            f"{one.origin}: {path}",
            f"the {_within(high, target)} is stricter than the {_within(low, target)}; compare with the source, "
            "one of them is likely misprinted",
        )


def _of_another_clock(one: Tables, service: Service, until: date) -> Iterator[Fault]:
    """Thresholds of objectives whose clock the rule does not judge by on every day that they are in force."""
    told = {slug for said in one.written.values() for slug, seconds in said.seconds.items() if seconds is not None}
    for objective in service.objectives:
        clock = service.clock(objective.clock)
        if objective.slug in told and not (clock.since <= one.valid_from and until <= clock.until):
            day = clock.since if clock.since > one.valid_from else clock.until
            last = "begins" if day == clock.since else "ends"
            yield Fault(
                "error",
                f"{one.origin}: valid_from",
                f"{objective.slug} is judged by the clock {clock.slug}, which {last} on {day}: add a set of tables "
                f"from that day, with the objective of the other clock",
            )


def _within(objective: Objective, target: Target) -> str:
    return f"{objective.slug} ({objective.percentile} % within {target[objective.slug] / 60:g} min)"


def _between_tenths(one: Tables, service: Service) -> Iterator[Fault]:
    """Warnings for thresholds that no time can be read as, where times are read to a tenth of a minute."""
    for objective in service.objectives:
        for (area, category), said in one.written.items():
            seconds = said.seconds.get(objective.slug)
            if seconds is None or objective.rounding.read(seconds) == seconds:
                continue
            yield Fault(
                "warning",
                f"{one.origin}: {area}.{category}.{objective.slug}",
                f"{seconds:g} s is no tenth of a minute, to which times are read ({objective.rounding}): what takes "
                f"less than {objective.rounding.longest_within(seconds) + 1e-6:g} s counts as within; write a tenth, "
                "or take `rounding` away from the objective",
            )


def _copied(one: Tables, service: Service) -> Iterator[Fault]:
    """Warnings for two tables of areas that look like one, where most differ: uniform ones are meant to be so."""
    tables: dict[str, dict[str, Mapping[str, float | None]]] = {}
    for (area, category), said in one.written.items():
        if area != DEFAULT and said.seconds and area in service.judged_areas:
            tables.setdefault(area, {})[category] = said.seconds
    if 2 * _distinct(tables.values()) <= len(tables):
        return
    for place, (area, table) in enumerate(tables.items()):
        first = next((other for other, known in list(tables.items())[:place] if known == table), None)
        if first is not None and sum(map(len, table.values())) >= _LOOKS_COPIED:
            yield Fault(
                "warning",
                f"{one.origin}: {one.paths[area]}",
                f"all thresholds are identical to those of {first}; compare with the source, one table may be a "
                "copy of the other",
            )


def _distinct(tables: Iterable[object]) -> int:
    seen: list[object] = []
    for table in tables:
        if table not in seen:
            seen.append(table)
    return len(seen)


def _old(newest: Tables, today: date) -> Iterator[Fault]:
    if _years_later(max(newest.valid_from, newest.read or date.min), OLD_AFTER_YEARS) < today:
        message = (
            f"the newest targets are from {newest.valid_from}, more than {OLD_AFTER_YEARS} years ago; "
            "add the tables in force now, or confirm that these still are: [source] read = the day you looked"
        )
        yield Fault("warning", f"{newest.origin}: valid_from", message)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def _named(series: Sequence[Series]) -> str:
    named = ", ".join(".".join(one) for one in series[:_MOST_NAMED])
    return named if len(series) <= _MOST_NAMED else f"{named} and {len(series) - _MOST_NAMED} more"

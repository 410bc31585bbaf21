"""Trees out of what `within` says: what areas and categories imply, and what is wrong with them.

A parent that is named and not declared is implied. Areas of which none holds the others lie within an implied root.
Dates that an area does not give are its parent's. Every problem is told with the slug that it is about.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from monitor.core.service import Area, Category, Words
from monitor.settings.service_tables import AreaTable, CategoryTable

ROOT: Final = "national"
"""What a root is called that nobody declared."""
Problem = tuple[str, str]
"""The slug that is wrong, and why."""


def categories_of(tables: Sequence[CategoryTable]) -> tuple[tuple[Category, ...], list[Problem]]:
    """The categories, each implied pool before the first that lies within it, and what is wrong with them."""
    found: dict[str, Category] = {}
    for table in tables:
        if table.within is not None and all(other.slug != table.within for other in tables):
            found.setdefault(table.within, Category(table.within))
        found[table.slug] = Category(table.slug, table.within, table.name)
    within = {slug: one.within for slug, one in found.items()}
    return tuple(found.values()), [*_misprints(tables), *_circles(within)]


def areas_of(tables: Sequence[AreaTable], names: Words) -> tuple[tuple[Area, ...], list[Problem]]:
    """The tree of areas, and what is wrong with it; a root that nobody declared bears `names`, the service's."""
    problems = _misprints(tables)
    declared = {table.slug for table in tables}
    tables = list(_with_parents(tables))
    root = _root_of(tables)
    if root is None:
        root = ROOT
        if all(table.slug != root for table in tables):
            tables = [AreaTable(slug=root), *tables]
    elif any(table.within == root for table in tables):
        problems += [
            (table.slug, f"lies within nothing, and so does {root!r}: a service has one root; say within = {root!r}")
            for table in tables
            if table.within is None and table.slug != root
        ]
    tables = [
        table if table.within or table.slug == root else table.model_copy(update={"within": root}) for table in tables
    ]
    found = []
    for table in tables:
        since, until = _begins(table, tables), _ends(table, tables)
        if since < until:
            implied_root = table.slug == root and root not in declared
            found.append(
                Area(table.slug, table.within, since, until, names if implied_root else table.name, table.tile)
            )
        else:
            problems.append(
                (table.slug, f"ends ({until}) before it begins ({since}): `until` is the day after its last")
            )
    problems += _overlaps(found)
    for day in sorted({edge for one in found for edge in (one.since, one.until)}):
        problems += _problems_of(day, found)
    return tuple(found), list({slug: (slug, why) for slug, why in reversed(problems)}.values())[::-1]


def _with_parents(tables: Sequence[AreaTable]) -> Iterator[AreaTable]:
    """Those that are only named before the first that names them; they last as long as what lies within them."""
    known = {table.slug for table in tables}
    for table in tables:
        parent = table.within
        if parent is not None and parent not in known:
            known.add(parent)
            children = [one for one in tables if one.within == parent]
            since, until = [one.since for one in children], [one.until for one in children]
            yield AreaTable(
                slug=parent,
                since=min(day for day in since if day) if all(since) else None,
                until=max(day for day in until if day) if all(until) else None,
            )
        yield table


def _root_of(tables: Sequence[AreaTable]) -> str | None:
    """The area that holds the others: the only one within nothing, or the only such that holds any; else None."""
    roots = {table.slug for table in tables if table.within is None}
    holding = roots & {table.within for table in tables}
    if len(roots) == 1 or len(holding) == 1:
        return next(iter(holding or roots))
    return None


def _begins(table: AreaTable, tables: Sequence[AreaTable], steps: int = 0) -> date:
    if table.since is not None:
        return table.since
    parents = [one for one in tables if one.slug == table.within and steps < len(tables)]
    return min((_begins(parent, tables, steps + 1) for parent in parents), default=date.min)


def _ends(table: AreaTable, tables: Sequence[AreaTable], steps: int = 0) -> date:
    if table.until is not None:
        return table.until
    parents = [one for one in tables if one.slug == table.within and steps < len(tables)]
    return max((_ends(parent, tables, steps + 1) for parent in parents), default=date.max)


def _overlaps(areas: Iterable[Area]) -> Iterator[Problem]:
    by_slug: dict[str, list[Area]] = {}
    for area in areas:
        by_slug.setdefault(area.slug, []).append(area)
    for slug, several in by_slug.items():
        for earlier, later in pairwise(sorted(several, key=lambda one: one.since)):
            if later.since < earlier.until:
                said = (
                    "is declared twice" if later.since == earlier.since else f"is declared twice from {later.since}"
                )
                yield slug, f"{said}: end the one with `until`, begin the other with `since`, or remove it"


_GAP: Final = (
    "ends before {until}, and {later} on the day after that: missions of {until} itself are refused; `until` is the "
    "day after the last one"
)


def gaps(areas: Sequence[Area]) -> list[Problem]:
    """Days of a reform that nothing holds: what an area ends before, and what follows begins after, by one day.

    Mostly `until` was taken for the last day. Missions of the day between are refused.
    """
    begins = {area.since for area in areas}
    return [
        (area.slug, _GAP.format(until=area.until, later=_listed(later)))
        for area in areas
        if area.until < date.max and area.until not in begins
        for later in [[one.slug for one in areas if one.since == area.until + timedelta(days=1)]]
        if later
    ]


def _listed(slugs: Sequence[str]) -> str:
    told = ", ".join(repr(slug) for slug in slugs[:3]) + (", …" if len(slugs) > 3 else "")
    return f"{told} {'begins' if len(slugs) == 1 else 'begin'}"


def _problems_of(day: date, areas: Iterable[Area]) -> Iterator[Problem]:
    """What is wrong with the tree of one day."""
    within = {one.slug: one.within for one in areas if one.since <= day < one.until}
    for slug, parent in within.items():
        if parent is not None and parent not in within:
            when = "" if day == date.min else f" on {day}"
            yield slug, f"lies within {parent!r}, which does not exist{when}: mend `since` and `until` of the two"
    yield from _circles(within)


def _circles(within: Mapping[str, str | None]) -> Iterator[Problem]:
    told: set[str] = set()
    for slug in within:
        path, step = [slug], within[slug]
        while step is not None and step not in path:
            path.append(step)
            step = within.get(step)
        if step is not None and not told & set(path):
            told |= set(path)
            circle = " within ".join([*path[path.index(step) :], step])
            yield step, f"lies within itself ({circle}): a tree has a root"


def _misprints(tables: Sequence[AreaTable] | Sequence[CategoryTable]) -> list[Problem]:
    """A parent nobody declared, which looks like one that somebody did, or that more tables name."""
    declared = {table.slug: table.within for table in tables}
    named = Counter(table.within for table in tables if table.within is not None)
    meant = {
        parent: other
        for parent in named.keys() - declared.keys()
        for other in {**declared, **named}
        if declared.get(other) != parent and named[parent] <= named[other] and _slip(parent, other)
    }
    return [
        (table.slug, f"lies within {table.within!r}, which nobody declared: did you mean {meant[table.within]!r}?")
        for table in tables
        if table.within in meant
    ]


def _slip(one: str, other: str) -> bool:
    """Whether one is the other with two letters in the other order, or with one of them missing."""
    if one == other:
        return False
    if len(one) == len(other):
        return sorted(one) == sorted(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 2
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(
        long[:at] + long[at + 1 :] == short for at, letter in enumerate(long) if not letter.isdigit()
    )

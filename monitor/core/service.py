"""What is true of one responding organisation: its clocks, objectives, areas and categories.

Areas form a tree, and categories may: an inner node is the pool of the missions below it, judged by thresholds of its
own. Places in the tree of areas have validity, so a reform changes nothing before its day. Everything is addressed by
its slug: in the core, in stored state, and in whatever is shown. Pure data; refuses to know where it was declared
(`settings`), thresholds (`core.targets`) and missions.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import Final

from monitor.core.outlines import Outlines
from monitor.core.rounding import Rounding
from monitor.core.take import Take

Series = tuple[str, str]
"""(area, category)."""
Words = Mapping[str, str]
"""A name by language; may be empty, then the slug is all there is."""
Measure = tuple[str, str, str]
"""(area, category, objective): whose threshold missions are held against. Stored: see `core.stored.Head.measures`."""

DAY_SECONDS: Final = 86_400.0


def named(names: Words, language: str, slug: str) -> str:
    """What something is called in a language: by its name there, else in English, else by any name, else its slug."""
    return names.get(language) or names.get("en") or next(iter(names.values()), slug)


class Duty(StrEnum):
    """What an objective that is not reached may ask of people."""

    PAGE = "page"
    TICKET = "ticket"
    SHOW = "show"


class Statistic(StrEnum):
    """What is held against a threshold."""

    PERCENTILE = "percentile"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Moment:
    """A named instant of an event, `plus_seconds` later: a cap beside an instant that may come late."""

    field: str
    plus_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Clock:
    """An interval from the earliest known of `begin` to the earliest known of `end`.

    One shorter than `shortest_seconds` or longer than `longest_seconds` is no measurement: the mission is unmeasured
    on this clock, with that cause.
    """

    slug: str
    begin: tuple[Moment, ...]
    end: tuple[Moment, ...]
    longest_seconds: float = DAY_SECONDS
    shortest_seconds: float = 0.0
    names: Words = field(default_factory=dict, hash=False)
    since: date = date.min
    until: date = date.max
    """The first day on which a rule judges by it, and the day after the last; it measures on all days."""
    source: str = ""
    """Where it is defined, in a line."""
    verified: bool = True
    """Whether that source says what is declared here."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A statistic of a clock with a threshold: `percentile` % of the missions, or their mean, take at most that.

    `percentile` lies in (0, 100), a Decimal where it is no whole number (99.9), so that what decides stays exact;
    None says that the statistic is the mean. `rounding`: how times are read before a percentile is judged.
    """

    slug: str
    percentile: int | Decimal | None
    duty: Duty = Duty.SHOW
    clock: str = "response"
    names: Words = field(default_factory=dict, hash=False)
    rounding: Rounding = Rounding.EXACT

    def longest_within(self, threshold: float | None) -> float | None:
        """The longest time (seconds) that keeps a threshold; None where there is none."""
        return None if threshold is None else self.rounding.longest_within(threshold)

    @property
    def statistic(self) -> Statistic:
        """What is held against the threshold."""
        return Statistic.MEAN if self.percentile is None else Statistic.PERCENTILE


@dataclass(frozen=True, slots=True)
class Category:
    """The second axis beside the area; an event names a leaf, `within` is the pool that it is part of."""

    slug: str
    within: str | None = None
    names: Words = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Area:
    """A place in the tree from `since` (included) to `until` (excluded); a slug may have several, in turn.

    The root is `within` nothing.
    """

    slug: str
    within: str | None = None
    since: date = date.min
    until: date = date.max
    names: Words = field(default_factory=dict, hash=False)
    tile: tuple[int, int] | None = None
    """Row and column on the board's map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What events call what every service has."""

    area: str = "area"
    category: str = "category"
    eligible: str | None = None
    """Says in every event whether the mission counts; None: it does unless an `eligible` of false is told."""
    instants: tuple[str, ...] = ()
    """Of no clock, but times: an event that gives one of them wrong is refused."""
    required: tuple[str, ...] = ()
    """Times that every event must have, if only as null; where any other is absent, it is not known."""
    fold: tuple[tuple[str, Take], ...] = ()
    """How a field of a mission that is told in rows comes out of them, where not as usual (`core.rows`)."""


@dataclass(frozen=True)
class Service:
    """`slug` tells it from other services. Of `clocks`, the first places a mission in time.

    Declared by `settings`, which sees to it that there is one root, that nothing lies within itself, that every
    objective has a clock.
    """

    slug: str
    areas: tuple[Area, ...]
    categories: tuple[Category, ...]
    clocks: tuple[Clock, ...]
    objectives: tuple[Objective, ...]
    fields: Fields = field(default_factory=Fields)
    names: Words = field(default_factory=dict, hash=False)
    instants: Mapping[str, Words] = field(default_factory=dict, hash=False)
    """What instants of events are called, by field."""
    outlines: Outlines | None = field(default=None, compare=False)

    @cached_property
    def root(self) -> str:
        """The area that holds all others."""
        return next(area.slug for area in self.areas if area.within is None)

    @cached_property
    def judged_areas(self) -> tuple[str, ...]:
        """Every area there ever is: the root first, then as declared."""
        return tuple(dict.fromkeys((self.root, *(area.slug for area in self.areas))))

    @cached_property
    def judged_categories(self) -> tuple[str, ...]:
        """Every category, pools included, as declared."""
        return tuple(category.slug for category in self.categories)

    @cached_property
    def judged_series(self) -> tuple[Series, ...]:
        """Every area with every category."""
        return tuple(product(self.judged_areas, self.judged_categories))

    @cached_property
    def leaf_areas(self) -> tuple[str, ...]:
        """The areas that an event may name, at some time."""
        return tuple(area for area in self.judged_areas if any(self.is_leaf(area, day) for day in self._eras))

    @cached_property
    def leaf_categories(self) -> tuple[str, ...]:
        """The categories that an event may name."""
        pools = {category.within for category in self.categories}
        return tuple(category.slug for category in self.categories if category.slug not in pools)

    @cached_property
    def told_series(self) -> tuple[Series, ...]:
        """Every series that an event may name."""
        return tuple(product(self.leaf_areas, self.leaf_categories))

    def is_leaf(self, area: str, day: date) -> bool:
        """Whether a mission of that local day may name the area."""
        return self.lasts(area, day, day) and all(
            one.within != area for one in self.areas if one.since <= day < one.until
        )

    def is_pool(self, area: str, category: str, day: date) -> bool:
        """Whether a series holds others on a local day, rather than what missions name."""
        return not (self.is_leaf(area, day) and category in self.leaf_categories)

    def lasts(self, area: str, first: date, last: date) -> bool:
        """Whether the area exists on any of the days `first` to `last` (included)."""
        return any(one.slug == area and one.since <= last and first < one.until for one in self.areas)

    def pools(self, area: str, day: date) -> tuple[str, ...]:
        """The area itself and what it lies within on a day, the root last; nothing where it does not exist then."""
        era = self.era(day)
        found = self._pools.get((area, era))
        if found is None:
            within = {one.slug: one.within for one in self.areas if one.since <= day < one.until}
            found = self._pools[area, era] = tuple(_upwards(area, within)) if area in within else ()
        return found

    @cached_property
    def category_pools(self) -> Mapping[str, tuple[str, ...]]:
        """Each category itself and what it lies within."""
        within = {one.slug: one.within for one in self.categories}
        return {slug: tuple(_upwards(slug, within)) for slug in within}

    def tiles(self, day: date) -> Mapping[str, tuple[int, int]]:
        """Where the areas of a day lie on the map, in reading order; nothing where none is declared."""
        found = {one.slug: one.tile for one in self.areas if one.tile and one.since <= day < one.until}
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def measures(self, series: Series, day: date) -> Iterator[Measure]:
        """Whose thresholds a mission of a series, placed in a local day, is held against."""
        area, category = series
        slugs = [one.slug for one in self.objectives]
        yield from product(self.pools(area, day), self.category_pools.get(category, ()), slugs)

    @cached_property
    def foremost(self) -> tuple[Objective, ...]:
        """The objectives of the gravest duty that any has: what is shown where there is no room for all."""
        gravest = by_duty(self.objectives)[0].duty
        return tuple(one for one in self.objectives if one.duty is gravest)

    def area_names(self, area: str) -> Words:
        """The names of an area, the newest where they changed; none where it has none."""
        named_so = [one for one in self.areas if one.slug == area and one.names]
        return max(named_so, key=lambda one: one.since).names if named_so else {}

    def category_names(self, category: str) -> Words:
        """The names of a category; none where it has none."""
        return next((one.names for one in self.categories if one.slug == category), {})

    @cached_property
    def clock_slugs(self) -> tuple[str, ...]:
        """The clocks in their order, which is that of stored state."""
        return tuple(clock.slug for clock in self.clocks)

    @cached_property
    def longest_seconds(self) -> float:
        """Longer than this is no mission in progress: no clock could measure it any more."""
        return max(clock.longest_seconds for clock in self.clocks)

    def clock(self, slug: str) -> Clock:
        """The clock of a slug. Raises KeyError."""
        return self._clocks[slug]

    def objective(self, slug: str) -> Objective:
        """The objective of a slug. Raises KeyError."""
        return self._objectives[slug]

    @cached_property
    def reforms(self) -> tuple[date, ...]:
        """The days, ascending, on which the tree of areas is another one than the day before."""
        edges = {edge for one in self.areas for edge in (one.since, one.until)}
        return tuple(sorted(edges - {date.min, date.max}))

    @cached_property
    def _eras(self) -> tuple[date, ...]:
        return (date.min, *self.reforms)

    def era(self, day: date) -> int:
        """Of days with the same number, the tree of areas is the same."""
        return bisect_right(self.reforms, day)

    @cached_property
    def _pools(self) -> dict[tuple[str, int], tuple[str, ...]]:
        return {}

    @cached_property
    def _clocks(self) -> Mapping[str, Clock]:
        return {one.slug: one for one in self.clocks}

    @cached_property
    def _objectives(self) -> Mapping[str, Objective]:
        return {one.slug: one for one in self.objectives}


def by_duty(objectives: Iterable[Objective]) -> list[Objective]:
    """What may ask most of people first; equals as they are declared."""
    return sorted(objectives, key=lambda objective: list(Duty).index(objective.duty))


def instants_of(clocks: Iterable[Clock]) -> tuple[str, ...]:
    """The names of the instants that the clocks read, each once, in their order."""
    return tuple(dict.fromkeys(moment.field for clock in clocks for moment in (*clock.begin, *clock.end)))


def _upwards(slug: str, within: Mapping[str, str | None]) -> Iterator[str]:
    step: str | None = slug
    while step is not None:
        yield step
        step = within.get(step)

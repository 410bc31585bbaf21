"""Tables of thresholds as they were written, and what each series inherits of them.

`[AREA.CATEGORY]`, and either may be `default`. Per objective, what is said nearer wins: `[default.default]`, then
`[default.CATEGORY]`, then `[AREA.default]`, then `[AREA.CATEGORY]`. Refuses to know how they are read
(`target_reading`), and whether they can be right (`target_rules`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from monitor.core.service import Series, Service
from monitor.core.targets import NO_TARGET, Target, TargetSet

DEFAULT: Final = "default"
NOT_APPLICABLE: Final = "not_applicable"


@dataclass(slots=True)
class Written:
    """What one table says: seconds by objective, None where it says that there is none; `path` is where."""

    path: str
    seconds: dict[str, float | None] = field(default_factory=dict)
    not_applicable: bool = False
    named: set[str] = field(default_factory=set)
    """Every objective that it speaks of, also with a threshold that cannot be used."""


@dataclass(frozen=True, slots=True)
class Tables:
    """One document as it was written, before anything is inherited."""

    valid_from: date
    origin: str
    written: Mapping[Series, Written]
    source: str = ""
    name: str = ""
    errata: tuple[str, ...] = ()
    area_names: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    """Where each area's tables are."""
    read: date | None = None
    """When somebody last read the source."""
    verified: bool = True

    def levels(self, area: str, category: str) -> Iterator[Written]:
        """What is said of a series, the nearest last."""
        for series in ((DEFAULT, DEFAULT), (DEFAULT, category), (area, DEFAULT), (area, category)):
            if (said := self.written.get(series)) is not None:
                yield said

    def target(self, area: str, category: str) -> tuple[Target | None, dict[str, str]]:
        """What a series inherits, None where nothing is said of it; and where each threshold is written."""
        seconds: dict[str, float] = {}
        paths: dict[str, str] = {}
        said = False
        for level in self.levels(area, category):
            if level.not_applicable:
                said = True
                seconds.clear()
            for objective, threshold in level.seconds.items():
                said = True
                if threshold is None:
                    seconds.pop(objective, None)
                else:
                    seconds[objective], paths[objective] = threshold, level.path
        return (seconds or NO_TARGET) if said else None, paths


def target_set(tables: Tables, service: Service) -> TargetSet:
    """The tables with all that each series of the service inherits."""
    targets = {
        series: target for series in service.judged_series if (target := tables.target(*series)[0]) is not None
    }
    return TargetSet(
        valid_from=tables.valid_from,
        source=tables.source,
        targets=targets,
        not_applicable=frozenset(series for series, target in targets.items() if not target),
        area_names=tables.area_names,
        errata=tables.errata,
        name=tables.name,
        origin=tables.origin,
        verified=tables.verified,
    )

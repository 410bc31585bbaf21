"""What the fields of a source may say: a `FieldRule` of each, or what is wrong with it beside the service's words.

Every word that a feed file gives (a constant, what a map means) must be one that the field takes. Refuses to know
sources.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from monitor.core.service import Service, instants_of
from monitor.feeds.conditions import conditions
from monitor.feeds.declared_tables import FieldTable, SourceTable, TimesTable
from monitor.feeds.declared_types import Condition, FieldRule, Lookup, Times
from monitor.feeds.fields import STATUSES, understanding
from monitor.feeds.values import plain
from monitor.settings.told import read_table, unknown

Kind = Literal["time", "area", "category", "truth", "status", "text"]
Tell = Callable[[str, str], None]
"""Notes a fault: its place, and what is wrong."""
_OF_TIMES: Final = ("formats", "zone", "offset", "date", "separator", "after", "pick", "since")
_OF_MOMENTS: Final = ("zone", "offset", "date")
_OF_WORDS: Final = ("map", "unknown", "prefix")
_ELSEWHERE: Final = {"mission_id": "mission", "row": "row", "revision": "revision"}
_MOST_SHOWN: Final = 20


def kinds_of(service: Service) -> dict[str, Kind]:
    """What each field of an event is."""
    fields = service.fields
    kinds: dict[str, Kind] = {fields.area: "area", fields.category: "category"}
    kinds |= {fields.eligible or "eligible": "truth", "status": "status"}
    instants = (*instants_of(service.clocks), *fields.instants, *fields.required, "recorded_at")
    return {**kinds, **dict.fromkeys(instants, "time"), "excluded": "text"}


def short(said: object) -> object:
    """A table for what may be written as a path alone."""
    return {"path": said} if isinstance(said, str | list) else said


def moment_paths(raw: object, service: Service) -> frozenset[str]:
    """Where the fields of a source have moments; not `recorded_at`, which may be the day that all have in common."""
    found: set[str] = set()
    kinds = kinds_of(service)
    for name, said in raw.items() if isinstance(raw, Mapping) else ():
        if kinds.get(name) != "time" or name == "recorded_at":
            continue
        several = isinstance(said, list) and any(isinstance(one, Mapping) for one in said)
        for way in map(short, said if several else [said]):
            paths = way.get("path") if isinstance(way, Mapping) and "since" not in way else None
            found.update(one for one in (paths if isinstance(paths, list) else [paths]) if isinstance(one, str))
    return frozenset(found)


def times_of(
    table: TimesTable, outer: Times, *, own_date: bool = False, moments: frozenset[str] = frozenset()
) -> Times:
    """What a table says of times, and what the source says where it does not. `moments`: paths of time fields."""
    date: Lookup | None = None
    if table.date is not None:
        finds = [one.lookup for one in table.date]
        date = finds[0] if len(finds) == 1 else lambda record: [find(record) for find in finds]
    return Times(
        table.formats or outer.formats,
        table.zone or outer.zone,
        table.offset or outer.offset,
        date or outer.date,
        own_date and date is not None,
        outer.date_is_moment if table.date is None else table.date[0] in moments,
    )


def conditions_of(
    raw: object, where: str, nulls: frozenset[str], tell: Tell, *, said_alone: bool = False
) -> tuple[Condition, ...]:
    """The alternatives of an `if`; none, and a fault, where it cannot be used."""
    try:
        return conditions(raw, nulls, said_alone=said_alone)
    except ValueError as fault:
        tell(f"{where}.if", str(fault))
        return ()


@dataclass(frozen=True, slots=True)
class FieldReading:
    """The fields of one source on their way."""

    service: Service
    times: Times
    nulls: frozenset[str]
    tell: Tell
    moments: frozenset[str]
    """Paths of time fields."""

    def rules(self, raw: object, where: str) -> list[FieldRule]:
        """The rules that can be used."""
        if not isinstance(raw, Mapping) or not raw:
            self.tell(where, f"is missing: write [{where}] on a line, and the event's fields below")
            return []
        kinds = kinds_of(self.service)
        found = []
        for name, said in raw.items():
            path = f"{where}.{name}"
            if name in kinds:
                several = isinstance(said, list) and any(isinstance(one, Mapping) for one in said)
                ways = (
                    [(one, f"{path}[{number}]") for number, one in enumerate(said, 1)] if several else [(said, path)]
                )
                rules = [self._read(name, kinds[name], one, where) for one, where in ways]
                found += [rule for rule in rules if rule is not None]
            elif name in _ELSEWHERE:
                self.tell(path, f"is no field here: say it as {_ELSEWHERE[name]} of the source")
            elif name in SourceTable.model_fields:
                self.tell(path, f"is a key of the source, and no field: write it above [{where}]")
            else:
                there = f"events of {self.service.slug} have {', '.join(kinds)}"
                self.tell(path, unknown(name, list(kinds), kind="field", where=there))
        self._judge_lengths(found, where)
        return found

    def _judge_lengths(self, rules: Sequence[FieldRule], where: str) -> None:
        """What a length of time is counted from must be told by the same source, and before it."""
        times = [rule for rule in rules if rule.kind == "time"]
        moments = {rule.name for rule in times if rule.since is None}
        lengths: set[str] = set()
        for rule in times:
            if rule.since is None:
                if rule.name in lengths:
                    self.tell(f"{where}.{rule.name}", "tells a length before a moment: say the moment first")
                continue
            if rule.since not in (moments | lengths) - {rule.name}:
                self.tell(
                    f"{where}.{rule.name}.since",
                    f"{rule.since!r} is no time that this source tells, or a length that stands after it",
                )
            lengths.add(rule.name)

    def _read(self, name: str, kind: Kind, said: object, path: str) -> FieldRule | None:
        raw = short(said)
        if not isinstance(raw, Mapping):
            self.tell(path, 'must be a path in quotes, or a table: a constant is { constant = "…" }')
            return None
        table, faults = read_table(FieldTable, raw)
        for inner, message in faults:
            self.tell(f"{path}.{inner}" if inner else path, message)
        return None if table is None else self._rule(name, kind, table, path)

    def _rule(self, name: str, kind: Kind, table: FieldTable, path: str) -> FieldRule:
        for key in _OF_WORDS if kind == "time" else _OF_TIMES:
            if getattr(table, key) is not None:
                self.tell(f"{path}.{key}", f"means nothing here: {name} {'is a' if kind == 'time' else 'is no'} time")
        if kind == "time" and table.constant is not None:
            self.tell(f"{path}.constant", "would give every mission one time: give a path")
        nulls = table.nulls if table.nulls is not None else self.nulls
        taken = table.unknown["as"] if isinstance(table.unknown, dict) else None
        if table.unknown == "keep" and kind != "text":
            message = f"cannot keep a word that {name} does not take: say refuse, nothing or {{ as = … }}"
            self.tell(f"{path}.unknown", message)
        rule = FieldRule(
            name,
            kind,
            tuple(one.lookup for one in table.path or ()),
            table.constant,
            () if table.condition is None else conditions_of(table.condition, path, nulls, self.tell),
            nulls,
            table.map,
            "as" if taken is not None else table.unknown or "refuse",
            taken,
            table.prefix or "",
            times_of(table, self.times, own_date=True, moments=self.moments),
            "," if table.after is not None and table.separator is None else table.separator,
            table.after,
            "earliest" if table.pick is None else table.pick,
            table.since,
        )
        self._judge_words(rule, path)
        if table.since is None:
            return rule
        for key in _OF_MOMENTS:
            if getattr(table, key) is not None:
                self.tell(f"{path}.{key}", "means nothing beside since: that says how long it took")
        return replace(rule, times=Times(table.formats or ("seconds",)))

    def _judge_words(self, rule: FieldRule, path: str) -> None:
        """Every word that the feed itself gives must be one that the field takes."""
        takes = understanding(FieldRule(rule.name, rule.kind), self.service)
        said: list[tuple[str, Any]] = [("constant", rule.constant), ("unknown", rule.otherwise)]
        said += [(f"map.{word}", meant) for word, meant in (rule.words or {}).items()]
        for key, meant in said:
            if meant is None or rule.kind == "time":
                continue
            if isinstance(meant, bool) != (rule.kind == "truth") or (
                rule.kind != "truth" and takes(plain(meant)) != plain(meant)
            ):
                self.tell(
                    f"{path}.{key}", f"{plain(meant)!r} is none that {rule.name} takes: {self._takes(rule.kind)}"
                )

    def _takes(self, kind: Kind) -> str:
        match kind:
            case "area":
                return f"there are {', '.join(self.service.leaf_areas[:_MOST_SHOWN])}"
            case "category":
                return f"there are {', '.join(self.service.leaf_categories[:_MOST_SHOWN])}"
            case "status":
                return f"there are {', '.join(STATUSES)}"
            case "truth":
                return "true and false, without quotes"
            case _:
                return "a text of at most 200 characters"

"""Feeds run in tests as `monitor convert` runs them, but for its formats: the standard library reads the records."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from monitor.core.calendar import Calendar
from monitor.feeds.declared import Feed, load_feed
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Event, Mapped, Notice, Record, Refusal, Row
from monitor.report.drawing_up import draw_up
from monitor.report.formats import FORMATS
from monitor.report.sources import from_lines
from monitor.settings import Configuration, load
from monitor.wiring import empty_history, partition_policy

LATER = 1_800_000_000.0


def records_of(path: Path) -> Iterator[Record]:
    """The records of a file of columns with a line of names, or of JSON lines, or of a JSON list."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".csv", ".txt"}:
        yield from csv.DictReader(text.splitlines(), delimiter="^" if path.suffix == ".txt" else ",")
    elif path.suffix == ".json":
        yield from json.loads(text)
    else:
        yield from map(json.loads, text.splitlines())


def row_of(record: Record) -> Row:
    """A record, or what a Debezium change event wraps, as the formats hand it over."""
    change = record.get("payload", record)
    if "op" not in change or "after" not in change:
        return Row(record)
    around = {key: value for key, value in change.items() if key not in {"before", "after"}}
    if change["op"] == "d":
        return Row(change["before"], deleted=True, around=around)
    return Row(change["after"], before=change["before"], around=around)


@dataclass
class Told:
    """What became of a number of records."""

    events: list[Event] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def take(self, mapped: Mapped) -> None:
        """Adds what became of one."""
        self.events += mapped.events
        self.refused += mapped.refused
        self.notices += mapped.notices


def feed_of(configuration: Configuration, path: Path) -> Feed:
    """The feed of a file, with the service's zone."""
    return load_feed(path, configuration.service, configuration.grid.zone)


def mapped(configuration: Configuration, feed: Feed, inputs: Iterable[Path]) -> Told:
    """Every record of some files, each by the source that takes it."""
    told = Told()
    mappers = {source.slug: Mapper(source, configuration.service) for source in feed.sources}
    for path in inputs:
        source = feed.source_of(path)
        assert source is not None, path
        for record in records_of(path):
            told.take(mappers[source.slug].map(row_of(record)))
    return told


def report_of(configuration: Configuration, events: Iterable[Event], period: str) -> dict[tuple[str, str], Any]:
    """What the report says of events, by area and category. Every one of them must be an event."""
    history = empty_history(configuration)
    lines = [msgspec.json.encode(event) for event in events]
    refused = from_lines(history, partition_policy(configuration, sealing=False), lines, now=LATER)
    assert {reason: one.detail for reason, one in refused.items() if one.count} == {}
    calendar = Calendar(configuration.grid.calendar.year_starts)
    drawn = draw_up(
        history, calendar.period(period), now=LATER, abandoned_after_seconds=86_400.0, silent_after_seconds=21_600.0
    )
    return {(row["area"], row["category"]): row for row in json.loads(FORMATS["json"](drawn, "en"))["rows"]}


def figures_of(row: Mapping[str, Any], cell: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of the report says of each figure that a case wants."""
    clock, objectives = row["clocks"]["response"], row["objectives"]
    within = {f"within_{one['target_seconds']:g}_seconds": one["within"] for one in objectives.values()
              if one["target_seconds"] is not None}  # fmt: skip
    values = {f"{slug}_seconds": one["value_seconds"] for slug, one in objectives.items()}
    found = {
        "measured": clock["measured"], "unmeasured": clock["unmeasured"], "excluded": row["excluded"],
        **values, **within,
    }  # fmt: skip
    return {key: round(found[key], 3) if isinstance(found[key], float) else found[key] for key in cell}


def case(folder: Path) -> tuple[Configuration, Feed]:
    """A case's configuration and its feed."""
    configuration = load(folder / "monitor.toml")
    return configuration, feed_of(configuration, folder / "feed.toml")

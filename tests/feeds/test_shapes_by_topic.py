"""The cases of `shapes` through what `monitor feed` does with each of a topic's values: the same figures.

Without a broker, for the path of a value from there on has none in it; that it survives crashes is for
tests/integration/test_feed_shapes.py.
"""

import csv
import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.feeding.carrying import Carrier, Headers, Reading
from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.mapping import Mapper
from monitor.settings import load
from tests.feeding.rules import Told
from tests.feeds.records import feed_of
from tests.feeds.test_shapes import CASES, SHAPES, compare, expected

CONFIGURATION = load(SHAPES / "monitor.toml")
ON_TOPICS = [name for name in CASES if not any(file.endswith(".xlsx") for file in expected(name)["files"])]
"""A workbook is no value of a topic."""
Value = tuple[bytes | None, Headers]


def lines_of(path: Path) -> list[str]:
    """The lines of a file, unpacked."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for encoding in ("utf-16" if raw.startswith(b"\xff\xfe") else "utf-8", "windows-1252"):
        try:
            return raw.decode(encoding).removeprefix("\ufeff").splitlines()
        except UnicodeError:
            continue
    raise AssertionError(path)


def on_topic(path: Path, declared: FormatDeclaration) -> tuple[FormatDeclaration, list[Value]]:
    """What a topic holds of a file, as UTF-8, and how that is declared: without the line that names the columns."""
    if path.suffix == ".json":
        return declared, [(path.read_bytes(), ())]
    if path.suffix == ".jsonl":
        return declared, [(None if line == "null" else line.encode(), ()) for line in lines_of(path)]
    head, *lines = lines_of(path)[declared.skip :]
    delimiter = declared.delimiter or next(one for one in ";\t," if one in head)
    columns = tuple(name.strip() for name in next(csv.reader([head], delimiter=delimiter)))
    said = replace(declared, kind="csv", encoding="utf-8", delimiter=delimiter, columns=columns, skip=0)
    return said, [(line.encode(), ()) for line in lines]


def told(name: str, *, seed: int | None = None, values: Sequence[Value] | None = None) -> list[dict[str, object]]:
    """The events of a case's topics, each value with an offset of its own; `values` in place of its one file's."""
    feed = feed_of(CONFIGURATION, SHAPES / name / "feed.toml")
    sent: list[tuple[Carrier, Value]] = []
    for file in expected(name)["files"]:
        path = SHAPES / name / file
        readings, found = [], list[Value]()
        for source in (one for one in feed.sources if one.takes(path)):
            declared, found = on_topic(path, source.format)
            rules = Mapper(source, CONFIGURATION.service, feed.places)
            readings.append(Reading(decoder(declared), rules, source.order is not None))
        carrier = Carrier(readings)
        sent += [(carrier, one) for one in (values or found)]
    if seed is not None:
        random.Random(seed).shuffle(sent)  # noqa: S311 - any order will do
    records = [
        (carrier, Told(offset, value, 1_700_000_000_000 + offset, headers=headers))
        for offset, (carrier, (value, headers)) in enumerate(sent)
    ]
    again = records[: len(records) // 2] if seed is not None else []  # as after a crash
    return [json.loads(event) for carrier, one in [*records, *again] for _, event in carrier.carry(one).events]


@pytest.mark.parametrize("name", ON_TOPICS)
def test_a_topic_tells_what_its_file_tells(name: str) -> None:
    """In the order of the file; where that does not matter, in another, and some of it twice."""
    compare(name, told(name, seed=1 if expected(name).get("any order") else None))


def test_cloud_events_with_their_attributes_in_headers_tell_the_same() -> None:
    """Binary mode, as Kafka's own binding has it: the value is the data alone."""
    values: list[Value] = []
    for line in lines_of(SHAPES / "cloud-events" / "events.jsonl"):
        found = json.loads(line)
        for event in found if isinstance(found, list) else [found]:
            data = json.dumps(event.get("data", {"unit": "B7"})).encode()
            headers = [(f"ce_{key}", str(said).encode()) for key, said in event.items() if not key.startswith("data")]
            values.append((data, [("content-type", b"application/json"), *headers]))
    compare("cloud-events", told("cloud-events", values=values))

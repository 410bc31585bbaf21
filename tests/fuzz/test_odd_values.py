"""What a source may put in any place of a record, where something else was meant: refused by name, or read."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Refused
from tests.feeds.small import SERVICE, feed
from tests.fuzz.source_records import FEEDS, SEEDS

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 1e300, "", " ", "d", "\x00", "{", "[]", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", [], {}, ["d"], [["d"]], [None], {"d": "d"}, [{"d": []}], ["d", 1, {}], "x" * 3000,
)  # fmt: skip


def with_odd(value: Any) -> Iterator[Any]:
    """Copies of a value, each with something odd in one of its places."""
    yield from ODD
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        for odd in with_odd(inner):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = odd
            yield copy


@pytest.mark.parametrize(("envelope", "text"), [*product(SEEDS, FEEDS)])
def test_whatever_stands_in_any_place_is_refused_by_name_or_read(envelope: Any, text: str) -> None:
    """Lists and objects where a word was meant, too: no value of a source is a fault of the program."""
    (source,) = feed(text).sources
    mapper, decode = Mapper(source, SERVICE), decoder(FormatDeclaration(envelope=envelope))
    told = refused = 0
    for seed in SEEDS[envelope]:
        for value in with_odd(seed):
            try:
                rows = decode(json.dumps(value).encode(), None)
            except Refused:
                refused += 1
                continue
            for row in rows:
                mapped = mapper.map(row)
                assert all(isinstance(event["mission_id"], str) and event["mission_id"] for event in mapped.events)
                told += bool(mapped.events)
                refused += bool(mapped.refused)
    assert told
    assert refused

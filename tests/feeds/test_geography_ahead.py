"""Records whose places are found some thousand at once become what they become one by one, in their order."""

from math import nan
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitor.feeds import geography_ahead
from monitor.feeds.declared import read_feed
from monitor.feeds.formats import Fault, Unreadable
from monitor.feeds.geography_ahead import Ahead
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Row
from tests.feeds.layers import SERVICE, box, feature, polygon, two_areas, write
from tests.feeds.test_geography_mapping import FEED, OSLO

LATER = """
until = 2024-01-01
[[geography.layers]]
file = "later.geojson"
gives = "category"
slug = "town"
since = 2024-01-01
until = 2025-01-01
"""


def rows(seed: int, count: int) -> list[Row | Unreadable]:
    """In all layers and none, on lines, near them, twice at one place, on days of two maps; and what is no row."""
    dice = Random(seed)  # noqa: S311 - has to be repeatable
    odd: list[tuple[Any, Any]] = [(0, 0), (nan, 1.0), (200, 5), (60.25, 10.25), ("x", 1), (None, 2), (10.2, 60.2)]
    found: list[Row | Unreadable] = []
    for number in range(count):
        east, north = round(dice.uniform(9.8, 12.2), 3), round(dice.uniform(59.8, 61.2), 3)
        match dice.randrange(6):
            case 0:
                east, north = dice.choice(odd)
            case 1:
                east, north = round(dice.uniform(10.19, 10.31), 4), 60.2
            case 2:
                found.append(Unreadable(Fault.COLUMNS, f"line {number}", "more cells than names"))
            case _:
                pass
        begun = dice.choice(["2023-05-01T12:00:00Z", "2024-05-01T12:00:00Z", "2025-05-01T12:00:00Z", ""])
        values = {"id": str(number), "begun": begun, "ended": "2025-05-01T12:05:00Z", "lon": east, "lat": north}
        found.append(Row(values, around={"op": "c"} if dice.random() < 0.2 else {}, place=f"line {number}"))
    return found


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_records_become_what_they_become_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Events, refusals by name, notices of borders, and what could not be read where it stood."""
    monkeypatch.setattr(geography_ahead, "AT_ONCE", at_once)
    two_areas(tmp_path / "areas.geojson")
    write(tmp_path / "town.geojson", feature(polygon(box(10.2, 60.2, 10.3, 60.3))))
    write(tmp_path / "later.geojson", feature(polygon(box(10.2, 60.2, 10.5, 60.6))))
    (tmp_path / "feed.toml").write_text(FEED.format(row="", fields="", dates=LATER), encoding="utf-8")
    feed, faults = read_feed(tmp_path / "feed.toml", SERVICE, OSLO)
    assert feed is not None, faults
    (source,), places = feed.sources, feed.places
    given = rows(3, 300)
    ahead = Ahead(places)  # type: ignore[arg-type]  # the layers of a feed file
    one_by_one, together = Mapper(source, SERVICE, places), Mapper(source, SERVICE, ahead)
    wanted = [one if isinstance(one, Unreadable) else one_by_one.map(one) for one in given]
    found = [one if isinstance(one, Unreadable) else together.map(one) for one in ahead.read(given)]
    assert found == wanted
    told = [one for one in wanted if not isinstance(one, Unreadable)]
    assert sum(bool(one.events) for one in told) > 30
    assert sum(bool(one.refused) for one in told) > 30
    assert sum(bool(one.notices) for one in told) > 3

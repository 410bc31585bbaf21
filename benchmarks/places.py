"""A million points classified by layers, beside asking every polygon in turn: seconds, and the ratio.

A nation is invented: areas side by side with coasts of thousands of corners, a thousand settlements of which each is
a disc, points spread over the country, and as many in and around the settlements, where people live. Brute force is
shapely on the same prepared polygons, one after the other, without an index: on fewer points, and both answers are
compared. Also the points as texts of records: one at a time, as `monitor feed` has them, and some thousand at a
time, as `monitor convert` does.

    python benchmarks/places.py [--points 1000000] [--areas 12] [--settlements 1000] [--quick]

Takes about a minute; a few seconds with --quick. Seconds are of CPU: on a machine that others use, they say more.
"""

import argparse
import json
import time
from datetime import date
from itertools import pairwise
from math import cos, pi, radians, sin
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import shapely

from monitor.core.service import Area, Category, Clock, Moment, Objective, Service
from monitor.feeds.geography import Places, read_places
from monitor.feeds.geography_ahead import AT_ONCE, Ahead
from monitor.feeds.rows import Row

WEST, EAST, SOUTH, NORTH = 4.0, 31.0, 58.0, 71.0
DAY = date(2024, 6, 1)
METRES_OF_A_DEGREE = 111_320.0
BORDER_METRES = 100.0
Ring = list[tuple[float, float]]


def nation(areas: int, settlements: int, corners: int) -> tuple[list[Ring], list[tuple[Ring, int]]]:
    """Rings of areas from south to north, and of settlements with their inhabitants."""
    dice = Random("places")  # noqa: S311 - has to be repeatable
    high = (NORTH - SOUTH) / areas
    lines = [
        [
            (WEST + (EAST - WEST) * step / corners, SOUTH + number * high + 0.1 * high * sin(step / 7 + number))
            for step in range(corners + 1)
        ]
        for number in range(areas + 1)
    ]
    strips = [[*below, *reversed(above), below[0]] for below, above in pairwise(lines)]
    discs = []
    for _ in range(settlements):
        inhabitants = int(10 ** dice.uniform(2.3, 5.5))
        middle = dice.uniform(WEST + 1, EAST - 1), dice.uniform(SOUTH + 1, NORTH - 1)
        discs.append((disc(middle, 15.0 * inhabitants**0.5), inhabitants))
    return strips, discs


def disc(middle: tuple[float, float], metres: float, corners: int = 96) -> Ring:
    """A ring around a point, closed."""
    north = metres / METRES_OF_A_DEGREE
    east = north / cos(radians(middle[1]))
    around = [2 * pi * step / corners for step in range(corners)]
    ring = [(middle[0] + east * cos(angle), middle[1] + north * sin(angle)) for angle in around]
    return [*ring, ring[0]]


def load(strips: list[Ring], discs: list[tuple[Ring, int]], folder: Path) -> Places:
    """The layers, written and read as those of a feed are."""
    slugs = [f"area-{number}" for number in range(len(strips))]
    service = Service(
        "invented",
        (Area("all"), *(Area(slug, "all") for slug in slugs)),
        (Category("urban"), Category("town"), Category("rural")),
        (Clock("response", (Moment("begun_at"),), (Moment("ended_at"),)),),
        (Objective("goal", 80),),
    )
    write(folder / "areas.geojson", [(ring, {"slug": slug}) for ring, slug in zip(strips, slugs, strict=True)])
    write(folder / "settled.geojson", [(ring, {"inhabitants": inhabitants}) for ring, inhabitants in discs])
    settled = {"property": "inhabitants", "at_least": {"urban": 20_000, "town": 2_000}, "otherwise": "rural"}
    layers = [
        {"file": "areas.geojson", "gives": "area", "property": "slug"},
        {"file": "settled.geojson", "gives": "category", **settled},
    ]
    raw = {"longitude": "x", "latitude": "y", "border_metres": BORDER_METRES, "layers": layers}
    places, problems = read_places(raw, folder, service)
    if places is None:
        raise SystemExit(str(problems[:3]))
    return places


def write(file: Path, features: list[tuple[Ring, dict[str, object]]]) -> None:
    """GeoJSON."""
    made = [
        {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring, said in features
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8")


def spread(count: int, discs: list[tuple[Ring, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Half of the points anywhere, half within two radii of a settlement's middle."""
    dice = np.random.default_rng(1)
    east, north = dice.uniform(WEST, EAST, count), dice.uniform(SOUTH + 0.3, NORTH - 0.3, count)
    boxes = np.array([shapely.Polygon(ring).bounds for ring, _ in discs])
    of = boxes[dice.integers(len(boxes), size=count // 2)]
    for values, low, high in ((east, 0, 2), (north, 1, 3)):
        wide = of[:, high] - of[:, low]
        values[: count // 2] = (of[:, low] + of[:, high]) / 2 + dice.uniform(-1, 1, len(of)) * wide
    return east, north


def brute_force(
    strips: list[Ring], discs: list[tuple[Ring, int]], east: np.ndarray, north: np.ndarray
) -> list[tuple[str | None, str]]:
    """Every polygon asked of every point: the first area that holds it, and the class of the smallest settlement."""
    areas = [shapely.Polygon(ring) for ring in strips]
    by_size = sorted(discs, key=lambda one: one[1])
    settled = [shapely.Polygon(ring) for ring, _ in by_size]
    classes = ["urban" if of >= 20_000 else "town" if of >= 2_000 else "" for _, of in by_size]
    for shape in (*areas, *settled):
        shapely.prepare(shape)
    found: list[tuple[str | None, str]] = []
    for x, y in zip(east.tolist(), north.tolist(), strict=True):
        point = shapely.Point(x, y)
        area = next((f"area-{number}" for number, shape in enumerate(areas) if shape.intersects(point)), None)
        within = (of for shape, of in zip(settled, classes, strict=True) if of and shape.intersects(point))
        found.append((area, next(within, "rural")))
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--areas", type=int, default=12)
    parser.add_argument("--settlements", type=int, default=1_000)
    parser.add_argument("--quick", action="store_true", help="few points, to see that it works")
    arguments = parser.parse_args()
    count, corners = (20_000, 500) if arguments.quick else (arguments.points, 5_000)
    some = min(count, 200 if arguments.quick else 3_000)
    strips, discs = nation(arguments.areas, arguments.settlements, corners)
    with TemporaryDirectory() as directory:
        began = time.process_time()
        places = load(strips, discs, Path(directory))
        loading = time.process_time() - began
    east, north = spread(count, discs)
    began, wall = time.process_time(), time.perf_counter()
    many = places.locate_many(east, north, DAY)
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    chosen = np.random.default_rng(2).choice(count, some, replace=False)
    began = time.process_time()
    asked = brute_force(strips, discs, east[chosen], north[chosen])
    by_force = (time.process_time() - began) / some * count
    assert asked == list(zip(many.area[chosen], many.category[chosen], strict=True))
    texts = [Row({"x": str(x), "y": str(y)}) for x, y in zip(east.tolist(), north.tolist(), strict=True)]
    records = [texts[number].values for number in chosen.tolist()]
    began = time.process_time()
    singly = [places.of(record, None) for record in records]
    one = (time.process_time() - began) / some * 1e6
    assert [(each.area, each.category) for each in singly] == asked
    ahead = Ahead(places)
    began = time.process_time()
    converted = [ahead.of(row.values, None) for row in ahead.read(texts)]
    by_thousands = time.process_time() - began
    assert [one.category for one in converted] == many.category.tolist()
    assert sum(one.near_border for one in converted) == many.near.sum()
    print(f"{count:,} points; {len(strips)} areas of {2 * corners:,} corners, {len(discs):,} settlements")
    print(f"layers read in {loading:.1f} s; {many.near.sum():,} points within {BORDER_METRES:g} m of a border")
    print("| | seconds of CPU | ratio |")
    print("| --- | ---: | ---: |")
    print(f"| by index, all at once (borders included) | {seconds:.2f} ({wall:.2f} by the clock) | 1 |")
    print(f"| records, {AT_ONCE:,} at a time | {by_thousands:.2f} | {by_thousands / seconds:.1f} |")
    print(
        f"| records, one by one (µs each: {one:.1f}) | {one * count / 1e6:.1f} | {one * count / 1e6 / seconds:.1f} |"
    )
    print(f"| every polygon in turn, without borders (from {some:,}) | {by_force:.0f} | {by_force / seconds:.0f} |")


if __name__ == "__main__":
    main()

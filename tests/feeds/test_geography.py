"""Area and category of a place: beside asking every polygon in turn, and at the edges."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from math import cos, inf, nan, pi, sin
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from monitor.feeds.geography import Located, Places
from monitor.feeds.geography_points import Unplaced
from tests.feeds.layers import box, feature, places, polygon, two_areas, write

DAY = date(2024, 6, 1)
GEOD = Geod(ellps="WGS84")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """West and east side by side, a town in the west, a city over their border; a hole in the city."""
    two_areas(tmp_path / "areas.geojson")
    write(
        tmp_path / "settled.geojson",
        feature(polygon(box(10.2, 60.2, 10.3, 60.3)), inhabitants=5_000),
        feature(polygon(box(10.9, 60.4, 11.1, 60.6), box(10.95, 60.45, 11.05, 60.55)), inhabitants=25_000),
        feature(polygon(box(10.5, 60.5, 10.6, 60.6)), inhabitants=300),
    )
    return tmp_path


AREAS = {"file": "areas.geojson", "gives": "area", "property": "name"}
SETTLED = {
    "file": "settled.geojson", "gives": "category", "property": "inhabitants",
    "at_least": {"urban": 20_000, "town": 2_000}, "otherwise": "rural",
}  # fmt: skip


def test_a_class_is_the_population_of_the_settlement_it_lies_in(folder: Path) -> None:
    """The report's definition: 20,000 or more, 2,000 or more, and smaller settlements with all other areas."""
    asked = places(folder, layers=[AREAS, SETTLED])
    found = [asked.locate(*at, DAY) for at in [(10.25, 60.25), (10.92, 60.5), (11.08, 60.5), (10.55, 60.55)]]
    assert [(one.area, one.category) for one in found] == [
        ("west", "town"), ("west", "urban"), ("east", "urban"), ("west", "rural"),
    ]  # fmt: skip


def test_what_lies_in_a_hole_lies_outside_and_its_edge_does_not(folder: Path) -> None:
    """A hole is open: its line belongs to the polygon."""
    asked = places(folder, layers=[SETTLED])
    assert asked.locate(11.0, 60.5, DAY).category == "rural"
    assert asked.locate(10.95, 60.5, DAY).category == "urban"


def test_lines_and_corners_belong_to_the_polygon_and_a_shared_one_to_the_first(folder: Path) -> None:
    """Of two of the same size, the one that stands earlier in the file."""
    asked = places(folder, layers=[AREAS])
    assert asked.locate(11.0, 60.5, DAY).area == "west"
    assert asked.locate(12.0, 61.0, DAY).area == "east"


def test_what_lies_in_no_area_is_refused_and_not_given_to_anybody(folder: Path) -> None:
    """No layer of areas says what lies otherwise."""
    asked = places(folder, layers=[AREAS, SETTLED])
    assert asked.locate(12.5, 60.5, DAY) == Located(unplaced=Unplaced.OUTSIDE)


def test_a_higher_priority_holds_then_the_earlier_layer_then_the_smaller_polygon(folder: Path) -> None:
    """The rule for overlaps, one step after the other."""
    write(folder / "big.geojson", feature(polygon(box(10, 60, 11, 61))))
    write(folder / "small.geojson", feature(polygon(box(10.4, 60.4, 10.6, 60.6))))
    big = {"file": "big.geojson", "gives": "category", "slug": "town"}
    small = {"file": "small.geojson", "gives": "category", "slug": "urban"}
    middle = (10.5, 60.5, DAY)
    assert places(folder, layers=[big, small]).locate(*middle).category == "town"
    assert places(folder, layers=[small, big]).locate(*middle).category == "urban"
    assert places(folder, layers=[big, small | {"priority": 1}]).locate(*middle).category == "urban"
    write(
        folder / "both.geojson",
        feature(polygon(box(10, 60, 11, 61)), name="town"),
        feature(polygon(box(10.4, 60.4, 10.6, 60.6)), name="urban"),
    )
    both = {"file": "both.geojson", "gives": "category", "property": "name"}
    assert places(folder, layers=[both]).locate(*middle).category == "urban"


def test_a_layer_holds_from_its_first_day_until_the_day_before_its_last(folder: Path) -> None:
    """A town that grew is another class from a day on; where no layer holds, nothing is said, otherwise neither."""
    write(folder / "new.geojson", feature(polygon(box(10.2, 60.2, 10.4, 60.4)), inhabitants=21_000))
    before = SETTLED | {"since": date(2020, 1, 1), "until": date(2024, 1, 1)}
    after = SETTLED | {"file": "new.geojson", "since": date(2024, 1, 1)}
    asked = places(folder, layers=[before, after])
    at = (10.25, 60.25)
    assert asked.dated
    assert asked.locate(*at, date(2019, 12, 31)) == Located(unplaced=Unplaced.NO_LAYER)
    assert asked.locate(*at, date(2020, 1, 1)).category == "town"
    assert asked.locate(*at, date(2023, 12, 31)).category == "town"
    assert asked.locate(*at, date(2024, 1, 1)).category == "urban"
    assert not places(folder, layers=[SETTLED]).dated


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ((nan, 60.5), Unplaced.NOT_FINITE),
        ((10.5, inf), Unplaced.NOT_FINITE),
        ((0.0, 0.0), Unplaced.ZERO),
        ((-0.0, 0.0), Unplaced.ZERO),
        ((60.5, 10.5), Unplaced.SWAPPED),
        ((190.0, 60.5), Unplaced.OUT_OF_RANGE),
        ((10.5, 91.0), Unplaced.OUT_OF_RANGE),
        ((10.5, 50.5), Unplaced.FAR_AWAY),
        ((-10.5, -60.5), Unplaced.FAR_AWAY),
        ((-169.5, -60.5), Unplaced.FAR_AWAY),
        ((598_000.0, 6_643_000.0), Unplaced.OUT_OF_RANGE),
    ],
)
def test_coordinates_that_cannot_be_meant_are_refused_by_name(
    folder: Path, at: tuple[float, float], why: Unplaced
) -> None:
    """However much of the world is "rural and all other areas"."""
    asked = places(folder, layers=[SETTLED])
    assert asked.locate(*at, DAY) == Located(unplaced=why)
    many = asked.locate_many(np.array([at[0], 10.25]), np.array([at[1], 60.25]), DAY)
    assert (list(many.unplaced), list(many.category)) == ([why, None], [None, "town"])


def test_longitude_beyond_ninety_in_the_place_of_latitude_is_called_swapped(tmp_path: Path) -> None:
    """Where latitude and longitude cannot be confused with one another, the range alone tells."""
    write(tmp_path / "far.geojson", feature(polygon(box(150, -35, 152, -33))))
    asked = places(tmp_path, layers=[{"file": "far.geojson", "gives": "category", "slug": "urban"}])
    assert asked.locate(-34.0, 151.0, DAY).unplaced is Unplaced.SWAPPED


def test_metres_of_a_national_grid_are_read_as_such(folder: Path) -> None:
    """EPSG:25833, east before north; the other way round has its name."""
    asked = places(folder, crs="EPSG:25833", layers=[AREAS, SETTLED])
    east, north = Transformer.from_crs("EPSG:4326", "EPSG:25833", always_xy=True).transform(10.25, 60.25)
    assert asked.locate(east, north, DAY).category == "town"
    assert asked.locate(north, east, DAY).unplaced is Unplaced.SWAPPED
    many = asked.locate_many(np.array([east, north, nan]), np.array([north, east, 1.0]), DAY)
    assert list(many.unplaced) == [None, Unplaced.SWAPPED, Unplaced.NOT_FINITE]


def test_a_layer_in_metres_lies_where_it_lies(folder: Path) -> None:
    """As the statistics offices give them."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:25833", always_xy=True)
    ring = [to_metres.transform(*at) for at in box(10.2, 60.2, 10.3, 60.3)]
    write(
        folder / "metres.geojson", feature(polygon(ring)),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}},
    )  # fmt: skip
    layer = {"file": "metres.geojson", "gives": "category", "slug": "town", "crs": "EPSG:25833"}
    asked = places(folder, layers=[layer])
    assert asked.locate(10.2001, 60.2001, DAY).category == "town"
    assert asked.locate(10.199, 60.25, DAY).unplaced is Unplaced.OUTSIDE


@pytest.mark.parametrize("bearing", [0, 45, 90, 200, 310])
@pytest.mark.parametrize("metres", [300.0, -200.0])
def test_a_buffer_is_metres_on_the_ground_in_every_direction(folder: Path, bearing: int, metres: float) -> None:
    """Measured along the ellipsoid: at 60° north a degree of longitude is half one of latitude."""
    corners = [GEOD.fwd(10.5, 60.5, 360 * step / 720, 1_000.0)[:2] for step in range(720)]
    write(folder / "disc.geojson", feature(polygon([*corners, corners[0]][::-1])))
    layer = {"file": "disc.geojson", "gives": "category", "slug": "town", "otherwise": "rural"}
    asked = places(folder, layers=[layer | {"buffer_metres": metres}])
    found = [
        asked.locate(*GEOD.fwd(10.5, 60.5, bearing, 1_000.0 + metres + beyond)[:2], DAY).category
        for beyond in (-5.0, 5.0)
    ]
    assert found == ["town", "rural"]


@pytest.mark.parametrize("beyond", [-2.0, 2.0])
def test_near_a_border_is_metres_on_the_ground(folder: Path, beyond: float) -> None:
    """Between two areas, and to what lies otherwise; a line that nobody lives beyond is no border."""
    asked = places(folder, border_metres=150, layers=[AREAS, SETTLED])
    near = beyond < 0
    east = GEOD.fwd(11.0, 60.3, 90, 150.0 + beyond)[:2]
    assert asked.locate(*east, DAY).near_areas == (("west",) if near else ())
    above = GEOD.fwd(10.25, 60.3, 0, 150.0 + beyond)[:2]
    assert asked.locate(*above, DAY).near_categories == (("town",) if near else ())
    within = GEOD.fwd(10.25, 60.3, 180, 150.0 + beyond)[:2]
    assert asked.locate(*within, DAY).near_categories == (("rural",) if near else ())
    outermost = GEOD.fwd(10.25, 61.0, 180, 10.0)[:2]
    assert asked.locate(*outermost, DAY).near_areas == ()


def test_a_line_that_another_polygon_covers_is_no_border(folder: Path) -> None:
    """What holds on both sides is the same."""
    write(folder / "inner.geojson", feature(polygon(box(10.4, 60.4, 10.6, 60.6))))
    write(folder / "outer.geojson", feature(polygon(box(10.2, 60.2, 10.8, 60.8))))
    asked = places(
        folder, border_metres=500,
        layers=[
            {"file": "outer.geojson", "gives": "category", "slug": "urban", "priority": 1},
            {"file": "inner.geojson", "gives": "category", "slug": "town", "otherwise": "rural"},
        ],
    )  # fmt: skip
    assert asked.locate(10.4, 60.5, DAY) == Located(category="urban")


def test_what_is_told_of_a_place_does_not_say_where_it_is(folder: Path) -> None:
    """Neither what is returned nor how it is shown holds a coordinate, given or refused."""
    asked = places(folder, layers=[AREAS, SETTLED])
    for at in [(10.987654, 60.523456), (60.523456, 10.987654), (10.987654, 987.523456)]:
        shown = repr(asked.locate(*at, DAY)) + repr(vars(asked))
        assert not any(digits in shown for digits in ("987654", "523456", "10.98", "60.52"))


def _rings(dice: Random) -> Iterator[list[tuple[float, float]]]:
    """A star around a point with a smaller one as its hole, on a coarse grid: many share corners and lines."""
    middle = (dice.randint(100, 120) / 10, dice.randint(600, 610) / 10)
    corners = dice.randint(3, 9)
    reach = [dice.choice([2, 4, 5]) / 10 for _ in range(corners)]
    for scale in (1.0, 0.4):
        ring = [
            (round(middle[0] + scale * far * cos(2 * pi * step / corners), 2),
             round(middle[1] + scale * far * sin(2 * pi * step / corners), 2))
            for step, far in enumerate(reach)
        ]  # fmt: skip
        yield [*ring, ring[0]]


def _world(seed: int, folder: Path) -> tuple[Places, list[tuple[str, shapely.Geometry]], list[tuple[float, float]]]:
    """Layers, their polygons by rank as the documents tell it, and points in, on and beside them."""
    dice = Random(seed)  # noqa: S311 - has to be repeatable
    layers, ranked, corners = [], [], []
    to_area = Transformer.from_crs(
        "EPSG:4326", "+proj=laea +lat_0=60.5 +lon_0=11 +datum=WGS84", always_xy=True
    ).transform
    for number in range(dice.randint(1, 3)):
        features, priority = [], dice.randint(0, 1)
        for place in range(dice.randint(1, 4)):
            slug = dice.choice(["urban", "town", "rural"])
            shapes = []
            for _ in range(dice.randint(1, 2)):
                outer, hole = _rings(dice)
                rings = [outer, hole] if dice.random() < 0.6 else [outer]
                shape = shapely.Polygon(rings[0], rings[1:])
                if shape.is_valid and not any(shape.intersects(other) for other, _ in shapes):
                    shapes.append((shape, rings))
                    corners += outer + hole
            if not shapes:
                continue
            several = {"type": "MultiPolygon", "coordinates": [rings for _, rings in shapes]}
            features.append(feature(several, name=slug))
            whole = shapely.MultiPolygon([shape for shape, _ in shapes])
            fine = shapely.transform(whole, lambda at: np.column_stack(to_area(at[:, 0], at[:, 1])))
            ranked.append(((-priority, number, round(fine.area), place), slug, whole))
        if features:
            write(folder / f"{number}.geojson", *features)
            layer = {"file": f"{number}.geojson", "gives": "category", "property": "name", "priority": priority}
            layers.append(layer)
    if not layers:
        return _world(seed + 1, folder)
    if dice.random() < 0.5:
        layers[0]["otherwise"] = "rural"
    points = [(dice.uniform(9.5, 12.5), dice.uniform(59.5, 61.5)) for _ in range(60)]
    points += corners + [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(corners)]
    by_rank = [(slug, shape) for _, slug, shape in sorted(ranked, key=lambda one: one[0])]
    return places(folder, border_metres=0, layers=layers), by_rank, points


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9))
def test_every_place_is_what_asking_each_polygon_in_turn_says(seed: int) -> None:
    """Random polygons with holes and islands, overlapping; points inside, outside, on lines and on corners."""
    with TemporaryDirectory() as directory:
        asked, by_rank, points = _world(seed, Path(directory))
    many = asked.locate_many(*np.array(points).T, np.full(len(points), np.datetime64("2024-06-01")))
    for number, at in enumerate(points):
        one = asked.locate(*at, DAY)
        within = [slug for slug, shape in by_rank if shape.intersects(shapely.Point(at))]
        rural = "rural" if asked.locate(9.0, 59.0, DAY).category else None
        assert one.category == (within[0] if within else rural)
        assert (one.category, one.unplaced) == (many.category[number], many.unplaced[number])


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**9))
def test_neighbours_are_what_overlaying_all_polygons_around_each_point_says(seed: int) -> None:
    """What each class holds is cut out in a projection about the point itself, where distances are exact."""
    dice, reach = Random(seed), 2_000.0  # noqa: S311 - has to be repeatable
    with TemporaryDirectory() as directory:
        _world(seed, Path(directory))
        files = sorted(Path(directory).glob("*.geojson"), key=lambda file: int(file.stem))
        layers = [{"file": file.name, "gives": "category", "property": "name"} for file in files]
        layers[0]["otherwise"] = "rural"
        flat = places(Path(directory), border_metres=0, layers=layers)
        asked = places(Path(directory), border_metres=reach, layers=layers)
    points = np.array([(dice.uniform(9.5, 12.5), dice.uniform(59.5, 61.5)) for _ in range(25)])
    many = asked.locate_many(*points.T, DAY)
    for at, near in zip(points, many.near, strict=True):
        located = asked.locate(*at, DAY)
        assert located.near_border == near
        assert located.category == flat.locate(*at, DAY).category
        distances = _distances(asked, at)
        sure = {slug for slug, metres in distances.items() if metres < reach * 0.995} - {located.category}
        perhaps = {slug for slug, metres in distances.items() if metres < reach * 1.005} - {located.category}
        assert sure <= set(located.near_categories) <= perhaps


def _distances(asked: Places, at: np.ndarray) -> dict[str, float]:
    """How far each class is from a point, by the polygons in their order."""
    layered = asked._eras["category"].on(DAY)
    assert layered is not None
    around = Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={at[1]} +lon_0={at[0]} +datum=WGS84", always_xy=True
    ).transform
    left = shapely.box(5, 55, 17, 66)
    held: dict[str, list[shapely.Geometry]] = {}
    for part, slug in zip(layered._parts, layered._slug_of, strict=True):
        held.setdefault(layered.slugs[slug], []).append(shapely.intersection(part, left))
        left = shapely.difference(left, part)
    held.setdefault("rural", []).append(left)

    def distance(shape: shapely.Geometry) -> float:
        fine = shapely.segmentize(shape, 0.02)
        moved = shapely.transform(fine, lambda on: np.column_stack(around(on[:, 0], on[:, 1])))
        return float(shapely.distance(moved, shapely.Point(0, 0))) if not moved.is_empty else inf

    return {slug: min(map(distance, shapes)) for slug, shapes in held.items()}

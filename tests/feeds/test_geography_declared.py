"""What is wrong with a declared geography is told, all of it at once, with what to do."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.feeds.layers import box, faults, feature, polygon, write

TOWN = {"file": "town.geojson", "gives": "category", "slug": "town"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One town."""
    write(tmp_path / "town.geojson", feature(polygon(box(10, 60, 11, 61)), name="town", inhabitants=5))
    return tmp_path


def test_a_declaration_that_is_right_has_no_faults(folder: Path) -> None:
    """The least that one can say, and a point in one field."""
    assert faults(folder, layers=[TOWN]) == []
    assert faults(folder, layers=[TOWN], point="where", form="wkt") == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"longitude": None}, "does not say where"),
        ({"point": "where", "form": "wkt", "longitude": "lon"}, "say one of the two"),
        ({"point": "where"}, "form says how"),
        ({"form": "wkt"}, "form says how"),
        ({"point": "where", "form": "wkb"}, "'lat,long', 'long,lat', 'wkt' or 'geojson'"),
        ({"border_metres": -1}, "greater than or equal to 0"),
        ({"border_metres": 10_000}, "less than or equal to 5000"),
        ({"border_metres": True}, "not true or false"),
        ({"border_metres": float("nan")}, "less than or equal to 5000"),
        ({"crs": "EPSG:1"}, "no coordinate reference system"),
        ({"crs": "EPSG:4979"}, "3 axes"),
        ({"lattitude": "y"}, "did you mean latitude?"),
        ({"layers": []}, "[[geography.layers]]"),
        ({"layers": {"file": "town.geojson"}}, "[[geography.layers]]"),
    ],
)
def test_a_key_of_the_head_that_cannot_be_is_told(folder: Path, head: dict[str, Any], said: str) -> None:
    """Each says what to write instead."""
    found = faults(folder, **{"layers": [TOWN], **head})
    assert any(said in why for _, why in found), found
    assert all(where.startswith("geography") for where, _ in found)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"slug": None}, "slug"),
        ({"property": "name"}, "either what all polygons are"),
        ({"slug": "city"}, "did you mean"),
        ({"slug": "all", "gives": "area"}, "is a pool"),
        ({"slug": "west"}, "unknown category 'west'"),
        ({"gives": "district"}, "'area' or 'category'"),
        ({"otherwise": "rurall"}, "did you mean rural?"),
        ({"values": {"a": "town"}}, "are of a property"),
        ({"since": "2024-01-01"}, "without quotes"),
        ({"since": date(2024, 1, 1), "until": date(2024, 1, 1)}, "later than since"),
        ({"slug": "old", "gives": "area", "since": date(2021, 1, 1)}, "none that a mission may name while"),
        ({"priority": 1.5}, "integer"),
        ({"buffer_metres": 1e9}, "less than or equal"),
        ({"file": "none.geojson"}, "no such file"),
        ({"file": ""}, "is empty"),
        ({"crs": "EPSG:0"}, "no coordinate reference system"),
        ({"buffer": 5}, "did you mean buffer_metres?"),
    ],
)
def test_a_key_of_a_layer_that_cannot_be_is_told(folder: Path, layer: dict[str, Any], said: str) -> None:
    """With the number of the layer."""
    declared = {key: value for key, value in (TOWN | layer).items() if value is not None or key != "slug"}
    if "slug" in layer and layer["slug"] == "city":
        said = "unknown category 'city'"
    found = faults(folder, layers=[TOWN, declared])
    assert any(said in why and where.startswith("geography.layers[2]") for where, why in found), found


def test_two_rules_for_what_lies_in_none_contradict_each_other_only_on_the_same_day(folder: Path) -> None:
    """Layers that follow one another may each have their own."""
    before = TOWN | {"otherwise": "rural", "until": date(2024, 1, 1)}
    after = TOWN | {"otherwise": "urban", "since": date(2024, 1, 1)}
    assert faults(folder, layers=[before, after]) == []
    ((where, why),) = faults(folder, layers=[before, after | {"since": date(2023, 12, 31)}])
    assert "category" in where
    assert '"rural", "urban"' in why


def test_all_faults_of_table_and_layers_are_told_in_one_run(folder: Path) -> None:
    """Nobody mends one to be told the next."""
    layers = [TOWN | {"slug": "nowhere"}, TOWN | {"gives": "both"}, TOWN | {"priority": "high"}]
    found = faults(folder, border_metres=-1, point="x", layers=layers)
    assert {where for where, _ in found} == {
        "geography.border_metres", "geography.layers[1]", "geography.layers[2].gives", "geography.layers[3].priority",
    }  # fmt: skip


BOW: Any = [(10, 60), (11, 61), (11, 60), (10, 61), (10, 60)]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Point", "coordinates": [10, 60]}, "is a Point"),
        (None, "is a nothing"),
        ({"type": "Polygon"}, "has no coordinates"),
        ({"type": "Polygon", "coordinates": [["a"]]}, "has no coordinates"),
        ({"type": "Polygon", "coordinates": []}, "is empty"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "is empty"),
        (polygon(BOW), "Self-intersection"),
        (polygon(box(10, 60, 11, 61), box(12, 60, 13, 61)), "Hole lies outside shell"),
        (polygon([(10, 60), (11, 61), (10, 60)]), "it takes four"),
        (polygon([(10, 60), (11, 61), (11, 60), (10, 61)]), "not closed"),
        (polygon([(10,), (11, 61), (11, 60), (10,)]), "not two finite numbers"),  # type: ignore[list-item]
        (polygon(box(598_000, 6_643_000, 599_000, 6_644_000)), "not in degrees"),
        (polygon(box(60, 100, 61, 101)), "not in degrees"),
        (polygon(box(-179, 60, 179, 61)), "crosses the antimeridian"),
    ],
)
def test_a_polygon_that_cannot_be_used_is_told_by_its_number(folder: Path, geometry: object, said: str) -> None:
    """It is not mended silently, and the others of the file are looked at as well."""
    write(folder / "town.geojson", feature(geometry), feature(polygon(box(10, 60, 11, 61))), feature(polygon(BOW)))
    found = faults(folder, layers=[TOWN])
    assert [where.partition(": ")[2] for where, _ in found] == ["features[0]", "features[2]"]
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "no GeoJSON"),
        ("[" * 100_000, "no GeoJSON"),
        ('{"type": "FeatureCollection"}', "no GeoJSON"),
        ('{"type": "Feature", "features": []}', "write a FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "would be empty"),
        ('{"type": "FeatureCollection", "features": [7]}', "is no feature"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": 1e999}]}', "is no feature"),
    ],
)
def test_a_file_that_is_no_geojson_is_told(folder: Path, written: str, said: str) -> None:
    """Whatever it is instead."""
    (folder / "town.geojson").write_text(written)
    ((where, why),) = faults(folder, layers=[TOWN])
    assert said in why
    assert "town.geojson" in where


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"property": "names"}, "has no property 'names'; there are inhabitants, name"),
        ({"property": "inhabitants"}, "unknown category '5'"),
        ({"property": "name", "at_least": {"town": 1}}, "is no number"),
        ({"property": "name", "values": {"city": "urban"}}, "'town' is not among values"),
        ({"property": "name", "values": {"town": ""}}, "would be empty"),
        ({"property": "inhabitants", "at_least": {"town": 6}}, "would be empty"),
    ],
)
def test_a_property_that_says_nothing_known_is_told(folder: Path, layer: dict[str, Any], said: str) -> None:
    """A polygon that nobody understands is not left out."""
    found = faults(folder, layers=[{key: value for key, value in TOWN.items() if key != "slug"} | layer])
    assert [said in why for _, why in found] == [True], found


def test_a_file_that_names_another_system_than_its_layer_is_told(folder: Path) -> None:
    """GeoJSON of before 2016 says so itself; metres read as degrees would be nowhere."""
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}}
    write(folder / "town.geojson", feature(polygon(box(2e5, 6e6, 3e5, 7e6))), crs=named)
    told = dict(faults(folder, layers=[TOWN]))
    assert "EPSG::25833" in told["geography.layers[1].crs"]
    assert faults(folder, layers=[TOWN | {"crs": "EPSG:25833"}]) == []
    crs84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    write(folder / "town.geojson", feature(polygon(box(10, 60, 11, 61))), crs=crs84)
    assert faults(folder, layers=[TOWN]) == []


def test_thousands_of_faults_of_one_file_are_told_in_twenty_lines(folder: Path) -> None:
    """A file in metres has one in every feature."""
    write(folder / "town.geojson", *[feature(polygon(box(2e5, 6e6, 3e5, 7e6)))] * 3_000)
    found = faults(folder, layers=[TOWN])
    assert len(found) == 21
    assert "2980 more" in found[-1][1]


def test_a_buffer_over_the_antimeridian_is_refused(folder: Path) -> None:
    """Drawn there, it would reach around the world."""
    write(folder / "town.geojson", feature(polygon(box(179.9, 60, 180, 61))))
    assert faults(folder, layers=[TOWN]) == []
    ((_, why),) = faults(folder, layers=[TOWN | {"buffer_metres": 500}])
    assert "antimeridian" in why


def test_declaring_a_geography_needs_no_library_of_geometry() -> None:
    """Both are imported where layers are loaded: a feed without coordinates does without them."""
    asked = "import monitor.feeds.geography_declared, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert not {"shapely", "pyproj"} & set(json.loads(done.stdout))

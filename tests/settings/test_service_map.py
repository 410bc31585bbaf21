"""Where areas lie on a map: tiles and outlines, and every fault of theirs at once."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.outlines import SIDE, drawn
from monitor.core.service import Service
from monitor.settings import load
from monitor.settings.service_map import MOST_CORNERS
from tests.presets import CONFIG
from tests.settings.declared import CATEGORY, CLOCK, HEAD, OBJECTIVE, declared, faults_of, write_service

START = HEAD + CLOCK + OBJECTIVE + CATEGORY
NORTH = '[[areas]]\nslug = "north"\n'
SOUTH = '[[areas]]\nslug = "south"\n'
PRESETS = sorted(place.name for place in (CONFIG.parent / "services").iterdir())
NO_KNOWN_MAP = ("dutch-police", "nfpa-1710", "us-zone-contract")
COMPASS = {
    "danish-ems": ("midtjylland", "midtjylland hovedstaden"),
    "england-ambulance": (
        "north-east yorkshire east-midlands south-central isle-of-wight",
        "south-western south-central south-east-coast",
    ),
    "england-wales-police": (
        "northumbria durham north-yorkshire south-yorkshire derbyshire leicestershire thames-valley surrey",
        "dyfed-powys west-mercia west-midlands leicestershire northamptonshire cambridgeshire norfolk",
    ),
    "finnish-police": (
        "lapland oulu central-finland hame helsinki",
        "southwestern-finland hame southeastern-finland",
    ),
    "german-hilfsfrist": (
        "nienburg-weser hildesheim kassel frankfurt-am-main neckar-odenwald stuttgart",
        "saarland frankfurt-am-main kassel havelland barnim",
    ),
    "london-fire": (
        "enfield barnet camden westminster lambeth merton sutton",
        "hillingdon ealing brent camden islington hackney redbridge havering",
    ),
    "norwegian-ambulance": (
        "finnmark nordland helgeland nord-trondelag st-olavs innlandet oslo vestfold-telemark sorlandet",
        "bergen vestre-viken oslo unn finnmark",
    ),
    "norwegian-amk": (
        "unn nordland helgeland nord-trondelag more-og-romsdal forde bergen fonna stavanger",
        "more-og-romsdal st-olavs unn finnmark",
    ),
    "norwegian-police": ("finnmark nordland trondelag oslo agder", "vest sor-ost oslo ost"),
    "scotland-ambulance": (
        "shetland orkney highland tayside fife lothian borders",
        "western-isles greater-glasgow-and-clyde lanarkshire lothian shetland",
    ),
    "victoria-ambulance": ("mildura greater-bendigo melbourne casey", "ballarat wyndham melbourne latrobe"),
}
"""By preset: areas each south of the one before, and areas each east of the one before."""
SQUARE = [[5.0, 60.0], [6.0, 60.0], [6.0, 61.0], [5.0, 61.0], [5.0, 60.0]]


def feature(area: object, *rings: list[list[float]], kind: str = "Polygon") -> dict[str, Any]:
    """An area's outline."""
    coordinates: Any = [[ring] for ring in rings] if kind == "MultiPolygon" else list(rings)
    return {"type": "Feature", "properties": {"area": area}, "geometry": {"type": kind, "coordinates": coordinates}}


def outlined(folder: Path, text: str, content: object) -> dict[str, str]:
    """The faults of a service whose outlines are in a file that holds `content`."""
    own = write_service(folder / "own", text, None)
    told = content if isinstance(content, str) else json.dumps({"type": "FeatureCollection", "features": content})
    (own / "areas.geojson").write_text(told, encoding="utf-8")
    return faults_of(folder, 'outlines = "areas.geojson"\n' + text)


def read(folder: Path, content: list[dict[str, Any]]) -> Service:
    """The service without a fault."""
    assert outlined(folder, START + NORTH + SOUTH, content) == {}
    return declared(folder, 'outlines = "areas.geojson"\n' + START + NORTH + SOUTH)


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in NO_KNOWN_MAP])
def test_every_area_of_a_known_map_has_its_tile(name: str) -> None:
    """All that hold no other, none on another's; what lies further north or west does so on the map."""
    service = load(CONFIG, service=name).service
    tiles = {area.slug: area.tile for area in service.areas if area.tile}
    assert set(tiles) == set(service.leaf_areas)
    assert len(set(tiles.values())) == len(tiles)
    assert {min(row for row, _ in tiles.values()), min(column for _, column in tiles.values())} == {1}
    southward, eastward = COMPASS[name]
    rows, columns = [tiles[slug][0] for slug in southward.split()], [tiles[slug][1] for slug in eastward.split()]
    assert rows == sorted(set(rows))
    assert columns == sorted(set(columns))


@pytest.mark.parametrize("name", NO_KNOWN_MAP)
def test_a_preset_of_places_to_be_replaced_draws_no_map(name: str) -> None:
    """Some municipalities, stations or zones that stand for the reader's own: a map of them would look whole."""
    assert not load(CONFIG, service=name).service.tiles(date(2026, 1, 1))


def test_a_service_without_tiles_has_no_map(tmp_path: Path) -> None:
    """And nobody is told that it lacks any."""
    service = declared(tmp_path, START + NORTH + SOUTH)
    assert service.outlines is None
    assert all(area.tile is None for area in service.areas)


def test_all_faults_of_tiles_are_told_at_once(tmp_path: Path) -> None:
    """Two areas on one, one on an area that holds others, one that is missing, one that is none."""
    text = START + "".join(
        f'[[areas]]\nslug = "{slug}"\n{more}\n'
        for slug, more in {
            "all": "tile = [1, 1]", "one": 'within = "all"\ntile = [1, 2]', "two": 'within = "all"\ntile = [1, 2]',
            "three": 'within = "all"',
        }.items()
    )  # fmt: skip
    told = faults_of(tmp_path, text)
    assert "has the tile of 'one'" in told["areas.two"]
    assert "others lie within it" in told["areas.all"]
    assert "has no tile, and others have" in told["areas.three"]
    assert len(told) == 3
    for wrong in ("[1]", "[0, 1]", "[1, 41]", "[1, 2, 3]", '"1,2"', "[1.0, 2]", "[true, 1]", "{ row = 1 }"):
        told = faults_of(tmp_path, f"{START}{NORTH}tile = {wrong}\n")
        assert "must be a row and a column from 1 to 40: write [1, 4]" in told["areas.north.tile"]


def test_a_reform_may_give_a_tile_to_another(tmp_path: Path) -> None:
    """From the day on which the one ends; a day earlier it is taken. What has ended needs none."""
    ended = (
        '[[areas]]\nslug = "old"\nuntil = 2020-01-01\ntile = [1, 1]\n[[areas]]\nslug = "older"\nuntil = 2019-01-01\n'
    )
    for day, told in (("2020-01-01", set()), ("2019-12-31", {"areas.north"})):
        text = START + ended + f"{NORTH}since = {day}\ntile = [1, 1]\n{SOUTH}tile = [1, 2]\n"
        assert set(faults_of(tmp_path, text)) == told


def test_outlines_are_drawn_where_they_lie(tmp_path: Path) -> None:
    """North above south; islands and holes are part of the area; the mark lies on its largest part."""
    island = [[5.2, 62.2], [5.3, 62.2], [5.3, 62.3], [5.2, 62.2]]
    north = [[5.0, 63.0], [6.0, 63.0], [6.0, 64.0], [5.0, 64.0], [5.0, 63.0]]
    service = read(tmp_path, [feature("north", island, north, kind="MultiPolygon"), feature("south", SQUARE)])
    assert service.outlines is not None
    found, size = service.outlines.areas, service.outlines
    assert max(size.width, size.height) == SIDE
    assert size.width < size.height
    assert found["north"].path.count("M") == 2
    assert found["north"].middle[1] < SIDE / 4 < 3 * SIDE / 4 < found["south"].middle[1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "no GeoJSON as it is needed"),
        ('{"features": [1]}', "no GeoJSON as it is needed"),
        ("[" * 100_000, "no GeoJSON as it is needed|nested too deeply"),
        ([feature(3, SQUARE)], "at `$.features[0].properties.area`"),
        ([feature("north", SQUARE, kind="LineString")], "LineString"),
        ([feature("nort", SQUARE)], "did you mean north?"),
        ([feature("national", SQUARE)], "others lie within that"),
        ([feature("north", SQUARE), feature("north", SQUARE)], "has an outline already"),
        ([feature("north", [])], "has no points"),
        ([feature("north")], "has no points"),
        ([feature("north", [[500_000.0, 6_700_000.0]])], "reproject it"),
        ([feature("north", [[5.0]])], "reproject it"),
        ([feature("north", SQUARE)], "has no outline in areas.geojson"),
        ([feature("north", SQUARE), feature("south", [[n / 999, (n * 7919 % 10_007) / 200] for n in range(20_000)])],
         f"a page carries {MOST_CORNERS}"),
        (" " * (4 * 1024 * 1024 + 1), "is larger than"),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_file_of_outlines_that_cannot_be_used_is_told(tmp_path: Path, content: object, told: str) -> None:
    """Where, what, and what to do."""
    found = " ".join(outlined(tmp_path, START + NORTH + SOUTH, content).values())
    assert any(one in found for one in told.split("|")), found


def test_a_missing_file_and_a_second_map_are_told(tmp_path: Path) -> None:
    """A name that is no file; tiles beside outlines."""
    assert "no such file" in faults_of(tmp_path, f'outlines = "x.geojson"\n{START}{NORTH}')["outlines (x.geojson)"]
    tiled = f"{START}{NORTH}tile = [1, 1]\n"
    assert "areas have tiles, too" in outlined(tmp_path, tiled, [feature("north", SQUARE)])["outlines"]


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(
            st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=12),
            min_size=1,
            max_size=3,
        ),
        min_size=1,
    )
)
def test_whatever_is_given_something_is_drawn_for_every_area(
    shapes: dict[str, list[list[tuple[float, float]]]],
) -> None:
    """Also of points, lines, and what is too small to be seen: within the box, give or take the dot."""
    found = drawn(shapes)
    assert found.areas.keys() == shapes.keys()
    for outline in found.areas.values():
        assert outline.path.endswith("z")
        x, y = outline.middle
        assert -1 <= x <= found.width + 1
        assert -1 <= y <= found.height + 1

"""Makes config/geography/invented-towns.geojson: discs around towns, for tests and for trying a geography out.

    python -m tests.feeds.invented_towns > config/geography/invented-towns.geojson

A disc is as large as the settlement's land, about a middle that is roughly its own: nobody lives in these lines, and
no figure that is published may be told by them. Inhabitants and land of the seven largest settlements are Statistics
Norway's of 1 January 2023 (Population and land area in urban settlements). The others are there for their class:
their inhabitants are rounded and not looked up, their land is by the mean of 2,009 inhabitants to the km².
"""

import json
import sys
from math import pi
from typing import Final, NamedTuple

from pyproj import Geod

PER_KM2: Final = 2_009
CORNERS: Final = 24


class Town(NamedTuple):
    """A settlement; `km2` is its land, None where it is reckoned from its inhabitants."""

    name: str
    longitude: float
    latitude: float
    inhabitants: int
    km2: float | None = None


TOWNS: Final = (
    Town("Oslo", 10.75, 59.91, 1_082_575, 276.25),
    Town("Bergen", 5.33, 60.38, 269_548, 91.18),
    Town("Stavanger/Sandnes", 5.73, 58.92, 234_757, 80.20),
    Town("Trondheim", 10.40, 63.41, 196_948, 59.29),
    Town("Drammen", 10.20, 59.74, 122_955, 52.69),
    Town("Fredrikstad/Sarpsborg", 11.02, 59.25, 120_332, 60.39),
    Town("Porsgrunn/Skien", 9.63, 59.17, 95_763, 54.05),
    Town("Tromsø", 18.96, 69.65, 40_000),
    Town("Bodø", 14.40, 67.28, 40_000),
    Town("Kongsberg", 9.65, 59.67, 20_000),
    Town("Notodden", 9.26, 59.56, 9_000),
    Town("Holmestrand", 10.31, 59.49, 9_000),
    Town("Kragerø", 9.41, 58.87, 5_000),
    Town("Voss", 6.42, 60.63, 6_500),
    Town("Alta", 23.27, 69.97, 15_000),
    Town("Vadsø", 29.75, 70.07, 4_500),
    Town("Rjukan", 8.57, 59.88, 3_000),
    Town("Svelvik", 10.41, 59.61, 4_000),
    Town("Dalen", 8.01, 59.44, 800),
    Town("Bø", 9.07, 59.41, 3_000),
)


def geojson() -> str:
    """The file, a feature on each line."""
    lines = ",\n".join(json.dumps(_feature(town), ensure_ascii=False) for town in TOWNS)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _feature(town: Town) -> dict[str, object]:
    metres = (1e6 * (town.km2 or town.inhabitants / PER_KM2) / pi) ** 0.5
    globe = Geod(ellps="WGS84")
    corners = [globe.fwd(town.longitude, town.latitude, -360 * step / CORNERS, metres)[:2] for step in range(CORNERS)]
    ring = [[round(longitude, 4), round(latitude, 4)] for longitude, latitude in [*corners, corners[0]]]
    return {
        "type": "Feature",
        "properties": {"name": town.name, "inhabitants": town.inhabitants},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


if __name__ == "__main__":
    sys.stdout.write(geojson())

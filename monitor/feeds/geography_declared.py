"""What `[geography]` of a feed file may say: where records hold their coordinates, and the layers that they lie in.

Decides what each key may be and what they must be together, with every fault at once. Loads neither shapely nor
pyproj, so that a feed without coordinates needs neither; what is in the layers' files is told in `geography_layers`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.core.service import Service
from monitor.settings.told import read_table, unknown
from monitor.settings.values import Folder, OptionalText, Slug, Text

WGS84: Final = "EPSG:4326"
Gives = Literal["area", "category"]
GIVES: Final[tuple[Gives, ...]] = ("area", "category")
Form = Literal["lat,long", "long,lat", "wkt", "geojson"]
Problem = tuple[str, str]
"""Which key, and what is wrong with it."""

LARGEST_BUFFER_METRES: Final = 100_000.0
LARGEST_BORDER_METRES: Final = 5_000.0
"""Of what is near a border: farther away, most of a country would be."""
MOST_PRIORITY: Final = 1_000


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004 - pydantic tells ValueErrors
    return value


def _day(value: Any) -> Any:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a day, without quotes and without time: write 2024-01-01")  # noqa: TRY004
    return value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Day = Annotated[date, BeforeValidator(_day)]


class LayerTable(BaseModel):
    """`[[geography.layers]]`: a file of polygons, and which area or category lies within each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Folder = Field(description="A GeoJSON file (FeatureCollection), from the folder of the feed file.")
    gives: Gives = Field(description="Which of the two the polygons say: the area or the category.")
    slug: Slug | None = Field(None, description="What every polygon of the file is.")
    property: OptionalText = Field(None, description="Or the property of each polygon that says what it is.")
    values: Mapping[str, Slug | Literal[""]] = Field(
        default_factory=dict,
        description="The slug of each value of the property; an empty text leaves its polygons out. Without it, the "
        "property holds slugs.",
    )
    at_least: Mapping[str, Number] = Field(
        default_factory=dict,
        description="Or the property is a number: each slug with the least that it takes, and the largest that is "
        "reached holds. Polygons below all are left out.",
    )
    since: Day = Field(date.min, description="The first local day on which the layer holds.")
    until: Day = Field(date.max, description="The day after the last.")
    priority: int = Field(
        0, ge=-MOST_PRIORITY, le=MOST_PRIORITY, description="Where polygons overlap, the highest holds."
    )
    buffer_metres: Number = Field(
        0.0, ge=-LARGEST_BUFFER_METRES, le=LARGEST_BUFFER_METRES,
        description="How far the polygons reach beyond their lines; negative: how far they stay within.",
    )  # fmt: skip
    otherwise: Slug | None = Field(
        None, description="What lies in none of the polygons that say the same; without it, such a record is refused."
    )
    crs: Text = Field(WGS84, description="The coordinates of the file.")

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Self:
        if (self.slug is None) == (self.property is None):
            raise ValueError('must say either what all polygons are, slug = "…", or which property says it')
        if self.property is None and (self.values or self.at_least):
            raise ValueError("values and at_least are of a property: name it, or remove them")
        if self.values and self.at_least:
            raise ValueError("a property is read by values or by at_least: remove one of the two")
        if self.since >= self.until:
            raise ValueError("until is the day after the last: it must be later than since")
        return self


class GeographyTable(BaseModel):
    """`[geography]`, but for its layers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longitude: OptionalText = Field(None, description="The field of the longitude, or of what lies east.")
    latitude: OptionalText = Field(None, description="The field of the latitude, or of what lies north.")
    point: OptionalText = Field(None, description="Or the one field that holds both.")
    form: Form | None = Field(None, description="How both stand in one field.")
    decimal: Literal[".", ","] = Field(".", description="What separates whole degrees from their parts in text.")
    crs: Text = Field(WGS84, description="The coordinates of the records.")
    border_metres: Number = Field(
        100.0, ge=0, le=LARGEST_BORDER_METRES,
        description="Missions this near to another area or category are counted as near a border.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if self.point is not None and (self.longitude is not None or self.latitude is not None):
            raise ValueError("has a point, and longitude or latitude too: say one of the two")
        if self.point is None and (self.longitude is None or self.latitude is None):
            raise ValueError('does not say where coordinates are: longitude = "…" and latitude = "…", or point = "…"')
        if (self.point is None) != (self.form is None):
            raise ValueError(f"form says how both stand in point, and goes with it: {_quoted(FORMS)}")
        return self


FORMS: Final[tuple[Form, ...]] = ("lat,long", "long,lat", "wkt", "geojson")


class Geography(GeographyTable):
    """Where coordinates are, and the layers in their order."""

    layers: tuple[LayerTable, ...]

    def giving(self, gives: Gives) -> tuple[tuple[int, LayerTable], ...]:
        """The layers that say one thing, each with its place among all."""
        return tuple((number, layer) for number, layer in enumerate(self.layers) if layer.gives == gives)

    @property
    def gives(self) -> tuple[Gives, ...]:
        """What is told by layers; the record's own fields tell the rest."""
        return tuple(one for one in GIVES if self.giving(one))


def read_geography(
    raw: object, folder: Path, service: Service
) -> tuple[Geography | None, dict[int, LayerTable], list[Problem]]:
    """`[geography]` of a feed file that lies in `folder`: whole, its usable layers by place, what is wrong with it.

    Files of layers are named from the folder, and are not read. What is whole may lack layers that have a fault.
    """
    if not isinstance(raw, Mapping):
        return None, {}, [("geography", "must be a table: write [geography] on a line, and its keys below")]
    head, found = read_table(GeographyTable, {key: value for key, value in raw.items() if key != "layers"})
    problems = [(f"geography.{key}" if key else "geography", why) for key, why in found]
    layers: dict[int, LayerTable] = {}
    items = raw.get("layers")
    if not isinstance(items, list) or not items or not all(isinstance(item, Mapping) for item in items):
        why = "must be at least one table: write [[geography.layers]] on a line, and the keys of one below"
        problems.append(("geography.layers", why))
        items = []
    for number, item in enumerate(items):
        layer, found = read_table(LayerTable, item)
        where = f"geography.layers[{number + 1}]"
        problems += [(f"{where}.{key}" if key else where, why) for key, why in found]
        if layer is not None:
            layers[number] = layer.model_copy(update={"file": folder / layer.file})
            problems += [(where, why) for slug in _told(layer) for why in slug_problems(slug, layer, service)]
    problems += _contradictions(list(layers.values()))
    whole = None if head is None else Geography.model_construct(**dict(head), layers=tuple(layers.values()))
    return whole, layers, problems


def _told(layer: LayerTable) -> list[str]:
    """The slugs that stand in the declaration itself."""
    return sorted({slug for slug in (layer.slug, layer.otherwise, *layer.values.values(), *layer.at_least) if slug})


def slug_problems(slug: str, layer: LayerTable, service: Service) -> Iterator[str]:
    """Why a slug is none that the layer can give while it holds."""
    if layer.gives == "category":
        yield from _not_among(slug, service.leaf_categories, service.judged_categories, "category")
        return
    told = list(_not_among(slug, service.leaf_areas, service.judged_areas, "area"))
    yield from told
    days = {layer.since, *(day for day in service.reforms if layer.since <= day < layer.until)}
    if not told and not any(service.is_leaf(slug, day) for day in days):
        yield f"area {slug!r} is none that a mission may name while the layer holds: see since and until of both"


def _not_among(slug: str, leaves: tuple[str, ...], every: tuple[str, ...], kind: str) -> Iterator[str]:
    if slug in every and slug not in leaves:
        yield f"{kind} {slug!r} is a pool, others lie within it: name those"
    elif slug not in leaves:
        yield unknown(slug, leaves, kind=f"{kind} {slug!r}", where=f"there are {', '.join(leaves)}")


def _contradictions(layers: list[LayerTable]) -> Iterator[Problem]:
    """Layers that hold on one day and name different things for what lies in none."""
    for gives in GIVES:
        said = [layer for layer in layers if layer.gives == gives and layer.otherwise is not None]
        for number, layer in enumerate(said):
            for other in said[:number]:
                if other.otherwise != layer.otherwise and other.since < layer.until and layer.since < other.until:
                    why = f"two layers say what lies in none, {_quoted((other.otherwise, layer.otherwise))}: let one"
                    yield f"geography.layers, gives = {gives}", why


def _quoted(words: tuple[str | None, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)

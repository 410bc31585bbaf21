"""Reads the committed dashboards as Grafana would: panels, queries, variables, links."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*/*.json"))
WITHOUT_FIGURES = {"text", "alertlist", "row"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One piece of PromQL and where it stands. `label` is set where a variable asks for a label's values."""

    where: str
    expression: str
    instant: bool
    label: str = ""


def load(file: Path) -> dict[str, Any]:
    """A dashboard."""
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def name_of(file: Path) -> str:
    """`en/national`, as tests show it."""
    return file.relative_to(FOLDER).with_suffix("").as_posix()


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels, rows included, also those inside a folded row."""
    return [one for panel in dashboard["panels"] for one in (panel, *panel.get("panels", []))]


def asked(file: Path) -> Iterator[Asked]:
    """Every expression of a dashboard: panels, annotations and variables."""
    dashboard, name = load(file), name_of(file)
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            where = f"{name}: {panel['title']} {target['refId']}"
            yield Asked(where, target["expr"], instant=target.get("instant", False))
    for annotation in dashboard["annotations"].get("list", []):
        if "expr" in annotation:
            yield Asked(f"{name}: annotation {annotation['name']}", annotation["expr"], instant=False)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            kind, _, inside = variable["query"]["query"].removesuffix(")").partition("(")
            where = f"{name}: variable {variable['name']}"
            if kind == "query_result":
                yield Asked(where, inside, instant=True)
            else:
                series, _, label = inside.rpartition(", ")
                yield Asked(where, series, instant=True, label=label)


def strings(value: object) -> Iterator[str]:
    """Every text anywhere inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)

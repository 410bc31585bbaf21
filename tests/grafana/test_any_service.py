"""The files for services of any shape: made without a fault, and the same but for what only that service has."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
import yaml

from monitor import dashboards
from monitor.core.service import Area, Category, Duty, Objective, Service
from monitor.settings import load
from tests.grafana.services import fire
from tests.presets import CONFIG

RUNBOOKS: Final = {"README": "# Runbooks\n\nAll."}


def shaped(categories: int, objectives: int, duty: Duty) -> Service:
    """So many of each, all with one duty."""
    return replace(
        fire().service,
        slug=f"shaped-{categories}-{objectives}",
        areas=(Area("all"),),
        categories=tuple(Category(f"c{number}") for number in range(categories)),
        objectives=tuple(Objective(f"o{number}", 80, duty, "turnout") for number in range(objectives)),
    )


SERVICES: Final = {
    "shipped police": load(CONFIG).service,
    "shipped ambulances": load(CONFIG, service="england-ambulance").service,
    "fire": fire().service,
    "one by one": shaped(1, 1, Duty.PAGE),
    "twelve by six": shaped(12, 6, Duty.PAGE),
    "nobody pages": shaped(4, 2, Duty.SHOW),
}


def made(service: Service) -> Mapping[str, str]:
    """Every file of Grafana for it."""
    return dashboards.files(replace(load(CONFIG), service=service), RUNBOOKS)


def expressions(files: Mapping[str, str]) -> set[str]:
    """What the dashboards ask."""
    found = set()
    for place, text in files.items():
        if place.startswith(dashboards.FOLDER):
            found |= {target["expr"] for panel in json.loads(text)["panels"] for target in panel.get("targets", [])}
    return found


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_the_files_are_the_same_for_every_service_but_for_names_and_alarms(service: Service) -> None:
    """No expression knows a service: one set of dashboards serves all. Without an alarm two panels are left out."""
    shipped, own = made(SERVICES["shipped police"]), made(service)
    assert own.keys() == shipped.keys()
    assert expressions(own) <= expressions(shipped)
    left_out = expressions(shipped) - expressions(own)
    pages = any(one.duty is Duty.PAGE for one in service.objectives)
    assert bool(left_out) is not pages
    assert all("response_drift_score" in one or "response_period_e_value" in one for one in left_out)
    for place, text in own.items():
        if place.endswith(".json"):
            assert json.loads(text)["uid"]
            continue
        rules: dict[str, Any] = yaml.safe_load(text)
        assert rules["apiVersion"] == 1


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_an_expression_names_nothing_of_a_service(service: Service) -> None:
    """Neither slugs of areas, categories and objectives, nor of the service."""
    slugs = {
        service.slug, *service.judged_areas, *service.judged_categories, *(one.slug for one in service.objectives),
    }  # fmt: skip
    for expression in expressions(made(service)):
        assert not any(f'"{slug}"' in expression for slug in slugs), expression


@pytest.mark.parametrize("language", ["en", "nb"])
def test_areas_of_the_service_are_called_by_name_in_grafanas_alerts(language: str) -> None:
    """And only of that service: another may use the same slug for another place."""
    text = made(SERVICES["fire"])[f"grafana/choices/rules-{language}.yml"]
    assert "if eq $labels.service `fire` }}{{ if eq $labels.area `county` }}The County" in text
    assert "norwegian-police" not in text


def test_columns_stand_as_the_service_declares_them() -> None:
    """Categories of any other service follow behind, in the order in which they come."""
    (matrix,) = [
        panel
        for panel in json.loads(made(SERVICES["shipped ambulances"])[f"{dashboards.FOLDER}/en/overview.json"])[
            "panels"
        ]
        if panel["title"].startswith("Areas by")
    ]
    (arranged,) = [one["options"] for one in matrix["transformations"] if one["id"] == "organize"]
    columns = list(arranged["indexByName"])[1:-1]
    assert [arranged["renameByName"][slug].split(",")[0] for slug in columns] == [
        "category 1", "category 2", "category 3", "category 4", "all categories",
    ]  # fmt: skip

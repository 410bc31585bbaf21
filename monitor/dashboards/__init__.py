"""Grafana's files from the metric vocabulary: dashboards in two languages, and what provisions them.

`files` says what lies where under `grafana/`. Needs grafana-foundation-sdk, which only `monitor generate` uses: no
running part of the monitor imports this package.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from monitor.core.targets import NATIONAL
from monitor.dashboards.district import district
from monitor.dashboards.frame import Names
from monitor.dashboards.national import national
from monitor.dashboards.pipeline import pipeline
from monitor.dashboards.provisioning import provisioning
from monitor.dashboards.words import LANGUAGES, Words
from monitor.settings import Configuration

FOLDER: Final = "grafana/dashboards"
BUILDERS: Final = {"national": national, "district": district, "pipeline": pipeline}


def files(configuration: Configuration) -> Mapping[str, str]:
    """Every generated file of Grafana with its text, by its place in the repository."""
    names = names_of(configuration)
    dashboards = {
        f"{FOLDER}/{language}/{name}.json": build(Words(language), names)
        for language in LANGUAGES
        for name, build in BUILDERS.items()
    }
    return {**dashboards, **provisioning(names.areas)}


def names_of(configuration: Configuration) -> Names:
    """Areas as the newest targets print them, classes and windows as configured."""
    settings = configuration.settings
    newest = configuration.targets.in_force(date.max)
    printed = dict(newest.area_names) if newest else {}
    areas = {slug: printed.get(slug, slug) for slug in (NATIONAL, *settings.events.districts)}
    return Names(areas=areas, settlements=settings.events.settlements, windows=settings.windows.names)

"""Grafana's files from the metric vocabulary: dashboards in every language, and what provisions them.

`files` says what lies where under `grafana/`. Needs grafana-foundation-sdk, which only `monitor generate` uses: no
running part of the monitor imports this package.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from monitor.core.service import Duty
from monitor.dashboards.alerting import FIRST, SHOWN, Panels
from monitor.dashboards.district import district
from monitor.dashboards.frame import Names
from monitor.dashboards.national import national
from monitor.dashboards.pipeline import pipeline
from monitor.dashboards.provisioning import provisioning
from monitor.dashboards.runbooks import pages
from monitor.dashboards.words import Words
from monitor.settings import Configuration
from monitor.words.catalogue import LANGUAGES, Language

FOLDER: Final = "grafana/dashboards"
BUILDERS: Final = {"national": national, "district": district, "pipeline": pipeline}


def files(configuration: Configuration, runbooks: Mapping[str, str]) -> Mapping[str, str]:
    """Every generated file of Grafana with its text, by its place in the repository; `runbooks` by their names."""
    names = names_of(configuration)
    built = {
        (language, name): build(Words(language), names) for language in LANGUAGES for name, build in BUILDERS.items()
    }
    panels: dict[Language, Panels] = {
        language: {
            place: number
            for name in BUILDERS
            for place, number in _panels(json.loads(built[language, name]), Words(language))
        }
        for language in LANGUAGES
    }
    return {
        **{f"{FOLDER}/{language}/{name}.json": text for (language, name), text in built.items()},
        **pages(runbooks),
        **provisioning(names.areas, panels),
    }


def _panels(dashboard: dict[str, Any], words: Words) -> Iterator[tuple[tuple[str, str], int]]:
    """The panels that alerts may lead to: uid of the dashboard without language and key of the title; number."""
    uid = dashboard["uid"].removesuffix(f"-{words.language}")
    numbers = {panel["title"]: panel["id"] for panel in dashboard["panels"]}
    for key in (*SHOWN.values(), *FIRST.values()):
        if (title := words(f"{key}.title")) in numbers:
            yield (uid, key), numbers[title]


def names_of(configuration: Configuration) -> Names:
    """Areas as the newest targets print them, categories, objectives and windows as configured."""
    settings = configuration.settings
    service, newest = configuration.service, configuration.targets.in_force(date.max)
    printed = dict(newest.area_names) if newest else {}
    areas = {slug: printed.get(slug, slug) for slug in service.judged_areas}
    duties = list(Duty)
    return Names(
        areas=areas,
        categories=service.judged_categories,
        objectives=tuple(sorted(service.objectives, key=lambda one: duties.index(one.duty))),
        windows=settings.windows.exposed,
    )

"""Grafana's files from the metric vocabulary: dashboards in every language, and what provisions them.

`files` says what lies where under `grafana/`. No running part of the monitor imports this package.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from monitor.dashboards.alerting import FIRST, SHOWN, Panels
from monitor.dashboards.area import area
from monitor.dashboards.frame import Names
from monitor.dashboards.overview import overview
from monitor.dashboards.pipeline import pipeline
from monitor.dashboards.provisioning import provisioning
from monitor.dashboards.runbooks import pages
from monitor.dashboards.words import Words
from monitor.settings import Configuration
from monitor.words.catalogue import LANGUAGES, Language

FOLDER: Final = "grafana/dashboards"
BUILDERS: Final = {"overview": overview, "area": area, "pipeline": pipeline}


def files(configuration: Configuration, runbooks: Mapping[str, str]) -> Mapping[str, str]:
    """Every generated file of Grafana with its text, by its place in the repository; `runbooks` by their names.

    They fit any service. The one that is configured is the one whose categories stand in order, and whose areas
    Grafana's alerts call by their names.
    """
    names = Names(configuration.service)
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

"""What once looked wrong in a real Grafana, as claims about the JSON: each would have caught its fault.

No Grafana is at hand. What it does with an option stands in its documentation and sources (12.2), and is said beside
each claim; sizes are those of its grid, fonts and chrome on the screens that people have.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from monitor import metrics
from monitor.alerts import RULES
from monitor.dashboards import palette
from monitor.dashboards.words import Words
from monitor.settings import load as configured
from monitor.words import names
from monitor.words.catalogue import LANGUAGES
from tests.grafana.dashboards import FILES, FOLDER, asked, load, name_of, panels, strings
from tests.presets import CONFIG

each = pytest.mark.parametrize("file", FILES, ids=name_of)
each_language = pytest.mark.parametrize("language", LANGUAGES)

SCREENS: Final = {"laptop": (1366, 768), "desktop": (1920, 1080)}
PHONE: Final = 390
ABOVE: Final = 184
"""Pixels above the first panel: bar of navigation, tool bar, variables in two lines, and the margin."""
UNIT, GAP, MARGIN, INSIDE = 30, 8, 16, 16
"""A row of the grid and what lies between two, the page's edge, and both sides of a panel inside."""
HEAD: Final = 40
LETTER: Final = 0.55
"""Width of a letter of Grafana's font (Inter), in its size."""
LEAST_CELL: Final = 150
"""Pixels of a table's column where neither width nor least width is said."""
MOST_SELECTORS: Final = 3
MOST_BYTES: Final = 40_000
FIRST_QUERIES: Final = 10
DIM, BRIGHT = (32, 34, 38), (247, 248, 250)
"""The two colours that Grafana writes with, and its border: dark above a brightness of 180."""


def overview(language: str) -> dict[str, Any]:
    """The first page."""
    return load(FOLDER / language / "overview.json")


def kinds(file: Path, kind: str) -> list[dict[str, Any]]:
    """The panels of a kind."""
    return [panel for panel in panels(load(file)) if panel["type"] == kind]


def width(panel: dict[str, Any], screen: int) -> float:
    """Pixels inside a panel; a phone shows one below the other."""
    page = screen - 2 * MARGIN
    columns = panel["gridPos"]["w"] if screen > 768 else 24
    return columns * (page + GAP) / 24 - GAP - INSIDE


def bottom(panel: dict[str, Any]) -> int:
    """Where a panel ends, in pixels from the screen's top."""
    where = panel["gridPos"]
    return int(ABOVE + (where["y"] + where["h"]) * (UNIT + GAP) - GAP)


def overridden(panel: dict[str, Any], field: str) -> dict[str, Any]:
    """What is said of one column alone."""
    return {
        one["id"]: one["value"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == field
        for one in override["properties"]
    }


def shown_fields(panel: dict[str, Any]) -> list[str]:
    """The columns that a table is known to have, by the names that people read."""
    (arranged,) = [one["options"] for one in panel["transformations"] if one["id"] == "organize"]
    order = [name for name in arranged["indexByName"] if not arranged["excludeByName"].get(name)]
    read = [arranged["renameByName"].get(name, name) for name in order]
    return [name for name in read if not overridden(panel, name).get("custom.hidden")]


@each
def test_verdicts_over_time_are_coloured_by_their_words(file: Path) -> None:
    """With mode `thresholds` and merged values Grafana shows thresholds ("-∞+") and no mapping: a breach was grey."""
    for panel in kinds(file, "state-timeline"):
        assert panel["options"]["mergeValues"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["color"] == {"mode": "fixed", "fixedColor": palette.GREY}
        told = {code: result["color"] for code, result in defaults["mappings"][0]["options"].items()}
        assert told.keys() == {str(code) for code in metrics.VERDICTS.values()}
        assert len({*told.values()}) == len(told)


@each
def test_a_figure_is_the_largest_text_of_its_tile_and_fits(file: Path) -> None:
    """Without sizes all texts of a tile shrink to what the longest allows: 5 pixels on a laptop."""
    for panel in kinds(file, "stat"):
        sizes = panel["options"]["text"]
        assert sizes["valueSize"] > sizes["titleSize"] >= 12
        mapped = [
            result["text"]
            for mapping in panel["fieldConfig"]["defaults"]["mappings"]
            if mapping["type"] == "value"
            for result in mapping["options"].values()
        ]
        names_of_figures = [target["legendFormat"] for target in panel["targets"]]
        for screen in (*(wide for wide, _ in SCREENS.values()), PHONE):
            each_tile = width(panel, screen) / len(panel["targets"])
            if screen == PHONE and len(panel["targets"]) > 2:
                continue  # tiles stand below one another where a row has no room for them
            for text in mapped or ["9999 min"]:
                assert len(text) * LETTER * sizes["valueSize"] <= each_tile, (screen, panel["title"], text)
            for text in names_of_figures:
                assert len(text) * LETTER * sizes["titleSize"] <= each_tile, (screen, panel["title"], text)


@each_language
def test_the_matrix_comes_first_and_is_seen_without_scrolling(language: str) -> None:
    """On the smallest screen that control rooms have: all areas, and what fires beside them."""
    first, *_ = panels(overview(language))
    assert first["type"] == "table"
    assert first["gridPos"]["x"] == first["gridPos"]["y"] == 0
    assert bottom(first) <= SCREENS["laptop"][1]
    rows = len(configured(CONFIG).service.judged_areas)  # all but the whole, and the heads
    assert HEAD + INSIDE / 2 + 36 * rows <= first["gridPos"]["h"] * (UNIT + GAP) - GAP
    beside = [one for one in panels(overview(language)) if one["gridPos"]["y"] == 0]
    assert all(bottom(one) <= SCREENS["laptop"][1] for one in beside)
    assert len(beside) == 3


@each
def test_no_column_is_cut(file: Path) -> None:
    """Columns as wide as they say, else 150 pixels: together no wider than the table, on a laptop."""
    for panel in kinds(file, "table"):
        usual = panel["fieldConfig"]["defaults"]["custom"].get("minWidth", LEAST_CELL)
        wanted = 0.0
        for field in shown_fields(panel):
            said = overridden(panel, field)
            wanted += said.get("custom.width", said.get("custom.minWidth", usual))
        assert wanted <= width(panel, SCREENS["laptop"][0]), panel["title"]


@each
def test_overdue_now_is_of_the_area_that_is_shown(file: Path) -> None:
    """A district's page once told the whole nation's."""
    title = Words(file.parent.name)("overdue.now.title")  # type: ignore[arg-type]
    tiles = [panel for panel in kinds(file, "stat") if panel["title"] == title]
    if file.stem == "pipeline":
        assert not tiles
        return
    (tile,) = tiles
    shown = {"overview": 'area="$root"', "area": 'area="$area"'}[file.stem]
    assert all(shown in target["expr"] for target in tile["targets"])


@each_language
def test_what_fires_is_told_by_area_category_sentence_time_and_runbook(language: str) -> None:
    """From Prometheus' own series: a list of alerts said "11 instances, 28 hidden" and named no area."""
    (file,) = [one for one in FILES if name_of(one) == f"{language}/overview"]
    assert not kinds(file, "alertlist")
    words = Words(language)
    (panel,) = [one for one in kinds(file, "table") if one["title"] == words("alarms.title")]
    (target,) = panel["targets"]
    assert 'ALERTS{alertstate="firing"' in target["expr"]
    assert "ALERTS_FOR_STATE" in target["expr"], "since when"
    area, category, wrong, since = shown_fields(panel)
    assert (area, category) == (words("variable.area"), words("variable.category"))
    told = {key: one["text"] for key, one in overridden(panel, wrong)["mappings"][0]["options"].items()}
    assert told.keys() == {rule.name for rule in RULES}, "every alert has its sentence"
    assert all(" " in text and len(text) <= 45 for text in told.values())
    (link,) = overridden(panel, wrong)["links"]
    assert link["url"] == "/d/${__value.raw}"
    runbooks = {file.stem for file in (FOLDER.parent / "runbooks").glob("*.json")}
    assert told.keys() <= runbooks
    assert overridden(panel, since)["unit"].startswith("time:")
    assert panel["fieldConfig"]["defaults"]["noValue"] == words("alarms.none")


@each
def test_a_change_of_verdict_is_one_mark_in_the_row_of_its_category(file: Path) -> None:
    """An annotation is drawn in all panels, and one over a window of its own an hour long, or not at all."""
    assert load(file)["annotations"] == {"list": []}
    for panel in kinds(file, "timeseries"):
        marks = [one for one in panel["targets"] if " offset " in one["expr"]]
        for mark in marks:
            assert mark["expr"].count("offset $__interval") == 1, "no change falls between two steps, nor into two"
            assert "$category" in mark["expr"]
            looks = overridden(panel, mark["legendFormat"])
            assert (looks["custom.drawStyle"], looks["custom.showPoints"]) == ("points", "always")
    if file.stem != "pipeline":
        assert sum(" offset " in one.expression for one in asked(file)) == 1


@each
def test_counts_begin_at_nothing(file: Path) -> None:
    """Where Grafana chooses the least value, 75 missions look like none. A score on a logarithmic scale has no 0."""
    for panel in kinds(file, "timeseries"):
        defaults = panel["fieldConfig"]["defaults"]
        if defaults["custom"].get("scaleDistribution"):
            assert "min" not in defaults
        else:
            assert defaults["min"] == 0, panel["title"]


@each
def test_a_text_is_shown_whole(file: Path) -> None:
    """Lines of 22 pixels, and 14 between paragraphs, on a laptop: the panel is as high as its text."""
    for panel in kinds(file, "text"):
        letters = width(panel, SCREENS["laptop"][0]) / (14 * LETTER)
        paragraphs = re.sub(r"<[^>]*>", "", panel["options"]["content"]).split("\n\n")
        needed = sum(
            14 + sum(22 * max(1, -(-len(line) // int(letters))) for line in one.split("\n")) for one in paragraphs
        )
        room = panel["gridPos"]["h"] * (UNIT + GAP) - GAP - HEAD
        assert needed <= room, panel["title"]


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2: of a colour's parts of 255."""
    parts = [one / 255 / 12.92 if one / 255 <= 0.04045 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def grounds(value: object) -> Iterator[str]:
    """Colours that Grafana fills a cell or tile with: of mappings and thresholds."""
    if isinstance(value, dict):
        if "color" in value and isinstance(value["color"], str) and value["color"].startswith("#"):
            yield value["color"]
        for inner in value.values():
            yield from grounds(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from grounds(inner)


@each
def test_what_is_written_on_a_colour_can_be_read(file: Path) -> None:
    """Contrast of at least 4.5 with the text that Grafana chooses; #E69F00 under white had 2.2."""
    filled = [one for kind in ("stat", "table") for one in kinds(file, kind)]
    found = {colour for panel in filled for colour in grounds(panel["fieldConfig"])}
    assert found
    for colour in found:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        text = DIM if (299 * red + 587 * green + 114 * blue) / 1000 > 180 else BRIGHT
        dark, light = sorted((luminance((red, green, blue)), luminance(text)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


@each
def test_no_unit_is_english(file: Path) -> None:
    """Grafana's own units for time say "1.39 hours" and "mins", "Mil" for millions: minutes are numbers here."""
    neutral = {"none", "percentunit", "bytes", "string", "suffix: min", "suffix: s", "suffix: /s"}
    for panel in panels(load(file)):
        found = {panel["fieldConfig"]["defaults"]["unit"]} if "targets" in panel else set()
        for override in panel.get("fieldConfig", {}).get("overrides", []):
            found |= {one["value"] for one in override["properties"] if one["id"] == "unit"}
        assert {one for one in found if not one.startswith("time:")} <= neutral, panel["title"]
    for one in asked(file):
        if re.search(r"response_time_\w*seconds", one.expression) and "count_values" not in one.expression:
            assert "/ 60" in one.expression, one.where


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_categories_and_windows_are_called_as_the_reader_does(language: str) -> None:
    """Columns, lines and variables: what another language calls otherwise does not read `rural` or `tertial`."""
    service, words = configured(CONFIG).service, Words(language)
    categories = {one.slug: names.category(words.say, service, one.slug) for one in service.categories}
    for file in (FOLDER / language / name for name in ("overview.json", "area.json")):
        for panel in kinds(file, "table"):
            if any(one["options"].get("columnField") == "category" for one in panel["transformations"]):
                renamed = [
                    one["options"]["renameByName"] for one in panel["transformations"] if one["id"] == "organize"
                ]
                assert categories.items() <= renamed[0].items() | {(k, k) for k in categories}, panel["title"]
        texts = json.dumps(load(file)["templating"], ensure_ascii=False)
        for said in (*categories.values(), words.say.window("tertial"), words.say.window("year")):
            assert f'\\"{said}\\"' in texts
    for panel in panels(load(FOLDER / language / "area.json")):
        for target in panel.get("targets", []):
            if "{{category}}" in target.get("legendFormat", ""):
                told = target["legendFormat"].replace("{{category}}", "rural").replace("{{window}}", "tertial")
                for one in panel["transformations"]:
                    assert one["id"] == "renameByRegex"
                    pattern = one["options"]["renamePattern"].replace("$1", r"\1")
                    told = re.sub(one["options"]["regex"], pattern, told)
                assert told == f"{categories['rural']} · {words.say.window('tertial')}"


@each
def test_links_name_an_area_by_its_slug(file: Path) -> None:
    """A name may stand for two areas, or change: the address has what the variable holds."""
    for panel in kinds(file, "table"):
        links = [
            (override["matcher"]["options"], link["url"])
            for override in panel["fieldConfig"]["overrides"]
            for one in override["properties"]
            if one["id"] == "links"
            for link in one["value"]
        ]
        for field, url in links:
            if "var-area=" not in url:
                continue
            (value,) = re.findall(r"var-area=(.+?)&", url)
            if value == "${__data.fields.slug}":
                (extracted,) = [one["options"] for one in panel["transformations"] if one["id"] == "extractFields"]
                taken = re.fullmatch(extracted["regExp"].strip("/").replace("(?<", "(?P<"), "vest|Vest og Øst")
                assert taken
                assert taken.groupdict() == {"slug": "vest", "name": "Vest og Øst"}
                assert overridden(panel, "slug").keys() == {"custom.hidden", "custom.hideFrom"}, "no mapping"
            else:
                assert value == "${__value.raw}", "what is shown is a name, by mapping; raw is the slug"
                (arranged,) = [one["options"] for one in panel["transformations"] if one["id"] == "organize"]
                assert arranged["renameByName"]["area"] == field


@each
def test_no_query_selects_more_than_three_series_and_a_page_is_small(file: Path) -> None:
    """A verdict took 13 selectors, ten times on a page; 104 KB of JSON."""
    assert file.stat().st_size <= MOST_BYTES
    for one in asked(file):
        named = re.findall(r"\b(?:response|monitor|process)_\w+(?=[{\s),]|$)|\bALERTS\w*(?=\{)", one.expression)
        assert 1 <= len(named) <= MOST_SELECTORS, (one.where, named)


@pytest.mark.parametrize(("name", "screen"), [(one, "laptop") for one in ("overview", "area", "pipeline")]
                         + [("overview", "desktop")])  # fmt: skip
def test_the_first_screen_asks_ten_queries_at_most(name: str, screen: str) -> None:
    """Of panels of which anything can be seen."""
    first = [
        panel
        for panel in panels(load(FOLDER / "en" / f"{name}.json"))
        if ABOVE + panel["gridPos"]["y"] * (UNIT + GAP) < SCREENS[screen][1]
    ]
    assert sum(len(panel.get("targets", [])) for panel in first) <= FIRST_QUERIES


@each
def test_counters_are_told_by_their_increase(file: Path) -> None:
    """What has been lost since the store was made says nothing about today."""
    counters = "|".join(one.name for one in metrics.ALL if one.kind == "counter")
    for one in asked(file):
        for place in re.finditer(rf"\b({counters})\b", one.expression):
            assert re.search(r"\b(increase|rate)\($", one.expression[: place.start()]), one.where


@each
def test_a_process_is_one_of_the_monitors(file: Path) -> None:
    """Every program in a shared Prometheus has a memory: only those of our jobs are shown."""
    for one in asked(file):
        for inside in re.findall(r"\bprocess_\w+(\{[^}]*\})?", one.expression):
            assert inside == '{job=~"response-exporter|response-worker|response-feed"}', one.where


@each
def test_variables_are_those_that_links_and_people_know(file: Path) -> None:
    """In one order everywhere: service, area, category, objective, window."""
    order = ["service", "area", "category", "objective", "window"]
    found = [one["name"] for one in load(file)["templating"]["list"] if one["name"] in order]
    assert found == [one for one in order if one in found]
    assert (
        found
        == {"area": order, "overview": [one for one in order if one != "area"], "pipeline": ["service"]}[file.stem]
    )


SURVIVING: Final = {
    "panels": {"stat", "table", "timeseries", "state-timeline", "text", "row"},
    "transformations": {
        "sortBy", "groupingToMatrix", "extractFields", "organize", "merge", "renameByRegex",
    },
    "variables": {"datasource", "query"},
    "mappings": {"value", "range", "regex", "special"},
    "defaults": {
        "color", "custom", "decimals", "max", "min", "noValue", "unit", "links", "mappings", "thresholds",
    },
}  # fmt: skip
"""What schema v2 of Grafana 13 has a kind for, so that the conversion on loading keeps it.

Whatever else stands in `defaults` it drops without a word (`extractFieldConfigDefaults`), and a sorting of variables
above 4 its first releases turned into none (`transformVariableSortToEnum`): areas in any order.
"""
LARGEST_SORT: Final = 4


@each
def test_nothing_is_used_that_the_next_schema_does_not_know(file: Path) -> None:
    """Grafana 13 converts on loading: no annotation of the old form, no angular or library panel, no snapshot."""
    dashboard = load(file)
    assert {panel["type"] for panel in panels(dashboard)} <= SURVIVING["panels"]
    used = {one["id"] for panel in panels(dashboard) for one in panel.get("transformations", [])}
    assert used <= SURVIVING["transformations"]
    assert {one["type"] for one in dashboard["templating"]["list"]} <= SURVIVING["variables"]
    assert all(one.get("sort", 0) <= LARGEST_SORT for one in dashboard["templating"]["list"])
    assert all(isinstance(one["query"], dict) for one in dashboard["templating"]["list"][1:])
    assert not {"rows", "__inputs", "snapshot", "gnetId", "style"} & dashboard.keys()
    known = {
        "id", "type", "title", "description", "datasource", "targets", "options", "fieldConfig", "transformations",
        "gridPos", "repeat", "repeatDirection", "maxPerRow", "collapsed", "panels",
    }  # fmt: skip
    for panel in panels(dashboard):
        assert panel.keys() <= known
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        assert defaults.keys() <= SURVIVING["defaults"], panel["title"]
        assert {one["type"] for one in defaults.get("mappings", [])} <= SURVIVING["mappings"]
        matchers = {one["matcher"]["id"] for one in panel.get("fieldConfig", {}).get("overrides", [])}
        assert matchers <= {"byName", "byRegexp"}
        assert all({"refId", "expr", "datasource"} <= target.keys() for target in panel.get("targets", []))


def test_a_service_without_alarm_has_no_empty_panels() -> None:
    """The shipped one has two; those of others are left out when the files are made (test_any_service)."""
    words = Words("en")
    shown = list(strings(load(FOLDER / "en" / "area.json")))
    assert words("drift.title") in shown
    assert words("none.alarm") in shown, "and where they are shown all the same, they say why they are empty"

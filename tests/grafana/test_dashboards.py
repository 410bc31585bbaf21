"""The committed dashboards are what Grafana expects and what people can read, in every language."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitor import metrics
from monitor.dashboards import palette
from monitor.dashboards.frame import AREA_UID, COLUMNS, OVERVIEW_UID, PIPELINE_UID
from monitor.dashboards.palette import SHADES
from monitor.dashboards.words import TEXTS, Words
from monitor.words.catalogue import LANGUAGES
from tests.grafana.dashboards import FILES, WITHOUT_FIGURES, asked, load, name_of, panels, strings

COLOURS = {value for value in vars(palette).values() if isinstance(value, str) and value.startswith("#")}
COLOURS |= {*palette.LINES.values()}
OWN_LABELS = {"job", "instance", "le", "alertname", "alertstate", "verdict", "time", "cell", "row", "name"}

each = pytest.mark.parametrize("file", FILES, ids=name_of)


def test_three_dashboards_in_every_language() -> None:
    """Overview, area, pipeline."""
    assert {name_of(file) for file in FILES} == {
        f"{language}/{name}" for language in LANGUAGES for name in ("overview", "area", "pipeline")
    }


BEYOND = re.compile(r"\.fieldConfig\.defaults\.custom\.spanNulls")
"""Of a state timeline Grafana has it ("Connect null values"), and the types that it publishes do not."""


def lost(written: Any, again: Any, where: str = "") -> list[str]:
    """What of a text Grafana's types do not know: it is missing, or another, once they have read it."""
    if BEYOND.search(where):
        return []
    if isinstance(written, dict) and isinstance(again, dict):
        return [fault for key, one in written.items() for fault in lost(one, again.get(key), f"{where}.{key}")]
    if isinstance(written, list) and isinstance(again, list) and len(written) == len(again):
        return [fault for n, one in enumerate(written) for fault in lost(one, again[n], f"{where}[{n}]")]
    return [] if written == again or (written in ([], None) and again is None) else [where]


@each
def test_a_dashboard_survives_grafanas_own_types(file: Path) -> None:
    """Read and written again by the SDK nothing is lost: every field is one that Grafana knows."""
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(load(file)), cls=JSONEncoder))
    assert lost(load(file), again) == []


def test_a_field_that_grafana_does_not_know_would_be_noticed() -> None:
    """The check itself."""
    register_default_plugins()
    wrong = load(FILES[0])
    wrong["panels"][0]["colour"] = "blue"
    again = json.loads(json.dumps(Dashboard.from_json(wrong), cls=JSONEncoder))
    assert lost(wrong, again) == [".panels[0].colour"]


@each
def test_no_panel_overlaps_another_or_leaves_the_grid(file: Path) -> None:
    """Every panel has a place of its own within 24 columns."""
    places = [(panel["title"], panel["gridPos"]) for panel in panels(load(file))]
    for title, place in places:
        assert place["x"] >= 0 <= place["y"], title
        assert place["w"] > 0 < place["h"], title
        assert place["x"] + place["w"] <= COLUMNS, title
    for (one, here), (other, there) in combinations(places, 2):
        apart = (
            here["x"] + here["w"] <= there["x"]
            or there["x"] + there["w"] <= here["x"]
            or here["y"] + here["h"] <= there["y"]
            or there["y"] + there["h"] <= here["y"]
        )
        assert apart, f"{one} overlaps {other}"
    numbers = [panel["id"] for panel in panels(load(file))]
    assert len(set(numbers)) == len(numbers)


@each
def test_every_panel_says_what_it_shows_in_which_unit_from_which_source(file: Path) -> None:
    """Title, description, unit, thresholds, a word where figures lack, and a source that the reader chooses."""
    for panel in panels(load(file)):
        if panel["type"] == "row":
            continue
        title = panel["title"]
        assert title
        assert len(panel["description"]) > 20, title
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, title
        if panel["type"] in WITHOUT_FIGURES:
            continue
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"], title
        assert defaults["noValue"], title
        assert defaults["thresholds"]["steps"], title
        assert panel["targets"], title
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), title
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"]), title
        assert all(target.get("instant", False) is not target.get("range", False) for target in panel["targets"])


@each
def test_overrides_and_legends_name_what_the_queries_give(file: Path) -> None:
    """An override for a name that no query has would be silently without effect."""
    for panel in panels(load(file)):
        if panel["type"] not in ("timeseries", "stat"):
            continue
        given = {target["legendFormat"] for target in panel["targets"]}
        for override in panel["fieldConfig"].get("overrides", []):
            assert override["matcher"]["options"] in given, panel["title"]
            for one in override["properties"]:
                if one["id"] == "custom.fillBelowTo":
                    assert one["value"] in given, panel["title"]


@each
def test_every_verdict_has_its_words_and_what_is_no_number_has_some(file: Path) -> None:
    """All codes are told, and NaN, which a figure may be, is never left to Grafana."""
    codes = {str(code) for code in metrics.VERDICTS.values()}
    for panel in panels(load(file)):
        mappings = panel.get("fieldConfig", {}).get("defaults", {}).get("mappings")
        if mappings is None:
            continue
        assert [one["options"]["match"] for one in mappings if one["type"] == "special"] == ["null+nan"], panel[
            "title"
        ]
        if panel["type"] == "state-timeline":
            assert mappings[0]["options"].keys() == codes
        if panel["type"] == "stat":
            assert panel["options"]["reduceOptions"]["calcs"] == ["last"]


@each
def test_colours_are_the_palettes_and_none_is_green(file: Path) -> None:
    """Only colours that the colour-blind can tell apart; nothing is green, least of all what is not known."""
    text = json.dumps(load(file))
    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", text)) <= COLOURS
    assert "green" not in text.lower()
    grey = {shade.colour for shade in SHADES if shade.evidence is None}
    assert grey == {palette.GREY, palette.DARK_GREY}
    assert grey.isdisjoint(shade.colour for shade in SHADES if shade.evidence)


@each
def test_expressions_use_only_names_and_labels_of_the_vocabulary(file: Path) -> None:
    """A metric or label that does not exist would match nothing, without a word."""
    for one in asked(file):
        names = set(re.findall(r"\b((?:response|monitor)_\w+)", one.expression))
        plain = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}
        assert plain <= metrics.BY_NAME.keys(), one.where
        known = {label for name in plain for label in metrics.BY_NAME[name].labels} | OWN_LABELS
        used = set(re.findall(r'(\w+)(?:=~?|!=|!~)"', one.expression))
        assert used <= known | ({metrics.SERVICE} if "ALERTS" in one.expression else set()), one.where


@each
def test_expressions_are_of_the_service_that_is_chosen(file: Path) -> None:
    """Every metric of ours is selected by the variable: two services in one Prometheus are never added up."""
    for one in asked(file):
        for _, inside in re.findall(r"\b((?:response|monitor)_\w+)(\{[^}]*\})", one.expression):
            assert 'service="$service"' in inside or one.label == metrics.SERVICE, one.where


@each
def test_links_lead_to_dashboards_that_exist(file: Path) -> None:
    """Each link names a dashboard of the same language, or the runbook of the alert that it stands on."""
    known = {f"{uid}-{file.parent.name}" for uid in (OVERVIEW_UID, AREA_UID, PIPELINE_UID)}
    found = {name for text in strings(load(file)) for name in re.findall(r"/d/([^?]+)", text)}
    assert found
    assert found - {"${__value.raw}"} <= known
    assert load(file)["uid"] in known


@each
def test_variables_begin_with_something_and_all_has_a_meaning(file: Path) -> None:
    """Every variable has a label and help; "All" is a pattern, so that no list of names grows into a query."""
    listed = load(file)["templating"]["list"]
    for variable in listed:
        assert variable["label"], variable["name"]
        assert variable["description"], variable["name"]
        if variable.get("includeAll"):
            assert variable["allValue"] == ".+", "what lacks the label is none of all"
            assert variable["current"]["value"] == ["$__all"]
    used = {name for text in strings(load(file)) for name in re.findall(r"\$\{?([a-z]\w+)", text)}
    assert used - {"datasource"} <= {one["name"] for one in listed} | {"__data", "__value"}


@each
def test_what_is_repeated_is_repeated_for_a_variable_of_several_values(file: Path) -> None:
    """Rows and panels for each category, however many there are: at most four beside each other."""
    dashboard = load(file)
    several = {one["name"] for one in dashboard["templating"]["list"] if one.get("multi")}
    for panel in panels(dashboard):
        if (repeated := panel.get("repeat")) is None:
            continue
        assert repeated in several, panel["title"]
        if panel["type"] != "row":
            assert (panel["repeatDirection"], panel["maxPerRow"]) == ("h", 4)
            assert f"${repeated}" in panel["title"]


@each
def test_variables_ask_as_grafana_documents(file: Path) -> None:
    """Values of a label, or the result of a query that a pattern takes value and text from; hidden ones follow."""
    for variable in load(file)["templating"]["list"]:
        if variable["type"] != "query":
            continue
        kinds = {"label_values": 1, "query_result": 3}
        assert "\n" not in variable["query"]["query"], "Grafana reads one line"
        assert kinds[variable["query"]["query"].partition("(")[0]] == variable["query"]["qryType"]
        assert bool(variable.get("regex")) is (variable["query"]["qryType"] == 3)
        assert (variable.get("hide", 0) == 2) is (variable["name"] in ("root", "clock"))
        named = {"area", "category", "objective", "window"} & {variable["name"]}
        assert ("(?<value>" in variable.get("regex", "") and "(?<text>" in variable["regex"]) is bool(named)


@each
def test_refresh_and_time_range_are_set(file: Path) -> None:
    """A wall screen needs no hand: it renews itself over a sensible range."""
    dashboard = load(file)
    assert re.fullmatch(r"\d+[sm]", dashboard["refresh"])
    assert dashboard["time"]["from"].startswith("now-")
    assert dashboard["editable"] is False


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_shows_the_same(language: str) -> None:
    """One builder: panel by panel the other dashboards ask what the English ones ask, in the same places."""
    for file in (one for one in FILES if one.parent.name == "en"):
        other = file.parents[1] / language / file.name
        assert [(one.expression, one.instant) for one in asked(file) if "variable" not in one.where] == [
            (one.expression, one.instant) for one in asked(other) if "variable" not in one.where
        ]
        widths = [[panel["gridPos"][one] for one in "xw"] for panel in panels(load(file))]
        assert widths == [[panel["gridPos"][one] for one in "xw"] for panel in panels(load(other))]


def test_every_text_is_used() -> None:
    """No text is left over from a panel that is gone."""
    for language in LANGUAGES:
        words = Words(language)
        shown = "\n".join(text for file in FILES if file.parent.name == language for text in strings(load(file)))
        for key in TEXTS:
            if key == "folder":
                continue
            assert words(key) in shown, f"{language}: {key}"

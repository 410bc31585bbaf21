"""Every fault that people once saw in a real Grafana, put back into the files: the check of its row must notice.

A row each of what was seen; what is not of the dashboards' JSON is checked beside the stack (tests/compose).
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.grafana import dashboards, test_dashboards, test_looks

Panel = dict[str, Any]
Spoil = Callable[[Panel], None]


def of_kind(kind: str) -> Callable[[Panel], list[Panel]]:
    """The panels of a kind, in a dashboard."""
    return lambda dashboard: [one for one in dashboards.panels(dashboard) if one["type"] == kind]


timelines, tiles, tables, charts = map(of_kind, ("state-timeline", "stat", "table", "timeseries"))


def queries(dashboard: Panel) -> Iterator[Panel]:
    """All queries of all panels."""
    for panel in dashboards.panels(dashboard):
        yield from panel.get("targets", [])


def grey_timeline(dashboard: Panel) -> None:
    timelines(dashboard)[0]["fieldConfig"]["defaults"]["color"] = {"mode": "thresholds"}


def shrinking_tiles(dashboard: Panel) -> None:
    tiles(dashboard)[0]["options"]["text"] = {"valueSize": 14, "titleSize": 14}


def long_verdicts(dashboard: Panel) -> None:
    for panel in tiles(dashboard):
        for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
            for result in mapping["options"].values() if mapping["type"] == "value" else ():
                result["text"] = "✖ missed, strong evidence"


def matrix_below_the_fold(dashboard: Panel) -> None:
    tables(dashboard)[0]["gridPos"]["y"] = 20


def national_overdue(dashboard: Panel) -> None:
    for query in queries(dashboard):
        query["expr"] = query["expr"].replace('area="$area"', 'area="$root"')


def alert_list(dashboard: Panel) -> None:
    tables(dashboard)[1]["type"] = "alertlist"


def no_district_named(dashboard: Panel) -> None:
    for panel in tables(dashboard):
        if any("ALERTS" in target["expr"] for target in panel["targets"]):
            panel["targets"][0]["expr"] = 'count by (alertname) (ALERTS{alertstate="firing"})'


def no_word_for_nothing(dashboard: Panel) -> None:
    del charts(dashboard)[0]["fieldConfig"]["defaults"]["noValue"]


def annotation(dashboard: Panel) -> None:
    dashboard["annotations"]["list"].append({"name": "changes", "enable": True, "expr": "changes(x[1h]) > 0"})


def marks_of_all_classes(dashboard: Panel) -> None:
    for query in queries(dashboard):
        query["expr"] = query["expr"].replace("$category", ".+") if " offset " in query["expr"] else query["expr"]


def cut_columns(dashboard: Panel) -> None:
    for panel in tables(dashboard):
        panel["fieldConfig"]["defaults"]["custom"]["minWidth"] = 600


def floating_axis(dashboard: Panel) -> None:
    for panel in charts(dashboard):
        panel["fieldConfig"]["defaults"].pop("min", None)


def clipped_text(dashboard: Panel) -> None:
    of_kind("text")(dashboard)[0]["gridPos"]["h"] = 2


def pale_grounds(dashboard: Panel) -> None:
    tiles(dashboard)[0]["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] = "#56B4E9"


def english_units(dashboard: Panel) -> None:
    charts(dashboard)[0]["fieldConfig"]["defaults"]["unit"] = "m"


def seconds_with_a_unit_of_grafanas(dashboard: Panel) -> None:
    for query in queries(dashboard):
        query["expr"] = query["expr"].replace(" / 60", "")


def links_by_name(dashboard: Panel) -> None:
    for panel in tables(dashboard):
        panel["fieldConfig"] = json.loads(
            json.dumps(panel["fieldConfig"])
            .replace("${__data.fields.slug}", "${__value.text}").replace("${__value.raw}", "${__value.text}")
        )  # fmt: skip


def memory_of_everybody(dashboard: Panel) -> None:
    for query in queries(dashboard):
        query["expr"] = re.sub(r"(process_resident_memory_bytes)\{.*?\}", r"\1", query["expr"])


def bare_counters(dashboard: Panel) -> None:
    for query in queries(dashboard):
        query["expr"] = query["expr"].replace("increase(", "last_over_time(")


def all_as_anything(dashboard: Panel) -> None:
    for variable in dashboard["templating"]["list"]:
        if variable.get("includeAll"):
            variable["allValue"] = ".*"


def too_large(dashboard: Panel) -> None:
    dashboard["description"] += " " * 30_000


def many_selectors(dashboard: Panel) -> None:
    query = next(queries(dashboard))
    query["expr"] += (
        " or response_missions_measured{} or response_missions_measured{} or response_missions_measured{}"
    )


def many_queries(dashboard: Panel) -> None:
    first = dashboard["panels"][0]
    first["targets"] = [{**first["targets"][0], "refId": f"Q{number}"} for number in range(11)]


def variables_in_another_order(dashboard: Panel) -> None:
    dashboard["templating"]["list"].reverse()


def lost_in_the_next_schema(dashboard: Panel) -> None:
    dashboard["templating"]["list"][1]["sort"] = 5


def unknown_to_the_next_schema(dashboard: Panel) -> None:
    charts(dashboard)[0]["fieldConfig"]["defaults"]["displayMode"] = "basic"


looks, whole = test_looks, test_dashboards
ROWS: Final[list[tuple[str, Spoil, Callable[..., None]]]] = [
    ("area", grey_timeline, looks.test_verdicts_over_time_are_coloured_by_their_words),
    ("overview", shrinking_tiles, looks.test_a_figure_is_the_largest_text_of_its_tile_and_fits),
    ("overview", long_verdicts, looks.test_a_figure_is_the_largest_text_of_its_tile_and_fits),
    ("overview", matrix_below_the_fold, looks.test_the_matrix_comes_first_and_is_seen_without_scrolling),
    ("area", national_overdue, looks.test_overdue_now_is_of_the_area_that_is_shown),
    ("overview", alert_list, looks.test_what_fires_is_told_by_area_category_sentence_time_and_runbook),
    ("overview", no_district_named, looks.test_what_fires_is_told_by_area_category_sentence_time_and_runbook),
    ("area", no_word_for_nothing, whole.test_every_panel_says_what_it_shows_in_which_unit_from_which_source),
    ("area", annotation, looks.test_a_change_of_verdict_is_one_mark_in_the_row_of_its_category),
    ("area", marks_of_all_classes, looks.test_a_change_of_verdict_is_one_mark_in_the_row_of_its_category),
    ("overview", cut_columns, looks.test_no_column_is_cut),
    ("area", floating_axis, looks.test_counts_begin_at_nothing),
    ("overview", clipped_text, looks.test_a_text_is_shown_whole),
    ("overview", pale_grounds, looks.test_what_is_written_on_a_colour_can_be_read),
    ("area", english_units, looks.test_no_unit_is_english),
    ("area", seconds_with_a_unit_of_grafanas, looks.test_no_unit_is_english),
    ("overview", links_by_name, looks.test_links_name_an_area_by_its_slug),
    ("pipeline", memory_of_everybody, looks.test_a_process_is_one_of_the_monitors),
    ("pipeline", bare_counters, looks.test_counters_are_told_by_their_increase),
    ("area", all_as_anything, whole.test_variables_begin_with_something_and_all_has_a_meaning),
    ("overview", too_large, looks.test_no_query_selects_more_than_three_series_and_a_page_is_small),
    ("overview", many_selectors, looks.test_no_query_selects_more_than_three_series_and_a_page_is_small),
    ("overview", many_queries, looks.test_the_first_screen_asks_ten_queries_at_most),
    ("area", variables_in_another_order, looks.test_variables_are_those_that_links_and_people_know),
    ("area", lost_in_the_next_schema, looks.test_nothing_is_used_that_the_next_schema_does_not_know),
    ("area", unknown_to_the_next_schema, looks.test_nothing_is_used_that_the_next_schema_does_not_know),
]


@pytest.mark.parametrize(("name", "spoil", "check"), ROWS, ids=[spoil.__name__ for _, spoil, _ in ROWS])
def test_a_fault_that_is_back_is_noticed(
    name: str, spoil: Spoil, check: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check holds for the files as they are, and not for those with the fault."""
    folder = tmp_path / "dashboards"
    shutil.copytree(dashboards.FOLDER, folder)
    shutil.copytree(dashboards.FOLDER.parent / "runbooks", tmp_path / "runbooks")
    for place in (dashboards, test_looks):
        monkeypatch.setattr(place, "FOLDER", folder)
    monkeypatch.setattr(test_looks, "FILES", sorted(folder.glob("*/*.json")))
    file = folder / "en" / f"{name}.json"
    asked = {"file": file, "language": "en", "name": name, "screen": "laptop"}
    wanted = check.__code__.co_varnames[: check.__code__.co_argcount]
    arguments = {key: value for key, value in asked.items() if key in wanted}
    check(**arguments)
    spoiled = dashboards.load(file)
    spoil(spoiled)
    assert spoiled != dashboards.load(file), "nothing was put back"
    file.write_text(json.dumps(spoiled, ensure_ascii=False), encoding="utf-8")
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(**arguments)

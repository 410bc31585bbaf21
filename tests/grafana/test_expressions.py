"""Every PromQL expression of every dashboard, variable, annotation and alert rule gives data at a real Prometheus."""

import math
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.alerts import RULES
from monitor.alerts.prometheus import GROUPS
from monitor.alerts.rule import Rule
from monitor.alerts.text import Figure, Scope
from monitor.dashboards.queries import cell_code, judged_cells
from monitor.metrics import VERDICTS
from tests.grafana import provisioned
from tests.grafana.dashboards import FILES, FOLDER, Asked, asked, load, name_of
from tests.grafana.scene import SILENT, WORST, Prometheus
from tests.servers.components import require

pytestmark = pytest.mark.integration

DASHBOARDS = [one for file in FILES for one in asked(file)]
UNCHANGING = {"$__rate_interval": "20s", "$__interval": "1s", "$__range": "1m"}
POLICE: Mapping[str, str] = {"$service": "norwegian-police", "$root": "national", "$clock": "response"}
FIRE: Mapping[str, str] = {"$service": "fire", "$root": "county", "$clock": "turnout"}
PAGING = {"norwegian-police": "requirement", "fire": "eight_in_ten"}
CHOICES: tuple[Mapping[str, str], ...] = (
    {**POLICE, "$objective": "requirement", "$area": "vest", "$category": ".+", "$window": "28d", "$instance": ".+"},
    {**POLICE, "$objective": "goal", "$area": "national", "$category": "urban", "$window": "tertial",
     "$instance": "{worker}"},
    {**POLICE, "$objective": "requirement", "$area": "oslo", "$category": "(urban|town)", "$window": "year",
     "$instance": "({worker})"},
    {**FIRE, "$objective": "eight_in_ten", "$area": "hills", "$category": ".+", "$window": "28d", "$instance": ".+"},
    {**FIRE, "$objective": "average", "$area": "north", "$category": "any", "$window": "quarter",
     "$instance": "{worker}"},
)  # fmt: skip
"""All of everything, one of everything, several of what may be several: as Grafana writes them into a query."""
ONLY_PAGING = ("response_drift_score", "response_period_e_value")
ONLY_PERCENTILES = ("response_missions_within_target", "response_objective_ratio")


def silent(expression: str, choice: Mapping[str, str]) -> bool:
    """Whether the panel has nothing to draw for this objective, and says so in its description."""
    paging = choice["$objective"] == PAGING[choice["$service"]]
    if not paging and any(name in expression for name in ONLY_PAGING):
        return True
    if " offset " in expression:
        return True  # nothing turns while the scene lasts
    share = any(name in expression for name in ONLY_PERCENTILES) and "response_verdict" not in expression
    return share and choice["$objective"] == "average"


def filled_in(expression: str, choice: Mapping[str, str], worker_ports: Mapping[str, int]) -> str:
    """The expression as Grafana would send it."""
    worker = f"127.0.0.1:{worker_ports[choice['$service']]}"
    for name, value in {**UNCHANGING, **choice}.items():
        expression = re.sub(re.escape(name) + r"\b", value.format(worker=worker), expression)
    assert "$" not in re.sub(r'"\$1"', "", expression), f"a variable that nobody fills in: {expression}"
    return expression


def known(series: list[dict[str, Any]]) -> bool:
    """Whether any sample is a number."""
    values = [pair for one in series for pair in (one.get("values") or [one["value"]])]
    return any(not math.isnan(float(value)) for _, value in values)


@pytest.mark.parametrize("one", DASHBOARDS, ids=lambda one: one.where)
def test_every_expression_of_a_dashboard_gives_data(
    one: Asked, scraped: Prometheus, worker_ports: dict[str, int]
) -> None:
    """For either service, with every choice of the variables the panel has something to draw; with "All", numbers.

    A pool has no drift of its own: its series is there, as NaN. What is drawn is of the service that is chosen.
    """
    for choice in CHOICES:
        expression = filled_in(one.expression, choice, worker_ports)
        if one.label:
            assert scraped.labels(expression, one.label), expression
            continue
        found = scraped.instant(expression) if one.instant else scraped.over_time(expression)
        if silent(expression, choice):
            assert not known(found), expression
            continue
        assert found, f"no data: {expression}"
        assert choice["$category"] != ".+" or known(found), f"nothing but NaN: {expression}"
        assert {sample["metric"].get("service", choice["$service"]) for sample in found} == {choice["$service"]}


@pytest.mark.parametrize(("rule", "name", "expression"), provisioned.expressions())
def test_every_expression_of_an_alert_rule_gives_data(
    rule: str, name: str, expression: str, scraped: Prometheus
) -> None:
    """Each rule answers for every series, 1 where Prometheus' rule fires, and each figure of its texts is found."""
    found = scraped.instant(expression)
    assert found, f"{rule}, {name}: no data: {expression}"
    if name == "Verdict":
        assert {float(one["value"][1]) for one in found} <= {0.0, 1.0}


def test_figures_of_a_text_carry_the_labels_of_their_alert(scraped: Prometheus) -> None:
    """Grafana gives a text only those figures whose labels are the alert's, or some of them: else it reads as "?"."""
    for rule, name, expression in provisioned.expressions():
        labels = provisioned.labels_of(rule)
        if name != "Verdict" and labels:
            for one in scraped.instant(expression):
                assert {*one["metric"]} <= {*labels} >= {"service"}, rule


FIGURES = [(rule, one) for rule in RULES for text in (rule.summary, rule.description) for one in text.figures]


@pytest.mark.parametrize(("rule", "figure"), FIGURES, ids=lambda one: getattr(one, "name", ""))
def test_prometheus_and_grafana_tell_the_same_number(rule: Rule, figure: Figure, scraped: Prometheus) -> None:
    """What a text asks of its one series is what the query of all of them gives for it, series by series."""
    every = scraped.instant(figure.asked(Scope(rule.labels)))
    assert every
    for sample in (*every[:3], *every[-3:]):
        here = tuple((label, "=", value) for label, value in sample["metric"].items())
        (alone,) = scraped.instant(figure.asked(Scope(rule.labels, here)))
        assert alone["value"][1] == sample["value"][1]


def test_the_breach_of_one_area_fires_its_rule_alone(scraped: Prometheus) -> None:
    """It says 1 for the area of each service for which Prometheus' rule fires, and for a pool that it pulls down.

    It says 0 for every other series.
    """
    (expression,) = [
        text
        for rule, name, text in provisioned.expressions()
        if (rule, name) == ("ResponseObjectiveBreached", "Verdict")
    ]
    samples = [(one["metric"], float(one["value"][1])) for one in scraped.instant(expression)]
    told = {(metric["service"], metric["area"]) for metric, value in samples if value > 0}
    assert told == {*WORST.items(), ("fire", "north")}
    assert {metric["objective"] for metric, value in samples if value > 0} == set(PAGING.values())
    assert len(samples) == 39 * 2 + 15 * 3, "each area and category, with each objective"


def test_a_variable_holds_slugs_by_their_names_and_paging_objectives_first(
    scraped: Prometheus, worker_ports: dict[str, int]
) -> None:
    """What Grafana takes out of the answers, also of a service that nobody knew when the files were made."""
    taken: dict[str, list[dict[str, str]]] = {}
    for variable in load(FOLDER / "en" / "area.json")["templating"]["list"]:
        if not variable.get("regex"):
            continue
        asked = variable["query"]["query"].removeprefix("query_result(").removesuffix(")")
        pattern = variable["regex"].removeprefix("/").removesuffix("g").removesuffix("/").replace("(?<", "(?P<")
        found = taken.setdefault(variable["name"], [])
        for sample in scraped.instant(filled_in(asked, CHOICES[3], worker_ports)):
            told = "{" + ", ".join(f'{key}="{value}"' for key, value in sorted(sample["metric"].items())) + "} 1"
            matches = list(re.finditer(pattern, told))
            named = {key: value for one in matches for key, value in one.groupdict().items() if value is not None}
            found.append(named or {"value": matches[0][1]})
    assert {one["text"]: one["value"] for one in taken["area"]} == {
        "The County": "county", "North & Coast": "north", "harbour": "harbour", "hills": "hills", "south": "south",
    }  # fmt: skip
    assert {one["value"] for one in taken["category"]} == {"any", "house", "forest"}
    assert [one["value"] for one in taken["objective"]] == ["eight_in_ten", "average", "nine_in_ten"]


def test_the_rules_own_watch_tells_a_prometheus_without_rules(scraped: Prometheus) -> None:
    """0 where all groups are evaluated, as here; a group that is not, or no longer, counts."""
    (expression,) = [text for rule, _, text in provisioned.expressions() if rule == "MonitorUnwatched"]
    assert [one["value"][1] for one in scraped.instant(expression)] == ["0"]
    missing = expression.replace("timestamp_seconds", 'timestamp_seconds{group="response"}')
    assert [one["value"][1] for one in scraped.instant(missing)] == [str(len(GROUPS) - 1)]
    stale = expression.replace("time()", "(time() + 200)")
    assert [one["value"][1] for one in scraped.instant(stale)] == [str(len(GROUPS))]


def test_the_matrix_puts_the_surest_breach_first(scraped: Prometheus, worker_ports: dict[str, int]) -> None:
    """One cell per area and category, each with verdict and minutes; the worst area leads, no target comes last.

    In the order of the texts, the greatest first, as the table's first transformation has it.
    """
    (one,) = [one for one in DASHBOARDS if one.where.startswith("en/overview: Areas by the objective")]
    cells = [sample["metric"] for sample in scraped.instant(filled_in(one.expression, CHOICES[0], worker_ports))]
    cells.sort(key=lambda one: str(one["cell"]), reverse=True)
    assert len(cells) == 36
    assert cells[0]["area"] == WORST["norwegian-police"]
    assert cells[0]["row"] == "vest|Vest"
    assert re.fullmatch(r"8 \d+(\.\d{1,2})?", cells[0]["cell"])
    said = {cell["cell"].split()[0] for cell in cells}
    known_codes = {str(cell_code(code)) for code in VERDICTS.values()}
    assert {"8", "1", "5", "0"} <= said <= known_codes, "missed, met, no data and no target are all there"
    silent = {one["cell"].split()[0] for one in cells if (one["area"], one["category"]) in SILENT}
    assert silent == {"5", "0"}
    without = [cell["cell"].split()[0] == "0" for cell in cells]
    assert without == sorted(without), "no target is nothing to do"
    others = [sample["metric"] for sample in scraped.instant(filled_in(one.expression, CHOICES[3], worker_ports))]
    assert {cell["row"] for cell in others} == {
        "north|North & Coast",
        "harbour|harbour",
        "hills|hills",
        "south|south",
    }


def test_the_standing_has_a_cell_for_each_objective_and_category(
    scraped: Prometheus, worker_ports: dict[str, int]
) -> None:
    """Of the whole and of an area, a mean among them."""
    for where in ("en/overview: How the objectives stand", "en/area: How the objectives stand"):
        (one,) = [one for one in DASHBOARDS if one.where.startswith(where)]
        cells = [sample["metric"] for sample in scraped.instant(filled_in(one.expression, CHOICES[3], worker_ports))]
        assert {(cell["objective"], cell["category"]) for cell in cells} == {
            (objective, category)
            for objective in ("average", "eight_in_ten", "nine_in_ten")
            for category in ("any", "house", "forest")
        }
        assert len(cells) == 9
        assert all(re.fullmatch(r"[0-8] \d+(\.\d{1,2})?", cell["cell"]) for cell in cells)


def test_what_fires_is_told_with_its_beginning(scraped: Prometheus, worker_ports: dict[str, int]) -> None:
    """By area and category, in milliseconds, of the service that is chosen alone; of a pool as well."""
    (one,) = [one for one in DASHBOARDS if one.where.startswith("en/overview: Firing alerts")]
    for choice in (CHOICES[0], CHOICES[3]):
        samples = scraped.instant(filled_in(one.expression, choice, worker_ports))
        breached = [sample for sample in samples if sample["metric"]["alertname"] == "ResponseObjectiveBreached"]
        pulled_down = {"north"} if choice["$service"] == "fire" else set()
        assert {sample["metric"]["area"] for sample in breached} == {WORST[choice["$service"]], *pulled_down}
        assert all(sample["metric"]["category"] for sample in breached)
        for sample in breached:
            assert 0 < scraped.at - float(sample["value"][1]) / 1000 < 300


def test_a_verdict_that_turned_is_marked_once(tmp_path: Path) -> None:
    """At the first step after it began or ceased to be missed; other changes, and a gap, are none.

    minute    0  1  2  3  4  5  6  7  8  9
    verdict   5  3  1  6  8  7  2  2  _  7
    marked             x        x
    """
    (one,) = {one.expression for one in DASHBOARDS if "offset" in one.expression and "/area: " in one.where}
    here = 'service="fire",area="hills",category="any",objective="nine_in_ten",window="28d"'
    choice = {**CHOICES[3], "$category": "any", "$objective": "nine_in_ten"}
    expression = filled_in(
        one.replace("$__interval", "1m").replace("$__rate_interval", "1m"), choice, dict.fromkeys(WORST, 0)
    )
    labels = '{service="fire", area="hills", category="any"}'
    asked_at = [
        {
            "expr": expression,
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": labels, "value": 10}] if minute in (3, 6, 9) else [],
        }
        for minute in range(10)
    ]
    series = [
        {"series": f"response_verdict{{{here}}}", "values": "5 3 1 6 8 7 2 2 stale 7"},
        {"series": f"response_time_seconds{{{here}}}", "values": "600x9"},
    ]
    file = tmp_path / "turns.yml"
    told = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": asked_at}]}
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    done = subprocess.run(
        [require("promtool"), "test", "rules", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_missions_overdue_are_told_once(scraped: Prometheus, worker_ports: dict[str, int]) -> None:
    """Not again for the pools above them, of areas and of categories."""
    (one,) = [one for one in DASHBOARDS if one.where.startswith("en/overview: Overdue now")]
    for choice in (CHOICES[0], CHOICES[3]):
        (sample,) = scraped.instant(filled_in(one.expression, choice, worker_ports))
        assert sample["value"][1] == "3"


def test_the_number_of_expressions_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """How much these tests have asked, for whoever reads their output."""
    rules = provisioned.expressions()
    with capsys.disabled():
        print(  # noqa: T201 - the count is asked for
            f"\n{len(DASHBOARDS)} expressions in {len(FILES)} dashboards ({', '.join(map(name_of, FILES))}), "
            f"{len(rules)} in {len(provisioned.rules())} alert rules; "
            f"{len({one.expression for one in DASHBOARDS} | {text for _, _, text in rules})} different ones"
        )
    assert len(DASHBOARDS) > 100


@pytest.mark.parametrize(
    ("seconds", "shown"), [(600.0, "10"), (600.2, "10.01"), (601.8, "10.03"), (246.0, "4.1"), (738.6, "12.31")]
)
def test_minutes_of_a_cell_are_over_a_target_exactly_where_the_time_is(
    tmp_path: Path, seconds: float, shown: str
) -> None:
    """Ten minutes and a fifth of a second are not "10.0" in red, and what just keeps a target is not above it."""
    labels = 'service="s",area="a",category="c",objective="o",window="year"'
    test = {
        "rule_files": [], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [
                {"series": f"response_time_seconds{{{labels}}}", "values": f"{seconds}"},
                {"series": f"response_verdict{{{labels}}}", "values": "8"},
            ],
            "promql_expr_test": [{
                "expr": judged_cells().replace("$service", "s"), "eval_time": "0m",
                "exp_samples": [{
                    "labels": f'{{service="s",area="a",category="c",time="{shown}",verdict="8",cell="8 {shown}"}}',
                    "value": 1,
                }],
            }],
        }],
    }  # fmt: skip
    file = tmp_path / "cells.yml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")
    ran = subprocess.run(
        [require("promtool"), "test", "rules", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

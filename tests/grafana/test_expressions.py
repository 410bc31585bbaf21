"""Every PromQL expression of every dashboard, variable, annotation and alert rule gives data at a real Prometheus."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from monitor.alerts import RULES
from monitor.alerts.promql import Matcher
from monitor.alerts.rule import Rule
from monitor.alerts.text import Figure
from monitor.core.stats.wilson import share_interval
from monitor.exporter.metrics import VERDICTS
from tests.grafana import provisioned
from tests.grafana.dashboards import FILES, Asked, asked, name_of
from tests.grafana.scene import SILENT, WORST, Prometheus
from tests.presets import police

pytestmark = pytest.mark.integration

DASHBOARDS = [one for file in FILES for one in asked(file)]
UNCHANGING = {"$service": police().slug, "$__rate_interval": "20s", "$__interval": "1s", "$__range": "1m"}
CHOICES: tuple[Mapping[str, str], ...] = (
    {"$area": WORST, "$category": ".*", "$window": "28d", "$instance": ".*"},
    {"$area": "national", "$category": "urban", "$window": "tertial", "$instance": "{worker}"},
    {"$area": "oslo", "$category": "(urban|town)", "$window": "year", "$instance": "({worker})"},
)
"""All of everything, one of everything, several of what may be several: as Grafana writes them into a query."""


def filled_in(expression: str, choice: Mapping[str, str], worker_port: int) -> str:
    """The expression as Grafana would send it."""
    for name, value in {**UNCHANGING, **choice}.items():
        expression = re.sub(re.escape(name) + r"\b", value.format(worker=f"127.0.0.1:{worker_port}"), expression)
    assert "$" not in expression, f"a variable that nobody fills in: {expression}"
    return expression


def known(series: list[dict[str, Any]]) -> bool:
    """Whether any sample is a number."""
    values = [pair for one in series for pair in (one.get("values") or [one["value"]])]
    return any(not math.isnan(float(value)) for _, value in values)


@pytest.mark.parametrize("one", DASHBOARDS, ids=lambda one: one.where)
def test_every_expression_of_a_dashboard_gives_data(one: Asked, scraped: Prometheus, worker_port: int) -> None:
    """With every choice of the variables the panel has something to draw; with "All", numbers.

    The national pool has no drift of its own: its series is there, as NaN.
    """
    for place, choice in enumerate(CHOICES):
        expression = filled_in(one.expression, choice, worker_port)
        if one.label:
            assert scraped.labels(expression, one.label), expression
            continue
        found = scraped.instant(expression) if one.instant else scraped.over_time(expression)
        assert found, f"no data: {expression}"
        assert place or known(found), f"nothing but NaN: {expression}"


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
    """Grafana gives a text only those figures whose labels fit the alert's: otherwise it would read as "?"."""
    for rule, name, expression in provisioned.expressions():
        labels = provisioned.labels_of(rule)
        if name != "Verdict" and labels:
            assert {frozenset(one["metric"]) for one in scraped.instant(expression)} == {frozenset(labels)}, rule


FIGURES = [
    (rule, part.asked) for rule in RULES for part in (*rule.summary, *rule.description) if isinstance(part, Figure)
]


@pytest.mark.parametrize(("rule", "asked"), FIGURES, ids=lambda one: getattr(one, "name", ""))
def test_prometheus_and_grafana_tell_the_same_number(
    rule: Rule, asked: Callable[[tuple[Matcher, ...]], str], scraped: Prometheus
) -> None:
    """What a text asks of its one series is what the query of all of them gives for it, series by series."""
    every = scraped.instant(asked(()))
    assert every
    for sample in (*every[:3], *every[-3:]):
        assert tuple(sorted(sample["metric"])) == tuple(sorted(rule.labels))
        here = tuple((label, "=", sample["metric"][label]) for label in rule.labels)
        (alone,) = scraped.instant(asked(here))
        assert alone["value"][1] == sample["value"][1]


def test_the_breach_of_one_district_fires_its_rule_alone(scraped: Prometheus) -> None:
    """It says 1 for the district for which Prometheus' rule fires, and 0 for every other series."""
    (expression,) = [
        text
        for rule, name, text in provisioned.expressions()
        if (rule, name) == ("ResponseObjectiveBreached", "Verdict")
    ]
    samples = scraped.instant(expression)
    assert {one["metric"]["area"] for one in samples if float(one["value"][1]) > 0} == {WORST}
    assert len(samples) == 39 * 2, "each area and category, with each objective"


def test_the_rules_own_watch_tells_a_prometheus_without_rules(scraped: Prometheus) -> None:
    """0 where both groups are evaluated, as here; a group that is not, or no longer, counts."""
    (expression,) = [text for rule, _, text in provisioned.expressions() if rule == "MonitorUnwatched"]
    assert [one["value"][1] for one in scraped.instant(expression)] == ["0"]
    missing = expression.replace("timestamp_seconds", 'timestamp_seconds{group="response"}')
    assert [one["value"][1] for one in scraped.instant(missing)] == ["1"]
    stale = expression.replace("time()", "(time() + 200)")
    assert [one["value"][1] for one in scraped.instant(stale)] == ["2"]


def test_the_matrix_puts_the_surest_breach_first(scraped: Prometheus, worker_port: int) -> None:
    """One cell per district and class, each with verdict and minutes; the worst area leads, no target comes last."""
    (one,) = [one for one in DASHBOARDS if one.where.startswith("en/national: P80 against the requirement")]
    cells = [sample["metric"] for sample in scraped.instant(filled_in(one.expression, CHOICES[0], worker_port))]
    assert len(cells) == 36
    assert cells[0]["area"] == WORST
    assert re.fullmatch(r"3 \d+(\.\d)?", cells[0]["cell"])
    said = {cell["cell"].split()[0] for cell in cells}
    assert {"3", "-3", "0", "NaN"} <= said <= {f"{code:g}" for code in VERDICTS.values()} | {"NaN"}
    silent = {one["cell"].split()[0] for one in cells if (one["area"], one["category"]) in SILENT}
    assert silent == {"0", "NaN"}
    order = [0 if cell["cell"].startswith("NaN") else 4 + int(cell["cell"].split()[0]) for cell in cells]
    assert order == sorted(order, reverse=True)


def test_the_band_of_the_share_is_wilsons(scraped: Prometheus, worker_port: int) -> None:
    """What the panel computes from the counts is what `core.stats.wilson` says of them."""
    ends = [one.expression for one in DASHBOARDS if one.where.startswith("en/district: Share within")][:2]
    places = ("area", "category")

    def shown(expression: str) -> dict[tuple[str, ...], float]:
        samples = scraped.instant(filled_in(expression, CHOICES[0], worker_port))
        return {tuple(one["metric"][label] for label in places): float(one["value"][1]) for one in samples}

    counts = 'max by (area, category) ({}{{area="$area",objective="requirement",window="28d"}})'
    judged, within = (shown(counts.format(f"response_missions_{one}")) for one in ("judged", "within_target"))
    lower, upper = map(shown, ends)
    assert len(judged) == 3
    for place, missions in judged.items():
        expected = share_interval(int(within[place]), int(missions))
        assert (lower[place], upper[place]) == pytest.approx((expected.lower, expected.upper), abs=1e-4)


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

"""What provisions Grafana uses only fields that Grafana documents, and names only what exists."""

import re
from pathlib import Path

import pytest
import yaml

from monitor.alerts import RULES
from monitor.alerts.rule import Severity
from monitor.alerts.text import DISTRICT_NAME
from monitor.dashboards.alerting import Figures, NotTranslated, for_every_series
from monitor.dashboards.provisioning import DASHBOARDS_PATH, VARIABLES
from monitor.dashboards.sources import ALERTMANAGER_UID, PROMETHEUS_UID
from tests.grafana import dashboards, provisioned
from tests.grafana.documented import FORMS, faults
from tests.grafana.documented import RULES as RULES_FORM

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")


def test_every_provisioning_file_is_known() -> None:
    """No file lies where Grafana would read it unchecked."""
    assert {file.relative_to(provisioned.FOLDER).as_posix() for file in provisioned.FILES} == FORMS.keys()


@pytest.mark.parametrize("place", FORMS)
def test_a_file_has_only_documented_fields(place: str) -> None:
    """Fields, types and enumerated values are those of Grafana's documentation."""
    assert faults(provisioned.load(place), FORMS[place]) == []


def test_a_typo_would_be_noticed() -> None:
    """The check itself: another name, another type, a missing field."""
    wrong = {"apiVersion": 1, "groups": [{"orgId": "1", "name": "n", "folder": "f", "intervall": "1m", "rules": []}]}
    assert sorted(faults(wrong, RULES_FORM)) == [
        ".groups[0].interval: missing",
        ".groups[0].intervall: no such field",
        ".groups[0].orgId: '1' is no int",
    ]


def test_only_documented_variables_come_from_the_environment() -> None:
    """Grafana fills in `$NAME` everywhere but in texts and queries of alert rules, whose own dollar signs stay."""
    files = [file for file in provisioned.FILES if file.name != "rules.yml"]
    found = {name for file in files for name in VARIABLE.findall(file.read_text(encoding="utf-8"))}
    assert found == set(VARIABLES)
    for rule in provisioned.rules():
        plain = {key: value for key, value in rule.items() if key not in ("annotations", "data")}
        assert "$" not in repr(plain)
        texts = " ".join(rule["annotations"].values())
        assert set(VARIABLE.findall(texts)) <= {"labels", "values"}


def test_every_alert_is_managed_by_grafana_too() -> None:
    """One rule for each of the definition, with the same severity and patience."""
    rules = {rule["title"]: rule for rule in provisioned.rules()}
    assert rules.keys() == {rule.name for rule in RULES}
    for rule in RULES:
        assert rules[rule.name]["labels"] == {"severity": str(rule.severity)}
    identities = [rule["uid"] for rule in rules.values()]
    assert len(set(identities)) == len(identities)
    assert all(re.fullmatch(r"[\w-]{1,40}", one) for one in identities)


def test_what_fires_goes_on_while_nobody_can_see() -> None:
    """A rule that needs sight keeps its last state without data; the one about absence tells a lost data source."""
    for rule, written in zip(RULES, provisioned.rules(), strict=True):
        assert written["title"] == rule.name
        assert written["noDataState"] == ("KeepLast" if rule.sight else "OK")
        assert written["execErrState"] == ("Error" if rule.name == "MonitorAbsent" else "KeepLast")


def test_a_rule_judges_its_own_query_and_texts_name_only_its_figures() -> None:
    """Condition, threshold and every figure in a text belong to queries of the same rule."""
    for rule in provisioned.rules():
        names = [query["refId"] for query in rule["data"]]
        assert rule["condition"] == "Wrong"
        assert len(set(names)) == len(names)
        (threshold,) = [query for query in rule["data"] if query["datasourceUid"] == "__expr__"]
        assert threshold["model"]["expression"] == "Verdict"
        texts = " ".join(rule["annotations"].values())
        assert set(re.findall(r'index \$values "(\w+)"', texts)) == set(names) - {"Verdict", "Wrong"}
        assert all(query["datasourceUid"] in (PROMETHEUS_UID, "__expr__") for query in rule["data"])


def test_links_of_alerts_lead_somewhere() -> None:
    """Dashboards exist, and each runbook is named after its rule."""
    known = {dashboards.load(file)["uid"] for file in dashboards.FILES}
    for rule in provisioned.rules():
        address = rule["annotations"]["dashboard_url"]
        assert address.startswith("{{ externalURL ")
        assert address.partition("/d/")[2].partition("?")[0] in known
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{rule['title']}.md"


def test_every_severity_has_a_receiver_and_districts_are_grouped() -> None:
    """One notification per district; nothing is routed to a contact point that is not there."""
    points = {point["name"] for point in provisioned.load("alerting/contact-points.yml")["contactPoints"]}
    assert points == {str(one) for one in Severity}
    (root,) = provisioned.load("alerting/policies.yml")["policies"]
    for route in (root, *root["routes"]):
        assert route["receiver"] in points
        assert "district" in route["group_by"]


def test_dashboards_are_found_where_the_container_has_them() -> None:
    """Each provider names one language's folder; the data sources have the names that others use."""
    paths = {one["options"]["path"] for one in provisioned.load("dashboards/dashboards.yml")["providers"]}
    assert paths == {f"{DASHBOARDS_PATH}/{folder.name}" for folder in dashboards.FOLDER.iterdir()}
    sources = provisioned.load("datasources/prometheus.yml")["datasources"]
    assert [one["uid"] for one in sources] == [PROMETHEUS_UID, ALERTMANAGER_UID]


def test_a_figure_of_one_series_becomes_one_of_all_series() -> None:
    """Placeholders go, and every aggregation keeps the labels that they stood for."""
    asked = 'sum(max by (settlement) (last_over_time(m{a="1",district=%q}[6h]))) >= -Inf'
    assert for_every_series(asked, ("district",)) == (
        'sum by (district) (max by (district, settlement) (last_over_time(m{a="1"}[6h])))'
    )
    assert for_every_series("max(m{district=%q,settlement=%q}) / 60 >= -Inf", ("district", "settlement")) == (
        "max by (district, settlement) (m) / 60"
    )


def test_a_text_that_cannot_be_translated_is_refused() -> None:
    """A new kind of look-up fails the generation; it never reaches a pager half translated."""
    with pytest.raises(NotTranslated):
        Figures((), "up", {}).translated('{{ query "up" }}')


def test_a_district_is_called_by_its_name() -> None:
    """A page about Øst says so; a district that the files do not know is told by its slug."""
    told = Figures(("district",), "up", {}, {"ost": "Øst", "oslo": "oslo"}).translated(f"{DISTRICT_NAME}: late")
    assert told == (
        "{{ if eq $labels.district `ost` }}Øst{{ else }}{{ $labels.district }}{{ end }}: late"
    )  # fmt: skip
    summaries = [rule["annotations"]["summary"] for rule in provisioned.rules()]
    assert sum("`more-og-romsdal` }}Møre og Romsdal{{" in summary for summary in summaries) == len(
        [rule for rule in RULES if "district" in rule.labels]
    )


def test_files_read_back_as_they_were_meant() -> None:
    """The writer's YAML means to a full parser what was put in."""
    rules = provisioned.rules()
    assert "\n" in rules[0]["data"][0]["model"]["expr"]
    assert yaml.safe_load((ROOT / "grafana/provisioning/alerting/rules.yml").read_text(encoding="utf-8"))

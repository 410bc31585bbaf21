"""What provisions Grafana uses only fields that Grafana documents, and names only what exists."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from monitor.alerts import RULES
from monitor.alerts.text import AreaName, Scope, standing, text
from monitor.dashboards import receivers
from monitor.dashboards.alerting import FIRST, SHOWN, UNWATCHED, Asked
from monitor.dashboards.provisioning import DASHBOARDS_PATH, RUNBOOKS_PATH, VARIABLES
from monitor.dashboards.sources import ALERTMANAGER_UID, PROMETHEUS_UID
from monitor.dashboards.words import Words
from monitor.words.catalogue import LANGUAGES, SOURCE
from tests.grafana import dashboards, provisioned
from tests.grafana.documented import FORMS, faults
from tests.grafana.documented import RULES as RULES_FORM
from tests.servers.components import require

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
EVERY = (*RULES, UNWATCHED)
SAID = "Why.\n\nLook: http://g/d/x\nWhat to do: http://g/d/X\n\n"

every_rule_file = pytest.mark.parametrize("place", provisioned.RULE_FILES)


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
    files = [file for file in provisioned.FILES if not file.name.startswith(("rules", "receivers", "messages"))]
    found = {name for file in files for name in VARIABLE.findall(file.read_text(encoding="utf-8"))}
    assert found == set(VARIABLES)
    for rule in provisioned.rules():
        plain = {key: value for key, value in rule.items() if key not in ("annotations", "data")}
        assert "$" not in repr(plain)
        texts = " ".join(rule["annotations"].values())
        assert set(VARIABLE.findall(texts)) <= {"labels", "values"}


@every_rule_file
def test_every_alert_is_told_by_grafana_too(place: str) -> None:
    """One rule for each of the definition, with the same severity, and one that watches Prometheus."""
    rules = {rule["title"]: rule for rule in provisioned.rules(place)}
    assert rules.keys() == {rule.name for rule in EVERY}
    for rule in EVERY:
        assert rules[rule.name]["labels"] == {"severity": str(rule.severity)}
    identities = [rule["uid"] for rule in rules.values()]
    assert len(set(identities)) == len(identities)
    assert all(re.fullmatch(r"[\w-]{1,40}", one) for one in identities)


@every_rule_file
def test_neither_silence_nor_an_error_begins_or_ends_an_alert(place: str) -> None:
    """What Grafana's documentation says of a state, for each rule.

    | rule | a query gives nothing | a query fails |
    | --- | --- | --- |
    | all but one | nothing fires, so nothing is ended; nothing is pending | what fires goes on, nothing begins |
    | MonitorUnwatched | cannot be: it always gives a number | after three minutes it fires |

    `KeepLast` turns what is pending into what fires, so no rule with it may wait; the rules of Prometheus do that.
    """
    for written in provisioned.rules(place):
        states = (written["for"], written["noDataState"], written["execErrState"])
        watches = written["title"] == UNWATCHED.name
        assert states == (("3m", "OK", "Alerting") if watches else ("0s", "OK", "KeepLast")), written["title"]
        assert "keepFiringFor" not in written
        (verdict,) = [query["model"]["expr"] for query in written["data"] if query["refId"] == "Verdict"]
        if not watches:
            assert f'ALERTS{{alertname="{written["title"]}",alertstate="firing"}}' in verdict
            assert re.findall(r"\b(?:response|monitor)_\w+", verdict) in ([], ["response_time_target_seconds"])


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


@every_rule_file
def test_links_of_alerts_lead_somewhere(place: str) -> None:
    """Whole addresses of this Grafana: dashboard and panel in the file's language, and the alert's own runbook."""
    language = next((one for one in LANGUAGES if place.endswith(f"-{one}.yml")), SOURCE)
    known = {dashboards.load(file)["uid"]: dashboards.load(file) for file in dashboards.FILES}
    here = '{{ externalURL | reReplaceAll "/+$" "" }}/d/'
    for rule in provisioned.rules(place):
        said = rule["annotations"]
        assert said["dashboard_url"].startswith(here)
        uid = said["dashboard_url"].removeprefix(here).partition("?")[0]
        assert uid == said["__dashboardUid__"]
        assert uid.endswith(f"-{language}")
        panels = {panel["id"]: panel["title"] for panel in dashboards.panels(known[uid])}
        shown = SHOWN.get(rule["title"], FIRST[uid.removesuffix(f"-{language}")])
        assert panels[int(said["__panelId__"])] == Words(language)(f"{shown}.title")
        assert said["runbook_url"] == f"{here}{rule['title']}"
        page = json.loads((provisioned.FOLDER / "runbooks" / f"{rule['title']}.json").read_text(encoding="utf-8"))
        assert page["uid"] == rule["title"]
    assert SHOWN.keys() <= {rule.name for rule in RULES}


@pytest.mark.parametrize(("ways", "place"), provisioned.RECEIVER_FILES.items())
def test_receivers_are_there_for_what_is_configured_alone(ways: tuple[str, ...], place: str) -> None:
    """A file names the addresses of its ways and no others; without any way nothing is ever sent."""
    loaded = provisioned.load(place)
    text = (provisioned.FOLDER / place).read_text(encoding="utf-8")
    wanted = {name for way in ways for name in receivers.VARIABLES[way]}
    assert set(VARIABLE.findall(text)) == wanted
    kinds = {one["type"] for point in loaded["contactPoints"] for one in point["receivers"]}
    assert kinds == ({{"webhook": "webhook", "mail": "email"}[way] for way in ways} or {"webhook"})
    muted = [route.get("mute_time_intervals") for route in loaded["policies"][0]["routes"]]
    if ways:
        assert "muteTimes" not in loaded
        assert muted == [None, None]
        return
    (always,) = loaded["muteTimes"]
    assert always["time_intervals"] == [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]
    assert muted == [[always["name"]], [always["name"]]]


def test_by_itself_the_folder_tells_nobody() -> None:
    """Whoever mounts it without a choice gets a Grafana that starts, and shows alerts in English."""
    assert provisioned.load("provisioning/alerting/rules.yml") == provisioned.load("choices/rules-en.yml")
    assert provisioned.load("provisioning/alerting/receivers.yml") == provisioned.load("choices/receivers.yml")


@pytest.mark.parametrize("place", provisioned.RECEIVER_FILES.values())
def test_every_alert_has_a_route_to_a_contact_point_and_areas_are_grouped(place: str) -> None:
    """One notification per area; the routes take every severity between them, since the root may mute nothing."""
    loaded = provisioned.load(place)
    points = {point["name"] for point in loaded["contactPoints"]}
    (root,) = loaded["policies"]
    assert {route["receiver"] for route in (root, *root["routes"])} == points
    assert all({"service", "area"} <= {*route["group_by"]} for route in (root, *root["routes"]))
    assert [route["object_matchers"] for route in root["routes"]] == [
        [["severity", "=", "page"]],
        [["severity", "!=", "page"]],
    ]
    assert not {"object_matchers", "mute_time_intervals"} & root.keys()


def test_no_integration_is_in_two_choices() -> None:
    """Grafana keeps what an earlier choice has left: under a name of its own nobody routes to it any more."""
    points = [
        point for place in provisioned.RECEIVER_FILES.values() for point in provisioned.load(place)["contactPoints"]
    ]
    uids = [one["uid"] for point in points for one in point["receivers"]]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)
    assert len({point["name"] for point in points}) == len(points)


@pytest.mark.parametrize(
    ("alerts", "title", "message"),
    [
        (
            [("firing", "Vest: 3 missions are late")],
            "Vest: 3 missions are late",
            f"Vest: 3 missions are late.\n\n{SAID}",
        ),
        (
            [("resolved", "Oslo: late"), ("firing", "Vest: one"), ("firing", "Vest: two")],
            "Vest: one (the first of 2)",
            f"Vest: one.\n\n{SAID}Vest: two.\n\n{SAID}Over: Oslo: late.\n",
        ),
        ([("resolved", "Vest: late")], "Over: Vest: late", "Over: Vest: late.\n"),
    ],
    ids=["one begins", "several", "all over"],
)
def test_a_notification_says_what_is_wrong(
    tmp_path: Path, alerts: list[tuple[str, str]], title: str, message: str
) -> None:
    """The templates, as Alertmanager's own engine renders them (Grafana's is the same): the summary is the title."""
    amtool = require("amtool")
    (template,) = provisioned.load("provisioning/alerting/messages.yml")["templates"]
    (tmp_path / "response.tmpl").write_text(template["template"], encoding="utf-8")
    links = {"description": "Why.", "dashboard_url": "http://g/d/x", "runbook_url": "http://g/d/X"}
    told = [{"status": status, "annotations": {"summary": summary, **links}} for status, summary in alerts]
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": "firing", "alerts": told}), encoding="utf-8")
    (settings,) = {
        (one["settings"].get("title", one["settings"].get("subject")), one["settings"]["message"])
        for place in provisioned.RECEIVER_FILES.values()
        for point in provisioned.load(place)["contactPoints"]
        for one in point["receivers"]
    }
    for given, shown in zip(settings, (title, message), strict=True):
        command = [
            amtool, "template", "render", f"--template.glob={tmp_path}/*.tmpl", f"--template.data={data}",
            f"--template.text={given}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        assert done.stdout.removesuffix("\n") == shown.removesuffix("\n")


def test_runbooks_are_pages_of_grafana_and_lead_to_each_other() -> None:
    """Each text is one page; a link leads to a page that is there, never to a file of the repository."""
    folder = provisioned.FOLDER / "runbooks"
    pages = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")}
    texts = {file.stem for file in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages.keys() == texts - {"README"} | {"Runbooks"}
    for name, page in pages.items():
        assert page["uid"] == name
        (panel,) = page["panels"]
        content = panel["options"]["content"]
        assert len(content) > 400
        for target in re.findall(r"\]\(([^)]*)\)", content):
            assert target.removeprefix("/d/") in pages, target


def test_dashboards_are_found_where_the_container_has_them() -> None:
    """Each provider names one language's folder; the data sources have the names that others use."""
    providers = provisioned.load("provisioning/dashboards/dashboards.yml")["providers"]
    paths = {one["options"]["path"] for one in providers}
    assert paths == {f"{DASHBOARDS_PATH}/{folder.name}" for folder in dashboards.FOLDER.iterdir()} | {RUNBOOKS_PATH}
    assert len({one["folderUid"] for one in providers}) == len({one["name"] for one in providers}) == len(providers)
    sources = provisioned.load("provisioning/datasources/prometheus.yml")["datasources"]
    assert [one["uid"] for one in sources] == [PROMETHEUS_UID, ALERTMANAGER_UID]


def asked(names: Mapping[tuple[str, str], str] | None = None) -> Asked:
    """A renderer of one rule's texts, in English."""
    return Asked(Scope(("service", "area")), str, names or {})


def test_an_area_is_called_by_its_name() -> None:
    """A page about Øst says so; an area that the files do not know, or of another service, is told by its slug."""
    told = asked({("police", "ost"): "Øst", ("police", "oslo"): "oslo"}).printed(
        text("{area}: late", area=AreaName())
    )
    slug = "{{ $labels.area }}"
    named = f"{{{{ if eq $labels.area `ost` }}}}Øst{{{{ else }}}}{slug}{{{{ end }}}}"
    assert told == f"{{{{ if eq $labels.service `police` }}}}{named}{{{{ else }}}}{slug}{{{{ end }}}}: late"
    assert asked().printed(text("{area}", area=AreaName())) == slug
    summaries = [rule["annotations"]["summary"] for rule in provisioned.rules()]
    assert sum("`more-og-romsdal` }}Møre og Romsdal{{" in summary for summary in summaries) == len(
        [rule for rule in RULES if "area" in rule.labels]
    )


def test_what_has_no_share_is_told_otherwise() -> None:
    """The first way whose query gives a number: of a mean that is the second; "?" where none does."""
    asking = asked()
    told = asking.printed(text("now {how}", how=standing()))
    queries = {name: query for query, name in asking.queries.items()}
    assert all(query.endswith(" >= -Inf") for query in queries.values()), "NaN would be told as a number"
    (share,) = (name for name, query in queries.items() if "within_target" in query)
    (over,) = queries.keys() - {share}
    first, second = (f'(index $values "{name}")' for name in (share, over))
    assert told == (
        f'now {{{{ if {first}.Labels }}}}{{{{ printf "%.3g" {first}.Value }}}} % within it{{{{ else }}}}'
        f'{{{{ if {second}.Labels }}}}{{{{ printf "%.0f" {second}.Value }}}} s over it{{{{ else }}}}?{{{{ end }}}}'
        "{{ end }}"
    )


def test_alerts_speak_the_language_of_the_file() -> None:
    """Texts of alerts come from the catalogues, as all others do."""
    english, norwegian = (provisioned.rules(f"choices/rules-{language}.yml") for language in ("en", "nb"))
    for one, other in zip(english, norwegian, strict=True):
        for key in ("summary", "description"):
            assert one["annotations"][key] != other["annotations"][key], one["title"]
            figures = [set(re.findall(r'index \$values "(\w+)"', text["annotations"][key])) for text in (one, other)]
            assert figures[0] == figures[1]


def test_files_read_back_as_they_were_meant() -> None:
    """The writer's YAML means to a full parser what was put in."""
    rules = provisioned.rules()
    assert "\n" in rules[0]["data"][0]["model"]["expr"]
    assert yaml.safe_load((ROOT / "grafana/provisioning/alerting/rules.yml").read_text(encoding="utf-8"))

"""The written files are what Prometheus and Alertmanager accept, and every alert has its runbook."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from monitor import metrics
from monitor.alerts import RULES, files
from monitor.alerts.alertmanager import ABSENT, BLIND, CAUSES, CONSEQUENCES, WEAKER
from monitor.alerts.prometheus import EVALUATED, GROUPS
from monitor.alerts.promql import SEEN_SECONDS, seconds, selector
from monitor.alerts.rule import Rule, Severity
from monitor.alerts.setup import Setup
from monitor.alerts.template import template
from monitor.alerts.text import MOST_FIGURES, AreaName, Text
from monitor.dashboards.alerting import UNWATCHED
from monitor.words.catalogue import LANGUAGES
from monitor.words.speaker import speaker
from tests.servers.components import require

ROOT: Final = Path(__file__).parents[2]
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
FOREIGN: Final = {"up", "ALERTS"}
"""Series that Prometheus makes itself."""
AT_ONCE: Final = {"MonitorNoWorker", "MonitorInvalidFlood"}
"""Judged over time before they are a metric: a sign of life is ten seconds late, a flood is a thousand records long.
A blip is over before Alertmanager's half minute is."""
HURRIED: Final = Setup(longest_for_seconds=0, group_wait_seconds=0, dashboards="https://monitor.example.org")
ALERTMANAGER: Final = files()["config/alertmanager/alertmanager.yml"]


def checked(folder: Path, setup: Setup, *command: str | Path) -> str:
    """What a tool says of the files written into a folder; it must accept them."""
    for place, text in files(setup).items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("setup", [Setup(), HURRIED], ids=["as shipped", "in a hurry"])
def test_prometheus_accepts_configuration_and_rules(promtool: Path, tmp_path: Path, setup: Setup) -> None:
    """Names, durations, expressions and templates are right; duplicates and unknown fields are errors."""
    said = checked(tmp_path, setup, promtool, "check", "config", "config/prometheus/prometheus.yml")
    rules = sorted(str(file) for file in tmp_path.glob("config/prometheus/rules/*.yml"))
    said += checked(tmp_path, setup, promtool, "check", "rules", "--lint=all", "--lint-fatal", *rules)
    assert sum(int(count) for count in re.findall(r"SUCCESS: (\d+) rules found", said)) == 2 * (
        len(RULES) + len(GROUPS)
    )


@pytest.mark.parametrize("setup", [Setup(), HURRIED], ids=["as shipped", "in a hurry"])
def test_alertmanager_accepts_its_configuration(tmp_path: Path, setup: Setup) -> None:
    """Routes, inhibition and receivers are right."""
    checked(tmp_path, setup, require("amtool"), "check-config", "config/alertmanager/alertmanager.yml")


@pytest.mark.parametrize(("severity", "receiver"), [("page", "page"), ("ticket", "ticket"), ("other", "ticket")])
def test_a_page_is_paged_and_the_rest_becomes_a_ticket(tmp_path: Path, severity: str, receiver: str) -> None:
    """Alertmanager's own router decides."""
    amtool = require("amtool")
    where = "--config.file=config/alertmanager/alertmanager.yml"
    said = checked(tmp_path, Setup(), amtool, "config", "routes", "test", where, f"severity={severity}")
    assert said.splitlines()[0] == receiver


def texts_of(rule: Rule) -> tuple[str, str]:
    """Summary and description as Prometheus has them."""
    return template(rule.summary, rule.labels), template(rule.description, rule.labels)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_text_is_read_by_a_person_and_so_is_its_rule(rule: Rule) -> None:
    """At most three look-ups each; what more there is to know, the linked page shows."""
    for text in texts_of(rule):
        assert len(re.findall(r"\| query\b", text)) <= MOST_FIGURES
    assert len(re.sub(r"\{\{.*?\}\}", "", " ".join(texts_of(rule)))) < 400


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_uses_only_the_vocabulary(rule: Rule) -> None:
    """Each metric in expression and texts exists, with the labels it is selected by."""
    text = f"{rule.expression} {' '.join(texts_of(rule))}"
    names = set(re.findall(r"\b(?:response|monitor)_[a-z_]+", text))
    assert names <= {name for known in metrics.BY_NAME for name in (known, f"{known}_bucket")}
    for name, matchers in re.findall(r"\b([A-Za-z_]+)\{(?!\{)([^}]*)\}", text):
        if name in FOREIGN:
            continue
        labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))
        assert labels <= set(metrics.BY_NAME[name].labels), name


def test_a_label_that_a_metric_does_not_have_is_refused() -> None:
    """A typing error is found when the rule is made, not when it stays silent at night."""
    with pytest.raises(ValueError, match="cannot be selected by window"):
        selector(metrics.STORE_UP, ("window", "=", "28d"))


def test_a_text_has_a_value_for_each_of_its_blanks() -> None:
    """Neither a hole in a page, nor a figure that nobody reads."""
    for said, blanks in (("{area} is late", {}), ("late", {"area": AreaName()})):
        with pytest.raises(ValueError, match="blanks"):
            Text(said, blanks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_keeps_its_blanks_in_every_language(language: str) -> None:
    """Whatever the order of words is there; and the words of alerts are in the catalogues."""
    say = speaker(language)
    for rule in (*RULES, UNWATCHED):
        for text in (rule.summary, rule.description):
            told = text.filled(say, lambda blank: f"<{type(blank).__name__}>")
            assert told.count("<") == len(text.blanks), told
            assert language == "en" or say(text.said) != text.said, f"{language}: {text.said}"


def test_no_rule_names_an_objective_an_area_or_a_statistic() -> None:
    """What a service has comes from labels: the same rules serve every service."""
    written = " ".join(text for place, text in files().items() if "/rules/" in place)
    assert not re.findall(r"\b(?:goal|requirement|settlement|district|national|urban|P50|P80|80 %|50 %)\b", written)
    assert not re.findall(r'(?:area|category|objective|service)="', written)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_keeps_services_apart(rule: Rule) -> None:
    """Each aggregation and each match of two vectors is by service: one Prometheus may hold several."""
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", rule.expression):
        assert "service" in labels.split(", "), rule.expression


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_whole(rule: Rule) -> None:
    """Every alert says what and why, waits before it pages, and stays still if it can be blind."""
    summary, description = texts_of(rule)
    assert summary
    assert description.endswith(".")
    assert rule.name.startswith(("Response", "Monitor"))
    assert rule.frozen <= bool(rule.sight)
    assert rule.severity is Severity.TICKET or rule.for_seconds >= 120 > SEEN_SECONDS or rule.name in AT_ONCE
    assert bool(rule.sight) is (rule.name != "MonitorAbsent")
    assert "$value" not in f"{summary}{description}", "it is 1 while an alert goes on unseen"
    assert rule.labels[0] == metrics.SERVICE or not rule.sight


@pytest.mark.parametrize("rule", [*RULES, UNWATCHED], ids=lambda rule: rule.name)
def test_every_alert_has_its_runbook(rule: Rule) -> None:
    """One page each: what it means, what to look at, what to do, when it is wrong."""
    text = (RUNBOOKS / f"{rule.name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.name}\n\n**{str(rule.severity).capitalize()}.** ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "What it means", "What to look at", "What to do", "When it is wrong",
    ]  # fmt: skip


def test_no_runbook_is_left_over() -> None:
    """A runbook without an alert belongs to one that was renamed."""
    runbooks = {file.stem for file in RUNBOOKS.glob("*.md")} - {"README"}
    assert runbooks == {rule.name for rule in (*RULES, UNWATCHED)}
    listed = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w+)\.md\)", listed)) == runbooks


def test_inhibition_names_alerts_that_exist_and_never_runs_in_a_circle() -> None:
    """Two alerts that silence each other would both be silent."""
    names = {rule.name for rule in RULES}
    named = {
        *WEAKER,
        *(target for targets in WEAKER.values() for target in targets),
        *BLIND,
        *CAUSES,
        *CONSEQUENCES,
        *ABSENT,
    }
    assert named <= names
    frozen = {rule.name for rule in RULES if rule.frozen}
    order = [*CAUSES, *CONSEQUENCES, *WEAKER]
    for source, targets in WEAKER.items():
        assert all(order.index(target) > order.index(source) for target in targets if target in order)
    assert frozen.isdisjoint(BLIND)
    assert {*CAUSES, *ABSENT}.isdisjoint(CONSEQUENCES)
    assert frozen.isdisjoint(ABSENT)


def test_one_service_never_silences_another() -> None:
    """Only an absence that nobody knows the service of silences all of them."""
    for rule in yaml.safe_load(ALERTMANAGER)["inhibit_rules"]:
        anybodys = 'service=""' in rule["source_matchers"]
        assert ("service" in rule.get("equal", [])) is not anybodys


def test_nobody_is_told_before_a_receiver_is_put_in() -> None:
    """An address that nobody listens at would be an error for each notification."""
    shipped = yaml.safe_load(ALERTMANAGER)
    assert shipped["receivers"] == [{"name": "page"}, {"name": "ticket"}]
    told = yaml.safe_load(files(Setup(page_url="http://127.0.0.1:1/p"))["config/alertmanager/alertmanager.yml"])
    assert [one.get("webhook_configs") for one in told["receivers"]] == [
        [{"url": "http://127.0.0.1:1/p", "send_resolved": True}],
        None,
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_says_that_it_was_evaluated(group: str) -> None:
    """Who asks what fires can tell "nothing" from "nobody looked"."""
    (written,) = yaml.safe_load(files()[f"config/prometheus/rules/{group}.yml"])["groups"]
    assert written["rules"][0] == {"record": EVALUATED, "expr": "time()", "labels": {"group": group}}


def test_what_looks_back_a_week_keeps_nothing_else_waiting() -> None:
    """It is evaluated by itself, once a minute: of thousands of series it takes longer than the others' interval."""
    weekly = {rule.name for rule in RULES if "[7d:" in rule.expression}
    assert weekly == {rule.name for rule in RULES if rule.group == "news"} != set()
    every = {
        group: yaml.safe_load(files()[f"config/prometheus/rules/{group}.yml"])["groups"][0].get("interval")
        for group in GROUPS
    }
    assert every == {"news": "1m"} | dict.fromkeys(set(GROUPS) - {"news"})
    assert Setup(evaluation_seconds=1, news_seconds=4).evaluated_every("news") == 1


@pytest.mark.parametrize("place", [place for place in files() if "/rules/" in place])
def test_links_are_whole_addresses(place: str) -> None:
    """A link in a notification is opened on a telephone: no path of the repository."""
    (written,) = yaml.safe_load(files()[place])["groups"]
    for rule in written["rules"][1:]:
        for kind, base in (("dashboard_url", "dashboards"), ("runbook_url", "runbooks")):
            link = rule["annotations"][kind]
            shown, _, default = link.rpartition("{{ . }}{{ else }}")
            assert shown.endswith(f"{{{{ with $externalLabels.{base} }}}}")
            assert re.match(r"http://[^{ ]+(\{\{ end \}\})+/", default), link


def test_no_secret_stands_in_a_shipped_file() -> None:
    """Addresses are of this machine, or stand in a comment."""
    lines = [line for text in files().values() for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert set(re.findall(r"https?://([\w.]+)", "\n".join(lines))) <= {"127.0.0.1"}
    assert not re.search(r"^[^#\n]*(?:password|credentials|token)", ALERTMANAGER, re.MULTILINE)


@pytest.mark.parametrize(
    ("amount", "written"), [(0, "0s"), (45, "45s"), (90, "90s"), (300, "5m"), (7200, "2h"), (345_600, "4d")]
)
def test_durations_are_written_in_their_largest_unit(amount: int, written: str) -> None:
    """As a person would."""
    assert seconds(amount) == written

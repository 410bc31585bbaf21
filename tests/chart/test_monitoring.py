"""Rules and dashboards in the chart are those of the repository, word by word, where their readers find them."""

import subprocess
from pathlib import Path

import yaml

from monitor.alerts.pipeline import EXPORTER_JOB, WORKER_JOB
from monitor.metrics import SERVICE
from tests.chart.rendered import CHART, ROOT, documents, named, rendered

LARGEST_BYTES = 1024 * 1024
"""Of a ConfigMap, and of the Secret in which helm keeps a release (that compressed)."""


def test_files_of_the_chart_are_links_to_the_only_copy() -> None:
    """There is no twin that could grow old: what `monitor generate` writes is what is packed."""
    links = {one.name: one.resolve() for one in (CHART / "files").iterdir()}
    assert all(one.is_symlink() for one in (CHART / "files").iterdir())
    assert links == {
        "dashboards": ROOT / "grafana/dashboards",
        "runbooks": ROOT / "grafana/runbooks",
        "rules": ROOT / "config/prometheus/rules",
        "mail-report": ROOT / "deploy/monthly-report/mail-report",
        "send-report": ROOT / "deploy/monthly-report/send-report",
    }


def test_rules_are_those_of_the_repository_with_links_that_lead_somewhere(promtool: Path, tmp_path: Path) -> None:
    """Every group and rule; only where links begin is other. Prometheus' own tool reads them."""
    spec = named("whole")["PrometheusRule/"]["spec"]
    shipped = []
    for file in sorted((ROOT / "config/prometheus/rules").glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        text = text.replace("http://127.0.0.1:8080", "https://monitor.example.org")
        text = text.replace("http://127.0.0.1:3000/d", "https://grafana.example.org/d")
        shipped += yaml.safe_load(text)["groups"]
    assert [(one["name"], one["rules"]) for one in spec["groups"]] == [(one["name"], one["rules"]) for one in shipped]
    assert [one["interval"] for one in spec["groups"]] == [one.get("interval", "5s") for one in shipped]
    assert "127.0.0.1" not in str(spec)
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(spec), encoding="utf-8")
    checked = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_targets_bear_the_names_that_rules_ask_for() -> None:
    """The jobs, the service that is judged in place of Kubernetes' own, and the operator's label."""
    monitors = {
        one["metadata"]["name"].rpartition("-")[2]: one
        for one in rendered("whole")
        if one["kind"] == "ServiceMonitor"
    }
    assert monitors.keys() == {"exporter", "worker", "feed"}
    for component, one in monitors.items():
        (endpoint,) = one["spec"]["endpoints"]
        relabelled = {rule["targetLabel"]: rule["replacement"] for rule in endpoint["relabelings"]}
        assert relabelled[SERVICE] == "my-slug"
        expected = {"exporter": EXPORTER_JOB, "worker": WORKER_JOB}.get(component, "response-feed")
        assert relabelled["job"] == expected
        assert endpoint["honorLabels"] is True
        assert one["metadata"]["labels"]["release"] == "kube-prometheus-stack"


def test_every_dashboard_is_there_once_under_a_name_of_its_own() -> None:
    """Grafana's sidecar writes all of them into one folder."""
    shown = {}
    for one in rendered("whole"):
        if one["metadata"]["labels"].get("grafana_dashboard") == "1":
            assert sum(map(len, one["data"].values())) < LARGEST_BYTES
            assert not one["data"].keys() & shown.keys()
            shown |= one["data"]
    files = [*ROOT.glob("grafana/dashboards/*/*.json"), *ROOT.glob("grafana/runbooks/*.json")]
    assert sorted(shown.values()) == sorted(file.read_text(encoding="utf-8").rstrip("\n") for file in files)


def test_one_language_is_one_set() -> None:
    """As shipped: English, and the runbooks."""
    sets = {one["metadata"]["name"] for one in documents("least") if "grafana_dashboard" in one["metadata"]["labels"]}
    assert {name.partition("rtm-response-time-monitor-")[2] for name in sets} == {"dashboards-en", "runbooks"}

"""What values may say: bad ones are refused with a sentence, and `auto` follows the cluster."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendered import CHART, NAMESPACE, OLDEST, ROOT, RefusedError, documents, run

OPERATOR, KEDA = "monitoring.coreos.com/v1", "keda.sh/v1alpha1"
SMTP = {"host": "mail", "from": "a@example.org"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"kafka": {"bootstrap": ""}}, "kafka.bootstrap is needed"),
        ({"redis": {"url": ""}}, "redis.url is needed"),
        ({"redis": {"url": "redis://user:secret@valkey:6379/0"}}, "/redis/url"),
        ({"worker": {"replicas": 0}}, "/worker/replicas"),
        ({"worker": {"scaling": {"minReplicas": 0}}}, "/worker/scaling/minReplicas"),
        ({"wokrer": {}}, "wokrer"),
        ({"service": {"name": "../other"}}, "/service/name"),
        ({"service": {"files": {"../service.toml": "x"}}}, "'../service.toml' does not match"),
        ({"feed": {"files": {"other.toml": "x"}}}, "feed.files has no feed.toml"),
        ({"report": {"enabled": True, "smtp": SMTP}}, "report.to is needed"),
        ({"report": {"enabled": True, "to": ["a@example.org"]}}, "report.smtp.host is needed"),
        ({"history": {"enabled": True}}, "history.existingClaim is needed"),
        ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        ({"env": {"monitor_x": "1"}}, "monitor_x"),
        (
            {"feed": {"files": {"feed.toml": "x", "a/b": "x", "a__b": "x"}}},
            "feed.files: a/b and a__b would be one key",
        ),
        ({"service": {"files": {"a/b": "x", "a__b": "x"}}}, "service.files: a/b and a__b would be one key"),
        ({"env": {"MONITOR_EXPORTER__METRICS_PORT": 8081}}, "env.MONITOR_EXPORTER__METRICS_PORT"),
        ({"env": {"MONITOR_ACCESS__MISSIONS_TOKENS_FILE": "/x"}}, "nothing is mounted there"),
        ({"env": {"MONITOR_WORKER__METRICS_WEB_CONFIG_FILE": "/x"}}, "nothing is mounted there"),
        ({"configuration": '[exporter]\nweb_config_file = "x"'}, "nothing is mounted there"),
        ({"configuration": 'access = { figures_tokens_file = "x" }'}, "nothing is mounted there"),
        ({"env": {"MONITOR_ALERTMANAGER__URL": "http://a:9093"}}, "monitoring.alertmanagerUrl"),
        ({"configuration": '[alertmanager]\nurl = "http://a:9093"'}, "monitoring.alertmanagerUrl"),
        ({"configuration": 'alertmanager = { url = "http://a:9093" }'}, "monitoring.alertmanagerUrl"),
        ({"monitoring": {"alertmanagerUrl": "a:9093"}}, "/monitoring/alertmanagerUrl"),
        ({"worker": {"scheme": "https"}}, "worker.keys.webConfig"),
        ({"exporter": {"scrape": {"honorLabels": False}}}, "honorLabels"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], told: str) -> None:
    """Before anything is sent to a cluster, by the value's name."""
    with pytest.raises(RefusedError) as refusal:
        documents("least", **values)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"exporter": {"existingSecret": "s", "keys": {"figuresTokens": "t"}}}, "exporter.scrape.authorization"),
        ({"env": {"MONITOR_ACCESS__PROXIES": "192.0.2.1"}}, "exporter.scrape.authorization"),
        ({"configuration": '[access]\nproxies = ["192.0.2.1"]'}, "exporter.scrape.authorization"),
        ({"feed": {"existingSecret": "s", "keys": {"webConfig": "w"}, "scheme": "https"}}, "feed.scrape.tlsConfig"),
    ],
)
def test_a_port_that_prometheus_could_not_ask_is_refused(values: dict[str, Any], told: str) -> None:
    """Where there are ServiceMonitors; who scrapes by other means says there how."""
    assert documents("least", **values)
    with pytest.raises(RefusedError) as refusal:
        documents("least", "--api-versions", OPERATOR, **values)
    assert told in str(refusal.value)


def test_words_in_comments_are_no_settings() -> None:
    """A monitor.toml as it is written: what stands behind # is not set."""
    text = '# web_config_file = "x"\n# [access]\n# [alertmanager]\n[exporter]\naccess_log = "none"  # [access]\n'
    assert documents("least", "--api-versions", OPERATOR, configuration=text)


def test_tokens_for_missions_alone_leave_figures_open() -> None:
    """Prometheus then needs none."""
    secret = {"existingSecret": "s", "keys": {"missionsTokens": "t"}}
    assert documents("least", "--api-versions", OPERATOR, exporter=secret)


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a", 80), ("https://a/alerts:9", 443), ("http://a:9093", 9093), ("https://a.b:8443/c", 8443)],
)
def test_alertmanager_is_reached_at_its_port(url: str, port: int) -> None:
    """The one of its address, or that of its scheme."""
    made = documents("least", monitoring={"alertmanagerUrl": url})
    (policy,) = (
        one for one in made if one["kind"] == "NetworkPolicy" and one["metadata"]["name"].endswith("exporter")
    )
    assert policy["spec"]["egress"][-1] == {"ports": [{"protocol": "TCP", "port": port}]}


@pytest.mark.parametrize(
    ("apis", "kinds"),
    [
        ((), set()),
        ((OPERATOR,), {"ServiceMonitor", "PrometheusRule"}),
        ((KEDA,), {"ScaledObject"}),
        ((OPERATOR, KEDA), {"ServiceMonitor", "PrometheusRule", "ScaledObject"}),
    ],
)
def test_what_a_cluster_does_not_have_is_not_asked_of_it(apis: tuple[str, ...], kinds: set[str]) -> None:
    """Operator and KEDA where they are present; without KEDA the worker has its own number."""
    made = documents("least", *(argument for api in apis for argument in ("--api-versions", api)))
    assert {one["kind"] for one in made} & {"ServiceMonitor", "PrometheusRule", "ScaledObject"} == kinds
    (worker,) = (one for one in made if one["kind"] == "Deployment" and one["metadata"]["name"].endswith("-worker"))
    assert ("replicas" in worker["spec"]) is ("ScaledObject" not in kinds), "two would pull at one number"


def test_exporters_can_go_first() -> None:
    """Where a release has new state, workers keep the former image for one upgrade."""
    made = documents("least", worker={"tag": "0.0.9"}, image={"repository": "r", "tag": "0.1.0"})
    images = {
        one["metadata"]["name"].rpartition("-")[2]: one["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in made
        if one["kind"] == "Deployment"
    }
    assert images == {"worker": "r:0.0.9", "exporter": "r:0.1.0"}


def test_what_the_user_sets_wins_and_stands_once() -> None:
    """`env` over what the chart sets, also where it is the same variable."""
    made = documents("least", env={"MONITOR_WORKER__METRICS_HOST": "::", "MONITOR_WORKER__STOP_SECONDS": 5})
    (worker,) = (one for one in made if one["kind"] == "Deployment" and one["metadata"]["name"].endswith("-worker"))
    told = [(one["name"], one["value"]) for one in worker["spec"]["template"]["spec"]["containers"][0]["env"]]
    assert ("MONITOR_WORKER__METRICS_HOST", "::") in told
    assert ("MONITOR_WORKER__STOP_SECONDS", "5") in told
    assert len({name for name, _ in told}) == len(told)


@pytest.mark.parametrize("release", ["r", "response-time-monitor", "a" * 53])
def test_names_fit_whatever_the_release_is_called(release: str) -> None:
    """63 characters; a CronJob's 52, for its Jobs bear it with a number."""
    text = run("template", release, CHART, "--namespace", NAMESPACE, "--kube-version", OLDEST,
               "--set", "kafka.bootstrap=k:9092,redis.url=redis://r,report.enabled=true,report.to={a@b.c}",
               "--set", "report.smtp.host=h,report.smtp.from=a@b.c")  # fmt: skip
    made = [one for one in yaml.safe_load_all(text) if one]
    assert len(made) > 10
    for one in made:
        assert len(one["metadata"]["name"]) <= (52 if one["kind"] == "CronJob" else 63)
        assert all(len(label) <= 63 for label in one["metadata"]["labels"].values())


def test_the_documented_values_are_rendered(tmp_path: Path) -> None:
    """The example of docs/kubernetes.md, by its own command's name of the release."""
    blocks = re.findall(r"```yaml values\n# (\S+)\n(.*?)```", (ROOT / "docs/kubernetes.md").read_text(), re.DOTALL)
    assert [name for name, _ in blocks] == ["mine.yaml", "closed.yaml"]
    given: list[str | Path] = []
    for name, block in blocks:
        (tmp_path / name).write_text(block, encoding="utf-8")
        given += ["--values", tmp_path / name]
    text = run(
        "template",
        "response",
        CHART,
        "--namespace",
        NAMESPACE,
        "--kube-version",
        OLDEST,
        "--api-versions",
        OPERATOR,
        *given,
    )
    names = {(one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(text) if one}
    assert ("Deployment", "response-response-time-monitor-worker") in names

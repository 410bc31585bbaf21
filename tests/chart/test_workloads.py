"""What the pods of the chart run exists in the project: commands, options, settings, paths, ports, probes."""

import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli import COMMANDS, cli
from monitor.feeds.declared import load_feed
from monitor.settings import ENV_PREFIX, load
from tests.chart.rendered import CASES, CHART, ROOT, Document, containers, environment, named, pods, rendered

each = pytest.mark.parametrize("case", CASES)
PORTS = {
    "worker": "MONITOR_WORKER__METRICS_PORT",
    "exporter": "MONITOR_EXPORTER__PORT",
    "feed": "MONITOR_FEED__METRICS_PORT",
}
REDIS, KAFKA = "MONITOR_REDIS__URL", "MONITOR_KAFKA__BOOTSTRAP"


@each
def test_every_pod_is_restricted(case: str) -> None:
    """Each rule of the restricted Pod Security Standard, no token of the cluster, and limits."""
    seen = set()
    for component, pod in pods(case):
        seen.add(component)
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert {kind for one in spec["volumes"] for kind in one if kind != "name"} <= {
            "emptyDir", "configMap", "secret", "persistentVolumeClaim",
        }  # fmt: skip
        for one in containers(pod):
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert one["resources"].keys() == {"requests", "limits"}
            assert "hostPort" not in str(one.get("ports"))
    assert {"worker", "exporter"} <= seen


def test_the_user_is_that_of_the_image() -> None:
    """By number, so that runAsNonRoot can be seen to hold."""
    (line,) = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("USER "))
    users = {
        pod["spec"]["securityContext"]["runAsUser"] for component, pod in pods("whole") if component != "history"
    }
    assert users == {int(line.removeprefix("USER ").partition(":")[0])}


@each
def test_commands_exist_with_their_options(case: str) -> None:
    """Each `monitor ...` is a command that knows its options; the image's entry point is `monitor`."""
    for component, pod in pods(case):
        for one in containers(pod):
            if "command" in one:
                continue
            command, *arguments = one["args"]
            assert command in COMMANDS, component
            told = CliRunner().invoke(cli, [command, "--help"]).output
            assert all(argument in told for argument in arguments if argument.startswith("--"))


def lay_out(case: str, pod: Document, container: Document, folder: Path) -> dict[str, str]:
    """Write what a container sees mounted, as the kubelet does, below `folder`; its environment, moved there."""
    configured = {one["metadata"]["name"]: one["data"] for one in rendered(case) if one["kind"] == "ConfigMap"}
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    for mount in container["volumeMounts"]:
        volume, place = volumes[mount["name"]], folder / mount["mountPath"].removeprefix("/")
        place.mkdir(parents=True)
        if "configMap" in volume:
            data = configured[volume["configMap"]["name"]]
            items = volume["configMap"].get("items") or [{"key": key, "path": key} for key in data]
            told = {item["path"]: data[item["key"]] for item in items}
        elif "secret" in volume:
            told = {item["path"]: "secret\n" for item in volume["secret"]["items"]}
        else:
            continue
        assert mount["readOnly"] is True
        # A ConfigMap is a folder of links into a folder with a date, which is exchanged as a whole.
        real = place / "..2026_11_27"
        for path, text in told.items():
            (real / path).parent.mkdir(parents=True, exist_ok=True)
            (real / path).write_text(text, encoding="utf-8")
        for top in {path.partition("/")[0] for path in told}:
            (place / top).symlink_to(real / top)
    return {
        name: f"{folder}{value}" if value.startswith("/etc/monitor/") else value
        for name, value in environment(container).items()
    }


@each
def test_each_container_has_a_configuration_without_fault(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings, the service's folder and secrets, read by the monitor's own code from where they are mounted."""
    monkeypatch.chdir(tmp_path)
    for component, pod in pods(case):
        for number, one in enumerate(containers(pod)):
            if "env" not in one:
                continue
            told = lay_out(case, pod, one, tmp_path / component / str(number))
            with monkeypatch.context() as patch:
                for name, value in told.items():
                    patch.setenv(name, value)
                configuration = load()
            assert all(name.startswith((ENV_PREFIX, "REPORT_", "SMTP_")) for name in told)
            assert [fault for fault in configuration.warnings if case == "whole"] == []
            settings = configuration.settings
            assert settings.kafka.topic == ("missions" if case == "whole" else "mission-events")
            if component in PORTS:
                (port,) = one["ports"]
                assert int(told[PORTS[component]]) == port["containerPort"]
            if component == "feed":
                file = tmp_path / "feed" / str(number) / "etc/monitor/feed/feed.toml"
                load_feed(file, configuration.service, configuration.grid.zone)
                assert one["args"][-1] == "/etc/monitor/feed/feed.toml"


def test_only_those_who_need_a_secret_see_it() -> None:
    """Who talks to Kafka has Kafka's, who talks to Redis Redis', who mails the mail server's."""
    expected = {
        "worker": {"kafka-user", "valkey-user", "worker-port"},
        "exporter": {"valkey-user", "board-port"},
        "feed": {"kafka-user", "feed-port"},
        "topics": {"kafka-user"},
        "report": {"valkey-user", "mail"},
        "history": {"valkey-user"},
    }
    found = {
        component: {one["secret"]["secretName"] for one in pod["spec"]["volumes"] if "secret" in one}
        for component, pod in pods("whole")
    }
    assert found == expected
    for component, pod in pods("whole"):
        for one in containers(pod):
            told = environment(one)
            assert (REDIS in told) is ("valkey-user" in expected[component] and one["name"] != "blocks")
            assert (KAFKA in told) is ("kafka-user" in expected[component])
            assert all("valueFrom" not in each for each in one.get("env", []))
    assert not any(one["kind"] == "Secret" for one in rendered("whole"))


@pytest.mark.parametrize("component", PORTS)
def test_probes_ask_what_is_answered(component: str) -> None:
    """/healthz whether to start anew, /readyz whether to send anybody; both are routes of the process."""
    (pod,) = (pod for name, pod in pods("whole") if name == component)
    (container,) = containers(pod)
    paths = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: one["path"] for name, one in paths.items()} == {
        "startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz",
    }  # fmt: skip
    told = {one.get("scheme", "HTTP") for one in paths.values()}
    assert told == {"HTTP" if component == "feed" else "HTTPS"}, "as its web configuration file has it"
    (port,) = container["ports"]
    assert {one["port"] for one in paths.values()} == {port["name"]}
    module = "monitor/exporter/service.py" if component == "exporter" else "monitor/worker/exposing.py"
    source = (ROOT / module).read_text(encoding="utf-8")
    assert all(f'web.get("{path}"' in source for path in ("/healthz", "/readyz"))


def test_ports_are_open_only_to_what_their_secrets_say() -> None:
    """Tokens and web configuration files are settings, named where the Secret's keys are mounted, in one folder."""
    told = {component: environment(containers(pod)[0]) for component, pod in pods("whole")}
    mounted = "/etc/monitor/secrets"
    assert told["exporter"]["MONITOR_ACCESS__FIGURES_TOKENS_FILE"] == f"{mounted}/exporter/figures"
    assert told["exporter"]["MONITOR_ACCESS__MISSIONS_TOKENS_FILE"] == f"{mounted}/exporter/missions"
    assert told["exporter"]["MONITOR_EXPORTER__WEB_CONFIG_FILE"] == f"{mounted}/exporter/web.yml"
    for part in ("worker", "feed"):
        assert told[part][f"MONITOR_{part.upper()}__METRICS_WEB_CONFIG_FILE"] == f"{mounted}/{part}/web.yml"
    for component, names in told.items():
        assert component == "exporter" or not any("ACCESS__" in name for name in names)
    (exporter,) = (pod for name, pod in pods("whole") if name == "exporter")
    (volume,) = (one for one in exporter["spec"]["volumes"] if one["name"] == "exporter-secret")
    assert {one["path"] for one in volume["secret"]["items"]} == {
        "figures", "missions", "web.yml", "tls.crt", "tls.key", "ca.crt",
    }  # fmt: skip


def test_prometheus_asks_as_the_ports_want_it() -> None:
    """By https and with a login where there is one; nothing where there is none."""
    endpoints = {name: named("whole")[f"ServiceMonitor/{name}"]["spec"]["endpoints"][0] for name in PORTS}
    assert {name: one.get("scheme") for name, one in endpoints.items()} == {
        "exporter": "https", "worker": "https", "feed": None,
    }  # fmt: skip
    assert endpoints["exporter"]["authorization"] == {"credentials": {"name": "board-token", "key": "figures"}}
    assert endpoints["exporter"]["tlsConfig"]["serverName"] == "monitor.example.org"
    assert endpoints["worker"]["basicAuth"]["username"] == {"name": "worker-login", "key": "username"}
    assert not {"authorization", "basicAuth", "tlsConfig"} & endpoints["feed"].keys()


def test_whoever_is_asked_can_be_reached() -> None:
    """Egress has the ports of Redis, of its sentinels (26379 where none is named), and of Alertmanager."""
    told = environment(next(containers(pod)[0] for name, pod in pods("whole") if name == "exporter"))
    assert told["MONITOR_ALERTMANAGER__URL"] == "http://alertmanager-operated.monitoring:9093/alerts"

    def ports(case: str, component: str) -> list[list[int]]:
        egress = named(case)[f"NetworkPolicy/{component}"]["spec"]["egress"]
        return [[port["port"] for port in rule["ports"]] for rule in egress[1:]]

    assert ports("whole", "exporter") == [[6380, 26380, 26379], [9093]]
    assert ports("whole", "worker") == [[9093], [6380, 26380, 26379]]
    assert ports("whole", "history") == [[6380, 26380, 26379]]
    assert ports("least", "exporter") == [[6379]]


def test_a_worker_is_given_the_time_that_it_takes() -> None:
    """To end by itself where it stands still, and to store what is left when told to go."""
    (pod,) = (pod for name, pod in pods("least") if name == "worker")
    probe = pod["spec"]["containers"][0]["livenessProbe"]
    worker = load(ROOT / "config/monitor.toml").settings.worker
    assert probe["periodSeconds"] * probe["failureThreshold"] >= worker.watchdog_seconds
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["worker"]["stop_grace_period"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == int(compose.removesuffix("s"))


@each
def test_selectors_find_their_pods_and_ports(case: str) -> None:
    """Services, monitors, budgets and policies are about pods that there are, on ports that these listen on."""
    labelled = {component: pod["metadata"]["labels"] for component, pod in pods(case)}
    ports = {
        component: {port["name"]: port["containerPort"] for one in containers(pod) for port in one.get("ports", [])}
        for component, pod in pods(case)
    }

    def found(selector: dict[str, str]) -> str:
        (component,) = (name for name, labels in labelled.items() if selector.items() <= labels.items())
        return component

    services = {}
    for one in rendered(case):
        spec = one.get("spec", {})
        match one["kind"]:
            case "Service":
                services[found(spec["selector"])] = one
                for port in spec["ports"]:
                    assert port["targetPort"] in ports[found(spec["selector"])]
                    assert port["port"] == ports[found(spec["selector"])][port["targetPort"]]
            case "PodDisruptionBudget":
                assert found(spec["selector"]["matchLabels"]) in ("worker", "exporter")
            case "NetworkPolicy":
                component = found(spec["podSelector"]["matchLabels"])
                opened = {port["port"] for rule in spec.get("ingress", []) for port in rule["ports"]}
                assert opened == set(ports[component].values())
    policies = {
        one["metadata"]["name"].rpartition("-")[2] for one in rendered(case) if one["kind"] == "NetworkPolicy"
    }
    assert policies == labelled.keys(), "whoever has no policy may go anywhere"
    for one in rendered(case):
        if one["kind"] == "ServiceMonitor":
            selector = one["spec"]["selector"]["matchLabels"]
            (endpoint,) = one["spec"]["endpoints"]
            (service,) = (
                each for each in services.values() if selector.items() <= each["metadata"]["labels"].items()
            )
            assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_keda_asks_for_what_the_workers_read() -> None:
    """The group and topic of the workers, at their brokers."""
    scaled = named("whole")["ScaledObject/worker"]["spec"]
    (trigger,) = scaled["triggers"]
    (pod,) = (pod for name, pod in pods("whole") if name == "worker")
    told = environment(pod["spec"]["containers"][0])
    assert trigger["metadata"]["bootstrapServers"] == told[KAFKA]
    assert trigger["metadata"]["topic"] == told["MONITOR_KAFKA__TOPIC"]
    assert trigger["metadata"]["consumerGroup"] == told["MONITOR_KAFKA__GROUP"]
    assert scaled["scaleTargetRef"]["name"] == named("whole")["Deployment/worker"]["metadata"]["name"]
    assert scaled["minReplicaCount"] >= 1


def test_the_topics_are_those_that_parts_want() -> None:
    """As many partitions as values say, and the feed's dead letters where there is a feed."""
    (pod,) = (pod for name, pod in pods("whole") if name == "topics")
    (container,) = containers(pod)
    assert container["args"] == [
        "topics", "--partitions", "12", "--replication", "3", "--feed", "/etc/monitor/feed/feed.toml",
    ]  # fmt: skip


def test_the_image_is_that_of_this_version() -> None:
    """Where values say nothing: the tag that `make release` gives."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {one["image"] for _, pod in pods("least") for one in containers(pod)}
    assert images == {f"response-time-monitor:{version}"}
    assert (CHART / "Chart.yaml").is_file()

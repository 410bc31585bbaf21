"""docker-compose.yml fits the Compose specification, and what it names exists in the project."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli import COMMANDS, cli
from monitor.dashboards.provisioning import DASHBOARDS_PATH, VARIABLES
from monitor.settings import ENV_PREFIX, load
from tests.compose.stack import FILE, OURS, REQUIRED, ROOT, VariableMissing, mounts, services, stack

NAMES = tuple(yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"])
WRITABLE = {"kafka"}
"""Its image writes its own configuration at the start."""
CHANGES = (
    ("healthcheck:", "healthchek:"),
    ("condition: service_healthy", "condition: service_health"),
    ("retries: 5", "retries: many"),
    ("cap_drop:", "cap_dropp:"),
)

each = pytest.mark.parametrize("name", NAMES)


def test_the_file_fits_the_specification_and_every_reference_holds() -> None:
    """Fields, types, and the networks, volumes and secrets that services name."""
    assert set(stack()["services"]) == {
        "kafka", "redis", "topics", "worker", "exporter", "prometheus", "alertmanager", "grafana", "simulator",
        "history", "history-blocks", "feed", "feed-topics",
    }  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), CHANGES)
def test_a_typo_is_noticed(right: str, wrong: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The check itself: it refuses unknown fields, values and types."""
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    monkeypatch.setattr("tests.compose.stack.FILE", changed)
    with pytest.raises(ValueError, match=r".+"):
        stack()


@pytest.mark.parametrize("missing", REQUIRED)
def test_nothing_starts_without_its_secrets(missing: str) -> None:
    """There is no default user and no default password: Compose refuses and says what to do."""
    with pytest.raises(VariableMissing, match=f"{missing}: .{{20,}}"):
        stack({name: value for name, value in REQUIRED.items() if name != missing})


@each
def test_images_are_pinned(name: str) -> None:
    """A version down to its last part, never `latest`."""
    tag = services()[name]["image"].partition(":")[2]
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-\w+)?", tag), tag


@each
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    """No capabilities, no new privileges, a read-only system, limits, and logs that do not fill the disk."""
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) is (name not in WRITABLE)
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert "privileged" not in service
    user = str(service.get("user", "by image"))
    assert not re.match(r"(0|root)\b", user)
    assert name in (*OURS, "kafka") or user != "by image"


@each
def test_only_board_and_grafana_are_published_and_on_loopback(name: str) -> None:
    """Broker, store and metrics are reached from inside alone, whatever else runs on the machine."""
    ports = services()[name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert bool(ports) is (name in ("exporter", "grafana"))
    if not ports and name != "alertmanager":
        assert services()[name]["networks"] == ["pipeline"]
    assert stack()["networks"]["pipeline"]["internal"] is True


@each
def test_whoever_runs_on_has_a_health_check(name: str) -> None:
    """What others wait for, and what Docker watches; one-shot services and the simulator have none."""
    assert ("healthcheck" in services()[name]) is (services()[name]["restart"] != "no")


@each
def test_a_service_waits_for_what_can_become_so(name: str) -> None:
    """Healthy needs a health check, completed needs a service that ends; nobody waits in a circle."""
    listed = services()
    for other, how in listed[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in listed[other], other
        else:
            assert how["condition"] == "service_completed_successfully"
            assert listed[other]["restart"] == "no"
        assert name not in _behind(other, listed)


def _behind(name: str, listed: dict[str, dict[str, Any]]) -> set[str]:
    direct = set(listed[name].get("depends_on", {}))
    return direct.union(*(_behind(other, listed) for other in direct))


@each
def test_every_mounted_path_exists(name: str) -> None:
    """Files of the repository are mounted read-only; everything else is a named volume."""
    declared = stack()["volumes"]
    for source, _, read_only in mounts(services()[name]):
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert read_only, source
        else:
            assert source in declared


def test_every_volume_is_used() -> None:
    """No volume is left over from a service that is gone."""
    used = {source for service in services().values() for source, _, _ in mounts(service)}
    assert set(stack()["volumes"]) <= used


@pytest.mark.parametrize("name", OURS)
def test_commands_exist_with_their_options(name: str) -> None:
    """Each `monitor ...` of the file is a command, and the command knows every option."""
    service = services()[name]
    text = service["command"][0] if service.get("entrypoint") else f"monitor {' '.join(service['command'])}"
    called = [shlex.split(part) for part in re.split(r"&&|\||;", text)]
    called = [words for words in called if words[0] not in ("exit", "test", "touch")]
    assert called
    for program, command, *arguments in called:
        assert program == "monitor"
        assert command in COMMANDS
        told = CliRunner().invoke(cli, [command, "--help"]).output
        assert all(option in told for option in arguments if option.startswith("--"))


@pytest.mark.parametrize("name", OURS)
def test_settings_in_the_environment_are_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of each service makes a configuration without any fault."""
    environment = services()[name]["environment"]
    for variable, value in environment.items():
        if variable.startswith(ENV_PREFIX):
            monkeypatch.setenv(variable, str(value))
    assert environment["MONITOR_CONFIG"] == "/etc/monitor/monitor.toml"
    assert ("./config", "/etc/monitor", True) in mounts(services()[name])
    configuration = load(ROOT / "config" / "monitor.toml")
    settings = configuration.settings
    assert settings.kafka.bootstrap == "kafka:9092"
    assert settings.redis.url == "redis://redis:6379/0"


def test_only_those_who_need_a_secret_see_it() -> None:
    """Redis' password is where its setting says, for those who talk to Redis; Grafana's only in Grafana."""
    listed = services()
    assert {name for name, one in listed.items() if "redis_password" in one.get("secrets", [])} == {
        "redis", "worker", "exporter",
    }  # fmt: skip
    assert {name for name, one in listed.items() if "grafana_password" in one.get("secrets", [])} == {"grafana"}
    for name in ("worker", "exporter"):
        assert listed[name]["environment"]["MONITOR_REDIS__PASSWORD_FILE"] == "/run/secrets/redis_password"  # noqa: S105 - a place
    assert set(stack()["secrets"]) == {"redis_password", "grafana_password"}
    assert not re.search(
        r"(?i)password\w*: *[\"']?[a-z0-9]",
        json.dumps({k: v["environment"] for k, v in listed.items() if "environment" in v}),
    )


def test_workers_can_be_scaled() -> None:
    """Nothing of a worker can be there only once: no name, no port of the machine, no volume of its own."""
    worker = services()["worker"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert [source for source, _, _ in mounts(worker)] == ["./config"]
    assert worker["deploy"]["replicas"] <= int(worker["environment"]["MONITOR_KAFKA__PARTITIONS"])


def test_grafana_gets_every_variable_that_its_files_name() -> None:
    """A variable that is missing would be an empty address."""
    grafana = services()["grafana"]
    assert set(VARIABLES) <= grafana["environment"].keys()
    assert all(grafana["environment"][name] for name in VARIABLES)
    places = {place for _, place, _ in mounts(grafana)}
    assert {DASHBOARDS_PATH, "/etc/grafana/provisioning"} <= places
    assert grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"  # noqa: S105 - a place
    assert grafana["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_ports_agree_from_end_to_end() -> None:
    """Prometheus scrapes where worker and exporter listen, under the job names that rules ask for."""
    written = yaml.safe_load((ROOT / "config/compose/prometheus.yml").read_text(encoding="utf-8"))
    shipped = yaml.safe_load((ROOT / "config/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in written["scrape_configs"]}
    assert jobs.keys() == {job["job_name"] for job in shipped["scrape_configs"]}
    listed = services()
    for job, name, setting in (
        ("response-worker", "worker", "MONITOR_WORKER__METRICS_PORT"),
        ("response-exporter", "exporter", "MONITOR_EXPORTER__PORT"),
    ):
        assert jobs[job]["names"] == [name]
        assert jobs[job]["port"] == int(listed[name]["environment"][setting])


def test_parts_are_asked_as_the_image_asks() -> None:
    """One check for all of them, which knows their ports, follows no proxy, and speaks TLS."""
    for name in ("worker", "exporter", "feed"):
        assert services()[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "monitor.health"]


def test_demo_and_feed_are_asked_for() -> None:
    """Invented missions, and a past of them, never come by themselves; a feed needs a file of the service's own."""
    asked = {name for name, service in services().items() if service.get("profiles")}
    assert asked == {"simulator", "history", "history-blocks", "feed", "feed-topics"}


BYTE_SECONDS = 45_000
"""Bytes of a series and day, times the seconds between two scrapes: benchmarks/retention.py."""
SERIES = 39 * 98
"""Of the nation: areas and categories, and what each has (tests/exporter holds it to that)."""


def test_prometheus_has_room_for_the_days_that_it_is_told_to_keep() -> None:
    """Twice what a nation needs: beyond its size Prometheus cuts, without a word."""
    flags = dict(one.removeprefix("--").split("=") for one in services()["prometheus"]["command"])
    scraped = yaml.safe_load((ROOT / "config/compose/prometheus.yml").read_text(encoding="utf-8"))["global"]
    days = int(flags["storage.tsdb.retention.time"].removesuffix("d"))
    room = int(flags["storage.tsdb.retention.size"].removesuffix("GB")) * 1e9
    assert days >= 400
    assert 2 * SERIES * days * BYTE_SECONDS / int(scraped["scrape_interval"].removesuffix("s")) <= room


def test_grafana_begins_with_the_overview_and_asks_its_maker_for_nothing() -> None:
    """A home, the folders that it looks into at its start, and no key, plugin or news from elsewhere."""
    grafana = services()["grafana"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / "grafana/dashboards" / home.relative_to(DASHBOARDS_PATH)).is_file()
    assert home.name == "overview.json"
    assert grafana["environment"]["GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED"] == "true"
    folders = {one.name for one in (ROOT / "grafana/provisioning").iterdir() if any(one.iterdir())}
    assert folders == {"alerting", "dashboards", "datasources", "plugins"}, (
        "one that is missing is an error in the log"
    )

"""docker-compose.yml gives each image what its documentation asks for: the first start needs no second try."""

import base64
import json
import re
from pathlib import Path, PurePosixPath

import pytest
import yaml

from monitor.alerts import files
from monitor.dashboards import receivers
from tests.compose import images
from tests.compose.stack import FILE, ROOT, mounts, services
from tests.grafana import provisioned

FOREIGN = ("kafka", "redis", "prometheus", "alertmanager", "grafana")
UNITS = {"m": 1, "mb": 1, "g": 1024, "gb": 1024}
MAIL = {"SMTP_HOST": "mail.example.org:587", "ALERT_PAGE_EMAIL": "duty@example.org"}
HOOK = {"ALERT_WEBHOOK_URL": "https://pager.example.org/x"}

each = pytest.mark.parametrize("name", FOREIGN)


def image_of(name: str) -> str:
    """The image without its tag."""
    return str(services()[name]["image"]).rpartition(":")[0]


def mebibytes(amount: str) -> int:
    """`1g`, `768mb`, `512m`."""
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", amount.lower()).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


@pytest.mark.parametrize("environment", [{}, HOOK, MAIL, {**HOOK, **MAIL}, {"SMTP_HOST": "mail.example.org:25"}])
def test_grafana_knows_every_setting_and_accepts_its_value(environment: dict[str, str]) -> None:
    """With the defaults and with everything that the operator may configure."""
    written = services(**environment)["grafana"]["environment"]
    for name, value in written.items():
        if name.startswith("GF_"):
            assert images.GRAFANA[name].fullmatch("" if value is None else str(value).lower()), (name, value)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("grafana@localhost", False),
        ("grafana@monitor.localhost", True),
        ("grafana@example.org", True),
        ("grafana@10.0.0.1", False),
        ("grafana", False),
        ("grafana@example.", False),
    ],
)
def test_the_rule_for_a_sender_is_grafanas(address: str, accepted: bool) -> None:
    """A host without a domain is refused at the start, also while mail is off."""
    assert bool(images.ADDRESS.fullmatch(address)) is accepted


def test_grafana_asks_and_tells_nobody_outside() -> None:
    """No updates, plugins, keys, news, pictures, snapshots or reports."""
    written = services()["grafana"]["environment"]
    for name, value in images.ASKS_NOBODY.items():
        assert str(written[name]).lower() == value, name


def test_every_folder_that_grafana_reads_is_there() -> None:
    """And none that it does not read."""
    folders = {folder.name for folder in (ROOT / "grafana" / "provisioning").iterdir()}
    assert folders == images.GRAFANA_READS
    assert all(any(folder.iterdir()) for folder in (ROOT / "grafana" / "provisioning").iterdir())


@pytest.mark.parametrize(
    ("environment", "ways"),
    [
        ({}, ()),
        (HOOK, ("webhook",)),
        (MAIL, ("mail",)),
        ({**HOOK, **MAIL}, ("webhook", "mail")),
        ({"SMTP_HOST": "mail.example.org:25"}, ()),
        ({"ALERT_PAGE_EMAIL": "duty@example.org"}, ()),
        ({"ALERT_WEBHOOK_URL": ""}, ()),
    ],
    ids=["nothing", "webhook", "mail", "both", "a server, no address", "an address, no server", "empty"],
)
def test_receivers_are_those_that_are_configured(environment: dict[str, str], ways: tuple[str, ...]) -> None:
    """Never one without its address, and mail only while it is on: each would be an error per notification."""
    grafana = services(**environment)["grafana"]
    places = {place: source for source, place, _ in mounts(grafana)}
    chosen = places["/etc/grafana/provisioning/alerting/receivers.yml"]
    assert chosen == f"./grafana/{provisioned.RECEIVER_FILES[ways]}"
    wanted = [name for way in ways for name in receivers.VARIABLES[way]]
    assert all(grafana["environment"][name] for name in wanted)
    if "mail" in ways:
        assert str(grafana["environment"]["GF_SMTP_ENABLED"]).lower() == "true"


@pytest.mark.parametrize("language", ["", "en", "nb", "sv"])
def test_grafana_opens_and_links_in_the_chosen_language(language: str) -> None:
    """The first page is the country's dashboard, and alerts lead to dashboards of the same language."""
    grafana = services(GRAFANA_LANGUAGE=language)["grafana"]
    places = {place: source for source, place, _ in mounts(grafana)}
    home = PurePosixPath(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    file = ROOT / places["/etc/grafana/dashboards"] / home.relative_to("/etc/grafana/dashboards")
    said = language or "en"
    assert json.loads(file.read_text(encoding="utf-8"))["uid"] == f"response-overview-{said}"
    assert places["/etc/grafana/provisioning/alerting/rules.yml"] == f"./grafana/choices/rules-{said}.yml"


@each
def test_what_is_mounted_below_a_read_only_folder_has_its_place_there(name: str) -> None:
    """Docker cannot make it in a folder that it may not write; a file that is missing would become a folder."""
    service = services()[name]
    listed = mounts(service)
    for source, place, _ in listed:
        for parent, above, read_only in listed:
            if place != above and PurePosixPath(place).is_relative_to(above) and read_only:
                assert (ROOT / parent / PurePosixPath(place).relative_to(above)).is_file(), place
                assert (ROOT / source).is_file(), source
    for one in yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"][name]["volumes"]:
        if not isinstance(one, str):
            assert one["bind"] == {"create_host_path": False}


@each
def test_an_image_runs_as_the_owner_of_its_data(name: str) -> None:
    """With its data in the folder that belongs to that user, and room for what it writes beside them."""
    service, image = services()[name], image_of(name)
    assert str(service.get("user", "")) == images.USERS[image]
    assert images.DATA[image] in {place for source, place, _ in mounts(service) if not source.startswith((".", "/"))}
    if service.get("read_only"):
        scratch = {place.partition(":")[0] for place in service.get("tmpfs", [])}
        assert scratch == images.SCRATCH.get(image, set())


@pytest.mark.parametrize("name", [*FOREIGN, "worker", "exporter"])
def test_a_health_check_calls_what_the_image_has(name: str) -> None:
    """A check whose program is missing never becomes healthy, and nobody starts who waits for it."""
    text = services()[name]["healthcheck"]["test"]
    known = images.CALLS[image_of(name)]
    if not isinstance(text, str):
        assert text[0] == "CMD"
        assert text[1] in known
        return
    called = re.sub(r'\b[A-Z_]+=(?:"[^"]*"|\S+)', "", text)
    assert {part.split()[0] for part in called.split("|")} <= known
    assert set(re.findall(r"\$\((\w+)", text)) <= known


def test_kafka_and_its_health_check_fit_into_their_memory() -> None:
    """The check is a JVM of its own, which would take the broker's heap from the environment."""
    kafka = services()["kafka"]
    limit = mebibytes(kafka["deploy"]["resources"]["limits"]["memory"])
    broker = mebibytes(re.search(r"-Xmx(\w+)", kafka["environment"]["KAFKA_HEAP_OPTS"])[1])  # type: ignore[index]
    check = re.search(r"KAFKA_HEAP_OPTS=\S*-Xmx(\w+)", kafka["healthcheck"]["test"])
    assert check, "it would take the broker's"
    assert broker + mebibytes(check[1]) + 256 <= limit, "a JVM needs about as much again beside its heap"


def test_kafkas_settings_are_whole() -> None:
    """Any setting of ours replaces all of the image's: roles, listeners and quorum must be there and agree."""
    written = services()["kafka"]["environment"]
    assert len(base64.urlsafe_b64decode(written["CLUSTER_ID"] + "==")) == 16
    roles = written["KAFKA_PROCESS_ROLES"].split(",")
    assert set(roles) == {"broker", "controller"}
    listeners = {
        name: port for name, _, port in (one.rpartition(":") for one in written["KAFKA_LISTENERS"].split(","))
    }
    names = {name.partition("://")[0] for name in listeners}
    assert names == {one.partition(":")[0] for one in written["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert written["KAFKA_CONTROLLER_LISTENER_NAMES"] in names
    number, _, address = written["KAFKA_CONTROLLER_QUORUM_VOTERS"].partition("@")
    assert int(number) == written["KAFKA_NODE_ID"]
    assert address.rpartition(":")[2] == listeners["CONTROLLER://"]
    advertised = written["KAFKA_ADVERTISED_LISTENERS"]
    assert advertised == f"PLAINTEXT://kafka:{listeners['PLAINTEXT://']}"
    assert written["KAFKA_LOG_DIRS"] == images.DATA["apache/kafka"]


def test_redis_may_write_its_file_anew_in_its_memory() -> None:
    """While it does, pages that change are held twice: at worst all of them."""
    redis = services()["redis"]
    most = re.search(r"--maxmemory (\w+)", redis["command"][-1])
    assert most
    assert 2 * mebibytes(most[1]) <= mebibytes(redis["deploy"]["resources"]["limits"]["memory"])


def test_prometheus_fills_in_where_links_begin() -> None:
    """Its environment has each variable of its file, a whole address; the labels are taken off again, as shipped."""
    written = yaml.safe_load((ROOT / "config/compose/prometheus.yml").read_text(encoding="utf-8"))
    environment = services()["prometheus"]["environment"]
    labels = written["global"]["external_labels"]
    assert labels.keys() == {"dashboards", "runbooks"}
    for value in labels.values():
        (name,) = re.fullmatch(r"\$\{(\w+)\}", value).groups()  # type: ignore[union-attr]
        assert images.URL.fullmatch(environment[name])
    shipped = yaml.safe_load(files()["config/prometheus/prometheus.yml"])
    assert written["alerting"]["alert_relabel_configs"] == shipped["alerting"]["alert_relabel_configs"]
    own = services(GRAFANA_URL="https://grafana.example.org")["prometheus"]["environment"]
    assert own["RUNBOOKS_URL"] == "https://grafana.example.org/d"
    other = services(RUNBOOKS_URL="https://wiki.example.org/runbooks")["prometheus"]["environment"]
    assert other["RUNBOOKS_URL"] == "https://wiki.example.org/runbooks"


@pytest.mark.parametrize("place", ["grafana", "config"])
def test_mounted_files_can_be_read_by_users_that_are_not_root(place: str) -> None:
    """Git keeps no more than the executable bit; a file that only its owner may read would stop a container."""
    unreadable = [
        file
        for file in Path(ROOT, place).rglob("*")
        if file.stat().st_mode & (0o005 if file.is_dir() else 0o004) == 0
    ]
    assert unreadable == []

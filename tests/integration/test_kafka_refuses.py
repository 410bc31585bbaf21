"""What a person is told whom Kafka does not let in: the cause and its remedy, by every command, never "start it"."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from aiokafka import AIOKafkaProducer, TopicPartition
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.demo.servers import EmbeddedRedis
from monitor.kafka.clients import reading
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings
from tests.integration.station import Station, event
from tests.servers.secured import (
    GUEST,
    LONG_AGO,
    LOOPBACK,
    MASTER,
    PASSWORDS,
    Operation,
    Resource,
    SecuredKafka,
    token,
)

CONFIG = Path(__file__).parents[1] / "report" / "config" / "monitor.toml"
EVENT = b'{"mission_id": "m-1"}\n'
ENDS_SECONDS = 60.0
DOORS = {"login": "login_port", "certificate": "certificate_port", "clear": "clear_login_port", "open": "port",
         "expired": "expired_port", "self": "self_signed_port"}  # fmt: skip

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kafka() -> Iterator[SecuredKafka]:
    """Apache Kafka with certificates, logins and rights."""
    with SecuredKafka() as kafka:
        yield kafka


@pytest.fixture
async def names(kafka: SecuredKafka, topic: str) -> str:
    """The name of a topic; it and that of its dead letters are there."""
    await ensure_topics(kafka.bootstrap, {topic: 1, f"{topic}.dead": 1})
    return topic


def settings(kafka: SecuredKafka, topic: str, door: str, protocol: str, **changes: object) -> dict[str, str]:
    """The environment of a client that would be let in at the door for logins; `changes` spoil it."""
    keys = {
        "bootstrap": f"{LOOPBACK}:{getattr(kafka.node, DOORS[door])}",
        "topic": topic,
        "dead_letter_topic": f"{topic}.dead",
        "security_protocol": protocol,
        "sasl_username": MASTER,
        "sasl_password": PASSWORDS[MASTER],
        "ca_file": kafka.node.ca_file,
    } | changes
    return {f"MONITOR_KAFKA__{key.upper()}": str(value) for key, value in keys.items() if value is not None}


async def run(environment: dict[str, str], *arguments: str, given: bytes = b"") -> Result:
    return await asyncio.to_thread(
        CliRunner().invoke, cli, ["--config", str(CONFIG), *arguments], env=environment, input=given
    )


REFUSALS = {
    "wrong password": (
        "login",
        "SASL_SSL",
        {"sasl_password": "wrong"},
        "refuses the login of user 'mon'",
        "kafka.sasl_username and the password",
    ),
    "wrong password in the clear": (
        "clear",
        "SASL_PLAINTEXT",
        {"sasl_password": "wrong"},
        "refuses the login",
        "the password",
    ),
    "unknown user": (
        "login",
        "SASL_SSL",
        {"sasl_username": "nobody"},
        "refuses the login of user 'nobody'",
        "kafka.sasl_username",
    ),
    "unknown mechanism": (
        "login",
        "SASL_SSL",
        {"sasl_mechanism": "SCRAM-SHA-512"},
        "knows no login by SCRAM-SHA-512",
        "one that it offers: PLAIN, SCRAM-SHA-256, OAUTHBEARER",
    ),
    "wrong password by SCRAM": (
        "login",
        "SASL_SSL",
        {"sasl_mechanism": "SCRAM-SHA-256", "sasl_password": "wrong"},
        "refuses the login of user 'mon' (SCRAM-SHA-256)",
        "the password",
    ),
    "a token that has expired": (
        "login",
        "SASL_SSL",
        {"sasl_mechanism": "OAUTHBEARER", "sasl_token_file": "expired.jwt"},
        "refuses the token",
        "whether the one in the file that kafka.sasl_token_file names is still valid",
    ),
    "a token that is none": (
        "login",
        "SASL_SSL",
        {"sasl_mechanism": "OAUTHBEARER", "sasl_token_file": "nonsense.jwt"},
        "refuses the token (OAUTHBEARER",
        "whether the one in the file that kafka.sasl_token_file names",
    ),
    "unknown authority": ("login", "SASL_SSL", {"ca_file": None}, "certificate verify failed", "Set kafka.ca_file"),
    "another authority": (
        "login",
        "SASL_SSL",
        {"ca_file": "other-ca.pem"},
        "certificate verify failed",
        "Set kafka.ca_file",
    ),
    "another name": (
        "login",
        "SASL_SSL",
        {"bootstrap": "localhost"},
        "certificate verify failed",
        "a name that stands in its certificate",
    ),
    "no client certificate": (
        "certificate",
        "SSL",
        {},
        "asks for a client certificate",
        "Set kafka.certificate_file",
    ),
    "another client certificate": (
        "certificate",
        "SSL",
        {"certificate_file": "other.pem"},
        "asks for a client certificate",
        "one that it trusts",
    ),
    "a client certificate that has expired": (
        "certificate",
        "SSL",
        {"certificate_file": "expired.pem"},
        "asks for a client certificate, and got none that it trusts",
        "one that it trusts",
    ),
    "an expired certificate": (
        "expired",
        "SSL",
        {},
        "certificate verify failed: certificate has expired",
        "Have its certificate renewed, and see whether the clock",
    ),
    "a certificate that signed itself": (
        "self",
        "SSL",
        {},
        "certificate verify failed: self-signed certificate",
        "Set kafka.ca_file",
    ),
    "in the clear to TLS": (
        "login",
        "PLAINTEXT",
        {},
        "speaks TLS, and kafka.security_protocol is PLAINTEXT",
        "SASL_SSL",
    ),
    "login in the clear to TLS": ("login", "SASL_PLAINTEXT", {}, "speaks TLS", "Set it to SASL_SSL"),
    "TLS to one in the clear": ("open", "SSL", {}, "speaks no TLS", "Set it to PLAINTEXT"),
    "TLS and login to one in the clear": ("clear", "SASL_SSL", {}, "speaks no TLS", "Set it to SASL_PLAINTEXT"),
    "no login where one is wanted": ("login", "SSL", {}, "asks for a login", "Set it to SASL_SSL"),
    "no login in the clear": ("clear", "PLAINTEXT", {}, "asks for a login", "kafka.sasl_mechanism (PLAIN)"),
    "login where none is wanted": (
        "open",
        "SASL_PLAINTEXT",
        {},
        "takes no login",
        "Set kafka.security_protocol to PLAINTEXT",
    ),
}
"""Door, protocol, what is spoilt; the cause and the remedy that are told."""


@pytest.mark.parametrize("name", REFUSALS)
async def test_check_names_the_cause_and_the_remedy(
    kafka: SecuredKafka, names: str, name: str, tmp_path: Path
) -> None:
    """Whatever it is, no one is told to start a broker that runs, nor to create a topic that is there."""
    door, protocol, changes, cause, remedy = REFUSALS[name]
    other = trustme.CA()
    other.cert_pem.write_to_path(str(tmp_path / "other-ca.pem"))
    other.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "other.pem"))
    expired = kafka.node.ca.issue_cert("client@example.org", not_after=LONG_AGO)
    expired.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "expired.pem"))
    (tmp_path / "nonsense.jwt").write_text("{no token}")
    (tmp_path / "expired.jwt").write_text(token(MASTER, seconds=-3600))
    given = {key: value for key, value in changes.items() if value}
    spoilt = {key: tmp_path / value if value.endswith((".pem", ".jwt")) else value for key, value in given.items()}
    spoilt |= {key: None for key, value in changes.items() if value is None}
    if spoilt.get("bootstrap") == "localhost":
        spoilt["bootstrap"] = f"localhost:{kafka.node.login_port}"
    result = await run(settings(kafka, names, door, protocol, **spoilt), "check", "--connect")
    (line,) = [one for one in result.output.splitlines() if "kafka" in one and one.startswith("error")]
    assert result.exit_code == 1
    assert cause in line
    assert remedy in line
    assert "tart the broker" not in line
    assert "reate" not in line
    assert PASSWORDS[MASTER] not in result.output


@pytest.mark.parametrize(
    ("door", "protocol", "changes"),
    [
        ("login", "SASL_SSL", {}),
        ("login", "SASL_SSL", {"sasl_mechanism": "SCRAM-SHA-256"}),
        ("login", "SASL_SSL", {"sasl_mechanism": "OAUTHBEARER", "sasl_token_file": "token.jwt"}),
        ("clear", "SASL_PLAINTEXT", {}),
        ("certificate", "SSL", {"certificate_file": "client_file"}),
        ("self", "SSL", {"ca_file": "self_signed_file"}),
        ("open", "PLAINTEXT", {}),
    ],
)
async def test_who_is_let_in_finds_the_topics(  # noqa: PLR0917 - a door is three of them
    kafka: SecuredKafka, names: str, door: str, protocol: str, changes: dict[str, str], tmp_path: Path
) -> None:
    """The measure of the others: by each door with what it asks for."""
    (tmp_path / "token.jwt").write_text(token(MASTER) + "\n")
    files = {"token.jwt": tmp_path / "token.jwt", "client_file": kafka.node.client_file,
             "self_signed_file": kafka.node.self_signed_file}  # fmt: skip
    right = {key: files.get(value, value) for key, value in changes.items()}
    environment = settings(kafka, names, door, protocol, **right)
    result = await run(environment, "check", "--connect")
    assert f"ok       kafka.topic  {names} at" in result.output
    assert f"ok       kafka.dead_letter_topic  {names}.dead at" in result.output
    listed = await run(environment, "dead-letters", "list")
    assert (listed.exit_code, "0 dead letters" in listed.stderr) == (0, True), listed.output


async def test_one_address_that_lets_us_in_is_enough(kafka: SecuredKafka, names: str) -> None:
    """The others may be away or refuse: that is what several addresses are for."""
    several = f"{LOOPBACK}:1,{LOOPBACK}:{kafka.node.certificate_port},{LOOPBACK}:{kafka.node.login_port}"
    result = await run(settings(kafka, names, "login", "SASL_SSL", bootstrap=several), "check", "--connect")
    assert f"ok       kafka.topic  {names}" in result.output


COMMANDS = {
    "topics": ["topics"],
    "replay": ["replay", "FILE"],
    "replay --create": ["replay", "FILE", "--create"],
    "dead-letters list": ["dead-letters", "list"],
    "dead-letters requeue": ["dead-letters", "requeue", "--all"],
    "worker": ["worker"],
}


async def ended(environment: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """A command as a process of its own: a worker minds signals, which only a main thread can."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "--config", str(CONFIG), *arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
    )  # fmt: skip
    try:
        async with asyncio.timeout(ENDS_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_names_the_cause(kafka: SecuredKafka, names: str, command: str, tmp_path: Path) -> None:
    """One line, exit code 1, nothing of the client's own complaints."""
    (tmp_path / "events").write_bytes(EVENT)
    arguments = [str(tmp_path / "events") if one == "FILE" else one for one in COMMANDS[command]]
    wrong = settings(kafka, names, "login", "SASL_SSL", sasl_password="wrong")  # noqa: S106 - it is
    code, output = await ended(wrong, *arguments)
    assert code == 1, output
    (line,) = [one for one in output.splitlines() if not one.startswith("warning: ")]
    assert "refuses the login of user 'mon'" in line
    assert "tart the broker" not in line


def as_guest(kafka: SecuredKafka, topic: str) -> dict[str, str]:
    return settings(kafka, topic, "login", "SASL_SSL", sasl_username=GUEST, sasl_password=PASSWORDS[GUEST])


@pytest.mark.parametrize("command", [*COMMANDS, "check"])
async def test_a_topic_that_may_not_be_seen_is_not_called_missing(
    kafka: SecuredKafka, names: str, command: str, tmp_path: Path
) -> None:
    """Without any right, the topic is there all the same: who is told to create it loses an hour."""
    (tmp_path / "events").write_bytes(EVENT)
    arguments = [
        str(tmp_path / "events") if one == "FILE" else one for one in COMMANDS.get(command, ["check", "--connect"])
    ]
    code, output = await ended(as_guest(kafka, names), *arguments)
    assert code == 1, output
    right = "Create" if command in {"topics", "replay --create"} else "Describe"
    refused = f"does not give user 'guest' the right {right} on topic '{names}"
    assert (f"the user may not READ '{names}'" if command == "check" else refused) in output
    assert "kafka-acls.sh" in output
    assert "There is no topic" not in output
    assert "Traceback" not in output


async def test_a_topic_that_may_not_be_written_is_told_as_such(
    kafka: SecuredKafka, names: str, tmp_path: Path
) -> None:
    """Seen, but not to be written: `replay` names the right."""
    await kafka.grant("DESCRIBE", "topic", names)
    (tmp_path / "events").write_bytes(EVENT)
    code, output = await ended(as_guest(kafka, names), "replay", str(tmp_path / "events"))
    assert code == 1, output
    assert f"does not give this client the right Write on topic '{names}'" in output
    assert "Traceback" not in output


async def test_a_topic_that_may_not_be_read_is_told_as_such(kafka: SecuredKafka, names: str) -> None:
    """Seen, but not to be read: `dead-letters` names the right."""
    await kafka.grant("DESCRIBE", "topic", f"{names}.dead")
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    await producer.send_and_wait(f"{names}.dead", b"a letter")
    await producer.stop()
    code, output = await ended(as_guest(kafka, names), "dead-letters", "list")
    assert code == 1, output
    assert f"does not give user 'guest' the right Read on topic '{names}.dead'" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("command", ["check", "worker"])
async def test_every_right_that_a_worker_lacks_is_named_at_once(
    kafka: SecuredKafka, names: str, command: str
) -> None:
    """Before it works, not with the first event that has to be refused; nothing is written by asking."""
    for name in (names, f"{names}.dead"):
        await kafka.grant("DESCRIBE", "topic", name)
    environment = as_guest(kafka, names) | {"MONITOR_KAFKA__GROUP": f"group-{names}"}
    arguments = ["check", "--connect"] if command == "check" else ["worker"]
    code, output = await ended(environment, *arguments)
    assert code == 1, output
    wanted: list[tuple[Operation, Resource, str]] = [
        ("READ", "topic", names), ("READ", "group", f"group-{names}"), ("WRITE", "topic", f"{names}.dead"),
    ]  # fmt: skip
    for operation, resource, name in wanted:
        assert f"--operation {operation.capitalize()} --{resource} {name}" in output
    for operation, resource, name in wanted:
        await kafka.grant(operation, resource, name)
    result = await run(environment, "check", "--connect")
    assert "may not" not in result.output
    async with reading(KafkaSettings(bootstrap=kafka.bootstrap)) as consumer:
        places = [TopicPartition(names, 0), TopicPartition(f"{names}.dead", 0)]
        assert set((await consumer.end_offsets(places)).values()) == {0}


async def test_rights_on_a_topic_are_enough_to_use_it(kafka: SecuredKafka, names: str, tmp_path: Path) -> None:
    """Write to send, Read to look: no right on the cluster."""
    await kafka.grant("WRITE", "topic", names)
    await kafka.grant("READ", "topic", f"{names}.dead")
    (tmp_path / "events").write_bytes(EVENT)
    code, output = await ended(as_guest(kafka, names), "replay", str(tmp_path / "events"))
    assert (code, "sent 1 events" in output) == (0, True), output
    code, output = await ended(as_guest(kafka, names), "dead-letters", "list")
    assert (code, "0 dead letters" in output) == (0, True), output


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "OAUTHBEARER"])
async def test_a_worker_counts_behind_each_login(
    kafka: SecuredKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path, mechanism: str
) -> None:
    """Faust's clients log in as ours do; the token is read again for each connection, so a renewed one serves."""
    file = tmp_path / "token.jwt"
    file.write_text(token(MASTER, seconds=60), encoding="utf-8")
    station = Station(kafka, redis_7.url, topic, tmp_path)
    station.settings |= settings(kafka, topic, "login", "SASL_SSL", sasl_mechanism=mechanism, sasl_token_file=file)
    station.settings["MONITOR_KAFKA__DEAD_LETTER_TOPIC"] = station.dead_letter_topic
    try:
        await station.open()
        first = station.worker("first")
        await station.produce([event("m-1")])
        await station.all_stored(1)
        file.write_text(token(MASTER), encoding="utf-8")
        await station.owning(first, station.worker("second"))
        await station.produce([event("m-2")])
        await station.all_stored(2)
    finally:
        await station.close()

"""Each part with exactly the rights that docs/operations.md lists, and what happens where one is missing."""

import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from redis.asyncio import Redis

from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from monitor.kafka.rights import RIGHTS as KAFKA_RIGHTS
from monitor.kafka.rights import ROLES as KAFKA_ROLES
from monitor.store.rights import ROLES as REDIS_ROLES
from monitor.store.rights import Deployment, acl_rules, rights_for
from tests.eventually import wait_until
from tests.integration.station import PARTITIONS, Record, Station, event, measured_of
from tests.servers.secured import SecuredKafka, token

pytestmark = pytest.mark.integration

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
USERS = (*KAFKA_ROLES, "nobody")


@pytest.fixture(scope="module")
def guarded_kafka() -> Iterator[SecuredKafka]:
    """A broker that wants a login at one of its doors, and allows what was granted."""
    with SecuredKafka(dict.fromkeys(USERS, "pw")) as kafka:
        yield kafka


@pytest.fixture
async def guarded(
    guarded_kafka: SecuredKafka, redis_server: EmbeddedRedis, topic: str, tmp_path: Path
) -> AsyncIterator[Station]:
    """The whole path, with users that may do nothing yet."""
    async with Redis.from_url(redis_server.url) as admin:
        for role in (*REDIS_ROLES, "nobody"):
            await admin.execute_command("ACL", "SETUSER", role, "reset", "on", ">pw")
        station = Station(guarded_kafka, redis_server.url, topic, tmp_path)
        yield station
        await station.close()
        await admin.execute_command("ACL", "DELUSER", *REDIS_ROLES, "nobody")


def guarded_broker(station: Station) -> SecuredKafka:
    assert isinstance(station.broker, SecuredKafka)
    return station.broker


Way = Literal["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER", "certificate"]


def as_user(station: Station, *, kafka: str = "nobody", redis: str = "nobody", way: Way = "PLAIN") -> dict[str, str]:
    """Settings of a process that logs in with these users; `way`: how Kafka is told who it is."""
    address = station.settings["MONITOR_REDIS__URL"].removeprefix("redis://")
    node = guarded_broker(station).node
    port, protocol = {
        "PLAIN": (node.clear_login_port, "SASL_PLAINTEXT"), "certificate": (node.certificate_port, "SSL"),
    }.get(way, (node.login_port, "SASL_SSL"))  # fmt: skip
    login = {"KAFKA__BOOTSTRAP": f"127.0.0.1:{port}", "KAFKA__SECURITY_PROTOCOL": protocol}
    if protocol.endswith("SSL"):
        login["KAFKA__CA_FILE"] = str(node.ca_file)
    if way == "certificate":
        login["KAFKA__CERTIFICATE_FILE"] = str(node.certificate_of(kafka))
    else:
        login["KAFKA__SASL_MECHANISM"] = way
    if way == "OAUTHBEARER":
        file = station.directory / f"{kafka}.jwt"
        file.write_text(token(kafka))
        login["KAFKA__SASL_TOKEN_FILE"] = str(file)
    elif way != "certificate":
        login |= {"KAFKA__SASL_USERNAME": kafka, "KAFKA__SASL_PASSWORD": "pw"}
    return login | {
        "REDIS__URL": f"redis://{redis}@{address}",
        "REDIS__PASSWORD": "pw",
    }


def variables(settings: dict[str, str]) -> dict[str, str]:
    return {f"MONITOR_{name}": value for name, value in settings.items()}


async def grant_least(station: Station) -> None:
    """What the tables say, no more."""
    names = {
        "kafka.topic": ("topic", station.topic),
        "kafka.dead_letter_topic": ("topic", station.dead_letter_topic),
        "kafka.group": ("group", station.settings["MONITOR_KAFKA__GROUP"]),
    }
    broker = guarded_broker(station)
    for right in KAFKA_RIGHTS:
        for role in right.roles:
            await broker.grant(right.operation, *names[right.resource], user=role)
    async with Redis.from_url(station.settings["MONITOR_REDIS__URL"]) as redis:
        for role in REDIS_ROLES:
            await redis.execute_command("ACL", "SETUSER", role, *acl_rules(f"station:{station.topic}", role))


async def check(station: Station, role: str, way: Way = "PLAIN") -> tuple[int, str]:
    users = as_user(station, kafka=role if role in KAFKA_ROLES else "nobody", redis=role, way=way)
    result = await station.run("check", "--connect", "--as", role, environment=variables(users))
    return result.exit_code, result.output


async def test_the_whole_path_runs_with_the_least_rights(guarded: Station) -> None:
    """Topics, replay, worker, dead letters, exporter, report: each with a user that may do what is listed alone."""
    await grant_least(guarded)
    made = await guarded.run("topics", environment=variables(as_user(guarded, kafka="topics")))
    assert made.exit_code == 0, made.output
    for role in ("worker", "exporter", "report", "replay", "dead-letters", "topics"):
        code, output = await check(guarded, role)
        assert (code, "may not" in output) == (0, False), output
    events = guarded.directory / "events.jsonl"
    lines = [event(f"m{number}")[1] or b"" for number in range(50)]
    events.write_bytes(b"\n".join([*lines, b'{"mission_id": "broken"}']) + b"\n")
    sent = await guarded.run("replay", str(events), environment=variables(as_user(guarded, kafka="replay")))
    assert sent.exit_code in (0, 1), sent.output
    await guarded.produce([(b"x", b"not json")])
    guarded.worker(**as_user(guarded, kafka="worker", redis="worker"))

    async def counted() -> bool:
        for child in guarded.children:
            child.require_running()
        return sum(head.missions for head in (await guarded.heads()).values()) == 50

    await wait_until(counted, f"50 missions to be stored\n{guarded.logs()}", timeout_seconds=60)
    letters = await guarded.run(
        "dead-letters", "list", "--format", "json", environment=variables(as_user(guarded, kafka="dead-letters"))
    )
    assert (letters.exit_code, "malformed_json" in letters.output) == (0, True), letters.output
    again = await guarded.run(
        "dead-letters", "requeue", "--all", environment=variables(as_user(guarded, kafka="dead-letters"))
    )
    assert again.exit_code == 0, again.output
    report = await guarded.run(
        "report", "--period", "2024", "--format", "json", environment=variables(as_user(guarded, redis="report"))
    )
    assert measured_of(report.stdout, "oslo", "urban") == 50
    port = free_port()
    guarded.start("exporter", name="exporter", EXPORTER__PORT=str(port), **as_user(guarded, redis="exporter"))

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    await wait_until(ready, f"the exporter to be ready\n{guarded.logs()}", timeout_seconds=30)
    assert "NOPERM" not in guarded.log("worker") + guarded.log("exporter")


@pytest.mark.parametrize("way", ["SCRAM-SHA-256", "OAUTHBEARER", "certificate"])
async def test_kafkas_part_runs_with_the_least_rights_however_it_knows_who_asks(guarded: Station, way: Way) -> None:
    """Over TLS, by password, token or client certificate; without a right, whoever lacks it is told which."""
    code, output = await check(guarded, "worker", way)
    assert code == 1, output
    for right in KAFKA_RIGHTS:
        assert (f"the user may not {right.operation}" in output) or "worker" not in right.roles, output
    await grant_least(guarded)

    def user(role: str, **redis: str) -> dict[str, str]:
        return as_user(guarded, kafka=role, way=way, **redis)

    made = await guarded.run("topics", environment=variables(user("topics")))
    assert made.exit_code == 0, made.output
    for role in KAFKA_ROLES:
        code, output = await check(guarded, role, way)
        assert "may not" not in output, output
    events = guarded.directory / "events.jsonl"
    events.write_bytes(b"\n".join(event(f"m{number}")[1] or b"" for number in range(50)) + b"\n")
    sent = await guarded.run("replay", str(events), environment=variables(user("replay")))
    assert sent.exit_code == 0, sent.output
    await guarded.produce([(b"x", b"not json")])
    guarded.worker(**user("worker", redis="worker"))

    async def counted() -> bool:
        for child in guarded.children:
            child.require_running()
        return sum(head.missions for head in (await guarded.heads()).values()) == 50

    await wait_until(counted, f"50 missions to be stored\n{guarded.logs()}", timeout_seconds=60)
    letters = await guarded.run("dead-letters", "list", environment=variables(user("dead-letters")))
    assert (letters.exit_code, "malformed_json" in letters.output) == (0, True), letters.output
    stranger = await guarded.run("dead-letters", "list", environment=variables(user("nobody")))
    assert (stranger.exit_code, "does not give" in stranger.output) == (1, True), stranger.output


async def test_every_missing_right_is_named_at_once(guarded: Station) -> None:
    """`check --connect` says which, whichever it is, and leaves no key behind."""
    await grant_least(guarded)
    assert (await guarded.run("topics")).exit_code == 0
    async with Redis.from_url(guarded.settings["MONITOR_REDIS__URL"]) as redis:
        keys = await redis.keys("*")
        for right in rights_for(REDIS_ROLES):
            role = right.roles[0]
            least = acl_rules(f"station:{guarded.topic}", role)
            await redis.execute_command(
                "ACL", "SETUSER", role, *(rule for rule in least if rule != f"+{right.command}")
            )
            code, output = await check(guarded, role)
            told = [line for line in output.splitlines() if f"may not {right.command.upper()} " in line]
            assert [line.split()[0] for line in told] == ["error" if right.hint is None else "warning"], output
            assert code == (1 if right.hint is None else 0)
            await redis.execute_command("ACL", "SETUSER", role, *least)
        extra = {key.decode() for key in await redis.keys("*")} - {key.decode() for key in keys}
        assert extra <= {f"station:{guarded.topic}:partitions"}
    users = as_user(guarded, kafka="nobody", redis="nobody")
    roles = [argument for role in KAFKA_ROLES for argument in ("--as", role)]
    result = await guarded.run("check", "--connect", *roles, environment=variables(users))
    for right in KAFKA_RIGHTS:
        assert re.search(rf"error +{right.resource}  the user may not {right.operation} ", result.output), (
            result.output
        )
    assert result.exit_code == 1


def test_the_least_rights_are_documented() -> None:
    """The two tables of docs/operations.md are those of the code."""
    text = OPERATIONS.read_text()
    for role in REDIS_ROLES:
        assert " ".join(f"+{right.command}" for right in rights_for([role])) in text
    several: tuple[Deployment, ...] = ("sentinel", "cluster")
    for deployment in several:
        more = [right.command for right in rights_for(REDIS_ROLES, deployment) if right.of]
        assert " ".join(f"+{command}" for command in more) in text
    for right in KAFKA_RIGHTS:
        for role in right.roles:
            row = next(line for line in text.splitlines() if line.startswith(f"| {role} |"))
            assert f"{right.operation} on `{right.resource}`" in row


async def test_a_right_missing_in_the_middle_of_a_checkpoint_loses_nothing(
    kafka_station: Station, redis_7: EmbeddedRedis, events_of_2024: list[Record], file_of_2024: Path
) -> None:
    """A user without ZADD, workers that are started again and again, then the right: the report is the file's."""
    station = kafka_station
    async with Redis.from_url(redis_7.url) as admin:
        await admin.execute_command("ACL", "SETUSER", "mon", "reset", "on", ">pw", "~*", "&*", "+@all", "-zadd")
        user = {
            "REDIS__URL": f"redis://mon@{redis_7.address}/0",
            "REDIS__PASSWORD": "pw",
            "LEDGER__HORIZON_DAYS": "1200",
        }
        await station.produce(events_of_2024)
        for attempt in range(2):
            worker = station.worker(f"worker-{attempt}", **user)
            await wait_until(
                lambda worker=worker: "checkpoint waits" in station.log(worker.name),
                "the right to be missed", timeout_seconds=60,
            )  # fmt: skip
            worker.require_running()
            assert await station.heads() == {}
            for number in range(PARTITIONS):
                assert await admin.hget(f"{{station:{station.topic}/{number}}}:head", "next_offset") is None
            if attempt == 0:
                worker.kill()
        await admin.execute_command("ACL", "SETUSER", "mon", "+@all")
        await station.all_stored(len(events_of_2024))
        assert await station.report("2024") == await station.report("2024", "--events", str(file_of_2024))
        for child in station.children:
            child.kill()
        await admin.execute_command("ACL", "DELUSER", "mon")

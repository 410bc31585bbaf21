"""The example with sentinels: it fits the stack, and its scripts make a store that fails over."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.demo.servers import bundled_valkey
from monitor.settings import load
from monitor.store.redis import RedisStore
from tests.compose import images
from tests.compose.stack import FILE, REQUIRED, ROOT, filled_in, mounts
from tests.eventually import wait_until

EXAMPLE = ROOT / "deploy" / "sentinel"
SERVERS, SENTINELS = ("redis", "redis-2", "redis-3"), ("sentinel-1", "sentinel-2", "sentinel-3")
PASSWORD = "correct-horse"  # noqa: S105 - made here
SECONDS = 60.0


def base() -> dict[str, Any]:
    """The stack that it is added to."""
    found: dict[str, Any] = yaml.safe_load(filled_in(FILE.read_text(), REQUIRED))
    return found


def merged() -> dict[str, Any]:
    """Both files, as Compose puts one upon the other: mappings are merged, mounts by place, other lists replaced."""
    stack, added = base(), yaml.safe_load(filled_in((EXAMPLE / "docker-compose.yml").read_text(), REQUIRED))
    for name, service in added["services"].items():
        before = stack["services"].setdefault(name, {})
        for key, value in service.items():
            if key == "volumes":
                before[key] = [*before.get(key, []), *value]
            elif isinstance(value, dict):
                before[key] = {**before.get(key, {}), **value}
            else:
                before[key] = value
    stack["volumes"] |= added["volumes"]
    return {key: value for key, value in stack.items() if not key.startswith("x-")}


def services() -> dict[str, dict[str, Any]]:
    """Of both files."""
    found: dict[str, dict[str, Any]] = merged()["services"]
    return found


def test_both_files_together_are_compose() -> None:
    """By the specification, with every network, volume and secret declared; nobody waits for who is not there."""
    PyCompose.from_json(json.dumps(merged())).validate()
    listed = services()
    for name in (*SERVERS, *SENTINELS, "worker", "exporter"):
        for other in listed[name].get("depends_on", {}):
            assert other in listed
    assert set(listed) - set(base()["services"]) == {*SERVERS[1:], *SENTINELS}


@pytest.mark.parametrize("name", [*SERVERS, *SENTINELS])
def test_a_server_may_do_no_more_than_that_of_the_stack(name: str) -> None:
    """Image, user, rights, networks and secrets are those of its one server; its data has a volume of its own."""
    service, one = services()[name], base()["services"]["redis"]
    for key in ("image", "user", "restart", "init", "read_only", "cap_drop", "security_opt", "secrets", "networks",
                "tmpfs", "logging"):  # fmt: skip
        assert service[key] == one[key], key
    assert "ports" not in service
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    (data,) = [source for source, place, _ in mounts(service) if place == images.DATA["valkey/valkey"]]
    assert [data] == [source for other in services().values() for source, _, _ in mounts(other) if source == data]
    if name in SERVERS:
        assert service["deploy"] == one["deploy"]
        assert service["healthcheck"] == one["healthcheck"]


@pytest.mark.parametrize("name", [*SERVERS, *SENTINELS])
def test_a_script_is_there_and_knows_its_names(name: str) -> None:
    """It is mounted where the command calls it, read-only, and readable by the container's user."""
    service = services()[name]
    shell, script = service["command"]
    source, _, read_only = next(one for one in mounts(service) if one[1] == script)
    assert (shell, read_only) == ("sh", True)
    assert (ROOT / source).stat().st_mode & stat.S_IROTH
    assert service["environment"] == {"NAME": name, "MASTER": SERVERS[0]}


def test_workers_and_exporter_ask_the_sentinels(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a URL that the monitor reads, at names and ports that there are, with the password's mounted file."""
    for part in ("worker", "exporter"):
        service = services()[part]
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, str(value))
        settings = load(ROOT / "config" / "monitor.toml").settings.redis
        assert "redis_password" in service["secrets"]
        assert str(settings.password_file) == str(settings.sentinel_password_file) == "/run/secrets/redis_password"
        hosts, service_name, _ = settings.url.removeprefix("redis+sentinel://").split("/")
        port = services()[SENTINELS[0]]["expose"][0]
        assert hosts.split(",") == [f"{name}:{port}" for name in SENTINELS]
        text = (EXAMPLE / "sentinel").read_text()
        assert f"port {port}\\n" in text
        assert f"sentinel monitor {service_name} " in text


class Container:
    """One service's script, run here: as written, but for places, names, ports, and less patience."""

    def __init__(self, folder: Path, script: str, *, master: "Container | None" = None) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "data").mkdir(parents=True)
        (folder / "password").write_text(PASSWORD + "\n")
        text = (EXAMPLE / script).read_text()
        first = master or self
        for there, here in (
            ("/run/secrets/redis_password", str(folder / "password")), ("/data", str(folder / "data")),
            ("exec valkey-server", f"exec {bundled_valkey()}"), ("port 26379", f"port {self.port}"),
            ("%s 6379", f"%s {first.port}"),
            ("mission-store 5000", "mission-store 1000"), ("mission-store 30000", "mission-store 4000"),
        ):  # fmt: skip
            text = text.replace(there, here)
        if script == "server":
            text = text.replace('"$@"', f'--port {self.port} --bind {LOOPBACK} --repl-diskless-sync-delay 0 "$@"')
            text = text.replace('[ "$NAME" = "$MASTER" ]', "true" if master is None else "false")
        (folder / "script").write_text(text)
        self.child: Child | None = None

    def start(self) -> None:
        """As Compose does, again after an end."""
        self.child = Child(
            "container", ["sh", str(self.folder / "script")],
            environment={**os.environ, "NAME": LOOPBACK, "MASTER": LOOPBACK},
        )  # fmt: skip

    def kill(self) -> None:
        """Kill -9."""
        if self.child is not None:
            self.child.kill()

    async def ask(self, *command: str) -> Any:
        """With the password; None where it does not answer."""
        try:
            async with Redis(host=LOOPBACK, port=self.port, password=PASSWORD, protocol=2) as client:
                return await client.execute_command(*command)
        except (RedisError, OSError):
            return None


@pytest.fixture
def containers(tmp_path: Path) -> Iterator[tuple[list[Container], list[Container]]]:
    """Servers and sentinels, not started."""
    first = Container(tmp_path / "redis", "server")
    servers = [first, *(Container(tmp_path / name, "server", master=first) for name in SERVERS[1:])]
    sentinels = [Container(tmp_path / name, "sentinel", master=first) for name in SENTINELS]
    with ExitStack() as stack:
        for one in (*servers, *sentinels):
            stack.callback(one.kill)
        yield servers, sentinels


@pytest.mark.integration
async def test_the_scripts_make_a_store_that_fails_over(
    containers: tuple[list[Container], list[Container]], tmp_path: Path
) -> None:
    """With one password for all; the killed master comes back as a replica, by the configuration in its volume."""
    servers, sentinels = containers
    for one in servers:
        one.start()

    async def replicated() -> bool:
        role = await servers[0].ask("ROLE")
        return bool(role) and len(role[2]) == 2

    await wait_until(replicated, "two replicas", timeout_seconds=SECONDS)
    for one in sentinels:
        one.start()

    async def known() -> bool:
        found = [await one.ask("SENTINEL", "MASTER", "mission-store") for one in sentinels]
        states = [dict(zip(one[::2], one[1::2], strict=True)) for one in found if one]
        return [(one[b"num-slaves"], one[b"num-other-sentinels"]) for one in states] == [(b"2", b"2")] * 3

    await wait_until(known, "sentinels that know everybody", timeout_seconds=SECONDS)
    for one in (servers[0], sentinels[0]):
        async with Redis(host=LOOPBACK, port=one.port) as stranger:
            with pytest.raises(AuthenticationError):
                await stranger.ping()
    (tmp_path / "secret").write_text(PASSWORD)
    store = RedisStore(
        f"redis+sentinel://{','.join(f'{LOOPBACK}:{one.port}' for one in sentinels)}/mission-store/0",
        namespace="example", password=PASSWORD, sentinel_login=(None, PASSWORD),
    )  # fmt: skip
    try:
        await store.ping()
        servers[0].kill()

        async def promoted() -> bool:
            return any([(await one.ask("ROLE") or [b""])[0] == b"master" for one in servers[1:]])

        await wait_until(promoted, "another master", timeout_seconds=SECONDS)
        servers[0].start()

        async def follows() -> bool:
            role = await servers[0].ask("ROLE")
            return bool(role) and role[0] == b"slave" and role[3] == b"connected"

        await wait_until(follows, "the former master to follow", timeout_seconds=SECONDS)
        await store.ping()
        servers[0].kill()
        servers[0].start()
        await wait_until(follows, "it to be a replica from its start", timeout_seconds=SECONDS)
        assert "replicaof" in (servers[0].folder / "data" / "valkey.conf").read_text()
    finally:
        await store.close()

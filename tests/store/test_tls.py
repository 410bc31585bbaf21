"""A store behind TLS: certificates on both sides, a user, and by what name each refusal goes."""

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from redis.asyncio import Redis

from monitor.demo.processes import LOOPBACK
from monitor.demo.servers import EmbeddedRedis
from monitor.settings import RedisSettings
from monitor.store.port import StoreUnavailable
from monitor.store.redis import RedisStore
from tests.eventually import wait_until
from tests.servers.components import require
from tests.servers.replicated import SERVICE, SentinelNode

PASSWORD = "s3cret/with?signs"  # noqa: S105 - of a server that lives as long as the test
SENTINEL_PASSWORD = "of-the-sentinels"  # noqa: S105 - the same
TLS_FILES = (("cert-file", "server.pem"), ("key-file", "server.pem"), ("ca-cert-file", "ca.pem"))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Guarded(EmbeddedRedis):
    """A server that speaks TLS alone, asks clients for a certificate, and knows one user."""

    def __init__(self, folder: Path, *, name: str = LOOPBACK, until: datetime | None = None) -> None:
        super().__init__(executable=require("redis-server"))
        self.folder = folder
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.authority.issue_cert(name, not_after=until).private_key_and_cert_chain_pem.write_to_path(
            str(folder / "server.pem")
        )
        client = self.authority.issue_cert("monitor@example.org")
        client.private_key_pem.write_to_path(str(folder / "key.pem"))
        (folder / "client.pem").write_bytes(b"".join(one.bytes() for one in client.cert_chain_pems))
        client.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))

    @property
    def url(self) -> str:
        """For the client of the tests, who trusts anybody."""
        return (
            f"rediss://monitor:{PASSWORD.replace('/', '%2F').replace('?', '%3F')}@{self.address}/0?ssl_cert_reqs=none"
            f"&ssl_certfile={self.folder}/both.pem&ssl_keyfile={self.folder}/both.pem&ssl_check_hostname=false"
        )

    def command(self) -> list[str]:
        one = [str(self.executable), "--bind", LOOPBACK, "--port", "0", "--tls-port", str(self.port), "--save", ""]
        files = {"tls-cert-file": "server.pem", "tls-key-file": "server.pem", "tls-ca-cert-file": "ca.pem"}
        for option, file in files.items():
            one += [f"--{option}", str(self.folder / file)]
        one += ["--tls-auth-clients", "yes", "--dir", str(self.folder)]
        return [*one, "--user", "default", "off", "--user", "monitor", "on", f">{PASSWORD}", "~*", "&*", "+@all"]

    async def alone(self) -> bool:
        """Whether it has no client but the one that asks."""
        async with Redis.from_url(self.url) as client:
            return len(await client.client_list()) == 1

    def settings(self, **other: object) -> RedisSettings:
        """As an operator would write them; `other` in place of what is right."""
        right = {
            "url": f"rediss://{self.address}/0",
            "username": "monitor",
            "password": PASSWORD,
            "ca_file": self.folder / "ca.pem",
            "certificate_file": self.folder / "client.pem",
            "key_file": self.folder / "key.pem",
        }
        return RedisSettings.model_validate({k: v for k, v in (right | other).items() if v is not None})


async def told(server: Guarded, settings: RedisSettings, *, watched: bool = False) -> str | None:
    """Why the store cannot be used; None where it can. `watched`: a sentinel stays connected."""
    login = settings.sentinel_login()
    store = RedisStore(settings.address(), namespace="tls", timeout_seconds=5.0, sentinel_login=login)
    try:
        await store.ping()
    except StoreUnavailable as fault:
        return str(fault)
    finally:
        await store.close()
        if not watched:
            await wait_until(server.alone, "the connection to be closed")
    return None


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One that asks for everything."""
    with Guarded(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.mark.parametrize("files", [("client.pem", "key.pem"), ("both.pem", None)])
async def test_a_store_behind_tls_with_certificates_and_a_user_is_used(
    guarded: Guarded, files: tuple[str, str | None]
) -> None:
    """The key in the certificate's file, or beside it."""
    certificate, key = (name and guarded.folder / name for name in files)
    settings = guarded.settings(certificate_file=certificate, key_file=key)
    assert await told(guarded, settings) is None
    async with Redis.from_url(settings.address()) as client:
        assert await client.execute_command("ACL", "WHOAMI") == b"monitor"


async def test_a_user_in_the_address_is_the_same(guarded: Guarded) -> None:
    """As files of before have it."""
    assert await told(guarded, guarded.settings(url=f"rediss://monitor@{guarded.address}/0", username=None)) is None


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {"certificate_file": None, "key_file": None},
            ("asks for a client certificate", "Set redis.certificate"),
        ),
        ({"ca_file": None}, ("certificate verify failed", "Set redis.ca_file to the certificate of the authority")),
        ({"username": "stranger"}, ("refuses the login", "user and password")),
        ({"password": "wrong"}, ("refuses the login", "user and password")),
        ({"ca_file": "client.pem"}, ("certificate verify failed", "Set redis.ca_file")),
    ],
)
async def test_each_refusal_is_named_with_its_setting(
    guarded: Guarded, other: dict[str, str | None], words: tuple[str, ...]
) -> None:
    """Without the password in it."""
    placed = {key: guarded.folder / value if key == "ca_file" and value else value for key, value in other.items()}
    message = await told(guarded, guarded.settings(**placed))
    assert message is not None
    assert all(word in message for word in words), message
    assert PASSWORD not in message


@pytest.mark.parametrize(
    ("name", "until", "advice"),
    [
        ("redis.example.org", None, "Set redis.url to a name that stands in its certificate"),
        (LOOPBACK, LONG_AGO + timedelta(days=30), "Have its certificate renewed"),
    ],
)
async def test_a_certificate_of_another_name_or_time_is_refused_as_such(
    tmp_path: Path, name: str, until: datetime | None, advice: str
) -> None:
    """The clock is the other thing that may be wrong."""
    async with Guarded(tmp_path, name=name, until=until) as server:
        message = await told(server, server.settings())
    assert message is not None
    assert "certificate verify failed" in message
    assert advice in message


async def test_a_certificate_that_signed_itself_is_refused(tmp_path: Path) -> None:
    """OpenSSL's own tool makes it, as people do."""
    server = Guarded(tmp_path)
    subprocess.run(  # noqa: ASYNC221 - nothing else runs
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={LOOPBACK}",
         "-addext", f"subjectAltName=IP:{LOOPBACK}", "-keyout", "self.key", "-out", "self.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "server.pem").write_bytes((tmp_path / "self.key").read_bytes() + (tmp_path / "self.pem").read_bytes())
    async with server:
        message = await told(server, server.settings())
        assert message is not None
        assert "self-signed certificate" in message
        # Named as its own authority it is trusted: somebody has looked at it.
        assert await told(server, server.settings(ca_file=tmp_path / "self.pem")) is None


class GuardedSentinel(SentinelNode):
    """A sentinel behind the same TLS, with a password of its own, which logs in at the server it watches."""

    def __init__(self, server: Guarded) -> None:
        files = [f"tls-{option} {server.folder}/{file}" for option, file in TLS_FILES]
        watching = [f"sentinel auth-user {SERVICE} monitor", f'sentinel auth-pass {SERVICE} "{PASSWORD}"']
        options = [
            f"requirepass {SENTINEL_PASSWORD}",
            "tls-auth-clients yes",
            "tls-replication yes",
            *files,
            *watching,
        ]
        super().__init__(executable=server.executable, master=f"{LOOPBACK}:{server.port}", quorum=1, options=options)
        self.guarding = server
        self.lines[0] = f"port 0\ntls-port {self.port}"

    async def answers(self) -> bool:
        return "flags" in await self.asked()

    async def asked(self) -> str:
        """What it says of the server, asked as an operator would."""
        folder = self.guarding.folder
        command = [
            "redis-cli",
            "-p",
            str(self.port),
            "--tls",
            "--insecure",
            "--no-auth-warning",
            "-a",
            SENTINEL_PASSWORD,
        ]
        command += ["--cert", str(folder / "both.pem"), "--key", str(folder / "both.pem")]
        asking = await asyncio.create_subprocess_exec(*command, "sentinel", "masters", stdout=subprocess.PIPE)
        out, _ = await asking.communicate()
        return out.decode()


async def test_sentinels_and_servers_behind_tls_each_with_a_login(guarded: Guarded) -> None:
    """One authority and certificate for both, a user at the servers, a password at the sentinels; each is needed."""
    async with GuardedSentinel(guarded) as sentinel:
        await wait_until(lambda: up(sentinel), "the sentinel to reach the server", timeout_seconds=60)
        right = {"url": f"rediss+sentinel://{sentinel.address}/{SERVICE}", "sentinel_password": SENTINEL_PASSWORD}
        assert await told(guarded, guarded.settings(**right), watched=True) is None
        wrong = await told(guarded, guarded.settings(**right | {"sentinel_password": "other"}), watched=True)
        assert wrong is not None
        assert "no sentinel answers" in wrong
        assert "other" not in wrong
        wrong = await told(guarded, guarded.settings(**right, password="other"), watched=True)  # noqa: S106 - a wrong one
        assert wrong is not None
        assert "refuses the login" in wrong


async def up(sentinel: GuardedSentinel) -> bool:
    lines = (await sentinel.asked()).splitlines()
    return "flags" in lines and lines[lines.index("flags") + 1] == "master"

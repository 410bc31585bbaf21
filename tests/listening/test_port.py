"""A port behind a web configuration file: who is let in over TLS, by certificate and password, on real sockets."""

import asyncio
import base64
import logging
import os
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509

from monitor.http.access import Scope
from monitor.http.body import SharedBody
from monitor.http.guard import Protection
from monitor.http.limits import Limits
from monitor.http.passwords import WAITING_OF_A_PEER, Busy, Passwords
from monitor.http.server import Address, serving
from monitor.listening.port import door_of
from monitor.settings import ConfigurationError
from tests.eventually import wait_until
from tests.listening.authority import PASSWORD, Authority, hashed

LARGE = b"0123456789abcdef" * 2**20
QUICK = Limits(connections=12, per_peer=6, ask_seconds=0.5, take_seconds=0.5, linger_seconds=0.2)
SCOPES = {"/figures": Scope.FIGURES, "/large": Scope.FIGURES, "/open": Scope.OPEN}
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()}


def application() -> web.Application:
    """Figures, and what is open to all."""

    async def small(_request: web.Request) -> web.Response:
        return web.Response(text="told")

    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=SharedBody(LARGE))

    told = web.Application()
    told.add_routes([web.get("/figures", small), web.get("/large", large), web.get("/open", small)])
    return told


@asynccontextmanager
async def opened(file: Path | None, limits: Limits | None = None) -> AsyncIterator[str]:
    """The port behind a file; gives its URL."""
    address = Address(host="127.0.0.1", port=0, host_by="host", port_by="port", hosts_by="hosts")
    protection = Protection(scopes=SCOPES, door=door_of(file))
    async with serving(application(), address, limits=limits, protection=protection) as url:
        yield url


async def asked(url: str, context: ssl.SSLContext | None, path: str = "figures", **headers: str) -> int | str:
    """The status that a client gets, or what kept it from one."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session,
            session.get(url + path, ssl=True if context is None else context, headers=headers) as answer,
        ):
            await answer.read()
            return answer.status
    except aiohttp.ClientConnectorCertificateError:
        return "certificate"
    except aiohttp.ClientError as fault:
        return type(fault).__name__


REFUSED = {"ServerDisconnectedError", "ClientOSError", "ClientConnectorSSLError", "ClientConnectorError"}
"""What a client sees whose certificate is not taken: with TLS 1.3, only after it has begun to speak."""


async def test_a_port_speaks_tls_and_nothing_else(authority: Authority) -> None:
    """Who trusts its authority is served; who does not, leaves; who speaks in the clear gets nothing."""
    async with opened(authority.web_file()) as url:
        assert url.startswith("https://")
        assert await asked(url, authority.trusting()) == 200
        assert await asked(url, None) == "certificate"
        assert await asked(url.replace("https", "http"), None) in REFUSED


@pytest.mark.parametrize("policy", ["RequireAndVerifyClientCert", "VerifyClientCertIfGiven"])
async def test_a_clients_certificate_is_looked_at(authority: Authority, tmp_path: Path, policy: str) -> None:
    """One of the authority's is taken; another's, even under the same name, never; none as the policy has it."""
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    other.client()
    strange = authority.trusting()
    strange.load_cert_chain(tmp_path / "other" / "client.pem", tmp_path / "other" / "client.key")
    file = authority.web_file({"client_auth_type": policy, "client_ca_file": "ca.pem"})
    async with opened(file) as url:
        assert await asked(url, authority.trusting("client")) == 200
        assert await asked(url, strange) in REFUSED
        nothing = await asked(url, authority.trusting())
        assert nothing == 200 if policy == "VerifyClientCertIfGiven" else nothing in REFUSED


async def test_a_clients_certificate_must_hold_a_name_that_is_listed(authority: Authority) -> None:
    """Exactly, whatever kind of name it is."""
    authority.client("other.example.org", stem="other")
    authority.client("10.1.2.3", stem="address")
    authority.client("who@example.org", stem="mail")
    names = ["prometheus.example.org", "10.1.2.3", "who@example.org"]
    tls = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem", "client_allowed_sans": names}
    async with opened(authority.web_file(tls)) as url:
        for stem in ("client", "address", "mail"):
            assert await asked(url, authority.trusting(stem)) == 200
        assert await asked(url, authority.trusting("other")) in REFUSED


async def test_names_are_asked_of_certificates_that_are_shown(authority: Authority) -> None:
    """As the toolkit has it: whoever need not show one need not be listed either."""
    authority.client("other.example.org", stem="other")
    tls = {"client_auth_type": "VerifyClientCertIfGiven", "client_ca_file": "ca.pem", "client_allowed_sans": ["a"]}
    async with opened(authority.web_file(tls)) as url:
        assert await asked(url, authority.trusting()) == 200
        assert await asked(url, authority.trusting("other")) in REFUSED


async def test_a_port_that_closes_waits_for_no_handshake(authority: Authority) -> None:
    """Whoever is silent then is closed."""
    async with opened(authority.web_file()) as url:
        writer = await silent(url)
    writer.close()


async def test_versions_are_those_that_are_allowed(authority: Authority) -> None:
    """A client that speaks only older ones agrees on nothing."""
    old = authority.trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with opened(authority.web_file({"min_version": "TLS13"})) as url:
        assert await asked(url, old) in REFUSED
        assert await asked(url, authority.trusting()) == 200
    async with opened(authority.web_file({"max_version": "TLS12"})) as url:
        assert await asked(url, old) == 200


async def shown(url: str) -> int:
    """The serial number of the certificate that a port shows."""
    host, _, port = url.removeprefix("https://").rstrip("/").rpartition(":")
    pem = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def test_a_renewed_certificate_is_shown_without_a_restart(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Between certificate and key the last pair stays; the next connection after both gets the new one."""
    async with opened(authority.web_file()) as url:
        before = await shown(url)
        old_certificate, old_key = ((authority.folder / name).read_bytes() for name in ("server.pem", "server.key"))
        authority.server()
        new_key = (authority.folder / "server.key").read_bytes()
        (authority.folder / "server.key").write_bytes(old_key)

        async def refused() -> bool:
            assert await shown(url) == before
            return "key values mismatch" in caplog.text

        await wait_until(refused, "the half-written pair to be told")
        assert await asked(url, authority.trusting()) == 200
        (authority.folder / "server.key").write_bytes(new_key)

        async def renewed() -> bool:
            return await shown(url) != before

        await wait_until(renewed, "the new certificate to be shown")
        assert (authority.folder / "server.pem").read_bytes() != old_certificate


async def test_a_link_that_is_turned_is_a_change(authority: Authority, tmp_path: Path) -> None:
    """As Kubernetes renews a Secret: another folder behind the same name, with the same size and time."""
    for generation in ("first", "second"):
        (tmp_path / generation).mkdir()
        made = Authority(tmp_path / generation)
        made.server()
        for file in (tmp_path / generation).iterdir():
            os.utime(file, (1_700_000_000, 1_700_000_000))
    (tmp_path / "now").symlink_to("first")
    file = authority.web_file({"cert_file": "now/server.pem", "key_file": "now/server.key"})
    async with opened(file) as url:
        before = await shown(url)
        (tmp_path / "next").symlink_to("second")
        (tmp_path / "next").replace(tmp_path / "now")

        async def renewed() -> bool:
            return await shown(url) != before

        await wait_until(renewed, "the certificate behind the link to be shown")


async def test_tls_does_not_come_or_go_with_a_change(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """A port that is asked in the clear all at once would be a surprise: the file is refused, and TLS stays."""
    async with opened(authority.web_file()) as url:
        (authority.folder / "web.yml").write_text("{}")

        async def told() -> bool:
            assert await asked(url, authority.trusting()) == 200
            return "restart for that" in caplog.text

        await wait_until(told, "the refusal to be told")


async def test_a_file_that_is_empty_for_a_moment_lets_nobody_in(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever writes over a file empties it first; the users of before are asked for their passwords all along."""
    file = authority.web_file(basic_auth_users={"prometheus": hashed()})
    context = authority.trusting()
    async with opened(file) as url:
        whole = file.read_text()
        file.write_text("")

        async def told() -> bool:
            assert await asked(url, context) == 401
            return "basic_auth_users has gone: restart for that" in caplog.text

        await wait_until(told, "the refusal to be told")
        file.write_text(whole)
        assert await asked(url, context, **LOGIN) == 200


async def test_users_are_asked_for_their_password(authority: Authority) -> None:
    """Figures are theirs; what is open stays so; another password, user or scheme gets a challenge."""
    async with opened(authority.web_file(basic_auth_users={"prometheus": hashed()})) as url:
        context = authority.trusting()
        assert await asked(url, context, **LOGIN) == 200
        assert await asked(url, context, **LOGIN) == 200  # remembered
        for header in (
            "", "Basic", "Basic !", "Basic \u00e9", "Bearer x", "Basic " + base64.b64encode(b"prometheus").decode(),
            "Basic " + base64.b64encode(b"prometheus:wrong").decode(),
            "Basic " + base64.b64encode(f"nobody:{PASSWORD}".encode()).decode(),
            "Basic " + base64.b64encode(b"\xff:\xff").decode(),
            "Basic " + base64.b64encode(b"prometheus:" + b"x" * 200).decode(),
        ):  # fmt: skip
            assert await asked(url, context, Authorization=header) == 401, header
        assert await asked(url, context, "open") == 200
        async with aiohttp.ClientSession() as session, session.get(url + "figures", ssl=context) as answer:
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_a_user_who_is_taken_out_is_let_in_no_more(authority: Authority) -> None:
    """Without a restart, however often the password was right before; a new hash has the old password forgotten."""
    file = authority.web_file(basic_auth_users={"prometheus": hashed()})
    async with opened(file) as url:
        context = authority.trusting()
        for users in ({"other": hashed()}, {"prometheus": hashed("another")}):
            authority.web_file(basic_auth_users={"prometheus": hashed()})
            await wait_until(lambda: _is(asked(url, context, **LOGIN), 200), "the login to be right")
            authority.web_file(basic_auth_users=users)
            await wait_until(lambda: _is(asked(url, context, **LOGIN), 401), "the login to be wrong")


async def _is(answer: Awaitable[int | str], status: int) -> bool:
    return await answer == status


async def test_few_passwords_are_looked_at_at_once() -> None:
    """Of one peer fewer still; whoever was right before waits for nobody."""
    passwords = Passwords()
    users = {"prometheus": hashed()}
    try:
        assert await passwords.right(users, "prometheus", PASSWORD, peer="192.0.2.1")
        guesses = [asyncio.create_task(passwords.right(users, "a", str(n), peer="192.0.2.9")) for n in range(20)]
        await asyncio.sleep(0)
        assert await passwords.right(users, "prometheus", PASSWORD, peer="192.0.2.9")
        others = [asyncio.create_task(passwords.right(users, "a", "b", peer=f"192.0.2.{n}")) for n in range(100, 140)]
        found = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(one, Busy) for one in found) == len(guesses) - WAITING_OF_A_PEER
        assert {one for one in found if not isinstance(one, Busy)} == {False}
        assert any(isinstance(one, Busy) for one in await asyncio.gather(*others, return_exceptions=True))
        assert not await passwords.right(users, "prometheus", "wrong", peer="192.0.2.9")
    finally:
        passwords.close()


async def test_what_was_guessed_is_not_remembered() -> None:
    """So nobody fills a memory, nor has what was right forgotten."""
    passwords = Passwords()
    try:
        users = {"prometheus": hashed()}
        assert await passwords.right(users, "prometheus", PASSWORD, peer="")
        for number in range(50):
            assert not await passwords.right(users, f"user{number}", "x", peer="")
        assert set(passwords._right) == {"prometheus"}
    finally:
        passwords.close()


async def silent(url: str) -> asyncio.StreamWriter:
    """A connection that never begins to speak TLS."""
    host, _, port = url.removeprefix("https://").rstrip("/").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    return writer


async def test_who_never_speaks_tls_keeps_no_place(authority: Authority) -> None:
    """A place is taken with the connection: others get in before such a peer's time is over, and it is closed."""
    async with opened(authority.web_file(), QUICK) as url:
        writers = [await silent(url) for _ in range(3 * QUICK.connections)]
        assert await asked(url, authority.trusting()) == 200
        for writer in writers:
            with suppress(ConnectionError):
                await wait_until(lambda writer=writer: _ended(writer), "a silent peer to be closed")
            writer.close()


async def _ended(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"\0")
    await asyncio.sleep(0)
    return writer.transport.is_closing()


async def test_who_takes_nothing_over_tls_is_closed(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """What stands in the buffers beneath TLS counts as not taken, too."""
    async with opened(authority.web_file(), QUICK) as url:
        host, _, port = url.removeprefix("https://").rstrip("/").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), ssl=authority.trusting(), limit=1024)
        writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.read(100)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wait_until(lambda: "was not taken within" in caplog.text, "the peer to be closed")
        writer.transport.abort()
        assert await asked(url, authority.trusting()) == 200


async def test_headers_of_the_file_stand_on_every_answer(authority: Authority) -> None:
    """Also on refusals; what a page says itself of what it may load stays."""
    headers = {"Strict-Transport-Security": "max-age=1", "X-Frame-Options": "deny"}
    async with opened(authority.web_file(http_server_config={"headers": headers})) as url:
        for path in ("figures", "nothing"):
            async with (
                aiohttp.ClientSession() as session, session.get(url + path, ssl=authority.trusting()) as answer,
            ):  # fmt: skip
                assert headers.items() <= answer.headers.items()
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("broken", ["server.pem", "server.key", "web.yml"])
async def test_a_port_does_not_open_with_what_cannot_be_used(authority: Authority, broken: str) -> None:
    """The start ends, with the fault."""
    file = authority.web_file()
    (authority.folder / broken).write_text("nonsense")
    with pytest.raises(ConfigurationError):
        door_of(file)


async def test_a_failed_handshake_is_told_without_its_peer(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """An address may be a person's; the rate is limited as for everything that peers can cause."""
    caplog.set_level(logging.INFO)
    async with opened(authority.web_file()) as url:
        await asked(url.replace("https", "http"), None)
        await wait_until(lambda: "a TLS handshake failed" in caplog.text, "the failure to be told")
    assert "127.0.0.1" not in caplog.text


async def test_an_expired_certificate_is_refused_by_clients(authority: Authority) -> None:
    """A port does not judge its own certificate; whoever connects does."""
    authority.server(until=datetime.now(UTC) + timedelta(seconds=-5))
    async with opened(authority.web_file()) as url:
        assert await asked(url, authority.trusting()) == "certificate"

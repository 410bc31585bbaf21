"""The image's health check: it finds the part that runs, and nothing where none does."""

import asyncio
import json
import re
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from monitor.demo.processes import Child, free_port
from monitor.health import PORTS, addresses, answers
from tests.compose.stack import ROOT, services
from tests.eventually import wait_until
from tests.listening.authority import Authority


class Part(BaseHTTPRequestHandler):
    """Alive at /healthz; nowhere else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """In silence."""


class Mute(BaseHTTPRequestHandler):
    """Hears what is asked, and hangs up."""

    def handle(self) -> None:
        """Without a word."""
        self.rfile.readline()


class Quiet(HTTPServer):
    """Whose peers may go away."""

    def handle_error(self, *_: object) -> None:
        """In silence."""


@contextmanager
def served(context: ssl.SSLContext | None = None, *, handler: type[BaseHTTPRequestHandler] = Part) -> Iterator[int]:
    """The port of a part that answers, behind TLS or not."""
    server = Quiet(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def port() -> Iterator[int]:
    """Of a part that answers."""
    with served() as found:
        yield found


@pytest.mark.parametrize("name", PORTS)
def test_the_part_that_runs_is_found(name: str, port: int) -> None:
    """Whichever it is; the others' ports are closed."""
    environment = dict.fromkeys(PORTS, "1") | {name: str(port)}
    assert answers(addresses(environment))
    assert not answers(addresses(environment | {name: "1"}))


def test_no_proxy_is_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container has http_proxy set, where it must go out by one; its own loopback is elsewhere for the proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert answers(addresses(dict.fromkeys(PORTS, "1") | {"MONITOR_WORKER__METRICS_PORT": str(port)}))


def test_a_part_behind_tls_is_alive(tmp_path: Path) -> None:
    """Whoever issued its certificate, and for whichever name; one that answers nonsense to http too."""
    authority = Authority(tmp_path)
    authority.server("board.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with served(context) as port:
        environment = dict.fromkeys(PORTS, "1") | {"MONITOR_EXPORTER__PORT": str(port)}
        assert answers(addresses(environment))


@pytest.mark.parametrize("versions", [{}, {"max_version": "TLS12"}])
async def test_a_part_that_wants_a_clients_certificate_is_alive(
    versions: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check has none, and is turned away by the very part that it asks after; a frozen one turns nobody away."""
    authority = Authority(tmp_path)
    authority.server()
    web_file = authority.web_file(
        {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem", **versions}
    )
    port = free_port()
    ask = addresses(dict.fromkeys(PORTS, "0") | {"MONITOR_EXPORTER__PORT": str(port)})
    monkeypatch.setenv("MONITOR_REDIS__URL", f"redis://127.0.0.1:{free_port()}")
    command = [sys.executable, "-m", "monitor", "exporter", "--port", str(port), "--web.config.file", str(web_file)]
    with Child("exporter", command) as exporter:

        async def alive() -> bool:
            exporter.require_running()
            return await asyncio.to_thread(answers, ask)

        await wait_until(alive, "the check", timeout_seconds=60)
        exporter.signal(signal.SIGSTOP)
        try:
            assert not await asyncio.to_thread(answers, ask, patience_seconds=0.3)
        finally:
            exporter.signal(signal.SIGCONT)


@pytest.mark.parametrize("least", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_part_that_breaks_off_is_not_alive(least: ssl.TLSVersion, tmp_path: Path) -> None:
    """Who hangs up before it is asked misses a certificate; who does so when asked for `/healthz` is not well."""
    authority = Authority(tmp_path)
    authority.server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = least
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with served(context, handler=Mute) as port:
        assert not answers(
            addresses(dict.fromkeys(PORTS, "0") | {"MONITOR_EXPORTER__PORT": str(port)}), patience_seconds=0.5
        )


def test_what_is_not_http_is_not_alive() -> None:
    """Something else on the port, which says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            for _ in range(3):
                peer, _ = listener.accept()
                with peer:
                    peer.recv(4096)
                    peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46\n")

        thread = threading.Thread(target=babble)
        thread.start()
        port = str(listener.getsockname()[1])
        assert not answers(addresses(dict.fromkeys(PORTS, "0") | {"MONITOR_EXPORTER__PORT": port}))
        thread.join()


def test_a_port_that_is_off_is_not_asked() -> None:
    """0 means none."""
    assert addresses(dict.fromkeys(PORTS, "0")) == []
    assert not answers([])


def test_the_image_asks_at_the_ports_that_it_opens() -> None:
    """The Dockerfile has the check, and sets the ports that are off by default."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (command,) = re.findall(r"(?m)^HEALTHCHECK .*\\\n +CMD (\[.*\])$", text)
    assert json.loads(command) == ["python", "-m", "monitor.health"]
    for name, default in PORTS.items():
        if name != "MONITOR_EXPORTER__PORT":  # 8080 is the setting's own default
            assert f"{name}={default}" in text
    listed = services()
    for name, part in (("MONITOR_EXPORTER__PORT", "exporter"), ("MONITOR_WORKER__METRICS_PORT", "worker"), ("MONITOR_FEED__METRICS_PORT", "feed")):  # fmt: skip # noqa: E501
        assert int(listed[part]["environment"][name]) == PORTS[name]

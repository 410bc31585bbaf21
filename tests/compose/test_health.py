"""The image's health check: it finds the part that runs, and nothing where none does."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from monitor.health import PORTS, addresses, answers
from tests.compose.stack import ROOT, services


class Part(BaseHTTPRequestHandler):
    """Alive at /healthz; nowhere else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """In silence."""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a part that answers."""
    server = HTTPServer(("127.0.0.1", 0), Part)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", PORTS)
def test_the_part_that_runs_is_found(name: str, port: int) -> None:
    """Whichever it is; the others' ports are closed."""
    environment = dict.fromkeys(PORTS, "1") | {name: str(port)}
    assert answers(addresses(environment))
    assert not answers(addresses(environment | {name: "1"}))


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

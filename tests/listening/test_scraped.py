"""A real Prometheus scrapes worker, feed and exporter over TLS, with a certificate and a password, or is kept out."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.feeding.instruments import FeedInstruments
from monitor.settings import FeedSettings, WorkerSettings
from monitor.worker.exposing import exposing
from monitor.worker.instruments import Instruments
from tests.eventually import wait_until
from tests.exporter.serving import listening
from tests.exporter.world import World, configuration, missions
from tests.listening.authority import PASSWORD, Authority, hashed
from tests.servers.components import require

pytestmark = pytest.mark.integration

SECURED = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem",
           "client_allowed_sans": ["prometheus.example.org"]}  # fmt: skip


def jobs(authority: Authority, other: Authority, targets: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Scrape configurations by name: each target as it should be asked, and one of them spoilt in every way."""
    tls = {name: str(authority.folder / file) for name, file in (
        ("ca_file", "ca.pem"), ("cert_file", "client.pem"), ("key_file", "client.key"))}  # fmt: skip
    login = {"username": "prometheus", "password": PASSWORD}
    stranger = {"cert_file": str(other.folder / "client.pem"), "key_file": str(other.folder / "client.key")}
    someone = {"cert_file": str(authority.folder / "other.pem"), "key_file": str(authority.folder / "other.key")}
    right = {
        name: {"targets": url, "tls_config": tls, "basic_auth": login, "scheme": "https"}
        for name, url in targets.items()
    }
    worker = right["worker"]
    spoilt = {
        "no certificate": {"tls_config": {"ca_file": tls["ca_file"]}},
        "another authority's certificate": {"tls_config": tls | stranger},
        "a certificate of another name": {"tls_config": tls | someone},
        "another authority": {"tls_config": tls | {"ca_file": str(other.folder / "ca.pem")}},
        "another server's name": {"tls_config": tls | {"server_name": "worker.example.org"}},
        "no password": {"basic_auth": None},
        "a wrong password": {"basic_auth": {"username": "prometheus", "password": "wrong"}},
        "another user": {"basic_auth": {"username": "grafana", "password": PASSWORD}},
        "in the clear": {"scheme": "http", "tls_config": None},
    }
    return right | {name: worker | change for name, change in spoilt.items()}


@asynccontextmanager
async def prometheus(folder: Path, wanted: dict[str, dict[str, Any]]) -> AsyncIterator[str]:
    """Prometheus with these jobs; gives its URL."""
    port = free_port()
    scrapes = []
    for name, job in wanted.items():
        kept = {key: value for key, value in job.items() if value is not None and key != "targets"}
        scrapes.append({"job_name": name, "static_configs": [{"targets": [job["targets"]]}], **kept})
    config = {"global": {"scrape_interval": "4s", "scrape_timeout": "4s"}, "scrape_configs": scrapes}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    child = Child(
        "prometheus",
        [require("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn"],
        log=folder / "prometheus.log",
    )  # fmt: skip
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await asyncio.to_thread(child.stop)


async def health(url: str) -> dict[str, tuple[str, str]]:
    """By job: up or down, and the last error; empty until Prometheus tells."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/targets") as answer:
            told = json.loads(await answer.text())
    except (aiohttp.ClientError, ValueError):
        return {}
    found = {one["labels"]["job"]: (one["health"], one["lastError"]) for one in told["data"]["activeTargets"]}
    return found if all(state != "unknown" for state, _ in found.values()) else {}


async def test_prometheus_is_let_in_as_it_should_be_and_not_otherwise(tmp_path: Path) -> None:
    """Every port of the monitor, and every way to be somebody else; each refusal is one that Prometheus names."""
    (tmp_path / "other").mkdir()
    authority, other = Authority(tmp_path), Authority(tmp_path / "other")
    authority.server(LOOPBACK)
    authority.client()
    authority.client("somebody.example.org", stem="other")
    other.client()
    file = authority.web_file(SECURED, basic_auth_users={"prometheus": hashed()})
    ports = {name: free_port() for name in ("worker", "feed", "exporter")}
    behind = {"metrics_web_config_file": file}
    world = World()
    world.configuration = configuration(exporter=behind | {"metrics_port": ports["exporter"]})
    await world.tell(missions(3, late=1))
    async with AsyncExitStack() as stack:
        worker = WorkerSettings.model_validate(behind | {"metrics_port": ports["worker"]})
        feed = FeedSettings.model_validate(behind | {"metrics_port": ports["feed"]})
        await stack.enter_async_context(exposing(worker, Instruments("police")))
        await stack.enter_async_context(exposing(feed, FeedInstruments("police", ["calls"])))
        await stack.enter_async_context(listening(world))
        wanted = jobs(authority, other, {name: f"{LOOPBACK}:{port}" for name, port in ports.items()})
        url = await stack.enter_async_context(prometheus(tmp_path, wanted))
        found = await wait_until(lambda: health(url), "Prometheus to have asked everybody", timeout_seconds=60)
    up = {name for name, (state, _) in found.items() if state == "up"}
    assert up == set(ports), found
    refusals = {name: error for name, (state, error) in found.items() if state == "down"}
    assert {name: words for name, words in SAID.items() if not re.search(words, refusals[name])} == {}, refusals


ENDED = "EOF|connection reset by peer"
SAID = {
    "no certificate": ENDED,
    "another authority's certificate": ENDED,
    "a certificate of another name": ENDED,
    "another authority": "unknown authority",
    "another server's name": "x509: certificate is not valid for any names",
    "no password": "401 Unauthorized",
    "a wrong password": "401 Unauthorized",
    "another user": "401 Unauthorized",
    "in the clear": ENDED,
}
"""What Prometheus tells of each. Whose certificate is not taken sees the end alone: why stands in the port's log."""

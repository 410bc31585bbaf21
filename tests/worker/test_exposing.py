"""The worker's own /metrics against peers that ask too often, ask for nothing, or take nothing: on real sockets."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import psutil
import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.http.limits import Limits
from monitor.http.server import AddressUnavailable
from monitor.settings import FeedSettings, WorkerSettings
from monitor.worker.exposing import FRESH_SECONDS, OwnMetrics, exposing
from monitor.worker.instruments import Instruments
from tests.eventually import wait_until
from tests.worker.desk import Clock

QUICK = Limits(connections=12, per_peer=6, ask_seconds=0.5, take_seconds=0.5, linger_seconds=0.2)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def exposed(instruments: Instruments, limits: Limits | None = None) -> AsyncIterator[str]:
    """The worker's metrics on a port of their own; gives the URL."""
    settings = WorkerSettings(metrics_port=free_port())
    async with exposing(settings, instruments, limits=limits) as url:
        assert url is not None
        yield url


async def scraped(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}metrics", headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_scraper_gets_what_the_worker_measures() -> None:
    """Its own instruments, memory and CPU under the client library's names; in plain text, whatever it accepts."""
    instruments = Instruments("police")
    instruments.fenced.inc(3)
    async with exposed(instruments) as url:
        for accept in ("*/*", "application/openmetrics-text;version=1.0.0", "nonsense", "text/plain;escaping=values"):
            status, text = await scraped(url, Accept=accept)
            assert status == 200
            assert 'monitor_fenced_checkpoints_total{service="police"} 3.0' in text
            assert "process_resident_memory_bytes" in text


async def test_without_a_port_nothing_listens() -> None:
    """The default: figures of the process are for those who ask for them."""
    async with exposing(WorkerSettings(), Instruments("police")) as url:
        assert url is None


async def test_a_port_that_is_taken_is_told_with_the_setting_to_change() -> None:
    """The worker does not start, and says which key or variable would help."""
    async with exposed(Instruments("police")) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        with pytest.raises(AddressUnavailable, match="MONITOR_WORKER__METRICS_PORT"):
            async with exposing(WorkerSettings(metrics_port=port), Instruments("police")):
                pass


class Counting(Collector):
    """Counts how often it is collected."""

    def __init__(self) -> None:
        self.times = 0

    def collect(self) -> list[GaugeMetricFamily]:
        self.times += 1
        return [GaugeMetricFamily("times", "How often.", self.times)]


def test_the_text_is_made_once_a_second_however_often_it_is_asked_for() -> None:
    """It is made on the loop that counts missions: asking costs a peer more than the worker."""
    registry, counting, clock = CollectorRegistry(), Counting(), Clock()
    registry.register(counting)
    before = counting.times
    metrics = OwnMetrics(registry, monotonic=clock)
    for _ in range(50):
        text = metrics.text()
    assert counting.times == before + 1
    clock.seconds += FRESH_SECONDS
    assert metrics.text() != text
    assert counting.times == before + 2


async def test_silent_and_greedy_peers_leave_the_worker_and_others_alone() -> None:
    """No thread for any of them; each is ended in time, and a scraper is served all along."""
    instruments = Instruments("police")
    wide = Gauge("wide", "A text that no socket takes whole.", ["number"], registry=instruments.registry)
    for number in range(20_000):
        wide.labels(f"{number:0100}")
    threads = threading.active_count()
    async with exposed(instruments, QUICK) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        greedy = []
        for number in range(6):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            sock.bind((f"127.0.0.{2 + number}", 0))
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
            await asyncio.get_running_loop().sock_sendall(sock, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            greedy.append(sock)
        assert threading.active_count() <= threads + 1
        status, text = await scraped(url)
        assert (status, len(text) > 2_000_000) == (200, True)
        for reader, writer in silent:  # ended by the server, whether it had room for them or not
            async with asyncio.timeout(10):
                with suppress(ConnectionError):
                    assert await reader.read() == b""
            writer.close()

        await wait_until(lambda: not held(port), "those who take nothing to be cut off", timeout_seconds=20)
    for sock in greedy:
        sock.close()


def held(port: int) -> int:
    """Connections that this process, as the server, still holds."""
    connections = psutil.Process().net_connections("tcp")
    return sum(one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED for one in connections)


async def test_a_foreign_name_is_refused() -> None:
    """A page that had its name resolved to our address learns nothing."""
    async with exposed(Instruments("police")) as url:
        assert (await scraped(url, Host="evil.example"))[0] == 421
        assert (await scraped(url, Host="127.0.0.1"))[0] == 200


async def test_whoever_starts_processes_can_ask_whether_one_lives_and_whether_its_work_goes_on() -> None:
    """A feed that waits for its target lives, and is not ready; it says what it waits for."""
    trouble: list[str | None] = [None]
    settings = FeedSettings(metrics_port=free_port())
    async with (
        exposing(settings, Instruments("police"), trouble=lambda: trouble[0]) as url,
        aiohttp.ClientSession() as session,
    ):
        for said, status in ((None, 200), ("partitions [calls:0] wait: no answer", 503), (None, 200)):
            trouble[0] = said
            async with session.get(f"{url}readyz") as answer:
                assert (answer.status, await answer.text()) == (status, f"{said or 'ready'}\n")
            async with session.get(f"{url}healthz") as answer:
                assert (answer.status, await answer.text()) == (200, "alive\n")

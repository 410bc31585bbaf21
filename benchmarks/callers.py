"""What one peer can ask for: an exporter over the nation's last 400 days, attacked from this machine.

Each attack meets an exporter of its own, on a real Redis. `unread`: connections that ask for /metrics and never
read. `silent`: connections that ask for nothing, against 1,024 descriptors. `accept`: headers that get around what is
kept, on one connection. `streams`: listeners that stay, and a board that is opened then. Others ask for /healthz all
the while: from the attacker's own address, and from another. Everything is bounded in count and time, and nothing
leaves the loopback device.

    python benchmarks/callers.py [unread silent accept streams] [--seconds 20]

Takes about 2 min.
"""

import argparse
import asyncio
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from invented import Record, table
from playwright.async_api import async_playwright

from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.demo.servers import EmbeddedRedis
from monitor.settings import load
from monitor.simulator import history
from monitor.store.redis import RedisStore
from monitor.wiring import partition_policy

DAYS = 400
DESCRIPTORS = 20_000
FEW_DESCRIPTORS = 1_024
AT_ONCE = 100
BOARD_SECONDS = 10.0
ATTACKER, OTHER = "127.0.0.2", "127.0.0.3"
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Exporter:
    """A running one: its process, port, and the file of its log."""

    pid: int
    port: int
    log: Path

    @property
    def megabytes(self) -> float:
        """What it holds in memory."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


async def fill(redis: EmbeddedRedis) -> None:
    """Every mission of the past, as one worker would have stored it."""
    configuration = load()
    partition = Partition.start(partition_policy(configuration))
    end = datetime.now(UTC)
    records = [
        Record(number, round(emission.at.timestamp() * 1000), b"", emission.value)
        for number, emission in enumerate(history(end=end, days=DAYS, seed=1))
    ]
    for start in range(0, len(records), 5000):
        part = records[start : start + 5000]
        partition.apply(Batch(start, start + len(part), part), end.timestamp())
    store = RedisStore(redis.url, namespace=f"peers:{configuration.settings.kafka.topic}")
    lease, _ = await store.claim(0)
    await store.checkpoint(lease, partition.checkpoint())
    await store.close()


@asynccontextmanager
async def exporter(redis: EmbeddedRedis, descriptors: int) -> AsyncIterator[Exporter]:
    """`monitor exporter` with so many descriptors, once it is ready and has been scraped."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as told:
            process = subprocess.Popen(  # noqa: ASYNC220 - a program of its own, as the user starts it
                [sys.executable, "-m", "monitor", "exporter", "--port", "0"],
                stdout=subprocess.PIPE, stderr=told,
                env=os.environ | {"MONITOR_REDIS__URL": redis.url, "MONITOR_REDIS__NAMESPACE": "peers"},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),  # noqa: PLW1509
            )  # fmt: skip
        try:
            assert process.stdout is not None
            line = (await asyncio.to_thread(process.stdout.readline)).decode()
            running = Exporter(process.pid, int(re.findall(r":(\d+)/", line)[0]), log)
            while await status(running, "/readyz", OTHER) != 200:
                await asyncio.sleep(0.2)
            await status(running, "/metrics", OTHER)
            yield running
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


async def status(running: Exporter, path: str, address: str, seconds: float = 2.0) -> int:
    """What is answered to a new connection; 0: nothing."""
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(f"http://127.0.0.1:{running.port}{path}") as response,
        ):
            await response.read()
            return response.status
    return 0


class Attack:
    """Connections from one address that say something once and then nothing."""

    def __init__(self, running: Exporter) -> None:
        self._running = running
        self._sockets: list[socket.socket] = []

    async def connect(self, count: int, text: bytes) -> None:
        """So many more; those that are refused are none."""
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._connect(text) for _ in range(min(AT_ONCE, count - start))))

    async def _connect(self, text: bytes) -> None:
        loop, one = asyncio.get_running_loop(), socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.setblocking(False)
        one.bind((ATTACKER, 0))
        try:
            async with asyncio.timeout(1.0):
                await loop.sock_connect(one, ("127.0.0.1", self._running.port))
                await loop.sock_sendall(one, text)
        except OSError:
            one.close()
        else:
            self._sockets.append(one)

    def open(self) -> int:
        """How many the exporter still holds, by the kernel's own table."""
        held = f":{self._running.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(held) and row[3] == "01" for row in rows)

    def close(self) -> None:
        """Leave."""
        for one in self._sockets:
            one.close()


async def watched(running: Exporter, attack: Attack, seconds: float) -> tuple[float, int, dict[str, str]]:
    """While others ask once a second: the most megabytes, the connections held at last, answers by address."""
    most, good, asked = 0.0, Counter[str](), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        asked += 1
        for address in (ATTACKER, OTHER):
            good[address] += await status(running, "/healthz", address, 1.0) == 200
        most = max(most, running.megabytes)
        await asyncio.sleep(max(0.0, began + 1.0 - time.monotonic()))
    return most, attack.open(), {address: f"{good[address]} of {asked}" for address in (ATTACKER, OTHER)}


async def unread(redis: EmbeddedRedis, seconds: float) -> list[Row]:
    """2,000 connections ask for /metrics, and none of them reads."""
    name = "2,000 ask for `/metrics` and never read"
    async with exporter(redis, DESCRIPTORS) as running:
        before, attack = running.megabytes, Attack(running)
        await attack.connect(2_000, b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        most, held, answers = await watched(running, attack, seconds)
        attack.close()
    return [
        (name, "memory, MB", f"{before:,.0f} → {most:,.0f}"),
        (name, f"still open after {seconds:g} s", f"{held:,}"),
        *((name, f"`/healthz` answered to {whom}", answers[address]) for whom, address in _WHO),
    ]


async def silent(redis: EmbeddedRedis, seconds: float) -> list[Row]:
    """1,600 connections say nothing; the exporter may open 1,024 descriptors."""
    name = f"1,600 silent connections, {FEW_DESCRIPTORS:,} descriptors"
    async with exporter(redis, FEW_DESCRIPTORS) as running:
        attack = Attack(running)
        connecting = asyncio.create_task(attack.connect(1_600, b""))
        _, held, answers = await watched(running, attack, seconds)
        await connecting
        logged = running.log.stat().st_size / 2**20
        attack.close()
    return [
        (name, f"still open after {seconds:g} s", f"{held:,}"),
        (name, "log, MiB", f"{logged:,.2f}"),
        *((name, f"`/healthz` answered to {whom}", answers[address]) for whom, address in _WHO),
    ]


_WHO = (("the same address", ATTACKER), ("another address", OTHER))
ACCEPT = {
    "plain": {"Accept-Encoding": "identity"},
    "`gzip`": {"Accept-Encoding": "gzip"},
    "`escaping=values`": {"Accept": "text/plain;version=1.0.0;escaping=values", "Accept-Encoding": "identity"},
    "`escaping=dots`, `gzip`": {
        "Accept": "application/openmetrics-text;version=1.0.0;escaping=dots", "Accept-Encoding": "gzip",
    },
}  # fmt: skip


async def accept(redis: EmbeddedRedis, seconds: float) -> list[Row]:
    """One client after the other asks as often as it is answered, with headers that few send."""
    rows = []
    async with (
        exporter(redis, DESCRIPTORS) as running,
        aiohttp.ClientSession(f"http://127.0.0.1:{running.port}", auto_decompress=False) as session,
    ):
        for name, headers in ACCEPT.items():
            count, began = 0, time.monotonic()
            while time.monotonic() < began + seconds / 4:
                async with session.get("/metrics", headers=headers) as response:
                    await response.read()
                count += 1
            rows.append((f"`/metrics`, {name}", "requests/s", f"{count / (time.monotonic() - began):,.0f}"))
        async with session.get("/metrics", headers={"Accept-Encoding": "gzip;q=0"}) as response:
            got = response.headers.get("Content-Encoding", "identity")
    return [*rows, ("`/metrics`, `gzip;q=0`", "encoding of the answer", got)]


async def streams(redis: EmbeddedRedis, _seconds: float) -> list[Row]:
    """100 listeners of one address stay; then somebody opens a board."""
    name = "100 silent listeners"
    async with exporter(redis, DESCRIPTORS) as running:
        attack = Attack(running)
        await attack.connect(100, b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.sleep(1.0)
        answers = []
        for address in (ATTACKER, OTHER):
            connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
            async with (
                aiohttp.ClientSession(f"http://127.0.0.1:{running.port}", connector=connector) as session,
                session.get("/api/v1/stream") as response,
            ):
                answers.append(str(response.status))
        shown = await verdicts(running)
        attack.close()
    rows = [(name, f"a stream for {whom}", answer) for (whom, _), answer in zip(_WHO, answers, strict=True)]
    return [*rows, (name, "verdicts of a new board", shown)]


async def verdicts(running: Exporter) -> str:
    """How many a board shows in Chromium: at first, and after longer than it waits for its stream."""
    executable = shutil.which("chromium")
    if executable is None:
        return "not looked at: there is no Chromium"
    counted = "document.querySelectorAll('#rows [data-state=met], #rows [data-state=missed]').length"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{running.port}/?window=year")
        at_first = await page.evaluate(counted)
        await asyncio.sleep(BOARD_SECONDS)
        later = await page.evaluate(counted)
        await browser.close()
    return f"{at_first}, after {BOARD_SECONDS:g} s {later}"


ATTACKS: dict[str, Callable[[EmbeddedRedis, float], Awaitable[list[Row]]]] = {
    "unread": unread, "silent": silent, "accept": accept, "streams": streams,
}  # fmt: skip


async def main(names: list[str], seconds: float) -> None:
    """Print a table."""
    rows = []
    async with EmbeddedRedis() as redis:
        await fill(redis)
        for name in names:
            found = await ATTACKS[name](redis, seconds)
            print(*found, sep="\n", flush=True)
            rows += found
    print(f"\n{table(['attack', 'what', 'figure'], rows)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", nargs="*", help=f"some of {', '.join(ATTACKS)}; all by default")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long an attack lasts")
    arguments = parser.parse_args()
    if unknown := set(arguments.attacks) - ATTACKS.keys():
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    asyncio.run(main(arguments.attacks or list(ATTACKS), arguments.seconds))

"""Prometheus and Alertmanager beside the demo's stack, and the pages they send, on loopback.

They are the ones installed on this machine; without them the demo goes on and says how to get them. They read the
shipped configuration, with addresses and intervals of their own. Refuses to know what an alert means.
"""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from monitor import alerts
from monitor.alerts import alertmanager, prometheus
from monitor.alerts.setup import Setup
from monitor.core.overdue import LEAST
from monitor.demo.processes import LOOPBACK, free_port
from monitor.demo.servers import PROBE_SECONDS, Server

ALERTMANAGER_NAMES: Final = ("prometheus-alertmanager", "alertmanager")
RETENTION: Final = "1000d"
"""As long as a demo's past can be, and more than Prometheus keeps by itself."""
ADVICE: Final = (
    "not installed: Prometheus and Alertmanager, so nobody is paged here. On Debian or Ubuntu: "
    "apt-get install prometheus prometheus-alertmanager"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One alert in a notification, as a receiver gets it."""

    receiver: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def name(self) -> str:
        return self.labels["alertname"]

    def __str__(self) -> str:
        return f"{self.receiver}: {self.status} {self.name}: {self.annotations.get('summary', '')}"


class News:
    """Tells what is new: a notification repeats everything of its group, and ends what was never told."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._firing: set[frozenset[tuple[str, str]]] = set()

    def __call__(self, page: Page) -> None:
        """Take a page or ticket as it arrives."""
        alert, firing = frozenset(page.labels.items()), page.status == "firing"
        if firing == (alert in self._firing):
            return
        self._firing ^= {alert}
        self._tell(str(page))


class _Watcher(Server):
    """One of the two: its files written before it starts, ready when it says so."""

    ready_seconds = 30.0

    def __init__(self, name: str, executable: Path, folder: str, setup: Setup, *, log: Path | None) -> None:
        self.name = name
        self.port = free_port()
        self.log = log
        self.executable = executable
        for place, text in alerts.files(setup).items():
            if not place.startswith(f"{folder}/"):
                continue
            file = self.directory / Path(place).relative_to(folder)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def answers(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PROBE_SECONDS)) as http,
                http.get(f"{self.url}/-/ready") as answer,
            ):
                return answer.status == web.HTTPOk.status_code
        except (aiohttp.ClientError, TimeoutError):
            return False


class Alertmanager(_Watcher):
    """Alertmanager alone: no gossip, so it opens no other port."""

    def __init__(self, executable: Path, setup: Setup, *, log: Path | None = None, port: int = 0) -> None:
        super().__init__("Alertmanager", executable, str(Path(alertmanager.PLACE).parent), setup, log=log)
        self.port = port or self.port

    def command(self) -> list[str]:
        return [
            str(self.executable),
            f"--config.file={self.directory / Path(alertmanager.PLACE).name}",
            f"--storage.path={self.directory / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
            alertmanager.RETENTION,
        ]


class Prometheus(_Watcher):
    """Prometheus with the rules."""

    def __init__(self, executable: Path, setup: Setup, *, log: Path | None = None) -> None:
        super().__init__("Prometheus", executable, prometheus.FOLDER, setup, log=log)

    @property
    def data(self) -> Path:
        """Where its blocks lie."""
        return self.directory / "data"

    def command(self) -> list[str]:
        return [
            str(self.executable),
            f"--config.file={self.directory / Path(prometheus.PLACE).name}",
            f"--storage.tsdb.path={self.data}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--web.listen-address={self.address}",
            "--log.level=warn",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Where the two are installed."""

    prometheus: Path
    alertmanager: Path
    promtool: Path | None = None
    """Comes with Prometheus; without it Prometheus knows nothing of the past."""


def hurried(exporter_url: str, workers: tuple[str, ...], *, rate_per_minute: float) -> Setup:
    """A setup for watching a demo: minutes become seconds.

    A real area has a handful of missions a day, this one a handful a minute, so some are late at any moment:
    only more than usual is a page.
    """
    return Setup(
        exporters=(exporter_url.removeprefix("http://"),),
        workers=workers,
        dashboards=exporter_url,
        scrape_seconds=5,
        evaluation_seconds=5,
        news_seconds=3600,
        longest_for_seconds=10,
        group_wait_seconds=5,
        group_interval_seconds=15,
        overdue_missions=max(LEAST, round(rate_per_minute)),
    )


def installed() -> Programs | None:
    """The programs of this machine, or None where one is missing; never those of the virtual environment."""
    own = Path(sys.prefix, "bin")
    path = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder) != own)
    first = shutil.which("prometheus", path=path)
    second = next((found for name in ALERTMANAGER_NAMES if (found := shutil.which(name, path=path))), None)
    if not first or not second:
        return None
    tool = shutil.which("promtool", path=path)
    return Programs(prometheus=Path(first), alertmanager=Path(second), promtool=Path(tool) if tool else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Both at work; `setup` is what they were told."""

    setup: Setup
    prometheus: Prometheus
    alertmanager: Alertmanager


@asynccontextmanager
async def watching(
    programs: Programs,
    setup: Setup,
    receive: Callable[[Page], None],
    *,
    logs: Path | None = None,
    alertmanager_port: int = 0,
) -> AsyncIterator[Watch]:
    """Watch the exporters and workers of `setup` until the block ends; `receive` gets every page and ticket.

    Alertmanager listens on `alertmanager_port`, or on any.
    """
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(_receiving(receive))
        setup = replace(setup, page_url=f"{receiver}/page", ticket_url=f"{receiver}/ticket")
        sender = await stack.enter_async_context(
            Alertmanager(programs.alertmanager, setup, log=logs and logs / "alertmanager.log", port=alertmanager_port)
        )
        setup = replace(setup, alertmanagers=(sender.address,))
        watcher = await stack.enter_async_context(
            Prometheus(programs.prometheus, setup, log=logs and logs / "prometheus.log")
        )
        yield Watch(setup=setup, prometheus=watcher, alertmanager=sender)


@asynccontextmanager
async def _receiving(receive: Callable[[Page], None]) -> AsyncIterator[str]:
    """A webhook receiver on a free port."""

    async def take(request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        for one in body["alerts"]:
            receive(
                Page(
                    receiver=request.match_info["receiver"],
                    status=one["status"],
                    labels=one["labels"],
                    annotations=one["annotations"],
                )
            )
        return web.Response()

    application = web.Application()
    application.add_routes([web.post("/{receiver}", take)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()

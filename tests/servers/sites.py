"""Sites far from each other: network namespaces, joined by `tests.servers.router`.

Nothing of them has a name outside: a namespace is that of a process which the kernel ends with this one, whatever
ends it, and the interfaces go with the router. The network of the machine itself is never touched.
"""

import json
import os
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from monitor.demo.processes import Child, wait_until
from tests.servers.components import missing, require
from tests.servers.place import Place
from tests.servers.router import NETWORK, OTHERS, TEST, Quality

ROOT = Path(__file__).parents[2]
MACHINES = "RESPONSE_MONITOR_TESTS_NETWORK"
"""Names the namespace that a command lay in before it went into its own."""
READY_SECONDS = 20.0


class Sites:
    """`async with`. Sites are numbered from 1; with `observed` this process must lie in a namespace of its own."""

    def __init__(
        self, count: int = 3, *, quality: Quality | None = None, seed: int = 1, observed: bool = False
    ) -> None:
        _require_rights()
        if observed and not _within_own_network():
            raise RuntimeError("this process lies in the machine's own network: see enter_own_network")
        self.quality = quality or Quality()
        self.numbers = range(1, count + 1)
        self.seed = seed
        self.observed = observed
        self.carried: dict[str, int] = {}
        """Packets between sites, by what became of them."""
        self._stack = ExitStack()

    async def __aenter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-sites-")))
            self._holders = {}
            for number in self.numbers:
                holder = Child(f"site {number}", ["unshare", "--net", "sleep", "infinity"])
                stack.callback(holder.kill)
                await wait_until(
                    lambda holder=holder: network_of(holder.pid) != network_of(os.getpid()),
                    "a namespace",
                    timeout_seconds=READY_SECONDS,
                )
                self._holders[number] = holder
            pids = {number: holder.pid for number, holder in self._holders.items()}
            if self.observed:
                pids[0] = os.getpid()
            said = (self.seed, self.quality.delay_seconds, self.quality.jitter_seconds, self.quality.loss)
            router = Child(
                "router",
                [
                    *("unshare", "--net", sys.executable, "-m", "tests.servers.router"),
                    *(str(folder / "router"), *map(str, said)),
                    *(f"{number}={pid}" for number, pid in pids.items()),
                ],
                directory=ROOT,
            )
            stack.callback(router.kill)
            self._control = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            self._control.settimeout(READY_SECONDS)
            self._control.bind(str(folder / "test"))

            async def joined() -> bool:
                try:
                    self._control.connect(str(folder / "router"))
                except OSError:
                    return False
                return True

            await router.ready(joined, "joined sites", timeout_seconds=READY_SECONDS)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stack.close()

    def place(self, number: int) -> Place:
        """Where servers of a site run."""
        namespace = f"--net=/proc/{self._holders[number].pid}/ns/net"
        address = f"{NETWORK}.{number}"
        return Place(f"{address}.{OTHERS}", f"{address}.{TEST}", ("nsenter", namespace, "--"))

    def cut_off(self, *numbers: int) -> None:
        """These sites alone, until the next call, hear nobody and are heard by nobody: packets vanish in silence."""
        self._control.send(json.dumps(numbers).encode())
        for name, count in json.loads(self._control.recv(4096)).items():
            self.carried[name] = self.carried.get(name, 0) + count


def enter_own_network(module: str) -> None:
    """Go on as the same command in a namespace of its own, unless this is where it lies already."""
    if not _within_own_network():
        os.environ[MACHINES] = str(network_of(os.getpid()))
        command = [require("unshare"), "--net", sys.executable, "-m", module, *sys.argv[1:]]
        os.execv(command[0], command)  # noqa: S606 - itself


def _within_own_network() -> bool:
    return os.environ.get(MACHINES, here := str(network_of(os.getpid()))) != here


def network_of(pid: int) -> Path:
    """The namespace that a process lies in."""
    return Path(f"/proc/{pid}/ns/net").readlink()


def _require_rights() -> None:
    if os.geteuid() != 0:
        missing("namespaces and interfaces are for root.")
    if not Path("/dev/net/tun").exists():
        missing("this kernel has no /dev/net/tun.")
    for program in ("unshare", "nsenter", "ip"):
        require(program)

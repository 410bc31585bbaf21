"""Joins network namespaces as a wide network does: each packet is late by so much, one in a hundred is lost.

`python -m tests.servers.router SOCKET SEED DELAY JITTER LOSS SITE=PID...`, as root: what `tests.servers.sites` runs,
for kernels that have no `netem`. Every site gets a TUN interface whose other end is here, and which goes with this
process. Decides when a packet goes on, and whether: see `Way` and `Network`. Knows nothing of TCP, so what the
kernels do about loss is real. To its socket one says which sites are cut off, and is told what has been carried.
"""

import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

NETWORK = "10.77"
"""A site's number is the third byte of its addresses."""
OTHERS, TEST = 1, 2
"""The last byte: of the address that the sites know, and of one for the test alone, which nothing is between."""
LONGEST_PACKET_BYTES = 2048
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


@dataclass(frozen=True, slots=True)
class Quality:
    """Of a way between two sites, in one direction."""

    delay_seconds: float = 0.020
    jitter_seconds: float = 0.002
    """More or less, evenly; no packet overtakes another."""
    loss: float = 0.01


@dataclass(slots=True)
class Way:
    """From one site to another."""

    quality: Quality
    rng: random.Random
    _last: float = 0.0

    def due(self, now: float) -> float | None:
        """When a packet that is sent now arrives; None where it is lost."""
        if self.rng.random() < self.quality.loss:
            return None
        jitter = self.rng.uniform(-1, 1) * self.quality.jitter_seconds
        self._last = max(self._last, now + max(0.0, self.quality.delay_seconds + jitter))
        return self._last


@dataclass(slots=True)
class Network:
    """All ways, and which sites are cut off. The test's own place, number 0, lies at site 1."""

    quality: Quality
    seed: int
    apart: frozenset[int] = frozenset()
    counted: Counter[str] = field(default_factory=Counter)
    _ways: dict[tuple[int, int], Way] = field(default_factory=dict)

    def due(self, source: bytes, target: bytes, now: float) -> float | None:
        """As `Way.due`, for two addresses."""
        here, there = (max(address[2], 1) for address in (source, target))
        if here == there or TEST in (source[3], target[3]):
            return now
        if here in self.apart or there in self.apart:
            self.counted["cut off"] += 1
            return None
        if (way := self._ways.get((here, there))) is None:
            rng = random.Random(f"{self.seed} {here} {there}")  # noqa: S311 - a schedule, no secret
            way = self._ways[here, there] = Way(self.quality, rng)
        due = way.due(now)
        self.counted["lost" if due is None else "carried"] += 1
        return due


def carry(network: Network, wires: dict[int, int], control: socket.socket) -> None:
    """Pass packets on until the process is ended. `wires`: the open end of each site's interface."""
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([*wires.values(), control], [], [], patience)
        for wire in ready:
            if wire is control:
                asked, peer = control.recvfrom(4096)
                network.apart = frozenset(json.loads(asked))
                control.sendto(json.dumps(network.counted).encode(), peer)
                network.counted.clear()
                continue
            now = time.monotonic()
            while (packet := _read(wire)) is not None:
                source, target = packet[12:16], packet[16:20]
                if packet[0] >> 4 != 4 or target[2] not in wires:
                    continue
                if (due := network.due(source, target, now)) is not None:
                    number += 1
                    heapq.heappush(waiting, (due, number, wires[target[2]], packet))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, wire, packet = heapq.heappop(waiting)
            try:
                os.write(wire, packet)
            except OSError:
                network.counted["not taken"] += 1


def _read(wire: int) -> bytes | None:
    try:
        return os.read(wire, LONGEST_PACKET_BYTES)
    except BlockingIOError:
        return None


def join(site: int, pid: int) -> int:
    """Give the namespace of a process an interface with the site's addresses; its other end."""
    wire = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    named = fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", b"site%d", IFF_TUN | IFF_NO_PI))
    name = named[:16].rstrip(b"\0").decode()
    _run("ip", "link", "set", name, "netns", str(pid))
    _run(
        "nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-batch", "-",
        say=f"link set lo up\n"
        f"addr add {NETWORK}.{site}.{OTHERS}/32 dev {name}\n"
        f"addr add {NETWORK}.{site}.{TEST}/32 dev {name}\n"
        # Whatever waits here longer than anywhere else would be loss that nobody declared.
        f"link set {name} txqueuelen 10000 up\n"
        f"route add {NETWORK}.0.0/16 dev {name} src {NETWORK}.{site}.{OTHERS}\n",
    )  # fmt: skip
    return wire


def _run(*command: str, say: str = "") -> None:
    subprocess.run(command, input=say, text=True, check=True, timeout=30)


def main() -> None:
    """Join, then carry; the socket is there once all are joined."""
    path, seed, delay, jitter, loss, *sites = sys.argv[1:]
    wires = {int(site): join(int(site), int(pid)) for site, pid in (one.split("=") for one in sites)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
        control.bind(path)
        carry(Network(Quality(float(delay), float(jitter), float(loss)), int(seed)), wires, control)


if __name__ == "__main__":
    main()

"""Sites in namespaces: what lies between them is as declared, and nothing of them is left."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.demo.processes import Child
from tests.eventually import wait_until
from tests.servers.router import Network, Quality, Way
from tests.servers.sites import Sites

PACKETS = 20_000
PORT = 7
ECHO = f"""
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            self.wfile.write(line)
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(("0.0.0.0", {PORT}), Echo).serve_forever()
"""
ASKING = """
import json, socket, sys, time
host, port, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
took = []
began = time.monotonic()
with socket.create_connection((host, port), 20) as wire, wire.makefile("rwb") as stream:
    took.append(time.monotonic() - began)
    for number in range(times):
        began = time.monotonic()
        stream.write(f"{number}\\n".encode())
        stream.flush()
        assert stream.readline() == f"{number}\\n".encode()
        took.append(time.monotonic() - began)
print(json.dumps(took))
"""


def test_a_way_is_late_and_loses_as_declared() -> None:
    """One packet in a hundred, each other within its jitter, none before another; the same for a seed."""
    quality = Quality(0.020, 0.002, 0.01)

    def run(seed: int) -> list[float | None]:
        way = Way(quality, random.Random(seed))  # noqa: S311 - a schedule, no secret
        return [way.due(number / 1000) for number in range(PACKETS)]

    found = run(1)
    arrived = [(number / 1000, due) for number, due in enumerate(found) if due is not None]
    assert 0.008 < 1 - len(arrived) / PACKETS < 0.012
    assert all(0.018 <= due - sent <= 0.0221 for sent, due in arrived)
    assert [due for _, due in arrived] == sorted(due for _, due in arrived)
    assert found == run(1) != run(2)


def test_a_site_that_is_cut_off_loses_everything_but_what_the_test_says() -> None:
    """Both ways, to and from the test's own place at site 1, too; inside a site nothing lies between."""
    network = Network(Quality(0.02, 0.0, 0.0), seed=1)
    one, two, three, here = (bytes([10, 77, site, 1]) for site in (1, 2, 3, 0))
    for_the_test = bytes([10, 77, 1, 2])
    assert network.due(one, two, 5.0) == network.due(here, two, 5.0) == 5.02
    assert network.due(here, one, 5.0) == network.due(here, for_the_test, 5.0) == 5.0
    network.apart = frozenset({1})
    for pair in ((one, two), (two, one), (here, two), (three, here)):
        assert network.due(*pair, 6.0) is None
    assert network.due(two, three, 6.0) == 6.02
    assert network.due(here, one, 6.0) == network.due(for_the_test, here, 6.0) == 6.0
    assert network.counted == {"carried": 3, "cut off": 4}


@pytest.mark.integration
async def test_tcp_between_sites_is_as_slow_as_declared_and_gets_through() -> None:
    """A round trip takes both ways' delay; with one packet in twenty lost every byte comes, some of them late."""
    async with Sites(2, quality=Quality(0.02, 0.002, 0.05)) as sites:
        far = sites.place(2)
        with Child("echo", [*far.within, sys.executable, "-c", ECHO]):
            near = await asked(sites, 2, times=20)
            assert min(near) < 0.018, "a site is near to itself"
            took = await asked(sites, 1, times=60)
            assert min(took) >= 0.036, "never sooner than twice the shortest delay"
            assert sorted(took)[len(took) // 2] < 0.2, "and as a rule not much later"
            sites.cut_off(2)
            lost = sites.carried["lost"] / (sites.carried["lost"] + sites.carried["carried"])
            assert 0 < lost < 0.15
            waiting = asyncio.create_task(asked(sites, 1, times=1))
            await asyncio.sleep(0.5)  # how long it is cut off: what is shown is that nothing came meanwhile
            assert not waiting.done()
            sites.cut_off()
            assert (await waiting)[0] > 0.5
            assert sites.carried["cut off"] > 0


@pytest.mark.integration
async def test_nothing_of_the_sites_is_left() -> None:
    """Whatever ends the block: no process, and nothing ever in the machine's own network."""
    before = interfaces()
    holders: list[Path] = []

    async def fails() -> None:
        async with Sites(2) as sites:
            holders.extend(Path(sites.place(site).within[1].removeprefix("--net=")).parents[1] for site in (1, 2))
            assert all(holder.exists() for holder in holders)
            assert interfaces() == before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert not any(holder.exists() for holder in holders)
    assert interfaces() == before


async def asked(sites: Sites, site: int, *, times: int) -> list[float]:
    """How long the echo at site 2 takes for somebody at this one: to connect, and for each line."""
    command = [
        *sites.place(site).within, sys.executable, "-c", ASKING, sites.place(2).host, str(PORT), str(times)
    ]  # fmt: skip

    async def answered() -> list[float]:
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out, _ = await process.communicate()
        found: list[float] = json.loads(out) if process.returncode == 0 else []
        return found

    return await wait_until(answered, "the echo", timeout_seconds=60)


def interfaces() -> list[str]:
    """Names in the machine's own network."""
    return sorted(one.name for one in Path("/sys/class/net").iterdir())

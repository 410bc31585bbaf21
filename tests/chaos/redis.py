"""Redis as it is staged: durable, able to run out of disk, and to be replaced by its own replica."""

import re
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from redis.asyncio import Redis

from monitor.demo.processes import wait_until
from monitor.demo.servers import EmbeddedRedis

SYNC_SECONDS = 60.0


class ChaosRedis(EmbeddedRedis):
    """An append-only Redis whose files can be kept from growing, as a full disk would."""

    def __init__(self) -> None:
        super().__init__(append_only=True)

    def command(self) -> list[str]:
        # A write beyond the limit then fails like one to a full disk, instead of ending the process by a signal.
        return ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh", *super().command()]

    def fill_disk(self) -> None:
        """No file of it may grow from here on."""
        largest = max(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())
        self._limit(largest)

    def free_disk(self) -> None:
        """Room again, where it still runs."""
        if self.child is not None and self.child.exit_code is None:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        assert self.child is not None
        psutil.Process(self.child.pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    async def replica(self) -> "ChaosRedis":
        """A server that has taken over everything from this one and goes on following it."""
        other = ChaosRedis()
        try:
            await other.start()
            async with Redis.from_url(other.url) as client:
                await client.replicaof("127.0.0.1", self.port)

                async def synchronised() -> bool:
                    link, disk = await client.info("replication"), await client.info("persistence")
                    busy = disk["aof_rewrite_in_progress"] or disk["aof_rewrite_scheduled"]
                    return link["master_link_status"] == "up" and not busy

                await wait_until(synchronised, "the replica to follow", timeout_seconds=SYNC_SECONDS)
        except BaseException:
            other.close()
            raise
        return other

    async def promote(self) -> None:
        """Follow nobody any more."""
        async with Redis.from_url(self.url) as client:
            await client.replicaof("NO", "ONE")


@asynccontextmanager
async def without_rights(url: str, command: str) -> AsyncIterator[None]:
    """Nobody may send `command` while the block runs; scripts that come to it fail half way."""
    async with Redis.from_url(url) as client:
        await client.execute_command("ACL", "SETUSER", "default", f"-{command}")
        try:
            yield
        finally:
            await client.execute_command("ACL", "SETUSER", "default", f"+{command}")


def commands_of(scripts: Path) -> list[str]:
    """Every command that the store's scripts send, from their text."""
    text = "".join(path.read_text("utf-8") for path in sorted(scripts.glob("*.lua")))
    return sorted({name.lower() for name in re.findall(r"redis\.p?call\('(\w+)'", text)})

"""`monitor worker` itself, with a keeper that notes its first batch and when everything is stored."""

import asyncio
import os
import signal

from task import Stopwatch, Task, answer

from monitor.core.batch import Batch
from monitor.settings import load
from monitor.worker import command
from monitor.worker.ending import Ending
from monitor.worker.keeper import Keeper

task = Task.given()
watch = Stopwatch()


class TimedKeeper(Keeper):
    """Starts the watch at its first batch."""

    async def handle(self, number: int, batch: Batch) -> bool:
        watch.start()
        return await super().handle(number, batch)

    async def checkpoint(self, number: int) -> None:
        await super().checkpoint(number)
        if watch.last == 0.0 and sum(kept.stored_offset for kept in self.kept.values()) >= task.records:
            watch.stop()
            answer(task.records, watch.seconds)
            os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    command.Keeper = TimedKeeper
    asyncio.run(command.work(load(), Ending()))

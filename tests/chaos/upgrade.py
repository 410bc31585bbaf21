"""A former state of the project is replaced by the present one under load, part by part; and back, as documented.

`python -m tests.chaos.upgrade --from 1120528` needs this clone's history, and a package index the first time. The
former program runs from its own environment. Exporters go first, then workers one by one, as docs/operations.md
(Upgrade) says; then back: the exporter while nothing has the new form, workers with a namespace of their own.
Compared: every figure with the brute-force account, of both. Exit code 0: no difference, no broken promise.
"""

import argparse
import asyncio
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass

from redis.asyncio import Redis

from monitor.demo.processes import wait_until
from tests.chaos.account import Account, differences
from tests.chaos.driver import Course, Outcome, play, read_topic, report_of
from tests.chaos.feed import Manner
from tests.chaos.stage import PATIENCE_SECONDS, TOPIC, Program, Stage, set_up
from tests.servers.former import unpacked

STATE_VERSION_1 = "1120528"
"""The last commit but a few before stored states were of version 2."""
BACK = "former"
"""Namespace of the former program on its way back."""
PAUSE_SECONDS = 6.0
"""Of load between two replacements: several checkpoints, and the end of a rebalance."""
RUN_SECONDS = 15.0


@dataclass
class Upgrade:
    """The acts, in order."""

    stage: Stage
    course: Course
    former: Program
    present: Program

    async def play(self) -> None:
        """All of them."""
        await self._run("former program alone", RUN_SECONDS)
        await self._exporter(self.present, "exporter first")
        await self._exporter(self.former, "exporter back, nothing has the new form")
        await self._exporter(self.present, "exporter again")
        for number, worker in enumerate(list(self.stage.workers.values()), start=1):
            self._begin(f"worker {number} of 3 replaced")
            await self.stage.stop_worker(worker)
            self.stage.program = self.present
            await self.stage.start_worker()
            await asyncio.sleep(PAUSE_SECONDS)
        await self._run("present program alone", RUN_SECONDS)
        await self._refused()
        await self._run("forward again", RUN_SECONDS, workers=3)
        await self._all_stopped()
        await self._compare()
        await self._back()
        self.course.over()

    def _begin(self, name: str) -> None:
        self.stage.say(name)
        self.course.begin(name)
        self.course.staged[name] += 1

    async def _run(self, name: str, seconds: float, *, workers: int = 0) -> None:
        self._begin(name)
        await asyncio.gather(*(self.stage.start_worker() for _ in range(workers)))
        await asyncio.sleep(seconds)
        versions = sorted((await self._versions()).items())
        self.stage.say(
            f"versions of stored heads: {', '.join(f'{count} of version {one}' for one, count in versions)}"
        )

    async def _exporter(self, program: Program, name: str) -> None:
        self._begin(name)
        self.stage.exporters[1].kill()
        self.stage.program = program
        await self.stage.start_exporter()
        await self.stage.expect_store(up=True)
        await asyncio.sleep(PAUSE_SECONDS)
        self.stage.program = self.former

    async def _all_stopped(self) -> None:
        for worker in list(self.stage.workers.values()):
            await self.stage.stop_worker(worker)

    async def _versions(self) -> dict[int, int]:
        async with Redis.from_url(self.stage.redis.url) as client:
            heads = [await client.hget(self.stage.head(number), "head") for number in range(self.stage.partitions)]
        found = [head[0] for head in heads if head]
        return {version: found.count(version) for version in set(found)}

    async def _refused(self) -> None:
        """The former program on what the present one has stored says so of every partition, and changes nothing."""
        self._begin("former worker on the new form")
        await self._all_stopped()
        before = await self._stored()
        self.stage.program = self.former
        worker = self.stage.launch_worker()

        def said() -> bool:
            log = worker.log.read_text("utf-8")
            return len(set(re.findall(r"partition (\d+) is stored with schema", log))) == self.stage.partitions

        try:
            await wait_until(said, "a word of every partition", timeout_seconds=PATIENCE_SECONDS)
        except TimeoutError:
            self.stage.problems.append("a former worker did not say of every partition that it cannot read it")
        await asyncio.sleep(PAUSE_SECONDS)
        self.stage.kill_worker(worker)
        if before != (after := await self._stored()):
            self.stage.problems.append(f"a former worker changed {sorted(before.keys() ^ after.keys())}")
        self.stage.program = self.present

    async def _stored(self) -> dict[bytes, object]:
        """All that is stored of partitions, but whose they are."""
        found: dict[bytes, object] = {}
        async with Redis.from_url(self.stage.redis.url) as client:
            async for key in client.scan_iter(f"{{monitor:{TOPIC}/*"):
                if key.endswith(b":head"):
                    found[key] = {
                        name: value for name, value in (await client.hgetall(key)).items() if name != b"epoch"
                    }
                else:
                    found[key] = await client.dump(key)
        return found

    async def _compare(self) -> None:
        """The report, with everything that stands in the log below the stored offsets."""
        offsets = await self.stage.stored_offsets()
        account = Account()
        for record in await read_topic(self.stage, TOPIC):
            told = (record.key, record.value)
            if record.offset < offsets.get(record.partition, 0) and told not in self.course.invalid:
                account.take(record.value)
        compared, wrong = differences(account.report(), await report_of(self.stage))
        self.stage.say(f"upgraded state: {compared} figures compared, {len(wrong)} differences")
        self.stage.problems += [f"upgraded state: {one}" for one in wrong[:10]]

    async def _back(self) -> None:
        """The former program, with a namespace of its own, reads the topic from its beginning."""
        self._begin("back: former program, namespace of its own")
        self.stage.environment["MONITOR_REDIS__NAMESPACE"] = BACK
        self.stage.program = self.former
        self.stage.exporters[1].kill()
        await asyncio.gather(self.stage.start_exporter(), *(self.stage.start_worker() for _ in range(3)))

        async def caught_up() -> bool:
            found = await self.stage.stored_offsets()
            return all(found.get(number, -1) >= self.course.ends[number] - 500 for number in self.course.ends)

        with suppress(TimeoutError):  # what is missing in the end is a difference
            await wait_until(caught_up, "the topic to be read", timeout_seconds=PATIENCE_SECONDS)
        await asyncio.sleep(RUN_SECONDS)


async def run(*, seed: int, commit: str) -> tuple[Outcome, Course]:
    """The outcome, and how long partitions stood still."""
    folder = unpacked(commit)
    former = Program(folder / ".venv" / "bin" / "python", folder)
    course = Course(seed, Manner(in_rows=0.0))  # rows came later
    outcome = await play(
        lambda logs: set_up(logs, program=former, feed=False),
        course,
        lambda stage: [Upgrade(stage, course, former, Program()).play()],
    )
    return outcome, course


def main() -> int:
    """Run, print the tables, and say with the exit code whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.upgrade", description="Replace a former program.")
    parser.add_argument("--from", dest="commit", default=STATE_VERSION_1, help=f"commit (default {STATE_VERSION_1})")
    parser.add_argument("--seed", type=int, default=1, help="decides missions (default 1)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended in order, whoever asks
    outcome, course = asyncio.run(run(seed=arguments.seed, commit=arguments.commit))
    lines = [f"| {phase.name} | {phase.stall:.1f} s |" for phase in course.phases]
    print("\n".join(["", "| act | longest stall of a partition |", "|---|---:|", *lines, "", outcome.table()]))  # noqa: T201
    return 0 if outcome.sound else 1


if __name__ == "__main__":
    sys.exit(main())

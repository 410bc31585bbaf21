"""Members come and go without a pause while records flow and are handled slowly: no partition stands still for it."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from monitor.core.batch import Batch
from monitor.kafka.topics import ensure_topics
from tests.eventually import wait_until
from tests.servers.kafka import ApacheKafka
from tests.worker.desk import Desk, figures_of
from tests.worker.test_transport import event, sending, settings_for, working

PARTITIONS = 6
STORM_SECONDS = 15.0
RECORDS_A_SECOND = 400
SETTLING_SECONDS = 60.0

pytestmark = pytest.mark.integration


def slowly(desk: Desk, rng: random.Random) -> Desk:
    """The same desk, now and then too slow for what is fetched, so that buffers fill up."""
    handle = desk.keeper.handle

    async def take_time(number: int, batch: Batch) -> bool:
        await asyncio.sleep(rng.choice([0, 0, 0.01, 0.2]))
        return await handle(number, batch)

    desk.keeper.handle = take_time  # type: ignore[method-assign]
    return desk


@pytest.mark.parametrize("seed", range(2))
async def test_every_record_is_stored_however_often_the_group_is_shared_out_anew(
    apache_kafka: ApacheKafka, topic: str, seed: int
) -> None:
    """In the end each partition is stored up to its end, and every mission is in it."""
    await ensure_topics(apache_kafka.bootstrap, {topic: PARTITIONS})
    kafka = settings_for(apache_kafka, topic)
    rng = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    desk = Desk()
    sent: list[int] = []
    ends = dict.fromkeys(range(PARTITIONS), 0)
    async with sending(apache_kafka) as producer:

        async def feed() -> None:
            while True:
                number = len(sent)
                sent.append(number)
                told = await producer.send_and_wait(topic, event(number), partition=number % PARTITIONS)
                ends[told.partition] = told.offset + 1
                await asyncio.sleep(rng.expovariate(RECORDS_A_SECOND))

        async def come_and_go(until: float) -> None:
            while asyncio.get_running_loop().time() < until:
                async with working(kafka, slowly(Desk(desk.backing), rng)):
                    await asyncio.sleep(rng.uniform(0.0, 4.0))

        async with AsyncExitStack() as stays:
            await stays.enter_async_context(working(kafka, slowly(desk, rng)))
            feeding = asyncio.create_task(feed())
            until = asyncio.get_running_loop().time() + STORM_SECONDS
            await asyncio.gather(come_and_go(until), come_and_go(until))
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            del sent[sum(ends.values()) :]  # the last one may have been cut off before it was told
            await wait_until(
                lambda: all((desk.backing.kept[number].next_offset or 0) >= end for number, end in ends.items()),
                "all to be stored",
                timeout_seconds=SETTLING_SECONDS,
            )
    figures = await figures_of(desk.backing)
    assert figures["oslo", "urban"][0] in (len(sent), len(sent) + 1)

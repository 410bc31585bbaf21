"""A flood of invalid records in one partition: slowed down, told, and nobody else's trouble."""

import asyncio
import random

import pytest
from aiokafka.partitioner import DefaultPartitioner

from tests.eventually import wait_until
from tests.integration.station import PARTITIONS, READY_SECONDS, Record, Station, event, measured_of

FLOOD = 1_500
"""One-byte records: 500 more than the window, so that they are a flood however they are fetched."""
STOP_SECONDS = 6.0

pytestmark = pytest.mark.integration


def partition_of(key: bytes) -> int:
    """Where a record with this key goes."""
    numbers = list(range(PARTITIONS))
    number: int = DefaultPartitioner()(key, numbers, numbers)
    return number


def missions(count: int, *, flooded: bool, name: str) -> list[Record]:
    """So many valid missions in the partition of the flood, or in the others."""
    flood = partition_of(b"flood")
    found = (event(f"{name}{number}") for number in range(100 * count))
    return [one for one in found if (partition_of(one[0] or b"") == flood) == flooded][:count]


async def test_a_flood_holds_up_nobody_but_itself(station: Station) -> None:
    """The others are counted while it is held, SIGTERM is heard at once, and what lies behind it counts later."""
    flooded = partition_of(b"flood")
    worker = station.worker("slow", WORKER__INVALID_PER_SECOND="1")  # held for most of an hour
    await station.owning(worker)
    await station.produce([(b"flood", b"x")] * FLOOD)

    async def held() -> bool:
        worker.require_running()
        head = (await station.heads()).get(flooded)
        return head is not None and head.next_offset >= 1_000

    await wait_until(held, f"the flood to be noticed\n{station.logs()}", timeout_seconds=READY_SECONDS)
    before = (await station.heads())[flooded].next_offset
    behind, others = missions(10, flooded=True, name="b"), missions(40, flooded=False, name="o")
    await station.produce([*behind, *others])

    async def counted() -> bool:
        worker.require_running()
        heads = await station.heads()
        return sum(head.next_offset for number, head in heads.items() if number != flooded) == len(others)

    await wait_until(counted, f"the others\n{station.logs()}", timeout_seconds=READY_SECONDS)
    assert (await station.heads())[flooded].next_offset == before < FLOOD + len(behind)
    assert measured_of(await station.report("2024"), "oslo", "urban") == len(others)
    said = station.log("slow")
    assert f"partition {flooded}: " in said
    assert "slowed down to 1 of them a second; all others go on" in said
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await worker.stopped() == 0
    assert loop.time() - began < STOP_SECONDS
    station.worker("quick", WORKER__INVALID_PER_SECOND="1000")
    await station.all_stored(FLOOD + len(behind) + len(others))
    assert measured_of(await station.report("2024"), "oslo", "urban") == len(behind) + len(others)
    heads = (await station.heads()).values()
    assert sum(sum(head.dead_letters.values()) for head in heads) == FLOOD


async def test_valid_missions_within_a_flood_are_counted_and_the_watchdog_keeps_still(station: Station) -> None:
    """Each mission once, in order, at the pace of the flood, which takes longer than the watchdog's patience."""
    inside, others = missions(20, flooded=True, name="i"), missions(20, flooded=False, name="o")
    mixed: list[Record] = [(b"flood", b"x")] * FLOOD
    for mission in inside:
        mixed.insert(random.Random(1).randrange(len(mixed)), mission)  # noqa: S311 - any order will do
    worker = station.worker("mixed", WORKER__INVALID_PER_SECOND="200", WORKER__WATCHDOG_SECONDS="3")
    await station.owning(worker)
    sent = await station.produce([*mixed, *inside, *others])
    await station.all_stored(sent)
    worker.require_running()
    assert measured_of(await station.report("2024"), "oslo", "urban") == len(inside) + len(others)
    sent += await station.produce([(b"flood", b"x")] * FLOOD + missions(5, flooded=True, name="l"))
    await station.all_stored(sent)
    assert measured_of(await station.report("2024"), "oslo", "urban") == len(inside) + len(others) + 5
    heads = (await station.heads()).values()
    assert sum(sum(head.dead_letters.values()) for head in heads) == 2 * FLOOD
    assert await worker.stopped() == 0


async def test_a_worker_that_is_to_stop_ends_and_stores_nothing_of_the_flood(kafka_station: Station) -> None:
    """The choice `stop`: exit code 1, the way out in the log, and the same again after a restart."""
    await kafka_station.produce([(b"flood", b"x")] * 3_000)
    for name in ("first", "again"):
        worker = kafka_station.worker(name, WORKER__ON_INVALID_FLOOD="stop")
        await wait_until(lambda worker=worker: worker.exit_code is not None, "the end", timeout_seconds=READY_SECONDS)
        assert worker.exit_code == 1
        assert 'worker.on_invalid_flood = "slow"' in kafka_station.log(name)
    assert await kafka_station.stored() < 1_000

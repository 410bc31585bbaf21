"""From file to figures through Kafka, workers and Redis: the same figures as straight from the file."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import wait_until
from tests.integration.station import PARTITIONS, READY_SECONDS, Record, Station

pytestmark = pytest.mark.integration


async def test_the_year_through_two_workers_one_of_them_killed_equals_the_year_from_the_file(
    station: Station, events_of_2024: list[Record], file_of_2024: Path
) -> None:
    """The acceptance test: simulate, replay, two workers, kill -9 half way, restart; the reports are equal bytes."""
    expected = asyncio.create_task(station.report("2024", "--events", str(file_of_2024)))
    total = len(events_of_2024)
    assert total > 80_000
    first, second = station.worker("first"), station.worker("second")
    await station.owning(first, second)
    expected_report = await expected
    replay = station.start("replay", str(file_of_2024), "--rate", "25000", name="replay")

    async def half_way() -> bool:
        return total * 0.4 < await station.stored()

    await wait_until(half_way, "half of the year to be stored", timeout_seconds=READY_SECONDS)
    first.signal(signal.SIGKILL)
    assert await station.stored() < total
    again = station.worker("again")
    await wait_until(lambda: replay.exit_code is not None, "the replay to end", timeout_seconds=READY_SECONDS)
    assert replay.exit_code == 0, station.log("replay")
    await station.all_stored(total)
    assert await station.report("2024") == expected_report
    assert await station.dead_letters() == []
    assert (second.exit_code, again.exit_code, first.exit_code) == (None, None, -signal.SIGKILL)


async def test_workers_that_come_and_go_lose_nothing_and_count_nothing_twice(
    kafka_station: Station, events_of_2024: list[Record], tmp_path: Path
) -> None:
    """While events flow, a second worker joins, takes its share, and leaves again in order."""
    sent: list[Record] = []
    enough = asyncio.Event()

    def flow() -> Iterator[Record]:
        for event in events_of_2024:
            if enough.is_set():
                return
            sent.append(event)
            yield event

    first = kafka_station.worker("first")
    await kafka_station.owning(first)
    producing = asyncio.create_task(kafka_station.produce(flow(), rate=1_500))
    second = kafka_station.worker("second")
    await kafka_station.owning(first, second)
    await advanced(kafka_station, kafka_station.owned(second))
    assert await second.stopped() == 0
    await kafka_station.owning(first)
    await advanced(kafka_station, set(range(PARTITIONS)))
    enough.set()
    await kafka_station.all_stored(await producing)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join((value or b"") + b"\n" for _, value in sent))
    assert await kafka_station.report("2024") == await kafka_station.report("2024", "--events", str(file))
    assert first.exit_code is None


async def advanced(station: Station, partitions: set[int]) -> None:
    """Wait until each of these partitions has been stored further than now."""
    before = await station.heads()

    async def moved() -> bool:
        heads = await station.heads()
        return all(
            number in heads and (number not in before or heads[number].next_offset > before[number].next_offset + 50)
            for number in partitions
        )

    await wait_until(moved, f"partitions {partitions} to get on", timeout_seconds=READY_SECONDS)

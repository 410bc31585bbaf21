"""How a worker begins and ends: told what is missing, nothing lost on the way out, nobody kept waiting."""

import asyncio
import signal

import pytest

from monitor.demo.processes import free_port
from monitor.demo.servers import EmbeddedRedis
from tests.eventually import wait_until
from tests.integration.station import READY_SECONDS, Record, Station, event, measured_of
from tests.servers.components import require

REFUSAL_SECONDS = 20.0
SESSION_SECONDS = 25.0
FEEDING_RATE = 20_000

pytestmark = pytest.mark.integration


async def test_after_sigterm_everything_is_stored_and_the_group_is_left(
    kafka_station: Station, events_of_2024: list[Record]
) -> None:
    """Exit code 0 in the midst of work; the next worker takes over long before the session would have ended."""
    kafka_station.settings["MONITOR_KAFKA__SESSION_TIMEOUT_SECONDS"] = str(SESSION_SECONDS)
    events = events_of_2024[:20_000]
    first = kafka_station.worker("first", WORKER__CHECKPOINT_SECONDS="30")
    await kafka_station.owning(first)
    half = await kafka_station.produce(events[:10_000])
    await asyncio.sleep(0.5)  # taken in, mostly; nothing is due to be stored for half a minute
    assert await kafka_station.stored() == 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await first.stopped() == 0
    assert loop.time() - began < 6
    stored = await kafka_station.stored()
    assert 0 < stored <= half
    began = loop.time()
    second = kafka_station.worker("second")
    await kafka_station.all_stored(half)
    assert loop.time() - began < SESSION_SECONDS / 2
    sent = half + await kafka_station.produce(events[10_000:])
    await kafka_station.all_stored(sent)
    (kafka_station.directory / "events").write_bytes(b"\n".join(value or b"" for _, value in events))
    from_file = await kafka_station.report("2024", "--events", str(kafka_station.directory / "events"))
    assert await kafka_station.report("2024") == from_file
    assert "rewind" not in kafka_station.log("second")
    assert await second.stopped() == 0


async def test_sigterm_under_full_load_ends_within_seconds_and_loses_nothing(
    kafka_station: Station, events_of_2024: list[Record]
) -> None:
    """A topic full of records, and more coming: what is stored is stored, the rest is the next worker's."""
    backlog = await kafka_station.produce(events_of_2024)
    worker = kafka_station.worker("loaded", WORKER__CHECKPOINT_MISSIONS="2000")
    await kafka_station.owning(worker)  # however long it takes to start: more is to come while it counts
    # At a rate that leaves this loop time to see the first checkpoint: it comes long before the last record is sent.
    feeding = asyncio.create_task(kafka_station.produce(events_of_2024, rate=FEEDING_RATE))
    await wait_until(kafka_station.stored, "the first checkpoint", timeout_seconds=READY_SECONDS)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await worker.stopped() == 0
    assert loop.time() - began < 6
    sent = backlog + await feeding
    assert await kafka_station.stored() < sent
    kafka_station.worker("successor")
    await kafka_station.all_stored(sent)
    (kafka_station.directory / "events").write_bytes(b"\n".join(value or b"" for _, value in events_of_2024))
    from_file = await kafka_station.report("2024", "--events", str(kafka_station.directory / "events"))
    assert await kafka_station.report("2024") == from_file


async def test_sigusr1_tells_where_everything_stands_and_changes_nothing(
    kafka_station: Station, events_of_2024: list[Record]
) -> None:
    """For whoever must find out why a worker does not move: the tasks of both event loops, in the log."""
    worker = kafka_station.worker("asked")
    await kafka_station.owning(worker)
    worker.signal(signal.SIGUSR1)
    await wait_until(
        lambda: "tasks of the consumer stand" in kafka_station.log("asked"), "the dump", timeout_seconds=READY_SECONDS
    )
    assert "WorkerApp._store_in_time" in kafka_station.log("asked")
    sent = await kafka_station.produce(events_of_2024[:100])
    await kafka_station.all_stored(sent)
    assert await worker.stopped() == 0


async def test_a_second_signal_ends_at_once_and_loses_nothing_either(
    apache_kafka: object, topic: str, tmp_path: object
) -> None:
    """With the store frozen the first signal waits for it; the second does not; Kafka still has what was unstored."""
    async with EmbeddedRedis(executable=require("redis-server")) as redis:
        station = await Station(apache_kafka, redis.url, topic, tmp_path).open()
        try:
            worker = station.worker("impatient")
            await station.owning(worker)
            assert redis.child is not None
            redis.child.signal(signal.SIGSTOP)
            sent = await station.produce([event(f"m{number}") for number in range(50)])
            await wait_until(lambda: "checkpoint waits" in station.log("impatient"), "the worker to notice",
                             timeout_seconds=READY_SECONDS)  # fmt: skip
            worker.signal(signal.SIGTERM)
            await wait_until(lambda: "stopping" in station.log("impatient"), "the first signal to be heard")
            assert worker.exit_code is None
            worker.signal(signal.SIGTERM)
            await wait_until(lambda: worker.exit_code is not None, "the end", timeout_seconds=1.0)
            assert worker.exit_code == 1
            redis.child.signal(signal.SIGCONT)
            station.children.clear()
            station.worker("patient")
            await station.all_stored(sent)
            assert measured_of(await station.report("2024"), "oslo", "urban") == 50
        finally:
            await station.close()


async def test_a_worker_says_at_once_what_is_missing(kafka_station: Station) -> None:
    """Broker, store or a topic not there: exit code 1 and what to do, from each within seconds."""
    nowhere = free_port()
    cases = {
        "broker": ({"KAFKA__BOOTSTRAP": f"127.0.0.1:{nowhere}"}, ["No Kafka broker answers", str(nowhere), "Start"]),
        "store": ({"REDIS__URL": f"redis://127.0.0.1:{nowhere}/0"}, ["Redis at", str(nowhere), "check that it runs"]),
        "topic": ({"KAFKA__TOPIC": "nothing-here"}, ["no topic 'nothing-here'", "--create"]),
        "session": ({"KAFKA__SESSION_TIMEOUT_SECONDS": "2"}, ["refuses", "kafka.session_timeout_seconds = 2"]),
        "letters": ({"KAFKA__DEAD_LETTER_TOPIC": "none-here"}, ["no topic 'none-here'", "--create"]),
    }
    workers = {name: kafka_station.worker(name, **settings) for name, (settings, _) in cases.items()}
    await wait_until(lambda: all(worker.exit_code is not None for worker in workers.values()), "all to give up",
                     timeout_seconds=REFUSAL_SECONDS)  # fmt: skip
    for name, (_, words) in cases.items():
        said = kafka_station.log(name)
        assert workers[name].exit_code == 1, said
        assert all(word in said for word in words), said
        assert "Traceback" not in said
        assert "error: " in said.lower()

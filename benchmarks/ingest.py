"""Records a second of one worker process, beside a plain Faust agent that does the same fold.

Same broker (embedded), same Redis, same records, same keeper (decode, ledger, slices, checkpoints in Redis), one
run, alternating order; the ratio of the medians is the result. Ours is handed record batches by its transport, the
plain agent gets one record at a time, as Faust's documentation shows. Time runs from the first record handled to
the last one stored: joining the group is left out.

    python benchmarks/ingest.py [--rounds 3] [--years 6] [--plain-records 100000] [--quick]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from types import SimpleNamespace
from typing import Any

from monitor import clock
from monitor.core.partition import Batch
from monitor.demo.processes import Child
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.kafka import producing, require_topic
from monitor.sending import Outbox
from monitor.settings import Configuration, KafkaSettings, load
from monitor.simulator import year
from monitor.topics import ensure_topics
from monitor.wiring import partition_policy, redis_store
from monitor.worker.checkpointing import CheckpointPolicy
from monitor.worker.command import calm_collector
from monitor.worker.instruments import Instruments
from monitor.worker.keeper import Keeper
from monitor.worker.rejects import KafkaDeadLetters

TOPIC = "bench-missions"
DEAD_LETTERS = "bench-missions.dead-letter"
PARTITIONS = 4


class TimedKeeper(Keeper):
    """A keeper that notes when it was first handed something, and how much it has stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first: float | None = None
        self.done = asyncio.Event()

    async def handle(self, number: int, batch: Batch) -> bool:
        if self.first is None:
            self.first = time.perf_counter()
        return await super().handle(number, batch)

    async def until_stored(self, records: int) -> tuple[int, float]:
        """Records stored and seconds since the first, once at least `records` are."""
        while True:
            await asyncio.sleep(0.005)
            stored = sum(kept.stored_offset for kept in self.kept.values())
            if self.first is not None and stored >= records:
                return stored, time.perf_counter() - self.first


async def work(role: str, records: int, group: str, namespace: str) -> None:
    """The measured process: print records and seconds as JSON."""
    from monitor.worker.app import WorkerApp

    configuration = load()
    settings = configuration.settings
    kafka = settings.kafka.model_copy(update={"group": group, "topic": TOPIC, "dead_letter_topic": DEAD_LETTERS})
    redis = settings.redis.model_copy(update={"namespace": namespace})
    configuration = Configuration(
        settings.model_copy(update={"kafka": kafka, "redis": redis}), configuration.targets, configuration.grid
    )
    store, instruments = redis_store(configuration), Instruments()
    async with producing(kafka) as producers:
        keeper = TimedKeeper(
            partition_policy(configuration),
            store,
            KafkaDeadLetters(producers.plain, topic=DEAD_LETTERS, source=TOPIC),
            checkpoints=CheckpointPolicy(
                seconds=settings.worker.checkpoint_seconds, missions=settings.worker.checkpoint_missions
            ),
            instruments=instruments,
            now=clock.now,
            monotonic=time.monotonic,
        )
        app = WorkerApp(kafka, keeper, instruments)
        if role == "plain":
            make_plain(app, keeper)
        calm_collector()
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        stored, seconds = await keeper.until_stored(records)
        stop.set()
        await running
    await store.close()
    print(json.dumps({"records": stored, "seconds": seconds}))


def make_plain(worker: Any, keeper: Keeper) -> None:
    """Replace batches by Faust's own one-record messages and an agent that takes them one by one."""
    import faust
    from faust.transport.drivers import aiokafka as driver

    from monitor.worker import transport

    class PlainConsumer(transport.Consumer):
        getmany = driver.Consumer.getmany  # type: ignore[assignment]

    class PlainTransport(transport.Transport):
        Consumer = PlainConsumer

    app = worker.app
    app.transport = PlainTransport(app.conf.broker_consumer, app, source=worker)
    app.conf.stream_buffer_maxsize = 4096
    app.agents.clear()
    topic = app.topic(TOPIC, value_type=bytes, value_serializer="raw", key_serializer="raw")

    @app.agent(topic, name="plain")
    async def plain(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            message = event.message
            record = SimpleNamespace(
                offset=message.offset, timestamp=int(message.timestamp * 1000), key=message.key, value=event.value
            )
            await keeper.handle(message.tp.partition, Batch(message.offset, message.offset + 1, (record,)))


async def fill(bootstrap: str, years: int) -> int:
    """Write `years` of invented missions to the topic; the number of records."""
    kafka = KafkaSettings(bootstrap=bootstrap, topic=TOPIC, dead_letter_topic=DEAD_LETTERS)
    await ensure_topics(bootstrap, {TOPIC: PARTITIONS, DEAD_LETTERS: 1})
    await require_topic(kafka, TOPIC)
    async with producing(kafka) as producers:
        outbox = Outbox(producers, TOPIC, partitions=PARTITIONS)
        for number in range(2025 - years, 2025):
            for emission in year(number, seed=1):
                await outbox.put(emission.key.encode(), emission.value)
        await outbox.settle()
        return outbox.confirmed


async def measure(arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Rates by role, records a second, one per round."""
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    async with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
        records = await fill(broker.bootstrap, arguments.years)
        print(f"{records:,} records in {PARTITIONS} partitions", flush=True)
        environment = os.environ | {
            "MONITOR_KAFKA__BOOTSTRAP": broker.bootstrap,
            "MONITOR_REDIS__URL": redis.url,
        }
        for turn in range(arguments.rounds):
            roles = ["ours", "plain"] if turn % 2 == 0 else ["plain", "ours"]
            for role in roles:
                wanted = records if role == "ours" else min(records, arguments.plain_records)
                name = f"{role}-{turn}"
                command = [sys.executable, __file__, "--role", role, "--records", str(wanted), "--name", name]
                with Child(name, command, environment=environment) as child:
                    while child.exit_code is None:
                        await asyncio.sleep(0.1)
                    tail = child.log_tail(40)
                    if child.exit_code != 0:
                        raise SystemExit(f"{name} failed:\n{tail}")
                    found = json.loads(next(line for line in tail.splitlines() if line.startswith('{"records"')))
                rates[role].append(found["records"] / found["seconds"])
                print(f"round {turn + 1}: {role:5} {rates[role][-1]:>10,.0f} records/s", flush=True)
    return rates


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--years", type=int, default=6)
    parser.add_argument("--plain-records", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it works")
    parser.add_argument("--role", choices=["ours", "plain"])
    parser.add_argument("--records", type=int)
    parser.add_argument("--name")
    arguments = parser.parse_args()
    if arguments.role:
        asyncio.run(work(arguments.role, arguments.records, f"bench-{arguments.name}", f"bench-{arguments.name}"))
        return
    if arguments.quick:
        arguments.rounds, arguments.years = 1, 1
        arguments.plain_records = min(arguments.plain_records, 10_000)
    rates = asyncio.run(measure(arguments))
    ours, plain = statistics.median(rates["ours"]), statistics.median(rates["plain"])
    print(f"\n| one worker process, {PARTITIONS} partitions | records/s (median of {arguments.rounds}) | ratio |")
    print("| --- | ---: | ---: |")
    print(f"| plain Faust agent, one record at a time | {plain:,.0f} | 1 |")
    print(f"| this worker, one record batch at a time | {ours:,.0f} | {ours / plain:.1f} |")


if __name__ == "__main__":
    main()

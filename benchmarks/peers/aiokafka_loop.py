"""A loop written by hand: aiokafka's `getmany`, the fold, a checkpoint in Redis every half second.

Offsets are kept in Redis beside the state and sought on assignment, as aiokafka's documentation shows for
"storing offsets outside of Kafka".
"""

import asyncio
import gc
import time

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from fold import CHECKPOINT_SECONDS, Fold, decode, stored_totals, write_all
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from task import Stopwatch, Task, answer


class Positions(ConsumerRebalanceListener):
    """Goes on where the stored state does."""

    def __init__(self, consumer: AIOKafkaConsumer, redis: Redis, namespace: str) -> None:
        self.consumer, self.redis, self.namespace = consumer, redis, namespace

    async def on_partitions_revoked(self, revoked: object) -> None:
        pass

    async def on_partitions_assigned(self, assigned: list) -> None:
        for tp in assigned:
            stored = await self.redis.hget(f"{self.namespace}:{tp.partition}:head", "next_offset")
            self.consumer.seek(tp, int(stored or 0))


async def main(task: Task) -> None:
    """Count every record once."""
    redis = Redis.from_url(task.redis_url)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=task.bootstrap, group_id=task.name, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    consumer.subscribe([task.topic], listener=Positions(consumer, redis, task.name))
    watch, done, stored_at = Stopwatch(), 0, time.monotonic()
    folds: dict[int, Fold] = {}
    offsets: dict[int, int] = {}
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # as ours: the collector would walk the ledger again and again
    try:
        while done < task.records:
            for tp, records in (await consumer.getmany(timeout_ms=1000)).items():
                watch.start()
                take = folds.setdefault(tp.partition, Fold()).take
                for record in records:
                    take(decode(record.value))
                offsets[tp.partition] = records[-1].offset + 1
                done += len(records)
            if time.monotonic() - stored_at >= CHECKPOINT_SECONDS or done >= task.records:
                await write_all(redis, task.name, folds, offsets)
                stored_at = time.monotonic()
        watch.stop()
    finally:
        await consumer.stop()
        await redis.aclose()
    with BlockingRedis.from_url(task.redis_url) as reader:
        answer(done, watch.seconds, stored_totals(reader, task.name))


if __name__ == "__main__":
    asyncio.run(main(Task.given()))

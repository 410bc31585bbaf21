"""A plain Faust agent: one event at a time, as Faust's documentation shows, the fold, a checkpoint in Redis."""

import gc
import time
from pathlib import Path

import faust
from fold import CHECKPOINT_SECONDS, Fold, decode, stored_totals, write_all
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from task import Stopwatch, Task, answer

task = Task.given()
app = faust.App(
    task.name,
    broker=f"kafka://{task.bootstrap}",
    datadir=str(task.directory),
    consumer_auto_offset_reset="earliest",
    topic_disable_leader=True,
    web_enabled=False,
    autodiscover=False,
)
missions = app.topic(task.topic, value_type=bytes, value_serializer="raw", key_serializer="raw")
watch = Stopwatch()


@app.agent(missions)
async def count(stream: faust.StreamT[bytes]) -> None:
    """Count every event; then end."""
    redis = Redis.from_url(task.redis_url)
    folds = {number: Fold() for number in range(task.partitions)}
    offsets: dict[int, int] = {}
    done, stored_at = 0, time.monotonic()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    async for event in stream.events():
        watch.start()
        place = event.message.tp.partition
        folds[place].take(decode(event.value))
        offsets[place] = event.message.offset + 1
        done += 1
        if done >= task.records or time.monotonic() - stored_at >= CHECKPOINT_SECONDS:
            await write_all(redis, task.name, folds, offsets)
            stored_at = time.monotonic()
        if done == task.records:
            watch.stop()
            with BlockingRedis.from_url(task.redis_url) as reader:
                answer(done, watch.seconds, stored_totals(reader, task.name))


if __name__ == "__main__":
    Path(task.directory).mkdir(exist_ok=True)
    faust.Worker(app, loglevel="WARN", redirect_stdouts=False).execute_from_commandline()

"""A loop written by hand: confluent-kafka's `consume`, the fold, a checkpoint in Redis every half second."""

import gc
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from fold import CHECKPOINT_SECONDS, Fold, decode, stored_totals, write_all_now
from redis import Redis
from task import Stopwatch, Task, answer


def main(task: Task) -> None:
    """Count every record once."""
    redis = Redis.from_url(task.redis_url)

    def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for tp in partitions:
            tp.offset = int(redis.hget(f"{task.name}:{tp.partition}:head", "next_offset") or 0)
        consumer.assign(partitions)

    consumer = Consumer({
        "bootstrap.servers": task.bootstrap, "group.id": task.name, "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })  # fmt: skip
    consumer.subscribe([task.topic], on_assign=assigned)
    watch, done, stored_at = Stopwatch(), 0, time.monotonic()
    folds = {number: Fold() for number in range(task.partitions)}
    offsets: dict[int, int] = {}
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # as ours: the collector would walk the ledger again and again
    while done < task.records:
        for message in consumer.consume(5000, timeout=0.2):
            if message.error() is not None:
                raise KafkaException(message.error())
            watch.start()
            number = message.partition()
            folds[number].take(decode(message.value()))
            offsets[number] = message.offset() + 1
            done += 1
        if time.monotonic() - stored_at >= CHECKPOINT_SECONDS or done >= task.records:
            write_all_now(redis, task.name, folds, offsets)
            stored_at = time.monotonic()
    watch.stop()
    consumer.close()
    answer(done, watch.seconds, stored_totals(redis, task.name))


if __name__ == "__main__":
    main(Task.given())

"""Bare consumption: aiokafka's `getmany`, each value decoded, and nothing else."""

import asyncio

from aiokafka import AIOKafkaConsumer
from fold import decode
from task import Stopwatch, Task, answer


async def main(task: Task) -> None:
    """Read and decode every record once."""
    consumer = AIOKafkaConsumer(
        task.topic, bootstrap_servers=task.bootstrap, group_id=task.name, auto_offset_reset="earliest"
    )
    await consumer.start()
    watch, done = Stopwatch(), 0
    try:
        while done < task.records:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                watch.start()
                for record in records:
                    decode(record.value)
                done += len(records)
        watch.stop()
    finally:
        await consumer.stop()
    answer(done, watch.seconds)


if __name__ == "__main__":
    asyncio.run(main(Task.given()))

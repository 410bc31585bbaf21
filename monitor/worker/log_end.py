"""What lies at the end of a partition's log, by reading there with a consumer of its own.

What a broker names as the end may lie behind: Tansu names the offset after the first record of the last batch. So
before stored state is called foreign to a log, its last batch is read. And what it names may be no record, but the
marker of a transaction. Refuses to know what the records mean.
"""

from collections.abc import Mapping
from typing import Final

from aiokafka import TopicPartition

from monitor.kafka.clients import reading
from monitor.settings import KafkaSettings

FETCH_MS: Final = 2_000


async def read_end(kafka: KafkaSettings, place: TopicPartition, *, named: int) -> int:
    """The offset that the next record will get, as far as it can be read; never below `named`.

    Raises BrokerUnreachable.
    """
    end = named
    async with reading(kafka) as consumer:
        consumer.assign([place])
        begin = (await consumer.beginning_offsets([place]))[place]
        if end > begin:
            consumer.seek(place, end - 1)
            while records := (await consumer.getmany(place, timeout_ms=FETCH_MS)).get(place):
                end = max(end, records[-1].offset + 1)
                if end >= (consumer.highwater(place) or 0):
                    break
    return end


async def records_waiting(kafka: KafkaSettings, offsets: Mapping[TopicPartition, int]) -> set[TopicPartition]:
    """The partitions in which a committed record lies at or after the offset named. Raises BrokerUnreachable."""
    found: set[TopicPartition] = set()
    async with reading(kafka, isolation="read_committed") as consumer:
        left = dict(offsets)
        consumer.assign(list(left))
        for place, offset in left.items():
            consumer.seek(place, offset)
        while left and (records := await consumer.getmany(*left, timeout_ms=FETCH_MS, max_records=len(left))):
            for place in records:
                found.add(place)
                left.pop(place, None)
    return found

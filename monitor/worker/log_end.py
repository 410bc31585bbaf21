"""Where a partition's log ends, by reading up to there.

What a broker names as the end may lie behind: Tansu names the offset after the first record of the last batch. So
before stored state is called foreign to a log, its last batch is read. Refuses to know what the records mean.
"""

from typing import Final

from aiokafka import TopicPartition

from monitor.kafka import reading
from monitor.settings import KafkaSettings

FETCH_MS: Final = 2_000


async def read_end(kafka: KafkaSettings, partition: int, *, named: int) -> int:
    """The offset that the next record will get, as far as it can be read; never below `named`.

    Raises BrokerUnreachable.
    """
    place = TopicPartition(kafka.topic, partition)
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

"""What one peer can ask a worker for, and what that costs: memory, threads, bytes among the dead letters.

Apache Kafka, Redis and a worker, each a process of its own, on loopback. Each attack is tried on a worker of its own:

    zstd      one batch of 22 kB that unpacks to 640 MiB
    letters   one batch of 10 kB that unpacks to 214 records of 1 MB, none of them an event; then 27 of 8 each
    small     one batch of 100,000 records of one byte
    ids       1.5 million missions within two hours, with a capacity of 100,000 (the core alone)
    port      500 connections to the worker's /metrics that say nothing

    python benchmarks/greedy.py [--attacks zstd letters ...] [--seconds 20] [--quick]

Takes about 3 min. To measure another version, run it with that one's root in PYTHONPATH and as the current directory.
"""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from struct import pack_into
from tempfile import TemporaryDirectory
from time import time

import cramjam
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

sys.path.insert(0, str(Path.cwd()))

from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.demo.processes import Child
from monitor.demo.servers import EmbeddedRedis
from monitor.kafka.topics import ensure_topics
from monitor.settings import load
from monitor.wiring import partition_policy
from tests.servers.kafka import ApacheKafka

MIB = 1024 * 1024
STAMP = int(time() * 1000)
ZSTD, HEADER_BYTES = 4, 61
ATTACKS = ("zstd", "letters", "small", "ids", "port")
IDS, CAPACITY = 1_500_000, 100_000
CONNECTIONS = 500
TOPIC, DEAD = "missions", "missions.dead"


def packed(value: bytes, count: int) -> bytes:
    """A batch of `count` records of one value, made without ever holding what it unpacks to."""
    compressor = cramjam.zstd.Compressor()
    header = b""
    for number in range(count):
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
            batch_size=len(value) + 200,
        )  # fmt: skip
        builder.append(number, timestamp=STAMP, key=None, value=value, headers=[])
        whole = bytes(builder.build())
        header = header or whole[:HEADER_BYTES]
        compressor.compress(whole[HEADER_BYTES:])
    body = bytes(compressor.finish())
    data = bytearray(header + body)
    pack_into(">i", data, 8, len(data) - 12)
    pack_into(">h", data, 21, ZSTD)
    pack_into(">i", data, 23, count - 1)
    pack_into(">i", data, 57, count)
    pack_into(">I", data, 17, calc_crc32c(bytes(data[21:])))
    return bytes(data)


class Bed:
    """Servers, topics of one partition, and a worker that is looked at from outside."""

    def __init__(self, kafka: ApacheKafka, redis: EmbeddedRedis, folder: Path, name: str) -> None:
        self.kafka = kafka
        self.topic, self.dead = f"{TOPIC}-{name}", f"{DEAD}-{name}"
        self.port = free_port()
        self._log = folder / f"{name}.log"
        self.child = Child(
            name,
            [sys.executable, "-m", "monitor.cli", "worker"],
            environment=os.environ | {
                "MONITOR_KAFKA__BOOTSTRAP": kafka.bootstrap, "MONITOR_KAFKA__TOPIC": self.topic,
                "MONITOR_KAFKA__DEAD_LETTER_TOPIC": self.dead, "MONITOR_KAFKA__GROUP": self.topic,
                "MONITOR_REDIS__URL": redis.url, "MONITOR_WORKER__METRICS_PORT": str(self.port),
                "MONITOR_WORKER__MAX_INVALID_RATIO": "1",
            },
            log=self._log,
        )  # fmt: skip
        self.process = psutil.Process(self.child.pid)

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def send(self, batch: bytes, count: int, *, times: int = 1) -> None:
        """The bytes of a batch, `times` over."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, max_request_size=16 * MIB)
        await producer.start()
        try:
            for _ in range(times):
                made = producer.create_batch()
                for name, value in (("_buffer", bytearray(batch)), ("_closed", True), ("_relative_offset", count)):
                    setattr(made, name, value)  # as if it had been filled record by record
                await (await producer.send_batch(made, self.topic, partition=0))
        finally:
            await producer.stop()

    async def peak(self, seconds: float) -> tuple[int, int]:
        """Largest resident memory within so many seconds, and the most threads."""
        until, rss, threads = time() + seconds, 0, 0
        while time() < until and self.process.is_running():
            rss = max(rss, self.process.memory_info().rss)
            threads = max(threads, self.process.num_threads())
            await asyncio.sleep(0.01)
        return rss, threads

    async def dead_letters(self) -> tuple[int, int]:
        """How many there are, and their bytes in the topic."""
        size = 0
        theirs = fetcher.MemoryRecords

        def counting(raw: bytes) -> object:
            nonlocal size
            size += len(raw)
            return theirs(raw)

        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap, max_partition_fetch_bytes=16 * MIB)
        fetcher.MemoryRecords = counting  # counts what comes over the wire, still compressed
        await consumer.start()
        try:
            place = TopicPartition(self.dead, 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            end, count = (await consumer.end_offsets([place]))[place], 0
            while await consumer.position(place) < end:
                count += sum(map(len, (await consumer.getmany(place, timeout_ms=1000)).values()))
        finally:
            fetcher.MemoryRecords = theirs
            await consumer.stop()
        return count, size


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def worker(kafka: ApacheKafka, redis: EmbeddedRedis, folder: Path, name: str) -> AsyncIterator[Bed]:
    """A worker that has taken over its partition."""
    await ensure_topics(kafka.bootstrap, {f"{TOPIC}-{name}": 1, f"{DEAD}-{name}": 1})
    bed = Bed(kafka, redis, folder, name)
    try:
        while "took over" not in bed.log:
            bed.child.require_running()
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        yield bed
    finally:
        bed.child.kill()


async def sent(bed: Bed, batches: list[tuple[bytes, int, int]], seconds: float) -> str:
    """Memory before and at most, and what there is among the dead letters."""
    before = bed.process.memory_info().rss
    looking = asyncio.create_task(bed.peak(seconds))
    for batch, count, times in batches:
        await bed.send(batch, count, times=times)
    most, _ = await looking
    number, size = await bed.dead_letters()
    weights = " + ".join(f"{times} x {len(batch) / 1000:.1f} kB" for batch, _, times in batches)
    return (
        f"{weights}: worker {before / MIB:.0f} -> {most / MIB:.0f} MiB, {number} dead letters of {size / 1000:.0f} kB"
    )


async def silent(bed: Bed, seconds: float) -> str:
    """Connections that say nothing: threads, and how many are left when the time is over."""
    before = bed.process.num_threads()
    held = []
    for _ in range(CONNECTIONS):
        try:
            held.append(socket.create_connection(("127.0.0.1", bed.port), timeout=5))
        except OSError:
            break
    _, threads = await bed.peak(seconds)
    left = sum(one.laddr.port == bed.port and one.status == "ESTABLISHED" for one in bed.process.net_connections())
    for sock in held:
        sock.close()
    return f"{len(held)} connections: threads {before} -> {threads}, {left} connections left after {seconds:g} s"


def invented(ids: int) -> str:
    """Missions that nobody had, within two hours, into one partition."""
    from invented import records

    policy = replace(partition_policy(load()), capacity=CAPACITY)
    partition, refused = Partition.start(policy), 0
    process, now = psutil.Process(), time()
    before, rang = process.memory_info().rss, now - 7_200
    for first in range(0, ids, 5_000):
        some = list(
            records(range(first, first + 5_000), policy.service.told_series, first_offset=first, stamp=now,
                    rang_at=rang, apart_seconds=7_200 / ids, arrived=False)
        )  # fmt: skip
        refused += len(partition.apply(Batch(first, first + 5_000, some), now).dead_letters)
        partition.checkpoint()
    most = process.memory_info().rss
    return f"{ids} ids: {len(partition.missions)} held, {refused} refused, {before / MIB:.0f} -> {most / MIB:.0f} MiB"


def batches(attack: str) -> Iterator[tuple[bytes, int, int]]:
    """Bytes, records and how often."""
    if attack == "zstd":
        yield packed(bytes(8 * MIB), 80), 80, 1
    if attack == "letters":
        yield packed(bytes(1_000_000), 214), 214, 1
        yield packed(bytes(1_000_000), 8), 8, 27
    if attack == "small":
        yield packed(b"{", 100_000), 100_000, 1


async def main() -> None:
    """Print a line for each attack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=ATTACKS)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long a worker is looked at")
    parser.add_argument("--quick", action="store_true", help="some attacks, looked at for 3 s, and fewer ids")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.attacks, chosen.seconds = [one for one in ATTACKS if one != "letters"], 3.0
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        async with ApacheKafka() as kafka, EmbeddedRedis() as redis:
            for attack in chosen.attacks:
                if attack == "ids":
                    print(f"{attack}: {invented(20_000 if chosen.quick else IDS)}", flush=True)
                    continue
                async with worker(kafka, redis, folder, attack) as bed:
                    made = list(batches(attack))
                    told = silent(bed, chosen.seconds) if attack == "port" else sent(bed, made, chosen.seconds)
                    print(f"{attack}: {await told}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

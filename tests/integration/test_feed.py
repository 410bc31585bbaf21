"""`monitor feed` on Apache Kafka: raw records of a source in its topic, figures at the end, whatever dies."""

import asyncio
import csv
import json
import signal
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from monitor.demo.processes import Child
from monitor.demo.servers import EmbeddedRedis
from monitor.kafka.topics import ensure_topics
from monitor.settings import load
from monitor.worker.failpoints import FAIL_POINT, PART_DELIVERED
from tests.eventually import wait_until
from tests.feeds.records import figures_of
from tests.feeds.test_cases import RAW
from tests.integration.station import READY_SECONDS, Record, Station, event
from tests.integration.test_replay import everything
from tests.servers.kafka import ApacheKafka

CASES = Path(__file__).parents[1] / "cases"
SOURCE_PARTITIONS = 3
KILLED = -signal.SIGKILL
SNAPSHOTS = """
[source]
topic = "{topic}"
mission = "mission_id"

[source.fields]
district = "district"
settlement = "settlement"
urgent = "urgent"
status = "status"
ringing_at = "ringing_at"
dispatched_at = "dispatched_at"
on_scene_at = "on_scene_at"
recorded_at = "recorded_at"
"""
"""Mission events themselves as records of a source: what has no revision there."""

pytestmark = pytest.mark.integration


class Source:
    """A source's topic in Kafka, and feeds that read it."""

    def __init__(self, station: Station, feed: str) -> None:
        """`feed`: what the feed file says, with the topic left open."""
        self.station = station
        self.topic = f"{station.topic}-calls"
        self.file = station.directory / "feed.toml"
        self.file.write_text(feed.replace("{topic}", self.topic), encoding="utf-8")

    async def open(self) -> "Source":
        """Create its topic as whoever writes it would, and that of its dead letters as an operator does."""
        await ensure_topics(self.station.broker.bootstrap, {self.topic: SOURCE_PARTITIONS})
        made = await self.station.run("topics", "--feed", str(self.file))
        assert made.exit_code == 0, made.output
        assert f"{self.topic}.dead-letter: 1 partition" in made.output
        return self

    def feed(self, name: str, *, dies_at: int | None = None, **settings: str) -> Child:
        """A feed process; one that is to die does so when it has delivered its n-th part, before Kafka knows."""
        if dies_at is not None:
            self.station.settings[FAIL_POINT] = f"{PART_DELIVERED}@{dies_at}"
        try:
            return self.station.start("feed", "--feed", str(self.file), name=name, **settings)
        finally:
            self.station.settings.pop(FAIL_POINT, None)

    async def send(self, records: Iterable[Record]) -> None:
        """Records by key; those without one go to any partition."""
        producer = AIOKafkaProducer(bootstrap_servers=self.station.broker.bootstrap, linger_ms=5)
        await producer.start()
        try:
            sent = [await producer.send(self.topic, value, key=key) for key, value in records]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def behind(self) -> int:
        """Records that the feed's group has not committed yet."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.station.broker.bootstrap)
        await admin.start()
        try:
            group = self.station.settings["MONITOR_KAFKA__GROUP"] + "-feed"
            offsets = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
        done = sum(max(0, one.offset) for place, one in offsets.items() if place.topic == self.topic)
        return (
            sum(map(len, (await everything(self.station.broker.bootstrap, self.topic, SOURCE_PARTITIONS)).values()))
            - done
        )

    async def carried(self) -> None:
        """Wait until everything that was sent is committed."""

        async def done() -> bool:
            for child in self.station.children:
                if child.exit_code not in (None, 0, KILLED):
                    child.require_running()
            return await self.behind() == 0

        try:
            await wait_until(done, "the source to be carried", timeout_seconds=READY_SECONDS)
        except TimeoutError as fault:
            raise TimeoutError(f"{fault}: {await self.behind()} left\n{self.station.logs()}") from None

    async def told(self) -> dict[str, list[dict[str, Any]]]:
        """Events in the topic of missions, by mission, in their order."""
        found = defaultdict(list)
        for records in (await everything(self.station.broker.bootstrap, self.station.topic, 4)).values():
            for record in records:
                found[record.key.decode()].append(json.loads(record.value))
        return found

    async def counted(self) -> None:
        """Wait until the workers have stored all that was told."""
        told = sum(map(len, (await self.told()).values()))
        await self.station.all_stored(told)


async def source_of(
    broker: ApacheKafka, redis: EmbeddedRedis, topic: str, folder: Path, feed: str, **settings: str
) -> Source:
    return await Source(await Station(broker, redis.url, topic, folder, **settings).open(), feed).open()


@pytest.fixture
async def calls(apache_kafka: ApacheKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path):  # noqa: ANN201
    """A source of the police's missions without revisions."""
    source = await source_of(apache_kafka, redis_7, topic, tmp_path, SNAPSHOTS)
    yield source
    await source.station.close()


def raw(name: str) -> tuple[Sequence[Record], str]:
    """The lines of a case, as a source would write them into a topic, and the feed file that reads them."""
    lines = (CASES / name / RAW[name]).read_text(encoding="utf-8").splitlines()
    feed = (CASES / name / "feed.toml").read_text(encoding="utf-8")
    declared = 'topic = "{topic}"\n'
    if RAW[name].endswith(".csv"):
        columns, *lines = lines
        declared += f'format = {{ kind = "csv", columns = {json.dumps(next(csv.reader([columns])))} }}\n'
    feed = feed.replace("[source]\n", f"[source]\n{declared}", 1)
    return [(None, line.encode()) for line in lines], feed


@pytest.mark.parametrize("name", RAW)
async def test_raw_records_become_the_figures_worked_out_by_hand_whoever_is_killed(
    apache_kafka: ApacheKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path, name: str
) -> None:
    """A feed dies between Kafka's acknowledgement and its commit, the next by kill -9, a worker as well."""
    records, feed = raw(name)
    source = await source_of(apache_kafka, redis_7, topic, tmp_path, feed, CONFIG=str(CASES / name / "monitor.toml"))
    station = source.station
    try:
        first = source.feed("first", dies_at=2)
        worker = station.worker("worker")
        for number in range(4):
            await source.send(records[number * 10 : number * 10 + 10])
            await asyncio.sleep(0.2)
        await wait_until(lambda: first.exit_code is not None, "the first feed to die", timeout_seconds=READY_SECONDS)
        assert first.exit_code == KILLED
        second = source.feed("second", dies_at=1)
        await wait_until(
            lambda: second.exit_code is not None, "the second feed to die", timeout_seconds=READY_SECONDS
        )
        worker.kill()
        third = source.feed("third")
        station.worker("another")
        await source.send(records[40:])
        await source.carried()
        await source.counted()
        wanted = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
        rows = {
            (row["area"], row["category"]): row
            for row in json.loads(await station.report(str(wanted["year"])))["rows"]
        }
        require_figures(name, rows, wanted)
        assert await station.dead_letters() == []
        assert await third.stopped() == 0
    finally:
        await station.close()


def require_figures(name: str, rows: dict[tuple[str, str], dict[str, Any]], wanted: dict[str, Any]) -> None:
    """As tests/feeds/test_cases.py, of files."""
    if name == "stages-nfpa-1710":
        row = rows["city", "all"]
        for stage, one in wanted["wanted"].items():
            clock = stage.replace("_", "-")
            figures, objective = row["clocks"][clock], row["objectives"][f"{clock}-90"]
            assert (figures["measured"], figures["unmeasured"]) == (one["measured"], one["unmeasured"])
            assert objective["value_seconds"] == one["p90_seconds"]
        return
    root = load(CASES / name / "monitor.toml").service.root
    for cell_name, cell in wanted["cells"].items():
        area, _, category = cell_name.partition("/")
        area = root if area in {"*", "all"} else area
        assert figures_of(rows[area, category.replace("*", "any")], cell) == cell, cell_name


async def test_snapshots_without_revision_keep_their_order_through_crashes_and_two_feeds(
    calls: Source, events_of_2024: list[Record]
) -> None:
    """Half a year told by snapshots: killed, shared, handed over and frozen, the figures are those of the file."""
    station = calls.station
    told = [(key, json.loads(value)) for key, value in events_of_2024[:12_000] if value is not None]
    for _, one in told:
        one.pop("revision", None)
        one.pop("excluded", None)  # the feed file does not tell it
    bare = [(key, json.dumps(one).encode()) for key, one in told]
    station.worker("worker")
    await calls.send(bare[:4_000])
    dying = calls.feed("dying", dies_at=2)
    await wait_until(lambda: dying.exit_code is not None, "the feed to die", timeout_seconds=READY_SECONDS)
    frozen = calls.feed("frozen")
    await calls.carried()
    frozen.signal(signal.SIGSTOP)  # it keeps its partitions until its session ends, and holds what it has fetched
    sending = asyncio.create_task(calls.send(bare[4_000:8_000]))
    successor = calls.feed("successor")
    await sending
    await calls.carried()
    frozen.signal(signal.SIGCONT)
    await wait_until(lambda: "took over partitions" in station.log("frozen").partition("giving back")[2],
                     "the thawed feed to join again", timeout_seconds=READY_SECONDS)  # fmt: skip
    sending = asyncio.create_task(calls.send(bare[8_000:]))
    assert await successor.stopped() == 0
    await sending
    await calls.carried()
    await calls.counted()
    assert await frozen.stopped() == 0
    (station.directory / "events").write_bytes(b"\n".join(value for _, value in bare))
    from_file = await station.report("2024", "--events", str(station.directory / "events"))
    assert await station.report("2024") == from_file
    assert await station.dead_letters() == []


async def test_a_target_that_refuses_writes_is_waited_for(calls: Source) -> None:
    """Nothing is committed before it has arrived; nothing is read on, and SIGTERM ends it all the same."""
    station = calls.station
    await take_records_of(station, 10)  # bytes: the broker takes nothing
    records = [event(f"m{number}") for number in range(300)]
    await calls.send(records)
    first = calls.feed("first")
    await wait_until(lambda: "does not take events" in station.log("first"), "the refusal to be told",
                     timeout_seconds=READY_SECONDS)  # fmt: skip
    assert await calls.behind() == len(records)
    assert await first.stopped() == 0
    assert await calls.behind() == len(records)
    second = calls.feed("second")
    await wait_until(lambda: "does not take events" in station.log("second"), "the refusal to be told",
                     timeout_seconds=READY_SECONDS)  # fmt: skip
    await take_records_of(station, 1_000_000)
    await calls.carried()
    assert {key: len(told) for key, told in (await calls.told()).items()} == {f"m{n}": 1 for n in range(300)}
    assert "what is sent arrives again" in station.log("second")
    assert second.exit_code is None


async def take_records_of(station: Station, size: int) -> None:
    """The largest batch of mission events that the broker takes, in bytes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=station.broker.bootstrap)
    await admin.start()
    try:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, station.topic, configs={"max.message.bytes": str(size)})]
        )
    finally:
        await admin.close()


async def test_what_cannot_be_mapped_is_found_with_its_reason_and_comes_back_in_its_place(calls: Source) -> None:
    """A record that is no JSON, and one whose word is unknown: mended in the feed file, sent back in its order."""
    station = calls.station
    old = event("m1", district="old-town", revision=None)
    await calls.send([(b"torn", b'{"mission_id": "Hansen'), old, event("m1", revision=None, on_scene_at=None)])
    first = calls.feed("first", FEED__METRICS_PORT="0")
    await calls.carried()
    listed = await station.run("dead-letters", "list", "--of", calls.topic, "--format", "json")
    letters = {one["reason"]: one for one in map(json.loads, listed.stdout.splitlines())}
    assert set(letters) == {"unreadable", "unknown_word"}
    assert letters["unknown_word"]["topic"] == calls.topic
    assert "Hansen" not in listed.stdout + station.log("first")
    assert await first.stopped() == 0
    text = calls.file.read_text(encoding="utf-8")
    mended = text.replace(
        'district = "district"', 'district = { path = "district", map = { "old-town" = "oslo", "oslo" = "oslo" } }'
    )
    calls.file.write_text(mended, encoding="utf-8")
    calls.feed("second")
    back = await station.run("dead-letters", "requeue", "--of", calls.topic, "--reason", "unknown_word")
    assert back.exit_code == 0, back.output
    await calls.carried()
    later, earlier = (await calls.told())["m1"]
    assert (later["on_scene_at"], earlier["district"]) == (None, "oslo")
    assert earlier["revision"] < later["revision"]
    station.worker("worker")
    await calls.counted()
    heads = await station.heads()
    assert sum(head.outcomes.get("stale", 0) for head in heads.values()) == 1


async def test_a_feed_that_could_go_round_does_not_start(calls: Source) -> None:
    """Every fault at once, before anything is read."""
    station = calls.station
    for topic, fault in (
        (station.topic, "the topic of mission events"),
        (station.dead_letter_topic, "its dead letters"),
    ):
        calls.file.write_text(SNAPSHOTS.replace("{topic}", topic), encoding="utf-8")
        refused = await station.run("feed", "--feed", str(calls.file))
        assert refused.exit_code == 2, refused.output
        assert fault in refused.output
    calls.file.write_text(SNAPSHOTS.replace("{topic}", f"{station.topic}-nowhere"), encoding="utf-8")
    missing = calls.feed("missing")
    await wait_until(lambda: missing.exit_code is not None, "the feed to refuse", timeout_seconds=READY_SECONDS)
    assert missing.exit_code == 1
    assert f"There is no topic '{station.topic}-nowhere'" in station.log("missing")
    station.children.remove(missing)

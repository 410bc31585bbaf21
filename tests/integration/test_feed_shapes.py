"""Missions that several topics tell, and changes of two tables: through Kafka with crashes, as worked out by hand."""

import asyncio
import csv
import json
import random
from pathlib import Path

import pytest

from monitor.demo.servers import EmbeddedRedis
from monitor.kafka.topics import ensure_topics
from tests.eventually import wait_until
from tests.feeds.records import figures_of
from tests.feeds.test_shapes import SHAPES, expected
from tests.integration.station import READY_SECONDS, Record, Station
from tests.integration.test_feed import KILLED, SOURCE_PARTITIONS, Source
from tests.servers.kafka import ApacheKafka

pytestmark = pytest.mark.integration


class Table(Source):
    """One of several topics of a feed."""

    def __init__(self, station: Station, topic: str, file: Path) -> None:  # the feed file is that of all
        self.station, self.topic, self.file = station, topic, file


def declared(name: str, topics: dict[str, str]) -> str:
    """The feed file of a case, each of its sources with a topic in place of files."""
    lines, files = [], iter(expected(name)["files"])
    for line in (SHAPES / name / "feed.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("topic ="):
            continue
        if line.startswith("files ="):
            file = next(files)
            lines.append(f'topic = "{topics[file]}"')
            if file.endswith(".csv"):
                head = (SHAPES / name / file).read_text(encoding="utf-8").splitlines()[0]
                delimiter = next(one for one in ";\t," if one in head)
                columns = json.dumps(next(csv.reader([head], delimiter=delimiter)))
                lines.append(f'format = {{ kind = "csv", delimiter = {json.dumps(delimiter)}, columns = {columns} }}')
            continue
        lines.append(line)
    return "\n".join(lines) + "\n"


def records(name: str, file: str) -> list[Record]:
    """What a source would write; of a `null` a tombstone. Others have no key, so they lie in any partition."""
    lines = (SHAPES / name / file).read_text(encoding="utf-8").splitlines()[file.endswith(".csv") :]
    return [(b"gone", None) if line == "null" else (None, line.encode()) for line in lines]


@pytest.mark.parametrize("name", ["several-files", "change-events", "recreated-rows", "wrapped-changes"])
async def test_what_several_topics_tell_becomes_the_figures_worked_out_by_hand_whoever_is_killed(
    apache_kafka: ApacheKafka, redis_7: EmbeddedRedis, topic: str, tmp_path: Path, name: str
) -> None:
    """A feed dies between Kafka's acknowledgement and its commit; then feed and worker by kill -9."""
    files = expected(name)["files"]
    station = await Station(apache_kafka, redis_7.url, topic, tmp_path, CONFIG=str(SHAPES / "monitor.toml")).open()
    try:
        topics = {file: f"{topic}-{Path(file).stem}" for file in files}
        path = station.directory / "feed.toml"
        path.write_text(declared(name, topics), encoding="utf-8")
        await ensure_topics(station.broker.bootstrap, dict.fromkeys(topics.values(), SOURCE_PARTITIONS))
        tables = [await Table(station, topics[file], path).open() for file in files]
        sent = [(table, one) for table, file in zip(tables, files, strict=True) for one in records(name, file)]
        random.Random(3).shuffle(sent)  # noqa: S311 - any order will do
        soon, later = min(8, len(sent) // 3), min(14, 2 * len(sent) // 3)  # each feed has some to carry

        async def send(some: list[tuple[Source, Record]]) -> None:
            for table, one in some:
                await table.send([one])

        first = tables[0].feed("first", dies_at=1)
        worker = station.worker("worker")
        await send(sent[:soon])
        await wait_until(lambda: first.exit_code is not None, "the first feed to die", timeout_seconds=READY_SECONDS)
        assert first.exit_code == KILLED
        second = tables[0].feed("second")
        await send(sent[soon:later])
        await asyncio.gather(*(table.carried() for table in tables))
        second.kill()
        worker.kill()
        third = tables[0].feed("third")
        station.worker("another")
        await send(sent[later:])
        for table in tables:
            await table.carried()
        await tables[0].counted()
        for year, cells in expected(name)["years"].items():
            rows = {(row["area"], row["category"]): row for row in json.loads(await station.report(year))["rows"]}
            for cell_name, cell in cells.items():
                area, _, category = cell_name.partition("/")
                assert figures_of(rows[area, category], cell) == cell, f"{year} {cell_name}"
        assert await station.dead_letters() == []
        assert await third.stopped() == 0
    finally:
        await station.close()

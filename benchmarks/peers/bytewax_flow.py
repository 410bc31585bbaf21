"""Bytewax, in the two ways that its documentation offers.

`state`: the ledger in a stateful step by mission, recovered from SQLite; accepted snapshots go to a sink that keeps
the days and writes to Redis at every epoch.
`sink`: ledger and days in the sink: Bytewax as the consumer only, its fastest use.
"""

import gc
import sys
from datetime import timedelta

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from fold import Event, Fold, decode, stored_totals, write_all_now
from redis import Redis
from task import Stopwatch, Task, answer

watch = Stopwatch()
done = 0


class Days(StatefulSinkPartition[Event, None]):
    """The fold of one partition; stored when an epoch ends."""

    def __init__(self, task: Task, number: int, *, ledger: bool) -> None:
        self._redis = Redis.from_url(task.redis_url)
        self._name, self._number, self._ledger = task.name, number, ledger
        self._fold = Fold()

    def write_batch(self, items: list[Event]) -> None:
        fold = self._fold
        if self._ledger:
            for event in items:
                fold.take(event)
        else:
            for event in items:
                fold.put(event, fold.missions.get(event.mission_id))

    def snapshot(self) -> None:
        write_all_now(self._redis, self._name, {self._number: self._fold}, {})

    def close(self) -> None:
        self.snapshot()
        self._redis.close()


class DaysSink(FixedPartitionedSink[Event, None]):
    """One part per partition of the topic; an item's key is that number."""

    def __init__(self, task: Task, *, ledger: bool) -> None:
        self._task, self._ledger = task, ledger

    def list_parts(self) -> list[str]:
        return [str(number) for number in range(self._task.partitions)]

    def part_fn(self, item_key: str) -> int:
        return int(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> Days:
        del step_id, resume_state
        return Days(self._task, int(for_part), ledger=self._ledger)


def accept(known: int | None, item: tuple[str, Event]) -> tuple[int, tuple[str, Event] | None]:
    """Pass the snapshot on if it is newer than the one known."""
    revision = item[1].revision
    if known is not None and revision <= known:
        return known, None
    return revision, item


def read(messages: list[KafkaSourceMessage]) -> list[tuple[str, Event]]:
    """Decode a batch; the key is the topic's partition."""
    global done  # noqa: PLW0603 - what one worker has seen
    watch.start()
    done += len(messages)
    return [(str(message.partition), decode(message.value)) for message in messages]


def main(task: Task, kind: str, every: float) -> None:
    """Count every record once."""
    task.directory.mkdir(exist_ok=True)
    init_db_dir(task.directory, 1)
    flow = Dataflow("missions")
    source = KafkaSource([task.bootstrap], [task.topic], tail=False, batch_size=5000)
    events = op.flat_map_batch("read", op.input("missions", flow, source), read)
    if kind == "state":
        by_mission = op.map("by_mission", events, lambda item: (item[1].mission_id, item))
        accepted = op.stateful_map("ledger", by_mission, accept)
        events = op.filter_map("accepted", accepted, lambda item: item[1])
    op.output("days", events, DaysSink(task, ledger=kind == "sink"))
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    cli_main(flow, recovery_config=RecoveryConfig(str(task.directory)), epoch_interval=timedelta(seconds=every))
    watch.stop()
    with Redis.from_url(task.redis_url) as reader:
        answer(done, watch.seconds, stored_totals(reader, task.name))


if __name__ == "__main__":
    main(Task.given(), sys.argv[1], float(sys.argv[2]))

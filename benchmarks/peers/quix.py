"""Quix Streams, in the two ways that its documentation offers.

`state`: the ledger in Quix's own state (RocksDB with changelog topic), by mission; accepted snapshots go to a
sink that keeps the days and writes to Redis at every checkpoint of the engine.
`sink`: ledger and days in the sink: Quix Streams as the consumer only, its fastest use.
"""

import gc
import sys
from typing import Any

from fold import Event, Fold, decode, stored_totals, write_all_now
from quixstreams import Application, State
from quixstreams.checkpointing import Checkpoint
from quixstreams.sinks import BaseSink
from redis import Redis
from task import Stopwatch, Task, answer

watch = Stopwatch()


class Days(BaseSink):
    """Keeps the fold of every partition; stores it when the engine makes a checkpoint."""

    def __init__(self, task: Task, *, ledger: bool) -> None:
        super().__init__()
        self._task, self._ledger = task, ledger
        self._folds = {number: Fold() for number in range(task.partitions)}

    def setup(self) -> None:
        self._redis = Redis.from_url(self._task.redis_url)

    def add(  # noqa: PLR0917 - Quix' signature
        self, value: Event, key: Any, timestamp: int, headers: Any, topic: str, partition: int, offset: int
    ) -> None:
        del key, timestamp, headers, topic, offset
        fold = self._folds[partition]
        if self._ledger:
            fold.take(value)
        else:
            fold.put(value, fold.missions.get(value.mission_id))

    def flush(self) -> None:
        write_all_now(self._redis, self._task.name, self._folds, {})

    def on_paused(self) -> None:
        raise RuntimeError("paused: not expected")


def accept(event: Event, state: State) -> bool:
    """Whether the snapshot is newer than what the state knows of its mission."""
    known = state.get("revision")
    if known is not None and event.revision <= known:
        return False
    state.set("revision", event.revision)
    return True


def read(value: bytes) -> Event:
    """Decode."""
    watch.start()
    return decode(value)


def main(task: Task, kind: str, every: float) -> None:
    """Count every record once."""
    done = 0

    def processed(_topic: str, _partition: int, _offset: int) -> None:
        nonlocal done
        done += 1
        if done == task.records:
            app.stop()

    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.name,
        auto_offset_reset="earliest",
        state_dir=task.directory,
        on_message_processed=processed,
        loglevel="WARNING",
        commit_interval=every,
    )
    missions = app.topic(task.topic, key_deserializer="str", value_deserializer="bytes")
    frame = app.dataframe(missions).apply(read)
    if kind == "state":
        frame = frame.filter(accept, stateful=True)
    frame.sink(Days(task, ledger=kind == "sink"))
    commit = Checkpoint.commit

    def timed(checkpoint: Checkpoint, **options: Any) -> None:
        commit(checkpoint, **options)
        watch.stop()  # the last one counts; leaving the group is left out

    Checkpoint.commit = timed
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    app.run()
    with Redis.from_url(task.redis_url) as reader:
        answer(done, watch.seconds, stored_totals(reader, task.name))


if __name__ == "__main__":
    main(Task.given(), sys.argv[1], float(sys.argv[2]))

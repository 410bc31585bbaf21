"""What a peer is asked to do, and how it answers: environment in, one line of JSON out.

Every peer is a process of its own. Time runs from the first record that its code is handed to the moment when
everything is stored; joining the group, starting the machine underneath and reading back the totals are left out.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

Totals = dict[str, tuple[int, float]]
"""Measured missions and their 80th percentile (seconds) by series."""


@dataclass(frozen=True, slots=True)
class Task:
    """The topic holds exactly `records` records; nobody else uses group, namespace and directory."""

    bootstrap: str
    topic: str
    partitions: int
    records: int
    name: str
    redis_url: str
    directory: Path

    @classmethod
    def given(cls) -> "Task":
        """The task in the environment."""
        value = json.loads(os.environ["BENCH_TASK"])
        return cls(**(value | {"directory": Path(value["directory"])}))

    def environment(self) -> dict[str, str]:
        """The other way round."""
        value = {name: getattr(self, name) for name in self.__slots__}
        return {"BENCH_TASK": json.dumps(value | {"directory": str(self.directory)})}


@dataclass(slots=True)
class Stopwatch:
    """From the first record to the last one stored."""

    first: float | None = None
    last: float = field(default=0.0)

    def start(self) -> None:
        """Call with the first record; further calls do nothing."""
        if self.first is None:
            self.first = time.perf_counter()

    def stop(self) -> None:
        """Call when everything is stored."""
        self.last = time.perf_counter()

    @property
    def seconds(self) -> float:
        assert self.first is not None, "no record arrived"
        return self.last - self.first


def answer(records: int, seconds: float, totals: Totals | None = None) -> None:
    """Tell the benchmark what was done."""
    print(json.dumps({"records": records, "seconds": seconds, "totals": totals}), flush=True)

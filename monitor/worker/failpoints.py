"""Places where a test may end this worker, as a power cut would, and a clock that a test may step.

Nothing happens unless these variables are set, and nobody but a test sets them. They are no settings:
- RESPONSE_MONITOR_FAIL_POINT=<point>[@<n>][!]: the process kills itself when it passes the point for the n-th time;
  with an exclamation mark it meets an exception there that nobody foresaw.
- RESPONSE_MONITOR_CLOCK_STEP=<seconds>@<after>: the clock jumps by so many seconds, `after` seconds from the start.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

FAIL_POINT: Final = "RESPONSE_MONITOR_FAIL_POINT"
CLOCK_STEP: Final = "RESPONSE_MONITOR_CLOCK_STEP"
LETTERS_PRODUCED: Final = "letters-produced"
"""Dead letters are acknowledged by the broker, the checkpoint that counts them is not yet written."""
CHECKPOINT_STORED: Final = "checkpoint-stored"
"""The checkpoint is stored; neither this process nor Kafka knows it yet."""
PART_DELIVERED: Final = "part-delivered"
"""Kafka has acknowledged what came of a part of a feed's batch; the group does not know it yet."""

_passed: Counter[str] = Counter()


def passing(point: str) -> None:
    """End the process here, without a word, if a test has asked for it; or raise."""
    asked = os.environ.get(FAIL_POINT, "")
    wanted, _, times = asked.removesuffix("!").partition("@")
    if wanted != point:
        return
    _passed[point] += 1
    if _passed[point] >= int(times or 1):
        if asked.endswith("!"):
            raise AssertionError(f"a test has asked for a failure at {point}")
        os.kill(os.getpid(), signal.SIGKILL)


def stepped(now: Callable[[], float]) -> Callable[[], float]:
    """The same clock (epoch seconds), or one that jumps if a test has asked for it."""
    step, _, after = os.environ.get(CLOCK_STEP, "").partition("@")
    if not step:
        return now
    jumps_at = time.monotonic() + float(after or 0)
    return lambda: now() + (float(step) if time.monotonic() >= jumps_at else 0.0)

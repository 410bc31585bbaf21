"""One plain line when a broker goes away and one when it is back, in place of the client's many.

Listens to what aiokafka logs, from whatever thread, and lets none of it through (with --verbose all of it) but faults
of the client itself, with their traceback. Decides what an outage is: complaints with no longer pause than
`QUIET_SECONDS`. Knows nothing of partitions.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 1.0
AWAY: Final = (KafkaError, OSError, TimeoutError, EOFError)
"""What the client raises, and logs, when a broker is away or refuses. Anything else is a fault of its own."""


class Outage(logging.Handler):
    """Turns complaints into the beginning and the end of an outage."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._began: float | None = None
        self._latest = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """One complaint of the client."""
        if record.exc_info and not isinstance(record.exc_info[1], AWAY):
            log.error("the Kafka client failed: %s", record.getMessage(), exc_info=record.exc_info)
            return
        self._latest = time.monotonic()
        if self._began is None:
            self._began = self._latest
            log.warning(
                "a broker is away or refuses (%s); trying on, nothing is lost, memory stays bounded",
                record.getMessage().rstrip("."),
            )

    def look(self) -> None:
        """Say that it is over once nobody has complained for a while."""
        if self._began is not None and time.monotonic() - self._latest >= QUIET_SECONDS:
            log.info("the brokers are back: no complaint for %g s, after %.0f s of them",
                     QUIET_SECONDS, self._latest - self._began)  # fmt: skip
            self._began = None


def _is_news(record: logging.LogRecord) -> bool:
    """False for futures that aiokafka leaves behind when a broker goes: the complaint has been made already."""
    return not (record.exc_info and isinstance(record.exc_info[1], KafkaError))


@asynccontextmanager
async def outages_told() -> AsyncIterator[None]:
    """Tell outages while the block runs. Enter it after whatever else changes aiokafka's log level."""
    client, loop_log = logging.getLogger("aiokafka"), logging.getLogger("asyncio")
    if log.isEnabledFor(logging.DEBUG):
        yield
        return
    outage = Outage()
    level, propagate = client.level, client.propagate
    client.addHandler(outage)
    client.setLevel(logging.WARNING)
    client.propagate = False
    loop_log.addFilter(_is_news)
    looking = asyncio.create_task(_look(outage))
    try:
        yield
    finally:
        looking.cancel()
        loop_log.removeFilter(_is_news)
        client.removeHandler(outage)
        client.setLevel(level)
        client.propagate = propagate


async def _look(outage: Outage) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        outage.look()

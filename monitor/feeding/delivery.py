"""Events into the topic of missions, and letters into the dead letters of their source, until Kafka has all of them.

Decides when a client has to be made anew: one that has failed may have left a gap in its numbers, after which the
broker takes nothing more from it. Refuses to know what is sent.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Final, NamedTuple, Protocol

from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from monitor.core.batch import DeadLetter, Record
from monitor.core.mission import Reason
from monitor.kafka.clients import Producers
from monitor.kafka.sending import Outbox, SendingFailed
from monitor.worker.failure import WorkerFailed
from monitor.worker.letters import bounded
from monitor.worker.rejects import DeadLetterBox, DeadLettersUnavailable, KafkaDeadLetters

CLOSING_SECONDS: Final = 3.0
LETTER_BYTES: Final = 1_048_576
"""Largest value of a dead letter; what is larger still lies in the source's topic."""


class Parcel(NamedTuple):
    """What becomes of one record: events (key and value), a letter, or both."""

    record: Record
    events: Sequence[tuple[bytes, bytes]]
    letter: DeadLetter | None


class Undelivered(Exception):  # noqa: N818 - a state of the world: wait and try again
    """Kafka has not acknowledged all; some may be there. The message says what to do."""


class Delivers(Protocol):
    """Where parcels go."""

    async def deliver(self, topic: str, partition: int, parcels: Sequence[Parcel]) -> Sequence[DeadLetter]:
        """Return the letters when Kafka has acknowledged everything. Raises Undelivered."""


class Delivery:
    """Sends to one target. One call after the other: what a call leaves behind must not meet the next."""

    def __init__(
        self,
        producing: Callable[[], AbstractAsyncContextManager[Producers]],
        *,
        target: str,
        partitions: int,
        dead_letter_topics: Mapping[str, str],
    ) -> None:
        """`dead_letter_topics`: by source topic. `producing` makes clients, which wait for all replicas."""
        self._producing = producing
        self._target = target
        self._partitions = partitions
        self._dead_letter_topics = dead_letter_topics
        self._clients = AsyncExitStack()
        self._producers: Producers | None = None
        self._outbox: Outbox | None = None
        self._boxes: dict[str, DeadLetterBox] = {}

    async def deliver(self, topic: str, partition: int, parcels: Sequence[Parcel]) -> Sequence[DeadLetter]:
        """Events first, then letters, each acknowledged by all replicas. Raises Undelivered, WorkerFailed."""
        try:
            outbox = await self._opened()
            outbox.oversized.clear()
            for tag, parcel in enumerate(parcels):
                for key, value in parcel.events:
                    await outbox.put(key, value, tag=tag)
            await outbox.settle()
            too_large = {one.tag: one.size_bytes for one in outbox.oversized}
            letters = [
                bounded(letter, LETTER_BYTES)
                for tag, parcel in enumerate(parcels)
                if (letter := _letter(parcel, too_large.get(tag))) is not None
            ]
            if letters:
                await self._boxes[topic].put(partition, letters)
        except SendingFailed as fault:
            await self._let_go()
            raise Undelivered(_in_words(fault, self._target)) from fault
        except (DeadLettersUnavailable, KafkaError, OSError, TimeoutError) as fault:
            self._outbox = None
            raise Undelivered(str(fault) or type(fault).__name__) from fault
        except BaseException:
            self._outbox = None  # what it still holds must not go along with what comes next
            raise
        return letters

    async def close(self) -> None:
        """Let the clients go; what they still hold is not waited for."""
        with suppress(WorkerFailed):
            await self._let_go()

    async def _opened(self) -> Outbox:
        if self._producers is None:
            self._producers = producers = await self._clients.enter_async_context(self._producing())
            self._boxes = {
                source: KafkaDeadLetters(producers.plain, topic=topic, source=source)
                for source, topic in self._dead_letter_topics.items()
            }
        if self._outbox is None:
            self._outbox = Outbox(self._producers, self._target, partitions=self._partitions)
        return self._outbox

    async def _let_go(self) -> None:
        clients, self._clients, self._producers, self._outbox = self._clients, AsyncExitStack(), None, None
        closing = asyncio.create_task(clients.aclose(), name="close-producers")
        done, _ = await asyncio.wait({closing}, timeout=CLOSING_SECONDS)
        if not done:
            # It would go on sending what is older, beside one that sends what is newer.
            raise WorkerFailed("a producer does not come to its end: start this feed again; nothing is lost")
        with suppress(KafkaError, OSError):
            closing.result()


def _letter(parcel: Parcel, too_large_bytes: int | None) -> DeadLetter | None:
    """The parcel's own, or one that says why an event of it is not there."""
    if too_large_bytes is None:
        return parcel.letter
    detail = f"its event has {too_large_bytes} bytes, more than the topic of mission events takes"
    if parcel.letter is not None:
        detail = f"{parcel.letter.detail}; {detail}"
    return DeadLetter(parcel.record, Reason.TOO_LARGE, detail)


def _in_words(fault: SendingFailed, target: str) -> str:
    cause = fault.__cause__
    if isinstance(cause, TopicAuthorizationFailedError | ClusterAuthorizationFailedError):
        return str(fault)  # says which right is missing
    return f"topic {target} does not take events ({type(cause).__name__}: {cause})"

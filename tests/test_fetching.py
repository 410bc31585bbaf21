"""What keeps aiokafka's consumer fetching: its own task ends for good at the first thing that it did not foresee."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import NodeNotReadyError, NoOffsetForPartitionError

from monitor.kafka import fetching
from tests.eventually import wait_until

PLACE = TopicPartition("mission-events", 0)


class Brokers:
    """A client whose one broker answers no fetch; it counts them."""

    _metadata_max_age_ms = 300_000

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 1)
        self.asked = 0

    async def send(self, _node: int, _request: object) -> None:
        self.asked += 1
        raise NodeNotReadyError

    async def force_metadata_update(self) -> None:
        raise AssertionError("the leader is known")


def begun() -> tuple[Any, SubscriptionState, Brokers]:
    """The real fetcher and subscription, kept by us."""
    brokers, subscriptions = Brokers(), SubscriptionState()
    subscriptions.subscribe({PLACE.topic})
    theirs = Fetcher(brokers, subscriptions, retry_backoff_ms=1)
    fetching.keep_fetching(SimpleNamespace(_fetcher=theirs))
    return theirs, subscriptions, brokers


def given(subscriptions: SubscriptionState) -> None:
    """The group gives the partition, and the store says where it goes on."""
    subscriptions.assign_from_subscribed({PLACE})
    subscriptions.seek(PLACE, 7)


def lost_at_once(_: Any, subscriptions: SubscriptionState) -> None:
    """Issue 796 of aiokafka: the assignment is lost between being given and being looked at."""
    given(subscriptions)
    subscriptions.subscribe({PLACE.topic})


def refused_twice(theirs: Any, subscriptions: SubscriptionState) -> None:
    """Two requests find that a partition has no position: seen where its leader moved meanwhile."""

    async def finding() -> None:
        for _ in range(2):
            theirs._set_error(PLACE, NoOffsetForPartitionError(PLACE))

    given(subscriptions)
    theirs._pending_tasks.add(asyncio.create_task(finding()))


def cancelled_request(theirs: Any, subscriptions: SubscriptionState) -> None:
    """A request that somebody cancelled: aiokafka takes that for its own end, and swallows it."""

    async def cancelled() -> None:
        raise asyncio.CancelledError

    theirs._pending_tasks.add(asyncio.create_task(cancelled()))
    given(subscriptions)


def failed_request(theirs: Any, subscriptions: SubscriptionState) -> None:
    """A request that fails by what nobody caught: whoever awaits it fails too, each time."""

    async def failing() -> None:
        raise ZeroDivisionError

    theirs._pending_tasks.add(asyncio.create_task(failing()))
    given(subscriptions)


@pytest.mark.parametrize("accident", [lost_at_once, refused_twice, cancelled_request, failed_request])
async def test_a_fetching_task_that_ends_is_begun_again(
    accident: Callable[[Any, SubscriptionState], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The consumer would stay in its group, beat, and never fetch again: partitions stood still for minutes."""
    theirs, subscriptions, brokers = begun()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with caplog.at_level(logging.WARNING):
        accident(theirs, subscriptions)
        await wait_until(lambda: "begun again" in caplog.text, "the task to be begun again")
    given(subscriptions)
    before = brokers.asked
    await wait_until(lambda: brokers.asked > before + 2, "fetches")
    assert not theirs._fetch_task.done()
    with suppress(asyncio.CancelledError):  # of a request that was in its pause: aiokafka's word for it
        await theirs.close()
    assert theirs._fetch_task.done()


async def test_who_cancels_it_ends_it() -> None:
    """As `asyncio.run` does with whatever is left: a consumer that nobody closed must not keep it for ever."""
    theirs, subscriptions, _ = begun()
    given(subscriptions)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    theirs._fetch_task.cancel()
    await asyncio.wait([theirs._fetch_task], timeout=10)
    assert theirs._fetch_task.done()
    with suppress(asyncio.CancelledError):
        await theirs.close()


async def test_closing_ends_it_also_in_its_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun again in a consumer that was closed."""
    monkeypatch.setattr(fetching, "AGAIN_SECONDS", 3600.0)
    theirs, subscriptions, _ = begun()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    lost_at_once(theirs, subscriptions)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(theirs.close(), 10)
    assert theirs._fetch_task.done()

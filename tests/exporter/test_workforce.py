"""Whether anybody counts: told by metrics, readiness and board within seconds, and not guessed where unknown."""

import math

import pytest

from monitor import metrics
from monitor.board.frame import View
from monitor.board.matrix import board
from monitor.core.stored import StoredStateError
from monitor.published import Published, Workforce, workforce_of
from monitor.store.memory import MemoryStore
from monitor.store.port import LifeSign, StoreUnavailable
from monitor.words.speaker import speaker
from tests.eventually import wait_until
from tests.exporter.conftest import Running
from tests.exporter.serving import served
from tests.exporter.test_collector import exposed, value
from tests.exporter.world import World, measured, missions, shows

NOBODY = "NO WORKER gives a sign of life"


class SilentStore(MemoryStore):
    """A store that tells nobody who lives."""

    fault: Exception = StoreUnavailable("no right to look")

    async def signs(self) -> list[LifeSign]:
        raise self.fault


def page(published: Published, world: World, language: str = "en") -> str:
    return board(
        View(
            published=published, say=speaker(language), zone=world.configuration.grid.zone,
            window="28d", windows=("28d",),
        )
    )  # fmt: skip


def test_what_the_signs_say() -> None:
    """Several workers, each with its own; one without partitions is one all the same."""
    signs = [LifeSign("a", frozenset({0, 1}), frozenset({1})), LifeSign("b", frozenset({2})), LifeSign("c")]
    for doubtful in (True, False):
        assert workforce_of(signs, doubtful=doubtful) == Workforce(3, frozenset({0, 1, 2}), frozenset({1}))
    assert workforce_of([], doubtful=False) == Workforce(0)
    assert workforce_of([], doubtful=True) is None


async def test_a_worker_that_is_gone_is_told_everywhere(running: Running) -> None:
    """Metrics, readiness and board, without waiting for the next regular refresh; and that one is back."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(3))
    refresh = await running(world)
    async with served(world) as get:

        async def ready(words: str) -> bool:
            status, text, _ = await get("/readyz")
            return status == 200 and words in text

        await wait_until(lambda: ready("ready\n"), "readiness")
        assert refresh.published.workforce == Workforce(1, frozenset({0}))
        assert not await ready(NOBODY)
        await world.store.sign_off("worker")
        await wait_until(lambda: ready(NOBODY), "readiness to say it")
        await wait_until(lambda: refresh.published.workforce == Workforce(0), "the loop to notice")
        assert 'monitor_workers{service="norwegian-police"} 0.0' in (await get("/metrics"))[1]
        for words in ("No worker is running", "Ingen arbeider kjører"):
            assert words in (await get(f"/?lang={'nb' if 'Ingen' in words else 'en'}"))[1]
        assert value(exposed(refresh.published), metrics.PARTITION_HELD, "0") == 0
        assert measured(refresh) == 3
        await world.tell(missions(1, name="later"))
        await wait_until(lambda: refresh.published.workforce == Workforce(1, frozenset({0})), "the worker")
        await wait_until(lambda: ready("ready\n"), "readiness")
        assert "No worker" not in page(refresh.published, world)


async def test_a_sign_that_ends_by_itself_is_noticed(running: Running) -> None:
    """Nothing hints at the end of a worker that was killed: the loop looks often enough."""
    world = World(refresh_seconds=600.0)
    await world.tell(missions(3))
    await world.store.sign(LifeSign("worker", frozenset({0})), for_seconds=0.5)
    refresh = await running(world)
    await wait_until(lambda: refresh.published.workforce == Workforce(0), "the end of the sign")


async def test_partitions_that_nobody_keeps_and_that_are_slowed_down_are_named(running: Running) -> None:
    """A worker lives, but not everything is counted in time."""
    world = World()
    await world.tell(missions(3))
    await world.tell(missions(1, name="other"), partition=1)
    await world.store.sign(LifeSign("worker", frozenset({1, 2}), frozenset({1})), for_seconds=600)
    refresh = await running(world)
    assert refresh.published.unheld == [0]
    told = exposed(refresh.published)
    assert [value(told, metrics.PARTITION_HELD, number) for number in "012"] == [0, 1, 1]
    assert [value(told, metrics.PARTITION_SLOWED, number) for number in "012"] == [0, 1, 0]
    assert "Some missions are counted late" in page(refresh.published, world)
    assert "Noen oppdrag telles sent" in page(refresh.published, world, "nb")
    async with served(world) as get:

        async def named() -> bool:
            text = (await get("/readyz"))[1]
            return "[0] are kept by no worker" in text and "[1] bring a flood" in text

        await wait_until(named, "readiness to name them")


@pytest.mark.parametrize("fault", [StoreUnavailable("no right to look"), StoredStateError("keys of another program")])
async def test_what_the_store_does_not_tell_is_not_known(running: Running, fault: Exception) -> None:
    """Neither zero nor one, no alarm, and the figures go on as ever."""
    world = World()
    silent = SilentStore(world.backing)
    silent.fault = fault
    world.reading = silent
    await world.tell(missions(3))
    refresh = await running(world)
    await world.tell(missions(2, name="later"))
    await shows(refresh, 5)
    assert refresh.published.store_up
    assert refresh.published.workforce is None
    told = exposed(refresh.published)
    assert math.isnan(value(told, metrics.WORKERS))
    assert math.isnan(value(told, metrics.PARTITION_HELD, "0"))
    assert "No worker" not in page(refresh.published, world)


async def test_somebody_who_counts_without_a_sign_is_not_nobody(running: Running) -> None:
    """A worker whose signs are refused, or of an older version, is seen by what it stores: no false alarm."""
    world = World()
    refresh = await running(world)
    await wait_until(lambda: refresh.published.workforce == Workforce(0), "nobody")
    for number in range(2):  # the first is read whole, as after a start: it says nothing about now
        await world.tell(missions(1, name=f"m{number}"))
        await world.store.sign_off("worker")
        await shows(refresh, number + 1)
    refresh._signed_at = float("-inf")  # as if it had never given any
    await wait_until(lambda: refresh.published.workforce is None, "nothing to be known")


async def test_what_is_stored_in_leaving_does_not_hide_the_end(running: Running) -> None:
    """A worker takes back its sign first and then stores what is left."""
    world = World()
    await world.tell(missions(1))
    refresh = await running(world)
    await wait_until(lambda: refresh.published.workforce == Workforce(1, frozenset({0})), "the worker")
    await world.tell(missions(1, name="last"))
    await world.store.sign_off("worker")
    await wait_until(lambda: refresh.published.workforce == Workforce(0), "its end")
    await shows(refresh, 2)


async def test_while_the_store_is_away_nobody_knows(running: Running) -> None:
    """The store being down has a page of its own, and its return makes no other: workers need time to sign again."""
    world = World()
    await world.tell(missions(1))
    refresh = await running(world)
    world.backing.reachable = False
    await wait_until(lambda: not refresh.published.store_up, "the store to be told down")
    assert refresh.published.workforce is None
    world.backing.lives.clear()
    world.backing.reachable = True
    await wait_until(lambda: refresh.published.store_up, "the store to be told up")
    assert refresh.published.workforce is None
    await world.store.sign(LifeSign("worker", frozenset({0})), for_seconds=600)
    await wait_until(lambda: refresh.published.workforce == Workforce(1, frozenset({0})), "the worker")

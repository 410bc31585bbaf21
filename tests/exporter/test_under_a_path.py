"""The board behind a proxy, under a path of its own: whatever state it is in, it names no address from the root."""

import re
from collections.abc import Awaitable, Callable

import pytest

from tests.eventually import wait_until
from tests.exporter.serving import served
from tests.exporter.world import World, missions


async def no_worker(world: World) -> None:
    """Nobody gives a sign of life."""
    await world.tell(missions(3))
    await world.store.sign_off("worker")


async def unreadable(world: World) -> None:
    """A newer program wrote the state."""
    await world.tell(missions(3))
    world.spoil()


async def nothing(_world: World) -> None:
    """The store is empty, and nobody works."""


async def sound(world: World) -> None:
    """Everything is well."""
    await world.tell(missions(3))


@pytest.mark.parametrize(
    ("state", "banner"),
    [
        (sound, None),
        (no_worker, "No worker is running"),
        (nothing, "No worker is running"),
        (unreadable, "something that this program cannot read"),
    ],
)
async def test_no_page_names_an_address_from_the_root(
    state: Callable[[World], Awaitable[None]], banner: str | None
) -> None:
    """Board and area, their banners included: a proxy that puts them under a path need not rewrite them."""
    world = World()
    await state(world)
    async with served(world) as get:
        for path in ("/", "/area/oslo"):

            async def told(path: str = path) -> bool:
                text = (await get(path))[1]
                return 'class="banner"' not in text if banner is None else banner in text

            await wait_until(told, f"the banner {banner}")
            text = (await get(path))[1]
            assert re.findall(r'="(/[^"]*|[a-z]+://[^"]*)"', text) == []

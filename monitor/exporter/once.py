"""What is made of a published state is made once, however many ask for it at the same time.

Kept by key, for as long as it is true. Keys repeat what clients ask for, so only the latest are kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Final, Generic, TypeVar

from monitor.published import Published

KEPT: Final = 64
"""Results kept at a time: clients must not be able to fill the memory with them."""

T = TypeVar("T")


class Once(Generic[T]):
    """Results by key and published state."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Published, asyncio.Task[T]]] = OrderedDict()

    async def get(self, key: Hashable, published: Published, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result for `key` as of `published`; `make` makes it where nobody has yet. A failure is not kept."""
        source, task = self._kept.get(key, (None, None))
        if task is None or source is not published or (task.done() and not _succeeded(task)):
            task = asyncio.create_task(make())
            self._kept[key] = (published, task)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return await asyncio.shield(task)  # a client that leaves must not take it from the others


def _succeeded(task: asyncio.Task[Any]) -> bool:
    return not task.cancelled() and task.exception() is None

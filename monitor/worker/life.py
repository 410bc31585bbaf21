"""A worker's signs of life, in the store: so that somebody is told when there is no worker.

Decides how often, and for how long one is good. Nothing that is counted depends on them: where the store refuses
them, that is told once and the worker goes on. The name is drawn by lot, and says nothing about machine or user.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final, NoReturn

from monitor.store.port import LifeSign, Store

log = logging.getLogger(__name__)

SIGN_SECONDS: Final = 3.0
LIVES_SECONDS: Final = 10.0
"""Two signs in a row may be late or lost."""


class SignsOfLife:
    """Those of one worker."""

    def __init__(
        self, store: Store, partitions: Callable[[], AbstractSet[int]], slowed: Callable[[], AbstractSet[int]]
    ) -> None:
        self._store = store
        self._partitions = partitions
        self._slowed = slowed
        self.name = secrets.token_hex(4)
        self._refused = False

    async def give(self) -> NoReturn:
        """Until cancelled."""
        log.info("this worker is called %s", self.name)
        while True:
            try:
                life = LifeSign(self.name, frozenset(self._partitions()), frozenset(self._slowed()))
                await self._store.sign(life, for_seconds=LIVES_SECONDS)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is no reason to stop counting
                if not self._refused:
                    log.warning("the store takes no sign of life, so nobody can tell that this worker is there; it "
                                "counts all the same: %s", fault)  # fmt: skip
                self._refused = True
            else:
                if self._refused:
                    log.info("signs of life go through again")
                self._refused = False
            await asyncio.sleep(SIGN_SECONDS)

    async def take_back(self) -> None:
        """Say that this worker ends; where that does not get through, its last sign ends by itself."""
        with suppress(Exception):
            await self._store.sign_off(self.name)

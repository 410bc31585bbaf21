"""Whether somebody knows a user's password: bcrypt, away from the loop, one at a time, and once.

A hash takes tenths of a second by design, so nobody may have as many made as he likes: few wait, of one peer fewer
still, and what was found right once is remembered (as a digest under a key of this process). What was wrong is not:
nobody can fill a memory with it, nor have what was right forgotten.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import bcrypt

WAITING: Final = 16
WAITING_OF_A_PEER: Final = 2
USED_BYTES: Final = 72
"""All of a password that bcrypt looks at."""
_COST: Final = slice(4, 6)
"""Where a hash says how much work it is."""


class Busy(Exception):  # noqa: N818 - named for what happened
    """Too many passwords are being looked at: the same again later."""


class Passwords:
    """Of one port. Close it with the port."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        """By user, so there are never more than users."""
        self._waiting = Counter[str]()
        self._thread = ThreadPoolExecutor(1, "passwords")

    async def right(self, users: Mapping[str, str], user: str, password: str, *, peer: str) -> bool:
        """Whether `password` is that of one of the `users` (bcrypt hashes by name). Raises Busy."""
        kept = users.get(user) or _nobodys(users)
        digest = self._digest(user, kept, password)
        if user in users and hmac.compare_digest(self._right.get(user, b""), digest):
            return True
        if self._waiting.total() >= WAITING or self._waiting[peer] >= WAITING_OF_A_PEER:
            raise Busy
        self._waiting[peer] += 1
        try:
            same = await asyncio.get_running_loop().run_in_executor(self._thread, _same, password, kept)
        finally:
            self._waiting[peer] -= 1
            self._waiting += Counter()  # forgets who waits no more
        if not same or user not in users:
            return False
        self._right = {name: one for name, one in self._right.items() if name in users} | {user: digest}
        return True

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _digest(self, *parts: str) -> bytes:
        said = b"".join(len(one).to_bytes(8, "big") + one for one in (part.encode() for part in parts))
        return hashlib.blake2b(said, key=self._key).digest()


def _nobodys(users: Mapping[str, str]) -> str:
    """Compared with for a user that is none, so that the time does not tell it from those that are."""
    cost = max((kept[_COST] for kept in users.values()), default="10")
    return f"$2b${cost}$abcdefghijklmnopqrstuuTWDp44TfErq.71YLgw90nXsmOSKfjP6"


def _same(password: str, kept: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode()[:USED_BYTES], kept.encode())
    except ValueError:  # a byte that bcrypt takes for an end
        return False

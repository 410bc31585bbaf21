"""Asks Alertmanager what is silenced, beside everything else: no page and no figure ever waits for it.

Decides how often it is asked, how long an answer may take and how long it may be, and how long it holds. What cannot
be asked is not known, which the board says; the reason is in the log, once.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NoReturn

import aiohttp
import msgspec

from monitor.alerts import RULES
from monitor.core.service import Service
from monitor.core.silences import UNKNOWN, Silenced, silenced

ASK_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 5.0
HOLDS_SECONDS: Final = 45.0
"""An answer is no longer one after so long: whatever has become of the one that asks."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of an answer: thousands of silences, those of the last days included that have ended."""


class _RefusedError(Exception):
    """It answered, with nothing that could be used; the text says what."""


class Silences:
    """Asks the Alertmanager at `url` on behalf of a service."""

    def __init__(self, url: str, service: Service, clock: Callable[[], float]) -> None:
        self._url = url.rstrip("/")
        self._ours = {
            "service": ("", service.slug),
            "area": ("", *service.judged_areas),
            "category": ("", *service.judged_categories),
            "alertname": tuple(rule.name for rule in RULES),
        }
        self._of_us = {"filter": f'service=~"{service.slug}|"', "active": "false", "unprocessed": "false"}
        self._clock = clock
        self._told = UNKNOWN
        self._told_monotonic = float("-inf")
        self._problem: str | None = None

    @property
    def latest(self) -> Silenced:
        """What it said last, where that still holds."""
        return self._told if time.monotonic() - self._told_monotonic < HOLDS_SECONDS else UNKNOWN

    async def run(self) -> NoReturn:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
            while True:
                self._told = await self._asked(session)
                self._told_monotonic = time.monotonic()
                await asyncio.sleep(ASK_SECONDS)

    async def _asked(self, session: aiohttp.ClientSession) -> Silenced:
        try:
            alerts = await self._get(session, "alerts", self._of_us)
            silences = await self._get(session, "silences", {})
            found = silenced(silences, alerts, ours=self._ours, now=self._clock())
        except TimeoutError:
            return self._unknown(f"it gave no answer within {ANSWER_SECONDS:g} s")
        except (aiohttp.ClientError, OSError, _RefusedError) as fault:
            return self._unknown(str(fault))
        except (msgspec.DecodeError, UnicodeError) as fault:
            return self._unknown(f"its answer is none of an Alertmanager's, API v2: {fault}")
        if self._problem is not None:
            _log.info("Alertmanager answers again: silences are known")
        self._problem = None
        return found

    async def _get(self, session: aiohttp.ClientSession, what: str, parameters: dict[str, str]) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        address = f"{self._url}/api/v2/{what}"
        async with session.get(address, params=parameters, headers=headers, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                raise _RefusedError(f"it answers {answer.status} to /api/v2/{what}")
            body = bytearray()
            async for part in answer.content.iter_any():
                body += part
                if len(body) > MOST_BYTES:
                    raise _RefusedError(f"its answer to /api/v2/{what} is longer than {MOST_BYTES} bytes")
            return bytes(body)

    def _unknown(self, problem: str) -> Silenced:
        if self._problem is None:
            _log.warning("what is silenced is not known, Alertmanager at %s: %s", self._url, problem)
        self._problem = problem
        return UNKNOWN


_log = logging.getLogger(__name__)

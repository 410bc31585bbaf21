"""In front of every handler: whether this request may have it. An address that no scope was given to is never served.

Decides what is answered to whom: 401 where nothing was shown that gives anything, 403 where it does not give this.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from werkzeug.datastructures import Authorization

from monitor.http.access import NONE, OPEN_TO_ALL, Rules, Scope, Scopes
from monitor.http.connection import OF_PEERS, peer_of
from monitor.http.handshake import Tls
from monitor.http.passwords import Busy, Passwords
from monitor.http.problem import problem

GRANTED: Final = web.RequestKey("granted", frozenset)
"""What a request may see, for handlers that show more to some."""
_peers_log = logging.getLogger(OF_PEERS)


@dataclass(frozen=True, slots=True)
class Door:
    """How a port lets peers in: TLS where there is any, users of basic authentication, headers on every answer."""

    tls: Tls | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a service is served behind. `scopes`: of each of its routes, by path; all else as it is now."""

    scopes: Mapping[str, Scope]
    door: Callable[[], Door] = Door
    rules: Callable[[], Rules] = lambda: OPEN_TO_ALL


class ScopeMissing(Exception):  # noqa: N818 - named for what is wrong with the program
    """A route has no scope, or a scope no route."""


def require_scopes(application: web.Application, scopes: Mapping[str, Scope]) -> None:
    """Raises ScopeMissing unless exactly the application's routes have one."""
    paths = {resource.canonical for resource in application.router.resources()}
    if different := paths ^ scopes.keys():
        raise ScopeMissing(f"routes and scopes differ: {', '.join(sorted(different))}")


class Guard:
    """Of one port. Close it with the port."""

    def __init__(self, protection: Protection) -> None:
        self._protection = protection
        self._passwords = Passwords()

    def close(self) -> None:
        """Nobody asks any more."""
        self._passwords.close()

    def middleware(self) -> Middleware:
        """In front of handlers, behind the check of names."""

        @web.middleware
        async def require_scope(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        return require_scope

    async def granted(self, request: web.Request) -> Scopes:
        """All that the request may see. Raises Busy."""
        rules, door = self._protection.rules(), self._protection.door()
        transport = request.transport
        peername = transport.get_extra_info("peername") if transport is not None else None
        address = str(peername[0]) if isinstance(peername, tuple) and peername else ""
        headers = request.headers
        given = rules.by_token(headers.getall(hdrs.AUTHORIZATION, ()))
        given |= rules.by_proxy(
            address, headers.getall(rules.user_header, ()), headers.getall(rules.groups_header, ())
        )
        if not rules.closed and not door.users:
            given |= {Scope.FIGURES}
        if door.users and Scope.FIGURES not in given and await self._known(request, door, peer_of(peername)):
            given |= {Scope.FIGURES}
        return given

    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is None:  # there is nothing, which everybody may know
            return await handler(request)
        scope = self._protection.scopes.get(resource.canonical, Scope.MISSIONS)
        try:
            given = await self.granted(request)
        except Busy:
            if scope is not Scope.OPEN:
                detail = "Too many passwords are being looked at: ask again in a second."
                return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, **{hdrs.RETRY_AFTER: "1"})
            given = NONE
        request[GRANTED] = given
        if scope is Scope.OPEN or scope in given:
            return await handler(request)
        _peers_log.warning("a request without what gives %s was refused", scope)
        if given and scope is Scope.MISSIONS:
            return problem(HTTPStatus.FORBIDDEN, "Missions are for those alone whose token or group gives them.")
        return problem(HTTPStatus.UNAUTHORIZED, "Show who you are.", **{hdrs.WWW_AUTHENTICATE: self._challenge()})

    def _challenge(self) -> str:
        return 'Basic realm="monitor", charset="UTF-8"' if self._protection.door().users else "Bearer"

    async def _known(self, request: web.Request, door: Door, peer: str) -> bool:
        told = request.headers.getall(hdrs.AUTHORIZATION, ())
        if len(told) != 1:
            return False
        try:
            login = Authorization.from_header(told[0])
        except ValueError:  # of base64, which takes no other letters
            return False
        if login is None or login.type != "basic":
            return False
        return await self._passwords.right(door.users, login.username or "", login.password or "", peer=peer)

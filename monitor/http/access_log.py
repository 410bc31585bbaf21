"""What was asked for, a line each, without whoever asked: method, route, status, how long it took.

A route is named as it was declared (`/area/{area}`): what stood in its place, and after a question mark, may be a
secret or a person's. The address of who asked is told where somebody wants it so.
"""

import logging
import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from monitor.http.connection import peer_of

Logged = Literal["nothing", "requests", "requests_and_addresses"]
OF_REQUESTS = "monitor.http.requests"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger(OF_REQUESTS)


def access_log(*, addresses: bool, monotonic: Callable[[], float] = time.monotonic) -> Middleware:
    """In front of everything else, so that what is refused is logged, too."""

    @web.middleware
    async def log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
        started, status = monotonic(), 499  # as nginx says of a peer that left
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as fault:
            status = fault.status
            raise
        except Exception:
            status = 500
            raise
        finally:
            resource = request.match_info.route.resource
            route = "nothing" if resource is None else resource.canonical
            method = request.method if request.method in _METHODS else "another method"
            peer = f" {peer_of(request.transport and request.transport.get_extra_info('peername'))}" * addresses
            _log.info("%s %s %d %.3f s%s", method, route, status, monotonic() - started, peer)
        return response

    return log_request

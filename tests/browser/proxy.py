"""A reverse proxy that has a service under a path of its own, as people put nginx in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True, slots=True)
class Proxied:
    """Where the service is found behind the proxy."""

    url: str


@asynccontextmanager
async def under_a_path(upstream: str, path: str) -> AsyncIterator[Proxied]:
    """`path`/... is the service's /...; nothing else is anything. Says its own name to the service, as nginx does."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            rest = request.path_qs.removeprefix(f"{path}/")
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
            async with session.request(request.method, upstream + rest, headers=headers) as found:
                kept = {name: value for name, value in found.headers.items() if name.lower() not in HOP_BY_HOP}
                answer = web.StreamResponse(status=found.status, headers=kept)
                await answer.prepare(request)
                async for part in found.content.iter_any():
                    await answer.write(part)
            return answer

        application = web.Application()
        application.router.add_route("*", f"{path}/{{rest:.*}}", forward)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield Proxied(f"http://127.0.0.1:{runner.addresses[0][1]}{path}/")
        finally:
            await runner.cleanup()

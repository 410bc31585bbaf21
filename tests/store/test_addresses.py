"""Addresses of a store on several servers, as redis-py gets them."""

import pytest

from monitor.store.redis_servers import servers

BRACED = "pa{ss}word"


@pytest.mark.parametrize(
    "address", ["redis+sentinel://:pa{ss}word@127.0.0.1:1/main", "redis://:pa{ss}word@127.0.0.1:1"]
)
async def test_a_password_with_braces_is_a_password(address: str) -> None:
    """No part of it is a place for anything, and none comes back in an error."""
    place = servers(address)
    try:
        assert place.client.connection_pool.connection_kwargs["password"] == BRACED
    finally:
        await place.close()

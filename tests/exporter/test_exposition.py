"""Our own rendering is the client library's, byte for byte, whatever was kept from the state before."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from monitor.exporter.collector import PublishedCollector
from monitor.exporter.exposition import WHOLE_BYTES, Exposition, packed, plain
from monitor.exporter.published import Published
from tests.exporter.conftest import Running
from tests.exporter.world import HOUR, World, event, missions, shows

FORMATS = {
    "text": ("", b""),
    "text with UTF-8 names": ("text/plain;version=1.0.0;escaping=allow-utf-8", b""),
    "OpenMetrics": ("application/openmetrics-text;version=1.0.0", b"# EOF\n"),
}


def same(exposition: Exposition, published: Published, names: Mapping[str, str]) -> bytes:
    """The exposition, which must be the library's in every format, plain and compressed."""
    registry = CollectorRegistry()
    registry.register(PublishedCollector(lambda: published, names=lambda _: names))
    told = b""
    for accept, end in FORMATS.values():
        encode, _ = choose_encoder(accept)
        pieces = exposition.render(published, names, encode, end)
        told = b"".join(plain(pieces).ended(end))
        assert told.splitlines() == encode(registry).splitlines()
        for whole_bytes in (0, WHOLE_BYTES):
            compressed = b"".join(packed(pieces, whole_bytes=whole_bytes).ended(end))
            single = zlib.decompressobj(31)  # one member, which every client understands
            assert single.decompress(compressed) == gzip.decompress(compressed) == told
            assert single.eof
            assert not single.unused_data
    return told


@pytest.mark.parametrize("names", [{}, {"oslo": 'Os"lo\\ {0}\n%s ø'}])
async def test_every_byte_is_the_librarys(names: dict[str, str], world: World, running: Running) -> None:
    """Before anything was read, over an empty store, and with missions of every kind; names need escaping."""
    exposition = Exposition()
    same(exposition, world.refresh().published, names)
    same(exposition, (await running(world)).published, names)
    await world.tell([*missions(20, late=3), event("open", minutes=None), event("out", excluded="exercise")])
    refresh = await running(world)
    await shows(refresh, 20)
    same(exposition, refresh.published, names)


async def test_whether_anything_was_read_is_part_of_what_is_kept(world: World, running: Running) -> None:
    """The same figures before and after the store was read: counts are not known, then known to be none."""
    published = (await running(world)).published
    assert published.loaded
    exposition = Exposition()
    unread, read = (same(exposition, replace(published, loaded=loaded), {}) for loaded in (False, True))
    measured = b'response_missions_measured{district="oslo",settlement="urban",window="28d"} '
    assert measured + b"NaN" in unread
    assert measured + b"0.0" in read
    assert same(exposition, replace(published, loaded=False), {}) == unread


async def test_missions_in_progress_are_part_of_what_is_kept(world: World, running: Running) -> None:
    """Another percentile with those in progress, everything else as it was: told at once."""
    await world.tell([*missions(20, late=3), event("open", minutes=None)])
    refresh = await running(world)
    await shows(refresh, 20)
    published = refresh.published
    snapshot = published.snapshot
    (number,) = [
        number
        for number, row in enumerate(snapshot.rows)
        if (row.area, row.category, row.window) == ("oslo", "urban", "24h")
    ]
    rows = list(snapshot.rows)
    rows[number] = replace(rows[number], with_open={"goal": 1234.5, "requirement": None})
    later = replace(published, snapshot=replace(snapshot, rows=tuple(rows)))
    exposition = Exposition()
    same(exposition, published, {})
    told = same(exposition, later, {})
    assert (
        b'response_time_with_open_seconds{district="oslo",percentile="50",settlement="urban",window="24h"} 1234.5'
        in told
    )


async def test_what_is_kept_is_never_out_of_date(world: World, running: Running) -> None:
    """Changes in one series, the passing of hours, and silence all reach what was rendered before."""
    exposition = Exposition()
    await world.tell([*missions(20, late=3), event("open", minutes=None)])
    refresh = await running(world)
    await shows(refresh, 20)
    seen = {same(exposition, refresh.published, {})}
    for turn, step in enumerate([0.0, HOUR, 3 * HOUR, 30 * HOUR], 1):
        world.clock.now += step
        await world.tell(missions(turn, name=f"t{turn}", district="vest", settlement="rural"))
        published = await refresh.after(refresh.published)
        seen.add(same(exposition, published, {}))
    assert len(seen) > 3

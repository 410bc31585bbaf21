"""`monitor replay`: mission events from a file or a pipe to the topic, line by line as they are.

Decides the key (the mission's id) and nothing else: an event that cannot be read is sent all the same, because
judging it is the worker's job. The records carry the time of sending: with the time of the events, a broker would
remove years-old history by its retention while it is being written.
"""

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Annotated, BinaryIO, Final

import click
import msgspec
from msgspec import Meta

from monitor import progress
from monitor.core.mission import LONGEST_ID
from monitor.event_lines import EventsUnreadable, name_of, read_chunks, unpacked
from monitor.kafka.clients import producing, require_topic, security
from monitor.kafka.sending import Outbox
from monitor.kafka.topics import ensure_topics
from monitor.settings import Configuration

CHUNKS_AHEAD: Final = 8
LINGER_SECONDS: Final = 0.1
"""How long a line may wait for company when lines come slowly."""
EXAMPLES: Final = 5
MOST: Final = 0.5
"""Lines without a mission id, as a share of all, beyond which sending them is no success."""


class _Named(msgspec.Struct, gc=False):
    mission_id: Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]


_decode = msgspec.json.Decoder(_Named).decode


def key_of(line: bytes) -> bytes | None:
    """The mission's id as the record's key; None where the line does not tell."""
    try:
        return _decode(line).mission_id.encode()
    except (msgspec.DecodeError, ValueError, RecursionError):  # ValueError: not UTF-8, or lone surrogates
        return None


@click.command(
    name="replay",
    epilog="Exit codes: 0 all sent, 1 broker or topic failed, FILE is empty or damaged, or more than half of its "
    "lines have no mission id (they are sent all the same), 2 usage or configuration.",
)
@click.argument("events", type=click.File("rb"), metavar="FILE|-")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N",
              help="At most N events a second.  [default: as fast as the broker takes them]")  # fmt: skip
@click.option("--compression", type=click.Choice(["none", "gzip", "snappy", "lz4", "zstd"]), default="none",
              show_default=True, help="How batches are compressed.")  # fmt: skip
@click.option("--create", is_flag=True, help="Create the topic where it is missing.")
@click.option("--partitions", type=click.IntRange(1, 10_000), metavar="N",
              help="With --create: partitions of the new topic.  [default: kafka.partitions]")  # fmt: skip
@click.pass_obj
def replay(
    configuration: Configuration,
    *,
    events: BinaryIO,
    rate: float | None,
    compression: str,
    create: bool,
    partitions: int | None,
) -> None:
    """Send mission events (JSON lines) from FILE, or from standard input (-), to the configured topic.

    The key is the mission's id, so that all snapshots of a mission reach one partition in their order. Lines
    that are no valid events are sent, too: the worker puts them among the dead letters and says why. Sending a
    file twice is harmless: every mission counts once.

    FILE may be packed by gzip.

    \b
    monitor replay missions.jsonl
    monitor simulate --year 2024 | monitor replay - --create --partitions 4
    monitor simulate --rate 20 | monitor replay -
    """  # noqa: D301 - click reads the character
    if partitions is not None and not create:
        raise click.UsageError("--partitions goes with --create: a topic that exists is left as it is.")
    asyncio.run(
        _replay(
            configuration,
            events=events,
            rate=rate,
            compression=None if compression == "none" else compression,
            create=create,
            partitions=partitions,
        )
    )


async def _replay(
    configuration: Configuration,
    *,
    events: BinaryIO,
    rate: float | None,
    compression: str | None,
    create: bool,
    partitions: int | None,
) -> None:
    kafka = configuration.settings.kafka
    if create:
        wanted = {kafka.topic: partitions or kafka.partitions}
        count = (await ensure_topics(kafka.bootstrap, wanted, security=security(kafka)))[kafka.topic]
    else:
        count = await require_topic(kafka, kafka.topic, advice="Let `monitor replay --create` create it, or use")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with producing(kafka, compression=compression) as producers:
        outbox = Outbox(producers, kafka.topic, partitions=count)
        name, raw = name_of(events), Counted(events.fileno())
        with progress.bar(f"Sending to {kafka.topic}", _size(events), unit="events") as seen:
            lines, keyless = await send_lines(
                outbox,
                chunks(lambda: unpacked(read_chunks(raw.read), name)),
                rate=rate,
                seen=lambda count: seen(raw.size, count),
            )
    seconds = loop.time() - began
    summary = (
        f"sent {outbox.confirmed} events to {kafka.topic} ({count} partitions) in {seconds:.1f} s, "
        f"{outbox.confirmed / seconds:.0f}/s"
    )
    click.echo(summary + (f"; {keyless} of them without a mission id, so without a key" if keyless else ""), err=True)
    if outbox.oversized:
        named = ", ".join(f"{one.tag} ({one.size_bytes} bytes)" for one in outbox.oversized[:EXAMPLES])
        more = ", …" if len(outbox.oversized) > EXAMPLES else ""
        raise click.ClickException(
            f"{len(outbox.oversized)} of {lines} lines are larger than topic {kafka.topic!r} takes and went unsent: "
            f"line {named}{more}. Raise the topic's max.message.bytes, or mend the lines."
        )
    if not lines:
        raise click.ClickException(f"There is not a single event in {name}: is it the right file?")
    if keyless > MOST * lines:
        raise click.ClickException(
            f"{keyless} of {lines} lines have no mission id: they were sent, and will be dead letters. Is it the "
            "right file?"
        )


class Counted:
    """A file or pipe, read as it comes, that knows how much was read."""

    def __init__(self, descriptor: int) -> None:
        self.size = 0
        self._descriptor = descriptor

    def read(self, most: int) -> bytes:
        """What there is, at most so many bytes; nothing at the end."""
        # Not through Python's buffer: a thread that waits in it would keep the interpreter from ending.
        found = os.read(self._descriptor, most)
        self.size += len(found)
        return found


async def send_lines(
    outbox: Outbox,
    input_chunks: AsyncIterator[bytes | None],
    *,
    rate: float | None = None,
    seen: Callable[[int], None] = lambda _lines: None,
) -> tuple[int, int]:
    """Send every line; how many there were, and how many had no usable mission id. Raises SendingFailed.

    `input_chunks` gives bytes as they come, and None where nothing has come for a while. `rate` in lines a second.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    rest = b""
    count = keyless = 0
    async for chunk in _until_the_end(input_chunks):
        if chunk is None:
            await outbox.flush()
            continue
        *lines, rest = (rest + chunk).split(b"\n") if chunk else (rest, b"")
        if not chunk and not lines[0]:
            break  # the end of a file whose last line ended in a line break
        for line in lines:
            if rate is not None and (ahead := began + count / rate - loop.time()) > 0:
                await outbox.flush()
                await asyncio.sleep(ahead)
            count += 1
            key = key_of(line)
            keyless += key is None
            await outbox.put(key, line.removesuffix(b"\r"), tag=count)
        seen(count)
    await outbox.settle()
    return count, keyless


async def _until_the_end(input_chunks: AsyncIterator[bytes | None]) -> AsyncIterator[bytes | None]:
    """The chunks, and an empty one after the last: the last line may lack its line break."""
    async for chunk in input_chunks:
        yield chunk
    yield b""


async def chunks(source: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes | None]:
    """What can be read from `source`, as it comes; None whenever nothing has come for `LINGER_SECONDS`.

    A thread of its own reads, so that a silent pipe keeps neither the loop nor Ctrl-C waiting.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | Exception] = asyncio.Queue(CHUNKS_AHEAD)
    stopped = threading.Event()

    def read() -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits for more
            for found in _until_it_fails(source):
                asyncio.run_coroutine_threadsafe(queue.put(found), loop).result()
                if stopped.is_set():
                    return

    threading.Thread(target=read, name="reading events", daemon=True).start()
    try:
        while True:
            try:
                async with asyncio.timeout(LINGER_SECONDS):
                    found = await queue.get()
            except TimeoutError:
                yield None
                continue
            if isinstance(found, Exception):
                raise found
            if not found:
                return
            yield found
    finally:
        stopped.set()
        while not queue.empty():  # lets go of a thread that waits for room
            queue.get_nowait()


def _until_it_fails(source: Callable[[], Iterator[bytes]]) -> Iterator[bytes | Exception]:
    """The chunks, then nothing or what went wrong."""
    try:
        yield from filter(None, source())
    except (OSError, EventsUnreadable) as fault:
        yield fault
    else:
        yield b""


def _size(events: BinaryIO) -> int | None:
    """Bytes to read, where that is known: a pipe does not say."""
    status = os.fstat(events.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None

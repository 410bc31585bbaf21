"""`monitor dead-letters`: list what could not be counted, and send it back once the cause is mended.

Decides what is shown, what is selected and what is refused. Keys and values may point at people: they are shown
only when asked for.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from monitor import progress
from monitor.core.plain_text import ELLIPSIS, json_line, one_line, shown_bytes
from monitor.dead_letters.collection import (
    MARKER_VALUE,
    Collection,
    DeadLetter,
    collect,
    marker,
    sent_back,
)
from monitor.kafka.clients import producing, reading, require_topic
from monitor.kafka.sending import Outbox
from monitor.kafka.sources import as_source
from monitor.settings import Configuration, KafkaSettings

_EPILOG: Final = "Exit codes: 0 done, 1 broker, topic or a record failed, 2 usage or configuration."
_REASON_SHOWN: Final = 40
_REASONS_SHOWN: Final = 20
_DETAIL_SHOWN: Final = 1_000
_TOPIC_SHOWN: Final = 249
"""Characters, and reasons, that a table or a summary has room for: anybody may write into the topic."""
_SENT_AT_ONCE: Final = 500
"""Records sent back between two confirmations; the most that a crash can send twice."""


class SourceOffset(click.ParamType):
    """A source record as `list` shows it: partition:offset."""

    name = "partition:offset"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The pair of numbers, or a usage error."""
        partition, colon, offset = str(value).partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            self.fail(f"{value!r} is not of the form partition:offset, like 3:1042", param, ctx)
        return int(partition), int(offset)


_of = click.option(
    "--of", "source", metavar="TOPIC", help="Those of a topic that `monitor feed` reads.  [default: mission events]"
)


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Events that could not be counted: look at them, send them back.

    The worker puts every event that it has to refuse into the dead-letter topic, bytes unchanged, with the reason
    and the place it came from. So does a feed with the records of a source that it cannot map (--of).
    """


@dead_letters.command(name="list", epilog=_EPILOG)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N.  [default: all]")
@click.option("--reason", metavar="REASON", help="Only those refused for this reason, like unknown_district.")
@click.option("--format", "format_name", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="json: one object a line.")  # fmt: skip
@click.option("--show-value", is_flag=True, help="Show key and value, too; they may point at people.")
@_of
@click.pass_obj
def list_(
    configuration: Configuration,
    *,
    limit: int | None,
    reason: str | None,
    format_name: str,
    show_value: bool,
    source: str | None,
) -> None:
    """Show the dead letters: where each came from, when, why, and whether it was sent back.

    Each source record is shown once, however often its dead letter was produced.

    \b
    monitor dead-letters list --limit 20
    monitor dead-letters list --reason unknown_district --format json --show-value
    """  # noqa: D301 - click reads the character
    collection = asyncio.run(_collect(_kafka_of(configuration, source)))
    chosen = [one for one in collection.letters.values() if reason is None or one.reason == reason]
    shown = chosen if limit is None else chosen[-limit:]
    if format_name == "json":
        for letter in shown:
            click.echo(json_line(_fields(letter, collection, show_value=show_value)))
    else:
        click.echo(_table(shown, collection, show_value=show_value), nl=False)
    reasons = Counter(one_line(one.reason, longest=_REASON_SHOWN) for one in chosen)
    summary = ", ".join(f"{count} {name}" for name, count in reasons.most_common(_REASONS_SHOWN))
    summary += f", {ELLIPSIS}" if len(reasons) > _REASONS_SHOWN else ""
    click.echo(f"{len(chosen)} dead letters{': ' + summary if summary else ''}", err=True)
    _tell_foreign(collection)


@dead_letters.command(epilog=_EPILOG)
@click.option("--reason", "reasons", multiple=True, metavar="REASON",
              help="Those refused for this reason; may be given several times.")  # fmt: skip
@click.option("--offset", "offsets", multiple=True, type=SourceOffset(), metavar="P:O",
              help="The one from this source partition and offset; may be given several times.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@_of
@click.pass_obj
def requeue(
    configuration: Configuration,
    *,
    reasons: Sequence[str],
    offsets: Sequence[tuple[int, int]],
    everything: bool,
    dry_run: bool,
    source: str | None,
) -> None:
    """Send selected dead letters back to the topic they came from, bytes and key unchanged.

    Do this after the cause is mended (a district added to the configuration, say). An event that is still invalid
    comes back as a new dead letter, with a new source offset.

    Nothing is deleted. What was sent back is remembered by a marker in the dead-letter topic and skipped from
    then on. A crash between sending and marking can send an event twice: the monitor counts it once. Events that
    were too large for the dead-letter topic are there without their value; they are refused here, and named by the
    place in the source topic where they still lie.

    \b
    monitor dead-letters requeue --reason unknown_district --dry-run
    monitor dead-letters requeue --offset 3:1042 --offset 0:77
    monitor dead-letters requeue --of dispatch-calls --reason unreadable
    """  # noqa: D301 - click reads the character
    if not (reasons or offsets or everything):
        raise click.UsageError("Say which: --reason, --offset or --all.")
    if everything and (reasons or offsets):
        raise click.UsageError("--all leaves nothing to choose: drop it, or --reason and --offset.")
    asyncio.run(_requeue(_kafka_of(configuration, source), set(reasons), set(offsets), dry_run=dry_run))


@dataclass(slots=True)
class Selection:
    """Dead letters chosen to be sent back, and those chosen that cannot or need not be."""

    to_send: list[DeadLetter]
    done_before: list[DeadLetter]
    truncated: list[DeadLetter]
    elsewhere: list[DeadLetter]
    """Made from another topic than the configured one."""
    unknown: list[tuple[int, int]]
    """Offsets asked for that are not among the dead letters."""


def select(collection: Collection, topic: str, reasons: set[str], offsets: set[tuple[int, int]]) -> Selection:
    """What `requeue` has to do; neither reasons nor offsets: everything."""
    selection = Selection([], [], [], [], [])
    found: set[tuple[int, int]] = set()
    for source, letter in collection.letters.items():
        place = (source.partition, source.offset)
        found.add(place)
        if (reasons or offsets) and letter.reason not in reasons and place not in offsets:
            continue
        if source.topic != topic:
            selection.elsewhere.append(letter)
        elif source in collection.requeued:
            selection.done_before.append(letter)
        elif letter.truncated:
            selection.truncated.append(letter)
        else:
            selection.to_send.append(letter)
    selection.unknown = sorted(offsets - found)
    return selection


def _kafka_of(configuration: Configuration, source: str | None) -> KafkaSettings:
    """Where the topic and its dead letters are those of a feed's source, if one is named."""
    kafka = configuration.settings.kafka
    return kafka if source is None else as_source(kafka, source)


async def _requeue(kafka: KafkaSettings, reasons: set[str], offsets: set[tuple[int, int]], *, dry_run: bool) -> None:
    collection = await _collect(kafka)
    selection = select(collection, kafka.topic, reasons, offsets)
    too_large: list[DeadLetter] = []
    if selection.to_send and not dry_run:
        too_large = await _send_back(kafka, selection.to_send)
    sent = len(selection.to_send) - len(too_large)
    done = "would be sent" if dry_run else "sent"
    click.echo(
        f"{sent} {done} back to {kafka.topic}, {len(selection.done_before)} sent back before, "
        f"{len(selection.truncated) + len(selection.elsewhere) + len(too_large)} refused"
    )
    for letter in selection.truncated:
        click.echo(
            f"refused: {_place(letter)} was too large to be kept among the dead letters; its value lies in topic "
            f"{one_line(letter.source.topic)}, partition {letter.source.partition}, offset {letter.source.offset}",
            err=True,
        )
    for letter in selection.elsewhere:
        came_from = one_line(letter.source.topic, longest=_TOPIC_SHOWN)
        click.echo(f"refused: {_place(letter)} came from topic {came_from}, not {kafka.topic}", err=True)
    for letter in too_large:
        click.echo(f"refused: {_place(letter)} is larger than topic {kafka.topic} takes now", err=True)
    for partition, offset in selection.unknown:
        click.echo(f"refused: there is no dead letter from {partition}:{offset}", err=True)
    _tell_foreign(collection)
    if selection.truncated or selection.elsewhere or too_large or selection.unknown:
        click.get_current_context().exit(1)


async def _send_back(kafka: KafkaSettings, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Send each and mark it, in steps; those that the topic does not take."""
    partitions = await require_topic(kafka, kafka.topic)
    marks = await require_topic(kafka, kafka.dead_letter_topic)
    refused: list[DeadLetter] = []
    async with producing(kafka) as producers:
        for first in range(0, len(letters), _SENT_AT_ONCE):
            step = letters[first : first + _SENT_AT_ONCE]
            events = Outbox(producers, kafka.topic, partitions=partitions)
            for tag, letter in enumerate(step):
                # Without a key, the partition it was in is the only hint at its order.
                keyless = letter.key is None and letter.source.partition < partitions
                await events.put(
                    letter.key,
                    letter.value,
                    tag=tag,
                    headers=sent_back(letter),
                    partition=letter.source.partition if keyless else None,
                )
            await events.settle()
            too_large = {one.tag for one in events.oversized}
            markers = Outbox(producers, kafka.dead_letter_topic, partitions=marks)
            for tag, letter in enumerate(step):
                if tag in too_large:
                    refused.append(letter)
                else:
                    key, headers = marker(letter.source)
                    await markers.put(key, MARKER_VALUE, headers=headers)
            await markers.settle()
    return refused


async def _collect(kafka: KafkaSettings) -> Collection:
    topic = kafka.dead_letter_topic
    partitions = await require_topic(kafka, topic)
    async with reading(kafka) as consumer:
        with progress.bar(f"Reading {topic}", None, unit="dead letters") as seen:
            return await collect(consumer, topic, partitions, seen=seen)


def _fields(letter: DeadLetter, collection: Collection, *, show_value: bool) -> dict[str, Any]:
    fields = {
        "topic": letter.source.topic,
        "partition": letter.source.partition,
        "offset": letter.source.offset,
        "timestamp": letter.timestamp,
        "reason": letter.reason,
        "detail": letter.detail,
        "truncated": letter.truncated,
        "requeued": letter.source in collection.requeued,
        "value_bytes": None if letter.value is None else len(letter.value),
    }
    if show_value:
        fields |= {"key": _text(letter.key), "value": _text(letter.value)}
    return fields


def _table(letters: Sequence[DeadLetter], collection: Collection, *, show_value: bool) -> str:
    if not letters:
        return ""
    lines = [("Offset", "Time", "Reason", "Sent back", "Detail", *(("Key", "Value") if show_value else ()))]
    for letter in letters:
        back = "yes" if letter.source in collection.requeued else "no"
        shown = (_text(letter.key) or "", _text(letter.value) or "") if show_value else ()
        reason = one_line(letter.reason, longest=_REASON_SHOWN)
        detail = one_line(letter.detail, longest=_DETAIL_SHOWN)
        lines.append((_place(letter), letter.timestamp or "", reason, back, detail, *shown))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    widths[-1] = 0
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def _place(letter: DeadLetter) -> str:
    return f"{letter.source.partition}:{letter.source.offset}"


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else shown_bytes(raw)


def _tell_foreign(collection: Collection) -> None:
    if collection.foreign:
        click.echo(f"warning: {collection.foreign} records in the topic are not the monitor's: ignored", err=True)
    if collection.refused:
        click.echo(
            f"warning: {collection.refused} batches in the topic are larger than kafka.max_batch_bytes, or cannot be "
            "read: ignored",
            err=True,
        )

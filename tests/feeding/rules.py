"""Hand-written parts for the tests of a feed: records, a source's rules, and somewhere that parcels go."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.core.batch import Batch, DeadLetter
from monitor.feeding.carrying import Carrier, Headers, Reading
from monitor.feeding.delivery import Parcel, Undelivered
from monitor.feeds.rows import Mapped, Notice, Refusal, Refused, Row, What, Why


@dataclass(frozen=True, slots=True)
class Told:
    """A record of a source's topic."""

    offset: int
    value: bytes | None
    timestamp: int | None = 1_700_000_000_000
    key: bytes | None = None
    headers: Headers = ()


def decode(value: bytes | None, headers: Headers) -> Sequence[Row]:
    """One JSON object."""
    del headers
    if value is None:
        return []
    try:
        return [Row(json.loads(value))]
    except ValueError:
        raise Refused(Refusal(Why.UNREADABLE, example="Hansen", detail="no JSON")) from None


class Rules:
    """`{"id": …, "to": …}` is a mission; a word beginning with ? is unknown, `twice` tells two, `hush` nothing."""

    def map(self, row: Row) -> Mapped:
        """As a mapper does."""
        to = row.values.get("to", "")
        if "id" not in row.values:
            return Mapped(refused=[Refusal(Why.NO_KEY, "mission", "Hansen")])
        if to.startswith("?"):
            return Mapped(refused=[Refusal(Why.UNKNOWN_WORD, "category", to)])
        if to == "hush":
            return Mapped(notices=[Notice(What.FILTERED, detail="test calls")])
        names = (str(row.values["id"]), f"{row.values['id']}-b") if to == "twice" else (str(row.values["id"]),)
        return Mapped([{"mission_id": name, "place": row.place} for name in names])


def carrier(*, ordered: bool = False) -> Carrier:
    """Of one source."""
    return Carrier([Reading(decode, Rules(), ordered)])


def record(offset: int, **said: object) -> Told:
    """A record that says something."""
    return Told(offset, json.dumps(said).encode())


def batch(start: int, end: int) -> Batch:
    """Missions named by their offset."""
    return Batch(start, end, [record(offset, id=offset) for offset in range(start, end)])


@dataclass
class Van:
    """Somewhere that parcels go, one after the other; `gate` holds them up, `refusals` come first."""

    gate: asyncio.Event | None = None
    refusals: list[Undelivered] = field(default_factory=list)
    arrived: list[tuple[str, int, Sequence[Parcel]]] = field(default_factory=list)

    async def deliver(self, topic: str, partition: int, parcels: Sequence[Parcel]) -> Sequence[DeadLetter]:
        """As Kafka would."""
        if self.gate is not None:
            await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.arrived.append((topic, partition, parcels))
        return [parcel.letter for parcel in parcels if parcel.letter is not None]

    @property
    def keys(self) -> list[str]:
        """Missions in the order in which their events arrived."""
        return [key.decode() for _, _, parcels in self.arrived for one in parcels for key, _ in one.events]

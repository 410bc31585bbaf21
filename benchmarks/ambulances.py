"""A year of a nation's ambulances, invented in a stream, and what must come out of it.

Nine million incidents with the rhythm of day and week, told by `england-ambulance`'s words: when a call is connected,
and again when it is closed; some are told in a wrong category at first, some lack their arrival, some are cancelled.
Incident n lies in partition n modulo their number. Everything follows from the seed. Refuses to know Kafka; counts by
arrays, in whole microseconds, and by no code of the product.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

CATEGORIES = ("c1", "c2", "c3", "c4")
CATEGORY_SHARES = (0.09, 0.56, 0.29, 0.06)
MIDDLE_SECONDS = (430.0, 1_350.0, 3_900.0, 5_600.0)
"""From the assignment to the arrival, half of the incidents of each category."""
SPREADS = (0.45, 0.65, 0.85, 0.8)
HOURS = (70, 62, 57, 53, 51, 52, 60, 78, 97, 112, 120, 122, 120, 118, 116, 115, 117, 120, 122, 119, 114, 106, 94, 82)
"""Calls by the hour of the day: half as many at five in the morning as at noon."""
CAPS_MS = (240_000, 30_000)
"""`response`, `c1-response`: so long after the connection the clock begins at the latest."""
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
UNMEASURED, ABSENT = -1, -2
_NONE = np.iinfo(np.int64).max


@dataclass(slots=True)
class Truth:
    """What counts, incident by incident: where, when it is placed (epoch ms), milliseconds by clock.

    `UNMEASURED` in place of those without an arrival; those still open, and the cancelled, are left out.
    """

    area: NDArray[np.int8]
    category: NDArray[np.int8]
    placed_ms: Numbers
    took_ms: tuple[NDArray[np.int32], ...]

    @classmethod
    def of(cls, parts: list["Truth"]) -> "Truth":
        """All of several."""
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])
              for name in ("area", "category", "placed_ms")),
            tuple(np.concatenate([part.took_ms[clock] for part in parts]) for clock in range(len(CAPS_MS))),
        )  # fmt: skip


@dataclass(slots=True)
class Year:
    """`incidents` of `days` up to `end_ms` in the areas given; iterate `days_of_records`, then ask for `truth`."""

    areas: tuple[str, ...]
    end_ms: int
    days: int
    incidents: int
    partitions: int
    seed: int = 1
    told: list[Truth] = field(default_factory=list)

    @property
    def truth(self) -> Truth:
        """What has been told so far."""
        return Truth.of(self.told)

    def days_of_records(self) -> Iterator[list[tuple[int, bytes]]]:
        """Day after day its records in the order of delivery: partition and JSON. Nothing after `end_ms` is told."""
        rng = np.random.default_rng(self.seed)
        waiting_at, waiting = np.zeros(0, np.int64), []
        number = 0
        for day in range(self.days):
            begin = self.end_ms - (self.days - day) * DAY_MS
            many = self.incidents * (day + 1) // self.days - self.incidents * day // self.days
            at, records = self._day(begin, number, many, rng)
            number += many
            at, records = np.concatenate([waiting_at, at]), waiting + records
            order = np.argsort(at, kind="stable")
            due = int(np.searchsorted(at[order], begin + DAY_MS))
            yield [records[place] for place in order[:due].tolist()]
            waiting_at, waiting = at[order[due:]], [records[place] for place in order[due:].tolist()]

    def _day(
        self, begin: int, first: int, many: int, rng: np.random.Generator
    ) -> tuple[Numbers, list[tuple[int, bytes]]]:
        areas = np.arange(len(self.areas))
        shares, slow = np.exp(np.sin(3.0 * areas)), np.linspace(0.72, 1.3, len(areas))
        area = rng.choice(areas, many, p=shares / shares.sum())
        category = rng.choice(4, many, p=CATEGORY_SHARES)
        clock = rng.choice(24, many, p=np.array(HOURS) / sum(HOURS)) * HOUR_MS + rng.integers(0, HOUR_MS, many)
        connected = np.sort(begin + (clock - begin) % DAY_MS)
        coded = connected + rng.exponential(110_000, many).astype(np.int64)
        coded[rng.random(many) < 0.2] = _NONE
        assigned = connected + rng.exponential(150_000, many).astype(np.int64)
        drive = np.array(MIDDLE_SECONDS)[category] * slow[area] * 1000
        spread = np.array(SPREADS)[category]
        arrived = assigned + np.minimum(drive * np.exp(rng.normal(0.0, 1.0, many) * spread), 40 * HOUR_MS).astype(int)
        lacking, cancelled, mistaken = rng.random(many) < 0.03, rng.random(many) < 0.015, rng.random(many) < 0.02
        closed = arrived + rng.integers(5 * MINUTE_MS, 60 * MINUTE_MS, many)
        opened = connected + 1_000
        begins = [np.minimum(np.minimum(coded, assigned), connected + cap) for cap in CAPS_MS]
        over = (closed < self.end_ms) & ~cancelled
        self.told.append(
            Truth(
                area[over].astype(np.int8), category[over].astype(np.int8), begins[0][over],
                tuple(np.where(lacking, UNMEASURED, arrived - one)[over].astype(np.int32) for one in begins),
            )
        )  # fmt: skip
        first_taken_for = np.where(mistaken, (category + 1) % 4, category)
        texts = zip(
            (first + np.arange(many)).tolist(), area.tolist(), category.tolist(), first_taken_for.tolist(),
            _written(connected), _written(coded), _written(assigned),
            _written(np.where(lacking, _NONE, arrived)), cancelled.tolist(), strict=True,
        )  # fmt: skip
        earlier: list[tuple[int, bytes]] = []
        later: list[tuple[int, bytes]] = []
        for one, where, what, thought, on, code, assign, arrive, off in texts:
            head = f'{{"mission_id":"E{one:09d}","trust":"{self.areas[where]}","category":"'
            times = f'"connected_at":{on},"coded_at":{code},"assigned_at":{assign},"on_scene_at":{arrive}}}'
            partition = one % self.partitions
            earlier.append(
                (
                    partition,
                    f'{head}{CATEGORIES[thought]}","revision":1,"status":"open","connected_at":{on}}}'.encode(),
                )
            )
            status = "cancelled" if off else "closed"
            later.append((partition, f'{head}{CATEGORIES[what]}","revision":2,"status":"{status}",{times}'.encode()))
        return np.concatenate([opened, closed]), earlier + later


def _written(instants: Numbers) -> list[str]:
    """As JSON has them, or null."""
    known = instants != _NONE
    texts = np.datetime_as_string(np.where(known, instants, 0).astype("datetime64[ms]"), timezone="UTC").tolist()
    return [f'"{text}"' if there else "null" for text, there in zip(texts, known.tolist(), strict=True)]

"""What events would count for: the gap report's figures, by the same partition that the worker and the report keep.

Nothing is judged here a second time: `core.partition` reads every event and folds the rows, and its missions are
counted when all events are read. What is added are suspicions, each with the figure behind it: intervals of zero and
in whole minutes, and an hour of the day at which people do not sleep.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec
import numpy as np

from monitor.convert.borders import BorderCounts, border_counts
from monitor.convert.conversion import Account, Placed
from monitor.convert.suspicions import Suspicions
from monitor.core.batch import ROW_KEPT, Batch, DeadLetter
from monitor.core.mission import CAUSES, Kind, Mission, times_of
from monitor.core.partition import Partition, Policy
from monitor.core.rows import Fold, Row
from monitor.core.service import Service
from monitor.core.stored import read_day
from monitor.report.sources import LINES_AT_ONCE, Line, collector_paused

QUIET_HOURS: Final = 6
"""Of a day, those in which the fewest missions begin."""
USUAL_QUIET: Final = 4.5
"""The middle of them, in local time: fire, ambulance and police are called least between one and eight."""
FAR_OFF: Final = 4.0
"""Hours from there at which a clock is more likely wrong than a town."""
LEAST_MISSIONS: Final = 200
"""Of fewer, the hours of a day say nothing."""
QUIET_SHARE: Final = 0.75
"""Of what these hours would have if all were alike: a day without a night suspects nothing."""


@dataclass(frozen=True, slots=True)
class ClockGap:
    """One clock: missions measured, unmeasured by cause, not ended; of the measured, zeros and whole minutes.

    `middle` and `longest` are seconds, and None where nothing is measured: half take at most the one, none more than
    the other.
    """

    slug: str
    measured: int
    unmeasured: Mapping[str, int]
    unfinished: int
    zeros: int
    whole_minutes: int
    middle: float | None = None
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """What all events count for."""

    missions: int
    first: datetime | None
    last: datetime | None
    """When those begin that are neither cancelled nor incomplete: what was withdrawn lies at no time."""
    clocks: Sequence[ClockGap]
    excluded: Mapping[str, int]
    """Missions by the reason that takes them out."""
    nothing: int
    """Missions that are cancelled or not eligible."""
    incomplete: int
    """Missions whose rows contradict the service."""
    hours: Sequence[int]
    """The same by the local hour that they begin in."""
    zone: str
    """The service's, whose clocks are meant."""
    borders: BorderCounts = field(default_factory=BorderCounts)
    lacking: Mapping[str, int] = field(default_factory=dict)
    """Missions that count for nothing because no row tells a field, by those fields: keys that match no others."""
    apart: int = 0
    """Missions whose events lie further apart than any clock can run, so that they may be several."""
    midnights: Mapping[str, int] = field(default_factory=dict)
    """Instants at midnight to the second by field, where they are too many."""
    retold: int = 0
    """Events of a mission, or of a row of one, that another event tells as well."""

    @property
    def hours_off(self) -> float | None:
        """By how many hours the quietest part of the day lies beside the night; None where that says nothing."""
        total = sum(self.hours)
        if total < LEAST_MISSIONS:
            return None
        around = [*self.hours, *self.hours[: QUIET_HOURS - 1]]
        counts = [sum(around[hour : hour + QUIET_HOURS]) for hour in range(24)]
        quietest = min(range(24), key=counts.__getitem__)
        if counts[quietest] > QUIET_SHARE * total * QUIET_HOURS / 24:
            return None
        off = (quietest + QUIET_HOURS / 2 - USUAL_QUIET + 12) % 24 - 12
        return off if abs(off) > FAR_OFF else None


@dataclass(slots=True)
class Judge:
    """Counts events as the worker would; `account` is told of what the core refuses."""

    policy: Policy
    account: Account
    now: float
    reasons: dict[str, str] = field(default_factory=dict)
    """Of missions that an event takes out of the figures."""
    taken: int = 0
    """Events that are no dead letters."""
    kept: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Missions whose rows make none yet: reason, detail and place."""

    def gap(self, events: Iterable[Placed]) -> Gap:
        """Read all events; what they count for."""
        with collector_paused():
            return self._read(events)

    def _read(self, events: Iterable[Placed]) -> Gap:
        partition = Partition.start(self.policy, next_offset=1)
        suspicions = Suspicions(self.policy.service, self.policy.grid.zone)
        encode = msgspec.json.Encoder().encode
        start, rest = 1, iter(events)
        while some := list(islice(rest, LINES_AT_ONCE)):
            for one in some:
                suspicions.look(one.event)
            lines = [Line(number, encode(one.event)) for number, one in enumerate(some, start)]
            letters = partition.apply(Batch(start, start + len(some), lines), self.now).dead_letters
            self._note({letter.record.offset - start: letter for letter in letters}, some)
            start += len(some)
        for reason, detail, place in self.kept.values():
            self.account.refuse(reason, "", place, "", detail)
        return self._gap(*_missions(partition), suspicions)

    def _note(self, letters: Mapping[int, DeadLetter], some: Sequence[Placed]) -> None:
        self.taken += len(some)
        for number, letter in letters.items():
            event, place = some[number]
            if letter.kept:
                self.kept[event["mission_id"]] = (letter.reason, letter.detail.removesuffix(ROW_KEPT), place)
                continue
            self.taken -= 1
            about = letter.detail.partition(" ")[0]
            said = event.get(about)
            self.account.refused_events += 1
            self.account.refuse(
                letter.reason,
                about if about in event else "",
                place,
                "" if said is None else str(said),
                letter.detail,
            )
        for number, (event, _) in enumerate(some):
            if "excluded" in event:
                self.reasons[event["mission_id"]] = event["excluded"]
            if self.kept and number not in letters:
                self.kept.pop(event["mission_id"], None)

    def _gap(self, missions: Sequence[Mission], rows: Mapping[str, Sequence[Row]], suspicions: Suspicions) -> Gap:
        service, grid = self.policy.service, self.policy.grid
        fold = Fold(service)
        lacking = {
            one.mission_id: " and ".join(lacks)
            for one in missions
            if one.kind == Kind.NOTHING and (lacks := fold.lacks(rows.get(one.mission_id, ())))
        }
        whole = [one for one in missions if one.mission_id not in self.kept and one.mission_id not in lacking]
        counting = [one for one in whole if one.kind not in {Kind.NOTHING, Kind.EXCLUDED}]
        placed = [one.placed_at for one in whole if one.kind != Kind.NOTHING]
        hours = [0] * 24
        for at in placed:
            hours[datetime.fromtimestamp(at, grid.zone).hour] += 1
        excluded = Counter(
            self.reasons.get(one.mission_id, "(told earlier)") for one in whole if one.kind == Kind.EXCLUDED
        )
        return Gap(
            missions=len(missions),
            first=datetime.fromtimestamp(min(placed), grid.zone) if placed else None,
            last=datetime.fromtimestamp(max(placed), grid.zone) if placed else None,
            clocks=[*_clocks(service, counting)],
            excluded=dict(excluded.most_common()),
            nothing=sum(one.kind == Kind.NOTHING for one in whole),
            incomplete=len(self.kept),
            retold=self.taken - sum(len(rows.get(one.mission_id, "1")) for one in missions),
            lacking=dict(Counter(lacking.values()).most_common()),
            hours=hours,
            borders=border_counts(self.policy, counting, self.account.near),
            zone=grid.zone.key,
            apart=len(suspicions.apart),
            midnights=suspicions.midnights,
        )


def _missions(partition: Partition) -> tuple[list[Mission], dict[str, Sequence[Row]]]:
    """All of them, and the rows of those that are told in rows."""
    missions: list[Mission] = []
    rows: dict[str, Sequence[Row]] = {}
    changes = partition.checkpoint()
    for blobs in (*([blob] for blob in changes.append.values()), *changes.replace.values()):
        day = read_day(blobs)
        missions.extend(day.entries.values())
        rows.update(day.rows)
    return missions, rows


def _clocks(service: Service, missions: Sequence[Mission]) -> Iterator[ClockGap]:
    for clock, times in zip(service.clocks, times_of(missions, len(service.clocks)), strict=True):
        measured = times[times >= 0.0]
        kinds = Counter((-times[times < 0.0]).astype(np.int64).tolist())
        unmeasured = {cause.value: kinds[kind] for kind, cause in CAUSES.items() if kinds[kind]}
        yield ClockGap(
            slug=clock.slug,
            measured=measured.size,
            unmeasured=unmeasured,
            unfinished=sum(kinds[kind] for kind in (Kind.OPEN, Kind.UNTIMED)),
            zeros=int(np.count_nonzero(measured == 0.0)),
            whole_minutes=int(np.count_nonzero(measured % 60.0 == 0.0)),
            middle=float(np.sort(measured)[(measured.size - 1) // 2]) if measured.size else None,
            longest=float(measured.max()) if measured.size else None,
        )

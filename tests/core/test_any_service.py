"""Whatever a service declares: what is stored of its events is what brute force over the newest snapshots says.

The account is written from the contract in plain words, in whole microseconds, with none of the core's code.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.mission import Cause, Kind, times_of
from monitor.core.partition import Partition, Policy
from monitor.core.service import Clock, Moment, Series, Service
from monitor.core.slices import Grid
from monitor.core.targets import Targets
from tests.core.events import BASE, Rec, Shelf, batches
from tests.core.services import INSTANTS, services, thresholds

OSLO = ZoneInfo("Europe/Oslo")
GRID = Grid(OSLO)
DAY = 86_400.0
MINUTES = 4_000
"""What the events span: from the day before the last of summer time's reform to the day after."""
SECOND = 10**6
LATER = BASE + timedelta(days=60)
OFFSETS = st.sampled_from([UTC, OSLO, ZoneInfo("America/St_Johns")])
MOMENTS = st.none() | st.integers(0, 60).map(lambda minutes: minutes * 60 * SECOND) | st.integers(0, 4000 * SECOND)


@dataclass(frozen=True, slots=True)
class Told:
    """One snapshot; instants in microseconds after BASE, those that are known."""

    mission: str
    revision: int
    series: Series
    eligible: bool
    status: str
    excluded: bool
    recorded: int
    instants: dict[str, int]
    zone: object

    def encode(self, service: Service) -> bytes:
        """As the service's source would send it."""
        fields = service.fields
        event: dict[str, object] = {
            "mission_id": self.mission, "revision": self.revision, fields.area: self.series[0],
            fields.category: self.series[1], "status": self.status, "surplus": "ignored",
            **{name: self._written(self.instants.get(name)) for name in INSTANTS},
            "recorded_at": self._written(self.recorded),
        }  # fmt: skip
        if fields.eligible is not None or not self.eligible:
            event[fields.eligible or "eligible"] = self.eligible
        if self.excluded:
            event["excluded"] = "exercise"
        return json.dumps(event).encode()

    def _written(self, microseconds: int | None) -> str | None:
        if microseconds is None:
            return None
        return (BASE + timedelta(microseconds=microseconds)).astimezone(self.zone).isoformat()  # type: ignore[arg-type]


@st.composite
def told(draw: st.DrawFn, service: Service, number: int) -> Told:
    """One snapshot of one of a few missions."""
    start = draw(st.integers(0, MINUTES)) * 60 * SECOND
    known = {name: draw(MOMENTS) for name in INSTANTS}
    return Told(
        mission=draw(st.sampled_from("abcdef")),
        revision=number,
        series=(draw(st.sampled_from(service.leaf_areas)), draw(st.sampled_from(service.leaf_categories))),
        eligible=draw(st.sampled_from([True, True, True, False])),
        status=draw(st.sampled_from(["open", "closed", "closed", "closed", "cancelled"])),
        excluded=draw(st.sampled_from([False, False, False, True])),
        recorded=start + draw(st.integers(0, 7200)) * SECOND,
        instants={name: start + at for name, at in known.items() if at is not None},
        zone=draw(OFFSETS),
    )


class Account:
    """What the newest snapshots of a service's missions amount to."""

    def __init__(self, service: Service, targets: Targets, events: Iterable[Told]) -> None:
        self.service, self.targets = service, targets
        self.newest: dict[str, Told] = {}
        self.refused = 0
        for one in events:
            if not self.exists(one.series[0], self.day(one)):
                self.refused += 1
                continue
            known = self.newest.get(one.mission)
            if known is None or one.revision > known.revision:
                # A mission that counts no longer stays where it was.
                self.newest[one.mission] = one

    def counting(self) -> list[Told]:
        """Those that count for anything."""
        return [one for one in self.newest.values() if one.status != "cancelled" and one.eligible]

    def exists(self, area: str, day: date) -> bool:
        """Whether the area may be named: it is there, and nothing lies within it."""
        there = [one for one in self.service.areas if one.since <= day < one.until]
        return area in [one.slug for one in there] and area not in [one.within for one in there]

    def at(self, moments: Sequence[Moment], one: Told) -> int | None:
        """Microseconds after BASE of the earliest known."""
        instants = {**one.instants, "recorded_at": one.recorded}
        found = [instants[m.field] + round(m.plus_seconds * SECOND) for m in moments if m.field in instants]
        return min(found) if found else None

    def placed(self, one: Told) -> int:
        begin = self.at(self.service.clocks[0].begin, one)
        return one.recorded if begin is None else begin

    def day(self, one: Told) -> date:
        return (BASE + timedelta(microseconds=self.placed(one))).astimezone(OSLO).date()

    def state(self, clock: Clock, one: Told) -> int | str:
        """Microseconds, or what there is instead."""
        begin, end = self.at(clock.begin, one), self.at(clock.end, one)
        if begin is not None and end is not None:
            if end < begin:
                return "negative"
            if end - begin > clock.longest_seconds * SECOND:
                return "too_long"
            return "too_short" if end - begin < clock.shortest_seconds * SECOND else end - begin
        if one.status == "closed":
            return "no_begin" if begin is None else "no_end"
        return "untimed" if begin is None else "open"

    def judged(self, one: Told) -> list[tuple[tuple[str, str, str], float, bool]]:
        """Every threshold that the mission is held against: whose, how long, and whether it took at most that."""
        day, found = self.day(one), []
        for objective in self.service.objectives:
            took = self.state(self.service.clock(objective.clock), one)
            if isinstance(took, str):
                continue
            for area in self.upwards(
                one.series[0], {a.slug: a.within for a in self.service.areas if a.since <= day < a.until}
            ):
                for category in self.upwards(one.series[1], {c.slug: c.within for c in self.service.categories}):
                    in_force = [held for held in self.targets.sets if held.valid_from <= day]
                    seconds = in_force[-1].targets.get((area, category), {}).get(objective.slug) if in_force else None
                    if seconds is not None:
                        found.append(((area, category, objective.slug), seconds, took <= seconds * SECOND))
        return found

    @staticmethod
    def upwards(slug: str, within: dict[str, str | None]) -> list[str]:
        found = [slug]
        while (above := within[found[-1]]) is not None:
            found.append(above)
        return found


Figures = dict[tuple[str, str, str], object]


def sealed_figures(account: Account, missions: Iterable[Told]) -> Figures:
    """Per series: excluded; per series and clock: measured, sum and causes; per measure and threshold: within, of."""
    found: dict[tuple[str, str, str], list[int]] = {}

    def add(key: tuple[str, str, str], at: int, size: int, by: int = 1) -> None:
        found.setdefault(key, [0] * size)[at] += by

    for one in missions:
        if one.excluded:
            add((*one.series, "excluded"), 0, 1)
            continue
        for clock in account.service.clocks:
            key, state = (*one.series, clock.slug), account.state(clock, one)
            if isinstance(state, int):
                add(key, 0, 2 + len(Cause))
                add(key, 1, 2 + len(Cause), state)
            else:
                cause = "abandoned" if state in ("open", "untimed") else state
                add(key, 2 + list(Cause).index(Cause(cause)), 2 + len(Cause))
        for measure, seconds, within in account.judged(one):
            key = ("/".join(measure), f"{seconds:g}", "judged")
            add(key, 0, 2, within)
            add(key, 1, 2)
    return {key: value for key, value in found.items() if any(value)}


def stored_figures(shelf: Shelf, service: Service) -> Figures:
    """The same from the stored aggregates."""
    head, days = shelf.read()
    found: dict[tuple[str, str, str], list[int]] = {}

    def add(key: tuple[str, str, str], values: Sequence[int]) -> None:
        found[key] = [one + other for one, other in zip(found.get(key, [0] * len(values)), values, strict=True)]

    for day in days.values():
        for part in day.aggregates:
            series = head.series[part.series]
            add((*series, "excluded"), [part.excluded])
            for clock, tally in zip(head.clocks, part.clocks, strict=True):
                assert tally.total is not None
                add((*series, clock), [tally.measured, tally.total, *tally.unmeasured])
            for place, seconds, within in part.judged:
                measure = head.measures[place]
                judged = part.clocks[head.clocks.index(service.objective(measure[2]).clock)].measured
                add(("/".join(measure), f"{seconds:g}", "judged"), [within, judged])
    return {key: value for key, value in found.items() if any(value)}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_stored_of_any_service_is_what_its_newest_snapshots_say(data: st.DataObject) -> None:
    """Any order, corrections, checkpoints and restarts anywhere; then sealed up to some day, and rolled up.

    ├── events of three days, a reform amid them ──┤         ┃ one event moves time: all before a line is sealed
    """
    service = data.draw(services())
    targets = data.draw(thresholds(service))
    events = [data.draw(told(service, number)) for number in range(data.draw(st.integers(1, 25)))]
    events = data.draw(st.permutations(events))
    policy = Policy(
        grid=GRID, service=service, targets=targets,
        horizon_seconds=30 * DAY, roll_up_seconds=31 * DAY,
    )  # fmt: skip
    records = [Rec(offset, None, one.encode(service)) for offset, one in enumerate(events)]
    shelf, partition, refused = Shelf(), Partition.start(policy), 0
    for batch in batches(records, data.draw(st.lists(st.integers(0, 25), max_size=4))):
        refused += len(partition.apply(batch, LATER.timestamp()).dead_letters)
        if data.draw(st.booleans()):
            shelf.put(partition.checkpoint())
            partition = Partition(policy, *shelf.read())
    account = Account(service, targets, events)
    assert refused == account.refused

    ahead = 30 * DAY + data.draw(st.sampled_from([-2, 1, 2, 4, 6])) * DAY
    last = _marker(service, ahead)
    if last is not None:
        partition.apply(batches([Rec(len(records), None, last.encode(service))], [])[0], LATER.timestamp())
    shelf.put(partition.checkpoint())
    head, days = shelf.read()
    resumed = Partition(policy, head, days)
    assert dict(resumed.missions) == dict(partition.missions)

    line = -float("inf") if head.sealed_before is None else head.sealed_before - BASE.timestamp()
    counting = account.counting()
    sealed = [one for one in counting if account.placed(one) < line * SECOND]
    assert stored_figures(shelf, service) == sealed_figures(account, sealed)
    left = {one.mission: one for one in counting if account.placed(one) >= line * SECOND}
    held = [entry for day in days.values() for entry in day.entries.values() if entry.kind != Kind.NOTHING]
    held = [entry for entry in held if entry.mission_id != "marker"]
    assert {entry.mission_id for entry in held} == set(left)
    columns = times_of(held, len(service.clocks))
    assert columns.shape == (len(service.clocks), len(held))
    for at, entry in enumerate(held):
        one = left[entry.mission_id]
        assert head.series[entry.series] == one.series
        assert round(entry.placed_at * SECOND) == round(BASE.timestamp() * SECOND) + account.placed(one)
        for number, clock in enumerate(service.clocks):
            assert _shown(float(columns[number, at])) == ("excluded" if one.excluded else account.state(clock, one))


def _marker(service: Service, ahead: float) -> Told | None:
    """An event that counts for nothing and only moves time; None where no area can be named then."""
    day = (BASE + timedelta(seconds=ahead)).astimezone(OSLO).date()
    areas = [area for area in service.leaf_areas if service.is_leaf(area, day)]
    at = round(ahead) * SECOND
    series = (areas[0], service.leaf_categories[0])
    return Told("marker", 10**6, series, False, "cancelled", False, at, {}, UTC) if areas else None


def _shown(state: float) -> int | str:
    return round(state * SECOND) if state >= 0 else Kind(-int(state)).name.lower()

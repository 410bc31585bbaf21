"""The instants of one record: times of day find their date, local times their place in UTC, lists their one.

Three rules, each only where a record leaves a question open (docs/feeds.md):

- **Midnight.** A time of day is the nearest to the record's first instant, if its date is not its own: 00:05 after
  23:58 is the next day's.
- **The hour that occurs twice** is read so that as few of the service's clocks as can be are negative; then so that
  their sum is shortest; then as the first of the two. Which of these it was is told.
- **The hour that never is** refuses the record.

Where a source tells how long after another an instant was, that is added to each reading before it is judged: a clock
that ends with a length is as good a witness as any.

Refuses to know what the instants mean beyond the clocks that the service measures between them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain, pairwise, product, repeat
from typing import Final, NamedTuple, TypeVar

from monitor.core.event import later
from monitor.core.service import Clock, Moment, Service
from monitor.feeds.declared_types import FieldRule, Lookup, Pick, Times
from monitor.feeds.directives import is_compact
from monitor.feeds.lengths import ReadLength, length_reader, why_no_length
from monitor.feeds.local import meanings, wall_clock
from monitor.feeds.rows import Notice, Record, Refusal, What, Why
from monitor.feeds.times import MOST_TIMES, Read, Told, example, of_days, of_times, reader
from monitor.feeds.values import plain

HALF_A_DAY: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)
MOST_DOUBTS: Final = 8
"""Times of one record in the hour that occurs twice of which every reading is tried."""
_NO_LENGTH: Final = timedelta()
_ENDS: Final = ("earliest", "latest", 1)
_LONG_AS_TIME: Final = 7
"""Digits of a number that is hardly how long something took."""


class _Field(NamedTuple):
    """A field, and what reads its times and their date."""

    rule: FieldRule
    read: Read
    day: Callable[[Record], date | None]
    zone: tzinfo
    one_is_enough: bool
    """Whether it is the one time of a cell that holds one."""


class _Length(NamedTuple):
    """A field of which the source tells how long after another it was, and what reads that."""

    rule: FieldRule
    read: ReadLength


class _Time(NamedTuple):
    """One time of a field, and what it may mean in UTC, the earlier first."""

    means: tuple[datetime, ...]


class _Took(NamedTuple):
    """How long after another instant one was."""

    name: str
    since: str
    length: timedelta


Found = Mapping[str, datetime]
_Picked = TypeVar("_Picked", datetime, timedelta)
Texts = Callable[[FieldRule, Record], Sequence[object]]
"""The values of a field in a record that are no null words."""


class Instants:
    """Reads the instants of the records of one source."""

    __slots__ = ("_clocks", "_fields", "_lengths", "_texts")

    def __init__(self, rules: Iterable[FieldRule], service: Service, texts: Texts) -> None:
        rules = list(rules)
        # Where clocks begin stands first: a date beside times of day is that of the begin.
        edges = chain((clock.begin for clock in service.clocks), (clock.end for clock in service.clocks))
        names = dict.fromkeys(moment.field for moments in edges for moment in moments)
        order = {name: number for number, name in enumerate(names)}
        ordered = sorted(rules, key=lambda rule: order.get(rule.name, len(order)))
        self._fields = [
            _Field(
                rule,
                reader(of_times(rule.times.formats)),
                day_of(rule.times),
                rule.times.zone or UTC,
                rule.pick in _ENDS,
            )
            for rule in ordered
            if rule.since is None
        ]
        self._lengths = [_Length(rule, length_reader(rule.times.formats)) for rule in rules if rule.since is not None]
        self._clocks = service.clocks
        self._texts = texts

    def read(self, record: Record, refusals: list[Refusal], notices: list[Notice]) -> dict[str, datetime]:
        """The instants by field, in UTC; what is wrong or worth telling is added to the lists."""
        settled, found = self._told(record, refusals, notices)
        lengths: list[_Took] = []
        if self._lengths:
            known = {*settled, *(name for name, (times, pick) in found.items() if _tells(len(times), pick))}
            lengths = self._lengths_told(record, known, refusals, notices)
        doubts = sum(len(one.means) > 1 for times, _ in found.values() for one in times)
        if doubts:
            certain: dict[str, tuple[Sequence[_Time], Pick]]
            certain = {name: ([_Time((at,))], "earliest") for name, at in settled.items()}
            return self._settled({**certain, **found}, lengths, doubts, notices)
        for name, (times, pick) in found.items():
            if (at := _picked([one.means[0] for one in times], pick)) is not None:
                settled[name] = at
        return _with_lengths(settled, lengths)

    def _lengths_told(
        self, record: Record, known: set[str], refusals: list[Refusal], notices: list[Notice]
    ) -> list[_Took]:
        """What is told as a length after one of the known instants, which become more by it."""
        lengths = []
        without: list[str] = []
        for rule, length_of in self._lengths:
            since = rule.since
            if rule.name in known or since is None:
                continue
            values = self._texts(rule, record)
            if since not in known:
                without += [rule.name] if values else []
                continue
            if len(values) > MOST_TIMES:
                refusals.append(_too_many(rule))
                continue
            read = [length_of(value) for value in values]
            told = [length for length in read if length is not None]
            if len(told) < len(read):
                wrong = values[read.index(None)]
                detail = why_no_length(wrong, rule.times.formats)
                refusals.append(Refusal(Why.UNREADABLE_TIME, rule.name, example(wrong), detail))
            elif told and (length := _picked(told, rule.pick)) is not None:
                lengths.append(_Took(rule.name, since, length))
                known.add(rule.name)
        missed = dict.fromkeys(name for name in without if name not in known)
        notices.extend(Notice(What.LENGTH_WITHOUT_BEGIN, name) for name in missed)
        return lengths

    def _told(
        self, record: Record, refusals: list[Refusal], notices: list[Notice]
    ) -> tuple[dict[str, datetime], dict[str, tuple[Sequence[_Time], Pick]]]:
        """What the record tells as moments: those that leave nothing open, and the others."""
        settled: dict[str, datetime] = {}
        found: dict[str, tuple[Sequence[_Time], Pick]] = {}
        reading = _Reading(record, notices)
        for field in self._fields:
            rule = field.rule
            if rule.name in settled or rule.name in found:
                continue  # of several ways to tell a field the first that tells it
            values = self._texts(rule, record)
            if not values:
                continue
            if len(values) == 1 and (at := reading.at_once(field, values[0])) is not None:
                settled[rule.name] = at
                continue
            if len(values) > MOST_TIMES:
                refusals.append(_too_many(rule))
                continue
            try:
                found[rule.name] = reading.times(field, values), rule.pick
            except _Wrong as fault:
                refusals.append(fault.refusal)
        return settled, found

    def _settled(
        self,
        found: Mapping[str, tuple[Sequence[_Time], Pick]],
        lengths: Sequence[_Took],
        doubts: int,
        notices: list[Notice],
    ) -> dict[str, datetime]:
        """The reading of the doubtful times with the fewest negative intervals, then the shortest."""
        best: tuple[int, timedelta] | None = None
        chosen: dict[str, datetime] = {}
        told: set[tuple[tuple[str, datetime], ...]] = set()
        tried = doubts <= MOST_DOUBTS
        names = [(name, number) for name, (times, _) in found.items() for number in range(len(times))]
        options = [found[name][0][number].means[: None if tried else 1] for name, number in names]
        for reading in product(*options):
            by_field: dict[str, list[datetime]] = {}
            for (name, _), at in zip(names, reading, strict=True):
                by_field.setdefault(name, []).append(at)
            picked = {name: _picked(times, found[name][1]) for name, times in by_field.items()}
            instants = _with_lengths({name: at for name, at in picked.items() if at is not None}, lengths)
            score = _score(self._clocks, instants)
            if best is None or score < best:
                best, chosen, told = score, instants, set()
            if score == best:
                told.add(tuple(sorted(instants.items())))
        what = What.HOUR_SETTLED if tried and len(told) == 1 else What.HOUR_TWICE
        doubtful = [name for name, (times, _) in found.items() if any(len(one.means) > 1 for one in times)]
        notices.extend(Notice(what, name) for name in doubtful)
        return chosen


class _Wrong(ValueError):  # noqa: N818 - named for what happened
    """A time that cannot be used."""

    def __init__(self, why: Why, field: str, value: object, detail: str = "") -> None:
        super().__init__(why)
        self.refusal = Refusal(why, field, example(value), detail)


@dataclass(slots=True)
class _Reading:
    """The instants of one record on their way."""

    record: Record
    notices: list[Notice]
    anchor: datetime | None = None
    """The record's first instant on the clock of its zone: times of day are near to it."""

    def at_once(self, field: "_Field", value: object) -> datetime | None:
        """The one time that most records have in a field: a local one that leaves nothing open. Else None."""
        if not field.one_is_enough:
            return None
        told = field.read(value)
        if type(told) is not datetime or told.tzinfo is not None:
            return None
        means = meanings(told, field.zone)
        if len(means) != 1:
            return None
        if self.anchor is None:
            self.anchor = told
        return means[0]

    def times(self, field: "_Field", values: Sequence[object]) -> list[_Time]:
        """The times of a field. Raises _Wrong."""
        rule = field.rule
        zone = field.zone
        local: list[datetime | time] = []
        fixed: list[_Time] = []
        for value in values:
            told = field.read(value)
            if isinstance(told, datetime):
                if told.tzinfo is None:
                    local.append(told)
                elif rule.times.offset == "ignore":
                    self.notices.append(Notice(What.OFFSET_SET_ASIDE, rule.name))
                    local.append(told.replace(tzinfo=None))
                else:
                    fixed.append(_Time((_utc(told, rule, value),)))
            elif isinstance(told, time) and (told.tzinfo is None or rule.times.offset == "ignore"):
                if told.tzinfo is not None:
                    self.notices.append(Notice(What.OFFSET_SET_ASIDE, rule.name))
                local.append(told.replace(tzinfo=None))
            else:
                detail = "a day without a time" if told is not None else _why_none(value, rule.times.formats)
                if isinstance(told, time):
                    detail = 'a time of day that says its offset: say offset = "ignore", and the zone of that offset'
                raise _Wrong(Why.UNREADABLE_TIME, rule.name, value, detail)
        placed = self._dated(field, local) if local else []
        times = [_Time(_means(at, zone, rule)) for at in placed] + fixed
        if self.anchor is None:
            self.anchor = min(placed) if placed else wall_clock(fixed[0].means[0], zone)
        return times

    def _dated(self, field: "_Field", local: Sequence[datetime | time]) -> list[datetime]:
        """Local times with their dates. Raises _Wrong."""
        name = field.rule.name
        clocks = [one for one in local if isinstance(one, time)]
        whole = [one for one in local if isinstance(one, datetime)]
        if not clocks:
            return whole
        try:
            day = field.day(self.record)
        except ValueError as fault:
            raise _Wrong(Why.UNREADABLE_TIME, name, fault.args[0], "its date") from None
        if day is None:
            raise _Wrong(Why.NO_DATE, name, clocks[0], "a time of day, and no date beside it")
        ats = [datetime.combine(day, one) for one in clocks]
        own, near = field.rule.times.own_date, day if isinstance(day, datetime) else None
        if own and near is None:
            return whole + ats
        anchor = near if own or self.anchor is None else self.anchor
        try:
            moved = _together(ats) if anchor is None else [_nearest(at, anchor) for at in ats]
        except OverflowError:
            raise _Wrong(Why.UNREADABLE_TIME, name, clocks[0], "its date lies at the end of all years") from None
        if moved != ats:
            self.notices.append(Notice(What.MIDNIGHT, name))
        return whole + moved


def _why_none(value: object, formats: Sequence[str]) -> str:
    said = f"none of the formats {', '.join(formats)}"
    short = plain(value).replace(".", "", 1)
    if any(map(is_compact, formats)) or not short.isdigit() or len(short) >= _LONG_AS_TIME:
        return said
    return (
        f"{said}; how long it took is told with `since`"  # 347 seconds after the call: no format would ever read it
    )


def _too_many(rule: FieldRule) -> Refusal:
    return Refusal(Why.TOO_LONG, rule.name, detail=f"more than {MOST_TIMES} times")


def _nearest(at: datetime, anchor: datetime) -> datetime:
    """The same time of day within half a day of an anchor, if its date is that of the anchor or the one beside."""
    if at < anchor - HALF_A_DAY:
        return at + _DAY
    return at - _DAY if at > anchor + HALF_A_DAY else at


def _together(ats: Sequence[datetime]) -> list[datetime]:
    """Times of day of one date, none of which is known: those after midnight belong to the day after.

    >>> [str(at) for at in _together([datetime(2024, 1, 1, 23, 58), datetime(2024, 1, 1, 0, 3)])]
    ['2024-01-01 23:58:00', '2024-01-02 00:03:00']
    """
    ordered = sorted(ats)
    gaps = [(later - earlier, later) for earlier, later in pairwise(ordered)]
    gap, begin = max(gaps, default=(_NO_LENGTH, ordered[0]))
    return [at + _DAY if at < begin else at for at in ats] if gap > HALF_A_DAY else list(ats)


def _means(at: datetime, zone: tzinfo, rule: FieldRule) -> tuple[datetime, ...]:
    means = meanings(at, zone)
    if not means:
        raise _Wrong(Why.TIME_THAT_NEVER_WAS, rule.name, at, f"the clocks of {zone} never showed it")
    return means


def _utc(told: datetime, rule: FieldRule, value: object) -> datetime:
    try:
        return told.astimezone(UTC)
    except (OverflowError, ValueError):
        raise _Wrong(Why.UNREADABLE_TIME, rule.name, value, "lies at the end of all years") from None


def _with_lengths(instants: dict[str, datetime], lengths: Sequence[_Took]) -> dict[str, datetime]:
    """The instants, with those that are told as lengths after them, or after one another."""
    for one in lengths:
        instants[one.name] = later(instants[one.since], one.length)
    return instants


def _tells(times: int, pick: Pick) -> bool:
    """Whether that many times have the one that is to be picked."""
    return isinstance(pick, str) or pick <= times


def _picked(times: Sequence[_Picked], pick: Pick) -> _Picked | None:
    if len(times) == 1 and isinstance(pick, str):
        return times[0]
    if pick == "earliest":
        return min(times)
    if pick == "latest":
        return max(times)
    return sorted(times)[pick - 1] if _tells(len(times), pick) else None


def _score(clocks: Sequence[Clock], instants: Found) -> tuple[int, timedelta]:
    """How many intervals are negative, and how long the others are together."""
    negative, length = 0, _NO_LENGTH
    for clock in clocks:
        begin, end = _earliest(clock.begin, instants), _earliest(clock.end, instants)
        if begin is not None and end is not None:
            if end < begin:
                negative += 1
            else:
                length += end - begin
    return negative, length


def _earliest(moments: Sequence[Moment], instants: Found) -> datetime | None:
    known = [
        later(instants[one.field], timedelta(seconds=one.plus_seconds)) for one in moments if one.field in instants
    ]
    return min(known, default=None)


def _no_day(_record: Record) -> date | None:
    return None


def day_of(times: Times) -> Callable[[Record], date | None]:
    """What reads the local day that stands beside a time of day; None where none does. A moment of that day, where
    more than the day stands there: times of day are near to it.

    It raises ValueError with what cannot be read.
    """  # noqa: D205 - one sentence
    lookup: Lookup | None = times.date
    if lookup is None:
        return _no_day
    zone = times.zone or UTC
    read_day, read_clock = reader(of_days(times.formats)), reader(of_times(times.formats))

    def day(record: Record) -> date | None:
        found = lookup(record)
        found = [one for one in (found if isinstance(found, list) else [found]) if one is not None and one != ""]
        said = [
            _local(one(value.strip() if isinstance(value, str) else value), times, zone)
            for one, value in zip(chain([read_day], repeat(read_clock)), found, strict=False)
        ]
        days = [one for one in said if isinstance(one, date)]
        clocks = [one for one in said if isinstance(one, time)]
        if not found:
            return None
        if not days or None in said:
            raise ValueError(found[0])
        at = datetime.combine(days[0], clocks[0]) if clocks else days[0]
        return at.date() if not times.date_is_moment and isinstance(at, datetime) and at.time() == time() else at

    return day


def _local(told: Told | None, times: Times, zone: tzinfo) -> Told | None:
    """What the clock of the zone showed; of a day that is written as its midnight, in any offset, that day.

    A moment that happened to be at midnight, in UTC or another zone, is none.
    """
    if isinstance(told, datetime) and told.time() == time() and not times.date_is_moment:
        return told.date()
    if isinstance(told, datetime):
        return (
            wall_clock(told, zone)
            if told.tzinfo is not None and times.offset == "believe"
            else told.replace(tzinfo=None)
        )
    return told

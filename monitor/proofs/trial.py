"""Asks the program what a person has worked out: bytes of events in, by reader and ledger, verdicts out.

Each mission stands alone first: what its clocks say, and what each objective says of it. Then every period, with its
copies of them. Whatever differs from what was written is told in a line. Nothing that the rule judges goes unsaid: an
objective that is not named is held to judge nothing, and a clock that judges must be named.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from monitor.core.calendar import Period
from monitor.core.figures import ClockFigures
from monitor.core.history import History
from monitor.core.mission import Cause, Kind, Mission, Rejected, times_of
from monitor.core.partition import Policy
from monitor.core.reader import EventReader
from monitor.core.rows import TellsRow
from monitor.core.service import Objective, Series
from monitor.core.snapshot import Row, over_period
from monitor.core.targets import Target
from monitor.core.verdict import Verdict
from monitor.proofs.written import (
    COUNTED,
    JUDGED,
    LATE,
    NOT_JUDGED,
    WITHIN,
    Answer,
    MissionTable,
    PeriodTable,
    VerdictTable,
    Written,
    read_proofs,
)
from monitor.report.sources import from_lines
from monitor.settings import Configuration
from monitor.wiring import empty_history, partition_policy

_NULL: Final = "null"
"""How TOML, which has none, says that a field is known to be empty."""
_LONG_AFTER: Final = timedelta(days=400)
"""When a mission is asked about, where nothing else is said: nobody registers its end any more."""
_EQUAL_SECONDS: Final = 5e-7


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; `differences` is empty where the program says what the rule does."""

    missions: int
    periods: int
    verdicts: int
    differences: Sequence[str]


def tried(configuration: Configuration) -> Trial:
    """Every proof of the configuration's service."""
    written = read_proofs(configuration.folder, configuration.service)
    if written.faults:
        return Trial(0, 0, 0, written.faults)
    bench = _Bench(configuration, written)
    differences = [line for mission in written.missions for line in bench.mission(mission)]
    differences += [line for number, period in enumerate(written.periods, 1) for line in bench.period(number, period)]
    verdicts = sum(len(period.objectives) for period in written.periods)
    return Trial(len(written.missions), len(written.periods), verdicts, differences)


class _Bench:
    """One service on trial."""

    def __init__(self, configuration: Configuration, written: Written) -> None:
        self._configuration, self._event = configuration, written.event
        self._service, self._grid = configuration.service, configuration.grid
        self._policy: Policy = partition_policy(configuration, sealing=False)
        self._reader = EventReader(self._service, self._grid, limits=configuration.limits)
        self._missions = {one.slug: one for one in written.missions}

    def mission(self, wanted: MissionTable) -> Iterator[str]:
        """What is said of one mission otherwise than the rule does."""
        where = f"missions.{wanted.slug}"
        lines = self._lines(wanted, wanted.slug)
        known, gives = self._read(lines)
        if gives != wanted.gives:
            yield _differs(where, wanted.gives, gives)
        if known is None:
            return
        day = date.fromordinal(self._grid.day_of(known.placed_at))
        if wanted.day not in {None, day}:
            yield _differs(f"{where}.day", wanted.day, day)
        asked_at = wanted.asked_at.timestamp() if wanted.asked_at else known.placed_at + _LONG_AFTER.total_seconds()
        history = empty_history(self._configuration)
        refused = from_lines(history, self._policy, lines, now=asked_at)
        if bool(refused) != gives.startswith("refused"):
            yield _differs(f"{where}: dead letters", gives, ", ".join(refused) or "none")
        series = wanted.of or self._series(wanted)
        row = self._row(history, series, self._grid.calendar.holding("year", day), asked_at)
        if row is None:
            yield f"{where}: there is no {'.'.join(series)} on {day}"
            return
        for clock, answer in self._answers(known, history, row, asked_at).items():
            if not _same(told := wanted.clocks.get(clock, answer), answer):
                yield _differs(f"{where}.clocks.{clock}", told, answer)
        yield from self._objectives(where, wanted, row, self._configuration.targets.target(*series, day))

    def _read(self, lines: Sequence[bytes]) -> tuple[Mission | None, str]:
        """The mission by its newest event that can be read, and what becomes of it."""
        known, gives = None, COUNTED
        for line in lines:
            try:
                known = self._reader.read(line, None)
            except TellsRow:
                gives = "refused: proofs tell whole missions, not rows"
            except Rejected as fault:
                gives = f"refused: {fault.reason}"
        if known is not None and gives == COUNTED:
            gives = {Kind.NOTHING: "not counted", Kind.EXCLUDED: "excluded"}.get(Kind(known.kind), COUNTED)
        return known, gives

    def _answers(self, known: Mission, history: History, row: Row, asked_at: float) -> Mapping[str, Answer]:
        """What each clock says."""
        timeline = history.timeline(row.area, row.category)
        abandoned_before = asked_at - self._service.longest_seconds
        states = times_of([known], len(self._service.clocks))[:, 0].tolist()
        return {
            clock: _said_by_clock(
                row.figures.clocks[clock],
                state,
                timeline.in_progress(asked_at, None, abandoned_before=abandoned_before, clock=clock).open,
            )
            for clock, state in zip(self._service.clock_slugs, states, strict=True)
        }

    def _objectives(self, where: str, wanted: MissionTable, row: Row, target: Target) -> Iterator[str]:
        for objective in self._service.objectives:
            told = wanted.objectives.get(objective.slug, NOT_JUDGED)
            said = _said_of_one(objective, row.verdicts[objective.slug])
            if said != told:
                yield _differs(f"{where}.objectives.{objective.slug}", told, said)
            if wanted.gives == COUNTED and objective.slug in target and objective.clock not in wanted.clocks:
                yield f"{where}.clocks: {objective.slug} is judged by {objective.clock}: write what it says"

    def period(self, number: int, wanted: PeriodTable) -> Iterator[str]:
        """What is said of a period otherwise than the rule does."""
        where = f"periods[{number}] ({wanted.why[:40]}…)"
        lines = [
            line
            for slug, copies in wanted.missions.items()
            for copy in range(copies)
            for line in self._lines(self._missions[slug], f"{slug}-{copy}")
        ]
        try:
            period = self._grid.calendar.period(wanted.period)
        except ValueError as fault:
            yield f"{where}: {fault}"
            return
        asked_at = datetime.combine(period.after, datetime.min.time(), self._grid.zone).timestamp()
        asked_at += _LONG_AFTER.total_seconds()
        history = empty_history(self._configuration)
        from_lines(history, self._policy, lines, now=asked_at)
        row = self._row(history, wanted.of, period, asked_at)
        if row is None:
            yield f"{where}: there is no {'.'.join(wanted.of)} in {period.name}"
            return
        if row.figures.excluded != wanted.excluded:
            yield _differs(f"{where}: excluded", wanted.excluded, row.figures.excluded)
        for objective in self._service.objectives:
            told = wanted.objectives.get(objective.slug)
            verdict = row.verdicts[objective.slug]
            if told is None:
                if verdict.judged:
                    yield f"{where}: {objective.slug} judges {verdict.judged} missions: write its verdict"
                continue
            yield from _verdict_differs(f"{where}: {objective.slug}", told, row, verdict)

    def _row(self, history: History, series: Series, period: Period, asked_at: float) -> Row | None:
        rows = over_period(
            history, period, now=asked_at, abandoned_after_seconds=self._service.longest_seconds, only=[series]
        )
        return rows[0] if rows else None

    def _series(self, wanted: MissionTable) -> Series:
        event = {**self._event, **wanted.event}
        for later in wanted.later:
            event |= later
        return str(event.get(self._service.fields.area)), str(event.get(self._service.fields.category))

    def _lines(self, wanted: MissionTable, mission_id: str) -> list[bytes]:
        """The mission's snapshots in turn; a later one says again what it does not say otherwise."""
        said: dict[str, Any] = {"mission_id": mission_id, **self._event, **wanted.event}
        snapshots = [said]
        for later in wanted.later:
            said = {**said, **later}
            snapshots.append(said)
        return [json.dumps(_plain(one)).encode() for one in snapshots]


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has it: moments as text, and null where `_NULL` stands."""
    return {
        key: value.isoformat() if isinstance(value, date | time) else None if value == _NULL else value
        for key, value in event.items()
    }


def _said_of_one(objective: Objective, verdict: Verdict) -> str:
    if not verdict.judged:
        return NOT_JUDGED
    if objective.percentile is None:
        return JUDGED
    return WITHIN if verdict.within else LATE


def _said_by_clock(figures: ClockFigures, state: float, waiting: int) -> Answer:
    if figures.measured:
        return state
    if figures.unmeasured:
        return f"unmeasured: {next(iter(figures.unmeasured))}"
    if waiting:
        return "untimed" if state == -Kind.UNTIMED else "open"
    return "nothing"


def _verdict_differs(where: str, told: VerdictTable, row: Row, verdict: Verdict) -> Iterator[str]:
    slug = verdict.objective.slug
    unmeasured: Mapping[Cause, int] = row.figures.of(verdict.objective).unmeasured
    for name, wanted, said in (
        ("n", told.n, verdict.judged),
        ("within", told.within, verdict.within),
        ("value", told.value, row.figures.values[slug]),
        ("state", told.state, verdict.state),
        ("evidence", told.evidence or verdict.evidence, verdict.evidence),
        ("unmeasured", told.unmeasured, sum(unmeasured.values())),
    ):
        if not _same(wanted, said):
            yield _differs(f"{where}.{name}", wanted, said)


def _same(wanted: object, said: object) -> bool:
    if isinstance(wanted, float) and isinstance(said, int | float):
        return abs(wanted - said) < _EQUAL_SECONDS
    return wanted == said


def _differs(where: str, wanted: object, said: object) -> str:
    return f"{where}: the rule gives {_shown(wanted)}, the program says {_shown(said)}"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".") + " s"
    return "nothing" if value is None else str(value)

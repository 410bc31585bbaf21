"""What the page of an area tells beyond verdicts: stages, the tail, hours, and how many others waited.

Decides how these are worded and which step of colour an hour has; what stands out is decided in the core. A figure
that cannot be given is a dash, and what was left out of one is said beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor.board.frame import Said, View
from monitor.core.closer import Closer
from monitor.core.crowding import Class, Crowding
from monitor.core.hours import BLOCK_HOURS, BLOCKS, Cell, Hours
from monitor.core.service import Objective
from monitor.core.snapshot import Row
from monitor.core.stages import Chain, Stages
from monitor.core.tail import TIMES, Tail, Wait
from monitor.words import durations, names
from monitor.words.durations import Notation
from monitor.words.speaker import NONE, Speaker, phrase

_STEPS: Final = (0.05, 0.10)
"""From these differences on (share of missions) an hour that stands out has the second, and the third, step."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, the rest, or the whole: by span its mean and share; `aims` are its objectives in the page's window.

    `begins`, `width`: where it lies in the bar of the whole (per cent); None of the whole itself.
    """

    name: str
    cells: Sequence[str]
    aims: Sequence[tuple[str, Said]]
    begins: float | None = None
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class StagesShown:
    """`of`: by span, of how many missions; `stages` in order, the whole last."""

    spans: Sequence[str]
    of: Sequence[str]
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class TailLine:
    """An objective in a span: its name, the judged, those beyond so many times the threshold, what is not exact."""

    objective: str
    span: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class TailShown:
    """`waits`: the longest of a span and clock, how long and when. `notes`: what is told of sealed missions."""

    heads: Sequence[str]
    lines: Sequence[TailLine]
    waits_of: str
    waits: Sequence[tuple[str, str]]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class HourCell:
    """`kind`: the step of colour, "like" where the counts do not tell it from the whole, "none" without missions."""

    kind: str
    share: str
    missions: str
    said: str


@dataclass(frozen=True, slots=True)
class HoursShown:
    """`rows`: a heading and its cells, that of the whole day last; the last row is that of all days."""

    about: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[HourCell]]]
    result: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class CrowdingShown:
    """By how many others waited: missions with their share, late ones with theirs, and how many of these are late."""

    rows: Sequence[tuple[str, Sequence[str]]]
    result: str


@dataclass(frozen=True, slots=True)
class Shown:
    """All of it, of one category; None where there is nothing to tell."""

    stages: StagesShown | None
    tail: TailShown | None
    hours: HoursShown | None
    crowding: CrowdingShown | None


def shown_of(view: View, closer: Closer, chosen: Row, aims: Iterable[Objective]) -> Shown:
    """A category as its part of the page tells it; `chosen` is the row of the page's window."""
    return Shown(
        stages=None if closer.chain is None else _stages(view, closer.chain, closer.stages, chosen, [*aims]),
        tail=_tail(view, closer) if closer.tails else None,
        hours=None if closer.hours is None or closer.objective is None
        else _hours(view, closer.objective, closer.hours),
        crowding=None if closer.crowding is None else _crowding(view.say, closer.crowding),
    )  # fmt: skip


def _stages(
    view: View, chain: Chain, stages: Mapping[str, Stages], chosen: Row, aims: Sequence[Objective]
) -> StagesShown:
    say, known, first = view.say, [*stages.values()], next(iter(stages.values()))

    def cells(stage: str | None) -> list[str]:
        return [told for one in known for told in (_lasting(say, one.mean(stage)), say.share(one.share(stage)))]

    def aims_of(clock: str | None) -> list[tuple[str, Said]]:
        return [
            (f"{view.objective_named(one)}, {view.statistic(one)}", view.said(chosen.verdicts[one.slug]))
            for one in aims
            if one.clock == clock
        ]

    shown, begins = [], 0.0
    for stage in chain.stages:
        width = 100.0 * (first.share(stage) or 0.0)
        place = (round(begins, 2), round(width, 2))
        shown.append(Stage(_stage_named(view, stage), cells(stage), aims_of(stage), *place))
        begins += width
    whole = [told for one in known for told in (_lasting(say, one.mean()), say.share(1.0 if one.total else None))]
    shown.append(Stage(_stage_named(view, chain.whole), whole, aims_of(chain.whole)))
    return StagesShown(
        spans=[say.window(name) for name in stages],
        of=[
            say("{some} of {all} missions", some=say.count(one.missions), all=say.count(one.measured))
            for one in known
        ],
        stages=shown,
    )


def _stage_named(view: View, stage: str | None) -> str:
    return view.say("not told by any clock") if stage is None else names.clock(view.say, view.service, stage)


def _lasting(say: Speaker, seconds: float | None) -> str:
    return NONE if seconds is None else durations.exactly(say, Notation.CLOCK, seconds, None, exact=True)


def _tail(view: View, closer: Closer) -> TailShown:
    say = view.say
    lines, notes = [], []
    for slug, told in closer.tails.items():
        named = view.objective_named(view.service.objective(slug))
        for span, tail in told.items():
            lines.append(TailLine(named, say.window(span), _beyond(say, tail)))
            notes += _told_of_sealed(say, tail)
    span, tail = next(iter(next(iter(closer.tails.values())).items()))
    clock = names.clock(say, view.service, tail.objective.clock)
    return TailShown(
        heads=[
            say("judged"),
            say("late"),
            *(say("over {times} × the target", times=say.plain(times)) for times in TIMES[1:]),
        ],
        lines=lines,
        waits_of=f"{clock}, {say.window(span)}",
        waits=[(_lasting(say, wait.seconds), _when(view, wait)) for wait in tail.longest],
        notes=[*dict.fromkeys(notes)],
    )


def _beyond(say: Speaker, tail: Tail) -> list[str]:
    """Judged, late, and beyond further times the threshold; marked where that is an estimate, or the least."""
    if not tail.judged:
        return [say.count(0), *(NONE for _ in TIMES)]
    sign = "≥ " if tail.unclear else "≈ " if tail.estimated else ""
    counts = [f"{say.count(tail.beyond[times])} ({say.share(tail.share(times))})" for times in TIMES]
    return [say.count(tail.judged), counts[0], *(f"{sign}{count}" for count in counts[1:])]


_SEALED: Final = phrase("{missions} missions are sealed: when they began is known to the day.")
_ESTIMATED: Final = phrase("≈ {missions} missions are told from sketches that do not hold every value.")
_UNCLEAR: Final = phrase(
    "≥ {missions} sealed missions were judged by another target than is declared for them today: that they were late "
    "is known, and not by how much, so the further counts are the least there may be."
)


def _told_of_sealed(say: Speaker, tail: Tail) -> list[str]:
    told = ((_SEALED, tail.sealed), (_ESTIMATED, tail.estimated), (_UNCLEAR, tail.unclear))
    return [say(text, missions=say.count(missions)) for text, missions in told if missions]


def _when(view: View, wait: Wait) -> str:
    moment = datetime.fromtimestamp(wait.at, view.zone)
    return view.say.day(moment.date()) if wait.dated else view.say.minute(moment)


def _hours(view: View, objective: Objective, hours: Hours) -> HoursShown:
    say, whole = view.say, hours.share or 0.0

    def row(heading: str, cells: Iterable[Cell], margin: HourCell) -> tuple[str, Sequence[HourCell]]:
        return heading, [*(_cell(say, cell, whole) for cell in cells), margin]

    rows = [
        row(names.headed(say.weekday(day)), cells, _cell(say, hours.days[day], whole))
        for day, cells in enumerate(hours.cells)
    ]
    everything = HourCell("like", _percent(say, hours.share), say.count(hours.missions), "")
    left_out = say(
        "{missions} sealed missions are left out: their hour is not known.", missions=say.count(hours.sealed)
    )
    return HoursShown(
        about=view.objective_named(objective),
        heads=[*map(_block_named, range(BLOCKS)), say("All day")],
        rows=[*rows, row(say("All days"), hours.blocks, everything)],
        result=_standing_out(say, hours),
        notes=[left_out] if hours.sealed else [],
    )


def _standing_out(say: Speaker, hours: Hours) -> str:
    """How many cells stand out, and of those that are late more often the worst: by what its share is at least."""
    standing = sum(cell.stands_out != 0 for cells in (*hours.cells, hours.days, hours.blocks) for cell in cells)
    if not standing:
        return say("No hours stand out: the counts do not tell them apart.")
    told = say.several("{count} part of the week stands out.", "{count} parts of the week stand out.", standing)
    late = [
        (cell.estimate.lower, day, block)
        for day, cells in enumerate(hours.cells)
        for block, cell in enumerate(cells)
        if cell.estimate is not None and cell.stands_out > 0
    ]
    if not late:
        return told
    _, day, block = max(late)
    worst = say("Most often late: {day}, {hours}.", day=say.weekday(day), hours=_block_named(block))
    return f"{told} {worst}"


def _block_named(block: int) -> str:
    return f"{BLOCK_HOURS * block:02}–{BLOCK_HOURS * (block + 1):02}"


def _cell(say: Speaker, cell: Cell, whole: float) -> HourCell:
    if cell.estimate is None:
        return HourCell("none", NONE, say.count(cell.missions), "")
    share, missions = _percent(say, cell.estimate.share), say.count(cell.missions)
    if not cell.stands_out:
        return HourCell("like", share, missions, "")
    apart = abs(cell.estimate.share - whole)
    step = 1 + sum(apart >= edge for edge in _STEPS)
    if cell.stands_out > 0:
        return HourCell(f"more-{step}", share, missions, say("more often late"))
    return HourCell(f"less-{step}", share, missions, say("less often late"))


def _percent(say: Speaker, share: float | None) -> str:
    """In little space."""
    return NONE if share is None else f"{say.number(100 * share, 0)} %"


def _crowding(say: Speaker, crowding: Crowding) -> CrowdingShown:
    held = [one for one in crowding.classes if one.missions]
    return CrowdingShown(
        rows=[(_so_many(say, one), _crowded(say, one, crowding)) for one in held],
        result=say(
            "Others waiting, at the median: {late} for the late missions, {all} for all.",
            late=NONE if crowding.late_median is None else say.count(crowding.late_median),
            all=NONE if crowding.median is None else say.count(crowding.median),
        ),
    )


def _so_many(say: Speaker, one: Class) -> str:
    if one.most is None:
        return say("{number} or more", number=say.count(one.least))
    return say.count(one.least) if one.least == one.most else f"{say.count(one.least)}–{say.count(one.most)}"


def _crowded(say: Speaker, one: Class, crowding: Crowding) -> list[str]:
    return [
        say.count(one.missions),
        say.share(one.missions / crowding.missions if crowding.missions else None),
        say.count(one.late),
        say.share(one.late / crowding.late if crowding.late else None),
        say.share(one.late_share),
    ]

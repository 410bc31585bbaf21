"""The parts of a change beside each other: causes, stages, parts of the area, each with its interval.

In late missions of every hundred. A diamond is more late, a disc fewer, hollow what may be chance. Words are those of
`words.changes`.
"""

from collections.abc import Iterator

from monitor.charts.drawing import Drawing, Point
from monitor.charts.standing import Distance, standing
from monitor.core.change import Change, Driver
from monitor.core.service import Service
from monitor.core.stats.cluster_bootstrap import Estimate
from monitor.core.verdict import State
from monitor.words import changes, names
from monitor.words.speaker import Speaker


def change_drawn(say: Speaker, service: Service, change: Change, *, name: str, title: str) -> Drawing:
    """The chart; `name` is like no other of its page."""
    told = [*rows(say, service, change)]
    said = " ".join(f"{row.name}: {row.figure}." for row in told if row.point)
    return standing(
        say,
        told,
        name=name,
        title=title,
        said=f"{title}. {said}",
        axis=say("more late of every 100 missions"),
        figures=say("of 100"),
        note="",
    )


def rows(say: Speaker, service: Service, change: Change) -> Iterator[Distance]:
    """The whole, then causes, stages and places, each group under its heading."""
    yield _row(say, say("in all"), change.change)
    yield Distance(say("Why"), None)
    for driver, estimate in change.drivers.items():
        if driver is not Driver.TARGET or estimate.value:
            yield _row(say, say(changes.DRIVERS[driver]), estimate)
    if change.stages is not None:
        yield Distance(say("By stage"), None)
        for stage, estimate in change.stages.stages.items():
            yield _row(say, changes.stage_named(say, service, stage), estimate)
    if change.areas:
        yield Distance(say("Where"), None)
        for part in change.areas:
            named = say("all others") if part.area is None else names.area(say, service, part.area)
            yield _row(say, named, part.change)


def _row(say: Speaker, named: str, estimate: Estimate) -> Distance:
    state = State.MISSED if estimate.value > 0 else State.MET
    point = Point(
        value=100 * estimate.value,
        lower=100 * estimate.lower,
        upper=100 * estimate.upper,
        state=state,
        hollow=not estimate.stands_out,
    )
    figure = f"{changes.signed(say, estimate.value)} ({changes.between(say, estimate)})"
    return Distance(named, point, figure, f"{named}: {figure}")

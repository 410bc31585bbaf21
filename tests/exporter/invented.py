"""A published state of any service, made by hand: figures that look like some, verdicts that follow from them."""

from collections.abc import Container, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from monitor.core import verdict
from monitor.core.alarm import Alarm, Baseline, Level
from monitor.core.closer import Closer
from monitor.core.crowding import BOUNDS, Class, Crowding
from monitor.core.feed import Heard
from monitor.core.figures import ClockFigures, Count, Figures, InProgress
from monitor.core.hours import Cell, Hours
from monitor.core.mission import Cause
from monitor.core.onset import Onset
from monitor.core.service import Area, Category, Clock, Duty, Moment, Objective, Service
from monitor.core.slices import Grid
from monitor.core.snapshot import Row, Snapshot, Standing
from monitor.core.stages import Chain, Stages
from monitor.core.stats.beta_binomial import Estimate
from monitor.core.stats.beta_mixture import NOTHING_YET
from monitor.core.stats.cusum import Drift
from monitor.core.stats.interval import Interval
from monitor.core.tail import Tail, Wait
from monitor.core.verdict import Verdict
from monitor.core.weeks import Week
from monitor.core.windows import DEFAULT, Span, parse_window
from monitor.published import Published, StoreState

GRID = Grid(ZoneInfo("Europe/London"))
NOW = GRID.midnight(date(2024, 11, 20).toordinal()) + 12 * 3600.0
SECONDS = {"answer": 14.0, "response": 560.0, "transfer": 9_100.0}
"""How long missions take by the clock; others as a response."""


def service(
    areas: Mapping[str, str | None],
    categories: Mapping[str, str | None],
    objectives: tuple[Objective, ...],
    clocks: tuple[str, ...] = ("response",),
    slug: str = "invented",
) -> Service:
    """Areas and categories by what each lies within."""
    return Service(
        slug,
        areas=tuple(
            Area(area, within, names={"en": area.replace("-", " ").title()}) for area, within in areas.items()
        ),
        categories=tuple(Category(one, within, {"en": one.replace("-", " ")}) for one, within in categories.items()),
        clocks=tuple(Clock(one, (Moment("begin"),), (Moment("end"),)) for one in clocks),
        objectives=objectives,
        names={"en": slug.replace("-", " ").capitalize()},
    )


def _named(text: str) -> dict[str, str]:
    return {"en": text}


_CITY: dict[str, str | None] = {"city": None, "east": "city", "west": "city", "harbour": "city"}
_COUNTRY: dict[str, str | None] = {
    "england": None, "london": "england", "north-west": "england", "south-east": "england",
    "london-ambulance": "london", "cumbria": "north-west", "lancashire": "north-west", "kent": "south-east",
    "surrey": "south-east",
}  # fmt: skip
_SIX = (
    Objective("call-answered", Decimal("99.9"), Duty.SHOW, "answer", _named("call answered")),
    Objective("turnout", 90, Duty.PAGE, "answer", _named("turnout")),
    Objective("first-engine", 90, Duty.TICKET, "response", _named("first engine on scene")),
    Objective("full-alarm", 90, Duty.TICKET, "response", _named("full alarm on scene")),
    Objective("mean-first", None, Duty.SHOW, "response", _named("mean of the first engine")),
    Objective("handover", 80, Duty.SHOW, "transfer", _named("handover at hospital")),
)
_THREE = ("answer", "response", "transfer")
SHAPES = {
    "1x1": service(
        {"norway": None, "oslo": "norway", "bergen": "norway"}, {"calls": None},
        (Objective("answered", 95, Duty.PAGE, "answer", _named("answered in time")),), ("answer",), "calls",
    ),
    "4x2": service(
        _COUNTRY,
        {"all": None} | {f"category-{number}": "all" for number in range(1, 5)},
        (Objective("mean", None, Duty.TICKET), Objective("p90", 90, Duty.PAGE, names=_named("90th percentile"))),
        slug="ambulances",
    ),
    "1x6": service(_CITY, {"fire": None}, _SIX, _THREE, "fire-and-rescue"),
    "12x1": service(
        _CITY, {f"reason-group-{number}": None for number in range(1, 13)}, (Objective("ninety", 90, Duty.PAGE),),
        slug="reasons",
    ),
    "12x6": service(_CITY, {f"risk-{number}": None for number in range(1, 13)}, _SIX, _THREE, "much"),
}  # fmt: skip
"""Services by their categories and objectives."""


def published(
    declared: Service, *, seed: int = 1, missions: int = 400, aimless: Container[tuple[str, str]] = ()
) -> Published:
    """What such a service might show. Targets are met and missed, some series have none, some no missions.

    `aimless`: categories with an objective that has no target in any area.
    """
    rng = Random(seed)  # noqa: S311 - figures to look at
    rows, standings = [], []
    for area, category in declared.judged_series:
        size = 0 if rng.random() < 0.04 else rng.randrange(3, missions)
        targets: dict[str, float | None] = {
            one.slug: None if rng.random() < 0.03 or (category, one.slug) in aimless else target_of(one)
            for one in declared.objectives
        }
        progress = InProgress(rng.randrange(4), rng.randrange(2))
        for name in DEFAULT:
            window = parse_window(name)
            figures = figures_of(declared, targets, rng, size)
            span = None if window.count else Span(NOW - (window.seconds or 40 * 86_400.0), NOW)
            rows.append(Row(area, category, name, span, figures, verdicts_of(declared, figures, targets)))
        standings.append(
            Standing(area, category, progress, NOW - 900.0 if size else None, targets, alarms_of(declared, rng))
        )
    heard = Heard(NOW, 0.0)
    snapshot = Snapshot(declared, NOW, False, 21_600.0, heard, rows, standings, {})
    return Published(
        snapshot=snapshot, heads={}, store=StoreState.UP, problem=None, loaded=True, read_at=NOW, published_at=NOW
    )


def weeks(declared: Service, shown: Published, area: str, *, seed: int = 2) -> dict[str, list[Week]]:
    """The last 26 weeks of an area, one of them without missions."""
    rng, monday = Random(seed), date(2024, 11, 18)  # noqa: S311
    found: dict[str, list[Week]] = {}
    for standing in shown.snapshot.standings:
        if standing.area == area:
            for back in reversed(range(26)):
                figures = figures_of(declared, standing.targets, rng, 0 if back == 7 else rng.randrange(5, 40))
                verdicts = verdicts_of(declared, figures, standing.targets)
                first = monday - timedelta(weeks=back)
                begin = GRID.midnight(first.toordinal())
                week = Week(first, Span(begin, begin + 7 * 86_400.0), back == 0, figures, verdicts)
                found.setdefault(standing.category, []).append(week)
    return found


def closer(declared: Service, *, seed: int = 3) -> dict[str, Closer]:
    """What is behind the figures of an area, by category: every step of colour, what is sealed, a rest."""
    rng = Random(seed)  # noqa: S311
    percentiles = [one for one in declared.objectives if one.percentile is not None]
    whole, *others = declared.clock_slugs
    chain = Chain(whole, (*others, None)) if others else None
    return {
        category: Closer(
            chain=chain,
            stages={name: _stages(chain, rng) for name in ("28d", "365d")} if chain else {},
            tails={one.slug: {"28d": _tail(one, 90, rng), "365d": _tail(one, 1_900, rng)} for one in percentiles},
            objective=percentiles[0] if percentiles else None,
            hours=_hours(rng) if percentiles else None,
            crowding=_crowding(rng) if percentiles else None,
        )
        for category in declared.judged_categories
    }


def _stages(chain: Chain, rng: Random) -> Stages:
    return Stages(1_234, 1_300, {stage: rng.randrange(10**9, 10**11) for stage in chain.stages})


def _tail(objective: Objective, judged: int, rng: Random) -> Tail:
    waits = [
        Wait(rng.uniform(3_000.0, 90_000.0), NOW - number * 86_400.0 * 3, dated=number % 3 == 2)
        for number in range(10)
    ]
    return Tail(
        objective, judged, {1.0: judged // 5, 1.5: judged // 20, 2.0: judged // 50},
        tuple(sorted(waits, key=lambda one: -one.seconds)), sealed=judged // 2, estimated=judged // 3,
        unclear=judged // 9,
    )  # fmt: skip


def _hours(rng: Random) -> Hours:
    def cell(number: int) -> Cell:
        apart = (0.0, 0.03, -0.03, 0.07, -0.07, 0.2, -0.15)[number % 7]
        if number % 9 == 8:
            return Cell(3, 1, None, 0)
        share = 0.2 + apart
        return Cell(
            rng.randrange(6, 1_200), 5, Estimate(share, share - 0.02, share + 0.02), (apart > 0) - (apart < 0)
        )

    cells = [[cell(8 * day + block) for block in range(8)] for day in range(7)]
    return Hours(9_999, 2_000, 321, cells, [cell(n) for n in range(7)], [cell(n + 1) for n in range(8)])


def _crowding(rng: Random) -> Crowding:
    ends = [bound - 1 for bound in BOUNDS[1:]]
    return Crowding(
        [Class(least, most, rng.randrange(20, 2_000), 15) for least, most in zip(BOUNDS, [*ends, None], strict=True)],
        2, 1,
    )  # fmt: skip


def target_of(objective: Objective) -> float:
    """A round number near what is reached."""
    usual = SECONDS.get(objective.clock, 560.0)
    share = 100 if objective.percentile is None else 55 + float(objective.percentile)
    step = 1 if usual < 60 else 60 if usual < 3000 else 900
    return round(usual * share / 100 / step) * float(step)


def figures_of(declared: Service, targets: Mapping[str, float | None], rng: Random, size: int) -> Figures:
    """Figures of so many missions, give or take what is not measured."""
    clocks, values, intervals, exact, counts = {}, {}, {}, {}, {}
    for clock in declared.clocks:
        lost = {Cause.NO_END: size // 9, Cause.NEGATIVE: size // 80}
        clocks[clock.slug] = ClockFigures(size, {cause: count for cause, count in lost.items() if count})
    for one in declared.objectives:
        value = target_of(one) * rng.uniform(0.75, 1.2)
        values[one.slug] = value if size else None
        wide = value / (1 + size) ** 0.5
        intervals[one.slug] = (
            Interval(value - wide, value + wide if size > 8 else None) if size else Interval(None, None)
        )
        exact[one.slug] = rng.random() < 0.8
        judged = 0 if targets[one.slug] is None else size
        ratio = min(1.0, float(one.percentile or 50) / 100 * rng.uniform(0.85, 1.1))
        total = round(judged * value * 1e6) if one.percentile is None else None
        allowed = round(judged * (targets[one.slug] or 0) * 1e6) if one.percentile is None else None
        lacking = clocks[one.clock].unmeasured_total if targets[one.slug] else 0
        counts[one.slug] = Count(
            judged, round(judged * ratio), total, allowed, judged * (0.4 * value) ** 2, unmeasured=lacking,
            unmeasured_allowed=round(lacking * (targets[one.slug] or 0) * 1e6) if one.percentile is None else 0,
        )  # fmt: skip
    return Figures(
        excluded=size // 50, clocks=clocks, values=values, intervals=intervals, exact=exact, counts=counts,
        last_rang_at=NOW - 900.0 if size else None,
    )  # fmt: skip


def verdicts_of(declared: Service, figures: Figures, targets: Mapping[str, float | None]) -> dict[str, Verdict]:
    """By objective."""
    return verdict.verdicts_of(declared.objectives, figures, targets, {}, stale=False)


def alarms_of(declared: Service, rng: Random) -> dict[str, Alarm]:
    """Of the objectives that page."""
    level = rng.choice([Level.NONE] * 8 + [Level.WARNING, Level.BREACH])
    drift: dict[Baseline, Drift | None] = {
        Baseline.TARGET: Drift(rng.uniform(0, 5), level is Level.BREACH, None),
        Baseline.OWN_YEAR: None,
    }
    pages = [one.slug for one in declared.objectives if one.duty is Duty.PAGE]
    return {slug: Alarm(level, rng.choice(list(Onset)), drift, {"month": NOTHING_YET}, 0.4) for slug in pages}

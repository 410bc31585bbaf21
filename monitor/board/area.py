"""The page of one area: each category with its alarms, and each objective with all windows and its last weeks.

Decides the order of what is told: what goes on now, what each objective says, which missions that is said of. Figures
are the published ones; weeks and the closer look come with the request, None until the store has been read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from monitor.board.closer import Shown, shown_of
from monitor.board.frame import Said, View, rendered
from monitor.board.years import drawings
from monitor.charts.by_year import notes
from monitor.charts.drawing import Drawing
from monitor.charts.over_time import Stage, over_time
from monitor.core.alarm import Baseline, Level
from monitor.core.closer import Closer
from monitor.core.figures import ClockFigures
from monitor.core.forecast import Forecast, Forecasts
from monitor.core.ranking import as_tree
from monitor.core.service import Objective
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.cusum import Drift
from monitor.core.weeks import Week
from monitor.core.years import Year
from monitor.words import names
from monitor.words.forecasts import likely
from monitor.words.speaker import NONE, Speaker, phrase
from monitor.words.verdicts import causes, share_reached

_BASELINES: Final[Mapping[Baseline, str]] = {
    Baseline.TARGET: phrase("drift from the target"),
    Baseline.OWN_YEAR: phrase("drift from its own past year"),
}


NOTHING_AHEAD: Final[Mapping[str, Forecasts]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its heading, and its cells; `name` tells it from the others of its page."""

    name: str
    heading: str
    cells: Sequence[str | Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One objective of a category: what it asks, what it says in each window, and how it came about.

    `key` as of the section.
    """

    key: str
    name: str
    statistic: str
    unit: str
    mean: bool
    verdict: Said
    about: str
    described: str
    asked: str
    told: str
    windows: Sequence[Line]
    weeks: Sequence[Line]
    drawing: Drawing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One category of the area; `within`: the pool that it is part of, if any. `missions` by window."""

    key: str
    name: str
    within: str
    standing: Standing
    level: Level
    drifts: Sequence[tuple[str, bool, str]]
    """Against what, whether it is an alarm, and what is said of it."""
    aims: Sequence[Aim]
    closer: Shown | None
    missions: Sequence[Line]


def area_page(
    view: View,
    area: str,
    weeks: Mapping[str, Sequence[Week]] | None,
    closer: Mapping[str, Closer] | None = None,
    *,
    drift_threshold: float,
    years: Sequence[Year] = (),
    ahead: Mapping[str, Forecasts] = NOTHING_AHEAD,
) -> str:
    """The whole page of one known area; `weeks` and `closer` by category, `ahead` by window that is a period."""
    service, snapshot = view.service, view.published.snapshot
    rows: dict[str, list[Row]] = {}
    for row in snapshot.rows:
        if row.area == area:
            rows.setdefault(row.category, []).append(row)
    standings = {standing.category: standing for standing in snapshot.standings if standing.area == area}
    within = {category.slug: category.within for category in service.categories}
    return rendered(
        "area.html.jinja",
        view,
        area=area,
        name=view.area_named(area),
        pools=_pools(view, area),
        sections=[
            _section(
                view,
                standings[slug],
                rows[slug],
                weeks[slug] if weeks else (),
                closer.get(slug) if closer else None,
                drift_threshold=drift_threshold,
                ahead=ahead,
            )
            for slug, _ in as_tree(within)
            if slug in standings
        ],
        missions=_heads(view),
        years=drawings(view, area, years, rows),
        year_notes=notes(view.say, years),
    )


def _pools(view: View, area: str) -> list[tuple[str, str]]:
    """What the area lies within, the root first: address and name."""
    pools = view.service.pools(area, view.day(view.published.snapshot.at))[1:]
    return [(view.link(f"/area/{pool}"), view.area_named(pool)) for pool in reversed(pools)]


def _section(
    view: View,
    standing: Standing,
    rows: Sequence[Row],
    weeks: Sequence[Week],
    closer: Closer | None,
    *,
    drift_threshold: float,
    ahead: Mapping[str, Forecasts],
) -> Section:
    chosen = next((row for row in rows if row.window == view.window), rows[0])
    aims = view.aims(standing.category, rows)
    pools = view.service.category_pools[standing.category][1:]
    return Section(
        key=standing.category,
        name=view.category_named(standing.category),
        within="".join(map(view.category_named, pools[:1])),
        standing=standing,
        level=view.level(standing),
        drifts=[
            (_drift_named(view, slug, baseline), bool(drift and drift.alarm), _told(view.say, drift, drift_threshold))
            for slug, alarm in standing.alarms.items()
            for baseline, drift in alarm.drift.items()
        ],
        aims=[_aim(view, objective, _Told(chosen, rows, weeks, ahead)) for objective in aims],
        closer=None if closer is None else shown_of(view, closer, chosen, aims),
        missions=[_missions(view, row) for row in rows],
    )


def _drift_named(view: View, objective: str, baseline: Baseline) -> str:
    """What is watched; the objective is named where several are."""
    told = view.say(_BASELINES[baseline])
    several = len(view.published.snapshot.standings[0].alarms) > 1
    return f"{view.objective_named(view.service.objective(objective))}: {told}" if several else told


@dataclass(frozen=True, slots=True)
class _Told:
    """What an objective is told from: the row of the page's window, those of all, the weeks, the forecasts."""

    chosen: Row
    rows: Sequence[Row]
    weeks: Sequence[Week]
    ahead: Mapping[str, Forecasts]


def _aim(view: View, objective: Objective, told: _Told) -> Aim:
    chosen, rows, weeks, ahead = told.chosen, told.rows, told.weeks, told.ahead
    verdict = chosen.verdicts[objective.slug]
    said = view.said(verdict)
    about = ", ".join(
        (view.area_named(chosen.area), view.category_named(chosen.category), view.objective_named(objective))
    )
    described = view.say(
        "{about}: {statistic} and missions of {count} weeks.",
        about=about,
        statistic=view.statistic(objective),
        count=len(weeks),
    )
    return Aim(
        key=f"{chosen.category}_{objective.slug}",
        name=view.objective_named(objective),
        statistic=view.statistic(objective),
        unit=view.unit(objective),
        mean=objective.percentile is None,
        verdict=said,
        asked=view.asked_of((chosen.area, chosen.category), objective),
        told=said.text if view.outdated else view.sentence(chosen, verdict),
        windows=[_window(view, row, objective, _ahead(ahead, row, objective)) for row in rows],
        about=about,
        described=described,
        weeks=[_week(view, week, objective) for week in reversed(weeks)],
        drawing=_drawing(view, chosen.category, weeks, objective, described) if weeks else None,
    )


def _drawing(view: View, category: str, weeks: Sequence[Week], objective: Objective, described: str) -> Drawing:
    say = view.say
    stages = [
        Stage(
            named=say("week of {day}", day=week.monday.isoformat()),
            label=f"{week.monday.day}.{week.monday.month}.",
            running=week.running,
            figures=week.figures,
            verdict=week.verdicts[objective.slug],
        )
        for week in weeks
    ]
    how = view.notation(objective)
    return over_time(say, how, objective, stages, name=f"drawing-{category}_{objective.slug}", title=described)


def _told(say: Speaker, drift: Drift | None, threshold: float) -> str:
    if drift is None:
        return say("too few missions")
    score, limit = say.towards(drift.score, threshold)
    if drift.alarm:
        return say("alarm, score {score} of {threshold}", score=score, threshold=limit)
    return say("none, score {score} of {threshold}", score=score, threshold=limit)


def _ahead(ahead: Mapping[str, Forecasts], row: Row, objective: Objective) -> Forecast | None:
    """Of a window that is a period, and will end."""
    return ahead.get(row.window, {}).get((row.area, row.category), {}).get(objective.slug)


def _window(view: View, row: Row, objective: Objective, ahead: Forecast | None) -> Line:
    verdict = row.verdicts[objective.slug]
    share = () if objective.percentile is None else (share_reached(view.say, verdict),)
    judged = view.say.count(verdict.judged) if view.published.loaded else NONE
    cells = (
        *_statistic(view, row, objective),
        view.said(verdict),
        *share,
        view.room(verdict) or NONE,
        NONE if view.outdated else likely(view.say, ahead),
        judged,
        view.with_unmeasured(verdict),
    )
    return Line(f"w-{row.category}_{objective.slug}-{row.window}", view.say.window(row.window), cells)


def _week(view: View, week: Week, objective: Objective) -> Line:
    say, verdict = view.say, week.verdicts[objective.slug]
    monday = week.monday.isoformat()
    decided = view.room(verdict) or NONE if objective.percentile is None else share_reached(say, verdict)
    measured = week.figures.of(objective).measured
    cells = (
        *_statistic(view, week, objective),
        decided if measured else say("no missions"),
        say.count(measured),
    )
    running = say("running")
    return Line(monday, f"{monday} ({running})" if week.running else monday, cells)


def _statistic(view: View, judged: Row | Week, objective: Objective) -> tuple[str, str, str]:
    figures, verdict = judged.figures, judged.verdicts[objective.slug]
    value, around = view.value(figures, verdict), view.between(figures, objective)
    return value, around, view.target(verdict)


def _heads(view: View) -> list[str]:
    """What stands over the cells of `_missions`; a clock is named where there are several."""
    say, clocks = view.say, view.service.clocks
    heads = [say("measured"), say("unmeasured")]
    if len(clocks) == 1:
        return heads
    return [f"{names.clock(say, view.service, clock.slug)}: {head}" for clock in clocks for head in heads]


def _missions(view: View, row: Row) -> Line:
    """Which missions the window's figures are made of, clock by clock."""
    say, loaded = view.say, view.published.loaded
    spanned = loaded and row.span is not None
    cells = [
        told
        for clock in view.service.clocks
        for figures in [row.figures.clocks[clock.slug]]
        for told in (
            say.count(figures.measured) if loaded else NONE,
            _unmeasured(say, figures) if spanned else NONE,
        )
    ]
    excluded = say.count(row.figures.excluded) if spanned else NONE
    return Line(f"n-{row.category}-{row.window}", say.window(row.window), (*cells, excluded))


def _unmeasured(say: Speaker, figures: ClockFigures) -> str:
    """How many, and why."""
    told = causes(say, figures.unmeasured)
    return f"{say.count(figures.unmeasured_total)} ({told})" if told else say.count(0)

"""What every page of the board shares: who looks at what, the templates, and how far the figures can be trusted.

Decides which banners stand on top, and what a page may load: its own stylesheet, script and stream, nothing else.
The templates escape whatever they are given. Parts that a live page replaces carry `data-live` and an id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, Final, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment

from monitor.board.assets import FLAT, ICON, MAP, SCRIPT, STACKED, STYLE, TURNING, WALL
from monitor.board.doubts import STORES, Fact, banners, facts
from monitor.board.rule import Rule
from monitor.board.silences import sentences
from monitor.core.alarm import Level
from monitor.core.calendar import Period
from monitor.core.figures import Figures, InProgress
from monitor.core.forecast import Forecasts
from monitor.core.service import Objective, Series, Service, by_duty
from monitor.core.snapshot import Row, Standing
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State, Verdict
from monitor.published import Published
from monitor.templates import environment
from monitor.words import durations, names
from monitor.words.catalogue import LANGUAGES
from monitor.words.durations import Notation
from monitor.words.speaker import NONE, Speaker, phrase, speaker
from monitor.words.verdicts import EVIDENCES, STATES, bounds_reached, hanging, sentence

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that goes with every page."""
Order = Literal["worst", "fixed"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
Look = Literal["table", "map", "wall"]
LOOKS: Final[Mapping[Look, str]] = {"table": phrase("table"), "map": phrase("map"), "wall": phrase("wall")}
LEVELS: Final[Mapping[Level, str]] = {
    Level.NONE: phrase("no alarm"),
    Level.WARNING: phrase("warning"),
    Level.BREACH: phrase("alarm"),
}
_SPARED_TO: Final = 60
"""Seconds matter to few minutes, not to hours."""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as it is shown: its words, and as markup what it is coloured by and the words with their evidence."""

    text: str
    attributes: str
    words: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A calendar period that is shown in place of a window. `over`: nothing of it is still to come."""

    period: Period
    over: bool
    rows: Sequence[Row] = ()


@dataclass(frozen=True, kw_only=True)
class View:
    """What is shown to whom: everything that an address says, over one published state.

    `judged`: a period in place of the window. `category`: the only one to show; empty: all. `periods`: those that are
    offered. `patience_seconds`: silence of the stream after which a page trusts it no more. `root`: from the page to
    the board's first one. All addresses are relative, so that a proxy may put the board under any path.
    """

    published: Published
    say: Speaker
    zone: ZoneInfo
    window: str
    windows: Sequence[str]
    order: Order = "worst"
    look: Look = "table"
    category: str = ""
    judged: Judged | None = None
    periods: Sequence[str] = ()
    patience_seconds: float = 45.0
    root: str = ""
    ahead: Forecasts = field(default_factory=dict)
    """Of the window, where it is a period that runs, for a wall."""
    held_to: Rule = field(default_factory=Rule)

    @property
    def service(self) -> Service:
        """Whose missions these are."""
        return self.published.snapshot.service

    @property
    def outdated(self) -> bool:
        """Whether the figures are no longer those of now, so that no verdict may be shown as one."""
        return self.published.loaded and not self.published.store_up

    @cached_property
    def _targets(self) -> Mapping[tuple[str, str], list[float | None]]:
        """By category and objective, those of all areas."""
        targets: dict[tuple[str, str], list[float | None]] = {}
        for standing in self.published.snapshot.standings:
            for slug, seconds in standing.targets.items():
                targets.setdefault((standing.category, slug), []).append(seconds)
        return targets

    @cached_property
    def _notations(self) -> Mapping[str, Notation]:
        known: dict[str, list[float | None]] = {objective.slug: [] for objective in self.service.objectives}
        for (_, slug), seconds in self._targets.items():
            known[slug] += seconds
        beside: dict[str, list[float | None]] = {}
        for one in self.service.objectives:
            beside.setdefault(one.clock, []).extend(known[one.slug])
        # What has no threshold anywhere is written as what is judged by the same clock.
        return {
            one.slug: durations.notation(known[one.slug] if any(known[one.slug]) else beside[one.clock])
            for one in self.service.objectives
        }

    @cached_property
    def mixed(self) -> bool:
        """Whether what is judged is written in several notations: then no figure stands without a unit."""
        aims = {one for category in self.service.judged_categories for one in self.aims(category, self._of(category))}
        return len({self.notation(one) for one in aims}) > 1

    def _of(self, category: str) -> Iterable[Row]:
        return (row for row in self.rows.values() if row.category == category)

    def aims(self, category: str, rows: Iterable[Row]) -> Sequence[Objective]:
        """The objectives to tell of a category: those with a target in some area, or in one of the rows; else all."""
        judged = {slug for row in rows for slug, one in row.verdicts.items() if one.state is not State.NO_TARGET}
        known = {slug for (where, slug), seconds in self._targets.items() if where == category and any(seconds)}
        return [one for one in self.ranked if one.slug in judged | known] or self.ranked

    def notation(self, objective: Objective) -> Notation:
        """How values of an objective are written, the same in all cells: by what they are held against anywhere."""
        return self._notations[objective.slug]

    @cached_property
    def marks(self) -> Mapping[Series, str]:
        """What tells each series from all others in the ids of a page: slugs and hyphens alone may be ambiguous."""
        marks: dict[str, Series] = {}
        for series in self.service.judged_series:
            mark = "-".join(series)
            while mark in marks:
                mark += "_"
            marks[mark] = series
        return {series: mark for mark, series in marks.items()}

    def area_named(self, area: str) -> str:
        """An area's name in the reader's language."""
        return names.area(self.say, self.service, area)

    def category_named(self, category: str) -> str:
        """A category's name in the reader's language."""
        return names.category(self.say, self.service, category)

    def objective_named(self, objective: Objective) -> str:
        """An objective's name in the reader's language."""
        return names.objective(self.say, objective)

    def statistic(self, objective: Objective) -> str:
        """What is held against the threshold, in little space."""
        return names.statistic(self.say, objective)

    @property
    def heading(self) -> str:
        """What all pages are about."""
        return self.say("{service}: response times", service=names.service(self.say, self.service))

    @property
    def ranked(self) -> Sequence[Objective]:
        """The objectives, those first that may ask most of people."""
        return by_duty(self.service.objectives)

    def rule(self, objective: Objective) -> str:
        """What an objective asks for."""
        clock = names.clock(self.say, self.service, objective.clock)
        if objective.percentile is None:
            return self.say("mean of the measured missions ({clock})", clock=clock)
        percent = self.say.plain(float(objective.percentile))
        return self.say(
            "P{percent}: so long, at most, took {percent} % of the measured missions ({clock})",
            percent=percent,
            clock=clock,
        )

    def level(self, standing: Standing, objective: Objective | None = None) -> Level:
        """The gravest alarm of a series; or of one objective there."""
        alarms = [alarm for slug, alarm in standing.alarms.items() if objective is None or slug == objective.slug]
        return max((alarm.level for alarm in alarms), key=list(Level).index, default=Level.NONE)

    @cached_property
    def choices(self) -> Mapping[str, str]:
        """What an address says, by the names that it says it by; what is empty is left out."""
        return {
            "view": self.look,
            "window": "" if self.judged else self.window,
            "period": self.judged.period.name if self.judged else "",
            "category": self.category,
            "order": self.order,
            "lang": self.say.language,
        }

    def link(self, path: str, **changes: str) -> str:
        """An address that says all of the present choices, some of them changed; a window takes a period's place."""
        instead = {"window": "period", "period": "window"}
        choices = {**self.choices, **{other: "" for one, other in instead.items() if one in changes}, **changes}
        return f"{self.address(path)}?{urlencode({name: said for name, said in choices.items() if said})}"

    @property
    def looks(self) -> Sequence[Look]:
        """The views that there are of this service: a map only where somebody has said where its areas lie."""
        mapped = self.service.outlines is not None or bool(self.service.tiles(self.today))
        return [look for look in LOOKS if look != "map" or mapped]

    @property
    def spoken(self) -> str:
        """The window, or the period, in words."""
        return self.judged.period.name if self.judged else self.say.window(self.window)

    @cached_property
    def rows(self) -> Mapping[Series, Row]:
        """Those of the window, or of the period."""
        rows = self.judged.rows if self.judged else self.published.snapshot.rows
        return {(row.area, row.category): row for row in rows if self.judged or row.window == self.window}

    @cached_property
    def standings(self) -> Mapping[Series, Standing]:
        """What goes on now."""
        return {(standing.area, standing.category): standing for standing in self.published.snapshot.standings}

    @property
    def today(self) -> date:
        """The local day of what is published."""
        return self.day(self.published.snapshot.at)

    @property
    def day_shown(self) -> date:
        """The local day whose tree of areas, and whose map, is shown: today, or a period's first."""
        return self.judged.period.first if self.judged else self.today

    @property
    def day_asked(self) -> date:
        """The local day whose thresholds are told as the rule: today, or a period's last, as in the report."""
        return date.fromordinal(self.judged.period.after.toordinal() - 1) if self.judged else self.today

    @property
    def asked(self) -> Sequence[str]:
        """The rule in sentences."""
        return self.held_to.sentences(self.say, self.service, self.day_asked)

    @property
    def asked_by(self) -> Sequence[str]:
        """Where the rule is written, and what is not settled about it."""
        return self.held_to.settled_by(self.say, self.day_asked)

    def asked_of(self, place: Series, objective: Objective) -> str:
        """What an objective asks of an area and category."""
        return self.held_to.sentence(self.say, self.service, self.day_asked, place, objective)

    @property
    def banners(self) -> list[tuple[str, bool]]:
        """What makes the figures doubtful (`doubts`)."""
        return banners(self.published, self.say, self.zone, over=self.judged is not None and self.judged.over)

    @property
    def silences(self) -> list[str]:
        """What nobody is told of (`silences`)."""
        told = self.published.silenced
        return sentences(told, self.say, self.service, self.moment, wall=self.look == "wall")

    def silenced(self, standing: Standing) -> str:
        """That an alert of a series is held back; else nothing."""
        told = self.published.silenced
        return self.say("silenced") if told and told.hides(standing.area, standing.category) else ""

    @property
    def facts(self) -> list[Fact]:
        """What may have fallen silent (`doubts`)."""
        return facts(self.published, self.say)

    def address(self, path: str) -> str:
        """Where a path of the service is found from this page."""
        return self.root + path.removeprefix("/")

    def moment(self, seconds: float | None) -> str:
        """A moment in the monitor's zone."""
        return self.say.moment(seconds, self.zone)

    def day(self, seconds: float) -> date:
        """The local day that holds a moment."""
        return datetime.fromtimestamp(seconds, self.zone).date()

    def value(self, figures: Figures, verdict: Verdict) -> str:
        """The statistic that a verdict is about."""
        slug = verdict.objective.slug
        seconds, how = figures.values[slug], self.notation(verdict.objective)
        if seconds is None:
            return NONE
        return durations.briefly(
            self.say, how, seconds, verdict.target_seconds,
            exact=figures.exact[slug], rounding=verdict.objective.rounding,
        )  # fmt: skip

    def value_with_unit(self, figures: Figures, verdict: Verdict) -> str:
        """The same, with its unit where figures beside it have another."""
        shown = self.value(figures, verdict)
        if shown == NONE or not self.mixed:
            return shown
        return durations.with_unit(self.say, self.notation(verdict.objective), shown)

    def unit(self, objective: Objective) -> str:
        """What values are given in."""
        return self.say(self.notation(objective).value)

    def target(self, verdict: Verdict) -> str:
        """A verdict's target, in the notation of the values beside it, with their unit."""
        if verdict.target_seconds is None:
            return NONE
        written = durations.measured if self.mixed else durations.aimed
        return written(self.say, self.notation(verdict.objective), verdict.target_seconds)

    def between(self, figures: Figures, objective: Objective) -> str:
        """Where the statistic may truly lie."""
        interval = figures.intervals[objective.slug]
        return durations.between(self.say, self.notation(objective), interval.lower, interval.upper)

    def room(self, verdict: Verdict) -> str:
        """What is left until the target is missed: late missions, or of a mean the time of all; may be empty."""
        if self.outdated:
            return ""
        if verdict.late_budget is not None:
            return self.say.signed(verdict.late_budget)
        seconds = verdict.spare_seconds
        if seconds is None:
            return ""
        rounded = round(seconds / _SPARED_TO) * _SPARED_TO if abs(seconds) >= _SPARED_TO**2 else round(seconds)
        return ("+" if rounded > 0 else "") + durations.lasting(self.say, rounded)

    def with_unmeasured(self, verdict: Verdict) -> str:
        """Between what the share of all lies, and what must be true of the unmeasured."""
        tips = "" if self.outdated else hanging(self.say, verdict)
        shares = () if verdict.within is None else (bounds_reached(self.say, verdict),)
        return ", ".join((*shares, tips)) if tips else NONE

    def said(self, verdict: Verdict) -> Said:
        """A verdict and its evidence; none where nobody can vouch for it."""
        return _said(self.say, None if self.outdated else verdict.state, verdict.evidence)

    def sentence(self, row: Row, verdict: Verdict) -> str:
        """A verdict of a row in words."""
        return sentence(
            self.say,
            verdict,
            seconds=row.figures.values[verdict.objective.slug],
            area=self.area_named(row.area),
            category=self.category_named(row.category),
            window=row.window,
        )

    def sentences(self, row: Row) -> str:
        """The verdicts of a row in words, those that ask most of people first."""
        return " ".join(self.sentence(row, row.verdicts[objective.slug]) for objective in self.ranked)

    def missed_others(self, others: Iterable[Verdict]) -> str:
        """How many verdicts beside the one that is shown are missed, in words; empty where none is."""
        missed = 0 if self.outdated else sum(one.state is State.MISSED for one in others)
        return self.say.several("{count} other missed", "{count} others missed", missed) if missed else ""

    def opened(self, progress: InProgress) -> str:
        """How many missions are in progress."""
        return self.say.several("{count} open", "{count} open", progress.open)

    def overdue(self, progress: InProgress) -> str:
        """How many of them are past the target already, and for so long that they have probably been reached."""
        told = self.say.several("{count} overdue", "{count} overdue", progress.overdue)
        if not progress.presumed:
            return told
        reached = self.say("of these {count} probably reached", count=progress.presumed)
        return f"{told}, {reached}"


@cache
def _said(say: Speaker, state: State | None, evidence: Evidence) -> Said:
    parts = macros("parts.html.jinja", say)
    text = say("outdated") if state is None else say(STATES[state])
    shown = "outdated" if state is None else state.value
    decided = evidence if state in (State.MET, State.MISSED) else None
    return Said(text, parts.coloured(shown, decided), parts.verdict(text, decided))


@cache
def macros(template: str, say: Speaker) -> Any:
    """The macros of a template, to be called from here: they return markup."""
    return _environment().get_template(template).make_module({"say": say})


def rendered(template: str, view: View, **shown: object) -> str:
    """A whole page."""
    return _environment().get_template(template).render(view=view, say=view.say, **shown)


@cache
def _environment() -> Environment:
    return environment(
        "monitor.board",
        states=STATES, evidences=EVIDENCES, levels=LEVELS, stores=STORES, looks=LOOKS, icon=ICON, script=SCRIPT,
        turning=TURNING, style=STYLE, stacked=STACKED, map_style=MAP, flat=FLAT, wall_style=WALL,
        speakers=[speaker(language) for language in LANGUAGES], NONE=NONE, headed=names.headed,
    )  # fmt: skip

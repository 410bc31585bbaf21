"""What every page of the board shares: who looks at what, the templates, and how far the figures can be trusted.

Decides which banners stand on top, and what a page may load: its own stylesheet, script and stream, nothing else.
The templates escape whatever they are given. Parts that a live page replaces carry `data-live` and an id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.board.assets import ICON, SCRIPT, STYLE
from monitor.core.alarm import Level
from monitor.core.snapshot import Row
from monitor.core.stats.binomial import Evidence
from monitor.core.stats.interval import Interval
from monitor.core.timeline import InProgress
from monitor.core.verdict import State, Verdict
from monitor.exporter.published import Published, StoreState
from monitor.words.catalogue import LANGUAGES
from monitor.words.speaker import NONE, Speaker, phrase, speaker
from monitor.words.verdicts import EVIDENCES, STATES, sentence

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that goes with every page."""
Order = Literal["worst", "fixed"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
LEVELS: Final[Mapping[Level, str]] = {
    Level.NONE: phrase("no alarm"),
    Level.WARNING: phrase("warning"),
    Level.PAGE: phrase("alarm"),
}
STORES: Final[Mapping[StoreState, str]] = {
    StoreState.UP: phrase("up"),
    StoreState.DOWN: phrase("DOWN"),
    StoreState.UNREADABLE: phrase("UNREADABLE"),
    StoreState.UNKNOWN: phrase("not read yet"),
}
PROBLEMS: Final[Mapping[StoreState, str]] = {
    StoreState.DOWN: phrase("the store (Redis) does not answer"),
    StoreState.UNREADABLE: phrase("the store (Redis) holds something that this program cannot read"),
    StoreState.UNKNOWN: phrase("the store (Redis) has not been read yet"),
}
SILENT: Final = phrase("The feed is silent: nothing can be said about now, so every verdict is “no data”.")


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as it is shown: its words, and as markup what it is coloured by and the words with their evidence."""

    text: str
    attributes: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown to whom. `patience_seconds`: silence of the stream after which a page trusts it no more.

    `root`: from the page to the board's first one. All addresses are relative, so that a proxy may put the board
    under any path.
    """

    published: Published
    say: Speaker
    names: Mapping[str, str]
    zone: ZoneInfo
    window: str
    windows: Sequence[str]
    order: Order = "worst"
    patience_seconds: float = 45.0
    root: str = ""

    @property
    def outdated(self) -> bool:
        """Whether the figures are no longer those of now, so that no verdict may be shown as one."""
        return self.published.loaded and not self.published.store_up

    def area_named(self, area: str) -> str:
        """An area's name in the reader's language."""
        return self.say.area(area, self.names.get(area, area))

    def link(self, path: str, **changes: str) -> str:
        """An address with the present choices, some of them changed."""
        choices = {"window": self.window, "order": self.order, "lang": self.say.language} | changes
        return f"{self.address(path)}?{urlencode(choices)}"

    def address(self, path: str) -> str:
        """Where a path of the service is found from this page."""
        return self.root + path.removeprefix("/")

    def moment(self, seconds: float | None) -> str:
        """A moment in the monitor's zone."""
        return self.say.moment(seconds, self.zone)

    def minutes(self, seconds: float | None, *, exact: bool) -> str:
        """A percentile in minutes."""
        return NONE if seconds is None else f"{'' if exact else '≈ '}{self.say.number(seconds / 60)}"

    def target(self, verdict: Verdict) -> str:
        """A verdict's target in minutes."""
        return self.say.plain(None if verdict.target_seconds is None else verdict.target_seconds / 60)

    def between(self, interval: Interval) -> str:
        """An interval in minutes."""
        lower, upper = (None if end is None else end / 60 for end in (interval.lower, interval.upper))
        return self.say.between(lower, upper)

    def said(self, verdict: Verdict) -> Said:
        """A verdict and its evidence; none where nobody can vouch for it."""
        return _said(self.say, None if self.outdated else verdict.state, verdict.evidence)

    def sentences(self, row: Row) -> str:
        """The verdicts of a row in words, the requirement's first."""
        name = self.area_named(row.area)
        return " ".join(
            sentence(self.say, row.verdicts[objective], area=name, settlement=row.category, window=row.window)
            for objective in ("requirement", "goal")
        )

    def opened(self, progress: InProgress) -> str:
        """How many missions are in progress."""
        return self.say.several("{count} open", "{count} open", progress.open)

    def overdue(self, progress: InProgress) -> str:
        """How many of them have already missed the requirement."""
        return self.say.several("{count} overdue", "{count} overdue", progress.overdue)

    @property
    def banners(self) -> list[tuple[str, bool]]:
        """What makes the figures doubtful, the worst first, each with whether /readyz knows more.

        What exactly is wrong, and where, is for whoever runs the store, not for everybody who looks at a wall.
        """
        published, say, told = self.published, self.say, []
        if (problem := PROBLEMS.get(published.store)) is not None:
            if published.loaded:
                text = say("These figures are no longer updated: {problem}.", problem=say(problem))
            else:
                text = say("No figures yet: {problem}.", problem=say(problem))
            told.append((text, True))
        elif published.loaded and published.workforce is not None:
            if not published.workforce.workers:
                told.append((say("No worker is running: new missions are not counted."), True))
            elif published.unheld or published.workforce.slowed:
                told.append((say("Some missions are counted late, or not at all."), True))
        if published.loaded and published.snapshot.stale:
            told.append((say(SILENT), False))
        if (claimed := published.snapshot.heard.ahead_at) is not None:
            moment = f"{datetime.fromtimestamp(claimed, self.zone):%Y-%m-%d %H:%M}"  # the year is the point of it
            text = say(
                "The newest record claims to be of {moment}, which is in the future: a clock of the source is wrong.",
                moment=moment,
            )
            told.append((text, False))
        if left_out := published.snapshot.left_out:
            listed = ", ".join(f"{self.names.get(area, area)} {count}" for area, count in left_out.items())
            text = say(
                "{missions} stored missions are in no figure, because their district or class is not configured: "
                "{districts}.",
                missions=sum(left_out.values()),
                districts=listed,
            )
            told.append((text, False))
        return told


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
    environment = Environment(
        loader=PackageLoader("monitor.board"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "states": STATES,
        "evidences": EVIDENCES,
        "levels": LEVELS,
        "stores": STORES,
        "icon": ICON,
        "script": SCRIPT,
        "style": STYLE,
        "speakers": [speaker(language) for language in LANGUAGES],
        "NONE": NONE,
    }
    return environment

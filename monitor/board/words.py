"""What the board says, in English and Norwegian (bokmål): the one dictionary of its pages.

Decides words, decimal signs and the language of a request. Sentences about verdicts, names of windows and classes
are the core's, so that page, report and alert say the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo

from monitor.core.alarm import Baseline, Level
from monitor.core.sentence import SETTLEMENTS, Language, window_name
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State
from monitor.exporter.published import StoreState

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT: Final[Language] = "en"
NONE: Final = "–"
_TAGS: Final[dict[str, Language]] = {"en": "en", "nb": "nb", "no": "nb", "nn": "nb"}
"""Norwegian without a form, and nynorsk: bokmål is nearer than English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything a page says in one language."""

    language: Language
    name: str
    decimal: str
    title: str
    skip: str
    area: str
    whole_country: str
    classes: str
    window: str
    order: str
    worst_first: str
    configured: str
    language_choice: str
    states: dict[State, str]
    evidences: dict[Evidence, str]
    outdated: str
    minutes: str
    requirement: str
    requirement_short: str
    goal: str
    budget: str
    budget_short: str
    open: tuple[str, str]
    overdue: tuple[str, str]
    levels: dict[Level, str]
    as_of: str
    feed: str
    feed_fresh: str
    feed_stale: str
    store: str
    stores: dict[StoreState, str]
    problems: dict[StoreState, str]
    details: str
    never: str
    no_figures: str
    not_updated: str
    silent: str
    lost: str
    connecting: str
    live: str
    polled: str
    caption: str
    since: str
    whenever: str
    legend: str
    legend_text: str
    interval: str
    explained: str
    machines: str
    windows_table: str
    measured: str
    unmeasured: str
    excluded: str
    verdict: str
    share: str
    state_of: str
    alarm_heading: str
    drift: dict[Baseline, str]
    drift_on: str
    drift_off: str
    drift_unknown: str
    chart_p80: str
    chart_share: str
    chart_count: str
    chart_as_table: str
    chart_described: str
    week: str
    week_of: str
    running: str
    no_missions: str
    back: str
    class_now: str
    changed: str

    def number(self, value: float, digits: int = 1) -> str:
        """A number as it is written in this language, with a true minus sign."""
        return f"{value:.{digits}f}".replace(".", self.decimal).replace("-", "−")

    def target(self, seconds: float) -> str:
        """A target in minutes, with decimals only where it has any."""
        return f"{seconds / 60:g}".replace(".", self.decimal)

    def count(self, value: int) -> str:
        """A whole number, with a thin space between thousands."""
        return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "−")

    def counted(self, value: int, noun: tuple[str, str]) -> str:
        """So many of something, in the singular or the plural."""
        return f"{self.count(value)} {noun[value != 1]}"

    def signed(self, value: int) -> str:
        """A whole number whose sign matters: always with one, but for 0."""
        return f"+{self.count(value)}" if value > 0 else self.count(value)

    def share_of(self, ratio: float) -> str:
        """A share in whole percent, cut rather than rounded: 79.9 % is not 80 %."""
        return f"{int(100 * ratio + 1e-9)} %"

    def settlement(self, name: str) -> str:
        """A class's name."""
        return SETTLEMENTS[self.language].get(name, name)

    def window_named(self, label: str) -> str:
        """A window's name."""
        return window_name(label, self.language)

    def moment(self, seconds: float | None, zone: ZoneInfo) -> str:
        """A moment in the monitor's zone."""
        if seconds is None:
            return self.never
        return datetime.fromtimestamp(seconds, zone).strftime(
            "%d.%m. %H:%M:%S" if self.language == "nb" else "%d %b %H:%M:%S"
        )


ENGLISH: Final = Words(
    language="en",
    name="English",
    decimal=".",
    title="Response times of urgent missions",
    skip="Skip to the figures",
    area="Area",
    whole_country="Whole country",
    classes="Class",
    window="Window",
    order="Order",
    worst_first="worst first",
    configured="fixed",
    language_choice="Language",
    states={State.MET: "met", State.MISSED: "missed", State.NO_DATA: "no data", State.NO_TARGET: "no target"},
    evidences={Evidence.STRONG: "strong evidence", Evidence.WEAK: "weak evidence", Evidence.NONE: "may be chance"},
    outdated="outdated",
    minutes="min",
    requirement="requirement",
    requirement_short="req.",
    goal="goal",
    budget="late budget",
    budget_short="budget",
    open=("open", "open"),
    overdue=("overdue", "overdue"),
    levels={Level.NONE: "no alarm", Level.WARNING: "warning", Level.PAGE: "alarm"},
    as_of="Figures of",
    feed="Last event",
    feed_fresh="feed fresh",
    feed_stale="FEED SILENT",
    store="Store",
    stores={
        StoreState.UP: "up",
        StoreState.DOWN: "DOWN",
        StoreState.UNREADABLE: "UNREADABLE",
        StoreState.UNKNOWN: "not read yet",
    },
    problems={
        StoreState.DOWN: "the store (Redis) does not answer",
        StoreState.UNREADABLE: "the store (Redis) holds something that this program cannot read",
        StoreState.UNKNOWN: "the store (Redis) has not been read yet",
    },
    details="Details",
    never="never",
    no_figures="No figures yet: {problem}.",
    not_updated="These figures are no longer updated: {problem}.",
    silent="The feed is silent: nothing can be said about now, so every verdict is “no data”.",
    lost="Connection lost: what you see is no longer updated. Trying again.",
    connecting="connecting",
    live="live",
    polled="renewed every few seconds",
    caption="P80 in minutes by district and class",
    since="since {moment}",
    whenever="whenever they were",
    legend="Legend",
    legend_text="Large figure: P80 in minutes, under it its 95 % interval.",
    interval="95 % interval",
    explained=(
        "P50 and P80: half, and 80 percent, of the measured missions took at most this long from ringing to the "
        "first patrol on scene. The requirement judges P80, the goal P50, each mission by the target in force "
        "when it rang. Late budget: how many more late missions the requirement allows; negative is overdrawn. "
        "Open and overdue are now, whatever the window; so are ▲ alarm and △ warning, which come from tests of the "
        "tertial, the year and the newest missions that may be looked at all the time. ≈ marks percentiles read "
        "from a sketch; all others are exact."
    ),
    machines="For machines",
    windows_table="All windows",
    measured="measured",
    unmeasured="unmeasured",
    excluded="excluded",
    verdict="verdict",
    share="share within",
    state_of="State of the alarms",
    alarm_heading="Alarm",
    drift={Baseline.REQUIREMENT: "drift from the requirement", Baseline.OWN_YEAR: "drift from its own past year"},
    drift_on="alarm, score {score} of {threshold}",
    drift_off="none, score {score} of {threshold}",
    drift_unknown="too few missions",
    chart_p80="P80 by week, minutes",
    chart_share="Share within the requirement, by week",
    chart_count="Measured missions by week",
    chart_as_table="The chart as a table",
    chart_described="{area}, {settlement}: P80, share within the requirement and missions of {count} weeks.",
    week="Week",
    week_of="week of {day}",
    running="running",
    no_missions="no missions",
    back="All districts",
    class_now="now",
    changed="Updated",
)

NORWEGIAN: Final = Words(
    language="nb",
    name="Norsk",
    decimal=",",
    title="Responstid ved hasteoppdrag",
    skip="Hopp til tallene",
    area="Område",
    whole_country="Hele landet",
    classes="Klasse",
    window="Periode",
    order="Rekkefølge",
    worst_first="verst først",
    configured="fast",
    language_choice="Språk",
    states={
        State.MET: "innfridd",
        State.MISSED: "ikke innfridd",
        State.NO_DATA: "ingen data",
        State.NO_TARGET: "uten krav",
    },
    evidences={
        Evidence.STRONG: "sterkt belegg",
        Evidence.WEAK: "svakt belegg",
        Evidence.NONE: "tilfeldig?",
    },
    outdated="utdatert",
    minutes="min",
    requirement="krav",
    requirement_short="krav",
    goal="mål",
    budget="sene igjen",
    budget_short="sene igjen",
    open=("åpen", "åpne"),
    overdue=("sen", "sene"),
    levels={Level.NONE: "ingen alarm", Level.WARNING: "varsel", Level.PAGE: "alarm"},
    as_of="Tall fra",
    feed="Siste hendelse",
    feed_fresh="datastrøm i gang",
    feed_stale="DATASTRØMMEN ER TAUS",
    store="Lager",
    stores={
        StoreState.UP: "oppe",
        StoreState.DOWN: "NEDE",
        StoreState.UNREADABLE: "ULESELIG",
        StoreState.UNKNOWN: "ikke lest ennå",
    },
    problems={
        StoreState.DOWN: "lageret (Redis) svarer ikke",
        StoreState.UNREADABLE: "lageret (Redis) inneholder noe som dette programmet ikke kan lese",
        StoreState.UNKNOWN: "lageret (Redis) er ikke lest ennå",
    },
    details="Detaljer",
    never="aldri",
    no_figures="Ingen tall ennå: {problem}.",
    not_updated="Tallene oppdateres ikke lenger: {problem}.",
    silent="Datastrømmen er taus: ingenting kan sies om nå, derfor står alt som «ingen data».",
    lost="Forbindelsen er brutt: det du ser, oppdateres ikke lenger. Prøver på nytt.",
    connecting="kobler til",
    live="direkte",
    polled="fornyes med få sekunders mellomrom",
    caption="P80 i minutter etter distrikt og klasse",
    since="siden {moment}",
    whenever="uansett når",
    legend="Tegnforklaring",
    legend_text="Stort tall: P80 i minutter, under det 95 %-intervallet.",
    interval="95 %-intervall",
    explained=(
        "P50 og P80: halvparten, og 80 prosent, av de målte oppdragene tok høyst så lang tid fra det ringte til "
        "første patrulje var fremme. Kravet gjelder P80, målet P50; hvert oppdrag vurderes etter det som gjaldt "
        "da det ringte. Sene igjen: hvor mange flere sene oppdrag kravet tåler; negativt er overtrukket. Åpne og "
        "sene er nå, uansett periode; det er også ▲ alarm og △ varsel, som kommer fra tester av tertialet, året og "
        "de nyeste oppdragene som tåler å bli sett på hele tiden. ≈ står ved persentiler lest fra en skisse; alle "
        "andre er eksakte."
    ),
    machines="For maskiner",
    windows_table="Alle perioder",
    measured="målte",
    unmeasured="umålte",
    excluded="unntatte",
    verdict="resultat",
    share="andel innen",
    state_of="Alarmer",
    alarm_heading="Alarm",
    drift={Baseline.REQUIREMENT: "drift fra kravet", Baseline.OWN_YEAR: "drift fra eget siste år"},
    drift_on="alarm, {score} av {threshold}",
    drift_off="ingen, {score} av {threshold}",
    drift_unknown="for få oppdrag",
    chart_p80="P80 per uke, minutter",
    chart_share="Andel innen kravet, per uke",
    chart_count="Målte oppdrag per uke",
    chart_as_table="Diagrammet som tabell",
    chart_described="{area}, {settlement}: P80, andel innen kravet og antall oppdrag i {count} uker.",
    week="Uke",
    week_of="uken fra {day}",
    running="pågår",
    no_missions="ingen oppdrag",
    back="Alle distrikter",
    class_now="nå",
    changed="Oppdatert",
)

DICTIONARY: Final[dict[Language, Words]] = {"en": ENGLISH, "nb": NORWEGIAN}


def spoken(wanted: str | None, accepted: Iterable[str]) -> Language:
    """The language of a request: what it asks for, else the first known of those accepted, else English."""
    for language in LANGUAGES:
        if wanted == language:
            return language
    return next((_TAGS[tag] for tag in accepted if tag in _TAGS), DEFAULT)

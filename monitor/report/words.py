"""What a report says, in English and Norwegian (bokmål): the one dictionary of its formats for people.

Decides words, dates and decimal signs. Sentences about verdicts and short names of classes are the core's, and
the verdicts are called what the board calls them. Formats for programs know no languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, get_args

from monitor.core.sentence import SETTLEMENTS, Language
from monitor.core.stats.binomial import Evidence
from monitor.core.targets import NATIONAL
from monitor.core.verdict import State
from monitor.report.document import Report, Status, whole

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
NONE: Final = "–"
_MINUS: Final = "−"
_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything a report says in one language."""

    language: Language
    decimal: str
    months: tuple[str, ...]
    day: str
    parts: dict[str, str]
    """The parts of a year, by the letter in a period's name."""
    title: str
    span: str
    span_before: str
    statuses: Mapping[Status, str]
    status_texts: Mapping[Status, str]
    silent: str
    """In place of "incomplete" for a period that runs."""
    moved: str
    withdrawn: str
    entered: str
    conflict: str
    conflict_of_years: str
    left_out: str
    ahead: str
    as_of: str
    in_progress: str
    whole_country: str
    states: Mapping[State, str]
    loud: str
    """A missed target where there is no bold and no colour."""
    evidences: Mapping[Evidence, str]
    not_applicable: str
    classes: Mapping[str, str]
    area: str
    settlement: str
    missions: str
    minute: str
    p50: str
    p80: str
    goal: str
    requirement: str
    interval: str
    verdict: str
    budget: str
    budget_used: str
    unmeasured: str
    change: str
    change_from: str
    change_with: str
    number_of_missions: str
    goal_p50: str
    result_p50: str
    requirement_p80: str
    result_p80: str
    goal_met: str
    requirement_met: str
    interval_p50: str
    interval_p80: str
    late_left: str
    without_time: str
    no_data: str
    summary: str
    national_met: str
    districts_met: str
    missions_told: str
    district_tables: str
    table: str
    caption_national: str
    caption_class: str
    caption_district: str
    chart: str
    chart_axis: str
    chart_text: str
    chart_row: str
    chart_legend: Mapping[str, str]
    trend: str
    trend_axis: str
    trend_text: str
    trend_point: str
    rounding: str
    sketched: str
    method: str
    notes: tuple[str, ...]
    errata: str
    source: str
    no_source: str
    nothing: str
    footer: str

    def number(self, value: float, digits: int = 1) -> str:
        """A number as it is written in this language, with a true minus sign."""
        return f"{value:.{digits}f}".replace(".", self.decimal).replace("-", _MINUS)

    def count(self, value: int) -> str:
        """A whole number, with a narrow space between thousands."""
        return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", _MINUS)

    def signed(self, value: float, digits: int = 0) -> str:
        """A number whose sign matters: always with one, but for 0."""
        shown = self.number(value, digits)
        return shown if not any(digit in "123456789" for digit in shown) else shown if value < 0 else f"+{shown}"

    def target(self, minutes: float | None) -> str:
        """A target in minutes, with decimals only where it has any."""
        return NONE if minutes is None else f"{minutes:g}".replace(".", self.decimal)

    def exactly(self, minutes: float, target: float | None, *, exact: bool) -> str:
        """Minutes with two decimals, and more where rounding would carry them to or over the target."""
        digits = 2
        while target is not None and digits < _MOST_DIGITS:
            if (minutes > target) == (round(minutes, digits) > target):
                break
            digits += 1
        return f"{'' if exact else '≈ '}{self.number(minutes, digits)}"

    def rounded(self, minutes: float | None) -> str:
        """Whole minutes, as the official tables print them."""
        return NONE if minutes is None else str(whole(minutes))

    def between(self, lower: float | None, upper: float | None) -> str:
        """An interval; an open end is said, not left out."""
        if lower is None and upper is None:
            return NONE
        if upper is None:
            return f"≥ {self.number(lower or 0.0)}"
        if lower is None:
            return f"≤ {self.number(upper)}"
        return f"{self.number(lower)}–{self.number(upper)}"

    def share(self, ratio: float | None) -> str:
        """A share in percent."""
        return NONE if ratio is None else f"{self.number(100 * ratio)} %"

    def settlement_named(self, name: str) -> str:
        """A class in a word."""
        return SETTLEMENTS[self.language].get(name, name)

    def settlement_explained(self, name: str) -> str:
        """A class as the official tables head it."""
        return self.classes.get(name, name)

    def area_named(self, report: Report, area: str) -> str:
        """An area's name; the nation's in the reader's language."""
        return self.whole_country if area == NATIONAL else report.names.get(area, area)

    def date(self, day: date) -> str:
        """A day, written out."""
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def moment(self, moment: datetime) -> str:
        """A moment, to the minute."""
        return f"{self.date(moment.date())} {moment:%H:%M}"

    def period_named(self, name: str) -> str:
        """`2024-T2`, `2024-W07` and `2024-11` in words; a year is its own name."""
        year, _, part = name.partition("-")
        if not part:
            return year
        if part[0] in self.parts:
            return self.parts[part[0]].format(number=int(part[1:]), year=year)
        return f"{self.months[int(part) - 1]} {year}"

    def span_of(self, report: Report) -> str:
        """The first and the last day."""
        last = report.end.date() - timedelta(days=1)
        return self.span.format(first=self.date(report.start.date()), last=self.date(last))

    def status_of(self, report: Report) -> str:
        """Whether the figures are final, and why not."""
        as_of = self.no_data if report.as_of is None else self.moment(report.as_of)
        last = self.date(report.end.date() - timedelta(days=1))
        silent = report.status is Status.INCOMPLETE and not report.over
        text = self.silent if silent else self.status_texts[report.status]
        return text.format(as_of=as_of, last=last, first=self.date(report.start.date()))

    def notices(self, report: Report) -> list[str]:
        """What makes figures of the period doubtful, whatever they are; a sentence each."""
        told = [
            (self.moved if left and entered else self.withdrawn if left else self.entered).format(
                left=left, entered=entered, missions=self.count(times)
            )
            for left, entered, times in report.moves
        ]
        told += [
            (self.conflict if held == named else self.conflict_of_years).format(
                held=held, named=named, events=self.count(times)
            )
            for held, named, times in report.conflicts
        ]
        if report.left_out:
            named = ", ".join(f"{area}: {self.count(missions)}" for area, missions in report.left_out.items())
            told.append(self.left_out.format(missions=self.count(sum(report.left_out.values())), districts=named))
        if report.records_ahead:
            told.append(self.ahead.format(events=self.count(report.records_ahead)))
        return told


ENGLISH: Final = Words(
    language="en",
    decimal=".",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day="{day} {month} {year}",
    parts={
        "H": "half-year {number} of {year}",
        "T": "tertial {number} of {year}",
        "Q": "quarter {number} of {year}",
        "W": "week {number} of {year}",
    },
    title="Response times of urgent missions, {period}",
    span="{first} to {last}",
    span_before="compared with {period}",
    statuses={
        Status.FINAL: "Final",
        Status.RUNNING: "Provisional",
        Status.INCOMPLETE: "Incomplete",
        Status.NOT_BEGUN: "Not begun",
    },
    status_texts={
        Status.FINAL: "The period is over. Corrections that arrive later restate it.",
        Status.RUNNING: "The period runs until {last}: these are the figures so far, and verdicts may turn.",
        Status.INCOMPLETE: "The period ended on {last}, but the newest known mission is of {as_of}.",
        Status.NOT_BEGUN: "The period begins on {first}: there is nothing to judge yet.",
    },
    silent=(
        "The period runs until {last}, but the feed is silent; the newest known mission is of {as_of}. Nothing is "
        "judged until it is heard again."
    ),
    moved=(
        "Missions that corrections took from {left} to {entered}: {missions}. Either a date was put right, or ids "
        "are used again each year: then {left} has lost true missions, and the year belongs into the id."
    ),
    withdrawn="Missions withdrawn from {left} after the year had closed: {missions}.",
    entered="Missions known before that count in {entered} only since the year had closed: {missions}.",
    conflict=(
        "Events of {named} refused as conflicts: {events}. They contradict a mission of the same year under the same "
        "revision; the first one stands."
    ),
    conflict_of_years=(
        "Events of {named} refused as conflicts: {events}. They contradict a mission of {held} under the same id and "
        "revision; the first one stands. Where ids are used again each year, {named} lacks true missions, and the "
        "year belongs into the id."
    ),
    left_out=(
        "Left out of every figure here, the whole country's included: {missions} stored missions whose district or "
        "class is not configured ({districts})."
    ),
    ahead=(
        "Events that claimed to be of the future when they arrived: {events}. A clock or a date of the source is "
        "wrong."
    ),
    as_of="Newest mission",
    in_progress="In progress",
    whole_country="Whole country",
    states={State.MET: "met", State.MISSED: "missed", State.NO_DATA: "no data", State.NO_TARGET: "no target"},
    loud="MISSED",
    evidences={Evidence.STRONG: "strong evidence", Evidence.WEAK: "weak evidence", Evidence.NONE: "may be chance"},
    not_applicable="not applicable",
    classes={
        "urban": "Areas with 20\N{NARROW NO-BREAK SPACE}000 inhabitants or more",
        "town": "Areas with 2\N{NARROW NO-BREAK SPACE}000 to 19\N{NARROW NO-BREAK SPACE}999 inhabitants",
        "rural": "Areas with fewer than 2\N{NARROW NO-BREAK SPACE}000 inhabitants, and all other areas",
    },
    area="Area",
    settlement="Class",
    missions="Missions",
    minute="min",
    p50="P50 min",
    p80="P80 min",
    goal="Goal",
    requirement="Requirement",
    interval="95 % interval",
    verdict="Verdict",
    budget="Late budget",
    budget_used="{late} of {allowed} used",
    unmeasured="Unmeasured",
    change="Change",
    change_from="Change from {period}",
    change_with="{before} min, n {missions}",
    number_of_missions="Urgent missions",
    goal_p50="Goal, 50th percentile",
    result_p50="Result, 50th percentile",
    requirement_p80="Requirement, 80th percentile",
    result_p80="Result, 80th percentile",
    goal_met="Goal met?",
    requirement_met="Requirement met?",
    interval_p50="95 % interval of P50",
    interval_p80="95 % interval of P80",
    late_left="Late budget left",
    without_time="Without a measurement",
    no_data="no data",
    summary="In short",
    national_met=(
        "The requirement is met nationally in {met} of {judged} classes, the goal in {goals} of {with_goal}."
    ),
    districts_met=(
        "Of {districts} districts, {every} met the requirement in each of their classes, {some} in some, {none} in "
        "none."
    ),
    missions_told=(
        "{measured} missions were measured; {unmeasured} more ({share}) lack a time stamp and are in nobody's "
        "percentile; the source excluded {excluded}."
    ),
    district_tables="District by district",
    table="Table {number}",
    caption_national="Goal, requirement and result in minutes, the whole country, {period} (n = {missions})",
    caption_class="{settlement}: results by district, {period}, in minutes",
    caption_district="{area}, {period}, minutes (n = {missions})",
    chart="80th percentile against the requirement, {settlement}, {period}",
    chart_axis="minutes from the requirement",
    chart_text="{title}, worst first. {rows}",
    chart_row="{area}: {minutes} min, requirement {target}, interval {interval}, {verdict}.",
    chart_legend={
        "met": "met",
        "missed": "missed",
        "chance": "hollow: may be chance",
        "interval": "95 % interval",
        "requirement": "requirement",
    },
    trend="80th percentile of the whole country by month, {settlement}, {period}",
    trend_axis="P80, minutes",
    trend_text="{title}. {points}",
    trend_point="{month}: {minutes} min, n {missions}, {verdict}.",
    rounding="† Rounded to whole minutes this would read otherwise; the decimals decide.",
    sketched="≈ read from a sketch; the verdict is exact all the same.",
    method="Method",
    notes=(
        (
            "Response time: from the moment the call starts ringing until the first patrol is registered on "
            "scene. Urgent missions only."
        ),
        (
            "The requirement applies to the 80th percentile, the goal to the 50th: the response time that 80 "
            "and 50 percent of the measured missions do not exceed (nearest rank). Figures of the whole country "
            "pool the missions of all districts; percentiles are never averaged."
        ),
        (
            "Results are printed in whole minutes, with decimals beside them. Met or missed is judged on exact "
            "response times, each mission by the target in force when it rang."
        ),
        (
            "95 % interval: where the true percentile may lie, since chance alone could have made the period "
            "turn out otherwise. “≥ 18.3” has no upper end: there were too few missions to give one."
        ),
        (
            "The evidence beside a verdict tells how well the number of missions carries it; “may be chance” is "
            "no excuse and no proof."
        ),
        ("Late budget: how many more missions the requirement would have allowed to be late; negative is overdrawn."),
        (
            "Change: the difference of the unrounded 80th percentile to the period before, of the same kind. "
            "Where nothing was measured then, there is no data, not zero."
        ),
    ),
    errata="Known faults of the source",
    source="Source of goals and requirements",
    no_source="no targets were in force",
    nothing="Not a single mission is known in this period.",
    footer="Made with monitor report.",
)

NORWEGIAN: Final = Words(
    language="nb",
    decimal=",",
    months=(
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ),
    day="{day}. {month} {year}",
    parts={
        "H": "{number}. halvår {year}",
        "T": "{number}. tertial {year}",
        "Q": "{number}. kvartal {year}",
        "W": "uke {number} i {year}",
    },
    title="Responstid ved hasteoppdrag, {period}",
    span="{first} til {last}",
    span_before="sammenlignet med {period}",
    statuses={
        Status.FINAL: "Endelig",
        Status.RUNNING: "Foreløpig",
        Status.INCOMPLETE: "Ufullstendig",
        Status.NOT_BEGUN: "Ikke begynt",
    },
    status_texts={
        Status.FINAL: "Perioden er over. Rettelser som kommer senere, endrer tallene.",
        Status.RUNNING: "Perioden varer til {last}: dette er tallene så langt, og resultatene kan snu.",
        Status.INCOMPLETE: "Perioden tok slutt {last}, men siste kjente oppdrag er fra {as_of}.",
        Status.NOT_BEGUN: "Perioden begynner {first}: det er ingenting å vurdere ennå.",
    },
    silent=(
        "Perioden varer til {last}, men det kommer ingen hendelser; siste kjente oppdrag er fra {as_of}. Ingenting "
        "vurderes før det kommer nye."
    ),
    moved=(
        "Oppdrag som rettelser har flyttet fra {left} til {entered}: {missions}. Enten er en dato rettet, eller "
        "numrene brukes om igjen hvert år: da har {left} mistet virkelige oppdrag, og året hører hjemme i nummeret."
    ),
    withdrawn="Oppdrag trukket fra {left} etter at året var avsluttet: {missions}.",
    entered="Kjente oppdrag som teller i {entered} først etter at året var avsluttet: {missions}.",
    conflict=(
        "Hendelser fra {named} avvist som konflikt: {events}. De motsier et oppdrag fra samme år med samme "
        "revisjon; den første står."
    ),
    conflict_of_years=(
        "Hendelser fra {named} avvist som konflikt: {events}. De motsier et oppdrag fra {held} med samme nummer og "
        "revisjon; den første står. Brukes numrene om igjen hvert år, mangler {named} virkelige oppdrag, og året "
        "hører hjemme i nummeret."
    ),
    left_out=(
        "Holdt utenfor alle tall her, også hele landets: {missions} lagrede oppdrag der distriktet eller klassen "
        "ikke er satt opp ({districts})."
    ),
    ahead="Hendelser som sa de var fra fremtiden da de kom: {events}. En klokke eller en dato hos kilden er feil.",
    as_of="Siste oppdrag",
    in_progress="Pågår",
    whole_country="Hele landet",
    states={
        State.MET: "innfridd",
        State.MISSED: "ikke innfridd",
        State.NO_DATA: "ingen data",
        State.NO_TARGET: "uten krav",
    },
    loud="IKKE INNFRIDD",
    evidences={Evidence.STRONG: "sterkt belegg", Evidence.WEAK: "svakt belegg", Evidence.NONE: "tilfeldig?"},
    not_applicable="ikke aktuell",
    classes={
        "urban": "Områder med 20\N{NARROW NO-BREAK SPACE}000 innbyggere eller flere",
        "town": "Områder med 2\N{NARROW NO-BREAK SPACE}000 til 19\N{NARROW NO-BREAK SPACE}999 innbyggere",
        "rural": "Områder med færre enn 2\N{NARROW NO-BREAK SPACE}000 innbyggere og øvrige områder",
    },
    area="Område",
    settlement="Klasse",
    missions="Oppdrag",
    minute="min",
    p50="P50 min",
    p80="P80 min",
    goal="Mål",
    requirement="Krav",
    interval="95 %-intervall",
    verdict="Vurdering",
    budget="Sene igjen",
    budget_used="{late} av {allowed} brukt",
    unmeasured="Uten måling",
    change="Endring",
    change_from="Endring fra {period}",
    change_with="{before} min, n {missions}",
    number_of_missions="Hasteoppdrag",
    goal_p50="Mål for 50-prosentil",
    result_p50="Resultat for 50-prosentil",
    requirement_p80="Krav for 80-prosentil",
    result_p80="Resultat for 80-prosentil",
    goal_met="Mål innfridd?",
    requirement_met="Krav innfridd?",
    interval_p50="95 %-intervall for P50",
    interval_p80="95 %-intervall for P80",
    late_left="Sene oppdrag igjen",
    without_time="Uten måling",
    no_data="ingen data",
    summary="Kort fortalt",
    national_met="Kravet er innfridd nasjonalt i {met} av {judged} klasser, målet i {goals} av {with_goal}.",
    districts_met=(
        "Av {districts} politidistrikt innfridde {every} kravet i alle sine klasser, {some} i noen og {none} i ingen."
    ),
    missions_told=(
        "{measured} oppdrag er målt; {unmeasured} til ({share}) mangler tidsstempel og inngår ikke i noen prosentil; "
        "kilden har unntatt {excluded}."
    ),
    district_tables="Distrikt for distrikt",
    table="Tabell {number}",
    caption_national="Krav, mål og resultater i minutter, hele landet, {period} (N = {missions})",
    caption_class="{settlement}: resultater per distrikt, {period}, i minutter",
    caption_district="{area}, {period}, minutter (n = {missions})",
    chart="80-prosentil mot kravet, {settlement}, {period}",
    chart_axis="minutter fra kravet",
    chart_text="{title}, dårligst først. {rows}",
    chart_row="{area}: {minutes} min, krav {target}, intervall {interval}, {verdict}.",
    chart_legend={
        "met": "innfridd",
        "missed": "ikke innfridd",
        "chance": "hul: kan være tilfeldig",
        "interval": "95 %-intervall",
        "requirement": "krav",
    },
    trend="80-prosentil for hele landet per måned, {settlement}, {period}",
    trend_axis="P80, minutter",
    trend_text="{title}. {points}",
    trend_point="{month}: {minutes} min, n {missions}, {verdict}.",
    rounding="† Avrundet til hele minutter ville svaret vært et annet; desimalene avgjør.",
    sketched="≈ lest fra en skisse; vurderingen er eksakt likevel.",
    method="Metode",
    notes=(
        (
            "Responstid: fra det begynner å ringe ved operasjonssentralen til første patrulje er registrert "
            "fremme på stedet. Bare hasteoppdrag."
        ),
        (
            "Kravet gjelder 80-prosentilen, målet 50-prosentilen: responstiden som 80 og 50 prosent av de målte "
            "oppdragene ikke overskrider. Tallene for hele landet er beregnet av alle oppdrag i alle distrikt; "
            "det regnes aldri gjennomsnitt av prosentiler."
        ),
        (
            "Resultatene er trykt i hele minutter, med desimaler ved siden av. Om krav og mål er innfridd, "
            "vurderes ut fra minutt og desimal, hvert oppdrag etter det som gjaldt da det ringte."
        ),
        (
            "95 %-intervall: hvor den sanne prosentilen kan ligge, siden tilfeldigheter alene kunne gitt et "
            "annet utfall. «≥ 18,3» har ingen øvre ende: det var for få oppdrag til å gi en."
        ),
        (
            "Belegget ved siden av vurderingen sier hvor godt antallet oppdrag bærer den; «tilfeldig?» er "
            "verken unnskyldning eller bevis."
        ),
        "Sene igjen: hvor mange flere oppdrag kravet ville tålt at kom for sent; negativt er overtrukket.",
        (
            "Endring: forskjellen i uavrundet 80-prosentil fra forrige periode av samme slag. Der ingenting ble "
            "målt da, står det ingen data, ikke null."
        ),
    ),
    errata="Kjente feil i kilden",
    source="Kilde for krav og mål",
    no_source="ingen krav eller mål gjaldt",
    nothing="Ikke ett oppdrag er kjent i denne perioden.",
    footer="Laget med monitor report.",
)

DICTIONARY: Final[dict[Language, Words]] = {"en": ENGLISH, "nb": NORWEGIAN}

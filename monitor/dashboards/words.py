"""The words of the dashboards, English and Norwegian (bokmål) side by side: one builder, two languages.

Decides wording only. A key that lacks a language, or that nobody asks for, fails a test. `{name}` is filled in.
"""

from dataclasses import dataclass
from typing import Final

from monitor.core.sentence import SETTLEMENTS, Language
from monitor.dashboards.advice import ADVICE
from monitor.dashboards.palette import SHADES

LANGUAGES: Final[tuple[Language, ...]] = ("en", "nb")
Pair = tuple[str, str]

SHARED: Final[dict[str, Pair]] = {
    "folder": ("Response time", "Responstid"),
    "area.national": ("Norway", "Norge"),
    "link.district": ("Open the district", "Åpne distriktet"),
    "variable.all": ("All", "Alle"),
    "variable.datasource": ("Data source", "Datakilde"),
    "variable.datasource.help": ("The Prometheus that scrapes exporter and workers.", "Prometheus som henter fra eksportør og arbeidere."),
    "variable.service": ("Service", "Tjeneste"),
    "variable.service.help": ("Whose missions: several services may share one Prometheus.", "Hvem sine oppdrag: flere tjenester kan dele én Prometheus."),
    "variable.window": ("Window", "Vindu"),
    "variable.window.help": ("Which missions the figures look at: rolling, the newest by count, or to date.", "Hvilke oppdrag tallene gjelder: rullerende, de nyeste etter antall, eller hittil i perioden."),
    "variable.settlement": ("Class", "Klasse"),
    "variable.settlement.help": ("Settlement class: urban from 20 000 inhabitants, town from 2 000, rural all else.", "Tettstedsklasse: by fra 20 000 innbyggere, tettsted fra 2 000, spredt er resten."),
    "variable.district": ("District", "Distrikt"),
    "variable.district.help": ("Police district, or the pool of all of them.", "Politidistrikt, eller alle samlet."),
    "variable.instance": ("Worker", "Arbeider"),
    "variable.instance.help": ("Worker processes, as Prometheus names them.", "Arbeiderprosesser, slik Prometheus kaller dem."),
    "verdict.no_data": ("no data", "ingen data"),
    "verdict.no_target": ("no target", "ikke aktuelt"),
    "verdict.met.strong": ("met, strong evidence", "innfridd, sterke holdepunkter"),
    "verdict.met.weak": ("met, weak evidence", "innfridd, svake holdepunkter"),
    "verdict.met.none": ("met, may be chance", "innfridd, kan være tilfeldig"),
    "verdict.missed.none": ("missed, may be chance", "ikke innfridd, kan være tilfeldig"),
    "verdict.missed.weak": ("missed, weak evidence", "ikke innfridd, svake holdepunkter"),
    "verdict.missed.strong": ("missed, strong evidence", "ikke innfridd, sterke holdepunkter"),
    "name.p50": ("P50", "P50"),
    "name.p80": ("P80", "P80"),
    "name.target50": ("Goal", "Mål"),
    "name.target80": ("Requirement", "Krav"),
    "name.verdict": ("Verdict", "Vurdering"),
    "name.lower": ("95 % interval, lower end", "95 %-intervall, nedre ende"),
    "name.upper": ("95 % interval, upper end", "95 %-intervall, øvre ende"),
    "name.overdue": ("Overdue", "Over kravet"),
    "name.open": ("In progress", "Pågår"),
    "name.feed": ("Feed", "Hendelser"),
    "name.store": ("Store", "Lager"),
    "name.event": ("Newest event", "Siste hendelse"),
    "name.figures": ("Figures", "Tall"),
    "feed.title": ("Feed", "Hendelsesstrøm"),
    "feed.description": ('Whether mission events arrive. Once the feed has been silent for too long (events.stale_after_seconds), every verdict becomes "no data": old figures are never shown as met.', "Om oppdragshendelser kommer inn. Når strømmen har vært stille for lenge (events.stale_after_seconds), blir hver vurdering «ingen data»: gamle tall vises aldri som innfridd."),
    "feed.alive": ("✔ alive", "✔ i gang"),
    "feed.silent": ("✖ SILENT", "✖ STILLE"),
    "store.title": ("Store", "Lager"),
    "store.description": ("Whether the exporter reads the store. While it does not, all figures stand still at the last reading.", "Om eksportøren får lest lageret. Når den ikke gjør det, står alle tall stille på siste avlesning."),
    "store.up": ("✔ up", "✔ oppe"),
    "store.down": ("✖ DOWN", "✖ NEDE"),
    "age.title": ("Age of what is shown", "Alder på det som vises"),
    "age.description": ("Time since the newest event was written, and since the figures were last taken. Figures are renewed every 15 s: a minute is too old.", "Tid siden siste hendelse ble skrevet, og siden tallene sist ble beregnet. Tallene fornyes hvert 15. sekund: ett minutt er for gammelt."),
    "overdue.now.title": ("Overdue now", "Over kravet nå"),
    "overdue.now.description": ("Urgent missions in progress, in the whole country, whose requirement has already run out without a patrol on scene. They are late whatever comes.", "Hasteoppdrag som pågår i hele landet, der kravet er passert uten at en patrulje er framme. De er for sene uansett."),
}  # fmt: skip

NATIONAL: Final[dict[str, Pair]] = {
    "national.title": ("Response time: national overview", "Responstid: nasjonal oversikt"),
    "national.description": ("How the country and its districts stand against goal and requirement, what is late now, and whether the figures may be believed.", "Hvordan landet og distriktene ligger an mot mål og krav, hva som er for sent nå, og om tallene er til å stole på."),
    "row.country": ("The whole country", "Hele landet"),
    "row.districts": ("Districts, worst first", "Distrikter, verst først"),
    "row.budget": ("Late missions still allowed", "Forsinkede oppdrag som fortsatt er tillatt"),
    "row.trend": ("The country over time", "Landet over tid"),
    "country.80.title": ("Requirement, {settlement}", "Krav, {settlement}"),
    "country.80.description": ("80 % of the urgent missions must be reached within the requirement. P80 is the time within which 80 % were; the verdict is decided by exact counts, its colour also by the evidence.", "80 % av hasteoppdragene skal nås innenfor kravet. P80 er tiden 80 % ble nådd innenfor; vurderingen avgjøres av eksakte antall, fargen også av hvor sikker den er."),
    "country.50.title": ("Goal, {settlement}", "Mål, {settlement}"),
    "country.50.description": ("Half of the urgent missions should be reached within the goal. P50 is the median; the verdict is decided by exact counts.", "Halvparten av hasteoppdragene bør nås innenfor målet. P50 er medianen; vurderingen avgjøres av eksakte antall."),
    "matrix.title": ("P80 against the requirement", "P80 mot kravet"),
    "matrix.description": ("P80 in minutes per district and class, coloured by verdict and evidence; grey is no data or no requirement. Districts with the surest breach stand first. Click a cell for its district.", "P80 i minutter per distrikt og klasse, farget etter vurdering og sikkerhet; grått er ingen data eller ikke noe krav. Distrikter med sikrest brudd står først. Klikk på en celle for distriktet."),
    "overdue.title": ("In progress now", "Pågår nå"),
    "overdue.description": ("Urgent missions in progress per district, and how many of them are past the requirement already.", "Hasteoppdrag som pågår per distrikt, og hvor mange av dem som allerede er over kravet."),
    "alarms.title": ("Firing alerts", "Aktive varsler"),
    "alarms.description": ("Alerts that fire now; each tells its numbers and links to what to do.", "Varsler som er aktive nå; hvert av dem oppgir tallene og viser til hva som skal gjøres."),
    "legend.title": ("How to read the colours", "Slik leses fargene"),
    "legend.description": ("What the colours and signs of the matrix stand for.", "Hva fargene og tegnene i matrisen betyr."),
    "budget.tertial.title": ("Late budget, this tertial", "Forsinkelsesbudsjett, dette tertialet"),
    "budget.tertial.description": ("How many more late missions the requirement allows in these four months as it stands; negative: overdrawn. Fewest first.", "Hvor mange flere forsinkede oppdrag kravet tåler i disse fire månedene slik det står; negativt: overtrukket. Færrest først."),
    "budget.year.title": ("Late budget, this year", "Forsinkelsesbudsjett, i år"),
    "budget.year.description": ("How many more late missions the requirement allows this year as it stands; negative: overdrawn. Fewest first.", "Hvor mange flere forsinkede oppdrag kravet tåler i år slik det står; negativt: overtrukket. Færrest først."),
    "trend.title": ("P80, {settlement}", "P80, {settlement}"),
    "trend.description": ("P80 of the chosen window over time, with the 95 % interval as a band and the requirement as a dashed line.", "P80 i valgt vindu over tid, med 95 %-intervallet som bånd og kravet som stiplet linje."),
}  # fmt: skip

DISTRICT: Final[dict[str, Pair]] = {
    "district.title": ("Response time: district", "Responstid: distrikt"),
    "district.description": ("One district: its verdicts, and the percentiles, shares, counts and drift that lead to them.", "Ett distrikt: vurderingene, og persentilene, andelene, antallene og utviklingen bak dem."),
    "row.class": ("Class: $category", "Klasse: $category"),
    "standing.80.title": ("Requirement (P80)", "Krav (P80)"),
    "standing.80.description": ("The verdict on the requirement in the chosen window, per class, with how well the counts carry it.", "Vurderingen av kravet i valgt vindu, per klasse, med hvor godt antallene bærer den."),
    "standing.50.title": ("Goal (P50)", "Mål (P50)"),
    "standing.50.description": ("The verdict on the goal in the chosen window, per class, with how well the counts carry it.", "Vurderingen av målet i valgt vindu, per klasse, med hvor godt antallene bærer den."),
    "budget.here.title": ("Late missions still allowed", "Forsinkelser som fortsatt er tillatt"),
    "budget.here.description": ("How many more late missions the requirement allows this tertial and this year; negative: overdrawn.", "Hvor mange flere forsinkede oppdrag kravet tåler dette tertialet og i år; negativt: overtrukket."),
    "timeline.title": ("The requirement's verdict over time", "Vurderingen av kravet over tid"),
    "timeline.description": ("Verdict and evidence for month, tertial and year to date, as they stood. A new period begins with no data.", "Vurdering og sikkerhet for måned, tertial og år hittil, slik de sto. En ny periode begynner uten data."),
    "reading.title": ("How to read this", "Slik leses dette"),
    "reading.description": ("What the colours and signs stand for.", "Hva fargene og tegnene betyr."),
    "times.80.title": ("P80 and the requirement", "P80 og kravet"),
    "times.80.description": ("The time within which 80 % of the missions were reached, with its 95 % interval as a band and the requirement as a dashed line. While the line is inside the band, chance may decide.", "Tiden 80 % av oppdragene ble nådd innenfor, med 95 %-intervallet som bånd og kravet som stiplet linje. Når linjen ligger i båndet, kan tilfeldigheter avgjøre."),
    "times.50.title": ("P50 and the goal", "P50 og målet"),
    "times.50.description": ("The median response time, with its 95 % interval as a band and the goal as a dashed line.", "Median responstid, med 95 %-intervallet som bånd og målet som stiplet linje."),
    "share.title": ("Share within the requirement", "Andel innenfor kravet"),
    "share.description": ("The share that decides (dashed line: 80 %), with its 95 % interval as a band.", "Andelen som avgjør (stiplet linje: 80 %), med 95 %-intervallet som bånd."),
    "name.share": ("Within", "Innenfor"),
    "counts.title": ("Missions in the window", "Oppdrag i vinduet"),
    "counts.description": ("Measured missions, those that lack a time stamp, and those that the source takes out of the official figure. A growing unmeasured share makes the percentiles less sure than they look.", "Målte oppdrag, de som mangler et tidspunkt, og de som kilden holder utenfor det offisielle tallet. En voksende umålt andel gjør persentilene mindre sikre enn de ser ut."),
    "name.measured": ("Measured", "Målt"),
    "name.unmeasured": ("Unmeasured", "Ikke målt"),
    "name.excluded": ("Excluded", "Holdt utenfor"),
    "drift.title": ("Drift (CUSUM)", "Glidning (CUSUM)"),
    "drift.description": ("Each late mission pushes the score up, each timely one down; over the dashed line the drift is more than chance. Against the requirement, and against the district's own trailing year.", "Hvert forsinket oppdrag løfter tallet, hvert i tide senker det; over den stiplede linjen er glidningen mer enn tilfeldig. Mot kravet, og mot distriktets eget siste år."),
    "name.over.requirement": ("Against the requirement", "Mot kravet"),
    "name.over.own_year": ("Against its own year", "Mot eget år"),
    "progress.title": ("In progress", "Pågår"),
    "progress.description": ("Urgent missions in progress, and those past the requirement already.", "Hasteoppdrag som pågår, og de som allerede er over kravet."),
    "evidence.title": ("Evidence against the requirement", "Holdepunkter mot kravet"),
    "evidence.description": ("Evidence of the period to date that may be looked at all the time: 20 is a warning, more a page (dashed lines). Logarithmic.", "Holdepunkter for perioden hittil som kan ses på hele tiden: 20 er en advarsel, mer en utkalling (stiplede linjer). Logaritmisk."),
    "annotation.changed": ("The requirement's verdict changed", "Vurderingen av kravet endret seg"),
}  # fmt: skip

PIPELINE: Final[dict[str, Pair]] = {
    "pipeline.title": ("Response time: pipeline", "Responstid: datastrøm"),
    "pipeline.description": ("Whether the monitor itself keeps up, what it refused, and what an operator does about it.", "Om overvåkingen selv holder følge, hva den avviste, og hva en operatør gjør med det."),
    "row.keeping_up": ("Keeping up", "Holder følge"),
    "row.checkpoints": ("Checkpoints", "Sjekkpunkter"),
    "row.events": ("Events", "Hendelser"),
    "row.consistency": ("Every mission counted once", "Hvert oppdrag talt én gang"),
    "row.resources": ("Resources", "Ressurser"),
    "workers.title": ("Workers", "Arbeidere"),
    "workers.description": ("Workers that give a sign of life in the store, those that Prometheus reaches, and the partitions that these own together: all partitions of the topic, or some are not read.", "Arbeidere som gir livstegn i lageret, de som Prometheus når, og partisjonene disse eier til sammen: alle i emnet, ellers blir noen ikke lest."),
    "trouble.title": ("To look at", "Å se på"),
    "trouble.description": ("Records not yet taken into account now; dead letters, offsets lost to retention and missions sealed early in the chosen time range.", "Poster som ikke er behandlet nå; avviste hendelser, poster tapt for oppbevaringstiden og oppdrag forseglet for tidlig i valgt tidsrom."),
    "lag.title": ("Lag by partition", "Etterslep per partisjon"),
    "lag.description": ("Records that were written and not yet taken into account. 0 or nearly so in normal work; a replay shows as a slope down.", "Poster som er skrevet, men ikke behandlet. 0 eller nær ved i vanlig drift; en avspilling vises som en skråning ned."),
    "delay.title": ("From record to metric", "Fra post til måletall"),
    "delay.description": ("Time from a record's Kafka timestamp to the checkpoint that holds it, after which it shows within a scrape.", "Tid fra postens tidsstempel i Kafka til sjekkpunktet som inneholder den; deretter vises den ved neste henting."),
    "checkpoints.title": ("Time of a checkpoint", "Tid per sjekkpunkt"),
    "checkpoints.description": ("Time to write changed missions and offset to the store in one step.", "Tid for å skrive endrede oppdrag og posisjon til lageret i ett steg."),
    "batches.title": ("Batches and checkpoints", "Bunker og sjekkpunkter"),
    "batches.description": ("Record batches taken into account, and checkpoints written, per second over the chosen workers.", "Bunker behandlet og sjekkpunkter skrevet per sekund hos valgte arbeidere."),
    "outcomes.title": ("What became of the events", "Hva det ble av hendelsene"),
    "outcomes.description": ("Events a second by outcome in the ledger. Many duplicates or stale ones: the source sends again. Late ones: history beyond the correction horizon.", "Hendelser per sekund etter utfall i boken. Mange duplikater eller foreldede: kilden sender på nytt. Sene: historikk bortenfor rettingshorisonten."),
    "dead_letters.title": ("Dead letters by reason", "Avviste hendelser etter årsak"),
    "dead_letters.description": ("Events that could not be counted, by reason. They keep their bytes and can be requeued.", "Hendelser som ikke kunne telles, etter årsak. De beholder innholdet og kan sendes inn igjen."),
    "fencing.title": ("Takeovers and repetitions", "Overtakelser og gjentakelser"),
    "fencing.description": ("Checkpoints refused to a worker that had lost its partition, partitions rebuilt from the start, records that Kafka delivered again, and repeated attempts at the store. None of them doubles a mission.", "Sjekkpunkter nektet en arbeider som hadde mistet partisjonen, partisjoner bygd opp fra start, poster levert på nytt av Kafka, og gjentatte forsøk mot lageret. Ingen av dem dobbelteller."),
    "losses.title": ("Lost or sealed early", "Tapt eller forseglet tidlig"),
    "losses.description": ("Offsets that Kafka's retention removed before they were read, and missions sealed before the correction horizon because a ledger was full. Both should stay where they are.", "Poster som Kafkas oppbevaringstid fjernet før de ble lest, og oppdrag forseglet før rettingshorisonten fordi boken var full. Begge bør stå stille."),
    "memory.title": ("Memory of each process", "Minne per prosess"),
    "memory.description": ("Resident memory of exporters and workers. A worker grows with the missions in its ledgers up to their cap, an exporter with all of them.", "Minne i bruk hos eksportører og arbeidere. En arbeider vokser med oppdragene i sine bøker opp til taket, en eksportør med alle."),
    "tracked.title": ("Missions in the ledgers, age of the reading", "Oppdrag i bøkene, alder på avlesningen"),
    "tracked.description": ("Missions that can still be corrected, and how long ago the store was last read completely.", "Oppdrag som fortsatt kan rettes, og hvor lenge siden lageret sist ble lest i sin helhet."),
    "name.living": ("Alive", "I live"),
    "name.workers": ("Reached", "Nådd"),
    "name.partitions": ("Partitions owned", "Partisjoner eid"),
    "name.lag": ("Lag", "Etterslep"),
    "name.dead": ("Dead letters", "Avviste"),
    "name.lost": ("Lost offsets", "Tapte poster"),
    "name.sealed_early": ("Sealed early", "Forseglet tidlig"),
    "name.batches": ("Batches", "Bunker"),
    "name.checkpoints": ("Checkpoints", "Sjekkpunkter"),
    "name.fenced": ("Refused checkpoints", "Nektede sjekkpunkter"),
    "name.rewinds": ("Rebuilt partitions", "Gjenoppbygde partisjoner"),
    "name.redelivered": ("Delivered again", "Levert på nytt"),
    "name.retries": ("Store retries", "Nye forsøk mot lageret"),
    "name.tracked": ("Missions tracked", "Oppdrag i bøkene"),
    "name.read": ("Since last read", "Siden siste avlesning"),
    "advice.title": ("What to do", "Hva du gjør"),
    "advice.description": ("What an operator does when these panels look wrong.", "Hva en operatør gjør når disse panelene ser gale ut."),
}  # fmt: skip

TEXTS: Final[dict[str, Pair]] = {**SHARED, **NATIONAL, **DISTRICT, **PIPELINE, **ADVICE}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: Language

    def __call__(self, key: str, **fill: str) -> str:
        text = TEXTS[key][LANGUAGES.index(self.language)]
        return text.format(**fill) if fill else text

    def settlement(self, slug: str) -> str:
        """A settlement class as people call it."""
        return SETTLEMENTS[self.language].get(slug, slug).capitalize()

    def legend(self, *, brief: bool = False) -> str:
        """The shades in words, most to do first; each in its own colour."""
        swatches = [
            f'<span style="background:{shade.colour};padding:0 .6em;margin-right:.4em">&nbsp;</span>'
            f"{shade.sign} {self(shade.words)}"
            for shade in reversed(SHADES)
        ]
        return ("\n\n" if brief else " &emsp; ").join(swatches)

"""The words of the dashboards, in English: one builder, as many languages as there are catalogues.

Decides wording only. A key that nobody asks for fails a test. `{name}` is filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitor.dashboards.advice import ADVICE
from monitor.dashboards.palette import SHADES, Shade
from monitor.words.catalogue import Language
from monitor.words.speaker import NATION, phrase, speaker
from monitor.words.verdicts import EVIDENCES, STATES

SHARED: Final[Mapping[str, str]] = {
    "folder": phrase("Response time"),
    "area.national": NATION,
    "link.district": phrase("Open the district"),
    "variable.all": phrase("All"),
    "variable.datasource": phrase("Data source"),
    "variable.datasource.help": phrase("The Prometheus that scrapes exporter and workers."),
    "variable.window": phrase("Window"),
    "variable.window.help": phrase("Which missions the figures look at: rolling, the newest by count, or to date."),
    "variable.service": phrase("Service"),
    "variable.service.help": phrase("Whose missions: several services may share one Prometheus."),
    "variable.settlement": phrase("Class"),
    "variable.settlement.help": phrase("Settlement class: urban from 20 000 inhabitants, town from 2 000, rural all else."),
    "variable.district": phrase("District"),
    "variable.district.help": phrase("Police district, or the pool of all of them."),
    "variable.instance": phrase("Worker"),
    "variable.instance.help": phrase("Worker processes, as Prometheus names them."),







    "name.p50": phrase("P50"),
    "name.p80": phrase("P80"),
    "name.target50": phrase("Goal"),
    "name.target80": phrase("Requirement"),
    "name.verdict": phrase("Verdict"),
    "name.lower": phrase("95 % interval, lower end"),
    "name.upper": phrase("95 % interval, upper end"),
    "name.overdue": phrase("Overdue"),
    "name.open": phrase("In progress"),
    "name.feed": phrase("Feed"),
    "name.store": phrase("Store"),
    "name.event": phrase("Newest event"),
    "name.figures": phrase("Figures"),
    "feed.title": phrase("Feed"),
    "feed.description": phrase('Whether mission events arrive. Once the feed has been silent for too long (events.stale_after_seconds), every verdict becomes "no data": old figures are never shown as met.'),
    "feed.alive": phrase("✔ alive"),
    "feed.silent": phrase("✖ SILENT"),
    "store.title": phrase("Store"),
    "store.description": phrase("Whether the exporter reads the store. While it does not, all figures stand still at the last reading."),
    "store.up": phrase("✔ up"),
    "store.down": phrase("✖ DOWN"),
    "age.title": phrase("Age of what is shown"),
    "age.description": phrase("Time since the newest event was written, and since the figures were last taken. Figures are renewed every 15 s: a minute is too old."),
    "overdue.now.title": phrase("Overdue now"),
    "overdue.now.description": phrase("Urgent missions in progress, in the whole country, whose requirement has already run out without a patrol on scene. They are late whatever comes."),
}  # fmt: skip

NATIONAL: Final[Mapping[str, str]] = {
    "national.title": phrase("Response time: national overview"),
    "national.description": phrase("How the country and its districts stand against goal and requirement, what is late now, and whether the figures may be believed."),
    "row.country": NATION,
    "row.districts": phrase("Districts, worst first"),
    "row.budget": phrase("Late missions still allowed"),
    "row.trend": phrase("The country over time"),
    "country.80.title": phrase("Requirement, {settlement}"),
    "country.80.description": phrase("80 % of the urgent missions must be reached within the requirement. P80 is the time within which 80 % were; the verdict is decided by exact counts, its colour also by the evidence."),
    "country.50.title": phrase("Goal, {settlement}"),
    "country.50.description": phrase("Half of the urgent missions should be reached within the goal. P50 is the median; the verdict is decided by exact counts."),
    "matrix.title": phrase("P80 against the requirement"),
    "matrix.description": phrase("P80 in minutes per district and class, coloured by verdict and evidence; grey is no data or no requirement. Districts with the surest breach stand first. Click a cell for its district."),
    "overdue.title": phrase("In progress now"),
    "overdue.description": phrase("Urgent missions in progress per district, and how many of them are past the requirement already."),
    "alarms.title": phrase("Firing alerts"),
    "alarms.description": phrase("Alerts that fire now; each tells its numbers and links to what to do."),
    "legend.title": phrase("How to read the colours"),
    "legend.description": phrase("What the colours and signs of the matrix stand for."),
    "budget.tertial.title": phrase("Late budget, this tertial"),
    "budget.tertial.description": phrase("How many more late missions the requirement allows in these four months as it stands; negative: overdrawn. Fewest first."),
    "budget.year.title": phrase("Late budget, this year"),
    "budget.year.description": phrase("How many more late missions the requirement allows this year as it stands; negative: overdrawn. Fewest first."),
    "trend.title": phrase("P80, {settlement}"),
    "trend.description": phrase("P80 of the chosen window over time, with the 95 % interval as a band and the requirement as a dashed line."),
}  # fmt: skip

DISTRICT: Final[Mapping[str, str]] = {
    "district.title": phrase("Response time: district"),
    "district.description": phrase("One district: its verdicts, and the percentiles, shares, counts and drift that lead to them."),
    "row.class": phrase("Class: $category"),
    "standing.80.title": phrase("Requirement (P80)"),
    "standing.80.description": phrase("The verdict on the requirement in the chosen window, per class, with how well the counts carry it."),
    "standing.50.title": phrase("Goal (P50)"),
    "standing.50.description": phrase("The verdict on the goal in the chosen window, per class, with how well the counts carry it."),
    "budget.here.title": phrase("Late missions still allowed"),
    "budget.here.description": phrase("How many more late missions the requirement allows this tertial and this year; negative: overdrawn."),
    "timeline.title": phrase("The requirement's verdict over time"),
    "timeline.description": phrase("Verdict and evidence for month, tertial and year to date, as they stood. A new period begins with no data."),
    "reading.title": phrase("How to read this"),
    "reading.description": phrase("What the colours and signs stand for."),
    "times.80.title": phrase("P80 and the requirement"),
    "times.80.description": phrase("The time within which 80 % of the missions were reached, with its 95 % interval as a band and the requirement as a dashed line. While the line is inside the band, chance may decide."),
    "times.50.title": phrase("P50 and the goal"),
    "times.50.description": phrase("The median response time, with its 95 % interval as a band and the goal as a dashed line."),
    "share.title": phrase("Share within the requirement"),
    "share.description": phrase("The share that decides (dashed line: 80 %), with its 95 % interval as a band."),
    "name.share": phrase("Within"),
    "counts.title": phrase("Missions in the window"),
    "counts.description": phrase("Measured missions, those that lack a time stamp, and those that the source takes out of the official figure. A growing unmeasured share makes the percentiles less sure than they look."),
    "name.measured": phrase("Measured"),
    "name.unmeasured": phrase("Unmeasured"),
    "name.excluded": phrase("Excluded"),
    "drift.title": phrase("Drift (CUSUM)"),
    "drift.description": phrase("Each late mission pushes the score up, each timely one down; over the dashed line the drift is more than chance. Against the requirement, and against the district's own trailing year."),
    "name.over.requirement": phrase("Against the requirement"),
    "name.over.own_year": phrase("Against its own year"),
    "progress.title": phrase("In progress"),
    "progress.description": phrase("Urgent missions in progress, and those past the requirement already."),
    "evidence.title": phrase("Evidence against the requirement"),
    "evidence.description": phrase("Evidence of the period to date that may be looked at all the time: 20 is a warning, more a page (dashed lines). Logarithmic."),
    "annotation.changed": phrase("The requirement's verdict changed"),
}  # fmt: skip

PIPELINE: Final[Mapping[str, str]] = {
    "pipeline.title": phrase("Response time: pipeline"),
    "pipeline.description": phrase("Whether the monitor itself keeps up, what it refused, and what an operator does about it."),
    "row.keeping_up": phrase("Keeping up"),
    "row.checkpoints": phrase("Checkpoints"),
    "row.events": phrase("Events"),
    "row.consistency": phrase("Every mission counted once"),
    "row.resources": phrase("Resources"),
    "workers.title": phrase("Workers"),
    "workers.description": phrase("Workers that give a sign of life in the store, those that Prometheus reaches, and the partitions that these own together: all partitions of the topic, or some are not read."),
    "trouble.title": phrase("To look at"),
    "trouble.description": phrase("Records not yet taken into account now; dead letters, offsets lost to retention and missions sealed early in the chosen time range."),
    "lag.title": phrase("Lag by partition"),
    "lag.description": phrase("Records that were written and not yet taken into account. 0 or nearly so in normal work; a replay shows as a slope down."),
    "delay.title": phrase("From record to metric"),
    "delay.description": phrase("Time from a record's Kafka timestamp to the checkpoint that holds it, after which it shows within a scrape."),
    "checkpoints.title": phrase("Time of a checkpoint"),
    "checkpoints.description": phrase("Time to write changed missions and offset to the store in one step."),
    "batches.title": phrase("Batches and checkpoints"),
    "batches.description": phrase("Record batches taken into account, and checkpoints written, per second over the chosen workers."),
    "outcomes.title": phrase("What became of the events"),
    "outcomes.description": phrase("Events a second by outcome in the ledger. Many duplicates or stale ones: the source sends again. Late ones: history beyond the correction horizon."),
    "dead_letters.title": phrase("Dead letters by reason"),
    "dead_letters.description": phrase("Events that could not be counted, by reason. They keep their bytes and can be requeued."),
    "fencing.title": phrase("Takeovers and repetitions"),
    "fencing.description": phrase("Checkpoints refused to a worker that had lost its partition, partitions rebuilt from the start, records that Kafka delivered again, and repeated attempts at the store. None of them doubles a mission."),
    "losses.title": phrase("Lost or sealed early"),
    "losses.description": phrase("Offsets that Kafka's retention removed before they were read, and missions sealed before the correction horizon because a ledger was full. Both should stay where they are."),
    "memory.title": phrase("Memory of each process"),
    "memory.description": phrase("Resident memory of exporters and workers. A worker grows with the missions in its ledgers up to their cap, an exporter with all of them."),
    "tracked.title": phrase("Missions in the ledgers, age of the reading"),
    "tracked.description": phrase("Missions that can still be corrected, and how long ago the store was last read completely."),
    "name.living": phrase("Alive"),
    "name.workers": phrase("Reached"),
    "name.partitions": phrase("Partitions owned"),
    "name.lag": phrase("Lag"),
    "name.dead": phrase("Dead letters"),
    "name.lost": phrase("Lost offsets"),
    "name.sealed_early": phrase("Sealed early"),
    "name.batches": phrase("Batches"),
    "name.checkpoints": phrase("Checkpoints"),
    "name.fenced": phrase("Refused checkpoints"),
    "name.rewinds": phrase("Rebuilt partitions"),
    "name.redelivered": phrase("Delivered again"),
    "name.retries": phrase("Store retries"),
    "name.tracked": phrase("Missions tracked"),
    "name.read": phrase("Since last read"),
    "advice.title": phrase("What to do"),
    "advice.description": phrase("What an operator does when these panels look wrong."),
}  # fmt: skip

TEXTS: Final[Mapping[str, str]] = {**SHARED, **NATIONAL, **DISTRICT, **PIPELINE, **ADVICE}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: Language

    def __call__(self, key: str, **figures: str) -> str:
        return speaker(self.language)(TEXTS[key], **figures)

    def settlement(self, slug: str) -> str:
        """A settlement class as people call it."""
        return speaker(self.language).settlement(slug).capitalize()

    def verdict(self, shade: Shade) -> str:
        """A verdict with its evidence."""
        say = speaker(self.language)
        return ", ".join([say(STATES[shade.state]), *([say(EVIDENCES[shade.evidence])] if shade.evidence else [])])

    def legend(self, *, brief: bool = False) -> str:
        """The shades in words, most to do first; each in its own colour."""
        swatches = [
            f'<span style="background:{shade.colour};padding:0 .6em;margin-right:.4em">&nbsp;</span>'
            f"{shade.sign} {self.verdict(shade)}"
            for shade in reversed(SHADES)
        ]
        return ("\n\n" if brief else " &emsp; ").join(swatches)

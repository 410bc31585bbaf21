"""The words of the dashboards, in English: one builder, as many languages as there are catalogues.

Decides wording only. A key that nobody asks for fails a test. Grafana fills in `$category` and its like.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitor.dashboards.advice import ADVICE
from monitor.dashboards.palette import SHADES, Shade
from monitor.words.catalogue import Language
from monitor.words.speaker import Speaker, phrase, speaker
from monitor.words.verdicts import EVIDENCES, STATES

SHARED: Final[Mapping[str, str]] = {
    "folder": phrase("Response time"),
    "link.area": phrase("Open the area"),
    "variable.all": phrase("All"),
    "variable.datasource": phrase("Data source"),
    "variable.datasource.help": phrase("The Prometheus that scrapes exporter and workers."),
    "variable.window": phrase("Window"),
    "variable.window.help": phrase("Which missions the figures look at: rolling, the newest by count, or to date."),
    "variable.service": phrase("Service"),
    "variable.service.help": phrase("Whose missions: several services may share one Prometheus."),
    "variable.objective": phrase("Objective"),
    "variable.objective.help": phrase("Which of the service's objectives is judged; those that page come first."),
    "variable.category": phrase("Category"),
    "variable.category.help": phrase("Categories of missions, pools among them."),
    "variable.area": phrase("Area"),
    "variable.area.help": phrase("An area of the service; what others lie within is their pool."),
    "variable.root": phrase("The whole"),
    "variable.root.help": phrase("The area that holds all others."),
    "variable.clock": phrase("Clock"),
    "variable.clock.help": phrase("The interval of a mission that the objective is about."),
    "variable.instance": phrase("Worker"),
    "variable.instance.help": phrase("Worker processes, as Prometheus names them."),
    "standing.title": phrase("How the objectives stand"),
    "standing.description": phrase("Each objective in the chosen window, by category: its value in minutes, coloured by verdict and evidence. The verdict is decided by exact counts. What has the surest breach stands first."),
    "none.yet": phrase("No figures recorded in this range"),
    "none.share": phrase("A mean has no share within its target."),
    "none.alarm": phrase("Only objectives that page are watched so."),
    "name.value": phrase("Value"),
    "name.turned": phrase("Verdict turned"),
    "name.target": phrase("Target"),
    "name.lower": phrase("95 % interval, lower end"),
    "name.upper": phrase("95 % interval, upper end"),
    "name.overdue": phrase("Overdue"),
    "name.open": phrase("In progress"),
    "name.feed": phrase("Feed"),
    "name.store": phrase("Store"),
    "name.event": phrase("Newest event"),
    "name.figures": phrase("Figures"),
    "feed.title": phrase("Feed and store"),
    "feed.description": phrase('Whether mission events arrive, and whether the exporter reads the store. Once the feed has been silent for longer than the service\'s own volume makes plausible, every verdict becomes "no data": old figures are never shown as met. Without the store, all figures stand still.'),
    "feed.alive": phrase("✔ in order"),
    "feed.silent": phrase("✖ FAILS"),
    "age.title": phrase("Age of what is shown"),
    "age.description": phrase("Time since the newest event was written, and since the figures were last taken. Figures are renewed every 15 s: a minute is too old."),
    "overdue.now.title": phrase("Overdue now"),
    "overdue.now.description": phrase("Missions in progress, in the area that is shown, whose target has already run out: they are late whatever comes. Asked of objectives that page."),
}  # fmt: skip

OVERVIEW: Final[Mapping[str, str]] = {
    "overview.title": phrase("Response time: overview"),
    "overview.description": phrase("How a service and its areas stand against its objectives, what is late now, and whether the figures may be believed."),
    "row.whole": phrase("The whole service"),
    "row.areas": phrase("Areas"),
    "row.budget": phrase("Late to spare in the periods so far"),
    "row.trend": phrase("The whole service over time"),
    "matrix.title": phrase("Areas by the objective: $objective"),
    "matrix.description": phrase("The objective's value in minutes per area and category, coloured by verdict and evidence; grey is no data or no target. What has the surest breach stands first. Click a cell for its area."),
    "overdue.title": phrase("In progress now"),
    "overdue.description": phrase("Missions in progress per area, and how many of them are past their target already."),
    "alarms.title": phrase("Firing alerts"),
    "alarms.description": phrase("Alerts that fire now in Prometheus, of this service and of the monitor itself. What is wrong links to what to do, the area to its page."),
    "alarms.none": phrase("Nothing fires."),
    "alarms.alertname": phrase("What is wrong"),
    "alarms.Value": phrase("Since"),
    "alarms.runbook": phrase("What to do"),
    "legend.title": phrase("How to read the colours"),
    "legend.description": phrase("What the colours and signs of the matrix stand for."),
    "budget.part.title": phrase("Late to spare, this part of the year"),
    "budget.part.description": phrase("How many more of the missions so far in the quarter, tertial or half-year could have been late and the objective still met; negative: so many too many were. Not how many may still come late: each that comes counts among all. Of a mean, how many seconds its missions could have taken more together. Fewest first."),
    "budget.year.title": phrase("Late to spare, this year"),
    "budget.year.description": phrase("How many more of the missions so far in the year could have been late and the objective still met; negative: so many too many were. Not how many may still come late: each that comes counts among all. Of a mean, how many seconds its missions could have taken more together. Fewest first."),
    "trend.title": phrase("$objective, $category"),
    "trend.description": phrase("The objective's value in minutes in the chosen window over time, with the 95 % interval as a band and the target as a dashed line. A dot marks where the verdict turned from or to missed."),
}  # fmt: skip

AREA: Final[Mapping[str, str]] = {
    "area.title": phrase("Response time: area"),
    "area.description": phrase("One area: how its objectives stand, and the values, shares, counts and drift that lead to the verdicts."),
    "row.category": phrase("Category: $category"),
    "budget.here.title": phrase("Late to spare in the periods so far"),
    "budget.here.description": phrase("How many more of the missions so far in each period could have been late and the objective still met; negative: so many too many were. Not how many may still come late: each that comes counts among all. Of a mean, how many seconds its missions could have taken more together."),
    "timeline.title": phrase("The verdict over time"),
    "timeline.description": phrase("Verdict and evidence of the objective for each period to date, as they stood. A new period begins with no data."),
    "reading.title": phrase("How to read this"),
    "reading.description": phrase("What the colours and signs stand for."),
    "times.title": phrase("Value and target: $objective"),
    "times.description": phrase("The percentile or mean that the objective is about, in minutes, with its 95 % interval as a band and the target as a dashed line. While the dashed line is inside the band, chance may decide. A dot marks where the verdict turned from or to missed."),
    "share.title": phrase("Share within the target"),
    "share.description": phrase("The share that decides, and the share that is wanted as a dashed line; of the measured missions. What the others could make of it stands on the live board. A mean has none."),
    "name.share": phrase("Within"),
    "name.wanted": phrase("Wanted"),
    "counts.title": phrase("Missions in the window"),
    "counts.description": phrase("Measured missions, those that lack a time stamp, and those that the source takes out of the official figure. A growing unmeasured share makes the figures less sure than they look."),
    "causes.title": phrase("Why missions are not measured"),
    "causes.description": phrase("Missions of the last 28 days without a value on the objective's clock, by cause."),
    "name.measured": phrase("Measured"),
    "name.unmeasured": phrase("Unmeasured"),
    "name.excluded": phrase("Excluded"),
    "drift.title": phrase("Drift (CUSUM)"),
    "drift.description": phrase("Each late mission pushes the score up, each timely one down; over the dashed line the drift is more than chance. Against the target, and against the area's own trailing year. Of objectives that page."),
    "name.over.target": phrase("Against the target"),
    "name.over.own_year": phrase("Against its own year"),
    "progress.title": phrase("In progress"),
    "progress.description": phrase("Missions in progress, and those past their target already."),
    "evidence.title": phrase("Evidence against the objective"),
    "evidence.description": phrase("Evidence of each period to date that may be looked at all the time: 20 is a warning, more a page (dashed lines). Logarithmic. Of objectives that page."),
}  # fmt: skip

PIPELINE: Final[Mapping[str, str]] = {
    "pipeline.title": phrase("Response time: pipeline"),
    "pipeline.description": phrase("Whether the monitor itself keeps up, what it refused, and what an operator does about it."),
    "row.keeping_up": phrase("Keeping up"),
    "row.checkpoints": phrase("Checkpoints"),
    "row.events": phrase("Events"),
    "row.consistency": phrase("Every mission counted once"),
    "row.feeds": phrase("Feeds"),
    "row.resources": phrase("Resources"),
    "workers.title": phrase("Workers"),
    "workers.description": phrase("Workers that give a sign of life in the store, and the partitions that those which Prometheus reaches own together: all partitions of the topic, or some are not read."),
    "trouble.title": phrase("To look at"),
    "trouble.description": phrase("Dead letters, offsets lost to retention and missions sealed early in the chosen time range."),
    "lag.title": phrase("Lag by partition"),
    "lag.description": phrase("Records that were written and not yet taken into account. 0 or nearly so in normal work; a replay shows as a slope down."),
    "delay.title": phrase("From record to metric"),
    "delay.description": phrase("Time from a record's Kafka timestamp to the checkpoint that holds it, after which it shows within a scrape."),
    "checkpoints.title": phrase("Time of a checkpoint"),
    "checkpoints.description": phrase("Time to write changed missions and offset to the store in one step."),
    "batches.title": phrase("Batches and checkpoints"),
    "batches.description": phrase("Record batches taken into account, and checkpoints written, per second over the chosen workers."),
    "outcomes.title": phrase("What became of the events"),
    "outcomes.description": phrase("Events a second by outcome in the ledger. Many duplicates or stale ones: the source sends again. Late ones: of missions that are sealed already."),
    "dead_letters.title": phrase("Dead letters by reason"),
    "dead_letters.description": phrase("Events that could not be counted, by reason. They keep their bytes and can be requeued."),
    "fencing.title": phrase("Takeovers and repetitions"),
    "fencing.description": phrase("Checkpoints refused to a worker that had lost its partition, partitions rebuilt from the start, records that Kafka delivered again, and repeated attempts at the store. None of them doubles a mission."),
    "losses.title": phrase("Lost or sealed early"),
    "losses.description": phrase("Offsets that Kafka's retention removed before they were read, and missions sealed before the correction horizon because a ledger was full. Both should stay where they are."),
    "feed_lag.title": phrase("Lag of feeds by partition"),
    "feed_lag.description": phrase("Records of a source's topic that its feed has not carried yet. 0 or nearly so in normal work."),
    "feed_records.title": phrase("What feeds carried and refused"),
    "feed_records.description": phrase("Records a second that became events, and those put among the dead letters of their topic, by reason."),
    "name.carried": phrase("Carried"),
    "none.feed": phrase("No feed, or none that Prometheus reaches"),
    "memory.title": phrase("Memory of each process"),
    "memory.description": phrase("Resident memory of exporters, workers and feeds. A worker grows with the missions in its ledgers up to their cap, an exporter with all of them."),
    "tracked.title": phrase("Missions in the ledgers, age of the reading"),
    "tracked.description": phrase("Missions that can still be corrected, and how long ago the store was last read completely."),
    "name.living": phrase("Alive"),
    "name.partitions": phrase("Partitions owned"),
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

ALARMS: Final[Mapping[str, str]] = {
    "alarm.ResponseObjectiveBreached": phrase("objective breached"),
    "alarm.ResponseObjectiveAtRisk": phrase("objective at risk"),
    "alarm.ResponseDriftOverTarget": phrase("late far more often than allowed"),
    "alarm.ResponseDriftOwnLevel": phrase("late more often than in its own past"),
    "alarm.ResponseObjectiveMissed": phrase("objective missed this period"),
    "alarm.ResponseMissionsOverdue": phrase("missions in progress are late"),
    "alarm.ResponseMeasurementMissing": phrase("many missions cannot be measured"),
    "alarm.ResponseFeedStale": phrase("no mission events"),
    "alarm.ResponseFeedEmpty": phrase("no event has ever arrived"),
    "alarm.MonitorAbsent": phrase("monitor does not answer"),
    "alarm.MonitorStoreDown": phrase("store does not answer"),
    "alarm.MonitorNoWorker": phrase("no worker is running"),
    "alarm.MonitorInvalidFlood": phrase("flood of invalid records"),
    "alarm.MonitorLagging": phrase("worker does not catch up"),
    "alarm.MonitorFeedLagging": phrase("feed does not catch up"),
    "alarm.MonitorFeedRefuses": phrase("feed refuses records"),
    "alarm.MonitorDeadLetters": phrase("events were refused"),
    "alarm.MonitorEventsLost": phrase("events were lost"),
    "alarm.MonitorRecordsAhead": phrase("a clock is wrong"),
    "alarm.MonitorMovedAcrossPeriods": phrase("closed years have changed"),
    "alarm.MonitorStoreEmptied": phrase("store was empty"),
}  # fmt: skip
"""What fires, in as few words as a table has room for."""

TEXTS: Final[Mapping[str, str]] = {**SHARED, **OVERVIEW, **AREA, **PIPELINE, **ALARMS, **ADVICE}


@dataclass(frozen=True, slots=True)
class Head:
    """What a panel says of itself, and what it says instead of figures where there are none."""

    title: str
    description: str
    without: str


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: Language

    @property
    def say(self) -> Speaker:
        """Who says them."""
        return speaker(self.language)

    def __call__(self, key: str) -> str:
        return self.say(TEXTS[key])

    def head(self, key: str, without: str = "none.yet") -> Head:
        """What a panel says of itself, and what where it has nothing to show."""
        return Head(self(f"{key}.title"), self(f"{key}.description"), self(without))

    def verdict(self, shade: Shade) -> str:
        """A verdict with its evidence."""
        said = [self.say(STATES[shade.state]), *([self.say(EVIDENCES[shade.evidence])] if shade.evidence else [])]
        return ", ".join(said)

    @property
    def legend(self) -> str:
        """The shades in words, most to do first; each in its own colour."""
        return "\n".join(
            f'- <span style="background:{shade.colour};padding:0 .6em;margin-right:.4em">&nbsp;</span>'
            f"{shade.sign} {self.verdict(shade)}"
            for shade in reversed(SHADES)
        )

"""The vocabulary: every metric the monitor exposes, with its help text, kind and labels, and who exposes it.

Exporter, workers, rules, dashboards and documentation take names and labels from here and from nowhere else. Base
units (seconds, missions, records), moments instead of ages, no `quantile` label.

How a value that does not exist is told, in one rule: 0 means "known to be none", NaN means "not known, or there is
none to give" (the percentile of no missions). A comparison with NaN is never true (except !=), so no alert fires on
it, and the series is there all the same. Counters are never NaN: before the store was read they are not exposed,
since a 0 that jumps to its true value would look like a million events at once.
"""

from dataclasses import dataclass
from typing import Final, Literal

from monitor.core.alarm import Level
from monitor.core.onset import Onset
from monitor.core.stats.binomial import Evidence
from monitor.core.verdict import State

Kind = Literal["gauge", "counter", "histogram"]
Source = Literal["exporter", "worker", "feed"]
Unit = Literal[
    "seconds", "Unix time, seconds", "missions", "events", "records", "0 or 1", "partitions", "rewinds", "workers",
    "checkpoints", "attempts", "always 1", "likelihood ratio", "log likelihood ratio", "probability", "1 to 8",
    "0 to 2", "0 to 1",
]  # fmt: skip

SERVICE: Final = "service"
AREA: Final = "area"
CATEGORY: Final = "category"
OBJECTIVE: Final = "objective"
CLOCK: Final = "clock"
CAUSE: Final = "cause"
WITHIN: Final = "within"
WINDOW: Final = "window"
STATISTIC: Final = "statistic"
PERCENTILE: Final = "percentile"
DUTY: Final = "duty"
OUTCOME: Final = "outcome"
REASON: Final = "reason"
BASELINE: Final = "baseline"
PARTITION: Final = "partition"
NAME: Final = "name"
KIND: Final = "kind"
LEAF: Final = "leaf"
POOL: Final = "pool"
FORMER: Final = "former"
TOPIC: Final = "topic"
WHAT: Final = "what"

LABELS: Final[dict[str, str]] = {
    SERVICE: "Slug of the service whose missions these are (`slug` of its folder): several may share one Prometheus.",
    AREA: "Slug of the area, as `response_area_info` lists them; an inner node of the tree is the pool of what lies "
    "within it.",
    CATEGORY: "Slug of the category; one that others lie within is their pool.",
    OBJECTIVE: "Slug of the objective, as `response_objective_info` lists them.",
    CLOCK: "Slug of the clock: the interval of a mission that is measured.",
    CAUSE: "Why a mission that counts has no value on the clock: `no_end`, `too_long` ...",
    WITHIN: "Slug of the area or category that this one lies within; empty for the root, and for what has ended.",
    WINDOW: "Missions looked at: rolling (`28d`), the newest by count (`last100`), or to date (`year`).",
    STATISTIC: "What of the times is judged: `percentile` or `mean`.",
    PERCENTILE: "Which percentile: 90 where 90 % of the missions are to be within the target; empty for a mean.",
    DUTY: "What the objective may ask of people when it is not reached: `page`, `ticket` or `show`.",
    OUTCOME: "What became of an event in the ledger (docs/design.md prints the table).",
    REASON: "Why an event was put among the dead letters.",
    BASELINE: "What a drift is measured from: the `target`, or the series' `own_year`.",
    PARTITION: "Number of the topic's partition.",
    NAME: "What people call it, in English where the service says so; with its slug where two are called the same.",
    TOPIC: "The source's topic that a feed reads.",
    WHAT: "What was noticed in a record, by the name that docs/feeds.md lists.",
    KIND: "`leaf` where missions name it themselves, `pool` where others lie within it, `former` where it has ended.",
}
"""Every label with its meaning."""

VERDICTS: Final[dict[tuple[State, Evidence], int]] = {
    (State.MISSED, Evidence.STRONG): 8, (State.MISSED, Evidence.WEAK): 7, (State.MISSED, Evidence.NONE): 6,
    (State.NO_DATA, Evidence.NONE): 5, (State.NO_TARGET, Evidence.NONE): 4,
    (State.MET, Evidence.NONE): 3, (State.MET, Evidence.WEAK): 2, (State.MET, Evidence.STRONG): 1,
}  # fmt: skip
"""The number that says state and evidence at once.

What is met is below all others, what is missed above, each the further the better the counts carry it; no data and
no target lie between them, so neither question finds them. Nothing is 0: what a broken query makes up is no verdict.
The greatest of several (exporters, windows, categories) is the worst: no data is worse than met.
"""
MISSED_ABOVE: Final = VERDICTS[State.NO_DATA, Evidence.NONE]
"""A greater code is missed."""
MET_BELOW: Final = VERDICTS[State.NO_TARGET, Evidence.NONE]
"""A smaller code is met."""
BREACHES: Final[dict[Level, float]] = {Level.NONE: 0, Level.WARNING: 1, Level.BREACH: 2}
"""The number that says how sure a breach is."""
CHANGES: Final[dict[Onset, float]] = {Onset.NONE: 0, Onset.CHANGED: 1, Onset.WORSE: 2}
"""The number that says what is new: what pages."""

UNMEASURED_WINDOW: Final = "28d"
"""Where the alert on unmeasured missions looks: only there they are told by cause."""

_SERIES: Final = (AREA, CATEGORY)
_WINDOWED: Final = (*_SERIES, WINDOW)
_AIMED: Final = (*_SERIES, OBJECTIVE)
_JUDGED: Final = (*_AIMED, WINDOW)
_CLOCKED: Final = (*_SERIES, CLOCK, WINDOW)
_TESTED: Final = (*_AIMED, BASELINE)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it is exposed; a counter's name ends with `_total`.

    `by`: its labels beside `service`, which all have. `absent` says when the value is NaN, or the series is missing.
    `buckets`: upper bounds of a histogram.
    """

    name: str
    help: str
    kind: Kind
    unit: Unit
    by: tuple[str, ...] = ()
    absent: str = ""
    source: Source = "exporter"
    buckets: tuple[float, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All of them.

        Also what is no figure of missions says whose it is: one service's silent feed or dead store must not say
        anything about another's, and every service has a partition 0.
        """
        return (SERVICE, *self.by)


_NOT_READ: Final = "before the store was first read completely"

RESPONSE_TIME_SECONDS: Final = Metric(
    "response_time_seconds",
    "The objective's statistic, a percentile or the mean, of the times on its clock.",
    "gauge", "seconds", _JUDGED, "NaN without measured missions",
)  # fmt: skip
RESPONSE_TIME_LOWER_SECONDS: Final = Metric(
    "response_time_lower_seconds", "Lower end of the 95 % interval of that statistic.",
    "gauge", "seconds", _JUDGED, "NaN with too few measured missions",
)  # fmt: skip
RESPONSE_TIME_UPPER_SECONDS: Final = Metric(
    "response_time_upper_seconds", "Upper end of the 95 % interval of that statistic.",
    "gauge", "seconds", _JUDGED, "NaN with too few measured missions",
)  # fmt: skip
RESPONSE_TIME_TARGET_SECONDS: Final = Metric(
    "response_time_target_seconds", "The objective's target in force today.",
    "gauge", "seconds", _AIMED, "NaN where none is set",
)  # fmt: skip
RESPONSE_MISSIONS_MEASURED: Final = Metric(
    "response_missions_measured", "Missions that count and have a value on the clock.",
    "gauge", "missions", _CLOCKED, f"NaN {_NOT_READ}",
)  # fmt: skip
RESPONSE_MISSIONS_UNMEASURED: Final = Metric(
    "response_missions_unmeasured", "Missions that count and ended, or were given up, without a value on the clock.",
    "gauge", "missions", _CLOCKED, f"NaN {_NOT_READ}; no series for windows by count, where it has no meaning",
)  # fmt: skip
RESPONSE_MISSIONS_UNMEASURED_BY_CAUSE: Final = Metric(
    "response_missions_unmeasured_by_cause",
    f"The same by cause, for the window {UNMEASURED_WINDOW} alone, where the alert on them looks.",
    "gauge", "missions", (*_SERIES, CLOCK, CAUSE, WINDOW),
    f"NaN {_NOT_READ}; no series for `unknown`, and for `too_short` on a clock without a shortest time, where there "
    "are none",
)  # fmt: skip
RESPONSE_MISSIONS_EXCLUDED: Final = Metric(
    "response_missions_excluded", "Missions that the source takes out of the official figure.",
    "gauge", "missions", _WINDOWED, f"NaN {_NOT_READ}; no series for windows by count, where it has no meaning",
)  # fmt: skip
RESPONSE_MISSIONS_JUDGED: Final = Metric(
    "response_missions_judged", "Measured missions that had a target when they began: what the verdict is made of.",
    "gauge", "missions", _JUDGED, f"NaN {_NOT_READ}",
)  # fmt: skip
RESPONSE_MISSIONS_WITHIN_TARGET: Final = Metric(
    "response_missions_within_target", "Judged missions that took at most the target in force when they began.",
    "gauge", "missions", _JUDGED, f"NaN {_NOT_READ}; no series for a mean",
)  # fmt: skip
RESPONSE_VERDICT: Final = Metric(
    "response_verdict",
    "Whether the target was met, and how well the counts carry that: 1 to 3 met (strong evidence, weak, may be "
    "chance), 4 no target is set, 5 no data (no missions, a silent feed, or nothing read yet), 6 to 8 missed (may be "
    "chance, weak, strong evidence).",
    "gauge", "1 to 8", _JUDGED,
)  # fmt: skip
RESPONSE_LATE_BUDGET_MISSIONS: Final = Metric(
    "response_late_budget_missions",
    "How many more of the missions of the period to date could have been late and the objective still met; negative: "
    "so many too many were. Not how many may still come late: each of those counts among all.",
    "gauge", "missions", _JUDGED, "NaN without a verdict; only for periods of the calendar, no series for a mean",
)  # fmt: skip
RESPONSE_SPARE_SECONDS: Final = Metric(
    "response_spare_seconds",
    "How much longer the missions of the period to date may take, together, before their mean exceeds the target; "
    "negative: overdrawn.",
    "gauge", "seconds", _JUDGED, "NaN without a verdict; only for means, and periods of the calendar",
)  # fmt: skip
RESPONSE_BREACH_LEVEL: Final = Metric(
    "response_breach_level",
    "How sure it is that a paging objective is not met: 0 not, 1 at risk, 2 breached, both of them tickets; held "
    "while the feed is silent.",
    "gauge", "0 to 2", _AIMED, f"NaN {_NOT_READ}",
)  # fmt: skip
RESPONSE_BREACH_P_VALUE: Final = Metric(
    "response_breach_p_value",
    "Chance of so few missions within a paging objective's target in the last 28 days if it were truly just met "
    "(exact, for one look).",
    "gauge", "probability", _AIMED, f"NaN {_NOT_READ}",
)  # fmt: skip
RESPONSE_PERIOD_E_VALUE: Final = Metric(
    "response_period_e_value",
    "Evidence against a paging objective's target, period to date, valid however often it is looked at: 1 at first, "
    "100 is 1 in 100.",
    "gauge", "likelihood ratio", _JUDGED, f"NaN {_NOT_READ}; only for periods of the calendar",
)  # fmt: skip
RESPONSE_CHANGE_LEVEL: Final = Metric(
    "response_change_level",
    "Whether missions have begun to be late more often than a paging objective allows, and than they surely were in "
    "the year before: 0 no, 1 so it is, 2 and it has become worse since; held while the feed is silent.",
    "gauge", "0 to 2", _AIMED, f"NaN {_NOT_READ}, and of pools",
)  # fmt: skip
RESPONSE_DRIFT_SCORE: Final = Metric(
    "response_drift_score",
    "CUSUM of late missions by day, in natural logarithms for a series of 500 a year; held while the feed is silent.",
    "gauge", "log likelihood ratio", _TESTED, "NaN with too few missions for a level",
)  # fmt: skip
RESPONSE_DRIFT_ALARM: Final = Metric(
    "response_drift_alarm", "Whether the CUSUM has crossed its threshold and not come back to 0 since.",
    "gauge", "0 or 1", _TESTED, "NaN with too few missions for a level",
)  # fmt: skip
RESPONSE_MISSIONS_OPEN: Final = Metric(
    "response_missions_open", "Missions in progress that count.", "gauge", "missions", _SERIES, f"NaN {_NOT_READ}"
)
RESPONSE_MISSIONS_OVERDUE: Final = Metric(
    "response_missions_overdue", "Missions in progress that are past the paging objective's target already.",
    "gauge", "missions", _SERIES, f"NaN {_NOT_READ}; 0 where no target is set",
)  # fmt: skip
RESPONSE_MISSIONS_PRESUMED_REACHED: Final = Metric(
    "response_missions_presumed_reached",
    "Of the missions past their target those that are open for longer than all but one in a hundred took: probably "
    "reached, and nobody registered it.",
    "gauge", "missions", _SERIES, f"NaN {_NOT_READ}",
)  # fmt: skip
RESPONSE_OVERDUE_LIMIT_MISSIONS: Final = Metric(
    "response_overdue_limit_missions",
    "So many missions past their target at once, without those presumed reached, are no accident at this area's "
    "volume and hour.",
    "gauge", "missions", (AREA,), f"NaN {_NOT_READ}; only of areas that missions name",
)  # fmt: skip
RESPONSE_LAST_MISSION_TIMESTAMP_SECONDS: Final = Metric(
    "response_last_mission_timestamp_seconds", "When the newest measured mission began.",
    "gauge", "Unix time, seconds", _SERIES, "NaN without measured missions",
)  # fmt: skip
RESPONSE_AREA_INFO: Final = Metric(
    "response_area_info", "What people call an area, and its place among the others: for joins, and for texts.",
    "gauge", "always 1", (AREA, WITHIN, KIND, NAME),
)  # fmt: skip
RESPONSE_CATEGORY_INFO: Final = Metric(
    "response_category_info", "What people call a category, and its place among the others.",
    "gauge", "always 1", (CATEGORY, WITHIN, KIND, NAME),
)  # fmt: skip
RESPONSE_OBJECTIVE_INFO: Final = Metric(
    "response_objective_info", "What an objective is: the statistic of a clock, and its duty when it is not reached.",
    "gauge", "always 1", (OBJECTIVE, CLOCK, STATISTIC, PERCENTILE, DUTY),
)  # fmt: skip
RESPONSE_OBJECTIVE_RATIO: Final = Metric(
    "response_objective_ratio", "Share of the missions that the objective wants within its target.",
    "gauge", "0 to 1", (OBJECTIVE,), "no series for a mean",
)  # fmt: skip

EVENTS: Final = Metric(
    "monitor_events_total", "Events taken into account, by what became of them; exact across restarts.",
    "counter", "events", (OUTCOME,), f"not exposed {_NOT_READ}",
)  # fmt: skip
DEAD_LETTERS: Final = Metric(
    "monitor_dead_letters_total", "Events put among the dead letters, by reason; exact across restarts.",
    "counter", "events", (REASON,), f"not exposed {_NOT_READ}",
)  # fmt: skip
SEALED_EARLY: Final = Metric(
    "monitor_sealed_early_total", "Missions sealed before the correction horizon because a ledger was full.",
    "counter", "missions", (), f"not exposed {_NOT_READ}",
)  # fmt: skip
LOST_OFFSETS: Final = Metric(
    "monitor_lost_offsets_total", "Offsets that Kafka's retention removed before they were read.",
    "counter", "records", (), f"not exposed {_NOT_READ}",
)  # fmt: skip
RECORDS_AHEAD: Final = Metric(
    "monitor_records_ahead_total",
    "Records that claimed a moment further ahead of their arrival than clocks may differ.",
    "counter", "records", (), f"not exposed {_NOT_READ}",
)  # fmt: skip
MOVED_ACROSS_PERIODS: Final = Metric(
    "monitor_moved_across_periods_total",
    "Missions that corrections took from one calendar year to another, or out of or into one that was closed.",
    "counter", "missions", (), f"not exposed {_NOT_READ}",
)  # fmt: skip
MISSIONS_LEFT_OUT: Final = Metric(
    "monitor_missions_left_out",
    "Stored missions whose area or category is not declared: they are in no figure, nor in any pool.",
    "gauge", "missions", (), f"NaN {_NOT_READ}",
)  # fmt: skip
MISSIONS_TRACKED: Final = Metric(
    "monitor_missions_tracked", "Missions in the ledgers, which can still be corrected.",
    "gauge", "missions", (), f"NaN {_NOT_READ}",
)  # fmt: skip
NEXT_OFFSET: Final = Metric(
    "monitor_next_offset", "Offset that the stored state of the partition continues at.",
    "gauge", "records", (PARTITION,), "no series before the partition's first checkpoint",
)  # fmt: skip
WATERMARK_TIMESTAMP_SECONDS: Final = Metric(
    "monitor_watermark_timestamp_seconds", "Event time of the newest mission of the partition.",
    "gauge", "Unix time, seconds", (PARTITION,),
    "NaN before its first mission; no series before its first checkpoint",
)  # fmt: skip
LAST_RECORD_TIMESTAMP_SECONDS: Final = Metric(
    "monitor_last_record_timestamp_seconds",
    "When the newest event that told something new was written, as far as its arrival bears that out.",
    "gauge", "Unix time, seconds", (), "NaN before the first such event",
)  # fmt: skip
FEED_STALE: Final = Metric(
    "monitor_feed_stale", "Whether the feed has been silent for too long, so that every verdict is no_data.",
    "gauge", "0 or 1", (), f"NaN {_NOT_READ}",
)  # fmt: skip
FEED_PATIENCE_SECONDS: Final = Metric(
    "monitor_feed_patience_seconds",
    "Silence that is plausible since the feed was last heard: beyond, it is stale. From the missions by hour of the "
    "day, unless it is declared.",
    "gauge", "seconds", (), f"NaN {_NOT_READ}",
)  # fmt: skip
STORE_UP: Final = Metric(
    "monitor_store_up",
    "Whether the store answered, with state this program can read, when last asked.",
    "gauge",
    "0 or 1",
)
STORE_READ_TIMESTAMP_SECONDS: Final = Metric(
    "monitor_store_read_timestamp_seconds",
    "When the store was last read completely: the age of all figures while the store is down.",
    "gauge", "Unix time, seconds", (), f"NaN {_NOT_READ}",
)  # fmt: skip
WORKERS: Final = Metric(
    "monitor_workers", "Workers that have given a sign of life within the last seconds; without one nobody counts.",
    "gauge", "workers", (), "NaN while the store tells nothing of them, or tells of none although somebody counts",
)  # fmt: skip
PARTITION_HELD: Final = Metric(
    "monitor_partition_held", "Whether a worker that lives keeps the partition.",
    "gauge", "0 or 1", (PARTITION,), "NaN as monitor_workers; no series before the partition's first checkpoint",
)  # fmt: skip
PARTITION_SLOWED: Final = Metric(
    "monitor_partition_slowed", "Whether the partition brings a flood of invalid records and is slowed down for it.",
    "gauge", "0 or 1", (PARTITION,), "NaN as monitor_workers; no series before the partition's first checkpoint",
)  # fmt: skip
SNAPSHOT_TIMESTAMP_SECONDS: Final = Metric(
    "monitor_snapshot_timestamp_seconds", "The moment that windows, verdicts and missions in progress are as of.",
    "gauge", "Unix time, seconds",
)  # fmt: skip

CHECKPOINT_SECONDS: Final = Metric(
    "monitor_checkpoint_seconds", "Time to write one checkpoint to the store.",
    "histogram", "seconds", source="worker",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)  # fmt: skip
BATCH_SECONDS: Final = Metric(
    "monitor_batch_seconds", "Time to take one batch of records into account, without its checkpoint.",
    "histogram", "seconds", source="worker",
    buckets=(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)  # fmt: skip
EVENT_DELAY_SECONDS: Final = Metric(
    "monitor_event_delay_seconds", "Time from a record's Kafka timestamp to the checkpoint that holds it.",
    "histogram", "seconds", source="worker",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
)  # fmt: skip
CONSUMER_LAG_RECORDS: Final = Metric(
    "monitor_consumer_lag_records", "Records in the partition that this worker has not taken into account yet.",
    "gauge", "records", (PARTITION,), "no series for partitions of other workers", source="worker",
)  # fmt: skip
PARTITIONS_ASSIGNED: Final = Metric(
    "monitor_partitions_assigned", "Partitions that this worker owns.", "gauge", "partitions", source="worker"
)
REWINDS: Final = Metric(
    "monitor_rewinds_total", "Times a partition was rebuilt from the beginning because the store was empty.",
    "counter", "rewinds", source="worker",
)  # fmt: skip
FENCED_CHECKPOINTS: Final = Metric(
    "monitor_fenced_checkpoints_total",
    "Checkpoints refused because another worker had claimed the partition, or lost by the store that confirmed them.",
    "counter", "checkpoints", source="worker",
)  # fmt: skip
REDELIVERED_RECORDS: Final = Metric(
    "monitor_redelivered_records_total", "Records that Kafka delivered again and that were already counted.",
    "counter", "records", source="worker",
)  # fmt: skip
STORE_RETRIES: Final = Metric(
    "monitor_store_retries_total",
    "Attempts to reach the store that had to be repeated.",
    "counter",
    "attempts",
    source="worker",
)

FEED_RECORDS: Final = Metric(
    "monitor_feed_records_total", "Records of a source's topic that were read, and whose events have arrived.",
    "counter", "records", (TOPIC,), source="feed",
)  # fmt: skip
FEED_EVENTS: Final = Metric(
    "monitor_feed_events_total", "Events that a feed has sent to the topic of mission events.",
    "counter", "events", (TOPIC,), source="feed",
)  # fmt: skip
FEED_REFUSED: Final = Metric(
    "monitor_feed_refused_total", "Records that a feed has put among the dead letters of their topic, by reason.",
    "counter", "records", (TOPIC, REASON), source="feed",
)  # fmt: skip
FEED_NOTICED: Final = Metric(
    "monitor_feed_noticed_total", "What was noticed in records that became events: hours that occur twice, filters.",
    "counter", "records", (TOPIC, WHAT), source="feed",
)  # fmt: skip
FEED_LAG_RECORDS: Final = Metric(
    "monitor_feed_lag_records", "Records in the partition of a source's topic that this feed has not carried yet.",
    "gauge", "records", (TOPIC, PARTITION), "no series for partitions of other feeds", source="feed",
)  # fmt: skip
FEED_LOST_OFFSETS: Final = Metric(
    "monitor_feed_lost_offsets_total", "Offsets that retention removed from a source's topic before they were read.",
    "counter", "records", (TOPIC,), source="feed",
)  # fmt: skip
FEED_RETRIES: Final = Metric(
    "monitor_feed_retries_total", "Times that what was sent got no answer in time, or a refusal.",
    "counter", "attempts", source="feed",
)  # fmt: skip
FEED_PARTITIONS_ASSIGNED: Final = Metric(
    "monitor_feed_partitions_assigned", "Partitions of source topics that this feed owns.",
    "gauge", "partitions", source="feed",
)  # fmt: skip
FEED_BATCH_SECONDS: Final = Metric(
    "monitor_feed_batch_seconds", "Time to carry a part of a batch: read, mapped, sent and acknowledged.",
    "histogram", "seconds", source="feed",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0),
)  # fmt: skip

ALL: Final[tuple[Metric, ...]] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
"""In the order of this file."""
EXPORTER: Final = tuple(metric for metric in ALL if metric.source == "exporter")
_PRESENT: Final = (
    RESPONSE_MISSIONS_OPEN, RESPONSE_MISSIONS_OVERDUE, RESPONSE_MISSIONS_PRESUMED_REACHED,
    RESPONSE_OVERDUE_LIMIT_MISSIONS,
)  # fmt: skip
"""What was in progress then is known no more: it has ended since."""
PAST: Final = tuple(metric for metric in EXPORTER if metric.name.startswith("response_") and metric not in _PRESENT)
"""What can be told of a moment that is past: what the missions say, and not what the pipeline did then."""
WORKER: Final = tuple(metric for metric in ALL if metric.source == "worker")
FEED: Final = tuple(metric for metric in ALL if metric.source == "feed")
BY_NAME: Final = {metric.name: metric for metric in ALL}

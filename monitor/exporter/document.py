"""docs/metrics.md, written from the vocabulary."""

from collections.abc import Iterable
from typing import Final

from monitor import metrics
from monitor.core.verdict import State
from monitor.metrics import LABELS, Metric

PLACE: Final = "docs/metrics.md"
"""Where the document lies in the repository."""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _verdicts() -> str:
    rows = (
        (f"{code}", f"`{state}`", f"{evidence}" if state in (State.MET, State.MISSED) else "—")
        for (state, evidence), code in metrics.VERDICTS.items()
    )
    return _table(("Value", "Verdict", "Evidence"), rows)


def _levels() -> str:
    return ", ".join(f"{code:g} for `{level}`" for level, code in metrics.BREACHES.items())


_OPENING: Final = f"""\
# Metrics

Generated from `monitor/metrics.py` by `monitor generate`; do not edit.

Base units, moments instead of ages. **0 means "known to be none"; NaN means "not known, or there is none to
give"**, for example the percentile of no missions. A comparison with NaN is never true (except `!=`), so no alert
fires on it, and the series is there from the start all the same. Aggregations need care: `sum` and `avg` over a NaN
are NaN, `min` and `max` leave it out. Counters are never NaN; until the store was read once they are not exposed,
since a 0 that jumps to its true value would look like all events of the past at once.

The figures of partitions come from the stored state, so they are exact, also across restarts, and the same from
every exporter: aggregate over exporters with `max`, never with `sum`. Should the store be emptied, counters start
again and Prometheus sees a reset.

Exporter and workers also expose `process_resident_memory_bytes`, `process_cpu_seconds_total` and what else Prometheus
client libraries tell of a process (on Linux); these differ from process to process, by `instance`.

`{metrics.RESPONSE_VERDICT.name}` says verdict and evidence in one number. **Below {metrics.MET_BELOW} is met, above
{metrics.MISSED_ABOVE} is missed**; no target and no data have numbers of their own between them, and nothing is 0:

{_verdicts()}
So `> {metrics.MISSED_ABOVE}` finds what is missed and nothing else, `< {metrics.MET_BELOW}` what is met; `max` over
several is the worst of them, where no data is worse than met. `{metrics.RESPONSE_BREACH_LEVEL.name}` is {_levels()}.

Which windows there are, `windows.metrics` says; board and API have all that are judged. Every metric has the label
`service`, which is not repeated below.

To judge from counts, use `{metrics.RESPONSE_MISSIONS_WITHIN_TARGET.name}` over
`{metrics.RESPONSE_MISSIONS_JUDGED.name}`: missions that had no target when they began are measured, not judged. Their
quotient is the share within the target.

## Labels
"""


def metrics_markdown() -> str:
    """The whole document."""
    parts = [
        _OPENING,
        _table(("Label", "Meaning"), ((f"`{label}`", meaning) for label, meaning in LABELS.items())),
        "\n## From the exporter: response times and verdicts\n",
        _listed(metric for metric in metrics.EXPORTER if metric.name.startswith("response_")),
        "\n## From the exporter: the pipeline, as stored\n",
        _listed(metric for metric in metrics.EXPORTER if metric.name.startswith("monitor_")),
        "\n## From each worker (`worker.metrics_port`)\n",
        _listed(metrics.WORKER),
        "\n## From each feed (`feed.metrics_port`)\n",
        _listed(metrics.FEED),
    ]
    return "\n".join(parts)


def _listed(listed: Iterable[Metric]) -> str:
    return _table(("Metric", "Kind", "Unit", "Labels", "Meaning"), (_row(metric) for metric in listed))


def _row(metric: Metric) -> tuple[str, ...]:
    labels = " ".join(f"`{label}`" for label in metric.by) or "—"
    absent = f" *{metric.absent[0].upper()}{metric.absent[1:]}.*" if metric.absent else ""
    return f"`{metric.name}`", metric.kind, metric.unit, labels, metric.help + absent

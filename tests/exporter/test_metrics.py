"""The vocabulary obeys its own rules, and the document is written from it."""

import pytest

from monitor.exporter.document import metrics_markdown
from monitor.metrics import ALL, LABELS, Metric
from tests.exporter.world import DOCUMENT


def test_no_two_metrics_share_a_name() -> None:
    """A name means one thing."""
    names = [metric.name for metric in ALL]
    assert len(names) == len(set(names))


def test_every_label_is_explained_and_used() -> None:
    """The list of labels is neither short nor long."""
    assert {label for metric in ALL for label in metric.labels} == set(LABELS)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_the_name_tells_kind_and_unit(metric: Metric) -> None:
    """Counters, and only they, end with _total; base units stand in the name."""
    bare = metric.name.removesuffix("_total")
    assert (bare != metric.name) == (metric.kind == "counter")
    assert bare.endswith("_timestamp_seconds") == (metric.unit == "Unix time, seconds")
    assert bare.endswith("_seconds") == (metric.unit in ("seconds", "Unix time, seconds"))
    assert metric.help.endswith(".")
    assert (metric.kind == "histogram") == bool(metric.buckets)
    assert list(metric.buckets) == sorted(metric.buckets)


def test_the_document_is_in_step() -> None:
    """docs/metrics.md is what the vocabulary says; `monitor generate` writes it anew."""
    assert DOCUMENT.read_text(encoding="utf-8") == metrics_markdown()

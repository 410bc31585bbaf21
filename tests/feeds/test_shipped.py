"""The feed files that come along: each is right for a service that `monitor init` writes, and runs its example."""

import pytest

from monitor.feeds.rows import What
from monitor.settings import load
from tests.feeds.records import feed_of, mapped, report_of
from tests.presets import CONFIG

FEEDS = CONFIG.parent / "feeds"
SERVICE = CONFIG.parent / "skeleton"
WANTED = {
    # missions that count; of these measured; excluded; the longest response, in seconds
    "generic-csv": (4, 2, 1, 680),
    "unit-rows": (3, 2, 0, 530),
    "status-stream": (2, 1, 0, 637),
    "debezium-calls": (2, 2, 0, 570),
    "nemsis-etimes": (2, 1, 0, 500),
    "neris": (2, 1, 0, 440),
    "nfirs": (2, 1, 0, 420),
}


WARNED = {"nfirs": ["clock travel can measure nothing: no source tells its begin, dispatched_at"]}


def names() -> list[str]:
    return sorted(folder.name for folder in FEEDS.iterdir() if folder.is_dir())


@pytest.mark.parametrize("name", names())
def test_a_shipped_feed_leads_its_example_to_figures(name: str) -> None:
    """No record refused, no warning without a reason; missions, measured, excluded as they stand in the example."""
    configuration = load(CONFIG, service=str(SERVICE))
    feed = feed_of(configuration, FEEDS / name / "feed.toml")
    examples = sorted(file for file in (FEEDS / name).iterdir() if file.stem == "example")
    told = mapped(configuration, feed, examples)
    assert told.refused == []
    assert [one.message for one in feed.warnings] == WARNED.get(name, [])
    rows = report_of(configuration, told.events, "2023" if name == "nfirs" else "2025")
    row = rows["national", "urgent"]
    clock = row["clocks"]["response"]
    missions, measured, excluded, longest = WANTED[name]
    assert (clock["measured"], row["excluded"]) == (measured, excluded)
    assert clock["measured"] + clock["unmeasured"] + row["excluded"] == missions
    assert row["objectives"]["p90"]["value_seconds"] == longest


def test_every_shipped_feed_has_its_figures_here() -> None:
    """None is shipped without a test."""
    assert names() == sorted(WANTED)


def test_the_shipped_change_events_withdraw_and_move() -> None:
    """A deleted row is withdrawn, and one that moved is told in its new mission alone."""
    configuration = load(CONFIG, service=str(SERVICE))
    feed = feed_of(configuration, FEEDS / "debezium-calls" / "feed.toml")
    told = mapped(configuration, feed, [FEEDS / "debezium-calls" / "example.jsonl"])
    assert {one.what for one in told.notices} == {What.OFFSET_SET_ASIDE, What.WITHDRAWN, What.MOVED}
    assert [(event["mission_id"], event["row"]) for event in told.events if event["status"] == "cancelled"] == [
        ("C-1", "2"),
        ("C-3", "3"),
    ]

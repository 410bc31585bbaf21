"""`monitor check --connect` before there is anything: who creates topics needs none, everybody else is told how."""

import pytest
from click.testing import CliRunner

from monitor import clock
from monitor.cli import cli
from monitor.connect import Findings, ask
from monitor.demo.servers import EmbeddedBroker, EmbeddedRedis
from monitor.settings import load
from monitor.wiring import redis_store
from tests.exporter.world import DAY, World, event


def test_whoever_creates_topics_needs_none(embedded_broker: EmbeddedBroker) -> None:
    """Before `monitor topics` ran, its own check passes, and a reader's names the command."""
    names = {f"MONITOR_KAFKA__{key}": f"check-{key.lower()}" for key in ("TOPIC", "DEAD_LETTER_TOPIC")}
    environment = {"MONITOR_KAFKA__BOOTSTRAP": embedded_broker.bootstrap} | names
    found = {}
    for role in ("topics", "replay", "dead-letters"):
        result = CliRunner().invoke(cli, ["check", "--connect", "--as", role], env=environment)
        found[role] = (result.exit_code, result.stdout.count("There is no topic"))
        assert result.stdout.count("Let `monitor topics` create it") == found[role][1]
    assert found == {"topics": (0, 0), "replay": (1, 1), "dead-letters": (1, 2)}


@pytest.mark.parametrize(("a_day", "silence", "pages"), [(2, 21_600, True), (50, 21_600, False), (2, None, False)])
async def test_a_patience_that_pages_by_chance_is_warned_of(
    redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, a_day: int, silence: float | None, pages: bool
) -> None:
    """Six hours suit a nation, and wake a centre of two missions a day some hundred times a year."""
    monkeypatch.setenv("MONITOR_REDIS__URL", redis_server.url)
    monkeypatch.setenv("MONITOR_REDIS__NAMESPACE", f"patience-{a_day}-{silence}")
    if silence is not None:
        monkeypatch.setenv("MONITOR_EVENTS__STALE_AFTER_SECONDS", str(silence))
    configured = load()
    store = redis_store(configured)
    world = World(store=store, configured=configured)
    world.clock.now = clock.now()
    rang = [world.clock.now - (number + 0.5) * DAY / a_day for number in range(60 * a_day)]
    await world.tell([event(f"m-{number}", rang=at) for number, at in enumerate(rang)])
    await store.close()
    findings: Findings = await ask(configured, ["exporter"])
    told = [one for one in findings.faults if one.where == "events.stale_after_seconds"]
    assert len(told) == pages
    assert all(one.severity == "warning" and "leave it out" in one.message for one in told)

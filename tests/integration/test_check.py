"""`monitor check --connect` before there is anything: who creates topics needs none, everybody else is told how."""

from click.testing import CliRunner

from monitor.cli import cli
from monitor.demo.servers import EmbeddedBroker


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

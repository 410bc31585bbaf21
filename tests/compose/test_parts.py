"""Parts of the stack that run without Docker: the store's start line, Prometheus' file, the creation of topics."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from click.testing import CliRunner
from redis import Redis
from redis.exceptions import AuthenticationError

from monitor.cli import cli
from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.demo.servers import EmbeddedBroker, bundled_valkey
from tests.compose.stack import ROOT, services
from tests.eventually import wait_until
from tests.servers.components import require

pytestmark = pytest.mark.integration


async def test_the_store_starts_as_written_and_wants_its_password(tmp_path: Path) -> None:
    """The command, with only places and port changed: nobody gets in without the password, writes are kept."""
    (tmp_path / "data").mkdir()
    shell, dash, text = services()["redis"]["command"]
    for place, here in (("/run/secrets/redis_password", "secret"), ("/tmp/valkey.conf", "conf"), ("/data", "data")):  # noqa: S108 - a place in the container
        text = text.replace(place, str(tmp_path / here))
    text = text.replace("exec valkey-server", f"exec {bundled_valkey()}")
    port = free_port()
    (tmp_path / "secret").write_text("correct-horse\n", encoding="utf-8")
    with (
        Child("redis", [shell, dash, f"{text} --port {port} --bind {LOOPBACK}"]) as child,
        Redis(host=LOOPBACK, port=port, password="correct-horse") as client,  # noqa: S106 - made here
        Redis(host=LOOPBACK, port=port) as stranger,
    ):

        def answers() -> bool:
            child.require_running()
            try:
                return bool(client.ping())
            except OSError:
                return False

        await wait_until(answers, "an answer of the store")
        with pytest.raises(AuthenticationError):
            stranger.ping()
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_prometheus_understands_its_file_and_flags(promtool: Path, tmp_path: Path) -> None:
    """With the rules where the stack mounts them."""
    shutil.copy(ROOT / "config/compose/prometheus.yml", tmp_path / "prometheus.yml")
    shutil.copytree(ROOT / "config/prometheus/rules", tmp_path / "rules")
    done = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules found" in done.stdout
    known = subprocess.run([require("prometheus"), "--help"], capture_output=True, text=True, check=False, timeout=60)
    for flag in services()["prometheus"]["command"]:
        assert flag.partition("=")[0] in known.stdout + known.stderr


async def test_prometheus_starts_as_written_and_links_begin_where_the_stack_says(tmp_path: Path) -> None:
    """Its file with its environment: both groups of rules are loaded, and the external labels are filled in."""
    program = require("prometheus")
    shutil.copy(ROOT / "config/compose/prometheus.yml", tmp_path / "prometheus.yml")
    shutil.copytree(ROOT / "config/prometheus/rules", tmp_path / "rules")
    service, port = services(GRAFANA_URL="https://grafana.example.org")["prometheus"], free_port()
    command = [
        program, f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--enable-feature=expand-external-labels",  # Prometheus 3, which the stack has, does so by itself
    ]  # fmt: skip

    async def answer(path: str) -> Any:
        async with aiohttp.ClientSession() as http, http.get(f"http://{LOOPBACK}:{port}/api/v1/{path}") as got:
            return (await got.json())["data"]

    async def answers() -> Any:
        child.require_running()
        try:
            return await answer("rules")
        except (aiohttp.ClientError, KeyError, ValueError):
            return None

    environment = os.environ | {name: str(value) for name, value in service["environment"].items()}
    with Child("prometheus", command, environment=environment) as child:
        rules = await wait_until(answers, "an answer of Prometheus", timeout_seconds=60)
        assert {group["name"] for group in rules["groups"]} == {"response", "monitor", "news"}
        running = yaml.safe_load((await answer("status/config"))["yaml"])
    assert running["global"]["external_labels"] == {
        "dashboards": "http://127.0.0.1:8080",
        "runbooks": "https://grafana.example.org/d",
    }


def test_topics_are_created_once_and_left_alone_afterwards(
    embedded_broker: EmbeddedBroker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one-shot service may run at every start: the second run changes nothing, whatever it is told."""
    monkeypatch.setenv("MONITOR_KAFKA__BOOTSTRAP", embedded_broker.bootstrap)
    monkeypatch.setenv("MONITOR_KAFKA__TOPIC", topic)
    monkeypatch.setenv("MONITOR_KAFKA__DEAD_LETTER_TOPIC", f"{topic}.dead-letter")
    first = CliRunner().invoke(cli, ["topics", "--partitions", "3"])
    assert first.exit_code == 0, first.output
    assert f"{topic}: 3 partitions" in first.output
    assert f"{topic}.dead-letter: 1 partition\n" in first.output
    again = CliRunner().invoke(cli, ["topics", "--partitions", "5"])
    assert again.exit_code == 0
    assert f"{topic}: 3 partitions" in again.output


def test_a_broker_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1 with the address, so that the stack's log says what is wrong."""
    monkeypatch.setenv("MONITOR_KAFKA__BOOTSTRAP", f"{LOOPBACK}:{free_port()}")
    done = CliRunner().invoke(cli, ["topics"])
    assert done.exit_code == 1
    assert "No Kafka broker answers" in done.output


def test_the_past_becomes_blocks_by_the_commands_of_the_stack(promtool: Path, tmp_path: Path) -> None:
    """Both one-shot services as written, with places changed: blocks where Prometheus has its own, once."""
    listed = services()
    told, data = tmp_path / "history", tmp_path / "prometheus"
    told.mkdir()
    data.mkdir()
    events = ROOT / "tests" / "report" / "missions.jsonl"
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{promtool.parent}{os.pathsep}{os.environ['PATH']}",
        "MONITOR_CONFIG": str(ROOT / "tests" / "report" / "config" / "monitor.toml"),
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        text = listed[name]["command"][0]
        text = text.replace("/history/", f"{told}/").replace(" /history ", f" {told} ")
        text = text.replace("/prometheus", str(data))
        text = text.replace("monitor simulate --history 400d", f"cat {events}")
        text = text.replace("monitor replay", "test -s")
        return subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True, check=False, timeout=300, env=environment
        )

    first = run("history")
    assert first.returncode == 0, first.stderr
    again = run("history")
    assert (again.returncode, again.stderr) == (0, "")
    made = run("history-blocks")
    assert made.returncode == 0, made.stderr
    blocks = sorted(data.glob("*/meta.json"))
    assert len(blocks) >= len(list(told.glob("*.openmetrics")))
    assert run("history-blocks").returncode == 0
    assert sorted(data.glob("*/meta.json")) == blocks

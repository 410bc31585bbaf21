"""What is wrong with the files of ports, and who may read them, before anything runs: by `check` and at starts."""

import asyncio
import base64
import os
import signal
import stat
import sys
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.demo.processes import LOOPBACK, free_port
from monitor.settings.files import opened
from tests.eventually import wait_until
from tests.listening.authority import PASSWORD, Authority, hashed

SECRET = stat.S_IFREG | 0o600


def check(path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["--config", str(path), "check", *arguments])
    return result.exit_code, result.output


def written(folder: Path, text: str) -> Path:
    path = folder / "monitor.toml"
    path.write_text(text)
    return path


def test_check_tells_every_fault_of_every_port(authority: Authority) -> None:
    """By the key that names the file, the file and the field; tokens by their number."""
    folder = authority.folder
    (folder / "broken.yml").write_text("tls_server_config: {cert: x}\nrate_limit: {}\n")
    (folder / "tokens").write_text("short\n")
    code, output = check(
        written(
            folder,
            f'[exporter]\nweb_config_file = "{folder}/broken.yml"\n'
            f'[worker]\nmetrics_web_config_file = "{authority.web_file({"min_version": "TLS9"})}"\n'
            f'[feed]\nmetrics_web_config_file = "{folder}/nowhere.yml"\n'
            f'[access]\nfigures_tokens_file = "{folder}/tokens"\n',
        )
    )
    assert code == 2, output
    for told in (
        "error    exporter.web_config_file", "tls_server_config.cert", "rate_limit",
        "error    worker.metrics_web_config_file", "is no version of TLS",
        "warning  feed.metrics_web_config_file", "error    access.figures_tokens_file", "token 1 is shorter",
    ):  # fmt: skip
        assert told in output, told


def test_a_file_that_is_missing_is_an_error_where_it_is_needed(tmp_path: Path) -> None:
    """Elsewhere it may lie on the servers alone."""
    path = written(tmp_path, f'[exporter]\nweb_config_file = "{tmp_path}/nowhere.yml"\n')
    code, output = check(path)
    assert (code, "warning  exporter.web_config_file" in output) == (0, True), output
    code, output = check(path, "--connect")
    assert (code, "error    exporter.web_config_file" in output) == (2, True), output


@pytest.mark.parametrize(
    ("mode", "reached", "group", "told"),
    [
        (0o600, True, {"bob"}, None),
        (0o640, True, {"bob"}, "its group may read it (bob)"),
        (0o640, True, (), None),
        (0o660, True, {"bob", "eve"}, "its group may write it, and so say what the secret is (bob, eve)"),
        (0o640, True, {"a", "b", "c", "d"}, "(a, b, c …)"),
        (0o644, True, (), "every user of this machine may read it"),
        (0o644, False, (), None),
        (0o602, False, (), "others may write it"),
        (0o444, True, {"bob"}, "every user of this machine"),
    ],
)
def test_what_a_mode_lets_others_do(mode: int, reached: bool, group: set[str], told: str | None) -> None:
    """A group of the reader alone is how services get their secrets: nobody is warned of that."""
    found = opened(stat.S_IFREG | mode, reached=reached, group=group)
    assert found is None if told is None else told in str(found)


def test_every_secret_of_a_port_is_looked_at() -> None:
    """Its key, its hashes, tokens: `check` warns of each that everybody may read."""
    folder = Path("/var/tmp") / f"monitor-test-{os.getpid()}"  # noqa: S108 - the tests' own lets nobody in
    folder.mkdir(mode=0o755)
    try:
        made = Authority(folder)
        made.server()
        file = made.web_file(basic_auth_users={"prometheus": hashed()})
        (folder / "tokens").write_text("t" * 64)
        for name in ("web.yml", "server.key", "tokens"):
            (folder / name).chmod(0o644)
        text = f'[exporter]\nweb_config_file = "{file}"\n[access]\nmissions_tokens_file = "{folder}/tokens"\n'
        _, output = check(written(folder, text))
        warned = [line for line in output.splitlines() if "every user of this machine may read it" in line]
        for name in ("web.yml: every", "server.key: every", "tokens: every"):
            assert any(name in line for line in warned), output
    finally:
        for one in folder.iterdir():
            one.unlink()
        folder.rmdir()


async def started(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """A command as a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")} | environment,
    )  # fmt: skip


async def test_an_exporter_starts_with_the_flag_that_others_have(authority: Authority) -> None:
    """`--web.config.file`: its board, API and metrics speak TLS to who logs in, also while the store is away."""
    port = free_port()
    file = authority.web_file(basic_auth_users={"prometheus": hashed()})
    process = await started(
        "exporter", "--port", str(port), "--web.config.file", str(file), MONITOR_REDIS__URL=f"redis://{LOOPBACK}:1/0"
    )
    login, context = (
        {"Authorization": "Basic " + base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()},
        authority.trusting(),
    )
    try:
        async with aiohttp.ClientSession() as session:

            async def status(path: str, headers: dict[str, str] | None) -> int:
                try:
                    async with session.get(
                        f"https://{LOOPBACK}:{port}{path}", ssl=context, headers=headers
                    ) as answer:
                        return answer.status
                except aiohttp.ClientError:
                    return 0

            async def listens() -> bool:
                return await status("/healthz", None) == 200

            await wait_until(listens, "the exporter to listen", timeout_seconds=60)
            assert await status("/metrics", login) == 200
            assert await status("/metrics", None) == 401
            assert await status("/api/v1/missions?period=2024", login) == 403
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = await process.communicate()
    assert f"Exporter on https://{LOOPBACK}:{port}/" in output.decode()


@pytest.mark.parametrize("command", ["exporter", "worker", "feed"])
async def test_nothing_starts_behind_a_file_that_cannot_be_used(authority: Authority, command: str) -> None:
    """Exit code 2 and every fault, before any server is asked for anything."""
    file = authority.web_file({"min_version": "TLS10", "certfile": "x"})
    key = "WEB_CONFIG_FILE" if command == "exporter" else "METRICS_WEB_CONFIG_FILE"
    section = f"MONITOR_{command.upper()}__"
    named = {f"{section}{key}": str(file), f"{section}METRICS_PORT": str(free_port())}
    process = await started(command, **named, MONITOR_KAFKA__BOOTSTRAP=f"{LOOPBACK}:1")
    try:
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 2, output
    assert b"RFC 8996" in output
    assert b"did you mean cert_file?" in output
    assert b"Traceback" not in output

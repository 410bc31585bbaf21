"""The processes on stage: workers and an exporter as in production, replaced when they die."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.demo.processes import LOOPBACK, Child, free_port
from monitor.demo.telling import say
from monitor.settings import CONFIG_VARIABLE, ENV_PREFIX, SERVICE_VARIABLE, Configuration, KafkaSettings

WATCH_SECONDS: Final = 0.5
MOST_REPLACEMENTS: Final = 20
_WORKER_PORT: Final = f"{ENV_PREFIX}WORKER__METRICS_PORT"


@dataclass(frozen=True, slots=True)
class Role:
    """What a process is started with: arguments of `monitor`, and variables of its own."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def roles(*, workers: int, port: int, alertmanager_port: int = 0) -> dict[str, Role]:
    """Who is on stage, by name; the exporter serves the page at `port`, and asks an Alertmanager at its own."""
    address = f"http://{LOOPBACK}:{alertmanager_port}"
    asks = {f"{ENV_PREFIX}ALERTMANAGER__URL": address} if alertmanager_port else {}
    exporter = {"exporter": Role(("exporter", "--host", LOOPBACK, "--port", str(port)), asks)}
    return exporter | {
        f"worker-{number}": Role(("worker",), {_WORKER_PORT: str(free_port())}) for number in range(1, workers + 1)
    }


def worker_addresses(parts: Mapping[str, Role]) -> tuple[str, ...]:
    """Where the workers serve their metrics."""
    ports = (role.variables.get(_WORKER_PORT) for role in parts.values())
    return tuple(f"{LOOPBACK}:{port}" for port in ports if port)


@dataclass(slots=True)
class Cast:
    """The processes by the name of their role."""

    roles: Mapping[str, Role]
    environment: dict[str, str]
    logs: Path
    children: dict[str, Child] = field(default_factory=dict)
    replaced: int = 0

    def start(self) -> None:
        """Start everybody."""
        for name in self.roles:
            self._start(name)

    def _start(self, name: str) -> None:
        role = self.roles[name]
        self.children[name] = Child(
            name,
            [sys.executable, "-m", "monitor", *role.arguments],
            environment={**self.environment, **role.variables},
            log=self.logs / f"{name}.log",
        )

    async def watch(self) -> None:
        """Replace whoever dies; raises ProcessFailed when that does not help."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for name, child in list(self.children.items()):
                if child.exit_code is None:
                    continue
                self.replaced += 1
                if self.replaced > MOST_REPLACEMENTS:
                    child.require_running()
                say(f"{name} ended with exit code {child.exit_code}: starting another, which goes on where the "
                    "store stands")  # fmt: skip
                child.kill()
                self._start(name)

    async def stop(self) -> None:
        """End all of them in order, together."""
        await asyncio.gather(*(child.stopped(grace_seconds=8.0) for child in self.children.values()))


def environment(configuration: Configuration, kafka: KafkaSettings, redis_url: str) -> dict[str, str]:
    """The configuration in use with the demo's own addresses; a user's brokers, stores and secrets stay out of it."""
    inherited = {
        # Settings may be written in small letters; what is set here must be the same variable.
        upper if (upper := name.upper()).startswith(ENV_PREFIX) else name: value
        for name, value in os.environ.items()
    }
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith((f"{ENV_PREFIX}KAFKA__", f"{ENV_PREFIX}REDIS__", f"{ENV_PREFIX}ALERTMANAGER__"))
    }
    if Path(configuration.origin).is_file():  # else they are the defaults
        kept[CONFIG_VARIABLE] = configuration.origin
    if "service.name" in configuration.variables:  # else the file says it
        kept[SERVICE_VARIABLE] = configuration.settings.service.name
    return kept | {
        f"{ENV_PREFIX}KAFKA__BOOTSTRAP": kafka.bootstrap,
        f"{ENV_PREFIX}KAFKA__TOPIC": kafka.topic,
        f"{ENV_PREFIX}KAFKA__DEAD_LETTER_TOPIC": kafka.dead_letter_topic,
        f"{ENV_PREFIX}KAFKA__SECURITY_PROTOCOL": "PLAINTEXT",
        f"{ENV_PREFIX}REDIS__URL": redis_url,
    }

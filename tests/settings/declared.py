"""Services as tests declare them: a folder with service.toml and one table of targets, and what is read of it."""

from pathlib import Path

from monitor.core.fault import Fault
from monitor.core.service import Service
from monitor.settings import Configuration, ConfigurationError, load
from monitor.settings.service import Declared, read_service

CLOCK = '[[clocks]]\nslug = "response"\nbegin = "called_at"\nend = "arrived_at"\n'
OBJECTIVE = '[[objectives]]\nslug = "p90"\npercentile = 90\n'
CATEGORY = '[[categories]]\nslug = "all-calls"\n'
AREA = '[[areas]]\nslug = "town"\n'
HEAD = 'name = "A service"\ntimezone = "UTC"\n'
LEAST = HEAD + CLOCK + OBJECTIVE + CATEGORY + AREA
"""The least that declares a service: one of each."""
TARGETS = 'valid_from = 2020-01-01\n[source]\ntitle = "a rule"\n[default.default]\n'


def write_service(folder: Path, text: str = LEAST, targets: str | None = "p90 = 15\n") -> Path:
    """The folder of a service, whose thresholds are `targets` for every area and category; None: no tables."""
    folder.mkdir(exist_ok=True)
    (folder / "service.toml").write_text(text, encoding="utf-8")
    if targets is not None:
        (folder / "targets").mkdir(exist_ok=True)
        (folder / "targets" / "rule.toml").write_text(TARGETS + targets, encoding="utf-8")
    return folder


def loaded(folder: Path, text: str = LEAST, targets: str | None = "p90 = 15\n") -> Configuration:
    """The whole configuration of such a service."""
    (folder / "monitor.toml").write_text('service = "services/own"\n', encoding="utf-8")
    (folder / "services").mkdir(exist_ok=True)
    write_service(folder / "services" / "own", text, targets)
    return load(folder / "monitor.toml")


def declared(folder: Path, text: str) -> Service:
    """The service that is read without a fault."""
    found = read_service(write_service(folder / "own", text, None))
    assert [fault for fault in found.faults if fault.severity == "error"] == []
    assert found.service is not None
    return found.service


def read(folder: Path, text: str) -> Declared:
    """What is read, faults and all."""
    return read_service(write_service(folder / "own", text, None))


def faults_of(folder: Path, text: str) -> dict[str, str]:
    """Where and what is wrong with the declaration."""
    return {fault.where.removeprefix("service.toml: "): fault.message for fault in read(folder, text).faults}


def refused(folder: Path, text: str = LEAST, targets: str | None = "p90 = 15\n") -> list[Fault]:
    """The errors that the whole configuration is refused for."""
    try:
        loaded(folder, text, targets)
    except ConfigurationError as fault:
        return [one for one in fault.faults if one.severity == "error"]
    raise AssertionError("it was accepted")

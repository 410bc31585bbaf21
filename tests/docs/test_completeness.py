"""Everything that can be set, read, typed or refused is told somewhere in the documents."""

import ast
import json
import re

import pytest
from pydantic import BaseModel

from monitor import metrics
from monitor.cli import COMMANDS
from monitor.core.event import Form
from monitor.core.mission import Cause, Kind, Reason
from monitor.core.outcomes import Outcome
from monitor.core.reader import EventReader
from monitor.core.verdict import State
from monitor.settings import Settings, load, variable
from monitor.settings.former import FORMER
from tests.docs.blocks import ROOT, documents, words

WORDS = words()
README = (ROOT / "README.md").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
SNAPSHOTS = {
    "nothing": {"urgent": False},
    "excluded": {"excluded": "exercise"},
    "measured": {"on_scene_at": "2024-05-01T12:05:00+02:00"},
    "negative": {"on_scene_at": "2024-05-01T11:59:59+02:00"},
    "too_long": {"on_scene_at": "2024-05-02T12:00:01+02:00"},
    "no_begin": {"status": "closed", "ringing_at": None, "recorded_at": "2024-05-01T12:00:00+02:00"},
    "no_end": {"status": "closed"},
    "open": {},
    "untimed": {"ringing_at": None, "recorded_at": "2024-05-01T12:00:00+02:00"},
}
"""An example for each row of the design's table of contributions, in its order."""


def settings() -> list[str]:
    """Every setting as section.key."""
    return [
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for key in field.annotation.model_fields
    ]


@pytest.mark.parametrize("setting", settings())
def test_every_setting_is_explained(setting: str) -> None:
    """Each key is in docs/configuration.md with its variable and a meaning; one of before, with what says it now."""
    section, _, key = setting.partition(".")
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    line = rf"^\| `{key}` \| .+ \| .+ \| .{{10,}} \| `{variable(section, key)}` \|$"
    assert re.search(rf"^\| `{setting}` \| .{{5,}} \|$" if setting in FORMER else line, text, re.MULTILINE)


@pytest.mark.parametrize("metric", metrics.ALL, ids=lambda metric: metric.name)
def test_every_metric_is_explained(metric: metrics.Metric) -> None:
    """Each metric is in docs/metrics.md."""
    assert f"`{metric.name}`" in (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_no_metric_is_named_that_does_not_exist() -> None:
    """A metric renamed in the code is renamed in every document."""
    named = set(re.findall(r"\b(?:response|monitor)_[a-z_]+(?:_[a-z]+)+\b", WORDS))
    known = set(metrics.BY_NAME) | {"response_time", "response_seconds"}
    assert named - known == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    """The README's table lists each command."""
    assert f"| `monitor {command}` |" in README


def test_no_command_is_named_that_does_not_exist() -> None:
    """A command renamed in the code is renamed in every document."""
    assert set(re.findall(r"`monitor ([a-z][a-z-]*)", WORDS)) - set(COMMANDS) == set()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_a_dead_letter_is_explained(reason: Reason) -> None:
    """Whoever finds it in a header or a metric can look it up."""
    assert f"| `{reason}` |" in DESIGN


@pytest.mark.parametrize("word", [*Outcome, *State, *Cause])
def test_every_outcome_verdict_and_cause_is_in_the_design(word: str) -> None:
    """Whoever finds it in a label can look it up."""
    assert f"`{word}`" in DESIGN


@pytest.mark.parametrize("field", Form(load().service).type.__struct_encode_fields__)
def test_every_field_of_an_event_is_in_the_contract(field: str) -> None:
    """Each field the decoder reads has its row."""
    assert f"| `{field}` |" in DESIGN


def test_the_table_of_contributions_is_what_the_code_decides() -> None:
    """Each row's example contributes what the row says, in the order of the table."""
    section = DESIGN.partition("## What a mission contributes")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (?!Snapshot|---).*?`(\w+)`[^`]*\|$", section.replace("`excluded` is", "excluded is"),
                      re.MULTILINE) == list(SNAPSHOTS)  # fmt: skip
    reader = EventReader(load().service, load().grid)
    for kind, changes in SNAPSHOTS.items():
        assert Kind(reader.read(_event(**changes), None).kind).name.lower() == kind


def _event(**changes: object) -> bytes:
    return json.dumps(
        {"mission_id": "m", "district": "oslo", "settlement": "urban", "urgent": True, "status": "open",
         "ringing_at": "2024-05-01T12:00:00+02:00", "on_scene_at": None, **changes}
    ).encode()  # fmt: skip


def test_no_link_leads_nowhere() -> None:
    """Every relative link names a file that is there, and a heading that is in it."""
    broken = []
    for file in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            other = (file.parent / path) if path else file
            if not other.exists() or (anchor and anchor not in _anchors(other.read_text(encoding="utf-8"))):
                broken.append(f"{file.name}: {target}")
    assert broken == []


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_contributors_find_every_package_and_each_says_what_it_is_for() -> None:
    """The map in CONTRIBUTING.md names the packages that there are, and no other; their first lines say more."""
    packages = {path.parent for path in (ROOT / "monitor").glob("*/**/__init__.py")}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where what is")[2]
    assert set(re.findall(r"`(monitor/[a-z_/]+)`", text)) == {str(path.relative_to(ROOT)) for path in packages}
    assert [
        path for path in packages if len(ast.get_docstring(ast.parse((path / "__init__.py").read_text())) or "") < 20
    ] == []


@pytest.mark.parametrize(
    "command", ["make demo", "make test", "make quick", "make check", "make chaos", "make bench", "make lock"]
)
def test_the_commands_of_contributors_exist(command: str) -> None:
    """Each is told in CONTRIBUTING.md, and a target of the Makefile."""
    assert f"`{command}" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

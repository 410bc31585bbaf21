"""The generated files are those that the code would write now."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.core.event import Form
from monitor.core.outcomes import RULES
from monitor.core.service import Area, Category
from monitor.generate import CONFIGURATION, DESIGN, SCHEMA, event_schema, generated, rules_markdown, with_rules
from monitor.settings import load
from monitor.simulator import year
from tests.core.police import SERVICE
from tests.docs.blocks import ROOT

CONFIGURED = load(ROOT / "config" / "monitor.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The documents, and the code whose texts the catalogues translate, in a place where they may be changed."""
    for folder in ("docs", "monitor"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("place", generated(CONFIGURED, ROOT))
def test_no_generated_file_has_drifted(place: str) -> None:
    """What is committed is what the code says: otherwise run `monitor generate`."""
    assert (ROOT / place).read_text(encoding="utf-8") == generated(CONFIGURED, ROOT)[place]


def test_the_table_in_the_design_is_the_ledgers(clone: Path) -> None:
    """A rule that changes without the document is noticed, and `generate` puts it right."""
    design = clone / DESIGN
    before = design.read_text(encoding="utf-8")
    assert rules_markdown() in before
    assert rules_markdown().count("`") == 2 * len(RULES)
    design.write_text(before.replace("`correction`, taken", "`stale`"), encoding="utf-8")
    assert with_rules(design.read_text(encoding="utf-8")) == before


def test_generate_writes_what_is_missing_and_check_only_tells(clone: Path) -> None:
    """`--check` changes nothing and fails; without it the files are right afterwards."""
    arguments = ["--config", str(ROOT / "config" / "monitor.toml"), "generate", "--root", str(clone)]
    (clone / CONFIGURATION).unlink()
    told = CliRunner().invoke(cli, [*arguments, "--check"])
    assert told.exit_code == 1
    assert f"out of date: {CONFIGURATION}" in told.output
    assert not (clone / CONFIGURATION).exists()
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert (clone / SCHEMA).read_text(encoding="utf-8") == (ROOT / SCHEMA).read_text(encoding="utf-8")
    assert CliRunner().invoke(cli, [*arguments, "--check"]).exit_code == 0


def test_generate_refuses_a_folder_that_is_no_clone(tmp_path: Path) -> None:
    """It never scatters files into somebody's working directory."""
    done = CliRunner().invoke(cli, ["generate", "--root", str(tmp_path)])
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_design_without_its_markers_is_refused() -> None:
    """A table that has nowhere to go must not vanish quietly."""
    with pytest.raises(ValueError, match="between the lines"):
        with_rules("# Design\n")


def test_the_schema_names_every_field_and_the_configured_lists() -> None:
    """The schema has the decoder's fields, and allows what the configuration allows."""
    service = replace(
        SERVICE, areas=(Area("all"), Area("north", "all")), categories=(Category("city"), Category("land"))
    )
    schema = json.loads(event_schema(service))
    assert list(schema["properties"]) == list(Form(service).row_type.__struct_encode_fields__)
    assert schema["properties"]["district"]["enum"] == ["north"]
    assert schema["properties"]["settlement"]["enum"] == ["city", "land"]
    assert {"ringing_at", "on_scene_at"} <= set(schema["else"]["required"])
    assert schema["required"] == ["mission_id"]
    assert "additionalProperties" not in schema


def test_simulated_events_fit_the_schema() -> None:
    """Required fields are there, and values are among those that the schema lists."""
    schema: dict[str, Any] = json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))
    for _, emission in zip(range(500), year(2024, seed=3), strict=False):
        event = json.loads(emission.value)
        assert set(schema["else"]["required"]) <= event.keys() <= schema["properties"].keys()
        for name, field in schema["properties"].items():
            if "enum" in field:
                assert event[name] in field["enum"]

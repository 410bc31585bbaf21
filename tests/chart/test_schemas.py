"""What helm renders is what reviewers read, and what the published schemas take."""

import copy
import json
import tomllib

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.chart import custom
from tests.chart.rendered import CASES, CHART, GOLDEN, ROOT, Document, given, named, rendered, reviewed, run

KUBERNETES = ("1.29", "1.33", "1.37")
"""The oldest that the chart is for, and the newest that there are schemas of."""
NOTICED = (
    "Deployment/worker",
    "NetworkPolicy/worker",
    "ServiceMonitor/worker",
    "ScaledObject/worker",
    "CronJob/report",
)

each = pytest.mark.parametrize("case", CASES)


def fits(document: Document, version: str) -> None:
    """Raises where the published schema of the version does not know a field, or wants another value."""
    if document["kind"] in custom.KINDS:
        jsonschema.validate(document, custom.KINDS[document["kind"]])
    else:
        assert kubernetes_validate.validate(document, version, strict=True) == version


@each
def test_lint_finds_nothing(case: str) -> None:
    """Of helm's own, strictly."""
    assert "0 chart(s) failed" in run("lint", CHART, "--strict", *given(case))


@each
def test_what_is_rendered_is_what_was_reviewed(case: str) -> None:
    """Golden files; `python -m tests.chart.rendered` writes them anew."""
    assert reviewed(case) == (GOLDEN / f"{case}.yaml").read_text(encoding="utf-8")


@each
@pytest.mark.parametrize("version", KUBERNETES)
def test_every_document_fits_the_published_schemas(case: str, version: str) -> None:
    """Every field of every document, in three versions of Kubernetes."""
    assert len(rendered(case)) > 8
    for document in rendered(case):
        fits(document, version)


@pytest.mark.parametrize("name", NOTICED)
@pytest.mark.parametrize("version", KUBERNETES)
def test_a_field_that_nobody_knows_is_noticed(name: str, version: str) -> None:
    """The check itself."""
    wrong = copy.deepcopy(named("whole")[name])
    wrong["spec"]["repliccas"] = 1
    with pytest.raises(jsonschema.ValidationError):
        fits(wrong, version)


def test_keda_s_scaler_is_told_what_it_reads() -> None:
    """All of it text, which the definition leaves open."""
    (trigger,) = named("whole")["ScaledObject/worker"]["spec"]["triggers"]
    assert trigger["metadata"].keys() == custom.KAFKA_TRIGGER
    assert int(trigger["metadata"]["lagThreshold"]) > 0


def test_the_chart_has_the_version_of_the_monitor() -> None:
    """One place says it: pyproject.toml."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert chart["version"] == chart["appVersion"] == project["version"]


def test_every_value_has_its_schema_and_its_default() -> None:
    """values.schema.json knows what values.yaml says, and nothing else."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def compare(schema: Document, value: Document, place: str) -> None:
        if schema.get("additionalProperties") is not False:
            return
        known = schema["properties"].keys() - {"global"}
        assert known == value.keys(), place
        for name in known:
            compare(schema["properties"][name], value[name], f"{place}.{name}")

    assert schema["additionalProperties"] is False
    compare(schema, values, "values")

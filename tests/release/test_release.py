"""`make release` without Docker: from a clone with a tag, and everything that it refuses."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.test_pins import PROJECT, ROOT

VERSION = PROJECT["version"]
TAG = f"v{VERSION}"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, timeout=120)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is committed and what is being worked on, as one commit with a section of the version and a tag."""
    folder = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    changes = folder / "CHANGELOG.md"
    text = changes.read_text(encoding="utf-8")
    if not re.search(rf"(?m)^## {re.escape(VERSION)}\b", text):
        changes.write_text(text.replace("## Unreleased", f"## {VERSION}"), encoding="utf-8")
    own = ROOT / ".cache" / "helm"
    if own.is_dir():  # fetched once is enough
        shutil.copytree(own, folder / ".cache" / "helm")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    git(folder, "tag", "--annotate", TAG, "--message", "release")
    return folder


def release(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Without a Docker engine, whatever this machine has."""
    environment = os.environ | {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    return subprocess.run(
        [sys.executable, ".ci/release", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


def test_a_release_is_whole(clone: Path) -> None:
    """Sdist, wheel, chart, bill of materials, licences, provenance and their sums; a missing image is said loudly."""
    done = release(clone)
    assert done.returncode == 0, done.stderr
    assert "!!! NO IMAGE" in done.stderr
    dist = clone / "dist"
    wheel, sdist = f"response_time_monitor-{VERSION}-py3-none-any.whl", f"response_time_monitor-{VERSION}.tar.gz"
    chart, bill = f"response-time-monitor-{VERSION}.tgz", f"response-time-monitor-{VERSION}.cdx.json"
    files = {wheel, sdist, chart, bill, "LICENSES.md", "provenance.json"}
    assert {file.name for file in dist.iterdir()} == {*files, "SHA256SUMS"}
    sums = dict(reversed(line.split("  ")) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in files}

    with zipfile.ZipFile(dist / wheel) as packed:
        assert {"monitor/py.typed", "monitor/_config/monitor.toml"} <= set(packed.namelist())
    with tarfile.open(dist / chart) as packed:
        rules = packed.extractfile("response-time-monitor/files/rules/response.yml")
        assert rules is not None, "a link in a packed chart leads nowhere"
        assert rules.read() == (ROOT / "config/prometheus/rules/response.yml").read_bytes()
        assert all(one.isfile() for one in packed)

    told = json.loads((dist / bill).read_text())
    assert (told["bomFormat"], told["metadata"]["component"]["version"]) == ("CycloneDX", VERSION)
    pinned = re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "constraints/run.txt").read_text())
    assert {(one["name"], one["version"]) for one in told["components"]} == set(pinned)
    listed = (dist / "LICENSES.md").read_text()
    assert "| aiokafka |" in listed
    assert [line.split()[1] for line in listed.splitlines() if "| not said |" in line] == ["pyudorandom"]
    statement = json.loads((dist / "provenance.json").read_text())
    assert {one["name"]: one["digest"]["sha256"] for one in statement["subject"]} == {
        name: digest for name, digest in sums.items() if name != "provenance.json"
    }
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True)
    dependencies = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert dependencies[0]["digest"] == {"gitCommit": head.stdout.strip()}


def test_a_folder_that_is_no_release_is_left_alone(clone: Path, tmp_path: Path) -> None:
    """One that is there without sums, and a former release with something of somebody's in it."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    done = release(clone, "--into", str(mine))
    assert done.returncode == 1
    assert f"{mine} is there and holds no SHA256SUMS" in done.stderr
    (mine / "SHA256SUMS").write_text("0  LICENSES.md\n")
    done = release(clone, "--into", str(mine))
    assert done.returncode == 1
    assert "thesis.txt" in done.stderr
    assert (mine / "thesis.txt").read_text() == "years"


def test_a_former_release_is_replaced_by_a_whole_one_alone(clone: Path) -> None:
    """A refusal halfway leaves it as it was, and nothing beside it; a release that is made takes its place."""
    dist = clone / "dist"
    dist.mkdir()
    (dist / "former.whl").write_text("former")
    (dist / "SHA256SUMS").write_text("0  former.whl\n")
    beside = {one.name for one in clone.iterdir()}
    pins = clone / "constraints" / "run.txt"
    whole = pins.read_text(encoding="utf-8")
    pins.write_text(whole + "no-such-package==1.0\n", encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "other")
    done = release(clone, "--untagged")
    assert done.returncode == 1
    assert "no-such-package is pinned and not installed" in done.stderr
    assert {one.name for one in dist.iterdir()} == {"former.whl", "SHA256SUMS"}
    pins.write_text(whole, encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "as it was")
    done = release(clone, "--untagged")
    assert done.returncode == 0, done.stderr
    assert "former.whl" not in {one.name for one in dist.iterdir()}
    assert "LICENSES.md" in (dist / "SHA256SUMS").read_text()
    assert {one.name for one in clone.iterdir()} == beside
    with tarfile.open(dist / f"response_time_monitor-{VERSION}.tar.gz") as packed:
        assert not [name for name in packed.getnames() if "/.release-" in name], "what is being built is in no sdist"


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("CHANGELOG.md", f"## {VERSION}", "## Unreleased"),
        ("deploy/helm/response-time-monitor/Chart.yaml", f"appVersion: {VERSION}", "appVersion: 9.9.9"),
        ("docker-compose.yml", f"MONITOR_VERSION:-{VERSION}", "MONITOR_VERSION:-9.9.9"),
    ],
)
def test_another_version_anywhere_is_refused(clone: Path, place: str, old: str, new: str) -> None:
    """By the file's name, before anything is built."""
    replace(clone / place, old, new)
    git(clone, "commit", "--quiet", "--all", "--message", "other")
    git(clone, "tag", "--force", "--annotate", TAG, "--message", "release")
    done = release(clone)
    assert done.returncode == 1
    assert f"{place} does not say {VERSION}" in done.stderr
    assert not (clone / "dist").exists()


def test_what_the_tag_does_not_name_is_refused(clone: Path) -> None:
    """A tag elsewhere, or none; `--untagged` is for looking at it before."""
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "later")
    done = release(clone)
    assert done.returncode == 1
    assert f"no tag {TAG} on this commit" in done.stderr


def test_a_tree_that_is_not_clean_is_refused(clone: Path) -> None:
    """Also by a file that nobody committed: it would be in the sdist."""
    (clone / "monitor" / "stray.py").write_text("")
    done = release(clone, "--untagged")
    assert done.returncode == 1
    assert "monitor/stray.py" in done.stderr

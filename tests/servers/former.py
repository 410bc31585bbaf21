"""A former state of this project as a program of its own: its source, and an environment with what it pinned."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.components import missing

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "former"
INSTALL_SECONDS = 900.0


def unpacked(commit: str) -> Path:
    """Its folder, with `.venv` inside: made once for each commit, from this clone's history and a package index."""
    name = _run(
        "git", "-C", ROOT, "rev-parse", "--verify", f"{commit}^{{commit}}", told="this clone has no such commit"
    )
    folder = CACHE / name.strip()
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
            made = Path(unfinished) / "made"
            _make(made, name)
            made.rename(folder)
    return folder


def _make(folder: Path, commit: str) -> None:
    archive = folder.with_suffix(".tar")
    _run("git", "-C", ROOT, "archive", "--output", archive, commit, told="git cannot write it out")
    folder.mkdir()
    _run("tar", "--extract", "--file", archive, "--directory", folder, told="tar cannot unpack it")
    _run(sys.executable, "-m", "venv", folder / ".venv", told="no virtual environment")
    pip = [folder / ".venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pins = folder / "constraints" / "run.txt"
    _run(*pip, "--require-hashes", "--requirement", pins, told="its pinned packages cannot be installed")


def _run(*command: str | Path, told: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    if done.returncode != 0:
        missing(f"{told}: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout

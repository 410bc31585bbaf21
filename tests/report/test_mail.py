"""The example that mails a month's report: run as it is, with a mailer that writes down what it is given."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from tests.report.test_files import CONFIG, MISSIONS

FOLDER = Path(__file__).parents[2] / "deploy" / "monthly-report"
SCRIPT = FOLDER / "mail-report"
MAILER = """#!/bin/sh
printf '%s\\n' "$@" > "$MAILED/arguments"
cat > "$MAILED/text"
while [ "$1" != -a ]; do shift; done
cp "$2" "$MAILED/attached"
"""


@pytest.fixture
def mailed(tmp_path: Path) -> Path:
    """A folder with `monitor` and `mail` as the unit's PATH has them; what is mailed lands beside them."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "mail").write_text(MAILER)
    (bin_folder / "monitor").write_text(f'#!/bin/sh\nexec {sys.executable} -m monitor.cli --config {CONFIG} "$@"\n')
    for program in bin_folder.iterdir():
        program.chmod(0o755)
    return tmp_path


def run(mailed: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": f"{mailed}/bin:{os.environ['PATH']}", "MAILED": str(mailed), "TMPDIR": str(mailed)}
    return subprocess.run(
        [SCRIPT, *arguments], env=environment | settings, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_month_is_mailed_with_its_warnings(mailed: Path) -> None:
    """Subject, recipients, a PDF whose name says the month, and in the text what makes the figures doubtful."""
    done = run(
        mailed, "2024-05", "--events", str(MISSIONS), REPORT_TO="a@example.org b@example.org", REPORT_LANG="nb"
    )
    assert done.returncode == 0, done.stderr
    _, subject, _, attached, *to = (mailed / "arguments").read_text().splitlines()
    assert subject.startswith("Response times 2024-05")
    assert attached.endswith("/response-times-2024-05.pdf")
    assert to == ["a@example.org", "b@example.org"]
    assert (mailed / "attached").read_bytes().startswith(b"%PDF-")
    assert "attached" in (mailed / "text").read_text() or "warning" in (mailed / "text").read_text()
    assert not Path(attached).exists()


def test_nothing_is_mailed_where_there_is_no_report(mailed: Path) -> None:
    """The unit fails and says why, and no empty file goes out."""
    empty = mailed / "empty.jsonl"
    empty.write_text("")
    done = run(mailed, "2024-05", "--events", str(empty), REPORT_TO="a@example.org")
    assert done.returncode == 1
    assert "not a single event" in done.stderr
    assert not (mailed / "arguments").exists()


def test_without_recipients_nothing_is_done(mailed: Path) -> None:
    """It names what is missing, and where."""
    done = run(mailed, "2024-05")
    assert done.returncode != 0
    assert "REPORT_TO" in done.stderr
    assert "report.env" in done.stderr


def test_the_month_before_is_meant_where_none_is_named(mailed: Path) -> None:
    """Of the day on which the timer rings; the mailer is the one that the settings name."""
    (mailed / "bin" / "date").write_text(
        '#!/bin/sh\ncase "$1" in --date=*) exec /bin/date "$@";; esac\nexec /bin/date --date=2024-03-31 "$@"\n'
    )
    (mailed / "bin" / "date").chmod(0o755)
    (mailed / "bin" / "mail").rename(mailed / "bin" / "post")
    done = run(mailed, REPORT_TO="a@example.org", REPORT_MAIL="post -q", MONITOR_REDIS__URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1  # there is no store
    traced = subprocess.run(
        ["/bin/sh", "-x", SCRIPT], env={"PATH": f"{mailed}/bin:{os.environ['PATH']}", "REPORT_TO": "a@example.org",
                                        "MONITOR_REDIS__URL": "redis://127.0.0.1:1/0"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "--period 2024-02 " in traced.stderr


def test_every_option_of_the_example_exists() -> None:
    """The command line of the script, and the settings of its environment, as this version knows them."""
    known = CliRunner().invoke(cli, ["report", "--help"]).output
    text = SCRIPT.read_text()
    used = set(re.findall(r"--[a-z]+", text.partition("monitor report --period")[2].partition(">")[0])) | {"--period"}
    assert used == {"--period", "--format", "--lang"}
    assert all(option in known for option in used)
    settings = re.findall(r"^#? ?(MONITOR_\w+)=", (FOLDER / "report.env").read_text(), re.MULTILINE)
    documented = (FOLDER.parents[1] / "docs" / "configuration.md").read_text()
    assert [one for one in settings if one not in documented] == []
    assert set(re.findall(r"REPORT_\w+", text)) == {"REPORT_TO", "REPORT_LANG", "REPORT_FORMAT", "REPORT_MAIL"}


def test_the_units_name_the_files_of_the_example() -> None:
    """What the service starts and reads is what the instructions say where to put."""
    service = unit("response-report.service")["Service"]
    told = (FOLDER / "README.md").read_text()
    assert service["ExecStart"] == "/usr/local/bin/mail-report"
    assert service["EnvironmentFile"] == "/etc/response-report/report.env"
    assert "`mail-report` to `/usr/local/bin`, `report.env` to `/etc/response-report/`" in told
    assert service["Type"] == "oneshot"
    timer = unit("response-report.timer")["Timer"]
    assert re.fullmatch(r"\*-\*-\d\d \d\d:\d\d", timer["OnCalendar"])


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((FOLDER / name).read_text())
    return read

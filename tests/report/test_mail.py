"""The example that mails a month's report: run as it is, with a mailer that writes down what it is given."""

import configparser
import email
import email.policy
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from tests.report.test_files import CONFIG, MISSIONS

FOLDER = Path(__file__).parents[2] / "deploy" / "monthly-report"
SCRIPT = FOLDER / "mail-report"
SENDER = FOLDER / "send-report"
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
    _, _, subject, _, attached, *to = (mailed / "arguments").read_text().splitlines()
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


def test_a_mail_that_is_not_taken_is_a_failure(mailed: Path) -> None:
    """The mailer's code and words come through, and the unit is tried again: nobody believes that it was sent."""
    (mailed / "bin" / "mail").write_text("#!/bin/sh\necho no route to the mail server >&2\nexit 4\n")
    done = run(mailed, "2024-05", "--events", str(MISSIONS), REPORT_TO="a@example.org", REPORT_FORMAT="xlsx")
    assert done.returncode == 1
    assert "no route to the mail server" in done.stderr
    assert "2024-05 was NOT mailed" in done.stderr
    assert "mail -Ssendwait" in done.stderr  # s-nail by itself is gone before it knows


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs."""

    def handle(self) -> None:
        server: Any = self.server
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "DATA":
                self._say("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                server.taken.append(body)
            refused = (word == "RCPT" and "nobody" in line) or (word == "DATA" and server.full)
            self._say("221 bye" if word == "QUIT" else "550 unknown here" if refused else "250 well")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[Any]:
    """A mail server of this machine, with what it took."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        told: Any = server
        told.taken, told.full = [], False
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield told
        server.shutdown()
        serving.join()


def send(server: str, *to: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """What `mail-report` would run in a container: Python, and nothing that was installed."""
    return subprocess.run(
        [sys.executable, "-I", SENDER, "-s", "Response times 2024-05", "-a", str(MISSIONS), *to], input="Blåbær",
        env={"PATH": os.environ["PATH"], "REPORT_SMTP": server, "REPORT_FROM": "m@example.org"} | settings,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_where_there_is_no_mailer_python_sends_it(mail_server: Any) -> None:
    """Subject, sender, recipients, text and file arrive as they were."""
    place = f"plain://127.0.0.1:{mail_server.server_address[1]}"
    done = send(place, "a@example.org", "b@example.org")
    assert (done.returncode, done.stderr) == (0, "")
    (mail,) = (email.message_from_bytes(body, policy=email.policy.default) for body in mail_server.taken)
    assert (mail["Subject"], mail["From"]) == ("Response times 2024-05", "m@example.org")
    assert mail["To"] == "a@example.org, b@example.org"
    text, attached = mail.iter_parts()
    assert text.get_content().strip() == "Blåbær"
    assert attached.get_filename() == MISSIONS.name
    assert attached.get_payload(decode=True) == MISSIONS.read_bytes()


def test_a_mail_that_one_recipient_cannot_get_goes_to_nobody(mail_server: Any) -> None:
    """It fails, says who, and may be tried again without sending to the others twice."""
    place = f"plain://127.0.0.1:{mail_server.server_address[1]}"
    done = send(place, "a@example.org", "nobody@example.org")
    assert done.returncode == 1
    assert "nobody@example.org is refused (550 unknown here)" in done.stderr
    assert mail_server.taken == []
    mail_server.full = True
    done = send(place, "a@example.org")
    assert done.returncode == 1
    assert "the mail is refused" in done.stderr


def test_nothing_is_sent_unprotected_unless_that_is_said(mail_server: Any) -> None:
    """A server without STARTTLS, none at all, a login without its file: each ends with 1 and says why."""
    port = mail_server.server_address[1]
    for server, told, more in (
        (f"smtp://127.0.0.1:{port}", "STARTTLS", {}),
        ("plain://127.0.0.1:1", "not sent: 127.0.0.1", {}),
        (f"127.0.0.1:{port}", "REPORT_SMTP names no mail server", {}),
        (f"plain://127.0.0.1:{port}", "REPORT_FROM names no sender", {"REPORT_FROM": ""}),
        (f"plain://127.0.0.1:{port}", "a password does not go over a line", {"REPORT_SMTP_USER": "m"}),
    ):
        done = send(server, "a@example.org", **more)
        assert done.returncode == 1
        assert told in done.stderr
    assert mail_server.taken == []


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
    beside = set(re.findall(r"REPORT_\w+", SENDER.read_text())) - {"REPORT_MAIL"}
    assert beside == {
        "REPORT_SMTP", "REPORT_FROM", "REPORT_SMTP_USER", "REPORT_SMTP_PASSWORD_FILE", "REPORT_SMTP_CA_FILE",
    }  # fmt: skip


def test_the_units_name_the_files_of_the_example() -> None:
    """What the service starts and reads is what the instructions say where to put."""
    service = unit("response-report.service")["Service"]
    told = (FOLDER / "README.md").read_text()
    assert service["ExecStart"] == "/usr/local/bin/mail-report"
    assert service["EnvironmentFile"] == "/etc/response-report/report.env"
    assert "`mail-report` (and `send-report`) to `/usr/local/bin`, `report.env` to `/etc/response-report/`" in told
    assert service["Type"] == "oneshot"
    timer = unit("response-report.timer")["Timer"]
    assert re.fullmatch(r"\*-\*-\d\d \d\d:\d\d", timer["OnCalendar"])


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((FOLDER / name).read_text())
    return read

"""What mails the report where there is no `mail`: against a small server that writes down what it is told."""

import base64
import email
import email.policy
import os
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

PROGRAM = Path(__file__).parents[2] / "deploy" / "monthly-report" / "send-report"
LOGIN = base64.b64encode(b"\0monitor\0correct-horse").decode()


class Server(socketserver.ThreadingTCPServer):
    """As much SMTP as it takes; no STARTTLS. `said` is what it was told, `mails` what it took."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None, *, refuses: str = "") -> None:
        self.said: list[str] = []
        self.mails: list[str] = []
        self.refuses = refuses
        super().__init__(("127.0.0.1", 0), Conversation)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_: object) -> None:
        """A client that does not trust the certificate goes."""


class Conversation(socketserver.StreamRequestHandler):
    """One client's."""

    server: Server

    def handle(self) -> None:
        self._answer("220 ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.said.append(line)
            verb = line.split(":")[0].upper()
            if self.server.refuses and verb.startswith(self.server.refuses):
                self._answer("550 not here")
            elif verb.startswith("EHLO"):
                self._answer("250-here\r\n250 AUTH PLAIN")
            elif verb.startswith("AUTH"):
                self._answer("235 welcome" if line.endswith(LOGIN) else "535 who are you")
            elif verb == "DATA":
                self._answer("354 go on")
                self.server.mails.append(self._mail())
                self._answer("250 taken")
            elif verb == "QUIT":
                self._answer("221 bye")
                return
            else:
                self._answer("250 fine")

    def _answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)


@contextmanager
def serving(context: ssl.SSLContext | None = None, *, refuses: str = "") -> Iterator[Server]:
    """A server in a thread."""
    with Server(context, refuses=refuses) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A file to send."""
    file = tmp_path / "response-times-2024-05.xlsx"
    file.write_bytes(b"PK\x03\x04 figures")
    return file


def send(server: Server, report: Path, scheme: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run it as mail-report does."""
    return subprocess.run(
        [
            sys.executable,
            PROGRAM,
            "-s",
            "Response times 2024-05",
            "-a",
            report,
            "chief@example.org",
            "duty@example.org",
        ],
        input="The report is attached. Tromsø ≤ 12 min.\n",
        env={
            "PATH": os.environ["PATH"],
            "REPORT_SMTP": f"{scheme}://127.0.0.1:{server.server_address[1]}",
            "REPORT_FROM": "monitor@example.org",
            **settings,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_report_arrives_over_tls_with_a_login(report: Path, tmp_path: Path) -> None:
    """Text, file and its kind, to each recipient; the server's certificate is verified."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "password").write_text("correct-horse\n")
    login = {"REPORT_SMTP_USER": "monitor", "REPORT_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    with serving(context) as server:
        stranger = send(server, report, "smtps", **login)
        assert (stranger.returncode, server.said) == (1, []), "who shows a certificate of nobody's is told nothing"
        assert "certificate" in stranger.stderr.lower()
        done = send(server, report, "smtps", REPORT_SMTP_CA_FILE=str(tmp_path / "ca.pem"), **login)
    assert (done.returncode, done.stderr) == (0, "")
    (text,) = server.mails
    mail = email.message_from_bytes(text.encode(), policy=email.policy.default)
    assert (mail["Subject"], mail["From"]) == ("Response times 2024-05", "monitor@example.org")
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (report.name, report.read_bytes())
    body = mail.get_body()
    assert body is not None
    assert "Tromsø ≤ 12 min" in body.get_content()
    assert [line for line in server.said if line.lower().startswith("rcpt")] == [
        "rcpt TO:<chief@example.org>", "rcpt TO:<duty@example.org>",
    ]  # fmt: skip


def test_no_password_goes_in_the_open(report: Path, tmp_path: Path) -> None:
    """A line without TLS may be said to be good enough for the mail; never for a password."""
    (tmp_path / "password").write_text("correct-horse\n")
    login = {"REPORT_SMTP_USER": "monitor", "REPORT_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    with serving() as server:
        done = send(server, report, "plain", **login)
    assert done.returncode == 1
    assert "smtps://" in done.stderr
    assert not server.mails
    assert not any("AUTH" in line for line in server.said)

"""Files as editors leave them: a mark at the beginning is skipped, and what is no UTF-8 text is told by name."""

import codecs
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.kafka.clients import KafkaMisconfigured, connection
from monitor.settings import SecretUnusable, load, read_secret
from monitor.settings.key_files import SECRETS
from monitor.settings.sections import Settings
from tests.settings.conftest import Write
from tests.settings.finding import errors_of

BOM = codecs.BOM_UTF8


def check(path: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `monitor check`."""
    done = CliRunner().invoke(cli, ["--config", str(path), "check", *arguments])
    return done.exit_code, done.stdout


def test_a_byte_order_mark_is_skipped(write: Write) -> None:
    """In the configuration and in a table of targets."""
    path = write(BOM + b'[kafka]\ntopic = "marked"\n')
    targets = path.parent / "targets" / "2024.toml"
    targets.write_bytes(BOM + targets.read_bytes())
    found = load(path)
    assert (found.settings.kafka.topic, len(found.targets.sets)) == ("marked", 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told(write: Write, encoding: str) -> None:
    """What an editor or a shell of Windows writes; with and without its mark."""
    path = write('[kafka]\ntopic = "wide"\n'.encode(encoding))
    assert "UTF-16" in errors_of(path)[str(path)]
    targets = write("").parent / "targets" / "2024.toml"
    targets.write_bytes(targets.read_text(encoding="utf-8").encode(encoding))
    assert "UTF-16" in errors_of(write(""))[str(targets)]


def test_a_byte_that_is_no_utf_8_is_told_with_its_line(write: Write) -> None:
    """As is a fault of syntax."""
    path = write("[kafka]\n# blåbær\n".encode() + "# blåbær\n".encode("latin-1"))
    assert "at line 3" in errors_of(path)[str(path)]
    path = write("[kafka]\n\ntopic = \n")
    assert "at line 3" in errors_of(path)[str(path)]


def test_what_python_reads_badly_is_told(write: Write) -> None:
    """Neither is a traceback, and neither picks one."""
    path = write('[kafka]\ntopic = "a"\ntopic = "b"\n')
    assert "not valid TOML" in errors_of(path)[str(path)]
    path = write("a = " + "[" * 100_000)
    assert "not valid TOML" in errors_of(path)[str(path)]
    path = write("a = " + "9" * 10_000)
    assert "not valid TOML" in errors_of(path)[str(path)]


def test_a_folder_a_loop_and_a_file_without_end_are_told(write: Write, tmp_path: Path) -> None:
    """By their names; nothing is read for ever."""
    assert "Is a directory" in errors_of(tmp_path)[str(tmp_path)]
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    assert "cannot be read" in errors_of(loop)[str(loop)]
    assert "larger than" in errors_of(Path("/dev/zero"))["/dev/zero"]
    found = errors_of(write(f'[targets]\ndirectory = "{loop}"\n'))
    assert found["targets.directory"].startswith(f"{loop}: no target files")
    found = errors_of(write('[targets]\ndirectory = "monitor.toml"\n'))
    assert "Not a directory" in found["targets.directory"]
    found = errors_of(write('[targets]\ndirectory = "nu\\u0000ll"\n'))
    assert list(found) == ["targets.directory"]


def test_a_table_whose_name_is_written_in_capitals_is_read(write: Write) -> None:
    """A file that a person sees among the others is not passed over in silence."""
    targets = write("").parent / "targets"
    text = (targets / "2024.toml").read_text(encoding="utf-8").replace("2024-01-01", "2025-01-01")
    (targets / "2025.TOML").write_text(text, encoding="utf-8")
    assert len(load(write("")).targets.sets) == 2


def test_a_folder_among_the_targets_is_told(write: Write) -> None:
    """A table that is none must not be passed over."""
    folder = write("").parent / "targets" / "2025.toml"
    folder.mkdir()
    assert "Is a directory" in errors_of(write(""))[str(folder)]


def test_two_tables_that_begin_on_one_day_are_an_error(write: Write) -> None:
    """Which of them judges is nobody's guess."""
    targets = write("").parent / "targets"
    (targets / "2024-again.toml").write_bytes((targets / "2024.toml").read_bytes())
    assert any("keep one of the two" in message for message in errors_of(write("")).values())


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2\n", b"hunter2\r\n", BOM + b"hunter2\n"])
def test_a_secret_is_what_stands_in_its_file(tmp_path: Path, content: bytes) -> None:
    """Without the line break at its end and the mark at its beginning."""
    (tmp_path / "secret").write_bytes(content)
    assert read_secret(tmp_path / "secret", "redis.password_file") == "hunter2"


def test_blanks_within_a_secret_are_part_of_it(tmp_path: Path) -> None:
    """Somebody may have chosen them."""
    (tmp_path / "secret").write_text("  hunter 2 \n", encoding="utf-8")
    assert read_secret(tmp_path / "secret", "redis.password_file") == "  hunter 2 "


BAD_SECRETS = {
    b"": "is empty",
    b"\n": "is empty",
    BOM: "is empty",
    b" \n": "is empty",
    b"one\ntwo\n": "more than one line",
    "hunter2\n".encode("utf-16"): "UTF-16",
    b"hunter2\xff\n": "no UTF-8",
    b"x" * 100_000: "larger than",
}


@pytest.mark.parametrize(("content", "message"), BAD_SECRETS.items(), ids=BAD_SECRETS.values())
def test_a_file_that_holds_no_secret_is_told_by_check(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    """With the variable that names it, never with what is in it; whoever needs it gets the same words."""
    file = tmp_path / "secret"
    file.write_bytes(content)
    monkeypatch.setenv("MONITOR_REDIS__PASSWORD_FILE", str(file))
    code, output = check(write(""))
    assert code == 2
    assert f"error    MONITOR_REDIS__PASSWORD_FILE  {file}: " in output
    assert message in output
    assert "hunter2" not in output
    with pytest.raises(SecretUnusable, match=message):
        load(write("")).settings.redis.address()


def test_a_file_that_is_on_the_server_alone_is_a_warning_here(write: Write, tmp_path: Path) -> None:
    """A production configuration can be checked on a desk; with --connect the file is needed."""
    path = write(f'[redis]\npassword_file = "{tmp_path / "absent"}"\n')
    code, output = check(path)
    assert (code, "warning  redis.password_file" in output) == (0, True)
    code, output = check(path, "--connect")
    assert (code, "error    redis.password_file" in output) == (2, True)


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])
def test_a_certificate_and_its_key_are_looked_at(write: Write, tmp_path: Path, kind: str) -> None:
    """Taken one for the other, or not there: told before a broker says no more than that it closed the connection."""
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    key.write_text(f"-----BEGIN {kind}-----\n", encoding="utf-8")
    of = '[kafka]\nsecurity_protocol = "SSL"\ncertificate_file = "{}"\nkey_file = "{}"\n'
    assert check(write(of.format(certificate, key)))[0] == 0
    code, output = check(write(of.format(key, certificate)))
    assert code == 2
    assert "kafka.certificate_file  " in output
    assert "kafka.key_file  " in output
    code, output = check(write(of.format(certificate, tmp_path / "absent")))
    assert (code, "warning  kafka.key_file" in output) == (0, True)


def test_the_sasl_password_and_the_authority_are_told_as_well(write: Write, tmp_path: Path) -> None:
    """Every file that a key names, in one run, and by the worker in the same words."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "no.pem").write_bytes(b"hello\n")
    path = write(
        '[kafka]\nsecurity_protocol = "SASL_SSL"\nsasl_username = "monitor"\n'
        f'sasl_password_file = "{tmp_path / "empty"}"\nca_file = "{tmp_path / "no.pem"}"\n'
        f'[redis]\npassword_file = "{tmp_path}"\n'
    )
    code, output = check(path)
    assert code == 2
    for part in ("kafka.sasl_password_file  ", "kafka.ca_file  ", "redis.password_file  ", "Is a directory"):
        assert part in output
    kafka = load(path).settings.kafka.model_copy(update={"ca_file": None})
    with pytest.raises(KafkaMisconfigured, match=r"kafka\.sasl_password_file .* is empty"):
        connection(kafka)


@pytest.mark.parametrize(("folder", "secret", "told"), [
    (0o755, 0o644, "every user of this machine may read it"),
    (0o755, 0o602, "others may write it"),
    (0o755, 0o640, None),
    (0o700, 0o644, None),
])  # fmt: skip
def test_a_secret_that_is_open_to_others_is_told(write: Write, folder: int, secret: int, told: str | None) -> None:
    """A folder that lets nobody in keeps what is in it, as the folder of Compose's secrets does."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:  # the tests' own lets nobody in
        file = Path(place) / "secret"
        file.write_text("hunter2")
        file.chmod(secret)
        Path(place).chmod(folder)
        code, output = check(write(f'[redis]\npassword_file = "{file}"\n'))
    assert code == 0
    assert ("warning  redis.password_file" in output) is (told is not None)
    assert told is None or told in output


def test_every_file_with_a_secret_is_warned_about_where_others_may_read_it() -> None:
    """All that settings name, but the certificates of authorities, which are public."""
    named = {
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
        if key.endswith("_file")
    }
    assert named - set(SECRETS) == {"kafka.ca_file", "redis.ca_file"}
    assert set(SECRETS) <= named

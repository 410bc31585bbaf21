"""What a connection is made of, and what is told where it cannot be made of it."""

from pathlib import Path

import pytest
import trustme

from monitor.kafka.clients import KafkaMisconfigured, security
from monitor.settings import KafkaSettings

LOGIN = {"security_protocol": "SASL_SSL", "sasl_username": "mon"}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key in one file, and the key in another."""
    issued = trustme.CA().issue_cert("client@example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    (tmp_path / "certificate.pem").write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
    return tmp_path


@pytest.mark.parametrize("files", [("both.pem", None), ("certificate.pem", "key.pem")])
def test_a_client_certificate_may_hold_its_key_or_have_it_beside(
    certificate: Path, files: tuple[str, str | None]
) -> None:
    """Both ways are how authorities hand them out."""
    one, key = (name and certificate / name for name in files)
    assert "ssl_context" in security(KafkaSettings(security_protocol="SSL", certificate_file=one, key_file=key))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"certificate_file": "certificate.pem"}, r"certificate_file .* cannot be used with the key in it"),
        ({"certificate_file": "nowhere.pem"}, r"certificate_file .*nowhere\.pem cannot be used"),
        ({"certificate_file": "certificate.pem", "key_file": "certificate.pem"}, r"key_file .*certificate\.pem"),
        ({"ca_file": "key.pem"}, r"ca_file .*key\.pem cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(certificate: Path, keys: dict[str, str], told: str) -> None:
    """The setting, the file and why."""
    settings = KafkaSettings.model_validate(
        {"security_protocol": "SSL"} | {key: certificate / name for key, name in keys.items()}
    )
    with pytest.raises(KafkaMisconfigured, match=told):
        security(settings)


@pytest.mark.parametrize("content", [b"se\xc3\xa9cret\n", b"\xef\xbb\xbfse\xc3\xa9cret\r\n"])
def test_a_password_file_is_read_as_editors_write_it(tmp_path: Path, content: bytes) -> None:
    """Neither mark nor line break belongs to the password."""
    (tmp_path / "password").write_bytes(content)
    settings = KafkaSettings.model_validate(LOGIN | {"sasl_password_file": tmp_path / "password"})
    assert security(settings)["sasl_plain_password"] == content.decode("utf-8-sig").strip()


def test_a_password_file_that_is_no_text_is_named_without_its_content(tmp_path: Path) -> None:
    """UTF-16, as some editors write it, is no password."""
    (tmp_path / "password").write_bytes("secret".encode("utf-16"))
    settings = KafkaSettings.model_validate(LOGIN | {"sasl_password_file": tmp_path / "password"})
    with pytest.raises(KafkaMisconfigured, match="this is UTF-16") as caught:
        security(settings)
    assert "secret" not in str(caught.value)

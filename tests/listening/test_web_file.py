"""The exporter-toolkit's web configuration file: each of its fields is understood, or refused by its name."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.listening.port import read_door
from monitor.listening.web_file import CIPHERS, CURVES, WebFileUnusable, read_web_file
from tests.docs.blocks import Block, blocks
from tests.listening.authority import Authority, hashed

TOOLKITS = {
    "tls_server_config": {
        "cert", "key", "client_ca", "cert_file", "key_file", "client_auth_type", "client_ca_file",
        "client_allowed_sans", "min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites",
        "curve_preferences",
    },
    "http_server_config": {"http2", "headers"},
    "basic_auth_users": set[str](),
    "rate_limit": set[str](),
}  # fmt: skip
"""Every field of its documentation (docs/web-configuration.md of prometheus/exporter-toolkit)."""


def faults(path: Path) -> dict[str, str]:
    """What is told of a file, by where without its path."""
    with pytest.raises(WebFileUnusable) as caught:
        read_door(path)
    return {fault.where.removeprefix(str(path)).removeprefix(": "): fault.message for fault in caught.value.faults}


def test_every_field_that_the_toolkit_documents_is_known(tmp_path: Path) -> None:
    """None is taken for a slip of the pen: it is used, or the reason against it is given."""
    fields = {section: dict.fromkeys(keys, "?") or "?" for section, keys in TOOLKITS.items()}
    path = tmp_path / "web.yml"
    path.write_text(yaml.safe_dump(fields))
    with pytest.raises(WebFileUnusable) as caught:
        read_web_file(path)
    assert "unknown" not in str(caught.value)


def test_a_file_of_the_toolkits_own_documentation_is_read(authority: Authority) -> None:
    """All that is supported, as its sample has it."""
    path = authority.web_file(
        {
            "client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem",
            "client_allowed_sans": ["prometheus.example.org"], "min_version": "TLS12", "max_version": "TLS13",
            "cipher_suites": [*CIPHERS, "TLS_AES_128_GCM_SHA256"], "prefer_server_cipher_suites": True,
            "curve_preferences": ["X25519"],
        },
        http_server_config={"http2": False, "headers": {"Strict-Transport-Security": "max-age=31536000"}},
        basic_auth_users={"prometheus": hashed(), "7": hashed()},
    )  # fmt: skip
    door, files = read_door(path)
    assert door.tls is not None
    assert door.tls.sans == {"prometheus.example.org"}
    assert set(door.users) == {"prometheus", "7"}
    assert door.headers == {"Strict-Transport-Security": "max-age=31536000"}
    assert {file.name for file in files} == {"web.yml", "server.pem", "server.key", "ca.pem"}


@pytest.mark.parametrize("block", [block for block in blocks() if block.info == "yaml web"], ids=str)
def test_a_file_that_the_documents_show_is_read(block: Block, tmp_path: Path) -> None:
    """Whoever copies it has to put the certificates there, and no more."""
    (tmp_path / "web.yml").write_text(block.text)
    assert read_web_file(tmp_path / "web.yml").basic_auth_users


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve_of_the_toolkit_is_one_of_openssls(authority: Authority, curve: str) -> None:
    """Its names are Go's."""
    assert read_door(authority.web_file({"curve_preferences": [curve]}))[0].tls is not None


@pytest.mark.parametrize("text", ["", "tls_server_config:\n", "basic_auth_users: {}\n", "# nothing\n", "---\n{}\n"])
def test_a_file_that_says_nothing_changes_nothing(tmp_path: Path, text: str) -> None:
    """As the toolkit takes it: no TLS, no users."""
    (tmp_path / "web.yml").write_text(text)
    door, _ = read_door(tmp_path / "web.yml")
    assert (door.tls, dict(door.users), dict(door.headers)) == (None, {}, {})


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Each by its field, with what to do, and none with a hash or a password in it."""
    secret = "hunter2-in-clear"  # noqa: S105 - it is
    path = tmp_path / "web.yml"
    path.write_text(
        f"""
tls_server_config:
  cert: inline
  key: {secret}
  client_ca: inline
  client_auth_type: RequireAnyClientCert
  min_version: TLS10
  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
  curve_preferences: [X25519, CurveP256]
  certfile: server.pem
http_server_config:
  http2: true
  headers: {{X-Frame-Options: maybe, Server: us}}
basic_auth_users:
  plain: {secret}
  dear: {hashed().replace("$04$", "$31$")}
rate_limit: {{interval: 1s, burst: 3}}
"""
    )
    told = faults(path)
    assert {
        "tls_server_config.cert": "cert_file",
        "tls_server_config.key": "key_file",
        "tls_server_config.client_ca": "client_ca_file",
        "tls_server_config.client_auth_type": "say RequireAndVerifyClientCert",
        "tls_server_config.min_version": "RFC 8996",
        "tls_server_config.cipher_suites": "no cipher suite that Go counts as secure",
        "tls_server_config.curve_preferences": "names several",
        "tls_server_config.certfile": "did you mean cert_file?",
        "http_server_config.http2": "speaks HTTP/1.1",
        "http_server_config.headers": "X-Frame-Options is one of deny, sameorigin",
        "basic_auth_users": "'plain' is no bcrypt hash",
        "rate_limit": "bounded",
    }.keys() == told.keys()
    assert "Server cannot be set" in told["http_server_config.headers"]
    assert "of cost 31" in told["basic_auth_users"]
    assert secret not in str(told)


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        ({"key_file": None}, {"tls_server_config.key_file": "is missing"}),
        ({"key_file": "other.key"}, {"tls_server_config.cert_file": "No such file"}),
        ({"key_file": "client.key"}, {"tls_server_config.cert_file": "key values mismatch"}),
        ({"cert_file": "web.yml"}, {"tls_server_config.cert_file": "cannot be used"}),
        ({"min_version": "TLS13", "max_version": "TLS12"}, {"tls_server_config.min_version": "no client"}),
        (
            {"client_auth_type": "RequireAndVerifyClientCert"},
            {"tls_server_config.client_ca_file": "a public authority knows"},
        ),
        ({"client_ca_file": "ca.pem"}, {"tls_server_config.client_ca_file": "has no effect"}),
        ({"client_allowed_sans": ["a"]}, {"tls_server_config.client_allowed_sans": "has no effect"}),
        (
            {"client_auth_type": "VerifyClientCertIfGiven", "client_ca_file": "server.key"},
            {"tls_server_config.client_ca_file": "cannot be used"},
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(authority: Authority, tls: dict[str, object], told: dict[str, str]) -> None:
    """Where a port would be less safe than its reader believes, or could not be opened."""
    path = authority.web_file(tls)
    if None in tls.values():
        path.write_text("tls_server_config: {cert_file: server.pem}\n")
    found = faults(path)
    assert found.keys() == told.keys()
    assert all(told[key] in found[key] for key in told), found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "is no YAML"),
        ("- 1", "holds no keys"),
        ("basic_auth_users: {}\nbasic_auth_users: {}\n", "line 2: a key stands twice"),
        ("? [basic_auth_users]\n: {}\n", "line 1: a key is no word"),
        ("? {a: b}\n: {}\n", "line 1: a key is no word"),
        ("basic_auth_users: &a {}\ntls_server_config: *a\n", "refers to another place"),
        ("[" * 2000 + "]" * 2000, "is nested too deeply"),
        ("\0", "UTF-16"),
    ],
)
def test_what_is_no_such_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    """Not with a traceback, and not with what stands in it."""
    (tmp_path / "web.yml").write_text(text)
    assert told in str(faults(tmp_path / "web.yml"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
       | st.dictionaries(st.sampled_from([*TOOLKITS, *TOOLKITS["tls_server_config"], "headers"]) | st.text(), inner,
                         max_size=4), max_leaves=12))  # fmt: skip
def test_no_yaml_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    """It is used, or refused with faults that have a place."""
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    try:
        read_door(path)
    except WebFileUnusable as fault:
        told = fault.faults
    else:
        return
    assert told
    assert all(one.where.startswith(str(path)) and one.message for one in told)

"""The web configuration file of Prometheus' exporter-toolkit, as operations teams know it.

Decides what a file may say: every field of the toolkit's is understood, or refused by its name with the reason; all
faults are told at once. Where a field would make a port less safe than its reader believes, it is refused. Refuses to
know what is done with it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from monitor.core.fault import Fault
from monitor.settings import ConfigurationError
from monitor.settings.files import FileUnusable, read_text
from monitor.settings.told import in_words, unknown

LARGEST_BYTES: Final = 1024 * 1024
DEAREST: Final = 14
"""Of bcrypt's costs: one more doubles the time, and this one is about a second."""
CIPHERS: Final = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""Go's names of the suites up to TLS 1.2, which it takes, and OpenSSL's."""
CIPHERS_OF_TLS_13: Final = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
"""Nobody chooses among these, neither there nor here."""
CURVES: Final = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""Those that the toolkit lets be set, with the values of those that have few."""
VERIFYING: Final = ("VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")


class WebFileUnusable(ConfigurationError):  # noqa: N818 - named for what happened
    """The web configuration file cannot be used; `faults` holds everything that is wrong with it."""


def _version(name: str) -> str:
    if name in {"TLS10", "TLS11"}:
        raise ValueError("no longer counts as secure (RFC 8996), and is not spoken: say TLS12 or TLS13")
    if name not in {"TLS12", "TLS13"}:
        raise ValueError("is no version of TLS: say TLS12 or TLS13")
    return name


def _client_auth(name: str) -> str:
    if name in {"RequestClientCert", "RequireAnyClientCert", "RequireClientCert"}:
        raise ValueError(
            "takes any certificate, also one that its bearer has made: say RequireAndVerifyClientCert, or "
            "VerifyClientCertIfGiven"
        )
    if name not in {"", "NoClientCert", *VERIFYING}:
        raise ValueError(f"is none of NoClientCert, {', '.join(VERIFYING)}")
    return name


def _cipher(name: str) -> str:
    if name not in CIPHERS and name not in CIPHERS_OF_TLS_13:
        raise ValueError(f"{name!r} is no cipher suite that Go counts as secure: there are {', '.join(CIPHERS)}")
    return name


def _curve(name: str) -> str:
    if name not in CURVES:
        raise ValueError(f"{name!r} is none of {', '.join(CURVES)}")
    return name


def _one(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > 1:
        raise ValueError("names several: Python's TLS takes one, or all of its own; keep one, or leave it out")
    return names


def _header(given: dict[str, str]) -> dict[str, str]:
    """Raises ValueError with everything that is wrong."""
    wrong = [f"{name} cannot be set: there are {', '.join(HEADERS)}" for name in given if name not in HEADERS]
    for name, value in given.items():
        if (known := HEADERS.get(name)) and value not in known:
            wrong.append(f"{name} is one of {', '.join(known)}")
        if not value.isascii() or not value.isprintable():
            wrong.append(f"{name} holds what no header has")
    if wrong:
        raise ValueError("; ".join(wrong))
    return {name: value for name, value in given.items() if value}


def _users(given: dict[str, str]) -> dict[str, str]:
    """Raises ValueError with everything that is wrong, and no hash."""
    wrong = []
    for number, (name, kept) in enumerate(given.items(), 1):
        who = f"user {name!r}" if name.isprintable() else f"user {number}"
        if not name or ":" in name:
            wrong.append(f"{who} can never be typed: a name is not empty, and has no colon")
        if (found := _BCRYPT.fullmatch(kept)) is None:
            wrong.append(f"the password of {who} is no bcrypt hash: make one with htpasswd -nBC 10")
        elif not 4 <= int(found[1]) <= DEAREST:
            wrong.append(f"the hash of {who} is of cost {int(found[1])}: give 10 to {DEAREST}, more only takes time")
    if wrong:
        raise ValueError("; ".join(wrong))
    return given


def _nothing_is_none(value: Any) -> Any:
    """A key without a value, as YAML has it."""
    return {} if value == "" else value


class TlsServer(BaseModel):
    """`tls_server_config`. Names of files are relative to the file that names them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cert: None = None
    key: None = None
    client_ca: None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    client_auth_type: Annotated[str, AfterValidator(_client_auth)] = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Annotated[str, AfterValidator(_version)] = "TLS12"
    max_version: Annotated[str, AfterValidator(_version)] = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(_cipher)], ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: Annotated[tuple[Annotated[str, AfterValidator(_curve)], ...], AfterValidator(_one)] = ()

    @field_validator("cert", "key", "client_ca", mode="before")
    @classmethod
    def _in_files(cls, _value: object, field: ValidationInfo) -> None:
        raise ValueError(
            f"is not read here: write it into a file of its own, and name that with {field.field_name}_file"
        )

    @property
    def verifies(self) -> bool:
        """Whether certificates of clients are looked at."""
        return self.client_auth_type in VERIFYING

    def beside(self, folder: Path) -> Self:
        """The same with files found from `folder`."""
        names = ("cert_file", "key_file", "client_ca_file")
        placed = {name: folder / file for name in names if (file := getattr(self, name)) is not None}
        return self.model_copy(update=placed)

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """What the fields say together that cannot be meant: key and message."""
        for key in ("cert_file", "key_file"):
            if getattr(self, key) is None:
                yield key, "is missing: a port with TLS shows a certificate, and has its key"
        if self.min_version > self.max_version:
            yield "min_version", "is above max_version: no client could connect"
        if self.verifies and self.client_ca_file is None:
            yield "client_ca_file", "is missing: without it, everybody whom a public authority knows would be let in"
        for key in ("client_ca_file", "client_allowed_sans"):
            if getattr(self, key) and not self.verifies:
                yield key, f"has no effect without client_auth_type: say {VERIFYING[1]}, or remove it"


class HttpServer(BaseModel):
    """`http_server_config`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    http2: Annotated[Literal["false"], BeforeValidator(lambda value: str(value).lower())] = "false"
    headers: Annotated[dict[str, str], BeforeValidator(_nothing_is_none), AfterValidator(_header)] = {}


class WebFile(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tls_server_config: Annotated[TlsServer | None, BeforeValidator(lambda value: value or None)] = None
    http_server_config: Annotated[HttpServer, BeforeValidator(_nothing_is_none)] = HttpServer()
    basic_auth_users: Annotated[dict[str, str], BeforeValidator(_nothing_is_none), AfterValidator(_users)] = {}
    rate_limit: None = None

    @field_validator("rate_limit", mode="before")
    @classmethod
    def _bounded_anyway(cls, _value: object) -> None:
        raise ValueError(
            "is not read here: each peer is bounded by itself, so that none takes the others' part; remove it"
        )


_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "tls_server_config": TlsServer,
    "http_server_config": HttpServer,
}


def read_web_file(path: Path) -> WebFile:
    """The file, with the names of its files in place. Raises WebFileUnusable with every fault."""
    try:
        raw = _document(read_text(path, LARGEST_BYTES))
        found = WebFile.model_validate(raw)
    except (FileUnusable, UnicodeError) as fault:
        raise WebFileUnusable([Fault("error", str(path), str(fault))]) from fault
    except ValidationError as fault:
        raise WebFileUnusable([*_faults(path, fault)]) from None  # without the cause: it quotes what was written
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise WebFileUnusable([Fault("error", str(path), _of_yaml(fault))]) from None
    tls = found.tls_server_config
    if tls is None:
        return found
    if wrong := [Fault("error", f"{path}: tls_server_config.{key}", why) for key, why in tls.contradictions()]:
        raise WebFileUnusable(wrong)
    return found.model_copy(update={"tls_server_config": tls.beside(path.parent)})


def _document(text: str) -> Any:
    """Every scalar as the text that stands there; a key that stands twice is refused, as the toolkit does."""
    if any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(text, Loader=yaml.SafeLoader)):
        raise ValueError("refers to another place of itself (*name): write it out")
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    found = {} if node is None else _value(node)
    if not isinstance(found, dict):
        raise ValueError("holds no keys: tls_server_config, http_server_config and basic_auth_users are understood")  # noqa: TRY004 - told as the others
    return found


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {key.start_mark.line + 1}: a key is no word")  # noqa: TRY004 - as below
            if key.value in found:
                raise ValueError(f"line {key.start_mark.line + 1}: a key stands twice; keep one")
            found[str(key.value)] = _value(value)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(one) for one in node.value]
    return "" if node.tag == "tag:yaml.org,2002:null" else node.value


def _of_yaml(fault: Exception) -> str:
    """Where the text is none, without quoting it."""
    mark = getattr(fault, "problem_mark", None)
    if isinstance(fault, yaml.YAMLError):
        where = "" if mark is None else f" (line {mark.line + 1})"
        return f"is no YAML{where}: {getattr(fault, 'problem', None) or 'it cannot be read'}"
    return "is nested too deeply" if isinstance(fault, RecursionError) else str(fault)


def _faults(path: Path, fault: ValidationError) -> Iterator[Fault]:
    for error in fault.errors(include_url=False, include_input=False):
        names = [part for part in error["loc"] if isinstance(part, str)]
        where = f"{path}: {'.'.join(names)}"
        if error["type"] == "extra_forbidden":
            model: type[BaseModel] = WebFile if len(names) == 1 else _SECTIONS.get(names[0], WebFile)
            known = list(model.model_fields)
            yield Fault(
                "error", where, unknown(names[-1], known, kind="field", where=f"there are {', '.join(known)}")
            )
        elif names[-1] == "http2":
            yield Fault("error", where, "this server speaks HTTP/1.1: say false, or leave it out")
        else:
            yield Fault("error", where, in_words(error))

"""OpenSSL's context for what a web configuration file says of TLS."""

import ssl
from typing import Final, NoReturn

from monitor.listening.web_file import CIPHERS, CURVES, TlsServer

_VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENTS: Final = {
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class TlsUnusable(Exception):  # noqa: N818 - named for what happened
    """Files cannot be used; `faults` says each field, and why."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {why}" for key, why in faults))
        self.faults = faults


def server_context(tls: TlsServer) -> ssl.SSLContext:
    """What a port shows and asks for. Raises TlsUnusable with every fault."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = _VERSIONS[tls.min_version], _VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if chosen := [CIPHERS[name] for name in tls.cipher_suites if name in CIPHERS]:
        context.set_ciphers(":".join(chosen))
    for curve in tls.curve_preferences:
        context.set_ecdh_curve(CURVES[curve])
    faults = []
    if tls.cert_file is None or tls.key_file is None:
        raise AssertionError("a file without them is refused before")
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_passphrase)
    except (OSError, ValueError) as fault:
        faults.append(("cert_file", f"{tls.cert_file} cannot be used with key_file {tls.key_file}: {_why(fault)}"))
    if tls.client_ca_file is not None:
        try:
            context.load_verify_locations(tls.client_ca_file)
        except (OSError, ValueError) as fault:
            faults.append(("client_ca_file", f"{tls.client_ca_file} cannot be used: {_why(fault)}"))
    if faults:
        raise TlsUnusable(faults)
    context.verify_mode = _CLIENTS.get(tls.client_auth_type, ssl.CERT_NONE)
    return context


def _no_passphrase() -> NoReturn:
    """Instead of a question on the terminal."""
    raise ValueError("the key has a passphrase: take it off")


def _why(fault: OSError | ValueError) -> str:
    if isinstance(fault, ssl.SSLError):
        return (fault.reason or "no certificates in PEM form").replace("_", " ").lower()
    return getattr(fault, "strerror", None) or str(fault)

"""Certificates for tests of ports: an authority, a server's, clients', and a web configuration file with them."""

import ssl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import bcrypt
import trustme
import yaml

PASSWORD = "correct horse: battery"  # noqa: S105 - of a port that lives as long as its test


def hashed(password: str = PASSWORD) -> str:
    """A bcrypt hash as cheap as they come, in the form that htpasswd writes."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")


class Authority:
    """Writes into a folder what operators have there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca.cert_pem.write_to_path(str(folder / "ca.pem"))

    def server(self, name: str = "127.0.0.1", *, until: datetime | None = None) -> None:
        """The certificate that a port shows, in place of any before."""
        issued = self.ca.issue_cert(name, not_after=until)
        (self.folder / "server.pem").write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(self.folder / "server.key"))
        (self.folder / "server.key").chmod(0o600)

    def client(self, name: str = "prometheus.example.org", *, stem: str = "client") -> None:
        """A client's certificate and key."""
        issued = self.ca.issue_cert(name)
        (self.folder / f"{stem}.pem").write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(self.folder / f"{stem}.key"))

    def trusting(self, stem: str | None = None) -> ssl.SSLContext:
        """A client that trusts this authority and shows that certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if stem is not None:
            context.load_cert_chain(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        return context

    def web_file(self, tls: Mapping[str, Any] | None = None, **other: object) -> Path:
        """A file as operators write it, its files named relative to it."""
        shown = {"cert_file": "server.pem", "key_file": "server.key"}
        path = self.folder / "web.yml"
        path.write_text(yaml.safe_dump({"tls_server_config": shown | dict(tls or {}), **other}))
        return path

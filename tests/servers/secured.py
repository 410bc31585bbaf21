"""Apache Kafka as it stands in a company: with certificates, logins and rights.

One node with the doors that clients meet there. `bootstrap`, the open one, is for whoever sets up the test and may
do everything; nobody who comes by another door may do anything that was not granted, except `MASTER`.
"""

import base64
import json
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import trustme
from aiokafka.conn import create_conn
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from monitor.demo.processes import LOOPBACK, free_port
from tests.servers.kafka import ApacheKafka, KafkaNode

MASTER: Final = "mon"
"""The user that may do everything."""
GUEST: Final = "guest"
"""A user that may do nothing, unless it was granted."""
PASSWORDS: Final = {MASTER: "mon-secret", GUEST: "guest-secret"}
Resource = Literal["topic", "group", "cluster"]
Operation = Literal["READ", "WRITE", "CREATE", "DESCRIBE", "IDEMPOTENT_WRITE"]
_RESOURCES: Final[dict[Resource, int]] = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS: Final[dict[Operation, int]] = {"READ": 3, "WRITE": 4, "CREATE": 5, "DESCRIBE": 8, "IDEMPOTENT_WRITE": 12}
LONG_AGO: Final = datetime(2020, 2, 1, tzinfo=UTC)
_LITERAL, _ALLOW = 3, 3
"""Kafka's own numbers."""


def token(user: str, *, seconds: int = 3600) -> str:
    """A token that is good for so long, as a broker takes it that asks nobody: a JWT without a signature."""
    now = int(time.time())
    parts: list[Mapping[str, object]] = [{"alg": "none"}, {"sub": user, "iat": now - 7200, "exp": now + seconds}]
    return "".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") + "." for one in parts)


class SecuredNode(KafkaNode):
    """A broker with more doors: login over TLS, client certificate, login in the clear; and two that nobody may use.

    Those two show a certificate that has expired, and one that signed itself. Whose certificate has a common name is
    the user of that name.
    """

    def __init__(self, node_id: int, *, cluster_size: int, users: Mapping[str, str]) -> None:
        super().__init__(node_id, cluster_size=cluster_size)
        self.users = users
        self.login_port, self.certificate_port, self.clear_login_port = free_port(), free_port(), free_port()
        self.expired_port, self.self_signed_port = free_port(), free_port()
        self.ca = trustme.CA()

    @property
    def ca_file(self) -> Path:
        """Who signed the broker's certificate."""
        return self.directory / "ca.pem"

    @property
    def client_file(self) -> Path:
        """A client's certificate with its key, signed by the same."""
        return self.directory / "client.pem"

    def certificate_of(self, user: str) -> Path:
        """A client's certificate with its key, for a user that may do what is granted to it."""
        file = self.directory / f"{user}.pem"
        issued = self.ca.issue_cert(f"{user}@example.org", common_name=user)
        issued.private_key_and_cert_chain_pem.write_to_path(str(file))
        return file

    @property
    def self_signed_file(self) -> Path:
        """The certificate that signed itself."""
        return self.directory / "self.crt"

    def _properties(self, voters: str) -> str:
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        self.ca.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(self.client_file))
        self._server_file().write_bytes(self._server_identity())
        users = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        logins = f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
        doors = {"SASL_SSL": self.login_port, "SSL": self.certificate_port, "SASL_PLAINTEXT": self.clear_login_port}
        spoilt = {"EXPIRED": self.expired_port, "SELF": self.self_signed_port}
        more = "".join(f",{name}://{LOOPBACK}:{port}" for name, port in (doors | spoilt).items())
        (self.directory / "expired.pem").write_bytes(self._server_identity(until=LONG_AGO))
        (self.directory / "self.pem").write_bytes(self._self_signed())
        properties = {}
        for line in super()._properties(voters).splitlines():
            key, _, value = line.partition("=")
            properties[key] = value
        properties["listeners"] += more
        properties["advertised.listeners"] += more
        properties["listener.security.protocol.map"] += "".join(f",{name}:{name}" for name in doors)
        properties["listener.security.protocol.map"] += "".join(f",{name}:SSL" for name in spoilt)
        properties |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._server_file()),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.expired.ssl.keystore.type": "PEM",
            "listener.name.expired.ssl.keystore.location": str(self.directory / "expired.pem"),
            "listener.name.self.ssl.keystore.type": "PEM",
            "listener.name.self.ssl.keystore.location": str(self.directory / "self.pem"),
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/,RULE:^.*$/certified/",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_ssl.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,OAUTHBEARER",
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "listener.name.sasl_ssl.oauthbearer.sasl.jaas.config": (
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;"
            ),
            "listener.name.sasl_ssl.plain.sasl.jaas.config": logins,
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": logins,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:ANONYMOUS;User:certified;User:{MASTER}",
        }
        return "".join(f"{key}={value}\n" for key, value in properties.items())

    def _formatting(self) -> list[str]:
        users = (f"SCRAM-SHA-256=[name={name},password={password}]" for name, password in self.users.items())
        return [*super()._formatting(), *(word for user in users for word in ("--add-scram", user))]

    def _server_file(self) -> Path:
        return self.directory / "server.pem"

    def _self_signed(self) -> bytes:
        """As OpenSSL's own tool makes it, which people use."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={LOOPBACK}",
             "-addext", f"subjectAltName=IP:{LOOPBACK}", "-keyout", "self.key", "-out", "self.crt"],
            cwd=self.directory, check=True, capture_output=True,
        )  # fmt: skip
        return (self.directory / "self.key").read_bytes() + self.self_signed_file.read_bytes()

    def _server_identity(self, *, until: datetime | None = None) -> bytes:
        """Key and certificate for this address; Java reads a key in this form only."""
        certificate = self.ca.issue_cert(LOOPBACK, not_after=until)
        key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
        chain = b"".join(one.bytes() for one in certificate.cert_chain_pems)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + chain


class SecuredKafka(ApacheKafka):
    """One secured node; `users`: passwords by name."""

    def __init__(self, users: Mapping[str, str] = PASSWORDS) -> None:
        self._users = users
        super().__init__()

    @property
    def node(self) -> SecuredNode:
        """The only one."""
        (node,) = self.nodes
        assert isinstance(node, SecuredNode)
        return node

    async def grant(self, operation: Operation, resource: Resource, name: str, *, user: str = GUEST) -> None:
        """Give a user a right, as an operator would with kafka-acls.sh."""
        host, _, port = self.node.address.rpartition(":")
        connection = await create_conn(host, int(port))
        try:
            answer = await connection.send(
                CreateAclsRequest(
                    _RESOURCES[resource], name, _LITERAL, f"User:{user}", "*", _OPERATIONS[operation], _ALLOW
                )
            )
        finally:
            connection.close()
        assert [code for code, _ in answer.creation_responses] == [0], answer

    def _node(self, node_id: int, nodes: int) -> KafkaNode:
        return SecuredNode(node_id, cluster_size=nodes, users=self._users)

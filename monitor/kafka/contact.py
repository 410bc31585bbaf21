"""Whether a broker lets this client in as it is configured, and if not, why.

Asked once before any client is started: aiokafka's clients try again and again, and say only that they could not.
Decides what each failure is called and what its remedy is. A broker says little to those that it turns away, often
nothing, so what it would have said to another is asked: does it speak TLS, does it want a login. Refuses to know what
is wanted there.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from monitor import certificates
from monitor.log import hushed

DEFAULT_PORT: Final = 9092
LARGEST_PORT: Final = 65535
PROBE_SECONDS: Final = 3.0
FAREWELL_SECONDS: Final = 0.3

Security = Mapping[str, Any]
"""aiokafka's arguments for SSL and SASL (monitor.kafka.clients.security); empty for a plain connection."""
_NO_LOGIN: Final = 34


class BrokerUnreachable(ConnectionError):  # noqa: N818 - named for what happened
    """No Kafka broker answers at the bootstrap address."""

    def __init__(self, bootstrap: str, reason: str) -> None:
        super().__init__(
            f"No Kafka broker answers at {bootstrap}: {reason}. "
            "Start the broker, or set the bootstrap address to one that is reachable from here."
        )
        self.bootstrap = bootstrap
        self.reason = reason


class BrokerRefuses(BrokerUnreachable):
    """A broker is there and does not let this client in; `reason` is the cause, and the message has the remedy."""

    def __init__(self, bootstrap: str, reason: str, remedy: str) -> None:
        ConnectionError.__init__(self, f"The broker at {bootstrap} {reason}. {remedy}")
        self.bootstrap = bootstrap
        self.reason = reason


async def require_contact(bootstrap: str, security: Security, *, timeout_seconds: float) -> tuple[str, int]:
    """Host and port of the first that lets us in. Raises BrokerRefuses where one is there and does not.

    `bootstrap`: addresses as host:port, separated by commas. Raises BrokerUnreachable where none is there.
    """
    addresses = [address.strip() for address in bootstrap.split(",")]
    share = timeout_seconds / len(addresses)  # one that swallows everything must not cost the others their turn
    failures: list[BrokerUnreachable] = []
    for address in addresses:
        host, port = _host_and_port(bootstrap, address)
        try:
            async with asyncio.timeout(share):
                await _require_listener(host, port)
        except OSError as fault:
            silent = isinstance(fault, TimeoutError)
            words = f"no answer within {share:g} s" if silent else _in_words(fault)
            failures.append(BrokerUnreachable(bootstrap, words))
            continue
        with hushed("aiokafka"):
            try:
                async with asyncio.timeout(share), connected(host, port, security, share) as connection:
                    answer = await connection.send(MetadataRequest([]))
            except TimeoutError:
                failures.append(BrokerUnreachable(bootstrap, f"no answer within {share:g} s"))
            except (KafkaError, OSError, EOFError) as fault:
                failures.append(await _named(fault, bootstrap, host, port, security))
            else:
                if answer.brokers:
                    return host, port
                failures.append(_nobody(bootstrap, security))
    told = [one for one in failures if isinstance(one, BrokerRefuses)]
    if told:
        raise told[0]
    raise BrokerUnreachable(bootstrap, "; ".join(dict.fromkeys(one.reason for one in failures)))


async def _named(fault: Exception, bootstrap: str, host: str, port: int, security: Security) -> BrokerUnreachable:
    """What a failure means."""
    protocol = security.get("security_protocol", "PLAINTEXT")
    for cause in _causes(fault):
        match cause:
            case ssl.SSLCertVerificationError():
                told = certificates.not_accepted(cause, place="kafka.bootstrap", authority="kafka.ca_file")
                return BrokerRefuses(bootstrap, *told)
            case SaslAuthenticationFailed():
                return _refused_login(bootstrap, security, str(cause))
            case UnsupportedSaslMechanismError():
                offered = await _logins(host, port, security) or ["none that it tells"]
                return BrokerRefuses(
                    bootstrap,
                    f"knows no login by {security.get('sasl_mechanism')}",
                    f"Set kafka.sasl_mechanism to one that it offers: {', '.join(offered)}.",
                )
            case IllegalSaslStateError():
                return BrokerRefuses(
                    bootstrap,
                    "takes no login at this address",
                    f"Set kafka.security_protocol to {protocol.removeprefix('SASL_')}, or kafka.bootstrap to the "
                    "address where it does.",
                )
            case ssl.SSLError() if certificates.asks_for_one(cause):
                return BrokerRefuses(
                    bootstrap,
                    f"asks for a client certificate, and got none that it trusts ({_spoken(cause.reason or '')})",
                    "Set kafka.certificate_file, and kafka.key_file where the key lies apart, to one that it trusts.",
                )
            case _:
                pass
    return await _asked(fault, bootstrap, host, port, security)


def _nobody(bootstrap: str, security: Security) -> BrokerUnreachable:
    """What it means that a broker names not even itself."""
    if security.get("sasl_mechanism") != "OAUTHBEARER":
        return BrokerUnreachable(bootstrap, "what answers names no broker")
    # Whose token is refused must confirm that it heard so; aiokafka does not, and takes that for its answer.
    return _refused_token(bootstrap, "it says no more")


def _refused_login(bootstrap: str, security: Security, words: str) -> BrokerRefuses:
    mechanism = security.get("sasl_mechanism")
    if mechanism == "OAUTHBEARER":
        return _refused_token(bootstrap, words)
    return BrokerRefuses(
        bootstrap,
        f"refuses the login of user {security.get('sasl_plain_username')!r} ({mechanism}): {words}",
        "Check kafka.sasl_username and the password: MONITOR_KAFKA__SASL_PASSWORD, or the file that "
        "kafka.sasl_password_file names.",
    )


def _refused_token(bootstrap: str, words: str) -> BrokerRefuses:
    return BrokerRefuses(
        bootstrap,
        f"refuses the token (OAUTHBEARER: {words.rstrip('.')})",
        "See whether the one in the file that kafka.sasl_token_file names is still valid, and for this broker.",
    )


async def _asked(fault: Exception, bootstrap: str, host: str, port: int, security: Security) -> BrokerUnreachable:
    """What a connection means that was closed without a word."""
    protocol = security.get("security_protocol", "PLAINTEXT")
    login = protocol.startswith("SASL")
    if not protocol.endswith("SSL"):
        if await _speaks_tls(host, port):
            return BrokerRefuses(
                bootstrap,
                f"speaks TLS, and kafka.security_protocol is {protocol}",
                f"Set it to {'SASL_SSL' if login else 'SSL, or to SASL_SSL where it asks for a login'}, and "
                "kafka.ca_file where its certificate is not of a public authority.",
            )
    elif await _answers_in_the_clear(host, port):
        return BrokerRefuses(
            bootstrap,
            f"speaks no TLS at this address, and kafka.security_protocol is {protocol}",
            f"Set it to {'SASL_PLAINTEXT' if login else 'PLAINTEXT'}, or kafka.bootstrap to the address where it "
            "does.",
        )
    if not login and (offered := await _logins(host, port, security)):
        return BrokerRefuses(
            bootstrap,
            f"asks for a login, and kafka.security_protocol is {protocol}",
            f"Set it to {'SASL_SSL' if protocol == 'SSL' else 'SASL_PLAINTEXT'}, and give kafka.sasl_username, its "
            f"password and kafka.sasl_mechanism ({', '.join(offered)}).",
        )
    if isinstance(fault, ssl.SSLError):
        return BrokerRefuses(
            bootstrap,
            f"agrees on no TLS with this client ({_spoken(fault.reason or str(fault))})",
            "Compare the versions and ciphers of TLS that both allow.",
        )
    return BrokerUnreachable(bootstrap, f"the connection was made, and ended: {_in_words(fault)}")


@asynccontextmanager
async def connected(
    host: str, port: int, security: Security, timeout_seconds: float
) -> AsyncIterator[AIOKafkaConnection]:
    """One connection to one broker. Raises what the client raises: KafkaError, OSError, EOFError."""
    connection = AIOKafkaConnection(host, port, request_timeout_ms=int(timeout_seconds * 1000), **security)
    try:
        await connection.connect()
        yield connection
    finally:
        await asyncio.wait({connection.close()}, timeout=FAREWELL_SECONDS)


async def _require_listener(host: str, port: int) -> None:
    """Raises OSError where nothing listens."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


async def _speaks_tls(host: str, port: int) -> bool:
    """Whether something that looks for TLS finds it there; whose certificate it is does not matter."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=anybody)
            writer.transport.abort()
    except (OSError, EOFError):
        return False
    return True


async def _answers_in_the_clear(host: str, port: int) -> bool:
    """Whether a broker tells its versions there without TLS; it does so before any login."""
    try:
        async with asyncio.timeout(PROBE_SECONDS), connected(host, port, {}, PROBE_SECONDS):
            return True
    except (KafkaError, OSError, EOFError):
        return False


async def _logins(host: str, port: int, security: Security) -> list[str]:
    """The mechanisms of login that are offered there; none where none is asked for."""
    bare = {"security_protocol": security.get("security_protocol", "PLAINTEXT").removeprefix("SASL_")}
    if "ssl_context" in security:
        bare["ssl_context"] = security["ssl_context"]
    try:
        async with asyncio.timeout(PROBE_SECONDS), connected(host, port, bare, PROBE_SECONDS) as connection:
            answer = await connection.send(SaslHandShakeRequest("?"))  # what nobody has: only the list is wanted
    except (KafkaError, OSError, EOFError):
        return []
    return [] if answer.error_code == _NO_LOGIN else list(answer.enabled_mechanisms)


def _host_and_port(bootstrap: str, address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon:
        return address, DEFAULT_PORT
    if not host or not port.isdecimal() or int(port) > LARGEST_PORT:
        raise BrokerUnreachable(bootstrap, f"{address!r} is not of the form host:port")
    return host.strip("[]"), int(port)


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__


def _spoken(reason: str) -> str:
    """OpenSSL's name of a reason, as words."""
    return reason.replace("SSLV3_", "").replace("TLSV1_", "").replace("TLSV13_", "").replace("_", " ").lower()


def _in_words(fault: Exception) -> str:
    if (
        isinstance(fault, OSError)
        and fault.errno is not None
        and fault.errno > 0
        and not isinstance(fault, ssl.SSLError)
    ):
        return os.strerror(fault.errno)  # asyncio hides the system's words; below 0: from getaddrinfo
    return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__

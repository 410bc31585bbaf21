"""What a port is served behind: its web configuration file, read anew when it or a file that it names changes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from monitor.core.fault import Fault
from monitor.http.guard import Door
from monitor.http.handshake import Tls
from monitor.http.renewed import Renewed
from monitor.listening.tls import TlsUnusable, server_context
from monitor.listening.web_file import WebFileUnusable, read_web_file


def door_of(file: Path | None) -> Callable[[], Door]:
    """How peers are let in, as the file says it now. Raises WebFileUnusable with every fault.

    Whether a port speaks TLS is decided when it is opened: a file that turns it on or off later cannot be used. Nor
    can one without users where there were some: a file is empty for a moment whenever it is written over, and
    everybody would be let in.
    """
    if file is None:
        return Door
    before: Door | None = None

    def read() -> tuple[Door, Sequence[Path]]:
        nonlocal before
        door, files = read_door(file)
        changes = []
        if before is not None and (before.tls is None) is not (door.tls is None):
            changes.append("tls_server_config has come or gone: restart for that")
        if before is not None and before.users and not door.users:
            changes.append("basic_auth_users has gone: restart for that")
        if changes:
            raise WebFileUnusable([Fault("error", str(file), change) for change in changes])
        before = door
        return door, files

    renewed = Renewed(read, WebFileUnusable)
    return lambda: renewed.value


def read_door(file: Path) -> tuple[Door, Sequence[Path]]:
    """What a file says, and all files in which it stands. Raises WebFileUnusable with every fault."""
    said = read_web_file(file)
    tls, secured = said.tls_server_config, None
    named: list[Path] = []
    if tls is not None:
        try:
            secured = Tls(server_context(tls), frozenset(tls.client_allowed_sans))
        except TlsUnusable as fault:
            wrong = [Fault("error", f"{file}: tls_server_config.{key}", why) for key, why in fault.faults]
            raise WebFileUnusable(wrong) from fault
        named = [one for one in (tls.cert_file, tls.key_file, tls.client_ca_file) if one is not None]
    return Door(secured, said.basic_auth_users, said.http_server_config.headers), [file, *named]


def key_of(file: Path) -> Path | None:
    """The private key that a file names. Raises WebFileUnusable."""
    tls = read_web_file(file).tls_server_config
    return None if tls is None else tls.key_file

"""Reading the files that a configuration names, as editors and operating systems leave them.

A byte-order mark is skipped; UTF-16, a folder, a loop of links, a file that is far too large are told by name.
Refuses to know what is in them.
"""

import codecs
import grp
import os
import pwd
import re
import stat
import tomllib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

LARGEST_FILE_BYTES: Final = 4 * 1024 * 1024
LARGEST_SECRET_BYTES: Final = 64 * 1024
_FEW: Final = 3
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class FileUnusable(OSError):  # noqa: N818 - named for what happened
    """A file cannot be read, or holds no text; the message says which and what to do."""


class FileAbsent(FileUnusable):
    """There is no such file."""


class SecretUnusable(FileUnusable):
    """The file that a `*_file` key names cannot be used; `reason` is without the key. Neither holds what is in it."""

    def __init__(self, key: str, path: Path, reason: object) -> None:
        self.reason = f"{path}: {reason}"
        super().__init__(f"{key} {self.reason}")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML document. Raises FileUnusable; its message leaves the path to the caller."""
    try:
        return tomllib.loads(_text(path, LARGEST_FILE_BYTES))
    except RecursionError:
        raise FileUnusable("not valid TOML: brackets are nested too deeply") from None
    except ValueError as fault:  # of syntax, of bytes, or a number of thousands of digits
        raise FileUnusable(f"not valid TOML: {fault}") from fault


def read_text(path: Path, most_bytes: int = LARGEST_FILE_BYTES) -> str:
    """A text as it is. Raises FileUnusable and UnicodeError; their messages leave the path to the caller."""
    return _text(path, most_bytes)


def read_secret(path: Path, key: str) -> str:
    """What a file holds, without the line break at its end. Raises SecretUnusable, which names `key` and file."""
    try:
        secret = _text(path, LARGEST_SECRET_BYTES).removesuffix("\n").removesuffix("\r")
    except (FileUnusable, UnicodeError) as fault:
        raise SecretUnusable(key, path, fault) from fault
    if not secret.strip():
        raise SecretUnusable(key, path, "the file is empty: write the password into it, alone on its line")
    if "\n" in secret or "\r" in secret or "\0" in secret:
        raise SecretUnusable(key, path, "the file holds more than one line: leave the password alone in it")
    return secret


def require_pem(path: Path, key: str, *, what: Literal["CERTIFICATE", "PRIVATE KEY"]) -> None:
    """Raises SecretUnusable, which names `key` and file, where it holds no such thing."""
    try:
        text = _text(path, LARGEST_FILE_BYTES)
    except (FileUnusable, UnicodeError) as fault:
        raise SecretUnusable(key, path, fault) from fault
    if not re.search(rf"-----BEGIN [A-Z ]*{what}-----", text):  # a key may name its kind before
        raise SecretUnusable(key, path, f"the file holds no {what.lower()} in PEM form (-----BEGIN {what}-----)")


def open_to_others(path: Path) -> str | None:
    """What others may do with a secret, and what to do about it; None where its folders let nobody come so far."""
    place = path.resolve()
    found = place.stat()
    reached = all(one.stat().st_mode & stat.S_IXOTH for one in place.parents)
    group = _others_of_group(found.st_gid, found.st_uid) if reached and found.st_mode & stat.S_IRWXG else ()
    return opened(found.st_mode, reached=reached, group=group)


def opened(mode: int, *, reached: bool, group: Collection[str]) -> str | None:
    """What a file's mode lets others do. `reached`: its folders let them come; `group`: who else is in its group."""
    if mode & stat.S_IWOTH:
        return "others may write it, and so say what the secret is: chmod o-w"
    if mode & stat.S_IROTH and reached:
        return "every user of this machine may read it: chmod o-r, or chmod o-x its folder"
    if mode & stat.S_IRWXG and group:
        what = "write it, and so say what the secret is" if mode & stat.S_IWGRP else "read it"
        listed = ", ".join(sorted(group)[:3]) + (" …" if len(group) > _FEW else "")
        return f"its group may {what} ({listed}): chmod g-rw, or give it a group of its reader alone"
    return None


def _others_of_group(group: int, owner: int) -> set[str]:
    """Who may use a group's rights, besides the owner and who asks. Of a file of root's, one is who it is for."""
    users = pwd.getpwall()
    members = {user.pw_name for user in users if user.pw_gid == group}
    with suppress(KeyError):  # a group without a name has no other members
        members |= set(grp.getgrgid(group).gr_mem)
    others = members - {user.pw_name for user in users if user.pw_uid in {owner, os.geteuid(), 0}}
    return others if owner != 0 or len(others) > 1 else set()


def toml_files(folder: Path) -> list[Path]:
    """The TOML files of a folder, by name, in capitals or not. Raises FileUnusable."""
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if entry.name.lower().endswith(".toml"))
    except OSError as fault:
        raise FileUnusable(f"cannot be read: {fault.strerror or fault}") from fault
    except ValueError as fault:  # a null byte in the name
        raise FileUnusable(f"cannot be read: {fault}") from fault


def _text(path: Path, most_bytes: int) -> str:
    """Raises FileUnusable, and UnicodeError with a message in words."""
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise FileAbsent("no such file: correct the name, or put the file there") from None
    except OSError as fault:
        raise FileUnusable(f"cannot be read: {fault.strerror or fault}") from fault
    except ValueError as fault:  # a null byte in the name
        raise FileUnusable(f"cannot be read: {fault}") from fault
    if len(raw) > most_bytes:
        raise FileUnusable(f"is larger than {most_bytes} bytes: this cannot be the file that is meant")
    if raw.startswith(_UTF_16) or b"\0" in raw[:64]:
        raise UnicodeError("this is UTF-16, or no text at all: save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise UnicodeError(f"no UTF-8 (at line {line}): save it as UTF-8") from None

"""Why a certificate was not accepted, and what to set then: the same words for every server that shows one."""

import ssl
from typing import Final, NamedTuple

_OTHER_NAME: Final = (62, 64)
_OTHER_TIME: Final = (9, 10)
"""OpenSSL's numbers for why a certificate is not verified."""


class Told(NamedTuple):
    """What was seen, and what to do."""

    reason: str
    advice: str


def not_accepted(fault: ssl.SSLCertVerificationError, *, place: str, authority: str) -> Told:
    """`place` and `authority` are the settings that name the server, and who signs its certificate."""
    reason = f"shows a certificate that is not accepted (certificate verify failed: {fault.verify_message})"
    if fault.verify_code in _OTHER_NAME:
        return Told(reason, f"Set {place} to a name that stands in its certificate.")
    if fault.verify_code in _OTHER_TIME:
        return Told(reason, "Have its certificate renewed, and see whether the clock of this machine is right.")
    return Told(reason, f"Set {authority} to the certificate of the authority that signed it (PEM).")


def asks_for_one(fault: ssl.SSLError) -> bool:
    """Whether the server refuses the certificate that this side showed, or that it showed none."""
    return "CERTIFICATE" in (fault.reason or "") or "UNKNOWN_CA" in (fault.reason or "")
